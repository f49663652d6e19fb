"""Sliders round a figure: a pure function of their values, and a thin shell that shows what it
makes of them.

>>> from cctview.show.widgets.controls import Float
>>> def update(values):
...     from matplotlib.figure import Figure
...     figure = Figure(figsize=(4, 3))
...     figure.subplots().bar(["inside", "outside"], [values["radius"] ** 2, 4])
...     return figure
>>> sliders = Sliders(update, [Float("radius", 0.5, 2.0, default=1.0, unit="km")])
>>> sliders.set(radius=2.0)
>>> sliders.values
{'radius': 2.0}
>>> sliders.reset()
>>> sliders.picture()[:4]
b'\\x89PNG'
"""

import html
import io
import time
from dataclasses import dataclass

from cctview.show.widgets.controls import Control
from cctview.show.widgets.live import Live

_PATIENCE = 0.05
"""Seconds: a figure that takes longer is drawn when a slider is let go, not while it moves."""

_LONG = 1.0  # s from which a figure is not timed a second time
_KEPT = 64  # pictures kept
_DPI = 110  # pixels an inch
_PIXELS_AN_INCH = 96  # as browsers have it
_LOOK = (
    "<style>.cctview-sliders { --jp-widgets-font-size: 15px; --jp-widgets-inline-height: 32px;"
    " }</style>"
)

_made: list["Sliders"] = []


def all_sliders():
    """Every `Sliders` made in this Python process, in order; for tests that drive them."""
    return list(_made)


class Sliders:
    """Controls round a figure that changes in place.

    Parameters
    ----------
    update : callable
        Takes the values, a dict from each control's name to its value, and returns a matplotlib
        Figure, or what `draw` makes one of. It must be pure: the same values give the same figure,
        and nothing else changes.
    controls : list of Float, Int, Choice and Toggle
    draw : callable, optional
        Makes a Figure of what `update` returns.
    describe : callable, optional
        Takes what `update` returns, and says in a sentence what the figure shows; it stands below,
        and is read aloud.
    prediction : Prediction, optional
        From `predict`: asked before the sliders, answered after them.
    continuous : bool, optional
        Draw while a slider moves. By default, if that takes no more than 50 ms: measured once, when
        it is first shown.

    Attributes
    ----------
    error : Exception or None
        What the last update raised; it is also shown below the figure.
    seconds : float or None
        How long the figure took when it was measured.

    Raises
    ------
    TypeError
        If `update` cannot be called, or a control is none.
    ValueError
        If two controls have one name, or there is none.
    """

    def __init__(
        self, update, controls, *, draw=None, describe=None, prediction=None, continuous=None
    ):
        if not callable(update):
            raise TypeError(
                f"update is a {type(update).__name__}; give a function that takes the values"
            )
        controls = list(controls)
        if strange := [control for control in controls if not isinstance(control, Control)]:
            raise TypeError(f"{strange[0]!r} is no control; give Float, Int, Choice or Toggle")
        self.controls = {control.name: control for control in controls}
        if not controls or len(self.controls) < len(controls):
            raise ValueError("give at least one control, and each a name of its own")
        self.update, self.draw, self.describe, self.prediction = update, draw, describe, prediction
        self.continuous, self.error, self.seconds = continuous, None, None
        self._values = {name: control.default for name, control in self.controls.items()}
        self._pictures, self._shell = {}, None
        _made.append(self)

    @property
    def values(self):
        """The present value of each control."""
        return dict(self._values)

    def set(self, **values):
        """Set controls, as a user would; the figure follows.

        Raises
        ------
        ValueError
            If there is no such control, or it cannot have this value.
        """
        for name, value in values.items():
            if name not in self.controls:
                raise ValueError(
                    f"there is no control {name!r}; there are {', '.join(self.controls)}"
                )
            self.controls[name].check(value)
        if self._shell:
            self._shell.set(values)
        self._values |= values

    def reset(self):
        """Set all controls to their defaults."""
        self.set(**{name: control.default for name, control in self.controls.items()})

    def figure(self, **values):
        """The Figure at the present values, or at these."""
        return self._figure(self._values | values)[0]

    def picture(self, **values):
        """The figure at the present values, or at these, as the bytes of a PNG file."""
        return self._picture(self._values | values)[0]

    @property
    def widget(self):
        """The ipywidgets box that holds controls and figure; made when first asked for."""
        if self._shell is None:
            self._shell = _Shell(self)
        return self._shell.box

    def measure(self):
        """Time one figure, in seconds; the first of all is not counted, unless it took long."""
        if self.seconds is None:
            for _ in range(2):
                self._pictures.clear()
                begin = time.perf_counter()
                self._picture(self._values)
                self.seconds = time.perf_counter() - begin
                if not _PATIENCE < self.seconds < _LONG:
                    break
        return self.seconds

    def _figure(self, values):
        data = self.update(dict(values))
        figure = self.draw(data) if self.draw else data
        if not hasattr(figure, "savefig"):
            what = "draw" if self.draw else "update"
            raise TypeError(
                f"{what} returned a {type(figure).__name__}; expected a matplotlib Figure"
            )
        return figure, self.describe(data) if self.describe else ""

    def _picture(self, values):
        """PNG bytes, the sentence that describes them, and how many inches they are wide."""
        key = tuple(values.values())
        if key not in self._pictures:
            figure, words = self._figure(values)
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", dpi=_DPI, pil_kwargs={"compress_level": 1})
            _forget(figure)
            while len(self._pictures) >= _KEPT:
                self._pictures.pop(next(iter(self._pictures)))
            self._pictures[key] = buffer.getvalue(), words, figure.get_figwidth()
        return self._pictures[key]

    def _ipython_display_(self):
        from IPython.display import display

        if self.prediction:
            display(self.prediction.asking)
        display(_Bundle(self))
        if self.prediction:
            display(self.prediction.answering)


