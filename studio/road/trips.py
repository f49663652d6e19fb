"""Six weeks of trips without pictures: our habit model.

Who drives when is invented, so whatever a lesson measures on these trips is a property of this
model. The model is small on purpose: commuters (two trips on their workdays, always the same ramps,
at nearly the same times), vehicles for hire (many trips in a shift, anywhere), and occasional
drivers (a few trips, anywhere, some with a way back). Times are whole seconds.

Examples
--------
>>> drivers, trips = six_weeks(seed=0, commuters=3, hire=1, occasional=2)
>>> sorted(set(drivers["role"].to_pylist()))
['commuter', 'hire', 'occasional']
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from studio.build import Settings
from studio.road import vehicles
from studio.road.cast import CAST
from studio.road.expressway import CAMERAS, CARRIAGEWAYS
from studio.road.traffic import dress
from studio.road.truth import NAME, TRIPS, write

FIRST_DAY = date(2031, 3, 24)
"""A Monday; the last of the 42 days is the Sunday before the simulated morning."""

DAYS = 42
DAY = 86_400
SHORTEST = 0.9  # km between entry and exit
APART = 900  # s between two starts of the same vehicle, at least
FIRST_ID = (
    1_000_000  # these are not the vehicles of the frames; only the cast (ids below 100) is in both
)

HOURS = (0, 4, 6, 8, 9, 12, 16, 18, 20, 24)
SPEEDS = (24, 24, 22, 15, 16, 21, 17, 14, 20, 24)  # m/s over the hours of a weekday
DEMAND = (0.3, 0.15, 0.6, 1.0, 1.0, 0.8, 0.9, 1.0, 0.7, 0.3)  # of occasional drivers over the hours

DRIVERS = pa.schema(
    [
        ("vehicle", pa.int32()),
        ("name", pa.string()),
        ("role", NAME),
        ("kind", NAME),
        ("colour", NAME),
        ("entry", NAME),
        ("exit", NAME),
        ("workdays", pa.string()),
        ("leaves", pa.float32()),
        ("returns", pa.float32()),
    ]
)


@dataclass(frozen=True)
class Route:
    """An entry and an exit on one carriageway, and its share of that carriageway's demand."""

    direction: str
    entry: str
    enter_km: float
    exit: str
    exit_km: float
    share: float


def _routes():
    routes = []
    for way in CARRIAGEWAYS.values():
        for entry in way.entries:
            staying = 1.0
            for ramp in way.exits:
                if way.distance(ramp.km) < way.distance(entry.km) + 1000 * SHORTEST:
                    continue
                routes.append(
                    Route(
                        way.direction,
                        entry.name,
                        entry.km,
                        ramp.name,
                        ramp.km,
                        entry.share * staying * ramp.share,
                    )
                )
                staying *= 1 - ramp.share
    return tuple(routes)


ROUTES = _routes()
SHARES = np.array([route.share for route in ROUTES]) / sum(route.share for route in ROUTES)


def way_back(route):
    """The index in `ROUTES` of the way back: the route in the other direction whose ends lie
    nearest.

    Examples
    --------
    >>> ends = "S", "north end", "Houston St"
    >>> there = next(r for r in ROUTES if (r.direction, r.entry, r.exit) == ends)
    >>> back = ROUTES[way_back(there)]
    >>> back.direction, back.entry, back.exit
    ('N', 'Houston St', 'north end')
    """
    detours = [
        (
            abs(other.enter_km - route.exit_km) + abs(other.exit_km - route.enter_km)
            if other.direction != route.direction
            else np.inf
        )
        for other in ROUTES
    ]
    return int(np.argmin(detours))


BACK = np.array([way_back(route) for route in ROUTES])


