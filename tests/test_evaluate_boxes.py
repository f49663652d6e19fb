"""Detections and trajectories against hand-computed cases, scikit-learn, and all pairings tried
out.
"""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from cctview.dataset.boxes import BOX, box_iou
from cctview.detect import evaluate_detections
from cctview.stats.resampling import bootstrap
from studio.evaluation.trajectories import evaluate_trajectories


def truth_of(*rows):
    return pd.DataFrame(rows, columns=["frame", *BOX])


def found_of(*rows):
    return pd.DataFrame(rows, columns=["frame", "percent", *BOX])


def test_iou_by_hand():
    boxes = [[0, 0, 4, 4], [2, 2, 6, 6], [9, 9, 9, 9], [5, 5, 3, 3]]
    expected = [[1, 4 / 28, 0, 0], [4 / 28, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(box_iou(boxes, boxes), expected)
    assert box_iou(np.zeros((0, 4)), boxes).shape == (0, 4)


def test_average_precision_by_hand():
    truth = truth_of(
        ("f", 0, 0, 10, 10), ("f", 20, 0, 30, 10), ("g", 0, 0, 10, 10), ("g", 50, 50, 60, 60)
    )
    found = found_of(
        ("f", 90, 0, 0, 10, 10),  # right
        ("f", 80, 1, 0, 10, 10),  # a second box on the same object: wrong
        ("g", 70, 0, 0, 10, 9),  # right
        ("g", 60, 20, 20, 30, 30),  # wrong
        ("f", 50, 20, 0, 30, 8),  # right
    )
    result = evaluate_detections(found, truth)
    assert result.detections["correct"].tolist() == [True, False, True, False, True]
    curve = result.curve()
    np.testing.assert_allclose(curve["precision"], [1, 1 / 2, 2 / 3, 2 / 4, 3 / 5])
    np.testing.assert_allclose(curve["recall"], [1 / 4, 1 / 4, 2 / 4, 2 / 4, 3 / 4])
    assert result.average_precision() == pytest.approx((1 + 2 / 3 + 3 / 5) / 4)
    summary = result.summary(percent=65)
    assert summary[["precision", "recall"]].tolist() == pytest.approx([2 / 3, 2 / 4])


def test_precision_is_the_best_that_is_had_at_this_recall_or_a_higher():
    truth = truth_of(("f", 0, 0, 10, 10), ("f", 20, 0, 30, 10))
    found = found_of(
        ("f", 90, 50, 50, 60, 60), ("f", 80, 0, 0, 10, 10), ("f", 70, 20, 0, 30, 10)
    )  # wrong, right, right
    assert evaluate_detections(found, truth).average_precision() == pytest.approx(2 / 3)


def test_an_ignored_object_is_neither_asked_for_nor_held_against():
    truth = truth_of(("f", 0, 0, 10, 10), ("f", 20, 0, 30, 10)).assign(ignore=[False, True])
    result = evaluate_detections(found_of(("f", 90, 20, 0, 30, 10), ("f", 80, 0, 0, 10, 10)), truth)
    assert result.average_precision() == 1
    assert len(result.detections) == 1


def test_the_taken_object_leaves_the_next_best():
    truth = truth_of(("f", 0, 0, 10, 10), ("f", 0, 3, 10, 13))
    found = found_of(("f", 90, 0, 1, 10, 11), ("f", 80, 0, 1, 10, 11))
    assert evaluate_detections(found, truth).detections["correct"].all()


def test_frames_without_detections_or_objects():
    result = evaluate_detections(found_of(("h", 90, 0, 0, 1, 1)), truth_of(("f", 0, 0, 10, 10)))
    assert result.frames.tolist() == ["f", "h"]
    assert result.average_precision() == 0
    assert np.isnan(result.average_precision([1]))
    nothing = evaluate_detections(found_of(), truth_of(("f", 0, 0, 10, 10)))
    assert nothing.average_precision() == 0
    assert nothing.summary()["recall"] == 0


def test_the_curve_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 300, (200, 2))
    frames = rng.integers(20, size=200)
    truth = pd.DataFrame(np.column_stack([corner, corner + 20]), columns=BOX).assign(frame=frames)
    shift = rng.normal(scale=np.where(np.arange(200) % 3, 1, 60)[:, None], size=(200, 2))
    boxes = np.column_stack([corner + shift, corner + shift + 20])
    found = pd.DataFrame(boxes, columns=BOX).assign(
        frame=frames, percent=rng.integers(25, 100, 200)
    )
    result = evaluate_detections(found, truth)
    correct, percent = result.detections["correct"], result.detections["percent"]
    precision, recall, _ = metrics.precision_recall_curve(correct, percent)
    curve = result.curve()
    np.testing.assert_allclose(curve["precision"], precision[:-1][::-1])
    np.testing.assert_allclose(curve["recall"], recall[:-1][::-1] * correct.sum() / 200)
    assert 0.3 < result.average_precision() < 0.9


def test_repeating_all_frames_changes_nothing():
    truth = truth_of(("f", 0, 0, 10, 10), ("g", 0, 0, 10, 10))
    result = evaluate_detections(found_of(("f", 60, 0, 0, 10, 10), ("g", 90, 30, 0, 40, 10)), truth)
    assert result.average_precision([0, 1, 0, 1]) == result.average_precision() == 0.25
    assert result.average_precision([0]) == 1
    table = bootstrap(result.summary, ["f", "g"], rounds=50)
    assert table.loc["AP", ["low", "high"]].tolist() == [0, 1]


def walk(track, frames, x=0.0):
    return pd.DataFrame(
        [[f, track, x, 10.0 * f, x + 10, 10.0 * f + 10] for f in frames],
        columns=["frame", "track", *BOX],
    )


def test_perfect_trajectories():
    truth = pd.concat([walk("a", range(5)), walk("b", range(2, 6), x=50)])
    result = evaluate_trajectories(truth.assign(track=truth["track"].map({"a": 7, "b": 3})), truth)
    assert result.summary().tolist() == [1, 1, 1]
    assert result.pairs == {7: "a", 3: "b"}


def test_idf1_by_hand():
    # a is broken in 3 + 2 of 5; b is missed; two boxes are false
    truth = pd.concat([walk("a", range(5)), walk("b", range(4), x=50)])
    predicted = pd.concat([walk(1, range(3)), walk(2, range(3, 5)), walk(3, range(2), x=200)])
    result = evaluate_trajectories(predicted, truth)
    assert result.summary().tolist() == pytest.approx([3 / ((9 + 7) / 2), 3 / 7, 3 / 9])
    assert result.summary(np.arange(3))["IDR"] == pytest.approx(3 / 6)


def test_idf1_pairs_as_well_as_any_pairing():
    rng = np.random.default_rng(0)
    for _ in range(20):
        truth = pd.concat([walk(k, range(8), x=30 * k) for k in range(4)], ignore_index=True)
        predicted = truth.copy()
        for frame in range(8):  # identities are swapped at random, within each frame
            rows = predicted.index[predicted["frame"] == frame]
            predicted.loc[rows, "track"] = (
                rng.permutation(4) if rng.random() < 0.6 else np.arange(4)
            )
        agree = np.zeros((4, 4))
        np.add.at(agree, (predicted["track"].to_numpy(int), truth["track"].to_numpy(int)), 1)
        best = max(sum(agree[k, order[k]] for k in range(4)) for order in permutations(range(4)))
        assert evaluate_trajectories(predicted, truth).summary()["IDF1"] == pytest.approx(best / 32)


def test_boxes_without_a_track_count_against_precision():
    truth = walk("a", range(4))
    result = evaluate_trajectories(truth.assign(track=["a", "a", None, None]), truth)
    assert result.summary().tolist() == [0.5, 0.5, 0.5]


def test_trajectories_that_make_no_sense_are_rejected():
    truth = walk("a", range(3))
    with pytest.raises(ValueError, match="truth: the track a has two boxes in the frame 0"):
        evaluate_trajectories(truth, pd.concat([truth, truth]))
    with pytest.raises(ValueError, match="truth: a box has no track"):
        evaluate_trajectories(truth, truth.assign(track=None))
    with pytest.raises(
        ValueError, match="predicted: expected the columns .*, but track is missing"
    ):
        evaluate_trajectories(truth.drop(columns="track"), truth)
    with pytest.raises(ValueError, match="truth: expected the columns .*, but x1, y1 is missing"):
        evaluate_detections(found_of(), truth.drop(columns=["x1", "y1"]))


def test_what_finds_only_an_ignored_box_counts_neither_way():
    columns = ["frame", "track", *BOX]
    truth = pd.DataFrame(
        [[0, "a", 0, 0, 10, 10], [1, "a", 0, 0, 10, 10], [1, "b", 20, 0, 30, 10]], columns=columns
    )
    truth["ignore"] = [False, False, True]
    found = pd.DataFrame(
        [[0, 1, 0, 0, 10, 10], [1, 1, 0, 0, 10, 10], [1, 2, 20, 0, 30, 10], [1, 3, 50, 0, 60, 10]],
        columns=columns,
    )
    evaluation = evaluate_trajectories(
        found, truth
    )  # 2 true boxes, 2 of 3 predicted ones right, 1 false, 1 left out
    assert (evaluation.truths.sum(), evaluation.predictions.sum(), evaluation.agreed.sum()) == (
        2,
        3,
        2,
    )
    assert evaluation.summary()["IDF1"] == 2 * 2 / (2 + 3)


def test_an_ignored_box_does_not_take_the_detection_of_one_that_counts():
    columns = ["frame", "track", *BOX]
    truth = pd.DataFrame(
        [[0, "hidden", 0, 0, 10, 10], [0, "whole", 0, 0, 10, 12]], columns=columns
    ).assign(ignore=[True, False])
    found = pd.DataFrame([[0, 1, 0, 0, 10, 10]], columns=columns)
    assert evaluate_trajectories(found, truth).summary().tolist() == [1.0, 1.0, 1.0]


def test_overlap_agrees_with_torchvision():
    import torch
    from torchvision.ops import box_iou as theirs

    corners = np.sort(np.random.default_rng(0).uniform(0, 50, (2, 9, 2, 2)), axis=2).reshape(
        2, 9, 4
    )
    np.testing.assert_allclose(
        box_iou(*corners), theirs(*torch.from_numpy(corners)).numpy(), atol=1e-9
    )
