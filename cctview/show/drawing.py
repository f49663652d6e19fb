"""What figures draw again and again: intervals, points, rows with names, keys, axes of shares."""

import numpy as np

from cctview.show.look import GREY, INK, ORANGE, PALE, PAPER, PURPLE

DARKER = {ORANGE: "#9a6a00", PURPLE: "#9c4a7e"}
"""Colours for type, where the colour itself is too light to read."""
DOTTED = (0, (2, 3))


def share_axis(*axes):
    """Write the ticks of these axes, shares, in per cent."""
    for axis in axes:
        axis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")


def interval(axes, row, figures, width=1.6, caps=9):
    """Draw `low` and `high` of a row of figures as a line along x, with caps."""
    caps = {"marker": "|", "markersize": caps} if caps else {}
    axes.plot([figures.low, figures.high], [row, row], color=INK, linewidth=width, **caps)


def band(axes, x, low, high, colour, alpha=0.18, **look):
    """Fill the interval around a curve."""
    axes.fill_between(x, low, high, color=colour, alpha=alpha, linewidth=0, **look)


def dot(axes, x, y, colour, size=9, marker="o", **look):
    """Point out one place of a curve."""
    look = {"markeredgecolor": PAPER, "zorder": 4, "clip_on": False} | look
    axes.plot(x, y, marker, color=colour, markersize=size, **look)


def dotted(axes, x, width=1):
    """A thin vertical line at the value that is told."""
    axes.axvline(x, color=GREY, linewidth=width, linestyle=DOTTED, zorder=0)


def beside(axes, x, y, words, away=7, **look):
    """Write words beside a place in the data, `away` points to its right."""
    place = {"xytext": (away, 0), "textcoords": "offset points", "va": "center"}
    axes.annotate(words, (x, y), **(place | look))


def at_edge(axes, y, words, away=8, x=1, **look):
    """Write words beside a row, at the right edge of the axes."""
    beside(axes, x, y, words, away, xycoords=("axes fraction", "data"), **look)


def name_rows(axes, names, below=0.45, above=0.55, **look):
    """One row for each name, the first on top."""
    names = list(names)
    axes.set_yticks(range(len(names)), names, **look)
    axes.set_ylim(len(names) - below, -above)
    axes.tick_params(axis="y", length=0)


def spread(places, gap):
    """Places along an axis, in their order, raised so that each is `gap` or more above the last."""
    steps = gap * np.arange(len(places))
    return np.maximum.accumulate(np.asarray(places, float) - steps) + steps


def lines_across(axes, count, width=0.8):
    """A pale line behind each row."""
    for row in range(count):
        axes.axhline(row, color=PALE, linewidth=width, zorder=0)


def no_spines(axes):
    """Leave out the frame."""
    axes.spines[:].set_visible(False)


def show_crop(axes, crop, **look):
    """A picture without ticks."""
    axes.imshow(crop, **look)
    axes.set(xticks=[], yticks=[])


def named_once(axes):
    """The handles and the names of a legend in which each name stands once."""
    handles, names = axes.get_legend_handles_labels()
    kinds = dict(zip(names, handles, strict=True))
    return list(kinds.values()), list(kinds)


def key_above(figure, height, *entries, left=0.01, **look):
    """A legend on the line below the title, `height` inches above the axes.

    Without handles and names, those of the first axes.
    """
    if not entries and "handles" not in look:
        entries = named_once(figure.axes[0])
    top = figure.subplotpars.top + height / figure.get_size_inches()[1]
    look = {"frameon": False, "fontsize": 11, "loc": "upper left"} | look
    figure.legend(*entries, bbox_to_anchor=(left, top), **look)
