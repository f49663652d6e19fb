"""Calibration of links after the joint assignment: of links claimed at 70 %, 70 % are right."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import expit

_LEAST = 1e-4
_SMALL = 1e-3  # candidates that weigh less are left out: they are nearly all
_LEGS = 0.3  # how readily a leg gets an addition of its own


@dataclass(frozen=True)
class Curve:
    """Log odds that are linear in what is told of a candidate.

    Attributes
    ----------
    slopes : tuple of float
    shift : float
    legs : dict of str to float
        What a leg ("from to way": two cameras, and S or N) adds to the log odds.
    """

    slopes: tuple[float, ...]
    shift: float = 0.0
    legs: Mapping[str, float] = field(default_factory=dict)

    def apply(self, told: np.ndarray, legs: np.ndarray) -> np.ndarray:
        """Probabilities, (k, ...), of what is told of k searches, (k, ..., slopes)."""
        added = np.array([self.legs.get(leg, 0.0) for leg in legs])
        added = added.reshape(-1, *[1] * (told.ndim - 2))
        probability: np.ndarray = expit(told @ np.array(self.slopes) + self.shift + added)
        return probability


@dataclass(frozen=True)
class Calibration:
    """Beta calibration (Kull et al. 2017: log odds are linear in log p and log(1 - p)): first of
    each candidate, then of the best of each search. The latter makes up for what the first cannot
    see, that a candidate came out best.

    Attributes
    ----------
    each : Curve
        Slopes of the logarithms of weight, 1 - weight, what the pair alone says, and of the product
        of the first and the third.
    best : Curve
        Slopes of the logarithms of p and 1 - p.
    """

    each: Curve = Curve((1.0, -1.0, 0.0, 0.0))
    best: Curve = Curve((1.0, -1.0))

    def apply(self, weights: np.ndarray, alone: np.ndarray, legs: np.ndarray) -> np.ndarray:
        """Calibrated probabilities.

        Parameters
        ----------
        weights, alone : ndarray, shape (k, m)
            Of k tracklets and the m of one camera: after the joint assignment, and without it.
        legs : ndarray of str, shape (k,)
            See `Curve.legs`.

        Returns
        -------
        ndarray, shape (k, m)
            Each row sums to at most 1. The candidate that came out best stays the best.
        """
        sure = self.each.apply(_told(weights, alone), legs)
        if not sure.size:
            return sure
        sure = sure / np.maximum(1.0, sure.sum(axis=1, keepdims=True))
        rows, first = np.arange(len(sure)), sure.argmax(axis=1)
        top = sure[rows, first]
        best = self.best.apply(_beta(top), legs)
        # the others have what is left, and go down with the best one, so that it stays the best
        left = np.minimum((1 - best) / np.maximum(sure.sum(axis=1) - top, 1e-12), 1.0)
        sure *= np.minimum(left, best / np.maximum(top, 1e-12))[:, None]
        sure[rows, first] = best
        return sure


def _beta(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, _LEAST, 1 - _LEAST)
    return np.stack([np.log(p), np.log1p(-p)], axis=-1)


def _told(weights: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """(..., 4), see `Calibration.each`."""
    weights = np.clip(weights, 1e-300, 1 - _LEAST)
    rising, pair = np.log(weights), np.log(np.clip(alone, _LEAST, 1))
    return np.stack([rising, np.log1p(-weights), pair, rising * pair], axis=-1)


def fit_calibration(candidates: pd.DataFrame) -> Calibration:
    """Fit on candidates of searches whose answer is known, for vehicles that were not fitted on.

    Parameters
    ----------
    candidates : DataFrame
        One row each: `query` and `leg` (together a search; see `Curve.legs`), `weight`, `alone` (as
        for `Calibration.apply`), `right`.
    """
    candidates = candidates[candidates["weight"] > _SMALL].reset_index(drop=True)
    legs, right = candidates["leg"].to_numpy(), candidates["right"].to_numpy()
    told = _told(candidates["weight"].to_numpy(float), candidates["alone"].to_numpy(float))
    each = _fit_curve(told, legs, right)
    sure = pd.Series(each.apply(told, legs))
    search = [candidates["query"], candidates["leg"]]
    sure /= sure.groupby(search).transform("sum").clip(lower=1.0)
    best = (sure == sure.groupby(search).transform("max")).to_numpy()
    return Calibration(each, _fit_curve(_beta(sure.to_numpy()[best]), legs[best], right[best]))


def _fit_curve(told: np.ndarray, legs: np.ndarray, right: np.ndarray) -> Curve:
    from sklearn.linear_model import LogisticRegression

    of_leg, names = pd.factorize(legs, sort=True)
    table = np.zeros((len(told), told.shape[1] + len(names)))
    table[:, : told.shape[1]] = told
    table[np.arange(len(told)), told.shape[1] + of_leg] = _LEGS
    fit = LogisticRegression(C=1.0, max_iter=2000).fit(table, right)
    slopes, added = np.split(fit.coef_[0], [told.shape[1]])
    added_by_leg = {name: _LEGS * float(value) for name, value in zip(names, added, strict=True)}
    return Curve(tuple(slopes.tolist()), float(fit.intercept_[0]), added_by_leg)


def share_true(scores: np.ndarray, control: np.ndarray, count: float) -> np.ndarray:
    """Of links with such a score, how many are more than chance, (n,).

    Parameters
    ----------
    scores : array_like, shape (n,)
    control : array_like of bool, shape (n,)
        Which are of one of `count` controls: chance made them.
    count : float
    """
    from sklearn.isotonic import IsotonicRegression

    weight = np.where(control, 1 / count, 1.0)
    share = IsotonicRegression().fit(scores, ~control, weight).predict(scores)
    # of `share` real links to `1 - share` of a control, the latter number is there by chance
    return np.clip(2 - 1 / np.maximum(share, 0.5), 0, 1)
