"""The nearest vehicles at the other cameras: as a table, as JSON, and as pictures."""

from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import VEHICLE_TYPES, Dataset, alone_in, driving_order, open_dataset
from cctview.match import match_frames, write_matches

_FOLDER = "matches"
_NEAREST = 3
_PICTURED = 20


def match_folder(
    folder: Path,
    base: str | None = None,
    targets: list[str] | None = None,
    nearest: int = _NEAREST,
    pictured: int = _PICTURED,
) -> tuple[str, Dataset]:
    """Rank the vehicles of the target cameras for each vehicle of the base camera, by MED.

    Writes the folder ``matches`` under `folder`, as `cctview.match.write_matches`.

    Parameters
    ----------
    folder : Path
        With detections and embeddings.
    base : str, optional
        Camera whose vehicles are searched for. If not given, the first on the drive that shows a
        vehicle.
    targets : list of str, optional
        Cameras to search, in this order; all others, in the drive's, if not given.
    nearest : int
        How many vehicles of each target camera are kept.
    pictured : int
        For how many base vehicles, taken evenly over the time, pictures are written and a line of
        the table.

    Returns
    -------
    str
        A table: for each of those its nearest candidate per camera.
    Dataset
        That of `folder`: its `problems` tell of each file that was skipped, and why.

    Raises
    ------
    ValueError
        If a camera is unknown, or no vehicle can be compared.
    """
    dataset = open_dataset(folder)
    detections, embeddings = dataset.detections, dataset.embeddings
    known = embeddings.shape[1] > 0 and np.isfinite(embeddings).all(axis=1)
    usable = detections.type.isin(VEHICLE_TYPES).to_numpy() & known
    if not usable.any():
        raise ValueError(
            f"{folder}: no vehicle with an embedding in it, so nothing can be matched; `cctview"
            " example` finds and embeds them"
        )
    base, targets = _choose(folder, dataset, usable, base, targets)
    of_base = np.flatnonzero(usable & (detections.camera == base).to_numpy())
    at = [np.flatnonzero(usable & (detections.camera == camera).to_numpy()) for camera in targets]
    of_targets = np.concatenate(at)
    matches = match_frames(
        detections.iloc[of_base],
        embeddings[of_base],
        detections.iloc[of_targets],
        embeddings[of_targets],
        nearest=nearest,
    )
    if matches.empty:
        where = base if not len(of_base) else ", ".join(targets)
        raise ValueError(f"{folder}: no vehicle with an embedding at {where}; nothing to compare")
    ids = detections.id.to_numpy()[of_base]
    shown = ids[np.unique(np.linspace(0, len(ids) - 1, min(pictured, len(ids))).astype(int))]
    some, crops = _crops(dataset, matches[matches.base.isin(shown)])
    with alone_in(folder):
        write_matches(folder / _FOLDER, matches, some, crops)
    table = _table(some, detections.set_index("id"), base)
    if len(shown) < len(ids):
        table += f"\n\n{len(shown)} of {len(ids):,} vehicles; {_FOLDER}/matches.json has all"
    return f"{table}\n\nThe pictures, nearest first: {folder / _FOLDER}", dataset


def _choose(
    folder: Path, dataset: Dataset, usable: np.ndarray, base: str | None, targets: list[str] | None
) -> tuple[str, list[str]]:
    """The base camera and the target cameras."""
    cameras = driving_order(dataset.frames.camera.unique())
    if len(cameras) == 1:
        raise ValueError(f"{folder}: one camera only, {cameras[0]}; matching needs two")
    for camera in [base, *(targets or [])]:
        if camera is not None and camera not in cameras:
            raise ValueError(
                f"{folder}: no frame of camera {camera!r}; there are {', '.join(cameras)}"
            )
    seen = driving_order(dataset.detections.camera[usable].unique())
    base = base or next(camera for camera in seen if camera not in (targets or ()) or not targets)
    targets = list(dict.fromkeys(targets or [camera for camera in cameras if camera != base]))
    if base in targets:
        raise ValueError(f"{base} is the base camera, and among the targets; leave it out of one")
    return base, targets


def _crops(dataset: Dataset, matches: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """The crops of all that matches name; and the matches without those whose frame is damaged."""
    crops = {}
    for name in pd.unique(pd.concat([matches.base, matches.target])):
        try:
            crops[name] = dataset.crop(name)
        except ValueError as error:
            dataset.problems.append(str(error))
    return matches[matches.base.isin(crops) & matches.target.isin(crops)], crops


def _table(matches: pd.DataFrame, detections: pd.DataFrame, base: str) -> str:
    """The nearest candidate per camera for each base vehicle, as text that fits 110 columns."""
    nearest = matches.groupby(["base", "camera"], sort=False).first().reset_index()
    days = detections.time.dt.date.nunique()
    clock = "%H:%M:%S" if days == 1 else "%m-%d %H:%M:%S"

    def label(name: str) -> str:
        return f"{detections.time[name]:{clock}} #{detections.number[name]}"

    nearest["candidate"] = [
        f"{label(row.target)} {row.distance:.1f}" for row in nearest.itertuples()
    ]
    wide = nearest.pivot(index="base", columns="camera", values="candidate")
    wide = wide.reindex(index=pd.unique(nearest.base), columns=pd.unique(nearest.camera))
    wide.index = pd.Index([f"{label(name)} {detections.type[name]}" for name in wide.index])
    wide.columns.name = base
    return (
        f"For each vehicle at {base}, the nearest at the other cameras (the time of its frame, its"
        " number\nthere, the distance MED):\n\n" + wide.fillna("–").to_string()
    )
