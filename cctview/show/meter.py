"""Figures of what searches give away: the leakage meter, whom searches link, what clock and
appearance give, whether the system is as right as it says, the side gauges.
"""

import textwrap
from typing import Any

import pandas as pd
from matplotlib.patches import Patch

from cctview.privacy import OUTCOMES, LeakageMeter
from cctview.show.drawing import at_edge, key_above, name_rows, share_axis
from cctview.show.look import (
    CLAIMED,
    DELIVERED,
    DIFFERENT,
    GREEN,
    GREY,
    INK,
    PALE,
    PAPER,
    SAME,
    SKY,
    Card,
    label,
    one_of,
    percent,
    style,
)
from cctview.show.pictures import RIGHT, WRONG

_ROW = 0.62  # in, of one step
_GAUGE = 0.95  # in, of one gauge
_NAMES = 19  # letters in a line of a step's name
_KNOWN = {"facecolor": PALE, "edgecolor": GREY, "hatch": "///", "linewidth": 0.8}
_TAKEN_BACK = {"facecolor": PAPER, "edgecolor": GREEN, "linewidth": 2.0}


@style()
def bits_given(meter: LeakageMeter) -> Card:
    """The bits that have been given away and are right, after each step: a long bar is a large
    leak.

    What each step adds is dark, what was given away before it is pale. Hatched is what nobody had
    to find, because the question tells it.
    """
    total, rows = meter.total_bits, max(len(meter.steps), 1)
    figure = Card(_meter_title(meter), _ROW * rows + 0.95, _meter_note(meter), left=1.75, right=2.2)
    axes = figure.subplots()
    before = 0.0
    for row, step in enumerate(meter.steps):
        before = _meter_row(axes, row, before, step)
    axes.axvline(total, color=INK, linewidth=1.6)
    lowest = min((before, *(meter.upto(step.name).given().low for step in meter.steps)))
    axes.set(xlim=(min(0.0, lowest), total * 1.01), xlabel="bits given away, and right")
    name_rows(axes, [_wrapped(step.name) for step in meter.steps], 0.4, 0.75, color=INK)
    label(axes, total, -0.7, f"{total:.0f} bits single it out", ha="right", va="top", fontsize=10)
    return figure


def _meter_row(axes, row, before, step):
    """Draw one step; returns the bits after it."""
    after = before + step.bits.estimate
    axes.barh(row, min(before, after), height=0.5, color=SKY, alpha=0.45)
    look = {"color": DELIVERED} if step.bits.estimate >= 0 else _TAKEN_BACK
    look = _KNOWN if step.known else look
    added = abs(step.bits.estimate)
    axes.barh(row, added, left=min(before, after), height=0.5, label=step.name, **look)
    ends = [before + step.bits.low, before + step.bits.high]
    axes.plot(ends, [row, row], color=INK, linewidth=1.3, marker="|", markersize=6)
    words = f"{step.bits.estimate:+.1f} bits: {after:.1f}".replace("-", "−")
    at_edge(axes, row - 0.14, words, away=6, fontsize=10.5, fontweight="bold")
    if step.right is not None:
        words = f"correct first: {_share(step.right)}"
        at_edge(axes, row + 0.2, words, away=6, fontsize=9.5, color=GREY)
    return after


def _share(right):
    if right.low == right.high:
        return percent(right.estimate)
    return f"{percent(right.estimate)} ({100 * right.low:.0f}–{100 * right.high:.0f})"


def _meter_title(meter):
    if not meter.steps:
        return f"Before any camera, {meter.target} is {one_of(meter.population)}"
    given, known = meter.given().estimate, sum(s.bits.estimate for s in meter.steps if s.known)
    title = f"{_capital(meter.target)}: {given:.1f} of {meter.total_bits:.0f} bits are given away"
    return f"{title} and right, {known:.1f} of them by the question" if known else title


def _meter_note(meter):
    count = next((step.count for step in meter.steps if step.count), "")
    return f"{count}; {_note(meter.world)}" if count else _note(meter.world)


def _note(world):
    frames = "Simulated" if world == "twin" else f"{world} frames"
    return f"{frames}; thin lines: 95 % intervals"


