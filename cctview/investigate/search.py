"""The operator's search: the best candidates past every other camera for the picked vehicle.

The original ranked by the minimal Euclidean distance (MED) between single crops, over all
detections. The same is here, with filters that rule out what contradicts the travel time or the
direction of the lane; and beside it the joint model of `cctview.link.trips`, which weighs all of it
at once and gives a probability. On frames of one's own the joint model is fitted without labels
(`cctview.link.unlabelled`); where they show no drive from camera to camera, distances are left.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from cctview.dataset import VEHICLE_TYPES, Dataset, box_area, driving_order
from cctview.link import (
    WAYS,
    NoTravel,
    TravelTimes,
    TripFinder,
    fit_unlabelled,
    largest_detections,
    make_finder,
)
from cctview.match import DISTANCES
from cctview.track import Tracklets, find_tracklets

JOINT, CENTRED, MED, MCD = "joint model", "centred cosine", "MED", "MCD"
_WORDS = {MED: "minimal Euclidean distance (the original's)", MCD: "minimal cosine distance"}
RANKINGS = {JOINT: JOINT, "camera-centred cosine of whole passes": CENTRED}
RANKINGS |= {_WORDS.get(name.upper(), name): name.upper() for name in DISTANCES}
"""What candidates can be ranked by, in words: the joint model, the cosine of two passes' features,
each camera's mean taken off (`cctview.track`), and each distance of `cctview.match`."""
_CHANCE = 0.005
"""Of two passes of different cameras, hardly any two of which are one vehicle, so many lie within a
threshold that is taken from the data at hand."""
_CLEAR_SIDE = 40.0  # px
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
    features : ndarray, shape (n, d)
        Unit vectors of the groups.
    own : bool
        Whether these are frames of one's own, perhaps real people's vehicles.
    """

    dataset: Dataset
    detections: pd.DataFrame
    groups: pd.DataFrame
    travel_times: TravelTimes | None
    finder: TripFinder | None = None
    features: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    own: bool = False
    _kept: dict = field(default_factory=dict, repr=False)

    @property
    def joint_model(self) -> TripFinder:
        """The finder; a ValueError if there is none."""
        if self.finder is None:
            raise ValueError(
                "these frames show no drive from camera to camera, so they have no joint model;"
                " rank by a distance"
            )
        return self.finder

    @property
    def cameras(self) -> list[str]:
        """Ids of the cameras, in driving order."""
        return driving_order(self.groups["camera"].unique())

    @property
    def rankings(self) -> dict[str, str]:
        """What can be ranked by, in words."""
        lacks = [JOINT] if self.finder is None else []
        return {words: name for words, name in RANKINGS.items() if name not in lacks}

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
        """The smallest distance from each of some detections to any crop of each group, (k, n); by
        `CENTRED` that of their passes.
        """
        key = (ranking, tuple(detections))
        if ranking == CENTRED:
            groups = self.detections["group"].loc[list(detections)].to_numpy()
            return 1 - self.features[groups] @ self.features.T
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

    def threshold(self, ranking: str, count: int = 300, seed: int = 0) -> float:
        """The distance within which strangers hardly ever lie, by these frames themselves."""
        rng, camera = np.random.default_rng(seed), self.groups["camera"].to_numpy()
        some = rng.permutation(len(camera))[:count]
        distances = self.distances(self.groups["shown"].iloc[some].tolist(), ranking)
        apart = distances[camera[some][:, None] != camera]
        return float(np.quantile(apart, _CHANCE)) if len(apart) else 0.0

    def example(self) -> str:
        """A detection to begin with, at the first camera: of a vehicle that is found elsewhere.

        Without a joint model, one whose box is neither small nor so large that it is cut.
        """
        camera = self.groups["camera"].to_numpy()
        here = np.flatnonzero(camera == self.cameras[0])
        if self.finder is not None and len(self.cameras) > 1:
            sure = self.finder.links(here).groupby("query")["probability"].max()
            return str(self.groups["shown"].iloc[int(sure.idxmax())])
        rows = self.detections["row"][self.detections["group"].isin(here)]
        boxes = self.dataset.detections.iloc[rows.to_numpy()]
        side = np.sqrt(box_area(boxes).to_numpy())
        return str(boxes["id"].iloc[int(np.abs(side - _CLEAR_SIDE).argmin())])


def open_search(finder: TripFinder, dataset: Dataset) -> VehicleSearch:
    """A search of tracklets, with the joint model; `dataset` has the frames it was fitted on."""
    search = _search_passes(finder.tracklets, finder.shown, dataset)
    return replace(search, travel_times=finder.model.travel_times, finder=finder)


def _search_passes(tracklets: Tracklets, shown: np.ndarray, dataset: Dataset) -> VehicleSearch:
    """A search without a joint model."""
    detections = pd.DataFrame({"group": tracklets.of_detection})
    row = pd.Series(np.arange(len(dataset.detections)), dataset.detections["id"])
    detections["row"] = row.loc[detections.index].to_numpy()
    groups = tracklets.table[["camera", "seconds", "lane"]].assign(shown=shown)
    return VehicleSearch(dataset, detections, groups, None, features=tracklets.features)


def open_own_search(dataset: Dataset, travel_times: TravelTimes | None = None) -> VehicleSearch:
    """A search of frames of one's own: of passes, with a joint model that is fitted on themselves.

    Parameters
    ----------
    dataset : cctview.dataset.frames.Dataset
    travel_times : TravelTimes, optional
        Travel times between these cameras, in case the frames themselves show none.

    Raises
    ------
    ValueError
        If no vehicle was detected; says what to do.
    """
    every = dataset.detections
    rows = np.flatnonzero(every["type"].isin(VEHICLE_TYPES).to_numpy())
    rows = rows[dataset.embedded[rows]]
    if not len(rows):
        raise ValueError(
            "no vehicle with an embedding is in these frames; run `cctview detect` and `cctview"
            " extract` on them"
        )
    chosen = every.iloc[rows].reset_index(drop=True)
    tracklets = find_tracklets(chosen, dataset.embeddings_of(rows), percent=0.0)
    try:
        finder = make_finder(chosen, tracklets, fit_unlabelled(tracklets))
        return replace(open_search(finder, dataset), own=True)
    except NoTravel:
        search = _search_passes(tracklets, largest_detections(chosen, tracklets), dataset)
        return replace(search, own=True, travel_times=travel_times)
