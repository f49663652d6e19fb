"""A small course as a site, from a disk and from a server: it plays without Python."""

import io
import json
import os
import re
import textwrap
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image, ImageChops

import workshop
from cctview.cli import main
from cctview.pages import run
from cctview.show import Kept
from tests.browsing import browsing

UPDATE = """
from matplotlib.figure import Figure
from cctview.show import Choice, Int, Option, Question, Quiz, Sliders, predict

def update(values):
    figure = Figure(figsize=(4, 2))
    figure.subplots().bar(["a", "b"], [values["height"], values["kind"] == "tall"])
    figure.title = f"{values['height']} high, {values['kind']}"
    return figure
controls = [Int("height", 0, 6, 3), Choice("kind", ["tall", "small"])]
"""
CELLS = [
    new_markdown_cell(
        "# 00 · Bars\\n\\n**How high?** See the [glossary](glossary.md#a-bar).".replace("\\n", "\n")
    ),
    new_code_cell(textwrap.dedent(UPDATE).strip()),
    new_code_cell('import os\nassert "CCTVIEW_DATA" not in os.environ'),
    new_code_cell("Sliders(update, controls)"),
    new_code_cell(
        'asked = predict("Up or down?", ["up", "down"], "up", "Because it does.")\n'
        "Sliders(update, controls, prediction=asked)"
    ),
    new_markdown_cell("The text says: it goes up."),
    new_markdown_cell("## A quiz of our own"),
    new_code_cell(
        'Quiz([Question("Is it?", [Option("No", "It is not.", True), Option("Yes", "No.")])])'
    ),
    new_code_cell("height = ...\nprint(height)", metadata={"tags": ["exercise"]}),
    new_markdown_cell("[this file](../pyproject.toml) and [that](01-more.ipynb)"),
]

