"""Which crops of the real training minutes show one vehicle: tracks within a camera, and links from
E 53 St to E 48 St. Nobody labelled them: a vehicle moves on, and it needs 14 to 22 s to the next
camera, so crops that move alike and look alike belong together.

About nine in ten links are right, judged by eye on samples. That is enough for a contrastive loss.
The frames end before 13:45; nothing of the test minutes or of the example frames is linked.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from cctview.dataset import box_side
from cctview.match import unit_vectors
from cctview.track import track_detections

FIRST, SECOND = "733-681-N", "735-683-N"
TRAVEL = (14, 22)
"""Seconds from E 53 St to E 48 St: mutual neighbours among all lags from -60 to 90 s peak there,
120 of them per second against 4 elsewhere."""
AROUND = (-60, 90)
CONFIDENT = 0.55
"""Cosine from which a mutual neighbour inside the travel time alone is taken: about 45 of 360 such
pairs appear when the window is moved to lags that no vehicle can have."""
LEAST_SIZE = 18
"""Pixels, root of a box's area, from which a crop says something about its vehicle."""
SMALLEST = 10
"""Pixels, root of a box's area, from which a crop is trained on."""
CROPS = 3
"""Crops of a vehicle in a batch; of one that is at two cameras, two at each."""
_AT_ONCE, _ANYWHERE, _AT_TWO_CAMERAS = (14, 6), 4, 8  # vehicles in a batch
_AMONG = 18  # so many of a camera's vehicles, in order of time, are about there at once
_GONE = 10  # seconds after which a camera does not see a vehicle any more
_SLACK = (6, 8)  # seconds around the travel time within which nothing is said


@dataclass(frozen=True)
class RealVehicles:
    """Crops of the training minutes, grouped into vehicles.

    Attributes
    ----------
    table : DataFrame
        One row a crop: row (of `real.load_detections`), cam, sec, size (px), track (unique over the
        cameras), vehicle (tracks that were linked share it).
    """

    table: pd.DataFrame

    def among(self, rows: np.ndarray) -> "RealVehicles":
        """Those whose row is in `rows` and whose crop is large enough to be trained on."""
        kept = self.table["row"].isin(rows) & (self.table["size"] >= SMALLEST)
        return RealVehicles(self.table[kept].reset_index(drop=True))

    def conflicts(self, crops: np.ndarray) -> np.ndarray:
        """Pairs of crops that may or may not show one vehicle, (n, n) bool: no negatives.

        Two tracks of one camera are certainly two vehicles if both are there at one time, or if
        one begins more than 10 s after the other's end; crops of two cameras are, outside the
        travel time.
        """
        some = self.table.iloc[crops]
        cam, sec = some.cam.to_numpy(), some.sec.to_numpy()
        first, last = (times[crops] for times in self._spans)
        gap = np.maximum(first[:, None] - last[None], first[None] - last[:, None])
        same_camera = cam[:, None] == cam[None]
        lag = np.abs(sec[:, None] - sec[None])
        travelling = (lag >= TRAVEL[0] - _SLACK[0]) & (lag <= TRAVEL[1] + _SLACK[1])
        return np.where(same_camera, (gap > 0) & (gap < _GONE), travelling)

    @cached_property
    def _spans(self) -> tuple[np.ndarray, np.ndarray]:
        """When each crop's track begins and ends, seconds."""
        times = self.table.groupby("track").sec
        return times.transform("min").to_numpy(), times.transform("max").to_numpy()

    @cached_property
    def groups(self) -> list[np.ndarray]:
        """The crops of each vehicle that has two and more, vehicles in order of time."""
        groups = self.table.groupby("vehicle")
        several = [rows for rows in groups.indices.values() if len(rows) > 1]
        return sorted(several, key=lambda rows: self.table.sec.to_numpy()[rows].mean())

    @cached_property
    def _linked(self) -> np.ndarray:
        cameras = self.table.cam.to_numpy()
        return np.array([k for k, own in enumerate(self.groups) if len(set(cameras[own])) > 1], int)

    @cached_property
    def _by_camera(self) -> list[np.ndarray]:
        """The groups of each camera, in order of time."""
        cameras = self.table.cam.to_numpy()[[own[0] for own in self.groups]]
        return [np.flatnonzero(cameras == camera) for camera in np.unique(cameras)]

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Crops of a batch and their vehicles: two times some vehicles of one camera and time,
        which are hardest to tell apart, some of anywhere, and some that are at two cameras.
        """
        chosen = [rng.integers(len(self.groups), size=_ANYWHERE)]
        for many in _AT_ONCE:
            there = self._by_camera[rng.integers(len(self._by_camera))]
            start = rng.integers(max(1, len(there) - _AMONG))
            window = there[start : start + _AMONG]
            chosen.append(rng.choice(window, min(many, len(window)), replace=False))
        several = min(_AT_TWO_CAMERAS, len(self._linked))
        chosen.append(rng.choice(self._linked, several, replace=False))
        cameras, crops, vehicles = self.table.cam.to_numpy(), [], []
        for vehicle in np.unique(np.concatenate(chosen)):
            own = self.groups[vehicle]
            seen = np.unique(cameras[own])
            each = CROPS if len(seen) == 1 else 2
            for camera in seen:
                here = own[cameras[own] == camera]
                picked = rng.choice(here, min(each, len(here)), replace=False)
                crops.append(picked)
                vehicles.append(np.full(len(picked), vehicle))
        return np.concatenate(crops), np.concatenate(vehicles)


def find_vehicles(detections: pd.DataFrame, features: np.ndarray) -> RealVehicles:
    """Track the crops of the training minutes and link the tracks of two cameras.

    Parameters
    ----------
    detections : DataFrame
        Those of `real.load_detections` that are of the training minutes; the index is their row.
    features : ndarray, shape (n, d)
        An embedding of each.
    """
    moving = (~detections.dup_or_nonveh & ~detections["static"]).to_numpy()
    table = detections[moving]
    table = table.assign(
        camera=table.cam, type=table.cls, percent=table["prob"], time=table.sec.astype(float)
    )
    table = table.assign(size=box_side(table))
    features = _centred(features[moving], table)
    track = track_detections(table, features)
    kept = track.notna().to_numpy()
    table, features = table[kept].assign(track=track[kept].astype(int)), features[kept]
    table = table.assign(row=table.index, vehicle=table.track.replace(_links(table, features)))
    columns = ["row", "cam", "sec", "size", "track", "vehicle"]
    return RealVehicles(table[columns].reset_index(drop=True))


def _centred(features, table):
    """Unit vectors after each camera's mean is taken away (over crops that show something)."""
    features, large = features.copy(), (table["size"] >= LEAST_SIZE).to_numpy()
    for camera in table.cam.unique():
        own = (table.cam == camera).to_numpy()
        features[own] -= features[own & large].mean(0) if (own & large).any() else 0
    return unit_vectors(features)


