"""Figures of lesson 04: boxes right, false and missed, and which vehicles enter the database."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from cctview.dataset import BOX, box_iou
from cctview.detect import EARLY, BoostedDetector, DetectionEvaluation, match_frame
from cctview.show import (
    BLUE,
    DIFFERENT,
    GREY,
    INK,
    ORANGE,
    PAPER,
    SAME,
    SIMULATION,
    SKY,
    Card,
    at_edge,
    called,
    dot,
    interval,
    key_above,
    lines_across,
    name_rows,
    percent,
    share_axis,
    spread,
    style,
)

_INTERVALS = f"{SIMULATION}; lines: 95 % intervals"
_LINES = {
    "right": {"edgecolor": SAME, "linestyle": "-"},
    "false": {"edgecolor": DIFFERENT, "linestyle": (0, (4, 2))},
    "missed": {"edgecolor": ORANGE, "linestyle": (0, (1, 1.2))},
    "not counted": {"edgecolor": "white", "linestyle": (0, (1, 3))},
}
_FRAME = 6.88  # in, a frame's width on a card


def judge_boxes(
    boxes: pd.DataFrame, truth: pd.DataFrame, iou: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Say of each box of a frame what it is, and which vehicles are missed.

    `boxes` has columns percent, x1, y1, x2, y2, and `truth` has x1, y1, x2, y2, ignore. Returns
    "right", "false" or "not counted" for each box, by the rules of
    `cctview.detect.metrics.evaluate_detections`, and for each row of `truth` whether it is missed.
    """
    order = np.argsort(-boxes["percent"].to_numpy(), kind="stable")
    overlaps = box_iou(boxes[BOX].iloc[order], truth[BOX])
    correct, missed = match_frame(overlaps, truth["ignore"].to_numpy(bool), iou)
    verdicts = np.full(len(boxes), "not counted", object)
    verdicts[order[correct == 1]] = "right"
    verdicts[order[correct == 0]] = "false"
    return verdicts, missed


@style()
def judged_boxes(image: np.ndarray, boxes: pd.DataFrame, truth: pd.DataFrame) -> Card:
    """A frame with its right and false boxes and its missed vehicles, as `judge_boxes` says."""
    verdicts, missed = judge_boxes(boxes, truth)
    right, false = (verdicts == "right").sum(), (verdicts == "false").sum()
    title = (
        f"{right} right, {false} false, {missed.sum()} missed: precision"
        f" {_share(right, right + false)}, recall {_share(right, right + missed.sum())}"
    )
    height = _FRAME * image.shape[0] / image.shape[1]
    figure = Card(title, height, photographs=True, left=0.16, right=0.16, bottom=0.05, top=0.3)
    _draw(figure, figure.subplots(), image, boxes, verdicts, truth[missed])
    return figure


def _share(part, whole):
    return f"{part}/{whole}" if whole else "–"


def _draw(figure, axes, image, boxes, verdicts, missed, words=True):
    """A frame with its boxes and missed vehicles, and above it the names of their lines."""
    axes.imshow(image)
    axes.set_axis_off()
    for row, verdict in zip(boxes.itertuples(), verdicts):
        _box(axes, row, verdict)
        if words and verdict != "not counted":
            sign = "✓" if verdict == "right" else "✗"
            _tag(axes, row, f"{sign} {row.percent:.0f} %", verdict)
    for row in missed.itertuples():
        _box(axes, row, "missed")
        if words:
            _tag(axes, row, "missed", "missed")
    names = [name for name in _LINES if name in {*verdicts, *(["missed"] if len(missed) else [])}]
    colours = [GREY if name == "not counted" else _LINES[name]["edgecolor"] for name in names]
    handles = [
        Line2D([], [], color=colour, linestyle=_LINES[name]["linestyle"], linewidth=2.4)
        for name, colour in zip(names, colours)
    ]
    look = {"ncols": 4, "handlelength": 2.4, "columnspacing": 1.4, "borderaxespad": 0.1}
    key_above(figure, 0.3, handles, names, left=0.012, **look)


def _box(axes, row, verdict):
    place = (row.x1, row.y1), row.x2 - row.x1, row.y2 - row.y1
    thick = 1.2 if verdict == "not counted" else 2.4
    axes.add_patch(Rectangle(*place, fill=False, edgecolor=INK, linewidth=thick + 1.2, alpha=0.8))
    axes.add_patch(Rectangle(*place, fill=False, linewidth=thick, label=verdict, **_LINES[verdict]))


