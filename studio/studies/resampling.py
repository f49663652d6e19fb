"""Vehicles drawn again, on both sides of a search, and divided into two halves.

A draw gives each vehicle a weight: how often it was drawn. A search counts as often as its vehicle,
and so does each of its candidates but the true one (the pigeonhole bootstrap, Owen 2007). All that
is measured of one defence, and of all defences, uses the same draws and the same halves: so a
defence can be chosen on one half and judged on the other, draw by draw.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cctview.attacks.linkage import Searches

ROUNDS = 200
PARTS = ("all", "first", "second")
"""All vehicles, and the two halves."""
_SPARE = 10_000
"""Finds that show no vehicle are drawn as vehicles of their own: so many at most."""


@dataclass(frozen=True)
class Draws:
    """The weights of vehicles.

    Attributes
    ----------
    vehicles : ndarray of int, shape (v,)
        In order. Negative ones stand for finds that show no vehicle.
    weights : ndarray of float, shape (v, 3, 1 + rounds)
        Of each of `PARTS`; the first column is 1 for every vehicle of the part.
    """

    vehicles: np.ndarray
    weights: np.ndarray

    @classmethod
    def make(cls, vehicles: Iterable[int], rounds: int = ROUNDS, seed: int = 0) -> "Draws":
        """Draw from vehicles (positive numbers), and divide them into halves."""
        rng = np.random.default_rng(seed)
        known = np.unique(np.asarray(list(vehicles)))
        known = np.concatenate([np.arange(-_SPARE, 0), known])
        drawn = rng.poisson(1.0, (len(known), rounds))
        weights = np.column_stack([np.ones(len(known)), drawn]).astype(np.float32)
        half = rng.random(len(known)) < 0.5
        parts = np.stack([np.ones(len(known), bool), half, ~half], axis=1)
        return cls(known, weights[:, None, :] * parts[:, :, None])

    def of(self, vehicles: np.ndarray) -> np.ndarray:
        """The weights of these vehicles, (n, 3, 1 + rounds)."""
        place = np.searchsorted(self.vehicles, vehicles)
        if not np.array_equal(self.vehicles[place % len(self.vehicles)], vehicles):
            unknown = np.setdiff1d(vehicles, self.vehicles)
            raise ValueError(
                f"vehicle {unknown[0]} was not there when the draws were made: give Draws.make"
                " (studio/studies/resampling.py) all vehicles that are measured, and let a defence"
                " change no vehicle's number"
            )
        return self.weights[place]

    def mean(self, values: np.ndarray, vehicles: np.ndarray) -> np.ndarray:
        """The mean of values (n,) in each draw, (3, 1 + rounds); NaN where nothing is drawn."""
        weights = self.of(vehicles)
        total = weights.sum(axis=0)
        return np.einsum("n,npr->pr", values, weights) / np.where(total > 0, total, np.nan)


def drawn_links(searches: Iterable[Searches], draws: Draws, rank: bool = False) -> np.ndarray:
    """Mean bits of searches (or with `rank` the share that ranks first) in each draw,
    (3, 1 + rounds).

    As `cctview.attacks.linkage.LinkageAttack.attack`, with candidates that count as often as they
    were drawn: with weights w, log2(N p) where N = 1 + sum of w, and p is e over e + sum of w e',
    for e of the true pass and e' of the others. A candidate that is not drawn makes its searches
    easier, and one drawn twice makes them hardly harder; so the draws are moved until their mean is
    the estimate.
    """
    total = count = np.zeros(draws.weights.shape[1:])
    for part in searches:
        if not len(part.true):
            continue
        asked, candidates = draws.of(part.asked), draws.of(part.candidates)
        kept = np.isfinite(part.log_odds[np.arange(len(part.true)), part.true])
        gained = np.zeros(asked.shape)
        gained[kept] = (_first if rank else _bits)(
            part.log_odds[kept], part.true[kept], candidates.reshape(len(candidates), -1)
        ).reshape(kept.sum(), *asked.shape[1:])
        total = total + (gained * asked).sum(axis=0)
        count = count + asked.sum(axis=0)
    means: np.ndarray = total / np.where(count > 0, count, np.nan)
    means[:, 1:] += means[:, :1] - np.nanmean(means[:, 1:], axis=1, keepdims=True)
    return means


def _bits(log_odds, true, weights):
    row = np.arange(len(true))
    odds = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
    own = odds[row, true][:, None].copy()
    odds[row, true] = 0
    number = weights.sum(axis=0) - weights[true] + 1
    return np.log2(number) + np.log2(own + 1e-300) - np.log2(own + odds @ weights + 1e-300)


def _first(log_odds, true, weights):
    """1 if no candidate that was drawn is before the true one; of equals, by chance."""
    row = np.arange(len(true))
    lead = log_odds - log_odds[row, true][:, None]
    lead[row, true] = -np.inf
    ahead = (lead > 1e-9).astype(np.float32) @ weights
    return np.where(ahead > 0, 0.0, 1 / (1 + (np.abs(lead) <= 1e-9).astype(np.float32) @ weights))
