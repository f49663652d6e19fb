"""A dataset of frames: a folder, a zip of one, or a folder of such zips; one interface.

A frame's files are those of `cctview.dataset.layout`, in its folders or all in one. A zip may hold
one ``detections.parquet`` (see `cctview.dataset.tables`) in place of the JSON files.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cctview.dataset import tables
from cctview.dataset.boxes import crop
from cctview.dataset.ids import DetectionId, FrameId
from cctview.dataset.images import read_image
from cctview.dataset.layout import (
    COLUMNS,
    DETECTIONS_JSON,
    FEATURES_JSON,
    ORIGINAL,
    read_detections,
    read_features,
)
from cctview.dataset.paths import remedy
from cctview.dataset.storage import FolderSource, ZipSource

# The original's repositories also hold such files for whole minutes: the same as each frame's own.
_MINUTE = re.compile(r"--\d\d\.\d\d--(detections|features)\.json$")
_FOREIGN = re.compile(rf"(?!.*(--detections|{re.escape(ORIGINAL)})[^/]*$).*\.jpe?g")
_FEW = 5  # so many images that are no frames are reported one by one
_Source = FolderSource | ZipSource
_Part = tuple[pd.DataFrame, np.ndarray]  # detections and their embeddings


@dataclass
class Dataset:
    """Frames with their detections and embeddings, read when they are asked for.

    Attributes
    ----------
    frames : DataFrame
        Columns id, camera, time; ordered by camera, then time.
    problems : list of str
        One line for each file that was skipped, with its name and what is wrong with it; grows as
        files are read.
    """

    frames: pd.DataFrame
    problems: list[str] = field(default_factory=list)
    _files: dict[tuple[str, str], tuple[_Source, str]] = field(default_factory=dict, repr=False)
    _tables: list[tuple[_Source, str]] = field(default_factory=list, repr=False)
    _bases: set[str] = field(default_factory=set, repr=False)

    def jpeg(self, frame: str) -> bytes:
        """The bytes of a frame's file, as stored."""
        source, name = self._files[frame, ORIGINAL]
        return source.read(name)

    def where(self, frame: str) -> str:
        """Where a frame's file is, to name it in a message."""
        source, name = self._files[frame, ORIGINAL]
        return source.where(name)

    def image(self, frame: str) -> np.ndarray:
        """A frame, (H, W, 3) uint8 RGB.

        Raises a KeyError if there is no such frame, a ValueError if its file is no whole image.
        """
        return read_image(self.jpeg(frame), self.where(frame))

    def crop(self, detection: str) -> np.ndarray:
        """A detection, cut out of its frame; (h, w, 3) uint8 RGB."""
        parts = DetectionId.parse(detection)
        return crop(self.image(str(parts.frame)), parts.box)

    @property
    def detections(self) -> pd.DataFrame:
        """All detections, columns `COLUMNS`, boxes in pixels; by frame, then by number."""
        return self._detections_and_embeddings[0]

    @property
    def embeddings(self) -> np.ndarray:
        """Embeddings (n, d) float32, row by row as `detections`; NaN where there is none, d = 0 if
        there are none at all.
        """
        return self._detections_and_embeddings[1]

    @cached_property
    def _detections_and_embeddings(self) -> _Part:
        parts = [self._all_json()]
        for source, name in self._tables:
            try:
                beside = name.removesuffix(tables.DETECTIONS) + tables.BASIS
                basis = source.read(beside) if source.where(beside) in self._bases else None
                parts.append(tables.read_tables(source.read(name), basis, source.where(name)))
            except ValueError as error:
                self.problems.append(str(error))
        parts = [(table, matrix) for table, matrix in parts if len(table)] or parts[:1]
        table = pd.concat([table for table, _ in parts], ignore_index=True)[COLUMNS]
        position = pd.Series(np.arange(len(self.frames)), self.frames.id)
        order = np.lexsort([table.number.to_numpy(int), table.frame.map(position).to_numpy(float)])
        embeddings = _stack([matrix for _, matrix in parts], order)
        return table.iloc[order].reset_index(drop=True), embeddings

    def _all_json(self) -> _Part:
        rows: list[tuple[Any, ...]] = []
        vectors: dict[str, np.ndarray] = {}
        for frame in self.frames.id:
            rows += self._from_json(frame, DETECTIONS_JSON, read_detections) or []
            vectors |= self._from_json(frame, FEATURES_JSON, read_features) or {}
        table = pd.DataFrame(rows, columns=COLUMNS)
        known = np.flatnonzero(table.id.isin(vectors))
        size = _one_size({len(vectors[table.id.iat[k]]) for k in known})
        matrix = np.full((len(table), size), np.nan, np.float32)
        for k in known:
            matrix[k] = vectors[table.id.iat[k]]
        return table, matrix

    def _from_json(self, frame: str, kind: str, reader: Callable[[bytes, str], Any]) -> Any:
        """What a frame's file holds; None if there is none, or it is damaged."""
        if (frame, kind) not in self._files:
            return None
        source, name = self._files[frame, kind]
        try:
            return reader(source.read(name), source.where(name))
        except ValueError as error:
            self.problems.append(str(error))
            return None

    def _register(self, source: _Source, name: str) -> FrameId | None:
        """Take note of one file, if it is one of ours; returns its frame, if it is a frame."""
        base = name.rpartition("/")[2]
        if base == tables.DETECTIONS:
            self._tables.append((source, name))
        elif base == tables.BASIS:
            self._bases.add(source.where(name))
        elif not _MINUTE.search(base):
            for ending in (ORIGINAL, DETECTIONS_JSON, FEATURES_JSON):
                if base.endswith(ending):
                    return self._register_frame(source, name, base.removesuffix(ending), ending)
        return None

    def _register_frame(self, source: _Source, name: str, stem: str, ending: str) -> FrameId | None:
        try:
            frame = FrameId.parse(stem)
        except ValueError as error:
            self.problems.append(f"{source.where(name)}: skipped, {error}")
            return None
        if (str(frame), ending) in self._files:
            self.problems.append(f"{source.where(name)}: skipped, the same frame is there twice")
            return None
        self._files[str(frame), ending] = (source, name)
        return frame if ending == ORIGINAL else None


