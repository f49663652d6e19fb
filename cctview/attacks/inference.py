"""Attribute inference from stored vectors, and membership inference from a trained model."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import norm

from cctview.attacks.crops import LabelledCrops
from cctview.match import roc_auc, tpr_at_fpr
from cctview.stats import bootstrap

_FEWEST = 20
"""Vehicles that a class needs to be counted as one."""
_ROUNDS = 400
_LONG = 5.0
"""Metres from which a vehicle counts as long."""


@dataclass(frozen=True)
class AttributeInference:
    """An attribute of each pass, and what was read off its vector.

    Attributes
    ----------
    attribute : str
    vehicles : ndarray, shape (n,)
    truth, guessed, baseline : ndarray of str, shape (n,)
        The true value; what a linear probe read off the vector; what one guesses from the camera
        and the size of the box.
    """

    attribute: str
    vehicles: np.ndarray
    truth: np.ndarray
    guessed: np.ndarray
    baseline: np.ndarray

    def figures(self) -> pd.DataFrame:
        """Balanced accuracy of probe and baseline, and the difference; vehicles are drawn again."""

        def statistic(rows):
            truth = self.truth[rows]
            probe = _balanced_accuracy(truth, self.guessed[rows])
            baseline = _balanced_accuracy(truth, self.baseline[rows])
            return pd.Series({"probe": probe, "baseline": baseline, "gain": probe - baseline})

        return bootstrap(statistic, self.vehicles, _ROUNDS)


def _balanced_accuracy(truth, guessed):
    """scikit-learn's `balanced_accuracy_score`, a tenth of its time: it is asked 800 times."""
    return float(np.mean([np.mean(guessed[truth == kind] == kind) for kind in np.unique(truth)]))


def infer_attribute(
    crops: LabelledCrops, attribute: str, known: LabelledCrops | None = None, folds: int = 5
) -> AttributeInference:
    """Read an attribute off stored vectors by a linear probe (logistic regression).

    Parameters
    ----------
    crops : LabelledCrops
        With vectors; the mean of each pass is taken.
    attribute : str
        "family" (of colours), "body", "direction" or "length" (long or short), or any column of the
        crops' table.
    known : LabelledCrops, optional
        Vehicles to learn from; without them the probe learns from `crops`, fold by fold, never from
        the vehicle it is asked about.

    Raises
    ------
    ValueError
        If fewer than two classes have enough vehicles.
    """
    from sklearn.model_selection import GroupKFold, cross_val_predict

    data = [_labelled(part, attribute) for part in (crops, known) if part is not None]
    counts = data[-1].drop_duplicates("vehicle").label.value_counts()
    classes = sorted(counts.index[counts >= _FEWEST])
    if len(classes) < 2:
        raise ValueError(
            f"{attribute}: expected two classes of at least {_FEWEST} vehicles, but there are"
            f" {dict(counts)}; give more minutes"
        )
    data = [part[part.label.isin(classes)] for part in data]
    query = data[0]
    truth = query.label.to_numpy(str)
    answers = []
    for features in ("vector", "circumstances"):
        x = np.stack(query[features].to_list())
        if known is None:
            folded = GroupKFold(folds)
            answer = cross_val_predict(_probe(), x, truth, groups=query.vehicle, cv=folded)
        else:
            learn = np.stack(data[1][features].to_list())
            answer = _probe().fit(learn, data[1].label.to_numpy(str)).predict(x)
        answers.append(answer)
    return AttributeInference(attribute, query.vehicle.to_numpy(), truth, *answers)


def _probe():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
    )


def _labelled(crops, attribute):
    """One row per pass: vehicle, label, vector, circumstances (which camera, log of the size)."""
    passes = crops.one_a_pass(average=True)
    table = passes.table
    label = (
        np.where(table.length > _LONG, "long", "short")
        if attribute == "length"
        else table[attribute].astype(str)
    )
    around = np.column_stack([pd.get_dummies(table.camera), np.log(table["size"])]).astype(float)
    return pd.DataFrame(
        {
            "vehicle": table.vehicle.to_numpy(),
            "label": np.asarray(label),
            "vector": list(passes.vectors),
            "circumstances": list(around),
        }
    )


@dataclass(frozen=True)
class Membership:
    """How well members of a training set are told from others.

    Attributes
    ----------
    member : ndarray of bool, shape (n,)
        One row per vehicle.
    scores : ndarray, shape (n,)
        Higher: more like a member.
    """

    member: np.ndarray
    scores: np.ndarray

    def figures(self) -> pd.DataFrame:
        """AUC, and true positives at 1 % false positives, with intervals by resampling vehicles."""

        def statistic(rows):
            member, distance = self.member[rows], -self.scores[rows]
            auc = rate = np.nan
            if member.any() and not member.all():
                auc = roc_auc(distance, member)
                rate = tpr_at_fpr(distance, member, 0.01)
            return pd.Series({"AUC": auc, "TPR at 1 % FPR": rate})

        return bootstrap(statistic, np.arange(len(self.member)), _ROUNDS)


def likelihood_ratio_attack(
    confidence: np.ndarray, shadow: np.ndarray, within: np.ndarray
) -> np.ndarray:
    """Score by how much better models that were trained on an example explain the confidence than
    models that were not (LiRA).

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        Probability that the model gives to the correct class. It is the score of the plain attack
        (Yeom et al. 2018).
    shadow : ndarray, shape (models, n)
        The same by models of the attacker's own.
    within : ndarray of bool, shape (models, n)
        Which examples each of them was trained on; each must be within some, and not within others.

    Returns
    -------
    ndarray, shape (n,)
        Logarithm of the likelihood ratio, of normal distributions of the logit with one deviation
        each for all examples (Carlini et al. 2022).

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
    observed, logits = _logits(confidence), _logits(shadow)
    ratio = np.zeros(observed.shape)
    for sign, part in ((1, within), (-1, ~within)):
        middle = np.where(part, logits, 0).sum(axis=0) / part.sum(axis=0)
        spread = np.sqrt(np.where(part, (logits - middle) ** 2, 0).sum() / part.sum()) + 1e-6
        ratio += sign * norm.logpdf(observed, middle, spread)
    return ratio


def _logits(confidence):
    return logit(np.clip(confidence, 1e-6, 1 - 1e-6))
