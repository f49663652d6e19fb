"""Crops: pictures of vehicles of which the truth is known, on which attacks and defences are
measured.

A *passage* is one vehicle at one camera, a *look* one detection of it. The truth (`data/truth/`)
says who it is; only the twin has it. Each picture is kept with its surroundings, cut on the grid of
16 pixels, so that to pixelate, blur or compress it gives what doing so to the whole frame would
give.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset.boxes import BOX, crop, side
from cctview.dataset.frames import Dataset, open_dataset
from cctview.dataset.ids import VEHICLE_TYPES
from cctview.detect.sorting import seconds_of
from cctview.truth.labels import Truth, read_truth, true_vehicles

GRID = 16
COLOUR_FAMILIES = {
    "white": "light",
    "silver": "light",
    "beige": "light",
    "black": "dark",
    "grey": "dark",
    "brown": "dark",
    "blue": "blue",
    "red": "red",
    "yellow taxi": "yellow",
    "green": "green",
    "green taxi": "green",
}
"""What a witness would call the twin's paints."""
BODIES = {
    "sedan": "sedan",
    "taxi": "sedan",
    "green taxi": "sedan",
    "suv": "SUV",
    "pickup": "pickup",
    "van": "van",
    "minibus": "van",
    "minivan": "minivan",
    "taxi van": "minivan",
    "motorcycle": "motorcycle",
}
"""The body that a kind of the twin has."""


@dataclass(frozen=True)
class LabelledCrops:
    """Detections of known vehicles, row by row.

    Attributes
    ----------
    table : DataFrame
        Columns id, frame, camera, vehicle, passage (number of vehicle and camera), seconds (since
        midnight), direction, speed (m/s), colour, family (`COLOUR_FAMILIES`), kind, design (a
        number), body (`BODIES`), length (m), size (root of the box's area, px).
    vectors : ndarray of float32, shape (n, d)
        Embeddings, or their coordinates on the extractor's basis; d = 0 before they are made.
    windows : tuple of ndarray of uint8, shape (h, w, 3)
        The pictures with their surroundings; empty if they were not asked for.
    inside : ndarray of int, shape (n, 4)
        The boxes within their windows.
    kept : float
        For so many seconds a passage stays in the database.

    Examples
    --------
    >>> table = pd.DataFrame({"vehicle": [7, 7, 8], "camera": ["N", "S", "S"]})
    >>> looks = LabelledCrops(table, np.eye(3, dtype=np.float32))
    >>> len(looks), looks.only([False, True, True]).table.vehicle.tolist()
    (3, [7, 8])
    """

    table: pd.DataFrame
    vectors: np.ndarray
    windows: tuple = ()
    inside: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), int))
    kept: float = np.inf

    def __post_init__(self):
        if len(self.vectors) != len(self.table) or (
            self.windows and len(self.windows) != len(self.table)
        ):
            raise ValueError(
                f"{len(self.table)} looks but {len(self.vectors)} vectors and {len(self.windows)}"
                " pictures; they belong together row by row"
            )

    def __len__(self):
        return len(self.table)

    def only(self, rows: Sequence) -> "LabelledCrops":
        """The looks of the given rows (numbers, or a mask)."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        windows = tuple(self.windows[k] for k in rows) if self.windows else ()
        inside = self.inside[rows] if self.windows else self.inside
        return replace(
            self,
            table=self.table.iloc[rows].reset_index(drop=True),
            vectors=self.vectors[rows],
            windows=windows,
            inside=inside,
        )

    @cached_property
    def crops(self) -> list[np.ndarray]:
        """The vehicles, cut out of their windows."""
        if len(self) and not self.windows:
            raise ValueError(
                "these looks were loaded without pictures; load them with pictures=True"
            )
        return [
            crop(window, tuple(box)) for window, box in zip(self.windows, self.inside, strict=True)
        ]

    def split(self, share: float = 0.5, seed: int = 0) -> tuple["LabelledCrops", "LabelledCrops"]:
        """Two parts without a vehicle in common: to learn from, and to measure on.

        Parameters
        ----------
        share : float
            How much of the vehicles goes to the first part.
        seed : int
        """
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
    per_passage: int = 3,
    cameras: int = 1,
    pictures: bool = True,
    basis=None,
) -> LabelledCrops:
    """Read the looks of a dataset that comes with its truth.

    Parameters
    ----------
    data : str, Path or Dataset
        A folder such as `data/`: zips of frames, and `truth/` beside them. Or a dataset that is
        open already.
    truth : Truth, optional
        That of an open dataset.
    minimum : float
        Least size of a box, as the root of its area in pixels.
    per_passage : int
        Of each vehicle at each camera, so many of its largest boxes.
    cameras : int
        Only vehicles seen by at least so many cameras.
    pictures : bool
        Whether to read the frames; without it `windows` is empty.
    basis : tuple of ndarray, optional
        Mean and components, as `cctview.extract.extractor.Extractor.basis`: then `vectors` are the stored
        embeddings' coordinates on it. Without it they are the embeddings themselves.

    Returns
    -------
    LabelledCrops
        Ordered by vehicle, camera, and size, the largest first.

    Raises
    ------
    FileNotFoundError
        If the folder has no truth.
    ValueError
        If no vehicle is left.
    """
    truth = read_truth(data) if truth is None else truth
    dataset = data if isinstance(data, Dataset) else open_dataset(data)
    table = identify(dataset.detections, truth)
    table["size"] = side(table)
    table["row"] = np.arange(len(table))
    table = table[
        (table.vehicle > 0)
        & (table["size"] >= minimum)
        & np.isfinite(dataset.embeddings[:, :1]).all(axis=1)
    ]
    table = table.sort_values(
        ["vehicle", "camera", "size"], ascending=[True, True, False], kind="stable"
    )
    table = table.groupby(["vehicle", "camera"], sort=False).head(per_passage)
    table = table[table.groupby("vehicle").camera.transform("nunique") >= cameras].reset_index(
        drop=True
    )
    if table.empty:
        raise ValueError(
            f"no vehicle of at least {minimum} pixels is seen by {cameras} cameras; ask for less"
        )
    table["passage"] = table.groupby(["vehicle", "camera"], sort=False).ngroup()
    table["seconds"] = seconds_of(table["time"])
    table = table.merge(
        truth.vehicles[["vehicle", "kind", "design", "colour", "length"]], on="vehicle"
    )
    table["family"], table["body"] = table.colour.map(COLOUR_FAMILIES), table.kind.map(BODIES)
    vectors = dataset.embeddings[table.pop("row").to_numpy()]
    if basis is not None:
        mean, components = basis
        vectors = ((vectors - mean) @ components.T).astype(np.float32)
    windows, inside = _windows(dataset, table) if pictures else ((), np.zeros((0, 4), int))
    return LabelledCrops(
        table.drop(columns=["number", "time", "type", "percent"]), vectors, windows, inside
    )


def identify(detections: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Say which vehicle each detection shows, and how it drives (`cctview.truth.labels.true_vehicles`).

    Parameters
    ----------
    detections : DataFrame
        Columns frame, camera, type, x1, y1, x2, y2.
    truth : Truth

    Returns
    -------
    DataFrame
        `detections`, rows numbered anew, with columns vehicle (0: none; negative: a parked one),
        direction and speed (missing where it shows none that moves).
    """
    shown = true_vehicles(detections[detections.type.isin(VEHICLE_TYPES).to_numpy()], truth)
    vehicle = shown.reindex(detections.index).fillna(0).astype("int64")
    driven = truth.sightings[["frame", "vehicle", "direction", "speed"]]
    return detections.assign(vehicle=vehicle).merge(driven, on=["frame", "vehicle"], how="left")


