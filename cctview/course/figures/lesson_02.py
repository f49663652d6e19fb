"""Figures of learning: loss curves, filters, what the layers see, and what a model keeps of the
vehicles it was taught.
"""

import numpy as np

from cctview.course.figures.lesson_05 import DARK_ORANGE
from cctview.show.look import BLUE, DIFFERENT, GREY, INK, ORANGE, PALE, PAPER, Card, label, style

WORLD = "Simulated frames, our model world; who was taught is known"
TAUGHT, NEW = BLUE, DIFFERENT
"""Vehicles that a network was taught, and vehicles that are new to it."""
ALLOWED = 0.01
"""Share of others falsely accused at which attacks are read."""
FLOOR = 1e-8
"""Smaller losses are drawn as this."""
_PARTED = 1.5
_DASHES = {"-": "——", "--": "– –", ":": "· · ·", "-.": "– ·"}


@style()
def examples(pixels, words, each=8, note=WORLD):
    """Pictures with the word that belongs to each: one row a word.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, side, side, 3)
    words : array_like of str, shape (n,)
    each : int
        So many of each word, evenly over the rows.
    note : str

    Returns
    -------
    Card
    """
    words = np.asarray(words, str)
    kinds, counts = np.unique(words, return_counts=True)
    title = f"What it is given: {len(words):,} pictures, each with one of {len(kinds)} words"
    figure = Card(
        title,
        height=0.72 * len(kinds),
        note=note,
        photographs=True,
        left=1.75,
        right=0.2,
        bottom=0.1,
        top=0.1,
        hspace=0.1,
        wspace=0.1,
    )
    axes = figure.subplots(len(kinds), each, squeeze=False)
    for row, (kind, count) in enumerate(zip(kinds, counts, strict=True)):
        own = np.flatnonzero(words == kind)
        for k, place in enumerate(np.linspace(0, len(own) - 1, each).astype(int)):
            axes[row, k].imshow(pixels[own[place]], interpolation="nearest")
            axes[row, k].set(xticks=[], yticks=[])
        axes[row, 0].annotate(
            f"{kind}\n{count:,}",
            (0, 0.5),
            xycoords="axes fraction",
            xytext=(-10, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=11.5,
        )
    return figure


@style()
def loss_curves(history, epoch=None, title=None, note=WORLD):
    """The loss after each epoch, on the vehicles that are taught and on those that are not.

    Parameters
    ----------
    history : DataFrame
        Index epoch; columns training_loss, validation_loss, training_right, validation_right, as
        `cctview.attacks.classifier.Training.history` gives them.
    epoch : int, optional
        The epoch to point out; beside it the shares that are right.
    title : str, optional
        By default, whether the curves have parted.

    Returns
    -------
    Card
    """
    taught, new = history.training_loss, history.validation_loss
    figure = Card(title or _loss_title(history), height=3.3, note=note)
    axes = figure.subplots()
    ends = {
        "vehicles new to it": (new, NEW, "--", "s"),
        "the vehicles it is taught": (taught, TAUGHT, "-", "o"),
    }
    for name, (values, colour, dashes, marker) in ends.items():
        axes.plot(
            values.index,
            values,
            color=colour,
            linestyle=dashes,
            marker=marker,
            markersize=4,
            label=name,
        )
    axes.legend(
        frameon=False,
        loc="upper right",
        bbox_to_anchor=(1.0, 1.04),
        labelcolor="linecolor",
        handlelength=2.2,
    )
    if epoch is not None:
        axes.axvline(epoch, color=INK, linewidth=1.6, label="epoch")
        for values, colour in ((taught, TAUGHT), (new, NEW)):
            axes.plot(
                epoch,
                values[epoch],
                "o",
                color=colour,
                markersize=10,
                markeredgecolor=PAPER,
                zorder=4,
            )
    axes.set(
        xlabel="epochs (times that it has seen all pictures)", ylabel="loss (0 = sure and right)"
    )
    axes.set(
        xlim=(-0.3, max(history.index[-1], 1) + 0.3), ylim=(0, 1.12 * max(taught.max(), new.max()))
    )
    axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def _loss_title(history):
    """Whether the network still learns for all, or by heart; in words that hold for every training
    of this kind.
    """
    taught, new = history.training_loss.iloc[-1], history.validation_loss
    if len(history) < 3:
        return "Too few epochs to tell: let it learn longer"
    if new.iloc[-1] > 1.1 * new.min() and taught < new.iloc[-1] / _PARTED:
        return "It learns on, but soon only what it is taught: on new vehicles the loss rises again"
    return "The loss falls on the vehicles that it is taught, and on new ones"


@style()
def learnt_filters(before, after, note=WORLD):
    """The first layer's filters, before any learning and after it: which small pattern each of them
    answers to.

    Parameters
    ----------
    before, after : ndarray, shape (side, side, 3, filters)
    note : str

    Returns
    -------
    Card
    """
    count = min(before.shape[-1], 16)
    lines = 1 if count <= 8 else 2
    count -= count % lines
    figure = Card(
        "What it looks for first. Before it learns: noise. After: patches of light, dark and"
        " colour",
        height=2.7,
        note=note,
        left=1.2,
        right=0.2,
        bottom=0.12,
        top=0.1,
        wspace=0.1,
        hspace=0.15,
    )
    for row, (name, values) in enumerate((("before", before), ("after", after))):
        for k in range(count):
            axes = figure.add_subplot(2 * lines, count // lines, row * count + k + 1)
            tile = values[..., k]
            axes.imshow(0.5 + 0.5 * tile / np.abs(tile).max(), interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            if k == 0:
                axes.annotate(
                    name,
                    (0, 0 if lines == 2 else 0.5),
                    xycoords="axes fraction",
                    xytext=(-12, 0),
                    textcoords="offset points",
                    ha="right",
                    va="center",
                    fontweight="bold",
                )
    return figure


@style()
def layer_activations(picture, layers, title, note=WORLD):
    """A picture, and what each layer of filters makes of it: the six filters that answer most,
    bright where they do.

    Parameters
    ----------
    picture : ndarray of uint8, shape (h, w, 3)
    layers : dict of str to ndarray, shape (h, w, filters)
        By name, as `cctview.attacks.classifier.activations` gives them.
    title : str
    note : str

    Returns
    -------
    Card
    """
    most = 6
    figure = Card(
        title,
        height=1.0 * len(layers) + 0.25,
        note=note,
        left=0.16,
        right=0.2,
        bottom=0.1,
        top=0.1,
        wspace=0.12,
        hspace=0.18,
    )
    grid = figure.add_gridspec(len(layers), most + 3)
    axes = figure.add_subplot(grid[:, :2])
    axes.imshow(picture, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for row, (name, values) in enumerate(layers.items()):
        said = figure.add_subplot(grid[row, 2])
        said.set_axis_off()
        said.text(
            0.5,
            0.5,
            f"layer {row + 1}\n{values.shape[0]} × {values.shape[1]}",
            ha="center",
            va="center",
            fontsize=11,
            transform=said.transAxes,
        )
        strongest = np.argsort(-values.mean(axis=(0, 1)), kind="stable")[:most]
        for k, number in enumerate(strongest):
            axes = figure.add_subplot(grid[row, 3 + k])
            axes.imshow(values[..., number], cmap="gray", interpolation="nearest", vmin=0)
            axes.set(xticks=[], yticks=[])
    return figure


@style()
def loss_histograms(losses, member, note=WORLD):
    """How large the loss is on members and on others: as two hills, on a logarithmic axis.

    Parameters
    ----------
    losses : ndarray, shape (n,)
    member : ndarray of bool, shape (n,)
        Whether it was taught.
    note : str

    Returns
    -------
    Card
    """
    typical = [np.median(losses[rows]) for rows in (member, ~member)]
    much = (
        "much smaller"
        if typical[0] < typical[1] / _PARTED
        else "smaller"
        if typical[0] < typical[1]
        else "no smaller"
    )
    title = f"On a vehicle that was taught the typical loss is {much}; but the hills overlap"
    logs = np.log10(np.maximum(losses, FLOOR))
    figure = Card(title, height=2.8, note=note, left=0.3)
    axes = figure.subplots()
    edges = np.linspace(logs.min() - 1e-9, logs.max() + 1e-9, 41)
    for k, (name, rows, colour, dashes) in enumerate(
        (("taught", member, TAUGHT, "-"), ("never met", ~member, NEW, "--"))
    ):
        shares = np.histogram(logs[rows], edges)[0] / rows.sum()
        axes.stairs(shares, edges, fill=True, color=colour, alpha=0.3, label=name)
        axes.stairs(shares, edges, color=colour, linewidth=2.2, linestyle=dashes)
        middle = np.median(logs[rows])
        axes.plot(
            [middle, middle], [0, axes.get_ylim()[1]], color=colour, linewidth=1.2, linestyle=dashes
        )
        axes.annotate(
            f"{rows.sum():,} {name}",
            (0.01 if k == 0 else 0.99, 0.99),
            xycoords="axes fraction",
            ha="left" if k == 0 else "right",
            va="top",
            color=colour,
            fontweight="bold",
        )
    ticks = np.arange(np.ceil(logs.min() - 1e-9), np.floor(logs.max()) + 1)
    axes.set_xticks(
        ticks,
        [f"{10.0**tick:g}" if tick >= -2 else f"10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[-int(tick)]}" for tick in ticks],
    )
    axes.set(
        yticks=[],
        xlabel="loss on a vehicle (smaller: surer of what it is)",
        ylim=(0, 1.15 * axes.get_ylim()[1]),
    )
    axes.spines["left"].set_visible(False)
    return figure


@style()
def membership_roc(attacks, note=WORLD):
    """How well members are told from others, on logarithmic axes: what counts is few false alarms.

    Parameters
    ----------
    attacks : dict of str to cctview.attacks.inference.Membership
        By name.
    note : str

    Returns
    -------
    Card
    """
    measured = {name: attack.figures() for name, attack in attacks.items()}
    betraying = [name for name, figures in measured.items() if figures.low["AUC"] > 0.5]
    figure = Card(_betrayed(betraying, len(measured)), height=4.2, note=note, left=1.05, right=2.5)
    axes = figure.subplots()
    lowest = 1e-3
    diagonal = np.geomspace(lowest, 1, 50)
    axes.plot(diagonal, diagonal, color=GREY, linewidth=1, linestyle=(0, (2, 3)))
    axes.axvline(ALLOWED, color=INK, linewidth=1.2)
    label(axes, ALLOWED, 1.0, f" {100 * ALLOWED:g} % false alarms", fontsize=10.5, va="top")
    label(axes, 0.13, 0.11, "a coin", GREY, fontsize=10.5, ha="left", va="top", bbox=None)
    looks = ((BLUE, "-", BLUE), (ORANGE, "--", DARK_ORANGE), (GREY, ":", GREY), (INK, "-.", INK))
    for k, ((name, attack), (colour, dashes, dark)) in enumerate(zip(attacks.items(), looks)):
        roc, area, at = (
            attack.roc(),
            measured[name].loc["AUC"],
            measured[name].loc["TPR at 1 % FPR"],
        )
        axes.step(
            np.maximum(roc.fpr, lowest),
            np.maximum(roc.tpr, lowest),
            where="post",
            color=colour,
            linestyle=dashes,
            label=name,
        )
        axes.plot(
            [ALLOWED, ALLOWED],
            [max(at.low, lowest), max(at.high, lowest)],
            color=colour,
            linewidth=4,
            solid_capstyle="butt",
            zorder=4,
        )
        axes.plot(
            ALLOWED,
            max(at.estimate, lowest),
            "o",
            color=colour,
            markersize=9,
            markeredgecolor=PAPER,
            zorder=5,
        )
        words = f"{_DASHES[dashes]} " + name.replace(", ", ",\n") + "\n"
        words += f"AUC {area.estimate:.2f} [{area.low:.2f} {area.high:.2f}]\n"
        words += f"at 1 %: {100 * at.estimate:.1f} % [{100 * at.low:.1f} {100 * at.high:.1f}]"
        axes.annotate(
            words,
            (1.03, 0.98 - 0.32 * k),
            xycoords="axes fraction",
            va="top",
            fontsize=10,
            color=dark,
            fontweight="bold",
        )
    axes.set(xlabel="others accused falsely (share)", ylabel="members found (share)")
    axes.set(xscale="log", yscale="log", xlim=(lowest, 1), ylim=(lowest, 1.1))
    ticks = [0.001, 0.01, 0.1, 1], ["0.1 %", "1 %", "10 %", "100 %"]
    axes.set_xticks(*ticks)
    axes.set_yticks(*ticks)
    axes.minorticks_off()
    return figure


def _betrayed(names, of):
    """Which of the attacks tell members better than a coin; in words that hold for every training
    of this kind.
    """
    if not names:
        return "No better than a coin: nothing tells who was taught"
    if len(names) == of:
        return "Each tells members from others better than a coin. What counts is the left end"
    return f"Members are told from others better than by a coin: {', '.join(names)}"


@style()
def exposure(rises, worst, crops, words, note=WORLD):
    """By how much a vehicle's own picture moves a model: of all vehicles, and of the one in a
    hundred that it moves most.

    Parameters
    ----------
    rises : ndarray, shape (n,)
        By how much the probability of the right class rises if a vehicle is taught.
    worst : ndarray of int
        The most exposed ones: places in `rises`, chosen on other models than those that `rises` is
        measured on.
    crops : sequence of ndarray of uint8, shape (h, w, 3)
        Pictures of some of them.
    words : sequence of str
        The right answer for each picture.
    note : str

    Returns
    -------
    Card
    """
    title = f"Being taught raises the right answer's probability by {rises.mean():.2f} on average, "
    title += f"for the worst 1 % by {rises[worst].mean():.2f}"
    figure = Card(title, height=3.7, note=note, left=0.85, bottom=0.3, hspace=0.62)
    grid = figure.add_gridspec(2, len(crops), height_ratios=(2.7, 1))
    axes = figure.add_subplot(grid[0, :])
    edges = np.linspace(-1, 1, 61)
    axes.hist(rises, edges, color=PALE, label="all")
    axes.hist(rises[worst], edges, color=DIFFERENT, hatch="///", edgecolor=PAPER, label="worst 1 %")
    top = axes.get_ylim()[1]
    axes.set_yscale("symlog", linthresh=10)
    for values, colour, name in ((rises, INK, "all"), (rises[worst], DIFFERENT, "the worst 1 %")):
        axes.axvline(values.mean(), color=colour, linewidth=2)
        side, x = ("right", 0.99) if colour == DIFFERENT else ("left", 0.01)
        axes.annotate(
            f"mean of {name}: {values.mean():+.2f}".replace("-", "−"),
            (x, 0.99),
            xycoords="axes fraction",
            ha=side,
            va="top",
            color=colour,
            fontweight="bold",
            fontsize=11.5,
        )
    axes.set(
        xlabel="rise of the probability of the right answer if it is taught", ylabel="vehicles"
    )
    axes.set_xlim(min(-0.4, rises.min()), 1)
    axes.set_yticks([0, 10, 100, 1000], ["0", "10", "100", "1,000"])
    axes.set_ylim(0, top * 3)
    for k, (crop, word) in enumerate(zip(crops, words, strict=True)):
        axes = figure.add_subplot(grid[1, k])
        axes.imshow(crop)
        axes.set_xlabel(word, fontsize=10.5, labelpad=2)
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(visible=True, color=DIFFERENT, linewidth=2)
    return figure


@style()
def usefulness_and_leak(table, epoch, title, note=WORLD):
    """One training, two readings: how often it is right on new vehicles, and how well its members
    are found.

    Parameters
    ----------
    table : DataFrame
        One row an epoch, as `cctview.course.trainings.stored_grid` has them for one network: epoch,
        training_right, validation_right, auc, auc_low, auc_high.
    epoch : int
        The one to point out.
    title : str
    note : str

    Returns
    -------
    Card
    """
    figure = Card(title, height=3.2, note=note, wspace=0.42, right=0.25)
    useful, leak = figure.subplots(1, 2)
    for name, column, colour, dashes in (
        ("taught", "training_right", TAUGHT, "-"),
        ("new", "validation_right", NEW, "--"),
    ):
        useful.plot(
            table.epoch, table[column], color=colour, linestyle=dashes, label=f"on {name} vehicles"
        )
    useful.set(ylabel="right (share of pictures)", ylim=(0, 1.02))
    leak.axhline(0.5, color=GREY, linewidth=1, linestyle=(0, (2, 3)))
    label(
        leak, table.epoch.max(), 0.5, "a coin", GREY, fontsize=10.5, ha="right", va="top", bbox=None
    )
    leak.plot(table.epoch, table.auc, color=INK, label="AUC of the attack")
    leak.fill_between(
        table.epoch,
        table.auc_low,
        table.auc_high,
        color=INK,
        alpha=0.15,
        linewidth=0,
        label="95 % interval",
    )
    leak.set(ylabel="members told from others (AUC)", ylim=(0.4, 1.0))
    now = table.set_index("epoch").loc[epoch]
    for axes, columns in ((useful, ("training_right", "validation_right")), (leak, ("auc",))):
        axes.axvline(epoch, color=INK, linewidth=1.4)
        for column in columns:
            colour = {"training_right": TAUGHT, "validation_right": NEW, "auc": INK}[column]
            axes.plot(
                epoch, now[column], "o", color=colour, markersize=9, markeredgecolor=PAPER, zorder=4
            )
        axes.set_xlabel("epochs")
        axes.legend(
            frameon=False,
            fontsize=11,
            loc="lower right" if axes is useful else "upper left",
            handlelength=1.6,
        )
    return figure
