"""Figures of lesson 02: losses, filters, layers, and what a model keeps of its training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from cctview.course.trainings import OneWeight
from cctview.show import (
    BLUE,
    DIFFERENT,
    DOTTED,
    GREY,
    INK,
    ORANGE,
    PALE,
    RIGHT,
    WRONG,
    Card,
    band,
    beside,
    dot,
    label,
    show_crop,
    style,
)

_WORLD = "Simulated; we know which vehicles were shown"
_TRAINING, _NEW = BLUE, DIFFERENT  # vehicles that a network was trained on, and vehicles new to it
_FLOOR = 1e-8  # smaller losses are drawn as this
_ROOM = 0.5  # to the right of a mean up to here there is room for its name
_PARTED = 1.5  # so many times as large: the losses have parted


@style()
def one_weight(one: OneWeight, pixels: np.ndarray, weight: float) -> Card:
    """Some crops, from the least yellow to the most, and what a network of one weight says of each.

    `pixels` are those of the images that `one` was made from.
    """
    title = f"With a weight of {weight:g} the loss is {one.loss(weight):.2f} (0 would be perfect)"
    figure = Card(title.replace("-", "−"), 3.1, photographs=True, left=1.45, hspace=0.12)
    rows, count = one.examples(), len(one.examples())
    grid = figure.add_gridspec(2, count, height_ratios=(1, 2.2))
    for k, row in enumerate(rows):
        axes = figure.add_subplot(grid[0, k])
        show_crop(axes, pixels[one.rows[row]], interpolation="nearest")
        axes.spines[:].set(visible=True, color=ORANGE if one.yellow[row] else GREY, linewidth=3)
    axes = figure.add_subplot(grid[1, :])
    answers, yellow = one.answers(weight)[rows], one.yellow[rows]
    right = (answers > 0.5) == yellow
    colours = np.where(right, BLUE, DIFFERENT)
    axes.bar(range(count), answers - 0.5, 0.7, bottom=0.5, color=colours, label="answer")
    axes.axhline(0.5, color=INK, linewidth=1)
    for k, correct in enumerate(right):
        words = {"ha": "center", "va": "bottom", "fontsize": 12, "color": colours[k]}
        axes.text(k, 1.02, RIGHT if correct else WRONG, **words)
    axes.set(xlim=(-0.5, count - 0.5), ylim=(0, 1.14), xticks=range(count), ylabel="answer")
    axes.set_xticklabels(["yellow" if one else "other" for one in yellow])
    axes.set_yticks([0, 0.5, 1], ["sure: other", "", "sure: yellow"])
    return figure


@style()
def descent(one: OneWeight, path: Sequence[float]) -> Card:
    """The loss by the weight, and the weights that gradient steps went through."""
    title = (
        f"{len(path) - 1} steps downhill: the weight goes from {path[0]:.1f} to {path[-1]:.1f}, the"
        f" loss from {one.loss(path[0]):.2f} to {one.loss(path[-1]):.2f}"
    )
    figure = Card(title.replace("-", "−"), 3.0)
    axes = figure.subplots()
    weights = np.linspace(min(-2, *path), max(10, *path), 200)
    axes.plot(weights, [one.loss(weight) for weight in weights], color=GREY, label="loss")
    losses = [one.loss(weight) for weight in path]
    look = {"color": BLUE, "marker": "o", "markersize": 7, "linewidth": 1.6, "label": "steps"}
    axes.plot(path, losses, **look)
    axes.annotate("start", (path[0], losses[0]), (8, 6), textcoords="offset points", color=BLUE)
    axes.set(xlabel="weight", ylabel="loss", ylim=(0, None), xlim=(weights[0], weights[-1]))
    return figure


@style()
def examples(pixels: np.ndarray, words: ArrayLike) -> Card:
    """Crops, (n, side, side, 3), with the word that belongs to each: one row for each word."""
    each = 8
    words = np.asarray(words, str)
    kinds, counts = np.unique(words, return_counts=True)
    title = f"The network is given {len(words):,} crops, each with one of {len(kinds)} words"
    margins = {"left": 1.75, "right": 0.2, "bottom": 0.1, "top": 0.1, "hspace": 0.1, "wspace": 0.1}
    figure = Card(title, 0.72 * len(kinds), _WORLD, photographs=True, **margins)
    axes = figure.subplots(len(kinds), each, squeeze=False)
    look = {"ha": "right", "fontsize": 11.5, "xycoords": "axes fraction"}
    for row, (kind, count) in enumerate(zip(kinds, counts, strict=True)):
        rows = np.flatnonzero(words == kind)
        for k, place in enumerate(np.linspace(0, len(rows) - 1, each).astype(int)):
            show_crop(axes[row, k], pixels[rows[place]], interpolation="nearest")
        beside(axes[row, 0], 0, 0.5, f"{kind}\n{count:,}", -10, **look)
    return figure


@style()
def loss_curves(history: pd.DataFrame) -> Card:
    """The loss after each epoch, on the vehicles of the training and on new ones.

    `history` comes from `cctview.attacks.classifier.Training.history`. The title says whether the
    curves have parted.
    """
    training, new = history.training_loss, history.validation_loss
    figure = Card(_loss_title(history), 3.3, _WORLD)
    axes = figure.subplots()
    curves = (
        ("vehicles new to it", new, _NEW, "--", "s"),
        ("the vehicles that it is shown", training, _TRAINING, "-", "o"),
    )
    for name, values, colour, dashes, marker in curves:
        look = {"color": colour, "linestyle": dashes, "marker": marker, "markersize": 4}
        axes.plot(values.index, values, label=name, **look)
    look = {"frameon": False, "labelcolor": "linecolor", "handlelength": 2.2, "ncols": 2}
    axes.legend(loc="upper right", bbox_to_anchor=(1.0, 1.04), **look)
    axes.set_xlabel("epochs (times that it has seen all crops)")
    axes.set_ylabel("loss (0: sure and right)")
    axes.set_xlim(-0.3, max(history.index[-1], 1) + 0.3)
    axes.set_ylim(0, 1.28 * max(training.max(), new.max()))
    axes.xaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10], integer=True))
    return figure


def _loss_title(history):
    """Whether the network still learns for all, in words that hold for every such training."""
    training, new = history.training_loss.iloc[-1], history.validation_loss
    if len(history) < 3:
        return "Too few epochs to tell: let it learn longer"
    if new.iloc[-1] > 1.1 * new.min() and training < new.iloc[-1] / _PARTED:
        return "The loss keeps falling on vehicles that it is shown; on new ones it rises again"
    return "The loss falls on the vehicles that it is shown, and on new ones"


@style()
def layer_activations(picture: np.ndarray, layers: dict[str, np.ndarray], title: str) -> Card:
    """A crop, and the six filters of each layer that answer most: bright where they do.

    `layers`, (h, w, filters) each, come from `cctview.attacks.classifier.activations`.
    """
    most = 6
    margins: dict[str, Any] = {"left": 0.16, "right": 0.2, "bottom": 0.1, "top": 0.1}
    figure = Card(title, len(layers) + 0.25, _WORLD, wspace=0.12, hspace=0.18, **margins)
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
def loss_histograms(losses: np.ndarray, member: np.ndarray) -> Card:
    """How large the loss is on members and on others: two hills on a logarithmic axis."""
    inside, outside = (np.median(losses[rows]) for rows in (member, ~member))
    much = "smaller" if inside < outside else "no smaller"
    if inside < outside / _PARTED:
        much = "much smaller"
    title = f"The typical loss is {much} on a vehicle that was shown, but the hills overlap"
    logs = np.log10(np.maximum(losses, _FLOOR))
    figure = Card(title, 2.8, _WORLD, left=0.3)
    axes = figure.subplots()
    edges = np.linspace(logs.min() - 1e-9, logs.max() + 1e-9, 41)
    hills = (
        ("shown", member, _TRAINING, "-", 0.01, "left"),
        ("never seen", ~member, _NEW, "--", 0.99, "right"),
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
    axes.set_xlabel("loss on a vehicle (smaller: surer, and right)")
    axes.spines["left"].set_visible(False)
    return figure


def _power_of_ten(power):
    return f"{10.0**power:g}" if power >= -2 else f"10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[-power]}"


def at_false_alarms(held: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Members found at 1 % false alarms, with intervals: one row for each kind of crop that the
    attacker holds; `held` has the figures of `cctview.attacks.AttackedModels` for each.
    """
    return pd.DataFrame({kind: figures.loc["TPR at 1 % FPR"] for kind, figures in held.items()}).T


