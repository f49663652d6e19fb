"""The joint model and what is measured with it, on a small road whose ratios are known, and on the
shipped minutes.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cctview.link.joint import compare_once, fit_joint
from cctview.privacy import leakage as privacy
from cctview.privacy.leakage import (
    METER_STEPS,
    leakage_meter,
    your_car,
)
from cctview.privacy.meter import LeakageMeter
from cctview.stats.resampling import split_vehicles
from cctview.track import Tracklets, find_tracklets
from studio.studies import searches
from studio.studies.searches import judge_searches, measure_leakage, measure_unseen_minutes

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


@pytest.fixture(scope="module")
def measured():
    return measure_leakage(*road(), population=10_000, folds=3)


def test_bits_are_calibrated_and_grow_with_what_is_told(measured):
    gap = measured.false_confidence(rounds=100)
    assert (gap.low < 0.25).all()
    assert (gap.high > -0.25).all()
    assert gap.estimate.abs().max() < 0.7
    delivered = measured.reached(50)["estimate"].unstack()["delivered"].reindex(measured.steps)
    assert (delivered.diff().dropna() > -0.1).all()
    assert delivered.iloc[-1] > delivered.iloc[0] + 1


def test_steps_add_up_to_what_is_reached(measured):
    added = measured.added(rounds=10)["estimate"].unstack()[["claimed", "delivered"]].sum()
    reached = (
        measured.reached(10)["estimate"].unstack().loc[measured.steps[-1], ["claimed", "delivered"]]
    )
    assert added.to_numpy() == pytest.approx(reached.to_numpy())


def test_the_meter_of_anyone_and_of_one(measured, tmp_path):
    meter = leakage_meter(measured, rounds=20)
    assert [step.name for step in meter.steps] == list(METER_STEPS)
    assert meter.world == "twin"
    last = measured.searches[measured.searches.step == measured.steps[-1]]
    assert meter.delivered().estimate == pytest.approx(last.delivered.mean())
    one = leakage_meter(measured, vehicle=3, name="the third", rounds=20)
    assert one.target == "the third"
    assert one.claimed().low <= one.claimed().estimate
    one.save(tmp_path / "meter.json")
    assert LeakageMeter.load(tmp_path / "meter.json") == one
    with pytest.raises(ValueError, match="vehicle 999"):
        leakage_meter(measured, vehicle=999)


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


def test_a_model_that_is_too_sure_claims_more_than_it_delivers():
    from dataclasses import replace

    tracklets, labels = road()
    part = split_vehicles(labels, 2)
    fitted = np.flatnonzero(part == 0)
    order = ("time and place", "embedding")
    model = fit_joint(tracklets.part(fitted), labels.iloc[fitted], order)
    ratios = model.apply(tracklets)
    rng = np.random.default_rng(0)
    shuffled = replace(ratios, steps={"sure": 12 * rng.permuted(ratios.steps["embedding"], axis=1)})
    judged, _ = judge_searches(tracklets, labels, shuffled, np.flatnonzero(part == 1), 10_000)
    bits = judged[["claimed", "delivered"]].mean()
    assert bits.claimed > 6
    assert bits.delivered < 0


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: measure_leakage(*road(12), 10_000), "at least 20 are needed"),
        (lambda: measure_leakage(*road(), 50), "population of 50 is smaller than the gallery"),
        (lambda: fit_joint(*road(), ("embedding",)), "first one first"),
        (lambda: fit_joint(*road(), ("time and place", "smell")), "smell"),
        (lambda: measure_unseen_minutes(*road(60), 10_000), "fewer than 20"),
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


def test_calibrated_bits_stay_within_their_interval_on_unseen_minutes_of_the_shipped_data():
    from cctview.dataset.frames import open_dataset
    from cctview.truth import label_tracklets, read_truth

    if len(read_truth("data").frames["time"].dt.floor("min").unique()) < 8:
        pytest.skip(
            "data/ holds fewer than 8 minutes: too few to fit on one half and judge on the other"
        )
    dataset, truth = open_dataset(Path("data")), read_truth("data")
    tracklets = find_tracklets(dataset.detections, dataset.embeddings)
    labels = label_tracklets(tracklets, dataset.detections, truth)
    leakage = measure_unseen_minutes(tracklets, labels)
    reached = leakage.reached(rounds=200)
    claimed, delivered = (reached.xs(figure, level="figure") for figure in ("claimed", "delivered"))
    assert ((claimed.low <= delivered.estimate) & (delivered.estimate <= claimed.high)).all(), (
        reached
    )


def test_what_is_searched_in_unseen_minutes_was_not_fitted_on(monkeypatch):
    """Neither a vehicle that is looked for, nor a minute in which it is looked for."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "vehicle": np.repeat(np.arange(60), 4),
            "minute": rng.integers(0, 12, 240),
            "camera": ["a", "b"] * 120,
        }
    )
    fitted = {}

    class Fitted(Exception):
        pass

    def fit(tracklets, labels, order, seed):
        fitted["table"] = tracklets.table.join(labels)
        raise Fitted

    monkeypatch.setattr(searches, "fit_joint", fit)
    with pytest.raises(Fitted):
        measure_unseen_minutes(
            Tracklets(table[["minute", "camera"]], np.ones((240, 2), np.float32)),
            table[["vehicle"]],
        )
    looked_for = split_vehicles(table, 4) == 0
    assert fitted["table"].minute.max() <= (table.minute.min() + table.minute.max()) // 2
    assert not set(fitted["table"].vehicle) & set(table.vehicle[looked_for])
    assert len(fitted["table"]) > 60


def test_false_confidence_is_what_is_claimed_beyond_what_is_delivered():
    rows = [(query, query % 5, query % 3, "camera", "linked", 5.0, 3.0, 0.0) for query in range(30)]
    columns = ["query", "vehicle", "minute", "camera", "step", "claimed", "delivered", "beyond"]
    leakage = privacy.Leakage(pd.DataFrame(rows, columns=columns), pd.DataFrame(), 1024, 30)
    assert leakage.false_confidence(rounds=20).loc["linked"].tolist() == [2, 2, 2]
