"""Tracking within a camera: which detections of successive frames are one vehicle.

A frame comes every 1.7 s. In that time a vehicle moves by more than its own length, so its boxes do
not overlap and linking by overlap fails. What links them is learnt from the camera's own
detections, without any labels:

- motion: where vehicles that were here are one frame (or two) later. Directions, lanes and
  perspective are all in it; nothing about the road is typed in.
- appearance: how much closer two crops of one vehicle are than those of two, by their size.
- coming and going: where in the picture vehicles first appear and where they are lost.

Together they give the odds that a detection continues a track rather than begins one, and in each
frame the assignment with the best total odds is taken. Learning begins with all pairs of detections
in successive frames, most of them wrong. The right ones are told apart by a control: the pairs of
frames so far apart that no moving vehicle is in both. Moves that are found there as often are
chance, and only what exceeds chance is learnt from.

Standing vehicles (see `cctview.track.scene`) are tracked by their place alone.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment, minimize
from scipy.spatial import cKDTree
from scipy.special import expit

from cctview.detect.sorting import sort_detections
from cctview.track.scene import make_scene

ROUNDS = 5  # of tracking and learning again; the links hardly change after three
NEIGHBOURS = 25  # examples that a prediction is made of
CONTROL = 15  # frames apart (25 s) are the frames of the control; nothing that moves is in both
CONTROLS = 24  # so many controls, each a frame further apart, make the chance of a move
ALIKE = 12  # pairs with a move alike, by which it is judged whether a move is more than chance, when learning begins
BLURS = (
    0.08,
    0.15,
    0.25,
    0.4,
)  # candidates for the spread of a position about its example, in box sizes
SIZE_BLUR = 0.15  # spread of the logarithm of a box's size about its example
OUTLIER = 0.02 / (
    352 * 240
)  # density of moves that follow no example: one in fifty, anywhere in a frame
FOUND_AGAIN = 0.1  # of those not found in the next frame, the share found in the one after, before any evidence;
# on eight minutes of six simulated cameras 0.05, 0.1, 0.2 and 0.4 gave IDF1 of .954, .953, .949 and
# .940


@dataclass(frozen=True)
class Pairs:
    """All pairs of rows of two frames, for many pairs of frames, one block after the other.

    Attributes
    ----------
    tails, heads : ndarray of int, shape (n,)
        The row in the earlier and in the later frame.
    blocks : list of tuple of int
        For each pair of frames how many rows each has; the pairs are in the order of that table.
    looks : ndarray, shape (n, 4)
        What appearance is judged by: 1, cosine distance, log of the smaller size, and the product
        of the two.
    """

    tails: np.ndarray
    heads: np.ndarray
    blocks: list
    looks: np.ndarray | None = None

    def tables(self, values):
        """For each block, where its pairs begin, and `values` as a table (rows of tails, columns of
        heads).
        """
        start = 0
        for shape in self.blocks:
            stop = start + shape[0] * shape[1]
            yield start, values[start:stop].reshape(shape)
            start = stop


class Neighbourhood:
    """Examples by place: to say of any place what holds near it, weighting the nearest examples
    most.
    """

    def __init__(self, places):
        self.tree = cKDTree(places)

    def near(self, places, skip=0):
        """The nearest examples of each place, the `skip` nearest left out, and their weights: (n,
        k) and (n, k).
        """
        count = min(NEIGHBOURS, self.tree.n - skip)
        far, index = (x[:, skip:] for x in self.tree.query(places, range(1, count + skip + 1)))
        weights = np.exp(-2 * (far / np.maximum(far[:, -1:], 1e-6)) ** 2)
        return index, weights / weights.sum(axis=1, keepdims=True)

    def means(self, places, *values):
        """The weighted mean of each of the examples' `values` near each place, (n,) each."""
        index, weights = self.near(places)
        return [(of[index] * weights).sum(axis=1) for of in values]


