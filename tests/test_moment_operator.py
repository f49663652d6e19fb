"""Be the operator: what is asked, of a road made by hand, and the game, played in a browser."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cctview.course.moments import operator
from tests.browsing import browsing
from tests.desks import DAY, small_trips
from tests.moments import open_moment

pytestmark = pytest.mark.browser


def detections_of(trips):
    """One of each tracklet, a second before it passes."""
    table = trips.finder.tracklets.table
    time = DAY + pd.to_timedelta(table["seconds"] - 1, unit="s")
    rows = pd.DataFrame({"id": trips.finder.shown, "camera": table["camera"], "time": time})
    rows["frame"] = rows["camera"] + "--2031-05-05--08.40.00"
    left = 20 * (np.arange(len(rows)) % 3)
    return rows.assign(x1=left, y1=7, x2=left + 15, y2=20)


@pytest.fixture(scope="module")
def moment():
    """Of the hand-made road: the system finds 7 at the second camera, and takes it for 8 at the
    third. 8 and 9 it links nowhere.
    """
    trips, patch = small_trips(), pytest.MonkeyPatch()
    rows = detections_of(trips)
    seven = rows.iloc[3]  # at the second camera; beside it, in its tracklet, a larger picture of 8
    mixed = seven.to_dict() | {"id": "of 8", "frame": "another", "y2": 39}
    rows = pd.concat([rows, pd.DataFrame([mixed])], ignore_index=True)
    of_detection = pd.concat([trips.finder.tracklets.of_detection, pd.Series([3], ["of 8"])])
    tracklets = replace(trips.finder.tracklets, of_detection=of_detection)
    trips = replace(trips, finder=replace(trips.finder, tracklets=tracklets))
    vehicles = trips.labels["vehicle"].to_numpy()
    shows = pd.Series([*vehicles, 8], rows["id"], dtype="Int64")
    picture = np.full((40, 60, 3), 90, np.uint8)
    dataset = SimpleNamespace(
        detections=rows,
        image=lambda frame: picture,
        jpeg=lambda frame: b"",
        crop=lambda name: picture[:10, :20] if name != "of 8" else picture,
    )
    with patch.context() as changed:
        changed.setattr(operator, "_LEAST_NEXT", 2)
        changed.setattr(operator, "_LEAST_AREA", 1)
        changed.setattr(operator, "true_vehicles", lambda rows, truth: shows[rows["id"]])
        yield operator.be_the_operator(trips.finder, trips, dataset, None)


@pytest.fixture(scope="module")
def browser():
    with browsing() as browser:
        yield browser


def test_what_is_asked_is_what_the_engine_found_and_what_is_true(moment):
    seven = moment.data["frames"][0]["cars"][0]
    second, third = seven["steps"]
    assert [crop["after"] for crop in second["crops"]] == [30, 40, 70]
    assert [crop["after"] for crop in third["crops"]] == [90, 100, 130]
    assert (second["truth"], second["system"]) == (0, 0)
    assert (third["truth"], third["system"]) == (0, 1), "the look-alike, ten seconds behind"
    assert second["sure"] == 20 / (20 + 1 + 1 + 3), (
        "three for nobody: it may as well not pass there"
    )
    assert seven["looks"] == "yellow taxi"
    pictures = {crop["picture"] for crop in second["crops"]}
    assert pictures == {seven["crop"]}, "the picture of 8 in the tracklet of 7 is not shown"


def test_only_cars_that_come_to_enough_cameras_are_offered(moment):
    frames = moment.data["frames"]
    assert [(frame["place"], len(frame["cars"])) for frame in frames] == [("E 53 St", 3)]
    with pytest.MonkeyPatch().context() as changed:
        changed.setattr(operator, "_LEAST_NEXT", 9)
        trips = small_trips()
        empty = SimpleNamespace(detections=detections_of(trips))
        own = trips.labels.set_index(trips.finder.shown)["vehicle"].astype("Int64")
        changed.setattr(operator, "true_vehicles", lambda rows, truth: own[rows["id"]])
        with pytest.raises(ValueError, match="take more minutes"):
            operator.be_the_operator(trips.finder, trips, empty, None)


def test_frames_are_taken_by_the_cars_that_the_system_links():
    trips = small_trips()
    first = detections_of(trips).iloc[:3]
    cars = first.assign(tracklet=[0, 1, 2], vehicle=trips.labels["vehicle"].iloc[:3])
    assert list(operator._links(trips.finder, trips, cars)) == [2, 0, 0]


def follow_seven(page, pick):
    page.get_by_role("button", name="Follow the yellow taxi").first.focus()
    page.keyboard.press("Enter")
    for choice in pick:
        page.keyboard.press(choice)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")


def test_a_game_by_keyboard_counts_both_sides_and_keeps_a_ledger(browser, moment):
    page, errors = open_moment(browser, moment)
    follow_seven(page, "10")
    assert page.get_by_text(
        "You 1 of 2, the system 1 of 2. Strangers followed: you 0, the system 1."
    ).is_visible()
    page.keyboard.press("Enter")
    follow_seven(page, "12")
    assert page.get_by_text(
        "All 2 cars: you 2 of 4, the system 2. Strangers followed: you 1, the system 2."
    ).is_visible()
    page.keyboard.press("Enter")
    assert page.locator(".ledger tr").last.inner_text().split("\t") == [
        "all",
        "2 of 4, 1 ✗",
        "2 of 4, 2 ✗",
    ]
    assert errors == []


def test_by_mouse_nothing_is_told_before_the_last_pick(browser, moment):
    page, errors = open_moment(browser, moment, calm=False)
    page.get_by_role("button", name="Follow the yellow taxi").first.click()
    page.get_by_role("button", name="Crop 3").click()
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="None of these").click()
    page.get_by_role("button", name="Crop 1").click()
    assert page.locator(".covered").count() == 4
    assert page.locator(".mark").count() == 0
    page.get_by_role("button", name="Turn over the system's picks").click()
    assert page.locator(".covered").count() == 2
    assert page.locator(".mark").count() == 0
    page.get_by_role("button", name="Turn over the truth").click()
    assert page.locator(".card.missed").count() == 1
    assert page.locator(".mark").all_inner_texts() == ["–", "✓", "✓", "✗"]
    assert errors == []


def test_on_a_phone_by_touch_it_fits_the_width(browser, moment):
    page, errors = open_moment(browser, moment, width=390, height=844, touch=True)
    page.get_by_role("button", name="Follow the yellow taxi").first.tap()
    page.get_by_role("button", name="Crop 1").tap()
    page.get_by_role("button", name="Crop 1").tap()
    page.get_by_role("button", name="Turn over").tap()
    page.get_by_role("button", name="Turn over").tap()
    assert page.get_by_text("You 2 of 2").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert errors == []


def test_where_it_does_not_run_the_still_shows_cars_and_tells_nothing(moment):
    assert moment.still.count("<img") == 1
    assert "You choose one" in moment.still
    assert "✗" not in moment.still
