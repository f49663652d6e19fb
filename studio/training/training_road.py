"""The simulated minutes that models train on: other mornings, other vehicles than `sample/`,
`data/` and the evaluation show.
"""

from dataclasses import dataclass
from datetime import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from cctview.dataset import BOX
from studio.assemble import read_parts
from studio.build import Settings, Workshop, render
from studio.road import truth

RECORDINGS = tuple(
    Settings(
        minutes=4, weather=weather, start=start, seed=seed, individuality=individuality, mood=0.18
    )
    for seed, start, weather, individuality in (
        (1001, time(7, 20), "clear", 0.5),
        (1002, time(9, 10), "clear", 1.0),
        (1003, time(10, 30), "overcast", 0.5),
        (1004, time(12, 0), "clear", 0.75),
        (1005, time(8, 40), "clear", 0.5),
        (1006, time(15, 40), "clear", 0.25),
    )
)
"""Seeds from 1001 are for training; recordings to measure on take one below 1000. A vehicle comes
out more differently from camera to camera (`mood`) than on the road that we measure on.
"""

CAST = 100
"""Identities below are the lessons' protagonists: painted, but no model learns to tell them."""


@dataclass(frozen=True)
class Recordings:
    """All training minutes.

    Attributes
    ----------
    frames : DataFrame
        Columns frame (recording's seed, then the frame's id), camera, jpeg.
    boxes : DataFrame
        Columns frame, camera, type, x1, y1, x2, y2 (pixels, what can be seen), hidden (share, 0 to
        1) and vehicle: an identity over all recordings, -1 for the parked ones, the cast, and what
        is beside the road.
    """

    frames: pd.DataFrame
    boxes: pd.DataFrame


def load(work: Path, recordings: tuple[Settings, ...] = RECORDINGS) -> Recordings:
    """Render the minutes that are missing in the working folder `work`, and read them all."""
    read = [_read(Workshop(work, settings)) for settings in recordings]
    frames, boxes = (pd.concat(tables, ignore_index=True) for tables in zip(*read, strict=True))
    return Recordings(frames, boxes)


def _read(workshop: Workshop) -> tuple[pd.DataFrame, pd.DataFrame]:
    render(workshop)
    settings = workshop.settings
    frames, boxes = [], []
    for camera in settings.cameras:
        table = pd.concat(
            [pq.read_table(path).to_pandas() for path in workshop.parts("frames", camera)]
        )
        table = table[table.status == "ok"].astype({"frame": str, "camera": str})
        seen = (
            read_parts(workshop.parts("sightings", camera), truth.SIGHTINGS)
            .to_pandas()
            .astype({"frame": str, "type": str})
        )
        seen = seen[seen.frame.isin(table.frame)].assign(camera=camera)
        seen["vehicle"] = np.where(
            seen.vehicle < CAST, -1, settings.seed * 1_000_000 + seen.vehicle.astype(np.int64)
        )
        beside = (
            read_parts(workshop.parts("bystanders", camera), truth.BYSTANDERS)
            .to_pandas()
            .astype({"frame": str, "type": str})
        )
        beside = beside[beside.frame.isin(table.frame)].assign(camera=camera, vehicle=-1)
        parked = (
            pq.read_table(workshop.parked(camera))
            .to_pandas()
            .astype({"camera": str})
            .assign(vehicle=-1, type="car")
        )
        frames.append(table[["frame", "camera", "jpeg"]])
        boxes += [seen, beside, table[["frame", "camera"]].merge(parked, on="camera")]
    columns = ["frame", "camera", "type", *BOX, "hidden", "vehicle"]
    both = [pd.concat(frames), pd.concat([table[columns] for table in boxes])]
    return tuple(table.assign(frame=f"{settings.seed}:" + table.frame) for table in both)