class Moves:
    """Moves that were seen, and from them the density of a move at a place (a kernel density)."""

    def __init__(self, scene, tails, heads):
        self.examples = Neighbourhood(scene.state[tails, :2])
        self.moves = scene.state[heads] - scene.state[tails]
        self.blur = BLURS[0]

    def log_density(self, scene, tails, heads, skip=0):
        """Logarithm of the density of each move from tail to head, per px² and unit of log size,
        (n,).
        """
        rows, back = np.unique(tails, return_inverse=True)
        index, weights = self.examples.near(scene.state[rows, :2], skip)
        index, log_weights = index[back], np.log(weights)[back]
        blur = np.maximum(self.blur * np.exp(scene.state[heads, 2]), 1.0)
        move, spread = scene.state[heads] - scene.state[tails], 0.0
        for axis, width in enumerate((blur, blur, np.full(len(blur), SIZE_BLUR))):
            spread = (
                spread + ((move[:, axis, None] - self.moves[index, axis]) / width[:, None]) ** 2
            )
        scale = 2 * np.log(blur) + np.log(SIZE_BLUR) + 1.5 * np.log(2 * np.pi)
        return np.logaddexp(_log_sum(log_weights - spread / 2) - scale, np.log(OUTLIER))

    def fit_blur(self, scene, tails, heads):
        """Take the blur under which each move is best predicted from the others."""
        some = np.linspace(0, len(tails) - 1, min(len(tails), 1000)).astype(int)
        fits = []
        for self.blur in BLURS:
            fits.append(self.log_density(scene, tails[some], heads[some], skip=1).mean())
        self.blur = BLURS[int(np.argmax(fits))]
        return self


@dataclass(frozen=True)
class MotionModel:
    """What `learn_motion` found out about a camera.

    Attributes
    ----------
    moves : dict of int to Moves
        Moves over one frame, and over two.
    spots : Neighbourhood
        Where detections were.
    crowd : ndarray, shape (n,)
        How many detections there are around each of them: per frame, px² and unit of log size.
    continued, begun : ndarray of float, shape (n,)
        1 for a detection that was linked to a later one, and for one that was not linked to an
        earlier.
    appearance : ndarray, shape (4,)
        Weights of `Pairs.looks`.
    """

    moves: dict
    spots: Neighbourhood
    crowd: np.ndarray
    continued: np.ndarray
    begun: np.ndarray
    appearance: np.ndarray

    def by_motion(self, scene, pairs, step):
        """Log odds, by motion alone, that each pair is one vehicle `step` frames later, (n,)."""
        rows, back = np.unique(pairs.tails, return_inverse=True)
        stays = np.clip(*self.spots.means(scene.state[rows, :2], self.continued), 0.02, 0.98)[back]
        stays = stays if step == 1 else FOUND_AGAIN
        rows, back = np.unique(pairs.heads, return_inverse=True)
        crowd, begun = self.spots.means(scene.state[rows, :2], self.crowd, self.begun)
        fresh = crowd * np.clip(begun, 0.02, 0.98)
        move = self.moves[step].log_density(scene, pairs.tails, pairs.heads)
        return move + np.log(stays / (1 - stays)) - np.log(fresh)[back]

    def odds(self, scene, pairs, step):
        """Log odds, by motion and appearance, that each pair is one vehicle `step` frames later,
        (n,).
        """
        return self.by_motion(scene, pairs, step) + pairs.looks @ self.appearance


def track_detections(detections, embeddings, models=None):
    """Tracks of vehicles within each camera.

    Parameters
    ----------
    detections : DataFrame
        Columns `camera`, `time` (datetimes, or seconds), `type`, `percent`, `x1`, `y1`, `x2`, `y2`;
        any index.
    embeddings : array_like, shape (n, d)
        Row by row those of the detections.
    models : dict of str to MotionModel, optional
        What to use for each camera; by default it is learnt from these detections. A camera with
        too few detections to learn from (below about a minute), or with None, gets a track for each
        detection.

    Returns
    -------
    Series of Int64, index of `detections`
        The track of each detection, numbered from 0 across all cameras; missing for persons and
        bicycles, and for the less certain of two boxes on one vehicle.

    Raises
    ------
    ValueError
        If detections and embeddings do not belong together.
    """
    if len(detections) != len(embeddings):
        raise ValueError(
            f"{len(detections)} detections but {len(embeddings)} embeddings; they must belong"
            " together row by row"
        )
    tracks, number = np.full(len(detections), -1), 0
    for camera in pd.unique(detections["camera"]):
        of = np.flatnonzero((detections["camera"] == camera).to_numpy())
        sorting, labels = sort_detections(detections.iloc[of]), np.full(len(of), -1)
        scene, rows = make_scene(detections.iloc[of], np.asarray(embeddings)[of], sorting.moving)
        if len(rows):
            labels[rows] = chain(
                scene, models[camera] if models is not None else learn_motion(scene)
            )
        stands, again = sorting.standing >= 0, sorting.repeats >= 0
        labels[stands] = sorting.standing[stands] + labels.max() + 1
        labels[again] = labels[sorting.repeats[again]]
        tracks[of] = np.where(labels >= 0, labels + number, -1)
        number += labels.max() + 1
    return pd.Series(tracks, index=detections.index, dtype="Int64").mask(tracks < 0)


