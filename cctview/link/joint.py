"""One joint model of everything that links a passage before one camera to a passage before another.

For a passage of the vehicle looked for and each passage before another camera the model gives one
likelihood ratio, of all evidence together: the embedding contains the colour, so ratios of single
sources may not be multiplied. It is a logistic regression on features of the pair (see
`cctview.link.evidence`), fitted on other vehicles, and fitted anew for each step of the stated order, so
that a step shows what it adds given those before. No ratio is larger than what the number of
compared vehicles supports (`cctview.stats.bits.supported_limits`).

Sources, by name:

- time and place: being among the passages before the camera searched, in the minutes recorded,
- type and colour: how probable it is that both have the same, as a probe reads them off the
  embeddings,
- embedding: the cosine, and how many images stand behind it,
- travel time: the lag from camera to camera in the direction that the lanes tell,
- repeated sightings: the passages before all other cameras, each weighted with how probably it is
  the vehicle looked for.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cctview.link.evidence import Evidence, learn_evidence
from cctview.stats.bits import identification_bits, open_set_posterior, supported_limits

SOURCES = {
    "time and place": (),
    "type and colour": ("kind", "colour"),
    "embedding": ("cosine", "cosine squared", "cosine by images", "images"),
    "travel time": ("motion",),
    "repeated sightings": ("others",),
}
ORDER = tuple(SOURCES)
FEWEST = 20  # vehicles seen by two cameras, to fit the model
MOST_PAIRS = 100_000  # of different vehicles, that the regression is fitted on
SEARCHES = 300  # passages looked for before all cameras, on which slope and shift are set


@dataclass(frozen=True)
class Comparisons:
    """Pairs of passages before different cameras, each pair of vehicles once.

    Attributes
    ----------
    rows, columns : ndarray of int, shape (n,)
    same : ndarray of bool, shape (n,)
    """

    rows: np.ndarray
    columns: np.ndarray
    same: np.ndarray


def compare_once(table, seed=0):
    """Choose pairs of passages to fit on, or to judge by: every pair of vehicles makes one
    comparison, not one per image.

    Parameters
    ----------
    table : DataFrame
        As `cctview.track.tracklets.Passages.table`.
    seed : int

    Returns
    -------
    Comparisons
        All ordered pairs that show one vehicle, and one pair, drawn at random, for each two
        different vehicles.

    Raises
    ------
    ValueError
        If no vehicle, or fewer than 20, are seen by two cameras.
    """
    rng = np.random.default_rng(seed)
    usable = rng.permutation(np.flatnonzero(table["vehicle"].to_numpy() >= 0))
    vehicle, camera = table["vehicle"].to_numpy(), pd.factorize(table["camera"])[0]
    a, b = (x.ravel() for x in np.meshgrid(usable, usable, indexing="ij"))
    apart = camera[a] != camera[b]
    a, b = a[apart], b[apart]
    same = vehicle[a] == vehicle[b]
    twice = len(np.unique(vehicle[a[same]]))
    if twice < FEWEST:
        raise ValueError(
            f"{twice} vehicles are seen by two cameras; at least {FEWEST} are needed to fit on:"
            " take more minutes"
        )
    codes = pd.factorize(vehicle)[0].astype(np.int64)
    two = np.sort(codes[np.stack([a[~same], b[~same]])], axis=0)
    first = np.unique(two[0] * (codes.max() + 1) + two[1], return_index=True)[1]
    rows, columns = (np.concatenate([x[same], x[~same][first]]) for x in (a, b))
    return Comparisons(rows, columns, np.arange(len(rows)) < same.sum())


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

    weights: dict
    offset: float = 0.0
    limits: tuple = (-np.inf, np.inf)

    def of_all(self, features):
        """Log likelihood ratios of all pairs, (n, n)."""
        shape = next(iter(features.values())).shape
        total = np.full(shape, self.offset, np.float32)
        for name, weight in self.weights.items():
            total += np.float32(weight) * features[name]
        return np.clip(total, *self.limits, out=total)

    def scaled(self, slope, shift):
        """The same with slope and shift changed, and within the same limits."""
        weights = {name: float(slope * weight) for name, weight in self.weights.items()}
        return replace(self, weights=weights, offset=float(slope * self.offset + shift))


def fit_ratios(features, names, pairs, seed=0):
    """Fit likelihood ratios on pairs whose answer is known, by logistic regression.

    Parameters
    ----------
    features : dict of str to ndarray, shape (n, n)
    names : sequence of str
        Which of them to use.
    pairs : Comparisons
    seed : int

    Returns
    -------
    LikelihoodRatios
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    if not names:
        return LikelihoodRatios({}, limits=(0.0, 0.0))
    table = np.stack([features[name][pairs.rows, pairs.columns] for name in names], axis=1).astype(
        float
    )
    same, different = np.flatnonzero(pairs.same), np.flatnonzero(~pairs.same)
    different = np.random.default_rng(seed).permutation(different)[:MOST_PAIRS]
    drawn = np.concatenate([same, different])
    scaler = StandardScaler().fit(table[drawn])
    fit = LogisticRegression(C=10.0).fit(scaler.transform(table[drawn]), pairs.same[drawn])
    weights = fit.coef_[0] / scaler.scale_
    offset = fit.intercept_[0] - weights @ scaler.mean_ - np.log(len(same) / len(different))
    ratios = table @ weights + offset
    limits = supported_limits(ratios[pairs.same], ratios[~pairs.same])
    return LikelihoodRatios(dict(zip(names, weights.tolist(), strict=True)), float(offset), limits)