@style()
def exposure(
    rises: np.ndarray, worst: np.ndarray, crops: Sequence[np.ndarray], words: Sequence[str]
) -> Card:
    """How much a vehicle's own crop moves a model: all vehicles, and the 1 % that it moves most.

    `rises`, (n,), says how much the probability of the correct class rises if a vehicle is in the
    training. `worst` are places in `rises`, chosen on other models than `rises` was measured on.
    `words` are the correct answers for `crops`.
    """
    title = (
        f"Being shown raises the confidence in the correct answer by {rises.mean():.2f} on average,"
        f" and by {rises[worst].mean():.2f} for the most exposed 1 %"
    )
    figure = Card(title, 3.7, _WORLD, bottom=0.3, hspace=0.62)
    grid = figure.add_gridspec(2, len(crops), height_ratios=(2.7, 1))
    axes = figure.add_subplot(grid[0, :])
    edges = np.linspace(-1, 1, 61)
    axes.hist(rises, edges, color=PALE, label="all")
    axes.hist(rises[worst], edges, color=DIFFERENT, label="most exposed 1 %")
    top = axes.get_ylim()[1]
    axes.set_yscale("symlog", linthresh=10)
    means = (
        ("all", rises.mean(), INK, "right"),
        ("the most\nexposed 1 %", rises[worst].mean(), DIFFERENT, "left"),
    )
    for name, mean, colour, side in means:
        side = "right" if mean > _ROOM else side
        axes.axvline(mean, color=colour, linewidth=2)
        mean_of = f"mean of {name}: {mean:+.2f}".replace("-", "−")
        place = {"xycoords": ("data", "axes fraction"), "ha": side, "va": "top"}
        look = {"color": colour, "fontweight": "bold", "fontsize": 11.5}
        beside(axes, mean, 0.99, mean_of, 6 if side == "left" else -6, **place, **look)
    axes.set_xlabel("rise of the confidence in the correct answer if it is shown")
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
def usefulness_and_leak(table: pd.DataFrame, epoch: int, title: str) -> Card:
    """How often one training is right on new vehicles, and how well its members are found.

    `table` has the rows of one network from `cctview.course.trainings.stored_grid`.
    """
    figure = Card(title, 3.2, _WORLD, wspace=0.42, right=0.25)
    useful, leak = figure.subplots(1, 2)
    leak.axhline(0.5, color=GREY, linewidth=1, linestyle=DOTTED)
    coin = {"fontsize": 10.5, "ha": "right", "va": "top", "bbox": None}
    label(leak, table.epoch.max(), 0.5, "a coin", GREY, **coin)
    now = table.set_index("epoch").loc[epoch]
    for axes in (useful, leak):
        axes.axvline(epoch, color=INK, linewidth=1.4)
        axes.set_xlabel("epochs")
    curves = (
        (useful, "training_right", "on vehicles shown", _TRAINING, "-"),
        (useful, "validation_right", "on new vehicles", _NEW, "--"),
        (leak, "auc", "AUC of the attack", INK, "-"),
    )
    for axes, column, name, colour, dashes in curves:
        axes.plot(table.epoch, table[column], color=colour, linestyle=dashes, label=name)
        dot(axes, epoch, now[column], colour)
    band(leak, table.epoch, table.auc_low, table.auc_high, INK, 0.15, label="95 % interval")
    useful.set(ylabel="right (share of crops)", ylim=(0, 1.02))
    leak.set(ylabel="AUC of the attack", ylim=(0.4, 1.0))
    for axes, place in ((useful, "lower right"), (leak, "upper left")):
        axes.legend(frameon=False, fontsize=11, loc=place, handlelength=1.6)
    return figure
