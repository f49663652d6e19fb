"""The joint model and what is measured with it, on a small road whose ratios are known, and on the
shipped minutes.
"""

import numpy as np
import pandas as pd
import pytest

from cctview.privacy import (
    NEVER,
    TRACKED,
    UNSEEN,
    calibration,
    given_away,
    linking_rates,
    who_is_blamed,
    your_car,
)
from cctview.privacy.meter import LeakageMeter
from cctview.stats.resampling import split_vehicles
from cctview.track import Tracklets
from studio.studies import searches
from studio.studies.meter import leakage_meter
from studio.studies.searches import (
    Road,
    fit_searches,
    judge_searches,
    measure_other_minutes,
    measure_searches,
)
from studio.studies.step_model import compare_once, fit_joint

pytest.importorskip("sklearn")

CAMERAS = {"733-681-N": 0.0, "735-683-N": 20.0, "689-640-S": 70.0}
COLOURS = ["white", "black", "blue"]


def road(vehicles=140, noise=1.2, seed=0, minutes=8):
    """Tracklets and labels of southbound vehicles at three cameras. Features are a colour's part,
    the vehicle's own part and noise; one vehicle in five leaves before the last camera.
    """
    rng = np.random.default_rng(seed)
    centres = 1.5 * rng.normal(size=(3, 16))
    rows, looks = [], []
    for vehicle in range(vehicles):
        colour, start, pace = (
            rng.integers(3),
            rng.uniform(0, 60 * minutes - 90),
            np.exp(0.08 * rng.normal()),
        )
        own = centres[colour] + rng.normal(size=16)
        for camera, lag in list(CAMERAS.items())[: 2 if rng.random() < 0.2 else 3]:
            if rng.random() < 0.9:
                seconds = start + lag * pace + rng.uniform(-1, 1)
                rows.append(
                    (
                        camera,
                        seconds,
                        rng.random(),
                        rng.integers(1, 5),
                        int(seconds // 60),
                        vehicle,
                        COLOURS[colour],
                    )
                )
                looks.append(own + noise * rng.normal(size=16))
    columns = ["camera", "seconds", "lane", "detections", "minute", "vehicle", "colour"]
    looks = np.array(looks) / np.linalg.norm(looks, axis=1, keepdims=True)
    table = pd.DataFrame(rows, columns=columns).assign(direction="S", kind="sedan")
    labels = table[["vehicle", "direction", "kind", "colour"]]
    return Tracklets(table.drop(columns=list(labels)), looks.astype(np.float32)), labels


def searched(*arguments, **options):
    """The small road, and when each vehicle really passed: where it is not tracked, 20 s off the
    usual time.
    """
    tracklets, labels = road(*arguments, **options)
    times = tracklets.table.assign(vehicle=labels["vehicle"]).pivot_table(
        index="vehicle", columns="camera", values="seconds"
    )
    passes = times.apply(lambda column: pd.Timestamp("2031-05-05") + pd.to_timedelta(column, "s"))
    return Road(tracklets, labels, passes)


@pytest.fixture(scope="module")
def measured():
    return measure_searches(searched(300), folds=3)


def test_searches_are_calibrated_over_all_of_them(measured):
    table = calibration(measured, rounds=100)
    assert table.loc["gap", "low"] < 0 < table.loc["gap", "high"]
    assert table.loc["right", "low"] < table.loc["said", "estimate"] < table.loc["right", "high"]
    assert table.loc["cost", "estimate"] < 1


def test_what_clock_and_appearance_give_adds_up_in_every_order(measured):
    given = given_away(measured, rounds=20)["estimate"]
    for parts in (
        ("clock alone", "appearance, after the clock"),
        ("appearance alone", "clock, after appearance"),
        ("clock", "appearance"),
    ):
        assert given[list(parts)].sum() == pytest.approx(given["both"])
    rows = measured[measured["outcome"] == TRACKED]
    steps = ["when and where", "clock", "appearance", "all trips at once"]
    assert given[steps].sum() == pytest.approx(rows["delivered_all"].mean())
    assert given["clock alone"] > 1
    assert given["appearance alone"] > 1


def test_rates_add_up_and_nobody_is_found_who_is_not_there(measured):
    rates = linking_rates(measured, rounds=20)
    assert rates["estimate"].groupby("outcome").sum().to_numpy() == pytest.approx(1)
    assert rates.loc[(NEVER, "right"), "estimate"] == 0
    assert rates.loc[(TRACKED, "right"), "estimate"] > 0.5
    assert ((rates["low"] <= rates["estimate"]) & (rates["estimate"] <= rates["high"])).all()


def test_outcomes_by_hand():
    """Vehicle 0 is tracked at both cameras; 1 passed the second unseen; 2 never did; 3 is tracked
    there, but six minutes later.
    """
    table = pd.DataFrame(
        {"camera": ["a"] * 4 + ["b"] * 2, "seconds": [100.0, 110, 120, 130, 120, 490]}
    )
    labels = pd.DataFrame({"vehicle": [0, 1, 2, 3, 0, 3]})
    passes = pd.DataFrame({"b": [120.0, 130, np.nan, 490]}).apply(
        lambda column: pd.Timestamp("2031-05-05") + pd.to_timedelta(column, "s")
    )
    of = Road(Tracklets(table, np.ones((6, 2), np.float32)), labels, passes)
    looked, rows = np.arange(4), np.array([4, 5])
    same = labels["vehicle"].to_numpy()[:4, None] == labels["vehicle"].to_numpy()[rows]
    tracked = (same & searches._inside(table, looked, rows)).any(axis=1)
    outcomes = searches._outcomes(of, looked, "b", tracked)
    assert outcomes.tolist() == [TRACKED, UNSEEN, NEVER, NEVER]


def test_the_meter_of_all_and_of_one(measured, tmp_path):
    meter = leakage_meter(measured, rounds=20)
    assert [step.name for step in meter.steps if step.known] == ["when and where"]
    rows = measured[measured["outcome"] == TRACKED]
    assert meter.given().estimate == pytest.approx(rows["delivered_all"].mean())
    one = leakage_meter(measured, vehicle=3, name="the third", rounds=20)
    assert one.target == "the third"
    assert all(step.right.high - step.right.low > 0.2 for step in one.steps[1:]), "few passes"
    one.save(tmp_path / "meter.json")
    assert LeakageMeter.load(tmp_path / "meter.json") == one
    with pytest.raises(ValueError, match="vehicle 999"):
        leakage_meter(measured, vehicle=999)


def test_a_longer_recording_does_not_move_bits_from_one_row_to_another():
    """The same passes, in a recording of 18 minutes and alone: what is known beforehand counts the
    candidates of the window, not those of the recording.
    """
    long = searched(420, minutes=18)
    part = split_vehicles(long.labels, 3)
    model = fit_searches(long, np.flatnonzero(part == 0), np.flatnonzero(part == 1))
    seconds = long.tracklets.table["seconds"]
    middle = np.flatnonzero(((seconds > 120) & (seconds < 960)).to_numpy())
    short = long.part(middle)
    inside = ((seconds > 440) & (seconds < 640)).to_numpy()
    tables = []
    for of, rows in ((long, np.arange(len(inside))), (short, middle)):
        queries = np.flatnonzero((part[rows] == 2) & inside[rows])
        tables.append(given_away(judge_searches(of, model, queries), rounds=5)["estimate"])
    steps = ["when and where", "clock", "appearance"]
    assert tables[0][steps].to_numpy() == pytest.approx(tables[1][steps].to_numpy(), abs=0.15)


def test_no_vehicle_is_judged_by_a_model_that_knew_it():
    labels = road()[1]
    part = split_vehicles(labels, 4)
    assert pd.Series(part).groupby(labels.vehicle).nunique().max() == 1
    assert set(part) == {0, 1, 2, 3}


def test_every_two_vehicles_are_compared_once():
    tracklets, labels = road()
    pairs = compare_once(tracklets.table.camera, labels.vehicle)
    a, b = labels.vehicle.to_numpy()[pairs.rows], labels.vehicle.to_numpy()[pairs.columns]
    assert ((a == b) == pairs.same).all()
    assert (
        not pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b)})[~pairs.same]
        .duplicated()
        .any()
    )
    camera = tracklets.table.camera.to_numpy()
    assert (camera[pairs.rows] != camera[pairs.columns]).all()


