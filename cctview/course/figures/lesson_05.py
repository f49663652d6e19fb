"""Figures of lesson 05: distances, thresholds and rankings. Those of vectors: `vectors`."""

import numpy as np
from numpy.typing import ArrayLike

from cctview.match import RankEvaluation, roc_auc, roc_curve
from cctview.show import (
    BLUE,
    DARKER,
    DIFFERENT,
    DOTTED,
    GREY,
    INK,
    ORANGE,
    SAME,
    SIMULATION,
    Card,
    beside,
    dot,
    label,
    percent,
    style,
)

_BINS = 48
_DRAWN = 4000  # points of a curve, evenly over its pairs and over their logarithm, that are drawn


def accepted(distances: ArrayLike, same: ArrayLike, threshold: float) -> dict[str, int]:
    """How many same and how many different pairs a threshold links, and how many it does not.

    Examples
    --------
    >>> accepted([0.1, 0.2, 0.3, 0.9], [True, False, True, False], 0.25)
    {'true_links': 1, 'false_links': 1, 'missed': 1, 'kept_apart': 1}
    """
    linked, same = np.asarray(distances) <= threshold, np.asarray(same, bool)
    counts = {
        "true_links": linked & same,
        "false_links": linked & ~same,
        "missed": ~linked & same,
        "kept_apart": ~linked & ~same,
    }
    return {name: int(rows.sum()) for name, rows in counts.items()}


@style()
def distance_histograms(
    distances: ArrayLike,
    same: ArrayLike,
    threshold: float | None = None,
    distance: str = "cosine distance",
    note: str = SIMULATION,
) -> Card:
    """How far apart same pairs and different pairs are, and what a threshold makes of them.

    Each histogram has its own height, as shares, because there are many more different pairs. A
    pair is linked when its distance is at most `threshold`.
    """
    distances, same = np.asarray(distances, float), np.asarray(same, bool)
    overlap = (distances[~same] < np.median(distances[same])).mean()
    title = (
        f"{'No gap' if overlap else 'A gap'}: {percent(overlap)} of the different pairs are closer"
        " than the typical same pair"
    )
    if threshold is not None:
        counts = accepted(distances, same, threshold)
        true, false, missed = (
            _three_figures(counts[name]) for name in ("true_links", "false_links", "missed")
        )
        title = f"At {threshold:.2f}: {true} true links, {false} false, {missed} missed"
    figure = Card(title, 3.3, note, left=0.3)
    axes = figure.subplots()
    edges = np.linspace(0, distances.max() * 1.001, _BINS + 1)
    different, alike = (
        np.histogram(distances[rows], edges)[0] / max(rows.sum(), 1) for rows in (~same, same)
    )
    top = 1.25 * max(different.max(), alike.max())
    _hill(axes, different, edges, DIFFERENT, f"{(~same).sum():,} different pairs", top)
    _hill(axes, alike, edges, SAME, f"{same.sum():,} same pairs", top)
    axes.set(xlim=(0, edges[-1]), ylim=(0, top), yticks=[])
    axes.set_xlabel(f"{distance} (smaller: more alike)")
    axes.spines["left"].set_visible(False)
    if threshold is not None:
        axes.axvspan(0, threshold, color=INK, alpha=0.06, linewidth=0)
        axes.axvline(threshold, color=INK, linewidth=2, label="threshold")
        side = "right" if threshold > 0.25 * edges[-1] else "left"
        label(axes, threshold, 0.985 * top, "◀ linked", va="top", ha=side, fontsize=11)
    return figure


def _three_figures(count):
    """A count to three figures: one or two pairs of a million depend on the processor."""
    return f"{float(f'{count:.3g}'):,.0f}"


def _hill(axes, shares, edges, colour, words, top):
    """Draw one histogram, and write beside its peak what it is of."""
    name = words.split()[1]
    axes.stairs(shares, edges, fill=True, color=colour, alpha=0.35, label=name)
    axes.stairs(shares, edges, color=colour, linewidth=2.2)
    peak = shares.argmax()
    x, side = (edges[peak], "left") if peak < 0.6 * _BINS else (edges[peak + 1], "right")
    look = {"ha": side, "va": "bottom", "fontweight": "bold"}
    label(axes, x, shares.max() + 0.02 * top, words, colour, **look)


@style()
def roc(
    curves: dict[str, tuple[ArrayLike, ArrayLike]],
    note: str = SIMULATION,
) -> Card:
    """Receiver operating characteristics.

    `curves` are (distances, same) by name, as `cctview.match.roc_curve` takes them.
    """
    areas = {name: roc_auc(*pairs) for name, pairs in curves.items()}
    best = max(areas, key=lambda name: areas[name])
    title = f"{best}: a same pair is closer than a different one in {percent(areas[best])} of cases"
    figure = Card(title, 4.3, note, right=1.9)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=DOTTED)
    coin = {"fontsize": 10.5, "ha": "center", "va": "center", "rotation": 38}
    label(axes, 0.80, 0.735, "a coin", GREY, **coin)
    styles = ((BLUE, "-", "——"), (ORANGE, "--", "– –"), (GREY, ":", "——"))
    for k, ((name, pairs), (colour, dashes, key)) in enumerate(zip(curves.items(), styles)):
        fpr, tpr, _ = roc_curve(*pairs)
        axes.plot(fpr, tpr, color=colour, linestyle=dashes, label=name)
        look = {"fontsize": 11.5, "fontweight": "bold", "color": DARKER.get(colour, colour)}
        words = f"{key} {name}\narea {areas[name]:.3f}"
        axes.annotate(words, (1.03, 0.86 - 0.2 * k), xycoords="axes fraction", **look)
    axes.set(xlim=(-0.01, 1), xlabel="different pairs called the same (share)")
    axes.set(ylim=(0, 1.01), ylabel="same pairs found (share)")
    return figure


