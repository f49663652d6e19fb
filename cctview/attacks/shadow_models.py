"""Shadow models: the attacker's own networks, which tell how hard each vehicle is.

They are networks like the one that is attacked, each trained on a random half of the vehicles
(Carlini et al. 2022, arXiv 2112.03570). `python -m studio learning` trains them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from cctview.attacks.inference import Membership, likelihood_ratio_attack
from cctview.dataset import RESULTS, read_result


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


def stored_shadows(folder: Path = RESULTS) -> Shadows:
    """The attacker's own models that were trained beforehand, from ``shadows.parquet``."""
    table = read_result("shadows.parquet", folder)
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

    Columns epoch, figure (AUC, TPR at 1 % FPR), estimate, low, high (of the mean over the models).
    """
    return read_result("shadows.csv", folder)
