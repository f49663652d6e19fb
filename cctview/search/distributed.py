"""The same work on more than one machine, by Dask: detect, extract and write; and ranking in
galleries larger than memory.

A dataset is cut into parts, some minutes of one camera each; one part is one task, and one Parquet
file: ``OUT/camera=733-681-N/hour=2031-05-05T08/40.parquet``, columns as `cctview.dataset.tables`. Whoever
runs the task writes the file, whole or not at all. So a lost worker costs the parts that it was at,
which go to another; and a re-run skips what is there.

Without a scheduler's address the workers are processes on this computer (Dask's `LocalCluster`),
one to a core, that listen on loopback only and talk under TLS with a key made for the occasion: who
can talk to a Dask worker can run code as its user. On a cluster, every machine needs the same
cctview, and must see the dataset and OUT under the same path; for TLS there, set
``distributed.comm`` in Dask's configuration.
"""

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from cctview import weights as weight_files
from cctview.dataset import tables
from cctview.dataset.boxes import BOX, crop
from cctview.dataset.frames import Dataset, open_dataset
from cctview.dataset.ids import VEHICLE_TYPES, FrameId
from cctview.dataset.layout import (
    COLUMNS,
    detection_table,
)
from cctview.dataset.storage import alone_in, write_bytes
from cctview.dataset.tables import open_parquet
from cctview.detect import detector as detect
from cctview.extract import extractor as extract
from cctview.match import rerank as rank
from cctview.match.matching import DISTANCES

BASIS = "_basis.parquet"
"""Beside the parts; readers of Parquet folders pass over names that begin with '_'."""

MINUTES = 5
BLOCK_BYTES = 64 * 2**20
MERGED_AT_ONCE = 8
_KEY = b"cctview"
_LOADING = threading.Lock()


@dataclass(frozen=True)
class Part:
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


def split(frames: pd.DataFrame, minutes: int = MINUTES) -> list[Part]:
    """Cut a dataset into parts: some minutes of one camera each, as the clock has them.

    Parameters
    ----------
    frames : DataFrame
        As `cctview.dataset.frames.Dataset.frames`.
    minutes : int
        How many; 60 must be a multiple.

    Returns
    -------
    list of Part

    Raises
    ------
    ValueError
        If an hour cannot be cut so.

    Examples
    --------
    >>> times = pd.to_datetime(["2031-05-05 08:41:07", "2031-05-05 08:44:59", "2031-05-05 08:45:00"])
    >>> frames = pd.DataFrame({"id": ["a", "b", "c"], "camera": "1-N", "time": times})
    >>> [(part.path, part.frames) for part in split(frames)]
    [('camera=1-N/hour=2031-05-05T08/40.parquet', ('a', 'b')), ('camera=1-N/hour=2031-05-05T08/45.parquet', ('c',))]
    """
    if minutes < 1 or 60 % minutes:
        raise ValueError(
            f"minutes is {minutes}, and should go into 60: one of 1, 2, 3, 4, 5, 6, 10, 12, 15, 20,"
            " 30, 60"
        )
    start = frames.time.dt.floor(f"{minutes}min")
    paths = "camera=" + frames.camera + "/hour=" + start.dt.strftime("%Y-%m-%dT%H/%M.parquet")
    return [Part(path, tuple(ids)) for path, ids in frames.id.groupby(paths.to_numpy())]


def process(
    folder: str | Path,
    out: str | Path,
    scheduler: str | None = None,
    workers: int | None = None,
    weights: str | Path | None = None,
    minimum_percent: float = 25,
    minutes: int = MINUTES,
) -> list[str]:
    """Detect and extract in every frame of a dataset, on many workers, and write the parts' Parquet
    files.

    Parts that an earlier run has written, with the same models and of the same frames, are skipped.

    Parameters
    ----------
    folder : str or Path
        Anything that `cctview.dataset.frames.open_dataset` opens.
    out : str or Path
        Gets the files; read them with `read_vehicles`, `open_gallery`, or `read_part`.
    scheduler : str, optional
        A Dask scheduler's address, as ``tcp://10.0.0.1:8786``; without it, workers on this
        computer.
    workers : int, optional
        How many on this computer; by default one to a core.
    weights, minimum_percent
        As `cctview.detect.detector.Detector`.
    minutes : int
        How many minutes of a camera are one part; 60 must be a multiple.

    Returns
    -------
    list of str
        One line for each file that was skipped, or part that failed, and why.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such dataset, a weight file is unusable, or `out` holds results of other
        models.
    OSError
        If the scheduler cannot be reached.
    """
    folder, out = Path(folder).resolve(), Path(out).resolve()
    weights = Path(weights).resolve() if weights else None
    dataset = open_dataset(folder)
    detector, extractor = (
        weights or weight_files.find(detect.DETECTOR_WEIGHTS),
        weight_files.find(extract.EXTRACTOR_WEIGHTS),
    )
    models = {"detector": _fingerprint(detector), "extractor": _fingerprint(extractor)}
    settings = models | {"minimum_percent": minimum_percent, "minutes": minutes}
    with alone_in(out):
        done = _finished(out, settings)
        todo = [
            part
            for part in split(dataset.frames, minutes)
            if done.get(part.path) != _digest(part.frames)
        ]
        job = {
            "folder": folder,
            "out": out,
            "weights": weights,
            "settings": settings,
            "run": os.urandom(8),
        }
        problems = _run(todo, job, scheduler, workers) if todo else []
    with alone_in(out):  # sweeps away what a lost worker left half-written
        return dataset.problems + problems


