"""How vehicles drive one way past the cameras, and how often a camera's tracker notices them.

Drivers keep their speed, so what a vehicle took to one camera tells when it comes to the next: the
passing times of one vehicle are jointly normal, and so are its lanes. Overtaking is no evidence of
its own: in a fourth to two fifths of neighbours on the simulated road one has overtaken the other
by the next camera.
"""

from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import expit, gammaln
from scipy.stats import norm

_DIFFUSE = 1e4  # s²: anybody comes at any time to the first camera
_FEWEST = 8  # vehicles at two cameras, to fit how long they take from one to the other
_PSEUDO = 15  # vehicles that speak against a correlation of lanes
_CLOCK = 0.4  # s; how exactly a passing time is usually measured
_SPEED = 0.06  # how much drivers' speeds usually differ, as a share
_HEAVY = 6.0  # degrees of freedom of passing times: a few drivers take far longer
_FADES = 60.0  # s; over which a driver's speed usually changes


@dataclass(frozen=True)
class Way:
    """One carriageway.

    Attributes
    ----------
    cameras : tuple of str
        In the order in which they are passed.
    times : ndarray, shape (c,)
        Usual passing times after the first camera, s.
    spread, lanes : ndarray, shape (c, c)
        Covariance of a vehicle's passing times, s², and correlation of its lanes.
    noticed : ndarray, shape (c,)
        How often a vehicle that passes a camera becomes a tracklet there.
    goes_on : ndarray, shape (c - 1,)
        How often a vehicle that passes a camera drives on to the next.
    enters : ndarray, shape (c,)
        Vehicles per second that this camera is the first to see.
    """

    cameras: tuple[str, ...]
    times: np.ndarray
    spread: np.ndarray
    lanes: np.ndarray
    noticed: np.ndarray
    goes_on: np.ndarray
    enters: np.ndarray
    _known: dict[tuple[str, int, int], tuple[np.ndarray, float]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def predict(self, what: str, cameras: int, target: int) -> tuple[np.ndarray, float]:
        """Weights of a vehicle's deviations at some cameras, (c,), that predict its deviation at
        another, and the variance left; `what` is "spread" or "lanes", `cameras` a bit for each.
        """
        key = (what, cameras, target)
        if key not in self._known:
            matrix = getattr(self, what)
            at = [k for k in range(len(self.cameras)) if cameras >> k & 1]
            weights = np.zeros(len(self.cameras))
            weights[at] = np.linalg.solve(matrix[np.ix_(at, at)], matrix[at, target])
            left = matrix[target, target] - weights @ matrix[:, target]
            self._known[key] = weights, max(float(left), 0.2)
        return self._known[key]

    def recorded(
        self, place: np.ndarray, seconds: np.ndarray, span: tuple[float, float]
    ) -> np.ndarray:
        """How probably a vehicle seen at the camera of number `place`, (n,), passes each camera
        while it is recorded, (n, c).
        """
        due = (seconds - self.times[place])[:, None] + self.times
        own = np.diag(self.spread)
        off = np.sqrt(np.maximum(own + own[place, None] - 2 * self.spread[place], 0.5))
        inside: np.ndarray = norm.cdf((due - span[0]) / off) * norm.cdf((span[1] - due) / off)
        return inside


def lane_scores(lane: np.ndarray, camera: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Where in its carriageway each tracklet drives, as a standard normal deviate, (n,).

    `share` is how probably each is on this way; its lane is ranked among those of its camera.
    """
    scores = np.zeros(len(lane))
    for rows in pd.Series(camera).groupby(camera).indices.values():
        order = rows[np.argsort(lane[rows], kind="stable")]
        below = np.cumsum(share[order]) - share[order] / 2
        scores[order] = norm.ppf(np.clip(below / max(share[rows].sum(), 1e-9), 0.01, 0.99))
    return scores


def log_time(late: np.ndarray, off: np.ndarray, odd: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Log density of one more passing time, of those that are jointly Student's t.

    Given k others whose squared deviations sum to `odd`, it is Student's t itself, with k more
    degrees of freedom and the variance times (v + odd) / (v + k).
    """
    others = seen - 1
    free = _HEAVY + others
    off = off * (_HEAVY + odd) / free
    height = gammaln((free + 1) / 2) - gammaln(free / 2) - 0.5 * np.log(np.pi * free * off)
    density: np.ndarray = height - (free + 1) / 2 * np.log1p(late / (free * off))
    return density


def fit_way(table: pd.DataFrame, share: np.ndarray, span: tuple[float, float]) -> Way | None:
    """Fit one way; None if fewer than two cameras share enough vehicles.

    Parameters
    ----------
    table : DataFrame
        Tracklets, with `vehicle`: -1 where it is not known, or drives another way.
    share : ndarray, shape (n,)
        How probably each of them is on this way.
    span : (float, float)
        Beginning and end of the recording, in seconds.
    """
    table = table.assign(
        score=lane_scores(table["lane"].to_numpy(), table["camera"].to_numpy(), share)
    )
    known = table[table["vehicle"] >= 0].groupby(["vehicle", "camera"])[["seconds", "score"]]
    seconds, score = (known.mean()[name].unstack() for name in ("seconds", "score"))
    lags = _lags(seconds)
    cameras = _timetable(lags)
    if len(cameras) < 2:
        return None
    seconds, times = seconds[cameras.index].dropna(how="all"), cameras.to_numpy()
    spread = _fit_spread(lags, cameras)
    noticed, goes_on, enters = _fit_presence(seconds, times, span)
    return Way(
        tuple(cameras.index),
        times,
        spread,
        _correlation(score[cameras.index]),
        noticed,
        goes_on,
        enters,
    )


def _lags(seconds: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float, int]]:
    """Median, variance (of all but the odd) and number of the lags between each two cameras."""
    lags = {}
    for a, b in combinations(seconds.columns, 2):
        lag = (seconds[b] - seconds[a]).dropna().to_numpy()
        if len(lag) >= _FEWEST:
            off = np.abs(lag - np.median(lag))
            usual = 1.4826 * np.median(off)
            variance = np.mean(np.minimum(off, 4 * usual + 1) ** 2)
            lags[a, b] = float(np.median(lag)), max(float(variance), 0.3), len(lag)
    return lags


def _timetable(lags: dict[tuple[str, str], tuple[float, float, int]]) -> pd.Series:
    """Usual passing time at each camera, by camera in driving order; least squares over pairs."""
    names = sorted({camera for pair in lags for camera in pair})
    rows, wanted = [], []
    for (a, b), (lag, variance, number) in lags.items():
        weight = np.sqrt(number / variance)
        rows.append([weight * ((name == b) - (name == a)) for name in names])
        wanted.append(weight * lag)
    if not names:
        return pd.Series(dtype=float)
    times = pd.Series(np.linalg.lstsq(np.array(rows), np.array(wanted))[0], names).sort_values()
    return times - times.iloc[0]


def _fit_spread(
    lags: dict[tuple[str, str], tuple[float, float, int]], cameras: pd.Series
) -> np.ndarray:
    """Covariance of passing times that fits the variances of lags best, (c, c).

    A driver is faster than others by a share; part of that stays, the rest fades over the minutes,
    and each camera measures with an error of its own.
    """
    from scipy.optimize import least_squares

    place = {name: k for k, name in enumerate(cameras.index)}
    pairs = [(place[a], place[b], *values[1:]) for (a, b), values in lags.items()]
    first, second, variance, number = (np.array(column) for column in zip(*pairs, strict=True))
    legs = np.diff(cameras.to_numpy())
    middle = cameras.to_numpy()[:-1] + legs / 2
    apart = np.abs(middle[:, None] - middle)
    passed = np.tril(np.ones((len(cameras), len(legs))), -1)
    usual = np.concatenate([np.log([_SPEED, _FADES]), [0.0], np.full(len(cameras), np.log(_CLOCK))])
    width = np.concatenate([[0.5, 1.0, 2.0], np.full(len(cameras), 0.5)])

    def covariance(x: np.ndarray) -> np.ndarray:
        stays = expit(x[2])
        alike = stays + (1 - stays) * np.exp(-apart / np.exp(x[1]))
        speeds = np.exp(2 * x[0]) * np.outer(legs, legs) * alike
        return passed @ speeds @ passed.T + np.diag(np.exp(2 * x[3:]))

    def misfit(x: np.ndarray) -> np.ndarray:
        spread = covariance(x)
        fitted = spread[first, first] + spread[second, second] - 2 * spread[first, second]
        # the logarithm of a variance of n values has a variance of about 2 / n
        off = np.log(fitted / variance) * np.sqrt(number / 2)
        return np.concatenate([off, (x - usual) / width])

    return covariance(least_squares(misfit, usual).x) + _DIFFUSE


def _correlation(score: pd.DataFrame) -> np.ndarray:
    """Correlation of vehicles' lanes at each two cameras, nearer to 0 where few were seen."""
    there = score.notna().to_numpy(float)
    number = there.T @ there
    matrix = score.corr(min_periods=3).fillna(0).to_numpy() * number / (number + _PSEUDO)
    np.fill_diagonal(matrix, 1.0)
    values, axes = np.linalg.eigh(matrix)
    matrix = (axes * np.maximum(values, 0.1)) @ axes.T
    scale = np.sqrt(np.diag(matrix))
    correlation: np.ndarray = matrix / np.outer(scale, scale)
    return correlation


def _fit_presence(
    seconds: pd.DataFrame, times: np.ndarray, span: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`noticed`, `goes_on` and `enters` under which what cameras saw of vehicles is most probable.

    Those count whose whole drive was recorded; a weak prior stands in for what nobody shows.
    """
    from scipy.optimize import minimize

    count = len(times)
    start = (seconds.to_numpy() - times).copy()
    start = np.nanmean(start, axis=1)
    margin = 0.03 * times[-1] + 2
    whole = (start > span[0] + margin) & (start + times[-1] < span[1] - margin)
    recorded = span[1] - span[0] - times[-1] - 2 * margin
    if recorded < 60 or whole.sum() < _FEWEST:
        whole, recorded = np.ones(len(start), bool), span[1] - span[0]
    seen, number = np.unique(seconds.notna().to_numpy()[whole], axis=0, return_counts=True)
    seen = np.vstack([seen, np.zeros((1, count), bool)])

    def unpack(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        first = np.exp(x[2 * count - 1 :] - x[2 * count - 1 :].max())
        return expit(x[:count]), expit(x[count : 2 * count - 1]), first / first.sum()

    def likelihood(x: np.ndarray) -> np.ndarray:
        """Of each set of cameras: on the road camera by camera, seen or missed, then gone."""
        noticed, goes_on, first = unpack(x)
        road, gone = np.zeros(len(seen)), np.zeros(len(seen))
        for k in range(count):
            road = road * (goes_on[k - 1] if k else 0.0) + first[k] * ~seen[:, :k].any(axis=1)
            road = road * np.where(seen[:, k], noticed[k], 1 - noticed[k])
            stays = goes_on[k] if k < count - 1 else 0.0
            gone += road * (1 - stays) * ~seen[:, k + 1 :].any(axis=1)
        return np.maximum(gone, 1e-12)

    usual = np.concatenate([np.ones(count), np.full(count - 1, 2.5), [0.0], np.full(count - 1, -3)])
    weight = np.repeat([0.1, 0.1, 0.01], [count, count - 1, count])

    def loss(x: np.ndarray) -> float:
        each = likelihood(x)
        fit = number @ np.log(each[:-1] / (1 - each[-1]))
        return float(weight @ (x - usual) ** 2 - fit)

    best = minimize(loss, usual, method="L-BFGS-B", options={"maxiter": 60}).x
    noticed, goes_on, first = unpack(best)
    rate = whole.sum() / (1 - likelihood(best)[-1]) / recorded
    return (
        np.clip(noticed, 0.02, 0.97),
        np.clip(goes_on, 0.02, 0.995),
        np.maximum(first * rate, 1e-4),
    )