def _windows(dataset: Dataset, table: pd.DataFrame) -> tuple[tuple, np.ndarray]:
    """Each box with at least 16 pixels around it, cut on the grid, and where it lies in what was
    cut.
    """
    windows, inside = [None] * len(table), np.empty((len(table), 4), int)
    for frame, rows in table.groupby("frame").indices.items():
        image = dataset.image(frame)
        for row in rows:
            windows[row], inside[row] = window(image, table.loc[row, BOX].to_numpy(int))
    return tuple(windows), inside


def window(image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut a box out of a frame with its surroundings.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    box : ndarray of int, shape (4,)
        x1, y1, x2, y2 in pixels.

    Returns
    -------
    window : ndarray of uint8, shape (h, w, 3)
        A copy; it begins at multiples of 16 pixels, at least 16 before the box where the frame goes
        so far.
    inside : ndarray of int, shape (4,)
        The box within the window, cut at the frame's edge.

    Examples
    --------
    >>> found, inside = window(np.zeros((240, 352, 3), np.uint8), np.array([40, 20, 60, 30]))
    >>> found.shape, inside.tolist()
    ((48, 64, 3), [24, 20, 44, 30])
    """
    height, width = image.shape[:2]
    box = np.clip(box, 0, [width, height, width, height])
    x1, y1 = np.maximum(box[:2] // GRID * GRID - GRID, 0)
    x2, y2 = np.minimum(-(-box[2:] // GRID) * GRID + GRID, [width, height])
    return image[y1:y2, x1:x2].copy(), box - [x1, y1, x1, y1]
