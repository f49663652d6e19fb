"""Learning rates in cycles: each falls along a cosine, then the next begins higher again (warm
restarts, Loshchilov and Hutter 2017).
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Cycle:
    """A few epochs of training.

    Attributes
    ----------
    epochs : int
    first, last : float
        Learning rate at the beginning and at the end.
    simulated : bool
        Whether simulated frames are trained on beside the real ones.
    """

    epochs: int
    first: float
    last: float
    simulated: bool = False

    def rate(self, done: float) -> float:
        """Learning rate after `done` epochs of this cycle.

        Examples
        --------
        >>> [round(Cycle(2, 1.0, 0.0).rate(done), 3) for done in (0, 1, 2)]
        [1.0, 0.5, 0.0]
        """
        return self.last + (self.first - self.last) * 0.5 * (
            1 + math.cos(math.pi * done / self.epochs)
        )


def total(cycles: tuple[Cycle, ...]) -> int:
    """Epochs of all cycles together."""
    return sum(cycle.epochs for cycle in cycles)


def at(cycles: tuple[Cycle, ...], epoch: int) -> tuple[Cycle, int]:
    """The cycle to which an epoch (from 0) belongs, and how many of its epochs come before.

    Examples
    --------
    >>> at((Cycle(3, 1.0, 0.1), Cycle(2, 0.5, 0.0)), 4)
    (Cycle(epochs=2, first=0.5, last=0.0, simulated=False), 1)
    """
    for cycle in cycles:
        if epoch < cycle.epochs:
            return cycle, epoch
        epoch -= cycle.epochs
    raise ValueError(f"the schedule ends {epoch + 1} epochs earlier")
