"""Boxes: `x1, y1, x2, y2` in pixels, the columns of every table of detections."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

BOX = ["x1", "y1", "x2", "y2"]


def box_iou(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Intersection over union of all pairs of boxes.

    Parameters
    ----------
    a, b : array_like, shape (n, 4) and (m, 4)
        Boxes as x1, y1, x2, y2 in pixels.

    Returns
    -------
    ndarray, shape (n, m)
        From 0 to 1; 0 for boxes without an area.

    >>> box_iou([[0, 0, 2, 2]], [[1, 0, 3, 2], [5, 5, 6, 6]]).round(3)
    array([[0.333, 0.   ]])
    """
    first = np.asarray(a, float).reshape(-1, 1, 4)
    second = np.asarray(b, float).reshape(1, -1, 4)
    low = np.maximum(first[..., :2], second[..., :2])
    high = np.minimum(first[..., 2:], second[..., 2:])
    shared = np.maximum(high - low, 0).prod(axis=2)
    union = box_area(first) + box_area(second) - shared
    iou: np.ndarray = np.zeros_like(shared)
    np.divide(shared, union, out=iou, where=union > 0)
    return iou


def box_area(boxes: pd.DataFrame | np.ndarray) -> pd.Series:
    """Square pixels of each box: a Series for a table, an array (...) for an array (..., 4).

    >>> box_area(np.array([[0, 0, 4, 2], [3, 3, 3, 9]]))
    array([8, 0])
    """
    if isinstance(boxes, pd.DataFrame):
        x1, y1, x2, y2 = (boxes[edge] for edge in BOX)
    else:
        x1, y1, x2, y2 = np.moveaxis(boxes, -1, 0)
    return np.maximum(x2 - x1, 0) * np.maximum(y2 - y1, 0)


def box_side(boxes: pd.DataFrame | np.ndarray) -> pd.Series:
    """The side, in pixels, of a square as large as each box, as `area`.

    >>> box_side(np.array([[0, 0, 8, 2]]))
    array([4.])
    """
    return np.sqrt(box_area(boxes))


def crop(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """What an image (H, W, 3) shows in a box, without what lies beyond the image's edge."""
    x1, y1, x2, y2 = box
    return image[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
