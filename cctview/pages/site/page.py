"""A notebook or a text as the body of a page: `Page`, `lesson_page` and `text_page`.

nbconvert renders the words and colours the code, as it does for a notebook. The outputs are our
own, of a run that just kept what they show (`cctview.pages.run`): moments and sliders keep
their data, and leave their scripts and styles to the page, which has each once.
"""

import base64
import hashlib
import html
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup

from cctview.pages.markup import HEADINGS, markdown_html
from cctview.show import Kept

_DATA = re.compile(r"data:image/(?P<kind>\w+);base64,(?P<content>[\w+/=]+)")
_PICTURE = re.compile(f'"{_DATA.pattern}"')
_LARGE = 200_000  # characters of a moment's data that are loaded when it comes near the screen
_UNSEARCHED = "script, style, details, .cctview-moment, .cctview-living, pre, .exercise, #jupyter"


@dataclass
class Page:
    """The body of a page, and what is to be known of it.

    Attributes
    ----------
    name : str
        Of its file, without ".html".
    title, lead : str
        Its heading, and the first words below it.
    body : BeautifulSoup
    moments : set of str
        Names of the moments that it plays.
    picture : tuple of str
        The address and the description of the picture that stands for it; empty if it has none.
    """

    name: str
    title: str
    lead: str
    body: BeautifulSoup
    moments: set[str] = field(default_factory=set)
    picture: tuple[str, ...] = ()

    def sections(self) -> list[tuple[str, str, str]]:
        """What is searched: for each heading its anchor, its words and the words below it.

        Answers that are folded, and what widgets show, are left out.
        """
        body = BeautifulSoup(str(self.body), "html.parser")
        for element in body.select(_UNSEARCHED):
            element.decompose()
        found: list[tuple[str, str, list[str]]] = [("", "", [])]
        for element in body.find_all(True):
            if element.name in HEADINGS:
                heading = "" if element.name == "h1" else element.get_text(" ", strip=True)
                found.append((_given(element, "id"), heading, []))
            elif element.name in ("p", "li", "td", "th") and not element.find(("p", "li")):
                found[-1][2].append(element.get_text(" ", strip=True))
        return [
            (anchor, heading, " ".join(" ".join(words).split()))
            for anchor, heading, words in found
            if heading or words
        ]


def lesson_page(notebook, name: str, place: Kept, words: dict, source: str | None = None) -> Page:
    """The page of a lesson that `run_living` has run.

    Parameters
    ----------
    notebook : NotebookNode
    name : str
    place : Kept
        Keeps the pictures.
    words : dict
        Of the site, from ``words/en.toml``.
    source : str, optional
        The address from which the course can be downloaded.
    """
    cells = [_cell(cell, words) for cell in notebook.cells]
    body = BeautifulSoup("\n".join(filter(None, cells)), "html.parser")
    page = _finished(body, name, place)
    for picture in [*body.select("[data-pictured] img"), *body("img")]:
        if not picture.find_parent(class_="prediction"):  # or it tells an answer
            page.picture = _given(picture, "src"), _given(picture, "alt")
            break
    jupyter = words["jupyter"]
    course = jupyter["download"].format(source=source) if source else jupyter["course"]
    how = markdown_html(jupyter["how"].format(course=course, file=f"{name}.ipynb"))
    end = f'<section id="jupyter"><h2>{jupyter["title"]}</h2>{how}</section>'
    first = body.select_one(".cell:has(h1)")
    if source and first:  # or it would promise what it cannot give
        top = f'<p class="from"><a href="#jupyter">{jupyter["link"]}</a></p>'
        first.append(BeautifulSoup(top, "html.parser"))
    body.append(BeautifulSoup(f'<div class="cell">{end}</div>', "html.parser"))
    return page


def text_page(source: str, name: str, place: Kept, folder: Path) -> Page:
    """The page of a Markdown text; pictures that it names lie in the folder."""
    body = BeautifulSoup(f'<div class="cell words">{markdown_html(source)}</div>', "html.parser")
    for picture in body("img"):
        path = (folder / _given(picture, "src")).resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file():
            picture["src"] = place.picture(path.read_bytes(), path.suffix.removeprefix("."))
    return _finished(body, name, place)


def link_pages(page: Page, names: dict[str, str]) -> None:
    """Let links to notebooks and texts lead to their pages; `names` are these by the stem of what
    is linked. Links to other files of the project become words."""
    for link in page.body("a"):
        target = _given(link, "href")
        if target.startswith(("https://", "http://", "#")):
            continue
        path, _, anchor = target.partition("#")
        name = names.get(Path(path).stem) if path.endswith((".md", ".ipynb")) else None
        if name:
            link["href"] = f"{name}.html" + (f"#{anchor.lower()}" if anchor else "")
        else:
            link.unwrap()


