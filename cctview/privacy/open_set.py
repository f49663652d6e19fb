"""How often an alarm is right, where the vehicle looked for need not be there."""

import numpy as np
from numpy.typing import ArrayLike


def share_right(
    prior: ArrayLike, hit_rate: ArrayLike, while_there: ArrayLike, while_absent: ArrayLike
) -> np.ndarray:
    """Of the vehicles that searches flag, the share that is the one looked for (Bayes' rule, in
    expected numbers).

    Parameters
    ----------
    prior : float or array_like
        How often the vehicle looked for is in the gallery at all, 0 to 1: the base rate.
    hit_rate : float or array_like
        How often it is flagged if it is there.
    while_there, while_absent : float or array_like
        How many others a search flags on average, if the vehicle looked for is in the gallery, and
        if it is not.

    Returns
    -------
    ndarray
        NaN where nothing is flagged.

    Raises
    ------
    ValueError
        If a rate is not from 0 to 1, or a count negative.

    Examples
    --------
    A list of one wanted vehicle: a search for it, when it passes, can flag nobody else.

    >>> round(float(share_right(0.1, 0.9, 0.0, 1.0)), 3), float(share_right(1.0, 0.9, 0.0, 1.0))
    (0.091, 1.0)
    """
    values = np.broadcast_arrays(prior, hit_rate, while_there, while_absent)
    there, hits, with_it, without = (np.asarray(x, float) for x in values)
    rates = np.stack([there, hits])
    if not ((rates >= 0) & (rates <= 1)).all() or not ((with_it >= 0) & (without >= 0)).all():
        raise ValueError("expected a prior and a hit rate from 0 to 1, and counts of at least 0")
    right = there * hits
    with np.errstate(invalid="ignore"):
        share: np.ndarray = right / (right + there * with_it + (1 - there) * without)
    return share