def _forget(figure):
    """Close the figure if pyplot made it, or it would be shown a second time, and kept for ever."""
    import sys

    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)


@dataclass
class _Bundle:
    """Sliders as one output: the live widget, and the figure for where widgets do not run."""

    sliders: Sliders

    def _repr_mimebundle_(self, **kwargs):
        picture, words, inches = self.sliders._picture(self.sliders.values)
        named = ", ".join(
            f"{self.sliders.controls[name].text} = {value}"
            for name, value in self.sliders.values.items()
        )
        bundle = self.sliders.widget._repr_mimebundle_(**kwargs)
        bundle |= {
            "text/plain": f"Figure with sliders, at {named}. {words}".strip(),
            "image/png": picture,
        }
        return bundle, {"image/png": {"width": round(inches * _PIXELS_AN_INCH)}}


class _Shell:
    """The ipywidgets of a `Sliders`."""

    def __init__(self, sliders):
        import ipywidgets

        self.sliders = sliders
        sliders.measure()
        picture, words, inches = sliders._picture(sliders.values)
        size = {"width": f"{inches * _PIXELS_AN_INCH:.0f}px", "max_width": "100%"}
        self.image = Live(picture, "image/png", layout=size)
        self.says = Live(_words(words))
        self.controls = {name: control.widget() for name, control in sliders.controls.items()}
        live = sliders.seconds <= _PATIENCE if sliders.continuous is None else sliders.continuous
        width = f"{min(max(len(control.text) for control in sliders.controls.values()) + 1, 26)}ch"
        for name, control in self.controls.items():
            control.value = sliders.values[name]
            control.layout.width, control.layout.max_width = "640px", "100%"
            control.style.description_width = width
            if hasattr(control, "continuous_update"):
                control.continuous_update = live
            control.observe(self._changed, "value")
        reset = ipywidgets.Button(
            description="Reset",
            tooltip="All controls back to where they were at first",
            icon="undo",
        )
        reset.on_click(lambda _: sliders.reset())
        self.quiet = False
        look = ipywidgets.HTML(_LOOK, layout={"display": "none"})
        self.box = ipywidgets.VBox(
            [*self.controls.values(), reset, self.image, self.says, look], layout={"width": "100%"}
        )
        self.box.add_class("cctview-sliders")

    def set(self, values):
        """Set several controls, and draw once."""
        self.quiet = True
        try:
            for name, value in values.items():
                self.controls[name].value = value
        finally:
            self.quiet = False
        self._changed(None)

    def _changed(self, _):
        if self.quiet:
            return
        sliders = self.sliders
        sliders._values = {name: control.value for name, control in self.controls.items()}
        sliders.error = None
        try:
            if (
                sliders.seconds > _PATIENCE
                and tuple(sliders._values.values()) not in sliders._pictures
            ):
                self.says.value = _words("computing …", "font-style: italic")
            picture, words, _ = sliders._picture(sliders._values)
            self.image.value = picture
            self.says.value = _words(words)
        except Exception as error:  # an exception in a widget's callback would be seen by nobody
            sliders.error = error
            self.says.value = _words(
                f"This figure failed. {type(error).__name__}: {error}",
                "color: var(--jp-error-color1, red)",
            )


def _words(text, style=""):
    """A line that screen readers read when it changes."""
    return (
        '<span role="status" aria-live="polite" style="font-size: 15px;'
        f' {style}">{html.escape(text)}&nbsp;</span>'
    )
