"""How long vehicles take from camera to camera, and which lanes lead which way."""

from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np
import pandas as pd
from scipy.stats import t as student

WAYS = ("S", "N")
Leg = tuple[str, str, str]
"""A way, the first camera on it, and the second."""
_HEAVY = 4.0  # degrees of freedom of the spread of log travel times: a few drivers take far longer
_PEAK = float(student.pdf(0, _HEAVY))
_FEWEST_TRIPS = 20  # between two cameras, to fit how long they take
_LEAST_SPREAD = 0.05  # of the logarithm of a travel time
UNLIKELY = 1e-3  # the least ratio that a travel time, or a type, can have


@dataclass(frozen=True)
class TravelTimes:
    """How long vehicles take from camera to camera, and which lanes lead which way.

    Attributes
    ----------
    lanes : dict of str to (float, float)
        For each camera, slope and intercept of the log odds that a lane leads south.
    lags : dict of (str, str, str) to (float, float)
        For each way, and first and second camera on it, mean and spread of the logarithm of the lag
        in seconds.
    found : dict of (str, str, str) to float
        For each way, how often a vehicle that passes one camera is found at another too, if the
        recording lasts long enough.
    span : (float, float)
        Beginning and end of the recording, in seconds.
    """

    lanes: dict[str, tuple[float, float]]
    lags: dict[Leg, tuple[float, float]]
    found: dict[Leg, float]
    span: tuple[float, float]

    def headings(self, table: pd.DataFrame) -> np.ndarray:
        """Probability of each way, (n, 2)."""
        lines = [self.lanes.get(camera, (0.0, 0.0)) for camera in table["camera"]]
        slope, intercept = np.array(lines).reshape(-1, 2).T
        south = 1 / (1 + np.exp(-np.clip(slope * table["lane"].to_numpy() + intercept, -30, 30)))
        return np.stack([south, 1 - south], axis=1)

    def density(self, way: str, first: str, second: str, lag: np.ndarray) -> np.ndarray:
        """Density per second of a lag from `first` to `second`; 0 where it is not positive or not
        known.

        The logarithm of a lag follows Student's t: peak · (1 + x² / ν) ** (-(ν + 1) / 2).
        `scipy.stats.t.pdf` gives the same and takes fifty times as long.
        """
        if (way, first, second) not in self.lags:
            return np.zeros_like(lag)
        mean, spread = self.lags[way, first, second]
        positive = np.maximum(lag, 0.1)
        off = (np.log(positive) - mean) / spread
        height = _PEAK * (1 + off * off / _HEAVY) ** (-(_HEAVY + 1) / 2)
        return np.where(lag > 0, height / (spread * positive), 0.0)

    def over(self, table: pd.DataFrame) -> "TravelTimes":
        """The same, for a recording that lasts as long as these tracklets."""
        return replace(self, span=recorded_span(table))

    def log_ratio(self, table: pd.DataFrame, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Logarithm of the ratio of the density of each pair's lag and lanes to that of two
        unrelated tracklets, (k, n).

        The first of a pair is one of the `rows` of the table; by default any.
        """
        heading = self.headings(table)
        seconds = table["seconds"].to_numpy(float)
        span = self.span[1] - self.span[0]
        first, of_camera = np.arange(len(table))[rows], table.groupby("camera").indices
        ratios = np.zeros((len(first), len(table)), np.float32)
        camera = table["camera"].to_numpy()[first]
        for a, b in permutations(of_camera, 2):
            from_rows, to_rows = np.flatnonzero(camera == a), of_camera[b]
            tails = first[from_rows]
            lag, total, known = seconds[to_rows] - seconds[tails, None], 0.0, False
            for k, way in enumerate(WAYS):
                both = heading[tails, None, k] * heading[to_rows, k] / 0.5
                for pair, later in (((a, b), lag), ((b, a), -lag)):
                    if (way, *pair) in self.lags:
                        known, total = True, total + both * self.density(way, *pair, later)
            if known:
                # an unrelated tracklet comes at any time of the recording alike: density 1 / span
                ratios[np.ix_(from_rows, to_rows)] = np.log(UNLIKELY + span * total)
        return ratios

    def present(self, table: pd.DataFrame, camera: str) -> np.ndarray:
        """Probability that the vehicle of each tracklet is among those found at `camera`, (n,)."""
        heading, cameras = self.headings(table), table["camera"].to_numpy()
        seconds, result = table["seconds"].to_numpy(float), np.zeros(len(table))
        for k, way in enumerate(WAYS):
            for start in np.unique(cameras):
                rows = cameras == start
                recorded = _recorded(self.lags, self.span, (way, start, camera), seconds[rows])
                found = self.found.get((way, start, camera), 0.5)
                result[rows] += heading[rows, k] * recorded * found
        return np.clip(result, 0.002, 0.998)


def _recorded(
    lags: dict[Leg, tuple[float, float]],
    span: tuple[float, float],
    leg: Leg,
    seconds: np.ndarray,
) -> np.ndarray:
    """How probably a vehicle reaches a leg's second camera, if at all, while that records."""
    way, first, second = leg
    if leg in lags:
        (mean, spread), left = lags[leg], span[1] - seconds
    elif (way, second, first) in lags:
        (mean, spread), left = lags[way, second, first], seconds - span[0]
    else:
        return np.ones_like(seconds)
    return student.cdf((np.log(np.maximum(left, 0.1)) - mean) / spread, _HEAVY)


def fit_travel_times(
    table: pd.DataFrame, labels: pd.DataFrame, span: tuple[float, float]
) -> TravelTimes:
    """Fit travel times, and what lanes mean.

    Parameters
    ----------
    table : DataFrame
        As `cctview.track.tracklets.Tracklets.table`.
    labels : DataFrame
        Row by row: `vehicle` and `direction`; those without a direction say nothing.
    span : (float, float)
        Beginning and end of the recording, in seconds.
    """
    known = table[["camera", "seconds", "lane"]].assign(
        vehicle=labels["vehicle"].to_numpy(), direction=labels["direction"].to_numpy()
    )
    known = known[known["direction"].isin(WAYS)]
    lanes = {
        camera: _lane_meaning(rows["lane"].to_numpy(), (rows["direction"] == "S").to_numpy())
        for camera, rows in known.groupby("camera")
    }
    lags: dict[Leg, tuple[float, float]] = {}
    found: dict[Leg, float] = {}
    for way, rows in known.groupby("direction"):
        lags |= {(way, *pair): lag for pair, lag in _fit_lags(rows).items()}
    for way, rows in known.groupby("direction"):
        for a, b in permutations(sorted(table["camera"].unique()), 2):
            start = rows[rows["camera"] == a]
            seconds = start["seconds"].to_numpy(float)
            recorded = _recorded(lags, span, (way, a, b), seconds).sum()
            seen = start["vehicle"].isin(set(rows.loc[rows["camera"] == b, "vehicle"])).sum()
            found[way, a, b] = float(min((seen + 0.5) / (recorded + 1), 1.0))
    return TravelTimes(lanes, lags, found, span)


def fit_from_links(
    table: pd.DataFrame, links: pd.DataFrame, parts: pd.DataFrame, before: TravelTimes
) -> TravelTimes:
    """Fit travel times, and what lanes mean, on links that are believed and not known.

    Parameters
    ----------
    table : DataFrame
        As for `fit_travel_times`.
    links : DataFrame
        As `cctview.link.unlabelled.Believed.links`.
    parts : DataFrame
        The same and their controls: `way`, `leg`, `lag`, `part` (a control's is negative).
    before : TravelTimes
        A leg with too few links keeps its travel time.
    """
    lags, found = {}, {}
    for (way, leg), rows in parts.groupby(["way", "leg"]):
        name = (way, *leg.split())
        lags[name] = before.lags[name]
        if rows["part"].sum() >= _FEWEST_TRIPS:
            logs = np.log(rows["lag"].to_numpy())
            lags[name] = _middle(logs, rows["part"].to_numpy())
    lanes, lane = {}, table["lane"].to_numpy()
    weight = {way: np.zeros(len(table)) for way in WAYS}
    for end, way in product(("first", "second"), WAYS):
        rows = links[links["way"] == way]
        weight[way] += np.bincount(rows[end], rows["weight"], len(table))
    for camera, of in table.groupby("camera").indices.items():
        south = np.repeat([True, False], len(of))
        weights = np.concatenate([weight[way][of] for way in WAYS])
        lanes[camera] = _lane_meaning(np.tile(lane[of], 2), south, weights)
    times = replace(before, lanes=lanes, lags=lags)
    heading, seconds = times.headings(table), table["seconds"].to_numpy(float)
    rows = table.groupby("camera").indices
    for (way, leg), seen in links.groupby(["way", "leg"])["weight"].sum().items():
        a, b = leg.split()
        for start, end in ((a, b), (b, a)):
            recorded = _recorded(times.lags, times.span, (way, start, end), seconds[rows[start]])
            passed = (heading[rows[start], WAYS.index(way)] * recorded).sum()
            found[way, start, end] = float(np.clip((seen + 0.5) / (passed + 1), 0.01, 1.0))
    return replace(times, found=found)


def _fit_lags(table: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """Mean and spread of the log lag between every ordered pair of cameras on one way."""
    times = table.groupby(["vehicle", "camera"])["seconds"].median().unstack()
    lags: dict[tuple[str, str], tuple[float, float]] = {}
    for a, b in permutations(times.columns, 2):
        lag = (times[b] - times[a]).dropna()
        if len(lag) >= _FEWEST_TRIPS and lag.median() > 0:
            logs = np.log(lag[lag > 0].to_numpy())
            lags[a, b] = _middle(logs, np.ones(len(logs)))
    return _with_timetable(lags)


def _middle(logs: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Weighted median of logarithms, and the spread of a normal distribution with their median
    absolute deviation.
    """
    middle = weighted_quantile(logs, weights, 0.5)
    spread = 1.4826 * weighted_quantile(np.abs(logs - middle), weights, 0.5)
    return middle, max(spread, _LEAST_SPREAD)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The value below which lies this share of the weight: halfway between two where it is both.

    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 1.0]), 0.5)
    2.0
    """
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    ends = [np.searchsorted(total, share * total[-1], side) for side in ("left", "right")]
    return float(values[order][np.minimum(ends, len(values) - 1)].mean())


def _with_timetable(
    lags: dict[tuple[str, str], tuple[float, float]],
) -> dict[tuple[str, str], tuple[float, float]]:
    """The same with all other pairs of these cameras, on one way.

    They take the way's timetable (least squares over the pairs known) and the usual spread.
    """
    place = {camera: k for k, camera in enumerate(sorted({name for pair in lags for name in pair}))}
    if not place:
        return {}
    steps = np.zeros((len(lags) + 1, len(place)))
    for row, (a, b) in enumerate(lags):
        steps[row, [place[a], place[b]]] = -1, 1
    steps[-1, 0] = 1  # the timetable begins at the first camera
    seconds = np.append([np.exp(mean) for mean, _ in lags.values()], 0.0)
    timetable = np.linalg.lstsq(steps, seconds, rcond=None)[0]
    usual = float(np.median([spread for _, spread in lags.values()]))
    whole = dict(lags)
    for a, b in permutations(place, 2):
        lag = timetable[place[b]] - timetable[place[a]]
        if lag > 1 and (a, b) not in lags:
            whole[a, b] = float(np.log(lag)), 1.5 * usual
    return whole


def _lane_meaning(
    lane: np.ndarray, south: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Slope and intercept of the log odds of southbound by lane."""
    from sklearn.linear_model import LogisticRegression

    weights = np.ones(len(lane)) if weights is None else weights
    share = np.average(south, weights=weights) if weights.sum() else 0.5
    if min(share, 1 - share) * weights.sum() < 1:
        return 0.0, float(np.sign(share - 0.5)) * 6.0
    fit = LogisticRegression(C=100.0).fit(lane[:, None], south, weights)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def recorded_span(table: pd.DataFrame) -> tuple[float, float]:
    return float(table["seconds"].min()), float(table["seconds"].max())
