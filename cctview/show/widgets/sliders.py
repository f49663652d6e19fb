"""Sliders round a figure: a pure function of their values, and a thin shell that shows what it
makes of them.

>>> from cctview.show.widgets.controls import Float
>>> def update(values):
...     from matplotlib.figure import Figure
...     figure = Figure(figsize=(4, 3))
...     figure.subplots().bar(["inside", "outside"], [values["radius"] ** 2, 4])
...     return figure
>>> sliders = Sliders(update, [Float("radius", 0.5, 2.0, default=1.0, step=0.5, unit="km")])
>>> sliders.set(radius=2.0)
>>> sliders.values
{'radius': 2.0}
>>> sliders.reset()
>>> sliders.state().picture[:4]
b'\\x89PNG'
>>> list(sliders.states())
['0', '1', '2', '3']

Each control has a finite number of positions, so there is a finite number of pictures. The browser
keeps those that it was sent, and shows them without asking; while the kernel has nothing else to do
it is sent those that a next move could need (`cctview.show.widgets.ahead`). A page without Python
can have all of them, from `Sliders.states`.
"""

import hashlib
import html
import io
import json
import threading
from dataclasses import dataclass
from itertools import product
from math import prod

from cctview.show.inline_pictures import picture_html
from cctview.show.look import Card
from cctview.show.widgets.ahead import AHEAD
from cctview.show.widgets.controls import Control
from cctview.show.widgets.keep import kept, living
from cctview.show.widgets.panel import Panel
from cctview.show.widgets.still import AGAIN, display_alone, display_html, display_with_still

MOST = 300
"""Pictures of one group of sliders that are drawn ahead or exported."""
_DOTS = 150  # pixels an inch: sharp on a projector, where a figure fills the width

_made: list["Sliders"] = []
_DRAWING = threading.Lock()
"""Messages come in threads of their own, and matplotlib draws in one thread at a time."""


def all_sliders():
    """Every `Sliders` made in this Python process, in order; for tests that drive them."""
    return list(_made)


@dataclass(frozen=True)
class State:
    """What is shown for some values.

    Attributes
    ----------
    picture : bytes
        A file of the MIME type `kind`.
    alt : str
        What the picture shows, for people who do not see it.
    words : str
        The sentence that changes with the picture.
    """

    picture: bytes
    kind: str
    alt: str
    words: str


