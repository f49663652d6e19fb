"""How vehicles move past one camera: fitted on its own detections, without any labels.

- moves: where vehicles that were in a place are one frame (or two) later. Directions, lanes and
  perspective are all in it; nothing about the road is typed in.
- appearance: how much closer two crops of one vehicle are than those of two, by their size.
- coming and going: where in the frame vehicles first appear and where they are lost.

Together they give the odds that a detection continues a track rather than begins one. Fitting
begins with all pairs of detections in successive frames, most of them wrong. The correct ones are
told apart by a control: the pairs of frames so far apart that no moving vehicle is in both. Moves
that are found there as often are chance; only what exceeds chance is fitted on.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.spatial import cKDTree
from scipy.special import expit

from cctview.track.scene import (
    Pairs,
    Scene,
    assign,
    control_pairs,
    pairs_apart,
    with_appearance,
)

_ROUNDS = 5  # of tracking and fitting again; the links hardly change after three
_NEIGHBOURS = 25  # examples that a prediction is made of
_CONTROL = 15  # frames apart (25 s) are the frames of the control; nothing that moves is in both
_CONTROLS = 24  # so many controls, each a frame further apart, make the chance of a move
_ALIKE = 12  # moves alike, by which it is judged at the start whether a move is more than chance
_BLURS = (0.08, 0.15, 0.25, 0.4)  # candidates: spread of a position about its example, box sizes
_SIZE_BLUR = 0.15  # spread of the logarithm of a box's size about its example
_OUTLIER = 0.02 / (352 * 240)  # density of moves like no example: 1 in 50, anywhere
_FOUND_AGAIN = 0.1
"""Of those not found in the next frame, the share found in the one after, before any evidence:
six simulated cameras, eight minutes: IDF1 .954, .953, .949, .940 with 0.05, 0.1, 0.2, 0.4."""


class Neighbourhood:
    """Examples by place: what holds near any place, the nearest examples weighted most."""

    def __init__(self, places: np.ndarray) -> None:
        self.tree = cKDTree(places)

    def near(self, places: np.ndarray, skip: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Each place's nearest examples but for the `skip` nearest, and their weights: (n, k)."""
        count = min(_NEIGHBOURS, self.tree.n - skip)
        far, index = (x[:, skip:] for x in self.tree.query(places, range(1, count + skip + 1)))
        weights = np.exp(-2 * (far / np.maximum(far[:, -1:], 1e-6)) ** 2)
        return index, weights / weights.sum(axis=1, keepdims=True)

    def means(self, places: np.ndarray, *values: np.ndarray) -> list[np.ndarray]:
        """The weighted mean of each of the examples' `values` near each place, (n,) each."""
        index, weights = self.near(places)
        return [(value[index] * weights).sum(axis=1) for value in values]


class Moves:
    """Moves that were seen, and from them the density of a move at a place (a kernel density)."""

    def __init__(self, scene: Scene, tails: np.ndarray, heads: np.ndarray) -> None:
        self.examples = Neighbourhood(scene.state[tails, :2])
        self.moves = scene.state[heads] - scene.state[tails]
        self.blur = _BLURS[0]

    def log_density(
        self, scene: Scene, tails: np.ndarray, heads: np.ndarray, skip: int = 0
    ) -> np.ndarray:
        """Log density of each move from tail to head, per px² and unit of log size, (n,)."""
        rows, back = np.unique(tails, return_inverse=True)
        index, weights = self.examples.near(scene.state[rows, :2], skip)
        index, log_weights = index[back], np.log(weights)[back]
        blur = np.maximum(self.blur * np.exp(scene.state[heads, 2]), 1.0)
        move, spread = scene.state[heads] - scene.state[tails], 0.0
        for axis, width in enumerate((blur, blur, np.full(len(blur), _SIZE_BLUR))):
            spread = (
                spread + ((move[:, axis, None] - self.moves[index, axis]) / width[:, None]) ** 2
            )
        scale = 2 * np.log(blur) + np.log(_SIZE_BLUR) + 1.5 * np.log(2 * np.pi)
        return np.logaddexp(_log_sum(log_weights - spread / 2) - scale, np.log(_OUTLIER))

    def fit_blur(self, scene: Scene, tails: np.ndarray, heads: np.ndarray) -> "Moves":
        """Take the blur under which each move is best predicted from the others."""
        some = np.linspace(0, len(tails) - 1, min(len(tails), 1000)).astype(int)
        fits = []
        for self.blur in _BLURS:
            fits.append(self.log_density(scene, tails[some], heads[some], skip=1).mean())
        self.blur = _BLURS[int(np.argmax(fits))]
        return self


