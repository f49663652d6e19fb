"""The cameras without Python: what is stored of a road made by hand, and the piece in a browser."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cctview.course.moments import watch
from tests.browsing import browsing
from tests.desks import DAY, small_trips
from tests.moments import logic, open_moment

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def moment():
    """Of the hand-made road: the system finds 7 at the second camera, and takes it for 8 at the
    third. A frame is taken each second; each detection is in the one when its tracklet passes.
    """
    trips = small_trips()
    table = trips.finder.tracklets.table
    second = table["seconds"].round().astype(int)
    frames = [
        {"id": f"{camera} {n}", "camera": camera, "time": DAY + pd.Timedelta(seconds=n)}
        for camera in trips.finder.cameras
        for n in range(second.min(), second.max() + 1)
    ]
    rows = pd.DataFrame({"id": trips.finder.shown, "camera": table["camera"]})
    rows["frame"] = table["camera"] + " " + second.astype(str)
    rows = rows.assign(x1=20 * (np.arange(len(rows)) % 3), y1=7, y2=60)
    rows["x2"] = rows["x1"] + 15
    untracked = rows.iloc[[0]].assign(id="of no tracklet", x1=200, x2=230)
    picture = np.full((240, 352, 3), 90, np.uint8)
    dataset = SimpleNamespace(
        frames=pd.DataFrame(frames),
        detections=pd.concat([rows, untracked], ignore_index=True),
        image=lambda frame: picture,
        crop=lambda name: picture[:10, :20],
    )
    return watch.watch_cameras(trips.finder, trips, dataset, (0, 60)), trips


def test_what_is_stored_is_what_the_finder_and_the_judge_say(moment):
    piece, trips = moment
    assert len(piece.data["trips"]) == len(trips.finder.tracklets.table)
    for tracklet, trip in piece.data["trips"].items():
        said = trips.find(str(trips.finder.shown[int(tracklet)])).set_index("camera")
        for at in trip:
            row = said.loc[trips.finder.cameras[at["camera"]]]
            best, probability, right = at["best"][0]
            assert trips.finder.shown[best] == row.id
            assert probability == pytest.approx(row.probability, abs=0.006)
            assert (at["linked"], bool(right), at["why"]) == (row.linked, row.right, row.why)


def test_a_verdict_tells_what_the_operator_sees_from_what_only_we_know(moment):
    cases = {
        "right": {"best": [[1, 0.9, 1]], "linked": True, "why": "", "passed": 5},
        "wrong": {"best": [[1, 0.9, 0]], "linked": True, "why": "", "passed": None},
        "missed": {"best": [[1, 0.3, 1]], "linked": False, "why": "not found", "passed": 5},
        "absent": {"best": [[1, 0.3, 0]], "linked": False, "why": "not found", "passed": None},
    }
    with browsing() as browser:
        page = browser.new_page()
        for kind, at in cases.items():
            said = logic(page, moment[0], "verdict(given, (s) => `${s} s`)", at)
            assert said["kind"] == kind
            assert "orrect" not in said["system"]
        counted = logic(page, moment[0], "count(given)", [*cases.values(), cases["wrong"]])
        assert counted == {"right": 1, "wrong": 2, "missed": 1, "absent": 1}


def test_it_is_played_by_mouse_by_keys_and_by_touch(moment):
    piece, trips = moment
    table = trips.finder.tracklets.table
    with browsing() as browser:
        page, errors = open_moment(browser, piece, touch=True)
        boxes = page.locator(".box:visible:enabled")
        boxes.first.click()
        assert page.get_by_text("Turn over the truth").count() == 1
        assert page.locator("li .truth").count() == 0
        page.keyboard.press("t")
        assert page.locator("li .truth").count() == table["camera"].nunique() - 1
        page.keyboard.press("Escape")
        assert page.locator("li").count() == 0
        page.locator(".screen").focus()
        before = page.locator(".clock").text_content()
        page.keyboard.press("ArrowRight")
        assert page.locator(".clock").text_content() != before
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.get_by_role("status").text_content().startswith("The system links it at")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.get_by_role("button", name="Play").tap()
        page.get_by_role("button", name="Pause").tap()
        page.get_by_role("button", name="Turn over the truth").tap()
        assert "simulated" in page.get_by_role("status").text_content()
        page.locator(".candidate").first.tap()
        assert errors == []
        page.context.close()
