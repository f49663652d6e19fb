"""Figures of lesson 06: clock and lanes, galleries, look-alikes, costs, a town."""

import numpy as np
import pandas as pd
from IPython.display import HTML

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
    Card,
    band,
    beside,
    dot,
    interval,
    name_rows,
    percent,
    share_axis,
    short,
    show_crop,
    spread,
    style,
)

_COSTS = "Costs of this course's own pipeline, each with its source in cctview.search.costs"
_DETAILS = {"low": "less detail", "middle": "as drawn", "high": "more detail"}
_NAMED = 0.1  # the false alarm rate that the title tells of


@style()
def filters(stages: dict[str, Filtered], candidates: int = 1) -> Card:
    """How many candidates filters leave, and how often the correct one is among the first.

    `stages` come from `cctview.link.filters.apply_filters`; `candidates` is the length of the list.
    """
    names, table = list(stages), rank_one(stages, candidates)
    counts = [stage.left.mean() for stage in stages.values()]
    lost = np.isinf(stages[names[-1]].rank).mean()
    where = "first" if candidates == 1 else f"among the first {candidates}"
    by_looks, by_all = (percent(table.loc[name, "estimate"]) for name in (names[0], names[-1]))
    title = (
        f"Among {short(counts[0])} at the next camera the correct vehicle is {where} in {by_looks}"
        f" of searches by appearance, and in {by_all} with all filters; they rule it out in"
        f" {percent(lost)}"
    )
    figure = Card(title, 2.95, left=1.75, wspace=0.12, right=0.55)
    left, right = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(names))
    left.barh(rows, counts, height=0.56, color=ORANGE, label="left")
    right.barh(rows, table["estimate"], height=0.56, color=BLUE, label="found")
    for row, (name, count) in enumerate(zip(names, counts, strict=True)):
        figures = table.loc[name]
        beside(left, count, row, short(count), 5, fontsize=11.5)
        interval(right, row, figures)
        beside(right, figures.high, row, percent(figures.estimate), fontsize=11.5)
    left.set(xscale="log", xlim=(1, 6 * max(counts)), xlabel="candidates left\n(log scale)")
    left.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    left.minorticks_off()
    name_rows(left, names, color=INK)
    right.set(xlim=(0, 1.12), xlabel=f"correct vehicle\n{where}")
    right.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    right.tick_params(axis="y", length=0)
    return figure


@style()
def comes_first(table: pd.DataFrame) -> Card:
    """How often the correct vehicle comes first, by what a search goes by.

    `table` has a row for each, with columns estimate, low, high (`cctview.privacy.found_first`); of
    the first three the third combines the others.
    """
    one, other, both = (percent(share) for share in table["estimate"].iloc[:3])
    title = (
        f"By {table.index[0]} the correct vehicle comes first in {one} of searches, by"
        f" {table.index[1]} in {other}, by both together in {both}"
    )
    figure = Card(title, 2.5, left=2.6, right=0.8)
    axes = figure.subplots()
    colours = (ORANGE, BLUE, PURPLE, PURPLE)
    axes.barh(range(len(table)), table["estimate"], height=0.56, color=colours)
    for row, figures in enumerate(table.itertuples()):
        interval(axes, row, figures)
        beside(axes, figures.high, row, percent(figures.estimate), fontsize=11.5)
    name_rows(axes, table.index, color=INK)
    axes.set(xlim=(0, 1), xlabel="correct vehicle first (share of searches)")
    share_axis(axes.xaxis)
    return figure


