"""Evaluation of trajectories: IDF1, under the one-to-one pairing that agrees most.

Source: E. Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera
Tracking", ECCV workshops 2016.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from cctview.dataset import BOX, box_iou


@dataclass(frozen=True)
class TrajectoryEvaluation:
    """Trajectories compared with the true ones, under the one-to-one pairing that agrees most
    (Ristani et al. 2016).

    Attributes
    ----------
    frames : ndarray
    agreed, truths, predictions : ndarray of int, shape (number of frames,)
        In each frame: boxes on which a pair of trajectories agrees (IDTP), true boxes, predicted
        boxes.
    pairs : dict
        The true trajectory of each predicted one that has one.
    """

    frames: np.ndarray
    agreed: np.ndarray
    truths: np.ndarray
    predictions: np.ndarray
    pairs: dict

    def summary(self, rows=slice(None)):
        """IDF1, IDP and IDR over the given frames, with the pairing made on all of them.

        Parameters
        ----------
        rows : slice or array_like of int

        Returns
        -------
        Series
            IDF1, IDP (share of predicted boxes that agree), IDR (share of true boxes); NaN where
            there are no boxes.
        """
        agreed, truths, predictions = (
            x[rows].sum() for x in (self.agreed, self.truths, self.predictions)
        )
        parts = {"IDF1": (truths + predictions) / 2, "IDP": predictions, "IDR": truths}
        return pd.Series(
            {name: agreed / total if total else np.nan for name, total in parts.items()},
            dtype=float,
        )


def evaluate_trajectories(predicted, truth, iou=0.5):
    """Compare predicted trajectories with the true ones.

    Two trajectories agree in a frame when their boxes there overlap by at least `iou`. They are
    paired one to one so that they agree as often as possible; a vehicle whose trajectory breaks in
    two can keep only the better part.

    Parameters
    ----------
    predicted, truth : DataFrame
        Columns `frame`, `track`, `x1`, `y1`, `x2`, `y2`; a track has at most one box a frame. A
        predicted box without a track (NaN or None) counts as a trajectory of its own.
    iou : float

    Returns
    -------
    TrajectoryEvaluation

    Raises
    ------
    ValueError
        If a column is missing, a true box has no track, or a track has two boxes in a frame.

    Examples
    --------
    >>> rows = [[f, "a", f, 0, f + 9, 9] for f in range(4)]
    >>> truth = pd.DataFrame(rows, columns=["frame", "track", *BOX])
    >>> broken = truth.assign(track=[1, 1, 1, 2])
    >>> evaluate_trajectories(broken, truth).summary()["IDF1"]
    np.float64(0.75)
    """
    for table, name in ((predicted, "predicted"), (truth, "truth")):
        columns = ["frame", "track", *BOX]
        if missing := [column for column in columns if column not in table]:
            raise ValueError(
                f"{name}: expected the columns {', '.join(columns)}, but {', '.join(missing)} is"
                " missing"
            )
        tracked = table[table["track"].notna()]
        if tracked.duplicated(["frame", "track"]).any():
            frame, track = tracked[tracked.duplicated(["frame", "track"])].iloc[0][
                ["frame", "track"]
            ]
            raise ValueError(f"{name}: the track {track} has two boxes in the frame {frame}")
    if truth["track"].isna().any():
        raise ValueError("truth: a box has no track; leave it out, or give it one")
    frames = pd.unique(pd.concat([truth["frame"], predicted["frame"]], ignore_index=True))
    if "ignore" in truth:
        predicted = predicted[~_finds_ignored(predicted, truth, iou)]
        truth = truth[~truth["ignore"].to_numpy(bool)]
    truth_codes, truth_labels = pd.factorize(truth["track"])
    codes, labels = pd.factorize(predicted["track"])
    overlapping = _overlapping_rows(predicted, truth, iou)
    overlapping = overlapping[codes[overlapping[:, 0]] >= 0]
    agreement = np.zeros((len(labels), len(truth_labels)), int)
    np.add.at(agreement, (codes[overlapping[:, 0]], truth_codes[overlapping[:, 1]]), 1)
    paired = {
        (a, b)
        for a, b in zip(*linear_sum_assignment(agreement, maximize=True), strict=True)
        if agreement[a, b]
    }
    agreed = [(codes[a], truth_codes[b]) in paired for a, b in overlapping]
    number = {frame: k for k, frame in enumerate(frames)}

    def count(frame_column):
        return np.bincount(frame_column.map(number).to_numpy(int), minlength=len(frames))

    return TrajectoryEvaluation(
        frames,
        count(predicted["frame"].iloc[overlapping[agreed, 0]]),
        count(truth["frame"]),
        count(predicted["frame"]),
        {labels[a]: truth_labels[b] for a, b in sorted(paired)},
    )


def _finds_ignored(predicted, truth, iou):
    """Which predicted boxes find a true box to be ignored, and none that counts, (n,)."""
    boxes, truth_boxes, ignore = (
        predicted[BOX].to_numpy(float),
        truth[BOX].to_numpy(float),
        truth["ignore"].to_numpy(bool),
    )
    truth_rows, result = truth.groupby("frame").indices, np.zeros(len(predicted), bool)
    for frame, rows in predicted.groupby("frame").indices.items():
        of = truth_rows.get(frame, np.zeros(0, int))
        overlap = box_iou(boxes[rows], truth_boxes[of])
        counting = np.where(
            overlap[:, ~ignore[of]] >= iou, 1 + overlap[:, ~ignore[of]] / len(rows), 0
        )
        a, b = linear_sum_assignment(counting, maximize=True)
        free = np.ones(len(rows), bool)
        free[a[counting[a, b] > 0]] = False
        result[rows] = free & (overlap[:, ignore[of]] >= iou).any(axis=1)
    return result


def _overlapping_rows(predicted, truth, iou):
    """Pairs of row numbers (predicted, true) of boxes in one frame that overlap enough, shape (n,
    2).
    """
    boxes, truth_boxes = predicted[BOX].to_numpy(float), truth[BOX].to_numpy(float)
    truth_rows, pairs = truth.groupby("frame").indices, [np.zeros((0, 2), int)]
    for frame, rows in predicted.groupby("frame").indices.items():
        if frame in truth_rows:
            of = truth_rows[frame]
            a, b = np.nonzero(box_iou(boxes[rows], truth_boxes[of]) >= iou)
            pairs.append(np.stack([rows[a], of[b]], axis=1))
    return np.concatenate(pairs)
