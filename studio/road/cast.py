"""The cast: a few invented vehicles with a name, whom the lessons follow."""

from dataclasses import dataclass
from datetime import time

from studio.road.expressway import NORTH, SOUTH


@dataclass(frozen=True)
class Role:
    """A protagonist: what it is, and the one trip of the simulated day on which the cameras see it.

    Attributes
    ----------
    id : int
        Vehicle identity, below 100: all others are numbered from 1000.
    name : str
        What the lessons call it.
    kind, colour : str or None
        What it must look like; None accepts any colour.
    direction, entry, exit : str
        Its way, and the ramps (or road ends) at which it enters and leaves.
    due : datetime.time
        When it wants to enter.
    """

    id: int
    name: str
    kind: str
    colour: str | None
    direction: str
    entry: str
    exit: str
    due: time


CAST = (
    Role(1, "the yellow taxi van", "taxi van", None, "S", NORTH, SOUTH, time(8, 39, 18, 800_000)),
    Role(2, "the night nurse", "sedan", "blue", "S", NORTH, "Houston St", time(8, 40, 30)),
    Role(3, "the locksmith", "pickup", None, "S", "E 62 St", SOUTH, time(8, 41, 5)),
    Role(4, "the courier", "motorcycle", None, "S", "E 42 St", SOUTH, time(8, 42, 40)),
    Role(5, "the school run", "minivan", None, "N", SOUTH, "E 42 St", time(8, 41, 10)),
)
"""The yellow taxi van comes first: it passes all six cameras."""
