"""Evidence that two passages are one vehicle: features of all pairs, learnt from passages whose vehicle is known.

`Motion` tells how long vehicles take from camera to camera, `Probe` reads type and colour off an embedding, and
`Evidence.features` gives the features of each source for all pairs at once.
"""

from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
import pandas as pd
from scipy.stats import t as student

from cctview.passages import ATTRIBUTES

WAYS = ("S", "N")
HEAVY = 4.0  # degrees of freedom of the spread of travel times
FEWEST_TRIPS = 20  # between two cameras, to learn from them how long they take
LEAST_SPREAD = 0.05  # of the logarithm of a travel time
UNLIKELY = 1e-3  # the least ratio that a motion, or a type, can have
COMPONENTS = 48  # of the embedding, which the probe reads
FOLDS = 4


@dataclass(frozen=True)
class Motion:
    """How long vehicles take from camera to camera, and which lanes lead which way.

    Attributes
    ----------
    lanes : dict of str to (float, float)
        For each camera, slope and intercept of the log odds that a lane leads south.
    lags : dict of (str, str, str) to (float, float)
        For each way, and first and second camera on it, mean and spread of the logarithm of the lag in seconds.
    found : dict of (str, str, str) to float
        For each way, how often who passes one camera is found at another too, if the recording lasts long enough.
    span : (float, float)
        Beginning and end of the recording, in seconds.
    """

    lanes: dict
    lags: dict
    found: dict
    span: tuple

    def headings(self, table):
        """Probability of each way, (n, 2)."""
        slope, intercept = np.array([self.lanes.get(camera, (0.0, 0.0)) for camera in table["camera"]]).reshape(-1, 2).T
        south = 1 / (1 + np.exp(-np.clip(slope * table["lane"].to_numpy() + intercept, -30, 30)))
        return np.stack([south, 1 - south], axis=1)

    def density(self, way, first, second, lag):
        """Density per second of a lag from `first` to `second`; 0 where it is not positive or not known."""
        if (way, first, second) not in self.lags:
            return np.zeros_like(lag)
        mean, spread = self.lags[way, first, second]
        positive = np.maximum(lag, 0.1)
        return np.where(lag > 0, student.pdf((np.log(positive) - mean) / spread, HEAVY) / spread / positive, 0.0)

    def over(self, table):
        """The same, for a recording that lasts as long as these passages."""
        return replace(self, span=_span(table))

    def log_ratio(self, table):
        """Logarithm of the ratio of the density of each pair's lag and lanes to that of two unrelated passages, (n, n)."""
        heading, seconds, span = self.headings(table), table["seconds"].to_numpy(float), self.span[1] - self.span[0]
        ratios, of_camera = np.ones((len(table), len(table)), np.float32), table.groupby("camera").indices
        for a, b in permutations(of_camera, 2):
            rows, columns = np.ix_(of_camera[a], of_camera[b])
            lag, total, known = seconds[columns] - seconds[rows], 0.0, False
            for k, way in enumerate(WAYS):
                both = heading[rows, k] * heading[columns, k] / 0.5
                known |= (way, a, b) in self.lags or (way, b, a) in self.lags
                total = total + both * (self.density(way, a, b, lag) + self.density(way, b, a, -lag))
            if known:
                ratios[rows, columns] = UNLIKELY + span * total
        return np.log(ratios)

    def present(self, table, camera):
        """Probability that the vehicle of each passage is among those found before `camera`, (n,)."""
        heading, own = self.headings(table), table["camera"].to_numpy()
        result = np.zeros(len(table))
        for k, way in enumerate(WAYS):
            for here in np.unique(own):
                rows = own == here
                recorded = self._recorded(way, here, camera, table["seconds"].to_numpy(float)[rows])
                result[rows] += heading[rows, k] * recorded * self.found.get((way, here, camera), 0.5)
        return np.clip(result, 0.002, 0.998)

    def _recorded(self, way, here, there, seconds):
        """Probability that who passes `here` at these times passes `there`, if at all, while it records."""
        if (way, here, there) in self.lags:
            (mean, spread), left = self.lags[way, here, there], self.span[1] - seconds
        elif (way, there, here) in self.lags:
            (mean, spread), left = self.lags[way, there, here], seconds - self.span[0]
        else:
            return np.ones_like(seconds)
        return student.cdf((np.log(np.maximum(left, 0.1)) - mean) / spread, HEAVY)


