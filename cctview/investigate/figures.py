"""What the operator's page draws: the best candidates, camera by camera."""

import numpy as np

from cctview.dataset.road import street_of
from cctview.show.look import DIFFERENT, GREY, INK, SAME, TWIN, Card, style
from cctview.show.pictures import RIGHT, WRONG, picture

OWN = "Frames of your own: nothing says whether a candidate is right"

_ROW = 1.0  # in


@style()
def candidate_rows(desk, picked, candidates, title=None):
    """The vehicle looked for, and its best candidates before every other camera, a row each.

    Parameters
    ----------
    desk : cctview.investigate.search.Desk
    picked : str
        Id of the detection.
    candidates : DataFrame
        From `cctview.investigate.search.Desk.candidates`; with `weak`, those that are linked are framed boldly.
    title : str, optional
        By default how many of the first candidates are right.

    Returns
    -------
    Card
    """
    cameras, most = (
        list(dict.fromkeys(candidates["camera"])),
        max(int(candidates["rank"].max()) if len(candidates) else 1, 2),
    )
    height = _ROW * (len(cameras) + 1) + 0.3
    title = title or _candidates_title(candidates)
    note = OWN if desk.own else TWIN
    figure = Card(
        title,
        height=height,
        note=note,
        photographs=True,
        left=0.16,
        right=0.16,
        bottom=0.36,
        top=0.04,
        hspace=0.36,
    )
    grid = figure.add_gridspec(len(cameras) + 1, most + 1, width_ratios=[1.25, *[1] * most])
    pick = desk.groups.iloc[desk.group_of(picked)]
    _words(figure.add_subplot(grid[0, 0]), f"looked for\n{street_of(pick['camera'])}")
    picture(figure.add_subplot(grid[0, 1]), desk.dataset.crop(picked), "", INK, "-")
    for k, camera in enumerate(cameras, start=1):
        _words(figure.add_subplot(grid[k, 0]), street_of(camera))
        for row in candidates[candidates["camera"] == camera].itertuples():
            axes = figure.add_subplot(grid[k, row.rank])
            sign = "" if row.right is None else f" {RIGHT if row.right else WRONG}"
            colour, dashes = (
                (GREY, "-")
                if row.right is None
                else (SAME, "-")
                if row.right
                else (DIFFERENT, (0, (3, 2)))
            )
            picture(
                axes, desk.dataset.crop(row.id), "", colour, dashes, width=1.2 if row.weak else 3.4
            )
            score = (
                f"{100 * row.probability:.0f} %"
                if np.isfinite(row.probability)
                else f"{row.distance:.3g}"
            )
            words = f"{score}{sign}  {row.after:+.0f} s".replace("-", "−")
            axes.set_xlabel(
                words, fontsize=10.5, labelpad=4, color=INK if row.right is None else colour
            )
    return figure


def _candidates_title(candidates):
    first = candidates[candidates["rank"] == 1]
    if not len(first):
        return "No candidate is left at any camera"
    if first["right"].isna().any():
        return f"The best candidates at {len(first)} cameras"
    right, linked = first["right"].astype(bool), ~first["weak"].astype(bool)
    title = f"First guess right at {right.sum()} of {len(first)} cameras"
    return (
        f"{title}; linked at {linked.sum()}, {(linked & ~right).sum()} of them wrongly (thick"
        " frames)"
    )


def _words(axes, text):
    axes.text(
        0, 0.5, text, ha="left", va="center", fontsize=11.5, fontweight="bold", linespacing=1.3
    )
    axes.set_axis_off()
