"""The drive: the six cameras of the course, where they stand and which way they look.

Kilometres are counted southbound from the first camera, as in the truth of `data/`.
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
        As its operator calls it.
    street : str
        The same, short.
    km : float
    facing : str
        "S" or "N": the way it looks. It sees the back of the vehicles that drive that way, and the front of the others.
    """

    camera: str
    name: str
    street: str
    km: float
    facing: str


DRIVE = {
    place.camera: place
    for place in (
        Place("733-681-N", "FDR @ E 53 St", "E 53 St", 0.0, "N"),
        Place("735-683-N", "FDR @ 48 St", "48 St", 0.4, "N"),
        Place("689-640-S", "FDR Dr @ 38 St", "38 St", 1.3, "S"),
        Place("253-134-S", "FDR Dr @ 23 St", "23 St", 2.6, "S"),
        Place("732-680-N", "FDR @ E 6 St", "E 6 St", 4.5, "N"),
        Place("731-679-N", "FDR @ Grand St", "Grand St", 5.5, "N"),
    )
}
"""The cameras by id, in driving order south.

>>> [place.street for place in DRIVE.values()]
['E 53 St', '48 St', '38 St', '23 St', 'E 6 St', 'Grand St']
"""
