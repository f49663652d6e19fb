"""A group of sliders in a page without Python, which has the states that are kept for it."""

import pytest
from matplotlib.figure import Figure

from cctview.show.widgets import (
    Choice,
    Float,
    Sliders,
    Steps,
    keep_in,
    kept,
    living,
    player_script,
    player_style,
)
from tests.browsing import browsing

pytestmark = pytest.mark.browser


def draw(values):
    figure = Figure(figsize=(4, 2))
    figure.subplots().bar([values["kind"]], [values["height"] / values["prior"]])
    return figure


def words(values):
    return f"{values['kind']} {values['height']} {values['prior']}"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page on a disk with a group of sliders; it has 20 of 36 states."""
    folder = tmp_path_factory.mktemp("page")
    controls = [
        Float("height", 0, 1, 0.5, step=0.125, unit="m", label="how high it is above the ground"),
        Steps("prior", {f"1 in {n:,}": n for n in (1, 1000)}),
        Choice("kind", ["a", "b"]),
    ]
    sliders = Sliders(lambda values: values, controls, draw=draw, describe=words)
    keep_in(folder, most=20)
    lives = living("panel", "<p>a still</p>", sliders.player(kept()), "Sliders")
    keep_in(None)
    pictures = list((folder / "kept").glob("*.webp"))
    assert len(pictures) == 18  # without height both priors look the same, and are kept once
    (folder / "page.html").write_text(
        f"<!DOCTYPE html><meta charset=utf-8><style>{player_style()}</style>"
        f'<div style="width: 900px">{lives}</div><script>{player_script()}</script>'
    )
    with browsing() as browser:
        page = browser.new_page()
        page.goto((folder / "page.html").as_uri())
        page.get_by_role("img").wait_for()
        page.wait_for_function("() => document.head.querySelector('script')")
        yield page


def test_it_shows_what_is_stored_and_says_so_where_that_is_the_nearest(page):
    assert page.get_by_text("a still").is_hidden()
    status, height = page.get_by_role("status").last, page.get_by_role("slider").first
    assert status.text_content() == "a 0.5 1"
    first = page.get_by_role("img").screenshot()
    for _ in range(4):
        height.press("ArrowRight")
    page.get_by_label("kind").select_option("b")
    assert status.text_content() == "b 1 1"
    assert page.get_by_role("img", name="b 1 1").screenshot() != first
    height.press("ArrowLeft")  # 0.875 is not among the states
    assert height.get_attribute("aria-valuetext") == "0.875 m"
    said = status.text_content()
    assert said.startswith("The nearest stored picture: how high it is above the ground ")
    assert said.endswith(
        ("1.000 m, prior 1 in 1, kind b. b 1 1", "0.750 m, prior 1 in 1, kind b. b 0.75 1")
    )
    page.get_by_role("button", name="Reset").click()
    assert status.text_content() == "a 0.5 1"
    page.wait_for_function("() => document.querySelector('.player img').complete")
