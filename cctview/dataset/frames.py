"""A dataset of frames: a folder with its zips, or one zip; one interface.

A frame's files are those of `cctview.dataset.layout`, in its folders or all in one. A zip may hold
one ``detections.parquet`` (see `cctview.dataset.tables`) in place of the JSON files.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cctview.dataset import tables
from cctview.dataset.boxes import BOX, crop
from cctview.dataset.contents import Contents, StoredFile
from cctview.dataset.ids import DetectionId
from cctview.dataset.images import image_size, read_image
from cctview.dataset.layout import (
    COLUMNS,
    DETECTIONS_JSON,
    DRAWN,
    FEATURES_JSON,
    ORIGINAL,
    read_detections,
    read_features,
)

_BEYOND = 0.1  # of a side: so far a box may pass the frame's edge; the original's do by 0.04
_Part = tuple[pd.DataFrame, np.ndarray]  # detections and their embeddings
_Vectors = np.ndarray | tables.StoredVectors


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
    notes : list of str
        What else there is to say; nothing is lost by it.
    """

    frames: pd.DataFrame
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _contents: Contents = field(default_factory=Contents, repr=False)
    _added: list[_Part] = field(default_factory=list, repr=False)

    def jpeg(self, frame: str) -> bytes:
        """The bytes of a frame's file, as stored."""
        return self._contents.files[frame, ORIGINAL].read()

    def where(self, frame: str) -> str:
        """Where a frame's file is, to name it in a message."""
        return str(self._contents.files[frame, ORIGINAL])

    def image(self, frame: str) -> np.ndarray:
        """A frame, (H, W, 3) uint8 RGB.

        Raises a KeyError if there is no such frame, a ValueError if its file is no whole image.
        """
        return read_image(self.jpeg(frame), self.where(frame))

    def crop(self, detection: str) -> np.ndarray:
        """A detection, cut out of its frame; (h, w, 3) uint8 RGB.

        Raises as `image`, and a ValueError if its box lies outside the frame.
        """
        parts = DetectionId.parse(detection)
        frame = str(parts.frame)
        cut = crop(self.image(frame), parts.box)
        if not cut.size:
            raise ValueError(f"{self.where(frame)}: the box of {detection} is not in this picture")
        return cut

    def has(self, frame: str, what: str) -> bool:
        """Whether "detections" or "features" of a frame are stored, even if nothing was found."""
        kind = {"detections": DETECTIONS_JSON, "features": FEATURES_JSON}[what]
        stored = (frame, kind) in self._contents.files
        return stored or self._contents.files[frame, ORIGINAL].source in self._tabled

    def place(self, frame: str, what: str) -> Path | None:
        """The file with "detections" or "features" of a frame; None if it is in a zip, or there is
        none.
        """
        kind = {"detections": DETECTIONS_JSON, "features": FEATURES_JSON}[what]
        place = self._contents.files.get((frame, kind))
        return Path(str(place)) if place and Path(str(place)).exists() else None

    def add(self, detections: pd.DataFrame, embeddings: np.ndarray) -> None:
        """Add what was found in memory: new detections (columns `COLUMNS`), or, for detections that
        are there, their embeddings (n, d).
        """
        self._added.append((detections, embeddings))
        for name in ("detections", "embeddings", "_order"):
            self.__dict__.pop(name, None)

    @property
    def added(self) -> _Part | None:
        """All that was added, detections and embeddings; None if nothing was."""
        if not self._added:
            return None
        found, embeddings = zip(*self._added, strict=True)
        return pd.concat(found, ignore_index=True), np.concatenate(embeddings)

    @cached_property
    def detections(self) -> pd.DataFrame:
        """All detections, columns `COLUMNS`, boxes in pixels; by frame, then by number."""
        known = set(self._json.id)
        added = [table[~table.id.isin(known)] for table, _ in self._added]
        parts = [self._json, *(table for table, _ in self._parquet), *added]
        parts = [table for table in parts if len(table)] or parts[:1]
        table = pd.concat(parts, ignore_index=True)[COLUMNS]
        position = pd.Series(np.arange(len(self.frames)), self.frames.id)
        order = np.lexsort([table.number.to_numpy(int), table.frame.map(position).to_numpy(float)])
        self._order = order
        return table.iloc[order].reset_index(drop=True)

    @cached_property
    def embeddings(self) -> np.ndarray:
        """Embeddings (n, d) float32, row by row as `detections`; NaN where there is none, d = 0 if
        there are none at all.

        Raises a ValueError if they come from different models: their distances mean nothing.
        """
        self.detections  # noqa: B018  (makes the order)
        known = set(self._json.id)
        vectors = self._vectors()
        matrices = []
        for table, matrix in self._added:
            old = table.id.isin(known).to_numpy()
            vectors |= dict(zip(table.id[old], matrix[old], strict=True))
            matrices.append(matrix[~old])
        size = _one_size({len(vector) for vector in vectors.values()})
        stored = np.full((len(self._json), size), np.nan, np.float32)
        for k, name in enumerate(self._json.id):
            if name in vectors:
                stored[k] = vectors[name]
        parts = [stored, *(vectors for _, vectors in self._parquet), *matrices]
        return _stack([part for part in parts if len(part)] or parts[:1], self._order)

    def embeddings_of(self, rows: np.ndarray) -> np.ndarray:
        """Rows of `embeddings`, by number or by mask; no more is unfolded than they need."""
        if not self._only_tables:
            return self.embeddings[rows]
        rows = np.arange(len(self.detections))[rows]
        return _stack([vectors for _, vectors in self._parquet], self._order[rows])

    @property
    def embedded(self) -> np.ndarray:
        """Whether each detection has an embedding, (n,) bool."""
        if not self._only_tables:
            found: np.ndarray = np.isfinite(self.embeddings).any(axis=1)
            return found
        self.detections  # noqa: B018  (makes the order)
        missing = [vectors.missing for _, vectors in self._parquet]
        return ~np.concatenate([np.zeros(0, bool), *missing])[self._order]

    @property
    def _only_tables(self) -> bool:
        """Whether everything is in tables, and has not been unfolded yet."""
        return not (len(self._json) or self._added or "embeddings" in self.__dict__)

    @property
    def model(self) -> str:
        """What the files with embeddings call the model; "" if there are none that say."""
        return next(iter(self._models), "")

    @cached_property
    def _json(self) -> pd.DataFrame:
        """What the JSON files say was detected."""
        rows: list[tuple[Any, ...]] = []
        for frame in self.frames.id:
            of_frame = self._read(frame, DETECTIONS_JSON, read_detections) or []
            if of_frame and (problem := self._contradiction(frame, of_frame)):
                self.problems.append(problem)
            else:
                rows += of_frame
        return pd.DataFrame(rows, columns=COLUMNS)

    def _contradiction(self, frame: str, rows: list[tuple[Any, ...]]) -> str | None:
        """What is wrong if a frame's boxes were found in another picture."""
        files = self._contents.files
        try:
            size = image_size(self.jpeg(frame), self.where(frame))
            drawn = files.get((frame, DRAWN))
            then = image_size(drawn.read(), str(drawn)) if drawn else size
        except ValueError:
            return None  # told when the picture is read
        boxes = np.array([row[-len(BOX) :] for row in rows])
        beyond = np.maximum(-boxes[:, :2], boxes[:, 2:] - size).max(axis=0)
        if then == size and (beyond <= _BEYOND * np.array(size)).all():
            return None
        now, found = (f"{width}x{height}" for width, height in (size, then))
        where = f" of {found} pixels" if then != size else ""
        return (
            f"{files[frame, DETECTIONS_JSON]}: its boxes were found in another picture{where};"
            f" {self.where(frame)} has {now}; detect again into an empty folder"
        )

    @cached_property
    def _models(self) -> dict[str, str]:
        """Each model that a file with embeddings names, and the first file that does."""
        models: dict[str, str] = {}
        for frame, (model, _) in self._features.items():
            if model:
                models.setdefault(model, str(self._contents.files[frame, FEATURES_JSON]))
        return models

    @cached_property
    def _features(self) -> dict[str, tuple[str, dict[str, np.ndarray]]]:
        """By frame what its file with embeddings holds: the model, and detection id to vector."""
        read = ((f, self._read(f, FEATURES_JSON, read_features)) for f in self.frames.id)
        features = {frame: content for frame, content in read if content is not None}
        known = set(self._json.id)
        for frame, (_, vectors) in features.items():
            if lost := vectors.keys() - known:
                self.problems.append(
                    f"{self._contents.files[frame, FEATURES_JSON]}: {len(lost)} of its"
                    f" {len(vectors)} vectors are of nothing that was detected, such as"
                    f" {min(lost)}; extract again"
                )
        return features

    def _vectors(self) -> dict[str, np.ndarray]:
        """All embeddings of JSON files; those of another length than most are left out."""
        if len(self._models) > 1:
            (first, one), (second, other) = [*self._models.items()][:2]
            raise ValueError(
                f"the vectors come from two models, {first} ({one}) and {second} ({other}), and"
                " their distances mean nothing; make all with one: `cctview extract FOLDER"
                " --replace`"
            )
        vectors: dict[str, np.ndarray] = {}
        length = {f: len(next(iter(v.values()))) for f, (_, v) in self._features.items() if v}
        usual = Counter(length.values()).most_common(2)
        if len(usual) == 2 and usual[0][1] == usual[1][1]:
            _one_size(set(length.values()))
        for frame, size in length.items():
            if size == usual[0][0]:
                vectors |= self._features[frame][1]
            else:
                where = self._contents.files[frame, FEATURES_JSON]
                problem = f"its vectors have {size} numbers, and those of most frames {usual[0][0]}"
                self.problems.append(f"{where}: {problem}; extract again")
        return vectors

    @cached_property
    def _tabled(self) -> set[Any]:
        return {place.source for place in self._contents.tables}

    @cached_property
    def _parquet(self) -> list[tuple[pd.DataFrame, tables.StoredVectors]]:
        """What Parquet tables hold of frames that are there, and that no other file is of."""
        parts: list[tuple[pd.DataFrame, tables.StoredVectors]] = []
        free = set(self.frames.id) - set(self._json.frame)
        for place in self._contents.tables:
            basis = self._contents.bases.get(place.beside(tables.BASIS))
            try:
                content = basis.read() if basis else None
                table, vectors = tables.read_tables(place.read(), content, str(place))
            except ValueError as error:
                self._report(str(error))
                continue
            usable = table.frame.isin(free).to_numpy() & ~table.id.duplicated().to_numpy()
            for earlier, _ in parts:
                usable &= ~table.id.isin(earlier.id).to_numpy()
            if not usable.all():
                lost = f"{(~usable).sum():,} of its {len(usable):,} detections"
                self._report(
                    f"{place}: {lost} are of frames that are not here, or that another file has"
                )
                table, vectors = table[usable], vectors[usable]
            parts.append((table, vectors))
        return parts

    def _report(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def _read(self, frame: str, kind: str, reader: Callable[[bytes, str, str], Any]) -> Any:
        """What a frame's file holds; None if there is none, or it is damaged."""
        if (frame, kind) not in self._contents.files:
            return None
        place: StoredFile = self._contents.files[frame, kind]
        try:
            return reader(place.read(), str(place), frame)
        except ValueError as error:
            self.problems.append(str(error))
            return None


def _one_size(sizes: set[int]) -> int:
    """The one length that all embeddings have; 0 if there are none."""
    if len(sizes) > 1:
        raise ValueError(
            f"embeddings of different lengths {sorted(sizes)} in one dataset: they come from"
            " different models"
        )
    return max(sizes, default=0)


def _stack(parts: list[_Vectors], rows: np.ndarray) -> np.ndarray:
    """Some rows of all parts, one below the other. Only one part at a time is unfolded."""
    known = [_any_known(part) for part in parts]
    size = _one_size({_width(part) for part, some in zip(parts, known, strict=True) if some})
    stacked = np.full((len(rows), size), np.nan, np.float32)
    start = 0
    for part, some in zip(parts, known, strict=True):
        inside = (rows >= start) & (rows < start + len(part))
        if some and inside.any():
            stacked[inside] = _matrix(part)[rows[inside] - start]
        start += len(part)
    return stacked


def _any_known(part: _Vectors) -> bool:
    if isinstance(part, tables.StoredVectors):
        return not part.missing.all()
    return bool(part.shape[1] and np.isfinite(part[:, 0]).any())


def _width(part: _Vectors) -> int:
    return part.width if isinstance(part, tables.StoredVectors) else part.shape[1]


def _matrix(part: _Vectors) -> np.ndarray:
    return part.unfold() if isinstance(part, tables.StoredVectors) else part


def open_dataset(path: str | Path) -> Dataset:
    """Open a folder of frames, with the zips that lie in it, or one zip.

    Only names are read here; images, detections and embeddings are read when they are asked for.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`, or no frame in it.
    ValueError
        If it is a file and no zip archive.
    """
    contents = Contents()
    contents.look_into(Path(path))
    frames = sorted(contents.frames)
    table = pd.DataFrame(
        {
            "id": [str(frame) for frame in frames],
            "camera": [frame.camera for frame in frames],
            "time": pd.to_datetime([frame.time for frame in frames]).as_unit("s"),
        }
    )
    return Dataset(table, contents.problems, contents.notes, contents)
