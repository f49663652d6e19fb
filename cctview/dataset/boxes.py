"""Boxes: `x1, y1, x2, y2` in pixels, the columns of every table of detections."""

import numpy as np

BOX = ["x1", "y1", "x2", "y2"]


def box_iou(a, b):
    """Intersection over union of all pairs of boxes.

    Parameters
    ----------
    a, b : array_like, shape (n, 4) and (m, 4)
        Boxes as x1, y1, x2, y2 in pixels.

    Returns
    -------
    ndarray, shape (n, m)
        From 0 to 1; 0 for boxes without an area.

    Examples
    --------
    >>> box_iou([[0, 0, 2, 2]], [[1, 0, 3, 2], [5, 5, 6, 6]]).round(3)
    array([[0.333, 0.   ]])
    """
    a, b = (np.asarray(boxes, float).reshape(-1, 4) for boxes in (a, b))
    low, high = (
        np.maximum(a[:, None, :2], b[None, :, :2]),
        np.minimum(a[:, None, 2:], b[None, :, 2:]),
    )
    shared = np.maximum(high - low, 0).prod(axis=2)
    union = _area(a)[:, None] + _area(b) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _area(boxes):
    return np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1)


def crop(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Cut a box (x1, y1, x2, y2 in pixels) out of an (H, W, 3) image, without what lies beyond its
    edge.
    """
    x1, y1, x2, y2 = box
    return image[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
