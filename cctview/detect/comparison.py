"""Detectors compared on the same frames: ours, and the published ones that have been fetched."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cctview.dataset import MODELS
from cctview.detect.detector import Detector
from cctview.detect.metrics import evaluate_detections
from cctview.stats import bootstrap

_PUBLISHED = {
    "ImageAI's TinyYOLOv3": "tiny-yolov3.pt",
    "ImageAI's YOLOv3": "yolov3.pt",
    "ImageAI's RetinaNet": "retinanet_resnet50_fpn_coco-eeacb38b.pth",
}
"""Detectors that others trained on photographs of everything (COCO), and their weight files."""

COMPARISON = ["AP", "low", "high", "precision", "recall", "seconds", "note"]


@dataclass(frozen=True)
class Missing:
    """Stands for a detector that is not here; `note` says why, and how to get it."""

    note: str


def published_detectors(folder: Path | None = None) -> dict[str, Detector | Missing]:
    """The detectors that others publish: each ready to be used, or `Missing`.

    Their weights are sought in `folder`, by default where ``cctview fetch`` puts them.
    """
    folder = folder or MODELS / "originals"
    result: dict[str, Detector | Missing] = {}
    for name, file in _PUBLISHED.items():
        if not (folder / file).is_file():
            result[name] = Missing(f"not fetched: cctview fetch weights {file}")
            continue
        try:
            result[name] = Detector(folder / file)
        except (ValueError, OSError) as error:
            result[name] = Missing(str(error))
    return result


def compare_detectors(
    detectors: Mapping[str, Any],
    images: Mapping[str, np.ndarray],
    truth: pd.DataFrame,
    rounds: int = 200,
) -> pd.DataFrame:
    """Run detectors on the same frames, and compare what they find with the truth.

    Parameters
    ----------
    detectors : dict of str to object
        Each with a method `detect` as `Detector` has it; or a `Missing`; or a table of what it has
        found already, with a column frame, and then nothing is known of its seconds.
    images : dict of str to ndarray of uint8, shape (H, W, 3)
        Frames by their names.
    truth : DataFrame
        As `cctview.detect.true_boxes` gives it, for these frames.
    rounds : int
        Of the bootstrap over frames.

    Returns
    -------
    DataFrame
        By detector: AP with its 95 % interval, precision, recall (of all boxes that it reports),
        seconds a frame (without the first, which is slower), note. A detector that is missing has
        NaN, and the note says why.
    """
    rows = {}
    for name, detector in detectors.items():
        if isinstance(detector, Missing):
            rows[name] = dict.fromkeys(COMPARISON, np.nan) | {"note": detector.note}
            continue
        seconds = []
        if isinstance(detector, pd.DataFrame):
            found = detector[detector["frame"].isin(list(images))].reset_index(drop=True)
        else:
            parts = []
            for frame, image in images.items():
                begin = time.perf_counter()
                parts.append(detector.detect(image).assign(frame=frame))
                seconds.append(time.perf_counter() - begin)
            found = pd.concat(parts, ignore_index=True)
        result = evaluate_detections(found, truth)
        area = bootstrap(result.average_precision, np.arange(len(result.frames)), rounds).iloc[0]
        rows[name] = {
            **result.summary(percent=0)[["AP", "precision", "recall"]],
            **area[["low", "high"]],
            "seconds": float(np.median(seconds[1:] or seconds or [np.nan])),
            "note": "",
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=COMPARISON)
