"""Figures of a search engine that grows: filters, open-set searches by gallery size, clones, base
rates, indexes, costs.
"""

import numpy as np

from cctview.link.filters import KEPT, rank_one
from cctview.match.impostors import CLONE, COLOUR, OTHER
from cctview.privacy.open_set import share_right
from cctview.show.look import (
    BLUE,
    CLAIMED,
    DIFFERENT,
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    SAME,
    TWIN,
    Card,
    label,
    percent,
    style,
)

WORLD = "Simulated frames, our model world; who is who is told by its truth"
DARK_ORANGE = "#9a6a00"
REAL = {"AUC": (0.946, 0.938, 0.954), "rank-1 without labels": (0.207, 0.185, 0.229)}
"""The same figures on real frames, with their intervals: ``models/student-64.md``."""
DECADE = 10


def short(count):
    """A large number in few letters.

    Examples
    --------
    >>> [short(x) for x in (0.25, 3.14, 42.4, 1966, 38_400, 2e6, 3e10)]
    ['0.25', '3.1', '42', '2,000', '38,000', '2 million', '30 billion']
    """
    if count < 10:
        return f"{count:.2g}"
    rounded = float(f"{count:.2g}")
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if rounded >= size:
            return f"{rounded / size:g} {name}"
    return f"{rounded:,.0f}"


