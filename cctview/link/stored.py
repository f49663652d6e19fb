"""What is learnt for finding trips, as small as it can be kept: two fitted models, and what their
probes read off each passage.

The likelihood ratios of all pairs would be a large table; they are computed when they are asked
for. `save` and `load` keep all of it in a file, which is opened in a second where learning takes
ten.
"""

import io
import json
import zlib
from dataclasses import asdict, dataclass
from hashlib import sha256
from zipfile import BadZipFile

import numpy as np

from cctview.dataset.storage import write_bytes
from cctview.link.evidence import Evidence, Motion, same_value
from cctview.link.joint import LikelihoodRatios


@dataclass(frozen=True)
class Reading:
    """What a probe read off each passage: stands in for a `cctview.link.evidence.Probe`.

    Attributes
    ----------
    values : ndarray of float32, shape (n, k)
    shares : ndarray, shape (k,)
        How common each value is among the passages learnt from.
    names : list of str
        The values.
    """

    values: np.ndarray
    shares: np.ndarray
    names: list

    def read(self, looks):
        """What was read, a copy, (n, k)."""
        if len(looks) != len(self.values):
            raise ValueError(f"{len(self.values)} passages were read, but there are {len(looks)}")
        return self.values.copy()

    def log_ratio(self, read, rows=slice(None)):
        """As `cctview.link.evidence.Probe.log_ratio`."""
        return same_value(read, self.shares, rows)


@dataclass(frozen=True)
class Learnt:
    """One fitted model, as far as searching needs it.

    Attributes
    ----------
    motion : Motion
    ratios : LikelihoodRatios
    readings : dict of str to Reading
        By attribute.
    """

    motion: Motion
    ratios: LikelihoodRatios
    readings: dict

    def log_ratios(self, passages, rows):
        """Natural logarithms of the likelihood ratios of some passages and all, (k, n)."""
        return self.ratios.of_all(
            Evidence(self.motion, self.readings, {}).features(passages, None, rows)
        )


class LogRatios:
    """The log ratios of all pairs, computed when they are asked for: indexed as the table would be,
    by ``np.ix_``.

    Parameters
    ----------
    passages : cctview.track.tracklets.Passages
    models : sequence of Learnt
    half : ndarray of int, shape (n,)
        Which of the models looks for each passage.
    """

    def __init__(self, passages, models, half):
        self.passages, self.models, self.half, self._kept = passages, models, half, (None, None)

    def __getitem__(self, index):
        rows, columns = (np.asarray(of).ravel() for of in index)
        if self._kept[0] != rows.tobytes():
            table = np.empty((len(rows), len(self.passages)), np.float32)
            for k, model in enumerate(self.models):
                of = self.half[rows] == k
                if of.any():
                    table[of] = model.log_ratios(self.passages, rows[of])
            self._kept = rows.tobytes(), table
        return self._kept[1][:, columns]


def keep(model, passages, learnt, step):
    """Of a `cctview.link.joint.JointModel` what searching among some passages needs.

    Parameters
    ----------
    model : cctview.link.joint.JointModel
    passages : cctview.track.tracklets.Passages
        All of them.
    learnt : array_like of int
        Which of them it was fitted on; of these the probes' held-out readings are kept.
    step : str
        Whose likelihood ratios.

    Returns
    -------
    Learnt
    """
    readings = {}
    for attribute, probe in model.evidence.probes.items():
        values = probe.read(passages.looks)
        values[learnt] = model.evidence.held_out[attribute]
        names = [str(name) for name in probe.pipeline.classes_]
        readings[attribute] = Reading(
            values.astype(np.float32), np.asarray(probe.shares, float), names
        )
    return Learnt(model.evidence.motion.over(passages.table), model.models[step], readings)


def fingerprint(detections):
    """What tells whether something was learnt from these detections."""
    return sha256("\n".join(detections["id"]).encode()).hexdigest()


def save(path, models, tracks, detections):
    """Write what was learnt, and the tracks that it was learnt from.

    Parameters
    ----------
    path : Path
    models : sequence of Learnt
    tracks : array_like of int
        As `cctview.track.tracklets.find_passages` takes them.
    detections : DataFrame
        What it was learnt from: column `id`.
    """
    arrays, about = (
        {"tracks": np.asarray(tracks, np.int32)},
        {
            "detections": fingerprint(detections),
            "models": [],
        },
    )
    for k, model in enumerate(models):
        motion = asdict(model.motion)
        motion |= {
            name: [[*key, value] for key, value in motion[name].items()]
            for name in ("lags", "found")
        }
        readings = {
            attribute: [list(of.shares), of.names] for attribute, of in model.readings.items()
        }
        about["models"].append(
            {"motion": motion, "ratios": asdict(model.ratios), "readings": readings}
        )
        arrays |= {
            f"{attribute}{k}": of.values.astype(np.float16)
            for attribute, of in model.readings.items()
        }
    file = io.BytesIO()
    np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)
    write_bytes(path, file.getvalue())


def load(path):
    """Read what `save` wrote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    known : str
        The `fingerprint` of the detections that it was learnt from.
    models : list of Learnt
    tracks : ndarray of int32

    Raises
    ------
    ValueError
        If the file is damaged; names the file and what to do.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            about, models = json.loads(str(arrays["about"])), []
            for k, stored in enumerate(about["models"]):
                motion = stored["motion"] | {"span": tuple(stored["motion"]["span"])}
                motion["lanes"] = {camera: tuple(of) for camera, of in motion["lanes"].items()}
                motion["lags"] = {tuple(key): tuple(value) for *key, value in motion["lags"]}
                motion["found"] = {tuple(key): value for *key, value in motion["found"]}
                ratios = LikelihoodRatios(
                    **stored["ratios"] | {"limits": tuple(stored["ratios"]["limits"])}
                )
                readings = {
                    attribute: Reading(
                        arrays[f"{attribute}{k}"].astype(np.float32), np.array(shares), names
                    )
                    for attribute, (shares, names) in stored["readings"].items()
                }
                models.append(Learnt(Motion(**motion), ratios, readings))
            known, tracks = about["detections"], arrays["tracks"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path}: cannot be read ({error}); get it again from the repository"
        ) from None
    return known, models, tracks
