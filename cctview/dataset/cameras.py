"""The road: its six cameras, in the order of a drive south, and the vehicle that we follow."""

from collections.abc import Iterable
from typing import NamedTuple


class Place(NamedTuple):
    """Where a camera stands: km southbound from the first, and roughly in degrees."""

    camera: str
    name: str
    km: float
    facing: str  # "N" or "S"
    latitude: float
    longitude: float


DRIVE = (
    Place("733-681-N", "FDR @ E 53 St", 0.0, "N", 40.7549, -73.9612),
    Place("735-683-N", "FDR @ 48 St", 0.4, "N", 40.7519, -73.965),
    Place("689-640-S", "FDR Dr @ 38 St", 1.3, "S", 40.7453, -73.9709),
    Place("253-134-S", "FDR Dr @ 23 St", 2.6, "S", 40.7359, -73.9745),
    Place("732-680-N", "FDR @ E 6 St", 4.5, "N", 40.7229, -73.9731),
    Place("731-679-N", "FDR @ Grand St", 5.5, "N", 40.713, -73.9776),
)
"""The original's six cameras, with its names, order, distances and facing."""

TARGET = "the yellow taxi van"
"""The vehicle that the course follows."""

POPULATION = 2_000_000
"""Of how many vehicles it is one: about 2.08 million passenger vehicles of residents of New York
City in 2021 (a secondary source), rounded. Traffic from out of town would add about one more bit.
"""


def driving_order(cameras: Iterable[str]) -> list[str]:
    """Camera ids in driving order south; cameras that are not on the road come last, as given.

    >>> driving_order(["my-camera", "731-679-N", "733-681-N"])
    ['733-681-N', '731-679-N', 'my-camera']
    """
    position = {place.camera: k for k, place in enumerate(DRIVE)}
    return sorted(cameras, key=lambda camera: position.get(camera, len(DRIVE)))


def place_of(camera: str) -> Place | None:
    """Where a camera stands; None if it is not on the road.

    >>> place_of("689-640-S").km, place_of("my-camera")
    (1.3, None)
    """
    return next((place for place in DRIVE if place.camera == camera), None)


def street_of(camera: str) -> str:
    """The street at which a camera stands; its id if it is not on the road.

    >>> street_of("689-640-S"), street_of("my-camera")
    ('38 St', 'my-camera')
    """
    place = place_of(camera)
    return place.name.partition(" @ ")[2] if place else camera
