"""Figures of lesson 07: the dossier that a click builds, and what a join makes of it."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from cctview.dataset import street_of
from cctview.investigate import NAMED, OWN, Dossier
from cctview.show import (
    BLUE,
    DIFFERENT,
    GREY,
    INK,
    PALE,
    PAPER,
    RIGHT,
    WRONG,
    Card,
    key_above,
    name_rows,
    percent,
    share_axis,
    style,
)

_WORLD = "Simulated; the register is invented"
_PARTS = (
    ("right name", f"{RIGHT} ", BLUE),
    ("wrong name", f"{WRONG} ", DIFFERENT),
    ("no name", "", PALE),
)


@style()
def dossier(dossier: Dossier, known: dict[str, str] | None = None) -> Card:
    """Everything that one click holds on a vehicle, and what of it is wrong.

    `known` has the truth of what was read off, by its words: "type", "colour", "direction".
    """
    rows = [("who", dict(dossier.lines())["who"], None), *_held(dossier, known or {})]
    judged = [right for *_, right in rows if right is not None]
    title = f"One click, {len(rows) - 1} things on vehicle {dossier.number}"
    if judged:
        wrong = len(judged) - sum(judged)
        title += f"; {wrong} of them {'is' if wrong == 1 else 'are'} false"
    note = OWN if dossier.own else _WORLD
    figure = Card(title, 0.34 * len(rows) + 0.2, note, left=0.2, right=0.2, bottom=0.05, top=0.05)
    axes = figure.subplots()
    look = {"va": "center", "fontsize": 12}
    for k, (what, held, right) in enumerate(rows):
        if k % 2 == 0:
            axes.axhspan(k - 0.5, k + 0.5, color=PALE, alpha=0.45, linewidth=0, zorder=0)
        axes.text(0.01, k, what, color=GREY, **look)
        axes.text(0.3, k, held, fontweight="bold" if k == 0 else "normal", **look)
        if right is not None:
            sign, colour = (f"{RIGHT} true", BLUE) if right else (f"{WRONG} false", DIFFERENT)
            axes.text(0.99, k, sign, ha="right", color=colour, fontweight="bold", **look)
    axes.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    axes.set_axis_off()
    return figure


def _held(dossier, known):
    """What is held, in which words, and whether it is right: None where nothing says so."""
    for row in dossier.sightings.itertuples():
        sure = f"{100 * row.probability:.0f} %" if np.isfinite(row.probability) else "linked"
        sure = "the click" if row.id == dossier.picked else sure
        yield street_of(row.camera), f"{row.time:%H:%M:%S}, {sure}", getattr(row, "right", None)
    for what, (held, sure) in dossier.read_off.items():
        words = f"{held}, {100 * sure:.0f} %" if np.isfinite(sure) else held
        yield what, words, None if what not in known else held == known[what]
    if name := dossier.name:
        words = f"{name.holder or 'nobody fits'}, {100 * name.probability:.0f} %"
        yield name.fact, words, getattr(dossier, "name_right", None)


@style()
def joins(tables: dict[str, pd.DataFrame], least: float = NAMED) -> Card:
    """For each outside fact, how many dossiers get the right name, a wrong one or none.

    `tables`, by fact, come from `cctview.investigate.measure_joins`. An entry is taken for the name
    from the probability `least`; the intervals are 95 %.
    """
    shares, count = {}, len(next(iter(tables.values())))
    for fact, table in tables.items():
        named = (table["probability"] >= max(least, 1e-9)).to_numpy()
        right = table["right"].to_numpy(bool)
        shares[fact] = (named & right).mean(), (named & ~right).mean(), 1 - named.mean()
    fact, (right, wrong, _) = list(shares.items())[-1]
    title = (
        f"{fact[0].upper()}{fact[1:]} puts the right name on {percent(right)} of the dossiers,"
        f" a wrong one on {percent(wrong)}"
    )
    figure = Card(title, 0.78 * len(shares) + 1.15, _WORLD, left=1.7, right=0.35, top=0.4)
    axes = figure.subplots()
    words = {"ha": "center", "va": "center", "fontsize": 11.5, "fontweight": "bold"}
    for row, parts in enumerate(shares.values()):
        left = 0.0
        for share, (name, sign, colour) in zip(parts, _PARTS, strict=True):
            name_once = f"{sign}{name}" if row == 0 else None
            axes.barh(row, share, left=left, height=0.52, color=colour, label=name_once)
            if share > 0.07:
                ink = PAPER if sign else INK
                axes.text(left + share / 2, row, f"{sign}{percent(share)}", color=ink, **words)
            left += share
        interval = binomtest(round(parts[0] * count), count).proportion_ci(method="wilson")
        axes.plot([interval.low, interval.high], [row + 0.36] * 2, color=INK, linewidth=1.4)
    name_rows(axes, shares, 0.4, 0.5, color=INK)
    axes.set(xlim=(0, 1), xlabel=f"share of {count} dossiers (thin lines: 95 % intervals)")
    share_axis(axes.xaxis)
    key_above(figure, 0.4, ncols=3, handletextpad=0.4, columnspacing=1.2)
    return figure
