"""The joint engine on followed drivers, with everybody else around them.

A followed trip and its cameras make a corridor: at each place compete the passes of its camera and
of all cameras to which many drive from the one before, since the system does not know the route.
Vehicles around are the drivers' own trips of other workdays at that hour, as many as the traffic
asks for. `cctview.link.assign_trips` decides them together, as it does on the drive.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from cctview.link import LinkModel, TravelTimes, assign_trips
from cctview.link.appearance import Appearance
from cctview.link.ways import Way
from cctview.track import Tracklets
from studio.city.cameras import Kind
from studio.city.journeys import drive
from studio.city.looks import Looks
from studio.city.people import DAY
from studio.city.town import WORKDAYS, Legs, Town, fit_legs

_SLOTS = 5  # cameras of a corridor, at most
_BRANCH = 0.1
_CLOCK = 0.5  # s; how exactly a pass is timed
_DIFFUSE = 1e4  # s², as `cctview.link.ways` has it
_REACH = 3.5  # deviations that a window reaches beyond the time at which a vehicle is due
MOST = 60.0  # rivals of a leg, beyond which the engine is not asked: it links nobody there
OUTCOMES = ("not linked", "right", "wrong")


@dataclass(frozen=True)
class Window:
    """An hour's passes: `vehicle` (unique), `followed` (of the day that is followed), `camera`,
    `seconds` (clock), sorted by camera and time; and the trips' passes in order.
    """

    passes: pd.DataFrame
    legs: Legs

    def at(self, camera: int, begin: float, end: float) -> pd.DataFrame:
        """The passes of a camera between two times."""
        rows = self._rows(camera)
        seconds = self.passes["seconds"].to_numpy()[rows]
        return self.passes.iloc[
            rows.start + np.searchsorted(seconds, begin) : rows.start
            + np.searchsorted(seconds, end)
        ]

    def _rows(self, camera: int) -> slice:
        first, last = np.searchsorted(self.passes["camera"].to_numpy(), [camera, camera + 1])
        return slice(int(first), int(last))


def open_window(town: Town, cameras: np.ndarray, day: int, hour: int) -> Window:
    """An hour of a workday, with the traffic that the town has."""
    copies = max(1, round(town.others))
    rest = [other for other in WORKDAYS if other != day]
    if copies > len(rest) + 1:
        raise ValueError(
            f"the traffic asks for {copies} vehicles a driver, and {len(rest) + 1} workdays give no"
            " more; take more drivers or less traffic"
        )
    days = [day, *np.random.default_rng((town.seed, day, hour)).permutation(rest)[: copies - 1]]
    clock = town.trips.start % DAY
    near = (clock >= 3600 * hour - 2400) & (clock < 3600 * (hour + 1))
    trips = town.trips.part(np.flatnonzero(near & np.isin(town.trips.day, days)))
    driven = drive(town.streets, town.last, trips, cameras, town.seed)
    passes = driven.passes
    table = pd.DataFrame(
        {
            "vehicle": passes.trip,
            "driver": trips.driver[passes.trip],
            "followed": trips.day[passes.trip] == day,
            "camera": passes.camera.astype(int),
            "seconds": passes.seconds % DAY,
        }
    )
    table = table.sort_values(["camera", "seconds"], kind="stable", ignore_index=True)
    # the rate of this hour: the lapse of the window is an hour and forty minutes
    return Window(table, fit_legs(driven, 1.0, 6000 / DAY))


@dataclass(frozen=True)
class Corridor:
    """A followed trip's passes, and what competes with them."""

    table: pd.DataFrame  # vehicle, slot, seconds (moved to the slot's own camera)
    way: Way
    rivals: np.ndarray  # expected number of competitors at each slot but the first


