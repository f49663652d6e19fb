"""Is a search as often right as it says? Reliability, and what wrong confidence costs (Cllr)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cctview.stats.resampling import bootstrap_both_sides

_EDGES = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
_LEAST = 1e-6  # a probability of 0 or 1 is taken for this, or for 1 less this


def reliability(
    probabilities: ArrayLike,
    outcomes: ArrayLike,
    vehicles: ArrayLike,
    others: ArrayLike,
    edges: Sequence[float] = _EDGES,
    rounds: int = 200,
) -> pd.DataFrame:
    """How often things came true that were given a probability of about p.

    Parameters
    ----------
    probabilities : array_like, shape (n,)
    outcomes : array_like of bool, shape (n,)
    vehicles, others : array_like, shape (n,)
        What is drawn again for the intervals, see `cctview.stats.resampling.bootstrap_both_sides`.
    edges : sequence of float
        Of the bins.
    rounds : int

    Returns
    -------
    DataFrame
        One row a bin that is not empty: `claimed` (mean probability), `true`, `low`, `high` (share
        that came true, with its interval), `count`.

    Examples
    --------
    >>> said, came_true, vehicles = [0.2, 0.2, 0.8, 0.8], [0, 0, 1, 1], [1, 2, 1, 2]
    >>> table = reliability(said, came_true, vehicles, vehicles, edges=(0, 0.5, 1), rounds=20)
    >>> table[["claimed", "true", "count"]]
       claimed  true  count
    0      0.2   0.0      2
    1      0.8   1.0      2
    """
    p, true = np.asarray(probabilities, float), np.asarray(outcomes, float)
    place = np.clip(np.digitize(p, edges) - 1, 0, len(edges) - 2)
    bins, inside = np.unique(place, return_inverse=True)

    def shares(weights: np.ndarray) -> pd.Series:
        hits, counts = (np.bincount(inside, w, len(bins)) for w in (weights * true, weights))
        return pd.Series(np.divide(hits, counts, out=np.full(len(bins), np.nan), where=counts > 0))

    table = bootstrap_both_sides(shares, vehicles, others, rounds)
    count = np.bincount(inside)
    table.insert(0, "claimed", np.bincount(inside, p) / count)
    return table.rename(columns={"estimate": "true"}).assign(count=count)


def log_likelihood_ratio_cost(
    probabilities: ArrayLike, outcomes: ArrayLike, weights: ArrayLike | None = None
) -> pd.Series:
    """Cllr: what it costs to believe these probabilities (Brümmer and du Preez 2006).

    A probability p stands for the likelihood ratio of p / (1 - p) to the odds of the outcomes. With
    the two kinds of outcomes weighted equally, Cllr is the mean of log2(1 + 1 / ratio) over what
    came true, and of log2(1 + ratio) over what did not, halved. A system that says nothing has 1.

    Parameters
    ----------
    probabilities : array_like, shape (n,)
    outcomes : array_like of bool, shape (n,)
    weights : array_like, shape (n,), optional

    Returns
    -------
    Series
        `cost`; `least` (what is left after the best monotone correction of the probabilities, by
        isotonic regression, PAV: how well it tells the two apart); `calibration` (the difference:
        the cost of not knowing how sure it may be). NaN if all outcomes are of one kind.

    Examples
    --------
    Ratios of 3 and 1/3, always in the right direction: log2(1 + 1/3).

    >>> log_likelihood_ratio_cost([0.75, 0.25], [True, False]).round(3).tolist()
    [0.415, 0.0, 0.415]
    """
    from sklearn.isotonic import isotonic_regression

    p, true = np.asarray(probabilities, float), np.asarray(outcomes, bool)
    weight = np.ones(len(p)) if weights is None else np.asarray(weights, float)
    base = np.average(true, weights=weight) if weight.any() else 0.0
    if base in (0, 1):
        return pd.Series({"cost": np.nan, "least": np.nan, "calibration": np.nan})
    prior = np.log(base / (1 - base))
    levels, inside = np.unique(p, return_inverse=True)
    mass, hits = np.bincount(inside, weight), np.bincount(inside, weight * true)
    mean = np.divide(hits, mass, out=np.zeros(len(levels)), where=mass > 0)
    best = isotonic_regression(mean, sample_weight=np.maximum(mass, 1e-12))
    kept = np.clip(levels, _LEAST, 1 - _LEAST)
    cost = _cost(np.log(kept / (1 - kept)) - prior, hits, mass - hits)
    with np.errstate(divide="ignore"):
        least = _cost(np.log(best) - np.log1p(-best) - prior, hits, mass - hits)
    return pd.Series({"cost": cost, "least": least, "calibration": cost - least})


def _cost(log_ratios: np.ndarray, true: np.ndarray, false: np.ndarray) -> float:
    """Cllr of log likelihood ratios, each of so many true and false outcomes."""
    parts = [
        np.average(np.logaddexp(0, sign * log_ratios[counts > 0]), weights=counts[counts > 0])
        for sign, counts in ((-1, true), (1, false))
    ]
    return float(sum(parts) / (2 * np.log(2)))
