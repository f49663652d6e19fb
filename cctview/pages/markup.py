"""Markup of a notebook that somebody sent: only tags and attributes that show words, tables and
pictures are kept, and only pictures below its folder are put in.
"""

import base64
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

HEADINGS = ("h1", "h2", "h3")
"""Tags of the headings that pages and slides are divided by."""
_SHOWN = {
    *("a", "b", "blockquote", "br", "caption", "code", "dd", "del", "details", "div", "dl", "dt"),
    *("em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre"),
    *("s", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot"),
    *("th", "thead", "tr", "u", "ul"),
}
"""Tags that are kept; of others only the words in them are."""
_SILENT = {
    *("audio", "canvas", "embed", "iframe", "math", "noembed", "noframes", "noscript", "object"),
    *("plaintext", "script", "select", "style", "svg", "template", "textarea", "title", "video"),
    "xmp",
}
"""Tags that are left out with all that is in them."""
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_SUFFIXES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def parsed(text):
    """HTML as a tree, without comments and declarations."""
    from bs4 import BeautifulSoup
    from bs4.element import PreformattedString

    soup = BeautifulSoup("".join(text), "html.parser")
    for strange in soup(string=lambda string: isinstance(string, PreformattedString)):
        if strange.parent.name not in ("script", "style"):
            strange.extract()
    return soup


def markdown_html(source):
    """Markdown as HTML."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(source)


def elements(text, folder):
    """The outermost elements of some HTML that load and run nothing; local links become words."""
    soup = parsed(text)
    for element in [*soup(list(_SILENT)), *soup.select(".again")]:
        element.decompose()
    for element in soup.select(".cctview-still, .cctview-moment, .cctview-living, .still"):
        element.unwrap()
    for element in soup(True):
        if element.name not in _SHOWN:
            element.unwrap()
        kept = _ATTRIBUTES.get(element.name, ())
        element.attrs = {name: value for name, value in element.attrs.items() if name in kept}
    for picture in soup("img"):
        source = picture.get("src", "")
        if source.startswith("data:image/"):
            continue
        if inside := embedded(source, folder):
            picture["src"] = inside
        else:
            picture.replace_with(picture.get("alt", ""))
    for link in soup("a"):
        if not link.get("href", "").startswith(("https://", "http://")):
            link.unwrap()
    words = [
        child
        for child in soup.children
        if getattr(child, "name", None) is None and child.strip() and child.output_ready
    ]
    for word in words:
        word.wrap(soup.new_tag("p"))
    return [child for child in soup.children if getattr(child, "name", None)]


def embedded(source, folder):
    """A picture below the notebook's folder as a data address; None if there is no such picture."""
    name = unquote(source)
    kind = _SUFFIXES.get(Path(name).suffix.lower())
    content = kind and below(name, folder)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}" if content else None


def below(name, folder):
    """The bytes of a file below a folder; None if there is no such file."""
    if "\0" in name or PurePosixPath(name).anchor or PureWindowsPath(name).anchor:
        return None
    folder = Path(folder).resolve()
    try:
        place = (folder / name).resolve()
        return place.read_bytes() if place.is_relative_to(folder) else None
    except (OSError, RuntimeError, ValueError):  # a name that is too long, goes round, is no text
        return None
