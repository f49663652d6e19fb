"""What is kept of the films beside the table: the vehicles that were found, with their vectors, and
one moment as each kind of camera has it.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import BOX, box_side, write_bytes
from cctview.truth import Truth, true_vehicles
from studio.kinds.arms import ARMS
from studio.kinds.film import Reel

KEPT = ("small, fast", "large, fast", "large, slow, little detail", "large, slow, much detail")
"""Arms whose detections are kept: the fast films hold the slow ones."""
_EDGE = 4.0  # px that the vehicle of the moment keeps from the edges of the small frame


def keep_detections(
    found: dict[str, tuple[pd.DataFrame, np.ndarray]], truth: Truth, folder: Path
) -> None:
    """Write ``detections.parquet``: what `studio.kinds.follow.look` found in each of these arms,
    with the vehicle that each detection shows (missing: none), the film (frame, detail) and its
    vector, 128 float16.
    """
    parts = []
    for arm, (detections, vectors) in found.items():
        about = ARMS[arm].about()
        parts.append(
            detections.assign(
                size=about["frame"],
                detail=about["detail"],
                percent=detections["percent"].round(1),
                vehicle=true_vehicles(detections, truth),
                vector=[vector.tobytes() for vector in vectors.astype(np.float16)],
            )
        )
    table = pd.concat(parts, ignore_index=True)
    names = ["size", "detail", "frame", "camera", "type"]
    table = table.astype(dict.fromkeys(names, "category"))
    write_bytes(folder / "detections.parquet", table.to_parquet(compression="zstd"))


def keep_moment(films: dict[str, list[Reel]], truth: Truth, folder: Path) -> None:
    """Write one frame of each film, all of one camera and one moment: that in which a vehicle is
    largest, whole and unhidden.

    The files are named frame--size--detail.jpg, with an x in the size.
    """
    slow = {arm: pd.concat([reel.frames() for reel in reels]) for arm, reels in films.items()}
    name = _best(truth, set.intersection(*(set(of["frame"]) for of in slow.values())))
    for arm, frames in slow.items():
        about = ARMS[arm].about()
        content = frames.set_index("frame").loc[name, "jpeg"]
        size = str(about["frame"]).replace("×", "x")
        write_bytes(folder / f"{name}--{size}--{about['detail']}.jpg", content)


def _best(truth: Truth, frames: set[str]) -> str:
    seen = truth.sightings[truth.sightings["frame"].isin(frames) & (truth.sightings["hidden"] == 0)]
    ends = np.array([352, 240, 352, 240])
    inside = np.minimum(seen[BOX], ends - seen[BOX]).min(axis=1) > _EDGE
    whole = seen[inside]
    return str(whole.loc[box_side(whole).idxmax(), "frame"])
