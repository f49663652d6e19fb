"""The whole course as a folder of pages: `make_site`.

Three well-kept ways were looked at. Panel's ``embed`` stores each state of a slider as a message to
Bokeh's own models, so all figures would have to be drawn again in another library; Jupyter Book
(MyST), Quarto and thebe make good pages, but their scripts are ES modules or come from a network,
which a page on a disk cannot load, and their widgets want a kernel. So nbconvert renders words and
code, and the widgets' own modules give the pages life, as one classic script.
"""

import hashlib
import html
import json
import re
import shutil
import tomllib
from pathlib import Path
from string import Template

import nbformat
from tqdm import tqdm

from cctview.dataset import DATA, NOTEBOOKS, require, write_bytes
from cctview.pages.run import inputs_digest, run_living
from cctview.pages.site.page import Page, lesson_page, link_pages, text_page
from cctview.pages.slides.pieces import MOMENTS
from cctview.show import FOLDER, Kept, player_script, player_style, script_digests

_STATIC = Path(__file__).parent / "static"
_WORDS = Path(__file__).parent / "words"
_MARK = "cctview-site.json"
"""A folder with this file is a site, and may be replaced by a new one."""
_RECORD = DATA / "made.json"
"""It changes with the data; `workshop.py site` says when a site was made of others."""
_ANSWERS = "answers"
"""The page that is not searched: it tells what the lessons ask."""


