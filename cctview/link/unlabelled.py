"""Links between cameras where nobody says which vehicle is which: learned from the tracklets alone.

Vehicles that look alike are seen at every lag; one vehicle is seen at the lags that it takes to
drive there. So where alike pairs are more than chance at some lag, vehicles drive (`find_legs`).
From there on all pairs are a mixture of pairs that show one vehicle and pairs that do not, fitted
by turns: how probably each pair is one vehicle, and how long the drive takes, which lanes lead
which way, how alike a vehicle looks to itself. What chance does is not assumed but measured: the
same is done with the clock of one camera shifted, where no pair shows one vehicle, and only what
exceeds that is learned from (the decoys of Elias and Gygi, Nature Methods 4, 2007).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from cctview.link.calibration import fit_calibration, share_true
from cctview.link.excess import find_legs
from cctview.link.model import LinkModel
from cctview.link.travel_times import (
    WAYS,
    Leg,
    TravelTimes,
    fit_from_links,
    recorded_span,
)
from cctview.link.trips import TripFinder
from cctview.stats import split_vehicles
from cctview.track import Tracklets

_ROUNDS = 6  # of fitting; travel times hardly change after four
_FIRST_SPREAD = 0.15  # of the logarithm of a travel time, before any is fitted
_WIDE = 1.5  # a lag may be so many times as long, or as short, as usual
_SHIFTS = (-90.0, -60.0, 60.0, 90.0)  # s, of the clock of the second camera: controls
_PRESENT = 0.9  # the largest share of vehicles that is believed to be found at another camera
_DRAWN = 20_000  # pairs of unrelated tracklets for each leg
_BINS = np.linspace(-1, 1, 81)  # of cosines
_MOST_LOOKS = 5.0  # the largest log ratio that alike looks can have
_LANES = 12  # cells across a road
_FEW_SHARE = 0.25  # of the share of tracklets that are linked in the lane with most: the other way
_FEW_LINKS = 10.0  # links that lanes alike to chance weigh as much as
_TOGETHER = 200  # tracklets that are compared at once, which bounds the memory
_NORMALISATIONS = 15  # alternating, which then changes no weight by 1 %
_SLOPE = 0.2  # of the log ratio of appearance: it is fitted on few links, some of them wrong
_NEGLIGIBLE = 1e-3  # odds, and weights


@dataclass(frozen=True)
class Believed:
    """What was learned without labels.

    Attributes
    ----------
    travel_times : TravelTimes
    links : DataFrame
        Pairs of tracklets: `first`, `second` (row numbers; the vehicle passes `first` first),
        `way` (one of `WAYS`), `leg` (both cameras), `lag` (s), `cosine`, `weight` (how probably the
        pair is one vehicle).
    """

    travel_times: TravelTimes
    links: pd.DataFrame


class NoTravel(ValueError):
    """The tracklets show no drive from camera to camera."""


def learn_links(tracklets: Tracklets) -> Believed:
    """Learn travel times and links from tracklets alone.

    Raises
    ------
    NoTravel
        If no two cameras have more alike pairs at some lag than chance: too few tracklets, or no
        road that leads from one to the other.
    """
    table, features = tracklets.table.reset_index(drop=True), tracklets.features
    legs = find_legs(table, features)
    if not legs:
        raise NoTravel(
            "the tracks show no drive from camera to camera; longer recordings, or cameras along"
            " one road, are needed"
        )
    usual = {leg: (float(np.log(lag)), _FIRST_SPREAD) for leg, lag in legs.items()}
    times = TravelTimes({}, usual, {}, recorded_span(table))
    looks, lanes = _Looks(table, features, legs), _Lanes()
    pairs = pd.concat(
        [_candidates(table, features, legs, shift) for shift in (0.0, *_SHIFTS)], ignore_index=True
    )
    for _ in range(_ROUNDS):
        pairs["weight"] = _weights(pairs, table, times, looks, lanes)
        pairs["weight"] = _calibrated(pairs)
        believed = pairs[(pairs["shift"] == 0) & (pairs["weight"] > _NEGLIGIBLE)]
        pairs["part"] = np.where(pairs["shift"] == 0, 1.0, -1 / len(_SHIFTS)) * pairs["weight"]
        times = fit_from_links(table, believed, pairs, times)
        looks.fit(pairs, times.headings(table))
        lanes.fit(pairs, table["lane"].to_numpy())
    links = believed.drop(columns=["shift", "part"]).reset_index(drop=True)
    return Believed(times, links)


def _candidates(
    table: pd.DataFrame, features: np.ndarray, legs: dict[Leg, float], shift: float
) -> pd.DataFrame:
    """Pairs whose lag may be that of a leg if the second camera's clock is shifted."""
    rows, parts = table.groupby("camera").indices, []
    seconds = table["seconds"].to_numpy(float)
    names = sorted({f"{a} {b}" for _, a, b in legs})
    for (way, a, b), usual in legs.items():
        order = rows[b][np.argsort(seconds[rows[b]], kind="stable")]
        at = seconds[order] + shift
        begin, end = (np.searchsorted(at, seconds[rows[a]] + usual * f) for f in (1 / _WIDE, _WIDE))
        count = end - begin
        first = np.repeat(rows[a], count)
        place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - begin, count)
        second = order[place]
        kinds = {"way": (WAYS.index(way), WAYS), "leg": (names.index(f"{a} {b}"), names)}
        columns: dict[str, Any] = {
            name: pd.Categorical.from_codes(np.full(len(first), code, np.int8), values)
            for name, (code, values) in kinds.items()
        }
        columns |= {"first": first, "second": second, "shift": shift}
        columns |= {"lag": at[place] - seconds[first]}
        columns |= {"cosine": _cosines(features, rows[a], order, begin, count)}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _cosines(
    features: np.ndarray, first: np.ndarray, order: np.ndarray, begin: np.ndarray, count: np.ndarray
) -> np.ndarray:
    """Of each of `first` with so many of `order` from `begin` on, one after another."""
    parts = []
    for start in range(0, len(first), _TOGETHER):
        rows = slice(start, start + _TOGETHER)
        low, high = begin[rows].min(), (begin + count)[rows].max()
        block = features[first[rows]] @ features[order[low:high]].T
        at = np.arange(block.shape[1])
        near = (at >= begin[rows, None] - low) & (at < (begin + count)[rows, None] - low)
        parts.append(block[near])
    return np.concatenate(parts)


