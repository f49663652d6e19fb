"""A headline number: what was asked, of whom, how it is computed, and what else could have been
asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

ANOTHER_SEED = "another-seed"
"""The folder, of stored results, for the tables of a simulation with other random numbers."""


@dataclass(frozen=True)
class Figure:
    """A number as it is printed.

    Attributes
    ----------
    estimate : float
    low, high : float or None
        95 % interval; None where everything that there is was counted.
    count : str
        What stands behind it, such as "18,340 searches for 1,966 vehicles".
    unit : str
        Such as "bits"; "%" prints a share from 0 to 1 as per cent.
    digits : int
        After the point.
    """

    estimate: float
    low: float | None
    high: float | None
    count: str
    unit: str = "%"
    digits: int = 0

    @property
    def short(self) -> str:
        """The estimate with its unit."""
        return f"{self._written(self.estimate)}{' ' * bool(self.unit)}{self.unit}"

    def _written(self, value: float) -> str:
        return f"{(100 if self.unit == '%' else 1) * value:,.{self.digits}f}"

    def __str__(self) -> str:
        text, count = f"**{self.short}**", self.count
        if self.low is None or self.high is None:
            return f"{text} (all are counted; n: {count})"
        return (
            f"{text} (95% CI {self._written(self.low)} to {self._written(self.high)}; n: {count})"
        )


def share_or_gain(row: pd.Series, count: str, name: str) -> Figure:
    """A row's estimate, low and high: a share in per cent, or of the name "gain" in points."""
    ends = [row.estimate, row.low, row.high]
    if name == "gain":
        return Figure(*(100 * end for end in ends), count, "points", 1)
    return Figure(*ends, count, digits=1)


@dataclass(frozen=True)
class Headline:
    """A number that a lesson or the README puts forward.

    Attributes
    ----------
    name : str
        What it says, in a clause.
    where : str
        The lessons that show it, such as "00, 06".
    question : str
        What was asked, as a sentence: of which vehicles, with what knowledge.
    gallery : str
        Among whom or what, and at which cameras.
    command : str
        What makes the stored table, without "python -m studio".
    compute : callable
        Takes the folder of stored results, returns the `Figure`.
    other : str
        The strongest other reasonable choice, as a sentence.
    compute_other : callable
        What that would have said, as `compute`.
    """

    name: str
    where: str
    question: str
    gallery: str
    command: str
    compute: Callable[[Path], Figure]
    other: str
    compute_other: Callable[[Path], Figure]
