"""Shadow models: the attacker's own networks, which tell how hard each vehicle is.

They are networks like the one that is attacked, each trained on a random half of the vehicles
(Carlini et al. 2022, arXiv 2112.03570). `python -m studio learning` trains them.

Each of them is attacked in turn with the help of the others (`AttackedModels`). Two things vary
then: which vehicles there are, and which model is attacked. Intervals hold both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm, rankdata

from cctview.attacks.inference import Membership, likelihood_ratio_attack
from cctview.dataset import RESULTS, read_result

LEVELS = (0.01, 0.002)
"""Shares of others accused falsely at which attacks are read."""
RESOLVED = 10
"""False alarms, over all models, from which on a share of others is resolved."""
_GROUPS = 40
_NORMAL = float(norm.ppf(0.975))


@dataclass(frozen=True)
class Shadows:
    """The attacker's own models, each trained on a random half of the vehicles asked about.

    Attributes
    ----------
    vehicles : ndarray of int, shape (n,)
        In order.
    within : ndarray of bool, shape (models, n)
        Which vehicles each model was trained on.
    confidences : dict of int to ndarray, shape (models, n)
        By epoch, the probability that each model gives to the correct class.
    """

    vehicles: np.ndarray
    within: np.ndarray
    confidences: dict[int, np.ndarray]

    def nearest(self, epoch: int) -> int:
        """The stored epoch nearest to this."""
        return min(self.confidences, key=lambda stored: (abs(stored - epoch), stored))

    def confidence(self, epoch: int) -> np.ndarray:
        """The models' confidences at the stored epoch nearest to this."""
        return self.confidences[self.nearest(epoch)]

    def exposure(self, epoch: int, models: slice = slice(None)) -> np.ndarray:
        """How much training on a vehicle raises the probability of its correct class, shape (n,).

        Mean over the models that were trained on it, less the mean over the others.
        """
        confidence, within = self.confidence(epoch)[models], self.within[models]
        inside = np.where(within, confidence, 0).sum(axis=0) / within.sum(axis=0)
        outside = np.where(within, 0, confidence).sum(axis=0) / (~within).sum(axis=0)
        return inside - outside

    def attack(self, model: int, epoch: int) -> Membership:
        """The strong attack on one of the models, with the other pairs as the attacker's own."""
        confidence = self.confidence(epoch)
        others = np.arange(len(self.within)) // 2 != model // 2
        ratio = likelihood_ratio_attack(confidence[model], confidence[others], self.within[others])
        return Membership(self.within[model], ratio)

    def attack_all(self, epoch: int) -> "AttackedModels":
        """The strong attack on each of the models, with the other pairs as the attacker's own."""
        models = range(len(self.within))
        scores = np.array([self.attack(model, epoch).scores for model in models])
        return AttackedModels(self.within, scores)


@dataclass(frozen=True)
class AttackedModels:
    """Several models, each attacked in turn; the same threshold is used for all of them.

    Attributes
    ----------
    member : ndarray of bool, shape (models, n)
        Models 2k and 2k + 1 share the vehicles between them.
    scores : ndarray, shape (models, n)
        Higher: more like a member.
    """

    member: np.ndarray
    scores: np.ndarray

    @property
    def resolved(self) -> float:
        """The least share of others accused falsely that can be read."""
        return RESOLVED / int((~self.member).sum())

    def figures(self, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
        """AUC, and the share of members found at some shares of others accused falsely.

        Returns
        -------
        DataFrame
            Index figure ("AUC", "TPR at 1 % FPR", …), columns estimate, low, high, between: the
            standard error between pairs of models. Levels that are not resolved are left out.

        Notes
        -----
        Drawing vehicles again with replacement is biased upward here: copies of one vehicle are
        also copies of its score, and the tail is made of few scores. So the variance is that of a
        jackknife over forty groups of vehicles, plus that between pairs of models; the interval is
        normal in the logit.
        """
        levels = [level for level in levels if level >= self.resolved]
        names = ["AUC", *(f"TPR at {100 * level:g} % FPR" for level in levels)]
        by_model = self._by_model(levels)
        estimate = by_model.mean(axis=0)
        pairs = by_model.reshape(-1, 2, len(names)).mean(axis=1)
        between = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
        group = np.random.default_rng(0).permutation(self.member.shape[1]) % _GROUPS
        without = [self._without(group == k)._by_model(levels).mean(axis=0) for k in range(_GROUPS)]
        # delete-a-group jackknife: (G - 1) / G times the sum of squares about the mean
        vehicles = np.var(without, axis=0) * (_GROUPS - 1)
        low, high = _logit_interval(estimate, np.sqrt(vehicles + between**2))
        columns = {"estimate": estimate, "low": low, "high": high, "between": between}
        return pd.DataFrame(columns, index=pd.Index(names, name="figure"))

    def _without(self, left_out):
        return AttackedModels(self.member[:, ~left_out], self.scores[:, ~left_out])

    def _by_model(self, levels):
        """AUC and the shares found, (models, 1 + levels)."""
        members = self.member.sum(axis=1)
        others = self.member.shape[1] - members
        # the area under the ROC by Mann and Whitney: pairs in which the member's score is higher
        ranks = (rankdata(self.scores, axis=1) * self.member).sum(axis=1)
        areas = (ranks - members * (members + 1) / 2) / (members * others)
        found = [self._found(self._threshold(level)) for level in levels]
        return np.column_stack([areas, *found])

    def _threshold(self, level):
        """The score that so many of the others exceed, over all models."""
        return np.quantile(self.scores[~self.member], 1 - level, method="higher")

    def _found(self, threshold):
        """The share of each model's members that exceed a score."""
        return ((self.scores > threshold) & self.member).sum(axis=1) / self.member.sum(axis=1)


def _logit_interval(share, error):
    """The 95 % interval of a share with this standard error, normal in the logit."""
    share = np.clip(share, 1e-6, 1 - 1e-6)
    width = _NORMAL * error / (share * (1 - share))
    return expit(logit(share) - width), expit(logit(share) + width)


def stored_shadows(folder: Path = RESULTS) -> Shadows:
    """The attacker's own models that were trained beforehand, from ``shadows.parquet``."""
    return _as_shadows(read_result("shadows.parquet", folder))


def stored_membership(folder: Path = RESULTS) -> dict[str, Shadows]:
    """Models that were taught one image of each vehicle, by the image that an attacker holds.

    From ``membership.parquet``: the very image that was taught, another of the same pass, and one
    at another camera.
    """
    table = read_result("membership.parquet", folder)
    kinds = table.picture.unique()
    return {kind: _as_shadows(table[table.picture == kind]) for kind in kinds}


def _as_shadows(table):
    """One row a model and vehicle, as `studio.studies.learning.shadow_table` makes them."""
    models = table.model.nunique()
    confidences = {
        int(name.removeprefix("epoch_")): expit(table[name].to_numpy(float)).reshape(models, -1)
        for name in table
        if name.startswith("epoch_")
    }
    vehicles = table.vehicle.to_numpy().reshape(models, -1)[0]
    return Shadows(vehicles, table.within.to_numpy(bool).reshape(models, -1), confidences)


def stored_attacks(folder: Path = RESULTS) -> pd.DataFrame:
    """The strong attack on each stored model with the help of the others, from ``shadows.csv``.

    Columns epoch, and those of `AttackedModels.figures`.
    """
    return read_result("shadows.csv", folder)
