"""Identification bits: what a search claims to know about which vehicle it is, and what it is right
about.

A search has m candidates and may also say "none of these"; its posterior gives each a probability.
The vehicle looked for is one of N. The probability of "none of these" is shared evenly by the N - m
vehicles that are not among the candidates. Then

- claimed bits are log2 N - H(posterior), with H the entropy over all N vehicles,
- delivered bits are the mean of log2(N * p(true vehicle)),

which agree in the mean over all searches if the posterior is calibrated. Likelihood ratios become
a posterior by `open_set_posterior`. Where the vehicle is known to be among the candidates, scores
become one by a softmax (`closed_set_bits`).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp


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


def closed_set_bits(log_odds: ArrayLike, true: ArrayLike) -> np.ndarray:
    """Bits that a search delivers if the vehicle is among the candidates: log2(m p(true)).

    Parameters
    ----------
    log_odds : array_like, shape (n, m)
        Natural logarithms, up to a constant a search; p is their softmax.
    true : array_like of int, shape (n,)
        The column of the true match.

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> closed_set_bits([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, -np.inf, -np.inf]], [2, 0]).tolist()
    [0.0, 1.0]
    """
    log_odds, true = np.asarray(log_odds, float), np.asarray(true, int)
    log_p: np.ndarray = log_softmax(log_odds, axis=1)[np.arange(len(true)), true]
    return np.log2(log_odds.shape[1]) + log_p / np.log(2)


def fit_temperature(searches: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """The temperature that makes scores into honest probabilities by a softmax.

    Parameters
    ----------
    searches : sequence of (ndarray of shape (n, m), ndarray of int of shape (n,))
        Scores, larger is more alike, and the column of the true match.

    Returns
    -------
    temperature : float
        Scores are divided by it before the softmax.
    surprise : float
        Mean of -log p(true), in nats, at this temperature.
    """

    def surprise(log_temperature: float) -> float:
        """Mean surprise: log of the candidates, less the bits delivered."""
        parts = [
            np.log(scores.shape[1])
            - np.log(2) * closed_set_bits(scores / np.exp(log_temperature), true)
            for scores, true in searches
        ]
        return float(np.concatenate(parts).mean())

    best = minimize_scalar(surprise, bounds=(-8, 8), method="bounded")
    return float(np.exp(best.x)), float(best.fun)
