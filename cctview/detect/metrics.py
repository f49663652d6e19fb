"""Detections against the truth: which are right, precision, recall and average precision."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.dataset import BOX, box_iou


@dataclass(frozen=True)
class DetectionEvaluation:
    """Detections compared with the truth, frame by frame.

    Attributes
    ----------
    frames : ndarray
        By their first appearance in the truth and then in the detections.
    truths : ndarray of int, shape (number of frames,)
        How many objects each frame shows.
    detections : DataFrame
        Columns `frame` (position in `frames`), `percent`, `correct`; highest percent first, without
        the ignored.
    """

    frames: np.ndarray
    truths: np.ndarray
    detections: pd.DataFrame

    def curve(self, rows=slice(None)) -> pd.DataFrame:
        """Precision and recall by the least percent of a detection that counts.

        Of the frames in `rows` (slice or array of int), as often as they are named. Columns
        `percent`, `precision`, `recall`, one row a distinct percent; empty without an object or a
        detection.
        """
        times = np.bincount(np.arange(len(self.frames))[rows], minlength=len(self.frames))
        weights = times[self.detections["frame"]]
        total = (times * self.truths).sum()
        percent = self.detections["percent"].to_numpy()
        found = np.cumsum(weights * self.detections["correct"].to_numpy())
        reported = np.cumsum(weights)
        last = np.flatnonzero(np.diff(percent, append=np.nan))  # of the rows with one percent
        last = last[reported[last] > 0] if total else last[:0]
        table = {"percent": percent[last], "precision": found[last] / reported[last]}
        return pd.DataFrame(table | {"recall": found[last] / total if total else []})

    def average_precision(self, rows=slice(None)) -> float:
        """Area under the precision-recall curve; NaN if the frames show no object.

        At each recall it takes the best precision from there on, as PASCAL VOC does since 2010.
        """
        if not (np.asarray(self.truths)[rows]).sum():
            return np.nan
        curve = self.curve(rows)
        best = np.maximum.accumulate(curve["precision"].to_numpy()[::-1])[::-1]
        return float((np.diff(curve["recall"], prepend=0.0) * best).sum())

    def summary(self, rows=slice(None), percent: float = 50) -> pd.Series:
        """AP; precision and recall of the detections of at least `percent`; number of objects.

        Precision is NaN without a detection, recall without an object.
        """
        curve = self.curve(rows)
        at = curve.loc[curve["percent"] >= percent, ["precision", "recall"]].to_numpy()
        precision, recall = at[-1] if len(at) else (np.nan, 0.0)
        objects = np.asarray(self.truths)[rows].sum()
        recall = recall if objects else np.nan
        area = self.average_precision(rows)
        figures = {"AP": area, "precision": precision, "recall": recall, "objects": objects}
        return pd.Series(figures, dtype=float)


def evaluate_detections(
    detections: pd.DataFrame, truth: pd.DataFrame, iou: float = 0.5
) -> DetectionEvaluation:
    """Compare detections with the truth.

    In each frame, the most certain detection first, each takes the object that it overlaps most
    among those not yet taken, if IoU is at least `iou`. A detection that finds none but overlaps an
    object to be ignored is left out. Classes are not compared; for figures by class, pass the rows
    of one class.

    Parameters
    ----------
    detections : DataFrame
        Columns `frame`, `percent`, `x1`, `y1`, `x2`, `y2`.
    truth : DataFrame
        Columns `frame`, `x1`, `y1`, `x2`, `y2`, and optionally `ignore` (bool): too small or too
        unsure to be asked for.
    iou : float

    Returns
    -------
    DetectionEvaluation

    Examples
    --------
    >>> truth = pd.DataFrame([["f", 0, 0, 10, 10], ["f", 20, 0, 30, 10]], columns=["frame", *BOX])
    >>> boxes = [["f", 90, 0, 0, 10, 9], ["f", 60, 50, 50, 60, 60]]
    >>> found = pd.DataFrame(boxes, columns=["frame", "percent", *BOX])
    >>> evaluate_detections(found, truth).summary().to_dict()
    {'AP': 0.5, 'precision': 0.5, 'recall': 0.5, 'objects': 2.0}
    """
    _need(detections, ["frame", "percent", *BOX], "detections")
    _need(truth, ["frame", *BOX], "truth")
    ignore = truth["ignore"].to_numpy(bool) if "ignore" in truth else np.zeros(len(truth), bool)
    frames = pd.unique(pd.concat([truth["frame"], detections["frame"]], ignore_index=True))
    number = {frame: k for k, frame in enumerate(frames)}
    truths = np.bincount(truth["frame"][~ignore].map(number).to_numpy(int), minlength=len(frames))
    truth_boxes, truth_rows = truth[BOX].to_numpy(float), truth.groupby("frame").indices
    ordered = detections.sort_values("percent", ascending=False, kind="stable")
    boxes, correct = ordered[BOX].to_numpy(float), np.zeros(len(ordered), float)
    for frame, rows in ordered.groupby("frame").indices.items():
        objects = truth_rows.get(frame, np.zeros(0, int))
        overlaps = box_iou(boxes[rows], truth_boxes[objects])
        correct[rows], _ = match_frame(overlaps, ignore[objects], iou)
    table = pd.DataFrame(
        {"frame": ordered["frame"].map(number), "percent": ordered["percent"], "correct": correct}
    )
    table = table.dropna(subset="correct").reset_index(drop=True)
    return DetectionEvaluation(frames, truths, table.assign(correct=table["correct"] == 1))


def match_frame(
    overlaps: np.ndarray, ignore: np.ndarray, iou: float
) -> tuple[np.ndarray, np.ndarray]:
    """Match a frame's detections to its objects, as `evaluate_detections` does.

    Parameters
    ----------
    overlaps : ndarray, shape (n, m)
        IoU of each detection, the most certain first, with each object.
    ignore : ndarray of bool, shape (m,)
    iou : float

    Returns
    -------
    correct : ndarray, shape (n,)
        1 for a detection that finds an object, 0 for one that does not, NaN for one left out.
    missed : ndarray of bool, shape (m,)
        Objects not to be ignored that no detection found.
    """
    missed = ~ignore
    correct = np.zeros(len(overlaps))
    for k, overlap in enumerate(overlaps):
        candidates = np.where(missed, overlap, -1.0)
        best = candidates.argmax() if len(candidates) else -1
        if best >= 0 and candidates[best] >= iou:
            missed[best] = False
            correct[k] = 1
        elif (overlap[ignore] >= iou).any():
            correct[k] = np.nan
    return correct, missed


def _need(table, columns, name):
    missing = [column for column in columns if column not in table]
    if missing:
        raise ValueError(
            f"{name}: expected the columns {', '.join(columns)}, but {', '.join(missing)} is"
            " missing"
        )