def _tag(axes, row, text, verdict):
    ground = {"facecolor": PAPER, "edgecolor": _LINES[verdict]["edgecolor"], "pad": 1.2}
    look = {"fontsize": 10, "color": INK, "annotation_clip": True, "bbox": ground}
    place = {"xytext": (0, 3), "textcoords": "offset points"}
    axes.annotate(text, (row.x1, row.y1), **place, **look)


@style()
def thresholds(
    image: np.ndarray,
    boxes: pd.DataFrame,
    truth: pd.DataFrame,
    evaluation: DetectionEvaluation,
    score: float,
    iou: float,
) -> Card:
    """A frame at a score and an overlap threshold, and its place on the curve of all frames.

    `evaluation` is of all frames at the overlap `iou`; `score` is per cent.
    """
    boxes = boxes[boxes["percent"] >= score]
    verdicts, missed = judge_boxes(boxes, truth, iou)
    at, curve = evaluation.summary(percent=score), evaluation.curve()
    some_left = not np.isnan(at["precision"])
    right = f"{percent(at['precision'])} of the boxes are right" if some_left else "no box is left"
    title = (
        f"With a confidence from {score:.0f} % and an overlap of {iou:.2f},"
        f" {percent(at['recall'])} of the vehicles are found, and {right}"
    )
    figure = Card(title, 3.5, photographs=True, left=0.16, right=0.3, top=0.32, wspace=0.36)
    frame, axes = figure.subplots(1, 2, width_ratios=(1.55, 1))
    _draw(figure, frame, image, boxes, verdicts, truth[missed], words=False)
    frame.set_anchor("NW")
    axes.plot(curve["recall"], curve["precision"], color=BLUE)
    if some_left:
        dot(axes, at["recall"], at["precision"], DIFFERENT, 10)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.03))
    axes.set_xlabel("recall: vehicles found", fontsize=11)
    axes.set_ylabel("precision: boxes right", fontsize=11)
    share_axis(axes.xaxis, axes.yaxis)
    return figure


