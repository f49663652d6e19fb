"""Where vehicles drive from camera to camera, told by pairs that look alike: no labels are needed.

Vehicles that look alike are seen at every lag; one vehicle is seen at the lags that it takes to
drive there. So where alike pairs are more than chance at some lag, vehicles drive.
"""

from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d

from cctview.dataset import driving_order
from cctview.link.travel_times import WAYS, Leg

WITHIN = 300
"""The longest drive between two cameras that is looked for, in seconds."""
_ALIKE = 0.02  # of the pairs of a tracklet, those that count as alike
_BLURS = (2.0, 6.0)  # s: how far lags of one drive lie apart, up to and from 80 s on
_CLEAR = 5.0  # standard deviations by which alike pairs must exceed chance: 600 lags are looked at
_MOST = 2000  # tracklets of a camera, to look for excess in: 20 minutes of a busy road


def find_legs(table: pd.DataFrame, features: np.ndarray) -> dict[Leg, float]:
    """The usual lag, in seconds, between each two cameras that follow on each other on a way."""
    rows = {camera: of[:_MOST] for camera, of in table.groupby("camera").indices.items()}
    cameras, seconds = driving_order(rows), table["seconds"].to_numpy(float)
    excess = {}
    for a, b in combinations(cameras, 2):
        alike = features[rows[a]] @ features[rows[b]].T
        excess[a, b] = _excess(alike, seconds[rows[b]] - seconds[rows[a]][:, None])
        excess[b, a] = excess[a, b][::-1]
    there = _timetable(excess, cameras, {})
    back = _timetable(excess, cameras, there) if there else {}
    on_road = [camera for camera in cameras if camera in there]
    downhill = [there[a] < there[b] for a, b in pairwise(on_road)]
    ways = (there, back) if np.mean(downhill or [True]) >= 0.5 else (back, there)
    legs = {}
    for way, places in zip(WAYS, ways, strict=True):
        for a, b in pairwise(sorted(places, key=lambda camera: places[camera])):
            legs[way, a, b] = max(places[b] - places[a], 1.0)
    return legs


def _excess(alike: np.ndarray, lag: np.ndarray) -> np.ndarray:
    """By how many standard deviations alike pairs exceed chance, at each lag in whole seconds from
    -`WITHIN` to `WITHIN`.

    Parameters
    ----------
    alike : ndarray, shape (n, m)
        Cosines.
    lag : ndarray, shape (n, m)
        In seconds.
    """
    near = np.abs(lag) <= WITHIN
    result = np.zeros(2 * WITHIN + 1)
    if not near.any():
        return result
    alike, chosen = np.where(near, alike, -np.inf), near.copy()
    for axis in (0, 1):  # each must be among the most alike of the other
        count = np.maximum(1, np.ceil(_ALIKE * near.sum(axis=axis, keepdims=True))).astype(int)
        least = np.take_along_axis(np.sort(alike, axis=axis), alike.shape[axis] - count, axis=axis)
        chosen &= alike >= least
    edges = np.arange(-WITHIN, WITHIN + 2) - 0.5
    found = np.histogram(lag[chosen], edges)[0].astype(float)
    every = np.histogram(lag[near], edges)[0] * (chosen.sum() / near.sum())
    far = np.abs(np.arange(-WITHIN, WITHIN + 1)) >= 80
    for blur, at in zip(_BLURS, (~far, far), strict=True):
        # Both with nothing beyond the ends: a blur that mirrors one of them makes links there that
        # are none. A sum of independent pairs, each spread like a Gaussian, varies by this much.
        many, chance = (gaussian_filter1d(x, blur, mode="constant") for x in (found, every))
        deviation = np.sqrt(np.maximum(chance, 1.0) / (2 * np.sqrt(np.pi) * blur))
        result[at] = ((many - chance) / deviation)[at]
    return result


def _timetable(
    excess: dict[tuple[str, str], np.ndarray], cameras: list[str], back: dict[str, float]
) -> dict[str, float]:
    """When a vehicle is at each camera, in seconds from the first; only those that excess joins.

    With `back`, the timetable of one way, that of the other: its lags have the other sign.
    """
    lags, scores = np.arange(-WITHIN, WITHIN + 1), {}
    for (a, b), score in excess.items():
        sign = np.sign(back.get(a, np.nan) - back.get(b, np.nan))
        scores[a, b] = np.where(np.isnan(sign) | (np.sign(lags) == sign), score, -_CLEAR)
    (a, b), best = max(scores.items(), key=lambda item: item[1].max())
    if best.max() < _CLEAR:
        return {}
    places = {a: 0.0, b: float(lags[best.argmax()])}
    reach = np.arange(-len(cameras) * WITHIN, len(cameras) * WITHIN + 1)
    while left := set(cameras) - set(places):
        totals = {camera: np.zeros(len(reach)) for camera in left}
        for camera, (known, at) in product(left, places.items()):
            step = np.clip(reach - round(at), -WITHIN - 1, WITHIN + 1) + WITHIN + 1
            totals[camera] += np.pad(np.maximum(scores[known, camera], -_CLEAR), 1)[step]
        camera, total = max(totals.items(), key=lambda item: item[1].max())
        if total.max() < _CLEAR:
            break
        places[camera] = float(reach[total.argmax()])
    start = min(places.values())
    return {camera: at - start for camera, at in places.items()}
