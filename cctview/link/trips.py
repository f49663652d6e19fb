"""One click, one trip: where the vehicle of one detection is found at the other cameras.

All trips are decided together once (`cctview.link.assignment`); a search reads its answer off that
whole. Whether an answer is right is not known here: see `cctview.link.evaluation`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cctview.dataset import POPULATION, box_area, driving_order
from cctview.link.assignment import Assignment, assign_trips
from cctview.link.calibration import fit_calibration
from cctview.link.model import LinkModel
from cctview.link.travel_times import WAYS
from cctview.stats import claimed_bits, open_set_posterior, split_vehicles
from cctview.track import Tracklets

SURE = 0.5
"""A candidate is linked if it is more probably than not the vehicle looked for."""
_PARTS = 5
_TOLD = 1e-3  # the least weight of candidates that calibration looks at
_ALONE = 0.5
"""Of what the trips leave open so much is given to what the pair alone says: not every trip is
enumerated. Chosen of 0.2, 0.5 and 0.8 on the course's first minutes, which lessons judge too."""
_HARDLY = 0.2  # where a camera notices fewer of a carriageway, that is why a vehicle is not found
_LINK = ["query", "camera", "tracklet", "probability", "none", "claimed"]


@dataclass(frozen=True)
class CameraSearch:
    """What a search for some vehicles at one camera gave.

    Attributes
    ----------
    camera : str
    queries : ndarray of int, shape (k,)
        The tracklets whose vehicles were looked for.
    rows : ndarray of int, shape (m,)
        The tracklets of the camera.
    posterior : ndarray, shape (k, m + 1)
        How probably each shows the vehicle; the last is "none of these".
    """

    camera: str
    queries: np.ndarray
    rows: np.ndarray
    posterior: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """The column of the most probable candidate of each query, (k,)."""
        return self.posterior[:, :-1].argmax(axis=1)

    def links(self) -> pd.DataFrame:
        """The best candidate for each query, as `TripFinder.links` gives it."""
        return pd.DataFrame(
            {
                "query": self.queries,
                "camera": self.camera,
                "tracklet": self.rows[self.best],
                "probability": self.posterior[np.arange(len(self.queries)), self.best],
                "none": self.posterior[:, -1],
                "claimed": claimed_bits(self.posterior, POPULATION),
            }
        )


