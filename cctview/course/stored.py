"""The stored results that lessons read; `python -m studio results` makes them anew."""

from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import DATA, RESULTS, TARGET, Dataset, read_parquet, read_result
from cctview.link import (
    TripFinder,
    TripJudge,
    fingerprint,
    fit_halves,
    load_link_models,
    make_finder,
    searched_by,
)
from cctview.privacy import Leakage, LeakageMeter
from cctview.track import find_tracklets
from cctview.truth import Truth, label_tracklets, true_passes

TAXI = 1, TARGET
"""The vehicle that the lessons follow: its number in the truth, and what it is called."""
FINDER = "finder.npz"
FINDER_MINUTES = 6
"""The stored finder covers so many minutes: the slowest trip down the drive takes five."""


def stored_unicity(hours: float, days: int, folder: Path = RESULTS) -> pd.DataFrame:
    """The stored rows of unicity for one length of time bins, in hours, and one number of days."""
    table = read_result("unicity.csv", folder)
    return table[np.isclose(table["hours"], hours, rtol=1e-3) & (table["days"] == days)]


def read_habits() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Six weeks of simulated habits: the trips past the cameras, and the drivers."""
    habits = DATA / "habits"
    return read_parquet(habits / "trips.parquet"), read_parquet(habits / "drivers.parquet")


def stored_leakage(folder: Path = RESULTS) -> Leakage:
    """The stored searches as `cctview.privacy.leakage.Leakage`, without its candidates."""
    searches = read_result("searches.parquet", folder)
    gallery = int(searches["gallery"].iloc[0])
    population = LeakageMeter.load(Path(folder) / "meter-random.json").population
    candidates = pd.DataFrame(columns=["probability", "true", "vehicle"])
    return Leakage(searches.drop(columns="gallery"), candidates, population, gallery)


def finder_minutes(dataset: Dataset) -> tuple[pd.DataFrame, np.ndarray]:
    """The detections of the minutes in which trips are found, and their embeddings."""
    end = dataset.frames["time"].min() + pd.Timedelta(minutes=FINDER_MINUTES)
    kept = (dataset.detections["time"] <= end).to_numpy()
    return dataset.detections[kept].reset_index(drop=True), dataset.embeddings[kept]


def open_finder(
    dataset: Dataset, truth: Truth, folder: Path = RESULTS
) -> tuple[TripFinder, TripJudge]:
    """The stored finder of trips in the first minutes, and what judges it by the truth.

    The finder is fitted again if there is none, or if it was fitted on other detections.
    """
    detections, embeddings = finder_minutes(dataset)
    path = Path(folder) / FINDER
    models = tracks = None
    if path.is_file():
        fitted_on, stored_models, stored_tracks = load_link_models(path)
        if fitted_on == fingerprint(detections):
            models = stored_models
            tracks = stored_tracks
    tracklets = find_tracklets(detections, embeddings, tracks=tracks)
    labels = label_tracklets(tracklets, detections, truth)
    models = models or fit_halves(tracklets, labels)
    finder = make_finder(detections, tracklets, models, searched_by(labels))
    return finder, TripJudge(finder, labels, true_passes(truth, FINDER_MINUTES))


def at_gallery(
    table: pd.DataFrame, found: float, model: str, figure: str, gallery: float
) -> tuple[float, ...]:
    """A stored figure at a gallery of any size: estimate, low, high; NaN beyond the stored sizes.

    It is interpolated along the logarithm. `table` is ``data/results/open_set.csv``, `found` the
    threshold; for `model` and `figure` see `cctview.privacy.open_set`.
    """
    chosen = (table["model"] == model) & (table["figure"] == figure) & (table["found"] == found)
    rows = table[chosen].sort_values("size")
    size = np.log10(gallery)
    sizes = np.log10(rows["size"].to_numpy(float))
    ends = [rows[end] for end in ("estimate", "low", "high")]
    if figure == "innocents":  # counts, along their logarithm too
        return tuple(10 ** np.interp(size, sizes, np.log10(end), right=np.nan) for end in ends)
    return tuple(np.interp(size, sizes, end, right=np.nan) for end in ends)


def measured_gallery(table: pd.DataFrame) -> int:
    """How many other vehicles the gallery held that the stored figures were measured in."""
    return int(table.loc[table["model"] == "measured", "size"].max())
