"""Linkage: passes at two cameras are linked by their stored vectors, with or without the clock.

Bits are those that a link between two cameras delivers: the mean of log2(N p(true pass)), where N
passes are searched and p comes from scores by a softmax. Its temperature was fitted to vehicles
that are neither measured on nor learned from. These are not the bits of the joint model behind the
leakage meter (`studio.studies.step_model`): that takes a minute to fit, and the study of defences
fits some five hundred attacks (`studio.studies.defence_study`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Self

import numpy as np
import pandas as pd
from scipy.stats import gaussian_kde

from cctview.attacks.crops import LabelledCrops
from cctview.match import centre_by_camera, unit_vectors
from cctview.stats import closed_set_bits, fit_temperature

HELD = 1 / 3
"""Share of the vehicles to learn from on which the temperature is fitted."""
_CLOCK_FLOOR = 1e-5
"""Density, per second, of a travel time that follows no example: anything within a day."""
_FEWEST_TIMES = 5


@dataclass(frozen=True)
class Searches:
    """Searches for passes at one camera among those at another.

    Attributes
    ----------
    log_odds : ndarray, shape (n, m)
        Of each search and candidate; -inf where it is deleted.
    true : ndarray of int, shape (n,)
        The true candidate's column.
    asked : ndarray of int, shape (n,)
        The vehicles searched for.
    candidates : ndarray of int, shape (m,)
        The vehicles searched among.
    """

    log_odds: np.ndarray
    true: np.ndarray
    asked: np.ndarray
    candidates: np.ndarray


@dataclass
class LinkageAttack:
    """Links passes by the cosine of their vectors, and fits how sure to be.

    Parameters
    ----------
    average : bool
        Whether to take the mean over a pass's crops, and to subtract what its camera's passes
        share; otherwise the vector of its largest crop counts.

    Attributes
    ----------
    temperature : float
        Scores are divided by it before the softmax; `fit` finds it.
    surprise : float
        Mean surprise, in nats, of the true passes of the vehicles on which it was found.
    """

    average: bool = False
    temperature: float = 1.0
    surprise: float = np.inf
    _clocks: dict = field(default_factory=dict, repr=False)

    def fit(self, crops: LabelledCrops, seed: int = 0) -> Self:
        """Fit on crops with vectors, of vehicles that are not measured on; returns itself.

        The temperature is fitted on a third of them, the rest on the others and then on all.
        """
        if crops.table.groupby("vehicle").camera.nunique().max() < 2:
            raise ValueError("no vehicle to learn from passes two cameras; give more minutes")
        first, second = crops.split(1 - HELD, seed)
        self._fit_vectors(first.one_a_pass(self.average))
        pairs = self._pairs(second.one_a_pass(self.average), clock=False)
        held = [(scores, true) for scores, true, *_ in pairs if len(true)]
        if held:
            self.temperature, self.surprise = fit_temperature(held)
        self._fit_vectors(crops.one_a_pass(self.average))
        self._clocks = _fit_clocks(crops.one_a_pass().table[["vehicle", "camera", "seconds"]])
        return self

    def _fit_vectors(self, known: LabelledCrops) -> None:
        """For attacks that learn more of the vectors."""

    def _vectors(self, known: LabelledCrops) -> np.ndarray:
        if not self.average:
            return known.vectors
        return centre_by_camera(known.vectors, known.table.camera)

    def _mapped(self, vectors: np.ndarray, cameras: tuple[str, str]) -> np.ndarray:
        """The first camera's vectors as the second camera would have them."""
        return vectors

    def _pairs(self, known: LabelledCrops, clock: bool) -> Iterator[tuple]:
        """For each two cameras: scores (n, m), true columns (n,), evidence (n, m), and the vehicles
        (n,) and (m,).
        """
        vectors = self._vectors(known)
        vehicle, camera, seconds = (
            known.table[name].to_numpy() for name in ("vehicle", "camera", "seconds")
        )
        for cameras in combinations(sorted(np.unique(camera)), 2):
            a, b = (np.flatnonzero(camera == one) for one in cameras)
            mapped = self._mapped(vectors[a], cameras)
            scores = unit_vectors(mapped + 1e-12) @ unit_vectors(vectors[b] + 1e-12).T
            evidence = np.zeros_like(scores)
            lag = seconds[b] - seconds[a][:, None]
            if clock and cameras in self._clocks:
                density = self._clocks[cameras](lag.ravel()).reshape(lag.shape)
                evidence = np.log(density + _CLOCK_FLOOR)
            evidence = np.where(np.abs(lag) > known.kept, -np.inf, evidence)
            rows, columns = np.nonzero(vehicle[a][:, None] == vehicle[b])
            yield scores[rows], columns, evidence[rows], vehicle[a][rows], vehicle[b]

    def searches(self, crops: LabelledCrops, clock: bool = False) -> Iterator[Searches]:
        """The searches of `attack`, two cameras at a time."""
        for scores, true, evidence, asked, there in self._pairs(
            crops.one_a_pass(self.average), clock
        ):
            yield Searches(scores / self.temperature + evidence, true, asked, there)

    def attack(self, crops: LabelledCrops, clock: bool = False) -> pd.DataFrame:
        """Search each pass among those of every other camera, with or without travel times.

        The crops, with vectors, are of vehicles that it was not fitted on.

        Returns
        -------
        DataFrame
            One row per search whose vehicle passed the other camera: vehicle, gallery (how many
            were searched), bits (log2 of the gallery times the probability given to the true pass;
            0 if it is deleted), first (whether it ranks first; of equals, by chance).
        """
        tables = []
        for search in self.searches(crops, clock):
            log_odds, true = search.log_odds.copy(), search.true
            row = np.arange(len(true))
            gone = ~np.isfinite(log_odds[row, true])
            log_odds[gone] = 0.0
            best = log_odds.max(axis=1, initial=-np.inf, keepdims=True)
            equals = (log_odds >= best - 1e-9).sum(axis=1)
            first = (log_odds[row, true] >= best[:, 0] - 1e-9) / np.maximum(equals, 1)
            gallery = log_odds.shape[1]
            columns = {
                "vehicle": search.asked,
                "gallery": gallery,
                "bits": np.where(gone, 0.0, closed_set_bits(log_odds, true)),
                "first": np.where(gone, 0.0, first),
            }
            tables.append(pd.DataFrame(columns))
        links = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
        if links.empty:
            raise ValueError(
                "no vehicle passes two cameras, so nothing can be linked; give more minutes or"
                " cameras"
            )
        return links


