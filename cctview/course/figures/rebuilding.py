"""Figures of lesson 08: pictures rebuilt from vectors, and whose they are."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cctview.show import (
    BLUE,
    GREY,
    INK,
    PALE,
    SIMULATION,
    Card,
    beside,
    dot,
    name_rows,
    percent,
    share_axis,
    show_crop,
    style,
)

_PROBES = {
    "true crop": "the true crop\n(nothing is better)",
    "vector itself": "the vector itself,\nwithout a picture",
    "rebuilt picture": "the rebuilt\npicture",
    "nearest other vehicle": "a look-alike's\ncrop",
}
"""What looks for the vehicle, and how it is called in the figure."""


@style()
def numbers(vector: np.ndarray, crops: Sequence[np.ndarray], note: str = SIMULATION) -> Card:
    """A vector as grey stripes, one for each number, and below it crops with their numbers."""
    title = "Stolen: the numbers of one of these four vehicles"
    figure = Card(title, 1.75, note, photographs=True, left=0.1, right=0.1, bottom=0.3, top=0.1)
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
    rows: dict[str, Sequence[np.ndarray]],
    title: str,
    words: Sequence[str] | None = None,
    note: str = SIMULATION,
) -> Card:
    """Crops in rows, one column for each vehicle: the true ones, and those made of their vectors.

    `rows` are by the words beside them, all of one length; `words` stand below the columns.
    """
    count = len(next(iter(rows.values())))
    margins = {"left": 1.5, "right": 0.1, "bottom": 0.3 if words else 0.05, "top": 0.1}
    margins |= {"wspace": 0.08, "hspace": 0.08}
    figure = Card(title, len(rows) + 0.1, note, photographs=True, **margins)
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
def whose_picture(table: pd.DataFrame, note: str = SIMULATION) -> Card:
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
    figure = Card(title, 3.6, note, left=1.9, right=0.8, top=0.4)
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
    chance = 5 / made.vehicles
    axes.axvline(chance, color=GREY, linewidth=1.4, linestyle=(0, (2, 3)), label="chance")
    name_rows(axes, _PROBES.values(), 0.5, 0.5)
    axes.set(xlim=(0, 1.02), xlabel=f"own vehicle among the first five of {made.vehicles:.0f}")
    share_axis(axes.xaxis)
    handles, names = axes.get_legend_handles_labels()
    kinds = dict(zip(names, handles))
    place = {"loc": "lower left", "bbox_to_anchor": (-0.3, 1.0), "ncols": 2}
    axes.legend(
        [kinds[words] for *_, words in galleries],
        [words for *_, words in galleries],
        frameon=False,
        handletextpad=0.2,
        **place,
    )
    return figure
