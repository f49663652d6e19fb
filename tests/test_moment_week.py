"""Your week: who is left after each question against `cctview.privacy`, what the page forgets, and
the moment played to its end by mouse, by keys and by touch.
"""

import json
import re

import numpy as np
import pytest

from cctview.course import read_habits, your_week
from cctview.privacy import Sightings, find_candidates, read_trips
from tests.browsing import ROOT, browsing
from tests.moments import logic, open_moment

pytestmark = pytest.mark.browser
CLOCKS = [1 / 60, 0.25, 1, 4, 24, 168]  # hours
GROUPS = [6, 3, 1]  # of cameras


@pytest.fixture(scope="module")
def habits():
    return read_habits()


@pytest.fixture(scope="module")
def moment(habits):
    return your_week(*habits)


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def test_who_is_left_agrees_with_unicity_at_every_coarseness(browser, moment, habits):
    week = read_trips(habits[0]).first_days(7)
    people = moment.data["people"]
    assert len(people) == 4
    points = [point for person in people for point in person["points"]]
    known = Sightings(
        np.repeat(np.arange(4), 4),
        np.array([point["place"] for point in points]),
        60 * np.array([point["minute"] for point in points]),
        week.cameras,
    )
    page, _ = open_moment(browser, moment)
    ours = logic(
        page,
        moment,
        """unpack(given).then((passes) => CLOCKS.map((_, clock) => PLACES.map(({groups}) =>
          given.people.map(({points, dot}) => {
            const list = questions(points, clock, groups, given.places);
            const {left, counts} = ask(list, list.length, passes, groups, 6, given.vehicles);
            return [counts.at(-1), left[dot]];
          }))))""",
        moment.data,
    )
    compared = 0
    for hours, by_groups in zip(CLOCKS, ours, strict=True):
        for groups, found in zip(GROUPS, by_groups, strict=True):
            wanted = find_candidates(known, 4, hours, groups, booked=week)
            for trace, count in zip(wanted.trace, wanted.count, strict=True):
                assert found[trace] == [count, 1]
                compared += 1
    assert compared > 20
    assert [found[0] for found in ours[0][0]] == [1, 1, 1, 1]


def test_the_questions_of_one_point_by_hand(browser, moment):
    """Three cars: who fits place and day in one pass, and who only in two different ones."""
    page, _ = open_moment(browser, moment)
    day = 1440
    passes = {
        "place": [0, 0, 1, 0, 1],
        "minute": [8 * 60 + 5, day + 8 * 60 + 50, 8 * 60 + 5, day + 60, day + 8 * 60 + 55],
        "vehicle": [0, 1, 1, 2, 2],
    }
    counts = logic(
        page,
        moment,
        """(() => {
          const list = questions([{place: 0, minute: 1440 + 8 * 60 + 59}], 2, 2, ["A", "B"]);
          return [list.map(({words}) => words), ask(list, 3, given, 2, 2, 3).counts, bits(8, 2)];
        })()""",
        passes,
    )
    assert counts == [
        ["Seen at A that week?", "On Tuesday?", "From 08:00 to 09:00?"],
        [3, 3, 2, 1],
        2,
    ]


def fits(page):
    return int(page.locator(".count b").text_content().replace(",", ""))


def test_played_by_mouse_keys_and_touch(browser, moment):
    page, errors = open_moment(browser, moment, touch=True)
    page.wait_for_function("document.querySelector('.count')?.textContent")
    assert fits(page) == 8555
    ask = page.get_by_role("button", name="Ask: ")
    left = [fits(page)]
    for press in (ask.click, ask.tap, lambda: ask.press("Enter"), lambda: ask.press("n")):
        press()
        left.append(fits(page))
    assert left == sorted(left, reverse=True)
    assert left[-1] < left[0] / 20
    assert f"{left[-2]:,} → {left[-1]:,}" in page.locator(".status").text_content()
    page.get_by_role("button", name="Ask all").press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Begin again"
    assert fits(page) == 1
    assert "singled out" in page.locator(".status").text_content()
    page.get_by_label("The time is known").select_option("to the day")
    told = (ROOT / "INSTRUCTORS.md").read_text(encoding="utf-8")
    assert f"Known to the day, {fits(page)} drivers fit again" in told
    assert "fit instead of" in page.locator(".status").text_content()
    assert errors == []


def test_what_a_reader_types_is_in_no_state_and_gone_on_reload(browser, moment):
    page, errors = open_moment(browser, moment, {"who": 4}, calm=False)
    page.evaluate(
        """(freeze) => { window.saved = []; Object.freeze = (state) => {
        window.saved.push(JSON.stringify(state)); return state; }; }"""
    )
    assert "nothing is sent, saved or logged" in page.locator(".warning").text_content()
    page.get_by_label("Place 1").select_option("38 St")
    page.get_by_label("Time 1").fill("03:33")
    page.get_by_role("button", name="Ask all").click()
    assert fits(page) < 100
    saved = [json.loads(one) for one in page.evaluate("window.saved") if one and "asked" in one]
    assert len(saved) > 2
    assert all(set(state) == {"who", "asked", "clock", "place"} for state in saved)
    html = page.content()
    assert "03:33" not in html.replace(page.locator(".known").inner_html(), "")
    script = moment.script.read_text(encoding="utf-8")
    assert not re.search("localStorage|sessionStorage|indexedDB|fetch|console|cookie", script)
    assert errors == []


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1200, 650), (1920, 1000)])
def test_it_fits(browser, moment, width, height):
    page, errors = open_moment(browser, moment, {"asked": 12}, width=width, height=height)
    page.wait_for_function("document.querySelector('.count')?.textContent")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 1000:
        assert page.evaluate("document.documentElement.scrollHeight") <= height
    assert errors == []
