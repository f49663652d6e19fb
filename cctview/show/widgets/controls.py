"""What can be turned on a figure: plain specifications of sliders, menus and tick boxes.

>>> threshold = Float("threshold", 0, 1, default=0.4, unit="MCD", description="linked below it")
>>> threshold.text, threshold.extremes()
('threshold (MCD)', [0, 1])
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """What all controls have."""

    name: str

    @property
    def text(self):
        """The words beside it."""
        words = self.label or self.name.replace("_", " ")
        return f"{words} ({self.unit})" if getattr(self, "unit", "") else words

    def _common(self):
        return {
            "description": self.text,
            "tooltip": self.description or self.text,
            "value": self.default,
        }


@dataclass(frozen=True)
class Number(Control):
    """What sliders have."""

    low: float
    high: float
    default: float
    step: float
    label: str = ""
    unit: str = ""
    description: str = ""

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

    def extremes(self):
        """The values at its ends."""
        return [self.low, self.high]


@dataclass(frozen=True)
class Float(Number):
    """A slider for a number: name, lowest, highest and default value, and perhaps more."""

    step: float = 0.01

    def draw(self, generator):
        """A random value, from a NumPy generator."""
        return float(generator.uniform(self.low, self.high))

    def widget(self):
        """The ipywidgets control."""
        import ipywidgets

        digits = max(0, len(f"{self.step:.10f}".rstrip("0").partition(".")[2]))
        return ipywidgets.FloatSlider(
            min=self.low,
            max=self.high,
            step=self.step,
            readout_format=f".{digits}f",
            **self._common(),
        )


@dataclass(frozen=True)
class Int(Number):
    """A slider for a whole number, as `Float`."""

    step: int = 1

    def draw(self, generator):
        """A random value, from a NumPy generator."""
        return int(generator.integers(self.low, self.high, endpoint=True))

    def widget(self):
        """The ipywidgets control."""
        import ipywidgets

        return ipywidgets.IntSlider(min=self.low, max=self.high, step=self.step, **self._common())


@dataclass(frozen=True)
class Choice(Control):
    """A menu: its options are a list, or a mapping of words to values; the first is the default."""

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
            object.__setattr__(self, "default", self.extremes()[0])
        self.check(self.default)

    def check(self, value):
        """Raise ValueError if it cannot be set to this value."""
        if value not in self.extremes():
            raise ValueError(
                f"{self.name} is {value!r}, not one of {', '.join(map(repr, self.extremes()))}"
            )

    def extremes(self):
        """All its values."""
        return list(self.options.values()) if isinstance(self.options, dict) else list(self.options)

    def draw(self, generator):
        """A random value, from a NumPy generator."""
        return self.extremes()[int(generator.integers(len(self.options)))]

    def widget(self):
        """The ipywidgets control."""
        import ipywidgets

        options = (
            list(self.options.items()) if isinstance(self.options, dict) else list(self.options)
        )
        return ipywidgets.Dropdown(options=options, **self._common())


@dataclass(frozen=True)
class Toggle(Control):
    """A tick box: name, and whether it is ticked at first."""

    default: bool = False
    label: str = ""
    description: str = ""

    def check(self, value):
        """Raise ValueError if it cannot be set to this value."""
        if value not in (True, False):
            raise ValueError(f"{self.name} is {value!r}, neither True nor False")

    def extremes(self):
        """Both its values."""
        return [False, True]

    def draw(self, generator):
        """A random value, from a NumPy generator."""
        return bool(generator.integers(2))

    def widget(self):
        """The ipywidgets control."""
        import ipywidgets

        return ipywidgets.Checkbox(indent=False, **self._common())
