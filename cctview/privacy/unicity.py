"""Unicity: how many sightings single out one driver, or one trip (de Montjoye et al. 2013,
Scientific Reports 3:1376).

An attacker knows a few points of a vehicle: at which camera it was, and about when. If only one
trace of a database contains all of these points, the vehicle is singled out; that is not yet a
name. Cameras can be grouped, and time is cut into bins: at one second nearly every sighting is
unique. On simulated habits this measures our model of habits.

What the attacker knows is part of the question. By default each point is of another trip, as if
somebody saw the vehicle on Monday morning and on Tuesday evening. Points drawn from all sightings
come from fewer trips: a vehicle that is seen at one camera is seen at the next a minute later, so
the second point says little that is new.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import binomtest

from cctview.dataset import is_camera

_LEVEL = 0.95  # of the intervals
_AT_ONCE = 500  # traces whose candidates are found in one step
_NO_CAMERAS = ("entered", "left")  # times of a trip that no camera sees


@dataclass(frozen=True)
class Unicity:
    """What a few points say of traces.

    Attributes
    ----------
    singled_out : float
        Share of traces of which the points leave exactly one candidate, and the correct one.
    low, high : float
        Its 95 % interval (Wilson): the traces are taken as drawn from many like them. They are also
        each other's candidates, which Wilson leaves out; but over six seeds of the course's habits
        shares varied as it says (standard deviations of 0.5 to 1.2 times, 1.0 on average).
    misled : float
        Share of which they leave exactly one candidate, a wrong one.
    lost : float
        Share of which the correct trace is not among the candidates.
    candidates : float
        Median number of candidates.
    traces : int
        Of how many traces points were known.
    too_short : float
        Share of the traces tried that have fewer points and were left out.
    """

    singled_out: float
    low: float
    high: float
    misled: float
    lost: float
    candidates: float
    traces: int
    too_short: float


@dataclass(frozen=True)
class Candidates:
    """Which traces fit some points that are known of each trace.

    Attributes
    ----------
    tried : ndarray of int, shape (m,)
        The traces of which so many points were asked for.
    trace : ndarray of int, shape (n,)
        Those that have so many.
    count : ndarray of int, shape (n,)
        How many traces fit all the points.
    right : ndarray of bool, shape (n,)
        Whether the correct trace is one of them.
    """

    tried: np.ndarray
    trace: np.ndarray
    count: np.ndarray
    right: np.ndarray

    def unicity(self, among: np.ndarray | None = None) -> Unicity:
        """What the points say, of all traces or of those `among` (their numbers).

        Raises a ValueError if none of them has so many points.
        """
        kept = np.ones(len(self.trace), bool) if among is None else np.isin(self.trace, among)
        if not kept.any():
            raise ValueError(
                "no trace has so many different points at this coarseness; ask for fewer, or for"
                " shorter time bins"
            )
        tried = len(self.tried) if among is None else int(np.isin(self.tried, among).sum())
        count, right = self.count[kept], self.right[kept]
        single = (count == 1) & right
        interval = binomtest(int(single.sum()), len(single)).proportion_ci(_LEVEL, "wilson")
        return Unicity(
            float(single.mean()),
            float(interval.low),
            float(interval.high),
            float(((count == 1) & ~right).mean()),
            float((~right).mean()),
            float(np.median(count)),
            len(single),
            1 - len(single) / tried,
        )


@dataclass(frozen=True)
class Sightings:
    """All sightings of a database, one row each.

    Attributes
    ----------
    trace : ndarray of int, shape (n,)
        Which trace each belongs to, numbered from 0: a vehicle's, or a trip's.
    place : ndarray of int, shape (n,)
        The camera, numbered in the order of `cameras`.
    seconds : ndarray of int, shape (n,)
        Since midnight before the first one.
    cameras : tuple of str
        In the order of the road.
    trip : ndarray of int, shape (n,), optional
        Which trip each belongs to. Without it each is a trip of its own.
    """

    trace: np.ndarray
    place: np.ndarray
    seconds: np.ndarray
    cameras: tuple[str, ...]
    trip: np.ndarray | None = None

    def part(self, kept: np.ndarray) -> "Sightings":
        """Some of them, by a mask (n,)."""
        trip = None if self.trip is None else self.trip[kept]
        place, seconds = self.place[kept], self.seconds[kept]
        return replace(self, trace=self.trace[kept], place=place, seconds=seconds, trip=trip)

    def first_days(self, days: int) -> "Sightings":
        """Those of the first so many days, from midnight to midnight."""
        return self.part(self.seconds < days * 86400)


def read_trips(trips: pd.DataFrame, one: str = "vehicle") -> Sightings:
    """The sightings of trips.

    Parameters
    ----------
    trips : DataFrame
        As ``data/habits/trips.parquet``: one row a trip, with `vehicle` and, for each camera, when
        it was passed.
    one : {"vehicle", "trip"}
        What makes one trace.

    Raises
    ------
    ValueError
        If there is no camera among the columns, or no sighting, or `one` is neither.

    Examples
    --------
    >>> times = pd.to_datetime(["2031-03-24 08:00", "2031-03-25 09:00"])
    >>> table = {"vehicle": [5, 5], "733-681-N": times, "735-683-N": [times[0], None]}
    >>> read_trips(pd.DataFrame(table)).seconds.tolist()
    [28800, 28800, 118800]
    """
    if one not in ("vehicle", "trip"):
        raise ValueError(f'expected one="vehicle" or "trip", but got {one!r}')
    cameras = tuple(
        column
        for column in trips
        if is_camera(column)
        and column not in _NO_CAMERAS
        and pd.api.types.is_datetime64_any_dtype(trips[column])
    )
    if not cameras:
        raise ValueError(
            "no column of the trips is a camera's with times; there are"
            f" {', '.join(map(str, trips.columns))}"
        )
    times = trips[list(cameras)].to_numpy("datetime64[s]")
    rows, places = np.nonzero(~np.isnat(times))
    if not len(rows):
        raise ValueError("no trip passes a camera: there is no sighting to single a vehicle out by")
    seen = times[rows, places]
    seconds = (seen - seen.min().astype("datetime64[D]")).astype(np.int64)
    trace = pd.factorize(trips["vehicle"])[0][rows] if one == "vehicle" else pd.factorize(rows)[0]
    return Sightings(trace.astype(np.int64), places.astype(np.int64), seconds, cameras, rows)


def measure_unicity(
    sightings: Sightings,
    points: int = 4,
    hours: float = 1.0,
    places: int | None = None,
    *,
    one_a_trip: bool = True,
    sample: int | None = None,
    booked: Sightings | None = None,
    seed: int = 0,
) -> Unicity:
    """How often a few points single out a trace; parameters as `find_candidates`.

    Examples
    --------
    Two vehicles share their mornings; an evening tells them apart.

    >>> morning, evening = 8 * 3600, 18 * 3600
    >>> seconds = np.array([morning, morning, evening])
    >>> two = Sightings(np.array([0, 1, 1]), np.zeros(3, int), seconds, ("733-681-N",))
    >>> result = measure_unicity(two, points=2)
    >>> result.singled_out, result.traces, result.too_short
    (1.0, 1, 0.5)
    """
    found = find_candidates(
        sightings,
        points,
        hours,
        places,
        one_a_trip=one_a_trip,
        sample=sample,
        booked=booked,
        seed=seed,
    )
    return found.unicity()


def find_candidates(
    sightings: Sightings,
    points: int = 4,
    hours: float = 1.0,
    places: int | None = None,
    *,
    one_a_trip: bool = True,
    sample: int | None = None,
    booked: Sightings | None = None,
    seed: int = 0,
) -> Candidates:
    """Which traces fit a few points of each trace.

    Parameters
    ----------
    sightings : Sightings
        What happened: the points are drawn from it.
    points : int
        How many points are known, drawn at random from the different ones of a trace.
    hours : float
        How long a time bin is.
    places : int, optional
        Into how many groups of neighbours the cameras are put; by default each is one.
    one_a_trip : bool
        Whether no two points may come from one trip; otherwise they are drawn from all sightings.
    sample : int, optional
        So many traces are drawn at random and tried; by default all are.
    booked : Sightings, optional
        The database that is searched, if it differs from what happened (false links).
    seed : int

    Raises
    ------
    ValueError
        If a number is out of range, or there is but one trace.
    """
    _check(sightings, points, hours, places, sample)
    booked = sightings if booked is None else booked
    rng = np.random.default_rng(seed)
    tried = rng.permutation(np.unique(sightings.trace))[:sample]
    cells = _cells(sightings, hours, places)
    trace, known = _draw_points(sightings, cells, points, tried, one_a_trip, rng)
    held = _cells(booked, hours, places)
    shape = (
        1 + max(sightings.trace.max(), booked.trace.max(initial=0)),
        1 + max(cells.max(), held.max(initial=0)),
    )
    holds = sparse.csr_array((np.ones(len(held), np.int32), (booked.trace, held)), shape)
    holds.data[:] = 1  # equal sightings were added up
    count, right = np.zeros(len(trace), int), np.zeros(len(trace), bool)
    for start in range(0, len(trace), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        wanted = known[rows]
        asked = sparse.csr_array(
            (
                np.ones(wanted.size, np.int32),
                wanted.ravel(),
                np.arange(0, wanted.size + 1, points),
            ),
            (len(wanted), shape[1]),
        )
        fits = (asked @ holds.T).tocoo()
        full = fits.data == points
        row, candidate = fits.row[full], fits.col[full]
        count[rows] = np.bincount(row, minlength=len(wanted))
        right[start + row[candidate == trace[rows][row]]] = True
    return Candidates(tried, trace, count, right)


def _check(
    sightings: Sightings, points: int, hours: float, places: int | None, sample: int | None
) -> None:
    if points < 1 or (sample is not None and sample < 1):
        raise ValueError(
            f"expected at least one point and one trace to draw, but got {points} and {sample}"
        )
    if not hours > 0:
        raise ValueError(f"expected time bins longer than 0 hours, but got {hours}")
    if places is not None and not 1 <= places <= len(sightings.cameras):
        raise ValueError(f"{len(sightings.cameras)} cameras cannot be put into {places} groups")
    if not len(sightings.trace):
        raise ValueError("there is no sighting; keep more days")
    if sightings.trace.min() == sightings.trace.max():
        raise ValueError("there is only one trace: nothing to be told apart from")


def _cells(sightings: Sightings, hours: float, places: int | None) -> np.ndarray:
    """Time bin and group of cameras of each sighting, as one number."""
    groups = places or len(sightings.cameras)
    group = sightings.place * groups // len(sightings.cameras)
    return (sightings.seconds // (3600 * hours)).astype(np.int64) * groups + group


def _draw_points(
    sightings: Sightings,
    cells: np.ndarray,
    points: int,
    tried: np.ndarray,
    one_a_trip: bool,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """The traces with enough points (k,), and `points` different cells of each (k, points)."""
    part = np.zeros(sightings.trace.max() + 1, bool)
    part[tried] = True
    rows = rng.permutation(np.flatnonzero(part[sightings.trace]))
    if one_a_trip and sightings.trip is not None:
        rows = rows[np.unique(sightings.trip[rows], return_index=True)[1]]
    # one of each (trace, cell), in random order within a trace
    keys = np.unique(sightings.trace[rows] * (cells.max() + 1) + cells[rows])
    keys = rng.permutation(keys)
    trace, cell = np.divmod(keys, cells.max() + 1)
    order = np.argsort(trace, kind="stable")
    names, begin, size = np.unique(trace[order], return_index=True, return_counts=True)
    enough = size >= points
    return names[enough], cell[order][begin[enough, None] + np.arange(points)]
