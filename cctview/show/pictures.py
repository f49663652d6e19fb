"""Figures with frames and crops: a frame with boxes, a query with its candidates."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cctview.show.look import (
    DIFFERENT,
    GREY,
    INK,
    PAPER,
    SAME,
    SIMULATION,
    WIDTH,
    YELLOW,
    Card,
    style,
)

RIGHT, WRONG = "✓", "✗"
_TAG = 42, 12  # pixels of a frame that the words at a box take


@style()
def frame(
    image: np.ndarray, boxes: pd.DataFrame, title: str, picked: Any = None, note: str = ""
) -> Card:
    """A frame with boxes, their type and confidence.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    boxes : DataFrame
        Columns type, percent, x1, y1, x2, y2 (pixels).
    title : str
    picked : label of the index of `boxes`, optional
        The one to point out.
    note : str
    """
    margins = {"left": 0.16, "right": 0.16, "bottom": 0.05, "top": 0.0}
    height = (WIDTH - 0.32) * image.shape[0] / image.shape[1]
    figure = Card(title, height=height, note=note, photographs=True, **margins)
    axes = figure.subplots()
    axes.imshow(image)
    axes.set_axis_off()
    written: list[tuple[float, float]] = []
    for row in boxes.itertuples():
        chosen = row.Index == picked
        colour = YELLOW if chosen or picked is None else "white"
        corner, size = (row.x1, row.y1), (row.x2 - row.x1, row.y2 - row.y1)
        for edge, line in ((INK, 4 if chosen else 2.6), (colour, 2.6 if chosen else 1.4)):
            axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=edge, linewidth=line))
        if chosen or picked is None:
            ground = {"facecolor": colour, "edgecolor": "none", "pad": 1.2}
            look: dict[str, Any] = {"fontsize": 10, "color": INK, "bbox": ground}
            x, y = row.x1, row.y1
            if any(abs(x - left) < _TAG[0] and abs(y - top) < _TAG[1] for left, top in written):
                y = row.y2 + _TAG[1]  # below its box, where another box's words are above it
            written.append((x, y))
            look |= {"xytext": (0, 3), "textcoords": "offset points", "annotation_clip": True}
            axes.annotate(f"{row.type} {row.percent:.0f} %", (x, y), **look)
    return figure


@style()
def candidates(
    query: np.ndarray,
    crops: Sequence[np.ndarray],
    distances: Sequence[float],
    right: Sequence[bool],
    title: str,
    words: Sequence[str] | None = None,
    note: str = SIMULATION,
) -> Card:
    """A query and its nearest candidates, with their distances and whether they are right.

    Parameters
    ----------
    query : ndarray of uint8, shape (h, w, 3)
    crops : sequence of ndarray
        The candidates' crops, best first.
    distances : sequence of float
    right : sequence of bool
        Whether each shows the query's vehicle; marked by a sign and the kind of line too.
    title : str
    words : sequence of str, optional
        What to write below each candidate, such as its camera.
    note : str
    """
    columns = min(len(crops), 5) + 1
    rows = max(-(-len(crops) // (columns - 1)), 1)
    margins = {"left": 0.2, "right": 0.2, "bottom": 0.42, "top": 0.34}
    figure = Card(title, 1.8 * rows, note, photographs=True, hspace=0.72, wspace=0.14, **margins)
    grid = figure.add_gridspec(rows, columns)
    picture(figure.add_subplot(grid[0, 0]), query, "looked for", INK, "-")
    for k, (crop, distance, hit) in enumerate(zip(crops, distances, right, strict=True)):
        axes = figure.add_subplot(grid[k // (columns - 1), 1 + k % (columns - 1)])
        colour, sign, dashes = (SAME, RIGHT, "-") if hit else (DIFFERENT, WRONG, (0, (3, 2)))
        picture(axes, crop, f"{k + 1}  {sign}", colour, dashes)
        text = f"{distance:.2f}" + (f"\n{words[k]}" if words is not None else "")
        axes.set_xlabel(text, fontsize=10.5, labelpad=3, color=GREY)
    return figure


def picture(
    axes: Axes, crop: np.ndarray, title: str, colour: str, dashes: Any, width: float = 2.6
) -> None:
    """A crop in a square, in its proportions, in a frame of this colour and kind of line."""
    tall, wide = crop.shape[:2]
    side = max(tall, wide)
    axes.imshow(crop, interpolation="bicubic")
    axes.set(xlim=((wide - side) / 2, (wide + side) / 2), xticks=[])
    axes.set(ylim=((tall + side) / 2, (tall - side) / 2), yticks=[])
    axes.set_facecolor(PAPER)
    axes.set_title(title, fontsize=12, color=colour, fontweight="bold", pad=4)
    axes.spines[:].set(visible=True, color=colour, linewidth=width, linestyle=dashes)