def corridor(
    window: Window, trip: pd.DataFrame, kind: Kind, rng: np.random.Generator
) -> Corridor | None:
    """The corridor of a followed trip's passes (in order of time); None if it has no leg."""
    trip = trip.iloc[:_SLOTS]
    cameras, start = trip["camera"].to_numpy(), float(trip["seconds"].iloc[0])
    if len(trip) < 2 or len(set(cameras)) < len(cameras):
        return None
    pools, lags, spreads = [{cameras[0]: 0.0}], [0.0], [0.0]
    goes_on, taken, rivals = [], set(cameras), []
    for a, b in pairwise(cameras):
        leg = window.legs.by_pair.loc[(a, b)]
        among = leg["rate"] * leg["spread"] * np.sqrt(2 * np.pi) * kind.noticed
        if among > MOST:
            break
        near = window.legs.branches(a)
        near = near[(near["share"] >= _BRANCH) & ~near["second"].isin(taken)]
        pool = {b: 0.0} | {
            int(c): leg["lag"] - lag for c, lag in zip(near["second"], near["lag"], strict=True)
        }
        taken |= set(pool)
        pools.append(pool)
        lags.append(lags[-1] + leg["lag"])
        spreads.append(spreads[-1] + leg["spread"] ** 2)
        goes_on.append(float(np.clip(near["share"].sum() + leg["share"], 0.05, 0.98)))
        rivals.append(among)
    if not rivals:
        return None
    widest = _REACH * np.sqrt(spreads[-1]) + 20
    parts, rates = [], []
    for slot, pool in enumerate(pools):
        reach = _REACH * np.sqrt(spreads[slot]) + 20 if slot else widest
        due = start + lags[slot]
        for camera, shift in pool.items():
            rows = window.at(camera, due - reach - shift, due + reach - shift)
            parts.append(rows.assign(slot=slot, seconds=rows["seconds"] + shift))
        rates.append(sum(len(part) for part in parts[-len(pool) :]) / (2 * reach))
    table = pd.concat(parts)
    table = table[rng.random(len(table)) < kind.noticed].drop_duplicates(["vehicle", "slot"])
    # the engine wants a pass at each place: one of nobody's, beyond the window
    empty = [slot for slot in range(len(pools)) if not (table["slot"] == slot).any()]
    if empty:
        late = start + np.array(lags)[empty] + 2 * widest
        nobody = {"slot": empty, "seconds": late, "camera": cameras[empty], "driver": -1}
        table = pd.concat([table, pd.DataFrame(nobody).assign(vehicle=-1 - np.array(empty))])
    table = table.assign(seconds=table["seconds"] + _CLOCK * rng.standard_normal(len(table)))
    passed = np.tril(np.ones((len(pools), len(pools) - 1)), -1)
    spread = passed @ np.diag(np.diff(spreads)) @ passed.T
    rate = np.array(rates)
    enters = rate - np.append(0.0, rate[:-1] * goes_on)
    way = Way(
        tuple(f"{slot}" for slot in range(len(pools))),
        np.array(lags),
        spread + _CLOCK**2 * np.eye(len(pools)) + _DIFFUSE,
        np.eye(len(pools)),
        np.full(len(pools), kind.noticed),
        np.array(goes_on),
        np.maximum(enters, 0.05 * rate),
    )
    return Corridor(table.reset_index(drop=True), way, np.array(rivals))


def plain(appearance: Appearance) -> Appearance:
    """The same, for passes that lie in its plane already."""
    size = len(appearance.between)
    return Appearance(
        np.zeros(size, np.float32),
        np.eye(size, dtype=np.float32),
        appearance.between,
        np.ones(3, np.float32),
    )


