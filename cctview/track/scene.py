"""What a camera saw, made ready for tracking: its detections sorted into what moves and what does
not.

A box is left out of the search for moves when it is the less certain of two on one object, when its
frame is the one before, delivered again, or when it stands: when in at least half of the frames of
the 25 s before and after, a box is in its place. Whatever stands is tracked by its place; nothing
that moves stays in one for so long.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.dataset.boxes import BOX, box_iou
from cctview.dataset.ids import VEHICLE_TYPES
from cctview.match.distance import unit_vectors
from cctview.match.rerank import centre_by_camera

SAME_OBJECT = 0.6  # IoU from which two boxes are taken for one object in one place
WHILE = 15  # frames (25 s) before and after, in half of which something that stands is seen


@dataclass(frozen=True)
class Scene:
    """The moving vehicles that one camera detected, in order of time.

    Attributes
    ----------
    state : ndarray, shape (n, 3)
        Where a box stands (the middle of its lower edge, px) and the logarithm of its size (root of
        its area, px).
    look : ndarray, shape (n, d)
        Unit vectors, centred on the camera's mean.
    frames : list of ndarray of int
        The rows of each frame.
    steps : ndarray of int
        Number of each frame, counted by the clock: a lost frame leaves a gap.
    """

    state: np.ndarray
    look: np.ndarray
    frames: list
    steps: np.ndarray


@dataclass(frozen=True)
class Sorting:
    """What each of a camera's detections is to tracking.

    Attributes
    ----------
    moving : ndarray of int
        The rows of vehicles that move, in order of time.
    standing : ndarray of int, shape (n,)
        The track of each box that stands, numbered from 0; -1 for the others.
    repeats : ndarray of int, shape (n,)
        The row that each row of a repeated frame repeats; -1 for the others.
    """

    moving: np.ndarray
    standing: np.ndarray
    repeats: np.ndarray


def sort_out(detections):
    """Tell a camera's moving vehicles from what stands, and from what was seen twice.

    Parameters
    ----------
    detections : DataFrame
        Columns `time` (datetimes, or seconds), `type`, `percent`, `x1`, `y1`, `x2`, `y2`; of one
        camera.

    Returns
    -------
    Sorting
    """
    seconds = seconds_of(detections["time"])
    rows = np.flatnonzero(detections["type"].isin(VEHICLE_TYPES).to_numpy())
    rows = rows[np.argsort(seconds[rows], kind="stable")]
    rows = rows[~_doubles(detections.iloc[rows], seconds[rows])]
    repeats, standing = np.full((2, len(detections)), -1)
    repeats[rows] = _repeats(detections.iloc[rows], seconds[rows], rows)
    rows = rows[repeats[rows] < 0]
    standing[rows] = _standing(detections[BOX].to_numpy(float)[rows], _by_frame(seconds[rows]))
    return Sorting(rows[standing[rows] < 0], standing, repeats)


def make_scene(detections, embeddings, moving=None):
    """The moving vehicles among one camera's detections, ready to be tracked.

    Parameters
    ----------
    detections : DataFrame
        As for `sort_out`.
    embeddings : array_like, shape (n, d)
    moving : ndarray of int, optional
        `Sorting.moving`, if it is known already.

    Returns
    -------
    scene : Scene
    rows : ndarray of int
        Which detection each row of the scene is.
    """
    rows = sort_out(detections).moving if moving is None else moving
    if not len(rows):
        return Scene(np.zeros((0, 3)), np.zeros((0, 1)), [], np.zeros(0, int)), rows
    seconds = seconds_of(detections["time"])
    x1, y1, x2, y2 = detections[BOX].to_numpy(float)[rows].T
    size = np.log(np.maximum((x2 - x1) * (y2 - y1), 1.0)) / 2
    centred = centre_by_camera(np.asarray(embeddings)[rows], np.zeros(len(rows)))
    centred[~centred.any(axis=1)] = (
        1.0  # a crop that is just the mean is like no other; any direction will do
    )
    look = unit_vectors(centred).astype(np.float32)
    moments = np.unique(seconds)
    frames = _by_frame(seconds[rows])
    at = np.searchsorted(moments, [seconds[rows[frame[0]]] for frame in frames])
    return (
        Scene(np.stack([(x1 + x2) / 2, y2, size], axis=1), look, frames, _steps(moments)[at]),
        rows,
    )


def seconds_of(times):
    """Times as seconds since the midnight before the first of them.

    Parameters
    ----------
    times : Series
        Datetimes, or numbers, which are returned as they are.

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> seconds_of(pd.Series(pd.to_datetime(["2031-05-05 00:01:00", "2031-05-06 00:00:01"])))
    array([6.0000e+01, 8.6401e+04])
    """
    if pd.api.types.is_numeric_dtype(times):
        return times.to_numpy(float)
    times = pd.to_datetime(times)
    return (times - times.min().normalize()).dt.total_seconds().to_numpy()


def _by_frame(seconds):
    """The rows of each frame; `seconds` must be in order."""
    return (
        np.split(np.arange(len(seconds)), np.flatnonzero(np.diff(seconds)) + 1)
        if len(seconds)
        else []
    )


def _repeats(detections, seconds, rows):
    """The row that each repeats, (n,), -1 for none: a frame that has just the boxes of the one
    before is that one.
    """
    content, result = detections[[*BOX, "percent"]].to_numpy(float), np.full(len(rows), -1)
    frames = _by_frame(seconds)
    for before, frame in zip(frames, frames[1:]):
        if np.array_equal(content[before], content[frame]):
            result[frame] = np.where(result[before] >= 0, result[before], rows[before])
    return result


def _standing(boxes, frames):
    """The track of each box that stands, -1 for one that does not, (n,)."""
    seen, last = np.zeros(len(boxes)), len(frames) - 1
    for k, frame in enumerate(frames):
        for other in frames[k + 1 : k + WHILE + 1]:
            same = box_iou(boxes[frame], boxes[other]) > SAME_OBJECT
            seen[frame] += same.any(axis=1)
            seen[other] += same.any(axis=0)
    number = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
    possible = np.minimum(number, WHILE) + np.minimum(last - number, WHILE)
    stands = (seen >= possible / 2) & (possible >= WHILE)
    tracks, recent, count = (
        np.full(len(boxes), -1),
        [],
        0,
    )  # recent: the last box of each track, and its frame
    for k, frame in enumerate(frames):
        for row in frame[stands[frame]]:
            recent = [(old, at) for old, at in recent if k - at <= WHILE]
            overlap = box_iou(boxes[[row]], boxes[[old for old, at in recent if at < k]])[0]
            if len(overlap) and overlap.max() > SAME_OBJECT:
                of = [pair for pair in recent if pair[1] < k][int(overlap.argmax())]
                recent.remove(of)
                tracks[row] = tracks[of[0]]
            else:
                tracks[row], count = count, count + 1
            recent.append((row, k))
    return tracks


def _steps(moments):
    """Numbers of the frames taken at these moments: how many cadences lie between them.

    Stamps may be cut to whole seconds, so the cadence is taken over ten frames.
    """
    if len(moments) < 2:
        return np.zeros(len(moments), int)
    span = min(10, len(moments) - 1)
    cadence = np.median(moments[span:] - moments[:-span]) / span
    gaps = np.maximum(np.round(np.diff(moments) / cadence), 1).astype(int)
    return np.concatenate([[0], np.cumsum(gaps)])


def _doubles(detections, seconds):
    """Which boxes are the less certain of two on one object, (n,)."""
    boxes, percent = detections[BOX].to_numpy(float), detections["percent"].to_numpy()
    double = np.zeros(len(detections), bool)
    for rows in pd.Series(seconds).groupby(seconds).indices.values():
        rows = rows[np.argsort(-percent[rows], kind="stable")]
        overlap = box_iou(boxes[rows], boxes[rows]) > SAME_OBJECT
        for k in range(1, len(rows)):
            double[rows[k]] = (overlap[k, :k] & ~double[rows[:k]]).any()
    return double
