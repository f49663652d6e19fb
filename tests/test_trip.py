"""Trips: found by hand-made likelihood ratios, judged by a hand-made truth, counted by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cctview.course.figures import lesson_00
from cctview.link import (
    TravelTimes,
    TripJudge,
    as_candidates,
    count_trips,
    verdicts,
)
from cctview.track import Tracklets
from cctview.truth import true_passes
from tests.desks import HandMade, hand_made

FIRST, SECOND, THIRD = "733-681-N", "735-683-N", "689-640-S"
BEGIN = 31200.0  # 08:40


@pytest.fixture
def judge():
    """Two vehicles at three cameras: number 7 is tracklets 0, 2, 4, and number 8 is 1, 3, 5."""
    table = pd.DataFrame(
        {
            "camera": np.repeat([FIRST, SECOND, THIRD], 2),
            "seconds": BEGIN + np.array([0.0, 10, 30, 40, 200, 210]),
            "lane": 0.5,
            "detections": [2, 3, 2, 2, 2, 2],
        }
    )
    labels = pd.DataFrame(
        {"vehicle": [7, 8] * 3, "kind": ["taxi", "van"] * 3, "colour": "yellow taxi"}
    ).assign(direction="S")
    ratios = np.zeros((6, 6), np.float32)
    ratios[0, 2], ratios[0, 5] = (
        np.log(3),
        np.log(18),
    )  # 7 is found at the second camera, and taken for 8 at the third
    names = np.array([f"detection {k}" for k in range(6)])
    of_detection = pd.Series(np.arange(6), names)
    clock = pd.to_timedelta(table["seconds"], unit="s") + pd.Timestamp("2031-05-05")
    passes = table.assign(clock=clock, vehicle=labels["vehicle"])
    passes = passes.pivot(index="vehicle", columns="camera", values="clock")
    times = TravelTimes({}, {}, {}, (BEGIN, BEGIN + 240))
    tracklets = Tracklets(table, np.zeros((6, 1), np.float32), of_detection)
    midnight = pd.Timestamp("2031-05-05")
    finder = HandMade(tracklets, midnight, names, hand_made(ratios, times))
    return TripJudge(finder, labels, passes)


@pytest.fixture
def finder(judge):
    return judge.finder


def test_search_gives_the_posterior_computed_by_hand(finder):
    rows, posterior = finder.search([0], SECOND)
    assert rows.tolist() == [2, 3]
    np.testing.assert_allclose(
        posterior, [[0.5, 1 / 6, 1 / 3]]
    )  # 3/4, 1/4 of a half, and the half that it is not there


def test_a_search_of_fewer_minutes_does_not_see_later_tracklets(finder):
    assert finder.search([0], THIRD)[1][0, 1] == pytest.approx(18 / 21)
    _, posterior = finder.search([0], THIRD, minutes=3)
    assert posterior.tolist() == [[0.0, 0.0, 1.0]]


def test_the_trip_of_a_detection_is_that_of_its_tracklet(finder):
    trip = finder.find("detection 0")
    assert trip["camera"].tolist() == [FIRST, SECOND, THIRD]
    assert trip["id"].tolist() == ["detection 0", "detection 2", "detection 5"]
    assert trip["after"].tolist() == [0, 30, 210]
    assert trip["linked"].tolist() == [True, True, True]
    assert trip["time"].iloc[1] == pd.Timestamp("2031-05-05 08:40:30")


def test_a_trip_stays_within_its_network_and_its_threshold(finder):
    assert finder.find("detection 0", cameras=[FIRST, THIRD])["camera"].tolist() == [FIRST, THIRD]
    assert finder.find("detection 0", sure=0.6)["linked"].tolist() == [True, False, True]
    assert finder.find("detection 0", cameras=[FIRST])["id"].tolist() == ["detection 0"]


def test_what_was_not_tracked_is_told_by_name(finder, judge):
    with pytest.raises(KeyError, match="detection 99 is part of no tracklet"):
        finder.find("detection 99")
    with pytest.raises(KeyError, match="vehicle 9 was not detected"):
        judge.sighting_of(9, FIRST)


def test_a_vehicle_is_shown_by_its_best_detection(judge):
    assert judge.sighting_of(8, FIRST) == "detection 1"


def test_whole_trips_are_those_that_the_truth_has_at_all_cameras(judge):
    assert judge.whole_trips(FIRST).tolist() == [0, 1]
    judge.passes.loc[8, THIRD] = pd.NaT
    assert judge.whole_trips(FIRST).tolist() == [0]


def test_candidates_are_ranked_and_judged(judge):
    best = judge.candidates("detection 0", THIRD)
    assert best["id"].tolist() == ["detection 5", "detection 4"]
    assert best["right"].tolist() == [
        False,
        True,
    ]


def test_bits_of_a_link_are_those_of_its_posterior(finder, judge):
    link = judge.links([0]).iloc[0]
    pd.testing.assert_frame_equal(judge.links([0])[list(finder.links([0]))], finder.links([0]))
    assert link["delivered"] == pytest.approx(np.log2(2_000_000 * 0.5))
    assert link["passed"]
    assert link["right"]
    assert link["probability"] == pytest.approx(0.5)


def test_a_vehicle_that_is_none_is_never_right(judge):
    judge.labels["vehicle"] = -1
    assert not judge.links([0])["right"].any()


def test_candidates_of_the_camera_say_how_sure(finder):
    marked = as_candidates(finder.find("detection 0"))
    assert marked["id"].tolist() == ["detection 2", "detection 5"]
    assert marked["label"].tolist() == ["50 % sure", "86 % sure"]
    unsure = finder.find("detection 0", sure=0.6)
    assert as_candidates(unsure)["label"].tolist()[0] == "not found; at best 50 % sure"
    assert as_candidates(unsure)["weak"].tolist() == [True, False]


LINKS = pd.DataFrame(
    {
        "query": [1, 1, 2, 2, 3, 3, 4, 4],
        "camera": [SECOND, THIRD] * 4,
        "probability": [0.9, 0.8, 0.9, 0.1, 0.2, 0.3, 0.7, 0.9],
        "right": [True, True, True, True, False, False, True, False],
        "seen": True,
        "tracked": [True, True, True, True, True, False, True, True],
    }
)


def test_verdicts():
    assert verdicts(LINKS).tolist() == [
        "right",
        "right",
        "right",
        *["not linked"] * 3,
        "right",
        "wrong",
    ]


def test_trips_are_counted_by_their_links():
    counts = count_trips(LINKS)
    assert counts["count"].to_dict() == {
        "could be": 3,
        "whole": 1,
        "some": 1,
        "nothing": 1,
        "wrong": 1,
    }
    assert (counts["low"] < counts["count"] / 4).all()
    assert (counts["high"] > counts["count"] / 4).all()


def test_a_camera_that_sees_the_other_carriageway_is_not_missed():
    blind = LINKS.assign(seen=LINKS["camera"] == SECOND)
    counts = count_trips(blind)["count"]
    assert counts["could be"] == 4
    assert counts["whole"] == 2, "the fourth has a wrong link, and stays wrong"


def test_a_passing_counts_only_where_frames_show_it():
    clock = pd.Timestamp("2031-05-05 08:40:00")
    times = pd.DataFrame({"vehicle": [1, 2], FIRST: clock, SECOND: clock + pd.Timedelta(90, "s")})
    frames = pd.DataFrame(
        {"frame": ["a", "b"], "camera": FIRST, "time": [clock, clock + pd.Timedelta(60, "s")]}
    )
    sightings = pd.DataFrame({"frame": ["a"], "vehicle": [1]})
    passes = true_passes(SimpleNamespace(trips=times, frames=frames, sightings=sightings))
    assert passes.notna().to_numpy().tolist() == [[True, False], [False, False]]


def test_the_ledger_counts_in_its_title():
    figure = lesson_00.trip_ledger(LINKS)
    assert figure.title.startswith("1 of 4 trips are found whole")
    assert figure.title.endswith("1 of 5 links are wrong")


def test_a_passing_after_the_last_frame_does_not_count():
    clock = pd.Timestamp("2031-05-05 08:40:00")
    late = pd.DataFrame(
        {"vehicle": [1, 2], FIRST: [clock + pd.Timedelta(61, "s"), clock + pd.Timedelta(60, "s")]}
    )
    frames = pd.DataFrame(
        {"frame": ["a", "b"], "camera": FIRST, "time": [clock, clock + pd.Timedelta(60, "s")]}
    )
    sightings = pd.DataFrame({"frame": ["b", "b"], "vehicle": [1, 2]})
    passes = true_passes(SimpleNamespace(trips=late, frames=frames, sightings=sightings))
    assert passes.notna().to_numpy().tolist() == [[False], [True]]
