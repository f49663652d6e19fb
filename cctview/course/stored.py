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


def stored_open_set(folder: Path = RESULTS, name: str = "open_set.csv") -> pd.DataFrame:
    """The stored searches by appearance alone on the first seed of the simulation: FNIR at fixed
    FPIR; or "open_set_check.csv", how well a half of the gallery foretells all of it.
    """
    table = read_result(name, folder)
    return table[table["seed"] == 0].reset_index(drop=True)


def operating_points(table: pd.DataFrame) -> pd.DataFrame:
    """The thresholds of ``data/results/open_set.csv`` that are resolvable, the strictest first.

    Returns
    -------
    DataFrame
        Columns `threshold`, `found` (share of the vehicles that are there), `rate` (share of the
        other vehicles that are flagged).
    """
    rows = table[table["resolvable"] & table["threshold"].notna() & ~table["beyond"]]
    points = pd.DataFrame(
        {
            "threshold": rows["threshold"],
            "found": 1 - rows["fnir"],
            "rate": rows["innocents"] / rows["size"],
        }
    )
    return points.drop_duplicates("threshold").sort_values("threshold", ignore_index=True)
