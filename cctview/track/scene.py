"""What a camera saw, made ready for tracking: `cctview.detect.sorting` says what moves."""

from dataclasses import dataclass

import numpy as np

from cctview.dataset.boxes import BOX
from cctview.detect.sorting import rows_by_frame, seconds_of, sort_detections
from cctview.match.distance import unit_vectors
from cctview.match.rerank import centre_by_camera


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


def make_scene(detections, embeddings, moving=None):
    """The moving vehicles among one camera's detections, ready to be tracked.

    Parameters
    ----------
    detections : DataFrame
        As for `sort_detections`.
    embeddings : array_like, shape (n, d)
    moving : ndarray of int, optional
        `Sorting.moving`, if it is known already.

    Returns
    -------
    scene : Scene
    rows : ndarray of int
        Which detection each row of the scene is.
    """
    rows = sort_detections(detections).moving if moving is None else moving
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
    frames = rows_by_frame(seconds[rows])
    at = np.searchsorted(moments, [seconds[rows[frame[0]]] for frame in frames])
    return (
        Scene(np.stack([(x1 + x2) / 2, y2, size], axis=1), look, frames, _steps(moments)[at]),
        rows,
    )


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
