"""A frame's files, as the original names them.

They are named after the frame (see `cctview.dataset.ids`) and lie in ``CAM/YYYY/MM/DD/HH/MM/SS/``:

======================= =================================================
``…--original.jpeg``    the frame; ``.jpg`` and ``.png`` are read, too
``…--detections.jpeg``  the frame with the detected boxes drawn
``…--detections/``      one crop for each detection
``…--detections.json``  boxes, types and probabilities
``…--features.json``    one embedding for each detected vehicle
======================= =================================================

A crop's name is the end of its detection's: the original repeats the whole of it, and so gets names
that Windows refuses.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from cctview.dataset.boxes import BOX, crop
from cctview.dataset.ids import DetectionId, FrameId, format_detection
from cctview.dataset.images import encode_jpeg
from cctview.dataset.storage import replacing, write_bytes

COLUMNS = ["id", "frame", "camera", "time", "number", "type", "percent", *BOX]

ORIGINAL = "--original.jpeg"
PNG = "--original.png"
DRAWN = "--detections.jpeg"
DETECTIONS_JSON = "--detections.json"
FEATURES_JSON = "--features.json"
_PNG_BEGINS = b"\x89PNG"
_ROUNDED = 0.051  # by so much a percentage in a name may differ from that in the file
_BOX_COLOURS = {"car": "#ff3030", "person": "#30ff30", "bicycle": "#30ff30"}


def detection_table(frame: FrameId, found: pd.DataFrame) -> pd.DataFrame:
    """Name what a detector found in a frame: columns `COLUMNS`, one row for each detection.

    `found` has the columns type, percent, x1, y1, x2, y2, in the detector's order.
    """
    table = found[["type", "percent", *BOX]].reset_index(drop=True)
    table[BOX] = table[BOX].astype("int64")
    ids = [
        format_detection(str(frame), number, row.type, row.percent, row.x1, row.y1, row.x2, row.y2)
        for number, row in enumerate(table.itertuples(), start=1)
    ]
    return table.assign(
        id=pd.Series(ids, dtype="str"),
        frame=str(frame),
        camera=frame.camera,
        time=np.datetime64(frame.time, "s"),
        number=np.arange(1, len(table) + 1),
    )[COLUMNS]


def frame_folder(frame: FrameId) -> PurePosixPath:
    """Where the original's layout keeps a frame's files: ``CAM/YYYY/MM/DD/HH/MM/SS``."""
    return PurePosixPath(frame.camera, f"{frame.time:%Y/%m/%d/%H/%M/%S}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; a ValueError if it has a key twice, of which one value would be lost."""
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice!r} is there twice")
    return content


def _load(content: bytes, name: str) -> dict[str, Any]:
    try:
        loaded = json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name}: not JSON ({error}); make it again") from None
    if not isinstance(loaded, dict):
        kind = type(loaded).__name__
        raise ValueError(f"{name}: expected a JSON object, found a {kind}; make it again")
    return loaded


def _entries(
    loaded: dict[str, Any], name: str, kind: str, frame: str | None
) -> Iterator[tuple[str, DetectionId, Any]]:
    """Each detection of a JSON file: its name as text and in parts, and its entry of that kind."""
    numbers: set[int] = set()
    for key, entry in loaded.items():
        if key in ("id", "model", "summary"):
            continue
        try:
            detection = DetectionId.parse(key)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        if not isinstance(entry, dict) or kind not in entry:
            raise ValueError(f"{name}: {key!r} has no {kind!r}; make it again")
        if frame is not None and str(detection.frame) != frame:
            raise ValueError(f"{name}: {key!r} is of another frame than {frame}; make it again")
        if entry.get("id", key) != key:
            raise ValueError(f"{name}: {key!r} calls itself {entry['id']!r}; make it again")
        if detection.number in numbers:
            raise ValueError(f"{name}: two detections have number {detection.number}")
        numbers.add(detection.number)
        yield key, detection, entry


def read_detections(content: bytes, name: str, frame: str | None = None) -> list[tuple[Any, ...]]:
    """Read a ``--detections.json``: rows in the order of `COLUMNS`, as they stand in the file.

    Raises a ValueError if it is no such file, or contradicts itself or the frame's id, where that
    is given; the message starts with `name`.
    """
    rows = []
    for key, detection, entry in _entries(_load(content, name), name, "box_points", frame):
        box, percent = entry["box_points"], entry.get("percentage_probability")
        if list(detection.box) != box:
            raise ValueError(
                f"{name}: {key!r} has box_points {box!r}, which contradict its name; make it again"
            )
        number = isinstance(percent, (int, float)) and not isinstance(percent, bool)
        if not (number and 0 <= percent <= 100):
            raise ValueError(
                f"{name}: {key!r} has percentage_probability {percent!r}, not 0 to 100; make it"
                " again"
            )
        kind = entry.get("type", detection.type)
        if abs(percent - detection.percent) > _ROUNDED or kind != detection.type:
            raise ValueError(
                f"{name}: {key!r} has type {kind!r} and percentage_probability {percent!r}, which"
                " contradict its name; make it again"
            )
        at = detection.frame
        place = (key, str(at), at.camera, np.datetime64(at.time, "s"), detection.number)
        rows.append((*place, detection.type, float(percent), *detection.box))
    return rows


