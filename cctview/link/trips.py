"""One click, one trip: where the vehicle of one detection is found before the other cameras, and
how often that is right.

A passage before one camera is compared with every passage before another by embedding, type, colour
and travel time, all in one model (`cctview.link.joint`). The vehicles are divided in two, and each
half is looked for by a model that was fitted on the other: whoever is picked, the model has not
seen it.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cctview.dataset.boxes import area
from cctview.dataset.road import DRIVE, POPULATION, driving_order, street_of
from cctview.link.joint import fit_joint
from cctview.link.stored import LogRatios, keep
from cctview.stats.bits import identification_bits, open_set_posterior
from cctview.stats.resampling import bootstrap, split_vehicles
from cctview.track.tracklets import Passages, find_passages

SOURCES = ("time and place", "type and colour", "travel time", "embedding")
SURE = 0.5
"""A candidate is linked if it is more probably than not the vehicle looked for."""
HALVES = 2
FOUND = [
    "query",
    "vehicle",
    "camera",
    "passage",
    "probability",
    "none",
    "right",
    "passed",
    "claimed",
    "delivered",
]


@dataclass(frozen=True)
class Finder:
    """What finds trips: passages, and how much speaks for each two being one vehicle.

    Attributes
    ----------
    passages : Passages
        With `of_detection`.
    shown : ndarray of str, shape (n,)
        The detection to show for each passage: its largest.
    log_ratios : ndarray of float32, shape (n, n), or cctview.link.stored.LogRatios Natural logarithms of
        likelihood ratios; each row by a model that was not fitted on its vehicle.
    motions : tuple of Motion
        How vehicles get from camera to camera, by either model.
    half : ndarray of int, shape (n,)
        Which of the two models looks for a passage.
    passings : DataFrame
        The truth: when each vehicle passed below each camera while they recorded; index `vehicle`,
        a column a camera.
    read : dict of str to DataFrame, optional
        For each attribute how probable each value is for each passage, read off its looks by the
        same models.
    """

    passages: Passages
    shown: np.ndarray
    log_ratios: object
    motions: tuple
    half: np.ndarray
    passings: pd.DataFrame
    read: dict | None = None

    @property
    def cameras(self):
        """Ids of the cameras, in driving order."""
        return driving_order(self.passages.table["camera"].unique())

    def passage_of(self, detection):
        """The passage that a detection belongs to, by its id.

        Raises
        ------
        KeyError
            If no such detection was tracked.
        """
        found = self.passages.of_detection.get(str(detection))
        if found is None:
            raise KeyError(f"{detection} is part of no passage; pick another vehicle")
        return int(found)

    def sighting_of(self, vehicle, camera):
        """The detection that shows a vehicle best before a camera, by the truth: its id.

        Raises
        ------
        KeyError
            If it was not detected there.
        """
        table = self.passages.table
        rows = table[(table["vehicle"] == vehicle) & (table["camera"] == camera)]
        if rows.empty:
            raise KeyError(f"vehicle {vehicle} was not detected at {camera}; choose another")
        return str(self.shown[rows["detections"].idxmax()])

    def true_trip(self, detection):
        """When the vehicle of a detection really passed below each camera (Series), or None if it
        is none that drives.
        """
        vehicle = self.passages.table["vehicle"].iloc[self.passage_of(detection)]
        return self.passings.loc[vehicle] if vehicle in self.passings.index else None

    def strangers(self, trip):
        """Whom a trip takes for the vehicle looked for: each other vehicle, what it is, and at how
        many cameras.

        Parameters
        ----------
        trip : DataFrame
            From `find`.
        """
        rows = [self.passage_of(name) for name in trip["id"][~trip["right"]]]
        what = ["vehicle", "kind", "colour"]
        return self.passages.table.iloc[rows].groupby(what).size().rename("cameras").reset_index()

    def whole_trips(self, camera):
        """Passages before a camera of the vehicles that passed all cameras while they recorded, one
        of each, (k,).
        """
        table = self.passages.table
        whole = self.passings.index[self.passings[self.cameras].notna().all(axis=1)]
        own = table[(table["camera"] == camera) & table["vehicle"].isin(whole)]
        longest = own.sort_values("detections", kind="stable").drop_duplicates(
            "vehicle", keep="last"
        )
        return longest.index.sort_values().to_numpy()

    def search(self, asking, camera, minutes=None):
        """Look for the vehicles of some passages before another camera.

        Parameters
        ----------
        asking : array_like of int, shape (k,)
            Passages before other cameras than this.
        camera : str
        minutes : float, optional
            Only passages so many minutes before and after are looked at; by default all.

        Returns
        -------
        rows : ndarray of int, shape (m,)
            The passages before the camera.
        posterior : ndarray, shape (k, m + 1)
            How probably each shows the vehicle; the last is "none of these".
        """
        asking, table = np.asarray(asking, int), self.passages.table
        seconds, here = table["seconds"].to_numpy(float), table["camera"].to_numpy()
        rows = np.flatnonzero(here == camera)
        begin, end = self.motions[0].span
        reach = end - begin if minutes is None else 60.0 * minutes
        ratios = self.log_ratios[np.ix_(asking, rows)].astype(float)
        ratios[np.abs(seconds[asking][:, None] - seconds[rows]) > reach] = -np.inf
        present = np.zeros(len(asking))
        for half, place in {(self.half[k], here[k]) for k in asking}:
            of = (self.half[asking] == half) & (here[asking] == place)
            own = seconds[asking[of]]
            span = np.maximum(begin, own - reach), np.minimum(end, own + reach)
            present[of] = replace(self.motions[half], span=span).present(
                table.iloc[asking[of]], camera
            )
        return rows, open_set_posterior(ratios, present)

    def candidates(self, detection, camera, count=5):
        """The best candidates before one other camera for the vehicle that a detection shows.

        Returns
        -------
        DataFrame
            Best first: `id` (the detection to show), `probability`, `right` (by the truth).
        """
        passage, vehicle = self.passage_of(detection), self.passages.table["vehicle"].to_numpy()
        rows, posterior = self.search([passage], camera)
        best = np.argsort(-posterior[0, :-1], kind="stable")[:count]
        right = (vehicle[rows[best]] == vehicle[passage]) & (vehicle[passage] >= 0)
        return pd.DataFrame(
            {"id": self.shown[rows[best]], "probability": posterior[0, best], "right": right}
        )

    def links(self, asking, cameras=None, minutes=None):
        """The best candidate for each of some passages before each other camera.

        Parameters
        ----------
        asking : array_like of int, shape (k,)
        cameras : iterable of str, optional
            Those of the network; by default all.
        minutes : float, optional
            As for `search`.

        Returns
        -------
        DataFrame
            One row for each of them and each other camera: `query`, `vehicle` (looked for),
            `camera`, `passage` (the best candidate), its `probability`, `none` (that no candidate
            is it), `right` (whether the candidate is it), `passed` (whether it passed there while
            they recorded), `claimed` and `delivered` (bits).
        """
        asking, table, parts = np.asarray(asking, int), self.passages.table, []
        vehicle, here = table["vehicle"].to_numpy(), table["camera"].to_numpy()
        for camera in driving_order(self.cameras if cameras is None else cameras):
            queries = asking[here[asking] != camera]
            if not len(queries):
                continue
            rows, posterior = self.search(queries, camera, minutes)
            own = vehicle[queries]
            best = posterior[:, :-1].argmax(axis=1)
            mates = (own[:, None] == vehicle[rows]) & (own[:, None] >= 0)
            bits = identification_bits(posterior, mates & (posterior[:, :-1] > 0), POPULATION)
            found = {
                "query": queries,
                "vehicle": own,
                "camera": camera,
                "passage": rows[best],
                "none": posterior[:, -1],
            }
            found |= {
                "probability": posterior[np.arange(len(queries)), best],
                "right": mates[np.arange(len(queries)), best],
            }
            passed = self.passings[camera].reindex(own).notna().to_numpy()
            parts.append(
                pd.DataFrame(
                    found
                    | {
                        "passed": passed,
                        "claimed": bits["claimed"],
                        "delivered": bits["delivered"],
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)[FOUND] if parts else pd.DataFrame(columns=FOUND)

    def find(self, detection, cameras=None, minutes=None, sure=SURE):
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
            `after` (seconds since the pick), `probability`, `linked`, `right`, `id` (the detection
            to show).
        """
        passage, table = self.passage_of(detection), self.passages.table
        trip = self.links([passage], cameras, minutes)[
            ["camera", "passage", "probability", "right"]
        ]
        pick = {
            "camera": table["camera"].iloc[passage],
            "passage": passage,
            "probability": 1.0,
            "right": True,
        }
        trip = pd.DataFrame([*trip.to_dict("records"), pick]).set_index("camera")
        trip = trip.loc[driving_order(trip.index)].reset_index()
        rows = trip.pop("passage").to_numpy(int)
        seconds = table["seconds"].to_numpy(float)
        return trip.assign(
            right=trip["right"].astype(bool),
            time=self.passings.stack().min().normalize() + pd.to_timedelta(seconds[rows], unit="s"),
            after=seconds[rows] - seconds[passage],
            linked=(trip["probability"] >= sure).to_numpy(),
            id=self.shown[rows],
        )[["camera", "time", "after", "probability", "linked", "right", "id"]]


