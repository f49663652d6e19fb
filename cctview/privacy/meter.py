"""The leakage meter: how many bits of a vehicle's identity each step has given away.

Before any camera a vehicle is one of N, so log2 N bits would single it out. A step counts what is
given away and right (delivered bits, `cctview.stats.bits`) in searches for a vehicle that was
tracked where it was looked for. A search for one that was not gives nothing away that is right. How
often that blames another is told by `cctview.privacy.leakage.linking_rates`, and whether the system
is as often right as it says by `calibration`; neither is averaged into the bits.

The meter goes from one notebook to the next as a small JSON file. It measures nothing itself.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from numbers import Integral
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from cctview.dataset import POPULATION, RESULTS, remedy, write_bytes

_FORMAT, _VERSION = "cctview leakage meter", 2
DEFAULT = RESULTS / "meter.json"
"""The meter of a reader who skipped the notebooks before."""
END = DEFAULT.with_name("meter-end.json")
"""The meter after the last notebook that adds to it; `python -m studio meter` stores it."""
_SLACK = 1e-9  # bits, of rounding


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % interval, ``low <= estimate <= high``.

    Examples
    --------
    >>> print(Interval(2.0, 1.25, 3.0))
    2.0 [1.2 3.0]
    >>> Interval.around(2.0, 2.5, 3.0)
    Interval(estimate=2.0, low=2.0, high=3.0)
    """

    estimate: float
    low: float
    high: float

    def __post_init__(self) -> None:
        for name in ("estimate", "low", "high"):
            object.__setattr__(self, name, _number(getattr(self, name), name))
        if not self.low <= self.estimate <= self.high:
            raise ValueError(
                f"expected low <= estimate <= high, but got {self.low}, {self.estimate},"
                f" {self.high}"
            )

    def __str__(self) -> str:
        return f"{self.estimate:.1f} [{self.low:.1f} {self.high:.1f}]"

    @classmethod
    def around(cls, estimate: float, low: float, high: float) -> Self:
        """Widened to hold the estimate: an interval by bootstrap need not."""
        return cls(estimate, min(low, estimate), max(high, estimate))


@dataclass(frozen=True)
class Bits(Interval):
    """Bits, with their 95 % interval; a sum adds the ends, so it is never too narrow.

    Examples
    --------
    >>> print(Bits(2.0, 1.0, 3.0) + Bits(4.0, 3.5, 5.0))
    6.0 [4.5 8.0]
    """

    def __add__(self, other: "Bits") -> "Bits":
        return Bits(self.estimate + other.estimate, self.low + other.low, self.high + other.high)


@dataclass(frozen=True)
class Gauge(Interval):
    """A side gauge: a leak that cannot be subtracted from log2 N, such as unicity.

    Attributes
    ----------
    unit : str
        What the figure counts, such as "share of vehicles".
    note : str
    """

    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Step:
    """What one step adds, given the steps before it.

    Attributes
    ----------
    name : str
    bits : Bits
        Given away and right: delivered bits. Negative where a step takes knowledge back (a
        defence), or where it misleads.
    right : Interval or None
        After this step, how often the most probable vehicle is the correct one, 0 to 1. It is no
        certainty: "named" can name another.
    count : str
        What stands behind it, such as "18,340 searches for 1,640 vehicles".
    note : str
    known : bool
        Whether it is known from the question, and not found: when and where somebody looks.
    """

    name: str
    bits: Bits
    right: Interval | None = None
    count: str = ""
    note: str = ""
    known: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError(f"a step needs a name, but got {self.name!r}")
        if not isinstance(self.bits, Bits):
            raise ValueError(f"{self.name}: expected Bits, but got {self.bits!r}")
        if self.right is not None and not 0 <= self.right.low <= self.right.high <= 1:
            raise ValueError(
                f"{self.name}: expected how often it is right from 0 to 1, but got {self.right}"
            )


