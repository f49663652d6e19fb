"""The real frames, detections and embeddings that the models are trained on.

They show real people's vehicles, so they stay outside the repository, in the folder that the
environment variable `CCTVIEW_REAL` names. What is trained on them may ship, with its origin stated.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

TRAIN_BEFORE = "13.45.00"
TEST_FROM = "13.52.00"


def folder() -> Path:
    """The folder of real data.

    Raises
    ------
    FileNotFoundError
        If `CCTVIEW_REAL` is unset or names no folder.
    """
    named = os.environ.get("CCTVIEW_REAL")
    if not named or not Path(named).is_dir():
        raise FileNotFoundError(
            "set CCTVIEW_REAL to the folder of real frames (frames-*.parquet, detections-*.parquet)"
        )
    return Path(named)


def load_frames() -> pd.DataFrame:
    """Every stored frame: cam, time (HH.MM.SS), sec (since midnight), jpeg (bytes), split.

    `split` is "train" before 13:45, "test" from 13:52, and "example" for the frames that
    `examples/` shows: those are neither trained nor tested on.
    """
    tables = [pq.read_table(path).to_pandas() for path in sorted(folder().glob("frames-*.parquet"))]
    return _with_split(pd.concat(tables, ignore_index=True))


def load_detections() -> pd.DataFrame:
    """Every stored RetinaNet detection (columns: see the README beside the data), with `split` as
    in `load_frames`.
    """
    tables = [
        pq.read_table(path).drop_columns(["pca_f16"]).to_pandas()
        for path in sorted(folder().glob("detections-*.parquet"))
    ]
    return _with_split(pd.concat(tables, ignore_index=True))


def load_teacher_coordinates() -> np.ndarray:
    """The 1920-d DenseNet-201-VeRI features of `load_detections`, as (n, 256) float32 coordinates
    on `load_basis`.
    """
    columns = [
        pq.read_table(path, columns=["pca_f16"])["pca_f16"]
        for path in sorted(folder().glob("detections-*.parquet"))
    ]
    arrays = [
        c.combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, 256)
        for c in columns
    ]
    return np.concatenate(arrays).astype(np.float32)


def load_basis() -> tuple[np.ndarray, np.ndarray]:
    """Mean (1920,) and principal components (256, 1920) of the teacher's features: ``x ≈ mean +
    coordinates @ components``.
    """
    stored = np.load(folder() / "teacher-pca256.npz")
    return stored["mean"].astype(np.float32), stored["components"].astype(np.float32)


def _with_split(table: pd.DataFrame) -> pd.DataFrame:
    examples = {
        (path.name.split("--")[0], path.name.split("--")[2])
        for path in (folder() / "examples").glob("*.jpeg")
    }
    split = np.where(
        table.time < TRAIN_BEFORE, "train", np.where(table.time >= TEST_FROM, "test", "unused")
    )
    shown = [(cam, time) in examples for cam, time in zip(table.cam, table.time)]
    return table.assign(split=np.where(shown, "example", split))
