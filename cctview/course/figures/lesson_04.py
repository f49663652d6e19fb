"""Figures about detecting: boxes right, false and missed, precision and recall, and who enters the
database.
"""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from cctview.dataset.boxes import BOX, box_iou
from cctview.show.look import (
    BLUE,
    DIFFERENT,
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    SAME,
    SKY,
    Card,
    percent,
    style,
)

WORLD = "Simulated frames, our model world; what is right is told by its truth"
INTERVALS = f"{WORLD}; lines: 95 % intervals"
_LINES = {
    "right": {"edgecolor": SAME, "linestyle": "-"},
    "false": {"edgecolor": DIFFERENT, "linestyle": (0, (4, 2))},
    "missed": {"edgecolor": ORANGE, "linestyle": (0, (1, 1.2))},
    "not asked for": {"edgecolor": "white", "linestyle": (0, (1, 3))},
}
_FRAME = 6.88  # in, a frame's width on a card


def judge_boxes(boxes, truth, iou=0.5):
    """Say of each box of a frame what it is, and which vehicles are missed.

    Parameters
    ----------
    boxes : DataFrame
        Columns percent, x1, y1, x2, y2; of one frame.
    truth : DataFrame
        Columns x1, y1, x2, y2, ignore; of the same frame.
    iou : float

    Returns
    -------
    verdicts : ndarray of str, shape (n,)
        "right", "false" or "not asked for", by the rules of
        `cctview.detect.metrics.evaluate_detections`.
    missed : ndarray of bool
        By row of `truth`.
    """
    ignore, overlaps = truth["ignore"].to_numpy(bool), box_iou(boxes[BOX], truth[BOX])
    free, verdicts = ~ignore, np.full(len(boxes), "false", object)
    for k in np.argsort(-boxes["percent"].to_numpy(), kind="stable"):
        best = np.where(free, overlaps[k], -1).argmax() if len(truth) else 0
        if len(truth) and free[best] and overlaps[k, best] >= iou:
            verdicts[k], free[best] = "right", False
        elif (overlaps[k, ignore] >= iou).any():
            verdicts[k] = "not asked for"
    return verdicts, free


@style()
def judged_boxes(image, boxes, truth, iou=0.5, title="", note=WORLD):
    """A frame with the boxes that are right, those that are false, and the vehicles that are
    missed.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    boxes, truth : DataFrame
        As for `judge_boxes`.
    iou : float
        The overlap from which a box has found a vehicle.
    title : str
        What to say before the count.
    note : str

    Returns
    -------
    Card
    """
    said, missed = judge_boxes(boxes, truth, iou)
    right, false = (said == "right").sum(), (said == "false").sum()
    words = (
        f"{right} right, {false} false, {missed.sum()} missed: precision"
        f" {_share(right, right + false)}, "
    )
    words += f"recall {_share(right, right + missed.sum())}"
    height = _FRAME * image.shape[0] / image.shape[1]
    figure = Card(
        f"{title}{words}",
        height,
        note,
        photographs=True,
        left=0.16,
        right=0.16,
        bottom=0.05,
        top=0.3,
    )
    axes = figure.subplots()
    _draw(axes, image, boxes, said, truth[missed])
    _key(figure, [*dict.fromkeys(said), *(["missed"] if missed.any() else [])])
    return figure


def _share(part, whole):
    return f"{part}/{whole}" if whole else "–"


def _draw(axes, image, boxes, said, missed, words=True):
    axes.imshow(image)
    axes.set_axis_off()
    for row, verdict in zip(boxes.itertuples(), said):
        _box(axes, row, verdict)
        if words and verdict != "not asked for":
            sign = "✓" if verdict == "right" else "✗"
            _tag(axes, row, f"{sign} {row.percent:.0f} %", _LINES[verdict]["edgecolor"])
    for row in missed.itertuples():
        _box(axes, row, "missed")
        if words:
            _tag(axes, row, "missed", ORANGE)


def _box(axes, row, verdict):
    place = (row.x1, row.y1), row.x2 - row.x1, row.y2 - row.y1
    thick = 1.2 if verdict == "not asked for" else 2.4
    axes.add_patch(Rectangle(*place, fill=False, edgecolor=INK, linewidth=thick + 1.2, alpha=0.8))
    axes.add_patch(Rectangle(*place, fill=False, linewidth=thick, label=verdict, **_LINES[verdict]))


def _tag(axes, row, text, colour):
    axes.annotate(
        text,
        (row.x1, row.y1),
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=10,
        color=INK,
        annotation_clip=True,
        bbox={"facecolor": PAPER, "edgecolor": colour, "pad": 1.2},
    )