def known_at_both(table: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """For each two cameras the vehicles known at both, a row each; columns end in _x and _y."""
    for one, other in combinations(sorted(table.camera.unique()), 2):
        at = table[table.camera == one]
        yield (one, other), at.merge(table[table.camera == other], on="vehicle")


def _fit_clocks(table):
    """For each two cameras the density of the travel time."""
    clocks = {}
    for cameras, both in known_at_both(table):
        lag = (both.seconds_y - both.seconds_x).to_numpy()
        if len(lag) >= _FEWEST_TIMES and lag.std() > 0:
            clocks[cameras] = _tabulated(gaussian_kde(lag, bw_method=0.1), lag)
    return clocks


def _tabulated(density, lag):
    """The density read off a table: steps of a hundredth of the examples' deviation, 0 beyond."""
    margin = 8 * lag.std(ddof=1) * 0.1  # eight bandwidths of the kernels
    steps = 2 + int(100 * (np.ptp(lag) + 2 * margin) / lag.std())
    places = np.linspace(lag.min() - margin, lag.max() + margin, steps)
    values = density(places)
    return lambda lags: np.interp(lags, places, values, left=0.0, right=0.0)


def fit_map(a: np.ndarray, b: np.ndarray, ridge: float = 0.3) -> np.ndarray:
    """The matrix (d, d) that takes the rows of `a` nearest to those of `b`: ridge regression,
    where `ridge` is a share of the mean variance of `a`'s columns.
    """
    gram = a.T @ a
    return np.linalg.solve(gram + ridge * np.trace(gram) / len(gram) * np.eye(len(gram)), a.T @ b)
