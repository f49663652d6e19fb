"""What leaks of followed drivers, from what the system has of their trips.

Days are joined by plates or, where there are none, by routine: the same first and last camera in
the same hour of another workday. Appearance joins nothing across days, because nothing here
measures that.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.special import softmax

from cctview.link import SURE
from studio.city.cameras import Kind
from studio.city.network import MONTH, WEEK, Network, Record, cell_of, luck, record, routine_key
from studio.city.outcomes import Outcomes
from studio.city.people import DAY, ROLES
from studio.city.town import NEAR

KEPT = (1, 7, 28)
POINTS = 4
SHOWN = ("trips put together, right", "trips put together, wrong", "home found", "singled out")
VARIANTS = {
    "": (0.0, 0.0),
    "appearance half kept": (0.5, 0.0),
    "appearance kept": (1.0, 0.0),
    "to the hour": (0.0, 3600.0),
    "to the day": (0.0, DAY),
}
"""What may be otherwise: which share of its strength appearance keeps from day to day (`join`), and
to how many seconds times are kept (`Network.clock`)."""
REPEATS = 0.5
"""How probably the operator thinks that a driver makes the same trip on another workday: so many
others at most may make it, or the days are not joined."""
_FIRST_DAY = 1  # one day kept is a Tuesday
_NOON = 12 * 3600.0  # s
_VOTES = 3  # days that one camera may vote for a place


@dataclass(frozen=True)
class Followed:
    """Drivers whose leaks are counted, and what everybody looks like.

    Attributes
    ----------
    drivers : ndarray of int
    common : ndarray
        Commonness of every driver's look.
    about : ndarray of str
        Kind and colour of every driver's vehicle.
    """

    drivers: np.ndarray
    common: np.ndarray
    about: np.ndarray


@dataclass(frozen=True)
class Joined:
    """Trips that the system holds to be a driver's: rows of the record, whether each is right, and
    how many of them are somebody else's, by driver.
    """

    rows: np.ndarray
    strangers: np.ndarray


def join(
    network: Network,
    kind: Kind,
    kept: Record,
    followed: Followed,
    inside: np.ndarray,
    repeats: float = REPEATS,
    keeps: float = 0.0,
) -> Joined:
    """The trips that are joined, of those `inside` the days kept. `keeps` says which share of its
    strength appearance keeps from day to day: of the others who make the same trip, those compete
    who look alike by so much of the evidence, which is the share common to the power of `keeps`.
    """
    who = followed.drivers
    place = np.searchsorted(who, kept.trips.driver)
    if kind.plates:
        return Joined(
            np.flatnonzero(inside & (kept.first >= 0)),
            np.bincount(place[inside & kept.wrong], minlength=len(who)),
        )
    name = kept.trips.driver.astype(np.int64) * 31 + np.rint(kept.trips.start).astype(np.int64)
    strangers, joined = np.zeros(len(who), int), []
    rows = np.flatnonzero(inside & (kept.known | kept.wrong))
    rows = rows[np.argsort(luck(name[rows], 11), kind="stable")]
    anchors = rows[np.unique(place[rows], return_index=True)[1]]
    key = routine_key(kept.first, kept.last, kept.begin)
    others = network.routines.reindex(key[anchors]).fillna(0).to_numpy() * max(
        kept.known.mean(), 1e-3
    )
    others = others * followed.common[kept.trips.driver[anchors]] ** keeps
    days = np.unique(kept.trips.day[inside])
    days = days[days % WEEK < 5]
    by_driver = pd.Series(rows).groupby(place[rows]).indices
    for anchor, rivals in zip(anchors, others, strict=True):
        if kept.wrong[anchor]:  # the operator begins with a trip that is partly somebody else's
            strangers[place[anchor]] += 1
            continue
        joined.append(anchor)
        if rivals > repeats:
            continue
        own = rows[by_driver[place[anchor]]]
        same = own[(key[own] == key[anchor]) & kept.known[own] & (kept.trips.day[own] % WEEK < 5)]
        for day in days[days != kept.trips.day[anchor]]:
            here = same[kept.trips.day[same] == day]
            # as many others as fall to that day, by chance (Poisson); one is taken at random
            crowd = int(np.random.default_rng((int(anchor), int(day))).poisson(rivals))
            if len(here) and luck(anchor, 100 + day) < 1 / (1 + crowd):
                joined.append(here[0])
            elif crowd:
                strangers[place[anchor]] += 1
    return Joined(np.array(sorted(joined), int), strangers)


def variants(network: Network) -> Iterator[tuple[str, Network, float]]:
    """For each of `VARIANTS` its name, the network as it is then, and `keeps`."""
    for name, (keeps, clock) in VARIANTS.items():
        seen = replace(network, clock=clock) if clock else network
        seen.__dict__["legs"] = network.legs  # what an operator knows from a map, at any clock
        yield name, seen, keeps


def find_places(
    network: Network, kept: Record, followed: Followed, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The crossings at which the operator believes home and work to be, -1 where it is less likely
    than not that they are within 100 m, or nothing tells.
    """
    rows = rows[kept.first[rows] >= 0]
    place = np.searchsorted(followed.drivers, kept.trips.driver[rows])
    size = len(network.cameras)
    who, place = np.unique(place, return_inverse=True)  # nothing is voted for the others
    votes = np.zeros((4, len(who) * size), np.float32)  # home by first, home by last, work by each
    first, last = (place * size + camera[rows] for camera in (kept.first, kept.last))
    day, early = place * 1000 + kept.trips.day[rows], kept.begin[rows] % DAY < _NOON
    # where times are kept to the hour or the day, nothing but chance says which comes first
    order = np.lexsort((luck(rows, 14), kept.begin[rows], day))
    # of each day: the first trip of the morning, and the first and the last after noon
    opens, late = (_firsts(part, day) for part in (order[early[order]], order[~early[order]]))
    closes = _firsts(order[~early[order]][::-1], day)
    cells = (first[opens], last[closes], first[late], last[opens])
    for table, cell in zip(votes, cells, strict=True):
        np.add.at(table, cell, 1)
    votes = np.minimum(votes, _VOTES).reshape(4, len(who), size)
    by_first, by_last = network.places
    near, found = network.town.neighbours, np.full((2, len(followed.drivers)), -1)
    for row, (one, two) in zip(found, ((votes[0], votes[1]), (votes[2], votes[3])), strict=True):
        told = csr_matrix(one) @ by_first.T + csr_matrix(two) @ by_last.T
        around = (near @ softmax(told, axis=1).T).T
        sure = ((one + two).sum(axis=1) > 0) & (around.max(axis=1, initial=0.0) >= SURE)
        row[who] = np.where(sure, around.argmax(axis=1), -1)
    return found[0], found[1]


