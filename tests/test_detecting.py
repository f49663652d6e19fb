"""Who is found, the old way to find, and detectors compared: against cases counted by
hand, and the twin's truth.
"""

import numpy as np
import pandas as pd
import pytest

from cctview.dataset.boxes import BOX
from cctview.dataset.frames import open_dataset
from cctview.dataset.paths import DATA
from cctview.detect import coverage, evaluate_detections, viola_jones
from cctview.detect.comparison import compare_detectors, published_detectors
from cctview.detect.viola_jones import (
    _HEIGHT,
    _WIDTH,
    _adaboost,
    _draw_rectangles,
    _measure,
    train_boosted,
)
from cctview.truth.labels import Truth, read_truth, true_vehicles

VEHICLES = pd.DataFrame(
    {
        "vehicle": [1, 2, 3],
        "kind": ["sedan", "sedan", "motorcycle"],
        "colour": ["red", "black", "red"],
    }
)


def sighting(frame, vehicle, x1, y1, x2, y2, hidden=0.0, ahead=-30.0):
    full = {f"full_{side}": value for side, value in zip(BOX, (x1, y1, x2, y2))}
    return {
        "frame": frame,
        "vehicle": vehicle,
        "x1": x1,
        "y1": y1,
        "x2": x2,
        "y2": y2,
        "hidden": hidden,
        "ahead": ahead,
    } | full


SIGHTINGS = pd.DataFrame(
    [
        sighting("a--1", 1, 0, 0, 40, 30),
        sighting("a--1", 2, 100, 100, 130, 120, hidden=0.3),
        sighting("a--2", 1, 10, 0, 50, 30),
        sighting("b--1", 1, 200, 100, 210, 108),
        sighting("b--1", 3, 300, 100, 321, 130),
        sighting("b--2", 3, 300, 100, 321, 130),
    ]
)
FRAMES = pd.DataFrame(
    {"frame": ["a--1", "a--2", "b--1", "b--2"], "status": ["ok", "ok", "ok", "duplicate"]}
)
PARKED = pd.DataFrame([sighting("", -1, 60, 60, 90, 80) | {"camera": "a"}]).drop(columns="frame")
TRUTH = Truth(FRAMES, SIGHTINGS, PARKED, VEHICLES, pd.DataFrame())
FOUND = pd.DataFrame(
    [
        ["a--1", "a", 90.0, 0, 0, 40, 30],
        ["a--1", "a", 30.0, 60, 60, 90, 80],
        ["b--1", "b", 40.0, 200, 100, 210, 108],
    ],
    columns=["frame", "camera", "percent", *BOX],
)


def detected_by_hand():
    return coverage.detected_vehicles(FOUND, true_vehicles(FOUND, TRUTH), TRUTH)


@pytest.fixture(scope="module")
def data():
    return open_dataset(DATA), read_truth(DATA)


def test_what_is_hidden_or_outside_is_not_visible():
    outside = pd.DataFrame(
        [sighting("a--1", 1, -20, 0, 20, 30), sighting("a--1", 1, -20, 0, 20, 30, hidden=0.5)]
    )
    assert coverage.visible_share(outside).tolist() == [0.5, 0.25]
    assert coverage.is_clear(SIGHTINGS).tolist() == [True, False, True, False, True, True]


def test_true_boxes_ignore_what_is_not_clear_and_what_is_parked():
    boxes = coverage.true_boxes(TRUTH)
    assert set(boxes.frame) == {"a--1", "a--2", "b--1"}  # what was delivered again is left out
    assert boxes[~boxes.ignore].vehicle.tolist() == [1, 1, 3]
    assert (boxes.vehicle == -1).sum() == 2
    assert set(coverage.true_boxes(TRUTH, ["a--2"]).frame) == {"a--2"}


def test_watching_says_who_was_found_and_how_surely():
    watched = detected_by_hand().set_index(["frame", "vehicle"])
    assert watched.percent["a--1", 1] == 90
    assert watched.percent["b--1", 1] == 40
    assert watched.percent[[("a--1", 2), ("a--2", 1), ("b--1", 3)]].isna().all()
    assert watched.colour["a--1", 2] == "black"
    assert watched["size"]["a--1", 1] == 40
    assert watched.distance["a--1", 1] == 30


