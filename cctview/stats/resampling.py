"""Intervals by drawing groups again, and vehicles divided into parts."""

import numpy as np
import pandas as pd


def bootstrap(statistic, groups, rounds=1000, level=0.95, seed=0):
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
    groups = np.asarray(groups)
    labels = pd.factorize(groups)[0]
    members = [np.flatnonzero(labels == k) for k in range(labels.max(initial=-1) + 1)]
    if len(members) < 2:
        raise ValueError(
            f"expected at least two groups to draw from, but got {len(members)}; group by minute or"
            " vehicle"
        )
    rng = np.random.default_rng(seed)
    draws = [
        statistic(
            np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        )
        for _ in range(rounds)
    ]
    estimate = pd.Series(statistic(np.arange(len(groups))))
    tail = 100 * (1 - level) / 2
    table = np.array([np.ravel(draw) for draw in draws], float)
    low, high = [
        [
            np.percentile(column[~np.isnan(column)], at) if (~np.isnan(column)).any() else np.nan
            for column in table.T
        ]
        for at in (tail, 100 - tail)
    ]
    return pd.DataFrame({"estimate": estimate, "low": low, "high": high}, index=estimate.index)


def split_vehicles(table, parts, seed=0):
    """The part, from 0, that the vehicle of each passage is in; -1 for none that drives."""
    known = np.unique(table.loc[table["vehicle"] >= 0, "vehicle"])
    part = dict(
        zip(
            np.random.default_rng(seed).permutation(known),
            np.arange(len(known)) % parts,
            strict=True,
        )
    )
    return table["vehicle"].map(part).fillna(-1).to_numpy(int)
