"""The operator's search: the best candidates past every other camera for the picked vehicle.

The original ranked by the minimal Euclidean distance (MED) between single crops, over all
detections. The same is here, with filters that rule out what contradicts the travel time or the
direction of the lane; and beside it the joint model of `cctview.link.trips`, which weighs all of it
at once and gives a probability. Frames of one's own have distances only.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cctview.dataset import VEHICLE_TYPES, Dataset, driving_order
from cctview.detect import seconds_of
from cctview.link import WAYS, TravelTimes, TripFinder
from cctview.match import DISTANCES

JOINT, MED, MCD = "joint model", "MED", "MCD"
_WORDS = {MED: "minimal Euclidean distance (the original's)", MCD: "minimal cosine distance"}
RANKINGS = {JOINT: JOINT} | {_WORDS.get(name.upper(), name): name.upper() for name in DISTANCES}
"""What candidates can be ranked by, in words: the joint model, and each distance of
`cctview.match`."""
_FIT = 3.0
"""A lag fits if it lies within so many spreads of the usual travel time, in logarithms."""
_COLUMNS = ["camera", "rank", "id", "time", "after", "distance", "probability"]


class NotSearchable(ValueError):
    """A detection shows no vehicle that can be searched for."""


@dataclass(frozen=True)
class SearchSettings:
    """How candidates are searched for.

    Attributes
    ----------
    ranking : str
        One of the values of `RANKINGS`.
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
class VehicleSearch:
    """Everything that a search needs.

    Attributes
    ----------
    dataset : cctview.dataset.frames.Dataset
    detections : DataFrame
        Those of vehicles, by id: columns `group`, and `row` in the dataset's embeddings.
    groups : DataFrame
        What is ranked, a tracklet or else a single detection: columns `camera`, `seconds`, `lane`,
        `shown` (id to show).
    travel_times : TravelTimes or None
        Travel times and lanes, where they are known.
    finder : TripFinder or None
    """

    dataset: Dataset
    detections: pd.DataFrame
    groups: pd.DataFrame
    travel_times: TravelTimes | None
    finder: TripFinder | None = None
    _kept: dict = field(default_factory=dict, repr=False)

    @property
    def own(self) -> bool:
        """Whether these are frames of one's own: no tracklets, and no joint model."""
        return self.finder is None

    @property
    def joint_model(self) -> TripFinder:
        """The finder; a ValueError if these are frames of one's own."""
        if self.finder is None:
            raise ValueError("frames of your own have no joint model; rank by a distance")
        return self.finder

    @property
    def cameras(self) -> list[str]:
        """Ids of the cameras, in driving order."""
        return driving_order(self.groups["camera"].unique())

    @property
    def rankings(self) -> dict[str, str]:
        """What can be ranked by, in words."""
        return {words: name for words, name in RANKINGS.items() if name != JOINT or not self.own}

    @property
    def midnight(self) -> pd.Timestamp:
        """From when on `seconds` count."""
        return self.dataset.frames["time"].min().normalize()

    def group_of(self, detection: str) -> int:
        """The group of a detection, by its id; a NotSearchable if it belongs to none."""
        group = self.detections["group"].get(str(detection))
        if group is None:
            raise NotSearchable(
                f"{detection} is no vehicle that can be searched for; pick another box"
            )
        return int(group)

    def candidates(self, detection: str, settings: SearchSettings, count: int = 4) -> pd.DataFrame:
        """The best candidates past every other camera.

        Parameters
        ----------
        detection : str
            Id of the one picked.
        settings : SearchSettings
        count : int
            Of candidates a camera.

        Returns
        -------
        DataFrame
            Columns `camera` (in driving order), `rank` (from 1), `id` (to show), `time`, `after` (s
            since the pick), `distance` (NaN for the joint model), `probability` (NaN for
            distances).
        """
        group, joint = self.group_of(detection), settings.ranking == JOINT
        allowed = None if joint else self.allowed(group, settings)
        rows = []
        for camera in self.cameras:
            if camera == self.groups["camera"].iloc[group]:
                continue
            if joint:
                groups, posterior = self.joint_model.search(
                    np.array([group]), camera, settings.minutes
                )
                possible = posterior[0, :-1] > 0
                groups, scores = groups[possible], posterior[0, :-1][possible]
                best = np.argsort(-scores, kind="stable")[:count]
            else:
                groups = np.flatnonzero((self.groups["camera"] == camera).to_numpy() & allowed)
                scores = self.distances([str(detection)], settings.ranking)[0, groups]
                best = np.argsort(scores, kind="stable")[:count]
            score = "probability" if joint else "distance"
            rows += [
                {"camera": camera, "rank": rank, "group": groups[k], score: float(scores[k])}
                for rank, k in enumerate(best, start=1)
            ]
        table = pd.DataFrame(rows, columns=[*_COLUMNS, "group"])
        chosen, pick = self.groups.iloc[table.pop("group").to_numpy(int)], self.groups.iloc[group]
        seconds = chosen["seconds"].to_numpy(float)
        table = table.assign(id=chosen["shown"].to_numpy(), after=seconds - pick["seconds"])
        table["time"] = self.midnight + pd.to_timedelta(seconds, unit="s")
        return table.astype({"distance": float, "probability": float})

    def allowed(self, group: int, settings: SearchSettings) -> np.ndarray:
        """Which groups the filters leave over for a search of one of them, (n,)."""
        seconds = self.groups["seconds"].to_numpy(float)
        lag = seconds - seconds[group]
        near = np.abs(lag) <= 60 * settings.minutes
        if self.travel_times is None or not (settings.travel or settings.lanes):
            return near
        fits = np.zeros(len(near), bool)
        heading = self._headings() if settings.lanes else np.ones((len(near), 2))
        for k, way in enumerate(WAYS):
            same_way = (heading[group, k] >= 0.5) & (heading[:, k] >= 0.5)
            fits |= same_way & (self._fits_travel(way, group, lag) if settings.travel else True)
        return near & fits

    def _headings(self):
        if "headings" not in self._kept:
            self._kept["headings"] = self.travel_times.headings(self.groups)
        return self._kept["headings"]

    def _fits_travel(self, way, group, lag):
        """Whether the lag to each group fits the travel time; any lag fits where none is known."""
        cameras, lags = self.groups["camera"].to_numpy(), self.travel_times.lags
        fits, first = np.zeros(len(lag), bool), cameras[group]
        for second in np.unique(cameras):
            rows = cameras == second
            if (way, first, second) in lags:
                (mean, spread), taken = lags[way, first, second], lag[rows]
            elif (way, second, first) in lags:
                (mean, spread), taken = lags[way, second, first], -lag[rows]
            else:  # where the other way's travel time is known, this is not the way
                fits[rows] = not any({first, second} <= set(pair[1:]) for pair in lags)
                continue
            off = np.log(np.maximum(taken, 0.1)) - mean
            fits[rows] = (taken > 0) & (np.abs(off) <= _FIT * spread)
        return fits

    def distances(self, detections: list[str], ranking: str) -> np.ndarray:
        """The smallest distance from each of some detections to any crop of each group, (k, n)."""
        key = (ranking, tuple(detections))
        if key not in self._kept:
            group, row = self.detections["group"].to_numpy(), self.detections["row"]
            order = np.argsort(group, kind="stable")
            starts = np.searchsorted(group[order], np.arange(len(self.groups)))
            vectors = self.dataset.embeddings
            queries = vectors[row.loc[list(detections)].to_numpy()]
            every = DISTANCES[ranking.lower()](queries, vectors[row.to_numpy()[order]])
            for old in [k for k in self._kept if isinstance(k, tuple)]:
                del self._kept[old]
            self._kept[key] = np.minimum.reduceat(every, starts, axis=1)
        return self._kept[key]


