"""Driving: when each trip passes which camera. The same trip drives alike under any cameras."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from studio.city.people import DAY, Trips
from studio.city.sources import ASSUMED
from studio.city.streets import Streets

_LONGEST = 1_000  # blocks of a trip
_PACE = 0.06  # how much drivers' speeds differ, as a share
_FIVE = ASSUMED["rush"].value
_RUSH = [1.1, 1.4, 1.6, 1.5, 1.3, 1.3, 1.3, 1.3, 1.4, 1.5, 1.6, _FIVE, 1.6, 1.3, 1.2, 1.1]
_SLOWER = np.array([1.0] * 6 + _RUSH + [1.0] * 2)  # times the seconds at night, by hour from 0


@dataclass(frozen=True)
class Passes:
    """Passes of trips before cameras, by trip and time.

    Attributes
    ----------
    trip : ndarray of int
        Row of the trip.
    camera : ndarray of int
    seconds : ndarray
        Since the first midnight.
    along : ndarray
        Metres since the trip's start.
    """

    trip: np.ndarray
    camera: np.ndarray
    seconds: np.ndarray
    along: np.ndarray

    def __len__(self) -> int:
        return len(self.trip)


@njit(cache=True)
def _uniform(a, b):
    """A number in [0, 1) of two integers: splitmix64."""
    z = np.uint64(a) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(b) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@njit(cache=True)
def _drive(names, origin, destination, way, start, slower, last, tail, length, seconds, stop, red,
           camera, flow, out_trip, out_camera, out_seconds, out_along, totals):  # fmt: skip
    """Fills what is passed (if the arrays have room), the flow of each edge, and each trip's metres
    and seconds; returns the number of passes.
    """
    found, path = 0, np.empty(_LONGEST, np.int64)
    for trip in range(len(origin)):
        at, count = destination[trip], 0
        while at != origin[trip]:
            edge = last[way[trip], origin[trip], at]
            path[count] = edge
            count += 1
            at = tail[edge]
        # a driver's pace: about normal, from three uniform numbers
        normal = 2.0 * (
            _uniform(names[trip], 1) + _uniform(names[trip], 2) + _uniform(names[trip], 3) - 1.5
        )
        pace = (1.0 + _PACE * normal) * slower[trip]
        clock, along = start[trip], 0.0
        for k in range(count - 1, -1, -1):
            edge = path[k]
            flow[edge] += 1
            if camera[edge] >= 0:
                if found < len(out_trip):
                    out_trip[found] = trip
                    out_camera[found] = camera[edge]
                    out_seconds[found] = clock + 0.5 * seconds[edge] * pace
                    out_along[found] = along + 0.5 * length[edge]
                found += 1
            clock += seconds[edge] * pace
            along += length[edge]
            if _uniform(names[trip], 7 + edge) < stop[edge]:
                clock += red * _uniform(names[trip], 1_000_003 + edge)
        totals[trip, 0] = along
        totals[trip, 1] = clock - start[trip]
    return found


@dataclass(frozen=True)
class Driven:
    """What came of driving: passes; metres and seconds of each trip, (t, 2); and how many trips
    used each edge, (e,).
    """

    passes: Passes
    totals: np.ndarray
    flow: np.ndarray


def drive(streets: Streets, last: np.ndarray, trips: Trips, cameras: np.ndarray, seed: int = 0):
    """Drive all trips past cameras, each of which stands on an edge; returns `Driven`."""
    if len(np.unique(cameras)) != len(cameras):
        raise ValueError("two cameras stand on one edge; place each once")
    at = np.full(len(streets.tail), -1, np.int64)
    at[cameras] = np.arange(len(cameras))
    hour = ((trips.start % DAY) // 3600).astype(int)
    # a trip has the same name, so the same luck at the crossings, whatever else drives
    names = (
        (trips.driver.astype(np.int64) << 33) + np.rint(trips.start).astype(np.int64) + (seed << 24)
    )
    totals, flow = np.zeros((len(trips), 2)), np.zeros(len(streets.tail), np.int64)
    of_trip = (names, trips.origin, trips.destination, trips.way, trips.start, _SLOWER[hour], last)
    blocks = (streets.tail, streets.length, streets.seconds, streets.stop)
    given = (*of_trip, *blocks, ASSUMED["red"].value, at)
    room = 0
    for _ in range(2):
        flow[:] = 0
        out = (np.empty(room, np.int32), np.empty(room, np.int16), np.empty(room), np.empty(room))
        room = _drive(*given, flow, *out, totals)
        if not room:
            break
    return Driven(Passes(*out), totals, flow)
