"""The truth beside a simulated dataset, and which vehicle each detection and each track really
shows.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from cctview.dataset.boxes import BOX, box_iou
from cctview.dataset.paths import remedy
from cctview.dataset.tables import read_parquet


@dataclass(frozen=True)
class Truth:
    """The tables of a folder ``truth/``; data/README.md tells their columns.

    Attributes
    ----------
    frames, sightings, parked, vehicles, trips : DataFrame
    """

    frames: pd.DataFrame
    sightings: pd.DataFrame
    parked: pd.DataFrame
    vehicles: pd.DataFrame
    trips: pd.DataFrame


def read_truth(folder):
    """Read the truth of a dataset.

    Parameters
    ----------
    folder : str or Path
        The dataset's folder; the truth lies in ``truth/`` in it.

    Returns
    -------
    Truth

    Raises
    ------
    FileNotFoundError
        If there is none, as with real frames; names the folder.
    ValueError
        If a table is damaged; names the file.
    """
    folder, tables = Path(folder) / "truth", {}
    if not folder.is_dir():
        simulated = "only simulated frames come with their truth, such as those of data/"
        raise FileNotFoundError(f"{folder}: no such folder; {remedy(folder, simulated)}")
    for name in Truth.__annotations__:
        path = folder / f"{name}.parquet"
        try:
            tables[name] = read_parquet(path)
        except FileNotFoundError:
            raise FileNotFoundError(
                f"{path}: missing; get the folder again from the repository"
            ) from None
        except ValueError as error:
            raise ValueError(
                f"{path}: not a readable Parquet file ({error}); get it again from the repository"
            ) from None
    return Truth(**tables)


def true_vehicles(detections, truth, iou=0.5):
    """The vehicle that each detection shows.

    In each frame detections and vehicles, parked ones too, are paired one to one so that they
    overlap most.

    Parameters
    ----------
    detections : DataFrame
        Columns `frame`, `camera`, `x1`, `y1`, `x2`, `y2`.
    truth : Truth
    iou : float
        The least overlap.

    Returns
    -------
    Series of Int64, index of `detections`
        Negative for a parked vehicle, missing for a detection of none.
    """
    moving, parked = (
        truth.sightings.groupby("frame").indices,
        truth.parked.groupby("camera").indices,
    )
    moving_boxes, parked_boxes = truth.sightings[BOX].to_numpy(), truth.parked[BOX].to_numpy()
    moving_ids, parked_ids = (
        truth.sightings["vehicle"].to_numpy(),
        truth.parked["vehicle"].to_numpy(),
    )
    boxes, cameras = detections[BOX].to_numpy(), detections["camera"].to_numpy()
    vehicles, known, none = (
        np.zeros(len(detections), np.int64),
        np.zeros(len(detections), bool),
        np.zeros(0, int),
    )
    for frame, rows in detections.groupby("frame").indices.items():
        here, stand = moving.get(frame, none), parked.get(cameras[rows[0]], none)
        overlap = box_iou(boxes[rows], np.concatenate([moving_boxes[here], parked_boxes[stand]]))
        a, b = linear_sum_assignment(np.where(overlap >= iou, overlap, 0), maximize=True)
        right = overlap[a, b] >= iou
        vehicles[rows[a[right]]] = np.concatenate([moving_ids[here], parked_ids[stand]])[b[right]]
        known[rows[a[right]]] = True
    return pd.Series(vehicles, index=detections.index, dtype="Int64").mask(~known)


def true_tracks(tracks, vehicles):
    """The vehicle that each track shows most often.

    Parameters
    ----------
    tracks : Series
        The track of each detection, missing for none.
    vehicles : Series
        From `true_vehicles`.

    Returns
    -------
    Series of Int64, by track
        Missing for a track that never shows one; of two that are shown equally often the lower
        number.

    Examples
    --------
    >>> true_tracks(pd.Series([0, 0, 0, 1]), pd.Series([7, 8, 8, None], dtype="Int64")).tolist()
    [8, <NA>]
    """
    table = pd.DataFrame({"track": tracks, "vehicle": vehicles}).dropna()
    counts = table.groupby(["track", "vehicle"]).size().rename("n").reset_index()
    counts = counts.sort_values(["n", "vehicle"], ascending=[False, True])
    first = counts.drop_duplicates("track").set_index("track")["vehicle"]
    return first.reindex(np.sort(tracks.dropna().unique())).astype("Int64")
