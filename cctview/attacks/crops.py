"""Crops of vehicles of which the truth is known: attacks and defences are measured on them.

The truth (`data/truth/`) says which vehicle a crop shows; only the simulation has it. Each crop is
kept with its surroundings, cut on the grid of 16 pixels, so that pixelating, blurring or
compressing it gives what doing so to the whole frame would give.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import BOX, VEHICLE_TYPES, Dataset, box_side, crop, open_dataset
from cctview.detect import seconds_of
from cctview.match import unit_vectors
from cctview.truth import Truth, read_truth, true_vehicles

_GRID = 16
_FAMILIES = {
    "light": ("white", "silver", "beige"),
    "dark": ("black", "grey", "brown"),
    "blue": ("blue",),
    "red": ("red",),
    "yellow": ("yellow taxi",),
    "green": ("green", "green taxi"),
}
COLOUR_FAMILIES = {colour: family for family, colours in _FAMILIES.items() for colour in colours}
"""What a witness would call the simulation's paints."""
_KINDS = {
    "sedan": ("sedan", "taxi", "green taxi"),
    "SUV": ("suv",),
    "pickup": ("pickup",),
    "van": ("van", "minibus"),
    "minivan": ("minivan", "taxi van"),
    "motorcycle": ("motorcycle",),
}
BODIES = {kind: body for body, kinds in _KINDS.items() for kind in kinds}
"""The body that a kind of vehicle has in the simulation."""


@dataclass(frozen=True)
class LabelledCrops:
    """Detections of known vehicles, row by row.

    Attributes
    ----------
    table : DataFrame
        Columns id, frame, camera, vehicle, passing (number of vehicle and camera), seconds (since
        midnight), direction, speed (m/s), colour, family (`COLOUR_FAMILIES`), kind, design (a
        number), body (`BODIES`), length (m), size (root of the box's area, px).
    vectors : ndarray of float32, shape (n, d)
        Embeddings, or their coordinates on the extractor's basis; d = 0 before they are made.
    windows : tuple of ndarray of uint8, shape (h, w, 3)
        The crops with their surroundings; empty if they were not asked for.
    inside : ndarray of int, shape (n, 4)
        The boxes within their windows.
    kept : float
        Seconds for which a pass stays in the database.

    Examples
    --------
    >>> table = pd.DataFrame({"vehicle": [7, 7, 8], "camera": ["N", "S", "S"]})
    >>> crops = LabelledCrops(table, np.eye(3, dtype=np.float32))
    >>> len(crops), crops.only([False, True, True]).table.vehicle.tolist()
    (3, [7, 8])
    """

    table: pd.DataFrame
    vectors: np.ndarray
    windows: tuple[np.ndarray, ...] = ()
    inside: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), int))
    kept: float = np.inf

    def __post_init__(self) -> None:
        if len(self.vectors) != len(self.table) or (
            self.windows and len(self.windows) != len(self.table)
        ):
            raise ValueError(
                f"{len(self.table)} rows but {len(self.vectors)} vectors and {len(self.windows)}"
                " windows; they belong together row by row"
            )

    def __len__(self) -> int:
        return len(self.table)

    def only(self, rows: Sequence[int] | Sequence[bool] | np.ndarray) -> "LabelledCrops":
        """The given rows (numbers, or a mask)."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(
            self,
            table=self.table.iloc[rows].reset_index(drop=True),
            vectors=self.vectors[rows],
            windows=tuple(self.windows[k] for k in rows) if self.windows else (),
            inside=self.inside[rows] if self.windows else self.inside,
        )

    @cached_property
    def images(self) -> list[np.ndarray]:
        """The vehicles, cut out of their windows."""
        if len(self) and not self.windows:
            raise ValueError("these crops were loaded without images; load them with images=True")
        return [
            crop(window, tuple(box)) for window, box in zip(self.windows, self.inside, strict=True)
        ]

    def one_a_pass(self, average: bool = False) -> "LabelledCrops":
        """One row per pass, without images: its largest crop's vector, or its mean unit vector."""
        codes, first, place = np.unique(self.table.passing, return_index=True, return_inverse=True)
        vectors = self.vectors[first]
        if average:
            means = np.zeros((len(codes), self.vectors.shape[1]))
            np.add.at(means, place, unit_vectors(self.vectors))
            vectors = (means / np.bincount(place)[:, None]).astype(np.float32)
        return LabelledCrops(self.table.iloc[first].reset_index(drop=True), vectors, kept=self.kept)

    def split(self, share: float = 0.5, seed: int = 0) -> tuple["LabelledCrops", "LabelledCrops"]:
        """Two parts without a vehicle in common; `share` of the vehicles goes to the first."""
        vehicles = np.unique(self.table.vehicle)
        if len(vehicles) < 2:
            raise ValueError(
                f"expected at least two vehicles to split, but there are {len(vehicles)}"
            )
        first = np.random.default_rng(seed).permutation(vehicles)[
            : max(1, min(len(vehicles) - 1, round(share * len(vehicles))))
        ]
        taken = self.table.vehicle.isin(first).to_numpy()
        return self.only(taken), self.only(~taken)


