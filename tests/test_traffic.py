"""The traffic obeys physics and bookkeeping: nobody teleports, overlaps, appears or vanishes on the
way.
"""

import hashlib
import itertools
import subprocess
import sys
from datetime import time

import numpy as np
import pytest

from studio.road import driving
from studio.road.cast import CAST
from studio.road.driving import STATE, STEP, idm
from studio.road.expressway import CAMERAS, CARRIAGEWAYS, LANES, NORTHBOUND, SOUTHBOUND, VIEW
from studio.road.shots import CADENCE, seconds_of, verdict, watch
from studio.road.traffic import Traffic

MINUTES = 6


@pytest.fixture(scope="module")
def traffic():
    """Traffic that `history` drives on."""
    return Traffic(seed=0, start=time(8, 40))


@pytest.fixture(scope="module")
def history(traffic):
    """Every step of six minutes: for each way (state, trips' ids), and the trips that ended."""
    traffic.take_finished()
    steps = {way.road.direction: [(way.state.copy(), set(way.trips))] for way in traffic.ways}
    for _ in range(round(MINUTES * 60 / STEP)):
        for way in traffic.ways:
            way.step()
            steps[way.road.direction].append((way.state.copy(), set(way.trips)))
    return steps, traffic.take_finished()


def row(state, vehicle):
    return state[state["id"] == vehicle][0]


def test_idm_keeps_its_equilibrium_gap():
    """At the distance where the model's own formula balances, a follower at equal speed does not
    accelerate.
    """
    v, desired, headway = 15.0, 25.0, 1.2
    gap = (driving.STANDSTILL + v * headway) / np.sqrt(1 - (v / desired) ** 4)
    assert idm(v, desired, gap, 0.0, headway) == pytest.approx(0, abs=1e-12)
    assert idm(v, desired, gap - 1, 0.0, headway) < 0 < idm(v, desired, gap + 1, 0.0, headway)


def test_follower_behind_a_standing_vehicle_stops_without_touching_it():
    state = np.zeros(2, STATE)
    state["x"], state["v"], state["length"] = [0.0, 300.0], [25.0, 0.0], 4.8
    state["desired"], state["headway"] = [25.0, 1e-3], 1.2
    for _ in range(600):
        state["a"] = driving.accelerations(state)
        state["a"][1] = 0
        driving.move(state)
        assert state["x"][1] - 4.8 - state["x"][0] > 0
    assert state["v"][0] == pytest.approx(0, abs=0.2)


def test_slow_leader_is_overtaken_only_if_the_next_lane_is_free():
    def make(blocked):
        state = np.zeros(3, STATE)
        state["x"], state["v"], state["length"] = (
            [100.0, 125.0, 102.0 if blocked else 600.0],
            [22.0, 14.0, 22.0],
            4.8,
        )
        state["desired"], state["headway"], state["exit"], state["progress"] = (
            [27.0, 14.0, 22.0],
            1.2,
            1e6,
            1.0,
        )
        state["lane"] = state["came"] = [1, 1, 0]
        state["a"] = driving.accelerations(state)
        driving.change_lanes(state, -1, np.array([True, False, False]))
        return state["lane"][0]

    assert make(blocked=False) == 0
    assert make(blocked=True) == 1


def test_nobody_teleports(history):
    """From step to step speed and place change by no more than braking, accelerating and steering
    allow.
    """
    for steps in history[0].values():
        for (before, _), (after, _) in itertools.pairwise(steps):
            _, i, j = np.intersect1d(before["id"], after["id"], return_indices=True)
            dv = after["v"][j] - before["v"][i]
            dx = after["x"][j] - before["x"][i]
            assert np.all(np.abs(dv) <= driving.HARDEST * STEP + 1e-9)
            assert np.all((dx >= 0) & (dx <= 40 * STEP))
            dy = driving.lateral(after)[0][j] - driving.lateral(before)[0][i]
            assert np.all(np.abs(dy) <= 1.51 * STEP / driving.CHANGE)


