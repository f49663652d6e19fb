"""Figures of lesson 06: filters, the open set, look-alikes, indexes and costs."""

from typing import Any

import numpy as np
import pandas as pd

from cctview.link import Filtered, rank_one
from cctview.match import COLOUR, LOOK_ALIKE, OTHER
from cctview.show import (
    BLUE,
    DARKER,
    DIFFERENT,
    DOTTED,
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    SIMULATION,
    Card,
    band,
    beside,
    dot,
    interval,
    label,
    name_rows,
    percent,
    share_axis,
    short,
    style,
)

_DIAL = "Simulated frames at five settings of the dial, and real frames (models/student-64.md)"
_COSTS = "Costs of this course's own pipeline, each with its source in cctview.search.costs"
REAL = {"AUC": (0.932, 0.902, 0.958), "rank-1 without labels": (0.213, 0.174, 0.241)}
"""The same figures on real frames, with their intervals: ``models/student-64.md``."""
_NAMED = 0.1
_LEFT: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 10}


@style()
def filters(stages: dict[str, Filtered], candidates: int = 1, note: str = SIMULATION) -> Card:
    """How many candidates filters leave, and how often the correct one is among the first.

    `stages` come from `cctview.link.filters.apply_filters`; `candidates` is the length of the list.
    """
    names, table = list(stages), rank_one(stages, candidates)
    counts = [stage.left.mean() for stage in stages.values()]
    lost = np.isinf(stages[names[-1]].rank).mean()
    where = "first" if candidates == 1 else f"among the first {candidates}"
    by_looks, by_all = (percent(table.loc[name, "estimate"]) for name in (names[0], names[-1]))
    title = (
        f"Among {short(counts[0])} at the next camera, the right one is {where}: {by_looks} by"
        f" appearance, {by_all} with all filters,"
        f" which rule out {percent(lost)} of them"
    )
    figure = Card(title, 2.75, note, left=1.35, wspace=0.12, right=0.55)
    left, right = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(names))
    left.barh(rows, counts, height=0.56, color=ORANGE, label="left")
    right.barh(rows, table["estimate"], height=0.56, color=BLUE, label="found")
    for row, (name, count) in enumerate(zip(names, counts, strict=True)):
        figures = table.loc[name]
        beside(left, count, row, short(count), 5, fontsize=11.5)
        interval(right, row, figures)
        beside(right, figures.high, row, percent(figures.estimate), fontsize=11.5)
    left.set(xscale="log", xlim=(1, 6 * max(counts)), xlabel="candidates left (log scale)")
    left.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    left.minorticks_off()
    name_rows(left, names, color=INK)
    right.set(xlim=(0, 1.12), xlabel=f"right one {where}")
    right.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    right.tick_params(axis="y", length=0)
    return figure


@style()
def open_set(
    table: pd.DataFrame,
    check: pd.DataFrame,
    fpir: float = 0.1,
    gallery: int | None = None,
) -> Card:
    """What searches miss at the false alarms that are tolerated, by the size of the gallery.

    `table` is ``data/results/open_set.csv``, `check` is ``open_set_check.csv``: nothing is drawn
    beyond the gallery that was measured unless the model that would go on has found the full
    gallery from half of it.
    """
    further, table = table[table["beyond"]], table[~table["beyond"]]
    sizes = sorted(table["size"].unique())
    gallery = gallery or sizes[-1]
    at = table[(table["size"] == gallery) & np.isclose(table["fpir"], fpir)].iloc[0]
    title = (
        f"Among {gallery:,} vehicles, with a false alarm in {percent(fpir)} of searches, appearance"
        f" alone misses {percent(at.fnir)} of the vehicles that are there"
    )
    figure = Card(title, 3.5, _beyond(check), left=0.95, wspace=0.4)
    growth, det = figure.subplots(1, 2)
    curves = [(of, rows) for of, rows in table.groupby("fpir") if rows["resolvable"].all()]
    looks = zip(curves, (DIFFERENT, ORANGE, BLUE, PURPLE, GREY), "osD^v", strict=False)
    for (of, rows), colour, marker in looks:
        growth.plot(rows["size"], rows["fnir"], color=colour, marker=marker, markersize=6)
        band(growth, rows["size"], rows["low"], rows["high"], colour)
        ends = pd.concat([rows.iloc[-1:], further[further["fpir"] == of]])
        look = {"color": colour, "linestyle": "--", "marker": marker, "markerfacecolor": PAPER}
        growth.plot(ends["size"], ends["fnir"], **look, zorder=1, label="foretold")
        if of >= _NAMED:  # the lines of stricter ones are together at the top
            words = f"FPIR {percent(of)} "
            label(growth, rows["size"].iloc[0], rows["fnir"].iloc[0], words, **_LEFT)
    stricter = " and ".join(percent(of) for of, _ in curves if of < _NAMED)
    label(growth, sizes[0] / 4.6, 1.02, stricter, va="center", fontsize=10)
    growth.set(xscale="log", xlim=(sizes[0] / 5, sizes[-1] * 2.6))
    growth.set(xlabel="vehicles in the gallery", ylabel="FNIR: missed")
    growth.set_xticks([100, 300, 1000], ["100", "300", "1,000"])
    rows = table[table["size"] == gallery]
    seen, unseen = rows[rows["resolvable"]], rows.loc[~rows["resolvable"], "fpir"]
    det.plot(seen["fpir"], seen["fnir"], color=INK, marker="o", markersize=5, label="measured")
    band(det, seen["fpir"], seen["low"], seen["high"], INK)
    det.set(xscale="log", xlim=(unseen.min(), 1), xlabel="FPIR: false alarms (log scale)")
    _not_measured(det, unseen.min(), seen["fpir"].min())
    det.set_xticks([0.01, 0.1, 1], ["1 %", "10 %", "100 %"])
    for axes, x in ((growth, gallery), (det, fpir)):
        axes.minorticks_off()
        axes.set(ylim=(0, 1.06))
        share_axis(axes.yaxis)
        dot(axes, x, at.fnir, INK, 11, zorder=5, label="chosen")
    return figure


