"""The traffic of a morning: who enters when, drives how, passes which camera, and leaves where.

`Traffic` advances in steps of 0.1 s and keeps only the vehicles that are on the road, so its memory
does not grow with the minutes. The same seed gives the same traffic, to the bit.
"""

from dataclasses import dataclass, field
from datetime import date, time

import numpy as np

from studio.road import driving, vehicles
from studio.road.cast import CAST
from studio.road.driving import STEP
from studio.road.expressway import CAMERAS, CARRIAGEWAYS, LANES, VIEW
from studio.road.scenes import lane_lateral

DATE = date(2031, 5, 5)
"""The fictional day, a Monday."""

WARM_UP = 450.0  # s of traffic before the first frame: longer than a vehicle takes from end to end
FLOW = 3750.0  # vehicles an hour that want to enter at a road end, at the morning's peak
HOURS, PROFILE = (
    (5, 6, 7, 8, 9, 10, 11, 12),
    (
        0.3,
        0.55,
        0.85,
        1.0,
        0.95,
        0.8,
        0.75,
        0.75,
    ),
)  # demand over the morning
CYCLE, PLATOON = 120.0, 0.9  # s from green to green before the road; how pointed its platoons are
HEADWAYS = (0.5, 1.1)  # s: shorter than taught, as on the real road, or platoons would dissolve
LANE_SHARES = (0.33, 0.37, 0.30)
SPEED, SPEED_SPREAD, SPEED_PER_LANE = (
    27.0,
    1.8,
    1.2,
)  # m/s: desired on lane 0, deviation, less per lane outwards
KIND_SPEED = {"motorcycle": 1.0, "van": -1.0, "minibus": -1.5}  # m/s
RAMP_SPEED = 17.0  # m/s at most when entering from a ramp
NO_EXIT_WITHIN = 900.0  # m after entering
OPEN_COUNTRY = 1e6  # m: beyond any exit
LOOK_EVERY = 5  # steps between two looks for a lane change; left and right alternate


@dataclass
class Trip:
    """One vehicle's way through the simulated road; times in seconds since midnight, None while it
    is under way.
    """

    vehicle: vehicles.Vehicle
    direction: str
    entry: str
    entered: float
    exit: str | None = None
    left: float | None = None
    passed: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Passing:
    """A vehicle before a camera at one moment, as `studio.road.render.Placement` needs it, and
    where it is on the road.
    """

    vehicle: vehicles.Vehicle
    direction: str
    lane: int
    km: float
    ahead: float
    lateral: float
    speed: float
    yaw: float


@dataclass(frozen=True)
class Driver:
    """A vehicle about to enter, and how it will be driven."""

    vehicle: vehicles.Vehicle
    desired: float
    headway: float
    lane: int
    exit: float
    offset: float


def rate(seconds, phases, share):
    """Demand in vehicles a second at a time of day: the morning's profile with two slow waves, and
    the platoons that the lights before the road release.
    """
    profile = np.interp(seconds / 3600, HOURS, PROFILE)
    waves = 1 + 0.12 * np.sin(seconds / 67 + phases[0]) + 0.10 * np.sin(seconds / 181 + phases[1])
    green = np.sin(2 * np.pi * seconds / CYCLE + phases[0])
    platoon = np.exp(PLATOON * green) / np.i0(PLATOON)  # von Mises: its mean over a cycle is 1
    return FLOW / 3600 * share * profile * waves * platoon


class Source:
    """Where vehicles come in: a road end or a ramp. Arrivals are a Poisson process; who finds no
    room waits.
    """

    def __init__(self, ramp, x, rng, now, demand):
        self.ramp, self.x, self._rng = ramp, x, rng
        self._phases = rng.uniform(0, 2 * np.pi, 2)
        self._share = ramp.share * demand
        self.waiting = []
        self._next = now
        self._draw_next()

    def _draw_next(self):
        self._next += self._rng.exponential(1 / rate(self._next, self._phases, self._share))

    def arrivals(self, now):
        """How many have arrived since the last call."""
        count = 0
        while self._next <= now:
            count += 1
            self._draw_next()
        return count


