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
    """
    import torch
    from torchvision.ops import nms

    return nms(
        torch.tensor(boxes.astype(np.float32)), torch.tensor(percent.astype(np.float32)), overlap
    ).numpy()