@dataclass(frozen=True)
class MotionModel:
    """How vehicles move past a camera, from `fit_motion`.

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
        Weights of `Pairs.appearance`.
    """

    moves: dict[int, Moves]
    spots: Neighbourhood
    crowd: np.ndarray
    continued: np.ndarray
    begun: np.ndarray
    appearance: np.ndarray

    def by_motion(self, scene: Scene, pairs: Pairs, step: int) -> np.ndarray:
        """Log odds, by motion alone, that each pair is one vehicle `step` frames later, (n,)."""
        rows, back = np.unique(pairs.tails, return_inverse=True)
        (continued,) = self.spots.means(scene.state[rows, :2], self.continued)
        stays = np.clip(continued, 0.02, 0.98)[back] if step == 1 else _FOUND_AGAIN
        rows, back = np.unique(pairs.heads, return_inverse=True)
        crowd, begun = self.spots.means(scene.state[rows, :2], self.crowd, self.begun)
        fresh = crowd * np.clip(begun, 0.02, 0.98)
        move = self.moves[step].log_density(scene, pairs.tails, pairs.heads)
        return move + np.log(stays / (1 - stays)) - np.log(fresh)[back]

    def odds(self, scene: Scene, pairs: Pairs, step: int) -> np.ndarray:
        """Log odds, by motion and appearance, that each pair is one vehicle, (n,)."""
        return self.by_motion(scene, pairs, step) + pairs.appearance @ self.appearance


def fit_motion(scene: Scene, rounds: int = _ROUNDS) -> MotionModel | None:
    """Fit a camera's moves, appearance, coming and going on its detections alone.

    Parameters
    ----------
    scene : Scene
    rounds : int
        How often to track and fit again.

    Returns
    -------
    MotionModel or None
        None if there are too few links to fit on.
    """
    pairs = pairs_apart(scene, 1)
    control = with_appearance(scene, control_pairs(scene, [_CONTROL]))
    if not len(pairs.tails) or not len(control.tails):
        return None
    links = assign(pairs, _excess(scene, pairs) - np.log(2))
    model = moved = chance = None
    for _ in range(rounds + 1):
        if chance is not None:
            links = links[_above_chance(scene, pairs, links, control, chance)]
        if len(links) <= 2 * _NEIGHBOURS:
            return None
        model = _fit(scene, pairs, links, control, moved)
        moved = model.by_motion(scene, pairs, 1)
        links = assign(pairs, moved + pairs.appearance @ model.appearance)
        chance = assign(control, model.odds(scene, control, 1))
    return model


def _log_sum(values: np.ndarray) -> np.ndarray:
    """Logarithm of the sum of the exponentials of each row, (n,): scipy's, but faster."""
    most = values.max(axis=1)
    return np.log(np.exp(values - most[:, None]).sum(axis=1)) + most


def _excess(scene: Scene, pairs: Pairs) -> np.ndarray:
    """By place alone, the log of how many times as often as by chance a move is found, (n,)."""
    control = control_pairs(scene, range(_CONTROL, _CONTROL + _CONTROLS))
    moves = _places(scene, pairs.tails, pairs.heads)
    if len(moves) <= _ALIKE:
        return np.zeros(len(moves))
    # within the reach of the _ALIKE nearest moves, the control has so many, for as many pairs of
    # frames; at least one of all its frames, so that the ratio stays finite
    share = len(pairs.blocks) / len(control.blocks)
    by_chance = _chance_moves(moves, _places(scene, control.tails, control.heads), _ALIKE) * share
    return np.log(_ALIKE / np.maximum(by_chance, share))


