"""Rankings and thresholds, against hand-computed galleries, scikit-learn and plain
loops.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cctview.match import evaluate_rank, roc_auc, roc_curve, tpr_at_fpr
from cctview.stats.resampling import bootstrap

metrics = pytest.importorskip("sklearn.metrics")


def one_query(distances, pids, cameras=None, **options):
    return evaluate_rank([distances], [1], pids, ["N"], cameras or ["S"] * len(pids), **options)


def test_a_ranking_by_hand():
    # order: wrong, right, right, wrong, right
    result = one_query([0.1, 0.2, 0.3, 0.4, 0.5], [9, 1, 1, 9, 1])
    assert result.cmc.tolist() == [0, 1, 1, 1, 1]
    assert result.mAP == pytest.approx((1 / 2 + 2 / 3 + 3 / 5) / 3)
    assert result.mINP == pytest.approx(3 / 5)
    assert result.without_positive == 0


def test_no_positive_is_counted_and_divides_nothing():
    result = evaluate_rank([[0.1, 0.2], [0.2, 0.1]], [1, 2], [2, 3], "NN", "SS")
    assert result.without_positive == 1
    assert result.cmc.tolist() == [0, 1]
    assert result.mAP == 0.5
    summary = result.summary()
    assert (summary["queries"], summary["without positive"]) == (2, 1)


def test_no_positive_at_all():
    result = one_query([0.1, 0.2], [2, 3])
    assert result.without_positive == 1
    assert np.isnan([result.mAP, result.mINP, *result.cmc]).all()


def test_all_positive():
    result = one_query([0.3, 0.1, 0.2], [1, 1, 1])
    assert (result.cmc.tolist(), result.mAP, result.mINP) == ([1, 1, 1], 1, 1)


def test_ties_count_against_the_ranking():
    result = one_query([0.5, 0.5, 0.5], [1, 2, 3])
    assert result.cmc.tolist() == [0, 0, 1]
    assert result.mAP == pytest.approx(1 / 3)
    assert one_query([0.5, 0.5, 0.5], [1, 1, 2]).mAP == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_the_same_camera_is_left_out():
    # the nearest is the same vehicle, seen by the query's own camera: neither found nor in the way
    result = one_query([0.1, 0.2, 0.3], [1, 2, 1], ["N", "N", "S"])
    assert result.cmc.tolist() == [0, 1, 1]
    assert result.mAP == 0.5
    assert one_query([0.1, 0.2], [1, 2], ["N", "S"]).without_positive == 1


def test_one_image():
    result = one_query([0.7], [1])
    assert (result.cmc.tolist(), result.mAP, result.mINP) == ([1], 1, 1)


def test_a_pair_that_is_ruled_out_comes_last():
    assert one_query([np.inf, 0.2, np.inf], [1, 2, 3]).cmc.tolist() == [0, 0, 1]


def gallery(seed, levels=None, n=12, m=40):
    rng = np.random.default_rng(seed)
    distances = rng.random((n, m)) if levels is None else rng.integers(levels, size=(n, m)) / levels
    return (
        distances,
        rng.integers(8, size=n),
        rng.integers(8, size=m),
        rng.integers(3, size=n),
        rng.integers(3, size=m),
    )


def evaluate_by_loops(distances, q_pids, g_pids, q_cameras, g_cameras):
    rows = []
    for query, row in enumerate(distances):
        kept = [
            (distance, pid == q_pids[query])
            for distance, pid, camera in zip(row, g_pids, g_cameras, strict=True)
            if pid != q_pids[query] or camera != q_cameras[query]
        ]
        ranks = [rank for rank, (_, right) in enumerate(sorted(kept), start=1) if right]
        if ranks:
            precision = sum((k + 1) / rank for k, rank in enumerate(ranks)) / len(ranks)
            rows.append((ranks[0], precision, len(ranks) / ranks[-1]))
        else:
            rows.append((np.nan,) * 3)
    return np.array(rows).T


@pytest.mark.parametrize("levels", [None, 5])
@pytest.mark.parametrize("seed", range(5))
def test_against_plain_loops(seed, levels):
    data = gallery(seed, levels)
    result, expected = evaluate_rank(*data), evaluate_by_loops(*data)
    np.testing.assert_array_equal(result.first_rank, expected[0])
    np.testing.assert_allclose(result.average_precision, expected[1])
    np.testing.assert_allclose(result.inverse_negative_penalty, expected[2])


def test_average_precision_is_that_of_scikit_learn():
    distances, q_pids, g_pids, _, _ = gallery(7)
    result = evaluate_rank(distances, q_pids, g_pids, np.zeros(12), np.ones(40))
    for query in range(12):
        expected = metrics.average_precision_score(g_pids == q_pids[query], -distances[query])
        assert result.average_precision[query] == pytest.approx(expected)


@given(st.integers(0, 10**6), st.permutations(range(40)))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_gallery_does_not_matter(seed, order):
    distances, q_pids, g_pids, q_cameras, g_cameras = gallery(seed, levels=4)
    straight = evaluate_rank(distances, q_pids, g_pids, q_cameras, g_cameras)
    shuffled = evaluate_rank(
        distances[:, order], q_pids, g_pids[order], q_cameras, g_cameras[order]
    )
    np.testing.assert_allclose(straight.average_precision, shuffled.average_precision)
    np.testing.assert_array_equal(straight.cmc, shuffled.cmc)


def test_labels_may_be_text():
    numbers = gallery(3)
    words = [numbers[0], *(np.array([f"v{x}" for x in labels]) for labels in numbers[1:])]
    np.testing.assert_array_equal(
        evaluate_rank(*numbers).first_rank, evaluate_rank(*words).first_rank
    )


def test_evaluate_rank_rejects():
    with pytest.raises(
        ValueError, match=r"q_pids and g_pids: expected 1 and 2 labels.*got 1 and 3"
    ):
        one_query([0.1, 0.2], [1, 2, 3])
    with pytest.raises(ValueError, match="row 0 holds NaN; use an infinite distance"):
        one_query([0.1, np.nan], [1, 2])
    with pytest.raises(ValueError, match="expected a table of shape"):
        evaluate_rank([0.1], [1], [1], [1], [1])


@pytest.mark.parametrize("levels", [None, 6])
def test_roc_is_that_of_scikit_learn(levels):
    rng = np.random.default_rng(0)
    same = rng.random(200) < 0.3
    distances = rng.normal(size=200) - same
    if levels:
        distances = np.round(distances * levels / 4)
    fpr, tpr, thresholds = roc_curve(distances, same)
    expected = metrics.roc_curve(same, -distances, drop_intermediate=False)
    np.testing.assert_allclose(fpr, expected[0])
    np.testing.assert_allclose(tpr, expected[1])
    np.testing.assert_allclose(thresholds, -expected[2])
    assert roc_auc(distances, same) == pytest.approx(metrics.roc_auc_score(same, -distances))


def test_roc_of_tied_pairs_is_that_of_counting():
    """2,000 pairs at a few distances: the shares accepted at each, and the area, by counting."""
    rng = np.random.default_rng(1)
    same = rng.random(2000) < 0.1
    distances = np.round(rng.normal(size=2000) - same, 1)
    fpr, tpr, thresholds = roc_curve(distances, same)
    assert thresholds.tolist() == [-np.inf, *np.unique(distances)]
    for rate, part in ((tpr, same), (fpr, ~same)):
        assert rate.tolist() == [(distances[part] <= at).sum() / part.sum() for at in thresholds]
    closer = distances[same][:, None] - distances[~same]
    expected = ((closer < 0).sum() + (closer == 0).sum() / 2) / closer.size
    assert roc_auc(distances, same) == pytest.approx(expected, rel=1e-12)


def test_tpr_at_fpr_by_hand():
    distances, same = [1, 2, 3, 4, 5, 6], [True, False, True, True, False, True]
    assert tpr_at_fpr(distances, same, 0) == 0.25
    assert tpr_at_fpr(distances, same, 0.49) == 0.25
    assert tpr_at_fpr(distances, same, 0.5) == 0.75
    assert tpr_at_fpr(distances, same, 1) == 1


def test_roc_rejects():
    with pytest.raises(ValueError, match="only one kind"):
        roc_curve([1.0, 2.0], [True, True])
    with pytest.raises(ValueError, match="value 1 is NaN"):
        roc_curve([1.0, np.nan], [True, False])
    with pytest.raises(ValueError, match="one label for each"):
        roc_curve([1.0, 2.0], [True])


def test_bootstrap_of_a_mean_is_its_standard_error():
    values = np.random.default_rng(0).normal(size=400)
    table = bootstrap(lambda rows: values[rows].mean(), np.arange(400))
    error = values.std() / 20
    assert table["estimate"][0] == pytest.approx(values.mean())
    assert table["low"][0] == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert table["high"][0] == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_bootstrap_draws_groups_not_rows():
    values = np.repeat(np.random.default_rng(0).normal(size=20), 50)
    groups = np.repeat(np.arange(20), 50)
    by_group = bootstrap(lambda rows: values[rows].mean(), groups)
    by_row = bootstrap(lambda rows: values[rows].mean(), np.arange(1000))

    def width(table):
        return (table["high"] - table["low"])[0]

    assert width(by_group) == pytest.approx(np.sqrt(50) * width(by_row), rel=0.2)


def test_bootstrap_of_every_kind_of_result():
    data = gallery(0, n=30)
    ranks = evaluate_rank(*data)
    table = bootstrap(ranks.summary, data[1], rounds=100)
    assert table.loc["mAP", "estimate"] == pytest.approx(ranks.mAP)
    assert table.loc["mAP", "low"] < ranks.mAP < table.loc["mAP", "high"]
    same = data[0][:, 0] < 0.4
    table = bootstrap(
        lambda rows: tpr_at_fpr(data[0][rows, 1], same[rows], [0.1, 0.5]), np.arange(30), rounds=50
    )
    assert table.shape == (2, 3)


def test_bootstrap_needs_groups_and_repeats_itself():
    with pytest.raises(ValueError, match="at least two groups"):
        bootstrap(lambda rows: 0.0, ["one", "one"])

    def draw(rows):
        return pd.Series({"mean": rows.mean()})

    pd.testing.assert_frame_equal(
        bootstrap(draw, range(9), rounds=20), bootstrap(draw, range(9), rounds=20)
    )
