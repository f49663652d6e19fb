"""Metrics of re-identification: rankings, and thresholds on pairs.

A ranking can be judged again on a part of its queries, so that `cctview.stats.bootstrap` can draw
them anew: ``bootstrap(evaluation.summary, groups)`` gives each figure with its interval.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class RankEvaluation:
    """How well true matches are ranked, query by query.

    Attributes
    ----------
    first_rank : ndarray, shape (n,)
        Rank of each query's first true match, counted from 1; NaN for a query without one.
    average_precision : ndarray, shape (n,)
        Mean, over a query's true matches, of the precision at each of them; NaN without one.
    inverse_negative_penalty : ndarray, shape (n,)
        Number of true matches over the rank of the last of them (Ye et al. 2021); NaN without one.
    max_rank : int
    """

    first_rank: np.ndarray
    average_precision: np.ndarray
    inverse_negative_penalty: np.ndarray
    max_rank: int

    @property
    def cmc(self) -> np.ndarray:
        """Share of queries whose first true match has at most rank 1, 2, …, `max_rank`."""
        ranks = self.first_rank[~np.isnan(self.first_rank), None]
        if not len(ranks):
            return np.full(self.max_rank, np.nan)
        cmc: np.ndarray = (ranks <= np.arange(1, self.max_rank + 1)).mean(axis=0)
        return cmc

    @property
    def mAP(self) -> float:
        """Mean average precision."""
        return _mean(self.average_precision)

    @property
    def mINP(self) -> float:
        """Mean inverse negative penalty."""
        return _mean(self.inverse_negative_penalty)

    @property
    def without_positive(self) -> int:
        """How many queries have no true match in the gallery. No figure counts them."""
        return int(np.isnan(self.first_rank).sum())

    def summary(self, rows: Any = slice(None)) -> pd.Series:
        """The usual figures over the queries of the given rows: rank-1, rank-5, rank-10, mAP, mINP.

        And how many they are: "queries", of which some are "without positive".
        """
        part = RankEvaluation(
            self.first_rank[rows],
            self.average_precision[rows],
            self.inverse_negative_penalty[rows],
            self.max_rank,
        )
        figures = {f"rank-{k}": part.cmc[k - 1] for k in (1, 5, 10) if k <= self.max_rank}
        figures |= {"mAP": part.mAP, "mINP": part.mINP}
        figures |= {"queries": len(part.first_rank), "without positive": part.without_positive}
        return pd.Series(figures, dtype=float)


def evaluate_rank(
    distmat: Any,
    q_pids: Iterable[Any],
    g_pids: Iterable[Any],
    q_camids: Iterable[Any],
    g_camids: Iterable[Any],
    max_rank: int = 50,
) -> RankEvaluation:
    """CMC, mAP and mINP of a ranking, in the manner of fast-reid and torchreid.

    A gallery image of the query's vehicle from the query's camera is left out, as too easy. Of
    equal distances the false match is ranked first, so that a ranking gains nothing by its order
    (fast-reid leaves it to the sort). An infinite distance rules a pair out; it stays in the
    ranking, at its end.

    Parameters
    ----------
    distmat : array_like, shape (n, m)
        Distances from queries to gallery; smaller is closer.
    q_pids, g_pids : array_like, shape (n,) and (m,)
        Which vehicle each query and each gallery image shows: labels of any kind, of which 1 and
        "1" are two.
    q_camids, g_camids : array_like, shape (n,) and (m,)
        Which camera took it.
    max_rank : int
        How far the CMC goes; at most m.

    Returns
    -------
    RankEvaluation

    Raises
    ------
    ValueError
        If the shapes do not agree, a distance is NaN or masked, or a label has no equal, as a set.

    Examples
    --------
    >>> result = evaluate_rank([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]], [1, 2], [9, 1, 1], "NN", "SSS")
    >>> result.cmc, result.mAP, result.without_positive
    (array([0., 1., 1.]), 0.5833333333333333, 1)
    """
    distmat, q_ids, g_ids, q_cameras, g_cameras = _check_gallery(
        distmat, q_pids, g_pids, q_camids, g_camids
    )
    first, precision, penalty = np.full((3, len(distmat)), np.nan)
    for query, distances in enumerate(distmat):
        same = g_ids == q_ids[query]
        true = np.sort(distances[same & (g_cameras != q_cameras[query])])
        if not len(true):
            continue
        false = np.sort(distances[~same])
        so_far = np.arange(1, len(true) + 1)
        ranks = so_far + np.searchsorted(false, true, side="right")
        first[query] = ranks[0]
        precision[query] = (so_far / ranks).mean()
        penalty[query] = len(true) / ranks[-1]
    return RankEvaluation(first, precision, penalty, min(max_rank, distmat.shape[1]))


def share_ranked(
    ahead: ArrayLike,
    query_vehicles: ArrayLike,
    gallery_vehicles: ArrayLike,
    first: int = 1,
    rounds: int = 400,
    seed: int = 0,
) -> np.ndarray:
    """How often the true match is among the first candidates, and again by drawing vehicles.

    A draw decides for each vehicle how often it counts, as query *and* as candidate: queries of one
    gallery share their rivals, so drawing queries alone gives too narrow an interval (Owen 2007,
    arXiv 0712.1111).

    Parameters
    ----------
    ahead : array_like, shape (n, m)
        1 where a candidate is closer to the query than the true match, 0.5 where it is as close, 0
        elsewhere, also for the true match itself and for all that the query is not compared with.
    query_vehicles, gallery_vehicles : array_like, shape (n,) and (m,)
    first : int
        Up to which rank a vehicle counts as found.

    Returns
    -------
    ndarray, shape (1 + rounds,)
        The estimate, then that of each draw. Of several sets of queries drawn with one seed, row by
        row the differences can be taken.

    Examples
    --------
    >>> share_ranked([[0, 1], [0, 0]], [1, 2], [1, 2], rounds=4)[0]
    np.float64(0.5)
    """
    ahead = np.asarray(ahead, float)
    vehicles, place = np.unique(
        np.concatenate([query_vehicles, gallery_vehicles]), return_inverse=True
    )
    queries, gallery = np.split(place, [len(ahead)])
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(vehicles), np.full(len(vehicles), 1 / len(vehicles)), rounds)
    draws = np.vstack([np.ones(len(vehicles)), draws])
    ranks = 1 + ahead @ draws[:, gallery].T  # (n, 1 + rounds)
    weights = draws[:, queries].T
    return ((ranks <= first) * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), 1)


def estimate_and_interval(draws: np.ndarray, level: float = 0.95) -> pd.Series:
    """Of an estimate and its draws, shape (1 + rounds,): estimate, low, high.

    Percentiles of the draws, moved by the draws' bias: a gallery in which some vehicles count twice
    is another one than that of the estimate, and ranks in it differ a little on average (Efron and
    Tibshirani 1993, section 10.2).
    """
    tail = (1 - level) / 2
    bias = draws[1:].mean() - draws[0]
    low, high = np.quantile(draws[1:], (tail, 1 - tail)) - bias
    return pd.Series({"estimate": draws[0], "low": low, "high": high})


def roc_curve(distances: ArrayLike, same: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Receiver operating characteristic of a distance threshold.

    Parameters
    ----------
    distances : array_like, shape (n,)
        Of the compared pairs; a pair is accepted when its distance is at most the threshold.
    same : array_like of bool, shape (n,)
        Whether a pair shows one vehicle.

    Returns
    -------
    fpr, tpr, thresholds : ndarray
        Share of different pairs, and of same pairs, that are accepted, at each threshold; the first
        accepts none.

    Raises
    ------
    ValueError
        If the shapes do not agree, a distance is NaN, or one of the two kinds of pairs is missing.

    Examples
    --------
    >>> roc_curve([1.0, 2.0, 2.0, 4.0], [True, True, False, False])
    (array([0. , 0. , 0.5, 1. ]), array([0. , 0.5, 1. , 1. ]), array([-inf,   1.,   2.,   4.]))
    """
    from sklearn import metrics

    distances, same = _check_pairs(distances, same)
    places, values = _in_order(distances)
    fpr, tpr, scores = metrics.roc_curve(same, -places, drop_intermediate=False)
    return fpr, tpr, np.append(-np.inf, values[-scores[1:].astype(int)])


