"""The old way to find vehicles, after Viola and Jones (2001): light and dark rectangles, chosen by
boosting, in a sliding window.

Their three ideas are here, small: an integral image gives the sum of any rectangle from four
numbers; AdaBoost chooses, out of many pairs of rectangles, the few that tell a vehicle from what is
none; and a cascade throws most windows away after the first few. Theirs found faces. This one
learns in seconds, on one's own processor, from frames in which the truth marks the vehicles. (Viola
and Jones, "Rapid object detection using a boosted cascade of simple features", CVPR 2001, doi
10.1109/CVPR.2001.990517.)
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.dataset.boxes import BOX, box_iou

WIDTH, HEIGHT = 24, 20
"""Pixels of the window; vehicles before these cameras are about as much wider than high."""
MARGIN = 1.15
"""How much larger than the vehicle the window is."""
RECTANGLES, EARLY = 500, 10
PASSED, GIVEN_UP = 0.02, 0.25
"""Which share of the vehicles that it learns from the first questions, and all together, may rule out: few places show one."""
ROUNDS, LESSONS, MISTAKES = (20, 60, 160), 16, 40
SMALLEST, LARGEST, STEP, STRIDE = 20, 140, 1.2, 3
SAME_OBJECT = 0.3
_FLAT = 4.0  # grey levels; a window whose standard deviation is smaller shows nothing


@dataclass(frozen=True)
class BoostedDetector:
    """A detector of one kind of thing, by boosted pairs of rectangles; made by `train_boosted`.

    Attributes
    ----------
    rectangles : ndarray of int, shape (rounds, 2, 4)
        Of each chosen feature the two rectangles x, y, width, height in the window; what is
        measured is the mean brightness of the first minus that of the second, in units of the
        window's standard deviation.
    thresholds, votes : ndarray, shape (rounds,)
        A window that measures more than the threshold gets the vote, one that measures less loses
        it.
    early : float
        The least sum of the first `EARLY` votes with which a window is looked at any further.
    enough : float
        The least share of all votes with which it is reported.
    """

    rectangles: np.ndarray
    thresholds: np.ndarray
    votes: np.ndarray
    early: float
    enough: float

    def detect(self, image):
        """Find vehicles in a frame.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3)

        Returns
        -------
        DataFrame
            Columns type ("car"), percent (the share of the votes; no probability), x1, y1, x2, y2;
            the surest first.
        """
        from cctview.detect.detector import keep_strongest

        found = [self._at_scale(image, width) for width in _widths(image.shape)]
        boxes, percent = (np.concatenate(parts) for parts in zip(*found))
        kept = keep_strongest(boxes, percent, SAME_OBJECT)
        boxes = boxes[kept].clip(0, [image.shape[1], image.shape[0]] * 2)
        return pd.DataFrame(boxes.round().astype(int), columns=BOX).assign(
            type="car", percent=percent[kept]
        )

    def ruled_out(self, image):
        """Which share of all windows of a frame the first `EARLY` rectangles rule out."""
        passed = [self._survivors(*_integrals(image, width)) for width in _widths(image.shape)]
        return 1 - np.concatenate(passed).mean()

    def _survivors(self, sums, places, spread):
        some = slice(0, EARLY)
        seen = (
            measure(sums, places, self.rectangles[some]) > self.thresholds[some] * spread[:, None]
        )
        return (np.where(seen, 1, -1) @ self.votes[some] >= self.early) & (spread > _FLAT)

    def _at_scale(self, image, width):
        sums, places, spread = _integrals(image, width)
        left = self._survivors(sums, places, spread)
        places, spread = places[left], spread[left]
        seen = measure(sums, places, self.rectangles) > self.thresholds * spread[:, None]
        share = (1 + np.where(seen, 1, -1) @ self.votes / self.votes.sum()) / 2
        places, share = places[share >= self.enough], share[share >= self.enough]
        scale, inner = width / WIDTH, (1 - 1 / MARGIN) / 2
        x, y = (places[:, 1] + inner * WIDTH) * scale, (places[:, 0] + inner * HEIGHT) * scale
        boxes = np.stack([x, y, x + width / MARGIN, y + width / MARGIN * HEIGHT / WIDTH], axis=1)
        return boxes, 100 * share


def train_boosted(images, boxes, seed=0):
    """Train a detector on frames.

    Parameters
    ----------
    images : list of ndarray of uint8, shape (H, W, 3)
    boxes : list of array_like, shape (n, 4)
        The vehicles of each frame, x1, y1, x2, y2.
    seed : int

    Returns
    -------
    BoostedDetector

    Raises
    ------
    ValueError
        If no box is large enough to learn from.
    """
    rng, frames = np.random.default_rng(seed), list(zip(images, boxes, strict=True))
    vehicles = [
        _patch(image, window) for image, of in frames for window in _windows_round(of, image.shape)
    ]
    if not vehicles:
        raise ValueError(
            f"no vehicle at least {SMALLEST} pixels wide to learn from; give frames that show some"
        )
    vehicles += [patch[:, ::-1] for patch in vehicles]
    others = [
        _patch(image, window)
        for image, of in frames
        for window in _windows_beside(of, image.shape, 12, rng)
    ]
    for rounds in ROUNDS[:-1]:
        learning = _boost(vehicles, others, rng, rounds)
        for image, of in frames[
            :: -(-len(frames) // LESSONS)
        ]:  # what it falsely takes for a vehicle teaches it most
            found = learning.detect(image)[BOX].to_numpy(float)
            false = found[(box_iou(found, of) < 0.3).all(axis=1)] if len(of) else found
            others += [_patch(image, _widen(box)) for box in false[:MISTAKES]]
    return _boost(vehicles, others, rng, ROUNDS[-1])


def patch_of(image, box):
    """What a detector's window shows of a vehicle: its surroundings in grey, (HEIGHT, WIDTH) uint8;
    `box` is x1, y1, x2, y2.
    """
    return _patch(image, _widen(box))


def draw_rectangles(count, rng):
    """Pairs of rectangles at random, side by side or one above the other, of one size; (count, 2,
    4) int.
    """
    pairs = []
    while len(pairs) < count:
        across = rng.random() < 0.5
        w, h = (
            rng.integers(2, WIDTH // (1 + across) + 1),
            rng.integers(2, HEIGHT // (2 - across) + 1),
        )
        x, y = (
            rng.integers(WIDTH - w * (1 + across) + 1),
            rng.integers(HEIGHT - h * (2 - across) + 1),
        )
        pairs.append([[x, y, w, h], [x + w * across, y + h * (not across), w, h]])
    return np.array(pairs)


def measure(sums, places, rectangles):
    """How much brighter the first rectangle of each pair is than the second, on the average, in
    windows of an integral image.

    Parameters
    ----------
    sums : ndarray of int32, shape (H + 1, W + 1)
        The integral image: at each place the sum of all pixels above and left of it.
    places : ndarray of int, shape (n, 2)
        Row and column of each window's corner.
    rectangles : ndarray of int, shape (m, 2, 4)

    Returns
    -------
    ndarray, shape (n, m)
        Grey levels.
    """
    stride = sums.shape[1]
    flat, start = sums.ravel(), (places[:, 0] * stride + places[:, 1])[:, None]
    total = np.float32(0)
    for sign, (x, y, w, h) in zip((1, -1), rectangles.transpose(1, 2, 0)):
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
    pairs = draw_rectangles(RECTANGLES, rng)
    tall = np.zeros(
        (len(patches), HEIGHT + 1, WIDTH + 1), np.int32
    )  # an integral image each; together they are one, very high
    tall[:, 1:, 1:] = patches.cumsum(1).cumsum(2)
    places = np.stack([np.arange(len(patches)) * (HEIGHT + 1), np.zeros(len(patches), int)], axis=1)
    values = (
        measure(tall.reshape(-1, WIDTH + 1), places, pairs)
        / np.maximum(patches.std(axis=(1, 2)), _FLAT)[:, None]
    )
    chosen, thresholds, votes = adaboost(np.hstack([values, -values]), is_vehicle, rounds, rng)
    rectangles = np.concatenate([pairs, pairs[:, ::-1]])[chosen]  # turned round, more becomes less
    said = np.where(np.hstack([values, -values])[is_vehicle][:, chosen] > thresholds, 1, -1) * votes
    share = (1 + said.sum(axis=1) / votes.sum()) / 2
    early, enough = np.quantile(said[:, :EARLY].sum(axis=1), PASSED), np.quantile(share, GIVEN_UP)
    return BoostedDetector(rectangles, thresholds, votes, float(early), float(enough))


def adaboost(values, positive, rounds, rng, tried=200, levels=32):
    """AdaBoost (Freund and Schapire 1997) over questions "is this value over that threshold?".

    Each round takes the question that is least often wrong, and then lets those examples count more
    that it got wrong.

    Parameters
    ----------
    values : ndarray, shape (n, m)
    positive : ndarray of bool, shape (n,)
    rounds : int
    rng : numpy.random.Generator
    tried : int
        Columns that are tried in a round, drawn at random.
    levels : int
        Thresholds that are tried, at quantiles.

    Returns
    -------
    chosen : ndarray of int, shape (rounds,)
        The column of each question.
    thresholds, votes : ndarray, shape (rounds,)
        A value over the threshold speaks for the positive, with this weight.
    """
    n, m = values.shape
    edges = np.quantile(values[:: max(1, n // 1000)], np.linspace(0, 1, levels + 1)[1:-1], axis=0)
    level = np.stack(
        [np.searchsorted(edges[:, k], values[:, k]) for k in range(m)]
    )  # how many thresholds lie below, (m, n)
    sign, result = np.where(positive, 1.0, -1.0), []
    weight = np.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum())
    for _ in range(rounds):
        some = rng.choice(m, min(tried, m), replace=False)
        places = (level[some] + levels * np.arange(len(some))[:, None]).ravel()
        sums = np.bincount(places, np.tile(weight * sign, len(some)), levels * len(some)).reshape(
            -1, levels
        )
        over = (
            sums.sum(axis=1, keepdims=True) - sums.cumsum(axis=1)[:, :-1]
        )  # of the signed weights above each threshold
        row, at = np.unravel_index(
            (2 * over - sums.sum(axis=1, keepdims=True)).argmax(), over.shape
        )
        column = some[row]
        said = np.where(level[column] > at, 1.0, -1.0)
        wrong = np.clip(weight[said != sign].sum(), 1e-6, 1 - 1e-6)
        vote = np.log((1 - wrong) / wrong) / 2
        weight = weight * np.exp(-vote * sign * said)
        weight /= weight.sum()
        result.append((column, edges[at, column], vote))
    chosen, thresholds, votes = zip(*result)
    return np.array(chosen), np.array(thresholds), np.array(votes)


def _widths(shape):
    """The widths of the window, in pixels of the frame."""
    count = int(np.log(min(LARGEST, shape[1], shape[0]) / SMALLEST) / np.log(STEP)) + 1
    return SMALLEST * STEP ** np.arange(count)


def _integrals(image, width):
    """The integral image of a frame scaled so that a window of this width has WIDTH pixels; the
    windows; their spread.
    """
    import cv2

    scale = WIDTH / width
    size = max(round(image.shape[1] * scale), WIDTH), max(round(image.shape[0] * scale), HEIGHT)
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    sums, squares = cv2.integral2(grey, sdepth=cv2.CV_32S, sqdepth=cv2.CV_64F)
    rows, columns = np.mgrid[
        0 : size[1] - HEIGHT + 1 : STRIDE, 0 : size[0] - WIDTH + 1 : STRIDE
    ].reshape(2, -1)
    places, whole = np.stack([rows, columns], axis=1), WIDTH * HEIGHT

    def total(of):
        return (
            of[rows + HEIGHT, columns + WIDTH]
            - of[rows + HEIGHT, columns]
            - of[rows, columns + WIDTH]
            + of[rows, columns]
        )

    spread = np.sqrt(np.maximum(total(squares) / whole - (total(sums) / whole) ** 2, 0))
    return sums, places, spread


def _widen(box):
    """The window round a vehicle: of the window's shape, and a little larger."""
    x1, y1, x2, y2 = box
    width = MARGIN * max(x2 - x1, (y2 - y1) * WIDTH / HEIGHT)
    height = width * HEIGHT / WIDTH
    x, y = (x1 + x2 - width) / 2, (y1 + y2 - height) / 2
    return np.array([x, y, x + width, y + height])