def _given(element, name) -> str:
    """An attribute, or nothing."""
    return str(element.get(name) or "")


def _cell(cell, words):
    """A cell as HTML, or nothing."""
    tags = cell.metadata.get("tags", [])
    if cell.cell_type == "markdown":
        if cell.metadata.get("slideshow", {}).get("slide_type") == "notes":
            return ""
        return f'<div class="cell words">{markdown_html(cell.source)}</div>'
    if cell.cell_type != "code" or not cell.source.strip():
        return ""
    if "exercise" in tags:
        jupyter = words["jupyter"]
        asked = (
            f'<p class="needs"><b>{jupyter["needs"]}</b> {jupyter["idea"]}'
            f' <a href="#jupyter">{jupyter["link"]}</a></p>'
        )
        asked += _source(cell.source, words)
        return f'<div class="cell"><div class="exercise">{asked}</div></div>'
    shown = "".join(map(_output, cell.outputs))
    code = f'<details class="code"><summary>{words["python"]}</summary>'
    code += f"{_source(cell.source, words)}</details>"
    pictured = ' data-pictured=""' if "picture" in tags else ""
    return f'<div class="cell shows"{pictured}>{shown}{code}</div>'


def _source(source, words):
    from nbconvert.filters.highlight import Highlight2HTML

    coloured = Highlight2HTML()(source, language="python")
    button = f'<button type="button" class="plain copy">{words["copy"]}</button>'
    return f'<div class="source">{coloured}{button}</div>'


def _output(output):
    """One output of a cell: its HTML, else its text."""
    if output.output_type == "error":
        return ""
    data = output.get("data", {})
    if "text/html" in data:
        return "".join(data["text/html"])
    text = "".join(data.get("text/plain", output.get("text", ""))).strip()
    return f"<pre>{html.escape(text)}</pre>" if text else ""


def _finished(body, name, place):
    """The page of a body, whose outputs lose what the page has, and whose pictures are kept."""
    moments = {moment["data-moment"] for moment in body.select(".cctview-moment")}
    for script in body.select("script:not([type='application/json']), style, .again"):
        script.decompose()
    for moment in body.select(".cctview-moment"):
        _lighten(moment, place)
    for still in body.select(".cctview-still"):
        still.unwrap()
    for picture in body("img"):
        _keep(picture, place)
    for table in body("table"):
        table.attrs.pop("border", None)
        table.wrap(body.new_tag("div", attrs={"class": "table", "tabindex": "0"}))
    for text in body("pre"):
        text["tabindex"] = "0"  # it scrolls by the arrow keys
    taken: dict[str, int] = {}
    for heading in body(["h1", "h2", "h3", "h4"]):
        anchor = re.sub(r"[^\w\- ]", "", heading.get_text().lower()).strip().replace(" ", "-")
        taken[anchor] = taken.get(anchor, 0) + 1
        heading["id"] = anchor + (f"-{taken[anchor] - 1}" if taken[anchor] > 1 else "")
    title = body.h1.get_text(" ", strip=True) if body.h1 else name
    first = body.h1.find_next("p") if body.h1 else None
    bold = first and first.find(["strong", "b"])
    lead = (bold or first).get_text(" ", strip=True) if first else ""
    return Page(name, title, lead, body, moments)


def _lighten(moment, place):
    """Take the pictures of a moment out of the page, and its data, if they are still large."""
    script = moment.find("script", recursive=False)
    text = _PICTURE.sub(lambda found: f'"{_kept(found, place)}"', script.string)
    script.string = text
    if len(text) > _LARGE:
        moment["data-later"] = moment.attrs.pop("data-moment")
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        moment["data-kept"] = place.script(f"moment-{digest}", json.loads(text))
        script.decompose()


def _kept(found, place):
    """The address of a picture that the page held."""
    return place.picture(base64.b64decode(found["content"]), found["kind"])


def _keep(picture, place):
    """Take a picture out of the page; it is loaded when it comes near the screen."""
    found = _DATA.fullmatch(picture.get("src", ""))
    if not found:
        return
    from PIL import Image

    picture["src"] = _kept(found, place)
    with Image.open(place.folder.parent / picture["src"]) as opened:
        picture["width"], picture["height"] = map(str, opened.size)
    picture.attrs.pop("style", None)
    picture["loading"], picture["decoding"] = "lazy", "async"