def test_shares_by_group_counted_by_hand():
    watched = detected_by_hand()
    by_kind = coverage.share_found(watched, watched.kind, rounds=50)
    assert by_kind.estimate.to_dict() == {"motorcycle": 0, "sedan": 0.5}
    assert by_kind.sightings.to_dict() == {"motorcycle": 1, "sedan": 4}
    assert by_kind.vehicles.to_dict() == {"motorcycle": 1, "sedan": 2}
    assert (
        coverage.share_found(watched, watched.kind, percent=50, rounds=50).estimate["sedan"] == 0.25
    )
    assert ((by_kind.low <= by_kind.estimate) & (by_kind.estimate <= by_kind.high)).all()


def test_one_frame_one_pass_any_camera_counted_by_hand():
    table = coverage.share_entered(detected_by_hand(), rounds=50)
    assert table.estimate.tolist() == [2 / 5, 2 / 4, 1 / 3]
    assert coverage.share_entered(detected_by_hand(), percent=50, rounds=50).estimate.tolist() == [
        1 / 5,
        1 / 4,
        1 / 3,
    ]
    assert coverage.passes_found(detected_by_hand(), "colour", rounds=20).estimate.to_dict() == {
        "black": 0,
        "red": 2 / 3,
    }


def test_the_interval_draws_vehicles_not_sightings():
    rng = np.random.default_rng(0)
    percent = np.where(np.repeat(rng.random(40) < 0.5, 50), 90, np.nan)
    per_vehicle = pd.DataFrame({"vehicle": np.repeat(np.arange(40), 50), "percent": percent})
    table = coverage.share_found(per_vehicle, np.full(2000, "all"), rounds=400)
    width = table.high.iloc[0] - table.low.iloc[0]
    assert (
        0.2 < width < 0.4
    )  # of 40 vehicles: 2 × 1.96 × √(.25/40) = .31; of 2,000 sightings it would be .04


def test_bands_have_names_in_order():
    bands = coverage.in_bands([3, 8, 8.5, 900], (0, 8, 20, 1000), "m")
    assert bands.tolist() == ["0–8 m", "0–8 m", "8–20 m", "over 20 m"]
    assert list(bands.cat.categories) == ["0–8 m", "8–20 m", "over 20 m"]


def test_on_the_twin_the_figures_are_those_of_the_cards_evaluation(data):
    dataset, truth = data
    detections = dataset.detections[dataset.detections.frame.isin(coverage.own_frames(truth))]
    watched = coverage.detected_vehicles(detections, true_vehicles(detections, truth), truth)
    recall = evaluate_detections(detections, coverage.true_boxes(truth)).summary(percent=25)[
        "recall"
    ]
    assert watched[watched.clear].percent.notna().mean() == pytest.approx(
        recall, abs=0.002
    )  # two ways of pairing
    assert coverage.share_entered(watched, rounds=2).sightings["in a frame"] == len(watched)


def rectangle_means(patch, pair):
    (x1, y1, w, h), (x2, y2, _, _) = pair
    return patch[y1 : y1 + h, x1 : x1 + w].mean() - patch[y2 : y2 + h, x2 : x2 + w].mean()


def test_rectangles_by_integral_image_are_differences_of_means():
    rng = np.random.default_rng(1)
    image, pairs = rng.integers(0, 256, (60, 80)), _draw_rectangles(50, rng)
    sums = np.zeros((61, 81), np.int32)
    sums[1:, 1:] = image.cumsum(0).cumsum(1)
    places = np.array([[0, 0], [7, 31], [60 - _HEIGHT, 80 - _WIDTH]])
    expected = [
        [rectangle_means(image[y : y + _HEIGHT, x : x + _WIDTH], pair) for pair in pairs]
        for y, x in places
    ]
    np.testing.assert_allclose(_measure(sums, places, pairs), expected, atol=1e-3)


def test_rectangles_lie_inside_the_window_side_by_side():
    pairs = _draw_rectangles(300, np.random.default_rng(2))
    assert (pairs >= 0).all()
    assert (pairs[:, :, 2:] >= 1).all()
    assert (pairs[:, :, 0] + pairs[:, :, 2] <= _WIDTH).all()
    assert (pairs[:, :, 1] + pairs[:, :, 3] <= _HEIGHT).all()
    moved = np.abs(pairs[:, 1] - pairs[:, 0])
    assert (
        ((moved[:, 0] == pairs[:, 0, 2]) & (moved[:, 1] == 0))
        | ((moved[:, 1] == pairs[:, 0, 3]) & (moved[:, 0] == 0))
    ).all()


