"""The operator's desk: candidates before every other camera for the vehicle that is picked, by
distance or by the joint model.

The original ranked by the minimal Euclidean distance (MED) between single pictures, over all
detections. Here the same can be had, with filters that rule out what travel time, or the lane's
direction, speak against; and beside it the joint model of `cctview.link.trips`, which weighs all of it at
once and gives a probability. Frames without a truth have distances only.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cctview.dataset.ids import VEHICLE_TYPES
from cctview.dataset.road import driving_order
from cctview.detect.sorting import seconds_of
from cctview.link.evidence import WAYS, Motion
from cctview.match.distance import cosine_distances, euclidean_distances
from cctview.stats.resampling import bootstrap

JOINT, MED, MCD = "joint model", "MED", "MCD"
RANKINGS = {
    "joint model": JOINT,
    "minimal Euclidean distance (the original's)": MED,
    "minimal cosine distance": MCD,
}
"""What candidates can be ranked by, in words."""
FIT = 3.0
"""A lag fits if it lies within so many spreads of the usual travel time, in logarithms."""
COLUMNS = ["camera", "rank", "id", "time", "after", "distance", "probability", "right"]


@dataclass(frozen=True)
class Search:
    """How candidates are searched for.

    Attributes
    ----------
    ranking : str
        `JOINT`, `MED` or `MCD`.
    minutes : float
        Before and after the pick.
    travel, lanes : bool
        For distances: rule out what does not fit the travel time, or whose lane leads the other
        way. The joint model weighs both in any case.
    """

    ranking: str = JOINT
    minutes: float = 6
    travel: bool = True
    lanes: bool = True


@dataclass(frozen=True)
class Desk:
    """Everything that a search needs.

    Attributes
    ----------
    dataset : cctview.dataset.frames.Dataset
    detections : DataFrame
        Those of vehicles: columns `id`, `camera`, `seconds`, `group`, and `row` in the dataset's
        embeddings.
    groups : DataFrame
        What is ranked, a track or else a single detection: columns `camera`, `seconds`, `lane`,
        `shown` (id to show).
    motion : Motion or None
        Travel times and lanes; None if the cameras are not those of the drive.
    finder : cctview.link.trips.Finder or None
    """

    dataset: object
    detections: pd.DataFrame
    groups: pd.DataFrame
    motion: Motion | None
    finder: object = None
    _kept: dict = field(default_factory=dict, repr=False)

    @property
    def own(self):
        """Whether these are frames without a truth."""
        return self.finder is None

    @property
    def cameras(self):
        """Ids of the cameras, in driving order."""
        return driving_order(self.groups["camera"].unique())

    @property
    def rankings(self):
        """What can be ranked by, in words."""
        return {words: name for words, name in RANKINGS.items() if name != JOINT or not self.own}

    def group_of(self, detection):
        """The group that a detection belongs to, by its id.

        Raises
        ------
        KeyError
            If it shows no vehicle that is searched for.
        """
        found = self.detections["group"].get(str(detection))
        if found is None:
            raise KeyError(f"{detection} is no vehicle that can be searched for; pick another box")
        return int(found)

    def candidates(self, detection, search, count=4):
        """The best candidates before every other camera.

        Parameters
        ----------
        detection : str
            Id of the one picked.
        search : Search
        count : int
            Of candidates a camera.

        Returns
        -------
        DataFrame
            Columns `camera` (in driving order), `rank` (from 1), `id` (to show), `time`, `after` (s
            since the pick), `distance` (NaN for the joint model), `probability` (NaN for
            distances), `right` (by the truth; None without).
        """
        if search.ranking == JOINT:
            found = self._by_model(detection, search, count)
        else:
            found = self._by_distance(detection, search, count)
        return pd.DataFrame(found, columns=COLUMNS).astype({"right": object})

    def _by_model(self, detection, search, count):
        here = self.groups["camera"].iloc[self.group_of(detection)]
        own = self.groups["seconds"].iloc[self.group_of(detection)]
        rows = []
        for camera in self.cameras:
            if camera == here:
                continue
            groups, posterior = self.finder.search(
                [self.group_of(detection)], camera, search.minutes
            )
            best = np.argsort(-posterior[0, :-1], kind="stable")[:count]
            best = best[posterior[0, best] > 0]
            for rank, k in enumerate(best, start=1):
                rows.append(
                    self._row(
                        detection, camera, rank, groups[k], own, probability=float(posterior[0, k])
                    )
                )
        return rows

    def _by_distance(self, detection, search, count):
        group, rows = self.group_of(detection), []
        here, own = self.groups[["camera", "seconds"]].iloc[group]
        distances, allowed = (
            self._distances([str(detection)], search.ranking)[0],
            self.allowed(group, search),
        )
        for camera in self.cameras:
            groups = np.flatnonzero((self.groups["camera"] == camera).to_numpy() & allowed)
            if camera == here or not len(groups):
                continue
            best = groups[np.argsort(distances[groups], kind="stable")[:count]]
            rows += [
                self._row(detection, camera, rank, k, own, distance=float(distances[k]))
                for rank, k in enumerate(best, start=1)
            ]
        return rows

    def _row(self, detection, camera, rank, group, own, **score):
        seconds = float(self.groups["seconds"].iloc[group])
        time = self.dataset.frames["time"].min().normalize() + pd.to_timedelta(seconds, unit="s")
        row = {
            "camera": camera,
            "rank": rank,
            "id": self.groups["shown"].iloc[group],
            "time": time,
            "after": seconds - own,
        }
        return (
            {"distance": np.nan, "probability": np.nan}
            | row
            | score
            | {"right": self.right(detection, group)}
        )

    def right(self, detection, group):
        """Whether a group shows the vehicle of a detection, by the truth; None without a truth."""
        if self.own:
            return None
        vehicle = self.finder.passages.table["vehicle"].to_numpy()
        asked = vehicle[self.group_of(detection)]
        return bool(asked >= 0 and vehicle[group] == asked)

    def allowed(self, group, search):
        """Which groups the filters leave over for a search of one of them, (n,)."""
        seconds = self.groups["seconds"].to_numpy(float)
        lag = seconds - seconds[group]
        kept = np.abs(lag) <= 60 * search.minutes
        if self.motion is None or not (search.travel or search.lanes):
            return kept
        fits = np.zeros(len(kept), bool)
        heading = self._headings() if search.lanes else np.ones((len(kept), 2))
        for k, way in enumerate(WAYS):
            same_way = (heading[group, k] >= 0.5) & (heading[:, k] >= 0.5)
            fits |= same_way & (self._fits_travel(way, group, lag) if search.travel else True)
        return kept & fits

    def _headings(self):
        if "headings" not in self._kept:
            self._kept["headings"] = self.motion.headings(self.groups)
        return self._kept["headings"]

    def _fits_travel(self, way, group, lag):
        """Whether the lag to each group fits the travel time that way; where none is known, any lag
        does.
        """
        camera, fits = self.groups["camera"].to_numpy(), np.zeros(len(lag), bool)
        here = camera[group]
        for there in np.unique(camera):
            rows, pair = camera == there, None
            if (way, here, there) in self.motion.lags:
                pair, taken = (way, here, there), lag[rows]
            elif (way, there, here) in self.motion.lags:
                pair, taken = (way, there, here), -lag[rows]
            if pair is None:
                fits[rows] = not any({here, there} <= set(known[1:]) for known in self.motion.lags)
                continue
            mean, spread = self.motion.lags[pair]
            fits[rows] = (taken > 0) & (
                np.abs(np.log(np.maximum(taken, 0.1)) - mean) <= FIT * spread
            )
        return fits

    def _distances(self, detections, ranking):
        """The smallest distance from each of some detections to any picture of each group, (k, n)."""
        of, measure = self.detections, {MED: euclidean_distances, MCD: cosine_distances}[ranking]
        key = (ranking, tuple(detections))
        if key not in self._kept:
            order, starts = self._sorted()
            vectors = self.dataset.embeddings
            asked = vectors[of["row"].loc[list(detections)].to_numpy()]
            every = measure(asked, vectors[of["row"].to_numpy()[order]])
            for old in [k for k in self._kept if isinstance(k, tuple)]:
                del self._kept[old]
            self._kept[key] = np.minimum.reduceat(every, starts, axis=1)
        return self._kept[key]

    def _sorted(self):
        order = np.argsort(self.detections["group"].to_numpy(), kind="stable")
        return order, np.searchsorted(
            self.detections["group"].to_numpy()[order], np.arange(len(self.groups))
        )

    def first_guesses(self, asking, search):
        """Whether the first candidate is right, for vehicles that are there to be found.

        Parameters
        ----------
        asking : array_like of int, shape (k,)
            Groups; needs a finder.
        search : Search

        Returns
        -------
        DataFrame
            One row a search: `query`, `camera`, `right`.
        """
        asking, camera = np.asarray(asking, int), self.groups["camera"].to_numpy()
        vehicle = self.finder.passages.table["vehicle"].to_numpy()
        if search.ranking == JOINT:
            links = self.finder.links(asking, minutes=search.minutes)
            there = [
                bool(((camera == c) & (vehicle == v)).any())
                for c, v in zip(links["camera"], links["vehicle"], strict=True)
            ]
            return links.loc[there, ["query", "camera", "right"]].reset_index(drop=True)
        distances, rows = (
            self._distances(tuple(self.groups["shown"].iloc[asking]), search.ranking),
            [],
        )
        for k, group in enumerate(asking):
            kept = np.where(self.allowed(group, search), distances[k], np.inf)
            for there in self.cameras:
                groups = np.flatnonzero(camera == there)
                mates = vehicle[groups] == vehicle[group]
                if there == camera[group] or not mates.any():
                    continue
                best = int(np.argmin(kept[groups]))
                rows.append((group, there, bool(mates[best] and np.isfinite(kept[groups][best]))))
        return pd.DataFrame(rows, columns=["query", "camera", "right"])


def share_right(guesses, rounds=300):
    """The share of first guesses that are right, with a 95 % interval by drawing whole vehicles
    again: estimate, low, high.
    """
    each = guesses.groupby("query")["right"].agg(["sum", "count"]).to_numpy(float)
    drawn = bootstrap(
        lambda rows: each[rows, 0].sum() / each[rows, 1].sum(), np.arange(len(each)), rounds
    )
    return drawn.loc[0, ["estimate", "low", "high"]]


def open_desk(finder, dataset):
    """A desk on simulated frames, with the joint model.

    Parameters
    ----------
    finder : cctview.link.trips.Finder
    dataset : cctview.dataset.frames.Dataset
        The frames that it has learnt from.

    Returns
    -------
    Desk
    """
    table, of = finder.passages.table, finder.passages.of_detection
    row = pd.Series(np.arange(len(dataset.detections)), dataset.detections["id"])
    detections = pd.DataFrame(
        {"group": of.to_numpy(), "row": row.loc[of.index].to_numpy()}, index=of.index
    )
    groups = table[["camera", "seconds", "lane"]].assign(shown=finder.shown)
    return Desk(dataset, detections, groups, finder.motions[0], finder)


def open_own_desk(dataset, motion=None):
    """A desk on frames without a truth: each detection is ranked by itself, as the original did.

    Parameters
    ----------
    dataset : cctview.dataset.frames.Dataset
    motion : Motion, optional
        Travel times between these cameras. Lanes are not known: they need tracks.

    Returns
    -------
    Desk

    Raises
    ------
    ValueError
        If no vehicle was detected; says what to do.
    """
    every = dataset.detections
    rows = np.flatnonzero(every["type"].isin(VEHICLE_TYPES).to_numpy())
    rows = rows[np.isfinite(dataset.embeddings[rows]).all(axis=1)] if len(rows) else rows
    if not len(rows):
        raise ValueError(
            "no vehicle with an embedding is in these frames; run `cctview detect` and `cctview"
            " extract` on them"
        )
    kept = every.iloc[rows]
    detections = pd.DataFrame(
        {"group": np.arange(len(rows)), "row": rows}, index=kept["id"].to_numpy()
    )
    groups = pd.DataFrame(
        {
            "camera": kept["camera"].to_numpy(),
            "seconds": seconds_of(kept["time"]),
            "lane": 0.5,
            "shown": kept["id"].to_numpy(),
        }
    )
    return Desk(dataset, detections, groups, motion)
