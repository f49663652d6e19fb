"""Calibration of links after the joint assignment: of links claimed at 70 %, 70 % are right."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit

_LEAST = 1e-4
_SMALL = 1e-3  # candidates that weigh less are left out: they are nearly all
_PAIRS = 0.3  # how readily a pair of cameras gets an addition of its own


@dataclass(frozen=True)
class Calibration:
    """Beta calibration (Kull et al. 2017: log odds are linear in log p and log(1 - p)) of what all
    trips together give a candidate, and of what the pair alone gives it.

    Attributes
    ----------
    slopes : tuple of float
        Of the logarithms of weight, 1 - weight, what the pair alone says, and of the product of the
        first and the third.
    shift : float
    pairs : dict of str to float
        What a pair of cameras, "from to", adds to the log odds.
    """

    slopes: tuple[float, ...] = (1.0, -1.0, 0.0, 0.0)
    shift: float = 0.0
    pairs: Mapping[str, float] = field(default_factory=dict)

    def apply(
        self, weights: np.ndarray, alone: np.ndarray, first: np.ndarray, second: str
    ) -> np.ndarray:
        """Calibrated probabilities.

        Parameters
        ----------
        weights, alone : ndarray, shape (k, m)
            Of k tracklets and the m of one camera: after the joint assignment, and without it.
        first : ndarray of str, shape (k,)
            The cameras of the k.
        second : str
            The camera of the m.

        Returns
        -------
        ndarray, shape (k, m)
            Each row sums to at most 1.
        """
        added = np.array([self.pairs.get(f"{camera} {second}", 0.0) for camera in first])
        odds = _features(weights, alone) @ np.array(self.slopes) + self.shift
        sure = expit(odds + added.reshape(-1, 1))
        calibrated: np.ndarray = sure / np.maximum(1.0, sure.sum(axis=1, keepdims=True))
        return calibrated


def _features(weights: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """(..., 4), see `Calibration.slopes`."""
    weights = np.clip(weights, 1e-300, 1 - _LEAST)
    rising, pair = np.log(weights), np.log(np.clip(alone, _LEAST, 1))
    return np.stack([rising, np.log1p(-weights), pair, rising * pair], axis=-1)


def fit_calibration(candidates: pd.DataFrame) -> Calibration:
    """Fit on candidates of searches whose answer is known, for vehicles that were not fitted on.

    Parameters
    ----------
    candidates : DataFrame
        One row each: `weight`, `alone` (as for `Calibration.apply`), `pair` ("from to", the
        cameras), `right`.
    """
    from sklearn.linear_model import LogisticRegression

    candidates = candidates[candidates["weight"] > _SMALL]
    told = _features(candidates["weight"].to_numpy(float), candidates["alone"].to_numpy(float))
    of_pair, names = pd.factorize(candidates["pair"], sort=True)
    table = np.zeros((len(told), told.shape[1] + len(names)))
    table[:, : told.shape[1]] = told
    table[np.arange(len(told)), told.shape[1] + of_pair] = _PAIRS
    fit = LogisticRegression(C=1.0, max_iter=2000).fit(table, candidates["right"])
    slopes, added = np.split(fit.coef_[0], [told.shape[1]])
    pairs = {name: _PAIRS * float(value) for name, value in zip(names, added, strict=True)}
    return Calibration(tuple(slopes.tolist()), float(fit.intercept_[0]), pairs)
