"""Searches for the vehicle of every tracklet at every other camera, judged by the truth.

A search asks which tracklet of a camera, of those at most `WINDOW` minutes before or after, shows
the vehicle. It is made with the clock alone, with appearance alone, with both, pair by pair, and
with everything: by the joint assignment, which decides all trips at once.

How sure a search may be is fitted, for each evidence alone, on vehicles that the model was not
fitted on, and it is judged on others again.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from tqdm import tqdm

from cctview.dataset import POPULATION
from cctview.link import LinkModel, assign_trips
from cctview.privacy import EVERYTHING, NEVER, TRACKED, UNSEEN
from cctview.stats import identification_bits, open_set_posterior, split_vehicles
from cctview.track import Tracklets

WINDOW = 5.0
"""Minutes before and after in which a vehicle is looked for: the slowest trip down the drive."""
_FOLDS = 4
_SOME = 20  # searched vehicles, below which there is nothing to say of unseen minutes
_HELD = 200  # tracklets looked for at all cameras, on which it is fitted how sure to be
_LEAST = 1e-4  # weight of a candidate in the joint assignment that is not told from none
_FEATURES = {
    "appearance": ("appearance",),
    "clock": ("clock",),
    "both": ("appearance", "clock"),
    EVERYTHING: ("assignment", "appearance", "clock"),
}
"""For each evidence, what its log ratio is linear in. The assignment gives no weight to most pairs:
of these the pair alone is asked."""


@dataclass(frozen=True)
class Road:
    """What is searched, and who is who.

    Attributes
    ----------
    tracklets : Tracklets
    labels : DataFrame
        What each shows, row by row: `vehicle`, `direction`, `kind`, `colour`.
    passes : DataFrame
        When each vehicle really passed each camera, as from `cctview.truth.true_passes`.
    """

    tracklets: Tracklets
    labels: pd.DataFrame
    passes: pd.DataFrame

    def part(self, rows: np.ndarray) -> "Road":
        """Some of the tracklets."""
        labels = self.labels.iloc[rows].reset_index(drop=True)
        return Road(self.tracklets.part(rows), labels, self.passes)


@dataclass(frozen=True)
class FittedSearch:
    """A link model, and how sure it may be with each evidence.

    Attributes
    ----------
    model : LinkModel
    weights : dict of str to ndarray
        By evidence: a factor for each feature of its log ratio, and what is added.
    """

    model: LinkModel
    weights: dict[str, np.ndarray]


def fit_searches(road: Road, fitted: np.ndarray, held: np.ndarray, seed: int = 0) -> FittedSearch:
    """Fit the link model on some tracklets, and how sure it may be on others, of other vehicles.

    Raises
    ------
    ValueError
        If there are too few vehicles to fit on.
    """
    known = road.part(fitted)
    model = LinkModel.fit(known.tracklets, known.labels)
    vehicle = road.labels["vehicle"].to_numpy()
    queries = np.random.default_rng(seed).permutation(held[vehicle[held] >= 0])[:_HELD]
    blocks = list(_Searches(model, road, queries).blocks())
    return FittedSearch(model, {name: _fit_sureness(blocks, name) for name in _FEATURES})


def _fit_sureness(blocks: list["_Block"], evidence: str) -> np.ndarray:
    """Factors and shift under which the true answers of whole searches are most probable."""
    count = len(_FEATURES[evidence])

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 0.0, np.zeros(count + 1)
        for block in blocks:
            features = block.of(evidence)
            posterior = block.posterior(evidence, x)
            candidates, there = posterior[:, :-1], block.true.any(axis=1)
            right = np.where(there, (candidates * block.true).sum(axis=1), posterior[:, -1])
            total -= np.log(np.maximum(right, 1e-300)).sum()
            wanted = np.where(block.true, candidates, 0) / np.where(there, right, 1)[:, None]
            off = wanted - candidates
            slope -= [*((off * feature).sum() for feature in features), off.sum()]
        searches = sum(len(block.asked) for block in blocks)
        return total / searches, slope / searches

    bounds = [(0.0, 5.0)] * count + [(-8.0, 8.0)]
    start = [*[0.5] * count, 0.0]
    best: np.ndarray = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return best


@dataclass(frozen=True)
class _Block:
    """Searches at one camera. Arrays of shape (k,) or (k, m), for m tracklets there."""

    camera: str
    rows: np.ndarray  # the tracklets there
    asked: np.ndarray  # those that are looked for
    true: np.ndarray
    inside: np.ndarray  # the window
    features: dict[str, np.ndarray]
    present: np.ndarray  # probability that the vehicle is tracked there while they record
    prior: np.ndarray  # and in the window

    def of(self, evidence: str) -> list[np.ndarray]:
        return [self.features[name] for name in _FEATURES[evidence]]

    def posterior(self, evidence: str, weights: np.ndarray) -> np.ndarray:
        """Over all tracklets of the camera, and none."""
        ratios = weights[-1] + sum(
            weight * feature for weight, feature in zip(weights, self.of(evidence), strict=False)
        )
        if evidence == EVERYTHING:  # its weights are of all evidence, the prior is among it
            return open_set_posterior(ratios + np.log(len(self.rows)), 0.5)
        return open_set_posterior(ratios, self.present)

    def in_window(self, evidence: str, weights: np.ndarray) -> np.ndarray:
        """Over the tracklets of the window, and none.

        With the clock, what lies outside the window is added to "none of these". Without it, being
        in the window is itself knowledge: the prior is that of the window.
        """
        if evidence == "appearance":
            ratios = weights[0] * self.features["appearance"] + weights[1]
            # the prior is shared by the candidates in the window, of all those of the camera
            ratios = (
                ratios + np.log(len(self.rows) / np.maximum(self.inside.sum(axis=1), 1))[:, None]
            )
            return open_set_posterior(np.where(self.inside, ratios, -np.inf), self.prior)
        posterior = self.posterior(evidence, weights)
        outside = np.where(self.inside, 0, posterior[:, :-1])
        posterior[:, -1] += outside.sum(axis=1)
        posterior[:, :-1] -= outside
        return posterior


@dataclass(frozen=True)
class _Searches:
    """Looks for the vehicles of some tracklets at every other camera."""

    model: LinkModel
    road: Road
    queries: np.ndarray

    @cached_property
    def assigned(self):
        return assign_trips(self.model, self.road.tracklets).pairs[self.queries].tocsc()

    def blocks(self):
        """The searches, a block a camera."""
        tracklets, table = self.road.tracklets, self.road.tracklets.table
        camera, vehicle = table["camera"].to_numpy(), self.road.labels["vehicle"].to_numpy()
        times, looks = self.model.travel_times.over(table), self.model.appearance
        places = looks.project(tracklets.features, table["detections"].to_numpy())
        clock = times.log_ratio(table, self.queries)
        for searched, rows in table.groupby("camera").indices.items():
            chosen = np.flatnonzero(camera[self.queries] != searched)
            asked = self.queries[chosen]
            weight = self.assigned[:, rows][chosen].toarray()
            none = np.maximum(1 - weight.sum(axis=1, keepdims=True), _LEAST)
            features = {
                "appearance": looks.log_ratio(places[asked], places[rows]).astype(float),
                "clock": clock[np.ix_(chosen, rows)].astype(float),
                "assignment": np.log(np.maximum(weight, _LEAST) / none),
            }
            yield _Block(
                searched,
                rows,
                asked,
                (vehicle[asked][:, None] == vehicle[rows]) & (vehicle[asked][:, None] >= 0),
                _inside(table, asked, rows),
                features,
                times.present(table, searched)[asked],
                _present_in_window(times, table, asked, searched),
            )


def measure_searches(
    road: Road, folds: int = _FOLDS, seed: int = 0, only: tuple[int, ...] | None = None
) -> pd.DataFrame:
    """Look for every tracklet at every other camera, with models fitted on other vehicles.

    Parameters
    ----------
    road : Road
    folds : int
        Into so many parts the vehicles are divided, at least 3: each is judged by a model fitted on
        all others but the next one, on which it is fitted how sure to be.
    seed : int
    only : sequence of int, optional
        Judge these parts only, to check stored results.

    Returns
    -------
    DataFrame
        As `judge_searches`.

    Raises
    ------
    ValueError
        If there are too few vehicles to fit on, or fewer than 3 folds.
    """
    if folds < 3:
        raise ValueError(f"expected at least 3 folds, but got {folds}: to fit, to hold, to judge")
    part, tables = split_vehicles(road.labels, folds, seed), []
    chosen = range(folds) if only is None else only
    for fold in tqdm(chosen, "fitting and searching", unit="fold"):
        held = part == (fold + 1) % folds
        fitted = (part >= 0) & (part != fold) & ~held
        model = fit_searches(road, np.flatnonzero(fitted), np.flatnonzero(held), seed)
        tables.append(judge_searches(road, model, np.flatnonzero(part == fold)))
    return pd.concat(tables, ignore_index=True)


def measure_other_minutes(road: Road, folds: int = _FOLDS, seed: int = 0) -> pd.DataFrame:
    """Fit on the first half of the minutes and search in the second, for vehicles that were not
    fitted on: one part in `folds` of them.

    Raises
    ------
    ValueError
        If either half holds too few vehicles.
    """
    minute, part = road.tracklets.table["minute"], split_vehicles(road.labels, folds, seed)
    late = (minute > (minute.min() + minute.max()) // 2).to_numpy()
    early, unseen = road.part(np.flatnonzero(~late)), road.part(np.flatnonzero(late))
    queries = np.flatnonzero(part[late] == 0)
    if unseen.labels["vehicle"].iloc[queries].nunique() < _SOME:
        raise ValueError(
            f"fewer than {_SOME} vehicles to look for in the second half of the minutes; take more"
            " minutes"
        )
    of = part[~late]
    model = fit_searches(early, np.flatnonzero(of > 1), np.flatnonzero(of == 1), seed)
    return judge_searches(unseen, model, queries)


def measure_other_road(road: Road, other: Road, folds: int = _FOLDS, seed: int = 0) -> pd.DataFrame:
    """Fit on one road, and search on another: another seed of the simulation."""
    part = split_vehicles(road.labels, folds, seed)
    model = fit_searches(road, np.flatnonzero(part > 0), np.flatnonzero(part == 0), seed)
    return judge_searches(other, model, np.flatnonzero(other.labels["vehicle"] >= 0))


def judge_searches(road: Road, fitted: FittedSearch, queries: np.ndarray) -> pd.DataFrame:
    """Look for the vehicles of some tracklets at every other camera.

    Parameters
    ----------
    road : Road
    fitted : FittedSearch
    queries : array_like of int
        The tracklets whose vehicles are looked for.

    Returns
    -------
    DataFrame
        One row a search, as `cctview.privacy.leakage` describes them.
    """
    vehicle = road.labels["vehicle"].to_numpy()
    minute, searches = road.tracklets.table["minute"].to_numpy(), []
    for block in _Searches(fitted.model, road, queries).blocks():
        looked, true = block.asked, block.true & block.inside
        columns = {
            "query": looked,
            "vehicle": vehicle[looked],
            "minute": minute[looked],
            "camera": block.camera,
            "outcome": _outcomes(road, looked, block.camera, true.any(axis=1)),
            "candidates": block.inside.sum(axis=1),
            "prior": block.prior,
        }
        for evidence in _FEATURES:
            posterior = block.in_window(evidence, fitted.weights[evidence])
            bits = identification_bits(posterior, true, POPULATION)
            columns[f"delivered_{evidence}"] = bits["delivered"]
            columns[f"first_{evidence}"] = bits["rank1"].fillna(0)
        columns["claimed"] = bits["claimed"]
        best = posterior[:, :-1].argmax(axis=1)
        columns["best"] = posterior[np.arange(len(looked)), best]
        columns["taken_for"] = vehicle[block.rows[best]]
        columns["right"] = true[np.arange(len(looked)), best]
        searches.append(pd.DataFrame(columns))
    return pd.concat(searches, ignore_index=True)


def _present_in_window(times, table, looked, camera):
    """Prior probability that each vehicle is tracked at a camera, in the window."""
    begin, end = times.span
    start, seconds = table["camera"].to_numpy(), table["seconds"].to_numpy(float)
    present = np.zeros(len(looked))
    for first in np.unique(start[looked]):
        rows = np.flatnonzero(start[looked] == first)
        at = seconds[looked[rows]]
        span = np.maximum(begin, at - 60 * WINDOW), np.minimum(end, at + 60 * WINDOW)
        of_window = replace(times, span=span)
        present[rows] = of_window.present(table.iloc[looked[rows]], camera)
    return present


def _inside(table, looked, rows):
    """Which of the rows are at most a window before or after each of those looked for, (k, m)."""
    seconds = table["seconds"].to_numpy(float)
    return np.abs(seconds[looked][:, None] - seconds[rows]) <= 60 * WINDOW


def _outcomes(road, looked, camera, tracked):
    """Whether the vehicle of each was tracked at a camera, in the window, or passed unseen, or
    never passed.
    """
    passed = road.passes[camera].reindex(road.labels["vehicle"].iloc[looked])
    seconds = (passed - passed.dt.normalize()).dt.total_seconds().to_numpy()
    at = road.tracklets.table["seconds"].to_numpy(float)[looked]
    there = np.abs(seconds - at) <= 60 * WINDOW
    return np.select([tracked, there], [TRACKED, UNSEEN], NEVER)
