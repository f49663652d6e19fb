"""Simulated against published values that were not put in."""

import numpy as np
import pandas as pd

from studio.city.network import Network, open_network
from studio.city.people import DAY, ROLES
from studio.city.sources import MILE, PUBLISHED, ROAD_KM, WHY
from studio.city.town import Town

_POINTS, _SAMPLE = 4, 400


def against_published(town: Town) -> pd.DataFrame:
    """Columns `figure`, `unit`, `published`, `simulated`, `why they differ`, `source`."""
    km, minutes = town.alone.totals[:, 0] / 1000, town.alone.totals[:, 1] / 60
    week = town.trips.part(np.flatnonzero(town.trips.day < 7))
    taxi = town.drivers.role[week.driver] == ROLES.index("taxi")
    own = km[~taxi]
    share = town.streets.km / ROAD_KM["*Norfolk*: 176 plate readers"]
    made = {
        "trips a day": len(week) / len(town.drivers) / 7,
        "minutes a day": minutes.sum() / len(town.drivers) / 7,
        "km a day": km.sum() / len(town.drivers) / 7,
        "trips under 3 miles": (own < 3 * MILE).mean(),
        "km an hour of taxis": km[taxi].sum() / minutes[taxi].sum() * 60,
        "unicity of four points": _unicity(town),
        "reads a day by 176 readers": _reads(
            open_network(town, "busiest", max(1, round(176 * share)))
        ),
    }
    ends = np.random.default_rng((town.seed, 11)).integers(len(town.streets.x), size=(2, 4_000))
    far = abs(np.diff(town.streets.x[ends], axis=0)) + abs(np.diff(town.streets.y[ends], axis=0))
    about = {
        "anywhere": far.mean() / 1000 * made["trips a day"],
        "near": (far < 3000 * MILE).mean(),
        "drivers": len(town.drivers),
        "crossings": len(town.streets.x),
    }
    rows = [
        (name, value.unit, value.value, made[name], WHY[name].format(**about), value.source)
        for name, value in PUBLISHED.items()
    ]
    columns = ["figure", "unit", "published", "simulated", "why they differ", "source"]
    return pd.DataFrame(rows, columns=columns)


def _unicity(town: Town) -> float:
    """Share of drivers whom four random ends of trips (place and hour, of six weeks) single out."""
    trips = town.trips
    hour = (trips.start // 3600).astype(np.int64)
    cell = hour * len(town.streets.x) + trips.origin
    order = np.argsort(cell, kind="stable")
    known = cell[order]
    rng, alone, asked = np.random.default_rng((town.seed, 10)), 0, 0
    for driver in rng.permutation(len(town.drivers))[:_SAMPLE]:
        own = cell[slice(*np.searchsorted(trips.driver, [driver, driver + 1]))]
        if len(own) < _POINTS:
            continue
        asked += 1
        others: set[int] | None = None
        for one in rng.choice(own, _POINTS, replace=False):
            rows = order[slice(*np.searchsorted(known, [one, one + 1]))]
            there = set(trips.driver[rows].tolist())
            others = there if others is None else others & there
        alone += len(others or ()) <= 1
    return alone / max(asked, 1)


def _reads(network: Network) -> float:
    """Passes of a driver a day who lives here, before as many cameras a km as Norfolk has."""
    local = network.town.drivers.role[network.trips.driver[network.driven.passes.trip]]
    usual = np.isin(local, [ROLES.index("commuter"), ROLES.index("occasional")])
    count = np.isin(network.town.drivers.role, [ROLES.index("commuter"), ROLES.index("occasional")])
    return float(usual.sum() / count.sum() / 7)


def traffic(town: Town) -> pd.DataFrame:
    """The town's traffic: `figure`, `value`; what competes follows from it."""
    own = town.alone.flow * town.streets.length
    hour = ((town.trips.start % DAY) // 3600).astype(int)
    ends = np.sort(np.stack([town.streets.tail, town.streets.head]), axis=0)
    _, block = np.unique(ends, axis=1, return_inverse=True)
    busiest = np.bincount(block, town.alone.flow).max() * town.others / 7
    rows = [
        ("km of road", town.streets.km),
        ("vehicles a day past an average place", own.sum() * town.others / 7000 / town.streets.km),
        ("vehicles a day past the busiest place", busiest),
        ("vehicles for each driver who lives here", town.others),
        ("share of the busiest hour", np.bincount(hour).max() / len(hour)),
    ]
    return pd.DataFrame(rows, columns=["figure", "value"])
