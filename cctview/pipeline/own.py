"""Frames of one's own, as they are: what is missing is detected and embedded in memory.

Nothing is written: a page or a notebook that shows other people's vehicles leaves nothing behind.
`cctview app` hands what it found to its page through a temporary folder (`keep`, `take`).
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from cctview.dataset import BOX, COLUMNS, VEHICLE_TYPES, Dataset, crop, read_image, tables
from cctview.detect import Detector
from cctview.extract import Extractor
from cctview.pipeline.parts import detect_and_extract

_MANY = 100
"""From so many frames on, the command that does it once for all is worth a line."""


def complete(dataset: Dataset) -> None:
    """Detect and embed in those frames of a dataset that have no detections or embeddings yet.

    A frame that cannot be used is one line in the dataset's `problems`. Frames whose embeddings
    another model made are left as they are; then nothing is embedded, and a problem says so.
    """
    fresh = [name for name in dataset.frames.id if not dataset.has(name, "detections")]
    bare = [name for name in dataset.frames.id if not dataset.has(name, "features")]
    bare = sorted(set(bare) - set(fresh))
    if not fresh and not bare:
        return
    extractor = Extractor()
    if dataset.model not in ("", extractor.model):
        dataset.problems.append(
            f"{len(fresh) + len(bare)} frames have no vectors, and those of the others come from"
            f" {dataset.model}; make them with `cctview extract FOLDER --weights` and that model"
        )
        return
    if len(fresh) + len(bare) >= _MANY:
        print(
            f"{len(fresh) + len(bare):,} frames have no vectors yet. They are made now and kept in"
            " memory only; `cctview example FOLDER --out OUT` makes them once: then give OUT."
        )
    _detect(dataset, fresh, extractor)
    _embed(dataset, bare, extractor)


def require_vehicles(dataset: Dataset) -> None:
    """A ValueError that says what to do if no vehicle in these frames can be searched for."""
    vehicles = dataset.detections["type"].isin(VEHICLE_TYPES).to_numpy()
    embeddings = dataset.embeddings
    if not (embeddings.shape[1] and np.isfinite(embeddings[vehicles]).all(axis=1).any()):
        first = dataset.where(dataset.frames.id.iloc[0])
        why = f"; {dataset.problems[0]}" if dataset.problems else ""
        raise ValueError(
            f"no vehicle was found in these {len(dataset.frames):,} frames, of which the first is"
            f" {first}{why}. The detector is made for distant road cameras; for other pictures,"
            " `cctview example FRAMES --out OUT --weights FILE` takes another, and then OUT is what"
            " to give"
        )


def keep(dataset: Dataset, folder: Path) -> None:
    """Write what was added to a dataset, as Parquet files in a folder."""
    if dataset.added is not None:
        detections, embeddings = dataset.added
        for name, content in tables.write_tables(detections, embeddings).items():
            (folder / name).write_bytes(content)


def take(dataset: Dataset, folder: Path) -> None:
    """Add to a dataset what `keep` wrote, if there was anything."""
    path = folder / tables.DETECTIONS
    if path.exists():
        detections, embeddings = tables.read_tables(path.read_bytes(), None, str(path))
        dataset.add(detections[COLUMNS], embeddings.unfold())


def _detect(dataset: Dataset, names: list[str], extractor: Extractor) -> None:
    if not names:
        return

    def readable():
        for name in tqdm(names, desc="find vehicles", unit="frame"):
            try:
                yield name, read_image(dataset.jpeg(name), dataset.where(name))
            except ValueError as error:
                dataset.problems.append(str(error))

    table, vectors = detect_and_extract(readable(), Detector(), extractor, dataset.problems)
    if len(table):
        dataset.add(table[COLUMNS], vectors)


def _embed(dataset: Dataset, names: list[str], extractor: Extractor) -> None:
    vehicles = dataset.detections[dataset.detections.type.isin(VEHICLE_TYPES)]
    of_frame = dict(iter(vehicles[vehicles.frame.isin(names)].groupby("frame")))
    for name, rows in tqdm(
        of_frame.items(), desc="embed vehicles", unit="frame", disable=not of_frame
    ):
        try:
            image = dataset.image(name)
            crops = [crop(image, tuple(box)) for box in rows[BOX].to_numpy()]
            dataset.add(rows[COLUMNS], extractor.extract(crops))
        except ValueError as error:
            dataset.problems.append(f"{dataset.where(name)}: {error}")
