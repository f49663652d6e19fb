"""A town: streets, drivers and their six weeks; its traffic; and what its cameras' passes say."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from studio.city.cameras import sites
from studio.city.journeys import Driven, drive
from studio.city.people import DAY, DAYS, Drivers, Trips, people, six_weeks
from studio.city.sources import ASSUMED
from studio.city.streets import Streets, grid

NEAR = 100.0  # m
WORKDAYS = tuple(day for day in range(DAYS) if day % 7 < 5)
_BITS = 20  # of the number of a camera
_BRANCH = 0.1  # a camera is a branch if so many go there next
_QUANTILES = (0.16, 0.5, 0.84)  # of a normal distribution: a deviation below, the median, and above
_FEWEST = 5  # passes from one camera to another, to say how long that takes


@dataclass(frozen=True)
class Town:
    """Attributes
    ----------
    streets : Streets
    last : ndarray
        As from `Streets.routes`.
    drivers : Drivers
    trips : Trips
    traffic : float
        Vehicles a day past an average place.
    seed : int
    """

    streets: Streets
    last: np.ndarray
    drivers: Drivers
    trips: Trips
    traffic: float
    seed: int

    @cached_property
    def alone(self) -> Driven:
        """What drivers drive on the first week."""
        week = self.trips.part(np.flatnonzero(self.trips.day < 7))
        return drive(self.streets, self.last, week, np.arange(0), self.seed)

    @cached_property
    def others(self) -> float:
        """How many vehicles are on the road for each driver who lives here."""
        own = (self.alone.flow * self.streets.length).sum() / 7 / 1000 / self.streets.km
        return self.traffic / own

    @cached_property
    def neighbours(self) -> csr_matrix:
        """Which crossings lie within 100 m of which, (n, n)."""
        every = np.arange(len(self.streets.x))
        return csr_matrix(self.streets.apart(every[:, None], every) <= NEAR, dtype=np.float32)

    def cameras(self, how: str, count: int) -> np.ndarray:
        """The edges on which so many cameras stand."""
        return sites(self.streets, self.alone.flow, how, self.seed)[:count]


def build_town(
    count: int = int(ASSUMED["drivers"].value),
    seed: int = 0,
    traffic: float = ASSUMED["traffic"].value,
    regularity: float = 1.0,
    far: float = 1.0,
    shape: tuple[int, int] = (14, 160),
) -> Town:
    """Build a town; the same settings make the same town. `regularity` and `far` as for
    `studio.city.people.six_weeks`.
    """
    streets = grid(*shape)
    drivers = people(streets, count, seed, far)
    trips = six_weeks(streets, drivers, seed, regularity, far)
    return Town(streets, streets.routes(), drivers, trips, traffic, seed)


@dataclass(frozen=True)
class Legs:
    """From camera to camera, as the passes of everybody tell: `table` has a row for each pair.

    Columns `first`, `second`, `count`, `share` (of those who pass the first that come to the second
    next), `lag` (median, s), `spread` (s), `rate` (vehicles a second, all day, at the second and
    its branches).
    """

    table: pd.DataFrame

    @cached_property
    def by_pair(self) -> pd.DataFrame:
        return self.table.set_index(["first", "second"])

    def find(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The row of each pair, (n,); -1 where nobody drove from the one to the other."""
        known = self._keys
        wanted = (first.astype(np.int64) << _BITS) + second
        at = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
        return np.where(known[at] == wanted, at, -1) if len(known) else np.full(len(first), -1)

    @cached_property
    def _keys(self) -> np.ndarray:
        first, second = (self.table[name].to_numpy(np.int64) for name in ("first", "second"))
        return (first << _BITS) + second

    def branches(self, first: int) -> pd.DataFrame:
        """Where those go who pass a camera."""
        rows = self._of.get(first)
        return self.table.iloc[[] if rows is None else rows]

    @cached_property
    def _of(self) -> dict[int, np.ndarray]:
        return self.table.groupby("first").indices


def fit_legs(driven: Driven, others: float, days: float) -> Legs:
    """From what everybody drove on some days."""
    passes = driven.passes
    if not len(passes):
        columns = ["first", "second", "count", "share", "lag", "spread", "rate"]
        return Legs(pd.DataFrame(columns=columns, dtype=float))
    on = passes.trip[1:] == passes.trip[:-1]
    first, second = passes.camera[:-1][on].astype(int), passes.camera[1:][on].astype(int)
    lag = np.diff(passes.seconds)[on]
    size = int(passes.camera.max()) + 1
    order = np.lexsort((lag, first * size + second))
    pair, start, count = np.unique(
        (first * size + second)[order], return_index=True, return_counts=True
    )
    low, middle, high = (
        lag[order][start + (share * (count - 1)).astype(int)] for share in _QUANTILES
    )
    table = pd.DataFrame({"first": pair // size, "second": pair % size, "count": count})
    table["lag"], table["spread"] = middle, (high - low) / 2
    flow = np.bincount(passes.camera)
    table["share"] = table["count"] / flow[table["first"]]
    table["spread"] = table["spread"].where(table["count"] >= _FEWEST, 0.3 * table["lag"])
    table["spread"] = np.maximum(table["spread"], 2.0)
    branch = table["share"] >= _BRANCH
    rate = pd.Series(flow[table["second"]] * branch).groupby(table["first"]).transform("sum")
    own = flow[table["second"]] * ~branch
    table["rate"] = (rate + own) * others / days / DAY
    return Legs(table)


def hourly(trips: Trips) -> np.ndarray:
    """Trips of each hour of a day, by the mean hour's, (24,)."""
    hour = ((trips.start % DAY) // 3600).astype(int)
    count = np.bincount(hour, minlength=24)
    return count / count.mean()
