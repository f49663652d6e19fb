"""The cameras of the simulated road, shown minute after minute, with faults on demand.

Their clock starts at the first recorded frame and runs `speed_up` times as fast as ours. When a
camera's recording is over it starts again with new stamps: the traffic repeats, the time goes on.
"""

import io
import random
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cctview.collect.plan import CADENCE
from cctview.dataset import DATA, driving_order, open_dataset, place_of, read_parquet, remedy

FAULTS = {
    "slow": "answers after a minute",
    "cut off": "half a picture",
    "429": "too many requests",
    "5xx": "server error",
    "frozen": "the same picture again and again",
    "wrong size": "smaller than usual",
    "wrong type": "an HTML page",
    "not an image": "text that claims to be JPEG",
    "clock skew": "the server's clock is 90 s slow",
}
"""What can go wrong at a camera."""

_STAMP_ROWS = 18  # at the top of a frame
_STAMP = "Facing {facing} %Y-%m-%d %I:%M:%S %p SIMULATED"


@dataclass(frozen=True)
class _Shot:
    """What a camera shows from one due time to the next."""

    time: datetime  # in the picture's stamp
    frame: str  # the recorded frame that it is, or is a copy of
    again: bool  # whether the recording has been shown before


class SimulatedCameras:
    """What each camera shows now, and how it fails.

    Parameters
    ----------
    data : Path
        A simulated dataset, with ``truth/frames.parquet``.
    copies : int
        How often each camera is there; a mark in the picture tells copies apart.
    speed_up : float
    chance, seed : float, int
        Of a fault at each request.

    Attributes
    ----------
    cameras : list of str
    given : dict of str to set of str
        For each camera the sha256 of every sound picture that left whole and was not answered by
        "not modified".
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
        self.speed_up = speed_up
        self.faulted: Counter[str] = Counter()
        self._chance = chance
        self._dataset = open_dataset(data)
        self._shots = _shots(data)
        self.cameras = [
            camera + (f"-copy{k}" if k else "") for k in range(copies) for camera in self._shots
        ]
        self.given: dict[str, set[str]] = {camera: set() for camera in self.cameras}
        self._random = random.Random(seed)
        self._faults: dict[str, tuple[str | None, int | None]] = {}
        self._frozen: dict[str, int] = {}
        self._pictures: OrderedDict[tuple, bytes] = OrderedDict()
        self._epoch = min(first for _, first in self._shots.values())
        self._started = time.monotonic()
        _font()  # loaded before the first answer

    @property
    def now(self) -> datetime:
        """The cameras' clock."""
        return self._epoch + timedelta(seconds=(time.monotonic() - self._started) * self.speed_up)

    def fail(self, camera: str, fault: str | None, times: int | None = None) -> None:
        """Let a camera fail from now on, or for so many answers; None lets it work again.

        Raises a ValueError if there is no such camera, or no such fault in `FAULTS`.
        """
        if camera not in self.given or fault not in (None, *FAULTS):
            raise ValueError(
                f"no camera {camera!r} or no fault {fault!r}; there are {', '.join(FAULTS)}"
            )
        self._faults[camera] = (fault, times)
        self._frozen.pop(camera, None)

    def next_fault(self, camera: str) -> str | None:
        """The fault of a camera's next answer; counted as if it happened."""
        fault, times = self._faults.get(camera, (None, None))
        if times is not None:
            self._faults[camera] = (fault, times - 1) if times > 1 else (None, None)
        if fault is None and self._random.random() < self._chance:
            fault = self._random.choice(list(FAULTS))
        if fault:
            self.faulted[fault] += 1
        return fault

    def entries(self, address: str) -> list[dict]:
        """The list of cameras as New York writes it; `address` is before ``/CAMERA/image``."""
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
                    "imageUrl": f"{address}/{camera}/image",
                }
            )
        return entries

    def picture(self, camera: str, frozen: bool = False) -> tuple[bytes, datetime]:
        """What a camera shows now: JPEG, and when it was taken by the cameras' clock."""
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
        later = timedelta(seconds=rounds * len(shots) * CADENCE)
        shot = _Shot(known.time + later, known.frame, rounds > 0)
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
        facing = "South" if _original(camera).endswith("S") else "North"
        stamped = stamp(self._dataset.image(shot.frame), facing, shot.time)
        if mark:
            pen = ImageDraw.Draw(stamped)
            pen.rectangle((0, stamped.height - 14, 60, stamped.height), fill="black")
            pen.text((3, stamped.height - 13), mark.strip(), fill="white")
        return to_jpeg(stamped)


def stamp(image: np.ndarray, facing: str, time: datetime) -> Image.Image:
    """A copy of an (H, W, 3) uint8 image with a new stamp across its top."""
    drawn = image.copy()
    drawn[:_STAMP_ROWS] = 0
    picture = Image.fromarray(drawn)
    text = time.strftime(_STAMP.format(facing=facing))
    ImageDraw.Draw(picture).text((3, 2), text, font=_font(), fill="white")
    return picture


def to_jpeg(image: Image.Image) -> bytes:
    """A picture as a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@cache
def _font() -> ImageFont.FreeTypeFont:
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / "DejaVuSansMono.ttf"), 12)


def _original(camera: str) -> str:
    return camera.partition("-copy")[0]


def _mark(camera: str) -> str:
    _, copy, number = camera.partition("-copy")
    return f" copy {number}" if copy else ""


def _shots(data: Path) -> dict[str, tuple[list[_Shot | None], datetime]]:
    """What each camera shows at every due time (None: a lost frame), and its first due time."""
    path = data / "truth" / "frames.parquet"
    if not path.exists():
        needed = "the simulated server needs the truth about its frames"
        raise FileNotFoundError(f"{path}: not there; {remedy(path, needed)}")
    truth = read_parquet(path)
    stamps = dict(zip(truth.frame, truth.time, strict=True))
    cameras = {}
    for camera, group in truth.sort_values("time").groupby("camera", sort=False):
        shots = [
            None
            if row.status == "dropped"
            else _Shot(stamps[row.picture].to_pydatetime(), row.picture, False)
            for row in group.itertuples()
        ]
        cameras[str(camera)] = shots, group.time.iloc[0].to_pydatetime()
    return {camera: cameras[camera] for camera in driving_order(cameras)}
