"""Figures about protection: what comes back out of a vector, who could apply a defence, and what it
is worth against whom.
"""

import numpy as np
import pandas as pd

from cctview.show.look import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    RED,
    TWIN,
    Card,
    label,
    percent,
    style,
)

TRACKERS = ("off the shelf", "retrained", "adaptive")
_LOOKS = {"off the shelf": (ORANGE, "o"), "retrained": (PURPLE, "s"), "adaptive": (BLUE, "D")}
_WHO = {
    "off the shelf": "a tracker off the shelf",
    "retrained": "the retrained tracker",
    "adaptive": "the adaptive tracker",
    None: "the best tracker",
}
_DARK_ORANGE, _DARK_PURPLE = (
    "#9a6a00",
    "#9c4a7e",
)  # for type: the colours themselves are too light to read
MEASURED = (
    "Simulated frames, our model world: bits of a link between two cameras, by a calibrated softmax"
)
"""The last line of figures that show the stored bits. Which bits these are: `cctview.attacks.linkage`."""
ROW_HEIGHT = 1.0


@style()
def rebuilt(rows, title, words=None, note=TWIN):
    """Pictures in rows, one column a vehicle: the true ones, and what is made of their vectors.

    Parameters
    ----------
    rows : dict of str to sequence of ndarray of uint8, shape (h, w, 3)
        By the words beside each row; all of one length.
    title : str
    words : sequence of str, optional
        What to write below each column.
    note : str

    Returns
    -------
    Card
    """
    count = len(next(iter(rows.values())))
    figure = Card(
        title,
        height=ROW_HEIGHT * len(rows) + 0.1,
        note=note,
        photographs=True,
        left=1.5,
        right=0.1,
        bottom=0.3 if words else 0.05,
        top=0.1,
        wspace=0.08,
        hspace=0.08,
    )
    for line, (name, pictures) in enumerate(rows.items()):
        for k, picture in enumerate(pictures):
            axes = figure.add_subplot(len(rows), count, line * count + k + 1)
            axes.imshow(picture, aspect="auto", interpolation="bicubic")
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set(
                    visible=True,
                    color=INK if line == 0 else PALE,
                    linewidth=1.6 if line == 0 else 0.8,
                )
            if k == 0:
                axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=12, labelpad=8)
            if words is not None and line == len(rows) - 1:
                axes.set_xlabel(words[k], fontsize=10.5, labelpad=3)
    return figure


@style()
def who_can(
    defences, note="What a defence changes, and who holds it: `cctview.defences.catalogue`"
):
    """Which defence is in whose hands: the driver's, the camera owner's, the database owner's, the
    law's.

    Parameters
    ----------
    defences : iterable of cctview.defences.catalogue.Defence
    note : str

    Returns
    -------
    Card
    """
    defences = list(defences)
    people = ("driver", "camera's owner", "database's owner", "law")
    theirs = sum("driver" in defence.who for defence in defences)
    title = f"{theirs or 'None'} of the {len(defences)} defences is in the driver's hands"
    figure = Card(
        title,
        height=0.34 * len(defences) + 0.55,
        note=note,
        left=2.5,
        right=0.2,
        top=0.5,
        bottom=0.05,
    )
    axes = figure.subplots()
    for row, defence in enumerate(defences):
        axes.axhline(row, color=PALE, linewidth=0.8, zorder=0)
        for column, person in enumerate(people):
            if person in defence.who:
                axes.scatter(column, row, s=110, color=BLUE, zorder=3, label=person)
    axes.set(xlim=(-0.5, len(people) - 0.5), ylim=(len(defences) - 0.5, -0.6))
    axes.xaxis.tick_top()
    axes.set_xticks(
        range(len(people)), [person.replace("'s ", "'s\n") for person in people], color=INK
    )
    axes.set_yticks(
        range(len(defences)),
        [f"{defence.name} ({defence.where})" for defence in defences],
        color=INK,
    )
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