@style()
def open_set(table: pd.DataFrame, check: pd.DataFrame) -> Card:
    """What searches miss at the false alarms that are tolerated, by the size of the gallery.

    `table` is ``data/results/open_set.csv``, `check` is ``open_set_check.csv``: nothing is drawn
    beyond the gallery that was measured unless the model that would go on has found the full
    gallery from half of it.
    """
    further, table = table[table["beyond"]], table[~table["beyond"]]
    sizes = sorted(table["size"].unique())
    curves = [(of, rows) for of, rows in table.groupby("fpir") if rows["resolvable"].all()]
    strict, rows = min(curves, key=lambda curve: abs(np.log(curve[0] / _NAMED)))
    title = (
        f"With a false alarm in {_one_in(strict)} searches, {percent(rows['fnir'].iloc[0])} of the"
        f" vehicles are missed among {sizes[0]:,}, and {percent(rows['fnir'].iloc[-1])} among"
        f" {sizes[-1]:,}"
    )
    figure = Card(title, 3.5, _beyond(check), left=0.95, right=2.2)
    axes = figure.subplots()
    looks = zip(curves, (DIFFERENT, ORANGE, BLUE, PURPLE, GREY), "osD^v", strict=False)
    height = 2.0
    for (of, rows), colour, marker in looks:
        look = {"color": colour, "marker": marker, "markersize": 6, "label": "measured"}
        axes.plot(rows["size"], rows["fnir"], **look)
        band(axes, rows["size"], rows["low"], rows["high"], colour)
        ends = pd.concat([rows.iloc[-1:], further[further["fpir"] == of]])
        look = {"color": colour, "linestyle": "--", "marker": marker, "markerfacecolor": PAPER}
        axes.plot(ends["size"], ends["fnir"], **look, zorder=1, label="foretold")
        height = min(height - 0.062, ends["fnir"].iloc[-1])  # labels do not touch
        place = {"color": DARKER.get(colour, colour), "annotation_clip": False, "fontsize": 11}
        words = f"false alarms in {_one_in(of)}"
        beside(axes, 2.05 * sizes[-1], height, words, 10, **place)
    axes.set(xscale="log", xlim=(0.9 * sizes[0], 2.1 * sizes[-1]), ylim=(0, 1.06))
    axes.set(xlabel="vehicles in the gallery (log scale)", ylabel="miss rate, FNIR")
    axes.set_xticks([100, 300, 1000], ["100", "300", "1,000"])
    axes.minorticks_off()
    share_axis(axes.yaxis)
    return figure


def _one_in(share):
    """A share in people's numbers: "1 of 10", "3 of 10"."""
    tens = 10 ** int(np.ceil(-np.log10(share) - 1e-9))
    return f"{share * tens:.0f} of {tens:,}"


def _beyond(check):
    """What is drawn for larger galleries, and why."""
    missed = check[~check["holds"]]
    if missed.empty:
        return "Simulated. Dashed: a model that foretold the whole gallery from half of it"
    worst = missed.iloc[-1]
    return (
        "Simulated. Nothing is drawn beyond: from half of the gallery a model expects false alarms"
        f" in {percent(worst.predicted)}, and there are {percent(worst.measured)}"
    )


_TWO_LINES = 0.17  # of the height of the axes: words in two lines


@style()
def look_alikes(table: pd.DataFrame, found: float = 0.5) -> Card:
    """How often different vehicles are linked, by how similar they are and by threshold.

    `table` comes from `cctview.match.passing`; the marked threshold finds the share `found`.
    """
    styles = {LOOK_ALIKE: (DIFFERENT, "o"), COLOUR: (PURPLE, "s"), OTHER: (GREY, "^")}
    kinds = [kind for kind in styles if (table["alike"] == kind).any()]
    at = table[np.isclose(table["found"], found)].set_index("alike")["estimate"]
    title = (
        f"The threshold that finds {percent(found)} of the true pairs links"
        f" {percent(at[kinds[0]])} of the look-alikes and {percent(at[kinds[-1]])} of the vehicles"
        " of another colour"
    )
    figure = Card(title, 3.6, left=1.1, right=2.0, top=0.32)
    axes = figure.subplots()
    lowest = 0.3 * table.loc[table["estimate"] > 0, "estimate"].min()
    ends = [table[table["alike"] == kind]["estimate"].iloc[-1].clip(lowest) for kind in kinds]
    names = 10 ** -spread(-np.log10(ends), -_TWO_LINES * np.log10(lowest))  # from the top down
    for kind, name in zip(kinds, names, strict=True):
        rows, (colour, marker) = table[table["alike"] == kind], styles[kind]
        low, middle, high = (rows[end].clip(lower=lowest) for end in ("low", "estimate", "high"))
        axes.plot(rows["found"], middle, color=colour, marker=marker, markersize=6, label=kind)
        band(axes, rows["found"], low, high, colour, 0.2)
        words = kind.replace(": ", ":\n").replace(", ", ",\n")
        look = {"color": colour, "annotation_clip": False, "fontsize": 11}
        beside(axes, rows["found"].iloc[-1], name, words, away=9, **look)
    axes.axvline(found, color=INK, linewidth=1.2, linestyle=DOTTED)
    axes.set(yscale="log", ylim=(lowest, 1), ylabel="different pairs that are linked")
    axes.set_xlabel("threshold, by the share of true pairs that it finds")
    axes.set_yticks([y for y in (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1) if y >= lowest])
    axes.yaxis.set_major_formatter(lambda y, _: percent(y))
    axes.xaxis.set_major_formatter(lambda x, _: percent(x))
    axes.minorticks_off()
    return figure