def test_ratios_are_capped_and_looks_that_say_nothing_add_nothing():
    blind, labels = road(noise=50.0)
    model = fit_joint(blind, labels, ("time and place", "embedding", "travel time"))
    ratios = model.apply(blind, np.arange(len(blind))).steps
    assert np.abs(ratios["embedding"]).mean() < 0.3
    assert np.abs(ratios["travel time"]).max() > 1
    for step, values in ratios.items():
        low, high = model.models[step].limits
        assert values.min() >= low - 1e-5
        assert values.max() <= high + 1e-5
        assert np.exp(high) < 140**2


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: measure_searches(searched(12)), "at least 20 are needed"),
        (lambda: fit_joint(*road(), ("embedding",)), "first one first"),
        (lambda: fit_joint(*road(), ("time and place", "smell")), "smell"),
        (lambda: measure_other_minutes(searched(60)), "fewer than 20"),
    ],
)
def test_bad_input(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()


def test_your_car():
    hour = pd.Timedelta("8h")
    monday, tuesday, saturday = pd.to_datetime(["2031-03-24", "2031-03-25", "2031-03-29"])
    entered = [monday + hour] * 3 + [tuesday + hour] * 2 + [saturday + hour]
    trips = pd.DataFrame({"vehicle": [1, 2, 3, 1, 2, 1], "entered": entered})
    drivers = pd.DataFrame(
        {"vehicle": [1, 2, 3], "kind": ["sedan"] * 3, "colour": ["blue", "red", "blue"]}
    )
    car = your_car(trips, drivers, "sedan", "blue", 8)
    assert (car.everyone, car.alike) == (2.5, 1.5)
    assert car.bits == pytest.approx(np.log2(2.5 / 1.5))
    assert np.isnan(your_car(trips, drivers, "sedan", "blue", 9).bits)
    with pytest.raises(ValueError, match="there are blue, red"):
        your_car(trips, drivers, "sedan", "pink", 8)


def test_who_is_wrongly_followed_against_drawing_vehicles_one_by_one():
    """Each vehicle looked for is taken for vehicles of one colour, so that it matters which of them
    are drawn. Links that are right, or not made, count for nobody.
    """
    rng, red = np.random.default_rng(0), np.arange(20) < 8
    pairs = [
        (int(asked), int(taken))
        for asked in range(10)
        for taken in rng.choice(np.flatnonzero(red == (asked % 3 == 0)), 5, replace=False)
        if taken != asked
    ]
    rows = [(*pair, 0.9, False) for pair in pairs]
    rows += [(v, v, 0.9, True) for v in range(20)] + [(v, 0, 0.1, False) for v in range(1, 20)]
    searches = pd.DataFrame(rows, columns=["vehicle", "taken_for", "best", "right"])
    vehicles = pd.DataFrame({"vehicle": range(20), "colour": np.where(red, "red", "blue")})
    found = who_is_blamed(searches, vehicles, "colour", rounds=1000).loc["red"]
    taken = [red[b] for _, b in pairs]
    assert (found.links, found.vehicles) == (sum(taken), 8)
    assert found.estimate == pytest.approx(np.mean(taken) / 0.4)
    draws, linked = [], set(pairs)
    for drawn in rng.integers(20, size=(1000, 20)):
        taken = [red[b] for a in drawn for b in drawn if (a, b) in linked]
        draws.append(np.mean(taken) / red[drawn].mean())
    low, high = np.percentile(draws, [2.5, 97.5])
    assert found.low == pytest.approx(low, abs=0.1)
    assert found.high == pytest.approx(high, abs=0.2)


def test_what_is_searched_in_unseen_minutes_was_not_fitted_on(monkeypatch):
    """Neither a vehicle that is looked for, nor a minute in which it is looked for."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "vehicle": np.repeat(np.arange(120), 4),
            "minute": rng.integers(0, 12, 480),
            "camera": ["a", "b"] * 240,
        }
    )
    seen = {}

    class Fitted(Exception):
        pass

    def fit(road, fitted, held, seed):
        seen["table"] = road.tracklets.table.join(road.labels)
        seen["parts"] = fitted, held
        raise Fitted

    monkeypatch.setattr(searches, "fit_searches", fit)
    with pytest.raises(Fitted):
        tracklets = Tracklets(table[["minute", "camera"]], np.ones((480, 2), np.float32))
        measure_other_minutes(Road(tracklets, table[["vehicle"]], pd.DataFrame()))
    fitted, held = (seen["table"].iloc[rows] for rows in seen["parts"])
    for part in (fitted, held):
        assert part.minute.max() <= (table.minute.min() + table.minute.max()) // 2
        assert not set(part.vehicle) & set(table.vehicle[split_vehicles(table, 4) == 0])
    assert not set(fitted.vehicle) & set(held.vehicle)
    assert len(fitted) > 40
