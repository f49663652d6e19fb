"""Identification bits: what a search claims to know about who a vehicle is, and what it is right
about.

A search has m candidates and may also say "none of these"; its posterior gives each a probability.
The vehicle looked for is one of N. The probability of "none of these" is shared evenly by the N - m
vehicles that are not among the candidates. Then

- claimed bits are log2 N - H(posterior), with H the entropy over all N vehicles,
- delivered bits are the mean of log2(N * p(true vehicle)),

which agree in the mean if, and only if, the posterior is calibrated. Likelihood ratios become a
posterior by `open_set_posterior`; whether they are calibrated is told by `reliability`, `brier` and
`cllr`; how large one may be is told by `supported_limits`.
"""

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from cctview.stats.resampling import bootstrap

FIGURES = ["claimed", "delivered", "beyond", "rank1", "largest"]


def entropy(probabilities, axis=-1):
    """Shannon entropy in bits; 0 log 0 counts as 0.

    Examples
    --------
    >>> float(entropy([0.5, 0.25, 0.25]))
    1.5
    """
    p = np.asarray(probabilities, float)
    return -(p * np.log2(np.where(p > 0, p, 1))).sum(axis=axis)


def open_set_posterior(log_ratios, present):
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
    return np.exp(weights - total)


def identification_bits(posterior, mates, population, gallery=None):
    """Claimed and delivered bits of each search.

    Parameters
    ----------
    posterior : array_like, shape (n, m + 1)
        Rows sum to 1; the last column is "none of these", see `open_set_posterior`.
    mates : array_like of bool, shape (n, m)
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
        that the first of the ranking is right, ties broken at random; NaN without a mate), `rank`
        (of the best mate, ties against it), `largest` (probability of any one candidate), `none`.

    Raises
    ------
    ValueError
        If the shapes do not agree, a row is no distribution, or the population is smaller than the
        gallery.

    Examples
    --------
    Four candidates of 1024 equally likely, one of them right: 8 bits, claimed and delivered.

    >>> identification_bits([[0.25] * 4 + [0]], [[True, False, False, False]], 1024)[["claimed", "delivered", "rank1"]]
       claimed  delivered  rank1
    0      8.0        8.0   0.25
    """
    p, mates = np.asarray(posterior, float), np.asarray(mates, bool)
    _check_posterior(p, mates, population, gallery)
    candidates, none = p[:, :-1], p[:, -1]
    mated = mates.any(axis=1)
    others = population - candidates.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        missing = none * population / others if others else np.zeros_like(none)
        true = np.where(mated, (candidates * mates).sum(axis=1) * population, missing)
        delivered = np.log2(true)
    claimed = _claimed(candidates, none, population)
    best = candidates.max(axis=1)
    first = candidates == best[:, None]
    best_mate = np.where(mates, candidates, -1.0).max(axis=1)
    return pd.DataFrame(
        {
            "claimed": claimed,
            "delivered": delivered,
            "beyond": claimed - _claimed(candidates, none, gallery) if gallery else 0.0,
            "mated": mated,
            "rank1": np.where(mated, (first & mates).sum(axis=1) / first.sum(axis=1), np.nan),
            "rank": np.where(
                mated, (~mates & (candidates >= best_mate[:, None])).sum(axis=1) + 1.0, np.nan
            ),
            "largest": best,
            "none": none,
        }
    )


def _claimed(candidates, none, population):
    others = population - candidates.shape[1]
    shared = none * np.log2(others) if others else 0.0
    return np.log2(population) - entropy(candidates) - entropy(none[:, None]) - shared