def _not_measured(axes, low, high):
    """Hatch the rates that too few searches were made for."""
    look = {"facecolor": PALE, "edgecolor": GREY, "hatch": "///", "linewidth": 0}
    axes.axvspan(low, high, **look, label="not resolvable")
    words = {"rotation": 90, "ha": "center", "fontsize": 10}
    label(axes, np.sqrt(low * high), 0.3, "not resolvable", GREY, **words)


def _beyond(check):
    """What is drawn for larger galleries, and why."""
    missed = check[~check["holds"]]
    if missed.empty:
        return "Simulated frames. Dashed: by a model that finds all of the gallery from half of it"
    worst = missed.iloc[-1]
    return (
        f"Simulated frames. Nothing beyond: from half the gallery a model expects FPIR"
        f" {percent(worst.predicted)}, it is {percent(worst.measured)}"
    )


@style()
def look_alikes(table: pd.DataFrame, found: float = 0.5, note: str = SIMULATION) -> Card:
    """How often a different vehicle passes for the same, by how alike it is and by threshold.

    `table` comes from `cctview.match.passing`; the marked threshold finds the share `found`.
    """
    styles = {LOOK_ALIKE: (DIFFERENT, "o", 12), COLOUR: (PURPLE, "s", -9), OTHER: (GREY, "^", -5)}
    kinds = [kind for kind in styles if (table["alike"] == kind).any()]
    at = table[np.isclose(table["found"], found)].set_index("alike")["estimate"]
    title = (
        f"At the threshold that finds {percent(found)}, a clone passes for the same in"
        f" {percent(at[kinds[0]])} of cases, a vehicle of another colour in"
        f" {percent(at[kinds[-1]])}"
    )
    figure = Card(title, 3.6, note, left=1.1, right=2.0, top=0.32)
    axes = figure.subplots()
    lowest = 0.3 * table.loc[table["estimate"] > 0, "estimate"].min()
    for kind in kinds:
        rows, (colour, marker, up) = table[table["alike"] == kind], styles[kind]
        low, middle, high = (rows[end].clip(lower=lowest) for end in ("low", "estimate", "high"))
        axes.plot(rows["found"], middle, color=colour, marker=marker, markersize=6, label=kind)
        band(axes, rows["found"], low, high, colour, 0.2)
        words = kind.replace(": ", ":\n").replace(", ", ",\n")
        look = {"color": colour, "xytext": (9, up), "annotation_clip": False, "fontsize": 11}
        beside(axes, rows["found"].iloc[-1], middle.iloc[-1], words, **look)
    axes.axvline(found, color=INK, linewidth=1.2, linestyle=DOTTED)
    axes.set(yscale="log", ylim=(lowest, 1), ylabel="different pairs that pass")
    axes.set_xlabel("threshold, by the share of same pairs that it finds")
    axes.set_yticks([y for y in (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1) if y >= lowest])
    axes.yaxis.set_major_formatter(lambda y, _: percent(y))
    axes.xaxis.set_major_formatter(lambda x, _: percent(x))
    axes.minorticks_off()
    return figure