def test_boosting_agrees_with_scikit_learns():
    from sklearn.ensemble import AdaBoostClassifier
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(3)
    values = rng.normal(size=(1200, 6))
    positive = values[:, 0] + values[:, 1] + 0.5 * values[:, 2] + rng.normal(0, 0.3, 1200) > 0
    train, test = slice(0, 800), slice(800, None)
    both = np.hstack([values, -values])
    chosen, thresholds, votes = _adaboost(both[train], positive[train], 60, rng)
    ours = (
        (np.where(both[test][:, chosen] > thresholds, 1, -1) @ votes > 0) == positive[test]
    ).mean()
    theirs = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=60).fit(
        values[train], positive[train]
    )
    assert ours > theirs.score(values[test], positive[test]) - 0.03
    assert set(chosen % 6) >= {0, 1, 2}


def test_the_old_way_finds_vehicles_that_it_has_not_seen_better_than_chance(data, monkeypatch):
    monkeypatch.setattr(viola_jones, "_ROUNDS", (20, 80))
    monkeypatch.setattr(viola_jones, "_LESSONS", 10)
    dataset, truth = data
    own, boxes = coverage.own_frames(truth), coverage.true_boxes(truth)
    clear = boxes[~boxes.ignore]
    learn, test = own.iloc[:300:4], own.iloc[320:400:8]
    old = train_boosted(
        [dataset.image(f) for f in learn],
        [clear.loc[clear.frame == f, BOX].to_numpy() for f in learn],
    )
    found = pd.concat(
        [old.detect(dataset.image(f)).assign(frame=f) for f in test], ignore_index=True
    )
    figures = evaluate_detections(found, coverage.true_boxes(truth, test)).summary(percent=0)
    mirrored = found.assign(x1=351 - found.x2, x2=351 - found.x1)
    chance = evaluate_detections(mirrored, coverage.true_boxes(truth, test)).summary(percent=0)
    assert figures["AP"] > chance["AP"] + 0.1
    assert 0.3 < old.ruled_out(dataset.image(test.iloc[0])) < 1


def test_without_a_vehicle_there_is_nothing_to_learn():
    with pytest.raises(ValueError, match="no vehicle at least"):
        train_boosted([np.zeros((240, 352, 3), np.uint8)], [np.zeros((0, 4))])


def test_a_published_detector_is_run_where_its_weights_are_and_named_where_they_are_not(
    tmp_path, monkeypatch
):
    import torch
    from imageai.yolov3.tiny_yolov3 import YoloV3Tiny

    from cctview import weights
    from cctview.detect import detector as detect

    torch.manual_seed(0)
    torch.save(YoloV3Tiny(detect.TINY_YOLO_ANCHORS).state_dict(), tmp_path / "tiny-yolov3.pt")
    (tmp_path / "yolov3.pt").write_bytes(b"no weights")
    monkeypatch.setattr(weights, "check_published", lambda path: None)
    found = published_detectors(tmp_path)
    assert found["ImageAI's TinyYOLOv3"].architecture == "tiny-yolov3"
    assert "cannot be read" in found["ImageAI's YOLOv3"].note
    assert (
        found["ImageAI's RetinaNet"].note
        == "not fetched: cctview fetch weights retinanet_resnet50_fpn_coco-eeacb38b.pth"
    )
    images = {"a--1": np.zeros((240, 352, 3), np.uint8), "a--2": np.zeros((240, 352, 3), np.uint8)}
    table = compare_detectors(found, images, coverage.true_boxes(TRUTH, list(images)), rounds=20)
    assert table.seconds.notna().tolist() == [True, False, False]
    assert (table.note == "").tolist() == [True, False, False]


class Fixed:
    """A detector that finds the true box in every frame, and one where nothing is."""

    def detect(self, image):
        x = 0 if image[0, 0, 0] else 10
        rows = [["car", 90.0, x, 0, x + 40, 30], ["car", 20.0, 200, 200, 230, 230]]
        return pd.DataFrame(rows, columns=["type", "percent", *BOX])


def test_detectors_compared_by_hand():
    images = {
        "a--1": np.full((240, 352, 3), 1, np.uint8),
        "a--2": np.zeros((240, 352, 3), np.uint8),
    }
    table = compare_detectors(
        {"fixed": Fixed()}, images, coverage.true_boxes(TRUTH, list(images)), rounds=20
    )
    assert table.loc["fixed", ["AP", "precision", "recall"]].tolist() == [1.0, 0.5, 1.0]
