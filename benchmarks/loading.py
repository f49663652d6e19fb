"""Loading embeddings: our Parquet against the original's JSON."""

import json
import tempfile
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.timing import D, ratio, side_by_side
from cctview.dataset import BOX, FrameId, detection_table, open_dataset, write_features
from cctview.dataset.tables import BASIS, DETECTIONS, read_tables, write_tables

COORDINATES = 256  # of an embedding of our student on its basis


def loading(frames, each=10):
    """Time to load, and size: one JSON file a frame, and a zip with Parquet, plain and as
    coordinates on a basis.
    """
    rng = np.random.default_rng(9)
    table = detections(frames, each, rng)
    components = np.linalg.qr(rng.normal(size=(D, COORDINATES)))[0].T.astype(np.float32)
    basis = rng.normal(size=D).astype(np.float32), components
    embeddings = (rng.normal(size=(len(table), COORDINATES)) @ components + basis[0]).astype(
        np.float32
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for frame, rows in table.groupby("frame").indices.items():
            write_features(
                folder, FrameId.parse(frame), table.id[rows].tolist(), embeddings[rows], "model"
            )
        files = sorted(folder.glob("*.json"))
        sizes = [sum(file.stat().st_size for file in files)]
        for name, on in {"plain": None, "compact": basis}.items():
            content = write_tables(table, embeddings, on)
            write_zip(folder / f"{name}.zip", table.frame.unique(), content)
            sizes.append(sum(map(len, content.values())))
            for file, data in content.items():
                (folder / f"{name}-{file}").write_bytes(data)
        ways = {
            "the original's JSON, a file a frame": lambda: read_json(files),
            "Parquet": lambda: read_parquet(folder, "plain"),
            f"Parquet, {COORDINATES} coordinates on a basis": lambda: read_parquet(
                folder, "compact"
            ),
            "a zip with it, by open_dataset": lambda: open_dataset(folder / "plain.zip").embeddings,
            "a zip with coordinates, by open_dataset": (
                lambda: open_dataset(folder / "compact.zip").embeddings
            ),
        }
        seconds = side_by_side(list(ways.values()))
        errors = [np.abs(way() - embeddings).max() for way in ways.values()]
    print(f"\nLoading {len(table):,} embeddings of {D} numbers, with the detections' names")
    for k, (name, size) in enumerate(zip(ways, [*sizes, *sizes[1:]], strict=True)):
        print(
            f"  {name:40s} {seconds[:, k].min():7.3f} s, {size:12,} bytes; JSON takes"
            f" {ratio(seconds, 0, k):4.0f} x as long,",
            end=" ",
        )
        print(f"is {sizes[0] / size:5.1f} x as large; largest error {errors[k]:.4f}")
    print(
        "  (coordinates are multiplied out on reading: a matrix product, which is most of their"
        " time)"
    )


def read_parquet(folder, name):
    """The vectors of our Parquet files; with coordinates there is a second file, the basis."""
    basis = folder / f"{name}-{BASIS}"
    content = (folder / f"{name}-{DETECTIONS}").read_bytes()
    return read_tables(content, basis.read_bytes() if basis.exists() else None, name)[1]


def detections(frames, each, rng):
    """A table of detections as `cctview.dataset.frames` has it."""
    begin, tables = datetime(2031, 5, 5, 8, 40), []
    for k in range(frames):
        corner = rng.integers(0, 200, (each, 2))
        found = pd.DataFrame(np.hstack([corner, (*corner, 20, 12)]), columns=BOX)
        found = found.assign(type="car", percent=rng.uniform(25, 99, each).round(6))
        tables.append(
            detection_table(FrameId("735-683-N", begin + timedelta(seconds=int(1.7 * k))), found)
        )
    return pd.concat(tables, ignore_index=True)


def write_zip(path, frames, content):
    """A zip as in `data/`, with nothing in its pictures."""
    with zipfile.ZipFile(path, "w") as archive:
        for frame in frames:
            archive.writestr(f"{frame}--original.jpeg", b"")
        for name, data in content.items():
            archive.writestr(name, data)


def read_json(files):
    """The vectors of features files, as the original reads them: lists of numbers, here made one
    array.
    """
    features = []
    for path in files:
        features += [
            entry["data"]
            for name, entry in json.loads(path.read_text()).items()
            if "--detections--" in name
        ]
    return np.array(features, np.float32)