def open_search(finder: TripFinder, dataset: Dataset) -> VehicleSearch:
    """A search of tracklets, with the joint model; `dataset` has the frames it was fitted on."""
    table, of_detection = finder.tracklets.table, finder.tracklets.of_detection
    detections = pd.DataFrame({"group": of_detection})
    row = pd.Series(np.arange(len(dataset.detections)), dataset.detections["id"])
    detections["row"] = row.loc[detections.index].to_numpy()
    groups = table[["camera", "seconds", "lane"]].assign(shown=finder.shown)
    return VehicleSearch(dataset, detections, groups, finder.travel_times[0], finder)


def open_own_search(dataset: Dataset, travel_times: TravelTimes | None = None) -> VehicleSearch:
    """A search of frames of one's own: each detection is ranked by itself, as the original did.

    Parameters
    ----------
    dataset : cctview.dataset.frames.Dataset
    travel_times : TravelTimes, optional
        Travel times between these cameras. Lanes are not known: they need tracks.

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
    chosen = every.iloc[rows]
    ids = chosen["id"].to_numpy()
    detections = pd.DataFrame({"group": np.arange(len(rows)), "row": rows}, index=ids)
    groups = pd.DataFrame(
        {
            "camera": chosen["camera"].to_numpy(),
            "seconds": seconds_of(chosen["time"]),
            "lane": 0.5,
            "shown": ids,
        }
    )
    return VehicleSearch(dataset, detections, groups, travel_times)
