"""The map strip: the drive with its cameras, and a trip over it as a time-distance diagram."""

from collections.abc import Iterable
from itertools import pairwise

import pandas as pd

from cctview.dataset import DRIVE, street_of
from cctview.show.look import (
    BLUE,
    DIFFERENT,
    GREY,
    INK,
    PALE,
    PAPER,
    SIMULATION,
    Card,
    label,
    style,
)

_KM = {place.camera: place.km for place in DRIVE}


@style()
def drive(
    sightings: pd.DataFrame | None = None,
    truth: pd.Series | None = None,
    cameras: Iterable[str] | None = None,
    title: str | None = None,
    note: str = SIMULATION,
) -> Card:
    """The road from north (left) to south and its cameras; above it, a trip by the clock.

    Parameters
    ----------
    sightings : DataFrame, optional
        What was linked into one trip: columns camera, time (datetimes), and optionally right (bool;
        if absent, not known).
    truth : Series, optional
        When the vehicle really passed each camera, by the camera's id; missing where it did not.
    cameras : iterable of str, optional
        The cameras in use; by default all. Others are drawn pale.
    title : str, optional
        By default the finding: how many cameras saw it, and over which stretch and time.
    note : str
    """
    used = {place.camera for place in DRIVE} if cameras is None else set(cameras)
    if sightings is None:
        figure = Card(title or _title(None), 1.55, note, left=0.4, right=0.45, bottom=0.1)
        _strip(figure.subplots(), used, None)
        return figure
    trip = sightings.assign(km=sightings["camera"].map(_KM)).sort_values("time")
    figure = Card(title or _title(trip), 4.4, note, left=1.15, right=0.45, bottom=0.1, hspace=0.04)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[2.55, 1.75])
    _diagram(above, trip, truth)
    _strip(below, used, trip)
    return figure


def _title(trip):
    if trip is None or trip.empty:
        return (
            f"{len(DRIVE)} cameras along {DRIVE[-1].km:g} km of one road;"
            f" {sum(p.facing == 'S' for p in DRIVE)} look south"
        )
    wrong = int((~trip["right"].astype(bool)).sum()) if "right" in trip else 0
    seen = trip["camera"].nunique()
    if seen == 1:
        return f"Seen at one camera, {street_of(trip['camera'].iloc[0])}, and nowhere else"
    linked = f"Linked at {seen - 1} of {len(DRIVE) - 1} other cameras"
    if wrong:
        return f"{linked}, but {wrong} of the links {'is' if wrong == 1 else 'are'} wrong"
    seconds = int((trip["time"].max() - trip["time"].min()).total_seconds())
    return (
        f"{linked}: {trip['km'].max() - trip['km'].min():.1f} km of its way in {seconds // 60} min"
        f" {seconds % 60:02d} s"
    )


def _strip(axes, used, trip):
    """The road as a line, and a sign for each camera that points the way it looks."""
    first, last = DRIVE[0].km, DRIVE[-1].km
    road = {"color": PALE, "linewidth": 9, "solid_capstyle": "round", "zorder": 0}
    axes.plot([first - 0.35, last + 0.35], [0, 0], **road)
    seen = {place.camera for place in DRIVE} if trip is None else set(trip["camera"])
    for before, place in zip((None, *DRIVE), DRIVE):
        colour = PALE if place.camera not in used else BLUE if place.camera in seen else GREY
        sign = 1 if place.facing == "S" else -1
        dot = {"markersize": 13, "markeredgecolor": PAPER, "zorder": 3, "label": place.camera}
        axes.plot(place.km, 0, "o", color=colour, **dot)
        arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 2.2}
        axes.annotate("", (place.km + 0.31 * sign, 0), (place.km, 0), arrowprops=arrow, zorder=2)
        crowded = before is not None and place.km - before.km < 0.7
        words = {"ha": "center", "va": "center", "fontsize": 11}
        words["color"] = INK if place.camera in used else GREY
        axes.annotate(street_of(place.camera), (place.km, -1.25 if crowded else -0.62), **words)
    if trip is not None:
        _travel_times(axes, trip)
    ends = {"fontsize": 10.5, "color": GREY, "va": "center"}
    axes.annotate("◀ north, 0 km", (first - 0.42, -1.9), ha="left", **ends)
    axes.annotate(f"{last:g} km, south ▶", (last + 0.42, -1.9), ha="right", **ends)
    middle = (first + last) / 2
    axes.annotate("arrows: the way a camera looks", (middle, -1.9), ha="center", **ends)
    if trip is not None:
        axes.annotate("s: from link to link", (middle, -2.45), ha="center", **ends)
    axes.set(ylim=(-2.2 if trip is None else -2.75, 0.9), xlim=(first - 0.45, last + 0.45))
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _travel_times(axes, trip):
    """The seconds from each sighting to the next, above the road between them."""
    words = {"ha": "center", "va": "center", "fontsize": 10, "color": GREY}
    for before, after in pairwise(trip.itertuples()):
        seconds = round((after.time - before.time).total_seconds())
        axes.annotate(f"{seconds} s", ((before.km + after.km) / 2, 0.52), **words)


def _diagram(axes, trip, truth):
    """Time against place: what was linked, and the true trip as a line."""
    clock = _minutes(trip["time"], trip)
    low, high = clock.min(), clock.max()
    if truth is not None:
        passed = {_KM[camera]: time for camera, time in truth.items() if camera in _KM}
        passed = pd.Series(passed).dropna().sort_index()
        minutes = _minutes(passed, trip)
        line = {"color": GREY, "linewidth": 2, "linestyle": (0, (4, 2)), "label": "truth"}
        axes.plot(passed.index, minutes, zorder=1, **line)
        low, high = min([low, *minutes]), max([high, *minutes])
    right = trip["right"].astype(bool) if "right" in trip else pd.Series(True, trip.index)
    axes.plot(trip["km"][right], clock[right], color=BLUE, linewidth=2.4, zorder=2, label="linked")
    before = -1.0
    for row, y, hit in zip(trip.itertuples(), clock, right, strict=True):
        _sighting(axes, row, y, hit, crowded=row.km - before < 0.7)
        before = row.km
    room = max(0.2 * (high - low), 0.25)
    axes.set(ylabel="minutes since\nfirst seen", ylim=(high + room, low - room))
    axes.tick_params(axis="x", length=0)
    axes.spines["bottom"].set_visible(False)
    for place in DRIVE:
        axes.axvline(place.km, color=PALE, linewidth=1, zorder=0)


def _sighting(axes, row, y, hit, crowded):
    """A dot, or a cross where the link is wrong, and the time."""
    look = {"color": BLUE, "marker": "o", "markersize": 10, "label": "right"}
    words, ink = f"{row.time:%H:%M:%S}", INK
    if not hit:
        look = {"color": DIFFERENT, "marker": "X", "markersize": 12, "label": "wrong"}
        words, ink = f"{words} ✗ wrong", DIFFERENT
    axes.plot(row.km, y, linestyle="none", markeredgecolor=PAPER, zorder=4, **look)
    side = {"ha": "left", "va": "bottom"}
    if under := not hit or row.km >= 5 or crowded:
        side = {"ha": "right", "va": "top"}
    label(axes, row.km - 0.1 if under else row.km + 0.1, y, words, ink, fontsize=10.5, **side)


def _minutes(times, trip):
    return (pd.to_datetime(times) - trip["time"].min()).dt.total_seconds() / 60
