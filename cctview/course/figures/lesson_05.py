"""Figures of lesson 05: distances, thresholds and misses. Those of vectors: `vectors`."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cctview.show import (
    BLUE,
    DIFFERENT,
    GREY,
    INK,
    PALE,
    SAME,
    Card,
    band,
    beside,
    dot,
    label,
    name_rows,
    percent,
    share_axis,
    style,
)

_BINS = 48
_DRAWN = 4000  # points of a curve, evenly over its pairs and over their logarithm, that are drawn


@style()
def how_far(distances: dict[str, float]) -> Card:
    """The distance of a crop from each of some cars, by name."""
    nearest = min(distances, key=distances.__getitem__)
    figure = Card(f"The new crop is nearest to {nearest}", 1.5, "", left=1.44)
    axes = figure.subplots()
    axes.barh(range(len(distances)), distances.values(), height=0.56, color=BLUE)
    for row, far in enumerate(distances.values()):
        beside(axes, far, row, f"{far:.2f}", fontsize=11.5)
    name_rows(axes, distances, color=INK)
    axes.set(xlim=(0, 1.15 * max(distances.values())), xlabel="distance from the new crop")
    return figure


def accepted(distances: ArrayLike, same: ArrayLike, threshold: float) -> dict[str, int]:
    """How many same and how many different pairs a threshold links, and how many same ones it
    misses.

    Examples
    --------
    >>> accepted([0.1, 0.2, 0.3, 0.9], [True, False, True, False], 0.25)
    {'true_links': 1, 'false_links': 1, 'missed': 1}
    """
    linked, same = np.asarray(distances) <= threshold, np.asarray(same, bool)
    counts = {"true_links": linked & same, "false_links": linked & ~same, "missed": ~linked & same}
    return {name: int(rows.sum()) for name, rows in counts.items()}


@style()
def distance_histograms(distances: ArrayLike, same: ArrayLike, threshold: float) -> Card:
    """How far apart same pairs and different pairs are, and what a threshold makes of them.

    Each histogram has its own height, as shares, because there are many more different pairs. A
    pair is linked when its distance is at most `threshold`.
    """
    distances, same = np.asarray(distances, float), np.asarray(same, bool)
    counts = accepted(distances, same, threshold)
    true, false, missed = (
        _three_figures(counts[name]) for name in ("true_links", "false_links", "missed")
    )
    title = f"Threshold {threshold:.2f}: {true} true links, {false} false links, {missed} missed"
    figure = Card(title, 3.3, left=0.3)
    axes = figure.subplots()
    edges = np.linspace(0, distances.max() * 1.001, _BINS + 1)
    different, alike = (
        np.histogram(distances[rows], edges)[0] / max(rows.sum(), 1) for rows in (~same, same)
    )
    top = 1.25 * max(different.max(), alike.max())
    _hill(axes, different, edges, DIFFERENT, f"{(~same).sum():,} different pairs", top)
    _hill(axes, alike, edges, SAME, f"{same.sum():,} same pairs", top)
    axes.set(xlim=(0, edges[-1]), ylim=(0, top), yticks=[])
    axes.set_xlabel("cosine distance (smaller: more similar)")
    axes.spines["left"].set_visible(False)
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
def false_links(distances: ArrayLike, same: ArrayLike, threshold: float) -> Card:
    """The leak of a threshold: how many of its links are false, and how many true ones it finds.

    `distances` are of all pairs that a search compares, same and different in their real numbers.
    Raises ValueError if no pair is the same.
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
    links = accepted(distances, same, threshold)
    true, false = links["true_links"], links["false_links"]
    share_found, share_false = true / same.sum(), false / max(true + false, 1)
    title = (
        f"A threshold that finds {percent(share_found)} of the true links makes"
        f" {percent(share_false)} of all links false"
    )
    figure = Card(title, 3.5)
    axes = figure.subplots()
    start = np.searchsorted(found, 1)
    drawn = _spread(start, len(order), max(true + false - 1, start))
    falses, founds = wrong / (wrong + found), found / same.sum()
    on = np.searchsorted(found, 0.68 * found[-1])
    curves = (
        ("share of the links that are false", falses, DIFFERENT, "-", -1, 0.07, "right"),
        ("share of the true links that are found", founds, SAME, "--", on, 0.03, "left"),
    )
    words = {"fontweight": "bold", "fontsize": 12, "va": "top"}
    for name, shares, colour, dashes, at, below, side in curves:
        axes.plot(thresholds[drawn], shares[drawn], color=colour, linestyle=dashes, label=name)
        place = thresholds[at], shares[at] - below
        axes.text(*place, f"  {name}", color=colour, ha=side, **words)
    axes.axvline(threshold, color=INK, linewidth=1.6)
    dot(axes, threshold, share_false, DIFFERENT)
    dot(axes, threshold, share_found, SAME)
    told = f" {false:,} false links, {true:,} true links"
    label(axes, threshold, 0.03, told, va="bottom", ha="left")
    axes.set(xlim=(thresholds[start], thresholds[-1]), xlabel="threshold (cosine distance)")
    axes.set(ylim=(0, 1.02), ylabel="share")
    return figure


@style()
def misses(table: pd.DataFrame, fpir: float) -> Card:
    """A detection error trade-off: the miss rate at each rate of false alarms, for one gallery.

    `table` has the rows of ``data/results/open_set.csv`` for one size; `fpir` is one of theirs.
    """
    seen, unseen = table[table["resolvable"]], table.loc[~table["resolvable"], "fpir"]
    at = seen[np.isclose(seen["fpir"], fpir)].iloc[0]
    title = (
        f"With a false alarm in 1 of {1 / fpir:.0f} searches, {percent(at.fnir)} of the vehicles"
        " that are there are missed"
    )
    figure = Card(title, 3.2, left=0.95)
    axes = figure.subplots()
    axes.plot(seen["fpir"], seen["fnir"], color=INK, marker="o", markersize=5, label="measured")
    band(axes, seen["fpir"], seen["low"], seen["high"], INK)
    low, high = min(unseen.min(), seen["fpir"].min() / 2), seen["fpir"].min()
    look = {"facecolor": PALE, "edgecolor": GREY, "hatch": "///", "linewidth": 0}
    axes.axvspan(low, 0.8 * high, **look, label="not measured")
    words = {"rotation": 90, "ha": "center", "fontsize": 10}
    label(axes, np.sqrt(low * 0.8 * high), 0.3, "not measured", GREY, **words)
    dot(axes, fpir, at.fnir, INK, 11, zorder=5)
    axes.set(xscale="log", xlim=(low, 1), xlabel="false alarm rate, FPIR (log scale)")
    axes.set(ylim=(0, 1.06), ylabel="miss rate, FNIR")
    axes.set_xticks([0.01, 0.1, 1], ["1 in 100", "1 in 10", "always"])
    axes.minorticks_off()
    share_axis(axes.yaxis)
    return figure


def _spread(start, end, at):
    """Places of a curve from `start` on that are drawn, `at` among them."""
    even = np.linspace(start, end - 1, _DRAWN)
    dense = np.geomspace(start + 1, end, _DRAWN) - 1
    return np.unique(np.concatenate([even, dense, [at]]).astype(int))
