"""Runs the course's own pipeline over the simulated frames: detect, crop, embed.

Detections are written in parts like the frames (`studio.build`), in a folder named after the
weights and the code that made them.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from cctview.dataset import COLUMNS, read_image, tables, write_bytes
from cctview.pipeline import detect_and_extract
from studio.closure import code_fingerprint


@dataclass(frozen=True)
class Pipeline:
    """A detector, an extractor, and a name for their weights and code.

    Attributes
    ----------
    detector : cctview.detect.detector.Detector
        Anything with its `model` and `detect`.
    extractor : cctview.extract.extractor.Extractor
        Anything with its `model`, `dimensions`, `basis` and `extract`.
    fingerprint : str
    """

    detector: object
    extractor: object
    fingerprint: str

    @classmethod
    def ours(cls, root):
        """The course's own, with the weights in `models/` under `root`."""
        from cctview.detect import Detector
        from cctview.extract import Extractor

        digest = hashlib.sha256((root / "models" / "manifest.json").read_bytes())
        digest.update(code_fingerprint("studio.process").encode())
        return cls(Detector(minimum_percent=25), Extractor(), digest.hexdigest()[:12])

    @property
    def kind(self):
        """The kind of part that this pipeline makes (`studio.build.Workshop.part`)."""
        return f"detections-{self.fingerprint}"

    def run(self, frame, image):
        """Detect and embed in one frame.

        Parameters
        ----------
        frame : str
            The frame's id.
        image : ndarray of uint8, shape (H, W, 3)

        Returns
        -------
        detections : DataFrame
            As `cctview.dataset.layout.detection_table`.
        embeddings : ndarray of float32, shape (n, d)
            A row of NaN for what is never embedded: persons and bicycles.
        """
        return detect_and_extract([(frame, image)], self.detector, self.extractor)


def process(workshop, pipeline, quiet=False):
    """Make the detection parts that are missing, for all frames that the workshop holds.

    Parameters
    ----------
    workshop : studio.build.Workshop
    pipeline : Pipeline
    quiet : bool
        Show no progress bar.
    """
    settings = workshop.settings
    keys = [(camera, minute) for camera in settings.cameras for minute in range(settings.minutes)]
    for key in tqdm(keys, "detections", unit="minute", disable=quiet):
        path = workshop.part(pipeline.kind, *key)
        if not path.exists():
            found, embeddings = _detect_part(workshop.part("frames", *key), pipeline)
            write_bytes(
                path,
                tables.write_tables(found, embeddings, pipeline.extractor.basis)[tables.DETECTIONS],
            )


def _detect_part(path, pipeline):
    rows = pq.read_table(path, columns=["frame", "jpeg"]).to_pylist()
    frames = (
        (row["frame"], read_image(row["jpeg"], row["frame"]))
        for row in rows
        if row["jpeg"] is not None
    )
    return detect_and_extract(frames, pipeline.detector, pipeline.extractor)


def pack(paths, pipeline):
    """What a camera's zip holds besides frames, as `cctview.dataset.tables` reads it.

    Parameters
    ----------
    paths : list of path
        Detection parts of the camera, in order.
    pipeline : Pipeline

    Returns
    -------
    dict of str to bytes
        File name to content.
    """
    joined = (
        pa.concat_tables([pq.read_table(path) for path in paths])
        .unify_dictionaries()
        .combine_chunks()
    )
    nothing = np.empty((0, pipeline.extractor.dimensions), np.float32)
    basis = tables.write_tables(pd.DataFrame(columns=COLUMNS), nothing, pipeline.extractor.basis)[
        tables.BASIS
    ]
    return {tables.DETECTIONS: tables.encode(joined), tables.BASIS: basis}