def six_weeks(
    seed=0, commuters=2400, hire=150, occasional=6000, individuality=Settings.individuality
):
    """Simulate six weeks of trips.

    Parameters
    ----------
    seed : int
    commuters, hire, occasional : int
        How many drivers of each role, the cast not counted.
    individuality : float
        Passed on to `studio.road.vehicles.draw`; it changes no trip.

    Returns
    -------
    drivers : pyarrow.Table
        One row a vehicle (schema `DRIVERS`): its role, and for commuters the habit behind their
        trips.
    trips : pyarrow.Table
        One row a trip (schema `studio.road.truth.TRIPS`), by the time of entering.
    """
    drivers, plans = [], []
    roles = ["commuter"] * commuters + ["hire"] * hire + ["occasional"] * occasional
    invented = [(role.id, CAST_ROLES[role.id], role) for role in CAST]
    for number, name, role in [
        *invented,
        *((FIRST_ID + k, name, None) for k, name in enumerate(roles)),
    ]:
        rng = np.random.default_rng([seed, 6, number])
        routes, starts, habit = PLANS[name](rng, role)
        vehicle = (
            dress(role, seed, individuality)
            if role
            else _vehicle(name, number, seed, individuality)
        )
        drivers.append(
            {
                "vehicle": number,
                "name": role and role.name,
                "role": name,
                "kind": vehicle.kind,
                "colour": vehicle.colour,
                **habit,
            }
        )
        plans.append(_one_at_a_time(number, routes, starts))
    return pa.Table.from_pylist(drivers, schema=DRIVERS), _drive(
        np.concatenate(plans), np.random.default_rng([seed, 6, 0])
    )


def write_six_weeks(folder, seed=0, individuality=Settings.individuality):
    """Write `drivers.parquet` and `trips.parquet` of six weeks into a folder."""
    drivers, trips = six_weeks(seed, individuality=individuality)
    write(drivers, Path(folder) / "drivers.parquet")
    write(trips, Path(folder) / "trips.parquet")


def _vehicle(role, number, seed, individuality):
    """A vehicle that suits the role: only those for hire drive taxis."""
    for attempt in range(1000):
        vehicle = vehicles.draw(
            np.random.default_rng([seed, number, attempt]), number, individuality
        )
        if ("taxi" in vehicle.kind) == (role == "hire"):
            return vehicle
    raise ValueError(f"no vehicle for a driver of role {role!r} among 1000 drawn")


