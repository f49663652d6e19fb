"""Figures of lesson 08: rebuilt pictures, what defences are worth, what moves the town's result."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from cctview.defences import USES
from cctview.show import (
    BLUE,
    DOTTED,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    RED,
    Card,
    band,
    beside,
    dot,
    interval,
    key_above,
    label,
    name_rows,
    named_once,
    no_spines,
    percent,
    share_axis,
    show_crop,
    style,
)

_THIEVES = {
    "off the shelf": (ORANGE, "a thief off the shelf"),
    "retrained": (PURPLE, "the retrained thief"),
    "adaptive": (BLUE, "the adaptive thief"),
    "another network": (GREEN, "a thief with another network"),
}
"""Colour, and what each is called in a sentence."""
_MEASURED = "Simulated frames: bits of a link between two cameras"
"""Which bits these are: `cctview.attacks.linkage`."""
_OUTCOMES = {
    "itself": ("the correct vehicle", BLUE),
    "the target": ("the target", RED),
    "another": ("another vehicle", GREY),
}
_NETWORKS = {
    "the extractor": "the network that the\ncloak was made for",
    "the second": "another network",
    "the third": "a third network",
}
_TORNADO = {"less": ORANGE, "more": BLUE}
_PROBES = {
    "true crop": "the true crop\n(nothing is better)",
    "vector itself": "the vector itself,\nwithout a picture",
    "rebuilt picture": "the rebuilt\npicture",
    "nearest other vehicle": "a look-alike's\ncrop",
}
"""What looks for the vehicle, and how it is called in the figure."""


@style()
def numbers(vector: np.ndarray, crops: Sequence[np.ndarray]) -> Card:
    """A vector as grey stripes, one for each number, and below it crops with their numbers."""
    title = "Stolen: the numbers of one of these four vehicles"
    figure = Card(title, 1.75, photographs=True, left=0.1, right=0.1, bottom=0.3, top=0.1)
    grid = figure.add_gridspec(2, len(crops), height_ratios=(1, 4), hspace=0.15, wspace=0.12)
    stripes = figure.add_subplot(grid[0, :])
    stripes.imshow(vector[None], aspect="auto", cmap="gray", interpolation="nearest")
    stripes.set_axis_off()
    for k, crop in enumerate(crops):
        axes = figure.add_subplot(grid[1, k])
        show_crop(axes, crop, aspect="auto", interpolation="bicubic")
        axes.set_xlabel(str(k + 1), fontsize=13, labelpad=3)
    return figure


@style()
def rebuilt(
    rows: dict[str, Sequence[np.ndarray]], title: str, words: Sequence[str] | None = None
) -> Card:
    """Crops in rows, one column for each vehicle: the true ones, and those made of their vectors.

    `rows` are by the words beside them, all of one length; `words` stand below the columns.
    """
    count = len(next(iter(rows.values())))
    below = 0.3 if words else 0.05
    margins: dict[str, Any] = {"left": 1.5, "right": 0.1, "bottom": below, "top": 0.1}
    figure = Card(title, len(rows) + 0.1, photographs=True, wspace=0.08, hspace=0.08, **margins)
    for line, (name, pictures) in enumerate(rows.items()):
        edge = {"color": INK, "linewidth": 1.6} if line == 0 else {"color": PALE, "linewidth": 0.8}
        for k, picture in enumerate(pictures):
            axes = figure.add_subplot(len(rows), count, line * count + k + 1)
            show_crop(axes, picture, aspect="auto", interpolation="bicubic")
            axes.spines[:].set(visible=True, **edge)
            if k == 0:
                axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=12, labelpad=8)
            if words is not None and line == len(rows) - 1:
                axes.set_xlabel(words[k], fontsize=10.5, labelpad=3)
    return figure


@style()
def whose_picture(table: pd.DataFrame) -> Card:
    """Whether a rebuilt picture finds its vehicle, in its own frame and at another camera.

    `table` has rows of ``data/results/inversion.csv`` of one number of vehicles.
    """
    found = table[table.figure == "top-5"].set_index(["gallery", "method"])
    there = found.loc["a crop at another camera"]
    made, other = there.loc["rebuilt picture"], there.loc["nearest other vehicle"]
    verdict = "not measurably more often" if there.low["gain"] <= 0 else "more often"
    title = (
        f"At another camera, the rebuilt picture finds its vehicle {verdict} than a look-alike's"
        f" crop does: {percent(made.estimate)} and {percent(other.estimate)}"
    )
    figure = Card(title, 3.6, left=1.9, right=0.8, top=0.4)
    axes = figure.subplots()
    galleries = (
        ("the very crop", -0.15, GREY, "o", "among the very crops"),
        ("a crop at another camera", 0.15, BLUE, "D", "among crops at another camera"),
    )
    for gallery, shift, colour, marker, words in galleries:
        for row, probe in enumerate(_PROBES):
            if (gallery, probe) not in found.index:
                continue
            one = found.loc[(gallery, probe)]
            axes.plot([one.low, one.high], [row + shift] * 2, color=colour, linewidth=1.8)
            dot(axes, one.estimate, row + shift, colour, marker=marker, label=words)
            beside(axes, one.high, row + shift, percent(one.estimate), fontsize=10.5)
    axes.axvline(5 / made.vehicles, color=GREY, linewidth=1.4, linestyle=DOTTED)  # chance
    name_rows(axes, _PROBES.values(), 0.5, 0.5)
    axes.set(xlim=(0, 1.02), xlabel=f"own vehicle among the first five of {made.vehicles:.0f}")
    share_axis(axes.xaxis)
    place = {"loc": "lower left", "bbox_to_anchor": (-0.3, 1.0), "ncols": 2}
    axes.legend(*named_once(axes), frameon=False, handletextpad=0.2, **place)
    return figure


@style()
def defended(
    rows: pd.DataFrame, pictures: Sequence[np.ndarray], chosen: str, before: float, pictured: str
) -> Card:
    """One defence at one strength: what it does to crops, and the bits that each thief keeps.

    `rows` are those of ``data/results/defences.csv``, one for each thief. The title is about the
    thief `chosen`; `before` are the best thief's bits without a defence. `pictured` says what
    the pictures are.
    """
    rows = rows.set_index("tracker").rename(columns={"bits_low": "low", "bits_high": "high"})
    rows = rows.loc[[name for name in _THIEVES if name in rows.index]]
    without = chosen not in rows.index  # of vectors alone no network makes others
    one = rows.iloc[-1] if without else rows.loc[chosen]
    about = f" ({one.strength:g} {one.unit})" if one.unit else ""
    title = (
        f"{_capital(one.defence)}{about}: {_THIEVES[one.name][1]} keeps"
        f" {one.bits:.1f} of {before:.1f} bits"
    )
    figure = Card(title, 4.0, _MEASURED, photographs=True, left=1.5, right=0.85)
    grid = figure.add_gridspec(2, len(pictures), height_ratios=(1, 1.6), hspace=0.6, wspace=0.08)
    for k, picture in enumerate(pictures):
        axes = figure.add_subplot(grid[0, k])
        show_crop(axes, picture, aspect="auto", interpolation="bicubic")
        if k == 0:
            place: dict[str, Any] = {"rotation": 0, "ha": "right", "va": "center", "labelpad": 6}
            axes.set_ylabel(pictured, fontsize=10.5, **place)
    axes = figure.add_subplot(grid[1, :])
    kept = [f"{use} {percent(one[use])}" for use in USES]
    words = f"Kept: {', '.join(kept[:2])},\n{', '.join(kept[2:])}"
    axes.set_title(f"Who can do this? {_capital(one.who)}\n{words}", loc="left", fontsize=11)
    for row, (name, figures) in enumerate(rows.iterrows()):
        alpha, weight, mark = (1, "bold", "  ◀") if name == one.name else (0.45, "normal", "")
        look: dict[str, Any] = {"height": 0.6, "color": _THIEVES[name][0], "alpha": alpha}
        axes.barh(row, figures.bits, label=name, **look)
        interval(axes, row, figures, 1.5, 8)
        look = {"va": "center", "bbox": None, "fontweight": weight}
        label(axes, max(figures.high, 0), row, f" {figures.bits:.2f}{mark}", **look)
    axes.axvline(before, color=GREY, linewidth=1.5, linestyle=DOTTED, label="before")
    name_rows(axes, rows.index)
    axes.set_xlim(min(0, rows.low.min()), 1.12 * max(before, rows.high.max()))
    axes.set_xlabel(f"bits left (dotted line: best thief without a defence, {before:.1f})")
    return figure


@style()
def tornado(table: pd.DataFrame, kinds: tuple[str, ...] = ("stills", "plate readers")) -> Card:
    """What another assumption would have given: the trips that a simulated town's cameras put
    together, by kind of camera.

    `table` is ``data/results/city-tornado.csv``. An assumption is called "what: one end, the
    other".
    """
    rows = table[table["figure"] == "trips put together, right"].set_index(["kind", "assumption"])
    swing = rows[["less", "base", "more"]].max(axis=1) - rows[["less", "base", "more"]].min(axis=1)
    order = swing[kinds[-1]].sort_values(ascending=False, kind="stable").index
    decides = [f"{swing[kind].idxmax().partition(':')[0]} ({kind})" for kind in kinds]
    title = f"These assumptions decide most: {', '.join(decides)}"
    note = "Simulated town, 100 cameras, seven days of records; trips put together rightly"
    figure = Card(title, 0.42 * len(order) + 1.5, note, left=2.6, top=0.7, wspace=0.1)
    panels = figure.subplots(1, len(kinds), sharey=True)
    for axes, kind in zip(panels, kinds, strict=True):
        for row, name in enumerate(order):
            one = rows.loc[kind, name]
            bars = [(one[end] - one["base"], colour) for end, colour in _TORNADO.items()]
            for length, colour in sorted(bars, key=lambda bar: -abs(bar[0])):  # the shorter on top
                axes.barh(row, length, 0.55, one["base"], color=colour)
        axes.axvline(rows.loc[kind]["base"].iloc[0], color=INK, linewidth=1.2)
        axes.set_title(kind, fontsize=12)
        axes.set_xlabel("trips put together")
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.xaxis.set_major_formatter(lambda share, _: percent(share))
        axes.margins(x=0.08)
    what = [name.partition(": ") for name in order]
    name_rows(panels[0], [f"{name}\n({ends})" for name, _, ends in what], fontsize=10.5)
    panels[-1].tick_params(axis="y", length=0)
    words = [Patch(color=colour) for colour in _TORNADO.values()]
    key_above(figure, 0.62, words, ["the first in brackets", "the second"], ncols=2)
    return figure


def _capital(name):
    return {"jpeg": "JPEG"}.get(name, name[0].upper() + name[1:])


@style()
def key_broken(
    found: dict[int, dict[str, float]], unprotected: dict[str, float], known: int
) -> Card:
    """How often a thief finds a vehicle behind a secret key, by how many others the thief knows.

    `found` has estimate, low and high for each number of known vehicles, and `unprotected` has them
    without a key. The card points out the number `known`.
    """
    table = pd.DataFrame(found).T.sort_index()
    now, without = table.estimate[known], unprotected["estimate"]
    title = (
        f"With {known} known vehicles the thief finds {percent(now)} of the others:"
        f" {percent(now / without)} of what a thief finds without the key"
    )
    figure = Card(title, 3.3)
    axes = figure.subplots()
    band(axes, table.index, table.low, table.high, BLUE, 0.15)
    look = {"color": BLUE, "marker": "o", "markersize": 5, "label": "with known vehicles"}
    axes.plot(table.index, table.estimate, **look)
    axes.axhline(without, color=RED, linewidth=1.8, linestyle=(0, (4, 2)), label="no key")
    look = {"ha": "right", "va": "bottom", "fontsize": 11}
    last, most = table.index[-1], max(unprotected["high"], table.high.max())
    label(axes, last, without, "without the key", RED, **look)
    look = {"s": 130, "facecolor": PAPER, "edgecolor": INK, "linewidth": 2, "zorder": 4}
    axes.scatter([known], [now], label="here", **look)
    axes.set(xlim=(-3, last * 1.03), xlabel="vehicles that the thief knows at both cameras")
    axes.set(ylim=(0, 1.25 * most), ylabel="correct vehicle first")
    share_axis(axes.yaxis)
    return figure


@style()
def blamed(cloaks: pd.DataFrame, levels: float) -> Card:
    """Whom a search names first when each crop of one camera is cloaked as another vehicle.

    `cloaks` is ``data/results/cloaks.csv``; `levels` is the strength.
    """
    rows = cloaks[(cloaks.aim == "target") & (cloaks.levels == levels)]
    plain = cloaks[(cloaks.aim == "none") & (cloaks.outcome == "itself")].set_index("network").share
    shares = rows.set_index(["network", "outcome"]).share.clip(lower=0)
    networks = [name for name in _NETWORKS if name in plain.index]
    made, other = (percent(shares[name, "the target"]) for name in (networks[0], networks[-1]))
    title = (
        f"With a cloak, its own network names the target first in {made} of searches, another"
        f" network in {other}"
    )
    figure = Card(title, 0.55 * len(networks) + 1.4, left=1.9)
    axes = figure.subplots()
    for row, network in enumerate(networks):
        start = 0.0
        for outcome, (words, colour) in _OUTCOMES.items():
            share = shares[network, outcome]
            axes.barh(row, share, 0.55, left=start, color=colour, label="" if row else words)
            if share > 0.08:
                look = {"va": "center", "ha": "center", "bbox": None, "fontweight": "bold"}
                label(axes, start + share / 2, row, percent(share), PAPER, **look)
            start += share
        axes.plot([plain[network]] * 2, [row - 0.36, row + 0.36], color=INK, linewidth=2)
    name_rows(axes, [_NETWORKS[name] for name in networks])
    axes.set(xlim=(0, 1), xlabel="named first (black line: correct vehicle, no cloak)")
    axes.set_ylim(len(networks) - 0.5, -1.1)
    axes.legend(frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(-0.33, 1.02), fontsize=11)
    no_spines(axes)
    share_axis(axes.xaxis)
    return figure
