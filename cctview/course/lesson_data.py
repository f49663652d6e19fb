"""What the lessons work on, from any working folder: the simulated minutes, and beside them frames
of your own.

One setting, ``CCTVIEW_DATA``, names another folder. What a lesson *shows* (frames, vehicles,
candidates) is then taken from there. What it *measures* needs the truth, which no real frames come
with: that stays on the simulated minutes.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from cctview.dataset.frames import Dataset, open_dataset
from cctview.dataset.paths import DATA, SAMPLE
from cctview.truth.labels import Truth, read_truth

SIMULATED = DATA
LIST = "sample--detections.csv"
"""In such a folder: the names of all detections, one a line."""


@dataclass(frozen=True)
class Lesson:
    """The data of a lesson.

    Attributes
    ----------
    shown : Dataset
        The folder that CCTVIEW_DATA names; without it, the same as `dataset`.
    dataset : Dataset
        Simulated minutes, of which the truth is known.
    truth : Truth
        Of `dataset`.
    """

    shown: Dataset
    dataset: Dataset
    truth: Truth

    @property
    def own(self) -> bool:
        """Whether what is shown are other frames than those that are measured: the user's own,
        without a truth.
        """
        return self.shown is not self.dataset


def open_lesson() -> Lesson:
    """Open the data of a lesson.

    Raises
    ------
    FileNotFoundError
        If CCTVIEW_DATA names a folder that is not there or has no frame in it; names the folder and
        the remedy.
    """
    named = os.environ.get("CCTVIEW_DATA")
    if named and (Path(named) / "truth").is_dir():
        measured, shown = Path(named), None
    else:
        measured, shown = SIMULATED, Path(named) if named else None
    dataset = open_dataset(measured)
    try:
        return Lesson(open_dataset(shown) if shown else dataset, dataset, read_truth(measured))
    except FileNotFoundError as error:
        if shown is None:
            raise
        raise FileNotFoundError(
            f"CCTVIEW_DATA names {error}; unset CCTVIEW_DATA to use the simulated minutes"
        ) from None


def sample_folder() -> Path:
    """The frames of notebook 10: what CCTVIEW_DATA names, if a list of detections comes with it,
    else the course's own `SAMPLE`.
    """
    named = os.environ.get("CCTVIEW_DATA")
    return Path(named) if named and (Path(named) / LIST).is_file() else SAMPLE
