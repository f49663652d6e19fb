"""Figures of lesson 06: filters, the open set, look-alikes, base rates, indexes and costs."""

from typing import Any

import numpy as np
import pandas as pd

from cctview.course.stored import at_gallery, measured_gallery
from cctview.link import Filtered, rank_one
from cctview.match import COLOUR, LOOK_ALIKE, OTHER
from cctview.privacy import share_right
from cctview.show import (
    BLUE,
    CLAIMED,
    DARKER,
    DIFFERENT,
    DOTTED,
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    SAME,
    SIMULATION,
    Card,
    band,
    beside,
    dot,
    interval,
    label,
    name_rows,
    no_spines,
    percent,
    short,
    style,
)

_WORLD = "Simulated frames, our model world; who is who is told by its truth"
_DIAL = "Simulated frames at five settings of the dial, and real frames (models/student-64.md)"
_COSTS = "Costs of this course's own pipeline, each with its source in cctview.search.costs"
REAL = {"AUC": (0.946, 0.938, 0.954), "rank-1 without labels": (0.207, 0.185, 0.229)}
"""The same figures on real frames, with their intervals: ``models/student-64.md``."""
_DECADE = 10  # so many times as large as measured: as far as clusters are believed


@style()
def filters(stages: dict[str, Filtered], candidates: int = 1, note: str = _WORLD) -> Card:
    """How many candidates filters leave, and how often the correct one is among the first.

    `stages` come from `cctview.link.filters.apply_filters`; `candidates` is the length of the list.
    """
    names, table = list(stages), rank_one(stages, candidates)
    counts = [stage.left.mean() for stage in stages.values()]
    lost = np.isinf(stages[names[-1]].rank).mean()
    where = "first" if candidates == 1 else f"among the first {candidates}"
    by_looks, by_all = (percent(table.loc[name, "estimate"]) for name in (names[0], names[-1]))
    title = (
        f"The right one is {where}: {by_looks} by looks, {by_all} with all filters,"
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
    table: pd.DataFrame, found: float = 0.5, gallery: float | None = None, note: str = _WORLD
) -> Card:
    """False matches as the gallery grows, and how often a search flags anyone, or misses.

    Solid: measured. Dashed: one decade further, as clusters go on. Beyond: only a fan. Dotted: the
    naive curve, as if impostors were independent. `table` is ``data/results/open_set.csv``, and the
    threshold finds the share `found` of the vehicles that are there.
    """
    measured, end = measured_gallery(table), float(table["size"].max())
    gallery = gallery or measured
    model, reach = "measured", ""
    if gallery > measured:
        model = "clusters"
        reach = ", extrapolated" if gallery <= _DECADE * measured else ", a guess"
    false_matches = at_gallery(table, found, "clusters", "innocents", gallery)[0]
    flagged = at_gallery(table, found, model, "fpir", gallery)[0]
    title = (
        f"Among {short(gallery)} vehicles a search returns {short(false_matches)} innocents{reach};"
        f" it flags somebody in {percent(flagged)} of searches for one that is not there"
    )
    figure = Card(title, 3.5, note, left=1.2, wspace=0.46)
    counts, rates = figure.subplots(1, 2)
    _grows(counts, table, found, "innocents", measured, end)
    _grows(rates, table, found, "fpir", measured, end)
    _naive(rates, table, found, end)
    _misses(rates, at_gallery(table, found, "clusters", "misses", gallery)[0], end)
    for axes, y in ((counts, false_matches), (rates, flagged)):
        axes.axvline(gallery, color=INK, linewidth=1.2)
        dot(axes, gallery, y, DIFFERENT, 10, zorder=5)
        axes.set(xscale="log", xlim=(1, end), xlabel="vehicles in the gallery")
        axes.set_xticks([1, 1e3, 1e6], ["1", "1,000", "1 million"])
        axes.minorticks_off()
    counts.set(yscale="log", ylabel="innocents a search")
    counts.yaxis.set_major_formatter(lambda y, _: short(y))
    counts.minorticks_off()
    rates.set(ylim=(0, 1.04), ylabel="FPIR: searches that flag")
    rates.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    return figure


def _naive(axes, table, found, end):
    """How often a search flags anyone if impostors were independent."""
    sizes = np.geomspace(1, end, 60)
    rates = at_gallery(table, found, "independent", "fpir", sizes)[0]
    look = {"color": GREY, "linestyle": ":", "linewidth": 2}
    axes.plot(sizes, rates, label="naive: independent impostors", **look)
    label(axes, 1.2, 0.93, "naive\n(dotted)", GREY, fontsize=10.5, va="center")