def learn_motion(scene, rounds=ROUNDS):
    """Learn a camera's motion, appearance, coming and going from its detections alone.

    Parameters
    ----------
    scene : Scene
    rounds : int
        How often to track and learn again.

    Returns
    -------
    MotionModel or None
        None if there are too few links to learn from.
    """
    pairs, control = _pairs(scene, 1), _with_looks(scene, _far_pairs(scene, CONTROL))
    if not len(pairs.tails) or not len(control.tails):
        return None
    links, model, motion = _assign(pairs, _excess(scene, pairs) - np.log(2)), None, None
    for _ in range(rounds + 1):
        if model is not None:
            links = links[_above_chance(scene, pairs, links, control, chance)]
        if len(links) <= 2 * NEIGHBOURS:
            return None
        model = _learn(scene, pairs, links, control, motion)
        motion, by_chance = (model.by_motion(scene, p, 1) for p in (pairs, control))
        links, chance = (
            _assign(p, of + p.looks @ model.appearance)
            for p, of in ((pairs, motion), (control, by_chance))
        )
    return model


def chain(scene, model):
    """The track of each row of a scene, numbered from 0, with `model` (a MotionModel, or None:
    nothing is linked).

    Returns
    -------
    ndarray of int, shape (n,)
    """
    before = np.full(len(scene.state), -1)
    if model is not None:
        candidates = {}
        for step in model.moves:
            pairs = _pairs(scene, step)
            for start, odds in pairs.tables(model.odds(scene, pairs, step)):
                tails = pairs.tails[start : start + odds.size : odds.shape[1]]
                candidates.setdefault(pairs.heads[start], []).append((tails, odds))
        free = np.ones(len(before), bool)
        for heads in scene.frames:
            for_frame = candidates.get(heads[0], [])
            if for_frame:
                tails, odds = (np.concatenate(parts) for parts in zip(*for_frame, strict=True))
                a, b = _best(odds * free[tails][:, None])
                before[heads[b]], free[tails[a]] = tails[a], False
    tracks, number = np.empty(len(before), int), 0
    for row, tail in enumerate(before):
        tracks[row] = tracks[tail] if tail >= 0 else number
        number += tail < 0
    return tracks


def _pairs(scene, step):
    """Pairs of frames `step` frames apart by the clock."""
    at = {number: k for k, number in enumerate(scene.steps)}
    return _with_looks(
        scene, _all_pairs(scene, [(at[n - step], k) for n, k in at.items() if n - step in at])
    )


def _far_pairs(scene, *apart):
    """Pairs of frames too far apart to share a vehicle, for the control."""
    return _all_pairs(
        scene, [(k, k + gap) for gap in apart for k in range(len(scene.frames) - gap)]
    )


def _all_pairs(scene, frames):
    tables = [(scene.frames[a], scene.frames[b]) for a, b in frames]
    tails = [np.repeat(a, len(b)) for a, b in tables]
    heads = [np.tile(b, len(a)) for a, b in tables]
    none = [np.zeros(0, int)]
    return Pairs(
        np.concatenate(tails + none),
        np.concatenate(heads + none),
        [(len(a), len(b)) for a, b in tables],
    )


def _with_looks(scene, pairs):
    """The same with their `looks`."""
    distance = np.ones(len(pairs.tails))
    for start, table in pairs.tables(distance):
        tails = pairs.tails[start : start + table.size : table.shape[1] or 1]
        heads = pairs.heads[start : start + table.shape[1]]
        table -= scene.look[tails] @ scene.look[heads].T
    smaller = np.minimum(scene.state[pairs.tails, 2], scene.state[pairs.heads, 2])
    return replace(
        pairs,
        looks=np.stack([np.ones_like(distance), distance, smaller, distance * smaller], axis=1),
    )


def _log_sum(values):
    """Logarithm of the sum of the exponentials of each row, (n,)."""
    most = values.max(axis=1)
    return np.log(np.exp(values - most[:, None]).sum(axis=1)) + most


def _assign(pairs, odds):
    """The pairs that are linked when each frame pair is assigned by itself."""
    found = []
    for start, table in pairs.tables(odds):
        a, b = _best(table)
        found.append(start + a * table.shape[1] + b)
    return np.concatenate(found)


def _best(odds):
    """Rows and columns of the assignment with the largest total log odds; those not above 0 stay
    unassigned.
    """
    gain = np.maximum(odds, 0)
    a, b = linear_sum_assignment(gain, maximize=True)
    kept = gain[a, b] > 0
    return a[kept], b[kept]