@style()
def cmc(results: dict[str, RankEvaluation], ranks: int = 20) -> Card:
    """Cumulative match characteristics: how often the first k candidates have the vehicle."""
    curves = {name: np.asarray(result.cmc)[:ranks] for name, result in results.items()}
    name, curve = list(curves.items())[-1]
    title = f"{name}: the right vehicle is first in {percent(curve[0])} of searches"
    if len(curve) > 1:
        most = min(10, len(curve))
        title += f", among the first {most} in {percent(curve[most - 1])}"
    gallery = max(result.max_rank for result in results.values())
    note = f"Among up to {gallery:,} vehicles at the next camera. Simulated"
    figure = Card(title, 3.6, note, right=1.9)
    axes = figure.subplots()
    ends = {name: curve[-1] for name, curve in curves.items()}
    upwards = sorted(ends, key=lambda name: ends[name])
    heights = dict(zip(upwards, _apart([ends[name] for name in upwards]), strict=True))
    words = {"fontweight": "bold", "fontsize": 11, "annotation_clip": False}
    styles = zip((GREY, ORANGE, BLUE, DIFFERENT), "os^D")
    for (name, curve), (colour, marker) in zip(curves.items(), styles):
        look = {"color": colour, "marker": marker, "markersize": 5}
        axes.plot(range(1, len(curve) + 1), curve, label=name, **look)
        colour = DARKER.get(colour, colour)
        beside(axes, len(curve), heights[name], name, 10, color=colour, **words)
    axes.set(xlim=(0.5, ranks + 0.3), xlabel="length of the list of candidates")
    axes.set(ylim=(0, 1), ylabel="searches that find it (share)")
    axes.set_xticks([k for k in (1, 5, 10, 20, 50) if k <= ranks])
    return figure


def _apart(values, gap=0.085):
    """Ascending values moved up so that labels beside them do not touch."""
    moved = []
    for value in values:
        moved.append(max(value, moved[-1] + gap) if moved else value)
    return moved


@style()
def false_links(
    distances: ArrayLike, same: ArrayLike, threshold: float | None = None, note: str = SIMULATION
) -> Card:
    """The leak of a threshold: how many of its links are false, and how many true ones it finds.

    `distances` are of all pairs that a search compares, same and different in their real numbers.
    Without a `threshold` it is the one that finds half of the true links. Raises ValueError if no
    pair is the same.
    """
    distances, same = np.asarray(distances, float), np.asarray(same, bool)
    if not same.any():
        raise ValueError(
            "expected at least one pair of the same vehicle; take more minutes or smaller pictures"
        )
    order = np.argsort(distances, kind="stable")
    thresholds = distances[order]
    found = np.cumsum(same[order])
    wrong = np.arange(1, len(order) + 1) - found
    if threshold is None:
        threshold = float(np.quantile(distances[same], 0.5, method="inverted_cdf"))
    linked = int(np.searchsorted(thresholds, threshold, side="right"))
    true, false = (int(counts[linked - 1]) if linked else 0 for counts in (found, wrong))
    share_found, share_false = true / same.sum(), false / max(linked, 1)
    title = (
        f"To find {percent(share_found)} of the true links, you accept that {percent(share_false)}"
        " of all links are false"
    )
    figure = Card(title, 3.5, note)
    axes = figure.subplots()
    start = np.searchsorted(found, 1)
    drawn = _spread(start, len(order), max(linked - 1, start))
    falses, founds = wrong / (wrong + found), found / same.sum()
    axes.plot(thresholds[drawn], falses[drawn], color=DIFFERENT, label="false, of the links")
    look = {"color": SAME, "linestyle": "--", "label": "found, of the vehicles"}
    axes.plot(thresholds[drawn], founds[drawn], **look)
    words = {"fontweight": "bold", "fontsize": 12, "va": "top"}
    end = thresholds[-1], falses[-1] - 0.07
    axes.text(*end, "  false, of the links", color=DIFFERENT, ha="right", **words)
    on = np.searchsorted(found, 0.68 * found[-1])
    end = thresholds[on], founds[on] - 0.03
    axes.text(*end, "  found, of the vehicles", color=SAME, ha="left", **words)
    axes.axvline(threshold, color=INK, linewidth=1.6)
    dot(axes, threshold, share_false, DIFFERENT)
    dot(axes, threshold, share_found, SAME)
    label(axes, threshold, 0.03, f" {false:,} false, {true:,} true", va="bottom", ha="left")
    axes.set(xlim=(thresholds[start], thresholds[-1]), xlabel="distance threshold")
    axes.set(ylim=(0, 1.02), ylabel="share")
    return figure


def _spread(start, end, at):
    """Places of a curve from `start` on that are drawn, `at` among them."""
    even = np.linspace(start, end - 1, _DRAWN)
    dense = np.geomspace(start + 1, end, _DRAWN) - 1
    return np.unique(np.concatenate([even, dense, [at]]).astype(int))
