"""Figures of lesson 01: what each era takes from a crop, and how well it finds a vehicle again."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from cctview.course.era_trials import shrink_crop
from cctview.extract import EigenVehicles
from cctview.show import (
    BLUE,
    DARKER,
    DIFFERENT,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    RED,
    SAME,
    Card,
    at_edge,
    band,
    bars,
    beside,
    dot,
    dotted,
    key_above,
    label,
    lines_across,
    name_rows,
    named_once,
    percent,
    share_axis,
    show_crop,
    spread,
    style,
)

_MILESTONES = (
    (1966, "person", "Bledsoe", "A person marks points, a computer compares"),
    (1971, "person", "Goldstein, Harmon, Lesk", "A person describes: long ears, wide-set eyes"),
    (1991, "recipe", "Turk, Pentland", "Eigenfaces: statistics of the pixels"),
    (2001, "detects", "Viola, Jones", "Finds faces, fast; does not say whose they are"),
    (2005, "recipe", "Dalal, Triggs", "Histograms of gradients: an engineer's recipe"),
    (2014, "learns", "DeepFace", "A network, and 4 million labelled pictures"),
    (2015, "learns", "FaceNet", "A network trained for the distance itself"),
)
"""Year, who decides what is compared, whose work, what was new. Sources: `cctview.extract.eras`,
and lesson 01.
"""
_KINDS = {
    "person": ("o", RED, "a person measures"),
    "recipe": ("s", ORANGE, "a recipe computes"),
    "learns": ("D", BLUE, "the network learns what to compare"),
    "detects": ("x", GREY, "finds, does not recognise"),
}
_LINES = (
    (RED, "o", ":"),
    (PURPLE, "v", "-."),
    (ORANGE, "s", "--"),
    (GREEN, "^", (0, (5, 1, 1, 1))),
    (BLUE, "D", "-"),
)
"""Colour, marker and dashes of each era."""
_PICTURES: dict[str, Any] = {"photographs": True, "left": 0.15, "right": 0.15}
_RANK_1 = "searches with the correct vehicle first (rank-1, share)"


@style()
def timeline(milestones: Sequence[tuple[int, str, str, str]] = _MILESTONES) -> Card:
    """The papers by year, and who decided what is compared: a person, a recipe or the data."""
    learns = min(year for year, kind, *_ in milestones if kind == "learns")
    first = min(year for year, *_ in milestones)
    title = (
        f"For {round((learns - first) / 10) * 10} years people chose what to compare. Since"
        f" {learns} the network learns it"
    )
    count = len(milestones)
    note = "Sources are given in the text of the lesson"
    figure = Card(title, 0.5 * count + 1.1, note, left=0.3, right=4.1, bottom=0.4, top=0.62)
    axes = figure.subplots()
    lines_across(axes, count, 0.9)
    for row, (year, kind, who, what) in enumerate(milestones):
        marker, colour, _ = _KINDS[kind]
        look = {"markersize": 10, "markeredgewidth": 2.4 if marker == "x" else 1, "zorder": 3}
        axes.plot(year, row, marker, color=colour, label=who, **look)
        at_edge(axes, row - 0.18, f"{year}  {who}", 0, 1.04, fontweight="bold", fontsize=11)
        at_edge(axes, row + 0.22, what, 0, 1.04, fontsize=9.8, color=GREY)
    axes.set(xlim=(1957, 2023), xticks=(1960, 1980, 2000, 2020))
    axes.set(ylim=(count - 0.45, -0.6), yticks=[])
    axes.spines["left"].set_visible(False)
    handles = [
        axes.plot([], [], marker, color=colour, markersize=9, label=words)[0]
        for marker, colour, words in _KINDS.values()
    ]
    key_above(figure, 0.62, handles=handles, ncols=2, handletextpad=0.2, columnspacing=2.0)
    return figure


@style()
def landmarks(crops: Sequence[np.ndarray], found: dict[str, np.ndarray]) -> Card:
    """Vehicles with the landmarks that were found on them: four rows, and three widths.

    `found` comes from `cctview.extract.eras.LandmarkRatios.landmarks`.
    """
    title = (
        "Rules look for roof, windscreen, sill and shadow. Some of these lines are wrong: which?"
    )
    tallest = max(crop.shape[0] / crop.shape[1] for crop in crops)
    height = min(6.9 / len(crops) * tallest, 2.4) + 0.2
    figure = Card(title, height + 0.3, "", bottom=0.1, top=0.4, wspace=0.06, **_PICTURES)
    names = ("roof", "windscreen", "sill", "shadow")
    for k, crop in enumerate(crops):
        axes = figure.add_subplot(1, len(crops), k + 1)
        ratio = crop.shape[0] / crop.shape[1]
        axes.imshow(crop, extent=(0, 1, 1, 0), interpolation="bicubic", aspect=ratio)
        rows = found["rows"][k]
        for row, name, dashes in zip(rows, names, ("-", "--", "-.", ":"), strict=True):
            axes.plot([0, 1], [row, row], color="white", linewidth=2.6)
            axes.plot([0, 1], [row, row], color=RED, linewidth=1.5, linestyle=dashes, label=name)
        look = {"color": SAME, "markersize": 5.5, "markeredgecolor": "white", "label": "width"}
        for row, left, right in zip(rows[1:], found["left"][k], found["right"][k], strict=True):
            axes.plot([left, right], [row, row], "D", **look)
        axes.set_axis_off()
    lines = figure.axes[0].get_lines()[1 : 2 * len(names) : 2]
    key_above(figure, 0.38, lines, names, ncols=len(names), handlelength=2.6)
    return figure


@style()
def eigen_vehicles(
    era: EigenVehicles, crop: np.ndarray, curve: Sequence[tuple[int, float]], count: int
) -> Card:
    """The mean vehicle, eigen-vehicles, a crop rebuilt from `count` of them, and what they find.

    `era` is fitted. `curve` has pairs: a number of eigen-vehicles, and rank-1 with so many.
    """
    weights = era.embed([crop])[0]
    away = era.flat([crop])[0] - era.mean
    kept = (weights[:count] ** 2).sum() / (away**2).sum()  # squared lengths at right angles add up
    title = (
        f"{count} numbers for {era.side**2} pixels: {percent(kept)} of what sets this vehicle"
        " off from the mean"
    )
    figure = Card(title, 3.9, photographs=True)
    grid = figure.add_gridspec(2, 8, height_ratios=(1, 1.9), hspace=0.2, wspace=0.1)
    pictures = [
        ("picture", era.flat([crop])[0], 0, 255),
        (f"from {count}", era.rebuild(weights[:count]), 0, 255),
        ("mean", era.mean, 0, 255),
    ]
    for number, vector in enumerate(era.vehicles[:5], start=1):
        pictures.append((f"no. {number}", vector, -np.abs(vector).max(), np.abs(vector).max()))
    for column, (name, picture, low, high) in enumerate(pictures):
        axes = figure.add_subplot(grid[0, column])
        look = {"cmap": "gray", "vmin": low, "vmax": high, "interpolation": "nearest"}
        axes.imshow(np.reshape(picture, (era.side, era.side)), **look)
        axes.set_axis_off()
        axes.set_title(name, fontsize=10.5, pad=3)
    _rank1_by_count(figure.add_subplot(grid[1, :]), curve, count)
    return figure


def _rank1_by_count(axes, curve, count):
    numbers, rank1 = (np.array(column) for column in zip(*curve, strict=True))
    at = int(np.abs(np.log(numbers / count)).argmin())
    axes.plot(numbers, rank1, color=ORANGE, marker="s", markersize=5, label="rank-1")
    look = {"marker": "s", "markeredgecolor": INK, "label": "chosen"}
    dot(axes, numbers[at], rank1[at], ORANGE, 13, **look)
    dotted(axes, count, 1.2)
    axes.set(xscale="log", xlabel="eigen-vehicles used")
    axes.set(ylim=(0, 1.15 * max(rank1.max(), 0.01)), ylabel="correct vehicle first")
    axes.set_xticks([n for n in (1, 2, 4, 8, 16, 32, 64, 128) if n <= numbers.max()])
    axes.xaxis.set_major_formatter(lambda number, _: f"{number:.0f}")
    axes.xaxis.set_minor_locator(NullLocator())
    share_axis(axes.yaxis)


@style()
def line_up(query: np.ndarray, crops: Sequence[np.ndarray]) -> Card:
    """A vehicle, and crops of another camera of which one shows it, numbered from 1."""
    title = "Which of these five crops shows the vehicle on the left?"
    figure = Card(title, 1.55, bottom=0.1, top=0.36, wspace=0.12, **_PICTURES)
    grid = figure.add_gridspec(1, len(crops) + 1)
    for k, crop in enumerate([query, *crops]):
        axes = figure.add_subplot(grid[0, k])
        show_crop(axes, crop, interpolation="bicubic")
        axes.spines[:].set(visible=True, color=GREY if k else INK, linewidth=1 if k else 3)
        axes.set_title(str(k) if k else "looked for", fontsize=12, pad=5, fontweight="bold")
    return figure


@style()
def era_searches(
    query: np.ndarray, rows: dict[str, tuple[Sequence[np.ndarray], Sequence[bool], int]]
) -> Card:
    """One search by several recognisers: their first candidates, and the correct one's rank.

    `rows` has for each: its first candidates, whether each is correct, and the correct one's rank.
    """
    first = sum(rank == 1 for _, _, rank in rows.values())
    put = "puts" if first == 1 else "put"
    title = f"{first} of {len(rows)} methods {put} the correct vehicle first"
    figure = Card(title, 0.86 * len(rows) + 0.35, bottom=0.05, top=0.3, **_PICTURES)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(0, _WIDE), ylim=(len(rows), 0), aspect="auto")
    middle = (len(rows) - 1) / 2
    _tile(axes, query, 0.05, middle, INK, "-")
    words = {"ha": "center", "va": "bottom", "fontsize": 10, "fontweight": "bold"}
    axes.text(0.45, middle - 0.12, "looked for", **words)
    for row, (name, (crops, right, rank)) in enumerate(rows.items()):
        name = "\n".join(textwrap.wrap(name, 14))
        axes.text(1.15, row + 0.34, name, va="center", fontsize=11, fontweight="bold")
        colour = SAME if rank == 1 else DIFFERENT
        place = f"correct one: {_ordinal(rank)}"
        axes.text(1.15, row + 0.8, place, va="center", fontsize=10, color=colour)
        for k, (crop, hit) in enumerate(zip(crops, right, strict=True)):
            look = (SAME, "-", "✓") if hit else (GREY, (0, (2, 2)))
            _tile(axes, crop, 3.25 + k, row, *look)
    return figure


_WIDE = 9.2  # units that the axes of `era_searches` are wide: a tile is one


def _ordinal(rank):
    if rank == 1:
        return "first"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{'th' if rank % 100 in (11, 12, 13) else ending}"


def _tile(axes, crop, x, y, colour, dashes, sign=""):
    """A picture in a square of 0.9 by 0.9, in its own proportions, with a frame and a sign."""
    box = axes.get_window_extent()
    ratio = (box.width / _WIDE) / (box.height / axes.get_ylim()[0])  # a unit across, in units down
    height, width = (0.8 * n / max(crop.shape[:2]) for n in crop.shape[:2])
    width = width / max(ratio, 1e-9) if ratio > 1 else width
    height = height * ratio if ratio < 1 else height
    left, top = x + (0.85 - width) / 2, y + 0.05 + (0.85 - height) / 2
    extent = (left, left + width, top + height, top)
    axes.imshow(crop, extent=extent, interpolation="bicubic", aspect="auto")
    edge = {"fill": False, "edgecolor": colour, "linewidth": 2.2, "linestyle": dashes}
    axes.add_patch(Rectangle((x, y + 0.05), 0.86, 0.86, **edge))
    if sign:
        label(axes, x + 0.04, y + 0.07, sign, SAME, va="top", fontweight="bold")


@style()
def by_era(table: pd.DataFrame, equal: pd.DataFrame, chance: float) -> Card:
    """The leak of each era: how often it puts the correct vehicle first, with intervals.

    `table` is that of `cctview.course.era_trials.leak_by_era`; its last era brought a training of
    its own. `equal` is ``data/results/eras_equal.csv``, which adds the network that was taught the
    same vehicles as the older eras, and nothing else. A blind guess reaches `chance`.
    """
    equal = equal.set_index("era")
    here = equal.index[-2]
    names = {
        here: "2015, taught the\nsame vehicles",
        table.index[-1]: "2015, with a training\nof its own",
    }
    rows = pd.concat([table.iloc[:-1], equal.loc[[here], list(table)], table.iloc[-1:]])
    gain = equal.loc["gain"]
    verdict = "is not surely better than the best older method"
    if gain.low > 0:
        more = equal.estimate[here] / table.iloc[:-1].estimate.max()
        verdict = f"finds {more:.1f} times as many as the best older method"
    title = f"Taught the same vehicles, the network {verdict}"
    return bars(rows.rename(index=names), _RANK_1, title, chance)


@style()
def by_resolution(table: pd.DataFrame, pixels: int, era: str, crop: np.ndarray) -> Card:
    """How often each era puts the correct vehicle first, by the size of crops; a crop at one size.

    `table` is ``data/results/eras.csv``; the size nearest to `pixels` is marked, the title names
    `era`.
    """
    sizes = np.sort(table.pixels.unique())
    pixels = int(sizes[np.abs(sizes - pixels).argmin()])
    at_size = table[table.pixels == pixels].set_index("era")
    now = at_size.loc[era]
    title = (
        f"At {pixels} pixels a side the method {era[5:]} finds {percent(now.estimate)} (95% CI"
        f" {100 * now.low:.0f}–{100 * now.high:.0f}); the best is {at_size.estimate.idxmax()[5:]}"
    )
    figure = Card(title, 3.9, photographs=True, right=2.35)
    axes = figure.subplots()
    for (name, rows), (colour, marker, dashes) in zip(table.groupby("era", sort=False), _LINES):
        chosen = name == era
        look = {"color": colour, "marker": marker, "linestyle": dashes, "markersize": 6}
        width = 3.2 if chosen else 1.8
        axes.plot(rows.pixels, rows.estimate, linewidth=width, label=name, **look)
        if chosen:
            band(axes, rows.pixels, rows.low, rows.high, colour, 0.2, label="interval")
    axes.axvline(pixels, color=INK, linewidth=1.4)
    axes.set(xlabel="side of the crops (pixels)", xticks=sizes)
    axes.set(ylabel="correct vehicle first", ylim=(0, 1.25 * table.high.max()))  # the crop is above
    _names_beside(axes, table, sizes[-1])
    share_axis(axes.yaxis)
    tall = figure.get_size_inches()[1]
    inset = figure.add_axes((0.74, figure.subplotpars.top - 0.8 / tall, 0.16, 0.8 / tall))
    small = shrink_crop(crop, pixels)
    show_crop(inset, small, interpolation="nearest")
    size = f"{small.shape[1]} × {small.shape[0]}"
    beside(inset, 0, 0.5, size, -4, xycoords="axes fraction", ha="right", fontsize=10)
    return figure


def _names_beside(axes, table, last):
    """The eras' names at the right ends of their curves, moved apart."""
    ends = table[table.pixels == last].set_index("era").estimate.sort_values()
    places = spread(ends, 0.085 * axes.get_ylim()[1])
    styles = dict(zip(table.era.unique(), _LINES))
    words = {"fontsize": 10.5, "fontweight": "bold", "annotation_clip": False}
    for name, place in zip(ends.index, places, strict=True):
        colour = styles[name][0]
        beside(axes, last, place, name, 10, color=DARKER.get(colour, colour), **words)


