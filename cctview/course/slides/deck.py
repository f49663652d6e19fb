"""An executed notebook as slides.

The marks in the cells' metadata (``slideshow.slide_type``) say where a slide begins and what is
left out, ``notes`` what the speaker says. Pictures are taken from the notebook's outputs; code is
shown where it is short and draws nothing. Solutions are left out.

A notebook that somebody sent is not trusted: of its HTML only tags and attributes that show words,
tables and pictures are kept, and only pictures below its folder are put in.
"""

import base64
import hashlib
import html
import io
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

from cctview.dataset import NOTEBOOKS, require

_STATIC = Path(__file__).parent / "static"
_PICTURES = ("image/png", "image/jpeg")
_DRAWING = ("Sliders(", "Camera(", "predict(", "ask(", "figures.", "show.", "Quiz(")
"""A cell with one of these draws: its code is left out."""
_BEGINS = ("slide", "subslide")
_LINES = 8  # of code that are shown at most
_SCRIPTS = ("reveal.js", "notes.js", "deck.js")
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
    "details": {"open"},
    "ol": {"start"},
    "table": {"border"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_SUFFIXES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@dataclass
class _Slide:
    """What stands between two slide marks: HTML elements, and what the speaker says."""

    blocks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_notebook(name: str, folder: Path = NOTEBOOKS) -> Path:
    """The notebook of that number, such as "05", or at that path, which ends with ".ipynb".

    Raises
    ------
    ValueError
        If there is none; names those that exist.
    """
    if str(name).endswith(".ipynb"):
        return Path(name)
    paths = sorted(require(Path(folder)).glob("*.ipynb"))
    meant = [path for path in paths if path.stem == name or path.stem.startswith(f"{name}-")]
    if len(meant) != 1:
        raise ValueError(
            f"no notebook {name!r}: give a number or a path; there are"
            f" {', '.join(path.stem for path in paths) or 'none'}"
        )
    return meant[0]


def make_deck(path: Path) -> str:
    """The HTML document of an executed notebook; it holds all that it shows.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no notebook, no cell is marked as a slide, or it was never run.
    """
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]
        was_run = any(cell.outputs or cell.execution_count for cell in code)
        slides = _read_slides(notebook, Path(path).parent)
    except OSError:
        raise
    except Exception as error:  # of many kinds: anything can be anywhere in what another wrote
        raise ValueError(
            f"{path}: no notebook ({type(error).__name__}); give one that Jupyter saved"
        ) from None
    if code and not was_run:
        raise ValueError(
            f"{path}: was never run, so it has no pictures; run all its cells, save it, and try"
            " again"
        )
    if not slides:
        raise ValueError(
            f"{path}: no cell is marked as a slide, and there is no heading; mark one in"
            " JupyterLab's inspector"
        )
    document = _document(Path(path).stem, slides)
    return document.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written


def _read_slides(notebook, folder):
    """The slides of a notebook; relative pictures lie in the folder.

    Where no cell is marked, each heading of the first two levels begins a slide.
    """
    marks = [cell.metadata.get("slideshow", {}).get("slide_type", "-") for cell in notebook.cells]
    if not any(mark in _BEGINS for mark in marks):
        marks = [
            "slide" if _is_heading(cell) else mark
            for cell, mark in zip(notebook.cells, marks, strict=True)
        ]
    slides = []
    for cell, mark in zip(notebook.cells, marks, strict=True):
        if mark in _BEGINS:
            slides.append(_Slide())
        if not slides or mark == "skip":
            continue
        if mark == "notes":
            slides[-1].notes.append(cell.source)
            continue
        if cell.metadata.get("notes"):
            slides[-1].notes.append(str(cell.metadata.notes))
        slides[-1].blocks += _blocks(cell, folder, "fragment" if mark == "fragment" else "")
    return [slide for slide in slides if slide.blocks]


def _is_heading(cell):
    return cell.cell_type == "markdown" and cell.source.startswith(("# ", "## "))


def _blocks(cell, folder, more):
    """A cell as blocks; `more` is a class that each gets."""
    tags = cell.metadata.get("tags", [])
    if "solution" in tags:
        return []
    if cell.cell_type == "markdown":
        return [
            _block(_kind(element), str(element), more)
            for element in _elements(_rendered(cell.source), folder)
        ]
    if cell.cell_type != "code":
        return []
    shown = (
        []
        if "exercise" in tags
        else [block for output in cell.outputs for block in _output(output, folder, more)]
    )
    draws = any(word in cell.source for word in _DRAWING) or any(
        'class="block figure' in block for block in shown
    )
    hidden = (
        cell.metadata.get("jupyter", {}).get("source_hidden")
        or len(cell.source.splitlines()) > _LINES
    )
    if hidden or (draws and "exercise" not in tags):
        return shown
    return [_block("wide", f"<pre class='code'>{html.escape(cell.source)}</pre>", more), *shown]


