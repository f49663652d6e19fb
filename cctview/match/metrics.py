"""Evaluation of matching: rankings, thresholds, open sets, and how sure the figures are.

Detections and trajectories against the truth are in `cctview.detect.metrics`; its functions can be
had from here too.

Every result can be computed again on a part of its rows (queries, or frames), so that `bootstrap`
can draw them anew: ``bootstrap(evaluation.summary, groups)`` gives each figure with its interval.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd


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
    def cmc(self):
        """Share of queries whose first true match has at most rank 1, 2, …, `max_rank`."""
        found = self.first_rank[~np.isnan(self.first_rank), None] <= np.arange(1, self.max_rank + 1)
        return found.mean(axis=0) if len(found) else np.full(self.max_rank, np.nan)

    @property
    def mAP(self):
        """Mean average precision."""
        return _mean(self.average_precision)

    @property
    def mINP(self):
        """Mean inverse negative penalty."""
        return _mean(self.inverse_negative_penalty)

    @property
    def without_positive(self):
        """How many queries have no true match in the gallery. No figure counts them."""
        return int(np.isnan(self.first_rank).sum())

    def summary(self, rows=slice(None)):
        """The usual figures, over the given queries.

        Parameters
        ----------
        rows : slice or array_like of int

        Returns
        -------
        Series
            rank-1, rank-5, rank-10 (as far as `max_rank` goes), mAP, mINP, queries, without
            positive.
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


