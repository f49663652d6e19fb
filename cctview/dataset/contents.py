"""What a folder or a zip holds: frames, files that belong to a frame, and neither."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cctview.dataset import tables
from cctview.dataset.ids import FrameId
from cctview.dataset.layout import DRAWN, ORIGINAL
from cctview.dataset.storage import FolderSource, ZipSource, open_sources

# The original's repositories also hold such files for whole minutes: the same as each frame's own.
_MINUTE = re.compile(r"--\d\d\.\d\d--(detections|features)\.json$")
_OF_A_FRAME = re.compile(
    r"(.+)(--original\.(?:jpe?g|png)|--detections\.(?:jpeg|json)|--features\.json)", re.IGNORECASE
)
_PICTURE = re.compile(
    r".+\.(jpe?g|png|webp|hei[cf]|avif|bmp|tiff?|gif|mp4|mov|avi|mkv)", re.IGNORECASE
)
_ORIGINAL = re.compile(r"--original\.[^.]+$", re.IGNORECASE)
_RESULT = re.compile(r"(^|/)(matches|[^/]*--detections)/|--detections[^/]*$")
_SIMULATED = "truth"
_FEW = 5  # so many files of one kind are reported one by one
_Source = FolderSource | ZipSource


@dataclass(frozen=True)
class StoredFile:
    """Where a file is."""

    source: _Source
    name: str

    def read(self) -> bytes:
        """Its content; a ValueError that names it if it cannot be read."""
        return self.source.read(self.name)

    def beside(self, name: str) -> str:
        """What a file of another name in the same folder is called in messages."""
        return self.source.where(self.name.removesuffix(self.name.rpartition("/")[2]) + name)

    def __str__(self) -> str:
        return self.source.where(self.name)


@dataclass
class Contents:
    """The files of a dataset, by what they are.

    Attributes
    ----------
    files : dict of (str, str) to StoredFile
        By frame and kind: `ORIGINAL`, `DRAWN`, or one of the JSON files of `layout`.
    frames : set of FrameId
        Those that have a picture.
    tables, bases : list, dict
        Parquet tables; the bases by what messages call them.
    problems, notes : list of str
        As `cctview.dataset.frames.Dataset`.
    """

    files: dict[tuple[str, str], StoredFile] = field(default_factory=dict)
    frames: set[FrameId] = field(default_factory=set)
    tables: list[StoredFile] = field(default_factory=list)
    bases: dict[str, StoredFile] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _misnamed: list[str] = field(default_factory=list)
    _twice: list[str] = field(default_factory=list)
    _foreign: list[str] = field(default_factory=list)

    def look_into(self, path: Path) -> None:
        """List what is at a path.

        Raises a FileNotFoundError if it is nothing or holds no frame, a ValueError if it is a file
        and no zip archive.
        """
        sources, unreadable = open_sources(path)
        if (path / _SIMULATED).is_dir():  # the course's minutes, which are zips; nothing mixes in
            sources = [source for source in sources if isinstance(source, ZipSource)]
        self.problems += unreadable
        for source in sources:
            for name in source.names():
                self._take(StoredFile(source, name))
        self.problems += _shorten(self._misnamed, lambda n: f"{path}: {n} frames were skipped")
        self.problems += _shorten(self._twice, lambda n: f"{path}: {n} files are there twice")
        foreign = [
            f"{name}: not a frame, its name does not end in {ORIGINAL}; passed over"
            for name in self._foreign
        ]
        self.notes += _shorten(foreign, lambda n: f"{path}: {n} pictures are no frames")
        if not self.frames:
            named = f"CAM--YYYY-MM-DD--HH.MM.SS{ORIGINAL}"
            hint = f"; {self.problems[0]}" if self.problems else ""
            if self._foreign:
                hint += (
                    f"; {len(self._foreign)} pictures or videos have other names, such as"
                    f" {self._foreign[0]}: `cctview import` makes frames of them"
                )
            raise FileNotFoundError(f"{path}: no frame in it, no file is named {named}{hint}")

    def _take(self, place: StoredFile) -> None:
        """Take note of one file."""
        base = place.name.rpartition("/")[2]
        if base == tables.DETECTIONS:
            self.tables.append(place)
        elif base == tables.BASIS:
            self.bases[str(place)] = place
        elif found := _OF_A_FRAME.fullmatch(base):
            if not _MINUTE.search(base):
                self._take_of_frame(place, found[1], found[2].lower())
        elif _PICTURE.fullmatch(base) and not _RESULT.search(place.name):
            self._take_other(place, base)

    def _take_of_frame(self, place: StoredFile, stem: str, kind: str) -> None:
        kind = ORIGINAL if "original" in kind else kind
        try:
            frame = FrameId.parse(stem)
        except ValueError as error:
            if kind != DRAWN:
                self._misnamed.append(f"{place}: {error}")
            return
        first = self.files.setdefault((str(frame), kind), place)
        if first is not place and not _same(first, place):
            self._twice.append(f"{place}: {first} is the same frame, and it differs")
        if kind == ORIGINAL:
            self.frames.add(frame)

    def _take_other(self, place: StoredFile, base: str) -> None:
        """A picture or a video that is no frame, though its name may almost be one's."""
        stem = _ORIGINAL.sub("", base)
        try:
            FrameId.parse(stem if stem != base else base.rpartition(".")[0])
        except ValueError:
            self._foreign.append(str(place))
        else:
            ending = f"{ORIGINAL} or --original.png"
            self._misnamed.append(f"{place}: the name of a frame ends in {ending}")


def _same(one: StoredFile, other: StoredFile) -> bool:
    """Whether two files have the same content; one that cannot be read has its own."""
    try:
        return one.read() == other.read()
    except ValueError:
        return False


def _shorten(lines: list[str], title: Callable[[str], str]) -> list[str]:
    """Few lines as they are; of many how many they are, and the first."""
    return lines if len(lines) <= _FEW else [f"{title(f'{len(lines):,}')}, the first is {lines[0]}"]
