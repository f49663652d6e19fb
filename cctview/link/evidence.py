"""Evidence that two passages are one vehicle: features of all pairs, learnt from passages whose
vehicle is known.

`Motion` tells how long vehicles take from camera to camera, `Probe` reads type and colour off an
embedding, and `Evidence.features` gives the features of each source for all pairs at once.
"""

from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from scipy.stats import t as student

from cctview.track.tracklets import ATTRIBUTES

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
        For each way, and first and second camera on it, mean and spread of the logarithm of the lag
        in seconds.
    found : dict of (str, str, str) to float
        For each way, how often who passes one camera is found at another too, if the recording
        lasts long enough.
    span : (float, float)
        Beginning and end of the recording, in seconds.
    """

    lanes: dict
    lags: dict
    found: dict
    span: tuple

    def headings(self, table):
        """Probability of each way, (n, 2)."""
        slope, intercept = (
            np.array([self.lanes.get(camera, (0.0, 0.0)) for camera in table["camera"]])
            .reshape(-1, 2)
            .T
        )
        south = 1 / (1 + np.exp(-np.clip(slope * table["lane"].to_numpy() + intercept, -30, 30)))
        return np.stack([south, 1 - south], axis=1)

    def density(self, way, first, second, lag):
        """Density per second of a lag from `first` to `second`; 0 where it is not positive or not
        known.
        """
        if (way, first, second) not in self.lags:
            return np.zeros_like(lag)
        mean, spread = self.lags[way, first, second]
        positive = np.maximum(lag, 0.1)
        off = (np.log(positive) - mean) / spread
        square = 1 + off * off / HEAVY  # Student's density, for four degrees of freedom
        return np.where(
            lag > 0, 0.375 / (square * square * np.sqrt(square) * spread * positive), 0.0
        )

    def over(self, table):
        """The same, for a recording that lasts as long as these passages."""
        return replace(self, span=_span(table))

    def log_ratio(self, table, rows=slice(None)):
        """Logarithm of the ratio of the density of each pair's lag and lanes to that of two
        unrelated passages, (k, n).

        The first of a pair is one of the `rows` of the table; by default any.
        """
        heading, seconds, span = (
            self.headings(table),
            table["seconds"].to_numpy(float),
            self.span[1] - self.span[0],
        )
        first, of_camera = np.arange(len(table))[rows], table.groupby("camera").indices
        ratios, camera = (
            np.zeros((len(first), len(table)), np.float32),
            table["camera"].to_numpy()[first],
        )
        for a, b in permutations(of_camera, 2):
            here, there = np.flatnonzero(camera == a), of_camera[b]
            lag, total, known = seconds[there] - seconds[first[here], None], 0.0, False
            for k, way in enumerate(WAYS):
                both = heading[first[here], None, k] * heading[there, k] / 0.5
                for pair, later in (((a, b), lag), ((b, a), -lag)):
                    if (way, *pair) in self.lags:
                        known, total = True, total + both * self.density(way, *pair, later)
            if known:
                ratios[np.ix_(here, there)] = np.log(UNLIKELY + span * total)
        return ratios

    def present(self, table, camera):
        """Probability that the vehicle of each passage is among those found before `camera`, (n,)."""
        heading, own = self.headings(table), table["camera"].to_numpy()
        result = np.zeros(len(table))
        for k, way in enumerate(WAYS):
            for here in np.unique(own):
                rows = own == here
                recorded = self._recorded(way, here, camera, table["seconds"].to_numpy(float)[rows])
                result[rows] += (
                    heading[rows, k] * recorded * self.found.get((way, here, camera), 0.5)
                )
        return np.clip(result, 0.002, 0.998)

    def _recorded(self, way, here, there, seconds):
        """Probability that who passes `here` at these times passes `there`, if at all, while it
        records.
        """
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
        As `cctview.track.tracklets.Passages.table`; those without a direction say nothing.
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
    """Mean and spread of the logarithm of the lag between two cameras on one way, for every ordered
    pair of its cameras.

    Pairs with few trips of their own take the way's timetable (least squares over the pairs with
    enough) and the usual spread.
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
    clock = np.linalg.lstsq(
        steps, np.append([np.exp(mean) for mean, _ in own.values()], 0.0), rcond=None
    )[0]
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
    """Reads an attribute off embeddings by multinomial logistic regression on their principal
    components.

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

    def log_ratio(self, read, rows=slice(None)):
        """Logarithm of how much more probable it is of each pair to have the same value than of
        strangers, (k, n).
        """
        return same_value(read, self.shares, rows)


def same_value(read, shares, rows=slice(None)):
    """As `Probe.log_ratio`, for values that are so common (`shares`)."""
    return np.log(
        np.maximum((read[rows] / shares).astype(np.float32) @ read.T.astype(np.float32), UNLIKELY)
    )


def learn_probes(looks, labels, vehicles):
    """Learn to read attributes.

    Parameters
    ----------
    looks : ndarray, shape (n, d)
    labels : dict of str to array_like of str, shape (n,)
        By attribute; one with a single value is left out.
    vehicles : array_like, shape (n,)

    Returns
    -------
    dict of str to (Probe, ndarray of shape (n, k))
        The probe, and what probes that did not see the vehicle read off `looks`.
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline

    labels = {name: np.asarray(of, str) for name, of in labels.items() if len(np.unique(of)) > 1}
    if not labels:
        return {}
    folds = list(GroupKFold(min(FOLDS, len(np.unique(vehicles)))).split(looks, groups=vehicles))
    shares = {name: np.unique(of, return_counts=True)[1] / len(of) for name, of in labels.items()}
    read, probes = {name: np.tile(of, (len(looks), 1)) for name, of in shares.items()}, {}
    for seen, unseen in [*folds, (np.arange(len(looks)), None)]:
        plane = PCA(min(COMPONENTS, len(seen) - 1, looks.shape[1]), random_state=0, whiten=True)
        places = plane.fit_transform(looks[seen])
        for name, of in labels.items():
            if len(np.unique(of[seen])) < 2:
                continue
            fit = LogisticRegression(C=0.1).fit(places, of[seen])
            if unseen is None:
                probes[name] = Probe(make_pipeline(plane, fit), shares[name])
                continue
            block = np.zeros((len(unseen), len(shares[name])))
            block[:, np.searchsorted(np.unique(of), fit.classes_)] = fit.predict_proba(
                plane.transform(looks[unseen])
            )
            read[name][unseen] = block
    return {name: (probe, read[name]) for name, probe in probes.items()}


