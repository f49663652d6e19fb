"""Test one, the rest, sort: days whose outcome is known, and rates that follow Bayes' rule."""

import pandas as pd
import pytest

from cctview.course.moments.base_rates import stop_and_sort
from tests.browsing import browsing
from tests.moments import open_moment

pytestmark = pytest.mark.browser
POINTS = pd.DataFrame({"found": [0.2, 0.5, 0.501, 0.01], "rate": [0.001, 0.01, 0.0101, 0.0001]})


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def certain(found, rate):
    """A moment of one threshold, at which what happens is no chance."""
    moment = stop_and_sort(POINTS)
    moment.data = moment.data | {
        "wanted": [1, 1_000_000_000],
        "thresholds": [{"found": found, "rate": rate, "words": "certain"}],
        "right": [["all are right"], ["none is right"]],
    }
    moment.state = moment.state | {"wanted": 0}
    return moment


def test_thresholds_are_told_in_peoples_numbers_and_follow_bayes():
    data = stop_and_sort(POINTS).data
    assert [one["words"] for one in data["thresholds"]] == [
        "finds 50 of 100, false alarms 1 in 99",
        "finds 20 of 100, false alarms 1 in 1,000",
    ]
    in_ten = 0.1 * 0.501 / (0.1 * 0.501 + 0.9 * 0.0101)
    in_thousand = 0.001 * 0.2 / (0.001 * 0.2 + 0.999 * 0.001)
    assert data["right"][0][0] == f"{100 * in_ten:.0f} of 100 alarms are right"
    assert data["right"][2][1] == f"{100 * in_thousand:.0f} of 100 alarms are right"


def test_by_mouse_an_alarm_stops_a_vehicle_and_its_card_is_turned(browser):
    page, errors = open_moment(browser, certain(1, 0), calm=False)
    page.get_by_role("button", name="Test one vehicle").click()
    assert page.get_by_text("Vehicle 1 is stopped. The system takes it").is_visible()
    assert not page.get_by_text("✓ Wanted").is_visible()
    page.get_by_role("button", name="Turn the card over").click()
    page.get_by_text("✓ Wanted").wait_for()
    page.get_by_role("button", name="The rest of the day").click()
    assert page.locator("path.alarm").count() == 1000
    assert page.locator("path.right").count() == 0, "before the guess nothing is sorted"
    page.get_by_role("button", name="about half").click()
    assert page.get_by_text("Of 1000 alarms, 1000 are right. 0 stopped somebody else").is_visible()
    assert page.get_by_text("You said: about half. It was: nearly all.").is_visible()
    assert page.get_by_text("Over many such days, all are right").is_visible()
    assert errors == []


def test_by_keyboard_wrong_alarms_are_wrong(browser):
    page, errors = open_moment(browser, certain(0, 1), {"wanted": 1})
    page.get_by_role("button", name="Test one vehicle").focus()
    page.keyboard.press("a")
    page.get_by_role("button", name="Turn the card over").press("Enter")
    assert page.get_by_text("✗ Not wanted").is_visible()
    page.keyboard.press("r")
    page.get_by_role("button", name="hardly any").press("Enter")
    assert page.locator("path.wrong").count() == 1000
    assert page.get_by_text("You said: hardly any. That is right.").is_visible()
    page.keyboard.press("d")
    assert page.locator("path.waits").count() == 1000
    assert errors == []


def test_by_touch_a_day_on_a_phone_is_as_likely_as_it_says(browser):
    moment = stop_and_sort(POINTS)
    page, errors = open_moment(browser, moment, {"wanted": 0}, 390, 844, touch=True)
    wanted = []
    for _ in range(4):
        page.get_by_role("button", name="The rest of the day").tap()
        page.get_by_role("button", name="nearly all").tap()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        wanted.append(page.locator("path.right, path.missed").count())
        page.get_by_role("button", name="Another day").tap()
    assert len(set(wanted)) > 1
    assert 320 < sum(wanted) < 480, "400 of 4,000 are expected; this is four standard deviations"
    page.get_by_role("combobox").first.select_option("1 in 10,000 that pass")
    page.get_by_role("button", name="Test one vehicle").tap()
    assert page.get_by_text("Vehicle 1 passes. No alarm.").is_visible()
    assert errors == []