def evidence_of_others(log_ratios, present, table):
    """What the passages before third cameras say of each pair, (n, n): the sum of their log ratios.

    A third passage speaks for a pair as far as it may be the vehicle looked for (first) and looks
    linked to the second.
    """
    of_camera, total = table.groupby("camera").indices, np.zeros(log_ratios.shape, np.float32)
    camera = table["camera"].to_numpy()
    for third, rows in of_camera.items():
        asking = camera != third
        posterior = open_set_posterior(
            log_ratios[np.ix_(asking, rows)], present[third][asking]
        ).astype(np.float32)
        said = np.log(posterior[:, :-1] @ np.exp(log_ratios[rows][:, asking]) + posterior[:, -1:])
        total[np.ix_(asking, asking)] += said
    return total


@dataclass(frozen=True)
class Ratios:
    """The likelihood ratios of every step, for all pairs of some passages.

    Attributes
    ----------
    steps : dict of str to ndarray of float32, shape (n, n)
        Log likelihood ratios by step, each given all steps before.
    present : dict of str to ndarray, shape (n,)
        For each camera, the probability that a passage's vehicle is found there at all.
    """

    steps: dict
    present: dict


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
    models: dict

    def apply(self, passages, learnt=None):
        """Likelihood ratios of all pairs of passages, step by step.

        Parameters
        ----------
        passages : Passages
        learnt : array_like of int, optional
            Which of them the model was fitted on.

        Returns
        -------
        Ratios
        """
        features, present = self.evidence.features(passages, learnt), self._present(passages)
        steps, before = {}, None
        for source, model in self.models.items():
            if "others" in SOURCES[source]:
                features["others"] = evidence_of_others(before, present, passages.table)
            steps[source] = before = model.of_all(features)
        return Ratios(steps, present)

    def _present(self, passages):
        motion = self.evidence.motion.over(passages.table)
        return {
            camera: motion.present(passages.table, camera)
            for camera in passages.table["camera"].unique()
        }


