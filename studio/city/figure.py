"""The stored states of the reader's figure: one driver's days, as far as a system has them."""

import json
from typing import Any

import numpy as np
import pandas as pd

from studio.city.cameras import Kind
from studio.city.leaks import KEPT, SHOWN, VARIANTS, Followed, find_places, join, variants
from studio.city.network import MONTH, Network, Record, open_network, record
from studio.city.outcomes import Outcomes
from studio.city.people import DAY
from studio.city.town import NEAR, Town


def path_of(town: Town, trips, row: int) -> list[int]:
    """The edges of a trip, in order."""
    edges, at = [], int(trips.destination[row])
    while at != trips.origin[row]:
        edge = int(town.last[trips.way[row], trips.origin[row], at])
        edges.append(edge)
        at = int(town.streets.tail[edge])
    return edges[::-1]


def choose_driver(town: Town, followed: Followed) -> int:
    """A commuter who drives much: the one of the followed with the most trips in the first week,
    of those who commute between parts of the town.
    """
    who = followed.drivers[town.drivers.role[followed.drivers] == 0]
    far = town.streets.apart(town.drivers.home[who], town.drivers.work[who])
    who = who[(far > np.quantile(far, 0.5)) & (far < np.quantile(far, 0.9))]
    week = town.trips.driver[town.trips.day < 7]
    return int(who[np.bincount(week, minlength=len(town.drivers))[who].argmax()])


def _known_edges(town: Town, kept: Record, rows: np.ndarray) -> set[int]:
    """Edges between the passes that the system holds to be one trip's."""
    found: set[int] = set()
    for row in rows:
        own = kept.passes.along[kept.passes.trip == row]
        if len(own) < 2:
            continue
        path = path_of(town, kept.trips, row)
        middle = np.cumsum(town.streets.length[path]) - town.streets.length[path] / 2
        found |= {
            edge for edge, at in zip(path, middle, strict=True) if own.min() <= at <= own.max()
        }
    return found


def _of_strangers(
    network: Network, kind: Kind, kept: Record, rows: np.ndarray, count: int
) -> set[int]:
    """Edges of so many trips of others, which begin where one of these rows does; of a plate that
    is misread the camera's own block alone, since a single read is booked.
    """
    found: set[int] = set()
    if kind.plates:
        return {int(network.cameras[kept.first[row]]) for row in rows[:count]}
    trips, passes = network.trips, network.driven.passes
    for k in range(count if len(rows) else 0):
        row = rows[k % len(rows)]
        clock = np.abs(passes.seconds % DAY - kept.begin[row] % DAY)
        there = np.flatnonzero(
            (passes.camera == kept.first[row])
            & (trips.driver[passes.trip] != kept.trips.driver[row])
        )
        if len(there):
            near = there[np.argsort(clock[there], kind="stable")]
            found |= set(
                path_of(network.town, trips, int(passes.trip[near[min(k, len(near) - 1)]]))
            )
    return found


def one_state(
    network: Network,
    kind: Kind,
    outcomes: Outcomes | None,
    followed: Followed,
    keeps: float = 0.0,
) -> dict[int, dict[str, Any]]:
    """What the system has of the one driver in `followed`, by days kept; `keeps` as for
    `studio.city.leaks.join`.
    """
    town, states = network.town, {}
    rows = np.flatnonzero((town.trips.day < MONTH) & (town.trips.driver == followed.drivers[0]))
    kept = record(network, kind, outcomes, town.trips.part(rows), followed.common)
    for days in KEPT:
        begin = 1 if days == 1 else 0
        inside = (kept.trips.day >= begin) & (kept.trips.day < begin + days)
        joined = join(network, kind, kept, followed, inside, keeps=keeps)
        home, _ = find_places(network, kept, followed, joined.rows)
        right = joined.rows[kept.known[joined.rows]]
        wrong = int(joined.strangers.sum())
        at = int(home[0])
        begun = np.flatnonzero(inside & kept.wrong & (kept.first >= 0))
        begun = np.concatenate([joined.rows, begun]) if not kind.plates else begun
        states[days] = {
            "trips": int(inside.sum()),
            "known": len(right),
            "strangers": wrong,
            "right": sorted(_known_edges(town, kept, joined.rows)),
            "wrong": sorted(_of_strangers(network, kind, kept, begun, wrong)),
            "home": None if at < 0 else [int(town.streets.x[at]), int(town.streets.y[at])],
            "near": at >= 0
            and bool(town.streets.apart(at, town.drivers.home[followed.drivers[0]]) <= NEAR),
        }
    return states


