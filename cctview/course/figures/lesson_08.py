"""Figures of lesson 08: what a defence is worth, in whose hands, and against whom."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cctview.defences import USES, Defence
from cctview.show import (
    BLUE,
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

_TRACKERS = {
    "off the shelf": (ORANGE, "a tracker off the shelf"),
    "retrained": (PURPLE, "the retrained tracker"),
    "adaptive": (BLUE, "the adaptive tracker"),
    "another network": (GREEN, "a tracker with another network"),
}
"""Colour, and what each is called in a sentence."""
_PEOPLE = ("driver", "camera's owner", "database's owner", "law")
_DASHED = {"color": GREY, "linewidth": 1.5, "linestyle": (0, (2, 3)), "label": "before"}
_MEASURED = "Simulated frames: bits of a link between two cameras, by a calibrated softmax"
"""Of figures that show the stored bits. Which bits these are: `cctview.attacks.linkage`."""
_OUTCOMES = {
    "itself": ("the correct vehicle", BLUE),
    "the target": ("the target", RED),
    "another": ("another vehicle", GREY),
}
_NETWORKS = {
    "the extractor": "the network that the\ncloak was made for",
    "the second": "another network",
    "the third": "a third network",
}
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
    note: str = _MEASURED,
) -> Card:
    """One defence at one strength: what it does to crops, and the bits that each tracker keeps.

    `rows` are those of ``data/results/defences.csv``, one for each tracker. The title is about the
    tracker `chosen`; `before` are the best tracker's bits without a defence. `pictured` says what
    the pictures are.
    """
    rows = rows.set_index("tracker")
    rows = rows.loc[[name for name in _TRACKERS if name in rows.index]]
    without = chosen not in rows.index  # of vectors alone no network makes others
    one = rows.iloc[-1] if without else rows.loc[chosen]
    about = f" ({one.strength:g} {one.unit})" if one.unit else ""
    title = (
        f"{_capital(one.defence)}{about}: {_TRACKERS[one.name][1]} keeps"
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
        look: dict[str, Any] = {"height": 0.6, "color": _TRACKERS[name][0], "alpha": alpha}
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
def key_broken(
    found: dict[int, dict[str, float]],
    unprotected: dict[str, float],
    known: int,
    note: str = SIMULATION,
) -> Card:
    """How often a thief finds a vehicle behind a secret key, by how many others the thief knows.

    `found` has estimate, low and high for each number of known vehicles, and `unprotected` has them
    without a key. The card points out the number `known`.
    """
    counts = sorted(found)
    now, without = found[known]["estimate"], unprotected["estimate"]
    title = (
        f"With {known} known vehicles the thief finds {percent(now)} of the others:"
        f" {percent(now / without)} of what a thief finds without the key"
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
    axes.set(ylim=(0, 1.25 * max(unprotected["high"], *high)), ylabel="correct vehicle first")
    share_axis(axes.yaxis)
    return figure


@style()
def blamed(cloaks: pd.DataFrame, levels: float, note: str = SIMULATION) -> Card:
    """Whom a search names first when each crop of one camera is cloaked as another vehicle.

    `cloaks` is ``data/results/cloaks.csv``; `levels` is the strength.
    """
    rows = cloaks[(cloaks.aim == "target") & (cloaks.levels == levels)]
    plain = cloaks[(cloaks.aim == "none") & (cloaks.outcome == "itself")].set_index("network").share
    shares = rows.set_index(["network", "outcome"]).share.clip(lower=0)
    networks = [name for name in _NETWORKS if name in plain.index]
    made, other = (percent(shares[name, "the target"]) for name in (networks[0], networks[-1]))
    title = (
        f"With a cloak, its own network names the target first in {made} of searches, another"
        f" network in {other}"
    )
    figure = Card(title, 0.55 * len(networks) + 1.4, note, left=1.9)
    axes = figure.subplots()
    for row, network in enumerate(networks):
        start = 0.0
        for outcome, (words, colour) in _OUTCOMES.items():
            share = shares[network, outcome]
            axes.barh(row, share, 0.55, left=start, color=colour, label="" if row else words)
            if share > 0.06:
                look = {"va": "center", "ha": "center", "bbox": None, "fontweight": "bold"}
                label(axes, start + share / 2, row, percent(share), PAPER, **look)
            start += share
        axes.plot([plain[network]] * 2, [row - 0.36, row + 0.36], color=INK, linewidth=2)
    name_rows(axes, [_NETWORKS[name] for name in networks])
    axes.set(xlim=(0, 1), xlabel="named first (black line: correct vehicle, no cloak)")
    axes.set_ylim(len(networks) - 0.5, -1.1)
    axes.legend(frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(-0.33, 1.02), fontsize=11)
    no_spines(axes)
    share_axis(axes.xaxis)
    return figure
