"""The truth about the simulated minutes: which vehicle a detection shows.

Real frames have none. A dataset in the layout of `data/` keeps it in its folder ``truth`` (see ``data/README.md``).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from cctview.evaluate_boxes import box_iou
from cctview.frames import BOX_COLUMNS


@dataclass(frozen=True)
class Truth:
    """What was really on the road.

    Attributes
    ----------
    sightings : DataFrame
        Every vehicle in every frame that was delivered, parked ones (negative numbers) too: columns frame, vehicle, x1, y1, x2, y2.
    vehicles : DataFrame
        One row a vehicle, by its number: name, kind, type, design, colour, … .
    trips : DataFrame
        One row a vehicle, by its number: direction, and when it passed below each camera.
    """

    sightings: pd.DataFrame
    vehicles: pd.DataFrame
    trips: pd.DataFrame


def read_truth(folder: str | Path) -> Truth:
    """Read the truth of a dataset.

    Parameters
    ----------
    folder : path_like
        The dataset's folder, with ``truth`` in it.

    Raises
    ------
    FileNotFoundError
        If it has none: real frames come without.
    """
    path = Path(folder) / "truth"
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such folder; the truth is known of simulated frames only, such as those of data/")
    frames, sightings, parked, vehicles, trips = (
        pd.read_parquet(path / f"{name}.parquet") for name in ("frames", "sightings", "parked", "vehicles", "trips")
    )
    delivered = frames.loc[frames.status.astype(str) != "dropped", ["frame", "camera"]].astype(str)
    standing = delivered.merge(parked.astype({"camera": str}), on="camera")
    seen = pd.concat([sightings.astype({"frame": str}), standing], ignore_index=True)
    seen = seen.loc[seen.frame.isin(delivered.frame), ["frame", "vehicle", *BOX_COLUMNS]].reset_index(drop=True)
    return Truth(seen, vehicles.set_index("vehicle"), trips.set_index("vehicle"))


def identify(detections: pd.DataFrame, sightings: pd.DataFrame, iou: float = 0.5) -> pd.Series:
    """Say which vehicle each detection shows.

    In each frame, detections and vehicles are paired one to one so that their boxes overlap as much as possible.

    Parameters
    ----------
    detections : DataFrame
        Columns frame, x1, y1, x2, y2 (pixels).
    sightings : DataFrame
        As `Truth.sightings`.
    iou : float
        The least overlap (intersection over union) that counts.

    Returns
    -------
    Series of Int64
        The vehicle, by the index of `detections`; missing where a detection shows none.

    Examples
    --------
    >>> found = pd.DataFrame({"frame": ["f", "f"], "x1": [0, 50], "y1": [0, 50], "x2": [10, 60], "y2": [10, 60]})
    >>> identify(found, pd.DataFrame({"frame": ["f"], "vehicle": [7], "x1": [1], "y1": [0], "x2": [11], "y2": [10]})).tolist()
    [7, <NA>]
    """
    vehicles = pd.Series(pd.NA, detections.index, dtype="Int64", name="vehicle")
    boxes, true_boxes = detections[BOX_COLUMNS].to_numpy(float), sightings[BOX_COLUMNS].to_numpy(float)
    in_frame = sightings.groupby("frame").indices
    for frame, rows in detections.groupby("frame").indices.items():
        of = in_frame.get(frame, np.zeros(0, int))
        overlap = box_iou(boxes[rows], true_boxes[of])
        found, shown = linear_sum_assignment(np.where(overlap >= iou, overlap, 0), maximize=True)
        enough = overlap[found, shown] >= iou
        vehicles.iloc[rows[found[enough]]] = sightings["vehicle"].to_numpy()[of[shown[enough]]]
    return vehicles