def decide(
    made: Corridor, looks: Looks, kind: Kind, views: np.ndarray, rng
) -> tuple[np.ndarray, np.ndarray]:
    """Draw everybody's appearance and let the engine decide; `views` says which view of the road
    each camera is like.

    Returns
    -------
    weights : ndarray, shape (n, n)
        How probably two passes show one vehicle.
    like : ndarray of int, shape (n,)
        Which of the road's vehicles each resembles.
    """
    _, codes = np.unique(made.table["vehicle"], return_inverse=True)
    like, sides = looks.draw(codes.max() + 1, rng)
    views = views[made.table["camera"].to_numpy()]
    places = looks.shoot(sides[codes], views, rng, kind.blur).astype(np.float32)
    slots = made.table["slot"].astype(str)
    table = pd.DataFrame(
        {
            "camera": slots,
            "seconds": made.table["seconds"],
            "lane": 0.5,
            "detections": 3,
            "minute": 0,
        }
    )
    names = dict.fromkeys(made.way.cameras, (0.0, 6.0))
    span = (float(table["seconds"].min()) - 1, float(table["seconds"].max()) + 1)
    model = LinkModel(
        plain(looks.appearance), TravelTimes(names, {}, {}, span), {"S": made.way}, {}
    )
    return assign_trips(model, Tracklets(table.reset_index(drop=True), places)).pairs, like[codes]


def judge_corridor(
    made: Corridor, pairs, like: np.ndarray, vehicle: int, common: np.ndarray, about: np.ndarray
) -> list[dict]:
    """What was found of each leg between the followed vehicle's noticed passes: at the second the
    weight of the best candidate (`best`), and whether it is the vehicle (`hit`); on the way, where
    it was not noticed, the weight of the best (`stray`).
    """
    table, rows = made.table, []
    own = table.index[table["vehicle"] == vehicle].to_numpy()
    own = own[np.argsort(table["slot"].to_numpy()[own])]
    slot = table["slot"].to_numpy()
    for one, two in pairwise(own):
        weights = pairs[[one]].toarray()[0]
        between = np.flatnonzero((slot > slot[one]) & (slot < slot[two]))
        here = np.flatnonzero(slot == slot[two])
        best = here[weights[here].argmax()]
        hit = best == two
        # who would be blamed: at the second pass, or on the way
        blamed = between[weights[between].argmax()] if hit and len(between) else best
        rows.append(
            {
                "best": weights[best],
                "hit": hit,
                "stray": weights[between].max(initial=0.0),
                "rivals": made.rivals[slot[one] : slot[two]].sum(),
                "common": common[like[one]],
                "legs": len(own) - 1,
                "alike": about[like[blamed]] == about[like[one]],
            }
        )
    return rows


def commonness(looks: Looks) -> np.ndarray:
    """Of each of the road's vehicles: with which share of the others it is more probably confused
    than not, by appearance alone and without noise, (m,).
    """
    places = looks.vehicles.astype(np.float32)
    ratio = looks.appearance.log_ratio(places, places)
    np.fill_diagonal(ratio, -np.inf)
    share: np.ndarray = ((ratio > 0).sum(axis=1) + 1) / len(ratio)
    return share


def run_window(
    town: Town, looks: Looks, kind: Kind, how: str, count: int, day: int, hour: int, followed: int
) -> pd.DataFrame:
    """Run the engine on so many followed drivers of an hour; a row a leg, see `judge_corridor`."""
    cameras = town.cameras(how, count)
    window = open_window(town, cameras, day, hour)
    rng = np.random.default_rng((town.seed, day, hour, count, len(kind.name)))
    views = np.random.default_rng((town.seed, 7)).integers(len(looks.views), size=count)
    common, own = commonness(looks), window.passes[window.passes["followed"]]
    late = own[own["seconds"] >= 3600 * hour - 600]
    many = late.groupby("vehicle")["camera"].size()
    candidates = many.index[many >= 2].to_numpy()
    rows: list[dict] = []
    for vehicle in rng.permutation(candidates)[:followed]:
        trip = late[late["vehicle"] == vehicle].sort_values("seconds")
        made = corridor(
            window, trip.iloc[rng.integers(0, max(1, len(trip) - _SLOTS + 1)) :], kind, rng
        )
        if made is None or (made.table["vehicle"] == vehicle).sum() < 2:
            continue
        pairs, like = decide(made, looks, kind, views, rng)
        about = {
            "kind": kind.name,
            "hour": hour,
            "vehicle": int(vehicle),
            "passes": len(made.table),
        }
        rows += [
            about | row for row in judge_corridor(made, pairs, like, vehicle, common, looks.about)
        ]
    return pd.DataFrame(rows)