@dataclass(frozen=True)
class TripFinder:
    """Finds trips.

    Attributes
    ----------
    tracklets : Tracklets
        With `of_detection`.
    midnight : Timestamp
        When their `seconds` begin.
    shown : ndarray of str, shape (n,)
        The detection to show for each tracklet: its largest.
    model : LinkModel
    queues : bool
        Whether travel times follow the traffic of the moment, see `cctview.link.traffic`.
    """

    tracklets: Tracklets
    midnight: pd.Timestamp
    shown: np.ndarray
    model: LinkModel
    queues: bool = True
    _kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def assignment(self) -> Assignment:
        """All trips, decided together when the first is asked for."""
        return assign_trips(self.model, self.tracklets, self.queues)

    @property
    def late(self) -> np.ndarray:
        """How late the traffic was when each tracklet passed, (n,): see `Assignment.late`."""
        return self.assignment.late

    @cached_property
    def read(self) -> dict[str, pd.DataFrame]:
        """For each attribute how probable each value is for each tracklet."""
        return self.model.read(self.tracklets)

    @cached_property
    def _places(self) -> np.ndarray:
        return self.model.places(self.tracklets)

    @property
    def cameras(self) -> list[str]:
        """Ids of the cameras, in driving order."""
        return driving_order(self.tracklets.table["camera"].unique())

    @cached_property
    def span(self) -> tuple[float, float]:
        """When the first and the last tracklet passed, in seconds."""
        return self.model.travel_times.over(self.tracklets.table).span

    def tracklet_of(self, detection: str) -> int:
        """The tracklet of a detection, by its id; a KeyError if no such detection was tracked."""
        tracklet = self.tracklets.of_detection.get(str(detection))
        if tracklet is None:
            raise KeyError(f"{detection} is part of no tracklet; pick another vehicle")
        return int(tracklet)

    def weights(self, queries: ArrayLike, camera: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How much speaks for each tracklet of a camera, not calibrated: the tracklets' rows (m,),
        weights after the joint assignment (k, m), and without it (k, m).
        """
        queries, table = np.asarray(queries, int), self.tracklets.table
        rows = np.flatnonzero((table["camera"] == camera).to_numpy())
        times = self.model.travel_times.over(table)
        ratios = self._ratios(queries)[:, rows]
        present = times.present(table.iloc[queries], camera)
        alone = open_set_posterior(ratios, present)[:, :-1]
        joint = self.assignment.pairs[queries][:, rows].toarray()
        left = np.clip(1 - joint.sum(axis=1, keepdims=True), 0.0, 1.0)
        return rows, joint + _ALONE * left * alone, alone

    def legs(self, queries: np.ndarray, camera: str) -> np.ndarray:
        """What calibration tells apart, (k,): "from to way", by the tracklets' lanes."""
        table = self.tracklets.table.iloc[queries]
        way = self.model.travel_times.headings(table).argmax(axis=1)
        legs: np.ndarray = table["camera"].to_numpy(object) + f" {camera} "
        return legs + np.array(WAYS, object)[way]

    def told(self, queries: np.ndarray, camera: str, least: float) -> pd.DataFrame:
        """What calibration is told of the candidates of some tracklets at one camera.

        Parameters
        ----------
        queries : ndarray of int, shape (k,)
        camera : str
        least : float
            Candidates that weigh no more are left out.

        Returns
        -------
        DataFrame
            One row a candidate: `query` and `candidate` (tracklets), `leg`, `weight`, `alone`, as
            for `cctview.link.calibration.fit_calibration`.
        """
        rows, weights, alone = self.weights(queries, camera)
        told = pd.DataFrame(
            {
                "query": np.repeat(queries, len(rows)),
                "candidate": np.tile(rows, len(queries)),
                "leg": np.repeat(self.legs(queries, camera), len(rows)),
                "weight": weights.ravel(),
                "alone": alone.ravel(),
            }
        )
        return told[told["weight"] > least]

    def _ratios(self, queries: np.ndarray) -> np.ndarray:
        """Log ratios of these and all tracklets; the same serve the searches of all cameras."""
        if self._kept.get("queries") != queries.tobytes():
            self._kept["queries"] = queries.tobytes()
            seconds = self.tracklets.table["seconds"] - self.late
            usual = replace(self.tracklets, table=self.tracklets.table.assign(seconds=seconds))
            self._kept["ratios"] = self.model.log_ratio(usual, queries, self._places)
        ratios: np.ndarray = self._kept["ratios"]
        return ratios

    def search(
        self, queries: ArrayLike, camera: str, minutes: float | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Look for the vehicles of some tracklets at another camera.

        Parameters
        ----------
        queries : array_like of int, shape (k,)
            Tracklets of other cameras than this.
        camera : str
        minutes : float, optional
            Only tracklets so many minutes before and after are looked at; by default all.

        Returns
        -------
        rows : ndarray of int, shape (m,)
            The tracklets of the camera.
        posterior : ndarray, shape (k, m + 1)
            How probably each shows the vehicle; the last is "none of these".
        """
        queries, table = np.asarray(queries, int), self.tracklets.table
        rows, weights, alone = self.weights(queries, camera)
        legs = self.legs(queries, camera)
        candidates = self.model.calibration.apply(weights, alone, legs)
        if minutes is not None:
            seconds = table["seconds"].to_numpy(float)
            far = np.abs(seconds[queries][:, None] - seconds[rows]) > 60.0 * minutes
            candidates = np.where(far, 0.0, candidates)
        none = np.maximum(0.0, 1 - candidates.sum(axis=1, keepdims=True))
        return rows, np.hstack([candidates, none])

    def slower(self, tracklet: int, others: ArrayLike) -> np.ndarray:
        """How many seconds longer than usual the traffic took between one tracklet and others."""
        seconds = self.tracklets.table["seconds"].to_numpy(float)
        others = np.asarray(others, int)
        longer = self.late[others] - self.late[tracklet]
        slower: np.ndarray = np.where(seconds[others] < seconds[tracklet], -longer, longer)
        return slower

    def why_not(self, query: int, camera: str) -> str:
        """Why the vehicle of a tracklet is not found at a camera, in words."""
        table = self.tracklets.table.iloc[[query]]
        share = self.model.travel_times.headings(table)[0]
        way = self.model.ways.get(WAYS[int(share.argmax())])
        start = table["camera"].iloc[0]
        if way is None or not {start, camera} <= set(way.cameras):
            return "not found"
        here, there = way.cameras.index(start), way.cameras.index(camera)
        due = float(table["seconds"].iloc[0]) + way.times[there] - way.times[here]
        at = [f"{self.midnight + pd.Timedelta(seconds=end):%H:%M}" for end in self.span]
        if due < self.span[0]:
            return f"it would have passed before {at[0]}, when the recording begins"
        if due > self.span[1]:
            return f"it would come here after {at[1]}, when the recording ends"
        if way.noticed[there] < _HARDLY:
            return "not found: this camera hardly sees that carriageway"
        return "not found"

    def searches(
        self,
        queries: ArrayLike,
        cameras: Iterable[str] | None = None,
        minutes: float | None = None,
    ) -> Iterator[CameraSearch]:
        """Look for the vehicles of some tracklets at each other camera, one search a camera.

        Parameters
        ----------
        queries : array_like of int, shape (k,)
        cameras : iterable of str, optional
            Those of the network; by default all.
        minutes : float, optional
            As for `search`.
        """
        queries, start = np.asarray(queries, int), self.tracklets.table["camera"].to_numpy()
        for camera in driving_order(self.cameras if cameras is None else cameras):
            elsewhere = queries[start[queries] != camera]
            if len(elsewhere):
                yield CameraSearch(camera, elsewhere, *self.search(elsewhere, camera, minutes))

    def links(
        self,
        queries: ArrayLike,
        cameras: Iterable[str] | None = None,
        minutes: float | None = None,
    ) -> pd.DataFrame:
        """The best candidate for each of some tracklets at each other camera.

        Parameters
        ----------
        queries, cameras, minutes
            As for `searches`.

        Returns
        -------
        DataFrame
            One row for each of them and each other camera: `query`, `camera`, `tracklet` (the best
            candidate), its `probability`, `none` (that no candidate is it), `claimed` (bits).
        """
        parts = [search.links() for search in self.searches(queries, cameras, minutes)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_LINK)

    def candidates(self, detection: str, camera: str, count: int = 5) -> pd.DataFrame:
        """The best candidates, first to last, at another camera for the vehicle of a detection.

        Columns `id` (the detection to show), `probability`.
        """
        rows, posterior = self.search([self.tracklet_of(detection)], camera)
        best = np.argsort(-posterior[0, :-1], kind="stable")[:count]
        return pd.DataFrame({"id": self.shown[rows[best]], "probability": posterior[0, best]})

    def find(
        self,
        detection: str,
        cameras: Iterable[str] | None = None,
        minutes: float | None = None,
        sure: float = SURE,
    ) -> pd.DataFrame:
        """The trip of the vehicle that one detection shows.

        Parameters
        ----------
        detection : str
            Its id.
        cameras, minutes
            As for `links`.
        sure : float
            A candidate at least so probable is linked.

        Returns
        -------
        DataFrame
            One row for each camera in driving order, that of the pick among them: `camera`, `time`,
            `after` (seconds since the pick), `probability`, `linked`, `id` (the detection to show)
            of the best candidate, `slower` (s that the traffic took longer than usual), `why` (it
            is not linked, in words; "" if it is).
        """
        picked = self.tracklet_of(detection)
        seconds = self.tracklets.table["seconds"].to_numpy(float)
        trip = self.links([picked], cameras, minutes)[["camera", "tracklet", "probability"]]
        pick = {
            "camera": self.tracklets.table["camera"].iloc[picked],
            "tracklet": picked,
            "probability": 1.0,
        }
        trip = pd.DataFrame([*trip.to_dict("records"), pick]).set_index("camera")
        trip = trip.loc[driving_order(trip.index)].reset_index()
        rows = trip["tracklet"].to_numpy(int)
        linked = (trip["probability"] >= sure).to_numpy()
        why = [
            "" if found else self.why_not(picked, camera)
            for found, camera in zip(linked, trip["camera"], strict=True)
        ]
        return trip.assign(
            time=self.midnight + pd.to_timedelta(seconds[rows], unit="s"),
            after=seconds[rows] - seconds[picked],
            linked=linked,
            id=self.shown[rows],
            slower=self.slower(picked, rows),
            why=why,
        )[["camera", "time", "after", "probability", "linked", "id", "slower", "why"]]


def fit_finder(tracklets: Tracklets, labels: pd.DataFrame, seed: int = 0) -> LinkModel:
    """Fit a link model, and calibrate its links after the joint assignment.

    The vehicles are divided in five parts: a model that is fitted on four of them decides all
    trips, and the links of the fifth calibrate. Then the model is fitted on all.

    Parameters
    ----------
    tracklets : Tracklets
    labels : DataFrame
        As for `LinkModel.fit`.
    seed : int
        How the vehicles are divided.

    Raises
    ------
    ValueError
        If fewer than 20 vehicles of any four parts have two tracklets.
    """
    part_of, vehicle = split_vehicles(labels, _PARTS, seed), labels["vehicle"].to_numpy()
    camera, candidates = tracklets.table["camera"].to_numpy(), []
    for part in range(_PARTS):
        others = labels.assign(vehicle=np.where(part_of == part, -1, vehicle))
        model = LinkModel.fit(tracklets, others)
        finder = TripFinder(tracklets, pd.Timestamp(0), np.array([]), model)
        for second in finder.cameras:
            queries = np.flatnonzero((part_of == part) & (vehicle >= 0) & (camera != second))
            told = finder.told(queries, second, _TOLD)
            right = vehicle[told["query"]] == vehicle[told["candidate"]]
            candidates.append(told.assign(right=right))
    return LinkModel.fit(tracklets, labels).calibrated(fit_calibration(pd.concat(candidates)))


def make_finder(detections: pd.DataFrame, tracklets: Tracklets, model: LinkModel) -> TripFinder:
    """A `TripFinder` of tracklets, and of the detections that they were found in."""
    midnight = detections["time"].min().normalize()
    return TripFinder(tracklets, midnight, largest_detections(detections, tracklets), model)


def largest_detections(detections: pd.DataFrame, tracklets: Tracklets) -> np.ndarray:
    """The id of the largest detection of each tracklet."""
    tracked = detections.set_index("id").loc[tracklets.of_detection.index]
    return box_area(tracked).groupby(tracklets.of_detection).idxmax().sort_index().to_numpy()
