"""The old way to find vehicles: pairs of light and dark rectangles, boosted, in a sliding window.

The three ideas of Viola and Jones are here, small: an integral image gives the sum of any rectangle
from four numbers; AdaBoost chooses the few pairs of rectangles that tell a vehicle from what is
none; and a cascade throws most windows away after the first few. Theirs found faces. This one is
trained in seconds, from frames in which the truth marks the vehicles.

Source: Viola and Jones, "Rapid object detection using a boosted cascade of simple features", CVPR
2001, doi 10.1109/CVPR.2001.990517.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.dataset import BOX, box_iou
from cctview.detect.suppression import non_max_suppression

EARLY = 10
"""How many pairs of rectangles decide whether a window is looked at any further."""

_WIDTH = 24  # px of the window; vehicles past these cameras are about as much wider than high
_HEIGHT = 20
_MARGIN = 1.15  # how much larger than the vehicle the window is
_RECTANGLES = 500  # pairs that are drawn, to choose from
_RULED_OUT_EARLY = 0.02  # share of the training vehicles that the first pairs may rule out
_RULED_OUT = 0.25  # and all pairs together: few places show a vehicle
_ROUNDS = (20, 60, 160)
_LESSONS = 16  # frames on which false detections are sought between two rounds of training
_MISTAKES = 40  # false detections of a frame that are learned from
_SMALLEST = 20  # px, widths of the window in the frame
_LARGEST = 140
_STEP = 1.2
_STRIDE = 3  # px of the window
_SAME_WINDOW = 0.3  # IoU from which two windows show one vehicle
_FLAT = 4.0  # grey levels; a window whose standard deviation is smaller shows nothing


@dataclass(frozen=True)
class BoostedDetector:
    """A detector of one kind of thing, by boosted pairs of rectangles; made by `train_boosted`.

    Attributes
    ----------
    rectangles : ndarray of int, shape (rounds, 2, 4)
        The two rectangles x, y, width, height of each chosen feature: the mean brightness of the
        first minus that of the second, in units of the window's standard deviation.
    thresholds, votes : ndarray, shape (rounds,)
        A window over the threshold gets the vote; one under it loses it.
    early, enough : float
        The least sum of the first `EARLY` votes with which a window is looked at any further, and
        the least share of all votes with which it is reported.
    """

    rectangles: np.ndarray
    thresholds: np.ndarray
    votes: np.ndarray
    early: float
    enough: float

    def detect(self, image: np.ndarray) -> pd.DataFrame:
        """Find vehicles in a frame, (H, W, 3) uint8.

        Columns type ("car"), percent (the share of the votes; no probability), x1, y1, x2, y2; the
        surest first.
        """
        found = [self._at_scale(image, width) for width in _widths(image.shape)]
        boxes, percent = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = non_max_suppression(boxes, percent, _SAME_WINDOW)
        boxes = boxes[kept].clip(0, [image.shape[1], image.shape[0]] * 2)
        return pd.DataFrame(boxes.round().astype(int), columns=BOX).assign(
            type="car", percent=percent[kept]
        )

    def ruled_out(self, image: np.ndarray) -> float:
        """Which share of all windows of a frame the first `EARLY` rectangles rule out."""
        passed = [self._survivors(*_integrals(image, width)) for width in _widths(image.shape)]
        return 1 - np.concatenate(passed).mean()

    def _survivors(self, sums, places, spread):
        limits = self.thresholds[:EARLY] * spread[:, None]
        over = _measure(sums, places, self.rectangles[:EARLY]) > limits
        return (np.where(over, 1, -1) @ self.votes[:EARLY] >= self.early) & (spread > _FLAT)

    def _at_scale(self, image, width):
        sums, places, spread = _integrals(image, width)
        left = self._survivors(sums, places, spread)
        places, spread = places[left], spread[left]
        over = _measure(sums, places, self.rectangles) > self.thresholds * spread[:, None]
        share = (1 + np.where(over, 1, -1) @ self.votes / self.votes.sum()) / 2
        places, share = places[share >= self.enough], share[share >= self.enough]
        scale = width / _WIDTH
        border = (1 - 1 / _MARGIN) / 2
        x = (places[:, 1] + border * _WIDTH) * scale
        y = (places[:, 0] + border * _HEIGHT) * scale
        right, bottom = x + width / _MARGIN, y + width / _MARGIN * _HEIGHT / _WIDTH
        return np.stack([x, y, right, bottom], axis=1), 100 * share


def train_boosted(
    images: list[np.ndarray], boxes: list[np.ndarray], seed: int = 0
) -> BoostedDetector:
    """Train a detector on frames, (H, W, 3) uint8, and the vehicles of each, (n, 4).

    Raises a ValueError if no box is large enough to learn from.
    """
    rng = np.random.default_rng(seed)
    frames = list(zip(images, boxes, strict=True))
    vehicles = [
        _patch(image, window)
        for image, true in frames
        for window in _windows_round(true, image.shape)
    ]
    if not vehicles:
        raise ValueError(
            f"no vehicle at least {_SMALLEST} pixels wide to learn from; give frames that show some"
        )
    vehicles += [patch[:, ::-1] for patch in vehicles]
    others = [
        _patch(image, window)
        for image, true in frames
        for window in _windows_beside(true, image.shape, 12, rng)
    ]
    every = -(-len(frames) // _LESSONS)
    for rounds in _ROUNDS[:-1]:
        detector = _boost(vehicles, others, rng, rounds)
        for image, true in frames[::every]:  # what it falsely takes for a vehicle teaches it most
            found = detector.detect(image)[BOX].to_numpy(float)
            false = found[_shows_none(found, true)]
            others += [_patch(image, _widen(box)) for box in false[:_MISTAKES]]
    return _boost(vehicles, others, rng, _ROUNDS[-1])


def patch_of(image: np.ndarray, box) -> np.ndarray:
    """What the window round a box (x1, y1, x2, y2) shows, in grey, (20, 24) uint8."""
    return _patch(image, _widen(box))


def _draw_rectangles(count, rng):
    """Random pairs of rectangles of one size, side by side or stacked, (count, 2, 4) int."""
    pairs = []
    while len(pairs) < count:
        across = rng.random() < 0.5
        w = rng.integers(2, _WIDTH // (1 + across) + 1)
        h = rng.integers(2, _HEIGHT // (2 - across) + 1)
        x = rng.integers(_WIDTH - w * (1 + across) + 1)
        y = rng.integers(_HEIGHT - h * (2 - across) + 1)
        pairs.append([[x, y, w, h], [x + w * across, y + h * (not across), w, h]])
    return np.array(pairs)


def _measure(sums, places, rectangles):
    """How much brighter each first rectangle is, (windows, pairs), by integral images `sums`."""
    stride = sums.shape[1]
    flat = sums.ravel()
    start = (places[:, 0] * stride + places[:, 1])[:, None]
    total = np.float32(0)
    for sign, (x, y, w, h) in zip((1, -1), rectangles.transpose(1, 2, 0), strict=True):
        low, high = y * stride + x, (y + h) * stride + x
        area = (
            flat.take(start + (high + w))
            - flat.take(start + high)
            - flat.take(start + (low + w))
            + flat.take(start + low)
        )
        total = total + area * (sign / (w * h)).astype(np.float32)
    return total


def _boost(vehicles, others, rng, rounds):
    """Choose pairs of rectangles and thresholds by AdaBoost."""
    patches = np.stack([*vehicles, *others]).astype(float)
    is_vehicle = np.arange(len(patches)) < len(vehicles)
    pairs = _draw_rectangles(_RECTANGLES, rng)
    # An integral image each; together they are one, very high.
    tall = np.zeros((len(patches), _HEIGHT + 1, _WIDTH + 1), np.int32)
    tall[:, 1:, 1:] = patches.cumsum(1).cumsum(2)
    places = np.stack(
        [np.arange(len(patches)) * (_HEIGHT + 1), np.zeros(len(patches), int)], axis=1
    )
    spread = np.maximum(patches.std(axis=(1, 2)), _FLAT)[:, None]
    values = _measure(tall.reshape(-1, _WIDTH + 1), places, pairs) / spread
    values = np.hstack([values, -values])  # turned round, more becomes less
    chosen, thresholds, votes = _adaboost(values, is_vehicle, rounds, rng)
    rectangles = np.concatenate([pairs, pairs[:, ::-1]])[chosen]
    cast = np.where(values[is_vehicle][:, chosen] > thresholds, 1, -1) * votes
    early = np.quantile(cast[:, :EARLY].sum(axis=1), _RULED_OUT_EARLY)
    enough = np.quantile((1 + cast.sum(axis=1) / votes.sum()) / 2, _RULED_OUT)
    return BoostedDetector(rectangles, thresholds, votes, float(early), float(enough))


def _adaboost(values, positive, rounds, rng, tried=200, levels=32):
    """AdaBoost (Freund and Schapire 1997) over questions "is this value over that threshold?".

    Each round takes the question that is least often wrong, out of `tried` columns and `levels`
    quantiles, and then lets those examples count more that it got wrong. Returns the column, the
    threshold and the vote of each question, (rounds,).
    """
    n, m = values.shape
    edges = np.quantile(values[:: max(1, n // 1000)], np.linspace(0, 1, levels + 1)[1:-1], axis=0)
    # How many thresholds lie below each value, (m, n).
    level = np.stack([np.searchsorted(edges[:, k], values[:, k]) for k in range(m)])
    sign = np.where(positive, 1.0, -1.0)
    result = []
    weight = np.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum())
    for _ in range(rounds):
        some = rng.choice(m, min(tried, m), replace=False)
        places = (level[some] + levels * np.arange(len(some))[:, None]).ravel()
        sums = np.bincount(places, np.tile(weight * sign, len(some)), levels * len(some))
        sums = sums.reshape(-1, levels)
        total = sums.sum(axis=1, keepdims=True)
        over = total - sums.cumsum(axis=1)[:, :-1]  # signed weights above each threshold
        row, at = np.unravel_index((2 * over - total).argmax(), over.shape)
        column = some[row]
        answer = np.where(level[column] > at, 1.0, -1.0)
        wrong = np.clip(weight[answer != sign].sum(), 1e-6, 1 - 1e-6)
        vote = np.log((1 - wrong) / wrong) / 2  # AdaBoost's weight of a question
        weight = weight * np.exp(-vote * sign * answer)
        weight /= weight.sum()
        result.append((column, edges[at, column], vote))
    chosen, thresholds, votes = zip(*result, strict=True)
    return np.array(chosen), np.array(thresholds), np.array(votes)


def _widths(shape):
    """The widths of the window, in pixels of the frame."""
    count = int(np.log(min(_LARGEST, shape[1], shape[0]) / _SMALLEST) / np.log(_STEP)) + 1
    return _SMALLEST * _STEP ** np.arange(count)


def _integrals(image, width):
    """Integral image, windows and their spread, for a frame scaled from `width` to `_WIDTH`."""
    import cv2

    scale = _WIDTH / width
    size = max(round(image.shape[1] * scale), _WIDTH), max(round(image.shape[0] * scale), _HEIGHT)
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    sums, squares = cv2.integral2(grey, sdepth=cv2.CV_32S, sqdepth=cv2.CV_64F)
    rows, columns = np.mgrid[
        0 : size[1] - _HEIGHT + 1 : _STRIDE, 0 : size[0] - _WIDTH + 1 : _STRIDE
    ].reshape(2, -1)
    bottom, right = rows + _HEIGHT, columns + _WIDTH

    def mean(table):
        corners = table[bottom, right] - table[bottom, columns] - table[rows, right]
        return (corners + table[rows, columns]) / (_WIDTH * _HEIGHT)

    spread = np.sqrt(np.maximum(mean(squares) - mean(sums) ** 2, 0))
    return sums, np.stack([rows, columns], axis=1), spread


def _widen(box):
    """The window round a vehicle: of the window's shape, and a little larger."""
    x1, y1, x2, y2 = box
    width = _MARGIN * max(x2 - x1, (y2 - y1) * _WIDTH / _HEIGHT)
    height = width * _HEIGHT / _WIDTH
    x, y = (x1 + x2 - width) / 2, (y1 + y2 - height) / 2
    return np.array([x, y, x + width, y + height])


