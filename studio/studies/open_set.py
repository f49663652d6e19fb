"""Searches in an open set: how many false matches they return, and what they miss.

Up to the gallery that was measured, figures are counted: the mean over all smaller galleries is
exact, by the hypergeometric distribution. Beyond it two models go on from the counts:

- *independent*: every vehicle that is not the one looked for passes with the same probability,
  whichever is looked for;
- *clusters*: each vehicle looked for has look-alikes of its own, in its own number; the probability
  varies between them like a beta variable, fitted to the counts. A vehicle
  with many look-alikes finds ever more of them as the gallery grows, one without finds none.

Both expect the same mean number of false matches. They differ in how many searches return any, and
in how the true match sinks in the ranking.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, gammaln

from cctview.stats import bootstrap

MODELS = ("measured", "independent", "clusters")
_FIGURES = ("innocents", "fpir", "misses", "not first")
_ALIKE = 1e-6  # share of the largest variance, below which the counts show no clusters


@dataclass(frozen=True)
class SearchCounts:
    """What searches at one threshold returned, one row a query.

    Attributes
    ----------
    vehicle : ndarray, shape (n,)
        The vehicle that each looked for.
    others : ndarray of int, shape (n,)
        How many other vehicles were in the gallery.
    false_matches : ndarray of int, shape (n,)
        How many of them were returned.
    found : ndarray of float, shape (n,)
        1 if the vehicle itself was returned, 0 if not; NaN if it was not there.
    ahead : ndarray of float, shape (n,)
        How many others were at least as near as the vehicle itself; NaN if it was not there.
    anyone : ndarray of float, shape (n,)
        Of all pairs of different vehicles, the share that is at least as near; NaN if it was not
        there.
    threshold : float
    """

    vehicle: np.ndarray
    others: np.ndarray
    false_matches: np.ndarray
    found: np.ndarray
    ahead: np.ndarray
    anyone: np.ndarray
    threshold: float

    @property
    def measured(self):
        """The largest gallery that all queries were compared with."""
        return int(self.others.min())

    def by_gallery_size(self, sizes, rounds=200):
        """Figures by the number of other vehicles in the gallery.

        Parameters
        ----------
        sizes : iterable of int
        rounds : int
            Of the bootstrap over vehicles.

        Returns
        -------
        DataFrame
            Columns `size`, `model` (of `MODELS`; "measured" as far as it goes), `figure`,
            `estimate`, `low`, `high`, `beyond` (whether the size is beyond what was measured). The
            figures: `innocents` expected in a search, `fpir` (share of searches that return any),
            `misses` (share of vehicles that are there and not returned), `not first` (share of
            those that another vehicle is ranked before).

        Raises
        ------
        ValueError
            If a size is below 1, or all queries are for one vehicle.
        """
        sizes = [int(size) for size in sizes]
        if not sizes or min(sizes) < 1:
            raise ValueError(f"expected sizes of at least 1, but got {sizes}")
        keys = [
            (size, model)
            for size in sizes
            for model in MODELS
            if model != "measured" or size <= self.measured
        ]

        def figures(rows):
            return pd.Series(
                {
                    (*key, figure): value
                    for key in keys
                    for figure, value in self._figures(*key, rows).items()
                }
            )

        table = bootstrap(figures, self.vehicle, rounds)
        table.index = pd.MultiIndex.from_tuples(table.index, names=["size", "model", "figure"])
        table["low"], table["high"] = (
            np.fmin(table["low"], table["estimate"]),
            np.fmax(table["high"], table["estimate"]),
        )
        table = table.reset_index()
        return table.assign(beyond=table["size"] > self.measured)

    def _figures(self, size, model, rows):
        returned, others, ahead = self.false_matches[rows], self.others[rows], self.ahead[rows]
        mated, none = ~np.isnan(ahead), _NONE_OF[model]
        misses = first = np.nan
        if mated.any():
            misses = 1 - self.found[rows][mated].mean()
            chance = (1 - self.anyone[rows][mated]) ** size
            first = (
                chance if model == "independent" else none(ahead[mated], others[mated], size)
            ).mean()
        values = (
            size * (returned / others).mean(),
            1 - none(returned, others, size).mean(),
            misses,
            1 - first,
        )
        return dict(zip(_FIGURES, values, strict=True))


def _none_measured(passed, others, size):
    """Probability that of `size` drawn from `others` without replacement none is among the
    `passed`.
    """
    rest = others - passed
    with np.errstate(invalid="ignore"):
        log = (
            gammaln(rest + 1)
            - gammaln(np.maximum(rest - size, 0) + 1)
            - gammaln(others + 1)
            + gammaln(others - size + 1)
        )
    return np.where(rest >= size, np.exp(log), 0.0)


def _none_independent(passed, others, size):
    """The same, if each passes with the same probability for all queries."""
    share = (passed.sum() + 0.5) / (others.sum() + 1)
    return np.full(len(passed), (1 - share) ** size)


def _none_clusters(passed, others, size):
    """The same, for each query given its own count, if the probability is beta distributed."""
    a, b = fit_beta(passed, others)
    a, b = a + passed, b + others - passed
    return np.exp(betaln(a, b + size) - betaln(a, b))


_NONE_OF = {
    "measured": _none_measured,
    "independent": _none_independent,
    "clusters": _none_clusters,
}


def fit_beta(passed, others):
    """The beta distribution of the queries' probabilities to be passed, by its moments.

    Parameters
    ----------
    passed, others : array_like, shape (n,)
        How many of how many others each query returned.

    Returns
    -------
    a, b : float
        Both large if the counts vary no more than by chance.

    Examples
    --------
    >>> a, b = fit_beta([0, 0, 0, 50], [100] * 4)
    >>> round(float(a / (a + b)), 3), bool(a < 1)
    (0.126, True)
    """
    passed, others = np.asarray(passed, float), np.asarray(others, float)
    mean = (passed.sum() + 0.5) / (others.sum() + 1)
    most = mean * (1 - mean)
    chance = (most / others).mean()
    between = max(np.mean((passed / others - mean) ** 2) - chance, _ALIKE * most)
    total = most / min(between, 0.99 * most) - 1
    return mean * total, (1 - mean) * total


def count_candidates(distmat, q_pids, g_pids, threshold):
    """Count what searches return at a threshold.

    Parameters
    ----------
    distmat : array_like, shape (n, m)
        Distances from queries to gallery; smaller is closer.
    q_pids, g_pids : array_like, shape (n,) and (m,)
        Which vehicle each shows. Several images of one vehicle in the gallery count once, by the
        nearest.
    threshold : float
        Vehicles at most so far away are returned.

    Returns
    -------
    SearchCounts

    Raises
    ------
    ValueError
        If the shapes do not agree, a distance is NaN, or the gallery is empty, or holds only the
        vehicle looked for.

    Examples
    --------
    >>> counts = count_candidates([[0.1, 0.2, 0.9]], ["a"], ["b", "a", "c"], threshold=0.5)
    >>> counts.false_matches.tolist(), counts.found.tolist(), counts.ahead.tolist()
    ([1], [1.0], [1.0])
    """
    distmat, q_pids, g_pids = np.asarray(distmat, float), np.asarray(q_pids), np.asarray(g_pids)
    if distmat.shape != (len(q_pids), len(g_pids)):
        raise ValueError(
            f"distmat: expected the shape {(len(q_pids), len(g_pids))}, as labels go, but got"
            f" {distmat.shape}"
        )
    if not distmat.size:
        raise ValueError("nothing to search: there is no query, or the gallery is empty")
    if np.isnan(distmat).any():
        raise ValueError("distmat holds NaN; use an infinite distance to rule a pair out")
    order = np.argsort(g_pids, kind="stable")
    vehicles, starts = np.unique(g_pids[order], return_index=True)
    nearest = np.minimum.reduceat(distmat[:, order], starts, axis=1)
    same = q_pids[:, None] == vehicles
    others, mated = (~same).sum(axis=1), same.any(axis=1)
    if not others.all():
        raise ValueError(
            "the gallery holds nothing but the vehicle looked for: there is no other to take for it"
        )
    own = np.where(same, nearest, np.inf).min(axis=1)
    different = np.sort(nearest[~same])
    return SearchCounts(
        q_pids,
        others,
        (~same & (nearest <= threshold)).sum(axis=1),
        np.where(mated, (own <= threshold).astype(float), np.nan),
        np.where(mated, (~same & (nearest <= own[:, None])).sum(axis=1), np.nan),
        np.where(mated, np.searchsorted(different, own, side="right") / len(different), np.nan),
        float(threshold),
    )
