"""Six weeks of trips: habits as described, hand-computed cases, nobody in two places at once."""

from datetime import time

import numpy as np
import pandas as pd
import pytest

from studio.road import trips, truth
from studio.road.expressway import CAMERAS, CARRIAGEWAYS


@pytest.fixture(scope="module")
def weeks():
    drivers, table = trips.six_weeks(seed=1, commuters=60, hire=6, occasional=60)
    return drivers.to_pandas(), table.to_pandas()


def route(direction, entry, exit):
    return next(
        r for r in trips.ROUTES if (r.direction, r.entry, r.exit) == (direction, entry, exit)
    )


def test_distances_between_cameras_of_a_hand_computed_route():
    """South from E 42 St (1.1 km) to Houston St (4.75 km): past 689 at 1.3, 253 at 2.6 and 732 at
    4.5.
    """
    metres = trips._stretches(route("S", "E 42 St", "Houston St")).sum(1)
    assert np.isnan(metres[[0, 1, 5]]).all()
    assert metres[[2, 3, 4, 6]] == pytest.approx([200, 1500, 3400, 3650])
    north = trips._stretches(route("N", "south end", "E 14 St")).sum(1)
    assert np.isnan(north[:4]).all()
    assert north[[4, 5, 6]] == pytest.approx([1900, 900, 2700])


def test_a_start_too_near_the_last_is_dropped_and_so_is_one_outside_the_weeks():
    hour = 1 / 24
    plan = trips._one_at_a_time(
        7, np.array([1, 2, 3, 4, 5]), np.array([hour, 2 * hour, 1.2 * hour, -hour, 42.0])
    )
    assert plan["route"].tolist() == [1, 2]
    assert plan["start"].tolist() == [3600, 7200]
    assert set(plan["vehicle"]) == {7}


def test_the_way_back_reverses_the_way_there():
    there = route("S", "north end", "south end")
    back = trips.ROUTES[trips.way_back(there)]
    assert (back.direction, back.entry, back.exit) == ("N", "south end", "north end")
    for r in trips.ROUTES:
        assert trips.ROUTES[trips.way_back(r)].direction != r.direction


def test_routes_drive_forwards_and_shares_are_probabilities():
    for r in trips.ROUTES:
        road = CARRIAGEWAYS[r.direction]
        assert road.distance(r.exit_km) - road.distance(r.enter_km) >= 1000 * trips.SHORTEST
    assert trips.SHARES.sum() == pytest.approx(1)
    assert (trips.SHARES > 0).all()


def test_times_lie_in_driving_order_at_believable_speeds(weeks):
    table = weeks[1]
    for direction, order in (("S", list(CAMERAS)), ("N", list(CAMERAS)[::-1])):
        mine = table[table.direction == direction]
        times = (
            mine[["entered", *order, "left"]]
            .astype("int64")
            .where(mine[["entered", *order, "left"]].notna())
            .to_numpy(float)
        )
        for line in times:
            assert np.all(np.diff(line[~np.isnan(line)]) >= 0)
    both = table[table["733-681-N"].notna() & table["731-679-N"].notna()]
    speed = 5500 / (both["731-679-N"] - both["733-681-N"]).dt.total_seconds().abs()
    assert speed.between(8, 35).all()


def test_nobody_is_in_two_places_at_once(weeks):
    for _, mine in weeks[1].groupby("vehicle"):
        assert (mine.entered.to_numpy()[1:] >= mine.left.to_numpy()[:-1]).all()


def test_commuters_have_habits_and_others_have_none(weeks):
    drivers, table = weeks
    first = table.entered.dt.normalize().min()
    for driver in drivers[drivers.role == "commuter"].itertuples():
        mine = table[
            (table.vehicle == driver.vehicle)
            & (table.entry == driver.entry)
            & (table.exit == driver.exit)
        ]
        if driver.vehicle < 100:
            continue
        assert set(mine.entered.dt.day_name().str[:3]) <= set(driver.workdays.split())
        hours = mine.entered.dt.hour + mine.entered.dt.minute / 60
        assert abs(hours.median() - driver.leaves) < 1
        assert mine.groupby(mine.entered.dt.normalize()).size().max() == 1
    assert (
        drivers[drivers.role != "commuter"][["entry", "exit", "leaves", "returns"]]
        .isna()
        .all()
        .all()
    )
    assert first == pd.Timestamp(trips.FIRST_DAY)
    per_vehicle = table.groupby("vehicle").size()
    median = {
        role: per_vehicle.reindex(group.vehicle).fillna(0).median()
        for role, group in drivers.groupby("role", observed=True)
    }
    assert median["hire"] > median["commuter"] > median["occasional"] >= 1


def test_the_night_nurse_drives_home_in_the_morning(weeks):
    mine = weeks[1][weeks[1].vehicle == 2]
    home = mine[mine.direction == "S"].entered.dt.hour
    assert home.between(6, 11).all()
    assert mine[mine.direction == "N"].entered.dt.hour.between(17, 21).all()


def test_same_seed_same_bytes(weeks, tmp_path):
    again = trips.six_weeks(seed=1, commuters=60, hire=6, occasional=60)
    assert again[0].to_pandas().equals(weeks[0])
    assert again[1].to_pandas().equals(weeks[1])
    for name in "ab":
        truth.write(again[1], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    other = trips.six_weeks(seed=2, commuters=60, hire=6, occasional=60)
    assert not other[1].to_pandas().equals(weeks[1])


def test_times_of_day_match_the_habit_model(weeks):
    """Commuting makes two peaks; few drive at night."""
    hours = weeks[1].entered.dt.hour.value_counts()
    assert hours.reindex([7, 8, 9]).sum() > 5 * hours.reindex([1, 2, 3], fill_value=0).sum()
    assert time(0) <= weeks[1].entered.dt.time.min()
