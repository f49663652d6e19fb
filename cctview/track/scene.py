"""What moved past a camera (`cctview.detect.sorting`), ready for tracking; pairs of its frames."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from cctview.dataset import BOX
from cctview.detect import rows_by_frame, seconds_of, sort_detections
from cctview.match import centre_by_camera, unit_vectors


@dataclass(frozen=True)
class Scene:
    """The moving vehicles that one camera detected, in order of time.

    Attributes
    ----------
    state : ndarray, shape (n, 3)
        Where a box stands (the middle of its lower edge, px) and the logarithm of its size (root of
        its area, px).
    features : ndarray, shape (n, d)
        Unit vectors, centred on the camera's mean.
    frames : list of ndarray of int
        The rows of each frame.
    steps : ndarray of int
        Number of each frame, counted by the clock: a lost frame leaves a gap.
    """

    state: np.ndarray
    features: np.ndarray
    frames: list
    steps: np.ndarray


def make_scene(
    detections: pd.DataFrame, embeddings: np.ndarray, moving: np.ndarray | None = None
) -> tuple[Scene, np.ndarray]:
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
    # a crop that is just the mean is like no other: any direction will do
    centred[~centred.any(axis=1)] = 1.0
    features = unit_vectors(centred).astype(np.float32)
    moments = np.unique(seconds)
    frames = rows_by_frame(seconds[rows])
    at = np.searchsorted(moments, [seconds[rows[frame[0]]] for frame in frames])
    state = np.stack([(x1 + x2) / 2, y2, size], axis=1)
    return Scene(state, features, frames, _steps(moments)[at]), rows


def _steps(moments: np.ndarray) -> np.ndarray:
    """Numbers of the frames taken at these moments: how many cadences lie between them.

    Stamps may be cut to whole seconds, so the cadence is taken over ten frames.
    """
    if len(moments) < 2:
        return np.zeros(len(moments), int)
    span = min(10, len(moments) - 1)
    cadence = np.median(moments[span:] - moments[:-span]) / span
    gaps = np.maximum(np.round(np.diff(moments) / cadence), 1).astype(int)
    return np.concatenate([[0], np.cumsum(gaps)])


@dataclass(frozen=True)
class Pairs:
    """All pairs of rows of two frames, for many pairs of frames, one block after the other.

    Attributes
    ----------
    tails, heads : ndarray of int, shape (n,)
        The row in the earlier and in the later frame.
    blocks : list of tuple of int
        For each pair of frames how many rows each has; the pairs are in the order of that table.
    appearance : ndarray, shape (n, 4)
        What appearance is judged by: 1, cosine distance, log of the smaller size, and the product
        of the two.
    """

    tails: np.ndarray
    heads: np.ndarray
    blocks: list
    appearance: np.ndarray = field(default_factory=lambda: np.zeros((0, 4)))

    def tables(self, values: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """For each block, where its pairs begin, and `values` as a table (tails, heads)."""
        start = 0
        for shape in self.blocks:
            stop = start + shape[0] * shape[1]
            yield start, values[start:stop].reshape(shape)
            start = stop


def pairs_apart(scene: Scene, step: int) -> Pairs:
    """Pairs of frames `step` frames apart by the clock, with their appearance."""
    at = {number: k for k, number in enumerate(scene.steps)}
    frames = [(at[n - step], k) for n, k in at.items() if n - step in at]
    return with_appearance(scene, _all_pairs(scene, frames))


def control_pairs(scene: Scene, gaps: Iterable[int]) -> Pairs:
    """Pairs of frames too far apart to share a vehicle: `gaps` frames, whatever the clock says."""
    frames = [(k, k + gap) for gap in gaps for k in range(len(scene.frames) - gap)]
    return _all_pairs(scene, frames)


def _all_pairs(scene: Scene, frames: list[tuple[int, int]]) -> Pairs:
    tables = [(scene.frames[a], scene.frames[b]) for a, b in frames]
    tails = [np.repeat(a, len(b)) for a, b in tables]
    heads = [np.tile(b, len(a)) for a, b in tables]
    none = [np.zeros(0, int)]
    return Pairs(
        np.concatenate(tails + none),
        np.concatenate(heads + none),
        [(len(a), len(b)) for a, b in tables],
    )


def with_appearance(scene: Scene, pairs: Pairs) -> Pairs:
    """The same with their `appearance`."""
    distance = np.ones(len(pairs.tails))
    for start, table in pairs.tables(distance):
        tails = pairs.tails[start : start + table.size : table.shape[1] or 1]
        heads = pairs.heads[start : start + table.shape[1]]
        table -= scene.features[tails] @ scene.features[heads].T
    smaller = np.minimum(scene.state[pairs.tails, 2], scene.state[pairs.heads, 2])
    columns = [np.ones_like(distance), distance, smaller, distance * smaller]
    return replace(pairs, appearance=np.stack(columns, axis=1))


def assign(pairs: Pairs, odds: np.ndarray) -> np.ndarray:
    """The pairs that are linked when each frame pair is assigned by itself."""
    chosen = []
    for start, table in pairs.tables(odds):
        a, b = best_pairs(table)
        chosen.append(start + a * table.shape[1] + b)
    return np.concatenate(chosen)


def best_pairs(odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the assignment with the largest total log odds; only those above 0."""
    gain = np.maximum(odds, 0)
    a, b = linear_sum_assignment(gain, maximize=True)
    kept = gain[a, b] > 0
    return a[kept], b[kept]
