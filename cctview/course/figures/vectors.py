"""Figures of lesson 05 about embeddings: their plane, a vector, and where they fail."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import pandas as pd
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from sklearn.decomposition import PCA

from cctview.show import (
    BLUE,
    INK,
    ORANGE,
    PALE,
    PAPER,
    SAME,
    Card,
    beside,
    interval,
    percent,
    show_crop,
    style,
)


@style()
def embedding_map(
    embeddings: np.ndarray,
    crops: Sequence[np.ndarray],
    lines: Iterable[tuple[int, int]] = (),
    title: str | None = None,
) -> Card:
    """The embedding space, flattened to the plane in which embeddings differ most: each point is
    the crop of a vehicle.

    `embeddings` has shape (n, d); `lines` joins pairs of crops that show one vehicle. Without a
    `title`, the card says how much of the space the plane holds.
    """
    plane = PCA(2, svd_solver="full")
    places = plane.fit_transform(np.asarray(embeddings, float))
    shares = plane.explained_variance_ratio_
    places = places * np.sign(places[np.abs(places).argmax(axis=0), [0, 1]])  # not left to chance
    title = title or f"This plane holds {percent(shares.sum())} of how the vectors differ"
    figure = Card(title, 4.6, photographs=True, left=0.35, right=0.2, bottom=0.42)
    axes = figure.subplots()
    for a, b in lines:
        axes.plot(*places[[a, b]].T, color=SAME, linewidth=2, zorder=3, label="same")
    joined = {end for line in lines for end in line}
    for k, (place, crop) in enumerate(zip(places, crops, strict=True)):
        picture = OffsetImage(_thumbnail(crop), zoom=0.46, resample=True)
        colour, width, above = (SAME, 2.2, 5) if k in joined else (PALE, 0.8, 2)
        edge = {"edgecolor": colour, "linewidth": width, "facecolor": PAPER}
        axes.add_artist(AnnotationBbox(picture, place, pad=0.08, bboxprops=edge, zorder=above))
    axes.update_datalim(places)
    axes.margins(0.07)
    axes.autoscale_view()
    axes.set(xlabel=f"first direction ({percent(shares[0])} of how the vectors differ)", xticks=[])
    axes.set(ylabel=f"second direction ({percent(shares[1])})", yticks=[])
    return figure


def _thumbnail(crop, side=64):
    """A crop whose longer side has this length."""
    height, width = crop.shape[:2]
    scale = side / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return cv2.resize(crop, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


@style()
def vector(crop: np.ndarray, embedding: np.ndarray) -> Card:
    """The crop of a vehicle, and the embedding, (d,), of that crop: one square for each number."""
    count = len(embedding)
    rows = next(rows for rows in range(int(count**0.5), 0, -1) if count % rows == 0)
    title = f"A crop of {crop.shape[1]}×{crop.shape[0]} pixels becomes {count:,} numbers"
    margins = {"left": 0.2, "right": 0.5, "bottom": 0.35, "top": 0.1, "wspace": 0.1}
    figure = Card(title, 2.9, "", photographs=True, **margins)
    picture, numbers = figure.subplots(1, 2, width_ratios=[1, 2])
    show_crop(picture, crop, interpolation="bicubic")
    most = np.abs(embedding).max()
    squares = np.reshape(embedding, (rows, -1))
    shown = numbers.imshow(squares, cmap="PuOr", vmin=-most, vmax=most, aspect="auto")
    bar = figure.colorbar(shown, ax=numbers, fraction=0.05, pad=0.02)
    bar.ax.tick_params(labelsize=10)
    numbers.set(xticks=[], yticks=[], xlabel="its embedding, one square per number")
    picture.set_xlabel("the crop")
    return figure


@style()
def weak_spots(table: pd.DataFrame, candidates: int) -> Card:
    """Where embeddings fail: how often a list has the correct vehicle, by group of vehicles.

    `table` comes from `cctview.match.by_group`; `candidates` is the length of the list.
    """
    worst = table.loc[table["estimate"].idxmin()]
    title = (
        f"Hardest: {worst['group']}. The correct vehicle is among the first {candidates} in"
        f" {percent(worst['estimate'])} of searches"
    )
    kinds = table["of"].nunique()
    figure = Card(title, 0.42 * len(table) + 0.3 * kinds + 0.7, left=2.6, right=0.9)
    axes = figure.subplots()
    place, places = 0.0, []
    for _, rows in table.groupby("of", sort=False):
        place += 0.35
        for row in rows.itertuples():
            hard = row.estimate == rows["estimate"].min()
            axes.barh(place, row.estimate, height=0.62, color=ORANGE if hard else BLUE)
            interval(axes, place, row)
            beside(axes, row.high, place, percent(row.estimate), fontsize=11.5)
            places.append((place, f"{row.group} ({row.searches:,})"))
            place += 0.9
    axes.set_yticks(*zip(*places, strict=True), color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(place - 0.3, -0.2), xlim=(0, 1.08))
    axes.set_xlabel(f"correct vehicle among the first {candidates} (share of searches)")
    axes.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    return figure