def _firsts(rows: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The first of the rows of each day."""
    return rows[np.flatnonzero(np.diff(day[rows], prepend=-1))]


def singled_out(
    network: Network, kept: Record, followed: Followed, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which drivers have four known passes, and which of those nobody else passed alike: (k,) each,
    the latter by the first week.
    """
    passes = kept.passes
    held = np.isin(passes.trip, rows)
    cell = cell_of(passes.seconds[held], passes.camera[held].astype(int), len(network.cameras))
    place = np.searchsorted(followed.drivers, kept.trips.driver[passes.trip[held]])
    cells = 24 * (MONTH + 1) * len(network.cameras)  # the last trips end after midnight
    driver, cell = np.divmod(np.unique(place * cells + cell), cells)
    enough = np.bincount(driver, minlength=len(followed.drivers)) >= POINTS
    early = cell // len(network.cameras) < 24 * WEEK
    driver, cell = driver[early], cell[early]
    known, who = network.cells
    unique = np.full(len(followed.drivers), np.nan)
    for k, name in enumerate(followed.drivers):
        own = cell[slice(*np.searchsorted(driver, [k, k + 1]))]
        if len(own) < POINTS:
            continue
        drawn = np.random.default_rng(int(name)).choice(own, POINTS, replace=False)
        others: set[int] | None = None
        for one in drawn:
            there = set(who[slice(*np.searchsorted(known, [one, one + 1]))].tolist())
            others = there if others is None else others & there
        unique[k] = len(others or ()) <= 1
    return enough, unique


def name_drivers(network: Network, followed: Followed, home: np.ndarray) -> np.ndarray:
    """Whom a register of addresses and vehicles names for each record: a driver, or -1 unless one
    entry alone fits home and look.
    """
    streets, drivers = network.town.streets, network.town.drivers
    order = np.argsort(drivers.home, kind="stable")
    starts = np.searchsorted(drivers.home[order], np.arange(len(streets.x) + 1))
    named = np.full(len(home), -1)
    for k, at in enumerate(home):
        if at < 0:
            continue
        near = np.flatnonzero(streets.apart(at, np.arange(len(streets.x))) <= NEAR)
        there = np.concatenate([order[starts[one] : starts[one + 1]] for one in near])
        fits = there[followed.about[there] == followed.about[followed.drivers[k]]]
        if len(fits) == 1:
            named[k] = fits[0]
    return named


def record_followed(
    network: Network, kind: Kind, outcomes: Outcomes | None, followed: Followed
) -> Record:
    """What the system has of the followed drivers' first four weeks."""
    trips = network.town.trips
    month = (trips.day < MONTH) & np.isin(trips.driver, followed.drivers)
    return record(network, kind, outcomes, trips.part(np.flatnonzero(month)), followed.common)


def figures(
    network: Network,
    kind: Kind,
    kept: Record,
    followed: Followed,
    repeats: float = REPEATS,
    keeps: float = 0.0,
) -> pd.DataFrame:
    """What leaks of `kept`, from `record_followed`: a row a driver and days kept, a column a
    figure; `keeps` as for `join`.
    """
    town, parts = network.town, []
    for days in KEPT:
        begin = _FIRST_DAY if days == 1 else 0
        inside = (kept.trips.day >= begin) & (kept.trips.day < begin + days)
        place = np.searchsorted(followed.drivers, kept.trips.driver)

        def each(rows, place=place) -> np.ndarray:
            return np.bincount(place[rows], minlength=len(followed.drivers))

        driven = each(inside)
        joined = join(network, kind, kept, followed, inside, repeats, keeps)
        right = each(joined.rows[kept.known[joined.rows]])
        home, work = find_places(network, kept, followed, joined.rows)
        enough, unique = singled_out(network, kept, followed, joined.rows)
        named = name_drivers(network, followed, home)
        own = town.drivers
        off = np.where(home >= 0, town.streets.apart(home, own.home[followed.drivers]), np.inf)
        wrong_home = (home >= 0) & (off > NEAR)
        workplace = own.work[followed.drivers]
        found = town.streets.apart(work, workplace) <= NEAR
        table = pd.DataFrame(
            {
                "driver": followed.drivers,
                "role": np.array(ROLES)[own.role[followed.drivers]],
                "days": days,
                "trips reconstructed": _share(each(inside & kept.known), driven),
                "trips with a wrong link": _share(each(inside & kept.wrong), driven),
                "trips put together, right": _share(right, driven),
                "trips put together, wrong": _share(joined.strangers, driven),
                "home found": off <= NEAR,
                "wrong home": wrong_home,
                "work found": np.where(workplace >= 0, found & (work >= 0), np.nan),
                "four passes": enough,
                "alone": unique,
                "named, right": named == followed.drivers,
                "named, wrong": (named >= 0) & (named != followed.drivers),
            }
        )
        parts.append(table[driven > 0])
    return pd.concat(parts, ignore_index=True)


def _share(count, of) -> np.ndarray:
    return count / np.maximum(of, 1)


def summary(each: pd.DataFrame, shares: dict[str, float]) -> pd.DataFrame:
    """Means by days and kind of driver: `days`, `drivers`, `figure`, `estimate`. `shares` are those
    of the roles among all drivers, of which too many taxis are followed.
    """
    names = [name for name in each.columns if name not in ("driver", "role", "days", "alone")]
    parts = []
    for days, table in each.groupby("days"):
        alone = table["alone"].dropna().mean() if table["alone"].notna().any() else 0.0
        by_role = table.groupby("role")[names].mean().astype(float)
        weight = pd.Series(shares).reindex(by_role.index)
        by_role.loc["everyone"] = [
            np.average(by_role[name].dropna(), weights=weight[by_role[name].notna()])
            if by_role[name].notna().any() else np.nan for name in names
        ]  # fmt: skip
        by_role["singled out"] = by_role.pop("four passes") * alone
        long = (
            by_role.rename_axis("drivers")
            .reset_index()
            .melt("drivers", var_name="figure", value_name="estimate")
        )
        parts.append(long.assign(days=days))
    return pd.concat(parts, ignore_index=True)
