"""A street network like Manhattan's: avenues and streets, mostly one-way, and least-time routes."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from studio.city.sources import ASSUMED

WAYS = 4
"""Each driver knows a usual way; so many differ, because drivers weigh streets differently."""
_TWO_WAY = 10  # every tenth street or avenue, and the outermost, run both ways
_TASTE = ASSUMED["taste"].value
_SPEED = {"avenue": ASSUMED["speed"].value, "street": 8.5}  # m/s between crossings


@dataclass(frozen=True)
class Streets:
    """A directed network: one edge a block and direction.

    Attributes
    ----------
    x, y : ndarray, shape (n,)
        Crossings, in metres; y runs along the avenues.
    tail, head : ndarray of int, shape (e,)
    length : ndarray, shape (e,)
        Metres.
    seconds : ndarray, shape (e,)
        Of driving, without stops.
    stop : ndarray, shape (e,)
        How often its end means a stop.
    """

    x: np.ndarray
    y: np.ndarray
    tail: np.ndarray
    head: np.ndarray
    length: np.ndarray
    seconds: np.ndarray
    stop: np.ndarray

    @property
    def km(self) -> float:
        """Kilometres of road: both directions of a block are one."""
        pairs = np.sort(np.stack([self.tail, self.head]), axis=0)
        first = np.unique(pairs, axis=1, return_index=True)[1]
        return float(self.length[first].sum()) / 1000

    @cached_property
    def usual(self) -> np.ndarray:
        """Usual seconds of each edge, with stops."""
        return self.seconds + self.stop * ASSUMED["red"].value / 2

    def apart(self, a, b) -> np.ndarray:
        """Metres between crossings as the crow flies."""
        return np.hypot(self.x[a] - self.x[b], self.y[a] - self.y[b])

    def routes(self, ways: int = WAYS, seed: int = 0) -> np.ndarray:
        """The last edge of the least-time route between any two crossings, (ways, n, n); -1 where
        they are the same.
        """
        rng, size = np.random.default_rng((seed, 1)), len(self.x)
        order = np.argsort(self.tail * size + self.head)
        keys = (self.tail * size + self.head)[order]
        last = np.full((ways, size, size), -1, np.int16)
        for way in range(ways):
            weight = self.usual * np.exp(_TASTE * rng.standard_normal(len(self.tail)))
            graph = csr_matrix((weight, (self.tail, self.head)), (size, size))
            before = dijkstra(graph, return_predecessors=True)[1]
            there = before >= 0
            if there.sum() != size * (size - 1):
                raise ValueError("some crossings cannot be reached; more roads must be two-way")
            to = np.broadcast_to(np.arange(size), before.shape)[there]
            last[way][there] = order[np.searchsorted(keys, before[there] * size + to)]
        return last


def grid(avenues: int = 14, streets: int = 160) -> Streets:
    """A grid of avenues (far apart, few stops) and streets (near each other, many stops)."""
    if avenues < 2 or streets < 2:
        raise ValueError(f"{avenues} avenues and {streets} streets: a grid needs two of each")
    column, row = np.meshgrid(np.arange(avenues), np.arange(streets), indexing="ij")
    number = column * streets + row
    edges = []
    for axis, count in (("avenue", avenues), ("street", streets)):
        for k in range(count):
            line = number[k] if axis == "avenue" else number[:, k]
            both = k % _TWO_WAY == 0 or k == count - 1
            if both or k % 2:
                edges += [(axis, a, b) for a, b in pairwise(line)]
            if both or not k % 2:
                edges += [(axis, b, a) for a, b in pairwise(line)]
    kind = np.array([edge[0] for edge in edges])
    tail, head = np.array([edge[1:] for edge in edges]).T
    along = kind == "avenue"
    length = np.where(along, ASSUMED["block"].value, ASSUMED["avenue"].value)
    speed = np.where(along, _SPEED["avenue"], _SPEED["street"])
    stop = np.where(along, ASSUMED["stop"].value, 0.5)
    x, y = column.ravel() * ASSUMED["avenue"].value, row.ravel() * ASSUMED["block"].value
    return Streets(x, y, tail, head, length, length / speed, stop)
