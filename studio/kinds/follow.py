"""What the course's own pipeline makes of a film: detections, vectors, tracks and tracklets.

Boxes are given in pixels of the small frame whatever the size, so that the tracker's lengths mean
the same in every arm. Its windows count frames: they are made as long, in seconds, as at 1.7 s
(`windows`). It also gives up a vehicle after two frames, at either rate: to wait as long in seconds
changed nothing (small frames, two cameras, a minute: .953 against .948 of the passes get a good
tracklet).

How vehicles move is learned from detections, and two minutes of slow frames are too few: fitted on
2, 4, 6 and 12 minutes of the course's data, the tracker gives .62, .73, .79 and .79 of the passes a
good tracklet. So in the slow arms moves are learned from all of that data (`learn_moves`), and only
how alike crops of one vehicle are from the film; a fast film has frames enough for both.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.dataset import BOX, VEHICLE_TYPES, Dataset, crop, read_image, write_bytes
from cctview.detect import Detector, sorting
from cctview.track import Tracklets, confident, find_tracklets, motion, track_detections
from cctview.track.motion import MotionModel, fit_motion
from cctview.track.scene import control_pairs, make_scene, pairs_apart, with_appearance
from studio.kinds.film import Reel
from studio.kinds.network import Embed

COLUMNS = ["id", "frame", "camera", "time", "type", "percent", *BOX]


def look(
    reels: list[Reel], folder: Path, detector: Detector, embed: Embed
) -> tuple[pd.DataFrame, np.ndarray]:
    """Detect and embed the vehicles on a film's frames; each part is kept in `folder`.

    Returns
    -------
    detections : DataFrame
        Columns `COLUMNS`, the boxes in pixels of the small frame; by camera and time.
    vectors : ndarray of float32, shape (n, d)
    """
    tables = []
    for reel in tqdm(reels, "detect", unit="minute"):
        part = "slow" if reel.slow else "between"
        place = folder / f"{part}-{reel.camera}-{reel.minute}.parquet"
        if not place.exists():
            write_bytes(place, _look(reel, detector, embed).to_parquet())
        tables.append(pd.read_parquet(place))
    table = pd.concat(tables).sort_values(["camera", "time"], kind="stable", ignore_index=True)
    return table[COLUMNS], np.stack(table["vector"].to_numpy()).astype(np.float32)


def _look(reel: Reel, detector: Detector, embed: Embed) -> pd.DataFrame:
    scale, parts = reel.workshop.settings.scale, []
    for row in reel.frames().dropna(subset="jpeg").itertuples():
        image = read_image(row.jpeg, row.frame)
        found = detector.detect(image)
        found = found[found["type"].isin(VEHICLE_TYPES)].reset_index(drop=True)
        if found.empty:
            continue
        boxes = found[BOX].to_numpy()
        vectors = embed([crop(image, tuple(box)) for box in boxes])
        found[BOX] = boxes / scale
        parts.append(
            found.assign(
                id=[f"{row.frame}/{number}" for number in range(len(found))],
                frame=row.frame,
                camera=row.camera,
                time=row.time,
                vector=list(vectors.astype(np.float16)),
            )
        )
    return pd.concat(parts, ignore_index=True)


def learn_moves(dataset: Dataset, cameras: Iterable[str]) -> dict[str, MotionModel | None]:
    """How vehicles move past cameras in small frames every 1.7 s."""
    table, models = dataset.detections, {}
    for camera in cameras:
        rows = (table["camera"] == camera).to_numpy() & confident(table)
        models[camera] = fit_motion(make_scene(table[rows], dataset.embeddings_of(rows))[0])
    return models


def follow(
    detections: pd.DataFrame,
    vectors: np.ndarray,
    times: int,
    moves: dict[str, MotionModel | None] | None = None,
) -> Tracklets:
    """Track the vehicles past each camera.

    Parameters
    ----------
    detections, vectors
        As from `look`.
    times : int
        How many frames there are for one at 1.7 s.
    moves : dict of str to MotionModel, optional
        As from `learn_moves`; without it they are learned from these detections.
    """
    with windows(times):
        models = moves and {
            str(camera): with_looks(moves[str(camera)], detections.iloc[rows], vectors[rows])
            for camera, rows in detections.groupby("camera").indices.items()
        }
        tracks = track_detections(detections, vectors, models)
    numbers = tracks.fillna(-1).to_numpy(int)
    return find_tracklets(detections, vectors, percent=0, tracks=numbers)


def with_looks(
    model: MotionModel | None, detections: pd.DataFrame, vectors: np.ndarray
) -> MotionModel | None:
    """A camera's model with what these vectors say of one vehicle and of two, where motion alone is
    sure, as `cctview.track.motion.fit_motion` fits it.
    """
    if model is None:
        return None
    scene, _ = make_scene(detections, vectors)
    pairs = pairs_apart(scene, 1)
    control = with_appearance(scene, control_pairs(scene, [motion._CONTROL]))
    sure = motion._sure(pairs, model.by_motion(scene, pairs, 1))
    looks = motion._fit_appearance(pairs.appearance[sure], control.appearance)
    return replace(model, appearance=looks)


@contextmanager
def windows(times: int) -> Iterator[None]:
    """Make the tracker's windows, which count frames, so many times as long."""
    kept = sorting._WINDOW, motion._CONTROL
    sorting._WINDOW, motion._CONTROL = (times * frames for frames in kept)
    try:
        yield
    finally:
        sorting._WINDOW, motion._CONTROL = kept