def evaluate_rank(distmat, q_pids, g_pids, q_camids, g_camids, max_rank=50):
    """CMC, mAP and mINP of a ranking, in the manner of fast-reid and torchreid.

    A gallery image of the query's vehicle from the query's own camera is left out: to find it again
    there is too easy. Of equal distances the wrong match is ranked first, so that a ranking that
    cannot tell gains nothing by its order (fast-reid leaves it to the sort). An infinite distance
    rules a pair out; it stays in the ranking, at its end.

    Parameters
    ----------
    distmat : array_like, shape (n, m)
        Distances from queries to gallery; smaller is closer.
    q_pids, g_pids : array_like, shape (n,) and (m,)
        Which vehicle each query and each gallery image shows.
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
        If the shapes do not agree, or a distance is NaN.

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
        right = np.sort(distances[same & (g_cameras != q_cameras[query])])
        if not len(right):
            continue
        wrong = np.sort(distances[~same])
        found = np.arange(1, len(right) + 1)
        ranks = found + np.searchsorted(wrong, right, side="right")
        first[query], precision[query], penalty[query] = (
            ranks[0],
            (found / ranks).mean(),
            len(right) / ranks[-1],
        )
    return RankEvaluation(first, precision, penalty, min(max_rank, distmat.shape[1]))


def roc_curve(distances, same):
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
    distances, same = _check_pairs(distances, same)
    order = np.argsort(distances, kind="stable")
    distances, same = distances[order], same[order]
    last = np.append(
        np.flatnonzero(np.diff(distances)), len(distances) - 1
    )  # of each run of equal distances
    accepted = np.cumsum(same)[last]
    tpr = np.append(0.0, accepted / same.sum())
    fpr = np.append(0.0, (last + 1 - accepted) / (~same).sum())
    return fpr, tpr, np.append(-np.inf, distances[last])


def tpr_at_fpr(distances, same, fpr):
    """The largest share of same pairs accepted at a threshold that accepts at most `fpr` of the
    different ones.

    Nothing is interpolated between thresholds.

    Parameters
    ----------
    distances, same
        As for `roc_curve`.
    fpr : float or array_like
        The false positive rates that are tolerated, from 0 to 1.

    Returns
    -------
    float or ndarray

    Examples
    --------
    >>> tpr_at_fpr([1.0, 2.0, 2.0, 4.0], [True, True, False, False], [0.1, 0.5]).tolist()
    [0.5, 1.0]
    """
    rates, tpr, _ = roc_curve(distances, same)
    return tpr[np.searchsorted(rates, fpr, side="right") - 1]


def roc_auc(distances, same):
    """Probability that a same pair is closer than a different one; an equal distance counts half.

    Parameters
    ----------
    distances, same
        As for `roc_curve`.

    Returns
    -------
    float

    Examples
    --------
    >>> roc_auc([1.0, 2.0, 2.0, 4.0], [True, True, False, False])
    0.875
    """
    fpr, tpr, _ = roc_curve(distances, same)
    return float(np.trapezoid(tpr, fpr))


@dataclass(frozen=True)
class OpenSetEvaluation:
    """Searches for vehicles that may or may not be in the gallery, one row a query.

    Attributes
    ----------
    mated : ndarray of bool, shape (n,)
        Whether the query's vehicle is in the gallery.
    distance : ndarray, shape (n,)
        The threshold from which on a mated query finds its vehicle (infinite if others fill the
        list before it), or a non-mated query finds anyone at all.
    """

    mated: np.ndarray
    distance: np.ndarray

    def rates(self, thresholds, rows=slice(None)):
        """False positive and false negative identification rates (FPIR and FNIR) by threshold.

        Parameters
        ----------
        thresholds : array_like
            A candidate is returned when its distance is at most the threshold.
        rows : slice or array_like of int

        Returns
        -------
        DataFrame
            Columns `threshold`, `fpir` (share of non-mated queries that return someone), `fnir`
            (share of mated queries that miss their vehicle), `mated`, `non_mated`; a rate of no
            queries is NaN.
        """
        mated, distance = self.mated[rows], self.distance[rows]
        thresholds = np.atleast_1d(np.asarray(thresholds, float))
        found = distance[:, None] <= thresholds
        return pd.DataFrame(
            {
                "threshold": thresholds,
                "fpir": _share(found[~mated]),
                "fnir": _share(~found[mated]),
                "mated": mated.sum(),
                "non_mated": (~mated).sum(),
            }
        )

    def fnir_at_fpir(self, fpir, rows=slice(None)):
        """FNIR at the largest threshold at which FPIR is at most `fpir`; NaN if either kind of
        query is missing.
        """
        mated, distance = self.mated[rows], self.distance[rows]
        if mated.all() or not mated.any():
            return np.nan
        others = np.sort(distance[~mated])
        tolerated = int(np.floor(fpir * len(others) + 1e-9))
        limit = others[tolerated] if tolerated < len(others) else np.inf
        return float(1 - (distance[mated] < limit).mean())


def evaluate_open_set(distmat, q_pids, g_pids, q_camids=None, g_camids=None, rank=None):
    """Identification in an open set: the vehicle looked for may not be in the gallery at all.

    Parameters
    ----------
    distmat : array_like, shape (n, m)
    q_pids, g_pids : array_like, shape (n,) and (m,)
    q_camids, g_camids : array_like, optional
        If given, a gallery image of the query's vehicle from the query's own camera is left out.
    rank : int, optional
        The length of the list of candidates; by default it has no end.

    Returns
    -------
    OpenSetEvaluation

    Raises
    ------
    ValueError
        If the shapes do not agree, or a distance is NaN.

    Examples
    --------
    >>> result = evaluate_open_set([[0.2, 0.6], [0.4, 0.9]], ["a", "x"], ["a", "b"])
    >>> result.rates([0.1, 0.3, 0.5])[["fpir", "fnir"]].to_numpy().tolist()
    [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    """
    cameras = (q_camids, g_camids)
    if (q_camids is None) != (g_camids is None):
        raise ValueError("give the cameras of both queries and gallery, or of neither")
    if q_camids is None:  # as if no two pictures came from one camera
        cameras = (np.zeros(len(q_pids), int), np.ones(len(g_pids), int))
    distmat, q_ids, g_ids, q_cameras, g_cameras = _check_gallery(distmat, q_pids, g_pids, *cameras)
    same = q_ids[:, None] == g_ids
    right = np.where(same & (q_cameras[:, None] != g_cameras), distmat, np.inf)
    wrong = np.where(same, np.inf, distmat)
    mated = (same & (q_cameras[:, None] != g_cameras)).any(axis=1)
    mate, other = right.min(axis=1, initial=np.inf), wrong.min(axis=1, initial=np.inf)
    if rank is not None:
        mate = np.where((wrong <= mate[:, None]).sum(axis=1) < rank, mate, np.inf)
    return OpenSetEvaluation(mated, np.where(mated, mate, other))


def open_set_by_gallery_size(
    distmat, q_pids, g_pids, sizes, thresholds, rounds=20, seed=0, **options
):
    """FPIR and FNIR as the gallery grows, each averaged over galleries of so many vehicles drawn at
    random.

    Parameters
    ----------
    distmat, q_pids, g_pids
        As for `evaluate_open_set`; a query whose vehicle is not drawn becomes a non-mated one.
    sizes : iterable of int
        Numbers of vehicles in the gallery.
    thresholds : array_like
    rounds : int
        How many galleries of each size to draw.
    seed : int
    **options
        Passed to `evaluate_open_set`.

    Returns
    -------
    DataFrame
        Columns `size`, `threshold`, `fpir`, `fnir`.

    Raises
    ------
    ValueError
        If a size is more than the gallery has vehicles.
    """
    distmat, g_pids = np.asarray(distmat), np.asarray(g_pids)
    vehicles, rng, tables = np.unique(g_pids), np.random.default_rng(seed), []
    for size in sizes:
        if not 1 <= size <= len(vehicles):
            raise ValueError(f"a gallery of {size} vehicles cannot be drawn from {len(vehicles)}")
        for _ in range(rounds if size < len(vehicles) else 1):
            drawn = np.isin(g_pids, rng.choice(vehicles, size, replace=False))
            part = dict(options)
            if part.get("g_camids") is not None:
                part["g_camids"] = np.asarray(part["g_camids"])[drawn]
            result = evaluate_open_set(distmat[:, drawn], q_pids, g_pids[drawn], **part)
            tables.append(result.rates(thresholds).assign(size=size))
    table = pd.concat(tables, ignore_index=True)
    return table.groupby(["size", "threshold"], as_index=False)[["fpir", "fnir"]].mean()


def _mean(values):
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else np.nan


def _share(table):
    return table.mean(axis=0) if len(table) else np.full(table.shape[1], np.nan)


def _check_gallery(distmat, q_pids, g_pids, q_camids, g_camids):
    """Distances as an array, vehicles and cameras as whole numbers, or an error."""
    distmat = np.asarray(distmat)
    if distmat.ndim != 2:
        raise ValueError(
            "distmat: expected a table of shape (queries, gallery), but the shape is"
            f" {distmat.shape}"
        )
    numbered = []
    for name, queries, gallery in (("pids", q_pids, g_pids), ("camids", q_camids, g_camids)):
        queries, gallery = (np.asarray(list(labels)) for labels in (queries, gallery))
        if (queries.shape, gallery.shape) != (distmat.shape[:1], distmat.shape[1:]):
            raise ValueError(
                f"q_{name} and g_{name}: expected {distmat.shape[0]} and {distmat.shape[1]} labels,"
                f" as distmat has rows and columns, but got {len(queries)} and {len(gallery)}"
            )
        codes = pd.factorize(np.concatenate([queries.astype(object), gallery.astype(object)]))[0]
        numbered += [codes[: len(queries)], codes[len(queries) :]]
    if np.isnan(distmat).any():
        query = int(np.flatnonzero(np.isnan(distmat).any(axis=1))[0])
        raise ValueError(
            f"distmat: row {query} holds NaN; use an infinite distance to rule a pair out"
        )
    return distmat, *numbered


def _check_pairs(distances, same):
    distances, same = np.asarray(distances, float), np.asarray(same, bool)
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
