"""Unicity against plain loops over sets and cases by hand."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from cctview.dataset.cameras import DRIVE
from cctview.privacy.unicity import (
    Sightings,
    find_candidates,
    measure_unicity,
    read_trips,
)
from studio.studies.leakage import mix_in_false_links

CAMERAS = ("733-681-N", "735-683-N", "689-640-S")
HOUR = 3600


def sightings(rows):
    """Of (trace, place, hour)."""
    trace, place, hours = np.array(rows).T
    return Sightings(trace.astype(int), place.astype(int), (hours * HOUR).astype(int), CAMERAS)


def test_a_morning_shared_and_an_evening_of_ones_own():
    table = sightings([(0, 0, 8), (1, 0, 8), (0, 0, 18), (1, 0, 19)])
    assert measure_unicity(table, 2).singled_out == 1
    assert measure_unicity(table, 1, hours=12).candidates == 2


def test_twins_are_never_singled_out():
    table = sightings(
        [(k, place, hour) for k in (0, 1) for place, hour in ((0, 8), (1, 9), (2, 10))]
    )
    result = measure_unicity(table, 3)
    assert (result.singled_out, result.candidates, result.traces) == (0, 2, 2)


def test_who_has_too_few_points_is_left_out_and_counted():
    result = measure_unicity(sightings([(0, 0, 8), (1, 0, 8), (1, 1, 9)]), 2)
    assert (result.traces, result.too_short, result.singled_out) == (1, 0.5, 1)


def random_sightings(seed, traces=30, n=400):
    rng = np.random.default_rng(seed)
    return Sightings(
        rng.integers(traces, size=n),
        rng.integers(3, size=n),
        rng.integers(12 * HOUR, size=n),
        CAMERAS,
    )


@pytest.mark.parametrize(
    ("points", "hours", "places"), [(1, 1, None), (2, 1, None), (2, 4, 2), (3, 2, 1)]
)
def test_against_every_choice_of_points_by_loops(points, hours, places):
    """The share over all choices of points; drawing once for each trace must come near it, over
    many seeds.
    """
    table = random_sightings(1)
    groups = places or 3
    cells = [
        (s // (HOUR * hours), p * groups // 3)
        for s, p in zip(table.seconds, table.place, strict=True)
    ]
    sets = [{c for c, t in zip(cells, table.trace, strict=True) if t == k} for k in range(30)]
    shares = []
    for own in sets:
        if len(own) >= points:
            single = [
                sum(set(known) <= other for other in sets) == 1
                for known in list(combinations(sorted(own), points))[:3000]
            ]
            shares.append(np.mean(single))
    drawn = [
        measure_unicity(table, points, hours, places, seed=seed).singled_out for seed in range(60)
    ]
    assert np.mean(drawn) == pytest.approx(np.mean(shares), abs=0.035)


def test_points_of_different_trips():
    """Two vehicles on the same way each morning; one of them also drives in the evening. Any two
    points may be of the mornings that they share; two of different trips are not.
    """
    mornings = [(0, place, 8 + day) for day in (0, 24) for place in (0, 1, 2)]
    rows = mornings + [(1, *row[1:]) for row in mornings[:3]] + [(1, 0, 18)]
    table = sightings(rows)
    table = replace(table, trip=np.repeat([0, 1, 2, 3], [3, 3, 3, 1]))
    apart = [measure_unicity(table, 2, seed=seed).singled_out for seed in range(20)]
    assert apart == [1] * 20
    anyhow = [measure_unicity(table, 2, one_a_trip=False, seed=seed) for seed in range(20)]
    assert 0.3 < np.mean([result.singled_out for result in anyhow]) < 0.9
    with pytest.raises(ValueError, match="no trace has so many"):
        measure_unicity(table, 3)
    found = find_candidates(table, 2)
    assert found.unicity(np.array([1])).traces == 1
    with pytest.raises(ValueError, match="no trace has so many"):
        found.unicity(np.array([7]))


def test_the_whole_population_by_the_reviews_count():
    """A week of the habits that ship, times known to 15 minutes. The numbers were counted in a
    review by other code.
    """
    trips = pd.read_parquet("data/habits/trips.parquet")
    drivers = pd.read_parquet("data/habits/drivers.parquet").set_index("vehicle")
    week = read_trips(trips).first_days(7)
    found = find_candidates(week, 4, 0.25)
    assert found.right.all()
    by_trip = pd.Series(week.trip).groupby(week.trace).nunique()
    assert set(found.trace) <= set(by_trip.index[by_trip >= 4])
    role = drivers.role.reindex(pd.unique(trips.vehicle)).to_numpy()
    shares = {kind: found.unicity(np.flatnonzero(role == kind)) for kind in set(role)}
    assert shares["commuter"].singled_out == pytest.approx(0.83, abs=0.02)
    assert shares["hire"].singled_out == shares["occasional"].singled_out == 1
    anyhow = find_candidates(week, 4, 0.25, one_a_trip=False).unicity()
    assert (anyhow.traces, round(anyhow.singled_out, 2)) == (4084, 0.68)


def test_finer_time_and_more_points_single_out_more():
    table = random_sightings(2, 60, 900)
    by_points = [measure_unicity(table, p, 0.5).singled_out for p in (1, 2, 4)]
    by_hours = [measure_unicity(table, 2, h).singled_out for h in (6, 1, 1 / 60)]
    assert by_points == sorted(by_points)
    assert by_points[0] < by_points[-1]
    assert by_hours == sorted(by_hours)
    assert by_hours[0] < by_hours[-1]


def test_false_links_lose_and_mislead():
    table = random_sightings(3, 200, 4000)
    assert (mix_in_false_links(table, 0).trace == table.trace).all()
    moved = mix_in_false_links(table, 0.3)
    assert (moved.trace != table.trace).mean() == pytest.approx(0.3, abs=0.04)
    clean, dirty = (
        measure_unicity(table, 3, 1 / 60),
        measure_unicity(table, 3, 1 / 60, booked=moved),
    )
    assert clean.lost == clean.misled == 0
    assert clean.singled_out > 0.9
    assert dirty.lost == pytest.approx(1 - 0.7**3, abs=0.1)
    wrong = mix_in_false_links(sightings([(0, 0, 8), (1, 0, 9), (2, 0, 10)]), 1.0)
    assert wrong.trace.tolist() == [
        1,
        2,
        2,
    ]  # booked to who passes next; after the last nobody does


def test_what_a_database_holds_after_some_days():
    table = Sightings(
        np.array([0, 1, 0]), np.zeros(3, int), np.array([8 * HOUR, 30 * HOUR, 50 * HOUR]), CAMERAS
    )
    assert table.first_days(1).seconds.tolist() == [8 * HOUR]
    assert table.first_days(2).seconds.tolist() == [8 * HOUR, 30 * HOUR]


def trips(vehicles=(5, 5, 9)):
    times = pd.to_datetime(["2031-03-24 08:00", "2031-03-24 18:00", "2031-03-25 09:00"])
    return pd.DataFrame(
        {"vehicle": vehicles, "733-681-N": times, "735-683-N": [times[0], pd.NaT, times[2]]}
    )


def test_trips_become_sightings():
    of_vehicles, of_trips = read_trips(trips()), read_trips(trips(), one="trip")
    assert of_vehicles.trace.tolist() == [0, 0, 0, 1, 1]
    assert of_trips.trace.tolist() == [
        0,
        0,
        1,
        2,
        2,
    ]
    assert of_vehicles.place.tolist() == [0, 1, 0, 0, 1]
    assert of_vehicles.seconds[-1] == 33 * HOUR


def test_the_six_weeks_that_ship():
    trips = pd.read_parquet("data/habits/trips.parquet")
    table = read_trips(trips)
    assert table.cameras == tuple(
        place.camera for place in DRIVE
    )  # nobody sees when a trip begins or ends
    assert len(table.trace) == trips[list(table.cameras)].notna().to_numpy().sum()
    coarse, fine = measure_unicity(table, 4, hours=12), measure_unicity(table, 4, hours=1 / 60)
    assert coarse.high < fine.low
    assert fine.singled_out > 0.9


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda t: measure_unicity(t, 0), "at least one point"),
        (lambda t: measure_unicity(t, 1, hours=0), "longer than 0"),
        (lambda t: measure_unicity(t, 1, places=4), "3 cameras cannot be put into 4"),
        (lambda t: measure_unicity(t, 50), "no trace has so many"),
        (lambda t: measure_unicity(t.first_days(0), 1), "no sighting"),
        (lambda t: measure_unicity(sightings([(0, 0, 8)]), 1), "only one trace"),
        (lambda t: mix_in_false_links(t, 1.5), "from 0 to 1"),
        (lambda t: read_trips(trips(), one="name"), "name"),
        (lambda t: read_trips(trips()[["vehicle"]]), "no column"),
        (lambda t: read_trips(trips()[:0]), "no trip passes"),
    ],
)
def test_bad_input(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call(sightings([(0, 0, 8), (1, 0, 8), (1, 1, 9)]))


def test_a_time_bin_begins_at_the_full_hour():
    def seen_at(*seconds):
        return Sightings(np.array([0, 1]), np.zeros(2, int), np.array(seconds), CAMERAS)

    assert measure_unicity(seen_at(HOUR - 1, HOUR), 1, hours=1).singled_out == 1
    assert measure_unicity(seen_at(HOUR, 2 * HOUR - 1), 1, hours=1).singled_out == 0
