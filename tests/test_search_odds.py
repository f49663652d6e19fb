"""Odds of searches, against simulation, scipy, and worlds whose models are known."""

import numpy as np
import pytest
from scipy import stats

from cctview.privacy.open_set import share_right
from studio.studies import open_set as search_odds
from studio.studies.open_set import MODELS, SearchCounts, count_candidates, fit_beta


def gallery(seed, n=60, m=80, alike=0.0):
    """Distances of n queries to m vehicles, the first n of which they look for; `alike` moves each
    query's others together.
    """
    rng = np.random.default_rng(seed)
    distances = rng.normal(3, 1, (n, m)) + alike * rng.normal(size=(n, 1))
    distances[np.arange(n), np.arange(n)] -= 2
    return distances, np.arange(n), np.arange(m)


def figure(table, size, model, name):
    return table[(table["size"] == size) & (table.model == model) & (table.figure == name)].iloc[0]


def test_counts_by_hand():
    counts = count_candidates(
        [[0.1, 0.2, 0.3, 0.9], [0.4, 0.9, 0.9, 0.1]], ["a", "z"], ["b", "a", "a", "c"], 0.35
    )
    assert counts.others.tolist() == [2, 3]
    assert counts.false_matches.tolist() == [1, 1]
    assert counts.found.tolist()[0] == 1
    assert np.isnan(counts.found[1])
    assert counts.ahead.tolist()[0] == 1
    assert counts.anyone[0] == pytest.approx(2 / 5)
    assert counts.measured == 2


def test_what_is_measured_agrees_with_galleries_drawn_at_random():
    """Of galleries without the vehicle looked for: here drawing is done, there it is calculated."""
    distances, queries, vehicles = gallery(0)
    absent = np.arange(1000, 1060)  # nobody whom anyone looks for
    rng = np.random.default_rng(0)
    table = count_candidates(distances[:, 60:], absent, vehicles[60:], 2.0).by_gallery_size(
        [1, 5, 10], rounds=5
    )
    for size in (1, 5, 10):
        drawn = [rng.choice(20, size, replace=False) for _ in range(100)]
        expected = np.mean([(distances[:, 60:][:, rows] <= 2).any(axis=1).mean() for rows in drawn])
        assert figure(table, size, "measured", "fpir").estimate == pytest.approx(expected, abs=0.03)
    assert np.isnan(figure(table, 5, "measured", "misses").estimate)


def test_where_impostors_are_independent_both_models_agree_with_the_measured():
    table = count_candidates(*gallery(1, 200, 300), 0.7).by_gallery_size([10, 100], rounds=5)
    for size in (10, 100):
        measured, *models = (
            figure(table, size, model, "fpir").estimate
            for model in ("measured", "independent", "clusters")
        )
        assert models == pytest.approx([measured] * 2, abs=0.03)


def test_where_they_come_in_clusters_only_the_model_of_clusters_does():
    table = count_candidates(*gallery(2, 200, 300, alike=1.5), 0.7).by_gallery_size(
        [10, 100], rounds=5
    )
    measured, independent, clusters = (
        figure(table, 100, model, "fpir").estimate for model in MODELS
    )
    assert clusters == pytest.approx(measured, abs=0.05)
    assert independent > measured + 0.1


def test_beyond_the_data_only_models_go_on():
    table = count_candidates(*gallery(3), 1.0).by_gallery_size([10, 79, 800], rounds=20)
    assert set(table[table.beyond]["size"]) == {800}
    assert "measured" not in set(table[table.beyond].model)
    assert (table.low <= table.estimate).all()
    assert (table.estimate <= table.high).all()
    innocents = [figure(table, size, "clusters", "innocents").estimate for size in (10, 79, 800)]
    assert innocents == pytest.approx([innocents[0] * k for k in (1, 7.9, 80)])


def test_beta_from_counts():
    rng = np.random.default_rng(0)
    a, b = fit_beta(rng.binomial(400, rng.beta(0.5, 20, 4000)), np.full(4000, 400))
    assert (a, b) == pytest.approx((0.5, 20), rel=0.15)
    a, b = fit_beta(rng.binomial(400, 0.02, 4000), np.full(4000, 400))
    assert a / (a + b) == pytest.approx(0.02, rel=0.05)
    assert a > 20
    counts = SearchCounts(
        np.arange(3), np.full(3, 50), np.array([0, 2, 9]), *np.full((3, 3), np.nan), 1.0
    )
    a, b = fit_beta(counts.false_matches, counts.others)
    expected = 1 - np.mean([stats.betabinom.pmf(0, 1000, a + k, b + 50 - k) for k in (0, 2, 9)])
    assert counts._figures(1000, "clusters", np.arange(3))["fpir"] == pytest.approx(expected)


def test_of_those_flagged_few_are_right_where_few_are_there():
    assert share_right(0.5, 1.0, 0.5) == 0.5
    assert np.isnan(share_right(0.0, 1.0, 0.0))
    rng = np.random.default_rng(0)
    there, hits, innocents = (
        rng.random(100_000) < 0.01,
        rng.random(100_000) < 0.9,
        rng.poisson(3, 100_000),
    )
    right = (there & hits).sum()
    assert share_right(0.01, 0.9, 3.0) == pytest.approx(right / (right + innocents.sum()), rel=0.1)


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: count_candidates(np.zeros((0, 3)), [], [1, 2, 3], 1), "no query"),
        (lambda: count_candidates(np.zeros((2, 0)), [1, 2], [], 1), "gallery is empty"),
        (lambda: count_candidates([[0.5]], [1], [1], 1), "nothing but the vehicle"),
        (lambda: count_candidates([[0.5]], [1, 2], [1], 1), "expected the shape"),
        (lambda: count_candidates([[np.nan]], [1], [2], 1), "NaN"),
        (
            lambda: count_candidates([[0.5, 0.5]], [1], [1, 2], 1).by_gallery_size([1]),
            "at least two groups",
        ),
        (lambda: count_candidates(*gallery(0), 1).by_gallery_size([0]), "at least 1"),
        (lambda: share_right(1.5, 0.5, 1), "from 0 to 1"),
    ],
)
def test_bad_input(call, complaint):
    with pytest.raises(ValueError, match=complaint):
        call()


def test_independent_impostors_by_hand():
    """Of 3 queries, each held against 10 others, 1, 0 and 2 pass: (3 + .5) of (30 + 1) pass, and
    each of 4 drawn must not.
    """
    none = search_odds._none_independent(np.array([1, 0, 2]), np.array([10, 10, 10]), 4)
    assert none == pytest.approx(stats.binom.pmf(0, 4, 3.5 / 31))
