"""Figures of lesson 03: what collecting brings, costs and misses, and which vehicles it knows."""

import numpy as np
import pandas as pd

from cctview.collect import Tally
from cctview.course.collection import StorageCost
from cctview.dataset import driving_order, street_of
from cctview.show import (
    BLUE,
    DELIVERED,
    DIFFERENT,
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    PURPLE,
    Card,
    band,
    beside,
    dot,
    dotted,
    key_above,
    lines_across,
    name_rows,
    percent,
    share_axis,
    spread,
    style,
)

_HABITS = "Six weeks of simulated habits: a property of our habit model, not of people"
_NEWS = {
    "new": {"marker": "|", "s": 90, "color": BLUE, "linewidth": 1.6},
    "nothing new": {"marker": ".", "s": 22, "color": "#a5a299"},
    "failed": {"marker": "X", "s": 75, "color": DIFFERENT, "edgecolor": PAPER},
}
_BROUGHT = {"new": "new", "duplicate": "nothing new", "frozen": "nothing new"}
_POINTS = 4  # passes that are known of a vehicle, in the titles of both figures of unicity
_KEY = {"ncols": 3, "handletextpad": 0.4, "columnspacing": 1.4, "borderaxespad": 0.2}


@style()
def collection(tally: Tally, speed_up: float) -> Card:
    """What each poll brought: a row for each camera, time from left to right.

    The city's clock ran `speed_up` times as fast as ours.
    """
    cameras = driving_order(dict.fromkeys(camera for _, camera, _ in tally.polls))
    news = np.array([_BROUGHT.get(word, "failed") for *_, word in tally.polls])
    seconds = np.array([time * speed_up for time, *_ in tally.polls])
    rows = np.array([cameras.index(camera) for _, camera, _ in tally.polls])
    count = {name: int((news == name).sum()) for name in _NEWS}
    title = (
        f"{len(news)} polls: {count['new']} brought a new frame, {count['nothing new']} brought"
        f" nothing new, {count['failed']} failed"
    )
    note = "This run, on this computer"
    if tally.skipped:
        note += f"; {tally.skipped} polls left out while the client was busy or a camera failed"
    figure = Card(title, 0.36 * len(cameras) + 0.9, note, left=1.2, top=0.38)
    axes = figure.subplots()
    for name, look in _NEWS.items():
        axes.scatter(seconds[news == name], rows[news == name], **look, zorder=3, label=name)
    lines_across(axes, len(cameras))
    axes.set(ylim=(len(cameras) - 0.5, -0.5), xlabel="seconds of the city's clock")
    axes.set_yticks(range(len(cameras)), [street_of(camera) for camera in cameras])
    axes.tick_params(axis="y", length=0)
    key_above(figure, 0.36, **_KEY)
    return figure


@style()
def storage_bill(
    bills: dict[int, StorageCost], cameras: int, interval: float, days: float, note: str = ""
) -> Card:
    """What is kept, and what keeping and storing it cost a month, for a growing number of cameras.

    There is a bill for each number of cameras: a frame every `interval` seconds, kept for `days`.
    """
    now = bills[cameras]
    several = "cameras" if cameras > 1 else "camera"
    title = (
        f"{cameras:,} {several}, a frame every {interval:g} s, kept {days:g} days:"
        f" {_bytes(now.bytes_kept)} cost {_money(now.storing)} a month, and storing each frame"
        f" {_money(now.sending)}"
    )
    figure = Card(title, 2.7, note, left=1.25, right=1.8)
    axes = figure.subplots()
    numbers = np.array(sorted(bills))
    for part, colour, marker, words in (
        ("sending", ORANGE, "s", "requests that\nstore each frame"),
        ("storing", BLUE, "o", "what is kept"),
    ):
        dollars = [getattr(bills[number], part) for number in numbers]
        axes.plot(numbers, dollars, color=colour, marker=marker, markersize=5, label=words)
        dot(axes, cameras, getattr(now, part), colour, 12, marker=marker)
    words = f"{_bytes(now.bytes_a_day)} a day\n{now.requests:,.3g} requests a second"
    axes.text(0.98, 0.06, words, transform=axes.transAxes, ha="right", va="bottom", fontsize=11.5)
    axes.set(xscale="log", xlabel="cameras", xlim=(0.8, numbers[-1] * 1.5))
    axes.set(yscale="log", ylabel="US$ a month", ylim=(1e-2, 1e5))
    axes.xaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")
    axes.yaxis.set_major_formatter(lambda number, _: f"{number:,g}")
    axes.grid(color=PALE, linewidth=0.8)
    _name_ends(axes)
    return figure


