"""Attacks on what is stored: attributes read off a vector, and whether a vehicle was in a model's
training set.

How a picture is rebuilt from its vector is in `cctview.attacks.inversion`, how vehicles are linked in
`cctview.attacks.linkage`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import norm

from cctview.attacks.crops import LabelledCrops
from cctview.attacks.linkage import passages
from cctview.match.metrics import roc_auc, roc_curve, tpr_at_fpr
from cctview.stats.resampling import bootstrap

FEWEST = 20
"""Vehicles that a class needs to be counted as one."""
ROUNDS = 400
LONG = 5.0
"""Metres from which a vehicle counts as long."""


@dataclass(frozen=True)
class AttributeInference:
    """An attribute of each passage, and what was read off its vector.

    Attributes
    ----------
    attribute : str
    vehicles : ndarray, shape (n,)
    truth, guessed, baseline : ndarray of str, shape (n,)
        What it is; what a linear probe read off the vector; what one guesses from the camera and
        the size of the box.
    left_out : tuple of str
        Classes of fewer than `FEWEST` vehicles, which were neither asked nor answered.
    """

    attribute: str
    vehicles: np.ndarray
    truth: np.ndarray
    guessed: np.ndarray
    baseline: np.ndarray
    left_out: tuple

    def figures(self) -> pd.DataFrame:
        """Balanced accuracy of the probe, of the baseline, and their difference, with intervals by
        drawing vehicles again.
        """

        def statistic(rows):
            probe, base = (
                _balanced_accuracy(self.truth[rows], answer[rows])
                for answer in (self.guessed, self.baseline)
            )
            return pd.Series({"probe": probe, "baseline": base, "gain": probe - base})

        return bootstrap(statistic, self.vehicles, ROUNDS)

    def confusion(self) -> pd.DataFrame:
        """How many passages of each class (rows) were taken for each class (columns)."""
        return pd.crosstab(
            pd.Series(self.truth, name="truth"), pd.Series(self.guessed, name="guessed")
        )


def _balanced_accuracy(truth, guessed):
    return float(np.mean([np.mean(guessed[truth == kind] == kind) for kind in np.unique(truth)]))


def infer_attribute(
    looks: LabelledCrops, attribute: str, known: LabelledCrops | None = None, folds: int = 5
) -> AttributeInference:
    """Read an attribute off stored vectors by a linear probe (logistic regression).

    Parameters
    ----------
    looks : LabelledCrops
        With vectors; of each passage the mean is taken.
    attribute : str
        "family" (of colours), "body", "direction" or "length" (long or short), or any column of the
        looks' table.
    known : LabelledCrops, optional
        Vehicles to learn from; without them the probe learns from `looks`, fold by fold, never from
        the vehicle it is asked about.
    folds : int

    Returns
    -------
    AttributeInference

    Raises
    ------
    ValueError
        If fewer than two classes have enough vehicles.
    """
    from sklearn.model_selection import GroupKFold, cross_val_predict

    data = [_labelled(part, attribute) for part in (looks, known) if part is not None]
    counts = data[-1].drop_duplicates("vehicle").label.value_counts()
    classes = sorted(counts.index[counts >= FEWEST])
    if len(classes) < 2:
        raise ValueError(
            f"{attribute}: expected two classes of at least {FEWEST} vehicles, but there are"
            f" {dict(counts)}; give more minutes"
        )
    data = [part[part.label.isin(classes)] for part in data]
    asked, answers = data[0], []
    for features in ("vector", "circumstances"):
        x, y = np.stack(asked[features]), asked.label.to_numpy(str)
        if known is None:
            answers.append(
                cross_val_predict(_probe(), x, y, groups=asked.vehicle, cv=GroupKFold(folds))
            )
        else:
            answers.append(
                _probe().fit(np.stack(data[1][features]), data[1].label.to_numpy(str)).predict(x)
            )
    return AttributeInference(
        attribute,
        asked.vehicle.to_numpy(),
        asked.label.to_numpy(str),
        *answers,
        tuple(sorted(set(counts.index) - set(classes))),
    )


def _probe():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
    )


def _labelled(looks, attribute):
    """One row a passage: vehicle, label, vector, and circumstances (which camera, log of the size)."""
    seen = passages(looks, average=True)
    first = looks.table.drop_duplicates("passage").sort_values("passage")
    label = (
        np.where(first.length > LONG, "long", "short")
        if attribute == "length"
        else first[attribute].astype(str)
    )
    around = np.column_stack([pd.get_dummies(first.camera), np.log(first["size"])]).astype(float)
    return pd.DataFrame(
        {
            "vehicle": first.vehicle.to_numpy(),
            "label": np.asarray(label),
            "vector": list(seen.vectors),
            "circumstances": list(around),
        }
    )


@dataclass(frozen=True)
class Membership:
    """How well members of a training set are told from others.

    Attributes
    ----------
    member : ndarray of bool, shape (n,)
        One row a vehicle.
    scores : ndarray, shape (n,)
        Higher: more like a member.
    """

    member: np.ndarray
    scores: np.ndarray

    def figures(self) -> pd.DataFrame:
        """AUC, and true positives at 1 % false positives, with intervals by drawing vehicles again."""

        def statistic(rows):
            member, distance = self.member[rows], -self.scores[rows]
            if member.all() or not member.any():
                return pd.Series({"AUC": np.nan, "TPR at 1 % FPR": np.nan})
            return pd.Series(
                {
                    "AUC": roc_auc(distance, member),
                    "TPR at 1 % FPR": tpr_at_fpr(distance, member, 0.01),
                }
            )

        return bootstrap(statistic, np.arange(len(self.member)), ROUNDS)

    def roc(self) -> pd.DataFrame:
        """Columns fpr, tpr, threshold (a score)."""
        fpr, tpr, threshold = roc_curve(-self.scores, self.member)
        return pd.DataFrame({"fpr": fpr, "tpr": tpr, "threshold": -threshold})


def threshold_attack(confidence: np.ndarray) -> np.ndarray:
    """Score by the confidence in the right class: members are known by heart (Yeom et al. 2018).

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        Probability that the model gives to the right class.

    Returns
    -------
    ndarray, shape (n,)
    """
    return np.asarray(confidence, float)


def likelihood_ratio_attack(
    confidence: np.ndarray, shadow: np.ndarray, within: np.ndarray
) -> np.ndarray:
    """Score by how much better models that learnt an example explain the confidence than models
    that did not (LiRA).

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        As for `threshold_attack`.
    shadow : ndarray, shape (models, n)
        The same by models of the attacker's own.
    within : ndarray of bool, shape (models, n)
        Which examples each of them learnt.

    Returns
    -------
    ndarray, shape (n,)
        Logarithm of the likelihood ratio, of normal distributions of the logit with one deviation
        each for all examples (Carlini et al. 2022).

    Raises
    ------
    ValueError
        If an example is within all models, or none.

    Examples
    --------
    >>> shadow = np.array([[0.9, 0.5], [0.8, 0.9], [0.5, 0.4], [0.6, 0.8]])
    >>> within = np.array([[True, False], [True, True], [False, False], [False, True]])
    >>> likelihood_ratio_attack(np.array([0.9, 0.4]), shadow, within).round(1)
    array([ 47.2, -14.9])
    """
    within = np.asarray(within, bool)
    if not (within.any(axis=0) & ~within.all(axis=0)).all():
        raise ValueError(
            "each example must be within some of the attacker's models and not within others; train"
            " more of them"
        )
    seen, told = _logits(confidence), _logits(shadow)
    terms = []
    for sign, of in ((1, within), (-1, ~within)):
        middle = np.where(of, told, 0).sum(axis=0) / of.sum(axis=0)
        spread = np.sqrt(np.where(of, (told - middle) ** 2, 0).sum() / of.sum()) + 1e-6
        terms.append(sign * norm.logpdf(seen, middle, spread))
    return sum(terms)


def _logits(confidence):
    return logit(np.clip(confidence, 1e-6, 1 - 1e-6))