@style()
def defended(rows, pictures, chosen, before, pictured, note=MEASURED):
    """One defence at one strength: what it does to pictures, and the bits that it leaves each
    tracker.

    Parameters
    ----------
    rows : DataFrame
        The three rows of `cctview.defences.results.stored` of that defence and strength.
    pictures : sequence of ndarray of uint8
        What there is to see of some vehicles.
    chosen : str
        The tracker that the title is about.
    before : float
        Bits that the best tracker has without a defence.
    pictured : str
        What the pictures are.
    note : str

    Returns
    -------
    Card
    """
    rows = rows.set_index("tracker").loc[list(TRACKERS)]
    one = rows.loc[chosen]
    title = (
        f"{_capital(one.defence)} ({one.strength:g} {one.unit}): {_WHO[chosen]} keeps"
        f" {one.bits:.1f} of {before:.1f} bits; usefulness {percent(one.usefulness)}"
    )
    figure = Card(title, height=3.5, note=note, photographs=True, left=1.5, right=0.85, bottom=0.62)
    grid = figure.add_gridspec(2, len(pictures), height_ratios=(1, 1.6), hspace=0.36, wspace=0.08)
    for k, picture in enumerate(pictures):
        axes = figure.add_subplot(grid[0, k])
        axes.imshow(picture, aspect="auto", interpolation="bicubic")
        axes.set(xticks=[], yticks=[])
        if k == 0:
            axes.set_ylabel(
                pictured, rotation=0, ha="right", va="center", fontsize=10.5, labelpad=6
            )
    axes = figure.add_subplot(grid[1, :])
    axes.set_title(f"Who can do this? {_capital(one.who)}", loc="left", fontsize=11.5, pad=5)
    for row, (name, figures) in enumerate(rows.iterrows()):
        colour, _ = _LOOKS[name]
        axes.barh(
            row,
            figures.bits,
            height=0.6,
            color=colour,
            alpha=1 if name == chosen else 0.45,
            label=name,
        )
        axes.plot(
            [figures.bits_low, figures.bits_high],
            [row, row],
            color=INK,
            linewidth=1.5,
            marker="|",
            markersize=8,
        )
        words = f" {figures.bits:.2f}" + ("  ◀" if name == chosen else "")
        weight = "bold" if name == chosen else "normal"
        label(
            axes, max(figures.bits_high, 0), row, words, va="center", bbox=None, fontweight=weight
        )
    axes.axvline(before, color=GREY, linewidth=1.5, linestyle=(0, (2, 3)), label="before")
    axes.set(
        ylim=(2.55, -0.55),
        xlim=(min(0, rows.bits_low.min()), 1.12 * max(before, rows.bits_high.max())),
    )
    axes.set_xlabel(f"bits left (dashed: best tracker without a defence, {before:.1f})")
    axes.set_yticks(range(3), TRACKERS)
    axes.tick_params(axis="y", length=0)
    return figure


def _capital(name):
    return {"jpeg": "JPEG"}.get(name, name[0].upper() + name[1:])


@style()
def by_strength(table, name, note=MEASURED):
    """The bits that one defence leaves each tracker, from weak to strong.

    Parameters
    ----------
    table : DataFrame
        From `cctview.defences.results.stored`.
    name : str
        The defence.
    note : str

    Returns
    -------
    Card
    """
    of = table[table.defence == name]
    before = table[(table.defence == "none") & (table.evidence == of.evidence.iloc[0])].bits.max()
    strengths = list(dict.fromkeys(of.strength))
    cells = of.set_index(["tracker", "strength"])
    strongest = {tracker: cells.loc[(tracker, strengths[-1]), "bits"] for tracker in TRACKERS}
    worst = max(strongest, key=strongest.get)
    title = (
        f"{_capital(name)} at full strength leaves {_WHO[TRACKERS[0]]} {strongest[TRACKERS[0]]:.1f}"
        " bits, "
    )
    title += f"{_WHO[worst]} {strongest[worst]:.1f}"
    figure = Card(title, height=3.3, note=note, right=1.7)
    axes = figure.subplots()
    for tracker in TRACKERS:
        colour, marker = _LOOKS[tracker]
        part = cells.loc[tracker].loc[strengths]
        places = np.arange(len(strengths)) + 0.05 * (TRACKERS.index(tracker) - 1)
        axes.plot(places, part.bits, color=colour, marker=marker, markersize=8, label=tracker)
        axes.vlines(places, part.bits_low, part.bits_high, color=colour, linewidth=1.5)
    top = 1.12 * max(before, of.bits_high.max())
    for tracker, y in _apart(strongest, 0.075 * top).items():
        ink = {ORANGE: _DARK_ORANGE, PURPLE: _DARK_PURPLE}.get(
            _LOOKS[tracker][0], _LOOKS[tracker][0]
        )
        label(
            axes, len(strengths) - 0.86, y, tracker, ink, va="center", fontweight="bold", bbox=None
        )
    axes.axhline(before, color=GREY, linewidth=1.5, linestyle=(0, (2, 3)), label="before")
    label(
        axes,
        len(strengths) - 1,
        before,
        f"best without it: {before:.1f}",
        GREY,
        va="bottom",
        ha="right",
        fontsize=11,
        bbox=None,
    )
    axes.set(ylim=(min(0, of.bits_low.min()), top), ylabel="bits left")
    axes.set_xticks(range(len(strengths)), [f"{strength:g}" for strength in strengths])
    axes.set_xlabel(f"{of.unit.iloc[0]} (from weak to strong)")
    return figure


