"""Frames of your own may show real people's cars, so a notebook that shows them stores nothing.

A notebook is a file: JupyterLab saves it every two minutes with all its outputs, and people publish
notebooks. So `store_nothing` replaces every output by a live one (`cctview.show.widgets.live`):
figures, tables and printed words are seen as long as the notebook runs, and are in no file. It is
called by all that opens frames of your own: `cctview.course.open_lesson`, `sample_folder`, and the
operator's page.
"""

import base64
import io
import sys

from cctview.show.widgets.live import NOTE, Live

OWN_FRAMES = "cctview_own_frames"
"""In the metadata of every output of such a notebook."""
_VIEW = "application/vnd.jupyter.widget-view+json"
_KINDS = ("image/png", "image/jpeg", "text/html", "text/plain")
"""What is shown of an output: the first of these that it has."""


def store_nothing() -> None:
    """From now on show the outputs of this notebook live; elsewhere than in a notebook nothing."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or not hasattr(shell, "kernel") or isinstance(sys.stdout, _Printed):
        return
    formatter = shell.display_formatter
    usual = formatter.format

    def withheld(thing, include=None, exclude=None):
        data, metadata = usual(thing, include, exclude)
        if not data:  # it has shown itself, by parts that came here
            return data, metadata
        return _live(data, metadata), {OWN_FRAMES: True}

    formatter.format = withheld
    sys.stdout = _Printed(shell)


def _live(data, metadata):
    """An output with nothing in it but a live view."""
    if _VIEW in data:
        return {_VIEW: data[_VIEW], "text/plain": NOTE}
    kind = next((kind for kind in _KINDS if kind in data), None)
    if kind is None:
        return {"text/plain": NOTE}
    about = metadata.get(kind, {})
    words = str(about.get("alt") or data.get("text/plain", ""))
    layout = {"width": f"{about['width']}px", "max_width": "100%"} if "width" in about else {}
    value = data[kind]
    if kind.startswith("image/") and isinstance(value, str):
        value = base64.b64decode(value)
    return Live(value, kind, words, layout=layout)._repr_mimebundle_()[0]


class _Printed(io.TextIOBase):
    """The standard output of a notebook that stores nothing: one live output per cell."""

    def __init__(self, shell):
        super().__init__()
        self._shown = None
        shell.events.register("pre_run_cell", self._begin)

    def _begin(self, *_):
        self._shown = None

    def write(self, text):
        from IPython.display import display

        if self._shown is None:
            self._shown = Live(kind="text/plain")
            display(self._shown)
        self._shown.value += text
        return len(text)
