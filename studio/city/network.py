"""A network of cameras in a town: what everybody's passes tell, and what followed drivers pass."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from studio.city.cameras import Kind
from studio.city.journeys import Driven, Passes, drive
from studio.city.outcomes import Outcomes
from studio.city.people import DAY, Trips
from studio.city.town import Legs, Town, fit_legs, hourly

MONTH, WEEK = 28, 7
_UNSEEN = 0.02  # passes that are added to each count, so that no place is impossible
_USUAL_SPREAD = 0.2  # of the time between two cameras, where too few tell it


def luck(a, b) -> np.ndarray:
    """A number in [0, 1) for each pair of integers, the same at every call: splitmix64."""
    a, b = np.broadcast_arrays(np.asarray(a).astype(np.uint64), np.asarray(b).astype(np.uint64))
    with np.errstate(over="ignore"):
        z = a * np.uint64(0x9E3779B97F4A7C15) + b * np.uint64(0xBF58476D1CE4E5B9)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) / 2**53


@dataclass(frozen=True)
class Network:
    """Attributes
    ----------
    town : Town
    cameras : ndarray of int
        Their edges.
    trips : Trips
        Everybody's, of the first week.
    driven : Driven
        Those trips.
    clock : float
        Records keep times only to so many seconds: an hour, a day; 0 as they were taken.
    """

    town: Town
    cameras: np.ndarray
    trips: Trips
    driven: Driven
    clock: float = 0.0

    @property
    def coverage(self) -> float:
        """Share of the week's trips that pass a camera."""
        return len(np.unique(self.driven.passes.trip)) / len(self.trips)

    @property
    def road(self) -> float:
        """Share of the road on which a camera stands: of blocks, in metres."""
        streets = self.town.streets
        ends = np.sort(np.stack([streets.tail, streets.head]), axis=0)
        block = ends[0] * len(streets.x) + ends[1]
        _, first = np.unique(block, return_index=True)
        seen = np.isin(block[first], block[self.cameras])
        return float(streets.length[first][seen].sum() / streets.length[first].sum())

    @cached_property
    def legs(self) -> Legs:
        return fit_legs(self.driven, self.town.others, WEEK)

    @cached_property
    def _ends(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Trips with a pass, and the rows of what is taken for their first and their last."""
        trip = self.driven.passes.trip
        first = np.flatnonzero(np.diff(trip, prepend=-1))
        last = np.append(first[1:], len(trip)) - 1
        seconds = self.driven.passes.seconds
        return trip[first], *taken_for_ends(seconds, first, last, trip[first], self.clock)

    @cached_property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Log probability of the first camera of a trip by its origin, and of the last camera by
        its destination, (n, c) each. The operator can have it from a map.
        """
        trip, first, last = self._ends
        tables = []
        for at, rows in ((self.trips.origin, first), (self.trips.destination, last)):
            camera = self.driven.passes.camera[rows].astype(int)
            shape = (len(self.town.streets.x), len(self.cameras))
            count = np.bincount(at[trip] * shape[1] + camera, minlength=shape[0] * shape[1])
            total = np.bincount(at, minlength=shape[0])[:, None]
            seen = (count.reshape(shape) + _UNSEEN) / (total + _UNSEEN * shape[1])
            tables.append(np.log(seen).astype(np.float32))
        return tables[0], tables[1]

    @cached_property
    def routines(self) -> pd.Series:
        """Vehicles a workday from one camera (first) to another (last) in an hour, by their key."""
        trip, first, last = self._ends
        day = self.trips.day[trip] % WEEK
        work = day < 5
        passes = self.driven.passes
        begin = kept_time(passes.seconds[first], self.clock)
        key = routine_key(passes.camera[first], passes.camera[last], begin)[work]
        known, count = np.unique(key, return_counts=True)
        return pd.Series(count * self.town.others / 5, index=known)

    @cached_property
    def cells(self) -> tuple[np.ndarray, np.ndarray]:
        """Everybody's (hour, camera), sorted, and the driver of each."""
        passes = self.driven.passes
        seconds = kept_time(passes.seconds, self.clock)
        cell = cell_of(seconds, passes.camera, len(self.cameras))
        count = len(self.town.drivers)
        both = np.unique(cell * count + self.trips.driver[passes.trip])
        return both // count, both % count


def kept_time(seconds: np.ndarray, clock: float) -> np.ndarray:
    """The middle of the hour, or the day, in which these times lie."""
    return (seconds // clock + 0.5) * clock if clock else seconds


def taken_for_ends(
    seconds: np.ndarray, first: np.ndarray, last: np.ndarray, name: np.ndarray, clock: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the first and the last pass of trips, as far as kept times tell: if both are of one
    hour (or day), nobody knows the order of what lies between, and any pass is taken for them.
    """
    if not clock:
        return first, last
    lost = seconds[first] // clock == seconds[last] // clock
    count = last - first + 1
    drawn = [first + (luck(name, number) * count).astype(int) for number in (12, 13)]
    return np.where(lost, drawn[0], first), np.where(lost, drawn[1], last)


def routine_key(first, last, seconds) -> np.ndarray:
    """A number for two cameras and the hour of day."""
    hour = ((seconds % DAY) // 3600).astype(np.int64)
    return (np.asarray(first, np.int64) * 4096 + last) * 24 + hour


def cell_of(seconds, camera, count: int) -> np.ndarray:
    """A number for an hour (since the first midnight) and a camera."""
    return (seconds // 3600).astype(np.int64) * count + camera


def open_network(town: Town, how: str, count: int) -> Network:
    """The first so many cameras of a town, and everybody's first week before them."""
    cameras = town.cameras(how, count)
    trips = town.trips.part(np.flatnonzero(town.trips.day < WEEK))
    return Network(town, cameras, trips, drive(town.streets, town.last, trips, cameras, town.seed))


@dataclass(frozen=True)
class Record:
    """What the system has of followed drivers' trips, each by itself; arrays of a row a trip.

    Attributes
    ----------
    trips : Trips
    known : ndarray of bool
        Passes are linked rightly, and they span half of the trip or more.
    wrong : ndarray of bool
        A pass of another vehicle is linked to one of it.
    first, last : ndarray of int
        The first and the last camera of what is known; -1 if there is none.
    begin, end : ndarray
        When it passed these.
    passes : Passes
        Those that belong to what is known; `trip` is a row of `trips`.
    legs : DataFrame
        Legs between noticed passes: `trip`, `row` (of the first of its two passes), `outcome`,
        `rivals`.
    """

    trips: Trips
    known: np.ndarray
    wrong: np.ndarray
    first: np.ndarray
    last: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    passes: Passes
    legs: pd.DataFrame


def record(
    network: Network,
    kind: Kind,
    outcomes: Outcomes | None,
    trips: Trips,
    common: np.ndarray,
    half: float = 0.5,
) -> Record:
    """What a kind of camera has of some trips; `common` is the commonness of each driver's look."""
    town = network.town
    driven = drive(town.streets, town.last, trips, network.cameras, town.seed)
    name = trips.driver.astype(np.int64) * 5_000_011 + np.rint(trips.start).astype(np.int64)
    every = driven.passes
    noticed = luck(name[every.trip], network.cameras[every.camera] + 1) < kind.noticed
    passes = Passes(
        *(getattr(every, key)[noticed] for key in ("trip", "camera", "seconds", "along"))
    )
    row = np.flatnonzero(passes.trip[1:] == passes.trip[:-1])
    legs = _legs(
        network,
        kind,
        outcomes,
        trips,
        passes,
        row,
        common,
        luck(name[passes.trip[row]], 7_000_000 + passes.camera[row].astype(int)),
    )
    linked = np.zeros(max(len(passes) - 1, 0), bool)
    linked[row] = legs["outcome"] == 1
    run = np.cumsum(np.append(True, ~linked)) if len(passes) else np.zeros(0, int)
    span, best = np.zeros(len(trips)), np.full((len(trips), 2), -1)
    if len(passes):
        begin = np.flatnonzero(np.diff(run, prepend=0))
        end = np.append(begin[1:], len(run)) - 1
        length = passes.along[end] - passes.along[begin]
        order = np.argsort(length, kind="stable")  # the longest run of a trip is written last
        of = passes.trip[begin[order]]
        best[of] = np.stack([begin[order], end[order]], axis=1)
        span[of] = length[order]
    known = (span >= half * driven.totals[:, 0]) & (best[:, 1] > best[:, 0])
    wrong = np.zeros(len(trips), bool)
    wrong[legs["trip"][legs["outcome"] == 2]] = True
    known &= ~wrong
    if kind.plates:
        wrong = _misread(kind, name, every, trips)
    there = best[:, 0] >= 0
    ends = np.where(there, best.T, 0)
    if not len(passes):
        nothing = np.full(len(trips), -1)
        return Record(trips, known, wrong, nothing, nothing, nothing, nothing, passes, legs)
    inside = (
        known[passes.trip]
        & (np.arange(len(passes)) >= ends[0][passes.trip])
        & (np.arange(len(passes)) <= ends[1][passes.trip])
    )
    if kind.plates:  # days and trips are joined by the plate, so a single read counts
        inside[:] = True
    begin, end = (np.where(there, passes.seconds[end], -1) for end in ends)
    if network.clock:
        known &= ~_mixed(trips, there, begin // network.clock, end // network.clock)
    shown = taken_for_ends(passes.seconds, *ends, name, network.clock)
    first, last = (np.where(there, passes.camera[end], -1).astype(int) for end in shown)
    begin, end = (np.where(there, kept_time(at, network.clock), -1) for at in (begin, end))
    held = Passes(*(getattr(passes, key)[inside] for key in ("trip", "camera", "seconds", "along")))
    held = replace(held, seconds=kept_time(held.seconds, network.clock))
    return Record(trips, known, wrong, first, last, begin, end, held, legs)


def _mixed(trips: Trips, there: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Trips that lie in the same hour (or day) as another one of the same driver, (t,)."""
    rows, mixed = np.flatnonzero(there), np.zeros(len(there), bool)
    one, two = rows[:-1], rows[1:]
    touch = (trips.driver[one] == trips.driver[two]) & (begin[two] <= end[one])
    mixed[one[touch]] = mixed[two[touch]] = True
    return mixed


def _legs(network, kind, outcomes, trips, passes, row, common, drawn) -> pd.DataFrame:
    """Legs with rivals and outcome: 0 not linked, 1 right, 2 wrong."""
    first, second = passes.camera[row].astype(int), passes.camera[row + 1].astype(int)
    about = pd.DataFrame({"trip": passes.trip[row], "row": row})
    if kind.plates or not len(row):
        return about.assign(outcome=np.ones(len(row), int), rivals=0.0)
    at, table = network.legs.find(first, second), network.legs.table
    rate, spread = (np.append(table[name], np.nan)[at] for name in ("rate", "spread"))
    flow = np.bincount(network.driven.passes.camera, minlength=len(network.cameras))
    rate = np.where(at < 0, flow[second] * network.town.others / WEEK / DAY, rate)
    lag = passes.seconds[row + 1] - passes.seconds[row]
    spread = np.where(at < 0, _USUAL_SPREAD * lag, spread)
    # a time of which the hour is kept is off by up to half of it; a difference of two by both
    spread = np.hypot(spread, network.clock / np.sqrt(6))
    hour = hourly(network.trips)[((passes.seconds[row] % DAY) // 3600).astype(int)]
    rivals = rate * hour * spread * np.sqrt(2 * np.pi) * kind.noticed
    share = outcomes.probabilities(rivals, common[trips.driver[passes.trip[row]]])
    outcome = (drawn[:, None] > np.cumsum(share, axis=1)[:, :2]).sum(axis=1)
    # the table's order is: not linked, right, wrong
    return about.assign(outcome=outcome, rivals=rivals)


def _misread(kind: Kind, name, every: Passes, trips: Trips) -> np.ndarray:
    """Trips of which a read is booked on somebody else's plate."""
    from studio.city.sources import ASSUMED

    share = (1 - kind.noticed) * ASSUMED["plate of another"].value
    booked = luck(name[every.trip], every.camera.astype(int) + 9_000_000) < share
    wrong = np.zeros(len(trips), bool)
    wrong[every.trip[booked]] = True
    return wrong