def _windows_round(boxes, shape):
    """The windows round the vehicles that are large enough and whole inside the frame."""
    windows = [_widen(box) for box in np.asarray(boxes, float)]
    return [w for w in windows if w[2] - w[0] >= SMALLEST and _inside(w, shape)]


def _windows_beside(boxes, shape, count, rng):
    """Windows at random that show no vehicle, or less than a third of one."""
    width = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST), count))
    x, y = rng.uniform(0, 1, (2, count)) * [[shape[1]], [shape[0]]] - [
        width / 2,
        width * HEIGHT / WIDTH / 2,
    ]
    windows = np.stack([x, y, x + width, y + width * HEIGHT / WIDTH], axis=1)
    free = (box_iou(windows, boxes) < 0.3).all(axis=1) if len(boxes) else np.ones(count, bool)
    return [w for w, ok in zip(windows, free) if ok and _inside(w, shape)]


def _inside(window, shape):
    return window[0] >= 0 and window[1] >= 0 and window[2] <= shape[1] and window[3] <= shape[0]


def _patch(image, window):
    """A window of a frame in grey, (HEIGHT, WIDTH) uint8; what lies beyond the frame's edge is
    repeated from it.
    """
    import cv2

    x1, y1, x2, y2 = window
    scale = WIDTH / (x2 - x1)
    move = np.array([[scale, 0, -x1 * scale], [0, scale, -y1 * scale]])
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if scale < 1:
        grey = cv2.blur(grey, (round(1 / scale) | 1,) * 2)
    return cv2.warpAffine(grey, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
