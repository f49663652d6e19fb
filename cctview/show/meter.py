"""Figures of the leakage meter: bits left step by step, the waterfall, the side gauges."""

import textwrap

from matplotlib.patches import Rectangle

from cctview.privacy import LeakageMeter
from cctview.show.drawing import DARKER, at_edge
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

_HATCH = "////"  # what is model, not data
_ROW = 0.92  # in, of one step
_GAUGE = 0.95  # in, of one gauge
_NAMES = 17  # letters in a line of a step's name
_OUTLINE = {"facecolor": PAPER, "edgecolor": RED, "linewidth": 1.6}
_RISE = {"facecolor": PAPER, "edgecolor": GREEN, "linewidth": 2.0}
_BEYOND = {"facecolor": PAPER, "edgecolor": GREY, "hatch": _HATCH}


@style()
def bits_left(meter: LeakageMeter) -> Card:
    """The bits that still hide the target after each step, delivered and claimed.

    A bar shrinks as knowledge grows, and 0 bits means singled out. Below each bar of what the
    system *delivered* lies a thinner one of what it *claims*. Where it claims more than it
    delivers, the difference is drawn as false confidence. Hatched is what it claims beyond the
    measured gallery: model, not data.
    """
    states = _states(meter)
    height = _ROW * len(states) + 0.95
    figure = Card(_meter_title(meter), height, _note(meter), left=1.7, right=2.3, top=0.4)
    axes = figure.subplots()
    for row, state in enumerate(states):
        _meter_row(axes, row, *state)
    # over all of them, where a step misleads
    most = max(state.total_bits - state.delivered().low for state, *_ in states)
    axes.set(xlim=(0, most * 1.02), ylim=(len(states) - 0.4, -0.62))
    axes.set(xlabel="bits that still hide it (0 = singled out)", yticks=range(len(states)))
    names = ["before any camera", *(step.name for step in meter.steps)]
    axes.set_yticklabels([_wrapped(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_color(INK)
    if meter.steps:
        _key(figure, {"false confidence": _OUTLINE})
    return figure


def _key(figure, more):
    """Name the parts of the bars, on the line below the title."""
    parts = {"delivered": {"facecolor": DELIVERED}, "claimed": {"facecolor": CLAIMED}}
    parts |= {"claimed: model, not data": _BEYOND} | more
    handles = [Rectangle((0, 0), 1, 1, label=name, **look) for name, look in parts.items()]
    top = figure.subplotpars.top + 0.36 / figure.get_size_inches()[1]
    spaces = {"handlelength": 1.3, "handletextpad": 0.5, "columnspacing": 1.2}
    spaces |= {"borderaxespad": 0.2, "frameon": False, "fontsize": 10.5, "ncols": 4}
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.005, top), **spaces)


def _states(meter):
    """Before any step and after each: the meter, the claimed bits beyond the gallery, the step."""
    beyond, states = 0.0, [(LeakageMeter(meter.target, meter.population), 0.0, None)]
    for step in meter.steps:
        beyond += step.beyond
        states.append((meter.upto(step.name), beyond, step))
    return states


def _meter_row(axes, row, so_far, beyond, step):
    left, believed = max(so_far.left(), 0.0), max(so_far.left("claimed"), 0.0)
    axes.barh(row - 0.12, left, height=0.42, color=DELIVERED, label="delivered")
    words = f"{left:.1f} bits: {one_of(2**left)}"
    at_edge(axes, row - 0.12, words, away=6, fontsize=10.5, fontweight="bold")
    if step is None:
        return
    axes.barh(row + 0.25, believed, height=0.2, color=CLAIMED, label="claimed")
    _whisker(axes, row - 0.12, so_far.total_bits, so_far.delivered())
    _whisker(axes, row + 0.25, so_far.total_bits, so_far.claimed())
    shown = min(beyond, max(left - believed, 0.0)) if beyond else 0.0
    if shown:
        look = _BEYOND | {"linewidth": 0.8, "label": "beyond"}
        axes.barh(row + 0.25, shown, left=believed, height=0.2, **look)
    reached = believed + shown
    if left > reached:
        look = _OUTLINE | {"label": "false confidence"}
        axes.barh(row + 0.25, left - reached, left=reached, height=0.2, **look)
    words = f"claims {believed:.1f}: {one_of(2**believed)}"
    if step.odds is not None:
        words += f"\nfirst guess right: {percent(step.odds)}"
    look = {"va": "top", "fontsize": 9.5, "color": GREY, "linespacing": 1.15}
    at_edge(axes, row + 0.13, words, away=6, **look)


def _whisker(axes, y, total, bits):
    ends = [max(total - end, 0.0) for end in (bits.high, bits.low)]
    axes.plot(ends, [y, y], color=INK, linewidth=1.3, solid_capstyle="butt")
    axes.plot(ends, [y, y], color=INK, linestyle="none", marker="|", markersize=6)


def _meter_title(meter):
    if not meter.steps:
        return f"Before any camera, {meter.target} is {one_of(meter.population)}"
    left, lie = max(meter.left(), 0.0), meter.false_confidence()
    now = "singled out" if 2**left < 1.5 else f"now {one_of(2**left)}"
    before = one_of(meter.population).removeprefix("one of ")
    title = f"{_capital(meter.target)} is {now}, of {before} before"
    if lie >= 0.05:
        return f"{title}; the system claims {lie:.1f} bits more than it delivers"
    return title


def _note(meter):
    frames = f"{meter.world} frames"
    if meter.world == "twin":
        frames = "simulated frames, our model world"
    return f"Measured on {frames}; thin lines: 95 % intervals"


@style()
def waterfall(meter: LeakageMeter) -> Card:
    """What each step gave away, delivered and claimed: a waterfall from log2 N down."""
    steps, total = meter.steps, meter.total_bits
    figure = Card(_waterfall_title(meter), 4.1, _note(meter), bottom=0.75, top=0.5)
    axes = figure.subplots()
    axes.bar(0, total, width=0.72, color=PALE)
    label(axes, 0, total + 0.2, f"{total:.1f}", va="bottom", ha="center", bbox=None)
    levels, highest = {"delivered": total, "claimed": total}, total
    for k, step in enumerate(steps, start=1):
        for kind, colour, at in (("delivered", DELIVERED, -0.19), ("claimed", CLAIMED, 0.19)):
            bits, before = getattr(step, kind), levels[kind]
            beyond = step.beyond if kind == "claimed" else 0.0
            levels[kind] = _fall(axes, k + at, before, bits, colour, beyond)
            words = f"{-bits.estimate:+.1f}".replace("-", "−")
            top = max(before, before - bits.low)
            highest = max(highest, top)
            look = {"fontsize": 10.5, "fontweight": "bold", "va": "bottom", "bbox": None}
            look["ha"] = "right" if at < 0 else "left"
            label(axes, k + at / 10, top + 0.2, words, DARKER.get(colour, colour), **look)
    if steps:
        rises = any(min(step.claimed.estimate, step.delivered.estimate) < 0 for step in steps)
        _key(figure, {"taken back": _RISE} if rises else {})
    low = min(0.0, *levels.values())
    axes.set(ylim=(low - 0.5, highest * 1.1), xlim=(-0.6, len(steps) + 0.6))
    axes.set_ylabel("bits that still hide it")
    names = ["before", *(step.name for step in steps)]
    axes.set_xticks(range(len(names)), [_wrapped(name, 13) for name in names])
    axes.tick_params(axis="x", length=0, labelsize=10.5)
    return figure


def _waterfall_title(meter):
    steps, total = meter.steps, meter.total_bits
    if not steps:
        return _meter_title(meter)
    last, most = steps[-1], max(steps, key=lambda step: step.delivered.estimate)
    if last.name.startswith("bought back"):
        return f"{_capital(last.name)}: {-last.delivered.estimate:.1f} of {total:.1f} bits"
    if most.delivered.estimate <= 0:
        return f"None of {total:.1f} bits was given away: the steps misled"
    given = f"“{most.name}” gave away {most.delivered.estimate:.1f}"
    return f"Of {total:.1f} bits, {given}, more than any other step"


def _fall(axes, x, level, bits, colour, beyond):
    """Draw one step's fall, or its rise in outline; returns the level after it."""
    after = level - bits.estimate
    look = {"facecolor": colour, "edgecolor": colour, "label": "given away"}
    if bits.estimate < 0:
        look = _RISE | {"label": "bought back"}
    axes.add_patch(Rectangle((x - 0.17, min(level, after)), 0.34, abs(bits.estimate), **look))
    if beyond:
        look = _BEYOND | {"edgecolor": colour, "label": "beyond"}
        axes.add_patch(Rectangle((x - 0.17, after), 0.34, beyond, **look))
    axes.plot([x, x], [level - bits.high, level - bits.low], color=INK, linewidth=1.2)
    return after


@style()
def gauges(meter: LeakageMeter) -> Card:
    """The side gauges: what leaks, but cannot be subtracted from log2 N."""
    names, title = list(meter.gauges), "Beside the meter: nothing measured yet"
    if len(names) == 1:
        title = f"Beside the meter, {names[0]}: {_figures(meter.gauges[names[0]], '.2g')}".rstrip()
    if len(names) > 1:
        title = f"Beside the meter: {len(names)} leaks that no sum of bits can hold"
    rows = max(len(names), 1)
    height = _GAUGE * rows + 0.5
    figure = Card(title, height, _note(meter), left=0.45, right=0.45, bottom=0.55, top=0.0)
    axes = figure.subplots()
    for row, (name, gauge) in enumerate(meter.gauges.items()):
        if len(names) > 1:  # one alone stands in the title
            words = f"{name}: {_figures(gauge, '.2f')}"
            label(axes, 0, row - 0.22, words, va="bottom", fontweight="bold", bbox=None)
        label(axes, 0, row + 0.18, gauge.note, GREY, va="top", fontsize=9.8, bbox=None)
        axes.barh(row, 1, height=0.3, color=PALE)
        axes.barh(row, gauge.estimate, height=0.3, color=DELIVERED)
        axes.plot([gauge.low, gauge.high], [row, row], color=INK, linewidth=1.4)
    most = max([1.0, *(gauge.high for gauge in meter.gauges.values())])
    axes.set(xlim=(0, most), ylim=(rows - 0.45, -0.55), yticks=[], xlabel="share")
    axes.spines["left"].set_visible(False)
    return figure


def _figures(gauge, form):
    return f"{gauge.estimate:{form}} [{gauge.low:{form}} {gauge.high:{form}}] {gauge.unit}"


def _capital(text):
    return f"{text[0].upper()}{text[1:]}"


def _wrapped(text, width=_NAMES):
    return "\n".join(textwrap.wrap(text, width))
