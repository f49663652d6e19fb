"""Searches for the vehicle of every tracklet at every other camera, judged by the truth."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.dataset import POPULATION
from cctview.link import fit_joint
from cctview.link.joint import StepRatios
from cctview.privacy import METER_ORDER, Leakage
from cctview.stats import identification_bits, open_set_posterior, split_vehicles
from cctview.track import Tracklets

_FOLDS = 4
_SOME = 20  # searched vehicles, below which there is nothing to say of unseen minutes


def measure_leakage(
    tracklets: Tracklets,
    labels: pd.DataFrame,
    population: int = POPULATION,
    order: Sequence[str] = METER_ORDER,
    folds: int = _FOLDS,
    seed: int = 0,
    only: Sequence[int] | None = None,
) -> Leakage:
    """Look for every tracklet at every other camera, with models fitted on other vehicles.

    Parameters
    ----------
    tracklets : Tracklets
    labels : DataFrame
        What each shows, row by row: `vehicle`, `direction`, `kind`, `colour`.
    population : int
        N: of how many vehicles each is one before any camera.
    order : sequence of str
        The order in which sources are added, see `cctview.link.joint.SOURCES`.
    folds : int
        Into so many parts the vehicles are divided; each is judged by a model fitted on the others.
    seed : int
    only : sequence of int, optional
        Judge these parts only, to check stored results.

    Raises
    ------
    ValueError
        If there are too few vehicles to fit on, or the population is smaller than the gallery.
    """
    part = split_vehicles(labels, folds, seed)
    gallery = _gallery(tracklets, labels, population)
    searches, candidates = [], []
    for fold in tqdm(range(folds) if only is None else only, "fitting and searching", unit="fold"):
        fitted = np.flatnonzero(part != fold)
        model = fit_joint(tracklets.part(fitted), _rows(labels, fitted), order, seed)
        ratios, queries = model.apply(tracklets, fitted), np.flatnonzero(part == fold)
        judged = judge_searches(tracklets, labels, ratios, queries, population, gallery)
        searches.append(judged[0])
        candidates.append(judged[1])
    return Leakage(
        pd.concat(searches, ignore_index=True),
        pd.concat(candidates, ignore_index=True),
        population,
        gallery,
    )


def measure_unseen_minutes(
    tracklets: Tracklets,
    labels: pd.DataFrame,
    population: int = POPULATION,
    order: Sequence[str] = METER_ORDER,
    folds: int = _FOLDS,
    seed: int = 0,
) -> Leakage:
    """Fit on the first half of the minutes and search in the second, for vehicles that were not
    fitted on.

    One part in `folds` of the vehicles is looked for; the others' tracklets in the first half are
    fitted on.

    Raises
    ------
    ValueError
        If either half holds too few vehicles.
    """
    minute, part = tracklets.table["minute"], split_vehicles(labels, folds, seed)
    late = (minute > (minute.min() + minute.max()) // 2).to_numpy()
    fitted = np.flatnonzero((part > 0) & ~late)
    model = fit_joint(tracklets.part(fitted), _rows(labels, fitted), order, seed)
    unseen = tracklets.part(np.flatnonzero(late))
    shown, queries = _rows(labels, np.flatnonzero(late)), np.flatnonzero(part[late] == 0)
    if shown["vehicle"].iloc[queries].nunique() < _SOME:
        raise ValueError(
            f"fewer than {_SOME} vehicles to look for in the second half of the minutes; take more"
            " minutes"
        )
    gallery = _gallery(tracklets, labels, population)
    judged = judge_searches(unseen, shown, model.apply(unseen), queries, population, gallery)
    return Leakage(*judged, population, gallery)


def _rows(labels: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    return labels.iloc[rows].reset_index(drop=True)


def _gallery(tracklets: Tracklets, labels: pd.DataFrame, population: int) -> int:
    """How many vehicles the tracklets show; those of no vehicle count as one each."""
    vehicle = labels["vehicle"]
    gallery = int(vehicle[vehicle >= 0].nunique() + (vehicle < 0).sum())
    if population < gallery:
        raise ValueError(
            f"a population of {population:,} is smaller than the gallery, {gallery:,} vehicles"
        )
    return max(gallery, int(tracklets.table.groupby("camera").size().max()) + 1)


def judge_searches(
    tracklets: Tracklets,
    labels: pd.DataFrame,
    ratios: StepRatios,
    queries: np.ndarray,
    population: int,
    gallery: int | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Look for the vehicles of some tracklets at every other camera, and judge each step.

    Parameters
    ----------
    tracklets : Tracklets
    labels : DataFrame
        Row by row: `vehicle`.
    ratios : StepRatios
        Of all of them.
    queries : array_like of int
        The tracklets whose vehicles are looked for.
    population, gallery : int
        See `cctview.stats.bits.identification_bits`.

    Returns
    -------
    searches : DataFrame
        One row a step and search: as `identification_bits`, with `step`, `query`, `vehicle`,
        `minute`, `camera` (searched).
    candidates : DataFrame
        One row for each candidate of the last step and for "none of these", with the `probability`,
        whether it is `true`, and the `vehicle` looked for: what calibration is judged by.
    """
    table, vehicle, queries = tracklets.table, labels["vehicle"].to_numpy(), np.asarray(queries)
    camera, minute = table["camera"].to_numpy(), table["minute"].to_numpy()
    searches, candidates = [], []
    for searched, rows in table.groupby("camera").indices.items():
        asked = queries[camera[queries] != searched]
        true_match = vehicle[asked][:, None] == vehicle[rows]
        about = {"query": asked, "vehicle": vehicle[asked], "minute": minute[asked]}
        for step, values in ratios.steps.items():
            present = ratios.present[searched][asked]
            posterior = open_set_posterior(values[np.ix_(asked, rows)], present)
            bits = identification_bits(posterior, true_match, population, gallery)
            searches.append(bits.assign(step=step, **about, camera=searched))
        true = np.hstack([true_match, ~true_match.any(axis=1, keepdims=True)])
        answers = {
            "probability": posterior.ravel(),
            "true": true.ravel(),
            "vehicle": np.repeat(vehicle[asked], true.shape[1]),
        }
        candidates.append(pd.DataFrame(answers))
    return pd.concat(searches, ignore_index=True), pd.concat(candidates, ignore_index=True)