@style()
def learned_metric(table: pd.DataFrame) -> Card:
    """What a metric adds when it is fitted on top of each era's vectors.

    `table` is ``data/results/eras_metric.csv``.
    """
    figures = table.set_index(["era", "figure"])
    eras = list(table.era.unique())
    newest = figures.loc[eras[-1], "without"].estimate
    before = max(figures.loc[era, "with"].estimate for era in eras[:-1])
    verdict = "does not close the gap" if before < newest else "closes the gap"
    title = (
        f"A metric learned on top of the old features {verdict}: {percent(before)} at most,"
        f" {percent(newest)} for the network, with a training of its own"
    )
    figure = Card(title, 0.62 * len(eras) + 1.15, left=2.2, right=0.5, top=0.4)
    axes = figure.subplots()
    looks = (
        ("without", -0.13, GREY, "o", "as it was"),
        ("with", 0.13, BLUE, "D", "with a learned metric"),
    )
    for name, shift, colour, marker, words in looks:
        for row, era in enumerate(eras):
            one = figures.loc[era, name]
            axes.plot([one.low, one.high], [row + shift] * 2, color=colour, linewidth=1.8)
            dot(axes, one.estimate, row + shift, colour, marker=marker, zorder=2, label=words)
    name_rows(axes, eras, 0.5, 0.5)
    axes.set(xlim=(0, None), xlabel=_RANK_1)
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1.0)}
    axes.legend(*named_once(axes), ncols=2, frameon=False, fontsize=11, **place)
    return figure