def read_features(
    content: bytes, name: str, frame: str | None = None
) -> tuple[str, dict[str, np.ndarray]]:
    """Read a ``--features.json``: the model, and detection id to a float32 vector.

    Returns
    -------
    str
        What the file calls the model; "" if it does not say.
    dict of str to ndarray of float32, shape (d,)
        Of finite numbers, all as long as each other.

    Raises
    ------
    ValueError
        As `read_detections`.
    """
    loaded = _load(content, name)
    model = loaded.get("model", "")
    if not isinstance(model, str):
        raise ValueError(f"{name}: the model is {model!r}, not a name; make it again")
    vectors: dict[str, np.ndarray] = {}
    for key, _, entry in _entries(loaded, name, "data", frame):
        try:
            numbers = np.asarray(entry["data"])
        except (ValueError, OverflowError):
            numbers = np.empty(0, object)
        if numbers.dtype.kind not in "iuf":
            raise ValueError(f"{name}: {key!r} has data that are not numbers; make it again")
        with np.errstate(over="ignore"):
            vector = numbers.astype(np.float32)
        if vector.ndim != 1 or not len(vector) or not np.isfinite(vector).all():
            raise ValueError(
                f"{name}: {key!r} has data that are no vector of finite numbers; make it again"
            )
        if vectors and len(vector) != len(next(iter(vectors.values()))):
            raise ValueError(f"{name}: its vectors are of different lengths; make it again")
        vectors[key] = vector
    return model, vectors


def find_frame(root: Path, frame: FrameId) -> Path:
    """Where `write_frame` put a frame under `root`, or where it would put a JPEG."""
    folder = root / frame_folder(frame)
    png = folder / f"{frame}{PNG}"
    return png if png.exists() else folder / f"{frame}{ORIGINAL}"


def check_cameras(root: Path, cameras: Iterable[str]) -> None:
    """A ValueError if two cameras would have one folder under `root`, where capitals do not count.

    They do not on Windows and most Macs. A camera that has its folder already, counts too.
    """
    cameras = list(cameras)
    inside = root.iterdir() if root.is_dir() else ()
    folders = [path.name.removeprefix("camera=") for path in inside if path.is_dir()]
    spelled = {name.lower(): name for name in cameras}
    for name in [*cameras, *folders]:
        other = spelled.get(name.lower(), name)
        if other != name:
            raise ValueError(
                f"{root}: the cameras {other} and {name} differ by capitals alone, and Windows and"
                " Macs would put them into one folder; give one of them another name"
            )


def write_frame(root: Path, frame: FrameId, jpeg: bytes, durable: bool = False) -> Path:
    """Write a frame under `root`, as ``--original.jpeg`` or what it is; returns its folder.

    `durable` as for `write_bytes`.
    """
    folder = root / frame_folder(frame)
    ending = PNG if jpeg.startswith(_PNG_BEGINS) else ORIGINAL
    write_bytes(folder / f"{frame}{ending}", jpeg, durable)
    return folder


def write_detections(
    folder: Path, image: np.ndarray, frame: FrameId, detections: pd.DataFrame, model: str
) -> None:
    """Write what was detected in one frame, its ``--detections.json`` last.

    Parameters
    ----------
    folder : Path
        The frame's folder.
    image : ndarray of uint8, shape (H, W, 3)
    frame : FrameId
    detections : DataFrame
        As from `detection_table`; may be empty.
    model : str
        Name of the weights, kept in the file.
    """
    stem = f"{frame}--detections"
    drawn = Image.fromarray(image)
    pen = ImageDraw.Draw(drawn)
    with replacing(folder / stem) as crops:
        crops.mkdir()
        for row in detections.itertuples():
            box = (row.x1, row.y1, row.x2, row.y2)
            end = row.id.removeprefix(f"{stem}--")
            (crops / f"{end}.jpeg").write_bytes(encode_jpeg(crop(image, box)))
            colour = _BOX_COLOURS.get(row.type, "#30a0ff")
            pen.rectangle((row.x1, row.y1, row.x2 - 1, row.y2 - 1), outline=colour)
    write_bytes(folder / f"{frame}{DRAWN}", encode_jpeg(np.asarray(drawn)))
    counts = detections.type.value_counts(sort=False)
    content = {
        "id": stem,
        "model": model,
        "summary": {"total": len(detections)} | {k: int(n) for k, n in counts.items()},
    }
    for row in detections.itertuples():
        content[row.id] = {
            "type": row.type,
            "id": row.id,
            "percentage_probability": row.percent,
            "box_points": [row.x1, row.y1, row.x2, row.y2],
        }
    _write_json(folder / f"{frame}{DETECTIONS_JSON}", content)


def write_features(
    folder: Path, frame: FrameId, ids: list[str], embeddings: np.ndarray, model: str
) -> None:
    """Write ``--features.json``: the embeddings (n, d) of the detections `ids` of one frame."""
    content: dict[str, Any] = {"id": f"{frame}--features", "model": model}
    for name, vector in zip(ids, embeddings, strict=True):
        content[name] = {"id": name, "data": [float(v) for v in vector]}
    _write_json(folder / f"{frame}{FEATURES_JSON}", content)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_bytes(path, (json.dumps(content, indent=2) + "\n").encode())
