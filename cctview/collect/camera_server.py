"""A simulated city: the twin's minutes served as New York serves its cameras, on this computer
only, with faults on demand.

>>> with SimulatedCity() as city:                                   # doctest: +SKIP
...     city.fail("733-681-N", "slow")
...     print(city.url)                                             # http://127.0.0.1:PORT/TOKEN

The city's clock starts at the twin's first frame and runs `speed_up` times as fast as ours. When a
camera's minute is over it starts again, with new stamps: the traffic repeats, the time goes on. The
port is open to this computer alone, and only to who knows the token in the address.
"""

import asyncio
import hashlib
import io
import json
import random
import secrets
import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from cctview.collect.stamp import draw_stamp
from cctview.dataset.frames import open_dataset
from cctview.dataset.images import read_image
from cctview.dataset.paths import DATA
from cctview.dataset.road import driving_order, place_of
from cctview.dataset.tables import read_parquet

CADENCE = 1.7
"""Seconds between two frames of a camera."""

FAULTS = (
    "slow",
    "cut off",
    "429",
    "5xx",
    "frozen",
    "wrong size",
    "wrong type",
    "not an image",
    "clock skew",
)
"""What can go wrong at a camera: see `SimulatedCity.fail`."""

SLOWNESS = 60.0  # s until a slow camera answers
SKEW = timedelta(seconds=-90)
RETRY_AFTER = 3  # s that a 429 asks for


@dataclass(frozen=True)
class _Shot:
    """What a camera shows from one due time to the next."""

    time: datetime  # in the picture's stamp
    frame: str  # the twin's frame that it is, or is a copy of
    again: bool  # whether the twin's minute has been shown before


class SimulatedCity:
    """Serves the twin's cameras on loopback while the `with` block runs.

    Parameters
    ----------
    data : Path
        The twin's zips, with ``truth/frames.parquet``.
    copies : int
        How often each of the six cameras is there; copies are told apart by a mark in the picture.
    speed_up : float
    chance : float
        Of a fault at each request.
    seed : int
        Of the random faults.

    Attributes
    ----------
    cameras : list of str
    given : dict of str to set of str
        For each camera the sha256 of every picture that left whole and sound, and was not told to
        be the same as before.
    faulted : Counter
        How many answers had which fault.
    """

    def __init__(
        self,
        data: Path = DATA,
        copies: int = 1,
        speed_up: float = 1.0,
        chance: float = 0.0,
        seed: int = 0,
    ):
        self.speed_up, self.chance = speed_up, chance
        self._dataset, self._shots = open_dataset(data), _shots(data)
        self.cameras = [name for k in range(copies) for name in _copies(self._shots, k)]
        self.given = {camera: set() for camera in self.cameras}
        self.faulted: Counter[str] = Counter()
        self._random, self._faults, self._frozen = random.Random(seed), {}, {}
        self._pictures: OrderedDict[tuple, bytes] = OrderedDict()
        self._epoch = min(first for _, first in self._shots.values())
        self._token, self._port = secrets.token_urlsafe(16), None
        self._loop = self._thread = None

    @property
    def url(self) -> str:
        """The address before ``/api/cameras``, with its token."""
        return f"http://127.0.0.1:{self._port}/{self._token}"

    @property
    def now(self) -> datetime:
        """The city's clock."""
        return self._epoch + timedelta(seconds=(time.monotonic() - self._started) * self.speed_up)

    def fail(self, camera: str, fault: str | None, times: int | None = None) -> None:
        """Let a camera fail from now on.

        Parameters
        ----------
        camera : str
        fault : str or None
            ``slow``: answers after a minute. ``cut off``: half a picture. ``429``: too many
            requests. ``5xx``: server error. ``frozen``: the same picture again and again. ``wrong
            size``: smaller than usual. ``wrong type``: an HTML page. ``not an image``: text that
            claims to be JPEG. ``clock skew``: its clock is 90 s slow. None: it works again.
        times : int, optional
            For so many answers only.

        Raises
        ------
        ValueError
            If there is no such camera or fault.
        """
        if camera not in self.given or fault not in (None, *FAULTS):
            raise ValueError(
                f"no camera {camera!r} or no fault {fault!r}; there are {', '.join(FAULTS)}"
            )
        self._faults[camera] = (fault, times)
        self._frozen.pop(camera, None)

    def __enter__(self) -> "SimulatedCity":
        draw_stamp(
            np.zeros((240, 352, 3), np.uint8), "North", self._epoch
        )  # loads its font before the first answer
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(ready,), name="simulated city", daemon=True
        )
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *_) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self, ready: threading.Event) -> None:
        asyncio.run(self._serve(ready))

    async def _serve(self, ready: threading.Event) -> None:
        from cctview.collect.camera_server_http import listen

        self._loop, self._stop, self._started = (
            asyncio.get_running_loop(),
            asyncio.Event(),
            time.monotonic(),
        )
        server, self._port = listen(self, self._token)
        ready.set()
        await self._stop.wait()
        server.stop()
        await server.close_all_connections()

    def camera_list(self) -> bytes:
        """The answer to ``/api/cameras``, as New York writes it."""
        entries = []
        for camera in self.cameras:
            place = place_of(_original(camera))
            entries.append(
                {
                    "id": camera,
                    "name": (place.name if place else camera) + _mark(camera),
                    "area": "Simulated",
                    "latitude": place and place.latitude,
                    "longitude": place and place.longitude,
                    "isOnline": "true",
                    "imageUrl": f"{self.url}/api/cameras/{camera}/image",
                }
            )
        return json.dumps(entries).encode()

    def next_fault(self, camera: str) -> str | None:
        """The fault of a camera's next answer; counted as if it happened."""
        fault, times = self._faults.get(camera, (None, None))
        if times is not None:
            self._faults[camera] = (fault, times - 1) if times > 1 else (None, None)
        if fault is None and self._random.random() < self.chance:
            fault = self._random.choice(FAULTS)
        if fault:
            self.faulted[fault] += 1
        return fault

    def picture(self, camera: str, frozen: bool = False) -> tuple[bytes, datetime]:
        """What a camera shows now: JPEG, and when it was taken by the city's clock."""
        shots, first = self._shots[_original(camera)]
        number = int((self.now - first).total_seconds() / CADENCE)
        if frozen:
            number = self._frozen.setdefault(camera, number)
        else:
            self._frozen.pop(camera, None)
        while shots[number % len(shots)] is None and number > 0:
            number -= 1
        known = shots[number % len(shots)] or next(shot for shot in shots if shot)
        rounds = number // len(shots)
        shot = _Shot(
            known.time + timedelta(seconds=rounds * len(shots) * CADENCE), known.frame, rounds > 0
        )
        key = camera, shot.frame, shot.time
        if key not in self._pictures:
            self._pictures[key] = self._draw(camera, shot)
            if len(self._pictures) > 4 * len(self.cameras):
                self._pictures.popitem(last=False)
        return self._pictures[key], shot.time

    def _draw(self, camera: str, shot: _Shot) -> bytes:
        mark = _mark(camera)
        if not mark and not shot.again:
            return self._dataset.jpeg(shot.frame)
        image = self._dataset.image(shot.frame)
        stamped = Image.fromarray(
            draw_stamp(image, "South" if _original(camera).endswith("S") else "North", shot.time)
        )
        if mark:
            pen = ImageDraw.Draw(stamped)
            pen.rectangle((0, image.shape[0] - 14, 60, image.shape[0]), fill="black")
            pen.text((3, image.shape[0] - 13), mark.strip(), fill="white")
        return _jpeg(stamped)


