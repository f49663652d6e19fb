"""How often a flag is right, where the vehicle looked for need not be there."""

import numpy as np
from numpy.typing import ArrayLike


def share_right(present: ArrayLike, hit_rate: ArrayLike, false_matches: ArrayLike) -> np.ndarray:
    """Of the vehicles that a search flags, the share that is the one looked for (Bayes' rule, in
    expected numbers).

    Parameters
    ----------
    present : float or array_like
        How often the vehicle looked for is in the gallery at all, 0 to 1: the base rate.
    hit_rate : float or array_like
        How often it is returned if it is there.
    false_matches : float or array_like
        How many others a search returns on average.

    Returns
    -------
    ndarray
        NaN where nothing is flagged.

    Raises
    ------
    ValueError
        If a rate is not from 0 to 1, or `false_matches` negative.

    Examples
    --------
    A search that finds nine in ten and returns one false match, for a vehicle that is there one
    time in ten:

    >>> round(float(share_right(0.1, 0.9, 1.0)), 3)
    0.083
    """
    there, hits, others = (np.asarray(x, float) for x in (present, hit_rate, false_matches))
    rates = np.stack(np.broadcast_arrays(there, hits))
    if not (rates >= 0).all() or not (rates <= 1).all() or not (others >= 0).all():
        raise ValueError(
            "expected present and hit_rate from 0 to 1, and false_matches of at least 0"
        )
    with np.errstate(invalid="ignore"):
        share: np.ndarray = there * hits / (there * hits + others)
    return share
