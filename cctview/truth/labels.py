"""The truth of simulated data: which vehicle a detection shows, and when vehicles passed."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from cctview.dataset import BOX, DRIVE, box_iou, read_parquet, remedy


@dataclass(frozen=True)
class Truth:
    """The tables of a folder ``truth/``; data/README.md tells their columns.

    Attributes
    ----------
    frames, sightings, parked, vehicles, trips : DataFrame
    bystanders : DataFrame
        Who and what is beside the road: a frame, a type and a box each, ids negative. None in
        recordings made before there were any.
    """

    frames: pd.DataFrame
    sightings: pd.DataFrame
    parked: pd.DataFrame
    vehicles: pd.DataFrame
    trips: pd.DataFrame
    bystanders: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["frame", "vehicle", "type", *BOX])
    )


def read_truth(folder: str | Path) -> Truth:
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
        if name == "bystanders" and not path.exists():
            continue
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


def true_vehicles(detections: pd.DataFrame, truth: Truth, iou: float = 0.5) -> pd.Series:
    """The vehicle that each detection shows.

    In each frame detections and vehicles, parked ones and bystanders too, are paired one to one so
    that they overlap most.

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
        Negative for a parked vehicle or a bystander, missing for a detection of none.
    """
    in_frame = pd.concat(
        [table[["frame", "vehicle", *BOX]] for table in (truth.sightings, truth.bystanders)]
    )
    moving = in_frame.groupby("frame").indices
    parked = truth.parked.groupby("camera").indices
    shown = np.concatenate([in_frame[BOX], truth.parked[BOX]]).astype(float)
    names = np.concatenate([in_frame["vehicle"], truth.parked["vehicle"]]).astype(np.int64)
    boxes, cameras = detections[BOX].to_numpy(), detections["camera"].to_numpy()
    vehicles = np.zeros(len(detections), np.int64)
    known = np.zeros(len(detections), bool)
    none = np.zeros(0, int)
    for frame, rows in detections.groupby("frame").indices.items():
        stand = len(in_frame) + parked.get(cameras[rows[0]], none)
        visible = np.concatenate([moving.get(frame, none), stand])
        overlap = box_iou(boxes[rows], shown[visible])
        a, b = linear_sum_assignment(np.where(overlap >= iou, overlap, 0), maximize=True)
        paired = overlap[a, b] >= iou
        vehicles[rows[a[paired]]] = names[visible[b[paired]]]
        known[rows[a[paired]]] = True
    return pd.Series(vehicles, index=detections.index, dtype="Int64").mask(~known)


def true_tracks(tracks: pd.Series, vehicles: pd.Series) -> pd.Series:
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


def tracks_by_truth(detections: pd.DataFrame, embeddings: np.ndarray, truth: Truth) -> np.ndarray:
    """The true track of each detection, one for each pass: no tracker's error is among them.

    Shape (n,); -1 for a detection of no vehicle that drives, or without an embedding.
    """
    vehicles = true_vehicles(detections, truth)
    driving = ((vehicles > 0).fillna(False) & np.isfinite(embeddings[:, 0])).to_numpy(bool)
    passes = detections.loc[driving, "camera"] + " " + vehicles[driving].astype(str)
    tracks = np.full(len(detections), -1)
    tracks[driving] = pd.factorize(passes, sort=True)[0]
    return tracks


def label_tracklets(tracklets, detections: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """The vehicle that each tracklet shows most often, and what it is.

    Parameters
    ----------
    tracklets : cctview.track.tracklets.Tracklets
        With `of_detection`.
    detections : DataFrame
        What they were found in.
    truth : Truth

    Returns
    -------
    DataFrame
        Row by row as `tracklets`: `vehicle` (-1: none that drives), `direction` ("S", "N" or ""),
        `kind`, `colour` ("" if unknown).
    """
    seen = detections.set_index("id", drop=False).loc[tracklets.of_detection.index]
    vehicle = true_tracks(tracklets.of_detection, true_vehicles(seen, truth))
    vehicle = vehicle.fillna(-1).astype(int).clip(lower=-1).reset_index(drop=True)
    known = truth.vehicles.set_index("vehicle").join(truth.trips.set_index("vehicle")["direction"])
    about = {name: vehicle.map(known[name]).fillna("") for name in ("direction", "kind", "colour")}
    return pd.DataFrame({"vehicle": vehicle, **about})


def true_passes(truth: Truth, minutes: float | None = None) -> pd.DataFrame:
    """When each vehicle drove past each camera: missing where it did not, or not while the cameras
    recorded, or is on no frame.

    Parameters
    ----------
    truth : Truth
    minutes : float, optional
        How long the cameras recorded, by default as long as there are frames.

    Returns
    -------
    DataFrame
        Index `vehicle`, a column a camera.
    """
    cameras = [place.camera for place in DRIVE if place.camera in truth.trips]
    times = truth.trips.set_index("vehicle")[cameras]
    shown = truth.sightings.merge(truth.frames[["frame", "camera"]], on="frame")
    shown = shown.groupby(["vehicle", "camera"]).size().unstack()
    seen = shown.reindex(index=times.index, columns=times.columns).notna()
    first, last = truth.frames["time"].min(), truth.frames["time"].max()
    if minutes is not None:
        last = min(last, first + pd.Timedelta(minutes=minutes))
    return times.where(seen & (times >= first) & (times <= last))