def learn_motion(table, span):
    """Learn travel times, and what lanes mean, from passages whose vehicle and direction are known.

    Parameters
    ----------
    table : DataFrame
        As `cctview.passages.Passages.table`; those without a direction say nothing.
    span : (float, float)
        Beginning and end of the recording, in seconds.

    Returns
    -------
    Motion
    """
    known = table[table["direction"].isin(WAYS)]
    lanes = {camera: _lane_meaning(of) for camera, of in known.groupby("camera")}
    lags, cameras = {}, sorted(table["camera"].unique())
    for way, of in known.groupby("direction"):
        lags |= {(way, *pair): lag for pair, lag in _learn_lags(of).items()}
    motion = Motion(lanes, lags, {}, span)
    for way, of in known.groupby("direction"):
        for a, b in permutations(cameras, 2):
            here = of[of["camera"] == a]
            recorded = motion._recorded(way, a, b, here["seconds"].to_numpy(float))
            there = here["vehicle"].isin(set(of.loc[of["camera"] == b, "vehicle"])).to_numpy()
            motion.found[way, a, b] = float(min((there.sum() + 0.5) / (recorded.sum() + 1), 1.0))
    return motion


def _learn_lags(table):
    """Mean and spread of the logarithm of the lag between two cameras on one way, for every ordered pair of its cameras.

    Pairs with few trips of their own take the way's timetable (least squares over the pairs with enough) and the usual spread.
    """
    times = table.groupby(["vehicle", "camera"])["seconds"].median().unstack()
    own = {}
    for a, b in permutations(times.columns, 2):
        lag = (times[b] - times[a]).dropna()
        if len(lag) >= FEWEST_TRIPS and lag.median() > 0:
            logs = np.log(lag[lag > 0].to_numpy())
            spread = 1.4826 * np.median(np.abs(logs - np.median(logs)))
            own[a, b] = float(np.median(logs)), float(max(spread, LEAST_SPREAD))
    if not own:
        return {}
    place = {camera: k for k, camera in enumerate(times.columns)}
    steps = np.zeros((len(own) + 1, len(place)))
    for row, (a, b) in enumerate(own):
        steps[row, [place[a], place[b]]] = -1, 1
    steps[-1, 0] = 1  # the timetable begins at the first camera
    clock = np.linalg.lstsq(steps, np.append([np.exp(mean) for mean, _ in own.values()], 0.0), rcond=None)[0]
    usual = float(np.median([spread for _, spread in own.values()]))
    joined = {camera for pair in own for camera in pair}
    for a, b in permutations(joined, 2):
        lag = clock[place[b]] - clock[place[a]]
        if lag > 1 and (a, b) not in own:
            own[a, b] = float(np.log(lag)), 1.5 * usual
    return own


def _lane_meaning(table):
    """Slope and intercept of the log odds of southbound by lane."""
    from sklearn.linear_model import LogisticRegression

    south = (table["direction"] == "S").to_numpy()
    if south.all() or not south.any():
        return 0.0, 6.0 if south.all() else -6.0
    fit = LogisticRegression(C=100.0).fit(table[["lane"]].to_numpy(), south)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


@dataclass(frozen=True)
class Probe:
    """Reads an attribute off embeddings by multinomial logistic regression on their principal components.

    Attributes
    ----------
    pipeline : sklearn Pipeline
    shares : ndarray, shape (k,)
        How common each value is.
    """

    pipeline: object
    shares: np.ndarray

    def read(self, looks):
        """Probability of each value, (n, k)."""
        return self.pipeline.predict_proba(looks)

    def log_ratio(self, read):
        """Logarithm of how much more probable it is of each pair to have the same value than of strangers, (n, n)."""
        return np.log(np.maximum((read / self.shares) @ read.T, UNLIKELY)).astype(np.float32)


