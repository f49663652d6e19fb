"""Small frames that tests make themselves: a road, some boxes on it, and names in the grammar."""

import io
from datetime import datetime

import numpy as np
import pandas as pd
from PIL import Image

from cctview.dataset.ids import VEHICLE_TYPES, FrameId
from cctview.dataset.layout import detection_table, write_detections, write_features, write_frame

CAMERAS = ("1-N", "2-S")


def picture(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth random picture, so that JPEG hardly changes it."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def jpeg(image: np.ndarray, quality: int = 95) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def found(*rows: tuple) -> pd.DataFrame:
    """What a detector returns: rows of type, percent, x1, y1, x2, y2."""
    return pd.DataFrame(rows, columns=["type", "percent", "x1", "y1", "x2", "y2"])


TWO_CARS_AND_A_PERSON = found(
    ("car", 81.23456, 4, 5, 20, 17), ("person", 33.3, 30, 2, 34, 14), ("bus", 99.97, 22, 20, 60, 44)
)


def write_scene(
    root, detections: pd.DataFrame = TWO_CARS_AND_A_PERSON, cameras=CAMERAS, dimensions: int = 6
):
    """Frames of two cameras with detections and embeddings in the original's layout; returns tables
    and embeddings.
    """
    tables, vectors = [], []
    for k, camera in enumerate(cameras):
        frame = FrameId(camera, datetime(2031, 5, 5, 13, 0, k))
        image = picture(k)
        folder = write_frame(root, frame, jpeg(image))
        table = detection_table(frame, detections)
        write_detections(folder, image, frame, table, "a-detector.pt")
        embedded = table.type.isin(VEHICLE_TYPES)
        matrix = np.random.default_rng(k).normal(size=(len(table), dimensions)).astype(np.float32)
        matrix[~embedded] = np.nan
        write_features(
            folder, frame, table.id[embedded].tolist(), matrix[embedded], "an-extractor.pt"
        )
        tables.append(table)
        vectors.append(matrix)
    return pd.concat(tables, ignore_index=True), np.concatenate(vectors)
