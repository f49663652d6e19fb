"""Filters of a search from camera to camera: how long the drive takes, which way the lanes lead,
and which lane it was.

Each filter is learnt from passages of one half of the vehicles, and judged on the other. It gives
every pair of passages a number, how odd the pair is, and rules out those that are odder than a
limit. The limit is set so that a wanted share of the true pairs that it was learnt from stays in.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from cctview.dataset.road import DRIVE, POPULATION
from cctview.link.evidence import WAYS, learn_motion
from cctview.match.distance import cosine_distances
from cctview.stats.bits import identification_bits, open_set_posterior
from cctview.stats.resampling import bootstrap, split_vehicles

STAGES = ("looks alone", "+ travel time", "+ direction", "+ lane")
KEPT = 0.98
"""Of true pairs, the share that each filter lets through where it was learnt."""
FEWEST = 10  # true pairs on one way, to learn from them how lanes go on


def true_passages(detections, embeddings, truth):
    """Passages before cameras, put together by the truth, so that no error of a tracker is taken
    for one of a search.

    Parameters
    ----------
    detections : DataFrame
    embeddings : ndarray of float32, shape (n, d)
    truth : cctview.truth.labels.Truth

    Returns
    -------
    table : DataFrame
        As `cctview.track.travel.describe_tracks` gives it, with `vehicle` and `direction` ("S", "N").
    looks : ndarray of float32, shape (n, d)
    """
    from cctview.track.travel import describe_tracks
    from cctview.truth.labels import true_vehicles

    vehicles = true_vehicles(detections, truth)
    moving = ((vehicles > 0).fillna(False) & np.isfinite(embeddings[:, 0])).to_numpy(bool)
    found, seen = detections[moving].reset_index(drop=True), vehicles[moving].astype(int).to_numpy()
    codes, names = pd.factorize(found["camera"] + " " + pd.Series(seen).astype(str), sort=True)
    table, looks = describe_tracks(found, pd.Series(codes), embeddings[moving])
    table = table.assign(vehicle=[int(name.rpartition(" ")[2]) for name in names[table.index]])
    table["direction"] = (
        table["vehicle"].map(truth.trips.set_index("vehicle")["direction"]).fillna("")
    )
    return table.reset_index(drop=True), looks


@dataclass(frozen=True)
class Block:
    """Searches for the passages before one camera, by one half of the vehicles, among those before
    the next camera.

    Attributes
    ----------
    vehicle : ndarray of int, shape (n,)
        Whom each search looks for; only those who are found at the next camera.
    distances : ndarray of float32, shape (n, m)
    mates : ndarray of bool, shape (n, m)
    odd : ndarray of float32, shape (3, n, m)
        How odd a pair is by travel time, direction and lane.
    learnt : ndarray of float32, shape (3, k)
        The same of the true pairs that the filters were learnt from.
    clock : ndarray of float32, shape (n, m)
        Natural logarithm of the likelihood ratio of lag and direction.
    present : ndarray, shape (n,)
        How probable it is, by the clock, that the vehicle is found at the next camera.
    """

    vehicle: np.ndarray
    distances: np.ndarray
    mates: np.ndarray
    odd: np.ndarray
    learnt: np.ndarray
    clock: np.ndarray
    present: np.ndarray


def learn_filters(table, looks, seed=0):
    """Learn the filters on either half of the vehicles, and look for the other half at the next
    camera down the drive.

    Parameters
    ----------
    table, looks
        From `true_passages`.
    seed : int
        How the vehicles are divided.

    Returns
    -------
    list of Block

    Raises
    ------
    ValueError
        If no two neighbouring cameras saw enough vehicles.
    """
    half, span = split_vehicles(table, 2, seed), (table["seconds"].min(), table["seconds"].max())
    camera, blocks = table["camera"].to_numpy(), []
    for first, second in pairwise(place.camera for place in DRIVE):
        a, b = np.flatnonzero(camera == first), np.flatnonzero(camera == second)
        for part in (0, 1):
            known = table[(half != part) & np.isin(camera, (first, second))]
            motion = learn_motion(known, span)
            if not any(
                (way, first, second) in motion.lags or (way, second, first) in motion.lags
                for way in WAYS
            ):
                continue
            block = _search(table, looks, a[half[a] == part], b, known, motion)
            if block is not None:
                blocks.append(block)
    if not blocks:
        raise ValueError(
            "no two neighbouring cameras with enough vehicles to learn from; take more minutes"
        )
    return blocks


def _search(table, looks, asking, gallery, known, motion):
    """One block; None if nobody who is looked for is there."""
    vehicle = table["vehicle"].to_numpy()
    asking = asking[np.isin(vehicle[asking], vehicle[gallery])]
    if not len(asking):
        return None
    a, b = table.iloc[asking], table.iloc[gallery]
    first, second = a["camera"].iloc[0], b["camera"].iloc[0]
    own, other = (
        known[known["camera"] == camera].set_index("vehicle") for camera in (first, second)
    )
    both = own.index.intersection(other.index)
    lanes = _learn_lanes(own.loc[both], other.loc[both])
    learnt = _oddness(own.loc[both], other.loc[both], motion, lanes, first, second)
    pair = pd.concat([a, b])
    return Block(
        vehicle[asking],
        cosine_distances(looks[asking], looks[gallery]),
        vehicle[asking][:, None] == vehicle[gallery],
        _oddness(a, b, motion, lanes, first, second, all_pairs=True),
        learnt,
        motion.log_ratio(pair)[: len(a), len(a) :],
        motion.present(a, second),
    )


def _learn_lanes(a, b):
    """By way, slope and intercept of the lane at the second camera by that at the first."""
    lines = {}
    for way in WAYS:
        of = (a["direction"] == way).to_numpy()
        lines[way] = (
            np.polyfit(a["lane"][of], b["lane"][of], 1) if of.sum() >= FEWEST else (0.0, 0.5)
        )
    return lines


def _oddness(a, b, motion, lanes, first, second, all_pairs=False):
    """How odd pairs are by travel time, direction and lane: row by row, or everyone with everyone."""

    def across(values, other):
        return (values[:, None], other[None]) if all_pairs else (values, other)

    before, after = across(a["seconds"].to_numpy(float), b["seconds"].to_numpy(float))
    lane_a, lane_b = across(a["lane"].to_numpy(float), b["lane"].to_numpy(float))
    lag, (ways_a, ways_b) = after - before, (motion.headings(part) for part in (a, b))
    odd = np.full((3, *lag.shape), np.inf, np.float32)
    for k, way in enumerate(WAYS):
        for here, there, sign in ((first, second, 1), (second, first, -1)):
            if (way, here, there) not in motion.lags:
                continue
            mean, spread = motion.lags[way, here, there]
            this = sign * lag > 0
            leads = np.multiply(*across(ways_a[:, k], ways_b[:, k]))
            time = np.abs(np.log(np.maximum(sign * lag, 0.1)) - mean) / spread
            lane = np.abs(np.polyval(lanes[way], lane_a) - lane_b)
            for row, values in enumerate((time, 1 - leads, lane)):
                odd[row][this] = np.minimum(odd[row], values)[this]
    return odd


def limits(block, kept=KEPT):
    """The limits of a block's three filters, (3,), at which each lets a share of the true pairs
    through that it was learnt from.

    Pairs on a way that too few were seen on do not count: of it nothing was learnt, and they are
    ruled out.
    """
    known = block.learnt[:, np.isfinite(block.learnt).all(axis=0)]
    return np.quantile(known, kept, axis=1, method="higher")


@dataclass(frozen=True)
class Filtered:
    """What became of each search at one stage.

    Attributes
    ----------
    vehicle : ndarray of int, shape (n,)
    rank : ndarray of float, shape (n,)
        Of the right passage among the candidates that are left; infinite if it was ruled out.
    left : ndarray of int, shape (n,)
        Candidates that are left.
    of : ndarray of int, shape (n,)
        Candidates that there were.
    """

    vehicle: np.ndarray
    rank: np.ndarray
    left: np.ndarray
    of: np.ndarray

    def found(self, candidates=1):
        """Whether the right one is among the first candidates, (n,)."""
        return self.rank <= candidates


def apply_filters(blocks, kept=KEPT):
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


def _ranks(block, inside):
    own = np.where(block.mates & inside, block.distances, np.inf).min(axis=1)
    ahead = (inside & ~block.mates & (block.distances <= own[:, None])).sum(axis=1)
    rank = np.where(np.isfinite(own), ahead + 1.0, np.inf)
    return block.vehicle, rank, inside.sum(axis=1), np.full(len(rank), block.mates.shape[1])


def rank_one(stages, candidates=1, rounds=200):
    """How often the right one is among the first candidates at each stage: estimate, low, high, by
    drawing vehicles again.
    """
    vehicle = next(iter(stages.values())).vehicle
    found = np.stack([stage.found(candidates) for stage in stages.values()])
    table = bootstrap(
        lambda rows: pd.Series(found[:, rows].mean(axis=1), index=list(stages)), vehicle, rounds
    )
    return table.loc[list(stages)]


def clock_bits(blocks, population=POPULATION, rounds=200):
    """What the clock alone gives away in a search, without any look at the vehicle.

    Returns
    -------
    DataFrame
        Rows "claimed" and "delivered": bits that lag and direction add to being among the passages
        before the next camera; columns estimate, low, high, by drawing vehicles again.
    """
    names, gains = ["claimed", "delivered"], []
    for block in blocks:
        flat = open_set_posterior(np.zeros_like(block.clock), block.present)
        told = open_set_posterior(block.clock, block.present)
        before, after = (
            identification_bits(posterior, block.mates, population)[names]
            for posterior in (flat, told)
        )
        gains.append((after - before).to_numpy(float))
    gains, vehicle = np.concatenate(gains), np.concatenate([block.vehicle for block in blocks])
    return bootstrap(lambda rows: pd.Series(gains[rows].mean(axis=0), index=names), vehicle, rounds)