@style()
def wrongly_linked(tables: dict[str, pd.DataFrame]) -> Card:
    """Who is wrongly linked: how often vehicles are blamed, against the average vehicle.

    `tables`, by what they divide by, come from `cctview.privacy.who_is_blamed`. An interval that
    lies wholly above 1 is no chance.
    """
    surely = [name for table in tables.values() for name in table.index[table["low"] > 1]]
    most = " and ".join(f"no {of}" for of in tables)
    title = f"{most[0].upper()}{most[1:]} is surely linked wrongly more often than the average"
    if surely:
        title = f"These are surely linked wrongly more often than the average: {', '.join(surely)}"
    rows = max(len(table) for table in tables.values())
    figure = Card(title, 0.28 * rows + 1.35, left=1.2, top=0.4, bottom=0.8, wspace=0.5)
    most = max(table["high"].max() for table in tables.values())
    for axes, (of, table) in zip(figure.subplots(1, len(tables)), tables.items(), strict=True):
        axes.axvline(1, color=INK, linewidth=1.2, linestyle=DOTTED)
        for row, figures in enumerate(table.itertuples()):
            interval(axes, row, figures, caps=6)
            dot(axes, figures.estimate, row, DIFFERENT if figures.low > 1 else BLUE, 7)
        name_rows(axes, table.index, color=INK)
        axes.set(xlim=(0, 1.05 * most), ylim=(rows - 0.45, -0.55))
        axes.set_title(f"by {of}", fontsize=12)
        axes.set_xlabel("wrong links per vehicle\n(the average vehicle: 1)")
    return figure


@style()
def town(table: pd.DataFrame) -> Card:
    """What a week of records gives of the trips of a simulated town, by cameras and their kind.

    `table` is ``data/results/city.csv``.
    """
    most = table["cameras"].max()
    shares = {kind: town_shares(table, kind) for kind in ("stills", "plate readers")}
    still = shares["stills"].loc[most]
    title = (
        f"{most:,} still cameras put together {percent(still.right)} of the trips, and mix another"
        f" vehicle into {percent(still.wrong)}"
    )
    note = "Simulated town, seven days of records"
    figure = Card(title, 2.8, note, left=1.0, top=0.4, wspace=0.12)
    panels = figure.subplots(1, len(shares), sharey=True)
    looks = (("right", BLUE, "o", "-"), ("wrong", DIFFERENT, "s", "--"))
    words = {"right": "put together rightly", "wrong": "with a wrong link"}
    for axes, (kind, rows) in zip(panels, shares.items(), strict=True):
        for name, colour, marker, dashes in looks:
            look = {"color": colour, "marker": marker, "linestyle": dashes, "markersize": 5}
            axes.plot(rows.index, rows[name], label=words[name], **look)
        axes.set(xscale="log", xlabel="cameras (log scale)", ylim=(0, 1))
        axes.set_title(kind, fontsize=12)
        axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        axes.minorticks_off()
        share_axis(axes.yaxis)
    panels[0].set_ylabel("share of a week's trips")
    panels[0].legend(frameon=False, fontsize=10.5, loc="upper left")
    return figure


