"""Camera and sliders in a real browser, in JupyterLab. Skipped where there is no Chromium."""

import textwrap
from datetime import datetime
from pathlib import Path

import pytest

from cctview import show
from cctview.dataset.ids import FrameId
from cctview.dataset.layout import write_frame
from tests.browsing import browsing, open_page, run_all, serious, serving, write_notebook
from tests.scenes import jpeg, picture, write_scene

pytestmark = pytest.mark.browser

FRAMES = 40
LOADED = """() => {
  const { complete, naturalWidth } = document.querySelector(".cctview-panel img");
  return complete && naturalWidth;
}"""
CELLS = (
    """
    import ipywidgets
    from matplotlib.figure import Figure
    from cctview.show.widgets import Camera, Float, Sliders
    knows = ipywidgets.Label("python knows: nothing")
    def picked(row):
        knows.value = f"python knows: {{row.id}}"
        return camera.detections[camera.detections.camera == "2-S"]
    camera = Camera({folder!r}, on_pick=picked)
    camera
    """,
    "knows",
    """
    drawn, slopes = ipywidgets.Label(), set()
    def update(values):
        figure = Figure(figsize=(4, 2))
        figure.subplots().plot([0, values["slope"]])
        slopes.add(values["slope"])
        drawn.value = f"drawn: {{len(slopes)}} of 21"
        return figure
    display(drawn)
    Sliders(update, [Float("slope", -1, 1, 0.5, 0.1, unit="per cent")],
            describe=lambda figure: "One line.")
    """,
    """
    from cctview.show.widgets import Quiz
    from cctview.show.widgets.quiz import Option, Question
    Quiz([Question("Is it?", [Option("No", "It is not.", True), Option("Yes", "Look again.")])])
    """,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a notebook of a camera and sliders."""
    folder = tmp_path_factory.mktemp("browser")
    write_scene(folder / "frames")
    for k in range(1, FRAMES):
        write_frame(
            folder / "frames", FrameId("1-N", datetime(2031, 5, 5, 13, 0, k)), jpeg(picture(k))
        )
    cells = [textwrap.dedent(cell).strip().format(folder=str(folder / "frames")) for cell in CELLS]
    write_notebook(folder / "widgets.ipynb", *cells)
    return folder


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(browser, folder):
    """JupyterLab with the notebook run: its page, and the errors of its console."""
    page, errors = open_page(browser)
    with serving(folder) as address:
        run_all(page, address("widgets.ipynb"))
        page.locator(".cctview-camera .box:visible").first.wait_for()
        yield page, errors
        page.close()
        assert serious(errors) == []


def python_knows(page, words):
    page.locator(".widget-label", has_text=f"python knows: {words}").wait_for()


def test_a_click_changes_what_python_knows(lab):
    page, _ = lab
    box = page.locator(".cctview-camera .box:visible").last
    name = box.get_attribute("data-id")
    box.click()
    python_knows(page, name)
    page.locator(f'.cctview-camera .box[data-id="{name}"][aria-pressed=true]').wait_for()
    page.locator(".cctview-camera .status", has_text="Picked: ").wait_for()
    assert page.locator(".cctview-camera .cards li").count() == 3


def test_hovering_shows_type_and_score(lab):
    page, _ = lab
    page.locator(".cctview-camera .station").first.click()
    box = page.locator(".cctview-camera .box:visible", has=page.locator("text=bus 100 %"))
    assert not box.locator(".tag").is_visible()
    box.hover()
    assert box.locator(".tag").is_visible()


def test_the_keyboard_alone_will_do(lab):
    page, _ = lab
    cells = page.locator(".jp-Cell").count()
    page.locator(".cctview-camera .screens").focus()
    page.keyboard.press("ArrowDown")
    page.locator(".cctview-camera .screen.current", has_text="2-S").wait_for()
    page.locator(".cctview-camera .current .box:not([hidden])").first.wait_for()
    page.keyboard.press("b")  # outside a widget this would insert a cell
    page.wait_for_function("() => !document.querySelector('.cctview-camera .box:not([hidden])')")
    page.wait_for_timeout(500)  # a person's pace: Python has heard of the first
    page.keyboard.press("b")
    page.locator(".cctview-camera .current .box:not([hidden])").first.wait_for()
    page.keyboard.press("Tab")
    name = page.evaluate("document.activeElement.dataset.id")
    assert name.startswith("2-S--")
    page.keyboard.press("Enter")
    python_knows(page, name)
    page.keyboard.press("Escape")
    page.locator(".cctview-camera .status", has_text="Nothing picked").wait_for()
    for key in ("Tab", "Enter", "Escape"):  # in a hurry
        page.keyboard.press(key)
    page.locator(".cctview-camera .status", has_text="Nothing picked").wait_for()
    page.wait_for_timeout(300)
    assert page.locator(".cctview-camera .status").text_content() == "Nothing picked."
    assert page.locator(".jp-Cell").count() == cells


def test_it_plays_pauses_and_scrubs(lab):
    page, _ = lab
    clock, scrub = (
        page.locator(".cctview-camera .clock"),
        page.locator(".cctview-camera input[type=range]"),
    )
    page.locator(".cctview-camera .station").first.click()
    page.locator(".cctview-camera .screens").press("Home")
    page.locator(".cctview-camera .screens").press(" ")
    page.wait_for_function(
        "() => document.querySelector('.cctview-camera .clock').value > '13:00:02'"
    )
    page.locator(".cctview-camera .screens").press(" ")
    page.locator(".cctview-camera .tool[aria-label^=Play]").wait_for()
    scrub.press("End")
    assert clock.text_content() == f"13:00:{FRAMES - 1}"
    assert (
        scrub.get_attribute("aria-valuetext") == f"13:00:{FRAMES - 1}, frame {FRAMES} of {FRAMES}"
    )
    scrub.press("ArrowLeft")
    page.locator(".cctview-camera .screen", has_text=f"13:00:{FRAMES - 2}").wait_for()


def test_a_slider_shows_what_was_drawn_ahead_by_itself(lab):
    page, _ = lab
    image = page.locator(".cctview-panel img")
    image.scroll_into_view_if_needed()
    slider = page.get_by_role("slider", name="slope")
    assert slider.get_attribute("aria-valuetext") == "0.5 per cent"
    page.get_by_text("drawn: 21 of 21").wait_for()
    page.wait_for_function(LOADED)
    before = image.screenshot()
    handle = slider.bounding_box()
    page.mouse.move(handle["x"] + 0.75 * handle["width"], handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(handle["x"] + 1, handle["y"] + handle["height"] / 2, steps=5)
    page.mouse.up()
    assert slider.get_attribute("aria-valuetext") == "-1.0 per cent"
    page.locator(".cctview-panel:not(.waiting)").wait_for()
    page.wait_for_function(LOADED)
    assert image.screenshot() != before
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function(LOADED)
    assert image.screenshot() == before
    cells = page.locator(".jp-Cell").count()
    slider.press("b")  # outside a widget this would insert a cell
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "0.6 per cent"
    assert page.locator(".jp-Cell").count() == cells
    assert page.get_by_role("img", name="One line.").count() == 1


def test_a_quiz_says_why(lab):
    page, _ = lab
    quiz = page.locator(".quiz.live")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("button", name="Yes").click()
    quiz.locator("[role=status]", has_text="✗ Look again.").wait_for()
    quiz.locator(".status", has_text="0 of 1 right at the first try.").wait_for()


def test_frames_that_were_asked_for_twice_are_counted_once(browser):
    """Python was busy, so the browser asked again: what is kept is no less for that."""
    source = (Path(show.__file__).parent / "widgets" / "static" / "frames.js").read_text("utf-8")
    page = browser.new_page()
    kept = page.evaluate(
        f"""() => {{
          {source}
          const cache = new Cache(100);
          for (let times = 0; times < 5; times += 1) cache.set("first", times, 30);
          cache.set("second", 0, 30);
          cache.set("first", 5, 30);
          cache.set("third", 0, 60);
          return [cache.bytes, [...cache.entries.keys()], cache.get("first")];
        }}"""
    )
    page.close()
    assert kept == [90, ["first", "third"], 5]
