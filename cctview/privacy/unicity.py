"""Unicity: how many sightings single out one driver, or one trip (de Montjoye et al. 2013,
Scientific Reports 3:1376).

An attacker knows a few points of a vehicle: at which camera it was, and about when. If only one
trace of a database contains all of these points, the vehicle is singled out; that is not yet a
name. Cameras can be grouped, and time is cut into bins: at one second nearly every sighting is
unique. On simulated habits this measures our model of habits.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from cctview.dataset import is_camera

_LEVEL = 0.95  # of the intervals
_NO_CAMERAS = ("entered", "left")  # times of a trip that no camera sees


@dataclass(frozen=True)
class Unicity:
    """What a few points say of traces drawn at random.

    Attributes
    ----------
    singled_out : float
        Share of traces of which the points leave exactly one candidate, and the correct one.
    low, high : float
        Its 95 % interval (Wilson), over the traces drawn.
    misled : float
        Share of which they leave exactly one candidate, a wrong one.
    lost : float
        Share of which the correct trace is not among the candidates.
    candidates : float
        Median number of candidates.
    drawn : int
        How many traces were drawn.
    too_short : float
        Share of the traces tried that have fewer points and were left out.
    """

    singled_out: float
    low: float
    high: float
    misled: float
    lost: float
    candidates: float
    drawn: int
    too_short: float


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
    """

    trace: np.ndarray
    place: np.ndarray
    seconds: np.ndarray
    cameras: tuple[str, ...]

    def first_days(self, days: int) -> "Sightings":
        """Those of the first so many days, from midnight to midnight."""
        kept = self.seconds < days * 86400
        return Sightings(self.trace[kept], self.place[kept], self.seconds[kept], self.cameras)


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
    return Sightings(trace.astype(np.int64), places.astype(np.int64), seconds, cameras)


def measure_unicity(
    sightings: Sightings,
    points: int = 4,
    hours: float = 1.0,
    places: int | None = None,
    sample: int = 400,
    booked: Sightings | None = None,
    seed: int = 0,
) -> Unicity:
    """How often a few points single out a trace.

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
    sample : int
        How many traces are drawn, of those with enough points.
    booked : Sightings, optional
        The database that is searched, if it differs from what happened (false links).
    seed : int

    Raises
    ------
    ValueError
        If a number is out of range, there is but one trace, or none with so many points.

    Examples
    --------
    Two vehicles share their mornings; an evening tells them apart.

    >>> morning, evening = 8 * 3600, 18 * 3600
    >>> seconds = np.array([morning, morning, evening])
    >>> two = Sightings(np.array([0, 1, 1]), np.zeros(3, int), seconds, ("733-681-N",))
    >>> result = measure_unicity(two, points=2)
    >>> result.singled_out, result.drawn, result.too_short
    (1.0, 1, 0.5)
    """
    _check(sightings, points, hours, places, sample)
    booked = sightings if booked is None else booked
    count = int(max(sightings.trace.max(), booked.trace.max(initial=0))) + 1
    rng = np.random.default_rng(seed)
    cells = _cells(sightings, hours, places)
    trace, known, too_short = _draw_points(sightings.trace, cells, points, sample, rng)
    if not len(trace):
        raise ValueError(
            f"no trace has {points} different points at this coarseness; ask for fewer, or for"
            " shorter time bins"
        )
    full = _holders(_cells(booked, hours, places), booked.trace, known, count)
    candidates = full.sum(axis=1)
    right = full[np.arange(len(trace)), trace]
    single = (candidates == 1) & right
    interval = binomtest(int(single.sum()), len(trace)).proportion_ci(_LEVEL, "wilson")
    return Unicity(
        float(single.mean()),
        float(interval.low),
        float(interval.high),
        float(((candidates == 1) & ~right).mean()),
        float((~right).mean()),
        float(np.median(candidates)),
        len(trace),
        too_short,
    )


def _check(
    sightings: Sightings, points: int, hours: float, places: int | None, sample: int
) -> None:
    if points < 1 or sample < 1:
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
    trace: np.ndarray, cells: np.ndarray, points: int, sample: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Traces (k,), `points` cells of each (k, points), and the share of traces with fewer."""
    order, base = rng.permutation(np.unique(trace)), cells.max() + 1
    drawn: list[int] = []
    known: list[np.ndarray] = []
    tried = 0
    while len(drawn) < sample and tried < len(order):
        part = np.zeros(trace.max() + 1, bool)
        part[order[tried : tried + sample]] = True
        tried += min(sample, len(order) - tried)
        rows = part[trace]
        keys = rng.permutation(np.unique(trace[rows] * base + cells[rows]))
        keys = keys[np.argsort(keys // base, kind="stable")]
        names, begin, size = np.unique(keys // base, return_index=True, return_counts=True)
        enough = size >= points
        drawn.extend(names[enough])
        known.extend(keys[begin[enough, None] + np.arange(points)] % base)
    kept = rng.permutation(len(drawn))[:sample]
    return (
        np.array(drawn, int)[kept],
        np.array(known, int).reshape(-1, points)[kept],
        1 - len(drawn) / tried,
    )


def _holders(cells: np.ndarray, trace: np.ndarray, known: np.ndarray, count: int) -> np.ndarray:
    """Which of `count` traces hold all the known cells of each row, (rows, count)."""
    wanted = np.unique(known)
    rows = np.isin(cells, wanted)
    holds = np.zeros((len(wanted), count), bool)
    holds[np.searchsorted(wanted, cells[rows]), trace[rows]] = True
    full = np.ones((len(known), count), bool)
    for cell in np.searchsorted(wanted, known).T:
        full &= holds[cell]
    return full