class Way:
    """The vehicles of one carriageway."""

    def __init__(self, road, seed, now, individuality, demand):
        self.road, self.now = road, now
        self._seed, self._individuality = seed, individuality
        self._side = ord(road.direction)
        self._rng = np.random.default_rng([seed, self._side])
        self._count = 0
        self._sources = [
            Source(
                ramp,
                road.distance(ramp.km),
                np.random.default_rng([seed, self._side, k]),
                now,
                demand,
            )
            for k, ramp in enumerate(road.entries)
        ]
        self._exits = sorted((road.distance(ramp.km), ramp) for ramp in road.exits[:-1])
        cameras = sorted((road.distance(camera.km), camera.id) for camera in CAMERAS.values())
        self._camera_x, self._cameras = (
            np.array([x for x, _ in cameras]),
            [camera for _, camera in cameras],
        )
        self._roles = [
            role for role in CAST if role.direction == road.direction and _seconds(role.due) >= now
        ]
        self._steps = 0
        self.state = np.zeros(0, driving.STATE)
        self.trips = {}
        self.finished = []

    def step(self):
        """Advance by `STEP` seconds."""
        self.state["a"] = driving.accelerations(self.state)
        if self._steps % LOOK_EVERY == 0 and len(self.state):
            side = 1 if (self._steps // LOOK_EVERY) % 2 else -1
            driving.change_lanes(self.state, side, self._rng.random(len(self.state)) < 0.5)
            self.state["a"] = driving.accelerations(self.state)
        middle = self.state["x"] - self.state["length"] / 2
        driving.move(self.state)
        self._steps += 1
        self.now = round(self.now + STEP, 1)
        self._note_passages(middle)
        self._leave()
        self._enter()

    def _note_passages(self, before):
        after = self.state["x"] - self.state["length"] / 2
        passed = np.searchsorted(self._camera_x, after) - np.searchsorted(self._camera_x, before)
        for i in np.flatnonzero(passed):
            k = np.searchsorted(self._camera_x, before[i])
            late = (after[i] - self._camera_x[k]) / (after[i] - before[i]) * STEP
            self.trips[int(self.state["id"][i])].passed[self._cameras[k]] = float(self.now - late)

    def _leave(self):
        """Let those go who reached their exit on the outer lane, or the road's end; who missed the
        exit aims for the next.
        """
        state = self.state
        at_exit = state["x"] >= np.minimum(state["exit"], self.road.length)
        if not at_exit.any():
            return
        out = (state["lane"] == LANES - 1) & (state["came"] == state["lane"])
        gone = (at_exit & out) | (state["x"] >= self.road.length)
        for row in state[gone]:
            trip = self.trips.pop(int(row["id"]))
            trip.left, trip.exit = self.now, self._exit_name(row["exit"])
            self.finished.append(trip)
        for i in np.flatnonzero(at_exit & ~gone):
            state["exit"][i] = next(
                (x for x, _ in self._exits if x > state["x"][i] + 300), OPEN_COUNTRY
            )
        self.state = state[~gone]

    def _exit_name(self, x):
        return next(
            (ramp.name for distance, ramp in self._exits if distance == x), self.road.exits[-1].name
        )

    def _enter(self):
        while self._roles and _seconds(self._roles[0].due) <= self.now:
            role = self._roles.pop(0)
            source = next(s for s in self._sources if s.ramp.name == role.entry)
            source.waiting.insert(0, self._cast_driver(role, source))
        for source in self._sources:
            for _ in range(source.arrivals(self.now)):
                source.waiting.append(self._driver(source))
            for driver in source.waiting[:LANES]:
                if self._admit(driver, source):
                    source.waiting.remove(driver)

    def _driver(self, source):
        number = 1000 + 2 * self._count + (self.road.direction == "N")
        self._count += 1
        vehicle = vehicles.draw(
            np.random.default_rng([self._seed, number]), number, self._individuality
        )
        rng = np.random.default_rng([self._seed, number, 1])
        return self._behaviour(vehicle, source, rng, self._choose_exit(source.x, rng))

    def _cast_driver(self, role, source):
        vehicle = dress(role, self._seed, self._individuality)
        exit_at = next(
            (x for x, ramp in self._exits if ramp.name == role.exit and x > source.x), OPEN_COUNTRY
        )
        return self._behaviour(
            vehicle, source, np.random.default_rng([self._seed, role.id, 1]), exit_at
        )

    def _behaviour(self, vehicle, source, rng, exit_at):
        lane = int(rng.choice(LANES, p=LANE_SHARES)) if source is self._sources[0] else LANES - 1
        desired = (
            rng.normal(SPEED, SPEED_SPREAD)
            - SPEED_PER_LANE * lane
            + KIND_SPEED.get(vehicle.kind, 0.0)
        )
        headway, offset = rng.uniform(*HEADWAYS), float(np.clip(rng.normal(0, 0.2), -0.45, 0.45))
        return Driver(vehicle, max(desired, 15.0), headway, lane, exit_at, offset)

    def _choose_exit(self, x, rng):
        for distance, ramp in self._exits:
            if distance > x + NO_EXIT_WITHIN and rng.random() < ramp.share:
                return distance
        return OPEN_COUNTRY

    def _admit(self, driver, source):
        """Put a waiting vehicle on the road if its lane has room; True when it has entered."""
        state, length = self.state, driver.vehicle.length
        order = driving.lane_order(state, driver.lane)
        place = np.searchsorted(state["x"][order], source.x)
        speed = driver.desired if source is self._sources[0] else min(driver.desired, RAMP_SPEED)
        if place < len(order):
            leader = state[order[place]]
            gap = leader["x"] - leader["length"] - source.x
            speed = min(speed, leader["v"] + gap / 10)
            if gap < driving.STANDSTILL + driver.headway * speed:
                return False
        if place > 0:
            follower = state[order[place - 1]]
            gap = source.x - length - follower["x"]
            brake = driving.idm(
                follower["v"], follower["desired"], gap, follower["v"] - speed, follower["headway"]
            )
            if gap < driving.NEAREST or brake < -driving.BRAKING:
                return False
        row = np.zeros(1, driving.STATE)
        row[0] = (
            driver.vehicle.id,
            source.x,
            speed,
            0.0,
            length,
            driver.desired,
            driver.headway,
            driver.exit,
            driver.offset,
            driver.lane,
            driver.lane,
            1.0,
            driving.PATIENCE,
        )
        self.state = np.concatenate([state, row])
        self.trips[driver.vehicle.id] = Trip(
            driver.vehicle, self.road.direction, source.ramp.name, self.now
        )
        return True

    def view(self, camera):
        """The vehicles before a camera now, nearest first, as a list of `Passing`."""
        state = self.state
        km = self.road.kilometre(state["x"] - state["length"] / 2)
        ahead = camera.ahead(km)
        lanes, drift = driving.lateral(state)
        width = lane_lateral(1) - lane_lateral(0)
        side = 1.0 if self.road.direction == camera.facing else -1.0
        yaw = -np.arctan2(
            drift * width, np.maximum(state["v"], 1.0)
        )  # outwards is to the vehicle's own right
        seen = np.flatnonzero((ahead > -15.0) & (ahead < VIEW))
        return [
            Passing(
                vehicle=self.trips[int(state["id"][i])].vehicle,
                direction=self.road.direction,
                lane=int(state["lane"][i]),
                km=float(km[i]),
                ahead=float(ahead[i]),
                lateral=float(side * (lane_lateral(lanes[i]) + state["offset"][i])),
                speed=float(state["v"][i]),
                yaw=float(yaw[i]),
            )
            for i in seen[np.argsort(ahead[seen], kind="stable")]
        ]


class Traffic:
    """Both carriageways, warmed up and ready at `start`.

    Parameters
    ----------
    seed : int
    start : datetime.time
        When the first frame is wanted; traffic has run for `WARM_UP` seconds by then.
    individuality : float
        0 to 1: how much the vehicles' marks tell them apart (`studio.road.vehicles.draw`).
    demand : float
        Factor on the number of vehicles.
    """

    def __init__(self, seed=0, start=time(8, 40), individuality=0.5, demand=1.0):
        begin = _seconds(start) - WARM_UP
        self.individuality = individuality
        self.ways = [
            Way(road, seed, begin, individuality, demand) for road in CARRIAGEWAYS.values()
        ]
        self.advance(_seconds(start))

    @property
    def now(self):
        """Seconds since midnight."""
        return self.ways[0].now

    def advance(self, seconds):
        """Let time pass until `seconds` since midnight."""
        while self.now < seconds - STEP / 2:
            for way in self.ways:
                way.step()

    def view(self, camera):
        """The vehicles in view of a camera (or its id) now: a list of `Passing`."""
        camera = CAMERAS[camera] if isinstance(camera, str) else camera
        return [passing for way in self.ways for passing in way.view(camera)]

    def under_way(self):
        """The trips of all vehicles that are on the road now."""
        return [trip for way in self.ways for trip in way.trips.values()]

    def take_finished(self):
        """The trips that ended since the last call, handed over and forgotten."""
        finished = [trip for way in self.ways for trip in way.finished]
        for way in self.ways:
            way.finished = []
        return finished


def dress(role, seed, individuality):
    """Draw vehicles for a protagonist until one looks as its role asks.

    Returns
    -------
    studio.road.vehicles.Vehicle
    """
    for attempt in range(10_000):
        rng = np.random.default_rng([seed, role.id, 2, attempt])
        vehicle = vehicles.draw(rng, role.id, individuality)
        if vehicle.kind == role.kind and role.colour in (None, vehicle.colour):
            return vehicle
    raise ValueError(
        f"no {role.colour or ''} {role.kind} among 10,000 vehicles drawn for {role.name}: change"
        " its role in studio/road/cast.py"
    )


def _seconds(clock):
    return clock.hour * 3600.0 + clock.minute * 60.0 + clock.second + clock.microsecond / 1e6
