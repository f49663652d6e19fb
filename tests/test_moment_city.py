"""The town of lesson 00, played without Python from its stored states."""

import pytest

from cctview.course import the_city
from cctview.dataset import read_result
from tests.browsing import browsing
from tests.moments import open_moment

pytestmark = pytest.mark.browser
CITY = the_city()
DATA = CITY.data


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def test_every_state_is_stored_and_no_larger_than_it_should_be():
    counts, kinds, days = (range(len(DATA[name])) for name in ("counts", "kinds", "days"))
    wanted = {
        f"{kind} {DATA['counts'][count]} {DATA['days'][kept]}"
        for count in counts
        for kind in kinds
        for kept in days
    }
    assert set(DATA["states"]) == wanted
    assert len(CITY.html()) < 1_000_000
    edges = set(range(len(DATA["edges"])))
    for made in DATA["states"].values():
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
    made = DATA["states"][f"{last} {DATA['counts'][-1]} {DATA['days'][-1]}"]
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


@pytest.mark.parametrize("width", [390, 1366])
def test_it_fits_and_works_by_touch(browser, width):
    page, errors = open_moment(browser, CITY, width=width, touch=True)
    page.get_by_role("slider", name="Cameras").tap()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 1000:
        assert page.locator(".cctview-moment").bounding_box()["height"] <= 700
    assert errors == []
