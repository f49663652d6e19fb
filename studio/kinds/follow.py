"""What the course's own pipeline makes of a film: detections, vectors, tracks and tracklets.

Boxes are given in pixels of the small frame whatever the size, so that the tracker's lengths mean
the same in every arm. Its windows count frames: they are made as long, in seconds, as at 1.7 s
(`windows`), and so is the time for which it waits for a vehicle that it has lost (`patient`).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.dataset import BOX, VEHICLE_TYPES, crop, read_image, write_bytes
from cctview.detect import Detector, sorting
from cctview.track import Tracklets, find_tracklets, motion, track_detections
from cctview.track.motion import MotionModel, Moves, fit_motion
from cctview.track.scene import Scene, make_scene
from cctview.track.tracker import chain
from studio.kinds.film import Reel
from studio.kinds.network import Embed

_LOST = 2  # frames at 1.7 s after which the tracker gives a vehicle up
_FEWEST = 50  # moves over so many frames, to fit on
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
            buffer = io.BytesIO()
            _look(reel, detector, embed).to_parquet(buffer)
            write_bytes(place, buffer.getvalue())
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


def follow(detections: pd.DataFrame, vectors: np.ndarray, times: int) -> Tracklets:
    """Track the vehicles past each camera.

    Parameters
    ----------
    detections, vectors
        As from `look`.
    times : int
        How many frames there are for one at 1.7 s.
    """
    with windows(times):
        models = None
        if times > 1:
            models = {
                str(camera): _fit(detections.iloc[rows], vectors[rows], times * _LOST)
                for camera, rows in detections.groupby("camera").indices.items()
            }
        tracks = track_detections(detections, vectors, models)
    numbers = tracks.fillna(-1).to_numpy(int)
    return find_tracklets(detections, vectors, percent=0, tracks=numbers)


@contextmanager
def windows(times: int) -> Iterator[None]:
    """Make the tracker's windows, which count frames, so many times as long."""
    kept = sorting._WINDOW, motion._CONTROL
    sorting._WINDOW, motion._CONTROL = (times * frames for frames in kept)
    try:
        yield
    finally:
        sorting._WINDOW, motion._CONTROL = kept


def _fit(detections: pd.DataFrame, vectors: np.ndarray, steps: int) -> MotionModel | None:
    scene, _ = make_scene(detections, vectors)
    model = fit_motion(scene)
    return None if model is None else patient(scene, model, steps)


def patient(scene: Scene, model: MotionModel, steps: int) -> MotionModel:
    """The same with moves over up to so many frames, fitted on the tracks that it finds."""
    at = np.repeat(scene.steps, [len(frame) for frame in scene.frames])
    rows = pd.DataFrame({"track": chain(scene, model), "at": at, "row": np.arange(len(at))})
    moves = dict(model.moves)
    for step in range(_LOST, steps + 1):
        later = rows.assign(at=rows["at"] - step)
        pairs = rows.merge(later, on=["track", "at"], suffixes=("", "_later"))
        tails, heads = pairs["row"].to_numpy(), pairs["row_later"].to_numpy()
        if len(pairs) > _FEWEST:
            moves[step] = Moves(scene, tails, heads).fit_blur(scene, tails, heads)
    return replace(model, moves=moves)