def _one_size(sizes: set[int]) -> int:
    """The one length that all embeddings have; 0 if there are none."""
    if len(sizes) > 1:
        raise ValueError(
            f"embeddings of different lengths {sorted(sizes)} in one dataset: they come from"
            " different models"
        )
    return max(sizes, default=0)


def _stack(matrices: list[np.ndarray], order: np.ndarray) -> np.ndarray:
    """The rows of all matrices, in this order. They may be large: no row is copied without need."""
    known = [bool(matrix.shape[1] and np.isfinite(matrix[:, 0]).any()) for matrix in matrices]
    size = _one_size(
        {matrix.shape[1] for matrix, some in zip(matrices, known, strict=True) if some}
    )
    if len(matrices) == 1 and known[0] and (order == np.arange(len(order))).all():
        return matrices[0]
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    stacked = np.empty((len(order), size), np.float32)
    start = 0
    for matrix, some in zip(matrices, known, strict=True):
        stacked[place[start : start + len(matrix)]] = matrix if some else np.nan
        start += len(matrix)
    return stacked


def open_dataset(path: str | Path) -> Dataset:
    """Open a folder of frames, a zip of one, or a folder of such zips.

    Only names are read here; images, detections and embeddings are read when they are asked for.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`, or no frame in it.
    ValueError
        If a file that should be a zip archive is none.
    """
    path = Path(path)
    dataset = Dataset(pd.DataFrame())
    frames, foreign = set(), []
    for source in _sources(path):
        for name in source.names():
            if _FOREIGN.fullmatch(name):
                foreign.append(source.where(name))
            elif frame := dataset._register(source, name):
                frames.add(frame)
    if len(foreign) > _FEW:
        dataset.problems.append(
            f"{path}: {len(foreign)} pictures are no frames and were skipped, the first is"
            f" {foreign[0]}"
        )
    else:
        reason = f"not a frame, its name does not end in {ORIGINAL}; skipped"
        dataset.problems += [f"{name}: {reason}" for name in foreign]
    if not frames:
        hint = f"; skipped: {dataset.problems[0]}" if dataset.problems else ""
        raise FileNotFoundError(
            f"{path}: no frame in it, no file is named CAM--YYYY-MM-DD--HH.MM.SS{ORIGINAL}{hint}"
        )
    ordered = sorted(frames)
    dataset.frames = pd.DataFrame(
        {
            "id": [str(frame) for frame in ordered],
            "camera": [frame.camera for frame in ordered],
            "time": pd.to_datetime([frame.time for frame in ordered]).as_unit("s"),
        }
    )
    return dataset


def _sources(path: Path) -> list[_Source]:
    if path.is_file():
        return [ZipSource(path)]
    if path.is_dir():
        archives = sorted(path.glob("*.zip"))
        return [ZipSource(archive) for archive in archives] or [FolderSource(path)]
    what = remedy(path, "give one that holds frames")
    raise FileNotFoundError(f"{path}: no such folder or zip archive; {what}")
