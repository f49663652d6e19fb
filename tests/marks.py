"""Frames with a mark, as if they were somebody's own, and a search of notebooks for that mark.

Each vehicle's box is magenta, a colour that nothing else in the course has, and each frame is of a
day that nothing else has: it is in the name of every frame and every detection.
"""

import base64
import io
import json
import re
from datetime import datetime

import numpy as np
from PIL import Image, UnidentifiedImageError

from cctview.course import DETECTION_LIST
from cctview.dataset import BOX, SAMPLE, FrameId, open_dataset
from cctview.dataset.layout import detection_table, write_detections, write_features, write_frame
from tests.scenes import jpeg

DAY = "2032-02-03"
_ENCODED = re.compile(r"[A-Za-z0-9+/]{200,}={0,2}")


def write_marked_frames(folder):
    """The six frames of `sample/`, marked, with their detections and embeddings."""
    dataset, lines = open_dataset(SAMPLE), []
    for row in dataset.frames.itertuples():
        here = (dataset.detections.frame == row.id).to_numpy()
        found = dataset.detections[here]
        frame = FrameId(row.camera, datetime.combine(datetime.fromisoformat(DAY), row.time.time()))
        image = dataset.image(row.id).copy()
        for x1, y1, x2, y2 in found[BOX].astype(int).to_numpy():
            image[y1:y2, x1:x2] = _magenta(image[y1:y2, x1:x2])
        table = detection_table(frame, found[["type", "percent", *BOX]])
        place = write_frame(folder, frame, jpeg(image))
        write_detections(place, image, frame, table, "a-detector.pt")
        vectors = dataset.embeddings[here]
        known = np.isfinite(vectors).all(axis=1)
        write_features(place, frame, table.id[known].tolist(), vectors[known], "an-extractor.pt")
        lines += table.id.tolist()
    (folder / DETECTION_LIST).write_text("\n".join(lines) + "\n")
    return folder


def _magenta(pixels):
    light = pixels.mean(axis=2)
    return np.stack([150 + 0.4 * light, 0.25 * light, 150 + 0.4 * light], 2).astype(np.uint8)


def find_marks(notebook):
    """Where a notebook, as a file, holds the mark: words, such as "cell 3: picture"."""
    found = []
    for number, cell in enumerate(notebook.cells):
        found += [f"cell {number}: {mark}" for mark in _marks(json.dumps(cell.get("outputs", [])))]
    found += [f"widgets: {mark}" for mark in _marks(json.dumps(notebook.metadata))]
    return found


def _marks(text):
    """The marks in some JSON: the day, and pictures with magenta in them, however deep they lie."""
    text = text.replace("\\n", "").replace("\\/", "/")
    marks = [DAY] if DAY in text else []
    for encoded in _ENCODED.findall(text):
        try:
            content = base64.b64decode(encoded[: len(encoded) // 4 * 4])
            picture = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
        except (ValueError, UnidentifiedImageError):
            continue
        red, green, blue = np.moveaxis(picture, 2, 0)
        if ((np.minimum(red, blue) - green) > 75).sum() > 30:
            marks.append("picture")
    return marks
