"""Runs the course's own pipeline over the simulated frames: detect, crop, embed.

Detections are written in parts like the frames (`studio.build`), in a folder named after the weights and the code that made them.
"""

import hashlib
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from tqdm import tqdm

from studio import truth

WIDTH = 1920
"""Numbers in an embedding."""

NEVER_EMBEDDED = ("person", "bicycle")

DETECTIONS = pa.schema(
    [
        ("frame", truth.NAME),
        ("number", pa.int16()),
        ("type", truth.NAME),
        ("percent", pa.float64()),
        *[(side, pa.int16()) for side in truth.BOX],
    ]
)

EMBEDDING = pa.field("embedding", pa.list_(pa.float16(), WIDTH))


def models_fingerprint(root):
    """A name for the pipeline at `root`: the weights in `models/` and the code of the detector and the extractor."""
    root = Path(root)
    digest = hashlib.sha256()
    for path in sorted([*root.glob("models/*.*"), root / "cctview" / "detect.py", root / "cctview" / "extract.py"]):
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def process(workshop, detector, extractor, fingerprint, quiet=False):
    """Make the detection parts that are missing, for all frames that the workshop holds.

    Parameters
    ----------
    workshop : studio.build.Workshop
    detector : object
        Its ``detect(image)`` gives a DataFrame with `type`, `percent`, `x1`, `y1`, `x2`, `y2`: `cctview.detect.Detector`.
    extractor : object
        Its ``extract(crops)`` gives float32 (n, 1920): `cctview.extract.Extractor`.
    fingerprint : str
        Names the weights (`models_fingerprint`).
    quiet : bool

    Returns
    -------
    str
        The kind of the parts made, for `studio.build.assemble`.
    """
    kind = f"detections-{fingerprint}"
    settings = workshop.settings
    keys = [(camera, minute) for camera in settings.cameras for minute in range(settings.minutes)]
    for key in tqdm(keys, "detections", unit="minute", disable=quiet):
        path = workshop.part(kind, *key)
        if not path.exists():
            truth.write(_detect_part(workshop.part("frames", *key), detector, extractor), path)
    return kind


def _detect_part(path, detector, extractor):
    columns = {name: [] for name in DETECTIONS.names}
    vectors = []
    known = {}
    for row in pq.read_table(path, columns=["frame", "picture", "jpeg"]).to_pylist():
        if row["jpeg"] is None:
            continue
        if row["picture"] not in known:
            known = {row["picture"]: detect_and_embed(row["jpeg"], detector, extractor)}
        found, embeddings = known[row["picture"]]
        columns["frame"] += [row["frame"]] * len(found)
        columns["number"] += range(1, len(found) + 1)
        for name in ("type", "percent", *truth.BOX):
            columns[name] += found[name].tolist()
        vectors += list(embeddings)
    arrays = [pa.array(columns[field.name], field.type) for field in DETECTIONS]
    return pa.table([*arrays, _embedding_array(vectors)], schema=DETECTIONS.append(EMBEDDING))


def detect_and_embed(jpeg, detector, extractor):
    """Detections of a frame and their embeddings: a DataFrame and float16 (n, 1920).

    Persons and bicycles are detected and counted, never embedded: their rows are zeros.
    """
    image = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))
    found = detector.detect(image).reset_index(drop=True)
    embeddings = np.zeros((len(found), WIDTH), np.float16)
    vehicles = np.flatnonzero(~found["type"].isin(NEVER_EMBEDDED))
    if len(vehicles):
        crops = [crop(image, found.loc[k, list(truth.BOX)].astype(int)) for k in vehicles]
        embeddings[vehicles] = extractor.extract(crops)
    return found, embeddings


def crop(image, box):
    """The part of an image (H, W, 3) inside a box of whole pixels, cut at the image's edge, at least one pixel in each direction."""
    height, width = image.shape[:2]
    x1, y1 = min(max(box["x1"], 0), width - 1), min(max(box["y1"], 0), height - 1)
    return image[y1 : max(min(box["y2"], height), y1 + 1), x1 : max(min(box["x2"], width), x1 + 1)]


def _embedding_array(vectors):
    flat = np.concatenate(vectors) if vectors else np.zeros(0, np.float16)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float16()), WIDTH)


def pack(paths):
    """What a camera's zip holds besides frames.

    Parameters
    ----------
    paths : list of path
        Detection parts of the camera, in order.

    Returns
    -------
    list of (str, bytes)
        `detections.parquet` and `embeddings.parquet`, row by row the same detections.
    """
    tables = pa.concat_tables([pq.read_table(path) for path in paths]).unify_dictionaries().combine_chunks()
    return [
        ("detections.parquet", truth.encode(tables.select(DETECTIONS.names))),
        ("embeddings.parquet", truth.encode(tables.select([EMBEDDING.name]))),
    ]
