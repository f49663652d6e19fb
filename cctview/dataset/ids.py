"""The naming grammar of frames and detections: parse and format, nothing else.

A frame is named ``CAM--YYYY-MM-DD--HH.MM.SS`` and a detection in it
``<frame>--detections--<n>--<type>--<percent>--<W>x<H>--<x1>.<y1>v<x2>.<y2>``, as the original
cctview named them.

>>> name = "735-683-N--2020-05-05--13.34.46--detections--2--car--29.0--10x10--119.87v129.97"
>>> parts = DetectionId.parse(name)
>>> parts.frame.camera, parts.type, parts.percent, parts.box
('735-683-N', 'car', 29.0, (119, 87, 129, 97))
>>> str(parts) == name
True
"""

import re
from dataclasses import dataclass
from datetime import datetime

TYPES = ("car", "motorcycle", "bus", "train", "person", "bicycle", "truck")
"""Types of object that a detector reports. The original's files know no truck."""

VEHICLE_TYPES = ("car", "motorcycle", "bus", "train", "truck")
"""Types that are embedded and matched. Persons and bicycles are counted, and nothing else."""

_CAMERA = re.compile(r"[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
_DATE_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d--\d\d\.\d\d\.\d\d", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{0,4}", re.ASCII)
_TYPE = re.compile(r"[a-z]+")
_PERCENT = re.compile(r"(?:\d|[1-9]\d)\.\d|100\.0", re.ASCII)
_COORDINATE = r"(0|-?[1-9]\d{0,4})"  # a picture's side has at most five digits
_SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})", re.ASCII)
_BOX = re.compile(rf"{_COORDINATE}\.{_COORDINATE}v{_COORDINATE}\.{_COORDINATE}", re.ASCII)


def is_camera(text: str) -> bool:
    """Whether a text can be a camera's id: letters and digits joined by single '-'.

    >>> [is_camera(text) for text in ("735-683-N", "735_683", "")]
    [True, False, False]
    """
    return _CAMERA.fullmatch(text) is not None


@dataclass(frozen=True, order=True)
class FrameId:
    """One frame of one camera."""

    camera: str  # CCTV number and orientation, as in 735-683-N
    time: datetime  # the camera's local time, to the second

    @classmethod
    def parse(cls, name: str) -> "FrameId":
        """Read a frame's name; a ValueError quotes it and the part that breaks the grammar."""
        return _parse_frame(name, name)

    def __str__(self) -> str:
        time = self.time
        date = f"{time.year:04}-{time.month:02}-{time.day:02}"
        return f"{self.camera}--{date}--{time.hour:02}.{time.minute:02}.{time.second:02}"


@dataclass(frozen=True, order=True)
class DetectionId:
    """One object that a detector found in a frame."""

    frame: FrameId
    number: int  # from 1, in the detector's order
    type: str  # one of `TYPES`, where our detectors named it
    percent: float  # probability in per cent, to one decimal
    box: tuple[int, int, int, int]  # x1, y1, x2, y2 in pixels; they may pass the frame's edge

    @classmethod
    def parse(cls, name: str) -> "DetectionId":
        """Read a detection's name; a ValueError as `FrameId.parse`, or if size contradicts box."""
        frame, separator, rest = name.partition("--detections--")
        if not separator:
            raise ValueError(f"{name!r} is no detection's name: there is no '--detections--' in it")
        parts = rest.split("--")
        if len(parts) != 5:
            grammar = "<n>--<type>--<percent>--<W>x<H>--<x1>.<y1>v<x2>.<y2>"
            raise ValueError(f"{name!r}: expected {grammar} after '--detections--', not {rest!r}")
        number, kind, percent, size, box = parts
        _match(_NUMBER, number, name, "number", "a whole number from 1 to 99999")
        _match(_TYPE, kind, name, "type", "small letters, as car")
        _match(_PERCENT, percent, name, "percentage", "0.0 to 100.0 with one decimal")
        sizes = _match(_SIZE, size, name, "size", "<W>x<H> in pixels, as 10x12").groups()
        edges = _match(_BOX, box, name, "box", "<x1>.<y1>v<x2>.<y2> in pixels").groups()
        x1, y1, x2, y2 = map(int, edges)
        if [x2 - x1, y2 - y1] != list(map(int, sizes)):
            seen = f"which is {x2 - x1}x{y2 - y1}"
            raise ValueError(f"{name!r}: the size {size!r} contradicts the box {box!r}, {seen}")
        return cls(_parse_frame(frame, name), int(number), kind, float(percent), (x1, y1, x2, y2))

    def __str__(self) -> str:
        return format_detection(str(self.frame), self.number, self.type, self.percent, *self.box)


def format_detection(
    frame: str, number: int, kind: str, percent: float, x1: int, y1: int, x2: int, y2: int
) -> str:
    """A detection's name from its parts, for long tables: a `DetectionId` a row would take time.

    >>> format_detection("735-683-N--2020-05-05--13.34.46", 2, "car", 29.0, 119, 87, 129, 97)
    '735-683-N--2020-05-05--13.34.46--detections--2--car--29.0--10x10--119.87v129.97'
    """
    box = f"{x2 - x1}x{y2 - y1}--{x1}.{y1}v{x2}.{y2}"
    return f"{frame}--detections--{number}--{kind}--{percent:.1f}--{box}"


def camera_of(name: str) -> str:
    """The camera of a frame or a detection, for long tables of names that are known to be whole.

    >>> camera_of("735-683-N--2020-05-05--13.34.46")
    '735-683-N'
    """
    return name.partition("--")[0]


def _parse_frame(text: str, name: str) -> FrameId:
    camera, separator, time = text.partition("--")
    if not separator:
        raise ValueError(
            f"{name!r} is no frame's name: expected CAM--YYYY-MM-DD--HH.MM.SS, and there is no '--'"
        )
    _match(_CAMERA, camera, name, "camera", "letters and digits joined by single '-', as 735-683-N")
    _match(_DATE_AND_TIME, time, name, "date and time", "YYYY-MM-DD--HH.MM.SS")
    try:
        return FrameId(camera, datetime.fromisoformat(time.replace("--", "T").replace(".", ":")))
    except ValueError:
        raise ValueError(f"{name!r}: there is no such date and time as {time!r}") from None


def _match(
    pattern: re.Pattern[str], text: str, name: str, part: str, expected: str
) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(f"{name!r}: the {part} {text!r} is not {expected}")
    return found
