"""Kinds of cameras: what a larger picture and a faster one would change. An experiment on the
simulated road, and no forecast.

Two by two: frames of 352×240 or three times as large, one every 1.7 s or three a second. The
cameras, minutes and vehicles are the same in every arm. What the renderer shows of a vehicle at
close range is our invention, so the large arms are repeated with less and with more of it
(`studio.road.bodywork.DETAILS`); the two give a band, and the band is an assumption.

What is known of real large pictures stands in `PUBLISHED`.
"""

import time
from dataclasses import replace

import numpy as np
import pandas as pd

from cctview.dataset import box_side
from studio.build import Settings, paint, renderer_for
from studio.road.shots import due, watch

CAMERAS = ("733-681-N", "735-683-N", "731-679-N")
MINUTES = 12
FAST = 1 / 3  # seconds between two frames
PLATE = 0.305  # metres: the width of a plate of the United States (12 inches)

_SMALL = Settings(MINUTES, CAMERAS, individuality=Settings.individuality)
ARMS = {
    "small, slow": _SMALL,
    "small, fast": replace(_SMALL, cadence=FAST),
    "large, slow": replace(_SMALL, scale=3),
    "large, fast": replace(_SMALL, scale=3, cadence=FAST),
    "large, slow, little detail": replace(_SMALL, scale=3, detail="low"),
    "large, slow, much detail": replace(_SMALL, scale=3, detail="high"),
    "large, fast, little detail": replace(_SMALL, scale=3, cadence=FAST, detail="low"),
    "large, fast, much detail": replace(_SMALL, scale=3, cadence=FAST, detail="high"),
}

PUBLISHED = (
    (
        "plate reader: share of alerts that are wrong (misreads and outdated lists)",
        "0.05 (the maker Flock) to 0.35 (a study in Vallejo), most sources 0.10 to 0.20",
        "City of San Leandro, https://weblink.sanleandro.org/PublicWeblink8/0/doc/439038/Page54.aspx",
    ),
    (
        "plate reader: share of passing plates that are captured",
        "unknown: makers state how many captured plates are read correctly, not how many are"
        " captured",
        "Genetec, https://resources.genetec.com/technology/is-your-lpr-reading-at-99",
    ),
    (
        "CityFlow, real pictures of 960 lines and more: first match is the vehicle",
        "0.77 (mean average precision 0.64), AI City Challenge 2021, one team's",
        "https://ar5iv.labs.arxiv.org/html/2104.14882",
    ),
    (
        "VeRi-776, real pictures of 208 by 208: first match is the vehicle",
        "0.96 (mean average precision 0.85), a network as small as ours (2.2 million parameters)",
        "OpenVINO, https://docs.openvino.ai/2024/omz_models_model_vehicle_reid_0001.html",
    ),
)
"""What, how much, and where that can be read."""


def cost(arms=tuple(ARMS), frames=12):
    """What the arms cost, from a few frames of each: about a hundredth of a slow arm.

    Parameters
    ----------
    arms : sequence of str
        Keys of `ARMS`.
    frames : int
        How many frames of each arm are rendered.

    Returns
    -------
    DataFrame
        Columns arm, frames (of the whole arm), seconds (CPU, per frame), hours (CPU, of the whole
        arm), kilobytes (per frame), side (median root of the area of the boxes, pixels), plate
        (median width of a plate at the boxes' scale, pixels).
    """
    rows = []
    for arm in arms:
        settings = ARMS[arm]
        begin = settings.traffic().now
        total = sum(
            sum(1 for _ in due(camera, begin, begin + 60 * MINUTES, settings.cadence))
            for camera in settings.cameras
        )
        rows.append({"arm": arm, "frames": total} | _measure(settings, frames))
        rows[-1]["hours"] = rows[-1]["seconds"] * total / 3600
    return pd.DataFrame(rows)


def _measure(settings, frames):
    """Render the first frames of one camera; CPU seconds, size and what is to be seen."""
    camera = settings.cameras[0]
    renderer = renderer_for(None, camera, settings)
    shots = watch(settings.traffic(), 2, (camera,), settings.seed, settings.cadence)
    spent, size, boxes, wide = 0.0, [], [], []
    for shot in shots:
        if shot.status != "ok":
            continue
        if len(size) == frames:
            break
        begin = time.process_time()
        frame = paint(renderer, shot.picture, settings.seed)
        spent += time.process_time() - begin
        size.append(len(frame.jpeg))
        seen = pd.DataFrame(frame.boxes)
        seen = seen[(seen.vehicle > 0) & (seen.hidden < 0.2)]
        boxes += box_side(seen).tolist()
        width = {p.vehicle.id: p.vehicle.width for p in shot.picture.passings}
        wide += [(b.x2 - b.x1) / width[b.vehicle] * PLATE for b in seen.itertuples()]
    return {
        "seconds": spent / len(size),
        "kilobytes": np.mean(size) / 1024,
        "side": np.median(boxes),
        "plate": np.median(wide),
    }
