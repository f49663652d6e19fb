"""The figure of lesson 00: what became of the links of some trips."""

import numpy as np
import pandas as pd

from cctview.dataset import driving_order, street_of
from cctview.link import SURE, count_trips, verdicts
from cctview.show import (
    BLUE,
    DIFFERENT,
    INK,
    PAPER,
    Card,
    key_above,
    lines_across,
    no_spines,
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


@style()
def trip_ledger(links: pd.DataFrame, sure: float = SURE) -> Card:
    """What became of each link of some trips: a row for each vehicle, a column for each camera.

    `links` come from `cctview.link.TripJudge.links`; a candidate at least `sure` is linked.
    """
    counts, judged = count_trips(links, sure), verdicts(links, sure)
    count, linked = int(counts["of"].iloc[0]), int((judged != "not linked").sum())
    whole, could = counts.loc["whole"], counts.loc["could be", "count"]
    title = (
        f"{whole['count']:.0f} of {count} trips are found whole"
        f" (95 % interval {100 * whole.low:.0f} to {100 * whole.high:.0f} %), {could:.0f} could"
        f" have been; {(judged == 'wrong').sum()} of {linked} links are wrong"
    )
    figure = Card(title, 0.165 * count + 1.0, left=1.2, right=0.3, top=0.62, bottom=0.1)
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
    axes.set_ylabel("vehicles, one per line")
    axes.set_yticks([0, count - 1], ["1", str(count)])
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(cameras)), [street_of(camera) for camera in cameras], color=INK)
    axes.tick_params(length=0)
    no_spines(axes)
    key_above(figure, 0.66, ncols=5, handletextpad=0.1, columnspacing=0.7, fontsize=9.6)
    return figure
