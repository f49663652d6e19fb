"""Draws, while the kernel has nothing else to do, what sliders could show next.

The drawing happens between cells, on the thread that runs them, a picture at a time: a cell waits
for one picture at most. Nothing is drawn ahead unless a page shows the sliders.
"""

import asyncio
import time

_QUIET = 0.6
"""Seconds after the last cell before anything is drawn: so it does not slow down "Run All"."""


class Ahead:
    """The sliders that pages show, the last touched first."""

    def __init__(self):
        self._loop, self._timer = None, None
        self._watched, self._touched, self._busy_until = [], set(), 0.0

    def listen(self):
        """Use the loop of the kernel that runs this cell, and notice when its cells end."""
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:  # not in a kernel: nothing is drawn ahead
            return
        from IPython import get_ipython

        shell = get_ipython()
        if shell is not None and self._ended not in shell.events.callbacks["post_run_cell"]:
            shell.events.register("post_run_cell", self._ended)

    def watch(self, sliders, touched=False):
        """Draw ahead for these sliders, before all others."""
        if touched:
            self._touched.add(sliders)
        self._watched = [sliders, *(one for one in self._watched if one is not sliders)]
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._later)

    def forget(self, sliders):
        """No page shows these sliders any more."""
        self._watched = [one for one in self._watched if one is not sliders]

    def _ended(self, *_):
        self._busy_until = time.monotonic() + _QUIET

    def _later(self):
        if self._timer is None:
            self._timer = self._loop.call_later(0.02, self._draw)

    def _draw(self):
        """Draw the next picture, unless a cell has just run."""
        self._timer = None
        wait = self._busy_until - time.monotonic()
        if wait > 0:
            self._timer = self._loop.call_later(wait, self._draw)
            return
        for sliders in self._watched:
            for at in sliders.ahead(everything=sliders in self._touched):
                sliders.send(at)
                self._later()
                return


AHEAD = Ahead()