class _Lanes:
    """How often two lanes go together on a leg, against chance."""

    def __init__(self) -> None:
        self.ratios: dict[tuple[str, str], np.ndarray] = {}

    def fit(self, pairs: pd.DataFrame, lane: np.ndarray) -> None:
        """Fit on what `pairs` have more than their controls."""
        for leg, rows in pairs.groupby(["way", "leg"]):
            cells = _cells(rows, lane)
            chance = np.bincount(cells, minlength=_LANES**2).reshape(_LANES, _LANES)
            found = np.bincount(cells, rows["part"], _LANES**2).reshape(_LANES, _LANES)
            found = np.maximum(gaussian_filter(found, 1.0), 0)
            chance = gaussian_filter(chance / chance.sum() * found.sum(), 1.0)
            self.ratios[leg] = (found + _FEW_LINKS * chance / max(found.sum(), 1e-9)) / (
                (1 + _FEW_LINKS / max(found.sum(), 1e-9)) * np.maximum(chance, 1e-9)
            )

    def ratio(self, leg: tuple[str, str], pairs: pd.DataFrame, lane: np.ndarray) -> np.ndarray:
        """Likelihood ratio of the lanes of pairs."""
        if leg not in self.ratios:
            return np.ones(len(pairs))
        return self.ratios[leg].ravel()[_cells(pairs, lane)]


def _cells(pairs: pd.DataFrame, lane: np.ndarray) -> np.ndarray:
    places = np.minimum((lane * _LANES).astype(int), _LANES - 1)
    return places[pairs["first"]] * _LANES + places[pairs["second"]]


