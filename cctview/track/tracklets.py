"""Tracklets: what the tracker made of vehicles driving past a camera, one for each noticed pass.

The frames of a tracklet are 1.7 s apart, so they count as one observation, not as many.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cctview.dataset import BOX, box_area
from cctview.detect import seconds_of
from cctview.match import centre_by_camera, unit_vectors
from cctview.track.tracker import track_detections

_LEGIBLE = 25.0
"""px; the side of a box from which on more pixels tell no more. On the simulated road a tracklet
then finds its vehicle first at the next camera (150 s, no clock) in .393, .053, .295, .094 and
.277 of cases; in .309, .036, .261, .074 and .215 if all boxes weigh the same. On real frames of
minutes that are kept apart, alike pairs exceed chance at the travel time by 30 instead of 25
deviations."""
_LEAST_MOVE = 6.0  # px; shorter moves have no direction to speak of
_NEIGHBOURS = 41  # tracks in about the same lane, which tell how fast boxes come nearer
_FEWEST_TRACKS = 10  # that move, to tell it at all
_LONGEST = 20.0  # s; what stays longer stands still, or is many vehicles


@dataclass(frozen=True)
class Tracklets:
    """Passes of vehicles, as the tracker noticed them. Nothing here says which vehicle it was.

    Attributes
    ----------
    table : DataFrame
        Columns `camera`, `seconds` (since midnight), `lane` (0 to 1), `detections` (how many),
        `minute`.
    features : ndarray of float32, shape (n, d)
        Unit vectors.
    of_detection : Series of int
        The tracklet of each detection, by the detection's id; detections of none are left out.
        Empty in a part.
    """

    table: pd.DataFrame
    features: np.ndarray
    of_detection: pd.Series = field(default_factory=lambda: pd.Series(dtype=int))

    def __len__(self) -> int:
        return len(self.table)

    def part(self, rows: np.ndarray) -> "Tracklets":
        """Some of them."""
        return Tracklets(self.table.iloc[rows].reset_index(drop=True), self.features[rows])


def confident(detections: pd.DataFrame, percent: float = 25.0) -> np.ndarray:
    """Which detections are confident enough to be tracked, (n,)."""
    return (detections["percent"] >= percent).to_numpy()


def find_tracklets(
    detections: pd.DataFrame,
    embeddings: np.ndarray,
    percent: float = 25.0,
    tracks: np.ndarray | None = None,
) -> Tracklets:
    """Track the vehicles past each camera.

    Parameters
    ----------
    detections : DataFrame
        As `cctview.dataset.frames.Dataset.detections`.
    embeddings : ndarray of float32, shape (n, d)
    percent : float
        Detections of less confidence are left out.
    tracks : array_like of int, optional
        The track of each detection that is not left out, -1 for none, where it is known already.
    """
    kept = confident(detections, percent)
    detections, embeddings = detections[kept].reset_index(drop=True), embeddings[kept]
    if tracks is None:
        numbers = track_detections(detections, embeddings)
    else:
        numbers = pd.Series(tracks, dtype="Int64").where(lambda number: number >= 0)
    table, features = describe_tracks(detections, numbers, embeddings)
    table = table.assign(minute=(table["seconds"] // 60).astype(int))
    tracked = numbers.notna().to_numpy()
    of_detection = pd.Series(
        table.index.get_indexer(numbers[tracked]), detections["id"][tracked].to_numpy()
    )
    features = unit_vectors(features + 1e-9).astype(np.float32)
    return Tracklets(table.reset_index(drop=True), features, of_detection)


def describe_tracks(
    detections: pd.DataFrame, tracks: pd.Series, embeddings: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """One row a track: when it passed the camera, in which lane, and its appearance.

    A track passes when its box is at the distance at which most boxes of its camera are (see
    `_passing_times`). Its lane is the angle at which its largest box is seen from the point in
    which the moves of all tracks of its camera meet (the vanishing point of the road), given as the
    share of tracks further left.

    Parameters
    ----------
    detections : DataFrame
        Columns `camera`, `time`, `x1`, `y1`, `x2`, `y2`.
    tracks : Series
        The track of each detection, from `track_detections`; missing ones are left out.
    embeddings : array_like, shape (n, d)
        Anything, NaN too, where there is no track.

    Returns
    -------
    described : DataFrame
        Index: the track. Columns `camera`, `seconds` (since midnight), `lane` (0 to 1),
        `detections` (how many).
    features : ndarray, shape (number of tracks, d), float32
        The mean of the track's embeddings, each centred on its camera; small boxes, whose pictures
        show little, weigh less, by their area.

    Raises
    ------
    ValueError
        If detections, tracks and embeddings do not belong together.
    """
    if not len(detections) == len(tracks) == len(embeddings):
        raise ValueError(
            f"{len(detections)} detections, {len(tracks)} tracks and {len(embeddings)} embeddings; "
            "they must belong together row by row"
        )
    kept = tracks.notna().to_numpy()
    boxes = detections.loc[kept, BOX].to_numpy(float)
    table = pd.DataFrame(
        {
            "camera": detections.loc[kept, "camera"].to_numpy(),
            "track": tracks[kept].to_numpy(),
            "seconds": seconds_of(detections["time"])[kept],
            "x": (boxes[:, 0] + boxes[:, 2]) / 2,
            "y": boxes[:, 3],
            "area": box_area(boxes),
        }
    )
    features = unit_vectors(
        centre_by_camera(np.asarray(embeddings)[kept], table["camera"]) + 1e-9
    ).astype(np.float32)
    codes, labels = pd.factorize(table["track"], sort=True)
    weights = np.minimum(table["area"].to_numpy(), _LEGIBLE**2).astype(np.float32)
    means = np.zeros((len(labels), features.shape[1]), np.float32)
    np.add.at(means, codes, features * weights[:, None])
    counts, total = np.bincount(codes), np.bincount(codes, weights).astype(np.float32)
    largest = (
        table.sort_values("area", kind="stable")
        .groupby("track")
        .tail(1)
        .set_index("track")
        .sort_index()
    )
    meet = {camera: _vanishing_point(of) for camera, of in table.groupby("camera")}
    meeting = np.array([meet[camera] for camera in largest["camera"]]).reshape(-1, 2)
    angle = pd.Series(
        np.arctan2(largest["x"] - meeting[:, 0], np.maximum(largest["y"] - meeting[:, 1], 1.0)),
        index=largest.index,
    )
    lane = angle.groupby(largest["camera"]).rank(pct=True)
    table["depth"] = _depth(table, meet)
    passed = [_passing_times(of, lane) for _, of in table.groupby("camera")]
    seconds = pd.concat([pd.Series(dtype=float), *passed])
    described = largest[["camera"]].assign(seconds=seconds, lane=lane, detections=counts)
    return described, means / np.maximum(total, 1e-6)[:, None]


def _depth(table: pd.DataFrame, meet: dict[str, np.ndarray]) -> np.ndarray:
    """How far away each box is, in units of its camera: on a flat road the distance is inversely
    proportional to how far the lower edge of the box is under the vanishing point, (n,).
    """
    horizon = table["camera"].map({camera: point[1] for camera, point in meet.items()})
    return 1 / np.maximum(table["y"] - horizon, 4.0).to_numpy()


def _passing_times(table: pd.DataFrame, lane: pd.Series) -> pd.Series:
    """When each track of one camera is at the camera's usual depth, in seconds, by track.

    Frames are 1.7 s apart and their times are whole seconds, so the time of any one frame is off by
    most of a second. How many seconds a box takes for a unit of depth is told by tracks in about
    the same lane (the weighted median of their slopes); with it each box of a track gives the
    passing time, and their median is taken. What stands still passes when it is nearest.
    """
    each = table.groupby("track")
    mean = each[["seconds", "depth"]].transform("mean")
    late, deep = table["seconds"] - mean["seconds"], table["depth"] - mean["depth"]
    moved = pd.DataFrame({"slope": late * deep, "weight": deep**2}).groupby(table["track"]).sum()
    lasted = each["seconds"].max() - each["seconds"].min()
    moved = moved[(moved["weight"] > 0) & (lasted <= _LONGEST) & (lasted > 0)]
    nearest = table.loc[each["depth"].idxmin()].set_index("track")["seconds"].astype(float)
    if len(moved) < _FEWEST_TRACKS:
        return nearest
    moved = moved.assign(slope=moved["slope"] / moved["weight"], lane=lane.reindex(moved.index))
    moved = moved.sort_values("lane")
    size = min(_NEIGHBOURS, len(moved))
    slopes, weights = (
        np.lib.stride_tricks.sliding_window_view(moved[name].to_numpy(), size)
        for name in ("slope", "weight")
    )
    order = np.argsort(slopes, axis=1)
    share = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    middle = (share >= share[:, -1:] / 2).argmax(axis=1)
    rows = np.arange(len(slopes))
    usual = slopes[rows, order[rows, middle]]
    own = lane.reindex(table["track"]).to_numpy()
    place = np.searchsorted(moved["lane"].to_numpy(), own) - size // 2
    slope = usual[np.clip(place, 0, len(usual) - 1)]
    late = np.clip(slope * (table["depth"] - table["depth"].median()), -_LONGEST, _LONGEST)
    passed = (table["seconds"] - late).groupby(table["track"]).median()
    return passed.where(lasted <= _LONGEST, nearest)


def _vanishing_point(table):
    """The point (x, y) nearest to the lines of all moves of a camera's tracks."""
    table = table.sort_values(["track", "seconds"], kind="stable")
    move = table.groupby("track")[["x", "y"]].diff().to_numpy()
    length = np.hypot(*move.T)
    kept = length > _LEAST_MOVE
    if kept.sum() < 2:
        return np.array([table["x"].mean(), table["y"].min()])
    normal = np.stack([-move[kept, 1], move[kept, 0]], axis=1) / length[kept, None]
    distance = (normal * table[["x", "y"]].to_numpy()[kept]).sum(axis=1)
    point = np.linalg.lstsq(normal, distance, rcond=None)[0]
    for _ in range(10):  # lines that pass far from it (curves, wrong links) count less
        weight = 1 / np.sqrt(1 + ((normal @ point - distance) / 10) ** 2)
        point = np.linalg.lstsq(normal * weight[:, None], distance * weight, rcond=None)[0]
    return point
