"""The figures of the simulation, on hand-made frames whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from studio.evaluation import evaluate_simulation
from studio.evaluation.evaluate_simulation import Watched

BOX = ["x1", "y1", "x2", "y2"]
FULL = [f"full_{side}" for side in BOX]
NEAR, FAR = "733-681-N", "735-683-N"


def sightings(rows):
    """Truth from (frame, vehicle, x, hidden): boxes of 30 by 20 pixels."""
    table = pd.DataFrame(
        [(f, v, x, 40.0, x + 30.0, 60.0, h) for f, v, x, h in rows],
        columns=["frame", "vehicle", *BOX, "hidden"],
    )
    return table.assign(direction="S", **dict(zip(FULL, table[BOX].to_numpy().T, strict=True)))


def detections(rows):
    """Detections from (frame, camera, seconds, x): boxes of 30 by 20 pixels."""
    table = pd.DataFrame(
        [(f, c, s, x, 40, x + 30, 60) for f, c, s, x in rows],
        columns=["frame", "camera", "seconds", *BOX],
    )
    return table.assign(
        type="car",
        percent=90.0 - np.arange(len(table)),
        group=table.camera + (table.seconds // 60).astype(int).astype(str),
    )


NO_PARKED = pd.DataFrame(columns=["camera", "vehicle", *BOX]).astype(dict.fromkeys(BOX, float))
NOBODY = pd.DataFrame(columns=["frame", "vehicle", "type", *BOX]).astype(dict.fromkeys(BOX, float))


def watched(rows, seen, embeddings):
    found, truth = detections(rows), sightings(seen)
    frames = found[["frame", "camera", "seconds", "group"]].drop_duplicates("frame")
    found = found.join(evaluate_simulation.identify(found, truth, NO_PARKED, NOBODY))
    return Watched(
        frames,
        found,
        np.array(embeddings, np.float32),
        truth.assign(wanted=evaluate_simulation.is_clear(truth)),
        NO_PARKED,
        NOBODY,
    )


def test_identify_takes_the_best_box_of_each_vehicle_and_leaves_out_the_parked():
    found = detections(
        [
            ("f", NEAR, 0, 100),
            ("f", NEAR, 0, 103),
            ("f", NEAR, 0, 200),
            ("f", NEAR, 0, 300),
            ("f", NEAR, 0, 20),
        ]
    )
    found.loc[4, "type"] = "person"
    truth = sightings([("f", 7, 101, 0.0), ("f", 8, 20, 0.0)])
    parked = pd.DataFrame([(NEAR, -1, 198, 40, 228, 60)], columns=["camera", "vehicle", *BOX])
    result = evaluate_simulation.identify(found, truth, parked, NOBODY)
    assert result.vehicle.tolist()[0] == 7
    assert result.vehicle.iloc[1:].isna().all(), "a person is no vehicle, wherever it stands"
    assert result.used.tolist() == [True, False, False, True, False]
    assert result.direction.iat[0] == "S"
    assert result.direction.iat[3] == ""


def test_wanted_counts_what_is_hidden_and_what_lies_outside():
    table = sightings(
        [
            ("f", 1, 100, 0.19),
            ("f", 2, 100, 0.21),
            ("f", 3, -5, 0.0),
            ("f", 4, -5, 0.1),
            ("f", 5, 100, 0.0),
        ]
    )
    table.loc[4, ["x2", "full_x2"]] = 120.0
    assert evaluate_simulation.is_clear(table).tolist() == [True, False, True, False, False]


def test_detector_figures_by_hand():
    """Two frames, three wanted vehicles, one found, one detection of nothing: recall 1/3, precision
    1/2.
    """
    scene = watched(
        [("a", NEAR, 0.0, 100), ("b", NEAR, 60.0, 300)],
        [("a", 1, 100, 0), ("a", 2, 200, 0), ("b", 3, 50, 0), ("b", 4, 100, 0.9)],
        np.eye(2),
    )
    estimate = evaluate_simulation.detector_figures(scene).estimate
    assert estimate.recall == pytest.approx(1 / 3)
    assert estimate.precision == 0.5
    assert pytest.approx(1 / 3) == estimate.AP


def test_adjacent_pairs_compare_with_everyone_in_the_next_frame():
    rows = [
        ("a", NEAR, 0.0, 100),
        ("a", NEAR, 0.0, 200),
        ("b", NEAR, 1.7, 120),
        ("b", NEAR, 1.7, 220),
        ("c", NEAR, 5.1, 140),
    ]
    seen = [
        ("a", 1, 100, 0),
        ("a", 2, 200, 0),
        ("b", 1, 120, 0),
        ("b", 3, 220, 0),
        ("c", 1, 140, 0),
    ]
    a, b, same = evaluate_simulation.adjacent_pairs(watched(rows, seen, np.eye(5)))
    assert list(zip(a, b, same, strict=True)) == [(0, 2, True), (0, 3, False)]


def crossing(count, lag, noise):
    """So many vehicles 5 s apart, each with a direction of its own in both cameras, seen `lag`
    seconds later.
    """
    rng = np.random.default_rng(0)
    looks = rng.normal(size=(count, 16))
    rows = [(f"n{k}", NEAR, 5.0 * k, 100) for k in range(count)] + [
        (f"f{k}", FAR, 5.0 * k + lag, 100) for k in range(count)
    ]
    seen = [(frame, k % count, 100, 0) for k, (frame, *_) in enumerate(rows)]
    scene = watched(
        rows, seen, np.concatenate([looks, looks + noise * rng.normal(size=looks.shape)])
    )
    scene.detections["percent"] = 90.0
    return scene


def test_cross_camera_rank1_finds_clear_looks_and_not_noise():
    clear = evaluate_simulation.cross_camera_figures(crossing(60, 18.0, 0.01))
    assert clear.loc["rank-1", "estimate"] == 1
    assert clear.loc["rank-1", "count"] == 60
    lost = evaluate_simulation.cross_camera_figures(crossing(60, 18.0, 100.0))
    assert lost.loc["rank-1", "estimate"] < 0.3


def test_estimate_without_labels_is_one_for_right_answers_and_zero_for_chance():
    lag = np.tile(np.arange(-60.0, 90.0, 3.0), (400, 1))
    right = np.where((lag >= 13) & (lag <= 21), 0.0, 1.0)
    known, estimate = evaluate_simulation.estimate_rank1(right, lag)
    every = np.arange(known.sum())
    assert known.all()
    assert estimate(every) == 1
    blind = np.random.default_rng(0).random(lag.shape)
    assert abs(evaluate_simulation.estimate_rank1(blind, lag)[1](every)) < 0.05


def test_same_vehicle_figures_set_large_changes_of_size_apart():
    """Vehicle 1 keeps its size and its look; vehicle 2 doubles and looks like vehicle 1."""
    rows, seen, looks = [], [], []
    for minute in (0, 60):
        for k, frame in enumerate(("a", "b")):
            rows += [
                (f"{frame}{minute}", NEAR, minute + 1.7 * k, 100),
                (f"{frame}{minute}", NEAR, minute + 1.7 * k, 200),
            ]
            seen += [(f"{frame}{minute}", 1, 100, 0), (f"{frame}{minute}", 2, 200, 0)]
            looks += [[1.0, 0.0], [0.0, 1.0] if frame == "a" else [0.5, -0.5]]
    scene = watched(rows, seen, looks)
    grown = scene.detections.frame.str.startswith("b") & (scene.detections.vehicle == 2)
    scene.detections.loc[grown, ["x2", "y2"]] += [30, 20]
    figures = evaluate_simulation.same_vehicle_figures(scene)
    assert figures.loc["AUC", "estimate"] == 1
    assert figures.loc["AUC", "count"] == 2
    assert figures.loc["AUC, all pairs", "estimate"] < 1
    assert figures.loc["AUC, all pairs", "count"] == 4
