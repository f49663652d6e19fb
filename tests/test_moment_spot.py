"""Spot them: which vehicles a reader's marks count for, and the moment played to its end."""

import numpy as np
import pandas as pd
import pytest

from cctview.course import spot_vehicles
from cctview.dataset.boxes import BOX
from tests.browsing import browsing
from tests.moments import logic, open_moment

pytestmark = pytest.mark.browser
IMAGE = np.full((240, 352, 3), 90, np.uint8)
THERE = pd.DataFrame(
    [[10, 10, 50, 40, True], [40, 10, 80, 40, False], [300, 200, 306, 204, False]],
    columns=[*BOX, "found"],
)
BOXES = THERE[:1].assign(id="a line")


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def test_each_mark_counts_for_one_vehicle_and_each_vehicle_once(browser):
    moment = spot_vehicles(IMAGE, BOXES, THERE)
    page, _ = open_moment(browser, moment)

    def hit(*marks):
        return logic(page, moment, "marked(given[0], given[1])", [moment.data["vehicles"], marks])

    assert hit() == [False, False, False]
    assert hit([44, 25]) == [True, False, False], "the nearer middle"
    assert hit([44, 25], [44, 25]) == [True, True, False], "the second mark takes the other"
    assert hit([308, 207]) == [False, False, True], "close beside a small one"
    assert hit([200, 100]) == [False, False, False]


def test_played_by_mouse_keys_and_touch(browser):
    page, errors = open_moment(browser, spot_vehicles(IMAGE, BOXES, THERE), touch=True)
    screen, go = page.locator(".screen"), page.locator(".go")
    wide = screen.bounding_box()["width"] / 352
    screen.click(position={"x": 20 * wide, "y": 20 * wide})
    screen.tap(position={"x": 200 * wide, "y": 100 * wide})
    page.keyboard.press("Backspace")
    screen.focus()
    for key, count in (("ArrowRight", 21), ("ArrowDown", 14), ("Enter", 1)):
        for _ in range(count):
            page.keyboard.press(key)  # from the middle, 176, 120, to 302, 204
    assert "You have marked 2" in page.locator(".big").text_content()
    assert page.locator(".over > b").count() == 0, "nothing is given away"
    go.click()
    assert "The detector drew 1 box." in page.locator(".big").text_content()
    go.press("Enter")
    assert (
        page.locator(".big").text_content()
        == "3 vehicles are there. You found 2, the detector found 1."
    )
    assert page.locator(".missed").count() == 2
    go.click()
    assert page.locator(".mark").count() == 0
    assert errors == []


def test_without_the_truth_it_ends_with_the_lines_of_text(browser):
    page, errors = open_moment(browser, spot_vehicles(IMAGE, BOXES, lines=True))
    page.locator(".go").click()
    assert page.locator(".lines li").all_text_contents() == ["a line"]
    assert page.locator(".go").text_content() == "Begin again"
    assert errors == []