def _key(figure, names):
    """Name the kinds of boxes, on the line below the title."""
    names = [name for name in _LINES if name in names]
    colours = [GREY if name == "not asked for" else _LINES[name]["edgecolor"] for name in names]
    handles = [
        Line2D([], [], color=c, linestyle=_LINES[n]["linestyle"], linewidth=2.4)
        for n, c in zip(names, colours)
    ]
    top = figure.subplotpars.top + 0.3 / figure.get_size_inches()[1]
    figure.legend(
        handles,
        names,
        loc="upper left",
        bbox_to_anchor=(0.012, top),
        ncols=4,
        frameon=False,
        fontsize=11,
        handlelength=2.4,
        columnspacing=1.4,
        borderaxespad=0.1,
    )


@style()
def thresholds(image, boxes, truth, evaluation, score, iou, note=WORLD):
    """A frame at a score and an overlap threshold (left), and where that lies on the curve of all
    frames (right).

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    boxes, truth : DataFrame
        As for `judge_boxes`; boxes below the score threshold are left out.
    evaluation : cctview.detect.metrics.DetectionEvaluation
        Of all frames, at that overlap threshold.
    score : float
        Per cent.
    iou : float
    note : str

    Returns
    -------
    Card
    """
    shown = boxes[boxes["percent"] >= score]
    said, missed = judge_boxes(shown, truth, iou)
    at, curve = evaluation.summary(percent=score), evaluation.curve()
    found = (
        f"{percent(at['precision'])} of the boxes are right"
        if at["precision"] == at["precision"]
        else "no box is left"
    )
    title = (
        f"From {score:.0f} %, at an overlap of {iou:.2f}: {percent(at['recall'])} of the vehicles"
        f" found, {found}"
    )
    figure = Card(
        title, height=3.5, note=note, photographs=True, left=0.16, right=0.3, top=0.32, wspace=0.36
    )
    grid = figure.add_gridspec(1, 2, width_ratios=(1.55, 1))
    left, right = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
    _draw(left, image, shown, said, truth[missed], words=False)
    left.set_anchor("NW")
    _key(figure, [*dict.fromkeys(said), *(["missed"] if missed.any() else [])])
    right.plot(curve["recall"], curve["precision"], color=BLUE)
    if at["precision"] == at["precision"]:
        right.plot(
            at["recall"],
            at["precision"],
            "o",
            color=DIFFERENT,
            markersize=10,
            markeredgecolor=PAPER,
            zorder=4,
        )
    right.set(
        xlabel="recall: vehicles found",
        ylabel="precision: boxes right",
        xlim=(0, 1.02),
        ylim=(0, 1.03),
    )
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
        axis.label.set_fontsize(11)
    return figure


@style()
def rectangle_features(detector, patch, ruled_out, count=6, note=WORLD):
    """The first pairs of rectangles that a boosted detector asks about, on a vehicle.

    Parameters
    ----------
    detector : cctview.detect.viola_jones.BoostedDetector
    patch : ndarray of uint8, shape (20, 24)
        A vehicle in the detector's window.
    ruled_out : float
        Which share of the windows of a frame its first questions rule out; told in the title.
    count : int
    note : str

    Returns
    -------
    Card
    """
    from cctview.detect.viola_jones import EARLY

    title = (
        f"The first {EARLY} pairs of rectangles already rule out {percent(ruled_out)} of the places"
        " in a frame"
    )
    figure = Card(
        title, height=1.35, note=note, left=0.2, right=0.2, bottom=0.1, top=0.3, wspace=0.12
    )
    for k, axes in enumerate(figure.subplots(1, count)):
        axes.imshow(
            patch, cmap="gray", vmin=0, vmax=255, extent=(0, patch.shape[1], patch.shape[0], 0)
        )
        for (x, y, w, h), colour, hatch in zip(
            detector.rectangles[k], ("white", INK), ("", "////")
        ):
            axes.add_patch(
                Rectangle(
                    (x, y),
                    w,
                    h,
                    facecolor=colour,
                    edgecolor=INK,
                    alpha=0.62,
                    hatch=hatch,
                    linewidth=1.2,
                )
            )
        axes.set(xlim=(0, patch.shape[1]), ylim=(patch.shape[0], 0), xticks=[], yticks=[])
        axes.set_title(f"{k + 1}", fontsize=11.5, pad=3, fontweight="bold", loc="left")
    return figure


