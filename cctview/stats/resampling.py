"""Intervals by drawing groups again, and vehicles divided into parts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def bootstrap(
    statistic: Callable[[np.ndarray], Any],
    groups: ArrayLike,
    rounds: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """A figure and its interval, by drawing whole groups of rows again with replacement.

    Rows of one group (a vehicle's pictures, a minute's frames) are not independent of each other;
    pairs are never so. Drawing single rows, or pairs, would give an interval that is too narrow.
    (Percentile method, Efron 1979.)

    Parameters
    ----------
    statistic : callable
        Takes an array of row numbers, which may repeat, and returns a number, or a Series of
        numbers.
    groups : array_like, shape (n,)
        The group of each row.
    rounds : int
    level : float
        How often the interval should hold the true value.
    seed : int

    Returns
    -------
    DataFrame
        One row a figure, columns `estimate`, `low`, `high`. Rounds in which a figure is NaN are
        left out.

    Raises
    ------
    ValueError
        If there are fewer than two groups: then nothing says how much the figure varies.

    Examples
    --------
    >>> values = np.arange(10.0)
    >>> bootstrap(lambda rows: values[rows].mean(), groups=values, rounds=200).round(1)
       estimate  low  high
    0       4.5  2.9   6.4
    """
    labels = pd.factorize(np.asarray(groups))[0]
    unknown = labels < 0  # a group that is missing is nobody's: each such row is one by itself
    labels[unknown] = labels.max(initial=-1) + 1 + np.arange(unknown.sum())
    members = [np.flatnonzero(labels == k) for k in range(labels.max(initial=-1) + 1)]
    if len(members) < 2:
        raise ValueError(
            f"expected at least two groups to draw from, but got {len(members)}; group by minute or"
            " vehicle"
        )
    rng, count = np.random.default_rng(seed), len(members)
    drawn = (rng.integers(count, size=count) for _ in range(rounds))
    draws = [statistic(np.concatenate([members[k] for k in chosen])) for chosen in drawn]
    estimate = pd.Series(statistic(np.arange(len(labels))))
    tail = 100 * (1 - level) / 2
    table = np.array([np.ravel(draw) for draw in draws], float)
    columns = [column[~np.isnan(column)] for column in table.T]
    low, high = (
        [np.percentile(column, at) if len(column) else np.nan for column in columns]
        for at in (tail, 100 - tail)
    )
    return pd.DataFrame({"estimate": estimate, "low": low, "high": high}, index=estimate.index)


def bootstrap_both_sides(
    statistic: Callable[[np.ndarray], Any],
    first: ArrayLike,
    second: ArrayLike,
    rounds: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """A figure of comparisons and its interval, by drawing vehicles again on both sides.

    A comparison of two vehicles depends on both. Whole vehicles are drawn again, and a comparison
    counts as often as its first vehicle was drawn, times as often as its second was; one of a
    vehicle with itself counts as often as that vehicle was drawn. (The pigeonhole bootstrap, Owen
    2007, where one set of vehicles is on both sides.) Drawing only those looked for would give an
    interval that is too narrow, because all searches share one gallery.

    Parameters
    ----------
    statistic : callable
        Takes the weights of the comparisons, (n,), and returns a number, or a Series of numbers.
    first, second : array_like, shape (n,)
        The vehicle looked for, and the one that it was compared with or taken for; the same where
        no other vehicle is involved.
    rounds, level, seed
        See `bootstrap`.

    Returns
    -------
    DataFrame
        As from `bootstrap`, and the interval holds the estimate.

    Examples
    --------
    >>> wrong = np.array([0.0, 1.0, 1.0, 0.0])
    >>> share = lambda weights: np.average(wrong, weights=weights) if weights.any() else np.nan
    >>> bootstrap_both_sides(share, [1, 1, 2, 3], [2, 3, 3, 3]).loc[0, "estimate"]
    np.float64(0.5)
    """
    known, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    one, other = codes.reshape(2, -1)
    itself = one == other

    def weighted(drawn: np.ndarray) -> Any:
        times = np.bincount(drawn, minlength=len(known)).astype(float)
        return statistic(times[one] * np.where(itself, 1.0, times[other]))

    table = bootstrap(weighted, np.arange(len(known)), rounds, level, seed)
    table["low"] = np.fmin(table["low"], table["estimate"])
    table["high"] = np.fmax(table["high"], table["estimate"])
    return table


def wilson(hits: float, count: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share of independent trials (Wilson 1927); never 0 to 0 or 1 to 1.

    Examples
    --------
    >>> low, high = wilson(5, 5)
    >>> round(low, 2), round(high, 2)
    (0.57, 1.0)
    """
    from scipy.stats import norm

    z, share = norm.ppf(0.5 + level / 2), hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count**2))
    return float(max(middle - half, 0.0)), float(min(middle + half, 1.0))


def split_vehicles(labels: pd.DataFrame, parts: int, seed: int = 0) -> np.ndarray:
    """The part, from 0, that the `vehicle` of each row is in; -1 for none that drives."""
    known = np.unique(labels.loc[labels["vehicle"] >= 0, "vehicle"])
    order = np.random.default_rng(seed).permutation(known)
    part = dict(zip(order, np.arange(len(known)) % parts, strict=True))
    parts_of: np.ndarray = labels["vehicle"].map(part).fillna(-1).to_numpy(int)
    return parts_of