@style()
def individuality(table: pd.DataFrame, setting: float, note: str = _DIAL) -> Card:
    """What the likeness of vehicles of one design does to two figures, beside real frames.

    `table` is ``data/results/individuality.csv``; `setting` is one of its settings.
    """
    now = table[np.isclose(table["individuality"], setting)].set_index("figure")["estimate"]
    panels = (
        ("AUC", "AUC", "AUC", 0.5, "bottom"),
        ("rank-1 without labels", "first", "right one first", 0.0, "top"),
    )
    readings = [
        f"{name} {percent(now[key])} (real {percent(REAL[key][0])})" for key, name, *_ in panels
    ]
    title = f"Dial at {setting:g}: {', '.join(readings)}"
    figure = Card(title, 3.1, note, left=0.95, wspace=0.42)
    for axes, (key, _, name, least, side) in zip(figure.subplots(1, 2), panels, strict=True):
        rows, (real, low, high) = table[table["figure"] == key], REAL[key]
        rows = rows.sort_values("individuality")
        axes.axhspan(low, high, color=ORANGE, alpha=0.35, linewidth=0)
        axes.axhline(real, color=ORANGE, linestyle="--", label="real")
        look = {"color": BLUE, "marker": "o", "markersize": 6, "label": "simulated"}
        axes.plot(rows["individuality"], rows["estimate"], **look)
        band(axes, rows["individuality"], rows["low"], rows["high"], BLUE)
        dot(axes, setting, now[key], BLUE, 12, zorder=5)
        axes.axvline(setting, color=GREY, linewidth=1, linestyle=DOTTED)
        label(axes, 1.0, real, "real frames", DARKER[ORANGE], ha="right", va=side, fontsize=11)
        axes.set(xlim=(-0.04, 1.04), xlabel="individuality")
        axes.set(ylim=(least, 1.02), ylabel=name)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["clones", ".25", ".5", ".75", "1"])
        axes.yaxis.set_major_formatter(lambda y, _: percent(y))
    return figure


@style()
def kinds(table: pd.DataFrame, note: str = "Measured on this computer when the cell ran") -> Card:
    """Kinds of indexes: bytes to read for each vector, time per query, and recall.

    `table` comes from `cctview.search.measure_kinds`.
    """
    exact, codes = (f"{table.loc[kind, 'bytes']:,.0f}" for kind in ("flat", "ivfpq"))
    title = f"Exact search reads {exact} bytes a vector. Codes need {codes}, and miss some"
    names = {
        "flat": "flat: exact",
        "ivfpq": "IVF-PQ: codes\nin cells",
        "hnsw": "HNSW: a graph\nof neighbours",
    }
    figure = Card(title, 2.6, note, left=1.35, wspace=0.2, right=0.4)
    columns = (
        ("bytes", "bytes a vector", ORANGE, "{:,.0f}".format),
        ("milliseconds", "ms a query", GREY, "{:.2g}".format),
        ("recall", "of the nearest, found", BLUE, percent),
    )
    panels = figure.subplots(1, 3, sharey=True)
    for axes, (column, words, colour, written) in zip(panels, columns, strict=True):
        axes.barh(range(len(table)), table[column], height=0.56, color=colour)
        for row, value in enumerate(table[column]):
            beside(axes, value, row, written(value), 4, fontsize=11)
        axes.set(xlim=(0, 1.5 * table[column].max()), xticks=[], xlabel=words)
        name_rows(axes, [names[kind] for kind in table.index], color=INK)
    return figure


@style()
def costs(table: pd.DataFrame, note: str = _COSTS) -> Card:
    """What keeping and searching vectors costs, from these minutes to a scraped web.

    `table` comes from `cctview.search.compare_bills`: a column for each workload.
    """
    names, last = list(table), table.iloc[:, -1]
    title = (
        f"{names[-1][0].upper()}{names[-1][1:]}: {short(last['bytes_codes'] / 1e9)} GB of codes to"
        f" hold, and {last['seconds_approximate']:.0f} seconds of one core to search"
    )
    figure = Card(title, 0.5 * len(names) + 1.25, note, left=1.75, wspace=0.14)
    store, seek = figure.subplots(1, 2, sharey=True)
    marks = (
        (store, "bytes_vectors", 1e9, "vectors", BLUE, "o"),
        (store, "bytes_codes", 1e9, "codes", ORANGE, "s"),
        (seek, "seconds_exact", 1, "exact", BLUE, "o"),
        (seek, "seconds_approximate", 1, "approximate", ORANGE, "s"),
    )
    place = {"xytext": (0, 8), "va": "baseline", "ha": "center", "fontsize": 10.5, "color": INK}
    for axes, row, unit, words, colour, marker in marks:
        values = table.loc[row].to_numpy(float) / unit
        look = {"linestyle": "", "marker": marker, "markersize": 10}
        axes.plot(values, range(len(names)), color=colour, label=words, **look)
        for y, value in enumerate(values):
            beside(axes, value, y, short(value), **place)
    for axes, words in ((store, "gigabytes (log scale)"), (seek, "seconds a search (log scale)")):
        low, high = axes.dataLim.intervalx
        axes.set(xscale="log", xlabel=words, xlim=(low / 6, high * 6))
        axes.xaxis.set_major_formatter(lambda x, _: short(x))
        axes.minorticks_off()
        name_rows(axes, names, 0.6, 1.15, color=INK)
        axes.grid(axis="y", color=PALE)
        spaces = {"handletextpad": 0, "columnspacing": 0.5, "borderaxespad": 0}
        axes.legend(frameon=False, fontsize=10.5, loc="upper center", ncols=2, **spaces)
    return figure
