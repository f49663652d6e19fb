"""The folder that a collection fills: frames in the original's layout, an index, and a log.

=================== ================================================================================
``CAM/YYYY/…``      the frames, as `cctview.dataset.frames` reads them
``index/*.parquet`` one row a frame; ``pandas.read_parquet(folder / "index")`` reads all
``cameras.json``    label, the operator's id, name, place of each camera
``collect.log``     what went wrong, one line each
=================== ================================================================================

A frame's row is written to a journal before the frame, and the journal becomes a Parquet file when
it is long or the run ends. After a kill, rows whose frame never came into being are dropped: index
and frames always agree.
"""

import hashlib
import json
import logging
from collections import defaultdict, deque
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

import pandas as pd

from cctview.collect.camera_api import PublicCamera
from cctview.dataset import (
    FrameId,
    find_frame,
    flush_all,
    read_parquet,
    replacing,
    write_bytes,
    write_frame,
)

_COLUMNS = [
    "frame",
    "camera",
    "time",  # in the frame's name
    "clock",  # where it comes from
    "moved",  # s by which it gave way to another frame of the same second
    "received",  # when it came, UTC
    "width",
    "height",
    "bytes",
    "sha256",
]
_REMEMBERED = 64  # pictures of a camera among which a duplicate is recognised; files always are

_LONGEST_JOURNAL = 5_000
_MOVES = 7_200  # s: the hour that repeats when summer time ends, and one more
_INDEX = "index"
_CAMERAS = "cameras.json"
LOG = "collect.log"


@dataclass(frozen=True)
class Taken:
    """When a picture was taken, by the best clock there is, and what else came with it."""

    time: datetime  # wall clock, to the second
    clock: str  # "last-modified", "date" or "local"
    received: datetime  # this computer's clock, UTC
    width: int
    height: int


