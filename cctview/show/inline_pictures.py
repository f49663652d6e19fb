"""Pictures as HTML, so that their description reaches the reader: of an output that is a picture
JupyterLab, nbconvert and VS Code show the picture alone."""

import base64
import html


def picture_html(content, words, kind="jpeg", size=None):
    """The bytes of a picture's file as HTML; `words` describe it.

    With a `size`, its usual width and height in pixels of the page, it fills the column as far as
    all of it can be seen at once: on a projector it is as large as the projector allows.
    """
    wide, sized = "max-width: 100%", ""
    if size:
        width, height = size
        sized = f' width="{width}" height="{height}"'
        wide = f"width: min(100%, max({width // 2}px, {85 * width / height:.0f}vh))"
    return (
        f'<img src="{data_address(content, kind)}" alt="{html.escape(words)}"{sized}'
        f' style="{wide}; height: auto">'
    )


def data_address(content, kind="jpeg"):
    """The bytes of a picture's file as an address, for ``src`` in HTML and in a moment's data."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