@style()
def who_is_linked(rates: pd.DataFrame, note: str = "") -> Card:
    """Whom searches link: a bar for vehicles that were tracked there, one for those that passed
    unseen, one for those that never passed.

    `rates` come from `cctview.privacy.leakage.linking_rates`.
    """
    share = rates["estimate"]
    names = [name for name in OUTCOMES if name in rates.index]
    title = (
        f"Of the vehicles that were {names[0]}, a search links"
        f" {percent(share[names[0], 'right'])}; of those that {names[-1]}, it takes"
        f" {percent(share[names[-1], 'another'])} for another"
    )
    note = note or "Simulated; below a share its 95 % interval"
    figure = Card(title, 2.9, note, left=1.75, right=0.4, top=0.42)
    axes = figure.subplots()
    looks = {
        "right": {"color": SAME},
        "another": {"color": DIFFERENT},
        "nobody": {"color": PALE},
    }
    for row, outcome in enumerate(names):
        left = 0.0
        for verdict, look in looks.items():
            figures = rates.loc[(outcome, verdict)]
            axes.barh(row, figures.estimate, left=left, height=0.56, linewidth=0, **look)
            if figures.estimate > 0.12:
                sign = {"right": f"{RIGHT} ", "another": f"{WRONG} "}.get(verdict, "")
                words = (
                    f"{sign}{percent(figures.estimate)}\n{100 * figures.low:.0f}–"
                    f"{100 * figures.high:.0f}"
                )
                place: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 10.5}
                label(axes, left + figures.estimate / 2, row, words, **place)
            left += figures.estimate
    counts = [f"{name}\n{rates.loc[(name, 'right'), 'searches']:,.0f} searches" for name in names]
    name_rows(axes, counts, color=INK)
    axes.set(xlim=(0, 1), xlabel="share of the searches")
    share_axis(axes.xaxis)
    meanings = ["links the correct vehicle", "links another", "links nobody"]
    handles = [
        Patch(label=word, **look) for word, look in zip(meanings, looks.values(), strict=True)
    ]
    key_above(figure, 0.42, handles=handles, ncols=3, handlelength=1.2, columnspacing=1.2)
    return figure


@style()
def said_and_right(sureness: pd.DataFrame, calibration: pd.DataFrame, note: str = "") -> Card:
    """A reliability diagram: how often the best candidate is right, by how sure the search is.

    `sureness` and `calibration` come from the functions of `cctview.privacy.leakage` of that name.
    On the diagonal a system is as often right as it says.
    """
    said, right = calibration.loc["said", "estimate"], calibration.loc["right", "estimate"]
    title = (
        f"The system says that {percent(said)} of its best candidates are right, and"
        f" {percent(right)} are"
    )
    note = note or f"{sureness['count'].sum():,} searches, {_note('twin')}"
    figure = Card(title, 3.7, note, left=1.0, right=2.3)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1.2, linestyle="--")
    label(axes, 0.27, 0.36, "as often right\nas it says", GREY, fontsize=10, ha="right")
    axes.vlines(sureness["claimed"], sureness["low"], sureness["high"], color=INK, linewidth=1.4)
    look = {"color": CLAIMED, "markeredgecolor": PAPER, "markersize": 9, "zorder": 4}
    axes.plot(sureness["claimed"], sureness["true"], "o", label="right", **look)
    axes.set(xlim=(0, 1), xlabel="confidence", ylim=(0, 1.02), ylabel="share that is right")
    share_axis(axes.xaxis, axes.yaxis)
    words = "above the line:\nmore often right\nthan it says\n\nbelow it:\nless often"
    place = {"xycoords": "axes fraction", "va": "top", "fontsize": 10.5, "linespacing": 1.3}
    axes.annotate(words, (1.05, 0.98), **place)
    return figure


@style()
def gauges(meter: LeakageMeter) -> Card:
    """The side gauges: what leaks, but cannot be subtracted from log2 N."""
    names, title = list(meter.gauges), "Beside the meter: nothing measured yet"
    if len(names) == 1:
        title = f"One leak, {names[0]}: {_figures(meter.gauges[names[0]], '.2g')}".rstrip()
    if len(names) > 1:
        title = f"Beside the meter: {len(names)} leaks that no sum of bits can hold"
    rows = max(len(names), 1)
    height = _GAUGE * rows + 0.5
    figure = Card(title, height, _note(meter.world), left=0.45, right=0.45, bottom=0.55, top=0.0)
    axes = figure.subplots()
    for row, (name, gauge) in enumerate(meter.gauges.items()):
        if len(names) > 1:  # one alone stands in the title
            words = f"{name}: {_figures(gauge, '.2f')}"
            label(axes, 0, row - 0.22, words, va="bottom", fontweight="bold", bbox=None)
        label(axes, 0, row + 0.18, gauge.note, GREY, va="top", fontsize=9.8, bbox=None)
        axes.barh(row, 1, height=0.3, color=PALE)
        axes.barh(row, gauge.estimate, height=0.3, color=DELIVERED)
        axes.plot([gauge.low, gauge.high], [row, row], color=INK, linewidth=1.4)
    most = max([1.0, *(gauge.high for gauge in meter.gauges.values())])
    axes.set(xlim=(0, most), ylim=(rows - 0.45, -0.55), yticks=[], xlabel="share")
    axes.spines["left"].set_visible(False)
    return figure


def _figures(gauge, form):
    return f"{gauge.estimate:{form}} (95% CI {gauge.low:{form}}–{gauge.high:{form}}) {gauge.unit}"


def _capital(text):
    return f"{text[0].upper()}{text[1:]}"


def _wrapped(text, width=_NAMES):
    return "\n".join(textwrap.wrap(text, width))