@style()
def detectors(table, note=INTERVALS):
    """Detectors side by side: how well they find, and how long a frame takes.

    Parameters
    ----------
    table : DataFrame
        From `cctview.detect.comparison.compare_detectors`.
    note : str

    Returns
    -------
    Card
    """
    here = table[table["note"] == ""]
    best = here["AP"].idxmax()
    title = (
        f"Best of those that are here: {best}, average precision {here.AP[best]:.2f},"
        f" {_seconds(here.seconds[best])} a frame"
    )
    figure = Card(title, height=0.62 * len(table) + 0.75, note=note, left=2.25, right=2.5)
    axes = figure.subplots()
    for row, (name, values) in enumerate(table.iterrows()):
        if values["note"]:
            axes.annotate(_break(values["note"]), (0.01, row), va="center", fontsize=10, color=GREY)
            continue
        axes.barh(row, values["AP"], height=0.5, color=BLUE, label=name)
        axes.plot(
            [values["low"], values["high"]],
            [row, row],
            color=INK,
            linewidth=1.6,
            marker="|",
            markersize=9,
        )
        said = f"precision {percent(values['precision'])}\nrecall {percent(values['recall'])}, "
        said += f"{_seconds(values['seconds'])} a frame"
        axes.annotate(
            said,
            (1, row),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=10,
        )
    axes.set(
        ylim=(len(table) - 0.45, -0.55),
        xlim=(0, 1),
        xlabel="average precision (1: all found, none false)",
    )
    axes.set_yticks(range(len(table)), table.index)
    axes.tick_params(axis="y", length=0)
    return figure


def _break(note):
    """A note in two lines."""
    before, sign, after = note.partition(": ")
    return f"{before}{sign.strip()}\n{after}"


def _seconds(seconds):
    return f"{seconds:.1f} s" if seconds >= 0.95 else f"{1000 * seconds:.0f} ms"


@style()
def database_entry(table, score, all_scores, note=INTERVALS):
    """Who enters the database: in one frame, in one pass before a camera, and over all cameras.

    Parameters
    ----------
    table : DataFrame
        From `cctview.detect.coverage.entered`, at the score threshold.
    score : float
        Per cent.
    all_scores : DataFrame
        The estimates of the same rows as columns, by score threshold.
    note : str

    Returns
    -------
    Card
    """
    shares = table["estimate"]
    title = (
        f"From {score:.0f} %: a vehicle is found in {percent(shares['in a frame'])} of the frames"
        " that show it, and yet "
    )
    title += f"{percent(shares['at any camera'])} of the vehicles enter the database"
    figure = Card(title, height=2.9, note=note, left=1.0, right=2.15)
    axes = figure.subplots()
    heights = _apart(shares.to_numpy(float), 0.2)
    for name, height, colour, dashes in zip(
        table.index, heights, (ORANGE, SKY, BLUE), (":", "--", "-")
    ):
        axes.plot(all_scores.index, all_scores[name], color=colour, linestyle=dashes, label=name)
        row = table.loc[name]
        axes.plot([score, score], [row.low, row.high], color=INK, linewidth=1.6)
        axes.plot(
            score, row.estimate, "o", color=colour, markersize=10, markeredgecolor=PAPER, zorder=4
        )
        axes.plot(
            1.04,
            height,
            marker="o",
            color=colour,
            transform=axes.get_yaxis_transform(),
            clip_on=False,
        )
        axes.annotate(
            f"{name}: {percent(row.estimate)}\n[{100 * row.low:.1f} {100 * row.high:.1f}]",
            (1.04, height),
            xycoords=("axes fraction", "data"),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontsize=11,
        )
    axes.set(
        xlabel="score threshold, per cent",
        ylabel="share found",
        ylim=(0, 1.02),
        xlim=tuple(all_scores.index[[0, -1]]),
    )
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    return figure


def _apart(heights, least):
    """Heights from the lowest up, moved so that labels there do not overlap: the highest stays
    below 1.
    """
    result = np.array(heights)
    for k in range(len(result) - 2, -1, -1):
        result[k] = min(result[k], result[k + 1] - least)
    for k in range(len(result)):
        result[k] = max(result[k], k * least)
    return result


@style()
def found_by(table, what, title, note=INTERVALS):
    """Which share was found, group by group, with intervals.

    Parameters
    ----------
    table : DataFrame
        From `cctview.detect.coverage.share_found`.
    what : str
        What the groups are, and what is counted.
    title : str
        The finding.
    note : str

    Returns
    -------
    Card
    """
    figure = Card(title, height=0.34 * len(table) + 0.85, note=note, left=1.75, right=1.6)
    axes = figure.subplots()
    for row, (name, values) in enumerate(table.iterrows()):
        axes.axhline(row, color=PALE, linewidth=0.8, zorder=0)
        axes.plot([values.low, values.high], [row, row], color=INK, linewidth=1.8)
        axes.plot(
            values.estimate,
            row,
            "o",
            color=BLUE,
            markersize=9,
            markeredgecolor=PAPER,
            zorder=4,
            label=name,
        )
        said = f"{percent(values.estimate)} of {values.sightings:,.0f}"
        axes.annotate(
            said,
            (1, row),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=10.5,
        )
    axes.set(ylim=(len(table) - 0.45, -0.55), xlim=(-0.01, 1.01), xlabel=what)
    axes.set_yticks(range(len(table)), table.index)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    return figure
