"""Figures of lesson 09: the crowd that hides a car, and what evidence is worth in another city."""

import numpy as np
import pandas as pd

from cctview.show import (
    BLUE,
    DELIVERED,
    GREY,
    PALE,
    SKY,
    Card,
    called,
    dot,
    dotted,
    key_above,
    label,
    percent,
    style,
)
from cctview.stats import match_probability

_HABITS = "One dot per vehicle of an average weekday, in our own model of habits"
_COMPUTED = "Computed, not measured; exactly one of the vehicles is the correct one"
_ACROSS = 48  # dots in a line
_DOT = 0.128  # in, from dot to dot
_FEW = 1.5  # vehicles, below which one is alone
_MOST = 9  # powers of ten on the axis of populations


@style()
def crowd(car: pd.Series, kind: str, colour: str, hour: int) -> Card:
    """Every vehicle on the road in an hour, one dot each: those of this type and of this colour.

    `car` comes from `cctview.privacy.leakage.your_car`.
    """
    everyone, of_kind, alike = (round(car[name]) for name in ("everyone", "of_kind", "alike"))
    rows = max(-(-everyone // _ACROSS), 1)
    title = _crowd_title(car, kind, colour, hour)
    note = f"{_HABITS}; 95% CI {car.low:.0f}–{car.high:.0f} alike" if car.alike >= _FEW else _HABITS
    figure = Card(title, _DOT * rows + 0.75, note, top=0.55, bottom=0.2, left=0.5)
    axes = figure.subplots()
    ends = (0, alike, max(of_kind, alike), max(everyone, of_kind, alike))
    names = (f"a {called(kind, colour)}", f"another {called(kind)}", "everyone else")
    styles = (
        {"s": 44, "color": BLUE, "marker": "s"},
        {"s": 28, "color": SKY},
        {"s": 9, "color": "#b5b2a9"},
    )
    for name, look, start, end in zip(names, styles, ends, ends[1:]):
        across, down = np.arange(start, end) % _ACROSS, np.arange(start, end) // _ACROSS
        axes.scatter(across, down, label=f"{name}: {end - start:,}", linewidth=0, **look)
    axes.set(xlim=(-1, _ACROSS), ylim=(rows - 0.4, -0.8))
    axes.set_axis_off()
    key_above(figure, 0.47, ncols=3, fontsize=11.5, handletextpad=0.2, columnspacing=1.2)
    return figure


def _crowd_title(car, kind, colour, hour):
    when, what = f"Between {hour} and {hour + 1} o'clock", called(kind, colour)
    if not car.alike:
        return f"{when} no {what} drives here on any weekday: there is none"
    if car.alike < _FEW:
        return (
            f"{when} a {what} is singled out: there are {car.alike:.2g} on an average weekday, of"
            f" {car.everyone:,.0f} vehicles"
        )
    return (
        f"{when} a {what} is one of {car.alike:.0f}, of {car.everyone:,.0f} vehicles: type and"
        f" colour give {car.bits:.1f} bits (halvings)"
    )


@style()
def same_evidence(population: int, evidence: float) -> Card:
    """How probable a match is by the same evidence, in populations of every size.

    `evidence` is in bits. The title names `population`.
    """
    right = float(match_probability(evidence, population))
    title = (
        f"Among {population:,} vehicles, a match worth {evidence:g} bits is correct in"
        f" {percent(right)}"
    )
    figure = Card(title.replace(" %", "\N{NO-BREAK SPACE}%"), 3.1, _COMPUTED, left=1.0)
    axes = figure.subplots()
    sizes = np.logspace(0, _MOST, 400)
    axes.plot(sizes, match_probability(evidence, sizes), color=DELIVERED, label="correct")
    dot(axes, population, right, DELIVERED, 11)
    dotted(axes, population)
    axes.axhline(0.5, color=PALE, linewidth=1, zorder=0)
    label(axes, 10**_MOST, 0.5, "a coin", ha="right", va="center", colour=GREY, fontsize=10.5)
    axes.set(xscale="log", xlim=(1, 10**_MOST), xlabel="vehicles that it could be")
    axes.set(ylim=(-0.03, 1.05), ylabel="matches that are correct")
    words = ["1", "100", "10,000", "1 million", "100 million"]
    axes.set_xticks([10**k for k in range(0, _MOST + 1, 2)], words)
    axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.minorticks_off()
    return figure