def _output(output, folder, more):
    """One output of a cell: its picture, else its HTML, else its text."""
    if output.output_type == "error":
        return []
    data = output.get("data", {"text/plain": output.get("text", "")})
    for kind in _PICTURES:
        if kind in data:
            words = output.metadata.get(kind, {}).get("alt") or data.get("text/plain", "")
            shown = _picture(kind, data[kind], words)
            return [_block("figure" if shown.startswith("<img") else "text", shown, more)]
    if "text/html" in data:
        return [
            _block(kind, "".join(group), more)
            for kind, group in _grouped(_elements(data["text/html"], folder))
        ]
    text = "".join(data.get("text/plain", "")).strip()
    return [_block("wide", f"<pre>{html.escape(text)}</pre>", more)] if text else []


def _grouped(elements):
    """Group the words of an output that follow one another; tables and divisions stand alone."""
    groups = []
    for element in elements:
        kind = _kind(element)
        alone = element.name == "div" or kind != "text"
        if groups and not alone and not groups[-1][2]:
            groups[-1][1].append(str(element))
        else:
            groups.append((kind, [str(element)], alone))
    return [(kind, group) for kind, group, _ in groups]


def _picture(kind, encoded, words):
    """A picture with its size, so that the browser can lay it out before it has read it."""
    from PIL import Image

    words = html.escape("".join(words), quote=True)
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
    except (ValueError, OSError, Image.DecompressionBombError):
        return f"<p>{words} (a picture that cannot be read)</p>"
    encoded = base64.b64encode(content).decode()
    return (
        f'<img src="data:{kind};base64,{encoded}" width="{width}" height="{height}" alt="{words}">'
    )


def _rendered(source):
    """Markdown as HTML."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(source)


def _embedded(source, folder):
    """A picture below the notebook's folder as a data address; None if there is no such picture."""
    name = unquote(source)
    kind = _SUFFIXES.get(Path(name).suffix.lower())
    if not kind or "\0" in name or PurePosixPath(name).anchor or PureWindowsPath(name).anchor:
        return None
    folder = Path(folder).resolve()
    try:
        place = (folder / name).resolve()
        content = place.read_bytes() if place.is_relative_to(folder) else None
    except (OSError, RuntimeError, ValueError):  # a name that is too long, goes round, is no text
        content = None
    return None if content is None else f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _elements(text, folder):
    """The outermost elements of some HTML that load and run nothing; local links become words."""
    from bs4 import BeautifulSoup
    from bs4.element import PreformattedString

    soup = BeautifulSoup("".join(text), "html.parser")
    for strange in soup(string=lambda string: isinstance(string, PreformattedString)):
        strange.extract()  # a comment, a declaration
    for element in [*soup(list(_SILENT)), *soup.select(".again")]:
        element.decompose()
    for element in soup.select(".cctview-still, .cctview-moment, .still"):
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
        if inside := _embedded(source, folder):
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


def _kind(element):
    wide = element.name in ("pre", "table") or element.find("table")
    return "figure" if element.name == "img" else "wide" if wide else "text"


def _block(kind, content, more=""):
    return (
        f'<div class="block {kind} {more}">'.replace(" >", ">").replace(' ">', '">')
        + content
        + "</div>"
    )


def _document(title, slides):
    sections = []
    for slide in slides:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in slide.notes)
        sections.append(
            "<section>"
            + "\n".join(slide.blocks)
            + f'<aside class="notes">{notes}</aside></section>'
        )
    names = ("reveal.css", "deck.css", *_SCRIPTS, "LICENSE-reveal.js")
    read = {name: (_STATIC / name).read_text(encoding="utf-8") for name in names}
    return f"""<!DOCTYPE html>
<!--
The slides are shown by reveal.js (https://revealjs.com), which is in this file under this licence:

{read["LICENSE-reveal.js"].strip()}
-->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(read)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{read["reveal.css"]}</style>
<style>{read["deck.css"]}</style>
</head>
<body>
<div class="reveal"><div class="slides">
{chr(10).join(sections)}
</div></div>
<script>{read["reveal.js"]}</script>
<script>{read["notes.js"]}</script>
<script>{read["deck.js"]}</script>
</body>
</html>
"""


def _policy(read):
    """What a browser may run and load: our scripts, by their digests, and what the file holds.

    Frames are the speaker view's, which shows this file twice; its own script is written in
    ``notes.js``.
    """
    speaker = re.search(r"<script>(.*?)<\\/script>", read["notes.js"], re.DOTALL)[1]
    scripts = [*(read[name] for name in _SCRIPTS), speaker.replace("\\\\", "\\")]
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:;"
        " font-src data:; frame-src 'self' file:; base-uri 'none'; form-action 'none'"
    )
