"""When the cameras take their frames, and which frames never arrive or arrive twice.

Each camera takes a frame every 1.70 s, at a phase of its own. Now and then the line loses a few
frames (``dropped``), or delivers the last picture again under the new time (``duplicate``);
everything else is ``ok``. The verdict on a frame depends only on the seed, the camera and the
frame's index, so a part of the day can be made again by itself.
"""

import heapq
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cctview.dataset import FrameId
from studio.road.bystanders import Bystander, beside
from studio.road.expressway import CAMERAS
from studio.road.scenes import VIEWS
from studio.road.traffic import DATE, Passing
from studio.road.truth import moment

CADENCE = 1.7
"""Seconds between two frames of a camera."""

OUTAGE, LONGEST_OUTAGE = (
    0.004,
    4,
)  # chance that one begins at a frame, and its longest length in frames
REPEAT = 0.010  # chance that a frame is a duplicate


@dataclass(frozen=True)
class Picture:
    """What a camera saw at one instant: all that the renderer needs."""

    camera: str
    index: int
    time: datetime
    passings: tuple[Passing, ...]
    beside: tuple[Bystander, ...] = ()
    split: bool = False

    @property
    def frame(self):
        """The id of the frame taken at this instant."""
        return frame_id(self.camera, self.time, self.split)


@dataclass(frozen=True)
class Shot:
    """A frame that was due: its camera, index and time, its status, and the picture delivered (None
    if dropped).
    """

    camera: str
    index: int
    time: datetime
    status: str
    picture: Picture | None
    split: bool = False

    @property
    def frame(self):
        """The frame's id."""
        return frame_id(self.camera, self.time, self.split)


def frame_id(camera, time, split=False):
    """A frame's name in the original's grammar; the time is cut to the second. Where a camera takes
    several frames a second, the names are `split` by milliseconds, which that grammar does not
    know.

    Examples
    --------
    >>> frame_id("733-681-N", datetime(2031, 5, 5, 8, 40, 17, 900_000))
    '733-681-N--2031-05-05--08.40.17'
    """
    return str(FrameId(camera, time)) + (f".{time.microsecond // 1000:03d}" if split else "")


def seconds_of(camera, index, cadence=CADENCE):
    """When frame `index` of a camera is due, in seconds since midnight, to the tenth at which the
    traffic stands still; frame 0 is the first of the day.

    Examples
    --------
    >>> seconds_of("735-683-N", 10)
    18.2
    """
    return round(VIEWS[camera].phase + cadence * index, 1)


def verdict(seed, camera, index):
    """Whether a frame is ``ok``, ``dropped`` or a ``duplicate`` of the one before."""
    for earlier in range(max(0, index - LONGEST_OUTAGE + 1), index + 1):
        chance, length, repeat = _fate(seed, camera, earlier)
        if chance < OUTAGE and index - earlier < length:
            return "dropped"
    return "duplicate" if repeat < REPEAT else "ok"


def _fate(seed, camera, index):
    rng = np.random.default_rng([seed, 7, list(CAMERAS).index(camera), index])
    return rng.random(), rng.integers(1, LONGEST_OUTAGE + 1), rng.random()


def watch(traffic, minutes, cameras=tuple(CAMERAS), seed=0, cadence=CADENCE):
    """Let the traffic run and take every frame that is due, in the order of time.

    Parameters
    ----------
    traffic : studio.road.traffic.Traffic
        It is advanced as the shots are drawn.
    minutes : float
    cameras : sequence of str
    seed : int
    cadence : float
        Seconds between two frames of a camera.

    Yields
    ------
    Shot
    """
    begin = traffic.now
    end = begin + 60 * minutes
    last = {}
    for seconds, camera, index in heapq.merge(
        *(due(camera, begin, end, cadence) for camera in cameras)
    ):
        traffic.advance(seconds)
        time = moment(DATE, seconds)
        status = verdict(seed, camera, index)
        if status == "duplicate" and camera not in last:
            status = "ok"
        if status == "ok":
            others = beside(camera, seconds, seed, traffic.individuality)
            last[camera] = Picture(
                camera, index, time, tuple(traffic.view(camera)), tuple(others), cadence < 1
            )
        yield Shot(
            camera,
            index,
            time,
            status,
            None if status == "dropped" else last[camera],
            cadence < 1,
        )
    traffic.advance(end)


def due(camera, begin, end, cadence=CADENCE):
    """When a camera's frames are due from `begin` up to `end` (s since midnight): yields time,
    camera and index.

    Examples
    --------
    >>> [index for _, _, index in due("733-681-N", 31200.0, 31205.0)]
    [18353, 18354, 18355]
    """
    index = max(0, int(np.ceil(round((begin - VIEWS[camera].phase) / cadence, 6))))
    while (seconds := seconds_of(camera, index, cadence)) < end:
        yield seconds, camera, index
        index += 1
