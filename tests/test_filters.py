"""Filters from camera to camera and impostors, against a road made by hand and brute force."""

import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from cctview.course.lesson import open_lesson
from cctview.dataset.cameras import DRIVE
from cctview.link.filters import (
    STAGES,
    apply_filters,
    fit_filters,
    limits,
    rank_one,
)
from cctview.match import (
    COLOUR,
    LOOK_ALIKE,
    OTHER,
    compare_next_camera,
    first_minutes,
    likeness,
    passing,
)
from cctview.track import Tracklets, find_tracklets
from cctview.truth import label_tracklets, tracks_by_truth

ROOT = Path(__file__).parent.parent
A, B = DRIVE[0].camera, DRIVE[1].camera


@pytest.fixture(scope="module")
def road():
    """Vehicles each way between two cameras, 20 s apart, southbound on lanes over 0.5; features
    that say nothing.
    """
    rng, rows = np.random.default_rng(5), []
    for vehicle in range(1, 241):
        south = vehicle % 2 == 0
        begin, lane = (
            rng.uniform(0, 3000),
            (rng.uniform(0.55, 0.95) if south else rng.uniform(0.05, 0.45)),
        )
        lag = rng.normal(20, 1)
        for camera, at in ((A, begin), (B, begin + (lag if south else -lag))):
            rows.append((camera, at, lane + rng.normal(0, 0.02), 3, vehicle, "S" if south else "N"))
    table = pd.DataFrame(
        rows, columns=["camera", "seconds", "lane", "detections", "vehicle", "direction"]
    )
    labels = table[["vehicle", "direction"]]
    features = rng.normal(size=(len(table), 8)).astype(np.float32)
    return Tracklets(table.drop(columns=list(labels)), features), labels


@pytest.fixture(scope="module")
def blocks(road):
    return fit_filters(*road)


def test_filters_find_who_looks_do_not_tell(blocks):
    stages = apply_filters(blocks)
    assert list(stages) == list(STAGES)
    first = [stage.found().mean() for stage in stages.values()]
    assert first[0] < 0.05
    assert first[1] > 0.3
    assert first[3] > 0.8
    assert first[1] < first[2] <= first[3] + 0.02
    left = [stage.left.mean() for stage in stages.values()]
    assert left == sorted(left, reverse=True)
    assert left[0] == 240


def test_a_filter_lets_through_the_share_that_it_is_set_to(blocks):
    for block in blocks:
        for kept in (0.7, 0.95):
            assert ((block.fitted <= limits(block, kept)[:, None]).mean(axis=1) >= kept).all()
    strict, loose = (apply_filters(blocks, kept)["+ lane"] for kept in (0.7, 0.99))
    assert np.isinf(strict.rank).mean() > np.isinf(loose.rank).mean()
    assert (strict.left <= loose.left).all()


def test_ranks_are_those_of_brute_force(blocks):
    block, stage = blocks[0], apply_filters(blocks[:1], 0.9)["+ travel time"]
    inside = block.odd[0] <= limits(block, 0.9)[0]
    for row in range(len(block.vehicle)):
        order = [k for k in block.distances[row].argsort() if inside[row, k]]
        ranks = [place for place, k in enumerate(order, start=1) if block.true_match[row, k]]
        assert stage.rank[row] == (ranks[0] if ranks else np.inf)
        assert stage.left[row] == len(order)


def test_a_vehicle_is_judged_by_filters_that_did_not_learn_from_it(road):
    blocks = fit_filters(*road)
    assert len(blocks) == 2
    assert sum(block.fitted.shape[1] for block in blocks) == 240
    assert not set(blocks[0].vehicle) & set(blocks[1].vehicle)
    assert blocks[0].fitted.shape[1] == len(blocks[1].vehicle)


def test_rank_one_holds_its_interval(blocks):
    table = rank_one(apply_filters(blocks), candidates=3, rounds=50)
    assert list(table.index) == list(STAGES)
    assert ((table.low <= table.estimate) & (table.estimate <= table.high)).all()


def test_too_few_vehicles_are_refused(road):
    tracklets, labels = road
    few = np.flatnonzero(labels["vehicle"] < 12)
    with pytest.raises(ValueError, match="take more minutes"):
        fit_filters(tracklets.part(few), labels.iloc[few].reset_index(drop=True))


def test_on_the_twin_the_truth_makes_one_passage_a_vehicle_and_camera():
    lesson = open_lesson()
    detections, embeddings = first_minutes(lesson.dataset, 2)
    tracks = tracks_by_truth(detections, embeddings, lesson.truth)
    tracklets = find_tracklets(detections, embeddings, percent=0, tracks=tracks)
    labels = label_tracklets(tracklets, detections, lesson.truth)
    assert len(tracklets) == len(labels) == len(tracklets.features) == tracks.max() + 1
    assert not tracklets.table.join(labels).duplicated(["camera", "vehicle"]).any()
    assert (labels.vehicle > 0).all()
    assert detections.time.max() - detections.time.min() < pd.Timedelta(minutes=2)


@pytest.fixture(scope="module")
def pairs():
    rng = np.random.default_rng(1)
    camera = np.repeat([A, B], 30)
    detections = pd.DataFrame({"camera": camera, "type": "car", "x1": 0, "y1": 0, "x2": 9, "y2": 9})
    compared = compare_next_camera(
        detections, pd.Series(np.tile(np.arange(1, 31), 2), dtype="Int64")
    )
    colours = ["red", "red", "blue"] * 10
    vehicles = pd.DataFrame(
        {"vehicle": range(1, 31), "kind": "sedan", "design": np.arange(30) % 2, "colour": colours}
    )
    return compared, vehicles, rng.uniform(size=900)


def test_likeness_by_hand(pairs):
    compared, vehicles, _ = pairs
    alike, known = likeness(compared, vehicles), vehicles.set_index("vehicle")
    for (a, b), said in zip(compared.vehicles[compared.rows], alike, strict=True):
        one, other = known.loc[a], known.loc[b]
        wanted = (
            OTHER
            if one.colour != other.colour
            else LOOK_ALIKE
            if one.design == other.design
            else COLOUR
        )
        assert said == ("" if a == b else wanted)
    assert alike.codes.itemsize == 1  # lesson 06 holds more than a million pairs


def test_passing_is_the_share_below_the_threshold(pairs):
    compared, vehicles, distances = pairs
    alike = likeness(compared, vehicles)
    table = passing(compared, distances, alike, found=(0.2, 0.7), rounds=20)
    for row in table.itertuples():
        of = distances[alike == row.alike]
        assert row.threshold == pytest.approx(np.quantile(distances[compared.same], row.found))
        assert row.estimate == pytest.approx((of <= row.threshold).mean())
        assert row.pairs == len(of)
        assert row.low <= row.estimate <= row.high


def test_lesson_06_searches_by_faiss_without_torch_in_the_same_process():
    """On some computers each brings an OpenMP of its own, and the second ends the process."""
    notebook = nbformat.read(next((ROOT / "notebooks").glob("06-*.ipynb")), as_version=4)
    (imports,) = (cell.source for cell in notebook.cells if cell.source.startswith("import numpy"))
    code = imports + "\nvectors = np.random.default_rng(0).normal(size=(400, 64)).astype('f4')"
    code += "\nvectors = search.principal_coordinates(vectors)"
    code += "\nsearch.measure_kinds(vectors, vectors[:20])\n"
    code += (
        "import sys\nprint('faiss' in sys.modules, [name for name in ('torch', 'tensorflow') if"
        " name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "True []"
