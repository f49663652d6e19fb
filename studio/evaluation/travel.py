"""From camera to camera: which tracks can be one vehicle, by travel time, direction and lane.

All three are fitted from the tracks themselves. Pairs of tracks of two cameras are mostly not one
vehicle, but those that are have something in common: about the same time lies between them, and
they keep to corresponding lanes (and so to one direction). The same pairs after one camera's clock
has been shifted, so that nobody can be on both sides, show how often such a pair comes about by
chance. What exceeds chance is travel. Learning begins with all pairs, and goes on with those that
are each other's best by appearance and by what was fitted.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from cctview.match import cosine_distances

SHIFTS = 8  # control searches, each with another shift of the clock
ROUNDS = 5  # of linking and learning again
LANES = 20  # cells across a road
LANE_BLUR = 1.0  # cells
LAG_BLURS = (1.5, 3.0, 6.0, 12.0)  # candidates for the blur of the travel time, s
BEGIN_LAG_BLUR, BEGIN_LANE_BLUR = 4.0, 2.0  # s and cells, when learning begins
SURE = 3  # standard deviations by which all pairs must exceed chance, when learning begins
DOUBT = (
    2  # an excess over chance must be as high as that of so many links in one place to be even odds
)
FEWEST = 50  # tracks of a camera, and links of two, that are worth learning from
UNLIKELY = 0.02  # the least probability that linking reckons with


@dataclass(frozen=True)
class TravelModel:
    """How vehicles get from one camera to another, as far as the tracks tell.

    Attributes
    ----------
    table : ndarray, shape (lags, LANES, LANES)
        Probability that a link is more than chance, by lag in whole seconds from ``-within``, and
        by the lane at the first and at the second camera.
    within : int
        The longest lag, s.
    links : DataFrame
        What it was fitted from: columns `lag` (s; negative against the order of the cameras),
        `lane_a`, `lane_b` (place across the road, 0 to 1) and `probability`.
    """

    table: np.ndarray
    within: int
    links: pd.DataFrame

    def probability(self, a, b):
        """Probability that a link between each track of `a` and each of `b` is more than chance.

        Parameters
        ----------
        a, b : DataFrame
            Tracks as `describe_tracks` gives them, of the first and of the second camera.

        Returns
        -------
        ndarray, shape (n, m), float
            0 for lags longer than `within`.
        """
        lag = b["seconds"].to_numpy()[None] - a["seconds"].to_numpy()[:, None]
        cells = _cells(lag, a["lane"].to_numpy()[:, None], b["lane"].to_numpy()[None], self.within)
        return np.where(np.abs(lag) <= self.within, self.table[cells], 0.0)

    def window(self, share=0.9):
        """The shortest and longest lag, in seconds, that hold this share of the believed links."""
        believed = self.links.loc[self.links["probability"] > 0.5, "lag"]
        tail = (1 - share) / 2
        return (
            tuple(float(x) for x in believed.quantile([tail, 1 - tail]))
            if len(believed)
            else (np.nan, np.nan)
        )


def learn_travel(a, a_looks, b, b_looks, within=240):
    """Learn how vehicles get from camera a to camera b (or the other way).

    Parameters
    ----------
    a, b : DataFrame
        Tracks of the two cameras, rows of `describe_tracks`.
    a_looks, b_looks : array_like, shape (n, d) and (m, d)
        Their features, from the same.
    within : int
        The longest travel time that is looked for, in seconds.

    Returns
    -------
    TravelModel or None
        None if the tracks show no travel between the two: too few of them, or nothing beyond
        chance.

    Raises
    ------
    ValueError
        If tracks and features do not belong together.
    """
    if len(a) != len(a_looks) or len(b) != len(b_looks):
        raise ValueError("tracks and features must belong together row by row")
    if min(len(a), len(b)) < FEWEST:
        return None
    alike = -cosine_distances(a_looks, b_looks)
    alike /= alike.std()
    begin, span = b["seconds"].min(), np.ptp(b["seconds"]) + 1
    shifts = np.linspace(0, 1, SHIFTS + 2)[1:-1] * span
    clocks = [
        b,
        *(b.assign(seconds=begin + (b["seconds"] - begin + shift) % span) for shift in shifts),
    ]
    model = None
    for _ in range(ROUNDS):
        links, *chance = (_links(a, clock, alike, model, within) for clock in clocks)
        if len(links) < FEWEST:
            return None
        model = (_begin if model is None else _learn)(links, np.concatenate(chance), within)
    return model if (model.links["probability"] > 0.5).sum() >= FEWEST / 2 else None


def _begin(pairs, chance, within):
    """A first model from all pairs: what exceeds chance by more than chance itself varies."""
    cells, counts, by_chance = _count(pairs, chance, within)
    found, expected, peak = _smooth(
        counts, by_chance, (BEGIN_LAG_BLUR, BEGIN_LANE_BLUR, BEGIN_LANE_BLUR)
    )
    deviation = np.sqrt(
        expected * peak / 2**1.5
    )  # of a sum of independent pairs, each spread like a Gaussian
    table = np.maximum(found - expected - SURE * deviation, 0) / (found + DOUBT * peak)
    return TravelModel(
        table,
        within,
        pd.DataFrame(pairs, columns=["lag", "lane_a", "lane_b"]).assign(probability=table[cells]),
    )


def _count(links, chance, within):
    """The cell of each link, and how many links, and links by chance, each cell holds."""
    counts, by_chance = np.zeros((2, 2 * within + 1, LANES, LANES))
    cells = _cells(*links.T, within)
    np.add.at(counts, cells, 1.0)
    np.add.at(by_chance, _cells(*chance.T, within), 1.0 / SHIFTS)
    return cells, counts, by_chance


def _smooth(counts, by_chance, blur):
    """Both tables blurred, and how high a single link then is."""
    one = np.zeros(counts.shape)
    one[tuple(n // 2 for n in counts.shape)] = 1.0
    found, expected = (
        gaussian_filter(counts, blur),
        gaussian_filter(by_chance, blur, mode="constant"),
    )
    return found, expected, gaussian_filter(one, blur).max()


def _learn(links, chance, within):
    """A model from the links, and those of the control, as arrays of lag and lanes, (n, 3) and (m,
    3).
    """
    cells, counts, by_chance = _count(links, chance, within)
    fits = {}
    for lag_blur in LAG_BLURS:
        found, expected, peak = _smooth(counts, by_chance, (lag_blur, LANE_BLUR, LANE_BLUR))
        others = np.maximum(found[cells] - peak, 1e-3 * peak)  # without the link itself
        fits[lag_blur] = (np.log(others).mean(), found, expected, peak)
    _, found, expected, peak = max(fits.values(), key=lambda fit: fit[0])
    table = np.maximum(found - expected, 0) / (found + DOUBT * peak)
    own = np.maximum(found[cells] - peak - expected[cells], 0) / (
        found[cells] - peak + DOUBT * peak
    )
    return TravelModel(
        table,
        within,
        pd.DataFrame(links, columns=["lag", "lane_a", "lane_b"]).assign(probability=own),
    )


def filter_by_travel(distances, probability, least=0.1):
    """Rule out the pairs that travel time, direction and lane speak against.

    Parameters
    ----------
    distances : array_like, shape (n, m)
        Between tracks of two cameras.
    probability : array_like, shape (n, m)
        From `TravelModel.probability`.
    least : float

    Returns
    -------
    ndarray, shape (n, m)
        The distances; infinite where the probability is below `least`.

    Examples
    --------
    >>> filter_by_travel([[1.0, 2.0]], [[0.0, 0.7]])
    array([[inf,  2.]])
    """
    return np.where(np.asarray(probability) < least, np.inf, distances)


def _links(a, b, alike, model, within):
    """Lag and lanes of the pairs that are each other's best, by features and by the model so far,
    (k, 3).

    Before there is a model, of all pairs: features alone would find too few of the right ones.
    """
    lag = b["seconds"].to_numpy()[None] - a["seconds"].to_numpy()[:, None]
    if model is None:
        rows, columns = np.nonzero(np.abs(lag) <= within)
    else:
        score = alike + np.log(np.maximum(model.probability(a, b), UNLIKELY))
        score = np.where(np.abs(lag) <= within, score, -np.inf)
        best = score.argmax(axis=1)
        rows = np.flatnonzero(
            (score.argmax(axis=0)[best] == np.arange(len(a))) & np.isfinite(score.max(axis=1))
        )
        columns = best[rows]
    return np.stack(
        [lag[rows, columns], a["lane"].to_numpy()[rows], b["lane"].to_numpy()[columns]], axis=1
    )


def _cells(lag, lane_a, lane_b, within):
    """Where pairs belong in the table."""
    lag = np.clip(np.rint(lag).astype(int) + within, 0, 2 * within)
    lanes = (np.clip((lane * LANES).astype(int), 0, LANES - 1) for lane in (lane_a, lane_b))
    return tuple(np.broadcast_arrays(lag, *lanes))
