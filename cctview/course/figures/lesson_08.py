"""Figures of lesson 08: what a vector gives back, and what a defence is worth in whose hands."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cctview.defences import Defence
from cctview.show import (
    BLUE,
    DARKER,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    PURPLE,
    RED,
    SIMULATION,
    Card,
    band,
    beside,
    interval,
    label,
    lines_across,
    name_rows,
    no_spines,
    percent,
    share_axis,
    show_crop,
    style,
)

_TRACKERS = {
    "off the shelf": (ORANGE, "o", "a tracker off the shelf"),
    "retrained": (PURPLE, "s", "the retrained tracker"),
    "adaptive": (BLUE, "D", "the adaptive tracker"),
}
"""Colour, marker, and what each is called in a sentence."""
_WHERE = {"pixels": (ORANGE, "o"), "vectors": (BLUE, "s"), "database": (PURPLE, "^")}
_PEOPLE = ("driver", "camera's owner", "database's owner", "law")
_DASHED = {"color": GREY, "linewidth": 1.5, "linestyle": (0, (2, 3)), "label": "before"}
_MEASURED = (
    "Simulated frames, our model world: bits of a link between two cameras, by a calibrated softmax"
)
"""Of figures that show the stored bits. Which bits these are: `cctview.attacks.linkage`."""
_HOLDERS = "What a defence changes, and who holds it: `cctview.defences.catalogue`"


@style()
def who_can(defences: Iterable[Defence], note: str = _HOLDERS) -> Card:
    """Who can apply which defence: the driver, an owner of cameras or database, or the law."""
    defences = list(defences)
    count = len(defences)
    theirs = sum("driver" in defence.who for defence in defences)
    title = f"{theirs or 'None'} of the {count} defences is in the driver's hands"
    margins: dict[str, Any] = {"left": 2.5, "right": 0.2, "top": 0.5, "bottom": 0.05}
    figure = Card(title, 0.34 * count + 0.55, note, **margins)
    axes = figure.subplots()
    lines_across(axes, count)
    for row, defence in enumerate(defences):
        for column, person in enumerate(_PEOPLE):
            if person in defence.who:
                axes.scatter(column, row, s=110, color=BLUE, zorder=3, label=person)
    axes.set(xlim=(-0.5, len(_PEOPLE) - 0.5), ylim=(count - 0.5, -0.6))
    axes.xaxis.tick_top()
    people = [person.replace("'s ", "'s\n") for person in _PEOPLE]
    axes.set_xticks(range(len(people)), people, color=INK)
    names = [f"{defence.name} ({defence.where})" for defence in defences]
    axes.set_yticks(range(count), names, color=INK)
    axes.tick_params(length=0)
    no_spines(axes)
    return figure


@style()
def defended(
    rows: pd.DataFrame,
    pictures: Sequence[np.ndarray],
    chosen: str,
    before: float,
    pictured: str,
    note: str = _MEASURED,
) -> Card:
    """One defence at one strength: what it does to crops, and the bits that each tracker keeps.

    `rows` are the three of ``data/results/defences.csv``. The title is about the tracker `chosen`;
    `before` are the best tracker's bits without a defence. `pictured` says what the pictures are.
    """
    rows = rows.set_index("tracker").loc[list(_TRACKERS)]
    one = rows.loc[chosen]
    title = (
        f"{_capital(one.defence)} ({one.strength:g} {one.unit}): {_TRACKERS[chosen][2]} keeps"
        f" {one.bits:.1f} of {before:.1f} bits; usefulness {percent(one.usefulness)}"
    )
    figure = Card(title, 3.5, note, photographs=True, left=1.5, right=0.85)
    grid = figure.add_gridspec(2, len(pictures), height_ratios=(1, 1.6), hspace=0.36, wspace=0.08)
    for k, picture in enumerate(pictures):
        axes = figure.add_subplot(grid[0, k])
        show_crop(axes, picture, aspect="auto", interpolation="bicubic")
        if k == 0:
            beside: dict[str, Any] = {"rotation": 0, "ha": "right", "va": "center", "labelpad": 6}
            axes.set_ylabel(pictured, fontsize=10.5, **beside)
    axes = figure.add_subplot(grid[1, :])
    axes.set_title(f"Who can do this? {_capital(one.who)}", loc="left", fontsize=11.5, pad=5)
    for row, (name, figures) in enumerate(rows.iterrows()):
        alpha, weight, mark = (1, "bold", "  ◀") if name == chosen else (0.45, "normal", "")
        look: dict[str, Any] = {"height": 0.6, "color": _TRACKERS[name][0], "alpha": alpha}
        axes.barh(row, figures.bits, label=name, **look)
        interval(axes, row, _ends(figures), 1.5, 8)
        look = {"va": "center", "bbox": None, "fontweight": weight}
        label(axes, max(figures.bits_high, 0), row, f" {figures.bits:.2f}{mark}", **look)
    axes.axvline(before, **_DASHED)
    name_rows(axes, _TRACKERS)
    axes.set_xlim(min(0, rows.bits_low.min()), 1.12 * max(before, rows.bits_high.max()))
    axes.set_xlabel(f"bits left (dashed: best tracker without a defence, {before:.1f})")
    return figure


def _ends(figures):
    return figures.rename({"bits_low": "low", "bits_high": "high"})


def _capital(name):
    return {"jpeg": "JPEG"}.get(name, name[0].upper() + name[1:])


@style()
def by_strength(table: pd.DataFrame, name: str, note: str = _MEASURED) -> Card:
    """The bits that one defence leaves each tracker, from weak to strong.

    `table` is ``data/results/defences.csv``, and `name` is the defence.
    """
    rows = table[table.defence == name]
    without = (table.defence == "none") & (table.evidence == rows.evidence.iloc[0])
    before = table[without].bits.max()
    strengths = list(dict.fromkeys(rows.strength))
    cells = rows.set_index(["tracker", "strength"])
    strongest = {tracker: cells.loc[(tracker, strengths[-1]), "bits"] for tracker in _TRACKERS}
    first, worst = next(iter(_TRACKERS)), max(strongest, key=lambda name: strongest[name])
    title = (
        f"{_capital(name)} at full strength leaves {_TRACKERS[first][2]} {strongest[first]:.1f}"
        f" bits, {_TRACKERS[worst][2]} {strongest[worst]:.1f}"
    )
    figure = Card(title, 3.3, note, right=1.7)
    axes = figure.subplots()
    top = 1.12 * max(before, rows.bits_high.max())
    heights, last = _apart(strongest, 0.075 * top), len(strengths) - 1
    bold = {"va": "center", "fontweight": "bold", "bbox": None}
    for k, (tracker, (colour, marker, _)) in enumerate(_TRACKERS.items()):
        figures = cells.loc[tracker].loc[strengths]
        places = np.arange(len(strengths)) + 0.05 * (k - 1)
        axes.plot(places, figures.bits, color=colour, marker=marker, markersize=8, label=tracker)
        axes.vlines(places, figures.bits_low, figures.bits_high, color=colour, linewidth=1.5)
        label(axes, last + 0.14, heights[tracker], tracker, DARKER.get(colour, colour), **bold)
    axes.axhline(before, **_DASHED)
    words = {"va": "bottom", "ha": "right", "fontsize": 11, "bbox": None}
    label(axes, last, before, f"best without it: {before:.1f}", GREY, **words)
    axes.set(ylim=(min(0, rows.bits_low.min()), top), ylabel="bits left")
    axes.set_xticks(range(len(strengths)), [f"{strength:g}" for strength in strengths])
    axes.set_xlabel(f"{rows.unit.iloc[0]} (from weak to strong)")
    return figure


def _apart(places, least):
    """Places by name, moved up where they would lie closer together than the least distance."""
    moved, last = {}, -np.inf
    for name in sorted(places, key=places.get):
        last = moved[name] = max(places[name], last + least)
    return moved


@style()
def bought_back(
    table: pd.DataFrame, tracker: str | None = None, usefulness: float = 0.9, note: str = _MEASURED
) -> Card:
    """The share of a link's bits that each defence buys back, against the usefulness that it costs.

    `table` is ``data/results/defences.csv``. Without a `tracker`, each defence at each strength
    meets the best one. Defences that keep less than `usefulness` are drawn hollow.
    """
    points = bought_points(table, tracker)
    useful = points.usefulness >= usefulness
    title = f"No defence keeps {percent(usefulness)} of its use"
    if useful.any():
        best = points[useful].loc[points[useful].share.idxmax()]
        who = _TRACKERS[tracker][2] if tracker else "the best tracker"
        title = (
            f"Keeping {percent(usefulness)} of its use, {best.defence} buys most from {who}:"
            f" {percent(max(best.share, 0))} of the bits"
        )
    figure = Card(title, 4.1, note)
    axes = figure.subplots()
    axes.axvspan(0, 1 - usefulness, color=GREEN, alpha=0.1, linewidth=0)
    for where, (colour, marker) in _WHERE.items():
        look = {"edgecolor": colour, "linewidth": 1.6, "s": 70, "marker": marker, "zorder": 3}
        for rows, face in ((useful, colour), (~useful, PAPER)):
            part = points[rows & (points["where"] == where)]
            axes.scatter(1 - part.usefulness, part.share, facecolor=face, **look)
        axes.scatter([], [], color=colour, s=70, marker=marker, label=where)
    _name_points(axes, pd.concat([points[useful], points[~useful]]))
    axes.axhline(0, color=GREY, linewidth=0.9)
    axes.set_xlabel("usefulness lost (worst of counting, speeds, classification)")
    axes.set(xlim=(-0.02, 1.02), ylabel="bits bought back")
    axes.set_ylim(min(-0.05, points.share.min() - 0.03), 1.05)
    share_axis(axes.xaxis, axes.yaxis)
    axes.legend(frameon=False, title="acts on", loc="lower right", fontsize=11)
    return figure


def _name_points(axes, points, most=8):
    """Name the points from the highest down, but those too close to a named one."""
    placed = []
    for point in points.sort_values("share", ascending=False).itertuples():
        x, y = 1 - point.usefulness, point.share
        if any(abs(x - left) <= 0.3 and abs(y - up) <= 0.06 for left, up in placed):
            continue
        if len(placed) == most:
            return
        placed.append((x, y))
        away, side = (8, "left") if x < 0.7 else (-8, "right")
        words = f"{point.defence} ({point.strength:g})"
        beside(axes, x, y, words, away, ha=side, fontsize=10.5)


def bought_points(table: pd.DataFrame, tracker: str | None = None) -> pd.DataFrame:
    """One row per defence and strength, with the bits that it buys back from a tracker.

    Adds to rows of ``data/results/defences.csv`` the columns before (bits without a defence),
    bought (bits bought back) and share (of those before). Without a `tracker`, it is the best one
    for each.
    """
    before = table[table.defence == "none"].groupby("evidence").bits.max()
    rows = table[table.defence != "none"]
    if tracker is not None:
        rows = rows[rows.tracker == tracker]
    else:
        rows = rows.loc[rows.groupby(["defence", "strength"]).bits.idxmax()]
    rows = rows.assign(before=rows.evidence.map(before))
    return rows.assign(bought=rows.before - rows.bits, share=1 - rows.bits / rows.before)


@style()
def worst_case(best: pd.DataFrame, usefulness: float, note: str = _MEASURED) -> Card:
    """What each defence buys back at equal usefulness, from the weakest and the best tracker.

    `best` comes from `cctview.defences.study.headline`; every use keeps the share `usefulness`.
    """
    kept = best[best.bits.notna()].reset_index(drop=True)
    sold = kept.before - kept.off_the_shelf
    title = f"No defence keeps {percent(usefulness)} of its use"
    if len(kept):
        most = (sold - kept.bought).idxmax()
        title = (
            f"At {percent(usefulness)} usefulness, {kept.defence[most]} seems to buy"
            f" {sold[most]:.1f} bits back; it buys {max(kept.bought[most], 0):.1f}"
        )
    figure = Card(title, 0.5 * max(len(kept), 1) + 0.95, note, left=2.6)
    axes = figure.subplots()
    bold, small = {"fontweight": "bold"}, {"fontsize": 10.5}
    for row, one in kept.iterrows():
        ends = one.before - np.array([one.bits_high, one.bits_low])
        axes.plot(ends, [row - 0.17] * 2, color=INK, linewidth=1.3)
        _value(axes, max(ends[1], one.bought, 0), row - 0.17, one.bought, BLUE, **bold)
        _value(axes, max(sold[row], 0), row + 0.21, sold[row], DARKER[ORANGE], **small)
    axes.axvline(0, color=GREY, linewidth=0.9)
    if len(kept):
        rows, look = np.arange(len(kept)), {"edgecolor": ORANGE, "linewidth": 1.6}
        axes.barh(rows - 0.17, kept.bought, 0.32, color=BLUE, label="from the best tracker")
        name = "from a tracker off the shelf"
        axes.barh(rows + 0.19, sold, 0.26, facecolor=PAPER, label=name, **look)
        lowest = min(0, (kept.before - kept.bits_high).min())
        axes.set_xlim(lowest, 1.2 * max(sold.max(), kept.bought.max(), 0.1))
        axes.legend(frameon=False, loc="lower right", fontsize=10.5)
    name_rows(axes, [f"{row.defence} ({row.strength:g})" for row in kept.itertuples()])
    axes.set(ylim=(max(len(kept), 1) - 0.4, -0.6), xlabel="bits bought back")
    return figure


def _value(axes, x, y, value, colour, **look):
    label(axes, x, y, f" {value:.2f}", colour, va="center", bbox=None, **look)


@style()
def key_broken(
    found: dict[int, dict[str, float]],
    unprotected: dict[str, float],
    known: int,
    note: str = SIMULATION,
) -> Card:
    """How often a thief finds a vehicle behind a secret key, by how many others he knows.

    `found` has estimate, low and high for each number of known vehicles, and `unprotected` has them
    without a key. The card points out the number `known`.
    """
    counts = sorted(found)
    now, without = found[known]["estimate"], unprotected["estimate"]
    title = (
        f"With {known} known vehicles the thief finds {percent(now)}: {percent(now / without)} of"
        " what he finds without the key"
    )
    figure = Card(title, 3.3, note)
    axes = figure.subplots()
    estimates, low, high = (
        [found[count][name] for count in counts] for name in ("estimate", "low", "high")
    )
    band(axes, counts, low, high, BLUE, 0.15)
    axes.plot(counts, estimates, color=BLUE, marker="o", markersize=5, label="with known vehicles")
    axes.axhline(without, color=RED, linewidth=1.8, linestyle=(0, (4, 2)), label="no key")
    look = {"ha": "right", "va": "bottom", "fontsize": 11}
    label(axes, counts[-1], without, "without the key", RED, **look)
    look = {"s": 130, "facecolor": PAPER, "edgecolor": INK, "linewidth": 2, "zorder": 4}
    axes.scatter([known], [now], label="here", **look)
    axes.set(xlim=(-3, counts[-1] * 1.03), xlabel="vehicles that the thief knows at both cameras")
    axes.set(ylim=(0, 1.25 * max(unprotected["high"], *high)), ylabel="own vehicle found first")
    share_axis(axes.yaxis)
    return figure
