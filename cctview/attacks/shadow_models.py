"""Shadow models: the attacker's own, by which the better membership attack learns how hard each
vehicle is.

They are networks like the one that is attacked, each taught a random half of the vehicles (Carlini
et al. 2022, arXiv 2112.03570).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from cctview.attacks.classifier import EPOCHS
from cctview.attacks.inference import Membership, likelihood_ratio_attack
from cctview.dataset.paths import RESULTS
from cctview.dataset.results import read_result

SHADOW_EPOCHS = (2, 4, 6, 8, 10, EPOCHS)
"""Epochs after which they are stored."""


@dataclass(frozen=True)
class Shadows:
    """The attacker's own models, each taught a random half of the vehicles that an attack asks
    about.

    Attributes
    ----------
    vehicles : ndarray of int, shape (n,)
        In order.
    within : ndarray of bool, shape (models, n)
        Which vehicles each model was taught.
    confidences : dict of int to ndarray, shape (models, n)
        By epoch, the probability that each model gives to the right class.
    """

    vehicles: np.ndarray
    within: np.ndarray
    confidences: dict

    def nearest(self, epoch: int) -> int:
        """The stored epoch nearest to this."""
        return min(self.confidences, key=lambda stored: (abs(stored - epoch), stored))

    def confidence(self, epoch: int) -> np.ndarray:
        """The models' confidences at the stored epoch nearest to this."""
        return self.confidences[self.nearest(epoch)]

    def exposure(self, epoch: int, models=slice(None)) -> np.ndarray:
        """By how much the probability of the right class rises if a vehicle is taught, shape (n,).

        Mean over the models that were taught it, less the mean over those that were not.
        """
        told, within = self.confidence(epoch)[models], self.within[models]
        return np.where(within, told, 0).sum(axis=0) / within.sum(axis=0) - np.where(
            within, 0, told
        ).sum(axis=0) / (~within).sum(axis=0)

    def attack(self, model: int, epoch: int) -> Membership:
        """The strong attack on one of the models, with the other pairs as the attacker's own."""
        told, others = self.confidence(epoch), np.arange(len(self.within)) // 2 != model // 2
        return Membership(
            self.within[model],
            likelihood_ratio_attack(told[model], told[others], self.within[others]),
        )


def stored_shadows(folder=RESULTS) -> Shadows:
    """The attacker's own models that were trained beforehand: ``data/results/shadows.parquet``,
    made by the same command.
    """
    table = read_result("shadows.parquet", folder)
    models = table.model.nunique()
    vehicles = table.vehicle.to_numpy().reshape(models, -1)[0]
    stored = {
        int(name.removeprefix("epoch_")): table[name] for name in table if name.startswith("epoch_")
    }
    told = {
        epoch: expit(values.to_numpy(float)).reshape(models, -1) for epoch, values in stored.items()
    }
    return Shadows(vehicles, table.within.to_numpy(bool).reshape(models, -1), told)


def stored_attacks(folder=RESULTS) -> pd.DataFrame:
    """The strong attack on each of the stored models with the help of the others:
    ``data/results/shadows.csv``, by the same command.

    Returns
    -------
    DataFrame
        Columns epoch, figure (AUC, TPR at 1 % FPR), and of the mean over the models estimate, low,
        high.
    """
    return read_result("shadows.csv", folder)
