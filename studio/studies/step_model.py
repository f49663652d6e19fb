"""One joint model of everything that links a tracklet of one camera to a tracklet of another.

For each pair the model gives one likelihood ratio, of all evidence together: the embedding contains
the colour, so ratios of single sources cannot be multiplied. It is a logistic regression on
features of the pair (see `studio.studies.step_evidence`), fitted on other vehicles, and fitted
again for each step of the stated order, so that a step shows what it adds given those before. No
ratio is larger than what the number of compared vehicles supports
(`studio.studies.limits`).

Sources, by name:

- time and place: being among the tracklets of the camera searched, in the minutes recorded,
- type and colour: how probable it is that both have the same, as a probe reads them off the
  embeddings,
- embedding: the cosine, and how many images stand behind it,
- travel time: the lag from camera to camera in the direction that the lanes tell,
- repeated sightings: the tracklets of all other cameras, each weighted with how probably it is the
  vehicle looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cctview.link.travel_times import TravelTimes
from cctview.stats import open_set_posterior
from cctview.track import Tracklets
from studio.studies.limits import supported_limits
from studio.studies.step_evidence import Evidence, fit_evidence

SOURCES = {
    "time and place": (),
    "type and colour": ("kind", "colour"),
    "embedding": ("cosine", "cosine squared", "cosine by images", "images"),
    "travel time": ("motion",),
    "repeated sightings": ("others",),
}
_ORDER = tuple(SOURCES)
_FEWEST = 20  # vehicles seen by two cameras, to fit the model
_MOST_PAIRS = 100_000  # of different vehicles, that the regression is fitted on
_SEARCHES = 300  # tracklets looked for at all cameras, on which slope and shift are set


@dataclass(frozen=True)
class TrainingPairs:
    """Pairs of tracklets of different cameras, each pair of vehicles once.

    Attributes
    ----------
    rows, columns : ndarray of int, shape (n,)
    same : ndarray of bool, shape (n,)
    """

    rows: np.ndarray
    columns: np.ndarray
    same: np.ndarray


def compare_once(cameras: pd.Series, vehicles: pd.Series, seed: int = 0) -> TrainingPairs:
    """Choose pairs of tracklets to fit on: every pair of vehicles makes one comparison.

    Parameters
    ----------
    cameras, vehicles : array_like, shape (n,)
        Of each tracklet; vehicle -1 if it is not known.
    seed : int

    Returns
    -------
    TrainingPairs
        All ordered pairs that show one vehicle, and one pair, drawn at random, for each two
        different vehicles.

    Raises
    ------
    ValueError
        If no vehicle, or fewer than 20, are seen by two cameras.
    """
    rng, vehicle = np.random.default_rng(seed), np.asarray(vehicles)
    usable = rng.permutation(np.flatnonzero(vehicle >= 0))
    camera = pd.factorize(np.asarray(cameras))[0]
    a, b = (x.ravel() for x in np.meshgrid(usable, usable, indexing="ij"))
    apart = camera[a] != camera[b]
    a, b = a[apart], b[apart]
    same = vehicle[a] == vehicle[b]
    twice = len(np.unique(vehicle[a[same]]))
    if twice < _FEWEST:
        raise ValueError(
            f"{twice} vehicles are seen by two cameras; at least {_FEWEST} are needed to fit on:"
            " take more minutes"
        )
    codes = pd.factorize(vehicle)[0].astype(np.int64)
    two = np.sort(codes[np.stack([a[~same], b[~same]])], axis=0)
    first = np.unique(two[0] * (codes.max() + 1) + two[1], return_index=True)[1]
    rows, columns = (np.concatenate([x[same], x[~same][first]]) for x in (a, b))
    return TrainingPairs(rows, columns, np.arange(len(rows)) < same.sum())


@dataclass(frozen=True)
class LikelihoodRatios:
    """The log likelihood ratio of a pair, linear in its features.

    Attributes
    ----------
    weights : dict of str to float
        By feature; none without a source: then all ratios are 1.
    offset : float
    limits : (float, float)
        The smallest and the largest log ratio that the comparisons support.
    """

    weights: dict[str, float]
    offset: float = 0.0
    limits: tuple[float, float] = (-np.inf, np.inf)

    def of_all(self, features: dict[str, np.ndarray]) -> np.ndarray:
        """Log likelihood ratios of all pairs, (n, n)."""
        shape = next(iter(features.values())).shape
        total = np.full(shape, self.offset, np.float32)
        for name, weight in self.weights.items():
            total += np.float32(weight) * features[name]
        return np.clip(total, *self.limits, out=total)

    def scaled(self, slope: float, shift: float) -> "LikelihoodRatios":
        """The same with slope and shift changed, and within the same limits."""
        weights = {name: float(slope * weight) for name, weight in self.weights.items()}
        return replace(self, weights=weights, offset=float(slope * self.offset + shift))


def _fit_ratios(
    features: dict[str, np.ndarray], names: Sequence[str], pairs: TrainingPairs, seed: int
) -> LikelihoodRatios:
    """Fit likelihood ratios on pairs whose answer is known, by logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    if not names:
        return LikelihoodRatios({}, limits=(0.0, 0.0))
    table = np.stack([features[name][pairs.rows, pairs.columns] for name in names], axis=1).astype(
        float
    )
    same, different = np.flatnonzero(pairs.same), np.flatnonzero(~pairs.same)
    different = np.random.default_rng(seed).permutation(different)[:_MOST_PAIRS]
    drawn = np.concatenate([same, different])
    scaler = StandardScaler().fit(table[drawn])
    fit = LogisticRegression(C=10.0).fit(scaler.transform(table[drawn]), pairs.same[drawn])
    weights = fit.coef_[0] / scaler.scale_
    offset = fit.intercept_[0] - weights @ scaler.mean_ - np.log(len(same) / len(different))
    ratios = table @ weights + offset
    limits = supported_limits(ratios[pairs.same], ratios[~pairs.same])
    return LikelihoodRatios(dict(zip(names, weights.tolist(), strict=True)), float(offset), limits)


