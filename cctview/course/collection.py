"""What a collection brings, costs and misses, and which vehicles it knows: for notebook 03."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cctview.collect import CADENCE
from cctview.dataset import Dataset
from cctview.privacy import Sightings
from cctview.search import request_cost
from cctview.truth import Truth

_DAY = 86_400
_PHASES = 12
"""At how many moments of its interval polling may begin: what is caught depends on it."""


def run_async(work: Coroutine) -> Any:
    """Run a coroutine and return its result, even where an event loop runs, as in a notebook."""
    with ThreadPoolExecutor(1, "collecting") as thread:
        return thread.submit(asyncio.run, work).result()


def summarise_archive(dataset: Dataset) -> pd.DataFrame:
    """For each camera: frames, first and last time, the mean of the seconds from frame to frame."""
    times = dataset.frames.groupby("camera", sort=False)["time"]
    table = times.agg(frames="size", first="min", last="max")
    seconds = (table["last"] - table["first"]).dt.total_seconds()
    apart = (seconds / (table["frames"] - 1)).round(2)
    return table.assign(**{"seconds apart": apart}).rename_axis(None)


@dataclass(frozen=True)
class StorageCost:
    """What polling costs.

    Attributes
    ----------
    requests : float
        A second.
    bytes_a_day : float
    bytes_kept : float
    storing, sending : float
        US$ a month: for what is kept, and for the requests that store each new frame.
    """

    requests: float
    bytes_a_day: float
    bytes_kept: float
    storing: float
    sending: float


def storage_cost(
    cameras: float,
    interval: float,
    days: float,
    picture_bytes: float,
    price: float,
    request_price: float,
) -> StorageCost:
    """What it costs to poll cameras every `interval` seconds and keep every frame for some days.

    `price` is US$ for a GB (10**9 bytes) and month, `request_price` US$ for storing a thousand
    files; each frame is a file of its own, and a month has 30 days.

    Examples
    --------
    >>> cost = storage_cost(1, 2, days=10, picture_bytes=20_000, price=0.02, request_price=0.005)
    >>> cost.requests, cost.bytes_kept, cost.storing, cost.sending
    (0.5, 8640000000.0, 0.1728, 6.48)
    """
    frames_a_day = cameras * _DAY / interval
    bytes_a_day = frames_a_day * picture_bytes
    kept = bytes_a_day * days
    sending = request_cost(30 * frames_a_day, request_price)
    return StorageCost(cameras / interval, bytes_a_day, kept, kept / 1e9 * price, sending)


class Traffic:
    """The southbound passes of the simulated cameras, and how large each is in which frames.

    Passes that the recording's beginning or end cuts off do not count.

    Parameters
    ----------
    truth : Truth
    hidden : float
        A vehicle of which a larger share is hidden does not count as shown.

    Attributes
    ----------
    passes : int
    vehicles : int
        Those that pass all the cameras.
    cameras : int
    """

    def __init__(self, truth: Truth, hidden: float = 0.5):
        frames = truth.frames.sort_values(["camera", "time"])
        frames = frames.assign(number=frames.groupby("camera").cumcount())
        self._counts = frames.groupby("camera").size()
        self.cameras = len(self._counts)
        rows = truth.sightings[truth.sightings.direction == "S"].merge(
            frames[["frame", "camera", "number"]], on="frame"
        )
        numbers = rows.groupby(["camera", "vehicle"])["number"]
        last = rows.camera.map(self._counts) - 1
        whole = (numbers.transform("min") > 0) & (numbers.transform("max") < last)
        rows = rows[whole].reset_index(drop=True)
        passes = rows.groupby(["camera", "vehicle"])
        self.passes = passes.ngroups
        self._pass = passes.ngroup().to_numpy()
        self._camera = rows.camera.to_numpy(str)
        self._number = rows.number.to_numpy()
        side = np.minimum(rows.x2 - rows.x1, rows.y2 - rows.y1)
        self._side = np.where(rows.hidden <= hidden, side, 0.0)
        # The passes of the vehicles that pass all the cameras: one row a vehicle.
        pairs = pd.MultiIndex.from_tuples(passes.groups, names=["camera", "vehicle"])
        table = pd.Series(np.arange(self.passes), pairs).unstack("camera")
        trips = table.dropna() if table.shape[1] == self.cameras else table.iloc[:0]
        self._whole_trips = trips.to_numpy(int)
        self.vehicles = len(trips)

    def caught(self, interval: float, side: float) -> dict[str, float]:
        """Which share is caught by polling: shown in a frame that is taken, at least so large.

        Parameters
        ----------
        interval : float
            Seconds from one poll of a camera to the next. Each brings the newest frame; one comes
            every 1.70 s.
        side : float
            Pixels of the smaller side of its box.

        Returns
        -------
        dict of str to float
            ``pass``: of the passes. ``once``, ``always``: of the vehicles that pass all the
            cameras, caught by at least one of them, and by all. Means over the moments at which
            polling may begin.
        """
        shares = []
        for phase in (np.arange(_PHASES) + 0.5) / _PHASES * interval:
            caught = self._side >= side
            for camera, count in self._counts.items():
                rows = self._camera == camera
                caught[rows] &= self._taken(count, interval, phase)[self._number[rows]]
            passes = np.bincount(self._pass[caught], minlength=self.passes) > 0
            trips = passes[self._whole_trips]
            shares.append((passes.mean(), trips.any(axis=1).mean(), trips.all(axis=1).mean()))
        means = np.mean(shares, axis=0).tolist()
        return dict(zip(("pass", "once", "always"), means, strict=True))

    @staticmethod
    def _taken(count, interval, phase):
        """Which of a camera's frames are the newest at some poll."""
        taken = np.zeros(count, bool)
        taken[(np.arange(phase, count * CADENCE, interval) / CADENCE).astype(int)] = True
        return taken


def thin_out(sightings: Sightings, share: float, seed: int = 0) -> Sightings:
    """The sightings left to a collector that catches each with a probability, independently."""
    kept = np.random.default_rng(seed).random(len(sightings.trace)) < share
    return sightings.part(kept)


def count_known(sightings: Sightings, days: int) -> pd.DataFrame:
    """How many traces a database knows after its first, second, … day.

    Returns
    -------
    DataFrame
        Indexed by day, from 1: columns seen, again, often: seen on 1, 2, 5 different days at least.
    """
    part = sightings.first_days(days)
    trace, day_seen = np.divmod(np.unique(part.trace * days + part.seconds // _DAY), days)
    rows = []
    for day in range(1, days + 1):
        counts = np.bincount(trace[day_seen < day])
        rows.append([(counts >= least).sum() for least in (1, 2, 5)])
    index = pd.RangeIndex(1, days + 1, name="day")
    return pd.DataFrame(rows, index=index, columns=["seen", "again", "often"])