def _misses(axes, share, end):
    axes.axhline(share, color=BLUE, linestyle=(0, (6, 2)), linewidth=1.8, label="FNIR")
    look = {"ha": "right", "va": "bottom" if share < 0.5 else "top", "fontsize": 10.5}
    label(axes, end, share, "FNIR: missed", BLUE, **look)


def _grows(axes, table, found, figure, measured, end):
    """Draw one figure by the gallery's size: solid, dashed, fan."""
    parts = (
        ("measured", "-", "measured", np.geomspace(1, measured, 30)),
        ("clusters", "--", "a decade further", np.geomspace(measured, _DECADE * measured, 12)),
    )
    for model, dashes, name, sizes in parts:
        middle = at_gallery(table, found, model, figure, sizes)[0]
        axes.plot(sizes, middle, color=DIFFERENT, linestyle=dashes, label=name)
    fan = np.geomspace(_DECADE * measured, end, 20)
    low = at_gallery(table, found, "clusters", figure, fan)[1]
    high = at_gallery(table, found, "independent", figure, fan)[2]
    # a count may be wrong by up to ten times at the far end
    spread = 10 ** np.linspace(0, 1, len(fan)) if figure == "innocents" else 1
    band(axes, fan, low / spread, high * spread, DIFFERENT, 0.2, hatch="//", label="a guess")


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
def alarms(prior: float, hit: float, false_matches: float, note: str = _WORLD) -> Card:
    """Of a hundred alarms, how many are right: one mark each.

    The vehicle is there with probability `prior`, and then found with probability `hit`; a search
    flags `false_matches` others on average.
    """
    right = float(share_right(prior, hit, false_matches))
    count = round(100 * right)
    title = f"Of 100 alarms, {count} are right; the others point at somebody else"
    if 0 < right < 0.095:
        title = f"One alarm in {short(1 / right)} is right; the others point at somebody else"
    figure = Card(title, 2.75, note, left=0.3, right=3.1, bottom=0.15, top=0.1)
    axes = figure.subplots()
    across, down = np.arange(100) % 20, np.arange(100) // 20
    axes.scatter(across[:count], down[:count], s=95, color=SAME, marker="o", label="right")
    axes.scatter(across[count:], down[count:], s=70, color=DIFFERENT, marker="X", label="wrong")
    axes.set(xlim=(-0.7, 19.7), ylim=(4.7, -0.7), xticks=[], yticks=[])
    no_spines(axes)
    words = (
        f"In a million searches\n\n● {short(1e6 * prior * hit)} right alarms\n\n"
        f"✗ {short(1e6 * false_matches)} alarms\n    that blame another"
    )
    look = {"va": "center", "fontsize": 12.5, "annotation_clip": False}
    axes.annotate(words, (1.03, 0.5), xycoords="axes fraction", **look)
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


@style()
def clock(table: pd.DataFrame, features: pd.Series, note: str = _WORLD) -> Card:
    """The bits that the clock alone gives, beside those that appearance alone gives.

    `table` comes from `cctview.link.filters.clock_bits`; `features` is a row of
    ``data/results/extractors.csv``.
    """
    features = features.rename({"bits": "estimate", "bits_low": "low", "bits_high": "high"})
    claimed = {"color": PAPER, "edgecolor": CLAIMED, "hatch": "//", "linewidth": 1.6}
    bars: dict[str, Any] = {
        "the clock alone": (table.loc["delivered"], {"color": BLUE}),
        "… as it claims": (table.loc["claimed"], claimed),
        "one look alone": (features, {"color": BLUE}),
    }
    delivered = table.loc["delivered", "estimate"]
    more = "more" if delivered > features.estimate else "less"
    title = (
        f"The clock alone gives away {delivered:.1f} bits of who it is, {more} than a look at the"
        f" vehicle ({features.estimate:.1f})"
    )
    figure = Card(title, 2.4, note, left=1.75, right=0.7)
    axes = figure.subplots()
    for row, (figures, look) in enumerate(bars.values()):
        axes.barh(row, figures.estimate, height=0.56, **look)
        interval(axes, row, figures)
        beside(axes, figures.high, row, f"{figures.estimate:.1f}")
    name_rows(axes, bars, color=INK)
    axes.set_xlabel("bits a search, on average")
    return figure
