"""Figures of lesson 02: losses, filters, layers, and what a model keeps of its training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from cctview.attacks import AttackedModels, Membership
from cctview.show import (
    BLUE,
    DARKER,
    DIFFERENT,
    DOTTED,
    GREY,
    INK,
    ORANGE,
    PALE,
    Card,
    band,
    dot,
    label,
    show_crop,
    style,
)

_WORLD = "Simulated; we know which vehicles were taught"
_TRAINING, _NEW = BLUE, DIFFERENT  # vehicles that a network was trained on, and vehicles new to it
_ALLOWED = 0.01  # share of others falsely accused at which attacks are read
_FLOOR = 1e-8  # smaller losses are drawn as this
_PARTED = 1.5  # so many times as large: the losses have parted
_LEFT = 1e-3  # where the logarithmic axes of the curves begin
_DASHES = {"-": "——", "--": "– –", ":": "· · ·", "-.": "– ·"}
_BESIDE = {"xycoords": "axes fraction", "textcoords": "offset points"}


@style()
def examples(pixels: np.ndarray, words: ArrayLike, each: int = 8, note: str = _WORLD) -> Card:
    """Crops, (n, side, side, 3), with the word that belongs to each: one row for each word."""
    words = np.asarray(words, str)
    kinds, counts = np.unique(words, return_counts=True)
    title = f"What it is given: {len(words):,} pictures, each with one of {len(kinds)} words"
    margins = {"left": 1.75, "right": 0.2, "bottom": 0.1, "top": 0.1, "hspace": 0.1, "wspace": 0.1}
    figure = Card(title, 0.72 * len(kinds), note, photographs=True, **margins)
    axes = figure.subplots(len(kinds), each, squeeze=False)
    look = {"xytext": (-10, 0), "ha": "right", "va": "center", "fontsize": 11.5}
    for row, (kind, count) in enumerate(zip(kinds, counts, strict=True)):
        rows = np.flatnonzero(words == kind)
        for k, place in enumerate(np.linspace(0, len(rows) - 1, each).astype(int)):
            show_crop(axes[row, k], pixels[rows[place]], interpolation="nearest")
        axes[row, 0].annotate(f"{kind}\n{count:,}", (0, 0.5), **_BESIDE, **look)
    return figure


@style()
def loss_curves(
    history: pd.DataFrame, epoch: int | None = None, title: str | None = None, note: str = _WORLD
) -> Card:
    """The loss after each epoch, on the vehicles of the training and on new ones.

    `history` comes from `cctview.attacks.classifier.Training.history`. Without a `title`, the card
    says whether the curves have parted.
    """
    training, new = history.training_loss, history.validation_loss
    figure = Card(title or _loss_title(history), 3.3, note)
    axes = figure.subplots()
    curves = (
        ("vehicles new to it", new, _NEW, "--", "s"),
        ("the vehicles it is taught", training, _TRAINING, "-", "o"),
    )
    for name, values, colour, dashes, marker in curves:
        look = {"color": colour, "linestyle": dashes, "marker": marker, "markersize": 4}
        axes.plot(values.index, values, label=name, **look)
    place = {"loc": "upper right", "bbox_to_anchor": (1.0, 1.04)}
    axes.legend(frameon=False, labelcolor="linecolor", handlelength=2.2, **place)
    if epoch is not None:
        axes.axvline(epoch, color=INK, linewidth=1.6, label="epoch")
        dot(axes, epoch, training[epoch], _TRAINING, 10)
        dot(axes, epoch, new[epoch], _NEW, 10)
    axes.set_xlabel("epochs (times that it has seen all pictures)")
    axes.set_ylabel("loss (0 = sure and right)")
    axes.set_xlim(-0.3, max(history.index[-1], 1) + 0.3)
    axes.set_ylim(0, 1.12 * max(training.max(), new.max()))
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
    return figure


def _loss_title(history):
    """Whether the network still learns for all, in words that hold for every such training."""
    training, new = history.training_loss.iloc[-1], history.validation_loss
    if len(history) < 3:
        return "Too few epochs to tell: let it learn longer"
    if new.iloc[-1] > 1.1 * new.min() and training < new.iloc[-1] / _PARTED:
        return "It learns on, but soon only what it is taught: on new vehicles the loss rises again"
    return "The loss falls on the vehicles that it is taught, and on new ones"


@style()
def learned_filters(before: np.ndarray, after: np.ndarray, note: str = _WORLD) -> Card:
    """The first layer's filters, (side, side, 3, filters), before any training and after it."""
    count = min(before.shape[-1], 16)
    lines = 1 if count <= 8 else 2
    count -= count % lines
    title = (
        "What it looks for first. Before it learns: noise. After: patches of light, dark and colour"
    )
    margins: dict[str, Any] = {
        "left": 1.2,
        "right": 0.2,
        "bottom": 0.12,
        "top": 0.1,
        "wspace": 0.1,
        "hspace": 0.15,
    }
    figure = Card(title, 2.7, note, **margins)
    look = {"xytext": (-12, 0), "ha": "right", "va": "center", "fontweight": "bold"}
    for row, (name, values) in enumerate((("before", before), ("after", after))):
        for k in range(count):
            axes = figure.add_subplot(2 * lines, count // lines, row * count + k + 1)
            tile = values[..., k]
            show_crop(axes, 0.5 + 0.5 * tile / np.abs(tile).max(), interpolation="nearest")
            if k == 0:
                axes.annotate(name, (0, 0 if lines == 2 else 0.5), **_BESIDE, **look)
    return figure


@style()
def layer_activations(
    picture: np.ndarray, layers: dict[str, np.ndarray], title: str, note: str = _WORLD
) -> Card:
    """A crop, and the six filters of each layer that answer most: bright where they do.

    `layers`, (h, w, filters) each, come from `cctview.attacks.classifier.activations`.
    """
    most = 6
    margins: dict[str, Any] = {
        "left": 0.16,
        "right": 0.2,
        "bottom": 0.1,
        "top": 0.1,
        "wspace": 0.12,
    }
    figure = Card(title, len(layers) + 0.25, note, hspace=0.18, **margins)
    grid = figure.add_gridspec(len(layers), most + 3)
    show_crop(figure.add_subplot(grid[:, :2]), picture, interpolation="nearest")
    look = {"ha": "center", "va": "center", "fontsize": 11}
    for row, values in enumerate(layers.values()):
        axes = figure.add_subplot(grid[row, 2])
        axes.set_axis_off()
        words = f"layer {row + 1}\n{values.shape[0]} × {values.shape[1]}"
        axes.text(0.5, 0.5, words, transform=axes.transAxes, **look)
        strongest = np.argsort(-values.mean(axis=(0, 1)), kind="stable")[:most]
        for k, number in enumerate(strongest):
            axes = figure.add_subplot(grid[row, 3 + k])
            show_crop(axes, values[..., number], cmap="gray", interpolation="nearest", vmin=0)
    return figure


@style()
def loss_histograms(losses: np.ndarray, member: np.ndarray, note: str = _WORLD) -> Card:
    """How large the loss is on members and on others: two hills on a logarithmic axis."""
    inside, outside = (np.median(losses[rows]) for rows in (member, ~member))
    much = "smaller" if inside < outside else "no smaller"
    if inside < outside / _PARTED:
        much = "much smaller"
    title = f"On a vehicle that was taught the typical loss is {much}; but the hills overlap"
    logs = np.log10(np.maximum(losses, _FLOOR))
    figure = Card(title, 2.8, note, left=0.3)
    axes = figure.subplots()
    edges = np.linspace(logs.min() - 1e-9, logs.max() + 1e-9, 41)
    hills = (
        ("taught", member, _TRAINING, "-", 0.01, "left"),
        ("never met", ~member, _NEW, "--", 0.99, "right"),
    )
    for name, rows, colour, dashes, x, side in hills:
        shares = np.histogram(logs[rows], edges)[0] / rows.sum()
        axes.stairs(shares, edges, fill=True, color=colour, alpha=0.3, label=name)
        axes.stairs(shares, edges, color=colour, linewidth=2.2, linestyle=dashes)
        middle, look = np.median(logs[rows]), {"color": colour, "linestyle": dashes}
        axes.plot([middle, middle], [0, axes.get_ylim()[1]], linewidth=1.2, **look)
        words = {"ha": side, "va": "top", "color": colour, "fontweight": "bold"}
        axes.annotate(f"{rows.sum():,} {name}", (x, 0.99), xycoords="axes fraction", **words)
    ticks = np.arange(np.ceil(logs.min() - 1e-9), np.floor(logs.max()) + 1)
    axes.set_xticks(ticks, [_power_of_ten(int(tick)) for tick in ticks])
    axes.set(yticks=[], ylim=(0, 1.15 * axes.get_ylim()[1]))
    axes.set_xlabel("loss on a vehicle (smaller: surer of what it is)")
    axes.spines["left"].set_visible(False)
    return figure


def _power_of_ten(power):
    return f"{10.0**power:g}" if power >= -2 else f"10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[-power]}"


@style()
def membership_roc(attacks: dict[str, Membership], note: str = _WORLD) -> Card:
    """How well attacks tell members from others, on logarithmic axes: few false alarms count."""
    measured = {name: attack.figures() for name, attack in attacks.items()}
    betraying = [name for name, figures in measured.items() if figures.low["AUC"] > 0.5]
    figure = Card(_betrayed(betraying, len(measured)), 4.2, note, left=1.05, right=2.5)
    axes = _rates(figure)
    styles = zip((BLUE, ORANGE, GREY, INK), _DASHES)
    for k, ((name, attack), (colour, dashes)) in enumerate(zip(attacks.items(), styles)):
        roc, area = attack.roc(), measured[name].loc["AUC"]
        fpr, tpr = (np.maximum(rates, _LEFT) for rates in (roc.fpr, roc.tpr))
        axes.step(fpr, tpr, where="post", color=colour, linestyle=dashes, label=name)
        at = measured[name].loc["TPR at 1 % FPR"]
        ends = [max(at.low, _LEFT), max(at.high, _LEFT)]
        look = {"linewidth": 4, "solid_capstyle": "butt", "zorder": 4}
        beside = _ALLOWED * 1.13 ** (k - (len(attacks) - 1) / 2)  # or they would hide each other
        axes.plot([beside, beside], ends, color=colour, **look)
        dot(axes, beside, max(at.estimate, _LEFT), colour, zorder=5)
        words = (
            f"{_DASHES[dashes]} {name}".replace(", ", ",\n") + "\n"
            f"AUC {area.estimate:.2f} [{area.low:.2f} {area.high:.2f}]\n"
            f"at 1 %: {100 * at.estimate:.1f} % [{100 * at.low:.1f} {100 * at.high:.1f}]"
        )
        look = {"va": "top", "fontsize": 10, "fontweight": "bold"}
        look["color"] = DARKER.get(colour, colour)
        axes.annotate(words, (1.03, 0.98 - 0.32 * k), xycoords="axes fraction", **look)
    return figure


def _betrayed(names, count):
    """Which attacks tell members better than a coin, in words that hold for every such training."""
    if not names:
        return "No better than a coin: nothing tells who was taught"
    if len(names) == count:
        return "Each tells members from others better than a coin. What counts is the left end"
    return f"Members are told from others better than by a coin: {', '.join(names)}"


@style()
def membership_by_picture(held: dict[str, AttackedModels], note: str = _WORLD) -> Card:
    """Members found, by the crop that the attacker holds; means over the models that are attacked.

    `held` has the attacked models for the very crop that was taught, and for other crops of the
    same vehicles. Each curve ends where too few false alarms are left to read it; the bands say how
    much the models differ.
    """
    measured = {name: models.figures((_ALLOWED,)) for name, models in held.items()}
    at = {name: figures.loc["TPR at 1 % FPR"] for name, figures in measured.items()}
    first, *_, last = at.values()
    no_better = " (a coin: 1 %)" if last.low <= _ALLOWED else ""
    title = (
        f"With the very crop that was taught, {100 * first.estimate:.1f} % of the members are found"
        f" at 1 % false alarms; with one at another camera {100 * last.estimate:.1f} %{no_better}"
    )
    figure = Card(title, 4.2, note, left=1.05, right=2.6)
    axes = _rates(figure)
    styles = zip((BLUE, ORANGE, DIFFERENT), _DASHES)
    for k, ((name, models), (colour, dashes)) in enumerate(zip(held.items(), styles)):
        roc, area, found = models.roc(), measured[name].loc["AUC"], at[name]
        band(axes, roc.fpr, roc.low, roc.high, colour, 0.2)
        axes.plot(roc.fpr, roc.tpr, color=colour, linestyle=dashes, label=name)
        words = (
            f"{_DASHES[dashes]} {name}\n"
            f"AUC {area.estimate:.2f} [{area.low:.2f} {area.high:.2f}]\n"
            f"at 1 %: {100 * found.estimate:.1f} % [{100 * found.low:.1f} {100 * found.high:.1f}]"
        )
        look = {"va": "top", "fontsize": 10, "fontweight": "bold"}
        look["color"] = DARKER.get(colour, colour)
        axes.annotate(words, (1.03, 0.98 - 0.32 * k), xycoords="axes fraction", **look)
    return figure


def _rates(figure):
    """Logarithmic axes: members found against others accused falsely, with a coin's line."""
    axes = figure.subplots()
    diagonal = np.geomspace(_LEFT, 1, 50)
    axes.plot(diagonal, diagonal, color=GREY, linewidth=1, linestyle=DOTTED)
    axes.axvline(_ALLOWED, color=INK, linewidth=1.2)
    label(axes, _ALLOWED, 1.0, f" {100 * _ALLOWED:g} % false alarms", fontsize=10.5, va="top")
    label(axes, 0.13, 0.11, "a coin", GREY, fontsize=10.5, ha="left", va="top", bbox=None)
    axes.set(xlabel="others accused falsely (share)", ylabel="members found (share)")
    axes.set(xscale="log", yscale="log", xlim=(_LEFT, 1), ylim=(_LEFT, 1.1))
    ticks = [0.001, 0.01, 0.1, 1], ["0.1 %", "1 %", "10 %", "100 %"]
    axes.set_xticks(*ticks)
    axes.set_yticks(*ticks)
    axes.minorticks_off()
    return axes


@style()
def exposure(
    rises: np.ndarray,
    worst: np.ndarray,
    crops: Sequence[np.ndarray],
    words: Sequence[str],
    note: str = _WORLD,
) -> Card:
    """How much a vehicle's own crop moves a model: all vehicles, and the 1 % that it moves most.

    `rises`, (n,), says how much the probability of the correct class rises if a vehicle is in the
    training. `worst` are places in `rises`, chosen on other models than `rises` was measured on.
    `words` are the correct answers for `crops`.
    """
    title = (
        f"Being taught raises the right answer's probability by {rises.mean():.2f} on average,"
        f" for the worst 1 % by {rises[worst].mean():.2f}"
    )
    figure = Card(title, 3.7, note, bottom=0.3, hspace=0.62)
    grid = figure.add_gridspec(2, len(crops), height_ratios=(2.7, 1))
    axes = figure.add_subplot(grid[0, :])
    edges = np.linspace(-1, 1, 61)
    axes.hist(rises, edges, color=PALE, label="all")
    axes.hist(rises[worst], edges, color=DIFFERENT, label="worst 1 %")
    top = axes.get_ylim()[1]
    axes.set_yscale("symlog", linthresh=10)
    means = (
        ("all", rises.mean(), INK, 0.01, "left"),
        ("the worst 1 %", rises[worst].mean(), DIFFERENT, 0.99, "right"),
    )
    for name, mean, colour, x, side in means:
        axes.axvline(mean, color=colour, linewidth=2)
        mean_of = f"mean of {name}: {mean:+.2f}".replace("-", "−")
        look = {"ha": side, "va": "top", "color": colour, "fontweight": "bold", "fontsize": 11.5}
        axes.annotate(mean_of, (x, 0.99), xycoords="axes fraction", **look)
    axes.set_xlabel("rise of the probability of the right answer if it is taught")
    axes.set(ylabel="vehicles", xlim=(min(-0.4, rises.min()), 1))
    axes.set_yticks([0, 10, 100, 1000], ["0", "10", "100", "1,000"])
    axes.set_ylim(0, top * 3)
    for k, (crop, word) in enumerate(zip(crops, words, strict=True)):
        axes = figure.add_subplot(grid[1, k])
        show_crop(axes, crop)
        axes.set_xlabel(word, fontsize=10.5, labelpad=2)
        axes.spines[:].set(visible=True, color=DIFFERENT, linewidth=2)
    return figure


@style()
def usefulness_and_leak(table: pd.DataFrame, epoch: int, title: str, note: str = _WORLD) -> Card:
    """How often one training is right on new vehicles, and how well its members are found.

    `table` has the rows of one network from `cctview.course.trainings.stored_grid`.
    """
    figure = Card(title, 3.2, note, wspace=0.42, right=0.25)
    useful, leak = figure.subplots(1, 2)
    leak.axhline(0.5, color=GREY, linewidth=1, linestyle=DOTTED)
    coin = {"fontsize": 10.5, "ha": "right", "va": "top", "bbox": None}
    label(leak, table.epoch.max(), 0.5, "a coin", GREY, **coin)
    now = table.set_index("epoch").loc[epoch]
    for axes in (useful, leak):
        axes.axvline(epoch, color=INK, linewidth=1.4)
        axes.set_xlabel("epochs")
    curves = (
        (useful, "training_right", "on taught vehicles", _TRAINING, "-"),
        (useful, "validation_right", "on new vehicles", _NEW, "--"),
        (leak, "auc", "AUC of the attack", INK, "-"),
    )
    for axes, column, name, colour, dashes in curves:
        axes.plot(table.epoch, table[column], color=colour, linestyle=dashes, label=name)
        dot(axes, epoch, now[column], colour)
    band(leak, table.epoch, table.auc_low, table.auc_high, INK, 0.15, label="95 % interval")
    useful.set(ylabel="right (share of pictures)", ylim=(0, 1.02))
    leak.set(ylabel="AUC of the attack", ylim=(0.4, 1.0))
    for axes, place in ((useful, "lower right"), (leak, "upper left")):
        axes.legend(frameon=False, fontsize=11, loc=place, handlelength=1.6)
    return figure
