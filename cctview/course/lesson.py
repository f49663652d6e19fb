"""What the lessons work on: the simulated minutes, and beside them frames of your own.

One setting, ``CCTVIEW_DATA``, names another folder. What a lesson *shows* (frames, vehicles,
candidates) is then taken from there. What it *measures* needs the truth, which real frames do not
have: that stays on the simulated minutes. A notebook that shows frames of your own stores nothing
(`cctview.show.store_nothing`).
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cctview.dataset import DATA, SAMPLE, Dataset, open_dataset
from cctview.show import store_nothing
from cctview.truth import Truth, read_truth

DETECTION_LIST = "sample--detections.csv"
"""In a folder for notebook 10: the names of all detections, one a line."""


@dataclass(frozen=True)
class Lesson:
    """The data of a lesson.

    Attributes
    ----------
    shown : Dataset
        The folder that CCTVIEW_DATA names; without it, the same as `dataset`.
    dataset : Dataset
        Simulated minutes.
    truth : Truth
        Of `dataset`.
    """

    shown: Dataset
    dataset: Dataset
    truth: Truth

    @property
    def own(self) -> bool:
        """Whether the frames shown are the user's own, which have no truth."""
        return self.shown is not self.dataset


def open_lesson() -> Lesson:
    """Open the data of a lesson.

    Raises
    ------
    FileNotFoundError
        If CCTVIEW_DATA names a folder that does not exist or has no frame; names the remedy.
    """
    folder = _named_folder()
    if folder is None or (folder / "truth").is_dir():
        dataset = open_dataset(folder or DATA)
        return Lesson(dataset, dataset, read_truth(folder or DATA))
    try:
        shown = open_dataset(folder)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"CCTVIEW_DATA names {error}; unset CCTVIEW_DATA to use the simulated minutes"
        ) from None
    store_nothing()
    return Lesson(shown, open_dataset(DATA), read_truth(DATA))


def sample_folder() -> Path:
    """The frames of notebook 10: CCTVIEW_DATA, if it has a list of detections, or the course's."""
    folder = _named_folder()
    if folder is None or not (folder / DETECTION_LIST).is_file():
        return SAMPLE
    store_nothing()
    return folder


def _named_folder() -> Path | None:
    named = os.environ.get("CCTVIEW_DATA")
    if named and not Path(named).exists():
        raise FileNotFoundError(
            f"CCTVIEW_DATA names {named}: no such folder or zip archive; unset CCTVIEW_DATA to use"
            " the simulated minutes"
        )
    return Path(named) if named else None
