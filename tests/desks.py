"""A small search whose every number is made by hand: three vehicles southbound at three cameras of
the drive.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from cctview.investigate.evaluation import Judge
from cctview.investigate.search import open_search
from cctview.link import TravelTimes, TripFinder, TripJudge
from cctview.link.calibration import Calibration
from cctview.stats import open_set_posterior
from cctview.track import Tracklets

FIRST, SECOND, THIRD = CAMERAS = "733-681-N", "735-683-N", "689-640-S"
BEGIN, DAY = 31200.0, pd.Timestamp("2031-05-05")  # 08:40
ROUND = np.array([0.0, 30.0, 90.0])  # seconds from the first camera to each
VEHICLES = (7, 8, 9)
LATER = {7: 0.0, 8: 10.0, 9: 40.0}
KINDS = {7: "taxi", 8: "taxi", 9: "van"}
PLACES = {7: 0.0, 8: 1.0, 9: 5.0}
"""Where each looks to be, on a line: 7 and 8 are sisters."""


class HandMade(TripFinder):
    """A finder by likelihood ratios that are given, each search by itself, in usual traffic."""

    @property
    def late(self):
        return np.zeros(len(self.tracklets))

    def weights(self, queries, camera):
        table, queries = self.tracklets.table, np.asarray(queries, int)
        rows = np.flatnonzero((table["camera"] == camera).to_numpy())
        present = self.model.travel_times.present(table.iloc[queries], camera)
        ratios = self.model.ratios[np.ix_(queries, rows)]
        alone = open_set_posterior(ratios, present)[:, :-1]
        return rows, alone, alone


def hand_made(ratios, times, read=None):
    """What stands in for a link model: given ratios, which are calibrated."""
    return SimpleNamespace(
        ratios=ratios,
        travel_times=times,
        ways={},
        read=lambda tracklets: read,
        calibration=Calibration(),
    )


def detection(vehicle, camera):
    """The id of the one picture of a vehicle before a camera."""
    frame, box = f"{camera}--2031-05-05--08.40.00", f"20x10--5.{vehicle}v25.20"
    return f"{frame}--detections--{vehicle}--car--80.0--{box}"


def small_trips():
    """Tracklets 0 to 8, camera by camera; 7 is found at the second camera, and taken for 8 at the
    third.
    """
    rows = [
        (camera, vehicle, BEGIN + lag + LATER[vehicle])
        for camera, lag in zip(CAMERAS, ROUND)
        for vehicle in VEHICLES
    ]
    table = pd.DataFrame(rows, columns=["camera", "vehicle", "seconds"])
    table = table.assign(lane=0.8, detections=1, minute=520, direction="S", colour="yellow taxi")
    table = table.assign(kind=table["vehicle"].map(KINDS))
    ratios = np.zeros((9, 9), np.float32)
    ratios[0, 3], ratios[0, 7] = np.log(20), np.log(100)
    shown = np.array([detection(vehicle, camera) for camera, vehicle, _ in rows])
    pairs = [(j, k) for j in range(3) for k in range(j + 1, 3)]
    lags = {
        ("S", CAMERAS[j], CAMERAS[k]): (float(np.log(ROUND[k] - ROUND[j])), 0.05) for j, k in pairs
    }
    times = TravelTimes(dict.fromkeys(CAMERAS, (10.0, -5.0)), lags, {}, (BEGIN, BEGIN + 600))
    clock = table.assign(clock=DAY + pd.to_timedelta(table["seconds"], unit="s"))
    passes = clock.pivot(index="vehicle", columns="camera", values="clock")
    read = {
        "kind": (
            pd.DataFrame({"taxi": np.where(table["kind"] == "taxi", 0.9, 0.2)}).assign(
                van=lambda of: 1 - of["taxi"]
            )
        ),
        "colour": pd.DataFrame({"yellow taxi": np.full(9, 1.0)}),
    }
    labels = table[["vehicle", "direction", "kind", "colour"]]
    features, of_detection = np.zeros((9, 1), np.float32), pd.Series(np.arange(9), shown)
    tracklets = Tracklets(table.drop(columns=list(labels)), features, of_detection)
    finder = HandMade(tracklets, DAY, shown, hand_made(ratios, times, read))
    return TripJudge(finder, labels, passes)


def small_dataset(trips):
    """What a search needs of a dataset: embeddings along a line, and frames."""
    embeddings = np.zeros((9, 2), np.float32)
    embeddings[:, 0] = trips.labels["vehicle"].map(PLACES) + 0.01 * np.arange(9)
    embeddings[:, 1] = 1
    return SimpleNamespace(
        embeddings=embeddings,
        detections=pd.DataFrame({"id": trips.finder.shown}),
        frames=pd.DataFrame({"time": [DAY + pd.Timedelta(seconds=BEGIN)]}),
        crop=lambda name: np.full((10, 20, 3), 90, np.uint8),
    )


def small_search():
    """The search of it all."""
    trips = small_trips()
    return open_search(trips.finder, small_dataset(trips))


def small_judge():
    """What is right in that search."""
    search = small_search()
    return Judge(search, small_trips())


def small_register():
    """An invented register of the three: 8 is read at each camera 6 s after 7, 9 much later."""
    rows = {
        "vehicle": VEHICLES,
        "holder": [
            "the piano tuner, no. 0001",
            "the beekeeper, no. 0002",
            "the organist, no. 0003",
        ],
    }
    table = pd.DataFrame(rows).assign(
        kind=list(KINDS.values()), colour="yellow taxi", direction="S"
    )
    for camera, lag in zip(CAMERAS, ROUND):
        table[camera] = [
            DAY + pd.Timedelta(seconds=BEGIN + lag + LATER[vehicle]) for vehicle in VEHICLES
        ]
    return table.assign(garage=table[THIRD] + pd.Timedelta(seconds=30))