def _excess(scene, pairs):
    """By place alone, the logarithm of how many times as often a move like each pair is found as by
    chance, (n,).
    """
    control = _far_pairs(scene, *range(CONTROL, CONTROL + CONTROLS))
    here = _places(scene, pairs.tails, pairs.heads)
    if len(here) <= ALIKE:
        return np.zeros(len(here))
    share = len(pairs.blocks) / len(control.blocks)
    by_chance = _chance_moves(here, _places(scene, control.tails, control.heads), ALIKE) * share
    return np.log(ALIKE / np.maximum(by_chance, share))


def _above_chance(scene, pairs, links, control, chance):
    """Which links are more likely right than chance, judging by how many like them the control has."""
    if len(links) <= NEIGHBOURS or not len(chance):
        return np.ones(len(links), bool)
    here = _places(scene, pairs.tails[links], pairs.heads[links])
    by_chance = _chance_moves(
        here, _places(scene, control.tails[chance], control.heads[chance]), NEIGHBOURS
    )
    return by_chance * len(pairs.blocks) / len(control.blocks) < NEIGHBOURS / 2


def _places(scene, tails, heads):
    """Moves as points (place, move, change of size), so that moves alike are near each other, (n,
    5).
    """
    a, b = scene.state[tails], scene.state[heads]
    return np.hstack([a[:, :2] / 2, b[:, :2] - a[:, :2], 20 * (b[:, 2:] - a[:, 2:])])


def _chance_moves(here, chance, count):
    """How many of `chance` are as near to each of `here` as the `count` nearest of the others,
    (n,).
    """
    reach = cKDTree(here).query(here, [count + 1])[0][:, 0]
    return cKDTree(chance, leafsize=32).query_ball_point(here, reach, return_length=True)


def _learn(scene, pairs, links, control, motion):
    """A model from links; `motion` are the log odds by motion of all pairs that they were found
    with, if any.
    """
    tails, heads = pairs.tails[links], pairs.heads[links]
    after = np.full(len(scene.state), -1)
    after[tails] = heads
    continued, begun = (after >= 0).astype(float), np.ones(len(after))
    begun[heads] = 0
    moves = {1: Moves(scene, tails, heads).fit_blur(scene, tails, heads)}
    twice = tails[
        after[heads] >= 0
    ]  # two links in a row teach what a link over two frames looks like
    if len(twice) > NEIGHBOURS:
        last = after[after[twice]]
        moves[2] = Moves(scene, twice, last).fit_blur(scene, twice, last)
    spots = Neighbourhood(scene.state[:, :2])
    sure = links if motion is None else _sure(pairs, motion)
    appearance = _learn_appearance(pairs.looks[sure], control.looks)
    return MotionModel(moves, spots, _crowd(scene, spots), continued, begun, appearance)


def _sure(pairs, odds):
    """Pairs that motion alone is sure of, so that appearance is learnt from pairs not chosen by
    appearance.
    """
    found = [
        start
        + np.flatnonzero(
            (table >= table.max(axis=1, keepdims=True)) & (table >= table.max(axis=0)) & (table > 2)
        )
        for start, table in pairs.tables(odds)
    ]
    return np.concatenate(found)


def _crowd(scene, spots):
    """How many detections a frame there are around each, per px² and unit of log size."""
    count = min(4 * NEIGHBOURS, len(scene.state))
    far, index = spots.tree.query(scene.state[:, :2], range(1, count + 1))
    sizes = scene.state[index, 2]
    spread = np.maximum(sizes.std(axis=1), 0.1)
    off = (scene.state[:, 2] - sizes.mean(axis=1)) / spread
    by_place = count / (np.pi * np.maximum(far[:, -1], 1.0) ** 2) / len(scene.frames)
    return by_place * np.exp(-(off**2) / 2) / spread / np.sqrt(2 * np.pi)


def _learn_appearance(same, different):
    """Logistic regression of pairs that are one vehicle against pairs of the control, which are
    not, by their looks.
    """
    if len(same) < NEIGHBOURS:
        return np.zeros(4)
    counts = [len(same), len(different)]
    features, sign = np.concatenate([same, different]), np.repeat([1.0, -1.0], counts)
    share = np.repeat([0.5 / count for count in counts], counts)

    def loss(weights):
        margin = sign * (features @ weights)
        slope = features.T @ (-share * sign * expit(-margin))
        return (
            share * np.logaddexp(0, -margin)
        ).sum() + 1e-4 * weights @ weights, slope + 2e-4 * weights

    def curvature(weights):
        right = expit(features @ weights)
        return (features * (share * right * (1 - right))[:, None]).T @ features + 2e-4 * np.eye(4)

    return minimize(loss, np.zeros(4), jac=True, hess=curvature, method="trust-exact").x