def learn_probe(looks, labels, vehicles):
    """Learn to read an attribute.

    Parameters
    ----------
    looks : ndarray, shape (n, d)
    labels : array_like of str, shape (n,)
        At least two different ones.
    vehicles : array_like, shape (n,)

    Returns
    -------
    probe : Probe
    read : ndarray, shape (n, k)
        What probes that did not see the vehicle read off `looks`.
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline

    labels, vehicles = np.asarray(labels, str), np.asarray(vehicles)
    values, shares = np.unique(labels, return_counts=True)

    def fit(rows):
        size = min(COMPONENTS, len(rows) - 1, looks.shape[1])
        return make_pipeline(PCA(size, random_state=0, whiten=True), LogisticRegression(C=0.1)).fit(looks[rows], labels[rows])

    read = np.tile(shares / shares.sum(), (len(labels), 1))
    for seen, unseen in GroupKFold(min(FOLDS, len(np.unique(vehicles)))).split(looks, labels, vehicles):
        if len(np.unique(labels[seen])) < 2:
            continue
        part = fit(seen)
        block = np.zeros((len(unseen), len(values)))
        block[:, np.searchsorted(values, part.classes_)] = part.predict_proba(looks[unseen])
        read[unseen] = block
    return Probe(fit(np.arange(len(labels))), shares / shares.sum()), read


@dataclass(frozen=True)
class Evidence:
    """What was learnt from passages whose vehicle is known.

    Attributes
    ----------
    motion : Motion
    probes : dict of str to Probe
    held_out : dict of str to ndarray
        For each attribute what probes that did not see its vehicle read off each passage that was learnt from.
    """

    motion: Motion
    probes: dict
    held_out: dict

    def features(self, passages, learnt=None):
        """Features of all pairs of passages.

        Parameters
        ----------
        passages : Passages
        learnt : array_like of int, optional
            Which of them evidence was learnt from, in that order; of these the probes' held-out readings are taken.

        Returns
        -------
        dict of str to ndarray of float32, shape (n, n)
        """
        features = {}
        for attribute in ATTRIBUTES:
            if attribute not in self.probes:
                features[attribute] = np.zeros((len(passages), len(passages)), np.float32)
                continue
            read = self.probes[attribute].read(passages.looks)
            if learnt is not None:
                read[learnt] = self.held_out[attribute]
            features[attribute] = self.probes[attribute].log_ratio(read)
        cosine = passages.looks @ passages.looks.T
        images = np.log(passages.table["detections"].to_numpy(np.float32))
        fewer = np.minimum(images[:, None], images)
        features |= {"cosine": cosine, "cosine squared": cosine * np.abs(cosine)}
        features |= {"cosine by images": cosine * fewer, "images": fewer}
        features["motion"] = self.motion.over(passages.table).log_ratio(passages.table)
        return features


def learn_evidence(passages):
    """Learn from passages; those of no known vehicle say nothing.

    Parameters
    ----------
    passages : Passages

    Returns
    -------
    Evidence
    """
    table, probes, held_out = passages.table, {}, {}
    known = np.flatnonzero(table["vehicle"].to_numpy() >= 0)
    for attribute in ATTRIBUTES:
        labels = table[attribute].to_numpy(str)[known]
        if len(np.unique(labels)) > 1:
            probe, read = learn_probe(passages.looks[known], labels, table["vehicle"].to_numpy()[known])
            probes[attribute], held_out[attribute] = probe, probe.read(passages.looks)
            held_out[attribute][known] = read
    return Evidence(learn_motion(table, _span(table)), probes, held_out)


def _span(table):
    return float(table["seconds"].min()), float(table["seconds"].max())
