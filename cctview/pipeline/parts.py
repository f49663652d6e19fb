"""Detect and extract in every frame of a large dataset, part by part, by any executor.

A dataset is cut into parts, some minutes of one camera each; one part is one task, and one Parquet
file: ``OUT/camera=733-681-N/hour=2031-05-05T08/40.parquet``, columns as `cctview.dataset.tables`.
The worker of a task writes the file, whole or not at all. So a lost worker costs the parts that it
was at, which go to another; and a re-run skips what is there.
"""

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from cctview import weights as weight_files
from cctview.dataset import (
    BOX,
    COLUMNS,
    VEHICLE_TYPES,
    Dataset,
    FrameId,
    alone_in,
    check_cameras,
    crop,
    detection_table,
    open_dataset,
    tables,
    write_bytes,
)
from cctview.detect import detector as detect
from cctview.extract import extractor as extract

_MINUTES = 5
_BASIS = "_basis.parquet"  # beside the parts; readers of Parquet folders pass over a leading "_"
_KEY = b"cctview"
_LOADING = threading.Lock()


@dataclass(frozen=True)
class FramePart:
    """The frames that one task works on.

    Attributes
    ----------
    path : str
        Where its result goes, below OUT.
    frames : tuple of str
        Frame ids, by time.
    """

    path: str
    frames: tuple[str, ...]


def split_frames(frames: pd.DataFrame, minutes: int = _MINUTES) -> list[FramePart]:
    """Cut a dataset into parts: some minutes of one camera each, as the clock has them.

    Parameters
    ----------
    frames : DataFrame
        As `cctview.dataset.Dataset.frames`.
    minutes : int
        How many; 60 must be a multiple, else a ValueError.

    Examples
    --------
    >>> times = pd.to_datetime(["2031-05-05 08:41:07", "2031-05-05 08:45:00"])
    >>> frames = pd.DataFrame({"id": ["a", "b"], "camera": "1-N", "time": times})
    >>> [(part.path[-20:], part.frames) for part in split_frames(frames)]
    [('-05-05T08/40.parquet', ('a',)), ('-05-05T08/45.parquet', ('b',))]
    """
    if minutes < 1 or 60 % minutes:
        raise ValueError(
            f"minutes is {minutes}, and should go into 60: one of 1, 2, 3, 4, 5, 6, 10, 12, 15, 20,"
            " 30, 60"
        )
    start = frames.time.dt.floor(f"{minutes}min")
    paths = "camera=" + frames.camera + "/hour=" + start.dt.strftime("%Y-%m-%dT%H/%M.parquet")
    return [FramePart(path, tuple(ids)) for path, ids in frames.id.groupby(paths.to_numpy())]


