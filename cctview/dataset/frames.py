"""A dataset of frames: a folder in the original's layout, a zip of one, or a folder of such zips;
one interface.

A frame's files are named after it (see `cctview.dataset.ids`) and lie under ``CAM/YYYY/MM/DD/HH/MM/SS/``,
or flat in one folder:

=========================== ==========================================================================
``…--original.jpeg``        the frame
``…--detections.jpeg``      the frame with the detected boxes drawn
``…--detections/``          one crop for each detection
``…--detections.json``      boxes, types and probabilities
``…--features.json``        one embedding for each detected vehicle
=========================== ==========================================================================

A zip may hold, instead of the two JSON files, one ``detections.parquet`` (see `cctview.dataset.tables`).
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import tables
from cctview.dataset.boxes import crop
from cctview.dataset.ids import DetectionId, FrameId
from cctview.dataset.images import read_image
from cctview.dataset.layout import (
    _DETECTIONS,
    _FEATURES,
    _ORIGINAL,
    COLUMNS,
    read_detections,
    read_features,
)
from cctview.dataset.paths import remedy
from cctview.dataset.storage import FolderSource, ZipSource

_MINUTE = re.compile(r"--\d\d\.\d\d--(detections|features)\.json$")
"""The original's repositories also hold such files for whole minutes; each frame's own say the same."""
_FOREIGN = re.compile(rf"(?!.*(--detections|{re.escape(_ORIGINAL)})[^/]*$).*\.jpe?g")
FEW = 5
"""Up to so many pictures that are no frames are reported one by one."""


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
    _files: dict[tuple[str, str], tuple] = field(default_factory=dict, repr=False)
    _tables: list[tuple] = field(default_factory=list, repr=False)
    _bases: set[str] = field(default_factory=set, repr=False)

    def jpeg(self, frame: str) -> bytes:
        """The bytes of a frame's file, as stored."""
        source, name = self._files[frame, _ORIGINAL]
        return source.read(name)

    def where(self, frame: str) -> str:
        """Where a frame's file is, to name it in a message."""
        source, name = self._files[frame, _ORIGINAL]
        return source.where(name)

    def image(self, frame: str) -> np.ndarray:
        """A frame, (H, W, 3) uint8 RGB.

        Raises
        ------
        KeyError
            If there is no such frame.
        ValueError
            If its file is no whole picture (see `read_image`).
        """
        return read_image(self.jpeg(frame), self.where(frame))

    def crop(self, detection: str) -> np.ndarray:
        """A detection, cut out of its frame; (h, w, 3) uint8 RGB."""
        read = DetectionId.parse(detection)
        return crop(self.image(str(read.frame)), read.box)

    @cached_property
    def detections(self) -> pd.DataFrame:
        """All detections, columns `COLUMNS`: boxes in pixels, `percent` 0–100; ordered as the
        frames, then by number.
        """
        return self._detections_and_embeddings[0]

    @cached_property
    def embeddings(self) -> np.ndarray:
        """Embeddings (n, d) float32, row by row as `detections`; a row of NaN where there is none,
        d = 0 if there are none.
        """
        return self._detections_and_embeddings[1]

    @cached_property
    def _detections_and_embeddings(self) -> tuple[pd.DataFrame, np.ndarray]:
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
        return table.iloc[order].reset_index(drop=True), _stack(
            [matrix for _, matrix in parts], order
        )

    def _all_json(self) -> tuple[pd.DataFrame, np.ndarray]:
        """Detections and embeddings from JSON files."""
        rows, vectors = [], {}
        for frame in self.frames.id:
            rows += self._from_json(frame, _DETECTIONS, read_detections)
            vectors.update(self._from_json(frame, _FEATURES, read_features))
        table = pd.DataFrame(rows, columns=COLUMNS)
        known = np.flatnonzero(table.id.isin(vectors))
        sizes = _one_size({len(vectors[table.id.iat[k]]) for k in known})
        matrix = np.full((len(table), sizes), np.nan, np.float32)
        for k in known:
            matrix[k] = vectors[table.id.iat[k]]
        return table, matrix

    def _from_json(self, frame: str, kind: str, reader) -> list | dict:
        if (frame, kind) not in self._files:
            return []
        source, name = self._files[frame, kind]
        try:
            return reader(source.read(name), source.where(name))
        except ValueError as error:
            self.problems.append(str(error))
            return []


