"""Recall and precision by type, on boxes whose types are known."""

import pandas as pd
import pytest

from studio.evaluation.evaluate_simulation import Watched
from studio.evaluation.evaluate_types import type_figures

BOX = ["x1", "y1", "x2", "y2"]
FULL = [f"full_{side}" for side in BOX]


def boxes(rows, **more):
    table = pd.DataFrame(rows, columns=["frame", "type", *BOX])
    for full, side in zip(FULL, BOX, strict=True):
        table[full] = table[side]
    return table.assign(**more)


def test_a_type_is_found_only_by_its_own_name_and_what_is_small_or_hidden_is_not_asked_for():
    seen = boxes(
        [
            ("a", "bus", 0, 0, 40, 30),  # called a bus
            ("a", "bus", 50, 0, 90, 30),  # called a car
            ("b", "bus", 0, 0, 10, 10),  # too small to be asked for
            ("b", "car", 50, 0, 90, 30),  # called a bus
        ],
        hidden=0.0,
    )
    beside = boxes(
        [("a", "person", 100, 100, 108, 120), ("b", "person", 100, 100, 108, 120)],
        hidden=[0.0, 0.9],
    )
    found = pd.DataFrame(
        [
            ("a", "bus", 90.0, 0, 0, 40, 30),
            ("a", "car", 80.0, 50, 0, 90, 30),
            ("b", "bus", 70.0, 50, 0, 90, 30),
            ("b", "bus", 60.0, 0, 0, 10, 10),
            ("a", "person", 20.0, 100, 100, 108, 120),  # below the threshold
        ],
        columns=["frame", "type", "percent", *BOX],
    )
    frames = pd.DataFrame({"frame": ["a", "b"], "camera": "c", "group": ["c1", "c2"]})
    parked = pd.DataFrame(columns=["camera", "vehicle", *BOX])
    table = type_figures(Watched(frames, found, None, seen, parked, beside))
    assert table["count"].to_dict() == {
        f"{what} of {kind}": count
        for kind, count in {"car": 1, "bus": 2, "person": 1}.items()
        for what in ("recall", "precision")
    }
    assert table.estimate["recall of bus"] == pytest.approx(1 / 2)
    assert table.estimate["precision of bus"] == pytest.approx(1 / 2)
    assert table.estimate["recall of car"] == 0
    assert table.estimate["recall of person"] == 0