def detect_and_extract(
    frames: Iterable[tuple[str, np.ndarray]],
    detector: Any,
    extractor: Any,
    problems: list[str] | None = None,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Detect and embed in frames.

    Parameters
    ----------
    frames : iterable of (str, ndarray of uint8, shape (H, W, 3))
        Ids and frames.
    detector, extractor
        As `cctview.detect.detector.Detector` and `cctview.extract.extractor.Extractor`.
    problems : list of str, optional
        Gets a line for each frame that the detector refuses; without it the error is raised.

    Returns
    -------
    detections : DataFrame
        As `cctview.dataset.detection_table`.
    embeddings : ndarray of float32, shape (n, d)
        A row of NaN for what is never embedded: persons and bicycles.
    """
    found = []
    vectors = [np.empty((0, extractor.dimensions), np.float32)]
    for name, frame in frames:
        try:
            detections = detection_table(FrameId.parse(name), detector.detect(frame))
        except ValueError as error:
            if problems is None:
                raise
            problems.append(f"{name}: {error}; skipped")
            continue
        embeddings = np.full((len(detections), extractor.dimensions), np.nan, np.float32)
        vehicle = detections.type.isin(VEHICLE_TYPES).to_numpy()
        if vehicle.any():
            boxes = detections.loc[vehicle, BOX].to_numpy()
            embeddings[vehicle] = extractor.extract([crop(frame, tuple(box)) for box in boxes])
        found.append(detections)
        vectors.append(embeddings)
    filled = [detections for detections in found if len(detections)]
    table = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=COLUMNS)
    return table, np.concatenate(vectors)


def process_parts(
    folder: str | Path,
    out: str | Path,
    open_executor: Callable[[int], AbstractContextManager[Executor]],
    weights: str | Path | None = None,
    minimum_percent: float = 25,
    minutes: int = _MINUTES,
) -> Dataset:
    """Detect and extract in every frame of a dataset, and write the parts' Parquet files.

    Parts that an earlier run has written, with the same models and of the same frames, are skipped.

    Parameters
    ----------
    folder : str or Path
        Anything that `cctview.dataset.open_dataset` opens.
    out : str or Path
        Gets the files; read them with `read_part`.
    open_executor : callable
        Opens an executor for so many tasks, in a ``with`` block: for example
        `cctview.search.dask_executor`, or `concurrent.futures.ProcessPoolExecutor`.
    weights, minimum_percent
        As `cctview.detect.detector.Detector`.
    minutes : int
        How many minutes of a camera are one part; 60 must be a multiple.

    Returns
    -------
    Dataset
        That of `folder`: its `problems` tell of each file that was skipped, or part that failed.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such dataset, a weight file is unusable, or `out` holds results of other
        models.
    """
    folder, out = Path(folder).resolve(), Path(out).resolve()
    weights = Path(weights).resolve() if weights else None
    dataset = open_dataset(folder)
    settings = {
        "detector": _fingerprint(weights or weight_files.find(detect.DETECTOR_WEIGHTS)),
        "extractor": _fingerprint(weight_files.find(extract.EXTRACTOR_WEIGHTS)),
        "minimum_percent": minimum_percent,
        "minutes": minutes,
    }
    check_cameras(out, dataset.frames.camera.unique())
    with alone_in(out):
        done = _finished(out, settings)
        parts = split_frames(dataset.frames, minutes)
        todo = [part for part in parts if done.get(part.path) != _digest(part.frames)]
        if todo:
            task = partial(
                run_part,
                folder=folder,
                out=out,
                weights=weights,
                settings=settings,
                run=os.urandom(8),
            )
            with open_executor(len(todo)) as executor:
                # the first task ends the run if the weights cannot be used
                executor.submit(_write_basis, out, weights, minimum_percent).result()
                dataset.problems += _run(todo, task, executor)
    with alone_in(out):  # sweeps away what a lost worker left half-written
        return dataset


def _run(
    todo: list[FramePart], task: Callable[[FramePart], list[str]], executor: Executor
) -> list[str]:
    """Have the parts done; what went wrong, in the parts' order."""
    problems = {}
    futures = {executor.submit(task, part): part for part in todo}
    for future in tqdm(
        as_completed(futures), total=len(todo), desc="detect, extract, write", unit="part"
    ):
        path, error = futures[future].path, future.exception()
        problems[path] = (
            [f"{path}: not written ({error}); run it again"] if error else future.result()
        )
    return [line for path in sorted(problems) for line in problems[path]]


def load_models(
    weights: Path | None, minimum_percent: float
) -> tuple[detect.Detector, extract.Extractor]:
    """The models; a process loads them once, however many of its threads ask."""
    with _LOADING:
        return _load_models(weights, minimum_percent)


@lru_cache(maxsize=1)
def _load_models(
    weights: Path | None, minimum_percent: float
) -> tuple[detect.Detector, extract.Extractor]:
    return detect.Detector(weights, minimum_percent), extract.Extractor()


@lru_cache(maxsize=1)
def _open_once(folder: Path, run: bytes) -> Dataset:
    """The dataset; a process lists its names once a run."""
    return open_dataset(folder)


def run_part(
    part: FramePart, folder: Path, out: Path, weights: Path | None, settings: dict, run: bytes
) -> list[str]:
    """One task: a part's frames to its file; a line for each frame that was skipped."""
    detector, extractor = load_models(weights, settings["minimum_percent"])
    dataset = _open_once(folder, run)
    read, problems = [], []

    def readable():
        for name in part.frames:
            try:
                image = dataset.image(name)
            except ValueError as error:
                problems.append(str(error))
                continue
            read.append(name)
            yield name, image

    table, embeddings = detect_and_extract(readable(), detector, extractor, problems)
    content = _table(table, embeddings, extractor)[tables.DETECTIONS]
    note = {"settings": settings, "frames": _digest(tuple(read))}
    noted = pq.read_table(pa.BufferReader(content)).replace_schema_metadata(
        {_KEY: json.dumps(note).encode()}
    )
    write_bytes(out / part.path, tables.encode(noted), durable=True)
    return problems


def _table(table: pd.DataFrame, embeddings: np.ndarray, extractor: Any) -> dict[str, bytes]:
    basis = extractor.basis if extractor.architecture == "student" else None
    return tables.write_tables(table, embeddings, basis)


def _write_basis(out: Path, weights: Path | None, minimum_percent: float) -> None:
    """What all parts need to be read."""
    _, extractor = load_models(weights, minimum_percent)
    if extractor.architecture == "student":
        nothing = np.empty((0, extractor.dimensions), np.float32)
        written = _table(pd.DataFrame(columns=COLUMNS), nothing, extractor)
        write_bytes(out / _BASIS, written[tables.BASIS])


def _fingerprint(weights: Path) -> str:
    return f"{weights.name}, sha256 {weight_files.sha256(weights)[:16]}"


def _digest(frames: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(frames).encode()).hexdigest()


def _finished(out: Path, settings: dict) -> dict[str, str]:
    """The parts that are there, path to a digest of their frames; all of these settings."""
    finished = {}
    for path in part_files(out):
        try:
            note = json.loads(tables.open_parquet(path).metadata.metadata[_KEY])
            made_with, frames = note["settings"], note["frames"]
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
            continue  # not one of ours, or damaged: it is made again
        if made_with != settings:
            raise ValueError(
                f"{path} was made with {made_with}, not {settings}; choose another --out folder"
            )
        finished[path.relative_to(out).as_posix()] = frames
    return finished


def part_files(out: str | Path) -> list[Path]:
    """The files that `process_parts` has written, by camera, then time."""
    return sorted(Path(out).glob("camera=*/hour=*/[0-9]*.parquet"))


def read_part(path: str | Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Read one file that `process_parts` wrote; a ValueError if it is no such file.

    Returns
    -------
    detections : DataFrame
        Columns as `cctview.dataset.COLUMNS`.
    embeddings : ndarray of float32, shape (n, d)
        Row by row; a row of NaN for what is never embedded.
    """
    path = Path(path)
    basis = path.parents[2] / _BASIS
    detections, embeddings = tables.read_tables(
        path.read_bytes(), basis.read_bytes() if basis.is_file() else None, str(path)
    )
    return detections[COLUMNS], embeddings.unfold()