@dataclass(frozen=True)
class Evidence:
    """What was learnt from passages whose vehicle is known.

    Attributes
    ----------
    motion : Motion
    probes : dict of str to Probe
    held_out : dict of str to ndarray
        For each attribute what probes that did not see its vehicle read off each passage that was
        learnt from.
    """

    motion: Motion
    probes: dict
    held_out: dict

    def features(self, passages, learnt=None, rows=slice(None)):
        """Features of all pairs of passages.

        Parameters
        ----------
        passages : Passages
        learnt : array_like of int, optional
            Which of them evidence was learnt from, in that order; of these the probes' held-out
            readings are taken.
        rows : array_like, optional
            Which may be the first of a pair, by default all of them.

        Returns
        -------
        dict of str to ndarray of float32, shape (k, n)
        """
        features, looks, table = {}, passages.looks, passages.table
        for attribute in ATTRIBUTES:
            if attribute not in self.probes:
                features[attribute] = np.zeros((len(looks[rows]), len(looks)), np.float32)
                continue
            read = self.probes[attribute].read(looks)
            if learnt is not None:
                read[learnt] = self.held_out[attribute]
            features[attribute] = self.probes[attribute].log_ratio(read, rows)
        cosine, images = looks[rows] @ looks.T, np.log(table["detections"].to_numpy(np.float32))
        fewer = np.minimum(images[rows][:, None], images)
        features |= {"cosine": cosine, "cosine squared": cosine * np.abs(cosine)}
        features |= {"cosine by images": cosine * fewer, "images": fewer}
        features["motion"] = self.motion.over(table).log_ratio(table, rows)
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
    labels = {attribute: table[attribute].to_numpy(str)[known] for attribute in ATTRIBUTES}
    learnt = learn_probes(passages.looks[known], labels, table["vehicle"].to_numpy()[known])
    for attribute, (probe, read) in learnt.items():
        probes[attribute], held_out[attribute] = probe, probe.read(passages.looks)
        held_out[attribute][known] = read
    return Evidence(learn_motion(table, _span(table)), probes, held_out)


def _span(table):
    return float(table["seconds"].min()), float(table["seconds"].max())