def _above_chance(
    scene: Scene, pairs: Pairs, links: np.ndarray, control: Pairs, chance: np.ndarray
) -> np.ndarray:
    """Which links are more likely right than chance, by how many like them the control has."""
    if len(links) <= _NEIGHBOURS or not len(chance):
        return np.ones(len(links), bool)
    linked = _places(scene, pairs.tails[links], pairs.heads[links])
    by_control = _places(scene, control.tails[chance], control.heads[chance])
    by_chance = _chance_moves(linked, by_control, _NEIGHBOURS)
    return by_chance * len(pairs.blocks) / len(control.blocks) < _NEIGHBOURS / 2


def _places(scene: Scene, tails: np.ndarray, heads: np.ndarray) -> np.ndarray:
    """Moves as points (place, move, change of size) of which those alike are near, (n, 5)."""
    a, b = scene.state[tails], scene.state[heads]
    return np.hstack([a[:, :2] / 2, b[:, :2] - a[:, :2], 20 * (b[:, 2:] - a[:, 2:])])


def _chance_moves(moves: np.ndarray, chance: np.ndarray, count: int) -> np.ndarray:
    """How many of `chance` are as near to each move as the `count` nearest of the others, (n,)."""
    reach = cKDTree(moves).query(moves, [count + 1])[0][:, 0]
    return cKDTree(chance, leafsize=32).query_ball_point(moves, reach, return_length=True)


def _fit(
    scene: Scene, pairs: Pairs, links: np.ndarray, control: Pairs, moved: np.ndarray | None
) -> MotionModel:
    """A model from links; `moved`: the log odds by motion that they were found with, if any."""
    tails, heads = pairs.tails[links], pairs.heads[links]
    after = np.full(len(scene.state), -1)
    after[tails] = heads
    continued, begun = (after >= 0).astype(float), np.ones(len(after))
    begun[heads] = 0
    moves = {1: Moves(scene, tails, heads).fit_blur(scene, tails, heads)}
    twice = tails[after[heads] >= 0]  # two links in a row show what a link over two frames is
    if len(twice) > _NEIGHBOURS:
        last = after[after[twice]]
        moves[2] = Moves(scene, twice, last).fit_blur(scene, twice, last)
    spots = Neighbourhood(scene.state[:, :2])
    sure = links if moved is None else _sure(pairs, moved)
    appearance = _fit_appearance(pairs.appearance[sure], control.appearance)
    return MotionModel(moves, spots, _crowd(scene, spots), continued, begun, appearance)


def _sure(pairs: Pairs, odds: np.ndarray) -> np.ndarray:
    """Pairs that motion alone is sure of: appearance is fitted on pairs that it did not choose."""
    chosen = []
    for start, table in pairs.tables(odds):
        best = (table >= table.max(axis=1, keepdims=True)) & (table >= table.max(axis=0))
        chosen.append(start + np.flatnonzero(best & (table > 2)))
    return np.concatenate(chosen)


def _crowd(scene: Scene, spots: Neighbourhood) -> np.ndarray:
    """How many detections a frame there are around each, per px² and unit of log size."""
    count = min(4 * _NEIGHBOURS, len(scene.state))
    far, index = spots.tree.query(scene.state[:, :2], range(1, count + 1))
    sizes = scene.state[index, 2]
    spread = np.maximum(sizes.std(axis=1), 0.1)
    off = (scene.state[:, 2] - sizes.mean(axis=1)) / spread
    # the count nearest lie in a circle; their sizes are taken for normal: density at this size
    by_place = count / (np.pi * np.maximum(far[:, -1], 1.0) ** 2) / len(scene.frames)
    return by_place * np.exp(-(off**2) / 2) / spread / np.sqrt(2 * np.pi)


def _fit_appearance(same: np.ndarray, different: np.ndarray) -> np.ndarray:
    """Logistic regression of pairs of one vehicle against the control's; both kinds count alike."""
    if len(same) < _NEIGHBOURS:
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