class Sliders:
    """Controls round a figure that changes in place.

    Parameters
    ----------
    update : callable
        Takes the values, a dict from each control's name to its value, and returns a matplotlib
        Figure, or what `draw` makes one of. It must be pure: the same values give the same figure,
        and nothing else changes.
    controls : list of Float, Int, Choice, Steps and Toggle
    draw : callable, optional
        Makes a Figure of what `update` returns.
    describe : callable, optional
        Takes what `update` returns, and says in a sentence what the figure shows; it is read aloud
        at each move. By default a card's title.
    prediction : Prediction, optional
        From `predict`: the sliders are covered until a choice is made.

    Raises
    ------
    TypeError
        If `update` cannot be called, or a control is none.
    ValueError
        If two controls have one name, or there is none.
    """

    def __init__(self, update, controls, *, draw=None, describe=None, prediction=None):
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
        self._states, self._panel = {}, None
        self.reset()
        _made.append(self)

    @property
    def values(self):
        """The present value of each control."""
        return self._values(self._at)

    def set(self, **values):
        """Set controls, as a user would; the figure follows.

        Raises
        ------
        ValueError
            If there is no such control, or it cannot have this value.
        """
        if unknown := [name for name in values if name not in self.controls]:
            raise ValueError(
                f"there is no control {unknown[0]!r}; there are {', '.join(self.controls)}"
            )
        wanted = self.values | values
        self._at = [one.position(wanted[name]) for name, one in self.controls.items()]
        if self._panel:
            self._panel.at = self._at

    def reset(self):
        """Set all controls to their defaults."""
        self._at = self._default()
        if self._panel:
            self._panel.at = self._at

    def figure(self, **values):
        """The Figure at the present values, or at these."""
        return self._figure(self.values | values)[0]

    def state(self, **values):
        """What is shown at the present values, or at these: a `State`."""
        wanted = self.values | values
        return self._state(tuple(one.position(wanted[n]) for n, one in self.controls.items()))

    def states(self, most=MOST):
        """All that can be shown, for a page without Python.

        Parameters
        ----------
        most : int
            If there are more, every second position (or third ...) of the longest sliders is left
            out until there are not; the browser then shows the nearest one. A menu keeps all its
            options, and a slider three positions.

        Returns
        -------
        dict from str to State
            The keys are positions, with commas between them, as ``static/panel.js`` has them.
        """
        grid = [list(range(len(one.positions()))) for one in self.controls.values()]
        sliders = [n for n, one in enumerate(self.controls.values()) if one.kind == "slider"]
        while prod(map(len, grid)) > most:
            longest = max(sliders, key=lambda n: len(grid[n]), default=None)
            if longest is None or len(grid[longest]) < 4:
                break
            grid[longest] = sorted({*grid[longest][::2], self._default()[longest]})
        return {_key(at): self._state(at) for at in product(*grid)}

    @property
    def widget(self):
        """The widget of controls and figure; made when first asked for."""
        if self._panel is None:
            width, height = self._figure(self.values)[0].get_size_inches()
            controls = self.controls.values()
            self._panel = Panel(controls, self.values, ratio=width / height)
            if self.prediction:
                self._panel.add_class(self.prediction.covers)
            self._panel.on_msg(self._asked)
            self._panel.observe(self._moved, "at")
        return self._panel

    def ahead(self, everything):
        """The positions that are not drawn yet: those one move away, and then, if `everything` is
        wanted and they are not too many, all others."""
        grid = [range(len(one.positions())) for one in self.controls.values()]
        at = list(self._at)
        near = {(*at[:n], k, *at[n + 1 :]): abs(k - at[n]) for n, ks in enumerate(grid) for k in ks}
        yield from (one for one in sorted(near, key=near.get) if one not in self._states)
        if everything and prod(map(len, grid)) <= MOST:
            yield from (far for far in product(*grid) if far not in self._states)

    def send(self, at):
        """Send the browser what is shown at these positions."""
        key = _key(at)
        try:
            state = self._state(at)
        except Exception as error:  # an exception in a message's handler would be seen by nobody
            failed = f"This figure failed. {type(error).__name__}: {error}"
            self._states[at] = None  # not tried again until it is asked for
            self._panel.send({"kind": "state", "key": key, "error": failed})
            return
        words = {"alt": state.alt, "words": state.words}
        self._panel.send({"kind": "state", "key": key, "type": state.kind} | words, [state.picture])

    def _default(self):
        return [control.position(control.default) for control in self.controls.values()]

    def _values(self, at):
        return {
            name: control.positions()[k]
            for (name, control), k in zip(self.controls.items(), at, strict=True)
        }

    def _asked(self, _, message, buffers):
        """A page has begun to show the widget, which is sent what there is; or has ended to."""
        if message["kind"] == "gone":
            AHEAD.forget(self)
            return
        for at in [tuple(self._at), *list(self._states)]:
            if _key(at) not in message["held"]:
                self.send(at)
        AHEAD.watch(self)

    def _moved(self, change):
        self._at = list(change.new)
        if self._states.get(at := tuple(self._at)) is None:
            self.send(at)
        AHEAD.watch(self, touched=True)

    def _figure(self, values):
        data = self.update(dict(values))
        figure = self.draw(data) if self.draw else data
        if not hasattr(figure, "savefig"):
            what = "draw" if self.draw else "update"
            raise TypeError(
                f"{what} returned a {type(figure).__name__}; expected a matplotlib Figure"
            )
        return figure, self.describe(data) if self.describe else getattr(figure, "title", "")

    def _state(self, at):
        if self._states.get(at) is None:
            with _DRAWING:
                figure, words = self._figure(self._values(at))
                kind = "jpeg" if getattr(figure, "photographs", False) else "png"
                picture = _encode(figure, kind)
                alt = figure.describe() if isinstance(figure, Card) else words
                self._states[at] = State(picture, f"image/{kind}", alt, words)
        return self._states[at]

    def _ipython_display_(self):
        from IPython.display import display

        AHEAD.listen()
        state = self.state()
        named = ", ".join(
            f"{control.text} = {control.words(self.values[name])}"
            for name, control in self.controls.items()
        )
        kind, described = state.kind.removeprefix("image/"), f"{state.alt} At {named}."
        size = 792, round(792 / self.widget.ratio)  # pixels, as other cards
        still = (
            f"{picture_html(state.picture, described, kind, size)}<p>{html.escape(state.words)}</p>"
        )
        words = f"Figure with sliders, at {named}. {state.words}".strip()
        if kept():
            lives = living("panel", still, self.player(kept()), "Sliders and their figure")
            if self.prediction:
                self.prediction.cover(lives)
                display(self.prediction)
            else:
                display_html(lives, words)
        elif self.prediction:
            self.prediction.cover(still + AGAIN)
            display(self.prediction)
            display_alone(self.widget)
        else:
            display_with_still(self.widget, still, words)

    def player(self, place):
        """What ``static/play.js`` needs to show them without Python.

        Parameters
        ----------
        place : Kept
            Keeps the pictures of the states, and a script that has what is said at each.

        Returns
        -------
        dict
            With "script", the address of the script, and "states", the present one alone: lists of
            the picture's address, its description and the words below it, by positions.
        """
        now = _key(self._at)
        stored = {
            key: [place.picture(state.picture, state.kind), state.alt, state.words]
            for key, state in ({now: self.state()} | self.states(place.most)).items()
        }
        width, height = self._figure(self.values)[0].get_size_inches()
        name = hashlib.sha256(json.dumps(stored).encode()).hexdigest()[:12]
        return {
            "controls": [control.spec() for control in self.controls.values()],
            "at": list(self._at),
            "first": self._default(),
            "ratio": width / height,
            "states": {now: stored[now]},
            "script": place.script(f"sliders-{name}", stored),
        }


def _key(at):
    return ",".join(map(str, at))


def _encode(figure, kind):
    """The figure as a file, closed if pyplot made it: it would be shown a second time, and kept."""
    import sys

    if isinstance(figure, Card):
        return figure.to_bytes(kind, _DOTS)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=_DOTS)
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(figure)
    return buffer.getvalue()
