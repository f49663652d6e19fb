"""What can be turned on a figure: plain specifications of sliders, menus and tick boxes.

Each has a finite list of positions, and words for each: what people read beside the handle, and
what a screen reader says.

>>> threshold = Float("threshold", 0, 1, default=0.4, step=0.1, unit="MCD")
>>> len(threshold.positions()), threshold.words(0.4)
(11, '0.4 MCD')
>>> prior = Steps("prior", {f"1 in {n:,}": 1 / n for n in (10, 1_000)}, label="wanted vehicles")
>>> prior.text, prior.words(0.001)
('wanted vehicles', '1 in 1,000')
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Control:
    """What all controls have: a name, and positions."""

    kind: ClassVar[str]

    name: str

    @property
    def text(self) -> str:
        """The words beside it."""
        return getattr(self, "label", "") or self.name.replace("_", " ")

    def positions(self) -> list:
        """All its values, in order."""
        raise NotImplementedError

    def words(self, value: Any) -> str:
        """A value, as people say it."""
        return str(value)

    def check(self, value: Any) -> None:
        """Raise ValueError if it cannot be set to this value."""
        raise NotImplementedError

    def position(self, value: Any) -> int:
        """The position of a value; of a number, the nearest one.

        Raises
        ------
        ValueError
            If it cannot be set to this value.
        """
        self.check(value)
        return self.positions().index(value)

    def spec(self) -> dict:
        """What the browser needs to draw it."""
        words = [self.words(value) for value in self.positions()]
        about = getattr(self, "description", "")
        return {"kind": self.kind, "label": self.text, "about": about, "words": words}


@dataclass(frozen=True)
class Number(Control):
    """What sliders for numbers have."""

    kind = "slider"

    low: float
    high: float
    default: float
    step: float
    label: str = ""
    unit: str = ""
    description: str = ""
    say: Callable[[float], str] | None = None

    def __post_init__(self):
        if not self.low < self.high:
            raise ValueError(
                f"{self.name}: it goes from {self.low} to {self.high}; the first must be the"
                " smaller"
            )
        if not self.low <= self.default <= self.high:
            raise ValueError(
                f"{self.name}: the default {self.default} is not between {self.low} and {self.high}"
            )

    def check(self, value):
        """Raise ValueError if it cannot be set to this value."""
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.name} is {value}, not between {self.low} and {self.high}")

    def positions(self):
        """From the lowest value on by steps; the highest value and the default are among them."""
        steps = np.arange(self.low, self.high, self.step).round(10).tolist()
        return sorted({*steps, self.high, self.default})

    def position(self, value):
        """The position nearest to a value."""
        self.check(value)
        return int(np.abs(np.subtract(self.positions(), value)).argmin())

    def words(self, value):
        """A value with its unit; `say` can put it otherwise."""
        if self.say is not None:
            return self.say(value)
        return f"{self._digits(value)} {self.unit}".strip()

    def _digits(self, value):
        return f"{value:,}"


@dataclass(frozen=True)
class Float(Number):
    """A slider for a number: name, lowest, highest and default value, and perhaps more; `say` is a
    function that puts a value into words."""

    step: float = 0.01

    def _digits(self, value):
        return f"{value:.{max(0, len(f'{self.step:.10f}'.rstrip('0').partition('.')[2]))}f}"


@dataclass(frozen=True)
class Int(Number):
    """A slider for a whole number, as `Float`."""

    step: int = 1


@dataclass(frozen=True)
class Choice(Control):
    """A menu: its options are a list, or a mapping of words to values; the first is the default."""

    kind = "menu"

    options: list | dict
    default: object = None
    label: str = ""
    description: str = ""

    def __post_init__(self):
        if not self.options:
            raise ValueError(
                f"{self.name}: there is nothing to choose from; give at least one option"
            )
        if self.default is None:
            object.__setattr__(self, "default", self.positions()[0])
        self.check(self.default)

    def check(self, value):
        """Raise ValueError if it cannot be set to this value."""
        if value not in self.positions():
            raise ValueError(
                f"{self.name} is {value!r}, not one of {', '.join(map(repr, self.positions()))}"
            )

    def positions(self):
        """All its values."""
        return list(self.options.values()) if isinstance(self.options, dict) else list(self.options)

    def words(self, value):
        """The option, as the menu has it."""
        return str(list(self.options)[self.positions().index(value)])


@dataclass(frozen=True)
class Steps(Choice):
    """A slider whose positions have names, such as "1 in 1,000"; the options are as those of
    `Choice`."""

    kind = "slider"


@dataclass(frozen=True)
class Toggle(Control):
    """A tick box: name, and whether it is ticked at first."""

    kind = "tick"

    default: bool = False
    label: str = ""
    description: str = ""

    def check(self, value):
        """Raise ValueError if it cannot be set to this value."""
        if value not in (True, False):
            raise ValueError(f"{self.name} is {value!r}, neither True nor False")

    def positions(self):
        """Both its values."""
        return [False, True]

    def words(self, value):
        """Whether it is ticked."""
        return "yes" if value else "no"