class Archive:
    """Frames and index in one folder, which the caller holds (`cctview.dataset.storage.alone_in`).

    Attributes
    ----------
    frames : int
        How many the index holds.
    dropped : list of str
        Frames that an earlier run had announced and, being killed, never wrote.
    log : logging.Logger
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._index = folder / _INDEX
        self._index.mkdir(parents=True, exist_ok=True)
        self._recent: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        self.frames = 0
        self.dropped: list[str] = []
        self._recover()
        self._rows: list[dict] = []
        self._journal: TextIO | None = None
        self.log = logging.getLogger(f"cctview.collect.{id(self)}")
        self.log.setLevel(logging.INFO)
        self.log.propagate = False
        handler = logging.FileHandler(folder / LOG, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self.log.addHandler(handler)

    def write_cameras(self, cameras: list[PublicCamera]) -> None:
        """Write down which camera is behind which label, beside those of earlier runs."""
        path = self.folder / _CAMERAS
        try:
            entries = json.loads(path.read_bytes()) if path.exists() else {}
        except ValueError as error:
            raise ValueError(
                f"{path}: not the table of cameras ({error}); move it away, and it is written again"
            ) from None
        for camera in cameras:
            # The simulated server has another port and token every time: its address says nothing,
            # and the tree should not depend on it.
            entries[camera.label] = {
                k: v for k, v in asdict(camera).items() if k not in ("label", "online", "url")
            }
        write_bytes(
            path, (json.dumps(entries, indent=2, sort_keys=True) + "\n").encode(), durable=True
        )

    def keep(self, camera: str, content: bytes, taken: Taken) -> FrameId | None:
        """Write a picture as a frame, unless it is there already.

        Returns
        -------
        FrameId or None
            None if it is a duplicate.

        Raises
        ------
        ValueError
            If `_MOVES` other pictures of this camera have the same time, second by second.
        OSError
            If it cannot be written, as on a full disk; nothing of it is left then.
        """
        digest = hashlib.sha256(content).hexdigest()
        if digest in self._recent[camera]:
            return None
        for moved in range(_MOVES):
            frame = FrameId(camera, taken.time + timedelta(seconds=moved))
            path = self.path(frame)
            if not path.exists():
                break
            if path.stat().st_size == len(content) and path.read_bytes() == content:
                self._recent[camera].append(digest)
                return None
        else:
            raise ValueError(
                f"{_MOVES} other pictures in the {_MOVES} seconds from {taken.time}; this one is"
                " not kept"
            )
        row = asdict(taken) | {
            "frame": str(frame),
            "camera": camera,
            "time": frame.time.isoformat(),
            "moved": moved,
            "received": taken.received.isoformat(timespec="milliseconds"),
            "bytes": len(content),
            "sha256": digest,
        }
        self._announce(row)  # before the frame, so that a kill leaves no frame without a row
        write_frame(self.folder, frame, content)
        self._rows.append(row)
        self._recent[camera].append(digest)
        self.frames += 1
        if len(self._rows) >= _LONGEST_JOURNAL:
            self.flush()
        return frame

    def path(self, frame: FrameId) -> Path:
        """Where a frame's picture is, or would be."""
        return find_frame(self.folder, frame)

    def flush(self) -> None:
        """Turn the journal into a Parquet file."""
        if self._journal is None:
            return
        self._journal.close()
        name, self._journal = Path(self._journal.name), None
        if self._rows:
            _write_rows(self._rows, self._index / f"{_number(name):06}.parquet")
        name.unlink()
        self._rows = []

    def close(self) -> None:
        """Flush, and let go of the log."""
        try:
            self.flush()
        finally:
            if self._journal is not None:
                self._journal.close()
            for handler in list(self.log.handlers):
                handler.close()
                self.log.removeHandler(handler)

    def _announce(self, row: dict) -> None:
        if self._journal is None:
            used = [_number(path) for path in self._index.glob("*.parquet")]
            path = self._index / f".{max(used, default=0) + 1:06}.jsonl"
            self._journal = path.open("w", encoding="utf-8")
        self._journal.write(json.dumps(row) + "\n")
        self._journal.flush()

    def _recover(self) -> None:
        """Bring index and frames of earlier runs into agreement, and read what is there."""
        for journal in sorted(self._index.glob(".*.jsonl")):
            part = self._index / f"{_number(journal):06}.parquet"
            if not part.exists():
                announced = _read_journal(journal)
                rows = [row for row in announced if self._is_there(row)]
                there = {row["frame"] for row in rows}
                self.dropped += [row["frame"] for row in announced if row["frame"] not in there]
                if rows:
                    _write_rows(rows, part)
            journal.unlink()
        for part in sorted(self._index.glob("*.parquet")):
            try:
                table = read_parquet(part, ["camera", "sha256"])
            except ValueError as error:
                raise ValueError(
                    f"{part}: not a part of an index ({error}); move it away, the frames stay"
                ) from None
            self.frames += len(table)
            for camera, digest in table.groupby("camera").tail(_REMEMBERED).itertuples(index=False):
                self._recent[camera].append(digest)

    def _is_there(self, row: dict) -> bool:
        path = self.path(FrameId.parse(row["frame"]))
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]


def _number(path: Path) -> int:
    return int(path.name.strip(".").split(".")[0])


def _read_journal(path: Path) -> list[dict]:
    """The whole lines of a journal, one row for each frame."""
    rows = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
            FrameId.parse(row["frame"])
        except (ValueError, KeyError, TypeError):
            continue
        rows[row["frame"]] = row
    return list(rows.values())


def _write_rows(rows: list[dict], path: Path) -> None:
    table = pd.DataFrame(rows, columns=_COLUMNS)
    table = table.astype(dict.fromkeys(["moved", "width", "height", "bytes"], "int32"))
    table["time"] = pd.to_datetime(table["time"]).astype("datetime64[s]")
    received = pd.to_datetime(table["received"], format="ISO8601", utc=True)
    table["received"] = received.astype("datetime64[ms, UTC]")
    flush_all()  # the frames first: the index may name only what survives a power cut
    with replacing(path, durable=True) as temporary:
        table.to_parquet(temporary, index=False, compression="zstd")
