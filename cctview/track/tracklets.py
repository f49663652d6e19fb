"""Passages of vehicles before cameras: the looks that a search compares, with the truth about each.

A passage is one track. The frames of a track are 1.7 s apart, so they are one look, not many.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.match.distance import unit_vectors

ATTRIBUTES = ("kind", "colour")


@dataclass(frozen=True)
class Passages:
    """Passages of vehicles before cameras.

    Attributes
    ----------
    table : DataFrame
        Columns `camera`, `seconds` (since midnight), `lane` (0 to 1), `detections` (how many),
        `minute`, `vehicle` (-1: none that drives), `direction` ("S", "N" or ""), `kind`, `colour`
        ("" if unknown). The truth is in the last four.
    looks : ndarray of float32, shape (n, d)
        Unit vectors.
    of_detection : Series of int, optional
        The passage that each detection belongs to, by the detection's id; those of none are left
        out. Lost in a part.
    """

    table: pd.DataFrame
    looks: np.ndarray
    of_detection: pd.Series | None = None

    def __len__(self):
        return len(self.table)

    def part(self, rows):
        """Some of them."""
        return Passages(self.table.iloc[rows].reset_index(drop=True), self.looks[rows])


def sure_enough(dataset, percent=25.0):
    """Which detections are so probable that they are tracked, (n,)."""
    return (dataset.detections["percent"] >= percent).to_numpy()


def find_passages(dataset, truth, percent=25.0, tracks=None):
    """Track the vehicles of a dataset, and say who they are.

    Parameters
    ----------
    dataset : cctview.dataset.frames.Dataset
    truth : cctview.truth.labels.Truth
    percent : float
        Detections below are left out.
    tracks : array_like of int, optional
        The track of each detection that is not left out, -1 for none, where it is known already.

    Returns
    -------
    Passages
    """
    from cctview.track.tracker import track_detections
    from cctview.track.travel import describe_tracks
    from cctview.truth.labels import true_tracks, true_vehicles

    sure = sure_enough(dataset, percent)
    detections, embeddings = (
        dataset.detections[sure].reset_index(drop=True),
        dataset.embeddings[sure],
    )
    if tracks is None:
        tracks = track_detections(detections, embeddings)
    else:
        tracks = pd.Series(tracks, dtype="Int64").where(lambda number: number >= 0)
    described, looks = describe_tracks(detections, tracks, embeddings)
    vehicle = (
        true_tracks(tracks, true_vehicles(detections, truth))
        .reindex(described.index)
        .fillna(-1)
        .astype(int)
    )
    vehicle = vehicle.where(vehicle >= 0, -1)
    table = described.assign(minute=(described["seconds"] // 60).astype(int), vehicle=vehicle)
    known = truth.vehicles.set_index("vehicle").join(truth.trips.set_index("vehicle")["direction"])
    for column in ("direction", *ATTRIBUTES):
        table[column] = table["vehicle"].map(known[column]).fillna("")
    tracked = tracks.notna().to_numpy()
    of_detection = pd.Series(
        table.index.get_indexer(tracks[tracked]), detections["id"][tracked].to_numpy()
    )
    return Passages(
        table.reset_index(drop=True), unit_vectors(looks + 1e-9).astype(np.float32), of_detection
    )
