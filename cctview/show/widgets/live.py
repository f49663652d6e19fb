"""A picture or some words that are shown live, and stored nowhere.

A widget's traits are its state, which JupyterLab and nbclient can save with a notebook, and a
notebook stores its outputs. What a `Live` shows is neither: it travels to the browser in a message,
whenever a page asks for it.

>>> live = Live("<b>seen</b>")
>>> "seen" in str(live.get_state()), "seen" in str(live._repr_mimebundle_())
(False, False)
"""

from pathlib import Path

import anywidget

_STATIC = Path(__file__).parent / "static"
NOTE = "Shown live, and stored nowhere"


class Live(anywidget.AnyWidget):
    """Shows HTML, plain text or a picture.

    Parameters
    ----------
    value : str or bytes
        May be set later.
    kind : str
        Its MIME type.
    words : str
        What a picture shows, for people who do not see it.
    """

    _esm = (_STATIC / "live.js").read_text(encoding="utf-8")

    def __init__(self, value="", kind="text/html", words="", **options):
        self._value, self._kind, self._about = value, kind, words
        super().__init__(**options)
        self.on_msg(lambda _, message, buffers: self._tell())

    @property
    def value(self):
        """What is shown."""
        return self._value

    @value.setter
    def value(self, value):
        if value != self._value:
            self._value = value
            self._tell()

    def show(self, value, words):
        """Show a picture and what describes it."""
        self._about = words
        self.value = value

    def _tell(self):
        if isinstance(self._value, bytes):
            self.send({"kind": self._kind, "text": self._about}, [self._value])
        else:
            self.send({"kind": self._kind, "text": self._value})

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"text/plain": NOTE}, metadata
