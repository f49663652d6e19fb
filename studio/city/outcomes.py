"""The table of outcomes: how probably a leg is linked rightly, wrongly or not, by its rivals.

Fitted to what the joint engine made of followed drivers in some windows, checked on others. As on
the road, a candidate is linked if it is more probably right than not: what weight that takes is
fitted in the same windows.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from cctview.link import SURE
from studio.city.engine import MOST, OUTCOMES

_LEAST, _MOST = 0.1, 0.9  # between which the weight lies that is needed
BANDS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, MOST)


@dataclass(frozen=True)
class Outcomes:
    """Multinomial logistic regression for one kind of camera.

    Attributes
    ----------
    needed : float
        The weight from which on a candidate is linked.
    weights : ndarray, shape (5, 3)
        For each outcome: log rivals, its square, log commonness, their product, and the intercept.
    alike : float
        Share of the wrong links that blame a vehicle of the same kind and colour.
    """

    weights: np.ndarray
    alike: float
    needed: float = SURE

    def probabilities(self, rivals: np.ndarray, common: np.ndarray) -> np.ndarray:
        """Of each outcome, (n, 3); beyond `MOST` rivals nothing is linked."""
        told = _told(rivals, common) @ self.weights[:-1] + self.weights[-1]
        odds = np.exp(told - told.max(axis=1, keepdims=True))
        share = odds / odds.sum(axis=1, keepdims=True)
        return np.where((rivals > MOST)[:, None], np.eye(3)[0], share)


def _told(rivals, common) -> np.ndarray:
    among = np.log(np.maximum(np.asarray(rivals, float), 0.1))
    looks = np.log(np.asarray(common, float))
    return np.stack([among, among**2 / 4, looks, among * looks / 4], axis=1)


def weight_needed(legs: pd.DataFrame) -> float:
    """The weight at which the best candidate of a search is as often right as not (Platt)."""
    from sklearn.linear_model import LogisticRegression

    told = pd.concat([legs["best"], legs["stray"][legs["stray"] > 0]])
    right = np.append(legs["hit"].to_numpy(bool), np.zeros(len(told) - len(legs), bool))
    if right.all() or not right.any():
        return _LEAST if right.all() else _MOST
    odds = logit(np.clip(told.to_numpy(float), 1e-4, 1 - 1e-4))
    fit = LogisticRegression(C=10.0).fit(odds[:, None], right)
    slope, shift = fit.coef_[0, 0], fit.intercept_[0]
    return float(np.clip(expit(-shift / slope), _LEAST, _MOST)) if slope > 0 else SURE


def outcomes_at(legs: pd.DataFrame, needed: float) -> np.ndarray:
    """What becomes of legs if a candidate of this weight is linked, (n,)."""
    linked = (legs["best"] >= needed).to_numpy()
    wrong = (legs["stray"] >= needed) | (linked & ~legs["hit"].to_numpy(bool))
    return np.where(wrong, "wrong", np.where(linked, "right", "not linked"))


def fit_outcomes(legs: pd.DataFrame) -> Outcomes:
    """Fit on legs as `studio.city.engine.run_window` gives them, of one kind."""
    from sklearn.linear_model import LogisticRegression

    needed = weight_needed(legs)
    outcome = outcomes_at(legs, needed)
    told = _told(legs["rivals"], legs["common"])
    fit = LogisticRegression(C=1.0, max_iter=2000).fit(told, outcome)
    weights = np.full((told.shape[1] + 1, len(OUTCOMES)), 0.0)
    weights[-1] = -20.0  # an outcome that never came
    coefficients, intercept = fit.coef_, fit.intercept_
    if len(coefficients) == 1:
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercept = np.concatenate([[0.0], intercept])
    for name, slope, shift in zip(fit.classes_, coefficients, intercept, strict=True):
        weights[:, OUTCOMES.index(name)] = np.append(slope, shift)
    wrong = legs["alike"][outcome == "wrong"]
    return Outcomes(weights, float(wrong.mean()) if len(wrong) else 0.0, needed)


def check_outcomes(outcomes: Outcomes, legs: pd.DataFrame) -> pd.DataFrame:
    """What the table foretells of legs that it was not fitted on, by rivals.

    Columns `rivals` (band), `legs`, and for each outcome what the engine did and what is foretold.
    """
    told = outcomes.probabilities(legs["rivals"].to_numpy(), legs["common"].to_numpy())
    outcome = outcomes_at(legs, outcomes.needed)
    band = pd.cut(legs["rivals"], BANDS)
    rows = {"rivals": "all", "legs": len(legs)}
    tables = [(rows, np.ones(len(legs), bool))]
    for one in band.cat.categories:
        inside = (band == one).to_numpy()
        if inside.sum() >= 10:
            tables.append(
                ({"rivals": f"{one.left:g} to {one.right:g}", "legs": int(inside.sum())}, inside)
            )
    for row, inside in tables:
        for k, name in enumerate(OUTCOMES[1:], 1):
            row[name] = float((outcome[inside] == name).mean())
            row[f"{name}, foretold"] = float(told[inside, k].mean())
    return pd.DataFrame([row for row, _ in tables])