def _evidence_of_others(
    log_ratios: np.ndarray, present: dict[str, np.ndarray], table: pd.DataFrame
) -> np.ndarray:
    """What the tracklets of third cameras say of each pair, (n, n): the sum of their log ratios.

    A third tracklet speaks for a pair as far as it may be the vehicle looked for (first) and looks
    linked to the second: log(sum over third t of p(t) · ratio(t, second) + p(none of them)).
    """
    total = np.zeros(log_ratios.shape, np.float32)
    camera = table["camera"].to_numpy()
    for third, rows in table.groupby("camera").indices.items():
        queries = camera != third
        posterior = open_set_posterior(
            log_ratios[np.ix_(queries, rows)], present[third][queries]
        ).astype(np.float32)
        ratio = posterior[:, :-1] @ np.exp(log_ratios[rows][:, queries]) + posterior[:, -1:]
        total[np.ix_(queries, queries)] += np.log(ratio)
    return total


@dataclass(frozen=True)
class StepRatios:
    """The likelihood ratios of every step, for all pairs of some tracklets.

    Attributes
    ----------
    steps : dict of str to ndarray of float32, shape (n, n)
        Log likelihood ratios by step, each given all steps before.
    present : dict of str to ndarray, shape (n,)
        For each camera, the probability that a tracklet's vehicle is found there at all.
    """

    steps: dict[str, np.ndarray]
    present: dict[str, np.ndarray]


@dataclass(frozen=True)
class JointModel:
    """The fitted model.

    Attributes
    ----------
    evidence : Evidence
    models : dict of str to LikelihoodRatios
        By step, in the stated order.
    """

    evidence: Evidence
    models: dict[str, LikelihoodRatios]

    def apply(self, tracklets: Tracklets, fitted: np.ndarray | None = None) -> StepRatios:
        """Likelihood ratios of all pairs of tracklets, step by step.

        Parameters
        ----------
        tracklets : Tracklets
        fitted : array_like of int, optional
            Which of them the model was fitted on.
        """
        features = self.evidence.pair_features(tracklets, fitted)
        present = _present(self.evidence.travel_times, tracklets.table)
        steps: dict[str, np.ndarray] = {}
        for source, model in self.models.items():
            if "others" in SOURCES[source]:
                before = steps[list(steps)[-1]]
                features["others"] = _evidence_of_others(before, present, tracklets.table)
            steps[source] = model.of_all(features)
        return StepRatios(steps, present)


