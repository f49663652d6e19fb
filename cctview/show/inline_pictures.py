"""Pictures as HTML, so that their description reaches the reader: of an output that is a picture
JupyterLab, nbconvert and VS Code show the picture alone."""

import base64
import html


def picture_html(content, words, kind="jpeg", width=None):
    """The bytes of a picture's file as HTML; `words` describe it, `width` is in pixels of the
    page."""
    size = f' width="{width}"' if width else ""
    return (
        f'<img src="{data_address(content, kind)}" alt="{html.escape(words)}"{size}'
        ' style="max-width: 100%; height: auto">'
    )


def data_address(content, kind="jpeg"):
    """The bytes of a picture's file as an address, for ``src`` in HTML and in a moment's data."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