def make_site(
    out: Path,
    work: Path,
    notebooks: Path | None = None,
    states: int | None = None,
    language: str = "en",
    source: str | None = None,
) -> int:
    """Write the site to a folder that does not exist yet, or holds a site; returns its bytes.

    Parameters
    ----------
    out : Path
    work : Path
        A folder for what has been run; a later call with the same one runs only what has changed.
    notebooks : Path
        The lessons and texts (default: the course's); another language has a folder of its own.
    states : int, optional
        Pictures of one group of sliders, by default as many as `Kept` keeps.
    language : str
        Which of the files in ``words/`` has the site's own words.
    source : str, optional
        The address from which the course can be downloaded, which lessons then link to.

    Raises
    ------
    FileExistsError
        If there is something else than a site at `out`.
    ValueError
        If a lesson fails.
    """
    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise FileExistsError(17, "holds something else than a site; give another folder", str(out))
    notebooks = require(notebooks or NOTEBOOKS)
    words = tomllib.loads(require(_WORDS / f"{language}.toml").read_text(encoding="utf-8"))
    place = Kept(work, states)
    pages = _lessons(notebooks, place, words, source) + _texts(notebooks, place, words)
    lessons = [page for page in pages if page.name[:2].isdecimal()]
    names = {page.name: page.name for page in pages} | {"INSTRUCTORS": "instructors"}
    fresh = out.with_name(f"{out.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for page in pages:
        link_pages(page, names)
    for page in [_home(lessons, pages, words), *pages]:
        written = _document(page, pages, lessons, words)
        write_bytes(fresh / f"{page.name}.html", written.encode("utf-8", "replace"))
    index = [
        [page.name, anchor, page.title, heading, text]
        for page in pages
        if page.name != _ANSWERS
        for anchor, heading, text in page.sections()
    ]
    told = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    write_bytes(fresh / "search.js", f"cctviewIndex({told});\n".encode())
    shutil.copy(_STATIC / "offline.js", fresh / "offline.js")
    _copy_kept(fresh, place)
    made = hashlib.sha256(require(_RECORD).read_bytes()).hexdigest()
    mark = {"pages": [page.name for page in pages], "data_sha256": made}
    write_bytes(fresh / _MARK, json.dumps(mark).encode())
    _swap(fresh, out)
    return sum(path.stat().st_size for path in out.rglob("*") if path.is_file())


def _lessons(notebooks, place, words, source):
    paths = sorted(notebooks.glob("[0-9][0-9]-*.ipynb"))
    if not paths:
        raise FileNotFoundError(2, "has no notebooks of lessons", str(notebooks))
    cells = sum(len(nbformat.read(path, as_version=4).cells) for path in paths)
    pages, inputs = [], inputs_digest()
    with tqdm(total=cells, unit="cell", desc="lessons") as bar:
        done = 0
        for path in paths:
            bar.set_postfix_str(path.stem[:2])
            notebook = run_living(path, place, inputs, bar.update)
            done += len(notebook.cells)
            bar.n = done
            bar.refresh()
            pages.append(lesson_page(notebook, path.stem, place, words, source))
    return pages


def _texts(notebooks, place, words):
    names = [*words["texts"], *sorted(path.stem for path in notebooks.glob("*.md"))]
    paths = {name: notebooks / f"{name}.md" for name in names}
    paths["instructors"] = notebooks.parent / "INSTRUCTORS.md"
    return [
        text_page(path.read_text(encoding="utf-8"), name, place, path.parent)
        for name, path in paths.items()
        if path.exists()
    ]


def _home(lessons, pages, words):
    from bs4 import BeautifulSoup

    home = {key: html.escape(text) for key, text in words["home"].items()}
    cards = "".join(_card(page, page.lead) for page in lessons)
    texts = "".join(
        _card(page, words["texts"].get(page.name, page.lead))
        for page in pages
        if page not in lessons
    )
    body = (
        f'<div class="home"><h1>{home["title"]}</h1><p class="lead">{home["lead"]}</p>'
        f'<p><a class="begin" href="{lessons[0].name}.html">{home["begin"]}</a></p>'
        f"<p>{home['play']}</p><h2>{home['lessons']}</h2><ol class='tiles'>{cards}</ol>"
        f"<h2>{home['more']}</h2><ul class='tiles'>{texts}</ul></div>"
    )
    return Page("index", words["site"], words["description"], BeautifulSoup(body, "html.parser"))


def _card(page, lead):
    picture = ""
    if page.picture:
        address, alt = page.picture
        picture = f'<img src="{address}" alt="{html.escape(alt)}" loading="lazy">'
    title, lead = html.escape(page.title), html.escape(lead)
    return f'<li><a href="{page.name}.html">{picture}<b>{title}</b><span>{lead}</span></a></li>'


def _document(page, pages, lessons, words):
    """A whole page."""
    scripts = [path for path in sorted(MOMENTS.glob("*.js")) if path.stem in page.moments]
    script = player_script(scripts) + "\n" + _read("site.js")
    early = _read("theme.js")
    told = {name: words[name] for name in ("copy", "copied", "search")}
    title = page.title if page.name == "index" else f"{page.title} · {words['site']}"
    texts = [one for one in pages if one not in lessons]
    said = words | {f"search_{name}": text for name, text in words["search"].items()}
    said |= {"title": title, "description": page.lead}
    return Template(_read("page.html")).substitute(
        {name: html.escape(text) for name, text in said.items() if isinstance(text, str)},
        scripts=script_digests([early, script]),
        style=player_style(scripts) + _read("site.css"),
        early=early,
        strip="".join(_link(one, page, one.name[:2]) for one in lessons),
        menu="".join(f"<li>{_link(one, page)}</li>" for one in lessons),
        others="".join(f"<li>{_link(one, page)}</li>" for one in texts),
        body=str(page.body),
        turn=_turn(page, lessons, words),
        told=json.dumps(told).replace("<", "\\u003c"),
        script=script,
    )


def _link(to, page, short=""):
    here = ' aria-current="page"' if to is page else ""
    title = html.escape(to.title)
    named = f' title="{title}" aria-label="{title}"' if short else ""
    return f'<a href="{to.name}.html"{here}{named}>{short or title}</a>'


def _turn(page, lessons, words):
    """Links to the lesson before and after."""
    if page not in lessons:
        return ""
    at = lessons.index(page)
    near = {"before": lessons[max(at - 1, 0) : at], "after": lessons[at + 1 : at + 2]}
    links = "".join(
        f'<a href="{one.name}.html"><small>{words[which]}</small>{html.escape(one.title)}</a>'
        for which, found in near.items()
        for one in found
    )
    return f'<nav class="onward" aria-label="{words["before"]}, {words["after"]}">{links}</nav>'


def _copy_kept(fresh, place):
    """Copy what the pages refer to, and what the scripts that they refer to do."""
    names, texts = set(), [path.read_text(encoding="utf-8") for path in fresh.glob("*.html")]
    while texts:
        found = set(re.findall(rf"{FOLDER}/([\w-]+\.\w+)", texts.pop())) - names
        names |= found
        scripts = [place.folder / name for name in found if name.endswith(".js")]
        texts += [path.read_text(encoding="utf-8") for path in scripts]
    (fresh / FOLDER).mkdir()
    for name in sorted(names):
        shutil.copyfile(place.folder / name, fresh / FOLDER / name)


def _swap(fresh, out):
    """Put a new site into the place of the old one."""
    old = out.with_name(f"{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _read(name):
    return (_STATIC / name).read_text(encoding="utf-8")
