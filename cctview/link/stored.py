"""What is fitted for finding trips, as small as it can be kept: two models and their readings.

The likelihood ratios of all pairs would be a large table: they are computed when they are asked
for. The models are kept in a file, since fitting takes ten times as long as opening it.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from cctview.link.evidence import Evidence, same_value
from cctview.link.joint import JointModel, LikelihoodRatios
from cctview.link.travel_times import TravelTimes
from cctview.track import Tracklets


@dataclass(frozen=True)
class ProbeReading:
    """What a probe read off each tracklet: stands in for a `cctview.link.evidence.Probe`.

    Attributes
    ----------
    values : ndarray of float32, shape (n, k)
    shares : ndarray, shape (k,)
        How common each value is among the tracklets fitted on.
    names : list of str
        The values.
    """

    values: np.ndarray
    shares: np.ndarray
    names: list[str]

    def read(self, features: np.ndarray) -> np.ndarray:
        """What was read, a copy, (n, k)."""
        if len(features) != len(self.values):
            raise ValueError(
                f"{len(self.values)} tracklets were read, but there are {len(features)}"
            )
        return self.values.copy()

    def log_ratio(self, read: np.ndarray, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """As `cctview.link.evidence.Probe.log_ratio`."""
        return same_value(read, self.shares, rows)


@dataclass(frozen=True)
class CompactModel:
    """One fitted model, as far as searching needs it.

    Attributes
    ----------
    travel_times : TravelTimes
    ratios : LikelihoodRatios
    readings : dict of str to ProbeReading
        By attribute.
    """

    travel_times: TravelTimes
    ratios: LikelihoodRatios
    readings: dict[str, ProbeReading]

    def log_ratios(self, tracklets: Tracklets, rows: np.ndarray) -> np.ndarray:
        """Natural logarithms of the likelihood ratios of some tracklets and all, (k, n)."""
        evidence = Evidence(self.travel_times, self.readings, {})
        return self.ratios.of_all(evidence.pair_features(tracklets, None, rows))


class LogRatios:
    """The log ratios of all pairs, computed when asked for; indexed as a table by ``np.ix_``.

    Parameters
    ----------
    tracklets : Tracklets
    models : sequence of CompactModel
    half : ndarray of int, shape (n,)
        Which of the models looks for each tracklet.
    """

    def __init__(
        self, tracklets: Tracklets, models: Sequence[CompactModel], half: np.ndarray
    ) -> None:
        self.tracklets, self.models, self.half = tracklets, models, half
        self._rows, self._table = b"", np.zeros((0, len(tracklets)), np.float32)

    def __getitem__(self, index: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        rows, columns = (np.asarray(axis).ravel() for axis in index)
        if self._rows != rows.tobytes():
            self._table = np.empty((len(rows), len(self.tracklets)), np.float32)
            for k, model in enumerate(self.models):
                by_model = self.half[rows] == k
                if by_model.any():
                    self._table[by_model] = model.log_ratios(self.tracklets, rows[by_model])
            self._rows = rows.tobytes()
        return self._table[:, columns]


def compact_model(
    model: JointModel, tracklets: Tracklets, fitted: np.ndarray, step: str
) -> CompactModel:
    """Of a joint model what searching among some tracklets needs.

    Parameters
    ----------
    model : JointModel
    tracklets : Tracklets
        All of them.
    fitted : array_like of int
        Which of them it was fitted on; of these the probes' held-out readings are kept.
    step : str
        Whose likelihood ratios.
    """
    readings = {}
    for attribute, probe in model.evidence.probes.items():
        values = probe.read(tracklets.features)
        values[fitted] = model.evidence.held_out[attribute]
        names = [str(name) for name in probe.pipeline.classes_]
        shares = np.asarray(probe.shares, float)
        readings[attribute] = ProbeReading(values.astype(np.float32), shares, names)
    travel_times = model.evidence.travel_times.over(tracklets.table)
    return CompactModel(travel_times, model.models[step], readings)


def fingerprint(detections: pd.DataFrame) -> str:
    """A hash of the detections' ids: whether a file was made of these."""
    return sha256("\n".join(detections["id"]).encode()).hexdigest()


def load_link_models(path: Path) -> tuple[str, list[CompactModel], np.ndarray]:
    """Read what `studio.studies.leakage.save_link_models` wrote.

    Returns
    -------
    known : str
        The `fingerprint` of the detections that the models were fitted on.
    models : list of CompactModel
    tracks : ndarray of int32

    Raises
    ------
    ValueError
        If the file is damaged; names the file and what to do.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"]))
            models = [_model(arrays, k, stored) for k, stored in enumerate(about["models"])]
            return about["detections"], models, arrays["tracks"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path}: cannot be read ({error}); get it again from the repository"
        ) from None


def _model(arrays: np.lib.npyio.NpzFile, k: int, stored: dict[str, Any]) -> CompactModel:
    times = stored["motion"]
    travel_times = TravelTimes(
        {camera: tuple(line) for camera, line in times["lanes"].items()},
        {tuple(key): tuple(value) for *key, value in times["lags"]},
        {tuple(key): value for *key, value in times["found"]},
        tuple(times["span"]),
    )
    ratios = LikelihoodRatios(**stored["ratios"] | {"limits": tuple(stored["ratios"]["limits"])})
    readings = {
        name: ProbeReading(arrays[f"{name}{k}"].astype(np.float32), np.array(shares), names)
        for name, (shares, names) in stored["readings"].items()
    }
    return CompactModel(travel_times, ratios, readings)
