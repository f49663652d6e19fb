"""Evidence that two tracklets are one vehicle: features of all pairs, fitted on known vehicles.

`Probe` reads type and colour off appearance features, and `Evidence.pair_features` gives the
features of each source, travel times among them, for all pairs at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cctview.link import ATTRIBUTES
from cctview.link.travel_times import UNLIKELY, TravelTimes, fit_travel_times, recorded_span
from cctview.track import Tracklets

_COMPONENTS = 48  # of the features, which the probe reads
_FOLDS = 4


@dataclass(frozen=True)
class Probe:
    """Reads an attribute off features' principal components by multinomial logistic regression.

    Attributes
    ----------
    pipeline : sklearn Pipeline
    shares : ndarray, shape (k,)
        How common each value is.
    """

    pipeline: Any
    shares: np.ndarray

    def read(self, features: np.ndarray) -> np.ndarray:
        """Probability of each value, (n, k)."""
        return self.pipeline.predict_proba(features)

    def log_ratio(self, read: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Log of how much more probably a pair has one value than two unrelated ones, (k, n)."""
        return same_value(read, self.shares, rows)


def same_value(
    read: np.ndarray, shares: np.ndarray, rows: np.ndarray | slice = slice(None)
) -> np.ndarray:
    """As `Probe.log_ratio`: log of the sum over values v of p(v | first) p(v | second) / p(v)."""
    ratio = (read[rows] / shares).astype(np.float32) @ read.T.astype(np.float32)
    return np.log(np.maximum(ratio, UNLIKELY))


def _fit_probes(
    features: np.ndarray, labels: dict[str, np.ndarray], vehicles: np.ndarray
) -> dict[str, tuple[Probe, np.ndarray]]:
    """Fit probes that read attributes off features, (n, d); vehicles, (n,), tell the folds.

    `labels` has an array (n,) for each attribute; one with a single value is left out. Returns for
    each the probe, and what probes that did not see the vehicle read off `features`, (n, k).
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline

    values = {name: np.asarray(of, str) for name, of in labels.items() if len(np.unique(of)) > 1}
    if not values:
        return {}
    folds = GroupKFold(min(_FOLDS, len(np.unique(vehicles)))).split(features, groups=vehicles)
    shares = {name: np.unique(of, return_counts=True)[1] / len(of) for name, of in values.items()}
    read = {name: np.tile(of, (len(features), 1)) for name, of in shares.items()}
    probes = {}
    for seen, unseen in [*folds, (np.arange(len(features)), None)]:
        components = min(_COMPONENTS, len(seen) - 1, features.shape[1])
        plane = PCA(components, random_state=0, whiten=True)
        places = plane.fit_transform(features[seen])
        for name, of in values.items():
            if len(np.unique(of[seen])) < 2:
                continue
            fit = LogisticRegression(C=0.1).fit(places, of[seen])
            if unseen is None:
                probes[name] = Probe(make_pipeline(plane, fit), shares[name])
                continue
            block = np.zeros((len(unseen), len(shares[name])))
            columns = np.searchsorted(np.unique(of), fit.classes_)
            block[:, columns] = fit.predict_proba(plane.transform(features[unseen]))
            read[name][unseen] = block
    return {name: (probe, read[name]) for name, probe in probes.items()}


@dataclass(frozen=True)
class Evidence:
    """What was fitted on tracklets whose vehicle is known.

    Attributes
    ----------
    travel_times : TravelTimes
    probes : dict of str to Probe
    held_out : dict of str to ndarray
        For each attribute what probes that did not see its vehicle read off each tracklet that was
        fitted on.
    """

    travel_times: TravelTimes
    probes: Mapping[str, Any]
    held_out: dict[str, np.ndarray]

    def pair_features(
        self,
        tracklets: Tracklets,
        fitted: np.ndarray | None = None,
        rows: np.ndarray | slice = slice(None),
    ) -> dict[str, np.ndarray]:
        """Features of all pairs of tracklets.

        Parameters
        ----------
        tracklets : Tracklets
        fitted : array_like of int, optional
            Which of them evidence was fitted on, in that order; of these the probes' held-out
            readings are taken.
        rows : array_like, optional
            Which may be the first of a pair, by default all of them.

        Returns
        -------
        dict of str to ndarray of float32, shape (k, n)
        """
        pairs, features, table = {}, tracklets.features, tracklets.table
        for attribute in ATTRIBUTES:
            if attribute not in self.probes:
                pairs[attribute] = np.zeros((len(features[rows]), len(features)), np.float32)
                continue
            read = self.probes[attribute].read(features)
            if fitted is not None:
                read[fitted] = self.held_out[attribute]
            pairs[attribute] = self.probes[attribute].log_ratio(read, rows)
        cosine = features[rows] @ features.T
        images = np.log(table["detections"].to_numpy(np.float32))
        fewer = np.minimum(images[rows][:, None], images)
        pairs |= {"cosine": cosine, "cosine squared": cosine * np.abs(cosine)}
        pairs |= {"cosine by images": cosine * fewer, "images": fewer}
        pairs["motion"] = self.travel_times.over(table).log_ratio(table, rows)
        return pairs


def fit_evidence(tracklets: Tracklets, labels: pd.DataFrame) -> Evidence:
    """Fit evidence; tracklets of no known vehicle say nothing.

    Parameters
    ----------
    tracklets : Tracklets
    labels : DataFrame
        Row by row: `vehicle` (-1: not known), `direction`, `kind`, `colour`.
    """
    table, features = tracklets.table, tracklets.features
    vehicle = labels["vehicle"].to_numpy()
    known = np.flatnonzero(vehicle >= 0)
    values = {attribute: labels[attribute].to_numpy(str)[known] for attribute in ATTRIBUTES}
    probes, held_out = {}, {}
    for attribute, (probe, read) in _fit_probes(features[known], values, vehicle[known]).items():
        probes[attribute] = probe
        held_out[attribute] = probe.read(features)
        held_out[attribute][known] = read
    return Evidence(fit_travel_times(table, labels, recorded_span(table)), probes, held_out)
