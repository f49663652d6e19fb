"""Figures of lesson 10: the types, crops, and frames with a number at each box."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from cctview.show import BLUE, INK, YELLOW, Card, percent, style

_NOTE = "Simulated frames"


@style()
def numbered_frames(
    images: Sequence[np.ndarray], boxes: Sequence[pd.DataFrame], titles: Sequence[str], title: str
) -> Card:
    """Frames side by side, with the number of each detection at its box.

    The boxes of a frame have columns number, x1, y1, x2, y2 (pixels).
    """
    rows = -(-len(images) // 2)
    margins = {"left": 0.16, "right": 0.16, "bottom": 0.05, "top": 0.1}
    figure = Card(title, 2.75 * rows, _NOTE, photographs=True, **margins)
    spaces = {"wspace": 0.03, "hspace": 0.12}
    panels = figure.subplots(rows, 2, squeeze=False, gridspec_kw=spaces).ravel()
    for axes in panels:
        axes.set_axis_off()
    tag = {"facecolor": YELLOW, "edgecolor": "none", "pad": 0.8}
    look = {"fontsize": 9, "color": INK, "va": "bottom", "bbox": tag, "annotation_clip": True}
    for axes, image, rows, words in zip(panels, images, boxes, titles):
        axes.imshow(image)
        axes.set_title(words, fontsize=11, loc="left", pad=3)
        for row in rows.itertuples():
            corner, size = (row.x1, row.y1), (row.x2 - row.x1, row.y2 - row.y1)
            axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=YELLOW, linewidth=1.2))
            axes.annotate(f"{row.number}", corner, **look)
    return figure


@style()
def types(counts: pd.Series) -> Card:
    """How many detections there are of each type, from the rarest to the most common."""
    share = counts.iloc[-1] / counts.sum()
    title = f"{percent(share)} of the {counts.sum()} detections are called {counts.index[-1]}"
    figure = Card(title, 0.36 * len(counts) + 0.8, "", left=1.3, right=0.8)
    axes = figure.subplots()
    axes.barh(range(len(counts)), counts, height=0.6, color=BLUE)
    for row, count in enumerate(counts):
        axes.annotate(f"{count}", (count, row), (5, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(counts)), counts.index)
    axes.set(xlabel="detections")
    return figure


@style()
def crops(crops: Sequence[np.ndarray], words: Sequence[str]) -> Card:
    """Crops side by side, with a few words and their size in pixels above each."""
    title = f"The {len(crops)} largest vehicles, cut out of the frame"
    figure = Card(title, 1.6, _NOTE, True, left=0.16, right=0.16, bottom=0.05, top=0.45)
    for axes, crop, word in zip(figure.subplots(1, len(crops)), crops, words, strict=True):
        axes.imshow(crop)
        axes.set_title(f"{word}\n{crop.shape[1]}×{crop.shape[0]} pixels", fontsize=10)
        axes.set_axis_off()
    return figure