def _run(todo: list[Part], job: dict, scheduler: str | None, workers: int | None) -> list[str]:
    """Have the parts done by a cluster; what went wrong, in the parts' order."""
    from distributed import as_completed

    problems = {}
    with connect(scheduler, min(workers or os.cpu_count(), len(todo))) as client:
        client.submit(
            _write_basis, job["out"], job["weights"], job["settings"]["minimum_percent"], pure=False
        ).result()
        futures = dict(zip(client.map(run_part, todo, pure=False, **job), todo, strict=True))
        for future in tqdm(
            as_completed(futures), total=len(todo), desc="detect, extract, write", unit="part"
        ):
            part, error = futures[future], future.exception()
            problems[part.path] = (
                future.result()
                if error is None
                else [f"{part.path}: not written ({error}); run it again"]
            )
    return [line for path in sorted(problems) for line in problems[path]]


@contextmanager
def connect(
    scheduler: str | None = None, workers: int | None = None, memory_limit: str | float = "auto"
) -> Iterator:
    """A Dask client: of the scheduler at an address, or of workers on this computer, which end with
    the block.

    Parameters
    ----------
    scheduler : str, optional
    workers : int, optional
        How many on this computer; by default one to a core.
    memory_limit : str or float
        Of each worker on this computer, as "1GiB"; by default the computer's memory, shared
        equally.

    Yields
    ------
    distributed.Client
        Inside the block also `distances` and `nearest` run on its workers.

    Raises
    ------
    ImportError
        If Dask's scheduler is not installed.
    OSError
        If the scheduler cannot be reached.
    """
    try:
        from distributed import Client, LocalCluster, Security

        options = {
            "security": None if scheduler else Security.temporary(),
            "memory_limit": memory_limit,
        }
    except ImportError as error:
        raise ImportError(f"{error}; run: pip install cctview[scale]") from None
    if scheduler:
        with Client(scheduler) as client:
            yield client
        return
    options |= {"n_workers": workers or os.cpu_count(), "threads_per_worker": 1}
    options |= {"dashboard_address": "127.0.0.1:0", "silence_logs": "CRITICAL"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


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
    part: Part, folder: Path, out: Path, weights: Path | None, settings: dict, run: bytes
) -> list[str]:
    """One task: detect and extract in a part's frames, and write its file; returns a line for each
    frame that was skipped.
    """
    detector, extractor = load_models(weights, settings["minimum_percent"])
    dataset = _open_once(folder, run)
    detections, crops, read, problems = [], [], [], []
    for name in part.frames:
        try:
            image = dataset.image(name)
        except ValueError as error:
            problems.append(str(error))
            continue
        found = detection_table(FrameId.parse(name), detector.detect(image))
        crops += [
            crop(image, box) for box in found.loc[found.type.isin(VEHICLE_TYPES), BOX].to_numpy()
        ]
        detections.append(found)
        read.append(name)
    table = (
        pd.concat(detections, ignore_index=True) if detections else pd.DataFrame(columns=COLUMNS)
    )
    embeddings = np.full((len(table), extractor.dimensions), np.nan, np.float32)
    embeddings[table.type.isin(VEHICLE_TYPES).to_numpy()] = extractor.extract(crops)
    basis = extractor.basis if extractor.architecture == "student" else None
    content = pq.read_table(
        pa.BufferReader(tables.write_tables(table, embeddings, basis)[tables.DETECTIONS])
    )
    note = {"settings": settings, "frames": _digest(tuple(read))}
    write_bytes(
        out / part.path,
        tables.encode(content.replace_schema_metadata({_KEY: json.dumps(note).encode()})),
    )
    return problems


