"""Figures of the leakage meter: bits left step by step, the waterfall, the side gauges."""

import textwrap

from matplotlib.patches import Rectangle

from cctview.show.look import (
    CLAIMED,
    DELIVERED,
    GREEN,
    GREY,
    INK,
    PALE,
    PAPER,
    RED,
    Card,
    label,
    one_of,
    percent,
    style,
)

HATCH = "////"
_ROW = 0.92  # in, of one step
_METER_NOTE = "Measured on simulated frames, our model world; thin lines: 95 % intervals"
_DARK = {CLAIMED: "#9c4a7e"}  # legible as type
_GAUGE = 0.95  # in, of one gauge
_NAMES = 17  # letters in a line of a step's name


@style()
def bits_left(meter):
    """The bits that still hide the target, after each step: by what was delivered, and by what is
    claimed.

    A bar shrinks as knowledge grows, and 0 bits means singled out. Below each bar of what the
    system *delivered* lies a thinner one of what it *claims*. Where it claims more than it
    delivers, the difference is drawn as false confidence. Hatched is what it claims beyond the
    measured gallery: model, not data.

    Parameters
    ----------
    meter : cctview.privacy.meter.LeakageMeter

    Returns
    -------
    Card
    """
    states = _states(meter)
    figure = Card(
        _meter_title(meter),
        height=_ROW * len(states) + 0.95,
        note=_note(meter),
        left=1.7,
        right=2.3,
        top=0.4,
    )
    axes = figure.subplots()
    for row, state in enumerate(states):
        _meter_row(axes, row, state, first=row == 0)
    most = max(
        so_far.total_bits - so_far.delivered().low for _, so_far, *_ in states
    )  # over all of them, where a step misleads
    axes.set(
        xlim=(0, most * 1.02),
        ylim=(len(states) - 0.4, -0.62),
        xlabel="bits that still hide it (0 = singled out)",
        yticks=range(len(states)),
    )
    axes.set_yticklabels([_wrapped(name) for name, *_ in states])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_color(INK)
    if meter.steps:
        _key(figure)
    return figure


def _key(figure, rises=None):
    """Name the parts of the bars, on the line below the title; `rises`: of a waterfall, whether any
    of its bars goes up.
    """
    parts = {
        "delivered": {"facecolor": DELIVERED},
        "claimed": {"facecolor": CLAIMED},
        "claimed: model, not data": {"facecolor": PAPER, "edgecolor": GREY, "hatch": HATCH},
    }
    if rises is None:
        parts["false confidence"] = {"facecolor": PAPER, "edgecolor": RED, "linewidth": 1.6}
    elif rises:
        parts["taken back"] = {"facecolor": PAPER, "edgecolor": GREEN, "linewidth": 2.0}
    handles = [Rectangle((0, 0), 1, 1, label=name, **look) for name, look in parts.items()]
    top = figure.subplotpars.top + 0.36 / figure.get_size_inches()[1]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.005, top),
        ncols=4,
        frameon=False,
        fontsize=10.5,
        handlelength=1.3,
        handletextpad=0.5,
        columnspacing=1.2,
        borderaxespad=0.2,
    )


def _states(meter):
    """Name, meter so far, claimed bits beyond the gallery so far, and odds: before any step, and
    after each.
    """
    states, beyond = (
        [("before any camera", type(meter)(meter.target, meter.population), 0.0, None)],
        0.0,
    )
    for step in meter.steps:
        beyond += step.beyond
        states.append((step.name, meter.upto(step.name), beyond, step.odds))
    return states


