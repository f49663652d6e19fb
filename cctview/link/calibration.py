"""Calibration of links after the joint assignment: of links claimed at 70 %, 70 % are right."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

_LEAST = 1e-4  # a candidate is never less probable
_FOLDS = 4


@dataclass(frozen=True)
class Calibration:
    """Beta calibration (Kull et al. 2017): log odds linear in log p and log(1 - p).

    Attributes
    ----------
    rising, falling, shift : float
        Log odds are rising * log p - falling * log(1 - p) + shift.
    pairs : dict of str to float
        What a pair of cameras, "from to", adds to the log odds.
    """

    rising: float = 1.0
    falling: float = 1.0
    shift: float = 0.0
    pairs: Mapping[str, float] = field(default_factory=dict)

    def apply(self, weights: np.ndarray, first: np.ndarray, second: str) -> np.ndarray:
        """Calibrated probabilities.

        Parameters
        ----------
        weights : ndarray, shape (k, m)
            Of the joint assignment, of k tracklets and the m of one camera.
        first : ndarray of str, shape (k,)
            The cameras of the k.
        second : str
            The camera of the m.

        Returns
        -------
        ndarray, shape (k, m)
            Each row sums to at most 1.
        """
        p = np.clip(weights, _LEAST, 1 - _LEAST)
        added = np.array([self.pairs.get(f"{camera} {second}", 0.0) for camera in first])
        odds = self.rising * np.log(p) - self.falling * np.log1p(-p) + self.shift + added[:, None]
        sure = np.where(weights > _LEAST, 1 / (1 + np.exp(-odds)), 0.0)
        return sure / np.maximum(1.0, sure.sum(axis=1, keepdims=True))