@style()
def filters(stages, candidates=1, kept=KEPT, note=WORLD):
    """What filters leave of a search: candidates (left), and how often the right one is among the
    first (right).

    Parameters
    ----------
    stages : dict of str to cctview.link.filters.Filtered
        From `cctview.link.filters.apply_filters`.
    candidates : int
        The length of the list that an operator looks at.
    kept : float
        Told in the left panel's label: what each filter lets through of the true pairs.
    note : str

    Returns
    -------
    Card
    """
    names, table = list(stages), rank_one(stages, candidates)
    left = [stage.left.mean() for stage in stages.values()]
    lost = np.isinf(stages[names[-1]].rank).mean()
    where = "first" if candidates == 1 else f"among the first {candidates}"
    shares = [percent(table.loc[name, "estimate"]) for name in (names[0], names[-1])]
    title = f"The right one is {where}: {shares[0]} by looks, {shares[1]} with all filters, "
    title += f"which rule out {percent(lost)} of them"
    figure = Card(title, height=2.75, note=note, left=1.35, wspace=0.12, right=0.55)
    few, found = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(names))
    few.barh(rows, left, height=0.56, color=ORANGE, label="left")
    found.barh(rows, table["estimate"], height=0.56, color=BLUE, label="found")
    for row, (name, count) in enumerate(zip(names, left, strict=True)):
        figures = table.loc[name]
        few.annotate(
            short(count),
            (count, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=11.5,
        )
        found.plot(
            [figures.low, figures.high],
            [row, row],
            color=INK,
            linewidth=1.6,
            marker="|",
            markersize=9,
        )
        found.annotate(
            percent(figures.estimate),
            (figures.high, row),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=11.5,
        )
    few.set(xscale="log", xlim=(1, 6 * max(left)), xlabel="candidates left (log scale)")
    few.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
    few.minorticks_off()
    few.set_yticks(rows, names, color=INK)
    few.set_ylim(len(names) - 0.45, -0.55)
    found.set(xlim=(0, 1.12), xlabel=f"right one {where}")
    found.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    for axes in (few, found):
        axes.tick_params(axis="y", length=0)
    return figure


def at_gallery(table, found, model, figure, gallery):
    """A stored figure at a gallery of any size, between the stored sizes along the logarithm:
    estimate, low, high.

    Parameters
    ----------
    table : DataFrame
        ``data/results/open_set.csv``.
    found : float
        Which threshold.
    model, figure : str
        See `cctview.privacy.open_set`.
    gallery : float
        Within what the model has; beyond, NaN.
    """
    rows = table[
        (table["found"] == found) & (table["model"] == model) & (table["figure"] == figure)
    ].sort_values("size")
    at, sizes = np.log10(gallery), np.log10(rows["size"].to_numpy(float))
    if figure == "innocents":
        return tuple(
            10 ** np.interp(at, sizes, np.log10(rows[end]), right=np.nan)
            for end in ("estimate", "low", "high")
        )
    return tuple(
        np.interp(at, sizes, rows[end], right=np.nan) for end in ("estimate", "low", "high")
    )


def measured_gallery(table):
    """How many other vehicles the gallery held that the stored figures were measured in."""
    return int(table.loc[table["model"] == "measured", "size"].max())


@style()
def open_set(table, found=0.5, gallery=None, note=WORLD):
    """Whom a search blames as the gallery grows: innocents (left), and how often it flags anyone,
    or misses (right).

    Solid: measured. Dashed: one decade further, as clusters go on. Beyond: only a fan. Dotted: the
    naive curve, as if impostors were independent.

    Parameters
    ----------
    table : DataFrame
        ``data/results/open_set.csv``.
    found : float
        The threshold: one that finds such a share of the vehicles that are there.
    gallery : float, optional
        Marked, and told in the title; by default what was measured.
    note : str

    Returns
    -------
    Card
    """
    measured = measured_gallery(table)
    gallery = gallery or measured
    end = float(table["size"].max())
    reach = (
        ""
        if gallery <= measured
        else ", extrapolated"
        if gallery <= DECADE * measured
        else ", a guess"
    )
    innocents = at_gallery(table, found, "clusters", "innocents", gallery)[0]
    flagged = at_gallery(
        table, found, "measured" if gallery <= measured else "clusters", "fpir", gallery
    )[0]
    title = (
        f"Among {short(gallery)} vehicles a search returns {short(innocents)} innocents{reach}; "
    )
    title += f"it flags somebody in {percent(flagged)} of searches for one that is not there"
    figure = Card(title, height=3.5, note=note, left=1.2, wspace=0.46)
    counts, rates = figure.subplots(1, 2)
    _grows(counts, table, found, "innocents", measured, end)
    _grows(rates, table, found, "fpir", measured, end)
    grid = np.geomspace(1, end, 60)
    naive = at_gallery(table, found, "independent", "fpir", grid)[0]
    rates.plot(
        grid, naive, color=GREY, linestyle=":", linewidth=2, label="naive: independent impostors"
    )
    label(rates, 1.2, 0.93, "naive\n(dotted)", GREY, fontsize=10.5, va="center")
    miss = at_gallery(table, found, "clusters", "misses", gallery)[0]
    rates.axhline(miss, color=BLUE, linestyle=(0, (6, 2)), linewidth=1.8, label="FNIR")
    label(
        rates,
        end,
        miss,
        "FNIR: missed",
        BLUE,
        ha="right",
        va="bottom" if miss < 0.5 else "top",
        fontsize=10.5,
    )
    for axes, y in ((counts, innocents), (rates, flagged)):
        axes.axvline(gallery, color=INK, linewidth=1.2)
        axes.plot(gallery, y, "o", color=DIFFERENT, markersize=10, markeredgecolor=PAPER, zorder=5)
        axes.set(xscale="log", xlim=(1, end), xlabel="vehicles in the gallery")
        axes.set_xticks([1, 1e3, 1e6], ["1", "1,000", "1 million"])
        axes.minorticks_off()
    counts.set(yscale="log", ylabel="innocents a search")
    counts.yaxis.set_major_formatter(lambda y, _: short(y))
    counts.minorticks_off()
    rates.set(ylim=(0, 1.04), ylabel="FPIR: searches that flag")
    rates.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    return figure


def _grows(axes, table, found, figure, measured, end):
    """Draw one figure by the gallery's size: solid, dashed, fan."""
    inside, further = np.geomspace(1, measured, 30), np.geomspace(measured, DECADE * measured, 12)
    fan = np.geomspace(DECADE * measured, end, 20)
    axes.plot(
        inside,
        at_gallery(table, found, "measured", figure, inside)[0],
        color=DIFFERENT,
        label="measured",
    )
    axes.plot(
        further,
        at_gallery(table, found, "clusters", figure, further)[0],
        color=DIFFERENT,
        linestyle="--",
        label="a decade further",
    )
    low = at_gallery(table, found, "clusters", figure, fan)[1]
    high = at_gallery(table, found, "independent", figure, fan)[2]
    spread = np.linspace(0, 1, len(fan)) if figure == "innocents" else np.zeros(len(fan))
    axes.fill_between(
        fan,
        low / 10**spread,
        high * 10**spread,
        color=DIFFERENT,
        alpha=0.2,
        linewidth=0,
        hatch="//",
        label="a guess",
    )


@style()
def clones(table, found=0.5, note=TWIN):
    """How often a different vehicle passes for the same, by how alike it was made, at every
    threshold.

    Parameters
    ----------
    table : DataFrame
        From `cctview.match.impostors.passing`.
    found : float
        The threshold to mark: one that finds such a share of the same pairs.
    note : str

    Returns
    -------
    Card
    """
    kinds = [kind for kind in (CLONE, COLOUR, OTHER) if (table["alike"] == kind).any()]
    at = table[np.isclose(table["found"], found)].set_index("alike")["estimate"]
    title = (
        f"At the threshold that finds {percent(found)}, a clone passes for the same in"
        f" {percent(at[kinds[0]])} of cases, "
    )
    title += f"a vehicle of another colour in {percent(at[kinds[-1]])}"
    figure = Card(title, height=3.6, note=note, left=1.1, right=2.0, top=0.32)
    axes = figure.subplots()
    looks = dict(
        zip((CLONE, COLOUR, OTHER), ((DIFFERENT, "o"), (PURPLE, "s"), (GREY, "^")), strict=True)
    )
    lowest = 0.3 * table.loc[table["estimate"] > 0, "estimate"].min()
    for kind in kinds:
        rows, (colour, marker) = table[table["alike"] == kind], looks[kind]
        low, middle, high = (rows[end].clip(lower=lowest) for end in ("low", "estimate", "high"))
        axes.plot(rows["found"], middle, color=colour, marker=marker, markersize=6, label=kind)
        axes.fill_between(rows["found"], low, high, color=colour, alpha=0.2, linewidth=0)
        place = {
            "xytext": (9, 12 if kind == CLONE else -9 if kind == COLOUR else -5),
            "textcoords": "offset points",
        }
        place |= {"annotation_clip": False, "va": "center", "fontsize": 11}
        words = kind.replace(": ", ":\n").replace(", ", ",\n")
        axes.annotate(words, (rows["found"].iloc[-1], middle.iloc[-1]), color=colour, **place)
    axes.axvline(found, color=INK, linewidth=1.2, linestyle=(0, (2, 3)))
    axes.set(yscale="log", ylim=(lowest, 1), ylabel="different pairs that pass")
    axes.set_xlabel("threshold, by the share of same pairs that it finds")
    axes.set_yticks([y for y in (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1) if y >= lowest])
    axes.yaxis.set_major_formatter(lambda y, _: percent(y))
    axes.xaxis.set_major_formatter(lambda x, _: percent(x))
    axes.minorticks_off()
    return figure


@style()
def individuality(
    table,
    setting,
    note="Simulated frames at five settings of the dial, and real frames (models/student-64.md)",
):
    """How alike we make vehicles of one design, and what that does to two figures, beside those of
    the real frames.

    Parameters
    ----------
    table : DataFrame
        ``data/results/individuality.csv``.
    setting : float
        Marked, and told in the title.
    note : str

    Returns
    -------
    Card
    """
    now = table[np.isclose(table["individuality"], setting)].set_index("figure")
    names = dict(zip(REAL, ("AUC", "first"), strict=True))
    said = [
        f"{name} {percent(now.loc[key, 'estimate'])} (real {percent(REAL[key][0])})"
        for key, name in names.items()
    ]
    figure = Card(
        f"Dial at {setting:g}: {', '.join(said)}", height=3.1, note=note, left=0.95, wspace=0.42
    )
    for axes, (key, name) in zip(figure.subplots(1, 2), names.items(), strict=True):
        rows = table[table["figure"] == key].sort_values("individuality")
        axes.axhspan(*REAL[key][1:], color=ORANGE, alpha=0.35, linewidth=0)
        axes.axhline(REAL[key][0], color=ORANGE, linestyle="--", label="real")
        axes.plot(
            rows["individuality"],
            rows["estimate"],
            color=BLUE,
            marker="o",
            markersize=6,
            label="simulated",
        )
        axes.fill_between(
            rows["individuality"], rows["low"], rows["high"], color=BLUE, alpha=0.18, linewidth=0
        )
        axes.plot(
            setting,
            now.loc[key, "estimate"],
            "o",
            color=BLUE,
            markersize=12,
            markeredgecolor=PAPER,
            zorder=5,
        )
        axes.axvline(setting, color=GREY, linewidth=1, linestyle=(0, (2, 3)))
        low = 0.5 if key == "AUC" else 0.0
        side = "bottom" if key == "AUC" else "top"
        label(axes, 1.0, REAL[key][0], "real frames", DARK_ORANGE, ha="right", va=side, fontsize=11)
        axes.set(xlim=(-0.04, 1.04), ylim=(low, 1.02), xlabel="individuality")
        axes.set_ylabel("AUC" if key == "AUC" else "right one first")
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["clones", ".25", ".5", ".75", "1"])
        axes.yaxis.set_major_formatter(lambda y, _: percent(y))
    return figure


