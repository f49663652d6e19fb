"""The drive: where the course's six cameras stand along it, in the order in which a driver
southbound passes them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where a camera stands.

    Attributes
    ----------
    camera : str
        Its id.
    name : str
    km : float
        Kilometres southbound from the first camera.
    facing : str
        The way it looks, "N" or "S".
    latitude, longitude : float
        Degrees, roughly.
    """

    camera: str
    name: str
    km: float
    facing: str
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
"""The six cameras of the original; names, order, distances and facing are its own.

The simulation (`studio`) and the simulated server (`cctview.collect.simulated_cameras`) stand them in the same places."""


def driving_order(cameras):
    """Camera ids in driving order south; cameras that are not on the drive come last, in the order
    given.

    Parameters
    ----------
    cameras : iterable of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> driving_order(["my-camera", "731-679-N", "733-681-N"])
    ['733-681-N', '731-679-N', 'my-camera']
    """
    position = {place.camera: k for k, place in enumerate(DRIVE)}
    return sorted(cameras, key=lambda camera: position.get(camera, len(DRIVE)))


def place_of(camera):
    """Where a camera stands; None if it is not on the drive.

    Examples
    --------
    >>> place_of("689-640-S").km, place_of("my-camera")
    (1.3, None)
    """
    return next((place for place in DRIVE if place.camera == camera), None)


def street_of(camera):
    """The street at which a camera stands; its id if it is not on the drive.

    Examples
    --------
    >>> street_of("689-640-S"), street_of("my-camera")
    ('38 St', 'my-camera')
    """
    place = place_of(camera)
    return place.name.partition(" @ ")[2] if place else camera


TARGET, POPULATION = "the yellow taxi van", 2_000_000
"""Whom the course follows, and of how many: about 2.08 million resident-owned passenger vehicles in New York City in 2021
(a secondary source), rounded; traffic from out of town would add about one more bit."""
