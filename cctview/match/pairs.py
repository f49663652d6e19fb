"""Same or different? Pairs of crops to compare, with the truth about each.

A vehicle passes a camera in a few frames, 1.7 s apart: that is one pass, not several. So each
vehicle is taken once a camera, by its largest crop, and all vehicles at a camera are compared with
all at the next one down the drive.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from cctview.dataset import DRIVE, VEHICLE_TYPES, Dataset, box_side
from cctview.match.distance import get_distance


@dataclass(frozen=True)
class Comparisons:
    """Pairs of crops; each block has all crops of a camera against all of the next.

    Attributes
    ----------
    blocks : tuple of (ndarray of int, ndarray of int)
        The rows of the detections at either camera.
    vehicles : ndarray of int, shape (rows,)
        The vehicle of each detection; 0 where it is not known.
    """

    blocks: tuple[tuple[np.ndarray, np.ndarray], ...]
    vehicles: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        """The detections of each pair, (n, 2)."""
        parts = [
            np.stack(np.broadcast_arrays(a[:, None], b), axis=-1).reshape(-1, 2)
            for a, b in self.blocks
        ]
        return np.concatenate([np.zeros((0, 2), int), *parts])

    @property
    def same(self) -> np.ndarray:
        """Whether each pair shows one vehicle, (n,)."""
        return self._equal(self.vehicles)

    def distances(self, embeddings: np.ndarray, distance: str = "mcd") -> np.ndarray:
        """How far apart the crops of each pair are, (n,) float32, by one of `DISTANCES`."""
        measure = get_distance(distance)
        parts = [measure(embeddings[a], embeddings[b]).ravel() for a, b in self.blocks]
        return np.concatenate([np.zeros(0, np.float32), *parts])

    def alike(self, vehicles: pd.DataFrame, column: str = "colour") -> np.ndarray:
        """Whether the two vehicles of each pair share a property of `Truth.vehicles`, (n,)."""
        values = vehicles.set_index("vehicle")[column].reindex(self.vehicles).to_numpy()
        return self._equal(values)

    def _equal(self, values: np.ndarray) -> np.ndarray:
        first, second = values[self.rows].T
        equal: np.ndarray = first == second
        return equal

    def smaller_side(self, detections: pd.DataFrame) -> np.ndarray:
        """The side of the smaller crop of each pair, (n,)."""
        smaller: np.ndarray = box_side(detections).to_numpy()[self.rows].min(axis=1)
        return smaller

    def at_least(self, detections: pd.DataFrame, side: float) -> "Comparisons":
        """Only the pairs in which both crops have at least this side."""
        large = box_side(detections).to_numpy() >= side
        return Comparisons(tuple((a[large[a]], b[large[b]]) for a, b in self.blocks), self.vehicles)


def first_minutes(dataset: Dataset, minutes: float) -> tuple[pd.DataFrame, np.ndarray]:
    """The detections of a dataset's first minutes, and their embeddings."""
    end = dataset.frames["time"].min() + pd.Timedelta(minutes=minutes)
    kept = (dataset.detections["time"] < end).to_numpy()
    return dataset.detections[kept].reset_index(drop=True), dataset.embeddings_of(kept)


def largest_crop_rows(detections: pd.DataFrame, vehicles: pd.Series, images: int = 1) -> np.ndarray:
    """The rows of the largest crops of each moving vehicle at each camera, in their order.

    Parameters
    ----------
    detections : DataFrame
        Columns camera, type, x1, y1, x2, y2.
    vehicles : Series
        The true vehicle of each; missing and parked ones (negative) are left out.
    images : int
        At most so many of a vehicle at a camera.
    """
    moving = (vehicles > 0).fillna(False).to_numpy(bool)
    rows = np.flatnonzero(detections["type"].isin(VEHICLE_TYPES).to_numpy() & moving)
    order = rows[np.argsort(-box_side(detections).to_numpy()[rows], kind="stable")]
    tracks = pd.DataFrame(
        {
            "camera": detections["camera"].to_numpy()[order],
            "vehicle": vehicle_numbers(vehicles)[order],
        }
    )
    return np.sort(order[(tracks.groupby(["camera", "vehicle"]).cumcount() < images).to_numpy()])


def vehicle_numbers(vehicles: pd.Series) -> np.ndarray:
    """Vehicles as whole numbers, 0 where one is not known."""
    numbers: np.ndarray = vehicles.to_numpy(float, na_value=0).astype(int)
    return numbers


def compare_next_camera(detections: pd.DataFrame, vehicles: pd.Series) -> Comparisons:
    """All vehicles at each camera against all at the next one down the drive.

    `detections` and `vehicles` are as for `largest_crop_rows`.

    Examples
    --------
    >>> detections = pd.DataFrame({"camera": ["733-681-N", "733-681-N", "735-683-N"]})
    >>> detections = detections.assign(type="car", x1=0, y1=0, x2=9, y2=9)
    >>> pairs = compare_next_camera(detections, pd.Series([1, 2, 1], dtype="Int64"))
    >>> pairs.rows.tolist(), pairs.same.tolist()
    ([[0, 2], [1, 2]], [True, False])
    """
    rows = largest_crop_rows(detections, vehicles)
    camera = detections["camera"].to_numpy()[rows]
    blocks = tuple(
        (rows[camera == first], rows[camera == second])
        for first, second in pairwise(place.camera for place in DRIVE)
    )
    return Comparisons(blocks, vehicle_numbers(vehicles))