@dataclass(frozen=True)
class LeakageMeter:
    """The bits given away so far about one target, step by step.

    Attributes
    ----------
    target : str
        The vehicle that they are about.
    population : int
        N: of how many vehicles it is one before any step.
    steps : tuple of Step
        In the order in which they were taken; each name once.
    world : str
        Where they were measured: "twin" for the simulated expressway.
    gauges : mapping of str to Gauge

    Examples
    --------
    >>> clock = Step("clock", Bits(3.5, 3.0, 4.0), Interval(0.25, 0.2, 0.3))
    >>> meter = LeakageMeter("a taxi", 1024).after(clock)
    >>> print(meter.given(), "of", meter.total_bits)
    3.5 [3.0 4.0] of 10.0
    """

    target: str = "a vehicle"
    population: int = POPULATION
    steps: tuple[Step, ...] = ()
    world: str = "twin"
    gauges: Mapping[str, Gauge] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.target, str) or not self.target:
            raise ValueError(f"a meter needs a target, but got {self.target!r}")
        if (
            isinstance(self.population, bool)
            or not isinstance(self.population, Integral)
            or self.population < 1
        ):
            raise ValueError(
                f"expected a population of at least 1, a whole number, but got {self.population!r}"
            )
        object.__setattr__(self, "population", int(self.population))
        object.__setattr__(self, "steps", tuple(self.steps))
        object.__setattr__(self, "gauges", MappingProxyType(dict(self.gauges)))
        names = [step.name for step in self.steps]
        if len(set(names)) < len(names):
            raise ValueError(
                f"the steps {names} need names of their own; use meter.after(step) to replace one"
            )
        bits = self.given().estimate
        if bits > self.total_bits + _SLACK:
            raise ValueError(
                f"{bits:.2f} bits given away, but one of {self.population:,} has only"
                f" {self.total_bits:.2f}"
            )

    @property
    def total_bits(self) -> float:
        """log2 N: the bits that single out one vehicle."""
        return math.log2(self.population)

    def after(self, step: Step) -> "LeakageMeter":
        """The meter after one more step; it replaces one of that name and all after that."""
        names = [earlier.name for earlier in self.steps]
        kept = self.steps[: names.index(step.name)] if step.name in names else self.steps
        return replace(self, steps=(*kept, step))

    def upto(self, name: str) -> "LeakageMeter":
        """The meter right after the step of that name; a KeyError if there is none."""
        names = [step.name for step in self.steps]
        if name not in names:
            raise KeyError(f"no step {name!r}; there are {', '.join(names) or 'none yet'}")
        return replace(self, steps=self.steps[: names.index(name) + 1])

    def with_gauge(self, name: str, gauge: Gauge) -> "LeakageMeter":
        """The meter with a side gauge set."""
        return replace(self, gauges={**self.gauges, name: gauge})

    def filled(self, other: "LeakageMeter | None" = None) -> "LeakageMeter":
        """The meter with the steps and side gauges that it lacks, taken from another, in its order.

        Parameters
        ----------
        other : LeakageMeter, optional
            By default the course's own at its end, `END`. Its steps are left out if it is about
            another target or population.
        """
        other = LeakageMeter.load(END) if other is None else other
        same = (self.target, self.population) == (other.target, other.population)
        steps = {step.name: step for step in (*(other.steps if same else ()), *self.steps)}
        return replace(self, steps=tuple(steps.values()), gauges={**other.gauges, **self.gauges})

    def given(self) -> Bits:
        """Bits given away by all steps together, see `Bits`."""
        return sum((step.bits for step in self.steps), Bits(0.0, 0.0, 0.0))

    def save(self, path: str | Path) -> None:
        """Write it as JSON, in one step: the file is whole afterwards, or as it was before."""
        text = json.dumps(self._to_json(), indent=1, ensure_ascii=False, allow_nan=False)
        write_bytes(Path(path), text.encode() + b"\n", durable=True)

    @classmethod
    def load(cls, path=None):
        """Read a meter that `save` wrote.

        Parameters
        ----------
        path : str or Path, optional
            By default the course's own, `DEFAULT`.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is no meter; names the file, what is wrong in it and what to do.
        """
        path = Path(DEFAULT if path is None else path)
        if not path.exists():
            why = remedy(path, "save one there first, or use load_or_default")
            raise FileNotFoundError(f"{path}: no such meter; {why}")
        return _read(path)

    @classmethod
    def load_or_default(cls, path):
        """The meter that an earlier notebook saved, or the course's own if that one was skipped."""
        return cls.load(path if Path(path).exists() else None)

    def _to_json(self) -> dict:
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "target": self.target,
            "population": self.population,
            "world": self.world,
            "steps": [asdict(step) for step in self.steps],
            "gauges": {name: vars(gauge) for name, gauge in self.gauges.items()},
        }


def _read(path: Path) -> LeakageMeter:
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != _FORMAT or content["version"] != _VERSION:
            raise ValueError(f"it says {content['format']!r}, version {content['version']!r}")
        return LeakageMeter(
            content["target"],
            content["population"],
            tuple(_step(step) for step in content["steps"]),
            content["world"],
            {name: Gauge(**gauge) for name, gauge in content["gauges"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        reason = reason.encode("utf-8", "replace").decode()  # half a surrogate pair has no letter
        raise ValueError(
            f"{path}: not a leakage meter ({reason}); delete it, and the course's own is used"
        ) from None


def _step(content: dict) -> Step:
    right = content["right"] and Interval(**content["right"])
    return Step(**{**content, "bits": Bits(**content["bits"]), "right": right})


def _number(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name}: expected a number, but got {value!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"{name}: expected a finite number, but got {value!r}")
    return number
