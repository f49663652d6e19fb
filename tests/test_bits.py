"""Identification bits by hand, calibration against scikit-learn and against systems that are right,
wrong, or too sure.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctview.stats.bits import (
    closed_set_bits,
    entropy,
    fit_temperature,
    identification_bits,
    open_set_posterior,
)
from cctview.stats.calibration import log_likelihood_ratio_cost, reliability
from cctview.stats.resampling import bootstrap, bootstrap_both_sides, wilson
from studio.studies.limits import supported_limits

ONE = np.array([[True, False, False, False]])


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_uniform_over_k_of_n_is_log2_n_over_k(k):
    posterior = np.array([[1 / k] * k + [0] * (4 - k) + [0]])
    bits = identification_bits(posterior, ONE, 1000).iloc[0]
    assert bits.claimed == pytest.approx(np.log2(1000 / k))
    assert bits.delivered == pytest.approx(np.log2(1000 / k))
    assert bits.rank1 == pytest.approx(1 / k)
    assert bits["rank"] == k


def test_knowing_nothing_is_no_bits_whether_it_is_there_or_not():
    posterior = [[0.01] * 4 + [0.96]]
    for mates in (ONE, ~ONE & False):
        bits = identification_bits(posterior, mates, 100).iloc[0]
        assert bits.claimed == pytest.approx(0)
        assert bits.delivered == pytest.approx(0)


def test_none_of_these_is_shared_by_those_who_are_not_there():
    bits = identification_bits([[0, 0, 0, 0, 1]], ~ONE & False, 132).iloc[0]
    assert bits.claimed == pytest.approx(np.log2(132 / 128))
    assert bits.delivered == pytest.approx(np.log2(132 / 128))
    assert not bits.mated
    assert np.isnan(bits.rank1)


def test_bits_beyond_the_measured_gallery():
    """Sure of one candidate: 20 bits of a million, of which only the 3 that single out one of 8
    were measured.
    """
    bits = identification_bits([[1.0, 0, 0, 0, 0]], ONE, 2**20, gallery=8).iloc[0]
    assert bits.claimed == 20
    assert bits.beyond == pytest.approx(17)


def test_confidently_wrong_claims_many_bits_and_delivers_negative_ones():
    rng = np.random.default_rng(0)
    mates = np.eye(50, dtype=bool)[rng.integers(50, size=400)]
    favourite = np.where(
        rng.random((400, 1)) < 0.1, mates, np.roll(mates, 7, axis=1)
    )  # right one time in ten
    sure = open_set_posterior(np.where(favourite, 25.0, 0.0), 0.9)
    bits = identification_bits(sure, mates, 100_000)[["claimed", "delivered"]].mean()
    assert bits.claimed > 16
    assert bits.delivered < 0
    honest = open_set_posterior(np.where(favourite, np.log(0.1 * 49 / 0.9), 0.0), 0.999)
    bits = identification_bits(honest, mates, 100_000)[["claimed", "delivered"]].mean()
    assert bits.claimed == pytest.approx(bits.delivered, abs=0.25)
    assert bits.delivered > 10


def test_in_a_calibrated_world_claimed_and_delivered_agree():
    """Ratios of a known model: scores are normal, their mean 2 higher for the vehicle itself; it is
    there 7 times in 10.
    """
    rng = np.random.default_rng(1)
    mates = np.eye(30, dtype=bool)[rng.integers(30, size=4000)] & (rng.random((4000, 1)) < 0.7)
    scores = rng.normal(size=mates.shape) + 2 * mates
    posterior = open_set_posterior(2 * scores - 2, 0.7)
    bits = identification_bits(posterior, mates, 10_000)
    assert bits.claimed.mean() == pytest.approx(bits.delivered.mean(), abs=0.15)
    wrong = identification_bits(open_set_posterior(6 * scores - 18, 0.7), mates, 10_000)
    assert wrong.claimed.mean() > wrong.delivered.mean() + 0.5


@given(
    ratios=st.lists(st.floats(-30, 30), min_size=1, max_size=6),
    present=st.floats(0.01, 0.99),
    extra=st.integers(1, 10**6),
)
def test_claimed_bits_are_between_none_and_all(ratios, present, extra):
    posterior = open_set_posterior([ratios], present)
    assert posterior.sum() == pytest.approx(1)
    bits = identification_bits(
        posterior, [[True] + [False] * (len(ratios) - 1)], len(ratios) + extra
    ).iloc[0]
    assert -1e-9 <= bits.claimed <= np.log2(len(ratios) + extra) + 1e-9
    assert bits.delivered <= np.log2(len(ratios) + extra) + 1e-9


def test_entropy_against_scipy():
    from scipy import stats

    p = np.random.default_rng(0).dirichlet(np.ones(9), 5)
    assert entropy(p) == pytest.approx(stats.entropy(p, base=2, axis=1))


@pytest.mark.parametrize(
    ("posterior", "mates", "population", "complaint"),
    [
        (np.zeros((1, 1)), np.zeros((1, 0)), 10, "at least one candidate"),
        ([[0.2] * 5], ONE[:, :3], 10, "true_match"),
        ([[0.3] * 5], ONE, 10, "sum to 1"),
        ([[0.2] * 5], ONE, 3, "population of 3 is smaller than the gallery of 4"),
        ([[0.2] * 5], ONE, 4, "must have probability 0"),
    ],
)
def test_bad_posteriors(posterior, mates, population, complaint):
    with pytest.raises(ValueError, match=complaint):
        identification_bits(posterior, mates, population)


@pytest.mark.parametrize(
    ("ratios", "present", "complaint"),
    [
        (np.zeros((2, 0)), 0.5, "at least one candidate"),
        ([[np.nan]], 0.5, "NaN"),
        ([[0.0]], 1.5, "probability"),
        ([[-np.inf]], 1.0, "rules out"),
    ],
)
def test_bad_ratios(ratios, present, complaint):
    with pytest.raises(ValueError, match=complaint):
        open_set_posterior(ratios, present)


def test_reliability():
    rng = np.random.default_rng(0)
    p, vehicle = rng.random(4000), np.arange(4000) // 4
    true = rng.random(4000) < p
    honest = reliability(p, true, vehicle, vehicle, rounds=50)
    assert ((honest.low - 0.03 < honest.claimed) & (honest.claimed < honest.high + 0.03)).all()
    assert honest["count"].sum() == 4000
    sure = reliability(np.where(p > 0.5, 0.95, 0.05), true, vehicle, vehicle, rounds=50)
    assert sure.high.iloc[-1] < 0.95


def test_the_cost_is_that_of_the_formula_and_none_after_the_best_correction():
    """Against the sum over single ratios, and an isotonic regression by scikit-learn."""
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(0)
    said = rng.uniform(0.01, 0.99, 3000)
    true = rng.random(3000) < said**2  # too sure

    def cost(p):
        odds = p / (1 - p) / (true.mean() / (1 - true.mean()))
        return (np.log2(1 + 1 / odds[true]).mean() + np.log2(1 + odds[~true]).mean()) / 2

    result = log_likelihood_ratio_cost(said, true)
    assert result["cost"] == pytest.approx(cost(said))
    best = IsotonicRegression().fit(said, true).predict(said).clip(1e-12, 1 - 1e-12)
    assert result["least"] == pytest.approx(cost(best), abs=1e-6)
    honest = log_likelihood_ratio_cost(said**2, true)
    assert honest["calibration"] < 0.02 < result["calibration"]
    assert log_likelihood_ratio_cost(np.full(9, 0.3), np.arange(9) < 3)["cost"] == pytest.approx(
        1, abs=0.02
    )
    weight = rng.integers(0, 3, 3000)
    twice = np.repeat(np.arange(3000), weight)
    assert log_likelihood_ratio_cost(said, true, weight).to_numpy() == pytest.approx(
        log_likelihood_ratio_cost(said[twice], true[twice]).to_numpy()
    )
    assert log_likelihood_ratio_cost([0.5], [True]).isna().all()


def test_the_cost_is_that_of_lir():
    """Ratios and their Cllr by lir 0.1.29 of the Netherlands Forensic Institute: `lir.metrics.cllr`
    and `cllr_min` of these ratios, with equally many of both kinds.
    """
    ratios = np.array([4.0, 2.0, 0.5, 8.0, 0.25, 0.5, 2.0, 0.125])
    result = log_likelihood_ratio_cost(ratios / (1 + ratios), np.arange(8) < 4)
    assert result["cost"] == pytest.approx(0.6654445, abs=1e-6)
    assert result["least"] == pytest.approx(0.5, abs=1e-6)


def test_bits_among_candidates_that_hold_the_vehicle():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(2000, 8))
    column = rng.integers(8, size=2000)
    scores[np.arange(2000), column] += 2  # log odds: 2 x score, up to a constant
    temperature, surprise = fit_temperature([(scores[:1000], column[:1000])])
    assert 1 / temperature == pytest.approx(2, rel=0.1)
    bits = closed_set_bits(scores / temperature, column)
    assert bits[:1000].mean() == pytest.approx(3 - surprise / np.log(2), abs=1e-9)
    p = np.exp(scores / temperature)
    p /= p.sum(axis=1, keepdims=True)
    whole = identification_bits(
        np.column_stack([p, np.zeros(2000)]), np.eye(8, dtype=bool)[column], 8
    )
    assert bits == pytest.approx(whole["delivered"].to_numpy())


def test_a_ratio_is_supported_as_far_as_there_are_comparisons():
    rng = np.random.default_rng(0)
    few = supported_limits(rng.normal(40, 1, 20), rng.normal(-40, 1, 200))[1]
    many = supported_limits(rng.normal(40, 1, 20), rng.normal(-40, 1, 20_000))[1]
    assert np.exp(few) == pytest.approx(201 * 20 / 21)
    assert np.exp(many) == pytest.approx(20_001 * 20 / 21)
    low, high = supported_limits([0.0, 0.0], [0.0, 0.0])
    assert low == high == 0
    with pytest.raises(ValueError, match="both kinds"):
        supported_limits([], [1.0])


def test_intervals_draw_vehicles_on_both_sides():
    """Errors that belong to gallery vehicles: drawing only those looked for misses that."""
    rng = np.random.default_rng(0)
    first, second = (side.ravel() for side in np.meshgrid(np.arange(40), np.arange(40, 80)))
    wrong = (rng.random(80)[second] < 0.2).astype(float)

    def share(weights):
        return np.average(wrong, weights=weights)

    both = bootstrap_both_sides(share, first, second, rounds=200).iloc[0]
    one = bootstrap_both_sides(share, first, first, rounds=200).iloc[0]
    assert both.estimate == wrong.mean()
    assert both.high - both.low > 0.1
    assert one.high - one.low < 1e-9
    # the truth: galleries of 40 others, drawn anew
    truth = [(rng.random(40) < 0.2).mean() for _ in range(2000)]
    spread = np.quantile(truth, 0.975) - np.quantile(truth, 0.025)
    assert 0.6 * spread < both.high - both.low < 1.6 * spread


def test_where_no_other_vehicle_is_involved_a_vehicle_counts_as_often_as_it_is_drawn():
    """Then both sides are one, and the interval is that of drawing vehicles."""
    vehicle = np.repeat(np.arange(12), 3)
    right = (np.random.default_rng(2).random(36) < 0.6).astype(float)

    def share(weights):
        return np.average(right, weights=weights)

    both = bootstrap_both_sides(share, vehicle, vehicle, rounds=200)
    one = bootstrap(lambda rows: right[rows].mean(), vehicle, rounds=200)
    pd.testing.assert_frame_equal(both, one)


def test_wilson_against_scipy():
    from scipy.stats import binomtest

    for hits, count in ((0, 5), (5, 5), (3, 17)):
        expected = binomtest(hits, count).proportion_ci(method="wilson")
        assert wilson(hits, count) == pytest.approx((expected.low, expected.high))
