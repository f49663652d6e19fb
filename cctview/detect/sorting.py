"""A camera's detections sorted into what moves and what does not.

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

SAME_OBJECT = 0.6  # IoU from which two boxes are taken for one object in one place

WHILE = 15  # frames (25 s) before and after, in half of which something that stands is seen


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


def sort_detections(detections):
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
    standing[rows] = _standing(detections[BOX].to_numpy(float)[rows], rows_by_frame(seconds[rows]))
    return Sorting(rows[standing[rows] < 0], standing, repeats)


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


def rows_by_frame(seconds):
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
    frames = rows_by_frame(seconds)
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
