"""Figures side by side, as bars with intervals."""

from collections.abc import Callable

import pandas as pd

from cctview.show.drawing import DOTTED, beside, interval, name_rows
from cctview.show.look import BLUE, GREY, SIMULATION, Card, style


@style()
def bars(
    table: pd.DataFrame,
    xlabel: str,
    title: str,
    chance: float | None = None,
    note: str = SIMULATION,
    say: Callable[[float], str] = "{:.3f}".format,
) -> Card:
    """Figures side by side, as bars with intervals.

    Parameters
    ----------
    table : DataFrame
        One row a bar, its name the index; columns estimate, low, high.
    xlabel : str
        What is measured, and in which unit.
    title : str
        The finding.
    chance : float, optional
        What mere chance would reach: drawn as a line.
    note : str
    say : callable
        How a figure is written.
    """
    figure = Card(title, 0.55 * len(table) + 0.85, note, left=2.2, right=1.0)
    axes = figure.subplots()
    for row, (name, figures) in enumerate(table.iterrows()):
        axes.barh(row, figures.estimate, height=0.56, color=BLUE, label=name)
        interval(axes, row, figures)
        beside(axes, figures.high, row, say(figures.estimate), fontsize=11.5)
    if chance is not None:
        axes.axvline(chance, color=GREY, linewidth=1.4, linestyle=DOTTED)
        place = {"xycoords": ("data", "axes fraction"), "xytext": (3, 1), "va": "baseline"}
        beside(axes, chance, 1, "chance", color=GREY, fontsize=10.5, **place)
    name_rows(axes, table.index)
    axes.set(xlabel=xlabel, xlim=(min(0, table.low.min()), None))
    return figure