def tpr_at_fpr(distances: ArrayLike, same: ArrayLike, fpr: ArrayLike) -> Any:
    """The largest share of same pairs accepted while at most `fpr` of the different ones are.

    Nothing is interpolated between thresholds. `distances` and `same` are as for `roc_curve`.

    Examples
    --------
    >>> tpr_at_fpr([1.0, 2.0, 2.0, 4.0], [True, True, False, False], [0.1, 0.5]).tolist()
    [0.5, 1.0]
    """
    rates, tpr, _ = roc_curve(distances, same)
    return tpr[np.searchsorted(rates, fpr, side="right") - 1]


def roc_auc(distances: ArrayLike, same: ArrayLike) -> float:
    """Probability that a same pair is closer than a different one; an equal distance counts half.

    Examples
    --------
    >>> roc_auc([1.0, 2.0, 2.0, 4.0], [True, True, False, False])
    0.875
    """
    from sklearn import metrics

    distances, same = _check_pairs(distances, same)
    return float(metrics.roc_auc_score(same, -_in_order(distances)[0]))


def _mean(values: np.ndarray) -> float:
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else float("nan")


def _check_gallery(
    distmat: Any,
    q_pids: Iterable[Any],
    g_pids: Iterable[Any],
    q_camids: Iterable[Any],
    g_camids: Iterable[Any],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Distances as an array, vehicles and cameras as whole numbers, or an error."""
    distmat = _filled(distmat)
    if distmat.ndim != 2:
        raise ValueError(
            "distmat: expected a table of shape (queries, gallery), but the shape is"
            f" {distmat.shape}"
        )
    q_ids, g_ids = _numbered("pids", q_pids, g_pids, distmat.shape)
    q_cameras, g_cameras = _numbered("camids", q_camids, g_camids, distmat.shape)
    if np.isnan(distmat).any():
        query = int(np.flatnonzero(np.isnan(distmat).any(axis=1))[0])
        raise ValueError(
            f"distmat: row {query} holds NaN; use an infinite distance to rule a pair out"
        )
    return distmat, q_ids, g_ids, q_cameras, g_cameras


def _numbered(
    name: str, queries: Iterable[Any], gallery: Iterable[Any], shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of any kind as whole numbers; one that is missing has a number of its own."""
    q, g = list(queries), list(gallery)
    if (len(q), len(g)) != shape:
        raise ValueError(
            f"q_{name} and g_{name}: expected {shape[0]} and {shape[1]} labels, as distmat has rows"
            f" and columns, but got {len(q)} and {len(g)}"
        )
    known: dict[Any, int] = {}
    codes = np.empty(len(q) + len(g), np.int64)
    for k, label in enumerate([*q, *g]):
        if isinstance(label, np.ndarray | list):
            label = tuple(np.asarray(label).ravel().tolist())
        try:
            missing = not isinstance(label, tuple) and bool(pd.isna(label))
            codes[k] = -1 - k if missing else known.setdefault(label, len(known))
        except TypeError:
            raise ValueError(
                f"{name}: {label!r} cannot be a label; give numbers or texts, or None where it is"
                " not known"
            ) from None
    return codes[: len(q)], codes[len(q) :]


def _filled(distances: Any) -> np.ndarray:
    """Distances as floating-point numbers, NaN where a masked array or a table has none."""
    if np.ma.isMaskedArray(distances):
        distances = np.ma.filled(distances.astype(float), np.nan)
    return np.asarray(distances, float)


def _in_order(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each distance's place among the different ones, and those, in order: infinity is one."""
    values, places = np.unique(distances, return_inverse=True)
    return places, values


def _check_pairs(distances: ArrayLike, same: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    distances = _filled(distances)
    if pd.isna(np.asarray(same, object)).any():
        raise ValueError("same: whether a pair is the same is missing; leave such pairs out")
    same = np.asarray(same, bool)
    if distances.ndim != 1 or distances.shape != same.shape:
        raise ValueError(
            f"expected one label for each distance, but the shapes are {distances.shape} and"
            f" {same.shape}"
        )
    if np.isnan(distances).any():
        raise ValueError(f"distances: value {int(np.flatnonzero(np.isnan(distances))[0])} is NaN")
    if same.all() or not same.any():
        raise ValueError("expected both same and different pairs, but there is only one kind")
    return distances, same
