"""The road: six cameras, three lanes each way, and the ramps between the cameras.

Positions are kilometres southbound from the first camera. Southbound traffic drives towards larger
kilometres, northbound traffic towards smaller ones; each way is a `Carriageway` with its own
distance, in metres from where it begins. The cameras' names, order, facing and distances are those
of the original; the ramps are invented, and none lies where a camera looks.

Examples
--------
>>> [camera.id for camera in CAMERAS.values() if camera.facing == "S"]
['689-640-S', '253-134-S']
>>> SOUTHBOUND.distance(0.0), NORTHBOUND.kilometre(NORTHBOUND.distance(4.5))
(1200.0, 4.5)
"""

from dataclasses import dataclass

from cctview.dataset import DRIVE

LANES = 3
"""Lanes each way; lane 0 runs beside the median, lane 2 beside the ramps."""

NORTH_END, SOUTH_END = -1.2, 6.4
"""Where the simulated road begins and ends, in kilometres."""

VIEW = 340.0
"""How far along the road a camera sees, in metres."""


@dataclass(frozen=True)
class Camera:
    """A camera above the median: its id, name, kilometre, and the way it faces ("N" or "S")."""

    id: str
    name: str
    km: float
    facing: str

    def ahead(self, km):
        """How far in front of the camera, in metres, the road at kilometre `km` lies (negative:
        behind it).

        Examples
        --------
        >>> round(CAMERAS["689-640-S"].ahead(1.4)), round(CAMERAS["733-681-N"].ahead(0.1))
        (100, -100)
        """
        along = 1000 * (km - self.km)
        return along if self.facing == "S" else -along


@dataclass(frozen=True)
class Ramp:
    """A way in or out: its name, kilometre, and share.

    For an entry, `share` is its demand relative to the demand of the road's beginning;
    for an exit, the share of the vehicles before it that mean to leave there.
    """

    name: str
    km: float
    share: float


@dataclass(frozen=True)
class Carriageway:
    """One direction of the road: where it begins and ends (kilometres), and its ramps in driving
    order.
    """

    direction: str
    begin: float
    end: float
    entries: tuple[Ramp, ...]
    exits: tuple[Ramp, ...]

    @property
    def length(self):
        """The carriageway's length in metres."""
        return round(1000 * abs(self.end - self.begin), 3)

    def distance(self, km):
        """Metres driven from the beginning of the carriageway to kilometre `km`."""
        return round(1000 * abs(km - self.begin), 3)

    def kilometre(self, distance):
        """The kilometre after `distance` metres (a number or an array) on this carriageway."""
        return self.begin + (distance if self.end > self.begin else -distance) / 1000


CAMERAS = {
    place.camera: Camera(place.camera, place.name, place.km, place.facing) for place in DRIVE
}
"""The six cameras in driving order south."""

NORTH, SOUTH = "north end", "south end"

SOUTHBOUND = Carriageway(
    "S",
    NORTH_END,
    SOUTH_END,
    entries=(
        Ramp(NORTH, NORTH_END, 1.0),
        Ramp("E 62 St", -0.7, 0.15),
        Ramp("E 42 St", 1.1, 0.14),
        Ramp("E 34 St", 2.3, 0.14),
        Ramp("E 14 St", 3.7, 0.12),
        Ramp("Houston St", 5.0, 0.12),
    ),
    exits=(
        Ramp("E 42 St", 0.8, 0.12),
        Ramp("E 34 St", 2.0, 0.12),
        Ramp("E 20 St", 3.2, 0.12),
        Ramp("Houston St", 4.75, 0.12),
        Ramp(SOUTH, SOUTH_END, 1.0),
    ),
)

NORTHBOUND = Carriageway(
    "N",
    SOUTH_END,
    NORTH_END,
    entries=(
        Ramp(SOUTH, SOUTH_END, 1.0),
        Ramp("Houston St", 4.7, 0.14),
        Ramp("E 20 St", 3.3, 0.14),
        Ramp("E 34 St", 2.0, 0.14),
        Ramp("E 42 St", 0.75, 0.14),
    ),
    exits=(
        Ramp("Houston St", 4.95, 0.13),
        Ramp("E 14 St", 3.7, 0.13),
        Ramp("E 34 St", 2.3, 0.13),
        Ramp("E 42 St", 1.0, 0.13),
        Ramp(NORTH, NORTH_END, 1.0),
    ),
)

CARRIAGEWAYS = {"S": SOUTHBOUND, "N": NORTHBOUND}
