"""Figures of lesson 08: what a vector gives back, and what a defence is worth in whose hands."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cctview.defences import USES, Defence
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

TRACKER_LOOKS = {
    "off the shelf": (ORANGE, "o", "a tracker off the shelf"),
    "retrained": (PURPLE, "s", "the retrained tracker"),
    "adaptive": (BLUE, "D", "the adaptive tracker"),
    "another network": (GREEN, "^", "a tracker with another network"),
}
"""Colour, marker, and what each is called in a sentence."""
_PEOPLE = ("driver", "camera's owner", "database's owner", "law")
_DASHED = {"color": GREY, "linewidth": 1.5, "linestyle": (0, (2, 3)), "label": "before"}
MEASURED = "Simulated frames: bits of a link between two cameras, by a calibrated softmax"
"""Of figures that show the stored bits. Which bits these are: `cctview.attacks.linkage`."""
_HOLDERS = "What a defence changes, and who holds it"


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
    note: str = MEASURED,
) -> Card:
    """One defence at one strength: what it does to crops, and the bits that each tracker keeps.

    `rows` are those of ``data/results/defences.csv``, one for each tracker. The title is about the
    tracker `chosen`; `before` are the best tracker's bits without a defence. `pictured` says what
    the pictures are.
    """
    rows = rows.set_index("tracker")
    rows = rows.loc[[name for name in TRACKER_LOOKS if name in rows.index]]
    without = chosen not in rows.index  # of vectors alone no network makes others
    one = rows.iloc[-1] if without else rows.loc[chosen]
    about = f" ({one.strength:g} {one.unit})" if one.unit else ""
    title = (
        f"{_capital(one.defence)}{about}: {TRACKER_LOOKS[one.name][2]} keeps"
        f" {one.bits:.1f} of {before:.1f} bits"
    )
    figure = Card(title, 4.0, note, photographs=True, left=1.5, right=0.85)
    grid = figure.add_gridspec(2, len(pictures), height_ratios=(1, 1.6), hspace=0.6, wspace=0.08)
    for k, picture in enumerate(pictures):
        axes = figure.add_subplot(grid[0, k])
        show_crop(axes, picture, aspect="auto", interpolation="bicubic")
        if k == 0:
            beside: dict[str, Any] = {"rotation": 0, "ha": "right", "va": "center", "labelpad": 6}
            axes.set_ylabel(pictured, fontsize=10.5, **beside)
    axes = figure.add_subplot(grid[1, :])
    kept = [f"{use} {percent(one[use])}" for use in USES]
    words = f"Kept: {', '.join(kept[:2])},\n{', '.join(kept[2:])}"
    axes.set_title(f"Who can do this? {_capital(one.who)}\n{words}", loc="left", fontsize=11)
    for row, (name, figures) in enumerate(rows.iterrows()):
        alpha, weight, mark = (1, "bold", "  ◀") if name == one.name else (0.45, "normal", "")
        look: dict[str, Any] = {"height": 0.6, "color": TRACKER_LOOKS[name][0], "alpha": alpha}
        axes.barh(row, figures.bits, label=name, **look)
        interval(axes, row, _ends(figures), 1.5, 8)
        look = {"va": "center", "bbox": None, "fontweight": weight}
        label(axes, max(figures.bits_high, 0), row, f" {figures.bits:.2f}{mark}", **look)
    axes.axvline(before, **_DASHED)
    name_rows(axes, rows.index)
    axes.set_xlim(min(0, rows.bits_low.min()), 1.12 * max(before, rows.bits_high.max()))
    axes.set_xlabel(f"bits left (dashed: best tracker without a defence, {before:.1f})")
    return figure


def _ends(figures):
    return figures.rename({"bits_low": "low", "bits_high": "high"})


def _capital(name):
    return {"jpeg": "JPEG"}.get(name, name[0].upper() + name[1:])


@style()
def by_strength(table: pd.DataFrame, name: str, note: str = MEASURED) -> Card:
    """The bits that one defence leaves each tracker, from weak to strong.

    `table` is ``data/results/defences.csv``, and `name` is the defence.
    """
    rows = table[table.defence == name]
    without = (table.defence == "none") & (table.evidence == rows.evidence.iloc[0])
    before = table[without].bits.max()
    strengths = list(dict.fromkeys(rows.strength))
    cells = rows.set_index(["tracker", "strength"])
    there = [tracker for tracker in TRACKER_LOOKS if tracker in cells.index]
    strongest = {tracker: cells.loc[(tracker, strengths[-1]), "bits"] for tracker in there}
    first, worst = next(iter(TRACKER_LOOKS)), max(strongest, key=lambda name: strongest[name])
    title = (
        f"{_capital(name)} at full strength leaves {TRACKER_LOOKS[first][2]} {strongest[first]:.1f}"
        f" bits, {TRACKER_LOOKS[worst][2]} {strongest[worst]:.1f}"
    )
    figure = Card(title, 3.3, note, right=1.7)
    axes = figure.subplots()
    top = 1.12 * max(before, rows.bits_high.max())
    heights, last = _apart(strongest, 0.075 * top), len(strengths) - 1
    bold = {"va": "center", "fontweight": "bold", "bbox": None}
    for k, tracker in enumerate(there):
        colour, marker, _ = TRACKER_LOOKS[tracker]
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