def _commuter(rng, role):
    """Two trips on each workday: out, and back after the day's work."""
    route = _route_of(role) if role else int(rng.choice(len(ROUTES), p=SHARES))
    leaves, stays = (HABITS[role.id]) if role else (rng.normal(8.0, 0.9), rng.normal(9.0, 0.8))
    late, late_back = rng.lognormal(np.log(9 / 60), 0.5), rng.lognormal(np.log(20 / 60), 0.4)
    weekdays = (
        np.arange(5)
        if rng.random() < 0.6
        else np.sort(rng.choice(5, rng.integers(2, 5), replace=False))
    )
    holiday = rng.integers(DAYS // 7) if rng.random() < 0.15 else -1
    days = np.array([day for day in range(DAYS) if day % 7 in weekdays and day // 7 != holiday])
    days = days[rng.random(len(days)) < 0.93]
    out = days + (leaves + rng.normal(0, late, len(days))) / 24
    back = days + (leaves + stays + rng.normal(0, late_back, len(days))) / 24
    routes = np.repeat([route, BACK[route]], len(days))
    habit = {
        "entry": ROUTES[route].entry,
        "exit": ROUTES[route].exit,
        "workdays": " ".join(("Mon", "Tue", "Wed", "Thu", "Fri")[day] for day in weekdays),
        "leaves": leaves % 24,
        "returns": (leaves + stays) % 24,
    }
    return routes, np.concatenate([out, back]), habit


def _hire(rng, role):
    """A shift on six days of seven, by day or by night, with trips anywhere."""
    day_off, begins = rng.integers(7), 6.0 if role or rng.random() < 0.6 else 17.0
    starts = [
        day + (begins + rng.uniform(0, 11, rng.poisson(5))) / 24
        for day in range(DAYS)
        if day % 7 != day_off
    ]
    starts = np.concatenate(starts)
    return rng.choice(len(ROUTES), len(starts), p=SHARES), starts, {}


def _occasional(rng, role):
    """A few trips at any time of demand; half of them with a way back some hours later."""
    count = 1 + rng.poisson(rng.gamma(1.0, 1.5))
    hours = np.linspace(0, 24, 97)[:-1]
    demand = np.interp(hours, HOURS, DEMAND)
    starts = (
        rng.integers(DAYS, size=count)
        + (rng.choice(hours, count, p=demand / demand.sum()) + rng.uniform(0, 0.25, count)) / 24
    )
    routes = rng.choice(len(ROUTES), count, p=SHARES)
    returning = rng.random(count) < 0.5
    back = starts[returning] + rng.uniform(1, 6, returning.sum()) / 24
    return np.concatenate([routes, BACK[routes[returning]]]), np.concatenate([starts, back]), {}


PLANS = {"commuter": _commuter, "hire": _hire, "occasional": _occasional}
CAST_ROLES = {1: "hire", 2: "commuter", 3: "hire", 4: "hire", 5: "commuter"}
HABITS = {
    2: (8.6 - 13.7, 13.7),
    5: (8.65, 0.7),
}  # when they leave home (hour; the nurse on the evening before), and stay for (hours)


def _route_of(role):
    """The route of a protagonist's habit; the nurse is filmed on her way home, so her way out is
    the way back of it.
    """
    filmed = next(
        k
        for k, r in enumerate(ROUTES)
        if (r.direction, r.entry, r.exit) == (role.direction, role.entry, role.exit)
    )
    return int(BACK[filmed]) if HABITS[role.id][0] < 0 else filmed


def _one_at_a_time(vehicle, routes, starts):
    """Rows of vehicle, route and start (s since `FIRST_DAY`), in order, dropping starts too near
    the last, or outside the weeks.
    """
    seconds = np.round(starts * DAY).astype(np.int64)
    order = np.argsort(seconds, kind="stable")
    kept, last = [], -APART
    for k in order:
        if seconds[k] - last >= APART and 0 <= seconds[k] < DAYS * DAY:
            kept.append(k)
            last = seconds[k]
    plan = np.zeros(len(kept), [("vehicle", np.int64), ("route", np.int64), ("start", np.int64)])
    plan["vehicle"], plan["route"], plan["start"] = vehicle, routes[kept], seconds[kept]
    return plan


def _drive(plan, rng):
    """Give each planned trip its times at the cameras and its end."""
    plan = np.sort(plan, order=["start", "vehicle"])
    hour, weekend = plan["start"] % DAY / 3600, plan["start"] // DAY % 7 >= 5
    speed = np.where(weekend, 22.0, np.interp(hour, HOURS, SPEEDS)) * rng.normal(
        1, 0.06, len(plan)
    ).clip(0.8, 1.2)
    fickle = rng.lognormal(0, 0.05, (len(plan), len(CAMERAS) + 1))
    after = np.full((len(plan), len(CAMERAS) + 1), np.nan)
    for k, route in enumerate(ROUTES):
        mine = plan["route"] == k
        after[mine] = (fickle[mine][:, None, :] * _stretches(route)).sum(2) / speed[mine, None]
    return _trip_table(plan, after)


def _stretches(route):
    """Metres driven in each stretch between cameras up to each camera (rows) and up to the exit
    (last row); NaN where not passed.
    """
    low, high = sorted((route.enter_km, route.exit_km))
    edges = np.array([-np.inf, *(camera.km for camera in CAMERAS.values()), np.inf])
    rows = []
    for km in [*(camera.km for camera in CAMERAS.values()), route.exit_km]:
        a, b = sorted((route.enter_km, km))
        metres = 1000 * np.clip(np.minimum(edges[1:], b) - np.maximum(edges[:-1], a), 0, None)
        rows.append(metres if low <= km <= high else np.full(len(metres), np.nan))
    return np.array(rows)


def _trip_table(plan, after):
    epoch = np.datetime64(FIRST_DAY, "ms")
    times = {
        name: _moments(epoch, plan["start"], after[:, k])
        for k, name in enumerate([*CAMERAS, "left"])
    }
    columns = {
        "vehicle": plan["vehicle"].astype(np.int32),
        "direction": _names([route.direction for route in ROUTES], plan["route"]),
        "entry": _names([route.entry for route in ROUTES], plan["route"]),
        "entered": pa.array(epoch + 1000 * plan["start"].astype("timedelta64[ms]")),
        "exit": _names([route.exit for route in ROUTES], plan["route"]),
        **times,
    }
    return pa.table([columns[field.name] for field in TRIPS], schema=TRIPS)


def _moments(epoch, starts, after):
    unknown = np.isnan(after)
    seconds = starts + np.round(np.where(unknown, 0, after)).astype(np.int64)
    return pa.array(epoch + 1000 * seconds.astype("timedelta64[ms]"), mask=unknown)


def _names(names, index):
    distinct = sorted(set(names))
    codes = np.array([distinct.index(name) for name in names], np.int32)[index]
    return pa.DictionaryArray.from_arrays(codes, distinct)
