"""Crops of the simulation's training minutes with what they show, for the models that attack and
defend.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from tqdm import tqdm

from cctview.attacks import LabelledCrops, window
from cctview.attacks.crops import BODIES, COLOUR_FAMILIES
from cctview.dataset import BOX, box_side, read_image
from studio.build import Settings, Workshop
from studio.training import training_road

PER_PASS = 4
SMALLEST = 8
"""Least side of a box, in pixels."""


def load(
    work: Path,
    seeds: tuple[int, ...] | None = None,
    minimum: int = 14,
    jitter: float = 0.04,
    recordings: tuple[Settings, ...] = training_road.RECORDINGS,
) -> LabelledCrops:
    """Cut the moving vehicles out of the simulation's training minutes; frames that are missing in
    `work` are rendered first.

    Parameters
    ----------
    work : Path
    seeds : tuple of int, optional
        Only these of the recordings.
    minimum : int
        Least root of a box's area, in pixels.
    jitter : float
        Deviation by which a box's sides are moved, as a share of its size: a detector's boxes are
        not the truth's.
    recordings : tuple of studio.build.Settings
        What is recorded.

    Returns
    -------
    LabelledCrops
        With pictures and without vectors. Its table has vehicle (an identity over all recordings),
        recording (its seed), camera, passing, kind, design, colour, family and body.
    """
    road = training_road.load(work, recordings)
    boxes = road.boxes.assign(recording=road.boxes.frame.str.split(":").str[0].astype(int))
    size = box_side(boxes)
    boxes = boxes.assign(size=size)[
        (boxes.vehicle >= 0) & (boxes.hidden <= 0.3) & (size >= minimum)
    ]
    if seeds is not None:
        boxes = boxes[boxes.recording.isin(seeds)]
    boxes = (
        boxes.sort_values("size", ascending=False, kind="stable")
        .groupby(["vehicle", "camera"], sort=False)
        .head(PER_PASS)
    )
    boxes = boxes.merge(_vehicles(work, recordings), on="vehicle").sort_values(
        ["frame", "vehicle"], ignore_index=True
    )
    jpegs, rng = (
        dict(zip(road.frames.frame, road.frames.jpeg)),
        np.random.default_rng(0),
    )
    windows, inside = [], []
    for frame, group in tqdm(
        boxes.groupby("frame", sort=False),
        desc="crops of the simulation",
        unit="frame",
        mininterval=5,
    ):
        image = read_image(jpegs[frame], frame)
        for box in group[BOX].to_numpy(float):
            cut, place = window(image, _jittered(box, rng, jitter, image.shape))
            windows.append(cut)
            inside.append(place)
    table = boxes[["vehicle", "recording", "camera", "kind", "design", "colour"]].assign(
        passing=boxes.groupby(["vehicle", "camera"]).ngroup(),
        family=boxes.colour.map(COLOUR_FAMILIES),
        body=boxes.kind.map(BODIES),
    )
    return LabelledCrops(
        table, np.zeros((len(table), 0), np.float32), tuple(windows), np.array(inside)
    )


def _jittered(box, rng, jitter, shape):
    """The box with its sides moved, at least 8 pixels wide and high, inside the frame."""
    moved = np.rint(box + rng.normal(0, jitter, 4) * np.tile(box[2:] - box[:2], 2)).astype(int)
    limit = np.array([shape[1], shape[0]])
    first = np.clip(moved[:2], 0, limit - SMALLEST)
    return np.concatenate([first, np.clip(moved[2:], first + SMALLEST, limit)])


def _vehicles(work, recordings):
    tables = []
    for settings in recordings:
        table = pq.read_table(
            Workshop(work, settings).trips()[0], columns=["vehicle", "kind", "design", "colour"]
        ).to_pandas()
        tables.append(
            table.assign(vehicle=settings.seed * 1_000_000 + table.vehicle.astype(np.int64))
        )
    return pd.concat(tables, ignore_index=True).astype({"kind": str, "colour": str})