@style()
def alarms(prior, hit, innocents, note=WORLD):
    """Of a hundred alarms, how many are right: one mark each.

    Parameters
    ----------
    prior : float
        How often the vehicle looked for is there at all: the base rate.
    hit : float
        How often it is found if it is.
    innocents : float
        How many others a search flags in the mean.
    note : str

    Returns
    -------
    Card
    """
    right = float(share_right(prior, hit, innocents))
    count = int(round(100 * right))
    title = (
        f"One alarm in {short(1 / right)} is right"
        if 0 < right < 0.095
        else f"Of 100 alarms, {count} are right"
    )
    title += "; the others point at somebody else"
    figure = Card(title, height=2.75, note=note, left=0.3, right=3.1, bottom=0.15, top=0.1)
    axes = figure.subplots()
    across, down = np.arange(100) % 20, np.arange(100) // 20
    axes.scatter(across[:count], down[:count], s=95, color=SAME, marker="o", label="right")
    axes.scatter(across[count:], down[count:], s=70, color=DIFFERENT, marker="X", label="wrong")
    axes.set(xlim=(-0.7, 19.7), ylim=(4.7, -0.7), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    thousand = 1e6 * prior * hit, 1e6 * innocents
    words = (
        f"In a million searches\n\n● {short(thousand[0])} right alarms\n\n✗ {short(thousand[1])}"
        " alarms\n    that blame another"
    )
    axes.annotate(
        words,
        (1.03, 0.5),
        xycoords="axes fraction",
        va="center",
        fontsize=12.5,
        annotation_clip=False,
    )
    return figure


@style()
def kinds(table, note="Measured on this computer when the cell ran"):
    """Kinds of indexes: bytes to read for each vector, time a query, and how many of the true
    nearest are found.

    Parameters
    ----------
    table : DataFrame
        From `cctview.search.index.measure_kinds`.
    note : str

    Returns
    -------
    Card
    """
    exact, codes = (f"{table.loc[kind, 'bytes']:,.0f}" for kind in ("flat", "ivfpq"))
    title = f"Exact search reads {exact} bytes a vector. Codes need {codes}, and miss some"
    names = {
        "flat": "flat: exact",
        "ivfpq": "IVF-PQ: codes\nin cells",
        "hnsw": "HNSW: a graph\nof neighbours",
    }
    figure = Card(title, height=2.6, note=note, left=1.35, wspace=0.2, right=0.4)
    panels = figure.subplots(1, 3, sharey=True)
    rows, shown = np.arange(len(table)), [names[kind] for kind in table.index]
    columns = [("bytes", "bytes a vector", ORANGE), ("milliseconds", "ms a query", GREY)]
    columns.append(("recall", "of the nearest, found", BLUE))
    for axes, (column, words, colour) in zip(panels, columns, strict=True):
        axes.barh(rows, table[column], height=0.56, color=colour)
        for row, value in enumerate(table[column]):
            text = (
                percent(value)
                if column == "recall"
                else f"{value:,.0f}"
                if column == "bytes"
                else f"{value:.2g}"
            )
            axes.annotate(
                text,
                (value, row),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=11,
            )
        axes.set(xlim=(0, 1.5 * table[column].max()), xticks=[], xlabel=words)
        axes.set_yticks(rows, shown, color=INK)
        axes.set_ylim(len(rows) - 0.45, -0.55)
        axes.tick_params(axis="y", length=0)
    return figure


@style()
def costs(
    table, note="Costs of this course's own pipeline, each with its source in cctview.search.costs"
):
    """What keeping and searching vectors costs, from these minutes to a scraped web.

    Parameters
    ----------
    table : DataFrame
        From `cctview.search.costs.compare`: a column a workload.
    note : str

    Returns
    -------
    Card
    """
    names, last = list(table), table.iloc[:, -1]
    title = (
        f"{names[-1][0].upper()}{names[-1][1:]}: {short(last['bytes_codes'] / 1e9)} GB of codes to"
        " hold, and "
    )
    title += f"{last['seconds_approximate']:.0f} seconds of one core to search"
    figure = Card(
        title, height=0.5 * len(names) + 1.25, note=note, left=1.75, right=0.3, wspace=0.14
    )
    store, seek = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(names))
    marks = (
        (store, "bytes_vectors", 1e9, "vectors", BLUE, "o"),
        (store, "bytes_codes", 1e9, "codes", ORANGE, "s"),
        (seek, "seconds_exact", 1, "exact", BLUE, "o"),
        (seek, "seconds_approximate", 1, "approximate", ORANGE, "s"),
    )
    for axes, row, unit, words, colour, marker in marks:
        values = table.loc[row].to_numpy(float) / unit
        axes.plot(
            values, rows, linestyle="", marker=marker, markersize=10, color=colour, label=words
        )
        for y, value in zip(rows, values, strict=True):
            place = {
                "xytext": (0, 8),
                "textcoords": "offset points",
                "ha": "center",
                "fontsize": 10.5,
            }
            axes.annotate(short(value), (value, y), color=INK, **place)
    for axes, words in ((store, "gigabytes (log scale)"), (seek, "seconds a search (log scale)")):
        low, high = axes.dataLim.intervalx
        axes.set(xscale="log", xlabel=words, xlim=(low / 6, high * 6))
        axes.xaxis.set_major_formatter(lambda x, _: short(x))
        axes.minorticks_off()
        axes.set_yticks(rows, names, color=INK)
        axes.set_ylim(len(rows) - 0.6, -1.15)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", color=PALE)
        spaces = {"handletextpad": 0, "columnspacing": 0.5, "borderaxespad": 0}
        axes.legend(frameon=False, fontsize=10.5, loc="upper center", ncols=2, **spaces)
    return figure


