"""The stored results that lessons read; `python -m studio results` makes them anew."""

from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset.frames import Dataset
from cctview.dataset.paths import RESULTS
from cctview.dataset.results import read_result
from cctview.truth.labels import Truth

TAXI = 1, "the yellow taxi van"
"""The vehicle that the lessons follow: its number in the truth, and what it is called."""
FINDER = "finder.npz"
FINDER_MINUTES = 6
"""The stored finder covers so many minutes: the slowest trip down the drive takes five."""


def stored_unicity(hours: float, days: int, folder: Path = RESULTS) -> pd.DataFrame:
    """The stored rows of unicity for one length of time bins, in hours, and one number of days."""
    table = read_result("unicity.csv", folder)
    return table[np.isclose(table["hours"], hours, rtol=1e-3) & (table["days"] == days)]


def stored_leakage(folder: Path = RESULTS):
    """The stored searches as `cctview.privacy.leakage.Leakage`, without its candidates."""
    from cctview.privacy.leakage import Leakage
    from cctview.privacy.meter import LeakageMeter

    searches = read_result("searches.parquet", folder)
    gallery = int(searches["gallery"].iloc[0])
    population = LeakageMeter.load(Path(folder) / "meter-random.json").population
    candidates = pd.DataFrame(columns=["probability", "true", "vehicle"])
    return Leakage(searches.drop(columns="gallery"), candidates, population, gallery)


def open_finder(dataset: Dataset, truth: Truth, folder: Path = RESULTS):
    """The stored `cctview.link.trips.Finder` of the first minutes; fitted anew if there is none, or
    if it was fitted on other detections.
    """
    from cctview.link.stored import fingerprint, load
    from cctview.link.trips import first_minutes, learn_finder, make_finder
    from cctview.track.tracklets import find_passages

    part = first_minutes(dataset, truth, FINDER_MINUTES)
    path = Path(folder) / FINDER
    if path.is_file():
        fitted_on, models, tracks = load(path)
        if fitted_on == fingerprint(part.detections):
            return make_finder(part, truth, find_passages(part, truth, tracks=tracks), models)
    return learn_finder(dataset, truth, FINDER_MINUTES)
