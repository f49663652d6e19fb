"""Trainings that were measured beforehand, of several capacities and sizes, and what one of them
says after an epoch.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.attacks.classifier import FILTERS
from cctview.dataset.paths import RESULTS
from cctview.dataset.results import read_result


def stored_grid(folder=RESULTS) -> pd.DataFrame:
    """Trainings that were measured beforehand: ``data/results/learning.csv``, made by `python -m
    studio learning`.

    Returns
    -------
    DataFrame
        One row a network and epoch, columns learns, filters, vehicles, epoch, those of
        `Training.history`, and with intervals auc and found: of the plain attack, the area under
        its ROC, and the share of members found at 1 % false alarms.
    """
    return read_result("learning.csv", folder)


@dataclass(frozen=True)
class Reading:
    """One stored training, read after one epoch.

    Attributes
    ----------
    history : DataFrame
        Of this training alone.
    epoch : int
    taught, new : float
        Shares of pictures that are right: of the vehicles that it was taught, and of the validation
        vehicles.
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


def read_curves(grid: pd.DataFrame, filters: int, epoch: int) -> Reading:
    """The stored training whose capacity is nearest, after the stored epoch that is nearest.

    Parameters
    ----------
    grid : DataFrame
        From `stored_grid`; trainings that differ in their filters only.
    filters, epoch : int
    """
    here, at, row = _read(grid, {"filters": filters}, epoch)
    words = (
        f"{int(row.filters)} filters, {at} epochs: right on {_percent(row.training_right)} of the"
        " pictures it is taught, "
    )
    words += f"on {_percent(row.validation_right)} of new ones"
    return Reading(
        here.set_index("epoch"), at, row.training_right, row.validation_right, row.auc, words
    )


def read_trade(grid: pd.DataFrame, learns: str, vehicles: int, epoch: int) -> Reading:
    """The stored training on the nearest number of vehicles, after the nearest epoch: how useful it
    is, and what leaks.

    Parameters
    ----------
    grid : DataFrame
        From `stored_grid`.
    learns : str
    vehicles, epoch : int
    """
    here, at, row = _read(
        grid[(grid.learns == learns) & (grid.filters == FILTERS)], {"vehicles": vehicles}, epoch
    )
    interval = f"AUC {row.auc:.2f} [{row.auc_low:.2f} {row.auc_high:.2f}]"
    verdict = (
        "its members are told from others"
        if row.auc_low > 0.5
        else "no better than a coin at telling members"
    )
    words = (
        f"{int(row.vehicles)} vehicles, {at} epochs: right on {_percent(row.validation_right)} of"
        " new pictures; "
    )
    words += f"{verdict}, {interval}"
    return Reading(here, at, row.training_right, row.validation_right, row.auc, words)


def _read(grid, wanted, epoch):
    """Of one training the rows, the stored epoch, and its row."""
    for column, value in wanted.items():
        stored = grid[column].unique()
        grid = grid[grid[column] == stored[np.abs(stored - value).argmin()]]
    row = grid.iloc[(grid.epoch - epoch).abs().to_numpy().argmin()]
    return grid, int(row.epoch), row


def _percent(share):
    return f"{100 * share:.0f} %"