def _check_posterior(p, mates, population, gallery):
    if p.ndim != 2 or p.shape[1] < 2:
        raise ValueError(
            "expected a posterior of shape (searches, candidates + 1) with at least one candidate;"
            f" it is {p.shape}"
        )
    if mates.shape != (len(p), p.shape[1] - 1):
        raise ValueError(
            f"mates: expected the shape {(len(p), p.shape[1] - 1)}, as the posterior has it, but"
            f" got {mates.shape}"
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


def match_probability(bits, population):
    """How probable a match is, by evidence worth so many bits, where exactly one of a population is
    the right one.

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
    ratio, population = np.exp2(np.asarray(bits, float)), np.asarray(population, float)
    if not (population >= 1).all():
        raise ValueError(f"expected a population of at least 1, but got {population.min()}")
    return ratio / (ratio + population - 1)


def anonymity_set_size(posterior):
    """Among how many equally likely candidates the vehicle is hidden: 2 to the power of the
    entropy.

    Examples
    --------
    >>> float(anonymity_set_size([0.25] * 4))
    4.0
    """
    return 2.0 ** entropy(posterior)


def figures_with_intervals(searches, columns=FIGURES, rounds=400, seed=0):
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
            mean = lambda rows, s=sums, n=counts: s[rows].sum(axis=0) / n[rows].sum(axis=0)
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


def supported_limits(log_same, log_different):
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
    return -_upper_limit(
        -np.asarray(log_different, float), -np.asarray(log_same, float)
    ), _upper_limit(log_same, log_different)


def _upper_limit(log_same, log_different):
    """The largest t such that t * (false hits + 1) / (n + 1) is below the share of hits, hits being
    ratios above t.
    """
    same, different = (
        np.sort(np.asarray(log_same, float)),
        np.sort(np.asarray(log_different, float)),
    )
    if not len(same) or not len(different):
        raise ValueError(
            f"expected pairs of both kinds, but got {len(same)} same and {len(different)} different"
        )
    starts = np.unique(np.clip(np.concatenate([[0.0], same, different]), 0, None))
    hits = (len(same) - np.searchsorted(same, starts, side="right")) / (len(same) + 1)
    false = (len(different) - np.searchsorted(different, starts, side="right") + 1) / (
        len(different) + 1
    )
    # between two starts both shares stay as they are, so the limit within is where t * false = hits
    with np.errstate(divide="ignore"):
        limit = np.minimum(np.log(hits) - np.log(false), np.append(starts[1:], np.inf))
    supported = limit > starts
    return float(limit[supported].max(initial=0.0))


def cllr(log_same, log_different):
    """Cost of log likelihood ratios, in bits (Brümmer and du Preez 2006): 0 is perfect, 1 is what
    saying nothing costs.

    Examples
    --------
    >>> cllr([0.0], [0.0])
    1.0
    """
    same, different = np.asarray(log_same, float), np.asarray(log_different, float)
    if not len(same) or not len(different):
        raise ValueError(
            f"expected pairs of both kinds, but got {len(same)} same and {len(different)} different"
        )
    return float(
        (np.logaddexp(0, -same).mean() + np.logaddexp(0, different).mean()) / 2 / np.log(2)
    )


def cllr_min(log_same, log_different):
    """What `cllr` would be after the best monotone recalibration on these very pairs; the
    difference is lost to calibration.
    """
    from sklearn.isotonic import IsotonicRegression

    scores = np.concatenate([log_same, log_different])
    same = np.repeat([1.0, 0.0], [len(log_same), len(log_different)])
    weights = np.repeat(
        [0.5 / len(log_same), 0.5 / len(log_different)], [len(log_same), len(log_different)]
    )
    p = IsotonicRegression(y_min=0, y_max=1).fit(scores, same, weights).predict(scores)
    with np.errstate(divide="ignore"):
        ratios = np.log(p) - np.log1p(-p)
    return cllr(ratios[same == 1], ratios[same == 0])


def brier(probabilities, outcomes):
    """Mean squared difference between a probability and what came true (0 or 1): 0 is perfect.

    Examples
    --------
    >>> brier([1.0, 0.5], [True, False])
    0.125
    """
    return float(np.mean((np.asarray(probabilities, float) - np.asarray(outcomes, float)) ** 2))


def reliability(
    probabilities, outcomes, groups, bins=(0, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 1), rounds=200
):
    """How often came true what was given a probability of about p.

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
    >>> reliability([0.2, 0.2, 0.8, 0.8], [0, 0, 1, 1], [1, 2, 1, 2], bins=(0, 0.5, 1), rounds=20)[["claimed", "true", "count"]]
       claimed  true  count
    0      0.2   0.0      2
    1      0.8   1.0      2
    """
    p, true, groups = (
        np.asarray(probabilities, float),
        np.asarray(outcomes, float),
        np.asarray(groups),
    )
    place = np.clip(np.digitize(p, bins) - 1, 0, len(bins) - 2)
    rows = []
    for k in np.unique(place):
        at = np.flatnonzero(place == k)
        sums = pd.DataFrame({"n": 1, "y": true[at]}).groupby(groups[at]).sum().to_numpy()
        low = high = np.nan
        if len(sums) > 1:
            share = bootstrap(
                lambda drawn, sums=sums: sums[drawn, 1].sum() / sums[drawn, 0].sum(),
                np.arange(len(sums)),
                rounds,
            )
            low, high = share.loc[0, ["low", "high"]]
        rows.append((p[at].mean(), true[at].mean(), low, high, len(at)))
    return pd.DataFrame(rows, columns=["claimed", "true", "low", "high", "count"])
