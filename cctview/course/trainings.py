"""Stored trainings of several capacities and sizes, and what one of them says after an epoch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.attacks import FILTERS
from cctview.dataset import RESULTS, read_result


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
    taught, new : float
        Shares of pictures that are right: of the vehicles that it was trained on, and of new ones.
    auc : float
        Of the plain attack.
    words : str
        What that comes to.
    """

    history: pd.DataFrame
    epoch: int
    taught: float
    new: float
    auc: float
    words: str


def read_curves(grid: pd.DataFrame, filters: int, epoch: int) -> TrainingAfter:
    """The stored training nearest in filters, which alone vary in `grid`, and in epochs."""
    history, row = _nearest(grid, "filters", filters, epoch)
    words = (
        f"{int(row.filters)} filters, {int(row.epoch)} epochs: right on"
        f" {_percent(row.training_right)} of the pictures it is taught, on"
        f" {_percent(row.validation_right)} of new ones"
    )
    return _after(history.set_index("epoch"), row, words)


def read_trade(grid: pd.DataFrame, learns: str, vehicles: int, epoch: int) -> TrainingAfter:
    """The stored training on the nearest number of vehicles: how useful it is, and what leaks."""
    alike = grid[(grid.learns == learns) & (grid.filters == FILTERS)]
    history, row = _nearest(alike, "vehicles", vehicles, epoch)
    verdict = (
        "its members are told from others"
        if row.auc_low > 0.5
        else "no better than a coin at telling members"
    )
    words = (
        f"{int(row.vehicles)} vehicles, {int(row.epoch)} epochs: right on"
        f" {_percent(row.validation_right)} of new pictures; {verdict},"
        f" AUC {row.auc:.2f} [{row.auc_low:.2f} {row.auc_high:.2f}]"
    )
    return _after(history, row, words)


def _nearest(grid, column, value, epoch):
    """The rows of the training with the nearest value, and its row of the nearest epoch."""
    stored = grid[column].unique()
    history = grid[grid[column] == stored[np.abs(stored - value).argmin()]]
    return history, history.iloc[(history.epoch - epoch).abs().to_numpy().argmin()]


def _after(history, row, words):
    return TrainingAfter(
        history, int(row.epoch), row.training_right, row.validation_right, row.auc, words
    )


def _percent(share):
    return f"{100 * share:.0f} %"