@dataclass(frozen=True)
class Part:
    """Some of a dataset's detections, their embeddings, and when they end."""

    detections: pd.DataFrame
    embeddings: np.ndarray
    end: pd.Timestamp


def first_minutes(dataset, truth, minutes=None):
    """The first so many minutes of a dataset, or all: a `Part`."""
    end = truth.frames["time"].max()
    if minutes is not None:
        end = min(end, truth.frames["time"].min() + pd.Timedelta(minutes=minutes))
    kept = (dataset.detections["time"] <= end).to_numpy()
    return Part(dataset.detections[kept].reset_index(drop=True), dataset.embeddings[kept], end)


def learn_finder(dataset, truth, minutes=None, seed=0):
    """Track the vehicles of a dataset, and learn what makes two passages one vehicle.

    Parameters
    ----------
    dataset : cctview.dataset.frames.Dataset
    truth : cctview.truth.labels.Truth
    minutes : float, optional
        Only the first so many are looked at, by default all.
    seed : int
        How the vehicles are divided into halves.

    Returns
    -------
    Finder

    Raises
    ------
    ValueError
        If fewer than 20 vehicles of either half are seen by two cameras.
    """
    part = first_minutes(dataset, truth, minutes)
    passages = find_passages(part, truth)
    return make_finder(part, truth, passages, learn_halves(passages, seed), seed)