def test_nobody_overlaps(history):
    """In every lane, vehicles changing lanes counted in both, the next bumper is ahead."""
    for steps in history[0].values():
        for state, _ in steps[::5]:
            for lane in range(LANES):
                order = driving.lane_order(state, lane)
                gaps = state["x"][order[1:]] - state["length"][order[1:]] - state["x"][order[:-1]]
                assert np.all(gaps > 0.3)


def test_identities_enter_once_and_leave_once(history):
    """An id is on the road without a break, appears at an entry and disappears at an exit, from the
    outer lane if it is a ramp.
    """
    for direction, steps in history[0].items():
        road = CARRIAGEWAYS[direction]
        entries = {round(road.distance(ramp.km), 1) for ramp in road.entries}
        exits = {ramp.name: road.distance(ramp.km) for ramp in road.exits}
        gone = set()
        for (before, _), (after, ids) in itertools.pairwise(steps):
            assert set(after["id"]) == ids
            assert len(ids) == len(after)
            assert not gone & ids
            for vehicle in set(after["id"]) - set(before["id"]):
                assert round(float(row(after, vehicle)["x"]), 1) in entries
            for vehicle in set(before["id"]) - set(after["id"]):
                last = row(before, vehicle)
                gone.add(vehicle)
                nearest = min(exits, key=lambda name: abs(exits[name] - last["x"]))
                assert 0 <= exits[nearest] - last["x"] < 40 * STEP
                assert last["lane"] == LANES - 1 or nearest == road.exits[-1].name
        assert len(gone) > 50


def test_lane_changes_go_to_the_next_lane(history):
    changes = 0
    for steps in history[0].values():
        for (before, _), (after, _) in itertools.pairwise(steps):
            _, i, j = np.intersect1d(before["id"], after["id"], return_indices=True)
            jump = np.abs(after["lane"][j].astype(int) - before["lane"][i])
            assert jump.max(initial=0) <= 1
            changes += jump.sum()
    assert changes > 20


def test_passages_lie_between_entering_and_leaving_in_driving_order(history):
    for trip in history[1]:
        order = list(CAMERAS) if trip.direction == "S" else list(CAMERAS)[::-1]
        times = [
            trip.entered,
            *(trip.passed[camera] for camera in order if camera in trip.passed),
            trip.left,
        ]
        assert times == sorted(times)
        road = CARRIAGEWAYS[trip.direction]
        start = next(road.distance(ramp.km) for ramp in road.entries if ramp.name == trip.entry)
        end = next(road.distance(ramp.km) for ramp in road.exits if ramp.name == trip.exit)
        expected = {camera for camera in CAMERAS if start < road.distance(CAMERAS[camera].km) < end}
        assert set(trip.passed) == expected


def test_travel_times_are_those_of_the_real_drive(history):
    trips = [trip for trip in history[1] if trip.direction == "S"]
    near = [
        t.passed["735-683-N"] - t.passed["733-681-N"]
        for t in trips
        if {"733-681-N", "735-683-N"} <= t.passed.keys()
    ]
    far = [
        t.passed["732-680-N"] - t.passed["733-681-N"]
        for t in trips
        if {"733-681-N", "732-680-N"} <= t.passed.keys()
    ]
    assert np.median(near) == pytest.approx(18, abs=1.5)
    assert np.median(far) == pytest.approx(205, abs=15)
    assert np.std(far) > 5


def test_not_everybody_passes_everywhere(history):
    trips = [
        trip for trip in history[1] if trip.direction == "S" and trip.entered < trip.left - 200
    ]
    passed = {len(trip.passed) for trip in trips}
    assert len(CAMERAS) in passed
    assert passed & set(range(1, len(CAMERAS)))


def test_no_ramp_lies_where_a_camera_looks():
    for road in (SOUTHBOUND, NORTHBOUND):
        for ramp in (*road.entries, *road.exits):
            assert not any(-15 < camera.ahead(ramp.km) < VIEW for camera in CAMERAS.values())


