"""What a collection brings, costs and misses, and whom it knows after some days: what notebook 03
shows.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cctview.collect import CADENCE
from cctview.dataset.frames import Dataset
from cctview.privacy.unicity import Sightings
from cctview.truth.labels import Truth

DAY = 86_400
PHASES = 12
"""At how many moments of its interval polling is let begin: what is caught depends on it."""


def run(work: Coroutine) -> object:
    """Run a coroutine to its end, also where an event loop runs already, as in a notebook; returns
    what it returns.
    """
    with ThreadPoolExecutor(1, "collecting") as one:
        return one.submit(asyncio.run, work).result()


def inspect(dataset: Dataset) -> pd.DataFrame:
    """What lies in an archive.

    Returns
    -------
    DataFrame
        A row for each camera: frames; first and last time; the mean of the seconds from frame to
        frame.
    """
    rows = {
        camera: (
            len(times),
            times.min(),
            times.max(),
            round(times.sort_values().diff().dt.total_seconds().mean(), 2),
        )
        for camera, times in dataset.frames.groupby("camera", sort=False)["time"]
    }
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["frames", "first", "last", "seconds apart"]
    )


@dataclass(frozen=True)
class Storage:
    """What polling costs.

    Attributes
    ----------
    requests : float
        A second.
    bytes_a_day : float
    bytes_kept : float
    dollars : float
        A month, for what is kept.
    """

    requests: float
    bytes_a_day: float
    bytes_kept: float
    dollars: float


def storage(
    cameras: float, interval: float, days: float, picture_bytes: float, price: float
) -> Storage:
    """What it costs to poll cameras and keep every picture for some days.

    Parameters
    ----------
    cameras, interval, days, picture_bytes : float
        How many; seconds from poll to poll; kept; mean size.
    price : float
        US$ for a GB (10**9 bytes) and month.

    Examples
    --------
    >>> storage(cameras=1, interval=2, days=10, picture_bytes=20_000, price=0.02)
    Storage(requests=0.5, bytes_a_day=864000000.0, bytes_kept=8640000000.0, dollars=0.1728)
    """
    a_day = cameras * DAY / interval * picture_bytes
    return Storage(cameras / interval, a_day, a_day * days, a_day * days / 1e9 * price)


class Traffic:
    """The southbound passages before the simulated cameras, and in which frames each shows how
    large.

    Parameters
    ----------
    truth : Truth
    hidden : float
        A vehicle of which a larger share is hidden does not count as shown.

    Attributes
    ----------
    passages, vehicles : int
        Passages of a vehicle before a camera, but those that the recording's ends cut off; vehicles
        that pass all the cameras.
    cameras : int
    """

    def __init__(self, truth: Truth, hidden: float = 0.5):
        frames = truth.frames.sort_values(["camera", "time"])
        frames = frames.assign(number=frames.groupby("camera").cumcount())
        self._counts = frames.groupby("camera").size()
        rows = truth.sightings[truth.sightings.direction == "S"].merge(
            frames[["frame", "camera", "number"]], on="frame"
        )
        of = rows.groupby(["camera", "vehicle"])["number"]
        whole = (of.transform("min") > 0) & (
            of.transform("max") < rows.camera.map(self._counts) - 1
        )
        rows = rows[whole].reset_index(drop=True)
        keys = rows.groupby(["camera", "vehicle"])
        self._passage, self._camera = keys.ngroup().to_numpy(), rows.camera.to_numpy(str)
        self._number = rows.number.to_numpy()
        self._side = np.where(
            rows.hidden <= hidden, np.minimum(rows.x2 - rows.x1, rows.y2 - rows.y1), 0.0
        )
        self.passages, self.cameras = keys.ngroups, len(self._counts)
        vehicles = (
            pd.DataFrame(list(keys.groups), columns=["camera", "vehicle"])
            .groupby("vehicle")
            .camera.size()
        )
        everywhere = vehicles.index[vehicles == self.cameras]
        places = pd.Series(np.arange(self.passages), pd.MultiIndex.from_tuples(keys.groups))
        names = sorted(self._counts.index)
        self._whole_trips = np.array(
            [[places[camera, vehicle] for camera in names] for vehicle in everywhere], int
        )
        self.vehicles = len(everywhere)

    def caught(self, interval: float, side: float) -> dict[str, float]:
        """Which share is caught by polling: shown in a picture that is taken, at least so large.

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
            ``passage``: of the passages before one camera. ``once``, ``always``: of the vehicles
            that pass all the cameras, caught before one of them at least, and before all. Means
            over `PHASES` moments to begin at.
        """
        large, found = self._side >= side, []
        for phase in (np.arange(PHASES) + 0.5) / PHASES * interval:
            taken = {
                camera: self._taken(count, interval, phase)
                for camera, count in self._counts.items()
            }
            hit = large.copy()
            for camera, frames in taken.items():
                here = self._camera == camera
                hit[here] &= frames[self._number[here]]
            seen = np.bincount(self._passage[hit], minlength=self.passages) > 0
            trips = seen[self._whole_trips]
            found.append((seen.mean(), trips.any(axis=1).mean(), trips.all(axis=1).mean()))
        return dict(
            zip(("passage", "once", "always"), np.mean(found, axis=0).tolist(), strict=True)
        )

    @staticmethod
    def _taken(count: int, interval: float, phase: float) -> np.ndarray:
        """Which of a camera's frames are the newest at some poll."""
        taken = np.zeros(count, bool)
        taken[np.unique((np.arange(phase, count * CADENCE, interval) / CADENCE).astype(int))] = True
        return taken


def thin_out(sightings: Sightings, share: float, seed: int = 0) -> Sightings:
    """The sightings that a collector is left with who catches each with a probability, one
    independently of the other.
    """
    kept = np.random.default_rng(seed).random(len(sightings.trace)) < share
    return replace(
        sightings,
        trace=sightings.trace[kept],
        place=sightings.place[kept],
        seconds=sightings.seconds[kept],
    )


def known_after(sightings: Sightings, days: int) -> pd.DataFrame:
    """How many traces a database knows after its first, second, … day.

    Parameters
    ----------
    sightings : Sightings
    days : int
        How many days to go through; later sightings do not count.

    Returns
    -------
    DataFrame
        Indexed by day, from 1: columns seen, again, often: seen on 1, 2, 5 different days at least.
    """
    begun = sightings.first_days(days)
    trace, on = np.divmod(np.unique(begun.trace * days + begun.seconds // DAY), days)
    rows = []
    for day in range(1, days + 1):
        counts = np.bincount(trace[on < day])
        rows.append([(counts >= least).sum() for least in (1, 2, 5)])
    return pd.DataFrame(
        rows, index=pd.RangeIndex(1, days + 1, name="day"), columns=["seen", "again", "often"]
    )