def driver_states(
    town: Town,
    kinds: dict[str, Kind],
    tables: dict[str, Outcomes],
    followed: Followed,
    driver: int,
    count: int,
) -> dict[str, dict[str, Any]]:
    """The states of a driver, by number of the kind, cameras, days kept and number of the variant;
    of plate readers none in which appearance is kept, since that changes nothing.
    """
    one = Followed(np.array([driver]), followed.common, followed.about)
    states, network = {}, open_network(town, "busiest", count)
    for v, (_, seen, keeps) in enumerate(variants(network)):
        for k, kind in enumerate(kinds.values()):
            if not (kind.plates and keeps):
                made = one_state(seen, kind, tables.get(kind.name), one, keeps)
                states |= {f"{k} {count} {days} {v}": each for days, each in made.items()}
    return states


def figure_data(
    town: Town,
    kinds: dict[str, Kind],
    driver: int,
    states: dict[str, dict[str, Any]],
    curves: pd.DataFrame,
) -> bytes:
    """All that the figure shows, as JSON; `states` as from `driver_states`, of all counts."""
    streets, counts = town.streets, sorted(curves["cameras"].unique().tolist())
    driven = _driven(town, driver)
    shown = driven[max(KEPT)].union(*(made["right"] + made["wrong"] for made in states.values()))
    edges = sorted(shown)
    number = {edge: k for k, edge in enumerate(edges)}
    ends = [
        [
            int(v[at])
            for at in (streets.tail[edge], streets.head[edge])
            for v in (streets.x, streets.y)
        ]
        for edge in edges
    ]
    sites = town.cameras("busiest", max(counts))
    both = [(v[streets.tail] + v[streets.head])[sites] / 2 for v in (streets.x, streets.y)]
    home = town.drivers.home[driver]
    data = {
        "drivers": len(town.drivers),
        "km": round(streets.km),
        "size": [int(streets.x.max()), int(streets.y.max())],
        "grid": [sorted({int(v) for v in values}) for values in (streets.x, streets.y)],
        "counts": counts,
        "days": list(KEPT),
        "variants": list(VARIANTS),
        "kinds": [{"name": kind.name, "basis": kind.basis} for kind in kinds.values()],
        "cameras": np.rint(np.stack(both, axis=1)).astype(int).tolist(),
        "edges": ends,
        "driven": {str(days): sorted(number[e] for e in some) for days, some in driven.items()},
        "home": [int(streets.x[home]), int(streets.y[home])],
        "states": {
            name: made | {key: [number[e] for e in made[key]] for key in ("right", "wrong")}
            for name, made in states.items()
        },
        "figures": SHOWN,
        "curves": _curves(curves, list(kinds)),
    }
    return json.dumps(data, separators=(",", ":")).encode()


def _driven(town: Town, driver: int) -> dict[int, set[int]]:
    """The edges that a driver drives on, by days kept."""
    rows = np.flatnonzero((town.trips.driver == driver) & (town.trips.day < MONTH))
    paths = [(int(town.trips.day[row]), path_of(town, town.trips, row)) for row in rows]
    driven = {}
    for days in KEPT:
        begin = 1 if days == 1 else 0
        kept = [path for day, path in paths if begin <= day < begin + days]
        driven[days] = {edge for path in kept for edge in path}
    return driven


def _curves(curves: pd.DataFrame, kinds: list[str]) -> list[list[float]]:
    """Kind, cameras, days, figure, variant (numbers), coverage, estimate, low and high."""
    shown = curves[(curves["drivers"] == "everyone") & curves["figure"].isin(SHOWN)]
    rows, names = [], list(VARIANTS)
    for row in shown.sort_values("cameras", kind="stable").itertuples():
        kind, _, variant = row.kind.partition(", ")
        if variant not in VARIANTS:
            continue  # placed in another way
        place = [kinds.index(kind), row.cameras, row.days]
        place += [SHOWN.index(row.figure), names.index(variant)]
        values = (row.coverage, row.estimate, row.low, row.high)
        rows.append([*place, *(round(value, 3) for value in values)])
    return rows
