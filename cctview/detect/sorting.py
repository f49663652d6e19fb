"""A camera's detections sorted into what moves and what does not.

Three kinds of boxes do not move: duplicates (the less certain of two on one object), boxes of a
frame that was delivered again, and boxes that stand. A box stands when, in at least half of the
frames of the 25 s before and after, a box is in its place; nothing that moves stays in one place
for so long.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from cctview.dataset import BOX, VEHICLE_TYPES, box_iou
from cctview.detect.suppression import non_max_suppression

_SAME_PLACE = 0.6  # IoU from which boxes of two frames are taken for one object that stands
_WINDOW = 15  # frames (25 s) before and after, in half of which something that stands is seen


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


def sort_detections(detections: pd.DataFrame) -> Sorting:
    """Tell a camera's moving vehicles from what stands, and from what was seen twice.

    Needs the columns `time` (datetimes, or seconds), `type`, `percent`, `x1`, `y1`, `x2`, `y2`.
    """
    seconds = seconds_of(detections["time"])
    boxes = detections[BOX].to_numpy(float)
    rows = np.flatnonzero(detections["type"].isin(VEHICLE_TYPES).to_numpy())
    rows = rows[np.argsort(seconds[rows], kind="stable")]
    rows = rows[_surest(boxes[rows], detections["percent"].to_numpy()[rows], seconds[rows])]
    repeats = np.full(len(detections), -1)
    standing = np.full(len(detections), -1)
    repeats[rows] = _repeats(detections.iloc[rows], seconds[rows], rows)
    rows = rows[repeats[rows] < 0]
    standing[rows] = _standing(boxes[rows], rows_by_frame(seconds[rows]))
    return Sorting(rows[standing[rows] < 0], standing, repeats)


def seconds_of(times: pd.Series) -> np.ndarray:
    """Times as seconds since the midnight before the first of them, (n,).

    Datetimes are converted; numbers are returned as they are.

    Examples
    --------
    >>> seconds_of(pd.Series(pd.to_datetime(["2031-05-05 00:01:00", "2031-05-06 00:00:01"])))
    array([6.0000e+01, 8.6401e+04])
    """
    if pd.api.types.is_numeric_dtype(times):
        return times.to_numpy(float)
    times = pd.to_datetime(times)
    return (times - times.min().normalize()).dt.total_seconds().to_numpy()


def rows_by_frame(seconds: np.ndarray) -> list[np.ndarray]:
    """The rows of each frame; `seconds` must be in order."""
    if not len(seconds):
        return []
    return np.split(np.arange(len(seconds)), np.flatnonzero(np.diff(seconds)) + 1)


def _repeats(detections, seconds, rows):
    """The row that each repeats, (n,), -1 for none: a frame with the boxes of the one before."""
    content = detections[[*BOX, "percent"]].to_numpy(float)
    result = np.full(len(rows), -1)
    for before, frame in pairwise(rows_by_frame(seconds)):
        if np.array_equal(content[before], content[frame]):
            result[frame] = np.where(result[before] >= 0, result[before], rows[before])
    return result


def _standing(boxes, frames):
    """The track of each box that stands, -1 for one that does not, (n,)."""
    stands = _stands(boxes, frames)
    tracks = np.full(len(boxes), -1)
    recent = []  # the last box of each track, and its frame
    count = 0
    for k, frame in enumerate(frames):
        for row in frame[stands[frame]]:
            recent = [(old, at) for old, at in recent if k - at <= _WINDOW]
            earlier = [(old, at) for old, at in recent if at < k]
            overlap = box_iou(boxes[[row]], boxes[[old for old, _ in earlier]])[0]
            if len(overlap) and overlap.max() > _SAME_PLACE:
                last = earlier[int(overlap.argmax())]
                recent.remove(last)
                tracks[row] = tracks[last[0]]
            else:
                tracks[row] = count
                count += 1
            recent.append((row, k))
    return tracks


def _stands(boxes, frames):
    """Whether each box is in its place in half of the frames around it, (n,)."""
    seen = np.zeros(len(boxes))
    for k, frame in enumerate(frames):
        for other in frames[k + 1 : k + _WINDOW + 1]:
            same = box_iou(boxes[frame], boxes[other]) > _SAME_PLACE
            seen[frame] += same.any(axis=1)
            seen[other] += same.any(axis=0)
    number = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
    before = np.minimum(number, _WINDOW)
    after = np.minimum(len(frames) - 1 - number, _WINDOW)
    # At the ends of a recording fewer frames are around a box; under 15 nothing is said to stand.
    return (seen >= (before + after) / 2) & (before + after >= _WINDOW)


def _surest(boxes, percent, seconds):
    """The rows left without duplicates, in order."""
    frames = rows_by_frame(seconds)
    kept = [frame[non_max_suppression(boxes[frame], percent[frame])] for frame in frames]
    return np.sort(np.concatenate(kept)) if kept else np.zeros(0, int)