def _meter_row(axes, row, state, first):
    _, so_far, beyond, odds = state
    total, left, believed = (
        so_far.total_bits,
        max(so_far.left(), 0.0),
        max(so_far.left("claimed"), 0.0),
    )
    axes.barh(row - 0.12, left, height=0.42, color=DELIVERED, label="delivered")
    words = f"{left:.1f} bits: {one_of(2**left)}"
    axes.annotate(
        words,
        (1, row - 0.12),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=10.5,
        fontweight="bold",
    )
    if first:
        return
    axes.barh(row + 0.25, believed, height=0.2, color=CLAIMED, label="claimed")
    _whisker(axes, row - 0.12, total, so_far.delivered())
    _whisker(axes, row + 0.25, total, so_far.claimed())
    shown = min(beyond, max(left - believed, 0.0)) if beyond else 0.0
    if shown:
        axes.barh(
            row + 0.25,
            shown,
            left=believed,
            height=0.2,
            facecolor=PAPER,
            edgecolor=GREY,
            hatch=HATCH,
            linewidth=0.8,
            label="beyond",
        )
    if left > believed + shown:
        axes.barh(
            row + 0.25,
            left - believed - shown,
            left=believed + shown,
            height=0.2,
            facecolor=PAPER,
            edgecolor=RED,
            linewidth=1.6,
            label="false confidence",
        )
    said = f"claims {believed:.1f}: {one_of(2**believed)}"
    if odds is not None:
        said += f"\nfirst guess right: {percent(odds)}"
    axes.annotate(
        said,
        (1, row + 0.13),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="top",
        fontsize=9.5,
        color=GREY,
        linespacing=1.15,
    )


def _whisker(axes, y, total, bits):
    ends = [max(total - end, 0.0) for end in (bits.high, bits.low)]
    axes.plot(ends, [y, y], color=INK, linewidth=1.3, solid_capstyle="butt")
    axes.plot(ends, [y, y], color=INK, linestyle="none", marker="|", markersize=6)


def _meter_title(meter):
    if not meter.steps:
        return f"Before any camera, {meter.target} is {one_of(meter.population)}"
    left, lie = max(meter.left(), 0.0), meter.false_confidence()
    now = "singled out" if 2**left < 1.5 else f"now {one_of(2**left)}"
    title = (
        f"{meter.target[0].upper()}{meter.target[1:]} is {now}, of"
        f" {one_of(meter.population).removeprefix('one of ')} before"
    )
    if lie >= 0.05:
        return f"{title}; the system claims {lie:.1f} bits more than it delivers"
    return title


def _note(meter):
    return (
        _METER_NOTE
        if meter.world == "twin"
        else _METER_NOTE.replace("simulated frames, our model world", f"{meter.world} frames")
    )


@style()
def waterfall(meter):
    """What each step gave away, as a waterfall from log2 N down: delivered, and beside it claimed.

    Parameters
    ----------
    meter : cctview.privacy.meter.LeakageMeter

    Returns
    -------
    Card
    """
    steps, total = meter.steps, meter.total_bits
    title = f"Before any camera, {meter.target} is {one_of(meter.population)}"
    if steps:
        most = max(steps, key=lambda step: step.delivered.estimate)
        title = (
            f"Of {total:.1f} bits, “{most.name}” gave away {most.delivered.estimate:.1f}, more than"
            " any other step"
        )
        if most.delivered.estimate <= 0:
            title = f"None of {total:.1f} bits was given away: the steps misled"
        if steps[-1].name.startswith("bought back"):
            title = (
                f"{steps[-1].name[0].upper()}{steps[-1].name[1:]}:"
                f" {-steps[-1].delivered.estimate:.1f} of {total:.1f} bits"
            )
    figure = Card(title, height=4.1, note=_note(meter), bottom=0.75, top=0.5)
    axes = figure.subplots()
    axes.bar(0, total, width=0.72, color=PALE)
    label(axes, 0, total + 0.2, f"{total:.1f}", va="bottom", ha="center", bbox=None)
    levels, highest = {"delivered": total, "claimed": total}, total
    for k, step in enumerate(steps, start=1):
        for kind, colour, at in (("delivered", DELIVERED, -0.19), ("claimed", CLAIMED, 0.19)):
            bits, before = getattr(step, kind), levels[kind]
            levels[kind] = _fall(
                axes, k + at, before, bits, colour, step.beyond if kind == "claimed" else 0.0
            )
            words = f"{-bits.estimate:+.1f}".replace("-", "−")
            look = {
                "fontsize": 10.5,
                "fontweight": "bold",
                "va": "bottom",
                "ha": "right" if at < 0 else "left",
                "bbox": None,
            }
            top = max(before, before - bits.low)
            highest = max(highest, top)
            label(axes, k + at / 10, top + 0.2, words, _DARK.get(colour, colour), **look)
    if steps:
        _key(
            figure,
            rises=any(min(step.claimed.estimate, step.delivered.estimate) < 0 for step in steps),
        )
    low = min(0.0, *levels.values())
    axes.set(
        ylim=(low - 0.5, highest * 1.1),
        ylabel="bits that still hide it",
        xlim=(-0.6, len(steps) + 0.6),
    )
    axes.set_xticks(
        range(len(steps) + 1),
        [_wrapped(name, 13) for name in ("before", *(step.name for step in steps))],
    )
    axes.tick_params(axis="x", length=0, labelsize=10.5)
    return figure


