"""One click, one trip: where the vehicle of one detection is found at the other cameras.

A tracklet of one camera is compared with every tracklet of another by embedding, type, colour and
travel time, all in one model (`cctview.link.joint`). The vehicles are divided in two, and each half
is looked for by a model that was fitted on the other: the model has never seen the vehicle that is
picked. Whether an answer is right is not known here: see `cctview.link.evaluation`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cctview.dataset import POPULATION, box_area, driving_order, street_of
from cctview.link.joint import fit_joint
from cctview.link.stored import CompactModel, LogRatios, compact_model
from cctview.link.travel_times import TravelTimes
from cctview.stats import claimed_bits, open_set_posterior, split_vehicles
from cctview.track import Tracklets

TRIP_ORDER = ("time and place", "type and colour", "travel time", "embedding")
SURE = 0.5
"""A candidate is linked if it is more probably than not the vehicle looked for."""
HALVES = 2
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
    """Finds trips: tracklets, and how much speaks for each two being one vehicle.

    Attributes
    ----------
    tracklets : Tracklets
        With `of_detection`.
    midnight : Timestamp
        When their `seconds` begin.
    shown : ndarray of str, shape (n,)
        The detection to show for each tracklet: its largest.
    log_ratios : ndarray of float32, shape (n, n), or cctview.link.stored.LogRatios
        Natural logarithms of likelihood ratios; each row by a model that was not fitted on its
        vehicle.
    travel_times : tuple of TravelTimes
        By either model.
    half : ndarray of int, shape (n,)
        Which of the two models looks for a tracklet.
    read : dict of str to DataFrame, optional
        For each attribute how probable each value is for each tracklet, read off its features by
        the same models.
    """

    tracklets: Tracklets
    midnight: pd.Timestamp
    shown: np.ndarray
    log_ratios: Any
    travel_times: tuple[TravelTimes, ...]
    half: np.ndarray
    read: dict[str, pd.DataFrame] | None = None

    @property
    def cameras(self) -> list[str]:
        """Ids of the cameras, in driving order."""
        return driving_order(self.tracklets.table["camera"].unique())

    def tracklet_of(self, detection: str) -> int:
        """The tracklet of a detection, by its id; a KeyError if no such detection was tracked."""
        tracklet = self.tracklets.of_detection.get(str(detection))
        if tracklet is None:
            raise KeyError(f"{detection} is part of no tracklet; pick another vehicle")
        return int(tracklet)

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
        seconds, cameras = table["seconds"].to_numpy(float), table["camera"].to_numpy()
        rows = np.flatnonzero(cameras == camera)
        begin, end = self.travel_times[0].span
        reach = end - begin if minutes is None else 60.0 * minutes
        ratios = self.log_ratios[np.ix_(queries, rows)].astype(float)
        ratios[np.abs(seconds[queries][:, None] - seconds[rows]) > reach] = -np.inf
        present = np.zeros(len(queries))
        for half, start in {(self.half[k], cameras[k]) for k in queries}:
            alike = (self.half[queries] == half) & (cameras[queries] == start)
            at = seconds[queries[alike]]
            span = np.maximum(begin, at - reach), np.minimum(end, at + reach)
            times = replace(self.travel_times[half], span=span)
            present[alike] = times.present(table.iloc[queries[alike]], camera)
        return rows, open_set_posterior(ratios, present)

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
            `after` (seconds since the pick), `probability`, `linked`, `id` (the detection to show).
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
        return trip.assign(
            time=self.midnight + pd.to_timedelta(seconds[rows], unit="s"),
            after=seconds[rows] - seconds[picked],
            linked=(trip["probability"] >= sure).to_numpy(),
            id=self.shown[rows],
        )[["camera", "time", "after", "probability", "linked", "id"]]


def fit_halves(tracklets: Tracklets, labels: pd.DataFrame, seed: int = 0) -> list[CompactModel]:
    """For each half of the vehicles a model that looks for it, fitted on the other half.

    Parameters
    ----------
    tracklets : Tracklets
    labels : DataFrame
        As for `cctview.link.joint.fit_joint`.
    seed : int
        How the vehicles are divided into halves.

    Raises
    ------
    ValueError
        If fewer than 20 vehicles of either half are seen by two cameras.
    """
    part, models = split_vehicles(labels, HALVES, seed), []
    for half in range(HALVES):
        rows = np.flatnonzero((part >= 0) & (part != half))
        training = labels.iloc[rows].reset_index(drop=True)
        model = fit_joint(tracklets.part(rows), training, TRIP_ORDER, seed)
        models.append(compact_model(model, tracklets, rows, TRIP_ORDER[-1]))
    return models


def searched_by(labels: pd.DataFrame, seed: int = 0) -> np.ndarray:
    """The model, 0 or 1, not fitted on each tracklet's vehicle; those of none take turns, (n,)."""
    part = split_vehicles(labels, HALVES, seed)
    return np.where(part < 0, np.arange(len(part)) % HALVES, part)


def make_finder(
    detections: pd.DataFrame,
    tracklets: Tracklets,
    models: Sequence[CompactModel],
    half: np.ndarray,
) -> TripFinder:
    """A `TripFinder` of tracklets, and of the two models that look for them.

    Parameters
    ----------
    detections : DataFrame
        What the tracklets were found in.
    tracklets : Tracklets
    models : sequence of CompactModel
        From `fit_halves`.
    half : ndarray of int, shape (n,)
        From `searched_by`.
    """
    read: dict[str, list[pd.DataFrame]] = {}
    for k, model in enumerate(models):
        rows = np.flatnonzero(half == k)
        for attribute, reading in model.readings.items():
            table = pd.DataFrame(reading.values[rows], rows, reading.names)
            read.setdefault(attribute, []).append(table)
    return TripFinder(
        tracklets,
        detections["time"].min().normalize(),
        largest_detections(detections, tracklets),
        LogRatios(tracklets, models, half),
        tuple(model.travel_times for model in models),
        half,
        {name: pd.concat(tables).fillna(0.0).sort_index() for name, tables in read.items()},
    )


def largest_detections(detections: pd.DataFrame, tracklets: Tracklets) -> np.ndarray:
    """The id of the largest detection of each tracklet."""
    tracked = detections.set_index("id").loc[tracklets.of_detection.index]
    return box_area(tracked).groupby(tracklets.of_detection).idxmax().sort_index().to_numpy()


def describe(trip: pd.DataFrame) -> pd.DataFrame:
    """A trip to read: by street the time, the seconds since the pick, and how sure it is."""
    names = [street_of(camera) for camera in trip["camera"]]
    verdict = np.where(trip["after"] == 0, "picked", np.where(trip["linked"], "linked", "not sure"))
    columns = {
        "time": trip["time"].dt.strftime("%H:%M:%S"),
        "after the pick": trip["after"].map("{:+.0f} s".format),
        "probability": (100 * trip["probability"]).map("{:.0f} %".format),
        "verdict": verdict,
    }
    return pd.DataFrame(columns).set_axis(pd.Index(names, name="camera"))


def as_candidates(trip: pd.DataFrame) -> pd.DataFrame:
    """Tracklets of a trip (`TripFinder.find`) but the pick, for `Camera.mark`: `id` and `label`."""
    others = trip[trip["after"] != 0]
    labels = [
        f"{abs(row.after):.0f} s {'later' if row.after > 0 else 'before'},"
        f" {100 * row.probability:.0f} % sure"
        for row in others.itertuples()
    ]
    return pd.DataFrame({"id": others["id"].to_numpy(), "label": labels})