def _links(table, features):
    """Tracks of the second camera to those of the first that are the same vehicle."""
    codes, tracks = pd.factorize(table.track, sort=True)
    means = np.zeros((len(tracks), features.shape[1]))
    np.add.at(means, codes, features * np.clip(table["size"].to_numpy(), 8, 40)[:, None])
    means = unit_vectors(means)
    largest = table.sort_values("size", kind="stable").groupby("track").tail(1)
    largest = largest.set_index("track").sort_index()
    shown = largest["size"].to_numpy() >= LEAST_SIZE + 2
    a, b = (np.flatnonzero((largest.cam == cam).to_numpy() & shown) for cam in (FIRST, SECOND))
    if not len(a) or not len(b):
        return {}
    lag = largest.sec.to_numpy()[b][None] - largest.sec.to_numpy()[a][:, None]
    cosines = means[a] @ means[b].T
    inside = (lag >= TRAVEL[0]) & (lag <= TRAVEL[1])
    wide = _mutual(np.where((lag >= AROUND[0]) & (lag <= AROUND[1]), cosines, -2)) & inside
    narrow = _mutual(np.where(inside, cosines, -2)) & (cosines >= CONFIDENT) & inside
    first, second = np.nonzero(wide | narrow)
    return dict(zip(largest.index[b[second]], largest.index[a[first]]))


def _mutual(cosines):
    """Pairs that are each other's nearest, (n, m) bool."""
    pairs = np.zeros(cosines.shape, bool)
    best = cosines.argmax(1)
    back = cosines.argmax(0)[best] == np.arange(len(cosines))
    pairs[np.flatnonzero(back), best[back]] = True
    return pairs