@style()
def clock(table, looks, note=WORLD):
    """The bits that the clock alone gives, beside those that looks alone give.

    Parameters
    ----------
    table : DataFrame
        From `cctview.link.filters.clock_bits`.
    looks : Series
        Columns bits, bits_low, bits_high: a row of ``data/results/extractors.csv``.
    note : str

    Returns
    -------
    Card
    """
    bars = {
        "the clock alone": (table.loc["delivered"], DELIVERED_LOOK),
        "… as it claims": (table.loc["claimed"], CLAIMED_LOOK),
        "one look alone": (
            looks.rename({"bits": "estimate", "bits_low": "low", "bits_high": "high"}),
            DELIVERED_LOOK,
        ),
    }
    clock_, look = bars["the clock alone"][0].estimate, bars["one look alone"][0].estimate
    more = "more" if clock_ > look else "less"
    title = (
        f"The clock alone gives away {clock_:.1f} bits of who it is, {more} than a look at the"
        f" vehicle ({look:.1f})"
    )
    figure = Card(title, height=2.4, note=note, left=1.75, right=0.7)
    axes = figure.subplots()
    for row, (figures, how) in enumerate(bars.values()):
        axes.barh(row, figures.estimate, height=0.56, **how)
        axes.plot(
            [figures.low, figures.high],
            [row, row],
            color=INK,
            linewidth=1.6,
            marker="|",
            markersize=9,
        )
        axes.annotate(
            f"{figures.estimate:.1f}",
            (figures.high, row),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set(ylim=(len(bars) - 0.45, -0.55), xlabel="bits a search, on average")
    axes.set_yticks(range(len(bars)), list(bars), color=INK)
    axes.tick_params(axis="y", length=0)
    return figure


DELIVERED_LOOK, CLAIMED_LOOK = (
    {"color": BLUE},
    {
        "color": PAPER,
        "edgecolor": CLAIMED,
        "hatch": "//",
        "linewidth": 1.6,
    },
)
