"""Figures of defences and purposes: what a defence buys back, for whom, and from whom."""

import numpy as np
import pandas as pd

from cctview.course.figures.lesson_08 import MEASURED
from cctview.defences import PRIVATE, case_name, spent_epsilon
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
    label,
    name_rows,
    percent,
    share_axis,
    style,
)

_WHERE = {"pixels": (ORANGE, "o"), "vectors": (BLUE, "s"), "database": (PURPLE, "^")}
_PROVEN = "Gaussian noise on vectors of length 1, delta 1e-5: cctview.defences.spent_epsilon"
_OUTCOMES = {"itself": BLUE, "the target": RED, "another": GREY}


@style()
def blamed(cloaks: pd.DataFrame, aim: str, levels: float, note: str = SIMULATION) -> Card:
    """Whom a search names first when the pictures of one camera are cloaked, by network.

    `cloaks` is ``data/results/cloaks.csv``; `aim` is "away" or "target", `levels` the strength.
    """
    rows = cloaks[(cloaks.aim == aim) & (cloaks.levels == levels)]
    plain = cloaks[cloaks.aim == "none"]
    cells = rows.set_index(["network", "outcome"])
    networks = list(dict.fromkeys(rows.network))
    made = cells.loc[networks[0]]
    title = f"By the network that the cloak was made for, {_share(made, 'itself')} are found"
    if aim == "target":
        title = f"With a target, the search blames the target in {_share(made, 'the target')}"
    title += f"; by {networks[-1]}, {_share(cells.loc[networks[-1]], _asked(aim))}"
    figure = Card(title, 0.55 * len(networks) + 1.4, note, left=1.8)
    axes = figure.subplots()
    for row, network in enumerate(networks):
        start = 0.0
        for outcome, colour in _OUTCOMES.items():
            share = max(cells.share[network, outcome], 0)
            axes.barh(row, share, 0.55, left=start, color=colour, label=outcome if not row else "")
            if share > 0.06:
                words = percent(share)
                look = {"va": "center", "ha": "center", "bbox": None, "fontweight": "bold"}
                label(axes, start + share / 2, row, words, PAPER, **look)
            start += share
        before = plain[(plain.network == network) & (plain.outcome == "itself")].share.iloc[0]
        axes.plot([before] * 2, [row - 0.36, row + 0.36], color=INK, linewidth=2)
    name_rows(axes, networks)
    axes.set(xlim=(0, 1), xlabel="named first (black line: the vehicle itself, without a cloak)")
    axes.set_ylim(len(networks) - 0.5, -1.1)
    axes.legend(frameon=False, ncols=3, loc="upper left", fontsize=11)
    share_axis(axes.xaxis)
    return figure


def _asked(aim):
    return "the target" if aim == "target" else "itself"


def _share(cells, outcome):
    return percent(max(cells.share[outcome], 0))


@style()
def spent(deviation: float, looks: int, days: int, note: str = _PROVEN) -> Card:
    """The epsilon of noise on the vectors, day by day, with so many looks at a vehicle a day."""
    places = np.unique(np.linspace(1, days, min(days, 12)).round().astype(int))
    one = spent_epsilon(deviation)
    exact = [spent_epsilon(deviation, looks * int(day)) for day in places]
    added = one * looks * places
    title = (
        f"One look spends an epsilon of {one:,.0f}; after {days} day{'s' * (days > 1)} it is"
        f" {exact[-1]:,.0f}"
    )
    figure = Card(title, 3.0, note, left=1.15)
    axes = figure.subplots()
    axes.axhspan(1, PRIVATE, color=GREEN, alpha=0.12, linewidth=0)
    for values, colour, name in ((added, GREY, "added up"), (exact, BLUE, "exact")):
        name = f"{name}: {values[-1]:,.0f}"
        axes.plot(places, values, color=colour, marker="o", markersize=5, label=name)
    look = {"va": "top", "ha": "left", "bbox": None, "fontsize": 11}
    label(axes, places[0], PRIVATE, " differential privacy ends here (10)", INK, **look)
    axes.legend(frameon=False, loc="upper left", ncols=2, fontsize=11)
    top = 20 * max(added.max(), PRIVATE)
    axes.set(yscale="log", ylim=(1, top), xlabel="days", ylabel="epsilon")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return figure


@style()
def worst_case(best: pd.DataFrame, usefulness: float, note: str = MEASURED) -> Card:
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
    name_rows(axes, [case_name(row.defence, row.strength) for row in kept.itertuples()])
    axes.set(ylim=(max(len(kept), 1) - 0.4, -0.6), xlabel="bits bought back")
    return figure


def _value(axes, x, y, value, colour, **look):
    label(axes, x, y, f" {value:.2f}", colour, va="center", bbox=None, **look)
