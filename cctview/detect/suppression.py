"""Of several boxes on one object, keep the surest."""

import numpy as np

DUPLICATE_OVERLAP = 0.6
"""Of two boxes that overlap more than this (IoU), whatever their types, the weaker is dropped."""


def non_max_suppression(
    boxes: np.ndarray, percent: np.ndarray, overlap: float = DUPLICATE_OVERLAP
) -> np.ndarray:
    """The rows of one frame's boxes that are kept, surest first.

    The surest box is kept, what overlaps it more than `overlap` (IoU) is dropped, and so on with
    the rest.

    Parameters
    ----------
    boxes : ndarray, shape (n, 4)
    percent : ndarray, shape (n,)
    overlap : float

    Returns
    -------
    ndarray of int
        As torchvision.ops.nms gives them, without PyTorch: it would take 450 MB of a lesson.
    """
    # In single precision, as torchvision counts: an overlap of 0.6 is then a little more.
    low, high = boxes.astype(np.float32)[:, :2], boxes.astype(np.float32)[:, 2:]
    area = (high - low).prod(axis=1)
    left, kept = np.argsort(-percent.astype(np.float32), kind="stable"), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        sides = np.minimum(high[best], high[left]) - np.maximum(low[best], low[left])
        shared = np.maximum(sides, 0).prod(axis=1)
        union = area[best] + area[left] - shared
        overlaps = np.divide(shared, union, out=np.zeros_like(union), where=union > 0)
        left = left[overlaps <= np.float64(overlap)]
    return np.array(kept, int)