def load_crops(
    data: str | Path | Dataset,
    truth: Truth | None = None,
    *,
    minimum: float = 20,
    per_pass: int = 3,
    cameras: int = 1,
    images: bool = True,
    basis: tuple[np.ndarray, np.ndarray] | None = None,
) -> LabelledCrops:
    """Read the crops of a dataset that comes with its truth.

    Parameters
    ----------
    data : str, Path or Dataset
        A folder such as `data/`, or an open dataset with its `truth`.
    minimum : float
        Least size of a box, as the root of its area in pixels.
    per_pass : int
        How many of a vehicle's largest boxes are taken at each camera.
    cameras : int
        Least number of cameras that saw the vehicle.
    images : bool
        Whether to read the frames; without it `windows` is empty.
    basis : tuple of ndarray, optional
        Mean and components, as `Extractor.basis`: then `vectors` are the stored embeddings'
        coordinates on it. Without it they are the embeddings themselves.

    Returns
    -------
    LabelledCrops
        Ordered by vehicle, camera, and size, the largest first.

    Raises
    ------
    FileNotFoundError, ValueError
        If the folder has no truth, or no vehicle is left.
    """
    if truth is None:
        if isinstance(data, Dataset):
            raise ValueError("an open dataset needs its truth; give it truth=")
        truth = read_truth(data)
    dataset = data if isinstance(data, Dataset) else open_dataset(data)
    table = _largest(identify(dataset.detections, truth), dataset, minimum, per_pass, cameras)
    table["passing"] = table.groupby(["vehicle", "camera"], sort=False).ngroup()
    table["seconds"] = seconds_of(table["time"])
    table = table.merge(
        truth.vehicles[["vehicle", "kind", "design", "colour", "length"]], on="vehicle"
    )
    table["family"] = table.colour.map(COLOUR_FAMILIES)
    table["body"] = table.kind.map(BODIES)
    vectors = dataset.embeddings_of(table.pop("row").to_numpy())
    if basis is not None:
        mean, components = basis
        vectors = ((vectors - mean) @ components.T).astype(np.float32)
    windows, inside = _windows(dataset, table) if images else ((), np.zeros((0, 4), int))
    return LabelledCrops(
        table.drop(columns=["number", "time", "type", "percent"]), vectors, windows, inside
    )


def _largest(table, dataset, minimum, per_pass, cameras):
    """The detections to load, with their size and their row in the dataset."""
    table["size"] = box_side(table)
    table["row"] = np.arange(len(table))
    table = table[(table.vehicle > 0) & (table["size"] >= minimum) & dataset.embedded]
    table = table.sort_values(
        ["vehicle", "camera", "size"], ascending=[True, True, False], kind="stable"
    )
    table = table.groupby(["vehicle", "camera"], sort=False).head(per_pass)
    table = table[table.groupby("vehicle").camera.transform("nunique") >= cameras]
    if table.empty:
        raise ValueError(
            f"no vehicle of at least {minimum} pixels is seen by {cameras} cameras; ask for less"
        )
    return table.reset_index(drop=True)


def identify(detections: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """The detections, rows numbered anew, with what each shows (`true_vehicles`).

    New columns: vehicle (0: none; negative: parked), direction, speed (missing: none that moves).
    """
    shown = true_vehicles(detections[detections.type.isin(VEHICLE_TYPES).to_numpy()], truth)
    vehicle = shown.reindex(detections.index).fillna(0).astype("int64")
    driven = truth.sightings[["frame", "vehicle", "direction", "speed"]]
    return detections.assign(vehicle=vehicle).merge(driven, on=["frame", "vehicle"], how="left")


def _windows(dataset: Dataset, table: pd.DataFrame) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """The window of each box, and where the box lies in it."""
    windows = [np.zeros(0)] * len(table)
    inside = np.empty((len(table), 4), int)
    for frame, rows in table.groupby("frame").indices.items():
        image = dataset.image(frame)
        for row in rows:
            windows[row], inside[row] = window(image, table.loc[row, BOX].to_numpy(int))
    return tuple(windows), inside


def window(image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a box out of a frame with its surroundings.

    Returns
    -------
    window : ndarray of uint8, shape (h, w, 3)
        A copy; it begins at multiples of 16 pixels, at least 16 before the box where the frame goes
        so far.
    inside : ndarray of int, shape (4,)
        The box (x1, y1, x2, y2) within the window, cut at the frame's edge.

    Examples
    --------
    >>> cut_out, inside = window(np.zeros((240, 352, 3), np.uint8), np.array([40, 20, 60, 30]))
    >>> cut_out.shape, inside.tolist()
    ((48, 64, 3), [24, 20, 44, 30])
    """
    height, width = image.shape[:2]
    box = np.clip(box, 0, [width, height, width, height])
    x1, y1 = np.maximum(box[:2] // _GRID * _GRID - _GRID, 0)
    x2, y2 = np.minimum(-(-box[2:] // _GRID) * _GRID + _GRID, [width, height])
    return image[y1:y2, x1:x2].copy(), box - [x1, y1, x1, y1]