@style()
def rectangle_features(detector: BoostedDetector, patch: np.ndarray, ruled_out: float) -> Card:
    """The first six pairs of rectangles that a boosted detector asks about, on a vehicle.

    `patch`, (20, 24), is a vehicle; the first questions rule out the share `ruled_out` of a frame.
    """
    title = (
        f"The first {EARLY} pairs of rectangles already rule out {percent(ruled_out)} of the places"
        " in a frame"
    )
    figure = Card(title, 1.35, left=0.2, right=0.2, bottom=0.1, top=0.3, wspace=0.12)
    height, width = patch.shape
    for k, axes in enumerate(figure.subplots(1, 6)):
        axes.imshow(patch, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
        look = {"edgecolor": INK, "alpha": 0.62, "linewidth": 1.2}
        light, dark = detector.rectangles[k]
        for (x, y, w, h), colour in ((light, "white"), (dark, INK)):
            axes.add_patch(Rectangle((x, y), w, h, facecolor=colour, **look))
        axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
        axes.set_title(f"{k + 1}", fontsize=11.5, pad=3, fontweight="bold", loc="left")
    return figure


@style()
def detectors(table: pd.DataFrame) -> Card:
    """Detectors side by side: how well they find, and how long a frame takes.

    `table` comes from `cctview.detect.comparison.compare_detectors`.
    """
    ran = table[table["note"] == ""]
    best = ran["AP"].idxmax()
    title = (
        f"{best} is best of those that are here, with an average precision of {ran.AP[best]:.2f}"
    )
    figure = Card(title, 0.62 * len(table) + 0.75, _INTERVALS, left=2.25, right=2.5)
    axes = figure.subplots()
    for row, (name, figures) in enumerate(table.iterrows()):
        if figures["note"]:
            words = figures["note"].replace(": ", ":\n", 1)
            axes.annotate(words, (0.01, row), va="center", fontsize=10, color=GREY)
            continue
        axes.barh(row, figures["AP"], height=0.5, color=BLUE, label=name)
        interval(axes, row, figures)
        words = f"precision {percent(figures['precision'])}\nrecall {percent(figures['recall'])}"
        if figures["seconds"] > 0:
            words += f", {_seconds(figures['seconds'])} per frame"
        at_edge(axes, row, words, fontsize=10)
    name_rows(axes, table.index)
    axes.set(xlim=(0, 1), xlabel="average precision (1: all found, none false)")
    return figure


def _seconds(seconds):
    return f"{seconds:.1f} s" if seconds >= 0.95 else f"{1000 * seconds:.0f} ms"


@style()
def same_weights(table: pd.DataFrame) -> Card:
    """The confidence of each box in one frame, as we and as ImageAI say it; both in per cent.

    `table` has columns here and imageai; NaN where ImageAI has no such box.
    """
    dropped = int(table["imageai"].isna().sum())
    title = (
        f"ImageAI returns {len(table) - dropped} of our {len(table)} boxes, and with more"
        " confidence in each"
    )
    figure = Card(title, 0.34 * len(table) + 0.9, left=1.0, right=1.3, top=0.38)
    axes = figure.subplots()
    lines_across(axes, len(table))
    for row, (here, imageai) in enumerate(table[["here", "imageai"]].to_numpy()):
        dot(axes, here, row, BLUE, label="our detector")
        if np.isnan(imageai):
            at_edge(axes, row, "dropped", fontsize=10.5)
        else:
            dot(axes, imageai, row, ORANGE, marker="s", label="ImageAI 3.0.3")
    name_rows(axes, [f"box {number}" for number in range(1, len(table) + 1)])
    axes.set(xlim=(20, 102), xlabel="confidence, per cent")
    key_above(figure, 0.36, ncols=2, borderaxespad=0.2)
    return figure


@style()
def database_entry(table: pd.DataFrame, score: float, all_scores: pd.DataFrame) -> Card:
    """Which share enters the database: in one frame, in one pass, and over all cameras.

    `table` comes from `cctview.detect.coverage.share_entered` at the threshold `score`, in per
    cent; `all_scores` has its estimates as columns, by threshold.
    """
    shares = table["estimate"]
    title = (
        f"With a confidence from {score:.0f} %, a vehicle is found in"
        f" {percent(shares['in a frame'])} of the frames that show it, and yet"
        f" {percent(shares['at any camera'])} of the vehicles enter the database"
    )
    figure = Card(title, 2.9, _INTERVALS, left=1.0, right=2.15)
    axes = figure.subplots()
    # labels do not overlap, and the highest stays below 1
    heights = np.maximum(-spread(-shares[::-1], 0.2)[::-1], 0.2 * np.arange(len(shares)))
    lines = zip(table.itertuples(), heights, (ORANGE, SKY, BLUE), (":", "--", "-"))
    for row, height, colour, dashes in lines:
        curve = all_scores[row.Index]
        axes.plot(curve.index, curve, color=colour, linestyle=dashes, label=row.Index)
        axes.plot([score, score], [row.low, row.high], color=INK, linewidth=1.6)
        dot(axes, score, row.estimate, colour, 10)
        outside = {"transform": axes.get_yaxis_transform(), "clip_on": False}
        axes.plot(1.04, height, marker="o", color=colour, **outside)
        words = f"{row.Index}: {percent(row.estimate)}"
        words += f"\n(95% CI {100 * row.low:.1f}–{100 * row.high:.1f})"
        at_edge(axes, height, words, 9, 1.04, fontsize=11)
    axes.set(xlabel="least confidence, per cent", xlim=tuple(all_scores.index[[0, -1]]))
    axes.set(ylabel="share found", ylim=(0, 1.02))
    share_axis(axes.yaxis)
    return figure


@style()
def found_by(table: pd.DataFrame, what: str, title: str) -> Card:
    """Which share was found, group by group, with intervals.

    `table` comes from `cctview.detect.coverage.share_found`; `what` is the label of its axis.
    """
    figure = Card(title, 0.34 * len(table) + 0.85, _INTERVALS, left=1.75, right=1.6)
    axes = figure.subplots()
    lines_across(axes, len(table))
    for row, (name, figures) in enumerate(table.iterrows()):
        interval(axes, row, figures, 1.8, caps=0)
        dot(axes, figures.estimate, row, BLUE, label=name)
        words = f"{percent(figures.estimate)} of {figures.sightings:,.0f}"
        at_edge(axes, row, words, fontsize=10.5)
    name_rows(axes, [called(str(name)) for name in table.index])
    axes.set(xlim=(-0.01, 1.01), xlabel=what)
    share_axis(axes.xaxis)
    return figure
