"""What the lessons work on: the simulated minutes, and beside them frames of your own.

One setting, ``CCTVIEW_DATA``, names another folder. What a lesson *shows* (frames, vehicles,
candidates) is then taken from there. What it *measures* needs the truth, which real frames do not
have: that stays on the simulated minutes. A folder of plain frames is enough: what is missing is
detected and embedded in memory when a lesson first shows them. A notebook that shows frames of your
own stores nothing (`cctview.show.store_nothing`).
"""

import ctypes
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cctview.dataset import DATA, SAMPLE, Dataset, open_dataset
from cctview.pipeline import complete, require_vehicles, take
from cctview.show import store_nothing
from cctview.truth import Truth, read_truth

DETECTION_LIST = "sample--detections.csv"
"""In a folder for notebook 10: the names of all detections, one a line."""


@dataclass(frozen=True)
class Lesson:
    """The data of a lesson.

    Attributes
    ----------
    dataset : Dataset
        Simulated minutes.
    truth : Truth
        Of `dataset`.
    """

    dataset: Dataset
    truth: Truth
    _own: Dataset | None = None
    _complete: bool = False  # whether everything has been found in it already

    @property
    def own(self) -> bool:
        """Whether the frames shown are the user's own, which have no truth."""
        return self._own is not None

    @cached_property
    def shown(self) -> Dataset:
        """The frames that CCTVIEW_DATA names; without it, the same as `dataset`.

        What nobody has detected or embedded in them yet is done now. A ValueError says so if there
        is no vehicle in any of them.
        """
        if self._own is None:
            return self.dataset
        told = len(self._own.problems)
        if not self._complete:
            complete(self._own)
        require_vehicles(self._own)
        for problem in self._own.problems[told:]:
            print(f"skipped: {problem}")
        return self._own


def open_lesson(found: str | Path | None = None) -> Lesson:
    """Open the data of a lesson.

    Parameters
    ----------
    found : str or Path, optional
        A folder with what has been found in the user's own frames (`cctview.pipeline.keep`).

    Raises
    ------
    FileNotFoundError
        If CCTVIEW_DATA names a folder that does not exist or has no frame; names the remedy.
    """
    _return_memory_after_cells()
    folder = _named_folder()
    if folder is None or (folder / "truth").is_dir():
        return Lesson(open_dataset(folder or DATA), read_truth(folder or DATA))
    try:
        own = open_dataset(folder)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"CCTVIEW_DATA names {error}; unset CCTVIEW_DATA to use the simulated minutes"
        ) from None
    if found is not None:
        take(own, Path(found))
    store_nothing()
    return Lesson(open_dataset(DATA), read_truth(DATA), own, found is not None)


def sample_folder() -> Path:
    """The frames of notebook 10: CCTVIEW_DATA, if it has a list of detections, or the course's."""
    folder = _named_folder()
    if folder is None or not (folder / DETECTION_LIST).is_file():
        return SAMPLE
    store_nothing()
    return folder


def _return_memory_after_cells() -> None:
    """In a notebook on Linux, give what a cell has freed back to the system when it has run.

    The C library keeps freed memory for the process, up to a quarter of what a lesson takes.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None and _trim not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _trim)


def _trim(_result: object = None) -> None:
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def _named_folder() -> Path | None:
    named = os.environ.get("CCTVIEW_DATA")
    if named and not Path(named).exists():
        raise FileNotFoundError(
            f"CCTVIEW_DATA names {named}: no such folder or zip archive; unset CCTVIEW_DATA to use"
            " the simulated minutes"
        )
    return Path(named) if named else None
