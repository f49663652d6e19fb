"""Distances against scipy's in float64, and what holds for any distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cdist

from cctview.match import cosine_distances, euclidean_distances

RNG = np.random.default_rng(0)
SPREAD = RNG.normal(size=(90, 1920)).astype(np.float32)
ONE = 30 * RNG.normal(size=(1, 1920))

#: Tables in which the usual float32 formula loses digits, and ordinary ones.
TABLES = {
    "spread": (SPREAD, SPREAD[::-1]),
    "pairs 1e-1 apart": (
        SPREAD,
        SPREAD + np.float32(0.1) * RNG.normal(size=SPREAD.shape).astype(np.float32),
    ),
    "pairs 1e-3 apart": (
        SPREAD,
        SPREAD + np.float32(1e-3) * RNG.normal(size=SPREAD.shape).astype(np.float32),
    ),
    "pairs 1e-5 apart": (
        SPREAD,
        SPREAD + np.float32(1e-5) * RNG.normal(size=SPREAD.shape).astype(np.float32),
    ),
    "the same vectors": (SPREAD, SPREAD),
    "all nearly the same": (
        (ONE + 1e-3 * SPREAD).astype(np.float32),
        (ONE - 1e-3 * SPREAD).astype(np.float32),
    ),
    "far from the origin": (SPREAD + np.float32(1000), SPREAD[:40] + np.float32(1000)),
    "two distant clusters": (np.concatenate([SPREAD + 100, SPREAD - 100]), SPREAD + 100),
    "float16": (SPREAD.astype(np.float16), SPREAD[:50].astype(np.float16)),
    "float64": (1 + 1e-3 * SPREAD.astype(np.float64), 1 - 1e-3 * SPREAD.astype(np.float64)),
    "integers": (RNG.integers(-9, 9, (30, 8)), RNG.integers(-9, 9, (20, 8))),
    "one number wide": (SPREAD[:, :1], SPREAD[:, :1]),
}


def exact_cosine(a, b):
    """One minus a cosine loses its digits in float64 as well, where the vectors are nearly the
    same.
    """
    a, b = (
        x / np.linalg.norm(x, axis=1, keepdims=True)
        for x in (a.astype(np.longdouble), b.astype(np.longdouble))
    )
    return np.array([[((x - y) ** 2).sum() / 2 for y in b] for x in a]).astype(np.float64)


@pytest.mark.parametrize("name", TABLES)
def test_euclidean_is_within_1e_4_of_the_median_distance(name):
    a, b = TABLES[name]
    exact = cdist(a.astype(np.float64), b.astype(np.float64))
    distances = euclidean_distances(a, b)
    assert distances.dtype == np.float32
    assert np.abs(distances - exact).max() <= 1e-4 * np.median(exact)
    np.testing.assert_allclose(distances, exact, rtol=1e-4, atol=1e-6 * np.median(exact))


@pytest.mark.parametrize("name", [name for name in TABLES if name != "integers"])
def test_cosine_is_within_1e_4_of_the_median_distance(name):
    a, b = (table[:30] for table in TABLES[name])
    exact = exact_cosine(a, b)
    distances = cosine_distances(a, b)
    assert np.abs(distances - exact).max() <= 1e-4 * np.median(exact) + 1e-7
    np.testing.assert_allclose(
        distances, cdist(a.astype(np.float64), b.astype(np.float64), "cosine"), atol=1e-6
    )


def test_the_usual_float32_formula_would_fail_here():
    """The tables above are hard: plain |a|² + |b|² - 2ab in float32 misses the bound on them."""
    a, b = TABLES["pairs 1e-3 apart"]
    plain = np.sqrt(np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0))
    exact = cdist(a.astype(np.float64), b.astype(np.float64))
    assert np.abs(plain - exact).max() > 1e-4 * np.median(exact)


TABLE = arrays(np.float32, (7, 5), elements=st.floats(-100, 100, width=32))


@given(TABLE, st.permutations(range(7)))
@settings(max_examples=60, deadline=None)
def test_symmetry_permutation_and_duplicates(table, order):
    scale = max(np.abs(table).max(), 1e-3)
    distances = euclidean_distances(table, table)
    np.testing.assert_allclose(distances, distances.T, atol=1e-4 * scale)
    np.testing.assert_allclose(np.diag(distances), 0, atol=1e-6 * scale)
    np.testing.assert_allclose(
        euclidean_distances(table[order], table), distances[order], atol=1e-4 * scale
    )
    twice = euclidean_distances(table, np.concatenate([table, table]))
    np.testing.assert_allclose(twice[:, :7], twice[:, 7:], atol=1e-4 * scale)


@pytest.mark.parametrize("of", [euclidean_distances, cosine_distances])
def test_clear_errors(of):
    with pytest.raises(
        ValueError, match=r"first table: expected a table of shape \(n, d\).*\(3,\)"
    ):
        of([1.0, 2.0, 3.0], [[1.0]])
    with pytest.raises(
        ValueError, match="second table: expected vectors of 2 numbers, but they have 3"
    ):
        of(np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(
        ValueError, match="second table: row 1 holds a value that is not a finite number"
    ):
        of(np.ones((2, 2)), [[1.0, 1.0], [np.inf, 1.0]])
    with pytest.raises(ValueError, match="expected real numbers"):
        of(np.array([["a", "b"]]), np.ones((2, 2)))


def test_a_vector_of_zeros_has_no_cosine():
    with pytest.raises(ValueError, match="second table: row 1 is all zeros"):
        cosine_distances(np.ones((2, 2)), [[1.0, 1.0], [0.0, 0.0]])


def test_empty_tables():
    assert euclidean_distances(np.zeros((0, 4)), np.zeros((3, 4))).shape == (0, 3)
    assert cosine_distances(np.zeros((2, 4)) + 1, np.zeros((0, 4))).shape == (2, 0)
