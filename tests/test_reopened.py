"""A notebook in ordinary use: run whole, saved, restarted, opened again without its kernel, and
turned into a page and slides. Skipped where there is no Chromium.
"""

import re
import textwrap

import pytest
from bs4 import BeautifulSoup

from cctview.pages.slides import make_deck
from tests.browsing import browsing, open_page, run_all, serious, serving, write_notebook
from tests.scenes import write_scene

pytestmark = pytest.mark.browser
CELLS = (
    """
    from cctview.show import Camera, Card, Float, Option, Question, Quiz, Sliders, predict
    camera = Camera({folder!r}, on_pick=lambda row: None)
    camera
    """,
    """
    def update(values):
        figure = Card("It rises", 2.0)
        axes = figure.subplots()
        axes.plot([0, values["slope"]])
        axes.set_xlabel("things")
        return figure
    asked = predict("Up or down?", ["up", "down"], "up", "Because it does.")
    Sliders(update, [Float("slope", -1, 1, 0.5, 0.5)], prediction=asked)
    """,
    'Sliders(update, [Float("slope", -1, 1, 0.5, 0.5)])',
    'predict("And here?", ["up", "down"], "up", "So it is.", update({{"slope": 1}}))',
    'update({{"slope": 1}})',
    """
    from cctview.course import the_city
    the_city()
    """,
    'Quiz([Question("Is it?", [Option("No", "It is not.", True), Option("Yes", "No.")])])',
)
TEXTS = {-1: "# Title", 3: "The answer is in this text.", 4: "# A heading"}
"""After the cell with this number."""
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import nbformat

    folder = tmp_path_factory.mktemp("reopened")
    write_scene(folder / "frames")
    cells = [textwrap.dedent(cell).strip().format(folder=str(folder / "frames")) for cell in CELLS]
    write_notebook(folder / "used.ipynb", *cells)
    notebook = nbformat.read(folder / "used.ipynb", as_version=4)
    for number in sorted(TEXTS, reverse=True):
        notebook.cells.insert(number + 1, nbformat.v4.new_markdown_cell(TEXTS[number]))
    nbformat.write(notebook, folder / "used.ipynb")
    return folder


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(folder):
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser, address):
    page, errors = open_page(browser, 1366, 768)
    run_all(page, address("used.ipynb"))
    page.locator(".cctview-camera .box:visible").first.wait_for()
    page.locator(".cctview-panel img:visible").first.wait_for()
    yield page
    assert serious(errors) == []
    page.close()


def seen(page, selector):
    return [one.is_visible() for one in page.locator(f"{NOTEBOOK} {selector}").all()]


def undescribed(markup):
    pictures = BeautifulSoup(markup, "html.parser")("img")
    assert len(pictures) >= 3
    return [picture for picture in pictures if len(picture.get("alt", "").split()) < 2]


def test_running_all_leaves_predictions_covered(page):
    assert seen(page, ".cctview-panel") == [False, True]
    assert seen(page, ".prediction > .covered") == [False, False]
    assert not any(seen(page, ".prediction :text('Because it does.')"))
    assert not page.locator(f".jp-RenderedMarkdown :text('{TEXTS[3]}')").is_visible()
    assert page.locator(".jp-RenderedMarkdown h1", has_text="A heading").is_visible()


def test_every_picture_in_jupyterlab_is_described(page):
    markup = page.locator(f"{NOTEBOOK} .jp-Notebook").inner_html()
    assert undescribed(markup) == []
    assert "It rises. Across: things" in markup


@pytest.mark.parametrize("control", [".cctview-moment input", ".cctview-panel:visible input"])
def test_letters_inside_are_no_commands_but_ctrl_s_saves(page, control):
    changed = "window.jupyterapp.shell.currentWidget.content.model.dirty"
    cells = page.locator(f"{NOTEBOOK} .jp-Cell").count()
    page.evaluate(f"() => void ({changed} = true)")
    inside = page.locator(f"{NOTEBOOK} {control}").first
    inside.press("b")  # outside, it would insert a cell
    assert page.evaluate(f"() => {changed}")
    inside.press("Control+s")
    page.wait_for_function(f"() => !{changed}")
    assert page.locator(f"{NOTEBOOK} .jp-Cell").count() == cells


def test_a_choice_uncovers_and_says_why(page):
    page.locator(".prediction").first.get_by_role("button", name="down").press("1")
    page.get_by_role("status").filter(has_text="Right: up. Because it does.").wait_for()
    assert seen(page, ".cctview-panel") == [True, True]
    page.locator(".prediction").last.get_by_role("button", name="down").click()
    page.get_by_role("status").filter(has_text="No. It is: up. So it is.").wait_for()
    assert seen(page, ".prediction > .covered") == [False, True]
    assert page.locator(f".jp-RenderedMarkdown :text('{TEXTS[3]}')").is_visible()


def test_one_key_covers_and_uncovers_all(page):
    page.keyboard.press("Shift+F8")
    assert seen(page, ".cctview-panel") == [False, True]
    page.keyboard.press("F8")
    assert seen(page, ".cctview-panel") == [True, True]
    page.get_by_role("status").filter(has_text="The answer: up. So it is.").wait_for()


def test_after_a_restart_the_camera_says_that_its_kernel_has_gone(page):
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    kernel = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
    page.evaluate(f"() => {kernel}.restart()")
    page.locator(".cctview-camera .box:visible").last.click()
    page.locator(".cctview-camera .status", has_text="Run All Cells").wait_for()


def test_opened_again_without_a_kernel_it_shows_stills_and_no_errors(page, browser, address):
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    again, _ = open_page(browser, 1366, 768)
    again.goto(address("used.ipynb"))
    again.locator(".prediction.live").last.wait_for()
    again.get_by_text("Error displaying widget").first.wait_for(state="attached")
    assert not any(one.is_visible() for one in again.get_by_text("Error displaying widget").all())
    assert seen(again, ".cctview-still") == [True, True]
    assert seen(again, ".cctview-moment.live") == [True] * 4  # two questions are moments
    assert seen(again, ".prediction > .covered") == [False, False]
    again.locator(".prediction").first.get_by_role("button", name="up").click()
    assert seen(again, ".prediction > .covered") == [True, False]
    again.close()


def test_every_picture_of_the_page_and_of_the_slides_is_described(page, folder):
    from nbconvert import HTMLExporter

    markup, _ = HTMLExporter().from_filename(str(folder / "used.ipynb"))
    deck = make_deck(folder / "used.ipynb")
    for made in (markup, deck):
        assert undescribed(made) == []
    slides = BeautifulSoup(deck, "html.parser").find(class_="slides")
    for question, why in (("Up or down?", "Because it does."), ("And here?", "So it is.")):
        (text,) = slides(string=re.compile(why))
        assert question not in text.find_parent("section").get_text()
