"""Identification bits: what a search claims to know about which vehicle it is, and what it is right
about.

A search has m candidates and may also say "none of these"; its posterior gives each a probability.
The vehicle looked for is one of N. The probability of "none of these" is shared evenly by the N - m
vehicles that are not among the candidates. Then

- claimed bits are log2 N - H(posterior), with H the entropy over all N vehicles,
- delivered bits are the mean of log2(N * p(true vehicle)),

which agree in the mean if, and only if, the posterior is calibrated. Likelihood ratios become a
posterior by `open_set_posterior`; `reliability` says whether it is calibrated, and
`supported_limits` how large a ratio can be.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from cctview.stats.resampling import bootstrap

_FIGURES = ("claimed", "delivered", "beyond", "rank1", "largest")


def entropy(probabilities: ArrayLike, axis: int = -1) -> np.ndarray:
    """Shannon entropy in bits; 0 log 0 counts as 0.

    Examples
    --------
    >>> float(entropy([0.5, 0.25, 0.25]))
    1.5
    """
    p = np.asarray(probabilities, float)
    bits: np.ndarray = -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=axis)
    return bits


def open_set_posterior(log_ratios: ArrayLike, present: ArrayLike) -> np.ndarray:
    """Posterior over the candidates of a search, and over "none of these".

    Of the prior, `present` is shared evenly by the candidates; a candidate's likelihood ratio says
    how much more probable what was observed of it is if it is the vehicle looked for than if it is
    another.

    Parameters
    ----------
    log_ratios : array_like, shape (n, m)
        Natural logarithms of the likelihood ratios, one row a search.
    present : float or array_like, shape (n,)
        Prior probability that the vehicle is among the candidates at all, 0 to 1.

    Returns
    -------
    ndarray, shape (n, m + 1)
        Rows sum to 1; the last column is "none of these".

    Raises
    ------
    ValueError
        If the gallery is empty, a ratio is NaN, or `present` is no probability.

    Examples
    --------
    >>> open_set_posterior([[np.log(3.0), 0.0]], 0.5).round(3)
    array([[0.5  , 0.167, 0.333]])
    """
    ratios, present = np.asarray(log_ratios, float), np.asarray(present, float)
    if ratios.ndim != 2 or not ratios.shape[1]:
        raise ValueError(
            "expected ratios of shape (searches, candidates) with at least one candidate, but it"
            f" is {ratios.shape}"
        )
    if np.isnan(ratios).any():
        raise ValueError("a likelihood ratio is NaN; use -inf to rule a candidate out")
    if not ((present >= 0) & (present <= 1)).all():
        raise ValueError("expected as present a probability, 0 to 1")
    present = np.broadcast_to(present, ratios.shape[:1])[:, None]
    with np.errstate(divide="ignore"):
        weights = np.hstack([ratios + np.log(present / ratios.shape[1]), np.log1p(-present)])
    total = logsumexp(weights, axis=1, keepdims=True)
    if np.isneginf(total).any():
        raise ValueError("a search rules out every candidate and also 'none of these'")
    posterior: np.ndarray = np.exp(weights - total)
    return posterior


def identification_bits(
    posterior: ArrayLike, true_match: ArrayLike, population: int, gallery: int | None = None
) -> pd.DataFrame:
    """Claimed and delivered bits of each search.

    Parameters
    ----------
    posterior : array_like, shape (n, m + 1)
        Rows sum to 1; the last column is "none of these", see `open_set_posterior`.
    true_match : array_like of bool, shape (n, m)
        Which candidates show the true vehicle; a row without any is a search for a vehicle that is
        not there.
    population : int
        N.
    gallery : int, optional
        How many vehicles were measured. What is claimed of N beyond what would be claimed of these
        few is `beyond`.

    Returns
    -------
    DataFrame
        One row a search: `claimed` and `delivered` bits, `beyond`, `mated`, `rank1` (probability
        that the first of the ranking is right, ties broken at random; NaN without a true match),
        `rank` (of the best true match, ties against it), `largest` (probability of any one
        candidate), `none`.

    Raises
    ------
    ValueError
        If the shapes do not agree, a row is no distribution, or the population is smaller than the
        gallery.

    Examples
    --------
    Four candidates of 1024 equally likely, one of them right: 8 bits, claimed and delivered.

    >>> bits = identification_bits([[0.25] * 4 + [0]], [[True, False, False, False]], 1024)
    >>> bits[["claimed", "delivered", "rank1"]]
       claimed  delivered  rank1
    0      8.0        8.0   0.25
    """
    p, same = np.asarray(posterior, float), np.asarray(true_match, bool)
    _check_posterior(p, same, population, gallery)
    candidates, none = p[:, :-1], p[:, -1]
    mated = same.any(axis=1)
    others = population - candidates.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        missing = none * population / others if others else np.zeros_like(none)
        true = np.where(mated, (candidates * same).sum(axis=1) * population, missing)
        delivered = np.log2(true)
    claimed = claimed_bits(p, population)
    largest = candidates.max(axis=1)
    first = candidates == largest[:, None]
    best = np.where(same, candidates, -1.0).max(axis=1)
    ahead = (~same & (candidates >= best[:, None])).sum(axis=1)
    return pd.DataFrame(
        {
            "claimed": claimed,
            "delivered": delivered,
            "beyond": claimed - claimed_bits(p, gallery) if gallery else 0.0,
            "mated": mated,
            "rank1": np.where(mated, (first & same).sum(axis=1) / first.sum(axis=1), np.nan),
            "rank": np.where(mated, ahead + 1.0, np.nan),
            "largest": largest,
            "none": none,
        }
    )


def claimed_bits(posterior: np.ndarray, population: int) -> np.ndarray:
    """log2 N - H(posterior) of each search, (n,); other vehicles share "none of these" evenly."""
    candidates, none = posterior[:, :-1], posterior[:, -1]
    others = population - candidates.shape[1]
    shared = none * np.log2(others) if others else 0.0
    bits: np.ndarray = np.log2(population) - entropy(candidates) - entropy(none[:, None]) - shared
    return bits


def _check_posterior(p: np.ndarray, same: np.ndarray, population: int, gallery: int | None) -> None:
    if p.ndim != 2 or p.shape[1] < 2:
        raise ValueError(
            "expected a posterior of shape (searches, candidates + 1) with at least one candidate;"
            f" it is {p.shape}"
        )
    if same.shape != (len(p), p.shape[1] - 1):
        raise ValueError(
            f"true_match: expected the shape {(len(p), p.shape[1] - 1)}, as the posterior has it,"
            f" but got {same.shape}"
        )
    if not np.isfinite(p).all() or (p < 0).any() or (np.abs(p.sum(axis=1) - 1) > 1e-6).any():
        raise ValueError("posterior: expected rows of probabilities that sum to 1")
    for name, count in (("population", population), ("gallery", gallery)):
        if count is not None and count < p.shape[1] - 1:
            raise ValueError(
                f"the {name} of {count:,} is smaller than the gallery of {p.shape[1] - 1:,}"
                " candidates"
            )
        if count == p.shape[1] - 1 and (p[:, -1] > 0).any():
            raise ValueError(
                f"the {name} of {count:,} are all among the candidates: 'none of these' must have"
                " probability 0"
            )


def match_probability(bits: ArrayLike, population: ArrayLike) -> np.ndarray:
    """How probable a match is, by evidence worth so many bits, if exactly one of a population is
    the correct one.

    Bayes' rule with a likelihood ratio of 2 to the power of the bits, and prior odds of 1 to all
    the others.

    Parameters
    ----------
    bits : float or array_like
    population : float or array_like
        At least 1.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If a population is below 1.

    Examples
    --------
    Ten bits: a factor of 1024. Among 1025 it is as probable as not:

    >>> float(match_probability(10, 1025)), float(match_probability(10, 1))
    (0.5, 1.0)
    """
    ratio, size = np.exp2(np.asarray(bits, float)), np.asarray(population, float)
    if not (size >= 1).all():
        raise ValueError(f"expected a population of at least 1, but got {size.min()}")
    probability: np.ndarray = ratio / (ratio + size - 1)
    return probability


def figures_with_intervals(
    searches: pd.DataFrame, columns: Sequence[str] = _FIGURES, rounds: int = 400, seed: int = 0
) -> pd.DataFrame:
    """Mean figures of searches and their intervals.

    The searches for one vehicle are not independent, nor are those of one minute: vehicles are
    drawn again, then minutes, and the wider of the two intervals is given.

    Parameters
    ----------
    searches : DataFrame
        As from `identification_bits`, with columns `vehicle` and `minute`.
    columns : list of str
    rounds, seed : int
        See `cctview.stats.resampling.bootstrap`.

    Returns
    -------
    DataFrame
        One row a figure, columns `estimate`, `low`, `high`; the interval holds the estimate.

    Raises
    ------
    ValueError
        If the searches are for one vehicle in one minute: nothing says how much they vary.
    """
    tables = []
    for groups in ("vehicle", "minute"):
        values = searches.groupby(groups)[list(columns)]
        sums, counts = values.sum().to_numpy(float), values.count().to_numpy(float)
        if len(sums) > 1:
            mean = partial(_ratio, sums, counts)
            tables.append(bootstrap(mean, np.arange(len(sums)), rounds, seed=seed))
    if not tables:
        raise ValueError(
            f"{len(searches)} searches for one vehicle in one minute: nothing says how much they"
            " vary; take more"
        )
    estimate = searches[list(columns)].mean()
    low, high = (np.column_stack([table[end] for table in tables]) for end in ("low", "high"))
    low, high = np.minimum(low.min(axis=1), estimate), np.maximum(high.max(axis=1), estimate)
    return pd.DataFrame({"estimate": estimate, "low": low, "high": high})


def _ratio(sums: np.ndarray, counts: np.ndarray, rows: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = sums[rows].sum(axis=0) / counts[rows].sum(axis=0)
    return ratio


def supported_limits(log_same: ArrayLike, log_different: ArrayLike) -> tuple[float, float]:
    """The smallest and largest likelihood ratio that so many comparisons support (ELUB, Vergeer et
    al. 2016).

    One more misleading comparison of each kind is imagined. A ratio is supported as far as deciding
    by it would then still cost less than not looking at all, at the prior odds at which it decides.

    Parameters
    ----------
    log_same, log_different : array_like
        Natural logarithms of the ratios of pairs that show one vehicle, and of pairs that show two.

    Returns
    -------
    low, high : float
        Natural logarithms; low <= 0 <= high.

    Raises
    ------
    ValueError
        If one of the two kinds of pairs is missing.

    Examples
    --------
    Perfect separation of 99 same and 999 different pairs supports a ratio of 990, and one of 1/99
    of 999/1000.

    >>> low, high = supported_limits([50.0] * 99, [-50.0] * 999)
    >>> round(float(np.exp(high))), round(float(np.exp(-low)), 1)
    (990, 99.9)
    """
    same = np.sort(np.asarray(log_same, float))
    different = np.sort(np.asarray(log_different, float))
    if not len(same) or not len(different):
        raise ValueError(
            f"expected pairs of both kinds, but got {len(same)} same and {len(different)} different"
        )
    return -_upper_limit(-different[::-1], -same[::-1]), _upper_limit(same, different)


def _upper_limit(same: np.ndarray, different: np.ndarray) -> float:
    """The largest t with t * (false hits + 1) / (n + 1) < share of hits (ratios above t)."""
    starts = np.unique(np.clip(np.concatenate([[0.0], same, different]), 0, None))
    hits = (len(same) - np.searchsorted(same, starts, side="right")) / (len(same) + 1)
    wrong = len(different) - np.searchsorted(different, starts, side="right")
    false = (wrong + 1) / (len(different) + 1)
    # between two starts both shares stay as they are, so the limit within is where t * false = hits
    with np.errstate(divide="ignore"):
        limit = np.minimum(np.log(hits) - np.log(false), np.append(starts[1:], np.inf))
    supported = limit > starts
    return float(limit[supported].max(initial=0.0))


def reliability(
    probabilities: ArrayLike,
    outcomes: ArrayLike,
    groups: ArrayLike,
    bins: Sequence[float] = (0, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 1),
    rounds: int = 200,
) -> pd.DataFrame:
    """How often things came true that were given a probability of about p.

    Parameters
    ----------
    probabilities : array_like, shape (n,)
    outcomes : array_like of bool, shape (n,)
    groups : array_like, shape (n,)
        What is drawn again for the intervals: the vehicle looked for.
    bins : sequence of float
        Edges.
    rounds : int

    Returns
    -------
    DataFrame
        One row a bin that is not empty: `claimed` (mean probability), `true`, `low`, `high` (share
        that came true, with its interval), `count`.

    Examples
    --------
    >>> said, came_true, vehicles = [0.2, 0.2, 0.8, 0.8], [0, 0, 1, 1], [1, 2, 1, 2]
    >>> table = reliability(said, came_true, vehicles, bins=(0, 0.5, 1), rounds=20)
    >>> table[["claimed", "true", "count"]]
       claimed  true  count
    0      0.2   0.0      2
    1      0.8   1.0      2
    """
    p, true = np.asarray(probabilities, float), np.asarray(outcomes, float)
    place = np.clip(np.digitize(p, bins) - 1, 0, len(bins) - 2)
    rows = []
    for k in np.unique(place):
        at = np.flatnonzero(place == k)
        table = pd.DataFrame({"n": 1, "y": true[at]}).groupby(np.asarray(groups)[at])
        counts, hits = table.sum().to_numpy().T
        low = high = np.nan
        if len(counts) > 1:
            share = bootstrap(partial(_ratio, hits, counts), np.arange(len(counts)), rounds)
            low, high = share.loc[0, ["low", "high"]]
        rows.append((p[at].mean(), true[at].mean(), low, high, len(at)))
    return pd.DataFrame(rows, columns=["claimed", "true", "low", "high", "count"])