def _fingerprint(weights: Path) -> str:
    return f"{weights.name}, sha256 {weight_files.sha256(weights)[:16]}"


def _digest(frames: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(frames).encode()).hexdigest()


def _write_basis(out: Path, weights: Path | None, minimum_percent: float) -> None:
    """The first task: what all parts need to be read; weights that cannot be used end the run here."""
    _, extractor = load_models(weights, minimum_percent)
    if extractor.architecture == "student":
        nothing = (
            pd.DataFrame(columns=COLUMNS),
            np.empty((0, extractor.dimensions), np.float32),
        )
        write_bytes(out / BASIS, tables.write_tables(*nothing, extractor.basis)[tables.BASIS])


def _finished(out: Path, settings: dict) -> dict[str, str]:
    """The parts that are there: path to a digest of their frames; all must be made with these
    settings.
    """
    found = {}
    for path in parts(out):
        try:
            note = json.loads(open_parquet(path).metadata.metadata[_KEY])
            made_with, frames = note["settings"], note["frames"]
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
            continue  # not one of ours, or damaged: it is made again
        if made_with != settings:
            raise ValueError(
                f"{path} was made with {made_with}, not {settings}; choose another --out folder"
            )
        found[path.relative_to(out).as_posix()] = frames
    return found


def parts(out: str | Path) -> list[Path]:
    """The files that `process` has written, by camera, then time."""
    return sorted(Path(out).glob("camera=*/hour=*/[0-9]*.parquet"))