LAST_IMAGE = "[...document.querySelectorAll('.cctview-panel img')].at(-1)"


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course of two lessons and a glossary, and the site of it."""
    folder = tmp_path_factory.mktemp("course")
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    more = [new_markdown_cell("# 01 · More\n\nAfter the first.")]
    for name, cells in (("00-bars", CELLS), ("01-more", more)):
        nbformat.write(new_notebook(cells=cells, metadata=kernel), notebooks / f"{name}.ipynb")
    (notebooks / "glossary.md").write_text(
        "# Glossary\n\n## a bar\n\nIt is as high as its zebra.\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cctview.pages.site.build.NOTEBOOKS", notebooks)
        patch.setenv("CCTVIEW_DATA", str(folder / "mine"))
        patch.setenv("CCTVIEW_PRESENTER", "1")
        out = ["site", str(folder / "site"), "--work", str(folder / "work"), "--states", "8"]
        assert main(out) == 0
    return folder


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


@pytest.fixture(params=["disk", "server"])
def page(request, browser, made):
    """The first lesson; no request leaves, and nothing complains."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=made / "site"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}"
    root = (made / "site").as_uri() if request.param == "disk" else root
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.set_default_timeout(10_000)
    asked, errors = [], []
    page.on("request", lambda one: asked.append(one.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(f"{root}/00-bars.html")
    yield page
    page.close()
    server.shutdown()
    assert [url for url in asked if not url.startswith((root, "data:", "blob:"))] == []
    assert errors == []


def stored(made):
    """The states of the sliders that were kept: by positions, a picture, its description, words."""
    script = next((made / "site" / "kept").glob("sliders-*.js")).read_text()
    return json.loads(re.fullmatch(r"cctviewKept\(\.\.\.(.*)\);\n", script)[1])[1]


@pytest.mark.browser
def test_sliders_show_what_the_kernel_makes_and_say_where_it_is_the_nearest(page, made):
    space = {}
    exec(UPDATE, space)
    panel = page.locator(".cctview-panel:visible")
    height = panel.get_by_role("slider")
    states = stored(made)
    assert len(states) == 6  # of 14: three heights, two kinds
    for at in (0, 6, 3):
        height.fill(str(at))
        shown = panel.get_by_role("img", name=f"{at} high, tall")
        shown.wait_for()
        picture = made / "site" / states[f"{at},0"][0]
        expected = space["update"]({"height": at, "kind": "tall"})
        drawn = io.BytesIO()
        expected.savefig(drawn, format="png", dpi=150)
        with Image.open(picture) as kept, Image.open(drawn) as own:
            assert ImageChops.difference(kept.convert("RGB"), own.convert("RGB")).getbbox() is None
        assert shown.get_attribute("src") == states[f"{at},0"][0]
    height.fill("1")
    panel.get_by_text("The nearest stored picture: height ").wait_for()


@pytest.mark.browser
def test_predictions_cover_quizzes_check_and_code_folds(page):
    assert page.get_by_text("it goes up").is_hidden()
    assert page.locator(".cctview-panel").count() == 1
    page.get_by_role("button", name="down").click()
    page.get_by_text("No. It is: up. Because it does.").wait_for()
    assert page.get_by_text("it goes up").is_visible()
    page.locator(".cctview-panel").nth(1).wait_for()
    page.get_by_role("button", name="No", exact=True).click()
    page.locator(".quiz .reason", has_text="✓ It is not.").wait_for()
    assert page.get_by_text("def update").is_hidden()
    page.get_by_text("Python", exact=True).first.click()
    assert page.get_by_text("def update").is_visible()
    assert page.get_by_text("This exercise needs Python.").is_visible()
    assert page.get_by_text("Open this lesson in JupyterLab").count() == 2


@pytest.mark.browser
def test_links_lead_to_pages_and_the_search_finds_words(page):
    assert page.get_by_role("link", name="glossary").get_attribute("href") == "glossary.html#a-bar"
    assert page.get_by_role("link", name="that").get_attribute("href") == "01-more.html"
    assert page.get_by_role("link", name="this file").count() == 0
    page.keyboard.press("/")
    page.get_by_role("searchbox").fill("zebra")
    page.get_by_text("Places found: 1").wait_for()
    page.get_by_role("link", name="a bar").click()
    page.wait_for_url("**/glossary.html#a-bar")
    assert page.get_by_role("heading", name="a bar").is_visible()
    page.get_by_role("link", name="cctview").click()
    first = page.locator(".tiles li", has_text="00 · Bars").get_by_role("img")
    assert "3 high, tall" in first.get_attribute("alt")  # its first picture that tells no answer


@pytest.mark.browser
def test_after_one_load_it_plays_without_a_network(browser, made):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=made / "site"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"http://127.0.0.1:{server.server_port}/00-bars.html")
    last = list(stored(made).values())[-1][0]
    for _ in range(100):  # wait_for_function takes a promise for an answer
        if page.evaluate("(last) => caches.match(last).then(Boolean)", last):
            break
        page.wait_for_timeout(100)
    server.shutdown()
    server.server_close()
    page.reload()
    page.locator(".cctview-panel:visible").get_by_role("slider").fill("6")
    page.get_by_role("img", name="6 high, tall").wait_for()
    page.wait_for_function(f"{LAST_IMAGE}.naturalWidth > 0 && {LAST_IMAGE}.src.includes('/kept/')")
    page.close()


def test_a_second_call_runs_nothing_and_spares_what_is_no_site(made, monkeypatch, capsys):
    monkeypatch.setattr("cctview.pages.site.build.NOTEBOOKS", made / "notebooks")
    monkeypatch.setattr("cctview.pages.run._execute", None)
    again = ["site", str(made / "site"), "--work", str(made / "work"), "--states", "8"]
    assert main(again) == 0
    assert not workshop.is_of_other_data(made / "site")
    (made / "other").mkdir()
    (made / "other" / "mine.txt").write_text("mine")
    assert main(["site", str(made / "other"), *again[2:]]) == 1
    assert "something else than a site" in capsys.readouterr().err
    assert [path.name for path in (made / "other").iterdir()] == ["mine.txt"]


def test_lessons_link_to_the_course_if_its_address_is_known(made, monkeypatch):
    monkeypatch.setattr("cctview.pages.site.build.NOTEBOOKS", made / "notebooks")
    monkeypatch.setattr("cctview.pages.run._execute", None)
    out, work = ["site", str(made / "linked")], ["--work", str(made / "work"), "--states", "8"]
    assert main([*out, *work, "--source", "https://example.org/course"]) == 0
    linked, plain = (
        (made / site / "00-bars.html").read_text(encoding="utf-8") for site in ("linked", "site")
    )
    assert '<a href="https://example.org/course">download the course</a>' in linked
    assert '<p class="from">' in linked
    assert "get the files of the course from the people who gave you this site" in plain
    assert '<p class="from">' not in plain


def rewrite(path, content, at):
    """Write a file whose time and size say nothing of what it holds."""
    path.write_text(content)
    os.utime(path, (at, at))


def test_a_lesson_is_run_again_if_and_only_if_what_it_shows_may_have_changed(tmp_path, monkeypatch):
    package, data, notebooks = (tmp_path / name for name in ("package", "data", "notebooks"))
    pages = package / "pages"
    for folder in (pages, data, notebooks):
        folder.mkdir(parents=True)
    for path in (package / "predictions.toml", pages / "page.py", data / "frames.zip"):
        rewrite(path, "one", 1)
    notebook = new_notebook(cells=[new_code_cell("x = 1"), new_markdown_cell("words")])
    for name in ("00-first", "01-second", "02-third"):
        nbformat.write(notebook, notebooks / f"{name}.ipynb")
    monkeypatch.setattr(run, "_READ", (package, data))
    monkeypatch.setattr(run, "_PAGES", pages)
    ran = []
    monkeypatch.setattr(run, "_execute", lambda *_: ran.append(True))
    place = Kept(tmp_path / "work")

    def again():
        ran.clear()
        run.run_living(notebooks / "01-second.ipynb", place, run.inputs_digest())
        return bool(ran)

    assert again()
    assert not again()
    for path in (package / "predictions.toml", data / "frames.zip"):
        rewrite(path, "two", 1)
        assert again()
        assert not again()
        rewrite(path, "two", 2)
        assert not again()
    (data / "frames.zip").rename(data / "other.zip")
    assert again()
    rewrite(pages / "page.py", "two", 2)
    notebook.cells[1].source = "other words"
    nbformat.write(notebook, notebooks / "01-second.ipynb")
    notebook.cells[0].source = "x = 2"
    nbformat.write(notebook, notebooks / "02-third.ipynb")
    assert not again()
    nbformat.write(notebook, notebooks / "00-first.ipynb")  # it hands the meter on
    assert again()
    place.most = 7
    assert again()
    assert not again()


def test_a_picture_that_was_cut_off_is_not_kept(tmp_path, monkeypatch):
    """A disk that is full, or a build that is stopped, leaves nothing that the next would take."""
    place, whole, write = Kept(tmp_path), b"a whole picture", Path.write_bytes

    def cut_off(path, content):
        write(path, content[:5])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", cut_off)
        with pytest.raises(OSError, match="No space"):
            place.picture(whole, "jpeg")
    assert list(place.folder.iterdir()) == []
    assert (tmp_path / place.picture(whole, "jpeg")).read_bytes() == whole


def test_what_changes_while_a_lesson_runs_is_not_kept(tmp_path, monkeypatch):
    data = tmp_path / "data"
    data.mkdir()
    rewrite(data / "frames.zip", "one", 1)
    path, place = tmp_path / "00-first.ipynb", Kept(tmp_path / "work")
    nbformat.write(new_notebook(cells=[new_code_cell("x = 1")]), path)
    monkeypatch.setattr(run, "_READ", (data,))
    monkeypatch.setattr(run, "_execute", lambda *_: rewrite(data / "frames.zip", "two", 1))
    inputs = run.inputs_digest()
    with pytest.raises(ValueError, match="changed while lessons ran"):
        run.run_living(path, place, inputs)
    rewrite(data / "frames.zip", "one", 1)
    ran = []
    monkeypatch.setattr(run, "_execute", lambda *_: ran.append(True))
    run.run_living(path, place, inputs)
    assert ran
