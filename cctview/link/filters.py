"""Filters of a search from camera to camera: travel time, which way lanes lead, which lane it was.

Each filter is fitted on tracklets of one half of the vehicles, and judged on the other. It gives
every pair of tracklets a number, how odd the pair is, and rules out those that are odder than a
limit. The limit is set so that a wanted share of the true pairs that it was fitted on stays in.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from cctview.dataset import DRIVE
from cctview.link.travel_times import WAYS, TravelTimes, fit_travel_times
from cctview.match import cosine_distances
from cctview.stats import bootstrap, split_vehicles
from cctview.track import Tracklets

STAGES = ("appearance alone", "+ travel time", "+ direction", "+ lane")
_KEPT = 0.98
"""Of true pairs, the share that each filter lets through where it was fitted."""
_FEWEST = 10  # true pairs on one way, to fit on them how lanes go on


@dataclass(frozen=True)
class Block:
    """Searches for one half of the vehicles of one camera among the tracklets of the next camera.

    Attributes
    ----------
    vehicle : ndarray of int, shape (n,)
        The vehicle that each search looks for; only those that are found at the next camera.
    distances : ndarray of float32, shape (n, m)
    true_match : ndarray of bool, shape (n, m)
    odd : ndarray of float32, shape (3, n, m)
        How odd a pair is by travel time, direction and lane.
    fitted : ndarray of float32, shape (3, k)
        The same of the true pairs that the filters were fitted on.
    clock : ndarray of float32, shape (n, m)
        Natural logarithm of the likelihood ratio of lag and direction.
    present : ndarray, shape (n,)
        How probable it is, by the clock, that the vehicle is found at the next camera.
    """

    vehicle: np.ndarray
    distances: np.ndarray
    true_match: np.ndarray
    odd: np.ndarray
    fitted: np.ndarray
    clock: np.ndarray
    present: np.ndarray


def fit_filters(tracklets: Tracklets, labels: pd.DataFrame, seed: int = 0) -> list[Block]:
    """Fit the filters on either half of the vehicles, and look for the other at the next camera.

    Parameters
    ----------
    tracklets : Tracklets
    labels : DataFrame
        Row by row: `vehicle`, `direction`.
    seed : int
        How the vehicles are divided.

    Raises
    ------
    ValueError
        If no two neighbouring cameras saw enough vehicles.
    """
    table = tracklets.table.join(labels[["vehicle", "direction"]])
    half, span = split_vehicles(labels, 2, seed), (table["seconds"].min(), table["seconds"].max())
    camera, blocks = table["camera"].to_numpy(), []
    for first, second in pairwise(place.camera for place in DRIVE):
        a, b = np.flatnonzero(camera == first), np.flatnonzero(camera == second)
        for part in (0, 1):
            known = table[(half != part) & np.isin(camera, (first, second))]
            times = fit_travel_times(known, known, span)
            if not any(
                (way, *pair) in times.lags
                for way in WAYS
                for pair in ((first, second), (second, first))
            ):
                continue
            queries = a[half[a] == part]
            block = _search(table, tracklets.features, queries, b, known, times)
            if block is not None:
                blocks.append(block)
    if not blocks:
        raise ValueError(
            "no two neighbouring cameras with enough vehicles to fit on; take more minutes"
        )
    return blocks


def _search(
    table: pd.DataFrame,
    features: np.ndarray,
    queries: np.ndarray,
    gallery: np.ndarray,
    known: pd.DataFrame,
    times: TravelTimes,
) -> Block | None:
    """One block; None if no vehicle that is looked for is there."""
    vehicle = table["vehicle"].to_numpy()
    queries = queries[np.isin(vehicle[queries], vehicle[gallery])]
    if not len(queries):
        return None
    a, b = table.iloc[queries], table.iloc[gallery]
    first, second = a["camera"].iloc[0], b["camera"].iloc[0]
    before, after = (
        known[known["camera"] == camera].set_index("vehicle") for camera in (first, second)
    )
    both = before.index.intersection(after.index)
    lanes = _fit_lanes(before.loc[both], after.loc[both])
    return Block(
        vehicle[queries],
        cosine_distances(features[queries], features[gallery]),
        vehicle[queries][:, None] == vehicle[gallery],
        _oddness(a, b, times, lanes, all_pairs=True),
        _oddness(before.loc[both], after.loc[both], times, lanes),
        times.log_ratio(pd.concat([a, b]))[: len(a), len(a) :],
        times.present(a, second),
    )


def _fit_lanes(a: pd.DataFrame, b: pd.DataFrame) -> dict[str, Any]:
    """By way, slope and intercept of the lane at the second camera by that at the first."""
    lines = {}
    for way in WAYS:
        rows = (a["direction"] == way).to_numpy()
        enough = rows.sum() >= _FEWEST
        lines[way] = np.polyfit(a["lane"][rows], b["lane"][rows], 1) if enough else (0.0, 0.5)
    return lines


def _oddness(
    a: pd.DataFrame,
    b: pd.DataFrame,
    times: TravelTimes,
    lanes: dict[str, Any],
    all_pairs: bool = False,
) -> np.ndarray:
    """How odd pairs are by travel time, direction and lane: row by row, or each with each.

    Travel time: deviations of the log lag from its mean; direction: 1 - the probability that both
    go that way; lane: the distance from where the first lane leads. Of several ways the least odd.
    """

    def across(values: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (values[:, None], other[None]) if all_pairs else (values, other)

    first, second = a["camera"].iloc[0], b["camera"].iloc[0]
    before, after = across(a["seconds"].to_numpy(float), b["seconds"].to_numpy(float))
    lane_a, lane_b = across(a["lane"].to_numpy(float), b["lane"].to_numpy(float))
    lag, ways_a, ways_b = after - before, times.headings(a), times.headings(b)
    odd = np.full((3, *lag.shape), np.inf, np.float32)
    for k, way in enumerate(WAYS):
        for pair, sign in (((first, second), 1), ((second, first), -1)):
            if (way, *pair) not in times.lags:
                continue
            mean, spread = times.lags[(way, *pair)]
            possible = sign * lag > 0
            leads = np.multiply(*across(ways_a[:, k], ways_b[:, k]))
            time = np.abs(np.log(np.maximum(sign * lag, 0.1)) - mean) / spread
            lane = np.abs(np.polyval(lanes[way], lane_a) - lane_b)
            for row, values in enumerate((time, 1 - leads, lane)):
                odd[row][possible] = np.minimum(odd[row], values)[possible]
    return odd


def limits(block: Block, kept: float = _KEPT) -> np.ndarray:
    """The limits (3,) at which a block's filters let this share of the fitted true pairs through.

    Pairs on a way that too few were seen on do not count: they are ruled out.
    """
    known = block.fitted[:, np.isfinite(block.fitted).all(axis=0)]
    return np.quantile(known, kept, axis=1, method="higher")


@dataclass(frozen=True)
class Filtered:
    """What became of each search at one stage.

    Attributes
    ----------
    vehicle : ndarray of int, shape (n,)
    rank : ndarray of float, shape (n,)
        Of the correct tracklet among the candidates that are left; infinite if it was ruled out.
    left : ndarray of int, shape (n,)
        Candidates that are left.
    """

    vehicle: np.ndarray
    rank: np.ndarray
    left: np.ndarray

    def found(self, candidates: int = 1) -> np.ndarray:
        """Whether the correct one is among the first candidates, (n,)."""
        return self.rank <= candidates


def apply_filters(blocks: list[Block], kept: float = _KEPT) -> dict[str, Filtered]:
    """Search with none of the filters, with the first, the first two, and all three.

    Parameters
    ----------
    blocks : list of Block
    kept : float
        See `limits`.

    Returns
    -------
    dict of str to Filtered
        By the names of `STAGES`.
    """
    stages = {}
    passed = [np.ones(block.distances.shape, bool) for block in blocks]
    for number, name in enumerate(STAGES):
        if number:
            passed = [
                before & (block.odd[number - 1] <= limits(block, kept)[number - 1])
                for before, block in zip(passed, blocks, strict=True)
            ]
        parts = [_ranks(block, inside) for block, inside in zip(blocks, passed, strict=True)]
        stages[name] = Filtered(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return stages


def _ranks(block: Block, inside: np.ndarray) -> tuple[np.ndarray, ...]:
    """The fields of `Filtered`, where the pairs `inside` are left."""
    nearest = np.where(block.true_match & inside, block.distances, np.inf).min(axis=1)
    ahead = (inside & ~block.true_match & (block.distances <= nearest[:, None])).sum(axis=1)
    rank = np.where(np.isfinite(nearest), ahead + 1.0, np.inf)
    return block.vehicle, rank, inside.sum(axis=1)


def rank_one(stages: dict[str, Filtered], candidates: int = 1, rounds: int = 200) -> pd.DataFrame:
    """How often the true match is among the first candidates at each stage: estimate, low, high,
    by drawing vehicles again.
    """
    vehicle = next(iter(stages.values())).vehicle
    found = np.stack([stage.found(candidates) for stage in stages.values()])
    table = bootstrap(
        lambda rows: pd.Series(found[:, rows].mean(axis=1), index=list(stages)), vehicle, rounds
    )
    return table.loc[list(stages)]
