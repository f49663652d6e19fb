"""Identification bits by hand, calibration against scikit-learn and against systems that are right,
wrong, or too sure.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctview.stats.bits import (
    entropy,
    figures_with_intervals,
    identification_bits,
    open_set_posterior,
    reliability,
    supported_limits,
)

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
    p = rng.random(4000)
    true = rng.random(4000) < p
    honest = reliability(p, true, np.arange(4000) // 4, rounds=50)
    assert ((honest.low - 0.03 < honest.claimed) & (honest.claimed < honest.high + 0.03)).all()
    assert honest["count"].sum() == 4000
    sure = reliability(np.where(p > 0.5, 0.95, 0.05), true, np.arange(4000) // 4, rounds=50)
    assert sure.high.iloc[-1] < 0.95


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


def searches(vehicles, minutes, claimed):
    return pd.DataFrame({"vehicle": vehicles, "minute": minutes, "claimed": claimed})


def test_intervals_draw_vehicles_and_minutes_not_searches():
    rng = np.random.default_rng(0)
    vehicle = np.repeat(np.arange(20), 50)
    claimed = rng.normal(size=20)[vehicle] + 0.01 * rng.normal(size=1000)
    wide = figures_with_intervals(searches(vehicle, 0, claimed), ["claimed"]).loc["claimed"]
    own = figures_with_intervals(searches(np.arange(1000), 0, claimed), ["claimed"]).loc["claimed"]
    assert wide.high - wide.low > 4 * (own.high - own.low)
    assert wide.low <= wide.estimate <= wide.high
    with pytest.raises(ValueError, match="one vehicle in one minute"):
        figures_with_intervals(searches([1, 1], 3, [1.0, 2.0]), ["claimed"])