def make_finder(part, truth, passages, models, seed=0):
    """A `Finder` of passages, and of the two models that look for them.

    Parameters
    ----------
    part : Part
    truth : cctview.truth.labels.Truth
    passages : Passages
        Of that part.
    models : sequence of cctview.link.stored.Learnt
    seed : int
        How the vehicles were divided.

    Returns
    -------
    Finder
    """
    half, read = _halves(passages, seed)[1], {}
    for k, model in enumerate(models):
        rows = np.flatnonzero(half == k)
        for attribute, reading in model.readings.items():
            read.setdefault(attribute, []).append(
                pd.DataFrame(reading.values[rows], rows, reading.names)
            )
    read = {
        attribute: pd.concat(tables).fillna(0.0).sort_index() for attribute, tables in read.items()
    }
    ratios, motions = LogRatios(passages, models, half), tuple(model.motion for model in models)
    return Finder(
        passages,
        _largest(part, passages),
        ratios,
        motions,
        half,
        true_passings(truth, part.end),
        read,
    )


def learn_halves(passages, seed=0):
    """Of each half of the vehicles a model that looks for the other half: two
    `cctview.link.stored.Learnt`.
    """
    part = _halves(passages, seed)[0]
    learnt = [np.flatnonzero((part >= 0) & (part != k)) for k in range(HALVES)]
    return [
        keep(fit_joint(passages.part(rows), SOURCES, seed), passages, rows, SOURCES[-1])
        for rows in learnt
    ]


def _halves(passages, seed):
    """The half that each passage's vehicle is in (-1: that of none), and the half that looks for
    it.
    """
    part = split_vehicles(passages.table, HALVES, seed)
    return part, np.where(part < 0, np.arange(len(part)) % HALVES, part)


def describe(trip):
    """A trip as a table to read: a row a camera by its street, with the time, the seconds since the
    pick, and how sure it is.
    """
    names = [street_of(camera) for camera in trip["camera"]]
    told = np.where(trip["after"] == 0, "picked", np.where(trip["linked"], "linked", "not sure"))
    seconds, sure = (
        trip["after"].map("{:+.0f} s".format),
        (100 * trip["probability"]).map("{:.0f} %".format),
    )
    columns = {
        "time": trip["time"].dt.strftime("%H:%M:%S"),
        "after the pick": seconds,
        "probability": sure,
        "verdict": told,
    }
    return pd.DataFrame(columns).set_axis(pd.Index(names, name="camera"))


def _largest(dataset, passages):
    """The id of the largest detection of each passage."""
    found = dataset.detections.set_index("id").loc[passages.of_detection.index]
    return area(found).groupby(passages.of_detection).idxmax().sort_index().to_numpy()