def _apart(places, least):
    """Places by name, moved up where they would lie closer together than the least distance."""
    moved, last = {}, -np.inf
    for name in sorted(places, key=places.get):
        last = moved[name] = max(places[name], last + least)
    return moved


@style()
def bought_back(table, tracker=None, usefulness=0.9, note=MEASURED):
    """Each defence at each strength: the share of a link's bits that is bought back against the
    usefulness that is lost.

    Parameters
    ----------
    table : DataFrame
        From `cctview.defences.results.stored`.
    tracker : str, optional
        Against which; without it, against the best one for each defence and strength.
    usefulness : float
        Defences that keep less are drawn hollow.
    note : str

    Returns
    -------
    Card
    """
    points = bought_points(table, tracker)
    useful = points.usefulness >= usefulness
    title = f"No defence keeps {percent(usefulness)} of its use"
    if useful.any():
        best = points[useful].loc[points[useful].share.idxmax()]
        title = (
            f"Keeping {percent(usefulness)} of its use, {best.defence} buys most from"
            f" {_WHO[tracker]}: "
        )
        title += f"{percent(max(best.share, 0))} of the bits"
    figure = Card(title, height=4.1, note=note)
    axes = figure.subplots()
    axes.axvspan(0, 1 - usefulness, color=GREEN, alpha=0.1, linewidth=0)
    for where, colour, marker in (
        ("pixels", ORANGE, "o"),
        ("vectors", BLUE, "s"),
        ("database", PURPLE, "^"),
    ):
        of = points[points["where"] == where]
        for hollow in (False, True):
            part = of[(of.usefulness < usefulness) == hollow]
            look = {
                "facecolor": PAPER if hollow else colour,
                "edgecolor": colour,
                "linewidth": 1.6,
                "s": 70,
                "marker": marker,
            }
            axes.scatter(1 - part.usefulness, part.share, **look, zorder=3)
        axes.scatter([], [], color=colour, s=70, marker=marker, label=where)
    placed = []
    for point in (
        pd.concat([points[useful], points[~useful]])
        .sort_values("share", ascending=False)
        .itertuples()
    ):
        place = np.array([1 - point.usefulness, point.share])
        if (
            all(abs(x - place[0]) > 0.3 or abs(y - place[1]) > 0.06 for x, y in placed)
            and len(placed) < 8
        ):
            right = place[0] < 0.7
            placed.append(place)
            words = f"{point.defence} ({point.strength:g})"
            axes.annotate(
                words,
                place,
                xytext=(8 if right else -8, 0),
                textcoords="offset points",
                ha="left" if right else "right",
                va="center",
                fontsize=10.5,
            )
    axes.axhline(0, color=GREY, linewidth=0.9)
    axes.set(
        xlim=(-0.02, 1.02),
        xlabel="usefulness lost (worst of counting, speeds, classification)",
        ylabel="bits bought back",
    )
    axes.set_ylim(min(-0.05, points.share.min() - 0.03), 1.05)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda x, _: f"{100 * x:.0f} %")
    axes.legend(frameon=False, title="acts on", loc="lower right", fontsize=11)
    return figure


def bought_points(table, tracker=None):
    """One row a defence and strength: bits, before, bought (bits bought back), share (of those
    before), usefulness, tracker.

    Parameters
    ----------
    table : DataFrame
        From `cctview.defences.results.stored`.
    tracker : str, optional
        Against which; without it, against the best one for each.

    Returns
    -------
    DataFrame
    """
    before = table[table.defence == "none"].groupby("evidence").bits.max()
    of = table[table.defence != "none"]
    if tracker is not None:
        of = of[of.tracker == tracker]
    else:
        of = of.loc[of.groupby(["defence", "strength"]).bits.idxmax()]
    of = of.assign(before=of.evidence.map(before))
    return of.assign(bought=of.before - of.bits, share=1 - of.bits / of.before)