def _fall(axes, x, level, bits, colour, beyond):
    """Draw one step's fall (or rise, in outline, where bits are bought back); returns the level
    after it.
    """
    after = level - bits.estimate
    rises = bits.estimate < 0
    face = (
        {"facecolor": PAPER, "edgecolor": GREEN, "linewidth": 2.0}
        if rises
        else {"facecolor": colour, "edgecolor": colour}
    )
    axes.add_patch(
        Rectangle(
            (x - 0.17, min(level, after)),
            0.34,
            abs(bits.estimate),
            label="bought back" if rises else "given away",
            **face,
        )
    )
    if beyond:
        axes.add_patch(
            Rectangle(
                (x - 0.17, after),
                0.34,
                beyond,
                facecolor=PAPER,
                edgecolor=colour,
                hatch=HATCH,
                label="beyond",
            )
        )
    axes.plot([x, x], [level - bits.high, level - bits.low], color=INK, linewidth=1.2)
    return after


@style()
def gauges(meter):
    """The side gauges: what leaks, but cannot be subtracted from log2 N.

    Parameters
    ----------
    meter : cctview.privacy.meter.LeakageMeter

    Returns
    -------
    Card
    """
    names = list(meter.gauges)
    title = "Beside the meter: nothing measured yet"
    if names:
        first = meter.gauges[names[0]]
        title = (
            f"Beside the meter, {names[0]}: {first.estimate:.2g} [{first.low:.2g} {first.high:.2g}]"
            f" {first.unit}".rstrip()
        )
    if len(names) > 1:
        title = f"Beside the meter: {len(names)} leaks that no sum of bits can hold"
    rows = max(len(names), 1)
    figure = Card(
        title,
        height=_GAUGE * rows + 0.5,
        note=_note(meter),
        left=0.45,
        right=0.45,
        bottom=0.55,
        top=0.0,
    )
    axes = figure.subplots()
    for row, (name, gauge) in enumerate(meter.gauges.items()):
        if len(names) > 1:  # one alone stands in the title
            words = f"{name}: {gauge.estimate:.2f} [{gauge.low:.2f} {gauge.high:.2f}] {gauge.unit}"
            label(axes, 0, row - 0.22, words, va="bottom", fontweight="bold", bbox=None)
        label(axes, 0, row + 0.18, gauge.note, GREY, va="top", fontsize=9.8, bbox=None)
        axes.barh(row, 1, height=0.3, color=PALE)
        axes.barh(row, gauge.estimate, height=0.3, color=DELIVERED)
        axes.plot([gauge.low, gauge.high], [row, row], color=INK, linewidth=1.4)
    axes.set(
        xlim=(0, max([1.0, *(gauge.high for gauge in meter.gauges.values())])),
        ylim=(rows - 0.45, -0.55),
    )
    axes.set(yticks=[], xlabel="share")
    axes.spines["left"].set_visible(False)
    return figure


def _wrapped(text, width=_NAMES):
    return "\n".join(textwrap.wrap(text, width))
