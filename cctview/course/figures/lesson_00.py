"""Figures of lesson 00: what became of links, and how much of a trip a network reconstructs."""

import numpy as np
import pandas as pd

from cctview.dataset import driving_order, street_of
from cctview.link import SURE, count_trips, tally, verdicts
from cctview.show import (
    BLUE,
    CLAIMED,
    DELIVERED,
    DIFFERENT,
    INK,
    PAPER,
    SIMULATION,
    Card,
    band,
    dot,
    dotted,
    key_above,
    lines_across,
    no_spines,
    percent,
    share_axis,
    style,
)

_HOLLOW = {"s": 62, "marker": "o", "facecolor": PAPER, "edgecolor": BLUE, "linewidth": 1.4}
_MARKS = {
    "right": {"s": 95, "marker": "o", "color": BLUE, "edgecolor": PAPER},
    "wrong": {"s": 95, "marker": "X", "color": DIFFERENT, "edgecolor": PAPER},
    "best guess right, but not sure": _HOLLOW,
    "not found": {"s": 60, "marker": ".", "color": "#b5b2a9", "edgecolor": PAPER},
    "not tracked there": {"s": 40, "marker": "_", "color": "#b5b2a9"},
}
_NAMES = {"first": "first guess right", "said": "said to be right"}
_HIGHEST = 0.8
"""The top of both axes, so that nothing but the curves moves with the sliders."""


@style()
def trip_ledger(links: pd.DataFrame, sure: float = SURE, note: str = SIMULATION) -> Card:
    """What became of each link of some trips: a row for each vehicle, a column for each camera.

    `links` come from `cctview.link.TripJudge.links`; a candidate at least `sure` is linked.
    """
    counts, judged = count_trips(links, sure), verdicts(links, sure)
    count, linked = int(counts["of"].iloc[0]), int((judged != "not linked").sum())
    whole, could = counts.loc["whole"], counts.loc["could be", "count"]
    title = (
        f"{whole['count']:.0f} of {count} trips are found whole"
        f" (95 % interval {100 * whole.low:.0f} to {100 * whole.high:.0f} %), {could:.0f} could be;"
        f" {(judged == 'wrong').sum()} of {linked} links are wrong"
    )
    figure = Card(title, 0.21 * count + 1.0, note, left=1.2, right=0.3, top=0.62, bottom=0.1)
    axes = figure.subplots()
    cameras, queries = driving_order(links["camera"].unique()), list(dict.fromkeys(links["query"]))
    across = links["camera"].map(cameras.index).to_numpy()
    down = links["query"].map(queries.index).to_numpy()
    unsure = np.where(links["right"].to_numpy(bool), "best guess right, but not sure", "not found")
    unsure[~links["tracked"].to_numpy(bool)] = "not tracked there"
    drawn = np.where(judged == "not linked", unsure, judged)
    for verdict, look in _MARKS.items():
        rows = drawn == verdict
        axes.scatter(across[rows], down[rows], **look, zorder=3, label=verdict)
    lines_across(axes, count)
    axes.set(xlim=(-0.5, len(cameras) - 0.5), ylim=(count - 0.4, -0.6))
    axes.set_ylabel("vehicles, one a line")
    axes.set_yticks([0, count - 1], ["1", str(count)])
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(cameras)), [street_of(camera) for camera in cameras], color=INK)
    axes.tick_params(length=0)
    no_spines(axes)
    key_above(figure, 0.66, ncols=5, handletextpad=0.1, columnspacing=0.7, fontsize=9.6)
    return figure


@style()
def network_leak(
    links: pd.DataFrame, cameras: int, sure: float = SURE, note: str = SIMULATION
) -> Card:
    """How much of a trip a growing network reconstructs, and whether it is as right as it says.

    `links` come from `cctview.link.TripJudge.links`: at all cameras, of passes at the first camera
    of the drive. The title names the first `cameras` of them, in driving order.
    """
    order = list(driving_order(links["camera"].unique()))
    sizes = np.arange(2, len(order) + 2)
    tables = [tally(links, order[: size - 1], sure) for size in sizes]
    now = tables[cameras - 2]["estimate"]
    title = (
        f"{cameras} cameras: {percent(now['right'])} of the trip reconstructed,"
        f" {percent(now['wrong'])} wrongly linked; first guess right {percent(now['first'])}"
    )
    figure = Card(title, 3.2, note, wspace=0.42)
    left, right = figure.subplots(1, 2)
    lines = (
        (left, "right", DELIVERED, "-"),
        (left, "wrong", DIFFERENT, "--"),
        (right, "first", DELIVERED, "-"),
        (right, "said", CLAIMED, "--"),
    )
    for axes, name, colour, dashes in lines:
        middle, low, high = (
            np.array([table.loc[name, end] for table in tables], float)
            for end in ("estimate", "low", "high")
        )
        look = {"color": colour, "linestyle": dashes, "marker": "o", "markersize": 5}
        axes.plot(sizes, middle, label=_NAMES.get(name, name), **look)
        band(axes, sizes, low, high, colour)
        dot(axes, cameras, middle[cameras - 2], colour, 12)
    for axes in (left, right):
        dotted(axes, cameras)
        axes.set(xlabel="cameras in the network", xticks=sizes, xlim=(1.7, sizes[-1] + 0.3))
        axes.legend(frameon=False, fontsize=11.5, loc="upper right", handlelength=1.6)
    left.set(ylabel="share of the trip", ylim=(0, _HIGHEST))
    right.set(ylabel="share of the searches", ylim=(0, _HIGHEST))
    share_axis(left.yaxis, right.yaxis)
    return figure
