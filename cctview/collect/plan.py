"""How to collect, and what a collection has brought so far."""

import math
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from cctview.collect.camera_api import PublicCamera, is_loopback

CADENCE = 1.7
"""Seconds between two frames of a camera of the simulated road."""
MOST_REDIRECTS = 5
"""How often in a row an address may send us on to another."""
_PICTURE_BYTES = 20_000
"""What a picture is taken to weigh before any has come. Simulated ones, and New York's of 2020
(352x240), weigh 18,000 to 21,000."""


@dataclass(frozen=True)
class Plan:
    """How to collect.

    Attributes
    ----------
    minutes : float
        After so long the run ends.
    interval : float
        Seconds from one poll of a camera to the next.
    megabytes : float
        The run ends when so many million bytes have been received; pictures on their way then are
        still taken.
    rate : float or None
        Most requests per second to one host; None: 5, or no limit on this computer.
    at_once : int or None
        Most requests to one host at the same time; None: 8, or 256 on this computer.
    patience : float
        Seconds until an answer must be complete.
    zone : tzinfo
        Of the cameras' wall clock.
    seed : int, optional
        Of the jitter.
    """

    minutes: float = 10
    interval: float = 2.0
    megabytes: float = 500
    rate: float | None = None
    at_once: int | None = None
    patience: float = 10.0
    zone: tzinfo = UTC
    seed: int | None = None

    def describe(self, cameras: int) -> str:
        """What this plan would cost, for so many cameras."""
        polls = cameras * math.ceil(60 * self.minutes / self.interval)
        size = min(polls * _PICTURE_BYTES, self.megabytes * 1e6)
        return (
            f"{cameras} cameras, each every {self.interval:g} s for {self.minutes:g} min: at most"
            f" {polls:,} requests, {cameras / self.interval:.1f} a second.\nAt {_PICTURE_BYTES:,}"
            f" bytes a picture, and all of them new: {size / 1e6:,.0f} MB received and as much on"
            f" the disk; the run ends at {self.megabytes:,.0f} MB."
        )

    def check(self, cameras: list[PublicCamera]) -> None:
        """Raise a ValueError if the plan makes no sense or asks too much; says what to change."""
        for name in ("minutes", "interval", "megabytes", "patience", "rate", "at_once"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} is {value}, and must be above 0")
        if not cameras:
            raise ValueError(
                "no camera to poll: the list is empty, or none of its cameras is online; name some"
                " with --cameras"
            )
        rate = self.rate or (math.inf if is_loopback(cameras[0].url) else 5.0)
        if len(cameras) / self.interval > rate:
            raise ValueError(
                f"{len(cameras)} cameras every {self.interval:g} s are"
                f" {len(cameras) / self.interval:.1f} requests per second to one host, over the"
                f" limit of {rate:g}; take an interval of"
                f" {math.ceil(10 * len(cameras) / rate) / 10:g} s or fewer cameras"
            )


@dataclass
class Tally:
    """What has happened so far.

    Attributes
    ----------
    new, duplicates, bytes : int
        Duplicates are pictures that came again, and answers that nothing has changed.
    skipped : int
        Beats that passed while a camera was slow or left alone.
    seconds : float
        Since the start.
    failures : Counter of str
        By kind; those of the simulated server have its names.
    late : deque of float
        Seconds by which the last 100,000 polls began after their beat.
    cameras : list of str
        Labels of the cameras that are polled.
    delivered : set of str
        Those that gave a picture.
    states : dict of str to str
        Each camera's last news.
    polls : deque of tuple
        Seconds since the start, camera's label and news of the last 100,000 polls.
    """

    new: int = 0
    duplicates: int = 0
    bytes: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: Counter = field(default_factory=Counter)
    late: deque = field(default_factory=lambda: deque(maxlen=100_000))
    cameras: list[str] = field(default_factory=list)
    delivered: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    polls: deque = field(default_factory=lambda: deque(maxlen=100_000))
    ended: str = ""
