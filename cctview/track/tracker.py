"""Tracking within a camera: which detections of successive frames are one vehicle.

A frame comes every 1.7 s. In that time a vehicle moves by more than its own length, so its boxes do
not overlap and trackers that link by overlap (IoU) cannot work. What links detections is fitted on
the camera's own frames (`cctview.track.motion`); in each frame the assignment with the best total
odds is taken. Vehicles that stand (`cctview.detect.sorting`) are tracked by their place alone.

It is kept because it is better than what is simple: IDF1 .918, against .81 for the best of five
settings of 25 lines (Hungarian assignment on cosine distance and displacement), on the same four
minutes, vehicles over 20 px.
"""

import numpy as np
import pandas as pd

from cctview.detect import sort_detections
from cctview.track.motion import MotionModel, fit_motion
from cctview.track.scene import Scene, best_pairs, make_scene, pairs_apart


def track_detections(
    detections: pd.DataFrame,
    embeddings: np.ndarray,
    models: dict[str, MotionModel | None] | None = None,
) -> pd.Series:
    """Tracks of vehicles within each camera.

    Parameters
    ----------
    detections : DataFrame
        Columns `camera`, `time` (datetimes, or seconds), `type`, `percent`, `x1`, `y1`, `x2`, `y2`;
        any index.
    embeddings : array_like, shape (n, d)
        Row by row those of the detections.
    models : dict of str to MotionModel, optional
        What to use for each camera; by default it is fitted on these detections. A camera with
        too few detections to fit on (below about a minute), or with None, gets a track for each
        detection.

    Returns
    -------
    Series of Int64, index of `detections`
        The track of each detection, numbered from 0 across all cameras; missing for persons and
        bicycles, and for duplicates.

    Raises
    ------
    ValueError
        If detections and embeddings do not belong together.
    """
    if len(detections) != len(embeddings):
        raise ValueError(
            f"{len(detections)} detections but {len(embeddings)} embeddings; they must belong"
            " together row by row"
        )
    tracks, number = np.full(len(detections), -1), 0
    for camera in pd.unique(detections["camera"]):
        part = np.flatnonzero((detections["camera"] == camera).to_numpy())
        sorting, labels = sort_detections(detections.iloc[part]), np.full(len(part), -1)
        vectors = np.asarray(embeddings)[part]
        scene, rows = make_scene(detections.iloc[part], vectors, sorting.moving)
        if len(rows):
            labels[rows] = chain(scene, fit_motion(scene) if models is None else models[camera])
        stands, again = sorting.standing >= 0, sorting.repeats >= 0
        labels[stands] = sorting.standing[stands] + labels.max() + 1
        labels[again] = labels[sorting.repeats[again]]
        tracks[part] = np.where(labels >= 0, labels + number, -1)
        number += labels.max() + 1
    return pd.Series(tracks, index=detections.index, dtype="Int64").mask(tracks < 0)


def chain(scene: Scene, model: MotionModel | None) -> np.ndarray:
    """The track of each row of a scene, (n,) from 0; without a model nothing is linked."""
    before = np.full(len(scene.state), -1)
    if model is not None:
        candidates: dict[int, list] = {}
        for step in model.moves:
            pairs = pairs_apart(scene, step)
            for start, odds in pairs.tables(model.odds(scene, pairs, step)):
                tails = pairs.tails[start : start + odds.size : odds.shape[1]]
                candidates.setdefault(pairs.heads[start], []).append((tails, odds))
        free = np.ones(len(before), bool)
        for heads in scene.frames:
            for_frame = candidates.get(heads[0], [])
            if for_frame:
                tails, odds = (np.concatenate(parts) for parts in zip(*for_frame, strict=True))
                a, b = best_pairs(odds * free[tails][:, None])
                before[heads[b]], free[tails[a]] = tails[a], False
    tracks, number = np.empty(len(before), int), 0
    for row, tail in enumerate(before):
        tracks[row] = tracks[tail] if tail >= 0 else number
        number += tail < 0
    return tracks
