"""The stored results that lessons read; `python -m studio results` makes them anew."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import DATA, RESULTS, TARGET, Dataset, read_parquet, read_result
from cctview.link import (
    LinkModel,
    TripFinder,
    TripJudge,
    fit_finder,
    make_finder,
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


def finder_minutes(dataset: Dataset, later: bool = False) -> tuple[pd.DataFrame, np.ndarray]:
    """The detections of the minutes in which trips are found, and their embeddings; or those of
    the `later` minutes, in which the finder is fitted.
    """
    end = dataset.frames["time"].min() + pd.Timedelta(minutes=FINDER_MINUTES)
    kept = ((dataset.detections["time"] >= end) == later).to_numpy()
    return dataset.detections[kept].reset_index(drop=True), dataset.embeddings_of(kept)


def fingerprint(detections: pd.DataFrame) -> str:
    """A hash of the detections' ids: whether a file was made of these."""
    return sha256("\n".join(detections["id"]).encode()).hexdigest()


def fit_later(dataset: Dataset, truth: Truth) -> LinkModel:
    """The link model of the finder: fitted in the later minutes, on vehicles that pass no camera in
    the minutes in which trips are found.
    """
    detections, embeddings = finder_minutes(dataset, later=True)
    if detections.empty:
        raise ValueError(
            f"the recording ends after {FINDER_MINUTES} minutes, and the finder is fitted on later"
            " ones; take more minutes"
        )
    tracklets = find_tracklets(detections, embeddings)
    labels = label_tracklets(tracklets, detections, truth)
    passes = true_passes(truth, FINDER_MINUTES)
    early = labels["vehicle"].isin(passes.index[passes.notna().any(axis=1)])
    return fit_finder(tracklets, labels.assign(vehicle=labels["vehicle"].mask(early, -1)))


def open_finder(
    dataset: Dataset, truth: Truth, folder: Path = RESULTS
) -> tuple[TripFinder, TripJudge]:
    """The finder of trips in the first minutes, and what judges it by the truth.

    Its model is stored, and fitted again if it was fitted on other detections.
    """
    detections, embeddings = finder_minutes(dataset)
    path, model, tracks = Path(folder) / FINDER, None, None
    if path.is_file():
        stored, beside = LinkModel.load(path)
        if str(beside.get("detections")) == fingerprint(dataset.detections):
            model, tracks = stored, beside["tracks"]
    tracklets = find_tracklets(detections, embeddings, tracks=tracks)
    labels = label_tracklets(tracklets, detections, truth)
    finder = make_finder(detections, tracklets, model or fit_later(dataset, truth))
    return finder, TripJudge(finder, labels, true_passes(truth, FINDER_MINUTES))


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
