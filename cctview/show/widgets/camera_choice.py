"""Which frames and boxes the clickable camera shows, and whether what it is given will do."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from cctview.dataset import BOX, driving_order


def choose_cameras(frames, cameras):
    """The frames of these cameras."""
    known = driving_order(frames.camera.unique())
    cameras = known if cameras is None else [cameras] if isinstance(cameras, str) else list(cameras)
    for camera in cameras:
        if camera not in known:
            raise ValueError(f"{camera!r} is no camera of this dataset; it has {', '.join(known)}")
    if not cameras:
        raise ValueError(f"no camera to show; choose from {', '.join(known)}")
    return frames[frames.camera.isin(cameras)]


def choose_minutes(frames, minutes):
    """The frames of these minutes, counted from the first frame's minute."""
    if minutes is None:
        return frames
    try:
        first, last = (0, int(minutes)) if np.isscalar(minutes) else map(int, minutes)
    except (TypeError, ValueError):
        raise ValueError(
            f"minutes is {minutes!r}; give how many, as 2, or from which to which, as (3, 5)"
        ) from None
    number = (frames.time - frames.time.min().floor("min")) // pd.Timedelta(minutes=1)
    chosen = frames[(number >= first) & (number < last)]
    if chosen.empty:
        raise ValueError(
            f"there is no frame in minutes {first} to {last}; the dataset has minutes 0 to"
            f" {number.max() + 1}"
        )
    return chosen


def check_detections(detections):
    needed = {"id", "frame", "camera", "type", "percent", *BOX}
    if missing := needed - set(detections.columns):
        raise TypeError(
            f"detections lack {', '.join(sorted(missing))}; give a table as Dataset.detections is"
        )
    return detections


def check_travel(travel, cameras):
    """Seconds between each camera and the next, as [shortest, longest], or None."""
    if travel is None:
        return [None] * (len(cameras) - 1)
    if not isinstance(travel, Mapping):
        raise TypeError(
            f"travel is a {type(travel).__name__}; give {{(camera, next camera): seconds}}"
        )
    given = {
        pair: [float(t)] * 2 if np.isscalar(t) else [float(x) for x in t]
        for pair, t in travel.items()
    }
    if wrong := set(given) - set(pairwise(cameras)):
        raise ValueError(
            f"travel from {wrong.pop()}: no pair of neighbours on the strip, which is"
            f" {', '.join(cameras)}"
        )
    return [given.get(pair) for pair in pairwise(cameras)]
