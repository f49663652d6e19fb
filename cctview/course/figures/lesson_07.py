"""Figures of the operator's search: candidates camera by camera, the dossier that a click builds,
and what a join makes of it.
"""

import numpy as np

from cctview.dataset.road import street_of
from cctview.investigate import NAMED, OWN
from cctview.show.look import (
    BLUE,
    DIFFERENT,
    GREY,
    INK,
    PALE,
    PAPER,
    Card,
    percent,
    style,
)
from cctview.show.pictures import RIGHT, WRONG

WORLD = "Simulated frames, our model world; the register is invented"


@style()
def dossier(dossier, known=None):
    """Everything that one click holds on a vehicle, and, where the truth is known, what of it is
    wrong.

    Parameters
    ----------
    dossier : cctview.investigate.dossier.Dossier
    known : dict of str to str, optional
        The truth of what was read off, by its words: "type", "colour", "direction".

    Returns
    -------
    Card
    """
    known = known or {}
    rows = [("who", dict(dossier.lines())["who"], None)]
    for row in dossier.sightings.itertuples():
        sure = f"{100 * row.probability:.0f} %" if np.isfinite(row.probability) else "linked"
        sure = "the click" if row.id == dossier.picked else sure
        rows.append(
            (street_of(row.camera), f"{row.time:%H:%M:%S}, {sure}", getattr(row, "right", None))
        )
    for what, (held, sure) in dossier.read_off.items():
        said = f"{held}, {100 * sure:.0f} %" if np.isfinite(sure) else held
        rows.append((what, said, None if what not in known else held == known[what]))
    if dossier.name:
        told = f"{dossier.name.holder or 'nobody fits'}, {100 * dossier.name.probability:.0f} %"
        rows.append((dossier.name.fact, told, getattr(dossier, "name_right", None)))
    wrong = sum(right is not None and not right for *_, right in rows)
    title = f"One click, {len(rows) - 1} things on vehicle {dossier.number}"
    title += (
        f"; {wrong} of them {'is' if wrong == 1 else 'are'} false"
        if any(right is not None for *_, right in rows)
        else ""
    )
    note = OWN if dossier.own else WORLD
    figure = Card(
        title, height=0.34 * len(rows) + 0.2, note=note, left=0.2, right=0.2, bottom=0.05, top=0.05
    )
    axes = figure.subplots()
    for k, (what, held, right) in enumerate(rows):
        if k % 2 == 0:
            axes.axhspan(k - 0.5, k + 0.5, color=PALE, alpha=0.45, linewidth=0, zorder=0)
        axes.text(0.01, k, what, va="center", fontsize=12, color=GREY)
        axes.text(0.3, k, held, va="center", fontsize=12, fontweight="bold" if k == 0 else "normal")
        if right is not None:
            sign, colour = (f"{RIGHT} true", BLUE) if right else (f"{WRONG} false", DIFFERENT)
            axes.text(
                0.99, k, sign, va="center", ha="right", fontsize=12, color=colour, fontweight="bold"
            )
    axes.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    axes.set_axis_off()
    return figure


@style()
def joins(tables, least=NAMED, note=WORLD):
    """For each outside fact, of how many dossiers it makes the right name, a wrong one, or none;
    with 95 % intervals.

    Parameters
    ----------
    tables : dict of str to DataFrame
        By fact: from `cctview.investigate.measure_joins`.
    least : float
        From which probability on an entry is taken for the name.

    Returns
    -------
    Card
    """
    from scipy.stats import binomtest

    counts = {}
    for fact, table in tables.items():
        named, right = (
            (table["probability"] >= max(least, 1e-9)).to_numpy(),
            table["right"].to_numpy(bool),
        )
        counts[fact] = int((named & right).sum()), int((named & ~right).sum()), len(table)
    fact, (right, wrong, of) = list(counts.items())[-1]
    title = (
        f"{fact[0].upper()}{fact[1:]} puts the right name on {percent(right / of)} of the dossiers,"
        " a wrong one on "
    )
    title += percent(wrong / of)
    figure = Card(title, height=0.78 * len(counts) + 1.15, note=note, left=1.7, right=0.35, top=0.4)
    axes = figure.subplots()
    parts = (
        (0, "the right name", BLUE, ""),
        (1, "a wrong name", DIFFERENT, "///"),
        (2, "no name", PALE, ""),
    )
    for k, numbers in enumerate(counts.values()):
        right, wrong, of = numbers
        shares, left = (right / of, wrong / of, 1 - (right + wrong) / of), 0.0
        for place, name, colour, hatch in parts:
            look = {
                "color": colour,
                "hatch": hatch,
                "edgecolor": PAPER,
                "label": name if k == 0 else None,
            }
            axes.barh(k, shares[place], left=left, height=0.52, **look)
            if shares[place] > 0.07:
                words = {"ha": "center", "va": "center", "fontsize": 11.5, "fontweight": "bold"}
                words |= {
                    "color": INK if place == 2 else PAPER,
                    "bbox": {"facecolor": colour, "edgecolor": "none", "pad": 1.5},
                }
                axes.text(left + shares[place] / 2, k, percent(shares[place]), **words)
            left += shares[place]
        interval = binomtest(right, of).proportion_ci(method="wilson")
        axes.plot([interval.low, interval.high], [k + 0.36] * 2, color=INK, linewidth=1.4)
    axes.set(
        xlim=(0, 1),
        ylim=(len(counts) - 0.4, -0.5),
        xlabel=f"share of {of} dossiers (thin lines: 95 % intervals)",
    )
    axes.set_yticks(range(len(counts)), list(counts), color=INK)
    axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    axes.tick_params(axis="y", length=0)
    top = figure.subplotpars.top + 0.4 / figure.get_size_inches()[1]
    look = {
        "ncols": 3,
        "frameon": False,
        "fontsize": 11,
        "handletextpad": 0.4,
        "columnspacing": 1.2,
    }
    figure.legend(loc="upper left", bbox_to_anchor=(0.01, top), **look)
    return figure