def test_view_places_vehicles_by_direction_and_distance(traffic):
    for camera in CAMERAS.values():
        passings = traffic.view(camera)
        assert {p.direction for p in passings} == {"N", "S"}
        for p in passings:
            assert (p.lateral > 0) == (p.direction == camera.facing)
            assert p.ahead == pytest.approx(
                1000 * (p.km - camera.km) * (1 if camera.facing == "S" else -1), abs=1e-6
            )


def test_the_taxi_van_passes_all_six_in_the_first_minutes(history):
    trip = next(trip for trip in history[1] if trip.vehicle.id == CAST[0].id)
    assert trip.vehicle.kind == "taxi van"
    assert "yellow" in trip.vehicle.colour
    assert list(trip.passed) == list(CAMERAS)


def test_memory_stays_with_the_vehicles_on_the_road(traffic, history):
    for way in traffic.ways:
        assert all(len(state) < 600 for state, _ in history[0][way.road.direction])
        assert set(way.trips) == set(way.state["id"])
        assert not way.finished
        assert sum(len(source.waiting) for source in way._sources) < 40


SHORT = 60.0  # s of traffic before the first frame, where it does not matter how full the road is


@pytest.fixture
def short_warm_up(monkeypatch):
    monkeypatch.setattr("studio.road.traffic.WARM_UP", SHORT)


DIGEST = f"""
import hashlib
from datetime import time
from studio.road import traffic
traffic.WARM_UP = {SHORT}
traffic = traffic.Traffic(seed=5, start=time(8, 40))
print(hashlib.sha256(b"".join(way.state.tobytes() for way in traffic.ways)).hexdigest())
"""


@pytest.mark.usefixtures("short_warm_up")
def test_two_processes_give_the_same_traffic():
    there = subprocess.run(
        [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True
    ).stdout
    traffic = Traffic(seed=5, start=time(8, 40))
    here = hashlib.sha256(b"".join(way.state.tobytes() for way in traffic.ways)).hexdigest()
    assert there == here + "\n"
    other = Traffic(seed=6, start=time(8, 40))
    assert hashlib.sha256(b"".join(way.state.tobytes() for way in other.ways)).hexdigest() != here


@pytest.mark.usefixtures("short_warm_up")
def test_shots_come_every_1_7_seconds_in_order():
    shots = list(watch(Traffic(seed=2, start=time(8, 40)), 1, seed=2))
    assert [shot.time for shot in shots] == sorted(shot.time for shot in shots)
    for camera in CAMERAS:
        mine = [shot for shot in shots if shot.camera == camera]
        gaps = {round((b.time - a.time).total_seconds(), 3) for a, b in itertools.pairwise(mine)}
        assert gaps == {CADENCE}
        assert len(mine) in (35, 36)
        assert len({shot.frame for shot in mine}) == len(mine)


@pytest.mark.usefixtures("short_warm_up")
def test_dropped_and_duplicate_frames_are_what_they_say():
    """Over a camera's hour both occur, rarely; a duplicate carries the last picture, a dropped
    frame none.
    """
    verdicts = [verdict(0, "733-681-N", index) for index in range(2100)]
    assert 0.002 < np.mean([v == "dropped" for v in verdicts]) < 0.03
    assert 0.003 < np.mean([v == "duplicate" for v in verdicts]) < 0.02
    seed, camera = next(
        (seed, camera)
        for seed in range(50)
        for camera in CAMERAS
        if {"dropped", "duplicate"} <= {verdict(seed, camera, k) for k in range(18360, 18390)}
    )
    shots = list(watch(Traffic(seed=2, start=time(8, 40)), 1, [camera], seed))
    last = None
    for shot in shots:
        assert seconds_of(camera, shot.index) == pytest.approx(
            shot.time.hour * 3600
            + shot.time.minute * 60
            + shot.time.second
            + shot.time.microsecond / 1e6
        )
        if shot.status == "dropped":
            assert shot.picture is None
        elif shot.status == "duplicate":
            assert shot.picture is last
        else:
            assert shot.picture.index == shot.index
            assert shot.picture.frame == shot.frame
            last = shot.picture
    assert {"dropped", "duplicate"} <= {shot.status for shot in shots}
