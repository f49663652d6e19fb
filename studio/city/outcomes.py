"""The table of outcomes: how probably a leg is linked rightly, wrongly or not, by its rivals.

Fitted to what the joint engine made of followed drivers in some windows, checked on others.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from studio.city.engine import MOST, OUTCOMES

BANDS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, MOST)


@dataclass(frozen=True)
class Outcomes:
    """Multinomial logistic regression for one kind of camera.

    Attributes
    ----------
    weights : ndarray, shape (5, 3)
        For each outcome: log rivals, its square, log commonness, their product, and the intercept.
    alike : float
        Share of the wrong links that blame a vehicle of the same kind and colour.
    """

    weights: np.ndarray
    alike: float

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


def fit_outcomes(legs: pd.DataFrame) -> Outcomes:
    """Fit on legs as `studio.city.engine.run_window` gives them, of one kind."""
    from sklearn.linear_model import LogisticRegression

    told = _told(legs["rivals"], legs["common"])
    fit = LogisticRegression(C=1.0, max_iter=2000).fit(told, legs["outcome"])
    weights = np.full((told.shape[1] + 1, len(OUTCOMES)), 0.0)
    weights[-1] = -20.0  # an outcome that never came
    coefficients, intercept = fit.coef_, fit.intercept_
    if len(coefficients) == 1:
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients])
        intercept = np.concatenate([[0.0], intercept])
    for name, slope, shift in zip(fit.classes_, coefficients, intercept, strict=True):
        weights[:, OUTCOMES.index(name)] = np.append(slope, shift)
    wrong = legs[legs["outcome"] == "wrong"]
    return Outcomes(weights, float(wrong["alike"].mean()) if len(wrong) else 0.0)


def check_outcomes(outcomes: Outcomes, legs: pd.DataFrame) -> pd.DataFrame:
    """What the table foretells of legs that it was not fitted on, by rivals.

    Columns `rivals` (band), `legs`, and for each outcome what the engine did and what is foretold.
    """
    told = outcomes.probabilities(legs["rivals"].to_numpy(), legs["common"].to_numpy())
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
            row[name] = float((legs["outcome"][inside] == name).mean())
            row[f"{name}, foretold"] = float(told[inside, k].mean())
    return pd.DataFrame([row for row, _ in tables])