def shrunk(content: bytes) -> bytes:
    """A picture at half its width and height."""
    image = Image.fromarray(read_image(content, "picture"))
    return _jpeg(image.resize((image.width // 2, image.height // 2)))


def etag(content: bytes) -> str:
    """An HTTP entity tag for a content."""
    return f'"{hashlib.sha256(content).hexdigest()[:20]}"'


def http_date(wall_clock: datetime) -> str:
    """The city's wall clock as HTTP writes a date: its zone is UTC."""
    return format_datetime(wall_clock).replace("-0000", "GMT")


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _copies(shots: dict, k: int) -> list[str]:
    return [camera if k == 0 else f"{camera}-copy{k}" for camera in shots]


def _original(camera: str) -> str:
    return camera.partition("-copy")[0]


def _mark(camera: str) -> str:
    _, copy, number = camera.partition("-copy")
    return f" copy {number}" if copy else ""


def _shots(data: Path) -> dict[str, tuple[list[_Shot | None], datetime]]:
    """For each camera what it shows at every due time (None: the line lost it), and its first due
    time.
    """
    path = data / "truth" / "frames.parquet"
    if not path.exists():
        raise FileNotFoundError(
            f"{path}: not there; the simulated city needs the truth about its frames"
        )
    truth = read_parquet(path)
    stamps = dict(zip(truth.frame, truth.time))
    cameras = {}
    for camera, group in truth.sort_values("time").groupby("camera", sort=False):
        shots = [
            (
                None
                if row.status == "dropped"
                else _Shot(stamps[row.picture].to_pydatetime(), row.picture, False)
            )
            for row in group.itertuples()
        ]
        cameras[str(camera)] = shots, group.time.iloc[0].to_pydatetime()
    return {camera: cameras[camera] for camera in driving_order(cameras)}
