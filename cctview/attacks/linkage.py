"""Trackers, and what a defence leaves them: bits, rank-1, and the usefulness that is kept.

Three trackers of growing knowledge (design of the study: Radiya-Dixit et al. 2022, "Data poisoning
won't save you from facial recognition"):

- *off the shelf*: one picture of each passage, the extractor as it is, cosine.
- *retrained*: has learnt from other vehicles' pictures, defended in the same way.
- *adaptive*: knows the defence. It takes the mean over all pictures of a passage, takes out what
  all of a camera share, undoes what can be undone (see `studio.purify`), and is retrained as well.

All learn on the vehicles of one part and are measured on those of another. Bits are those that the
link between two cameras delivers: the mean of log2(N p(true passage)), where N passages are
searched and p comes from scores by a softmax whose temperature was fitted to vehicles not measured
on, nor learnt from. They are not those of the joint model that the leakage meter is made with
(`cctview.link.joint`): that takes a minute to fit, and here some five hundred trackers are fitted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from scipy.stats import gaussian_kde

from cctview.attacks.crops import LabelledCrops
from cctview.match.distance import unit_vectors
from cctview.match.rerank import centre_by_camera

HELD = 1 / 3
"""Share of the vehicles to learn from on which a tracker's temperature is fitted."""
CLOCK_FLOOR = 1e-5
"""Density, per second, of a travel time that follows no example: it may be anything within a day."""


@dataclass(frozen=True)
class Passages:
    """Passages as a tracker sees them: one vector each.

    Attributes
    ----------
    table : DataFrame
        Columns vehicle, camera, seconds.
    vectors : ndarray, shape (n, d)
    kept : float
        For so many seconds they stay in the database.
    """

    table: pd.DataFrame
    vectors: np.ndarray
    kept: float = np.inf

    def of(self, rows):
        """The passages of the given rows."""
        return replace(
            self, table=self.table[rows].reset_index(drop=True), vectors=self.vectors[rows]
        )


def passages(looks: LabelledCrops, average: bool = False) -> Passages:
    """One vector a passage: that of its largest picture, or the mean of all as unit vectors."""
    codes, first, place = np.unique(looks.table.passage, return_index=True, return_inverse=True)
    table = looks.table.loc[first, ["vehicle", "camera", "seconds"]].reset_index(drop=True)
    if not average:
        return Passages(table, looks.vectors[first], looks.kept)
    means = np.zeros((len(codes), looks.vectors.shape[1]))
    np.add.at(means, place, unit_vectors(looks.vectors))
    return Passages(table, (means / np.bincount(place)[:, None]).astype(np.float32), looks.kept)


