"""The town of lesson 00, played without Python from its stored states."""

import json

import pytest

from cctview.course import the_city
from cctview.course.moments.city import STATES
from cctview.dataset import RESULTS, read_result
from tests.browsing import browsing
from tests.moments import open_moment

pytestmark = pytest.mark.browser
CITY = the_city()
DATA = CITY.data
STORED = json.loads((RESULTS / STATES).read_bytes())


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def test_every_state_is_stored_and_no_larger_than_it_should_be():
    wanted = {
        f"{kind} {count} {days} {variant}"
        for kind, made in enumerate(DATA["kinds"])
        for count in DATA["counts"]
        for days in DATA["days"]
        for variant in {row[4] for row in STORED["curves"]}
        # plates join days whether appearance holds or not
        if not (made["name"] == "plate readers" and STORED["variants"][variant].endswith("kept"))
    }
    assert set(STORED["states"]) == wanted  # each curve that is drawn has its states
    for other in ("appearance", "times"):
        shown = the_city(other)
        assert len(shown.html()) < 1_000_000
        assert set(shown.data["states"]) <= wanted
    edges = set(range(len(DATA["edges"])))
    for made in STORED["states"].values():
        assert set(made["right"]) | set(made["wrong"]) <= edges
        assert made["known"] <= made["trips"]
        assert made["right"] or not made["known"]


def test_the_map_and_the_words_follow_the_sliders(browser):
    page, errors = open_moment(browser, CITY)
    cameras = page.get_by_role("slider", name="Cameras")
    for key, count in (("Home", DATA["counts"][0]), ("End", DATA["counts"][-1])):
        cameras.press(key)
        assert page.locator("svg .camera").count() == count
    kind = page.get_by_role("slider", name="Kind")
    kind.press("End")
    kept = page.get_by_role("slider", name="Records kept for")
    kept.press("End")
    last = len(DATA["kinds"]) - 1
    made = DATA["states"][f"{last} {DATA['counts'][-1]} {DATA['days'][-1]} 0"]
    assert page.locator("svg path.right").first.get_attribute("d").count("M") == len(made["right"])
    told = page.locator(".told").text_content()
    assert f"{made['trips']} trips of this driver the system puts together {made['known']}" in told
    table = read_result("city.csv")
    row = table[
        (table["kind"] == DATA["kinds"][last]["name"])
        & (table["cameras"] == DATA["counts"][-1])
        & (table["days"] == DATA["days"][-1])
        & (table["drivers"] == "everyone")
    ].set_index("figure")["estimate"]
    assert f"puts together {100 * row['trips put together, right']:.0f} %" in told
    assert errors == []


def test_the_fourth_slider_moves_what_a_council_could_decide(browser):
    if len({row[4] for row in STORED["curves"]}) == 1:
        pytest.skip("the stored states have no coarser times; make them: python -m studio city")
    page, errors = open_moment(browser, the_city("times", count=6))
    page.get_by_role("slider", name="Times are kept").press("End")
    variant = STORED["variants"].index("to the day")
    made = STORED["states"][f"2 {STORED['counts'][6]} 7 {variant}"]
    told = page.locator(".told").text_content()
    assert f"{made['trips']} trips of this driver the system puts together {made['known']}" in told
    assert "to the day" in told
    assert errors == []


@pytest.mark.parametrize("width", [390, 1366])
def test_it_fits_and_works_by_touch(browser, width):
    page, errors = open_moment(browser, CITY, width=width, touch=True)
    page.get_by_role("slider", name="Cameras").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 1000:
        assert page.locator(".cctview-moment").bounding_box()["height"] <= 700
    assert errors == []