def _present(travel_times: TravelTimes, table: pd.DataFrame) -> dict[str, np.ndarray]:
    """For each camera, how probable it is that each tracklet's vehicle is found there."""
    times = travel_times.over(table)
    return {camera: times.present(table, camera) for camera in table["camera"].unique()}


def fit_joint(
    tracklets: Tracklets, labels: pd.DataFrame, order: Sequence[str] = _ORDER, seed: int = 0
) -> JointModel:
    """Fit the joint model.

    Parameters
    ----------
    tracklets : Tracklets
        Of vehicles that are in none of the searches to be judged.
    labels : DataFrame
        What they show, row by row: `vehicle` (-1: not known), `direction`, `kind`, `colour`.
    order : sequence of str
        Sources of `SOURCES`, in the order in which they are added; the first must be "time and
        place".
    seed : int

    Raises
    ------
    ValueError
        If a source is unknown, or too few vehicles are seen twice.
    """
    order = tuple(order)
    if order[:1] != _ORDER[:1] or len(set(order)) < len(order) or not set(order) <= set(SOURCES):
        raise ValueError(
            f"expected sources of {', '.join(_ORDER)}, each once and the first one first, but got"
            f" {', '.join(order)}"
        )
    table = tracklets.table
    pairs = compare_once(table["camera"], labels["vehicle"], seed)
    evidence = fit_evidence(tracklets, labels)
    features = evidence.pair_features(tracklets, np.arange(len(tracklets)))
    present = _present(evidence.travel_times, table)
    names: list[str] = []
    models: dict[str, LikelihoodRatios] = {}
    for source in order:
        if "others" in SOURCES[source]:
            before = models[list(models)[-1]].of_all(features)
            features["others"] = _evidence_of_others(before, present, table)
        names += SOURCES[source]
        model = _fit_ratios(features, names, pairs, seed)
        models[source] = _recalibrate(model, features, present, table, labels, seed)
    return JointModel(evidence, models)


def _recalibrate(
    model: LikelihoodRatios,
    features: dict[str, np.ndarray],
    present: dict[str, np.ndarray],
    table: pd.DataFrame,
    labels: pd.DataFrame,
    seed: int,
) -> LikelihoodRatios:
    """Slope and shift under which the true answers of whole searches are most probable.

    Ratios fitted on all pairs need not be right for those that compete in one search, which are
    alike in what they share.
    """
    from scipy.optimize import minimize

    if not model.weights:
        return model
    vehicle, camera = labels["vehicle"].to_numpy(), table["camera"].to_numpy()
    queries = np.random.default_rng(seed).permutation(np.flatnonzero(vehicle >= 0))[:_SEARCHES]
    ratios = model.of_all({name: values[queries] for name, values in features.items()})
    blocks = []
    for searched, rows in table.groupby("camera").indices.items():
        asked = camera[queries] != searched
        true_match = vehicle[queries[asked], None] == vehicle[rows]
        blocks.append((ratios[np.ix_(asked, rows)], true_match, present[searched][queries[asked]]))

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 0.0, np.zeros(2)
        for values, true_match, prior in blocks:
            posterior = open_set_posterior(x[0] * values + x[1], prior)
            candidates, there = posterior[:, :-1], true_match.any(axis=1)
            right = np.where(there, (candidates * true_match).sum(axis=1), posterior[:, -1])
            total -= np.log(np.maximum(right, 1e-300)).sum()
            wanted = np.where(true_match, candidates, 0) / np.where(there, right, 1)[:, None]
            slope -= [((wanted - candidates) * values).sum(), (wanted - candidates).sum()]
        return total / len(queries), slope / len(queries)

    bounds = [(0.2, 3.0), (-5.0, 5.0)]
    return model.scaled(*minimize(loss, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=bounds).x)