def town_shares(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Of all trips of a week, by number of cameras: those put together rightly (`right`), and those
    into which another vehicle is mixed (`wrong`).
    """
    rows = table[(table["days"] == 7) & (table["drivers"] == "everyone") & (table["kind"] == kind)]
    wide = rows.pivot_table(index="cameras", columns="figure", values="estimate")
    names = {"trips put together, right": "right", "trips with a wrong link": "wrong"}
    return wide[list(names)].rename(columns=names)


@style()
def one_car(crops: dict[tuple[str, str], np.ndarray]) -> Card:
    """One car at one moment, as `cctview.course.films_of_one_car` has it in each kind of frame."""
    sizes = [f"{crop.shape[1]}×{crop.shape[0]}" for crop in crops.values()]
    title = (
        f"The same car at the same moment: {sizes[0]} pixels in a small frame, {sizes[-1]} in a"
        " large one"
    )
    figure = Card(title, 1.75, photographs=True, left=0.16, right=0.16, bottom=0.3, top=0.45)
    for axes, ((size, detail), pixels) in zip(figure.subplots(1, len(crops)), crops.items()):
        show_crop(axes, pixels, interpolation="nearest")
        axes.set_title(f"frame of {size}", fontsize=11)
        axes.set_xlabel(_DETAILS[detail], fontsize=11, labelpad=3)
    return figure


@style()
def camera_kinds(table: pd.DataFrame) -> Card:
    """What larger and faster frames change: links and whole trips past three cameras.

    `table` is ``data/results/kinds.csv``. The bands go from little to much detail of vehicles at
    close range, which nobody has measured: we drew both.
    """
    panels = {"links right": "passes linked rightly", "whole trips right": "trips put together"}
    kinds = {figure: kinds_of_camera(table, figure) for figure in panels}
    trips = kinds["whole trips right"]
    small, large = trips.iloc[0], trips.iloc[-1]
    title = (
        f"Small, slow frames put {percent(small.estimate)} of the trips together; large, fast ones"
        f" of the same cars {percent(large.estimate)}"
    )
    note = (
        f"Simulated, {small['count']:.0f} trips. Orange: less to more detail of vehicles, assumed"
    )
    figure = Card(title, 0.5 * len(trips) + 1.0, note, left=2.1, right=0.55, wspace=0.28)
    for axes, (name, words) in zip(figure.subplots(1, 2, sharey=True), panels.items(), strict=True):
        for row, figures in enumerate(kinds[name].itertuples()):
            if np.isfinite(figures.little):
                ends = sorted([figures.little, figures.estimate, figures.much])
                axes.barh(row, ends[-1] - ends[0], 0.62, ends[0], color=ORANGE, alpha=0.35)
            interval(axes, row, figures)
            dot(axes, figures.estimate, row, BLUE)
            beside(axes, figures.high, row, percent(figures.estimate), 7, fontsize=11.5)
        axes.set(xlim=(0, 1.15), xlabel=f"{words} (share)", xticks=[0, 0.5, 1])
        axes.tick_params(axis="y", length=0)
        share_axis(axes.xaxis)
    rows = (f"{kind.frame} pixels,\nevery {kind.seconds:.1f} s" for kind in trips.itertuples())
    name_rows(figure.axes[0], rows, color=INK)
    return figure


def kinds_of_camera(table: pd.DataFrame, figure: str) -> pd.DataFrame:
    """One figure by kind of frames, from small and slow to large and fast: columns frame, seconds,
    estimate, low, high, count; `little` and `much`: the estimate with other detail, where it was
    tried.
    """
    rows = table[(table["figure"] == figure) & (table["network"] != "shipped")]
    kind, other = ["frame", "seconds"], {"low": "little", "high": "much"}
    by_detail = rows.pivot(index=kind, columns="detail", values="estimate").rename(columns=other)
    middle = rows[rows["detail"] == "middle"].merge(by_detail[[*other.values()]], on=kind)
    width = middle["frame"].str.partition("×")[0].astype(int)
    order = np.lexsort((-middle["seconds"], width))
    kinds: pd.DataFrame = middle.iloc[order].reset_index(drop=True)
    return kinds


def on_real_roads(table: pd.DataFrame) -> HTML:
    """What ``data/results/kinds.csv`` has of real cameras, which others have published."""
    rows = table[table["source"] != "simulated road"]
    shares = [
        percent(share)
        if share == share
        else f"{percent(low)} to {percent(high)}"
        if low == low
        else "unknown"
        for share, low, high in rows[["estimate", "low", "high"]].to_numpy()
    ]
    words = rows.assign(share=shares)[["arm", "figure", "share", "source"]]
    words.columns = ["real cameras", "what was counted", "share", "source"]
    with pd.option_context("display.max_colwidth", None):
        return HTML(words.to_html(index=False, justify="left"))


@style()
def costs(table: pd.DataFrame) -> Card:
    """What keeping and searching vectors costs, from these minutes to a scraped web.

    `table` comes from `cctview.search.compare_bills`: a column for each workload.
    """
    names, last = list(table), table.iloc[:, -1]
    title = (
        f"{names[-1][0].upper()}{names[-1][1:]}: {short(last['bytes_codes'] / 1e9)} GB of codes to"
        f" hold, and {last['seconds_approximate']:.0f} seconds of one core to search"
    )
    figure = Card(title, 0.5 * len(names) + 1.25, _COSTS, left=1.75, wspace=0.14)
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
    for axes, words in ((store, "gigabytes (log scale)"), (seek, "seconds per search (log scale)")):
        low, high = axes.dataLim.intervalx
        axes.set(xscale="log", xlabel=words, xlim=(low / 6, high * 6))
        axes.xaxis.set_major_formatter(lambda x, _: short(x))
        axes.minorticks_off()
        name_rows(axes, names, 0.6, 1.15, color=INK)
        axes.grid(axis="y", color=PALE)
        spaces = {"handletextpad": 0, "columnspacing": 0.5, "borderaxespad": 0}
        axes.legend(frameon=False, fontsize=10.5, loc="upper center", ncols=2, **spaces)
    return figure