def fit_joint(passages, order=ORDER, seed=0):
    """Fit the joint model.

    Parameters
    ----------
    passages : Passages
        Of vehicles that are in none of the searches to be judged.
    order : sequence of str
        Sources of `SOURCES`, in the order in which they are added; the first must be "time and
        place".
    seed : int

    Returns
    -------
    JointModel

    Raises
    ------
    ValueError
        If a source is unknown, or too few vehicles are seen twice.
    """
    order = tuple(order)
    if order[:1] != ORDER[:1] or len(set(order)) < len(order) or not set(order) <= set(SOURCES):
        raise ValueError(
            f"expected sources of {', '.join(ORDER)}, each once and the first one first, but got"
            f" {', '.join(order)}"
        )
    pairs, evidence = compare_once(passages.table, seed), learn_evidence(passages)
    features = evidence.features(passages, np.arange(len(passages)))
    present = JointModel(evidence, {})._present(passages)
    names, models, before = [], {}, None
    for source in order:
        if "others" in SOURCES[source]:
            features["others"] = evidence_of_others(before, present, passages.table)
        names += SOURCES[source]
        models[source] = recalibrate(
            fit_ratios(features, names, pairs, seed), features, present, passages.table, seed
        )
        before = models[source].of_all(features)
    return JointModel(evidence, models)


def recalibrate(model, features, present, table, seed=0):
    """Slope and shift under which the true answers of whole searches are most probable.

    Ratios fitted on all pairs need not be right for those that compete in one search, which are
    alike in what they share.
    """
    from scipy.optimize import minimize

    if not model.weights:
        return model
    vehicle, camera = table["vehicle"].to_numpy(), table["camera"].to_numpy()
    asking = np.random.default_rng(seed).permutation(np.flatnonzero(vehicle >= 0))[:SEARCHES]
    ratios, blocks = model.of_all({name: values[asking] for name, values in features.items()}), []
    for searched, rows in table.groupby("camera").indices.items():
        asked = camera[asking] != searched
        mates = vehicle[asking[asked], None] == vehicle[rows]
        blocks.append((ratios[np.ix_(asked, rows)], mates, present[searched][asking[asked]]))

    def loss(x):
        total, slope = 0.0, np.zeros(2)
        for values, mates, prior in blocks:
            posterior = open_set_posterior(x[0] * values + x[1], prior)
            candidates, mated = posterior[:, :-1], mates.any(axis=1)
            right = np.where(mated, (candidates * mates).sum(axis=1), posterior[:, -1])
            total -= np.log(np.maximum(right, 1e-300)).sum()
            wanted = np.where(mates, candidates, 0) / np.where(mated, right, 1)[:, None]
            slope -= [((wanted - candidates) * values).sum(), (wanted - candidates).sum()]
        return total / len(asking), slope / len(asking)

    return model.scaled(
        *minimize(loss, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[(0.2, 3.0), (-5.0, 5.0)]).x
    )


def search(passages, ratios, queries, population, gallery=None):
    """Look for the vehicles of some passages before every other camera.

    Parameters
    ----------
    passages : Passages
    ratios : Ratios
        Of all of them.
    queries : array_like of int
        Rows of the passages that are looked for.
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
    table, tables, candidates = passages.table, [], []
    queries, vehicle, camera = (
        np.asarray(queries),
        table["vehicle"].to_numpy(),
        table["camera"].to_numpy(),
    )
    for searched, rows in table.groupby("camera").indices.items():
        asking = queries[camera[queries] != searched]
        mates = vehicle[asking][:, None] == vehicle[rows]
        for step, values in ratios.steps.items():
            posterior = open_set_posterior(
                values[np.ix_(asking, rows)], ratios.present[searched][asking]
            )
            bits = identification_bits(posterior, mates, population, gallery)
            own = {
                "query": asking,
                "vehicle": vehicle[asking],
                "minute": table["minute"].to_numpy()[asking],
                "camera": searched,
            }
            tables.append(bits.assign(step=step, **own))
        truth = np.hstack([mates, ~mates.any(axis=1, keepdims=True)])
        named = np.repeat(vehicle[asking], truth.shape[1])
        candidates.append(
            pd.DataFrame(
                {"probability": posterior.ravel(), "true": truth.ravel(), "vehicle": named}
            )
        )
    return pd.concat(tables, ignore_index=True), pd.concat(candidates, ignore_index=True)