class _Looks:
    """How alike two tracklets look that are unrelated, by leg, and two that are one vehicle."""

    def __init__(
        self, table: pd.DataFrame, features: np.ndarray, legs: Iterable[Leg], seed: int = 0
    ) -> None:
        rng, rows = np.random.default_rng(seed), table.groupby("camera").indices
        self.unrelated: dict[tuple[str, str], np.ndarray] = {}
        self.drawn: dict[Leg, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        for way, a, b in legs:
            i, j = rng.choice(rows[a], _DRAWN), rng.choice(rows[b], _DRAWN)
            self.drawn[way, a, b] = i, j, np.einsum("ij,ij->i", features[i], features[j])
        cosine = np.concatenate([cosine for _, _, cosine in self.drawn.values()])
        self.one = _histogram(cosine + 1.5 * cosine.std(), np.ones(len(cosine)))
        self._fit_unrelated(np.full((len(table), 2), 0.5))

    def _fit_unrelated(self, heading: np.ndarray) -> None:
        for (way, a, b), (i, j, cosine) in self.drawn.items():
            both = heading[i, WAYS.index(way)] * heading[j, WAYS.index(way)]
            self.unrelated[way, f"{a} {b}"] = _histogram(cosine, both)

    def fit(self, pairs: pd.DataFrame, heading: np.ndarray) -> None:
        """Fit again, on what `pairs` have more than their controls."""
        self._fit_unrelated(heading)
        self.one = _histogram(pairs["cosine"].to_numpy(), pairs["part"].to_numpy())

    def log_ratio(self, way: str, leg: str, cosine: np.ndarray) -> np.ndarray:
        """Logarithm of the likelihood ratio of cosines: the more alike, the larger."""
        ratio = np.clip(np.log(self.one / self.unrelated[way, leg]), -_MOST_LOOKS, _MOST_LOOKS)
        return np.interp(cosine, _BINS, np.maximum.accumulate(ratio))


def _histogram(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The share of each of `_BINS`, smooth and never 0."""
    half = (_BINS[1] - _BINS[0]) / 2
    counts = np.histogram(
        np.clip(values, -1, 1), len(_BINS), (-1 - half, 1 + half), weights=weights
    )[0]
    smooth = np.maximum(gaussian_filter1d(counts, 2.0, mode="constant"), 0)
    return smooth / max(smooth.sum(), 1e-9) + 1e-4


def _weights(
    pairs: pd.DataFrame, table: pd.DataFrame, times: TravelTimes, looks: _Looks, lanes: _Lanes
) -> np.ndarray:
    """How probably each pair is one vehicle by the model so far; each tracklet has one partner a
    camera at most.
    """
    count = table.groupby("camera").size()
    odds, weights = np.zeros(len(pairs)), np.zeros(len(pairs))
    ends, span = pairs[["first", "second"]].to_numpy(), times.span[1] - times.span[0]
    lag, cosine = pairs["lag"].to_numpy(), pairs["cosine"].to_numpy()
    for (way, leg), rows in pairs.groupby(["way", "leg"]).indices.items():
        a, b = leg.split()
        # as in `TravelTimes.log_ratio`: an unrelated tracklet comes at any time alike
        ratio = span * times.density(way, a, b, lag[rows])
        ratio *= lanes.ratio((way, leg), pairs.iloc[rows], table["lane"].to_numpy())
        found = min(times.found.get((way, a, b), 0.5), _PRESENT)
        ratio *= np.exp(looks.log_ratio(way, leg, cosine[rows]))
        odds[rows] = ratio * found / (1 - found) / count[b]
    both = [" ".join(sorted(leg.split())) for leg in pairs["leg"].cat.categories]
    unordered = pd.factorize(np.array(both))[0][pairs["leg"].cat.codes]
    for rows in pairs.groupby([unordered, "shift"]).indices.values():
        rows = rows[odds[rows] > _NEGLIGIBLE]
        if len(rows):
            weights[rows] = one_to_one(ends[rows, 0], ends[rows, 1], odds[rows])
    return weights


def one_to_one(first: np.ndarray, second: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Share the odds of pairs so that each of either side has one partner or none, (n,).

    Alternating normalisation (Sinkhorn 1967) with a place for "none" of odds 1 on either side.

    >>> one_to_one(np.array([0, 0]), np.array([1, 2]), np.array([1.0, 1.0])).round(2)
    array([0.29, 0.29])
    """
    size = int(max(first.max(), second.max())) + 1
    by_second = np.ones(size)
    for _ in range(_NORMALISATIONS):
        by_first = 1 / (1 + np.bincount(first, odds * by_second[second], size))
        by_second = 1 / (1 + np.bincount(second, odds * by_first[first], size))
    return by_first[first] * odds * by_second[second]


def _calibrated(pairs: pd.DataFrame) -> np.ndarray:
    """Weights of pairs such that those of a weight are right as often, by leg; those of controls as
    if they were none. Only of pairs that are each other's best.

    Where controls have as many links of a weight, chance made them all.
    """
    result, weight = np.zeros(len(pairs)), pairs["weight"].to_numpy()
    control = (pairs["shift"] != 0).to_numpy()
    best = np.ones(len(pairs), bool)
    for end in ("first", "second"):
        best &= weight == pairs.groupby(["leg", "shift", end])["weight"].transform("max")
    for rows in pairs.groupby(["way", "leg"]).indices.values():
        count = control[rows].sum() / max((~control[rows]).sum(), 1)
        rows = rows[best[rows] & (weight[rows] > _NEGLIGIBLE)]
        if len(rows):
            result[rows] = share_true(weight[rows], control[rows], count)
    return result


def believed_labels(tracklets: Tracklets, believed: Believed, least: float = 0.5) -> pd.DataFrame:
    """Labels that links believed stand in for, to fit on.

    Parameters
    ----------
    tracklets : Tracklets
    believed : Believed
        From `learn_links` of these.
    least : float
        The least weight of a link that joins two tracklets.

    Returns
    -------
    DataFrame
        Row by row: `vehicle` (-1: linked to nothing) and `direction` ("S", "N" or "": not known).
    """
    links = believed.links[believed.links["weight"] >= least]
    camera, count = tracklets.table["camera"].to_numpy(), len(tracklets)
    group, cameras = np.arange(count), [{name} for name in camera]
    members = [[row] for row in range(count)]
    for row in links.sort_values("weight", ascending=False, kind="stable").itertuples():
        a, b = group[row.first], group[row.second]
        if a != b and not cameras[a] & cameras[b]:  # a vehicle passes each camera once
            group[members[b]] = a
            cameras[a] |= cameras[b]
            members[a] += members[b]
    size = np.bincount(group, minlength=count)[group]
    vehicle = np.where(size > 1, pd.factorize(group)[0], -1)
    ways = np.zeros((len(WAYS), count))
    for k, way in enumerate(WAYS):
        of = links[links["way"] == way]
        ways[k] = sum(np.bincount(of[end], of["weight"], count) for end in ("first", "second"))
    direction = np.where(ways[0] > ways[1], *WAYS)
    direction[ways.sum(axis=0) == 0] = ""
    for rows in tracklets.table.groupby("camera").indices.values():
        direction[rows] = _other_way(direction[rows], tracklets.table["lane"].to_numpy()[rows])
    return pd.DataFrame({"vehicle": vehicle, "direction": direction})


def _other_way(direction: np.ndarray, lane: np.ndarray) -> np.ndarray:
    """Directions at a camera where all links lead one way: lanes with few links lead the other."""
    linked = np.unique(direction[direction != ""])
    if len(linked) != 1:
        return direction
    cells = np.minimum((lane * _LANES).astype(int), _LANES - 1)
    every, found = (
        gaussian_filter1d(np.bincount(cells[rows], minlength=_LANES).astype(float), 1.0)
        for rows in (slice(None), direction != "")
    )
    share = found / np.maximum(every, 1e-9)
    other = WAYS[1 - WAYS.index(linked[0])]
    return np.where((share[cells] < _FEW_SHARE * share.max()) & (direction == ""), other, direction)


def fit_unlabelled(tracklets: Tracklets, seed: int = 0) -> LinkModel:
    """Fit a link model on tracklets of which nobody knows the vehicle.

    It is fitted on links that the tracklets themselves show (`learn_links`). What its links are
    worth is told by decoys: the same search with the clocks of the cameras shifted, where no link
    is right. Half of the vehicles are looked for by a model that was fitted on the other half.

    Raises
    ------
    NoTravel
        If the tracklets show no drive from camera to camera, or too few vehicles at two cameras.
    """
    labels = believed_labels(tracklets, learn_links(tracklets))
    vehicle, half = labels["vehicle"].to_numpy(), split_vehicles(labels, 2, seed)
    half = np.where(half < 0, np.arange(len(half)) % 2, half)
    decoy = replace(tracklets, table=_shifted(tracklets.table))
    candidates = []
    try:
        for part in (0, 1):
            others = labels.assign(vehicle=np.where(half == part, -1, vehicle))
            model = replace(LinkModel.fit(tracklets, others), slope=_SLOPE)
            queries = np.flatnonzero(half == part)
            for control, searched in enumerate((tracklets, decoy)):
                finder = TripFinder(searched, pd.Timestamp(0), np.array([]), model)
                told = _candidates_of(finder, queries)
                candidates.append(told.assign(control=bool(control)))
        whole = replace(LinkModel.fit(tracklets, labels), slope=_SLOPE)
    except ValueError as error:
        raise NoTravel(f"too few links are clear: {error}") from None
    told = pd.concat(candidates, ignore_index=True)
    share = np.zeros(len(told))
    for rows in told.groupby(told["leg"].str[:-2]).indices.values():  # by pair of cameras
        of = told.iloc[rows]
        share[rows] = share_true(of["weight"].to_numpy(), of["control"].to_numpy(), 1)
    real = ~told["control"].to_numpy()
    right = np.random.default_rng(seed).random(real.sum()) < share[real]
    return whole.calibrated(fit_calibration(told[real].assign(right=right)))


def _shifted(table: pd.DataFrame) -> pd.DataFrame:
    """Tracklets with the clock of each camera turned by another part of the recording."""
    begin, end = recorded_span(table)
    number, names = pd.factorize(table["camera"])
    shift = (end - begin) * number / (2 * len(names)) + 37.0 * number
    return table.assign(seconds=begin + (table["seconds"] - begin + shift) % (end - begin))


def _candidates_of(finder: TripFinder, queries: np.ndarray) -> pd.DataFrame:
    """Candidates of some tracklets at all other cameras, as `TripFinder.told` has them."""
    camera, parts = finder.tracklets.table["camera"].to_numpy(), []
    for second in finder.cameras:
        asked = queries[camera[queries] != second]
        parts.append(finder.told(asked, second, _NEGLIGIBLE))
    return pd.concat(parts, ignore_index=True)
