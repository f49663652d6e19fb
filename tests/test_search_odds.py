"""Searches in an open set, against counting, galleries drawn at random, scipy, and worlds whose
look-alikes are known.
"""

import numpy as np
import pytest
from scipy import stats

from cctview.privacy.open_set import share_right
from studio.studies.open_set import (
    check_extrapolation,
    extrapolate,
    fit_look_alikes,
    none_of,
    open_set,
)


def gallery(seed, n=60, m=80, alike=0.0):
    """Distances of n queries to m vehicles, the first n of which they look for; `alike` moves each
    query's others together.
    """
    rng = np.random.default_rng(seed)
    distances = rng.normal(3, 1, (n, m)) + alike * rng.normal(size=(n, 1))
    distances[np.arange(n), np.arange(n)] -= 2
    return distances, np.arange(n), np.arange(m)


def test_counts_by_hand():
    searches = open_set(
        [[0.1, 0.2, 0.3, 0.9], [0.4, 0.9, 0.9, 0.1]], ["a", "z"], ["b", "a", "a", "c"]
    )
    flagged, others = searches.counts()
    assert searches.thresholds.tolist() == [0.2]
    assert flagged[:, -1].tolist() == [1, 1]
    assert others.tolist() == [2, 3]
    assert searches.missed(np.ones(2)).tolist() == [0]


def test_rates_are_those_of_counting():
    distances, queries, vehicles = gallery(0, 200, 200)
    table = open_set(distances, queries, vehicles).rates((50, 199), (0.1, 0.3), rounds=10)
    own = np.diag(distances)
    others = np.where(np.eye(200, dtype=bool), np.inf, distances)
    for row in table.itertuples():
        assert row.fnir == pytest.approx((own > row.threshold).mean(), abs=1e-9)
        assert row.low <= row.fnir <= row.high
        assert row.innocents == pytest.approx(
            row.size * (others <= row.threshold).sum() / (200 * 199)
        )
        fpir = (others <= row.threshold).any(axis=1).mean()
        assert row.size < 199 or row.fpir - 0.03 < fpir <= row.fpir
    assert table.alarms.tolist() == pytest.approx([20, 60] * 2)
    strict = open_set(distances, queries, vehicles).rates((50,), (0.01,), rounds=5)
    assert not strict.resolvable.any(), "two false alarms among 200 searches say nothing"


def test_a_smaller_gallery_is_the_mean_over_galleries_drawn_at_random():
    rng = np.random.default_rng(0)
    flagged, others = rng.integers(0, 9, 40), 60
    for size in (1, 5, 30):
        drawn = [
            [(rng.choice(others, size, replace=False) >= k).all() for k in flagged]
            for _ in range(400)
        ]
        assert none_of(flagged, others, size).mean() == pytest.approx(np.mean(drawn), abs=0.02)
    assert none_of(flagged, others, 30) == pytest.approx(stats.hypergeom.pmf(0, 60, flagged, 30))


def test_look_alikes_are_found_in_the_counts():
    rng = np.random.default_rng(0)
    p = np.where(rng.random(4000) < 0.4, 0.0, rng.beta(0.8, 30, 4000))
    none, a, b = fit_look_alikes(rng.binomial(400, p), np.full(4000, 400))
    assert none == pytest.approx(0.4, abs=0.06)
    assert a / (a + b) == pytest.approx(0.8 / 30.8, rel=0.1)


def test_from_half_of_a_gallery_all_of_it_is_foretold():
    rng = np.random.default_rng(1)
    p = np.where(rng.random(3000) < 0.3, 0.0, rng.beta(0.6, 200, 3000))
    half = rng.binomial(500, p)
    whole = half + rng.binomial(500, p)
    assert extrapolate(half, np.full(3000, 500), 1000) == pytest.approx(
        (whole > 0).mean(), abs=0.02
    )
    naive = 1 - (1 - half.sum() / (500 * 3000)) ** 1000
    assert naive > (whole > 0).mean() + 0.2, "as if impostors were independent"


def test_the_check_says_whether_the_model_may_go_on():
    table = check_extrapolation(open_set(*gallery(2, 150, 300, alike=0.5)), (0.3,), halves=3)
    row = table.iloc[0]
    assert row.half == 150
    assert row.low <= row.measured <= row.high
    assert row.holds == (row.low <= row.predicted <= row.high)


def test_of_those_flagged_few_are_right_where_few_are_there():
    assert share_right(0.5, 1.0, 0.5, 0.5) == 0.5
    assert share_right(1.0, 0.9, 0.0, 7.0) == 1, "the vehicle is there, and the only one listed"
    assert np.isnan(share_right(0.0, 1.0, 0.0, 0.0))
    rng = np.random.default_rng(0)
    there, hits = rng.random(100_000) < 0.2, rng.random(100_000) < 0.9
    innocents = rng.poisson(np.where(there, 2.0, 3.0))
    right = (there & hits).sum()
    assert share_right(0.2, 0.9, 2.0, 3.0) == pytest.approx(
        right / (right + innocents.sum()), rel=0.05
    )


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: open_set(np.zeros((0, 3)), [], [1, 2, 3]), "no query"),
        (lambda: open_set([[0.5]], [1], [1]), "only one vehicle"),
        (lambda: open_set([[0.5]], [1], [1, 2]), "expected the shape"),
        (lambda: open_set([[np.nan, 1]], [1], [1, 2]), "NaN"),
        (lambda: open_set([[0.5, 0.5]], [3], [1, 2]), "no vehicle that is looked for"),
        (lambda: open_set(*gallery(0)).rates([500]), "from 1 to 79"),
        (lambda: share_right(1.5, 0.5, 1, 1), "from 0 to 1"),
    ],
)
def test_bad_input(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()
