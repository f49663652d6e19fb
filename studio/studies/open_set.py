"""Searches by appearance alone in an open set: whom they flag, and what they miss.

A search has a threshold: candidates that are near enough are flagged. Two rates describe it
(ISO/IEC 19795-1; NIST FRTE 1:N). FPIR is the share of searches for a vehicle that is not in the
gallery that flag anybody; FNIR is the share of searches for one that is there that do not flag it.
An operator fixes the FPIR that is tolerated; the threshold follows from it, and is stricter the
larger the gallery.

Up to the gallery that was measured, rates are counted: the mean over all smaller galleries is
exact, by the hypergeometric distribution. Beyond it a model goes on from the counts, if it finds
the full gallery from half of it (`check_extrapolation`): each vehicle looked for has look-alikes of
its own, with a probability that varies between vehicles like a beta variable, and some have none.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, logit
from tqdm import tqdm

from cctview.stats import bootstrap

FPIRS = (0.003, 0.01, 0.03, 0.1, 0.3, 0.5)
LEAST_ALARMS = 10
"""An FPIR is resolvable if at least so many false alarms are expected among the searches."""
_GRID = 300  # thresholds that are tried
_FOUND = 0.7  # the loosest of them finds this share of the vehicles that are there


@dataclass(frozen=True)
class OpenSet:
    """Searches of an open set, by threshold.

    Attributes
    ----------
    thresholds : ndarray, shape (t,)
        Ascending distances.
    queries, gallery : ndarray of int, shape (n,) and (m,)
        The vehicle that each search looks for, and those of the gallery, each once.
    searcher, other, place : ndarray of int, shape (k,)
        The pairs of different vehicles that any threshold flags: row of the search, place in the
        gallery, and the first threshold that flags it.
    own : ndarray of float, shape (n,)
        The first threshold that flags the vehicle itself, t if none does; NaN if it is not there.
    """

    thresholds: np.ndarray
    queries: np.ndarray
    gallery: np.ndarray
    searcher: np.ndarray
    other: np.ndarray
    place: np.ndarray
    own: np.ndarray

    @property
    def measured(self) -> int:
        """How many other vehicles each search was compared with, at least."""
        return len(self.gallery) - 1

    def counts(self, times: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """How many others each search flags at each threshold, (n, t), of how many, (n,).

        `times` says how often each vehicle of the gallery counts.
        """
        n, t = len(self.queries), len(self.thresholds)
        each = np.ones(len(self.gallery)) if times is None else times
        cells = np.bincount(self.place + t * self.searcher, each[self.other], n * t)
        itself = np.searchsorted(self.gallery, self.queries)
        itself[itself == len(self.gallery)] = 0
        there = self.gallery[itself] == self.queries
        return cells.reshape(n, t).cumsum(axis=1), each.sum() - np.where(there, each[itself], 0)

    def missed(self, weight: np.ndarray) -> np.ndarray:
        """FNIR at each threshold, (t,): searches for a vehicle that is there and is not flagged."""
        there = ~np.isnan(self.own)
        places = self.own[there].astype(int)
        hits = np.bincount(places, weight[there], len(self.thresholds) + 1).cumsum()[:-1]
        missed: np.ndarray = 1 - hits / weight[there].sum()
        return missed

    def drawn(self, statistic, rounds: int) -> pd.DataFrame:
        """A figure with its interval, by drawing vehicles again on both sides.

        `statistic` takes how often each search counts, and each vehicle of the gallery. A drawn
        gallery holds some vehicles twice, so that it has fewer different ones and a search flags
        somebody less often. So only the spread of the draws is used, around the estimate.
        """
        both = np.concatenate([self.queries, self.gallery])
        known, codes = np.unique(both, return_inverse=True)
        searcher, other = np.split(codes, [len(self.queries)])
        draws = []

        def figures(vehicles: np.ndarray) -> pd.Series:
            times = np.bincount(vehicles, minlength=len(known)).astype(float)
            draws.append(statistic(times[searcher], times[other]))
            return draws[-1]

        table = bootstrap(figures, np.arange(len(known)), rounds)
        shift = table["estimate"] - pd.concat(draws[:rounds], axis=1).mean(axis=1)
        return table.assign(low=table["low"] + shift, high=table["high"] + shift)

    def rates(self, sizes: Sequence[int], fpirs: Sequence[float] = FPIRS, rounds: int = 100):
        """FNIR at fixed FPIR, by the size of the gallery.

        Parameters
        ----------
        sizes : sequence of int
            Numbers of other vehicles, at most `measured`.
        fpirs : sequence of float
        rounds : int
            Of the bootstrap that draws vehicles again on both sides: those looked for, and those
            in the gallery.

        Returns
        -------
        DataFrame
            One row a size and FPIR: `size`, `fpir`, `threshold`, `fnir`, `low`, `high`, `innocents`
            (other vehicles that a search flags on average), `alarms` (false alarms expected among
            the searches), `resolvable` (they are at least `LEAST_ALARMS`).
        """
        if not sizes or min(sizes) < 1 or max(sizes) > self.measured:
            raise ValueError(f"expected sizes from 1 to {self.measured}, but got {list(sizes)}")
        index = pd.MultiIndex.from_product([sizes, fpirs], names=["size", "fpir"])

        def fnir(searches: np.ndarray, gallery: np.ndarray) -> pd.Series:
            at = self._operating_points(searches, gallery, index)
            return pd.Series(np.where(at >= 0, self.missed(searches)[at], 1.0), index)

        table = self.drawn(fnir, rounds).clip(0, 1).rename(columns={"estimate": "fnir"})
        at = self._operating_points(np.ones(len(self.queries)), np.ones(len(self.gallery)), index)
        flagged, others = self.counts()
        share = (flagged / others[:, None]).mean(axis=0)
        table = table.reset_index()
        alarms = table["fpir"] * len(self.queries)
        return table.assign(
            threshold=np.where(at >= 0, self.thresholds[at], np.nan),
            innocents=np.where(at >= 0, share[at], 0) * table["size"],
            alarms=alarms,
            resolvable=alarms >= LEAST_ALARMS,
        )

    def _operating_points(self, searches, gallery, index):
        """The last threshold at which FPIR is at most that of each size and FPIR, -1 for none."""
        flagged, others = self.counts(gallery)

        def fpir(at: int, size: int) -> float:
            none = none_of(flagged[:, at], others, np.minimum(size, others))
            return float(np.average(1 - none, weights=searches))

        places = range(len(self.thresholds))
        return np.array(
            [
                bisect_right(places, allowed, key=lambda at, size=size: fpir(at, size)) - 1
                for size, allowed in index
            ]
        )


def none_of(flagged, others, size):
    """Probability that of `size` drawn from `others` without replacement none is among those
    `flagged` (hypergeometric).
    """
    rest = others - flagged
    with np.errstate(invalid="ignore"):
        log = (
            gammaln(rest + 1)
            - gammaln(np.maximum(rest - size, 0) + 1)
            - gammaln(others + 1)
            + gammaln(np.maximum(others - size, 0) + 1)
        )
    return np.where(rest >= size, np.exp(log), 0.0)


def open_set(distmat, q_pids, g_pids) -> OpenSet:
    """Searches of an open set, from distances.

    Parameters
    ----------
    distmat : array_like, shape (n, m)
        Distances from queries to gallery; smaller is closer.
    q_pids, g_pids : array_like, shape (n,) and (m,)
        Which vehicle each shows. Several images of one vehicle in the gallery count once, by the
        nearest.

    Raises
    ------
    ValueError
        If the shapes do not agree, a distance is NaN, there are fewer than two vehicles in the
        gallery, or no vehicle that is looked for is there.

    Examples
    --------
    >>> searches = open_set([[0.1, 0.2, 0.9]], ["a"], ["b", "a", "c"])
    >>> flagged, others = searches.counts()
    >>> flagged[:, -1].tolist(), others.tolist(), searches.missed(np.ones(1))[-1].item()
    ([1.0], [2.0], 0.0)
    """
    distmat, q_pids, g_pids = np.asarray(distmat, float), np.asarray(q_pids), np.asarray(g_pids)
    if distmat.shape != (len(q_pids), len(g_pids)):
        raise ValueError(
            f"distmat: expected the shape {(len(q_pids), len(g_pids))}, as labels go, but got"
            f" {distmat.shape}"
        )
    if not len(q_pids) or len(np.unique(g_pids)) < 2:
        raise ValueError("nothing to search: there is no query, or only one vehicle in the gallery")
    if np.isnan(distmat).any():
        raise ValueError("distmat holds NaN; use an infinite distance to rule a pair out")
    order = np.argsort(g_pids, kind="stable")
    vehicles, starts = np.unique(g_pids[order], return_index=True)
    nearest = np.minimum.reduceat(distmat[:, order], starts, axis=1)
    same = q_pids[:, None] == vehicles
    if not same.any():
        raise ValueError("no vehicle that is looked for is in the gallery")
    own = np.where(same, nearest, np.inf).min(axis=1)
    there = same.any(axis=1)
    thresholds = np.unique(np.quantile(own[there], np.linspace(0, _FOUND, _GRID)))
    searcher, other = np.nonzero(~same & (nearest <= thresholds[-1]))
    place = np.searchsorted(thresholds, nearest[searcher, other])
    place_own = np.where(there, np.searchsorted(thresholds, own), np.nan)
    return OpenSet(thresholds, q_pids, vehicles, searcher, other, place, place_own)


def fit_look_alikes(flagged, others) -> tuple[float, float, float]:
    """How probably a search flags one other vehicle: it varies between searches.

    With probability `none` a search has no look-alike at all; else the probability is
    beta distributed. Fitted by maximum likelihood (zero-inflated beta-binomial).

    Parameters
    ----------
    flagged, others : array_like, shape (n,)
        How many of how many others each search flagged.

    Returns
    -------
    none, a, b : float
    """
    pairs, count = np.unique(np.stack([flagged, others]), axis=1, return_counts=True)
    k, n = pairs
    mean = min(max((k * count).sum() / (n * count).sum(), 1e-7), 0.9)

    def surprise(x: np.ndarray) -> float:
        none, (a, b) = expit(x[0]), np.exp(x[1:])
        log_p = betaln(a + k, b + n - k) - betaln(a, b)  # binomial coefficients do not depend on x
        log_p = np.where(
            k == 0, np.logaddexp(np.log(none), np.log1p(-none) + log_p), np.log1p(-none) + log_p
        )
        return -float((count * log_p).sum() / count.sum())

    starts = [(logit(none), np.log(0.5), np.log(0.5 * (1 - none) / mean)) for none in (0.02, 0.3)]
    bounds = [(-9, 6), (-6, 8), (-6, 16)]
    fits = [minimize(surprise, start, method="L-BFGS-B", bounds=bounds) for start in starts]
    best = min(fits, key=lambda fit: fit.fun).x
    return float(expit(best[0])), float(np.exp(best[1])), float(np.exp(best[2]))


def extrapolate(flagged, others, size: int) -> float:
    """FPIR in a gallery of `size` others, from what each search flagged among those measured."""
    flagged, others = np.asarray(flagged, float), np.asarray(others, float)
    none, a, b = fit_look_alikes(flagged, others)
    seen = np.exp(betaln(a + flagged, b + others - flagged) - betaln(a, b))
    # a search that flagged nobody has no look-alike, or has some that were not met
    share = np.where(flagged == 0, none / (none + (1 - none) * seen), 0.0)
    further = np.exp(
        betaln(a + flagged, b + others - flagged + size) - betaln(a + flagged, b + others - flagged)
    )
    return float(1 - (share + (1 - share) * further).mean())


def beyond(searches: OpenSet, size: int, fpirs: Sequence[float] = FPIRS) -> pd.DataFrame:
    """FNIR at fixed FPIR in a gallery larger than measured: as `OpenSet.rates`, no intervals."""
    flagged, others = searches.counts()
    missed, places = searches.missed(np.ones(len(others))), range(len(searches.thresholds))
    share, rows = (flagged / others[:, None]).mean(axis=0), []
    for fpir in fpirs:
        at = bisect_right(places, fpir, key=lambda k: extrapolate(flagged[:, k], others, size)) - 1
        threshold, innocents = (
            (searches.thresholds[at], share[at] * size) if at >= 0 else (np.nan, 0)
        )
        rows.append((size, fpir, missed[at] if at >= 0 else 1.0, threshold, innocents))
    table = pd.DataFrame(rows, columns=["size", "fpir", "fnir", "threshold", "innocents"])
    alarms = table["fpir"] * len(searches.queries)
    return table.assign(alarms=alarms, resolvable=alarms >= LEAST_ALARMS)


def check_extrapolation(
    searches: OpenSet, fpirs: Iterable[float] = (0.1, 0.3, 0.5), halves: int = 20, seed: int = 0
) -> pd.DataFrame:
    """Whether the model finds the FPIR of the full gallery from a half of it, drawn at random.

    Returns
    -------
    DataFrame
        One row an FPIR of the full gallery: `fpir`, `half` (size), `measured` (FPIR at its
        threshold), `low`, `high` (its interval by drawing vehicles on both sides), `predicted`
        (mean over halves), `least`, `most` (over halves), `holds` (the mean is in the interval).
    """
    rng, size = np.random.default_rng(seed), searches.measured
    flagged, others = searches.counts()
    fpir = (1 - none_of(flagged, others[:, None], size)).mean(axis=0)
    half, rows, parts = len(searches.gallery) // 2, [], []
    for _ in tqdm(range(halves), "halves of the gallery", unit="half"):
        times = np.zeros(len(searches.gallery))
        times[rng.permutation(len(times))[:half]] = 1
        parts.append(searches.counts(times))
    for wanted in fpirs:
        at = int(np.argmin(np.abs(fpir - wanted)))
        predicted = np.array([extrapolate(k[:, at], n, size) for k, n in parts])
        ends, mean = _fpir(searches, at, size), predicted.mean()
        row = (wanted, half, *ends, mean, predicted.min(), predicted.max())
        rows.append((*row, ends.low <= mean <= ends.high))
    columns = ["fpir", "half", "measured", "low", "high", "predicted", "least", "most", "holds"]
    return pd.DataFrame(rows, columns=columns)


def _fpir(searches: OpenSet, at: int, size: int, rounds: int = 100) -> pd.Series:
    """FPIR at a threshold: estimate, low, high."""
    near = searches.place <= at
    flagging, flagged = searches.searcher[near], searches.other[near]

    def fpir(weight: np.ndarray, gallery: np.ndarray) -> pd.Series:
        counts = np.bincount(flagging, gallery[flagged], len(weight))
        others = np.full(len(weight), gallery.sum() - 1)
        none = none_of(counts, others, np.minimum(size, others))
        return pd.Series(1 - np.average(none, weights=weight))

    return searches.drawn(fpir, rounds).loc[0]