@style()
def worst_case(best, usefulness, note=MEASURED):
    """What each defence buys back at equal usefulness: as it is sold, against the weakest tracker,
    and in the worst case.

    Parameters
    ----------
    best : DataFrame
        From `cctview.defences.results.headline`.
    usefulness : float
        The share of every use that all keep.
    note : str

    Returns
    -------
    Card
    """
    kept = best[best.bits.notna()].reset_index(drop=True)
    sold = kept.before - kept.off_the_shelf
    gone = sold - kept.bought
    title = f"No defence keeps {percent(usefulness)} of its use"
    if len(kept):
        most = gone.idxmax()
        title = (
            f"At {percent(usefulness)} usefulness, {kept.defence[most]} seems to buy"
            f" {sold[most]:.1f} bits back; "
        )
        title += f"it buys {max(kept.bought[most], 0):.1f}"
    figure = Card(title, height=0.5 * max(len(kept), 1) + 0.95, note=note, left=2.6, right=0.3)
    axes = figure.subplots()
    for row, defence in kept.iterrows():
        end = max(defence.before - defence.bits_low, defence.bought, 0)
        axes.barh(
            row - 0.17,
            defence.bought,
            height=0.32,
            color=BLUE,
            label="from the best tracker" if row == 0 else "",
        )
        axes.barh(
            row + 0.19,
            sold[row],
            height=0.26,
            facecolor=PAPER,
            edgecolor=ORANGE,
            linewidth=1.6,
            label="from a tracker off the shelf" if row == 0 else "",
        )
        ends = defence.before - np.array([defence.bits_high, defence.bits_low])
        axes.plot(ends, [row - 0.17] * 2, color=INK, linewidth=1.3)
        label(
            axes,
            end,
            row - 0.17,
            f" {defence.bought:.2f}",
            BLUE,
            va="center",
            fontweight="bold",
            bbox=None,
        )
        label(
            axes,
            max(sold[row], 0),
            row + 0.21,
            f" {sold[row]:.2f}",
            _DARK_ORANGE,
            va="center",
            fontsize=10.5,
            bbox=None,
        )
    axes.axvline(0, color=GREY, linewidth=0.9)
    if len(kept):
        axes.set_xlim(
            min(0, (kept.before - kept.bits_high).min()),
            1.2 * max(sold.max(), kept.bought.max(), 0.1),
        )
        axes.legend(frameon=False, loc="lower right", fontsize=10.5)
    axes.set(ylim=(max(len(kept), 1) - 0.4, -0.6), xlabel="bits bought back")
    axes.set_yticks(
        range(len(kept)), [f"{row.defence} ({row.strength:g})" for row in kept.itertuples()]
    )
    axes.tick_params(axis="y", length=0)
    return figure


@style()
def key_broken(found, unprotected, known, note=TWIN):
    """How often a thief finds a vehicle behind a secret key, by how many other vehicles he knows.

    Parameters
    ----------
    found : dict of int to dict
        For each number of known vehicles estimate, low, high.
    unprotected : dict
        The same without a key.
    known : int
        The number to point out.
    note : str

    Returns
    -------
    Card
    """
    counts = sorted(found)
    regained = found[known]["estimate"] / unprotected["estimate"]
    title = f"With {known} known vehicles the thief finds {percent(found[known]['estimate'])}: "
    title += f"{percent(regained)} of what he finds without the key"
    figure = Card(title, height=3.3, note=note)
    axes = figure.subplots()
    estimates, low, high = (
        [found[count][name] for count in counts] for name in ("estimate", "low", "high")
    )
    axes.fill_between(counts, low, high, color=BLUE, alpha=0.15, linewidth=0)
    axes.plot(counts, estimates, color=BLUE, marker="o", markersize=5, label="with known vehicles")
    axes.axhline(
        unprotected["estimate"], color=RED, linewidth=1.8, linestyle=(0, (4, 2)), label="no key"
    )
    label(
        axes,
        counts[-1],
        unprotected["estimate"],
        "without the key",
        RED,
        ha="right",
        va="bottom",
        fontsize=11,
    )
    axes.scatter(
        [known],
        [found[known]["estimate"]],
        s=130,
        facecolor=PAPER,
        edgecolor=INK,
        linewidth=2,
        zorder=4,
        label="here",
    )
    axes.set(
        xlabel="vehicles that the thief knows at both cameras", ylabel="own vehicle found first"
    )
    axes.set_xlim(-3, counts[-1] * 1.03)
    axes.set_ylim(0, 1.25 * max(unprotected["high"], max(high)))
    axes.yaxis.set_major_formatter(lambda y, _: f"{100 * y:.0f} %")
    return figure