def _one_size(sizes: set[int]) -> int:
    """The one length that all embeddings have; 0 if there are none."""
    if len(sizes) > 1:
        raise ValueError(
            f"embeddings of different lengths {sorted(sizes)} in one dataset: they come from"
            " different models"
        )
    return max(sizes, default=0)


def _stack(matrices: list[np.ndarray], order: np.ndarray) -> np.ndarray:
    """The rows of all matrices, in the given order. They may be large: no row is copied more than
    once, or without need.
    """
    known = [np.isfinite(matrix[:, 0]).any() if matrix.shape[1] else False for matrix in matrices]
    size = _one_size(
        {matrix.shape[1] for matrix, some in zip(matrices, known, strict=True) if some}
    )
    if len(matrices) == 1 and known[0] and (order == np.arange(len(order))).all():
        return matrices[0]
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    stacked, start = np.empty((len(order), size), np.float32), 0
    for matrix, some in zip(matrices, known, strict=True):
        rows, start = place[start : start + len(matrix)], start + len(matrix)
        stacked[rows] = matrix if some else np.nan
    return stacked


def open_dataset(path: str | Path) -> Dataset:
    """Open a folder of frames (flat or in the original's layout), a zip of one, or a folder of such
    zips.

    Only names are read here; pictures, detections and embeddings are read when they are asked for.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`, or no frame in it.
    ValueError
        If a file that should be a zip archive is none.
    """
    path = Path(path)
    if path.is_file():
        sources = [ZipSource(path)]
    elif path.is_dir():
        archives = sorted(path.glob("*.zip"))
        sources = [ZipSource(archive) for archive in archives] or [FolderSource(path)]
    else:
        raise FileNotFoundError(
            f"{path}: no such folder or zip archive; {remedy(path, 'give one that holds frames')}"
        )
    frames, foreign, dataset = {}, [], Dataset(pd.DataFrame())
    for source in sources:
        for name in source.names():
            if _FOREIGN.fullmatch(name):
                foreign.append(source.where(name))
            else:
                _register(source, name, frames, dataset)
    if len(foreign) > FEW:
        dataset.problems.append(
            f"{path}: {len(foreign)} pictures are no frames and were skipped, the first is"
            f" {foreign[0]}"
        )
    else:
        dataset.problems += [
            f"{name}: not a frame, its name does not end in {_ORIGINAL}; skipped"
            for name in foreign
        ]
    if not frames:
        hint = f"; skipped: {dataset.problems[0]}" if dataset.problems else ""
        raise FileNotFoundError(
            f"{path}: no frame in it, no file is named CAM--YYYY-MM-DD--HH.MM.SS{_ORIGINAL}{hint}"
        )
    ordered = sorted(frames.values())
    dataset.frames = pd.DataFrame(
        {
            "id": [str(f) for f in ordered],
            "camera": [f.camera for f in ordered],
            "time": pd.to_datetime([f.time for f in ordered]).as_unit("s"),
        }
    )
    return dataset


def _register(source, name: str, frames: dict[str, FrameId], dataset: Dataset) -> None:
    """Take note of one file, if it is one of ours."""
    base = name.rpartition("/")[2]
    if base == tables.DETECTIONS:
        dataset._tables.append((source, name))
        return
    if base == tables.BASIS:
        dataset._bases.add(source.where(name))
        return
    if _MINUTE.search(base):
        return
    for ending in (_ORIGINAL, _DETECTIONS, _FEATURES):
        if not base.endswith(ending):
            continue
        try:
            frame = FrameId.parse(base.removesuffix(ending))
        except ValueError as error:
            dataset.problems.append(f"{source.where(name)}: skipped, {error}")
            return
        if (str(frame), ending) in dataset._files:
            dataset.problems.append(f"{source.where(name)}: skipped, the same frame is there twice")
            return
        dataset._files[str(frame), ending] = (source, name)
        if ending == _ORIGINAL:
            frames[str(frame)] = frame
