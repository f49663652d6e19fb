"""What moves beside the carriageways: people on foot, and the vehicles on the service roads.

None of it takes part in the traffic, is followed from camera to camera, or has a trip; a detector
should find it all the same. Where each one is follows from the time alone, so a part of the day can
be made again by itself. Identities are negative, as those of parked vehicles are.
"""

from dataclasses import dataclass

import numpy as np

from studio.road import vehicles
from studio.road.expressway import CAMERAS
from studio.road.scenes import EDGE

COATS = ("black", "grey", "white", "blue", "red", "beige", "brown")
COAT_SHARES = (0.34, 0.22, 0.14, 0.16, 0.06, 0.05, 0.03)
JOGGERS = 0.15  # share of the people on a path who run
FAR, CRUISE, PULL = 150.0, 9.0, 1.5  # a side lane: m ahead where it begins, m/s, m/s2
SPACING, START = 7.2, 1.8  # m between two waiting vehicles; s until the next one moves off
QUEUE_IDS, PEOPLE_IDS = -1_000, -100_000  # identities count down from here


@dataclass(frozen=True)
class Bystander:
    """Somebody or something beside the road at one moment, as `studio.road.render.Placement` needs
    it; metres, m/s, radians.
    """

    vehicle: vehicles.Vehicle
    ahead: float
    lateral: float
    height: float
    speed: float
    yaw: float


@dataclass(frozen=True)
class Path:
    """Where people walk: from `near` to `far` metres ahead, between two lines (lateral, metres), at
    a height; `people` is their mean number, and of those who stand, the `standing` ones.
    """

    near: float
    far: float
    left: float
    right: float
    height: float
    people: float
    standing: int = 0


@dataclass(frozen=True)
class SideLane:
    """A lane beside the carriageways on which vehicles come towards the camera.

    Every `cycle` seconds about `vehicles` of them come. If `stop` is given (metres ahead), a light
    holds them there for `red` seconds, one behind the other.
    """

    lateral: float
    vehicles: float
    stop: float | None = None
    cycle: float = 100.0
    red: float = 75.0


PATHS: dict[str, tuple[Path, ...]] = {
    "733-681-N": (Path(18, 130, EDGE + 2.2, EDGE + 5.4, 0.25, 5.0),),
    "735-683-N": (Path(30, 150, -20.0, -19.4, 0.1, 0.6),),
    "689-640-S": (Path(30, 125, -34.0, -21.0, -7.9, 9.0, 5),),
    "253-134-S": (Path(22, 80, -18.0, -14.0, -6.4, 6.0, 2),),
    "732-680-N": (
        Path(8, 60, -22.0, -19.2, 0.15, 1.5, 2),
        Path(15, 70, EDGE + 8.5, EDGE + 12.5, 0.6, 4.0, 1),
    ),
    "731-679-N": (Path(40, 140, EDGE + 3.8, EDGE + 6.6, 0.1, 3.0),),
}
SIDE_LANES: dict[str, tuple[SideLane, ...]] = {
    "731-679-N": (SideLane(-15.1, 7.0, stop=6.0), SideLane(-12.2, 1.2)),
    "735-683-N": (SideLane(-14.2, 0.8),),
}


def beside(camera, seconds, seed, individuality):
    """Everybody and everything beside the road before a camera at a time of day, a list of
    `Bystander`.
    """
    index = list(CAMERAS).index(camera)
    found = []
    for k, path in enumerate(PATHS.get(camera, ())):
        found += _people(path, seconds, (seed, 81, index, k))
    for k, lane in enumerate(SIDE_LANES.get(camera, ())):
        found += _queue(lane, seconds, (seed, 83, index, k), individuality)
    return found


def _people(path, seconds, dice):
    """Each of some walkers goes along the path again and again, as somebody else every time."""
    length = path.far - path.near
    walkers = int(np.ceil(1.6 * path.people))
    found = []
    for slot in range(walkers + path.standing):
        habits = np.random.default_rng([*dice, slot])
        runs = habits.random() < JOGGERS
        speed = habits.uniform(2.2, 3.4) if runs else habits.uniform(0.9, 1.6)
        stands = slot >= walkers
        period = habits.uniform(120, 400) if stands else length * 1.6 / speed
        turns, at = divmod(seconds / period + habits.random(), 1.0)
        rng = np.random.default_rng([*dice, slot, int(turns)])
        person = _person(rng, PEOPLE_IDS - (int(turns) % 1000) * 100 - slot - 50 * dice[-1])
        side, back = rng.uniform(path.left, path.right), rng.random() < 0.5
        if stands:
            ahead, speed = rng.uniform(path.near, path.far), 0.0
        elif (along := at * length * 1.6) > length:
            continue  # the rest of the period nobody is on the path
        else:
            ahead = path.far - along if back else path.near + along
        # a vehicle left of the median faces the camera; so does a person, without a turn
        turned = back == (side > 0)
        found.append(Bystander(person, ahead, side, path.height, speed, np.pi * turned))
    return found


def _person(rng, id):
    design = int(rng.integers(len(vehicles.DESIGNS["person"])))
    return vehicles.make(id, "person", design, str(rng.choice(COATS, p=COAT_SHARES)))


def _queue(lane, seconds, dice, individuality):
    """The vehicles of this green and of the last one that are still before the camera."""
    found = []
    now = int(seconds // lane.cycle)
    for turn in (now - 1, now):
        rng = np.random.default_rng([*dice, turn])
        count = min(12, rng.poisson(lane.vehicles))
        arrivals = np.sort(rng.uniform(0, lane.cycle - 8, count))
        for place, arrival in enumerate(arrivals):
            since = seconds - turn * lane.cycle - arrival
            ahead, speed = _come(lane, since, arrival, place)
            if since < 0 or ahead < -12:
                continue
            id = QUEUE_IDS - (turn % 1000) * 40 - place - 15 * dice[-1]
            vehicle = vehicles.draw(np.random.default_rng([*dice, turn, place]), id, individuality)
            found.append(Bystander(vehicle, ahead, lane.lateral, 0.0, speed, 0.0))
    return found


def _come(lane, since, arrival, place):
    """Metres ahead and speed of a vehicle `since` seconds after it came into view."""
    free = FAR - CRUISE * since
    if lane.stop is None:
        return free, CRUISE
    halt = lane.stop + SPACING * place
    brakes = CRUISE / PULL  # seconds from cruising to standing, over CRUISE² / (2 PULL) metres
    stands = (FAR - halt - CRUISE * brakes / 2) / CRUISE + brakes
    green = lane.red + START * place - arrival
    if stands > green:
        return free, CRUISE
    if since >= green:
        pulls = min(since - green, brakes)
        return halt - PULL / 2 * pulls**2 - CRUISE * (since - green - pulls), PULL * pulls
    left = max(0.0, stands - since)
    return (halt + PULL / 2 * left**2, PULL * left) if left < brakes else (free, CRUISE)
