"""Figures about embeddings: a triplet that learns, a picture as numbers, and where embeddings fail."""

import numpy as np
from matplotlib.patches import Circle

from cctview.show.look import (
    BLUE,
    DIFFERENT,
    GREY,
    INK,
    ORANGE,
    PAPER,
    SAME,
    TWIN,
    Card,
    percent,
    style,
)

PLANE = 3.0  # the toy's plane reaches so far from its middle
POINTS = {"anchor": ("s", INK), "positive": ("o", SAME), "negative": ("X", DIFFERENT)}


@style()
def triplet(path, losses, margin, note="A toy: three points in a plane, no pictures behind them"):
    """A triplet in the plane: where its points began, how they went, and where they are.

    Parameters
    ----------
    path : ndarray, shape (steps + 1, 3, 2)
    losses : ndarray, shape (steps + 1,)
        Both from `cctview.match.triplet.learn`.
    margin : float
    note : str

    Returns
    -------
    Card
    """
    anchor, positive, negative = path[-1]
    near, far = np.linalg.norm(anchor - positive), np.linalg.norm(anchor - negative)
    after = f"after {len(path) - 1} steps" if len(path) > 1 else "before the first step"
    verdict = "nothing left to learn" if losses[-1] == 0 else f"loss {losses[-1]:.2f}"
    title = (
        f"{verdict[0].upper()}{verdict[1:]} {after}: positive at {near:.2f}, negative at {far:.2f}"
    )
    figure = Card(title, height=4.4, note=note, left=0.4, right=2.45, bottom=0.3)
    axes = figure.subplots()
    wanted = np.sqrt(near**2 + margin)
    axes.add_patch(Circle(anchor, near, fill=False, edgecolor=SAME, linewidth=1.6))
    axes.add_patch(
        Circle(anchor, wanted, fill=False, edgecolor=GREY, linewidth=1.6, linestyle=(0, (4, 3)))
    )
    for k, (name, (marker, colour)) in enumerate(POINTS.items()):
        axes.plot(*path[:, k].T, color=colour, linewidth=1.4, alpha=0.7)
        axes.plot(
            *path[0, k],
            marker=marker,
            markersize=9,
            markerfacecolor=PAPER,
            markeredgecolor=colour,
            linestyle="",
        )
        axes.plot(
            *path[-1, k],
            marker=marker,
            markersize=13,
            color=colour,
            markeredgecolor=PAPER,
            linestyle="",
            label=name,
        )
        away = path[-1, k] - path[-1].mean(axis=0)
        side = "left" if away[0] >= 0 else "right"
        where = path[-1, k] + (0.2 if side == "left" else -0.2, 0.0)
        axes.text(
            *where,
            name,
            color=colour,
            fontsize=11,
            fontweight="bold",
            ha=side,
            va="center",
            clip_on=True,
        )
    axes.set(xlim=(-PLANE, PLANE), ylim=(-PLANE, PLANE), xticks=[], yticks=[], aspect="equal")
    for spine in axes.spines.values():
        spine.set_visible(True)
    words = (
        "solid circle:\nas near as the positive\n\ndashed circle:\nthe margin beyond it.\nThe"
        " negative should be\noutside\n\nhollow: where they began"
    )
    axes.annotate(
        words,
        (1.05, 0.5),
        xycoords="axes fraction",
        va="center",
        fontsize=11,
        color=GREY,
        annotation_clip=False,
    )
    return figure


@style()
def vector(crop, embedding, note=""):
    """A picture of a vehicle, and beside it the vector that a network makes of it: one small square
    a number.

    Parameters
    ----------
    crop : ndarray of uint8, shape (h, w, 3)
    embedding : ndarray, shape (d,)
    note : str

    Returns
    -------
    Card
    """
    rows = next(
        rows for rows in range(int(len(embedding) ** 0.5), 0, -1) if len(embedding) % rows == 0
    )
    title = (
        f"A picture of {crop.shape[1]}×{crop.shape[0]} pixels becomes {len(embedding):,} numbers"
    )
    figure = Card(
        title,
        height=2.9,
        note=note,
        photographs=True,
        left=0.2,
        right=0.5,
        bottom=0.35,
        top=0.1,
        wspace=0.1,
    )
    picture, numbers = figure.subplots(1, 2, width_ratios=[1, 2])
    picture.imshow(crop, interpolation="bicubic")
    most = np.abs(embedding).max()
    shown = numbers.imshow(
        np.reshape(embedding, (rows, -1)), cmap="PuOr", vmin=-most, vmax=most, aspect="auto"
    )
    bar = figure.colorbar(shown, ax=numbers, fraction=0.05, pad=0.02)
    bar.ax.tick_params(labelsize=10)
    for axes, words in ((picture, "the crop"), (numbers, "its embedding, a number a square")):
        axes.set(xticks=[], yticks=[], xlabel=words)
    return figure


@style()
def weak_spots(table, candidates, note=TWIN):
    """Where embeddings fail: how often the right one is on the list, by kinds of vehicles and
    pictures.

    Parameters
    ----------
    table : DataFrame
        From `cctview.match.weak_spots.by_group`: columns of, group, estimate, low, high, searches.
    candidates : int
        The length of the list.
    note : str

    Returns
    -------
    Card
    """
    worst = table.loc[table["estimate"].idxmin()]
    title = (
        f"Hardest: {worst['group']}. The right one is among the first {candidates} in"
        f" {percent(worst['estimate'])} of searches"
    )
    kinds = list(dict.fromkeys(table["of"]))
    figure = Card(
        title, height=0.42 * len(table) + 0.3 * len(kinds) + 0.7, note=note, left=2.6, right=0.9
    )
    axes = figure.subplots()
    place, places = 0.0, []
    for kind in kinds:
        place += 0.35
        for row in table[table["of"] == kind].itertuples():
            hard = row.estimate == table.loc[table["of"] == kind, "estimate"].min()
            look = (
                {"facecolor": ORANGE, "hatch": "//", "edgecolor": PAPER}
                if hard
                else {"color": BLUE}
            )
            axes.barh(place, row.estimate, height=0.62, **look)
            axes.plot(
                [row.low, row.high],
                [place, place],
                color=INK,
                linewidth=1.6,
                marker="|",
                markersize=9,
            )
            text = {
                "xytext": (7, 0),
                "textcoords": "offset points",
                "va": "center",
                "fontsize": 11.5,
            }
            axes.annotate(percent(row.estimate), (row.high, place), **text)
            places.append((place, f"{row.group} ({row.searches:,})"))
            place += 0.9
    axes.set_yticks(*zip(*places, strict=True), color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set(
        ylim=(place - 0.3, -0.2),
        xlim=(0, 1.08),
        xlabel=f"right one among the first {candidates} (share of searches)",
    )
    axes.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    return figure