def read_part(path: str | Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Read one file that `process` wrote.

    Returns
    -------
    detections : DataFrame
        Columns as `cctview.dataset.layout.COLUMNS`.
    embeddings : ndarray of float32, shape (n, d)
        Row by row; a row of NaN for what is never embedded.

    Raises
    ------
    ValueError
        If it is no such file.
    """
    path = Path(path)
    basis = path.parents[2] / BASIS
    detections, embeddings = tables.read_tables(
        path.read_bytes(), basis.read_bytes() if basis.is_file() else None, str(path)
    )
    return detections[COLUMNS], embeddings


def read_vehicles(out: str | Path) -> pd.DataFrame:
    """The detections whose embeddings `open_gallery` holds, row by row: all but persons and
    bicycles.

    Parameters
    ----------
    out : str or Path
        The folder that `process` filled.

    Returns
    -------
    DataFrame
        Columns as `cctview.dataset.layout.COLUMNS`.
    """
    found = [_known(path)[0] for path in _filled_parts(out)]
    return pd.concat(found, ignore_index=True)


def open_gallery(path: str | Path, rows: int | None = None):
    """A table of embeddings that may be larger than memory, as a Dask array; a worker reads a block
    when it comes to it.

    Parameters
    ----------
    path : str or Path
        A ``.npy`` file of shape (n, d), or the folder that `process` filled.
    rows : int, optional
        Of a ``.npy`` file, how many rows are a block; by default 64 MiB. A folder's blocks are its
        parts.

    Returns
    -------
    dask.array.Array, shape (n, d)

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or no embedding in it.
    """
    import dask.array as da
    from dask import delayed

    path = Path(path).resolve()
    if path.is_dir():
        counts = {part: count for part, count in _counts(path).items() if count}
        blocks = {part: delayed(_embeddings)(part) for part in counts}
        width, kind = (_embeddings(next(iter(counts))).shape[1] if counts else 0), np.float32
    else:
        table = np.load(path, mmap_mode="r")
        if table.ndim != 2:
            raise ValueError(
                f"{path}: expected a table of shape (n, d), one vector a row, but the shape is"
                f" {table.shape}"
            )
        width, kind = table.shape[1], table.dtype
        rows = rows or max(BLOCK_BYTES // max(width * kind.itemsize, 1), 1)
        counts = {start: min(rows, len(table) - start) for start in range(0, len(table), rows)}
        blocks = {start: delayed(_rows)(path, start, count) for start, count in counts.items()}
    if not counts:
        raise ValueError(f"{path}: no embedding in it")
    return da.concatenate(
        [da.from_delayed(block, (counts[key], width), kind) for key, block in blocks.items()]
    )


def _rows(path: Path, start: int, count: int) -> np.ndarray:
    return np.array(np.load(path, mmap_mode="r")[start : start + count])


def _known(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """A part's detections that have an embedding, and those."""
    detections, embeddings = read_part(path)
    known = np.isfinite(embeddings).all(axis=1)
    return detections[known], embeddings[known]


def _embeddings(path: Path) -> np.ndarray:
    return _known(path)[1]


def _counts(out: str | Path) -> dict[Path, int]:
    """How many embeddings each part holds, from its footer."""
    counts = {}
    for path in parts(out):
        footer = open_parquet(path).metadata
        column = footer.schema.names.index("embedding")
        groups = [footer.row_group(k).column(column) for k in range(footer.num_row_groups)]
        counts[path] = sum(
            group.num_values - group.statistics.null_count for group in groups if group.num_values
        )
    return counts


def _filled_parts(out: str | Path) -> list[Path]:
    found = [path for path, count in _counts(out).items() if count]
    if not found:
        raise FileNotFoundError(f"{out}: no embedding in it; fill it with `cctview scale`")
    return found


def distances(queries, gallery, distance: str = "med"):
    """All distances from queries to a gallery, as a Dask array of shape (n, m), computed block by
    block when asked for.

    Parameters
    ----------
    queries : array_like, shape (n, d)
    gallery : dask.array.Array, shape (m, d)
        As `open_gallery`.
    distance : {"med", "mcd"}

    Returns
    -------
    dask.array.Array of float32, shape (n, m)

    Raises
    ------
    ValueError
        If the distance is unknown.

    Examples
    --------
    >>> import dask.array as da
    >>> gallery = da.from_array(np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]), chunks=(2, -1))
    >>> distances([[0.0, 0.0]], gallery).min(axis=1).compute()
    array([0.], dtype=float32)
    """
    import dask.array as da

    if distance not in DISTANCES:
        raise ValueError(f"unknown distance {distance!r}; choose one of {', '.join(DISTANCES)}")
    queries = da.from_array(np.asarray(queries), chunks=-1)
    gallery = gallery.rechunk({1: -1})
    return da.blockwise(
        DISTANCES[distance], "nm", queries, "nd", gallery, "md", dtype=np.float32, concatenate=True
    )


def nearest(queries, gallery, k: int, distance: str = "med") -> tuple[np.ndarray, np.ndarray]:
    """The k nearest gallery vectors of each query: the same answer as `cctview.match.rerank.nearest`, by as
    many workers as there are.

    Each block gives its own k nearest, and these are merged, eight lists at a time; no one holds
    the gallery, nor all distances.

    Parameters
    ----------
    queries : array_like, shape (n, d)
    gallery : dask.array.Array, shape (m, d)
        As `open_gallery`.
    k : int
    distance : {"med", "mcd"}

    Returns
    -------
    indices : ndarray, shape (n, k), int64
        Rows of the gallery, nearest first; of equal ones, the lower row first.
    distances : ndarray, shape (n, k), float32

    Raises
    ------
    ValueError
        If k or the distance is impossible, or a table malformed.

    Examples
    --------
    >>> import dask.array as da
    >>> indices, found = nearest([[0.0]], da.from_array(np.array([[5.0], [1.0], [2.0]]), chunks=(2, -1)), k=2)
    >>> indices, found
    (array([[1, 2]]), array([[1., 2.]], dtype=float32))
    """
    from dask import delayed

    if not 1 <= k <= len(gallery):
        raise ValueError(
            f"expected 1 <= k <= m, but k is {k} and the gallery's shape is {gallery.shape}"
        )
    gallery = gallery.rechunk({1: -1})
    starts = np.cumsum((0, *gallery.chunks[0][:-1]))
    queries = delayed(np.asarray(queries))
    blocks = zip(gallery.to_delayed().ravel(), starts, strict=True)
    found = [
        delayed(_nearest_of_block)(queries, block, int(start), k, distance)
        for block, start in blocks
    ]
    while len(found) > 1:
        found = [
            delayed(_merge)(found[first : first + MERGED_AT_ONCE], k)
            for first in range(0, len(found), MERGED_AT_ONCE)
        ]
    return found[0].compute()


def _nearest_of_block(queries, block, start, k, distance):
    indices, values = rank.nearest(queries, block, min(k, len(block)), distance)
    return indices + start, values


def _merge(found, k):
    indices, values = (np.concatenate(part, axis=1) for part in zip(*found, strict=True))
    order = np.lexsort((indices, values), axis=1)[:, :k]
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(values, order, axis=1)