def _windows_round(boxes, shape):
    """The windows round the vehicles that are large enough and whole inside the frame."""
    windows = (_widen(box) for box in np.asarray(boxes, float))
    return [w for w in windows if w[2] - w[0] >= _SMALLEST and _inside(w, shape)]


def _windows_beside(boxes, shape, count, rng):
    """Windows at random that show no vehicle, or less than a third of one."""
    width = np.exp(rng.uniform(np.log(_SMALLEST), np.log(_LARGEST), count))
    height = width * _HEIGHT / _WIDTH
    centres = rng.uniform(0, 1, (2, count)) * [[shape[1]], [shape[0]]]
    x, y = centres - [width / 2, height / 2]
    windows = np.stack([x, y, x + width, y + height], axis=1)
    return [w for w in windows[_shows_none(windows, boxes)] if _inside(w, shape)]


def _shows_none(windows, boxes):
    """Which windows overlap with no box, or by less than 0.3 (IoU), (n,) bool."""
    return (box_iou(windows, boxes) < 0.3).all(axis=1)


def _inside(window, shape):
    return window[0] >= 0 and window[1] >= 0 and window[2] <= shape[1] and window[3] <= shape[0]


def _patch(image, window):
    """A window of a frame in grey, (20, 24) uint8; beyond the frame its edge is repeated."""
    import cv2

    x1, y1, x2, _ = window
    scale = _WIDTH / (x2 - x1)
    move = np.array([[scale, 0, -x1 * scale], [0, scale, -y1 * scale]])
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if scale < 1:
        grey = cv2.blur(grey, (round(1 / scale) | 1,) * 2)
    return cv2.warpAffine(grey, move, (_WIDTH, _HEIGHT), borderMode=cv2.BORDER_REPLICATE)
