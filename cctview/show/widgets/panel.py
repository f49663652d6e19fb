"""Sliders, menus and tick boxes in the browser, perhaps with the picture that they change.

The browser's side, ``static/panel.js``, knows each control's positions and the words for them, and
shows a picture that it has without asking Python. `Sliders` sends it pictures; the operator's page
uses the controls alone.
"""

from pathlib import Path

import anywidget
import traitlets

from cctview.show.widgets.controls import Control

_STATIC = Path(__file__).parent / "static"


class Panel(anywidget.AnyWidget):
    """Controls, and the position of each.

    Parameters
    ----------
    controls : list of Control
    values : mapping
        The value of each, by its name.
    ratio : float
        Width by height of the picture below the controls; 0 for none.

    Attributes
    ----------
    at : list of int
        The position of each control; may be set, and observed as any trait.
    """

    _esm = "\n".join(
        (_STATIC / name).read_text(encoding="utf-8") for name in ("make.js", "panel.js")
    )
    _css = (_STATIC / "panel.css").read_text(encoding="utf-8")

    at = traitlets.List(traitlets.Int()).tag(sync=True)
    disabled = traitlets.List(traitlets.Int()).tag(sync=True)
    _controls: traitlets.List = traitlets.List().tag(sync=True)
    _first = traitlets.List(traitlets.Int()).tag(sync=True)
    ratio = traitlets.Float(0.0).tag(sync=True)

    def __init__(self, controls, values, ratio=0.0):
        self.controls: list[Control] = list(controls)
        at = self._positions(values)
        first = [one.position(one.default) for one in self.controls]
        specs = [control.spec() for control in self.controls]
        super().__init__(at=at, _first=first, _controls=specs, ratio=ratio)

    def change(self, controls, values, disabled=()):
        """Other controls, at these values, in one message.

        Parameters
        ----------
        controls : list of Control
        values : mapping
        disabled : collection of str
            Names of those that cannot be turned now.
        """
        self.controls = list(controls)
        with self.hold_sync():
            self._controls = [control.spec() for control in self.controls]
            self.at = self._positions(values)
            self.disabled = [k for k, one in enumerate(self.controls) if one.name in disabled]

    @property
    def values(self):
        """The value of each control, by its name."""
        return {
            control.name: control.positions()[k]
            for control, k in zip(self.controls, self.at, strict=True)
        }

    def _positions(self, values):
        return [control.position(values[control.name]) for control in self.controls]
