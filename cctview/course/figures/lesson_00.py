"""Figures of trips: what became of the links of twenty vehicles, and how much of a trip a growing
network reconstructs.
"""

import numpy as np

from cctview.dataset.road import driving_order, street_of
from cctview.link.trips import SURE, count_trips, tally, verdicts
from cctview.show.look import (
    BLUE,
    CLAIMED,
    DELIVERED,
    DIFFERENT,
    GREY,
    INK,
    PALE,
    PAPER,
    Card,
    percent,
    style,
)

WORLD = "Simulated frames, our model world; whether a link is right is told by its truth"
_MARKS = {
    "right": {"s": 95, "marker": "o", "color": BLUE, "edgecolor": PAPER},
    "wrong": {"s": 95, "marker": "X", "color": DIFFERENT, "edgecolor": PAPER},
    "best guess right, but not sure": {
        "s": 62,
        "marker": "o",
        "facecolor": PAPER,
        "edgecolor": BLUE,
        "linewidth": 1.4,
    },
    "not found": {"s": 60, "marker": ".", "color": "#b5b2a9", "edgecolor": PAPER},
}


@style()
def trip_ledger(links, sure=SURE, note=WORLD):
    """Link by link, what became of the trips of some vehicles: one row each, one column for each
    camera searched.

    Parameters
    ----------
    links : DataFrame
        From `cctview.link.trips.Finder.links`.
    sure : float
        A candidate at least so probable is linked.
    note : str

    Returns
    -------
    Card
    """
    counts, told = count_trips(links, sure), verdicts(links, sure)
    of, linked = int(counts["of"].iloc[0]), int((told != "not linked").sum())
    low, high = (f"{100 * counts.loc['whole', end]:.0f}" for end in ("low", "high"))
    title = (
        f"{counts.loc['whole', 'count']} of {of} trips are found whole (95 % interval {low} to"
        f" {high} %); "
    )
    title += f"{(told == 'wrong').sum()} of {linked} links are wrong"
    cameras, queries = driving_order(links["camera"].unique()), list(dict.fromkeys(links["query"]))
    figure = Card(
        title, height=0.21 * of + 1.0, note=note, left=1.2, right=0.3, top=0.62, bottom=0.1
    )
    axes = figure.subplots()
    across, down = (
        links["camera"].map(cameras.index).to_numpy(),
        links["query"].map(queries.index).to_numpy(),
    )
    unsure = np.where(links["right"].to_numpy(bool), "best guess right, but not sure", "not found")
    drawn = np.where(told == "not linked", unsure, told)
    for verdict, look in _MARKS.items():
        rows = drawn == verdict
        axes.scatter(across[rows], down[rows], **look, zorder=3, label=verdict)
    for row in range(of):
        axes.axhline(row, color=PALE, linewidth=0.8, zorder=0)
    axes.set(xlim=(-0.5, len(cameras) - 0.5), ylim=(of - 0.4, -0.6), ylabel="vehicles, one a line")
    axes.set_yticks([0, of - 1], ["1", str(of)])
    axes.xaxis.tick_top()
    axes.set_xticks(
        range(len(cameras)),
        [street_of(camera) for camera in cameras],
        color=INK,
    )
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    handles, names = axes.get_legend_handles_labels()
    top = figure.subplotpars.top + 0.62 / figure.get_size_inches()[1]
    look = {
        "ncols": 4,
        "frameon": False,
        "fontsize": 11,
        "handletextpad": 0.2,
        "columnspacing": 1.0,
    }
    figure.legend(handles, names, loc="upper left", bbox_to_anchor=(0.01, top), **look)
    return figure


@style()
def network_leak(links, cameras, sure=SURE, note=WORLD):
    """What a growing network reconstructs of a trip (left), and what one search claims and delivers
    (right).

    Parameters
    ----------
    links : DataFrame
        From `cctview.link.trips.Finder.links`, before all cameras, of passages before the first camera of
        the drive.
    cameras : int
        How many, in driving order, the network has: this point is marked and told in the title.
    sure : float
    note : str

    Returns
    -------
    Card
    """
    order = list(driving_order(links["camera"].unique()))
    sizes = np.arange(2, len(order) + 2)
    tables = [tally(links, order[: size - 1], sure) for size in sizes]
    now = tables[cameras - 2]["estimate"]
    title = (
        f"{cameras} cameras: {percent(now['right'])} of the trip reconstructed,"
        f" {percent(now['wrong'])} wrongly linked; "
    )
    title += f"first guess right {percent(now['odds'])}"
    figure = Card(title, height=3.2, note=note, wspace=0.42)
    left, right = figure.subplots(1, 2)
    for axes, names in ((left, ("right", "wrong")), (right, ("delivered", "claimed"))):
        for name, colour, dashes in zip(
            names, (DELIVERED, DIFFERENT if axes is left else CLAIMED), ("-", "--")
        ):
            rows = np.array(
                [table.loc[name, ["estimate", "low", "high"]] for table in tables], float
            )
            axes.plot(
                sizes,
                rows[:, 0],
                color=colour,
                linestyle=dashes,
                marker="o",
                markersize=5,
                label=name,
            )
            axes.fill_between(sizes, rows[:, 1], rows[:, 2], color=colour, alpha=0.18, linewidth=0)
            axes.plot(
                cameras,
                rows[cameras - 2, 0],
                "o",
                markersize=12,
                color=colour,
                markeredgecolor=PAPER,
                zorder=4,
            )
        axes.axvline(cameras, color=GREY, linewidth=1, linestyle=(0, (2, 3)), zorder=0)
        axes.set(xlabel="cameras in the network", xticks=sizes, xlim=(1.7, sizes[-1] + 0.3))
        axes.legend(frameon=False, fontsize=11.5, loc="best", handlelength=1.6)
    left.set(ylabel="share of the trip", ylim=(0, None))
    left.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    right.set(ylabel="bits a search", ylim=(min(0, right.get_ylim()[0]), None))
    return figure
