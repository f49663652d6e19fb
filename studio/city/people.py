"""Who drives, from where to where, and when: six weeks of trips."""

from dataclasses import dataclass, fields

import numpy as np

from studio.city.sources import ASSUMED
from studio.city.streets import WAYS, Streets

ROLES = ("commuter", "taxi", "delivery", "occasional")
DAYS = 42
DAY = 86_400.0  # s
_SHARES = (ASSUMED["commuters"].value, 0.02, 0.03, 0.35)  # of the roles
_FAVOURITES = 5  # places to which a driver's errands lead
_HOURS = 6_000.0  # s; how much the hours differ at which people go to work
_WEEK = 7  # days; Monday is day 0


@dataclass(frozen=True)
class Drivers:
    """The people, one row each.

    Attributes
    ----------
    role : ndarray of int
        Place in `ROLES`.
    home, work : ndarray of int
        Crossings; `work` is -1 for those who have no place of work.
    way : ndarray of int
        The way that they usually take.
    """

    role: np.ndarray
    home: np.ndarray
    work: np.ndarray
    way: np.ndarray

    def __len__(self) -> int:
        return len(self.role)


@dataclass(frozen=True)
class Trips:
    """Trips, one row each, by driver and time.

    Attributes
    ----------
    driver, origin, destination, way : ndarray of int
    start : ndarray
        Seconds since the first midnight, a Monday's.
    """

    driver: np.ndarray
    origin: np.ndarray
    destination: np.ndarray
    way: np.ndarray
    start: np.ndarray

    def __len__(self) -> int:
        return len(self.driver)

    def part(self, rows: np.ndarray) -> "Trips":
        """Some of them."""
        return Trips(*(getattr(self, one.name)[rows] for one in fields(self)))

    @property
    def day(self) -> np.ndarray:
        """Days since the first."""
        return (self.start // DAY).astype(int)


def people(streets: Streets, count: int, seed: int = 0, far: float = 1.0) -> Drivers:
    """Draw the drivers, their homes and their places of work; `far` as for `six_weeks`."""
    rng, size = np.random.default_rng((seed, 2)), len(streets.x)
    role = rng.choice(len(ROLES), count, p=_SHARES)
    home = rng.integers(size, size=count)
    # two centres draw the work: one in the middle, one near the end
    middle = [np.hypot(streets.x - streets.x.max() / 2, streets.y - y) for y in _centres(streets)]
    draw = 0.1 + sum(np.exp(-off / 1_200) for off in middle)
    work = _Gravity(streets, draw, far * ASSUMED["work"].value).reach(home, rng)
    work[np.isin(role, (1, 3))] = -1  # taxis and occasional drivers have none
    return Drivers(role, home, work, rng.integers(WAYS, size=count))


def _centres(streets: Streets) -> tuple[float, float]:
    return 0.55 * float(streets.y.max()), 0.12 * float(streets.y.max())


class _Gravity:
    """Draws destinations by attraction and distance."""

    def __init__(self, streets: Streets, draw: np.ndarray, scale: float) -> None:
        every = np.arange(len(draw))
        weight = draw * np.exp(-streets.apart(every[:, None], every) / scale)
        np.fill_diagonal(weight, 0.0)
        share = np.cumsum(weight, axis=1)
        # row k holds numbers from k to k + 1, so that one search serves all rows
        self._flat = (share / share[:, -1:] + every[:, None]).ravel()
        self._size = len(draw)

    def reach(self, start: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A crossing for each start."""
        place = np.searchsorted(self._flat, start + rng.random(len(start)))
        return np.minimum(place - start * self._size, self._size - 1)


class _Diary:
    """Collects trips."""

    def __init__(self) -> None:
        self.parts: list[tuple[np.ndarray, ...]] = []

    def add(self, driver, origin, destination, start) -> None:
        moves = origin != destination
        self.parts.append(tuple(x[moves] for x in (driver, origin, destination, start)))


def six_weeks(
    streets: Streets, drivers: Drivers, seed: int = 0, regularity: float = 1.0, far: float = 1.0
) -> Trips:
    """All trips of all drivers. `regularity` above 1 makes commuters' hours more exact, `far` above
    1 lets people drive farther.
    """
    rng, diary = np.random.default_rng((seed, 3)), _Diary()
    errands = _Gravity(streets, np.ones(len(streets.x)), far * ASSUMED["errand"].value)
    places = np.stack([errands.reach(drivers.home, rng) for _ in range(_FAVOURITES)], axis=1)
    _commute(drivers, places, diary, rng, regularity)
    _errands(drivers, places, diary, rng)
    _shifts(streets, drivers, diary, rng, far)
    driver, origin, destination, start = (np.concatenate(x) for x in zip(*diary.parts, strict=True))
    order = np.lexsort((start, driver))
    driver, origin, destination, start = (x[order] for x in (driver, origin, destination, start))
    other = rng.random(len(driver)) < ASSUMED["other way"].value
    way = np.where(other, rng.integers(WAYS, size=len(driver)), drivers.way[driver])
    kept = (start >= 0) & (start < DAYS * DAY)
    return Trips(driver, origin, destination, way, start).part(np.flatnonzero(kept))


def _commute(drivers, places, diary, rng, regularity) -> None:
    """To work and back on the workdays, a third of the time with an errand on the way home."""
    who = np.flatnonzero(drivers.role == 0)
    hour = 8.3 * 3600 + _HOURS * rng.standard_normal(len(who))
    spread = 60 * ASSUMED["regularity"].value / regularity * rng.lognormal(0, 0.5, (2, len(who)))
    spread[1] *= 2
    days = np.where(rng.random(len(who)) < 0.6, 5, rng.integers(2, 5, len(who)))
    free = rng.random((len(who), 5)).argsort(axis=1)
    away = np.where(rng.random(len(who)) < 1 / 7, rng.integers(6, size=len(who)), -1)
    for day in range(DAYS):
        if day % _WEEK > 4:
            continue
        there = (free[:, day % _WEEK] < days) & (away != day // _WEEK)
        there &= rng.random(len(who)) > 0.07
        go, (out, back) = who[there], spread[:, there]
        left = DAY * day + hour[there] + out * rng.standard_normal(len(go))
        home = left + 8.7 * 3600 + back * rng.standard_normal(len(go))
        diary.add(go, drivers.home[go], drivers.work[go], left)
        errand = rng.random(len(go)) < 1 / 3
        by = places[go, _favourite(len(go), rng)]
        first = np.where(errand, by, drivers.home[go])
        diary.add(go, drivers.work[go], first, home)
        rest = go[errand]
        stay = rng.uniform(1200, 4800, len(rest))
        diary.add(rest, by[errand], drivers.home[rest], home[errand] + 1200 + stay)


def _favourite(count, rng) -> np.ndarray:
    """The most popular place in half of the cases, the others ever less often."""
    return np.minimum(rng.geometric(0.5, count) - 1, _FAVOURITES - 1)


def _errands(drivers, places, diary, rng) -> None:
    """Round trips from home: of occasional drivers on any day, of commuters on weekends."""
    for day in range(DAYS):
        rest = day % _WEEK > 4
        often = np.where(drivers.role == 3, 0.6, np.where(drivers.role == 0, 0.6 * rest, 0.0))
        go = np.flatnonzero(rng.random(len(drivers)) < often)
        left = DAY * day + rng.triangular(7, 13, 20, len(go)) * 3600
        to = places[go, _favourite(len(go), rng)]
        diary.add(go, drivers.home[go], to, left)
        diary.add(go, to, drivers.home[go], left + rng.uniform(2400, 3 * 3600, len(go)))


def _shifts(streets, drivers, diary, rng, far) -> None:
    """Taxis go from ride to ride, by day or by night; deliveries round a depot, by day."""
    taxi = np.flatnonzero(drivers.role == 1)
    begin = np.where(rng.random(len(taxi)) < 0.6, 6.0, 16.0) + rng.uniform(0, 1, len(taxi))
    delivery = np.flatnonzero(drivers.role == 2)
    middle = np.exp(
        -np.hypot(streets.x - streets.x.max() / 2, streets.y - _centres(streets)[0]) / 3000
    )
    ride, round_ = (
        _Gravity(streets, 0.3 + middle, far * ASSUMED[name].value)
        for name in ("ride", "deliveries")
    )
    for day in range(DAYS):
        go = taxi[rng.random(len(taxi)) < 6 / 7]
        rides = int(ASSUMED["rides"].value)
        first = begin[np.searchsorted(taxi, go)] * 3600 + DAY * day
        _round(ride, diary, go, drivers.home[go], first, 9.5 * 3600, rides, rng)
        if day % _WEEK < 5:
            go = delivery[rng.random(len(delivery)) < 0.95]
            left = DAY * day + 7.5 * 3600 + rng.uniform(0, 3600, len(go))
            diary.add(go, drivers.home[go], drivers.work[go], left)
            at = drivers.work[go]
            _round(round_, diary, go, at, left + 2400, 7 * 3600, 14, rng)


def _round(gravity, diary, go, at, begin, length, stops, rng) -> None:
    """Trips from place to place, spread over a shift, and back to where it began."""
    home = at
    for k in range(stops):
        to = gravity.reach(at, rng)
        start = begin + length * (k + rng.uniform(0, 0.3, len(go))) / stops
        diary.add(go, at, to, start)
        at = to
    diary.add(go, at, home, begin + length + 300)
