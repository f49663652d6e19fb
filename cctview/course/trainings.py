"""A network of one weight; and stored trainings, and what one of them says after an epoch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from cctview.attacks import FILTERS, VehicleImages
from cctview.dataset import RESULTS, read_result

_YELLOW = 0.1
"""How much (red + green) / 2 is above blue in a crop that is clearly yellow, of 1."""


@dataclass(frozen=True)
class OneWeight:
    """A network of one weight, which says whether a vehicle is yellow, by one number of its crop.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        The images that it learns from: the yellow ones, and as many others.
    inputs : ndarray, shape (n,)
        How yellow each is; 0 lies halfway between the typical yellow vehicle and the typical other.
    yellow : ndarray of bool, shape (n,)
    """

    rows: np.ndarray
    inputs: np.ndarray
    yellow: np.ndarray

    @classmethod
    def among(cls, images: VehicleImages, seed: int = 0) -> "OneWeight":
        """Of the course's images of vehicles."""
        is_yellow = (images.table["family"] == "yellow").to_numpy()
        yellow, others = np.flatnonzero(is_yellow), np.flatnonzero(~is_yellow)
        others = np.random.default_rng(seed).choice(others, len(yellow), replace=False)
        rows = np.concatenate([yellow, others])
        edge = images.pixels.shape[1] // 4
        red, green, blue = images.pixels[rows, edge:-edge, edge:-edge].mean(axis=(1, 2)).T / 255
        much = (red + green) / 2 - blue
        middle = (np.median(much[: len(yellow)]) + np.median(much[len(yellow) :])) / 2
        return cls(rows, (much - middle) / _YELLOW, is_yellow[rows])

    def answers(self, weight: float) -> np.ndarray:
        """How sure it is that each is yellow, (n,): 0 to 1."""
        return expit(weight * self.inputs)

    def loss(self, weight: float) -> float:
        """Cross-entropy: minus the logarithm of the confidence in the correct answer, a mean."""
        signed = np.where(self.yellow, weight * self.inputs, -weight * self.inputs)
        return float(np.logaddexp(0, -signed).mean())

    def slope(self, weight: float) -> float:
        """How much the loss rises for each 1 by which the weight grows."""
        return float(((self.answers(weight) - self.yellow) * self.inputs).mean())

    def examples(self, count: int = 10) -> np.ndarray:
        """Some of them, the least yellow first: half of them yellow vehicles."""
        order = np.argsort(self.inputs, kind="stable")
        chosen = np.zeros(len(order), bool)
        for kind in (False, True):
            places = np.flatnonzero(self.yellow[order] == kind)
            chosen[places[np.linspace(0, len(places) - 1, count // 2).astype(int)]] = True
        return order[chosen]


def stored_grid(folder: Path = RESULTS) -> pd.DataFrame:
    """The trainings of ``data/results/learning.csv``.

    Returns
    -------
    DataFrame
        One row a network and epoch, columns learns, filters, vehicles, epoch, those of
        `Training.history`, and with intervals auc and found: of the plain attack, the area under
        its ROC, and the share of members found at 1 % false alarms.
    """
    return read_result("learning.csv", folder)


@dataclass(frozen=True)
class TrainingAfter:
    """One stored training, read after one epoch.

    Attributes
    ----------
    history : DataFrame
        Of this training alone.
    epoch : int
    auc : float
        Of the plain attack.
    words : str
        What that comes to.
    """

    history: pd.DataFrame
    epoch: int
    auc: float
    words: str


def read_trade(grid: pd.DataFrame, learns: str, vehicles: int, epoch: int) -> TrainingAfter:
    """The stored training on the nearest number of vehicles: how useful it is, and what leaks."""
    alike = grid[(grid.learns == learns) & (grid.filters == FILTERS)]
    stored = alike.vehicles.unique()
    history = alike[alike.vehicles == stored[np.abs(stored - vehicles).argmin()]]
    row = history.iloc[(history.epoch - epoch).abs().to_numpy().argmin()]
    verdict = "the attack works" if row.auc_low > 0.5 else "the attack is no better than a coin"
    words = (
        f"Shown {int(row.vehicles)} vehicles, the network is right on"
        f" {100 * row.validation_right:.0f} % of new ones, and {verdict}: {row.auc:.2f} (95% CI"
        f" {row.auc_low:.2f}–{row.auc_high:.2f})"
    )
    return TrainingAfter(history, int(row.epoch), row.auc, words)