@dataclass
class LinkageAttack:
    """Embeds looks, links passages, and learns how sure to be.

    Parameters
    ----------
    name : str
    embed : callable
        ``embed(crops)`` gives vectors; used when a defence of pixels has changed the pictures.
    average : bool
        Whether to take the mean over a passage's pictures, and out of it what its camera's passages
        share.
    metric : bool
        Whether to learn, from the vehicles to learn from, which directions tell vehicles apart
        (linear discriminants).
    align : bool
        Whether to learn how the vectors of two cameras correspond, from vehicles known at both.
    purify : callable, optional
        ``purify(looks)`` undoes what it can of a defence before pictures are embedded.

    Attributes
    ----------
    temperature : float
        By which scores are divided before the softmax; `fit` finds it.
    surprise : float
        Mean surprise, in nats, of the true passages of the vehicles on which it was found.
    """

    name: str
    embed: Callable | None = None
    average: bool = False
    metric: bool = False
    align: bool = False
    purify: Callable[[LabelledCrops], LabelledCrops] | None = None
    temperature: float = 1.0
    surprise: float = np.inf
    _discriminants: object = field(default=None, repr=False)
    _maps: dict = field(default_factory=dict, repr=False)
    _clocks: dict = field(default_factory=dict, repr=False)

    def see(self, looks: LabelledCrops) -> LabelledCrops:
        """The looks with vectors: purified and embedded, where a defence has changed the pictures."""
        if looks.vectors.shape[1]:
            return looks
        if self.embed is None:
            raise ValueError(
                f"the tracker {self.name!r} has no extractor, so it cannot see changed pictures;"
                " give it embed="
            )
        looks = self.purify(looks) if self.purify else looks
        return replace(looks, vectors=self.embed(looks.crops))

    def fit(self, looks: LabelledCrops, seed: int = 0) -> "LinkageAttack":
        """Learn from looks (seen already) of vehicles that are not measured on; returns itself.

        The temperature is fitted on a third of them, the rest on the others and then on all.
        """
        if looks.table.groupby("vehicle").camera.nunique().max() < 2:
            raise ValueError("no vehicle to learn from passes two cameras; give more minutes")
        first, second = looks.split(1 - HELD, seed)
        self._learn(passages(first, self.average))
        held = [
            pair
            for pair in self._pairs(passages(second, self.average), clock=False)
            if len(pair[1])
        ]
        if held:
            best = minimize_scalar(
                lambda log_t: _surprise(held, np.exp(log_t)), bounds=(-6, 3), method="bounded"
            )
            self.temperature, self.surprise = float(np.exp(best.x)), float(best.fun)
        self._learn(passages(looks, self.average))
        self._clocks = _learn_clocks(passages(looks).table)
        return self

    def _learn(self, known: Passages) -> None:
        vectors = self._prepared(known)
        if self.metric:
            from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

            model = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.5)
            self._discriminants = model.fit(vectors, known.table.vehicle)
        if self.align:
            self._maps = _learn_maps(known.table, vectors)

    def _prepared(self, known: Passages) -> np.ndarray:
        return (
            centre_by_camera(known.vectors, known.table.camera) if self.average else known.vectors
        )

    def _pairs(self, known: Passages, clock: bool):
        """For each two cameras: log scores (n, m), queries, their true columns, and their vehicles."""
        vectors = self._prepared(known)
        if self.metric:
            vectors = self._discriminants.transform(vectors)
        vehicle, camera, seconds = (
            known.table[name].to_numpy() for name in ("vehicle", "camera", "seconds")
        )
        for one, other in combinations(sorted(np.unique(camera)), 2):
            a, b = np.flatnonzero(camera == one), np.flatnonzero(camera == other)
            mapped = (
                vectors[a] @ self._maps[one, other] if (one, other) in self._maps else vectors[a]
            )
            scores = unit_vectors(mapped + 1e-12) @ unit_vectors(vectors[b] + 1e-12).T
            evidence = np.zeros_like(scores)
            lag = seconds[b] - seconds[a][:, None]
            if clock and (one, other) in self._clocks:
                evidence = np.log(
                    self._clocks[one, other](lag.ravel()).reshape(lag.shape) + CLOCK_FLOOR
                )
            evidence = np.where(np.abs(lag) > known.kept, -np.inf, evidence)
            rows, columns = np.nonzero(vehicle[a][:, None] == vehicle[b])
            yield scores[rows], columns, evidence[rows], vehicle[a][rows]

    def link(self, looks: LabelledCrops, clock: bool = False) -> pd.DataFrame:
        """Search each passage among those of every other camera.

        Parameters
        ----------
        looks : LabelledCrops
            Seen already (`see`), of vehicles not learnt from.
        clock : bool
            Whether travel times count.

        Returns
        -------
        DataFrame
            One row a search whose vehicle passed the other camera: vehicle, gallery (how many were
            searched), bits (log2 of the gallery times the probability given to the true passage; 0
            if it is deleted), first (whether it ranks first; of equals, by chance).
        """
        found = []
        for scores, true, evidence, vehicle in self._pairs(passages(looks, self.average), clock):
            log_odds = scores / self.temperature + evidence
            row = np.arange(len(true))
            gone = ~np.isfinite(log_odds[row, true])
            log_odds[gone] = 0.0
            log_p = log_odds[row, true] - logsumexp(log_odds, axis=1) if len(true) else np.zeros(0)
            best = log_odds.max(axis=1, initial=-np.inf, keepdims=True)
            first = (log_odds[row, true] >= best[:, 0] - 1e-9) / np.maximum(
                (log_odds >= best - 1e-9).sum(axis=1), 1
            )
            gallery = scores.shape[1]
            bits = np.where(gone, 0.0, np.log2(gallery) + log_p / np.log(2))
            found.append(
                pd.DataFrame(
                    {
                        "vehicle": vehicle,
                        "gallery": gallery,
                        "bits": bits,
                        "first": np.where(gone, 0.0, first),
                    }
                )
            )
        links = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
        if links.empty:
            raise ValueError(
                "no vehicle passes two cameras, so nothing can be linked; give more minutes or"
                " cameras"
            )
        return links


def _surprise(held, temperature):
    """Mean surprise (nats) of the true passages."""
    total = [
        logsumexp(scores / temperature, axis=1) - scores[np.arange(len(true)), true] / temperature
        for scores, true, _, _ in held
    ]
    return np.concatenate(total).mean()


def _learn_clocks(table):
    """For each two cameras the density of the travel time, from vehicles known at both."""
    clocks = {}
    for one, other in combinations(sorted(table.camera.unique()), 2):
        both = table[table.camera == one].merge(table[table.camera == other], on="vehicle")
        lag = (both.seconds_y - both.seconds_x).to_numpy()
        if len(lag) >= 5 and lag.std() > 0:
            clocks[one, other] = _tabulated(gaussian_kde(lag, bw_method=0.1), lag)
    return clocks


def _tabulated(density, lag):
    """The density as a table that is read between its places: a hundredth of the examples' spread
    apart, and 0 beyond.
    """
    margin = 8 * lag.std(ddof=1) * 0.1
    places = np.linspace(
        lag.min() - margin,
        lag.max() + margin,
        2 + int(100 * (np.ptp(lag) + 2 * margin) / lag.std()),
    )
    values = density(places)
    return lambda asked: np.interp(asked, places, values, left=0.0, right=0.0)


def _learn_maps(table, vectors, ridge=0.3):
    """For each two cameras a linear map from the vectors of the one to those of the other (ridge
    regression).
    """
    maps, rows = {}, table[["vehicle", "camera"]].assign(row=np.arange(len(table)))
    for one, other in combinations(sorted(table.camera.unique()), 2):
        both = rows[rows.camera == one].merge(rows[rows.camera == other], on="vehicle")
        a, b = vectors[both.row_x], vectors[both.row_y]
        gram = a.T @ a
        maps[one, other] = np.linalg.solve(
            gram + ridge * np.trace(gram) / len(gram) * np.eye(len(gram)), a.T @ b
        )
    return maps