def true_passings(truth, end=None):
    """When each vehicle passed below each camera: missing where it did not, or not while they
    recorded, or is on no frame.

    Parameters
    ----------
    truth : cctview.truth.labels.Truth
    end : datetime, optional
        When the recording is cut off.

    Returns
    -------
    DataFrame
        Index `vehicle`, a column a camera.
    """
    times = truth.trips.set_index("vehicle")[
        [place.camera for place in DRIVE if place.camera in truth.trips]
    ]
    on = (
        truth.sightings.merge(truth.frames[["frame", "camera"]], on="frame")
        .groupby(["vehicle", "camera"])
        .size()
        .unstack()
    )
    seen = on.reindex(index=times.index, columns=times.columns).notna()
    first, last = truth.frames["time"].min(), end or truth.frames["time"].max()
    return times.where(seen & (times >= first) & (times <= last))


def as_candidates(trip):
    """The passages of a trip as a `cctview.show.widgets.Camera` marks them: DataFrame with columns `id`
    and `label`.

    Parameters
    ----------
    trip : DataFrame
        From `Finder.find`; the pick itself is left out.
    """
    others = trip[trip["after"] != 0]
    labels = [
        f"{abs(row.after):.0f} s {'later' if row.after > 0 else 'before'},"
        f" {100 * row.probability:.0f} % sure"
        for row in others.itertuples()
    ]
    return pd.DataFrame({"id": others["id"].to_numpy(), "label": labels})


def verdicts(links, sure=SURE):
    """What became of each link: "right", "wrong", or "not linked".

    Parameters
    ----------
    links : DataFrame
        Columns `probability` and `right`.
    sure : float

    Returns
    -------
    ndarray of str
    """
    linked, right = links["probability"].to_numpy(float) >= sure, links["right"].to_numpy(bool)
    return np.where(linked, np.where(right, "right", "wrong"), "not linked")


def tally(links, cameras, sure=SURE, rounds=100):
    """How much of the trips is reconstructed, with 95 % intervals by drawing whole vehicles again.

    Parameters
    ----------
    links : DataFrame
        From `Finder.links`, before all cameras.
    cameras : iterable of str
        The network: links before others do not count, but what passes there is part of the whole
        trip nevertheless.
    sure : float
    rounds : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        Rows "right" and "wrong" (links, as a share of all cameras but that of the pick), "odds"
        (first guess right), "claimed" and "delivered" (bits a search); columns estimate, low, high.

    Raises
    ------
    ValueError
        If no camera of the network was searched.
    """
    others = links.groupby("query").size().mean()
    links = links[links["camera"].isin(list(cameras))]
    if links.empty:
        raise ValueError("no camera of this network was searched; take two cameras or more")
    told = verdicts(links, sure)
    figures = {
        "right": told == "right",
        "wrong": told == "wrong",
        "odds": links["right"],
        "count": 1.0,
    }
    each = (
        links.assign(**figures)
        .groupby("query")[[*figures, "claimed", "delivered"]]
        .sum()
        .astype(float)
    )
    values, names = each.to_numpy(), list(each)

    def statistic(rows):
        total = dict(zip(names, values[rows].sum(axis=0), strict=True))
        shares = {name: total[name] / (len(rows) * others) for name in ("right", "wrong")}
        return pd.Series(
            shares
            | {name: total[name] / total["count"] for name in ("odds", "claimed", "delivered")}
        )

    return bootstrap(statistic, np.arange(len(values)), rounds)


def count_trips(links, sure=SURE):
    """Of how many vehicles the whole trip is right, and of how many a link is wrong, with 95 %
    intervals (Wilson).

    Parameters
    ----------
    links : DataFrame
        From `Finder.links`.
    sure : float

    Returns
    -------
    DataFrame
        Rows "whole" (right before every other camera), "some" (right before at least one, and none
        wrong), "nothing" (not linked at all) and "wrong" (at least one link is wrong); columns
        `count`, `of`, `low`, `high` (shares).
    """
    from scipy.stats import binomtest

    told = pd.DataFrame({"query": links["query"], "verdict": verdicts(links, sure)})
    each = told.groupby("query")["verdict"]
    whole, wrong = (
        each.apply(lambda v: (v == "right").all()),
        each.apply(lambda v: (v == "wrong").any()),
    )
    nothing = each.apply(lambda v: (v == "not linked").all())
    kinds = {"whole": whole, "some": ~(whole | wrong | nothing), "nothing": nothing, "wrong": wrong}
    rows = {}
    for name, of in kinds.items():
        interval = binomtest(int(of.sum()), len(of)).proportion_ci(method="wilson")
        rows[name] = {
            "count": int(of.sum()),
            "of": len(of),
            "low": interval.low,
            "high": interval.high,
        }
    return pd.DataFrame(rows).T.astype({"count": int, "of": int})
