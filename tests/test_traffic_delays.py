"""The traffic of the moment: a queue that is put between two cameras, and what is made of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cctview.link import TripFinder, as_candidates, fit_finder
from cctview.link.assignment import assign_trips
from tests.test_linking import CAMERAS, road

pytest.importorskip("sklearn")
FIRST, _, LAST = CAMERAS
BEGIN, PEAK, END, LONGEST = 240.0, 360.0, 480.0, 40.0


@pytest.fixture(scope="module")
def usual():
    """A road with usual traffic, which the model has not seen."""
    model = fit_finder(*road(420, noise=0.9, seed=1, minutes=12))
    return *road(420, noise=0.9, seed=2, minutes=12), model


@pytest.fixture(scope="module")
def queue(usual):
    """Those who come to the last leg in its middle minutes wait up to 40 s."""
    tracklets, labels, _ = usual
    vehicle = labels["vehicle"]
    start = tracklets.table["seconds"] - tracklets.table["camera"].map(CAMERAS)
    wait = np.interp(start.groupby(vehicle).median(), [BEGIN, PEAK, END], [0, LONGEST, 0])
    wait = vehicle.map(pd.Series(wait, start.groupby(vehicle).median().index))
    seconds = tracklets.table["seconds"] + wait.where(tracklets.table["camera"] == LAST, 0.0)
    return replace(tracklets, table=tracklets.table.assign(seconds=seconds)), wait


def found(tracklets, labels, model, queues):
    """The share of tracklets of the first camera that are found first at the last."""
    finder = TripFinder(tracklets, pd.Timestamp("2031-05-05"), np.array([]), model, queues)
    vehicle = labels["vehicle"].to_numpy()
    links = finder.links(np.flatnonzero((tracklets.table["camera"] == FIRST).to_numpy()), [LAST])
    return (vehicle[links["query"]] == vehicle[links["tracklet"]]).mean()


def test_usual_traffic_is_not_late(usual):
    tracklets, _, model = usual
    assert not assign_trips(model, tracklets).late.any()


def test_a_queue_is_measured(usual, queue):
    tracklets, wait = queue
    late = assign_trips(usual[2], tracklets).late
    last = (tracklets.table["camera"] == LAST).to_numpy()
    assert not late[~last].any()
    assert np.abs(late - wait)[last].mean() < 0.15 * LONGEST
    assert np.corrcoef(late[last], wait[last])[0, 1] > 0.9


def test_a_queue_is_known_neither_late_nor_for_too_long(usual, queue):
    """What passes later tells of it, too: else delays that grow come out low, and others high."""
    tracklets, wait = queue
    late = assign_trips(usual[2], tracklets).late
    last = tracklets.table["camera"] == LAST
    start = tracklets.table["seconds"] - wait - CAMERAS[LAST]
    grows, shrinks = (
        (late - wait)[last & start.between(*ends)].mean() for ends in ((BEGIN, PEAK), (PEAK, END))
    )
    assert abs(shrinks - grows) < 3


def test_in_a_queue_more_is_found_by_the_traffic_of_the_moment(usual, queue):
    _, labels, model = usual
    by_usual_times, by_traffic, without_queue = (
        found(tracklets, labels, model, queues)
        for tracklets, queues in ((queue[0], False), (queue[0], True), (usual[0], True))
    )
    assert by_traffic > by_usual_times + 0.03
    assert by_traffic > without_queue - 0.03


def test_slow_traffic_is_told(usual, queue):
    tracklets, _ = queue
    names = np.array([f"d{k}" for k in range(len(tracklets))])
    tracklets = replace(tracklets, of_detection=pd.Series(np.arange(len(names)), names))
    finder = TripFinder(tracklets, pd.Timestamp("2031-05-05"), names, usual[2])
    starts = tracklets.table.query("camera == @FIRST and 300 < seconds < 380").index
    trips = [finder.find(names[k]) for k in starts]
    slow = next(trip for trip in trips if trip["linked"].all() and trip["slower"].iloc[-1] > 20)
    longer = f"(traffic {slow['slower'].iloc[-1]:.0f} s slower than usual)"
    assert longer in as_candidates(slow)["label"].iloc[-1]
    back = finder.find(slow["id"].iloc[-1])
    assert back["slower"].iloc[0] == pytest.approx(slow["slower"].iloc[-1])
