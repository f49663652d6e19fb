"""What the operator's page draws: the best candidates, camera by camera."""

import html

import numpy as np
import pandas as pd

from cctview.dataset import place_of, street_of
from cctview.investigate.dossier import Dossier
from cctview.investigate.evaluation import JudgedDossier
from cctview.investigate.search import VehicleSearch
from cctview.show import (
    DIFFERENT,
    GREY,
    INK,
    RIGHT,
    SAME,
    SIMULATION,
    WRONG,
    Card,
    drive,
    picture,
    style,
)

OWN = "Frames of your own: nothing says whether a candidate is right"
_ROW = 1.0  # in


@style()
def candidate_rows(
    search: VehicleSearch, picked: str, candidates: pd.DataFrame, title: str | None = None
) -> Card:
    """The vehicle looked for, and its best candidates past every other camera, a row each.

    Parameters
    ----------
    search : VehicleSearch
    picked : str
        Id of the detection.
    candidates : DataFrame
        From `VehicleSearch.candidates`, with `weak` (those that are not are framed boldly), and
        `right` where it is known.
    title : str, optional
        By default how many of the first candidates are right.
    """
    cameras = list(dict.fromkeys(candidates["camera"]))
    most = max(int(candidates["rank"].max()) if len(candidates) else 1, 2)
    figure = Card(
        title or _title(candidates),
        height=_ROW * (len(cameras) + 1) + 0.3,
        note=OWN if search.own else SIMULATION,
        photographs=True,
        left=0.16,
        right=0.16,
        bottom=0.36,
        top=0.04,
        hspace=0.36,
    )
    grid = figure.add_gridspec(len(cameras) + 1, most + 1, width_ratios=[1.25, *[1] * most])
    pick = search.groups.iloc[search.group_of(picked)]
    _words(figure.add_subplot(grid[0, 0]), f"looked for\n{street_of(pick['camera'])}")
    picture(figure.add_subplot(grid[0, 1]), search.dataset.crop(picked), "", INK, "-")
    for k, camera in enumerate(cameras, start=1):
        _words(figure.add_subplot(grid[k, 0]), street_of(camera))
        for row in candidates[candidates["camera"] == camera].itertuples():
            axes = figure.add_subplot(grid[k, row.rank])
            _candidate(axes, search.dataset.crop(row.id), row)
    return figure


def _candidate(axes, crop, row):
    """A candidate's crop, its score, and whether it is right."""
    right = getattr(row, "right", None)
    sign, colour, dashes = "", GREY, "-"
    if right is not None:
        sign = f" {RIGHT if right else WRONG}"
        colour, dashes = (SAME, "-") if right else (DIFFERENT, (0, (3, 2)))
    picture(axes, crop, "", colour, dashes, width=1.2 if row.weak else 3.4)
    score = f"{row.distance:.3g}"
    if np.isfinite(row.probability):
        score = f"{100 * row.probability:.0f} %"
    words = f"{score}{sign}  {row.after:+.0f} s".replace("-", "−")
    axes.set_xlabel(words, fontsize=10.5, labelpad=4, color=INK if right is None else colour)


def _title(candidates):
    first = candidates[candidates["rank"] == 1]
    if not len(first):
        return "No candidate is left at any camera"
    if "right" not in first:
        return f"The best candidates at {len(first)} cameras"
    right, linked = first["right"].astype(bool), ~first["weak"].astype(bool)
    return (
        f"The first candidate is right at {right.sum()} of {len(first)} cameras; it is linked at"
        f" {linked.sum()} (thick frames), and {(linked & ~right).sum()} of these links are wrong"
    )


def _words(axes, text):
    axes.text(
        0, 0.5, text, ha="left", va="center", fontsize=11.5, fontweight="bold", linespacing=1.3
    )
    axes.set_axis_off()


def dossier_html(dossier: Dossier | None) -> str:
    """The dossier as an HTML table, or what stands in its place."""
    if dossier is None:
        return (
            '<p class="says">No dossier. Click a vehicle in the picture: one click builds one.</p>'
        )
    return f'<table class="dossier"><tbody>{_rows(dossier.lines())}</tbody></table>'


def truth_html(dossier: Dossier | None) -> str:
    """What the lesson knows of the dossier and no operator does, folded; "" where nobody knows."""
    if not isinstance(dossier, JudgedDossier):
        return ""
    return (
        '<details class="truth"><summary>What no operator knows: is it right?</summary><p'
        ' class="says">The road is simulated, so the lesson knows which vehicle each box shows.</p>'
        f'<table class="dossier"><tbody>{_rows(dossier.known())}</tbody></table></details>'
    )


def _rows(lines):
    return "".join(
        f"<tr><th>{html.escape(what)}</th><td>{html.escape(held)}</td></tr>" for what, held in lines
    )


def map_png(dossier: Dossier | None) -> bytes:
    """The dossier's trip on the map, as a PNG file; b"" where there is no trip, or no map."""
    if dossier is None or len(dossier.sightings) < 2:
        return b""
    if not all(place_of(camera) for camera in dossier.sightings["camera"]):
        return b""
    trip, sure = dossier.sightings[["camera", "time"]], dossier.sightings["probability"]
    title = None
    if not sure.isna().all():
        linked = f"Linked at {len(trip) - 1} other cameras"
        title = f"{linked}; the least sure link is {100 * sure.min():.0f} %"
    note = "Simulated. Right or wrong: no operator knows"
    note = "Frames of your own" if dossier.own else note
    return drive(trip, title=title, note=note).to_bytes(dots=130)