def _name_ends(axes, apart=0.4):
    """Each line's name at the right of its end, `apart` inches or more above the one below it."""
    lines = [line for line in axes.lines if not line.get_label().startswith("_")]
    ends = [axes.transData.transform((0, line.get_ydata()[-1]))[1] for line in lines]
    order = np.argsort(ends, kind="stable")
    places = spread(np.sort(ends), apart * axes.figure.dpi)
    places -= max(places[-1] - axes.bbox.y1, 0)  # none above the axes
    for at, height in zip(order, places, strict=True):
        place = axes.transAxes.inverted().transform((0, height))[1]
        words = lines[at].get_label()
        beside(axes, 1, place, words, 8, xycoords="axes fraction", color=INK, fontsize=11.5)


def _bytes(count):
    """A number of bytes in words.

    Examples
    --------
    >>> [_bytes(x) for x in (25_000, 8.64e8, 7.1e11, 2.144e13, 3.2e15)]
    ['25 kB', '860 MB', '710 GB', '21 TB', '3.2 PB']
    """
    power = min(max(int(np.log10(max(count, 1)) // 3), 1), 5)
    value = float(f"{count / 1000**power:.2g}")
    return f"{value:g} {' kMGTP'[power]}B"


def _money(dollars):
    """US$ in words, to two digits.

    Examples
    --------
    >>> [_money(x) for x in (0.023, 1.04, 493.2, 31_900)]
    ['US$0.02', 'US$1.04', 'US$490', 'US$32,000']
    """
    return f"US${dollars:.2f}" if dollars < 10 else f"US${float(f'{dollars:.2g}'):,.0f}"


@style()
def caught(curves: dict[float, dict], interval: float, side: float, cameras: int = 6) -> Card:
    """Which share of the traffic polling catches, by its interval in seconds.

    `curves` come from `cctview.course.collection.Traffic.caught`; `side` is in pixels.
    """
    now = curves[interval]
    title = (
        f"A poll every {interval:g} s catches {percent(now['pass'])} of the passes, and"
        f" {percent(now['once'])} of the vehicles somewhere"
    )
    figure = Card(title, 3.1, left=1.05, right=2.25)
    axes = figure.subplots()
    times = sorted(curves)
    lines = {
        "once": (BLUE, "-", f"a vehicle at one or\nmore of {cameras} cameras"),
        "pass": (ORANGE, "--", "a pass of\none camera"),
        "always": (PURPLE, ":", f"a vehicle at all\n{cameras} cameras"),
    }
    for name, (colour, dashes, words) in lines.items():
        shares = [curves[time][name] for time in times]
        axes.plot(times, shares, color=colour, linestyle=dashes, label=words)
        dot(axes, interval, now[name], colour, 10)
    dotted(axes, interval)
    axes.set(xscale="log", xlabel="seconds from poll to poll")
    axes.set(ylim=(-0.02, 1.04), ylabel=f"share caught ({side:g} px or more)")
    axes.set_xticks([2, 5, 10, 20, 60], ["2", "5", "10", "20", "60"])
    axes.minorticks_off()
    share_axis(axes.yaxis)
    place = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.02)}
    axes.legend(frameon=False, fontsize=11, handlelength=1.7, labelspacing=0.9, **place)
    return figure


@style()
def known_by_day(table: pd.DataFrame, slow: pd.DataFrame, share: float) -> Card:
    """How many vehicles a database knows after some days, and how many a slow collector knows.

    Both come from `cctview.course.collection.count_known`; `slow` is of a `share` of the passes.
    """
    last = table.index[-1]
    title = (
        f"After {last} days {table.often[last]:,} vehicles were seen on at least five days, and"
        f" {slow.often[last]:,} even by a collector that catches {percent(share)} of the passes"
    )
    figure = Card(title, 3.0, _HABITS, left=1.0, right=2.15)
    axes = figure.subplots()
    lines = (
        (table.seen, GREY, ":", "seen at all"),
        (table.again, ORANGE, "--", "on two days\nor more"),
        (table.often, BLUE, "-", "on five days\nor more"),
        (slow.often, PURPLE, "-.", f"the same, {percent(share)}\ncaught"),
    )
    for counts, colour, dashes, words in lines:
        axes.plot(counts.index, counts, color=colour, linestyle=dashes, label=words)
    axes.set(xlabel="days since the collecting began", xlim=(0, last))
    axes.set(ylabel="vehicles", ylim=(0, None))
    axes.set_xticks(range(0, last + 1, 7))
    axes.yaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    _name_ends(axes)
    return figure


@style()
def unicity_by_points(table: pd.DataFrame, false_links: float) -> Card:
    """How often a few passes single a vehicle out, by their number, with and without false links.

    `table` has rows of ``data/results/unicity.csv`` of one length of time bins and one number of
    days. `false_links` is one of its shares.
    """
    table = table[table.one_a_trip & (table.role == "everyone")]
    right = table[table.false_links == 0].sort_values("points")
    wrong = table[np.isclose(table.false_links, false_links)].sort_values("points")
    now, mixed = (rows[rows.points == _POINTS].iloc[0] for rows in (right, wrong))
    title = (
        f"After {now.days:.0f} days, {_POINTS} passes of different trips, known to"
        f" {_bin(now.hours)}, single out {percent(now.singled_out)}"
    )
    if false_links:
        title += f"; with {100 * false_links:g} % false links, {percent(mixed.singled_out)}"
    figure = Card(title, 3.0, _HABITS, left=1.0, right=0.4, top=0.38)
    axes = figure.subplots()
    lines = [("no false link", right.singled_out, DELIVERED, "-", "o", 6)]
    if false_links:
        name = f"{100 * false_links:g} % of links false"
        lines.append((name, wrong.singled_out, PURPLE, "--", "s", 5))
        lines.append(("the correct vehicle is ruled out", wrong.lost, DIFFERENT, ":", "X", 7))
    for name, shares, colour, dashes, marker, size in lines:
        look = {"color": colour, "linestyle": dashes, "marker": marker, "markersize": size}
        axes.plot(right.points, shares, label=name, **look)
    band(axes, right.points, right.low, right.high, DELIVERED)
    axes.set(xlabel="passes known, each of another trip", xticks=right.points.to_list())
    axes.set(ylabel="share of the vehicles", ylim=(-0.02, 1.04))
    share_axis(axes.yaxis)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    key_above(figure, 0.36, **_KEY)
    return figure


_ROLES = {
    "everyone": "everyone",
    "commuter": "commuters",
    "hire": "vehicles for hire",
    "occasional": "occasional drivers",
}


@style()
def unicity_by_driver(table: pd.DataFrame) -> Card:
    """Who is singled out, and by which knowledge: a pass of each of several trips, or any.

    `table` is as for `unicity_by_points`.
    """
    rows = table[(table.points == _POINTS) & (table.false_links == 0)]
    cells = rows.set_index(["role", "one_a_trip"])
    commuters = cells.loc["commuter"]
    title = (
        f"{_POINTS} passes known to {_bin(rows.hours.iloc[0])} single out"
        f" {percent(commuters.singled_out[True])} of commuters if each is of another trip,"
        f" {percent(commuters.singled_out[False])} if not"
    )
    figure = Card(title, 3.3, _HABITS, left=1.75, right=1.9, top=0.4)
    axes = figure.subplots()
    for row, role in enumerate(_ROLES):
        for apart, shift, colour, marker, words in (
            (True, -0.14, DELIVERED, "D", "each of another trip"),
            (False, 0.14, GREY, "o", "any of its passes"),
        ):
            if (role, apart) not in cells.index:
                continue
            one = cells.loc[(role, apart)]
            axes.plot([one.low, one.high], [row + shift] * 2, color=colour, linewidth=1.8)
            dot(axes, one.singled_out, row + shift, colour, marker=marker, label=words)
            count = f"{percent(one.singled_out)} of {one.traces:,.0f}"
            beside(axes, 1.0, row + shift, count, 12, color=INK, fontsize=10.5)
    name_rows(axes, _ROLES.values(), 0.5, 0.5)
    axes.set(xlim=(0, 1.02), xlabel="share of the vehicles that are singled out")
    share_axis(axes.xaxis)
    key_above(figure, 0.36, **_KEY)
    return figure


def _bin(hours):
    """The length of a time bin in words.

    Examples
    --------
    >>> [_bin(hours) for hours in (0.0166667, 0.25, 4, 24)]
    ['1 min', '15 min', '4 h', '1 day']
    """
    if hours < 1:
        return f"{60 * hours:.0f} min"
    return f"{hours:g} h" if hours < 24 else f"{hours / 24:g} day"
