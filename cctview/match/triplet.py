"""Triplet loss, as FaceNet has it (Schroff et al. 2015, arXiv 1503.03832).

A triplet is an anchor, a positive (another crop of the same vehicle) and a negative (a crop
of another vehicle). The loss is ``max(0, |a - p|² - |a - n|² + margin)``: it is 0 as soon as the
negative is farther away than the positive by the margin.
"""

import numpy as np
from numpy.typing import ArrayLike


def triplet_loss(
    anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, margin: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """The loss of triplets, and its gradient at each point.

    Parameters
    ----------
    anchor, positive, negative : array_like, shape (..., d)
    margin : float
        In squared units of the plane.

    Returns
    -------
    loss : ndarray, shape (...)
    gradients : ndarray, shape (3, ..., d)
        By anchor, positive and negative.

    Examples
    --------
    >>> loss, (a, p, n) = triplet_loss([0.0, 0.0], [1.0, 0.0], [0.0, 1.0], margin=0.5)
    >>> float(loss), a.tolist(), p.tolist(), n.tolist()
    (0.5, [-2.0, 2.0], [2.0, 0.0], [0.0, -2.0])
    """
    a, p, n = (np.asarray(point, float) for point in (anchor, positive, negative))
    loss = ((a - p) ** 2).sum(axis=-1) - ((a - n) ** 2).sum(axis=-1) + margin
    active = (loss > 0)[..., None]
    gradients = np.stack([2 * (n - p), 2 * (p - a), 2 * (a - n)]) * active
    return np.maximum(loss, 0), gradients
