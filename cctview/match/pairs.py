"""Same or different? Pairs of crops to compare, with the truth about each.

A vehicle passes a camera in a few frames, 1.7 s apart: that is one pass, not several. So each
vehicle is taken once a camera, by its largest crop, and all vehicles at a camera are compared with
all at the next one down the drive.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cctview.dataset import DRIVE, VEHICLE_TYPES, Dataset, box_side
from cctview.match.distance import get_distance
from cctview.stats import bootstrap


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


def auc_by_vehicle(
    pairs: Comparisons, distances: dict[str, np.ndarray], rounds: int = 200, seed: int = 0
) -> pd.DataFrame:
    """How well distances tell same from different: the area under the ROC, with intervals.

    Pairs that share a vehicle are not independent, so whole vehicles are drawn again, and each pair
    counts as often as both of its vehicles were drawn (Owen 2007, the pigeonhole bootstrap).

    Parameters
    ----------
    pairs : Comparisons
    distances : dict of str to ndarray, shape (n,)
        By name; several are compared on the same draws.

    Returns
    -------
    DataFrame
        One row a name, columns estimate, low, high; with two names or more also each one's "gain"
        over the first.

    Raises
    ------
    ValueError
        If pairs of one kind are missing.
    """
    same = pairs.same
    if not same.any() or same.all():
        raise ValueError(
            "expected both same and different pairs, but there is only one kind; take more minutes"
            " or smaller crops"
        )
    ends = [(pairs.vehicles[a], pairs.vehicles[b]) for a, b in pairs.blocks]
    known = np.unique(np.concatenate([side for block in ends for side in block]))
    ends = [(np.searchsorted(known, a), np.searchsorted(known, b)) for a, b in ends]
    true_pairs = np.flatnonzero(same)
    true_vehicle = np.searchsorted(known, pairs.vehicles[pairs.rows[true_pairs, 0]])
    codes = {name: _place_among_true(values, true_pairs) for name, values in distances.items()}

    def statistic(drawn: np.ndarray) -> pd.Series:
        times = np.bincount(drawn, minlength=len(known)).astype(float)
        weight = np.concatenate([np.multiply.outer(times[a], times[b]).ravel() for a, b in ends])
        weight[true_pairs] = 0
        areas = pd.Series(
            {
                name: _weighted_auc(code, weight, code[true_pairs], times[true_vehicle])
                for name, code in codes.items()
            }
        )
        gains = areas.iloc[1:] - areas.iloc[0]
        return pd.concat([areas, gains.add_prefix("gain of ")])

    return bootstrap(statistic, np.arange(len(known)), rounds, seed=seed)


def _place_among_true(distances: ArrayLike, true_pairs: np.ndarray) -> np.ndarray:
    """Each distance's place among those of true pairs: 2 k after the k-th, 2 k - 1 if it is it."""
    distances = np.asarray(distances)
    levels = np.unique(distances[true_pairs])
    place = np.searchsorted(levels, distances, side="right")
    code: np.ndarray = 2 * place - (levels[np.maximum(place - 1, 0)] == distances)
    return code


def _weighted_auc(
    code: np.ndarray, weight: np.ndarray, code_true: np.ndarray, weight_true: np.ndarray
) -> float:
    """Weighted probability that a true pair is closer than a false one (true: 0 in `weight`)."""
    count = code.max() + 1
    true = np.bincount(code_true, weight_true, count)
    false = np.bincount(code, weight, count)
    if not true.sum() or not false.sum():
        return float("nan")
    farther = false.sum() - np.cumsum(false) + false / 2  # equal places count half
    return float((true * farther).sum() / (true.sum() * false.sum()))
