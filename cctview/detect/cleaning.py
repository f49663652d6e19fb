"""Cleaning what a detector wrote down: boxes that are double, that stand, that are no vehicle, or
that were delivered twice.
"""

import numpy as np
import pandas as pd

from cctview.dataset.boxes import BOX, box_iou
from cctview.dataset.ids import VEHICLE_TYPES
from cctview.track.scene import sort_out


def overlapping_pairs(boxes, overlap=0.7):
    """Pairs of boxes of one frame that overlap more than `overlap` (IoU).

    Parameters
    ----------
    boxes : DataFrame
        Columns frame, type, x1, y1, x2, y2.
    overlap : float

    Returns
    -------
    Series of int
        How many pairs, by their two types in alphabetical order, such as "bus + car"; most first.
        Empty if there are none.
    """
    places, types, pairs = boxes[BOX].to_numpy(float), boxes["type"].to_numpy(str), []
    for rows in boxes.groupby("frame").indices.values():
        a, b = np.nonzero(np.triu(box_iou(places[rows], places[rows]) > overlap, k=1))
        pairs += [" + ".join(sorted(pair)) for pair in zip(types[rows[a]], types[rows[b]])]
    return pd.Series(pairs, dtype="str").value_counts()


def count_doubles(boxes, vehicles, overlaps, iou=0.5):
    """How many doubles stay, and how many vehicles are lost, when boxes that overlap too much are
    dropped.

    Parameters
    ----------
    boxes : DataFrame
        All boxes that the network makes: columns frame, percent, x1, y1, x2, y2.
    vehicles : DataFrame
        The true ones, columns frame, x1, y1, x2, y2.
    overlaps : sequence of float
        Overlaps (IoU) from which the weaker of two boxes is dropped.
    iou : float
        The least overlap of a box with the vehicle that it shows.

    Returns
    -------
    DataFrame
        By overlap: boxes (left), doubles (on a vehicle that another box shows already), lost
        (vehicles that some box showed before any was dropped, and none does now).
    """
    from cctview.detect.detector import keep_strongest

    true, none = dict(list(vehicles.groupby("frame"))), vehicles.iloc[:0]
    counts = np.zeros((len(overlaps), 3), int)
    for frame, of in boxes.groupby("frame"):
        places, percent = of[BOX].to_numpy(float), of["percent"].to_numpy()
        overlap = np.column_stack(
            [box_iou(places, true.get(frame, none)[BOX]), np.full(len(of), -1.0)]
        )
        shown = np.where(
            overlap.max(axis=1) >= iou, overlap.argmax(axis=1), -1
        )  # the vehicle of each box, -1 for none
        before = _different(shown)
        for row, limit in enumerate(overlaps):
            kept = shown[keep_strongest(places, percent, limit)]
            counts[row] += [
                len(kept),
                (kept >= 0).sum() - _different(kept),
                before - _different(kept),
            ]
    return pd.DataFrame(
        counts, index=pd.Index(overlaps, name="overlap"), columns=["boxes", "doubles", "lost"]
    )


def _different(shown):
    return len(set(shown.tolist()) - {-1})


def clean(detections):
    """Take away, step by step, what is no moving vehicle seen once.

    Parameters
    ----------
    detections : DataFrame
        Columns camera, time, type, percent, x1, y1, x2, y2.

    Returns
    -------
    Series of str
        Why each detection is taken away, "" for those that stay: "no vehicle", "double", "frame
        seen before", "parked".
    """
    reason = pd.Series("double", index=detections.index, dtype="str")
    reason[~detections["type"].isin(VEHICLE_TYPES)] = "no vehicle"
    for rows in detections.groupby("camera").indices.values():
        sorting, labels = sort_out(detections.iloc[rows]), detections.index[rows]
        reason[labels[sorting.repeats >= 0]] = "frame seen before"
        reason[labels[sorting.standing >= 0]] = "parked"
        reason[labels[sorting.moving]] = ""
    return reason


def boxes_left(reasons):
    """How many boxes are left after each step of `clean`; a Series of int by the step's name."""
    counts = reasons.value_counts()
    steps = {
        "all boxes": "",
        "without persons, cycles": "no vehicle",
        "without doubles": "double",
        "without frames seen before": "frame seen before",
        "without parked": "parked",
    }
    gone = np.cumsum([counts.get(reason, 0) if reason else 0 for reason in steps.values()])
    return pd.Series(len(reasons) - gone, list(steps))
