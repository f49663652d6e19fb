"""How large a likelihood ratio so many comparisons support."""

import numpy as np
from numpy.typing import ArrayLike


def supported_limits(log_same: ArrayLike, log_different: ArrayLike) -> tuple[float, float]:
    """The smallest and largest likelihood ratio that so many comparisons support (ELUB, Vergeer et
    al. 2016).

    One more misleading comparison of each kind is imagined. A ratio is supported as far as deciding
    by it would then still cost less than not looking at all, at the prior odds at which it decides.

    Parameters
    ----------
    log_same, log_different : array_like
        Natural logarithms of the ratios of pairs that show one vehicle, and of pairs that show two.

    Returns
    -------
    low, high : float
        Natural logarithms; low <= 0 <= high.

    Raises
    ------
    ValueError
        If one of the two kinds of pairs is missing.

    Examples
    --------
    Perfect separation of 99 same and 999 different pairs supports a ratio of 990, and one of 1/99
    of 999/1000.

    >>> low, high = supported_limits([50.0] * 99, [-50.0] * 999)
    >>> round(float(np.exp(high))), round(float(np.exp(-low)), 1)
    (990, 99.9)
    """
    same = np.sort(np.asarray(log_same, float))
    different = np.sort(np.asarray(log_different, float))
    if not len(same) or not len(different):
        raise ValueError(
            f"expected pairs of both kinds, but got {len(same)} same and {len(different)} different"
        )
    return -_upper_limit(-different[::-1], -same[::-1]), _upper_limit(same, different)


def _upper_limit(same: np.ndarray, different: np.ndarray) -> float:
    """The largest t with t * (false hits + 1) / (n + 1) < share of hits (ratios above t)."""
    starts = np.unique(np.clip(np.concatenate([[0.0], same, different]), 0, None))
    hits = (len(same) - np.searchsorted(same, starts, side="right")) / (len(same) + 1)
    wrong = len(different) - np.searchsorted(different, starts, side="right")
    false = (wrong + 1) / (len(different) + 1)
    # between two starts both shares stay as they are, so the limit within is where t * false = hits
    with np.errstate(divide="ignore"):
        limit = np.minimum(np.log(hits) - np.log(false), np.append(starts[1:], np.inf))
    supported = limit > starts
    return float(limit[supported].max(initial=0.0))
