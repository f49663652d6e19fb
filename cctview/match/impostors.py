"""Impostors are not independent: how often a different vehicle passes for the same, by how much it
is like it by design.
"""

import numpy as np
import pandas as pd

from cctview.stats.resampling import bootstrap

CLONE, COLOUR, OTHER = (
    "clones: same design and colour",
    "same colour, another design",
    "another colour",
)
FOUND = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
DESIGN = ("kind", "design")


def likeness(pairs, vehicles):
    """How much alike the two vehicles of each pair were made, (n,): `CLONE`, `COLOUR` or `OTHER`;
    "" for one vehicle.

    Parameters
    ----------
    pairs : cctview.match.pairs.Comparisons
    vehicles : DataFrame
        As `cctview.truth.labels.Truth.vehicles`.
    """
    colour = pairs.alike(vehicles, "colour")
    design = np.logical_and.reduce([pairs.alike(vehicles, column) for column in DESIGN])
    return np.where(
        pairs.same, "", np.where(colour & design, CLONE, np.where(colour, COLOUR, OTHER))
    )


def passing(pairs, distances, alike, found=FOUND, rounds=100, seed=0):
    """How often different vehicles pass for the same, by their likeness and by the threshold.

    Parameters
    ----------
    pairs : cctview.match.pairs.Comparisons
    distances : ndarray, shape (n,)
    alike : ndarray of str, shape (n,)
        From `likeness`.
    found : iterable of float
        Each threshold is the one that finds such a share of the same pairs.
    rounds, seed : int
        Of the bootstrap over the vehicles looked for.

    Returns
    -------
    DataFrame
        One row a likeness and threshold: `alike`, `found`, `threshold`, `estimate`, `low`, `high`
        (share that passes), `pairs`.
    """
    asking = np.unique(pairs.vehicles[np.concatenate([a for a, _ in pairs.blocks])])
    who = np.concatenate(
        [np.repeat(np.searchsorted(asking, pairs.vehicles[a]), len(b)) for a, b in pairs.blocks]
    )
    thresholds, tables = np.quantile(distances[pairs.same], list(found)), []
    for kind in (CLONE, COLOUR, OTHER):
        of = np.flatnonzero(alike == kind)
        if not len(of):
            continue
        step = np.searchsorted(
            thresholds, distances[of]
        )  # the first threshold at which the pair passes
        cells = np.bincount(
            who[of] * (len(thresholds) + 1) + step, minlength=len(asking) * (len(thresholds) + 1)
        )
        counts = cells.reshape(len(asking), -1)
        passed, total = counts.cumsum(axis=1)[:, :-1], counts.sum(axis=1)
        table = bootstrap(
            lambda rows, passed=passed, total=total: pd.Series(
                passed[rows].sum(axis=0) / max(total[rows].sum(), 1)
            ),
            np.arange(len(asking)),
            rounds,
            seed=seed,
        )
        tables.append(
            table.assign(alike=kind, found=list(found), threshold=thresholds, pairs=len(of))
        )
    return pd.concat(tables, ignore_index=True)[
        ["alike", "found", "threshold", "estimate", "low", "high", "pairs"]
    ]
