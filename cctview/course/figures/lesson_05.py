"""Figures about matching: distances, thresholds, rankings, and a map of the embedding space."""

import numpy as np
from matplotlib.patches import Circle

from cctview.match.metrics import roc_auc, roc_curve
from cctview.show.look import (
    BLUE,
    DIFFERENT,
    GREY,
    INK,
    ORANGE,
    PALE,
    PAPER,
    SAME,
    TWIN,
    Card,
    label,
    percent,
    style,
)

_BINS = 48
_DRAWN = 4000  # of a curve, evenly spread over its pairs and over their logarithm, that are drawn
DARK_ORANGE = "#9a6a00"  # for type: orange itself is too light to read


def accepted(distances, same, threshold):
    """What a threshold does: how many same and how many different pairs it links, and how many of
    each it does not.

    Returns
    -------
    dict of str to int
        true_links, false_links, missed, kept_apart.

    Examples
    --------
    >>> accepted([0.1, 0.2, 0.3, 0.9], [True, False, True, False], 0.25)
    {'true_links': 1, 'false_links': 1, 'missed': 1, 'kept_apart': 1}
    """
    linked, same = np.asarray(distances) <= threshold, np.asarray(same, bool)
    counts = {
        "true_links": linked & same,
        "false_links": linked & ~same,
        "missed": ~linked & same,
        "kept_apart": ~linked & ~same,
    }
    return {name: int(rows.sum()) for name, rows in counts.items()}


@style()
def distance_histograms(distances, same, threshold=None, distance="cosine distance", note=TWIN):
    """How far apart same pairs and different pairs are, and what a threshold makes of them.

    Each of the two histograms is drawn to its own height, as shares: of different pairs there are
    many times as many.

    Parameters
    ----------
    distances : array_like, shape (n,)
    same : array_like of bool, shape (n,)
    threshold : float, optional
        A pair is linked when its distance is at most this.
    distance : str
        What the distance is called, with its unit if it has one.
    note : str
        The last line.

    Returns
    -------
    Card
    """
    distances, same = np.asarray(distances, float), np.asarray(same, bool)
    if threshold is None:
        overlap = (distances[~same] < np.median(distances[same])).mean()
        gap = "No gap" if overlap else "A gap"
        title = (
            f"{gap}: {percent(overlap)} of the different pairs are closer than the typical same"
            " pair"
        )
    else:
        true, false, missed, _ = accepted(distances, same, threshold).values()
        title = (
            f"At {threshold:.2f}: {_told(true)} true links, {_told(false)} false, {_told(missed)}"
            " missed"
        )
    figure = Card(title, height=3.3, note=note, left=0.3, bottom=0.62)
    axes = figure.subplots()
    edges = np.linspace(0, distances.max() * 1.001, _BINS + 1)
    different, alike = (
        np.histogram(distances[rows], edges)[0] / max(rows.sum(), 1) for rows in (~same, same)
    )
    top = 1.25 * max(different.max(), alike.max())
    _hill(axes, different, edges, DIFFERENT, "different", (~same).sum(), top)
    _hill(axes, alike, edges, SAME, "same", same.sum(), top)
    axes.set(
        xlim=(0, edges[-1]), ylim=(0, top), yticks=[], xlabel=f"{distance} (smaller: more alike)"
    )
    axes.spines["left"].set_visible(False)
    if threshold is not None:
        axes.axvspan(0, threshold, color=INK, alpha=0.06, linewidth=0)
        axes.axvline(threshold, color=INK, linewidth=2, label="threshold")
        side = "right" if threshold > 0.25 * edges[-1] else "left"
        label(axes, threshold, 0.985 * top, "◀ linked", va="top", ha=side, fontsize=11)
    return figure


def _told(count):
    """A count to three figures: of a million pairs one or two may fall on either side of a
    threshold, by the processor.
    """
    return f"{float(f'{count:.3g}'):,.0f}"


def _hill(axes, shares, edges, colour, name, count, top):
    """Draw one histogram, and write beside its peak what it is of."""
    axes.stairs(shares, edges, fill=True, color=colour, alpha=0.35, label=name)
    axes.stairs(shares, edges, color=colour, linewidth=2.2)
    peak = shares.argmax()
    x, side = (edges[peak], "left") if peak < 0.6 * _BINS else (edges[peak + 1], "right")
    label(
        axes,
        x,
        shares.max() + 0.02 * top,
        f"{count:,} {name} pairs",
        colour,
        ha=side,
        va="bottom",
        fontweight="bold",
    )


@style()
def roc(curves, points=None, at=None, note=TWIN):
    """Receiver operating characteristics, with points of operation.

    Parameters
    ----------
    curves : dict of str to (distances, same)
        By name; see `cctview.match.metrics.roc_curve`.
    points : dict of str to (float, float), optional
        Others' points by name: share of different pairs, and of same pairs, that they call the
        same; "the room".
    at : float, optional
        The threshold at which the first curve is operated: drawn as a point.
    note : str

    Returns
    -------
    Card
    """
    areas = {name: roc_auc(*pairs) for name, pairs in curves.items()}
    best = max(areas, key=areas.get)
    title = f"{best}: a same pair is closer than a different one in {percent(areas[best])} of cases"
    if points:
        title = _points_title(curves, points)
    figure = Card(title, height=4.3, note=note, right=1.9)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (2, 3)))
    label(axes, 0.80, 0.735, "a coin", GREY, fontsize=10.5, ha="center", va="center", rotation=38)
    for k, ((name, pairs), colour, dashes) in enumerate(
        zip(curves.items(), (BLUE, ORANGE, GREY), ("-", "--", ":"))
    ):
        fpr, tpr, _ = roc_curve(*pairs)
        axes.plot(fpr, tpr, color=colour, linestyle=dashes, label=name)
        side = {
            "xycoords": "axes fraction",
            "fontsize": 11.5,
            "color": DARK_ORANGE if colour == ORANGE else colour,
            "fontweight": "bold",
        }
        axes.annotate(
            f"{'– –' if dashes == '--' else '——'} {name}\narea {areas[name]:.3f}",
            (1.03, 0.86 - 0.2 * k),
            **side,
        )
    if at is not None:
        distances, same = next(iter(curves.values()))
        counts = accepted(distances, same, at)
        x, y = (
            counts["false_links"] / (~np.asarray(same, bool)).sum(),
            counts["true_links"] / np.asarray(same, bool).sum(),
        )
        axes.plot(
            x, y, "o", color=BLUE, markersize=11, markeredgecolor=PAPER, label="operating point"
        )
        label(axes, x + 0.03, y - 0.03, f"threshold {at:.2f}", BLUE, va="top")
    for name, (x, y) in (points or {}).items():
        axes.plot(
            x,
            y,
            "D",
            color=DIFFERENT,
            markersize=11,
            markeredgecolor=PAPER,
            clip_on=False,
            zorder=5,
            label=name,
        )
        label(axes, x + 0.03, y - 0.03, name, DIFFERENT, va="top", fontweight="bold")
    axes.set(
        xlim=(-0.01, 1),
        ylim=(0, 1.01),
        xlabel="different pairs called the same (share)",
        ylabel="same pairs found (share)",
    )
    return figure


def _points_title(curves, points):
    """Whether the first of the points lies above the first curve."""
    (model, pairs), (name, (x, y)) = next(iter(curves.items())), next(iter(points.items()))
    fpr, tpr, _ = roc_curve(*pairs)
    there = float(tpr[np.searchsorted(fpr, x, side="right") - 1])
    verdict = "above" if y > there else "below" if y < there else "on"
    found = f"{percent(y)} of same pairs found; at that cost {model} finds {percent(there)}"
    return f"{name[0].upper()}{name[1:]}: {verdict} the curve. {found}"


@style()
def cmc(results, ranks=20, note=TWIN):
    """Cumulative match characteristics: how often the right vehicle is among the first k
    candidates.

    Parameters
    ----------
    results : dict of str to RankEvaluation
        By name.
    ranks : int
    note : str

    Returns
    -------
    Card
    """
    curves = {name: np.asarray(result.cmc)[:ranks] for name, result in results.items()}
    name, curve = list(curves.items())[-1]
    best = f"{name}: the right vehicle is first in {percent(curve[0])} of searches"
    title = best + (
        f", among the first {min(10, len(curve))} in {percent(curve[min(10, len(curve)) - 1])}"
        if len(curve) > 1
        else ""
    )
    figure = Card(title, height=3.6, note=note, right=1.9)
    axes = figure.subplots()
    places = dict(
        zip(
            sorted(curves, key=lambda name: curves[name][-1]),
            _apart(sorted(curve[-1] for curve in curves.values())),
            strict=True,
        )
    )
    for (name, curve), colour, marker in zip(
        curves.items(), (GREY, ORANGE, BLUE, DIFFERENT), "os^D"
    ):
        axes.plot(
            range(1, len(curve) + 1), curve, color=colour, marker=marker, markersize=5, label=name
        )
        axes.annotate(
            name,
            (len(curve), places[name]),
            xytext=(10, 0),
            textcoords="offset points",
            va="center",
            fontweight="bold",
            fontsize=11,
            color=DARK_ORANGE if colour == ORANGE else colour,
            annotation_clip=False,
        )
    axes.set(
        ylim=(0, 1),
        xlim=(0.5, ranks + 0.3),
        xlabel="length of the list of candidates",
        ylabel="searches that find it (share)",
    )
    axes.set_xticks([k for k in (1, 5, 10, 20, 50) if k <= ranks])
    return figure


def _apart(values, gap=0.085):
    """Ascending values moved up so that labels beside them do not touch."""
    moved = []
    for value in values:
        moved.append(max(value, moved[-1] + gap) if moved else value)
    return moved


@style()
def false_links(distances, same, threshold=None, note=TWIN):
    """The leak of a threshold: of the links that it makes, how many are false, and how many true
    ones it finds.

    Parameters
    ----------
    distances : array_like, shape (n,)
        Of all pairs that a search compares, same and different in the numbers in which they really
        come.
    same : array_like of bool, shape (n,)
    threshold : float, optional
        Marked, and told in the title; by default the one that finds half of the true links.
    note : str

    Returns
    -------
    Card

    Raises
    ------
    ValueError
        If no pair is the same.
    """
    distances, same = np.asarray(distances, float), np.asarray(same, bool)
    if not same.any():
        raise ValueError(
            "expected at least one pair of the same vehicle; take more minutes or smaller pictures"
        )
    order = np.argsort(distances, kind="stable")
    found = np.cumsum(same[order])
    wrong = np.arange(1, len(order) + 1) - found
    thresholds = distances[order]
    if threshold is None:
        threshold = float(np.quantile(distances[same], 0.5, method="inverted_cdf"))
    at = np.searchsorted(thresholds, threshold, side="right") - 1
    share_found, share_false = (
        (float(found[at] / same.sum()), float(wrong[at] / (at + 1))) if at >= 0 else (0.0, 0.0)
    )
    title = (
        f"To find {percent(share_found)} of the true links, you accept that {percent(share_false)}"
        " of all links are false"
    )
    figure = Card(title, height=3.5, note=note)
    axes = figure.subplots()
    start = max(np.searchsorted(found, 1), 0)
    places = (
        np.linspace(start, len(order) - 1, _DRAWN),
        np.geomspace(start + 1, len(order), _DRAWN) - 1,
        [max(at, start)],
    )
    drawn = np.unique(np.concatenate(places).astype(int))
    for values, colour, name, dashes, at_share in (
        (wrong / (wrong + found), DIFFERENT, "false, of the links", "-", 1.0),
        (found / same.sum(), SAME, "found, of the vehicles", "--", 0.68),
    ):
        axes.plot(thresholds[drawn], values[drawn], color=colour, linestyle=dashes, label=name)
        on = np.searchsorted(found, at_share * found[-1])
        end = (
            {"ha": "right", "x": thresholds[-1], "y": values[-1] - 0.07}
            if at_share == 1
            else {"ha": "left", "x": thresholds[on], "y": values[on] - 0.03}
        )
        axes.text(s=f"  {name}", color=colour, fontweight="bold", fontsize=12, va="top", **end)
    axes.axvline(threshold, color=INK, linewidth=1.6)
    for y, colour in ((share_false, DIFFERENT), (share_found, SAME)):
        axes.plot(threshold, y, "o", color=colour, markersize=9, markeredgecolor=PAPER, zorder=4)
    label(
        axes,
        threshold,
        0.03,
        f" {wrong[at] if at >= 0 else 0:,} false, {found[at] if at >= 0 else 0:,} true",
        va="bottom",
        ha="left",
    )
    axes.set(
        xlim=(thresholds[start], thresholds[-1]),
        ylim=(0, 1.02),
        xlabel="distance threshold",
        ylabel="share",
    )
    return figure


def principal_plane(embeddings):
    """The two directions in which embeddings differ most (principal components), and the share of
    variance in each.

    Parameters
    ----------
    embeddings : ndarray, shape (n, d)

    Returns
    -------
    places : ndarray, shape (n, 2)
    shares : ndarray, shape (2,)
    """
    centred = np.asarray(embeddings, float) - np.mean(embeddings, axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    places = vectors[:, :2] * np.sqrt(values[:2])
    signs = np.sign(places[np.abs(places).argmax(axis=0), [0, 1]])
    return places * signs, values[:2] / values.sum()


@style()
def embedding_map(embeddings, crops, lines=(), title=None, note=TWIN):
    """Vehicles where the network puts them: the embedding space flattened to a plane, each point a
    picture.

    Parameters
    ----------
    embeddings : ndarray, shape (n, d)
    crops : sequence of ndarray of uint8, shape (h, w, 3)
        The picture of each.
    lines : iterable of (int, int)
        Pictures to join: two of one vehicle.
    title : str, optional
        The finding; by default how much of the space the plane holds.
    note : str

    Returns
    -------
    Card
    """
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    places, shares = principal_plane(embeddings)
    title = title or f"This plane holds {percent(shares.sum())} of how the vectors differ"
    figure = Card(title, height=4.6, note=note, photographs=True, left=0.35, right=0.2, bottom=0.42)
    axes = figure.subplots()
    for a, b in lines:
        axes.plot(*places[[a, b]].T, color=SAME, linewidth=2, zorder=3, label="same")
    joined = {end for line in lines for end in line}
    for k, (place, crop) in enumerate(zip(places, crops, strict=True)):
        picture = OffsetImage(_thumbnail(crop), zoom=0.46, resample=True)
        edge = {
            "edgecolor": SAME if k in joined else PALE,
            "linewidth": 2.2 if k in joined else 0.8,
            "facecolor": PAPER,
        }
        axes.add_artist(
            AnnotationBbox(picture, place, pad=0.08, bboxprops=edge, zorder=5 if k in joined else 2)
        )
    axes.update_datalim(places)
    axes.margins(0.07)
    axes.autoscale_view()
    axes.set(
        xticks=[],
        yticks=[],
        xlabel=f"first direction ({percent(shares[0])} of variance)",
        ylabel=f"second ({percent(shares[1])})",
    )
    return figure


def _thumbnail(crop, side=64):
    """A crop at a fixed size of its longer side, so that all pictures of a figure are alike in
    size.
    """
    import cv2

    height, width = crop.shape[:2]
    scale = side / max(height, width)
    return cv2.resize(
        crop,
        (max(round(width * scale), 1), max(round(height * scale), 1)),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
    )


_PLANE = 3.0  # the toy's plane reaches so far from its middle
_ENDS = {"anchor": ("s", INK), "positive": ("o", SAME), "negative": ("X", DIFFERENT)}


@style()
def triplet(path, losses, margin, note="A toy: three points in a plane, no pictures behind them"):
    """A triplet in the plane: where its points began, how they went, and where they are.

    Parameters
    ----------
    path : ndarray, shape (steps + 1, 3, 2)
    losses : ndarray, shape (steps + 1,)
        Both from `cctview.match.triplet.learn`.
    margin : float
    note : str

    Returns
    -------
    Card
    """
    anchor, positive, negative = path[-1]
    near, far = np.linalg.norm(anchor - positive), np.linalg.norm(anchor - negative)
    after = f"after {len(path) - 1} steps" if len(path) > 1 else "before the first step"
    verdict = "nothing left to learn" if losses[-1] == 0 else f"loss {losses[-1]:.2f}"
    title = (
        f"{verdict[0].upper()}{verdict[1:]} {after}: positive at {near:.2f}, negative at {far:.2f}"
    )
    figure = Card(title, height=4.4, note=note, left=0.4, right=2.45, bottom=0.3)
    axes = figure.subplots()
    wanted = np.sqrt(near**2 + margin)
    axes.add_patch(Circle(anchor, near, fill=False, edgecolor=SAME, linewidth=1.6))
    axes.add_patch(
        Circle(anchor, wanted, fill=False, edgecolor=GREY, linewidth=1.6, linestyle=(0, (4, 3)))
    )
    for k, (name, (marker, colour)) in enumerate(_ENDS.items()):
        axes.plot(*path[:, k].T, color=colour, linewidth=1.4, alpha=0.7)
        axes.plot(
            *path[0, k],
            marker=marker,
            markersize=9,
            markerfacecolor=PAPER,
            markeredgecolor=colour,
            linestyle="",
        )
        axes.plot(
            *path[-1, k],
            marker=marker,
            markersize=13,
            color=colour,
            markeredgecolor=PAPER,
            linestyle="",
            label=name,
        )
        away = path[-1, k] - path[-1].mean(axis=0)
        side = "left" if away[0] >= 0 else "right"
        where = path[-1, k] + (0.2 if side == "left" else -0.2, 0.0)
        axes.text(
            *where,
            name,
            color=colour,
            fontsize=11,
            fontweight="bold",
            ha=side,
            va="center",
            clip_on=True,
        )
    axes.set(xlim=(-_PLANE, _PLANE), ylim=(-_PLANE, _PLANE), xticks=[], yticks=[], aspect="equal")
    for spine in axes.spines.values():
        spine.set_visible(True)
    words = (
        "solid circle:\nas near as the positive\n\ndashed circle:\nthe margin beyond it.\nThe"
        " negative should be\noutside\n\nhollow: where they began"
    )
    axes.annotate(
        words,
        (1.05, 0.5),
        xycoords="axes fraction",
        va="center",
        fontsize=11,
        color=GREY,
        annotation_clip=False,
    )
    return figure


@style()
def vector(crop, embedding, note=""):
    """A picture of a vehicle, and beside it the vector that a network makes of it: one small square
    a number.

    Parameters
    ----------
    crop : ndarray of uint8, shape (h, w, 3)
    embedding : ndarray, shape (d,)
    note : str

    Returns
    -------
    Card
    """
    rows = next(
        rows for rows in range(int(len(embedding) ** 0.5), 0, -1) if len(embedding) % rows == 0
    )
    title = (
        f"A picture of {crop.shape[1]}×{crop.shape[0]} pixels becomes {len(embedding):,} numbers"
    )
    figure = Card(
        title,
        height=2.9,
        note=note,
        photographs=True,
        left=0.2,
        right=0.5,
        bottom=0.35,
        top=0.1,
        wspace=0.1,
    )
    picture, numbers = figure.subplots(1, 2, width_ratios=[1, 2])
    picture.imshow(crop, interpolation="bicubic")
    most = np.abs(embedding).max()
    shown = numbers.imshow(
        np.reshape(embedding, (rows, -1)), cmap="PuOr", vmin=-most, vmax=most, aspect="auto"
    )
    bar = figure.colorbar(shown, ax=numbers, fraction=0.05, pad=0.02)
    bar.ax.tick_params(labelsize=10)
    for axes, words in ((picture, "the crop"), (numbers, "its embedding, a number a square")):
        axes.set(xticks=[], yticks=[], xlabel=words)
    return figure


@style()
def weak_spots(table, candidates, note=TWIN):
    """Where embeddings fail: how often the right one is on the list, by kinds of vehicles and
    pictures.

    Parameters
    ----------
    table : DataFrame
        From `cctview.match.weak_spots.by_group`: columns of, group, estimate, low, high, searches.
    candidates : int
        The length of the list.
    note : str

    Returns
    -------
    Card
    """
    worst = table.loc[table["estimate"].idxmin()]
    title = (
        f"Hardest: {worst['group']}. The right one is among the first {candidates} in"
        f" {percent(worst['estimate'])} of searches"
    )
    kinds = list(dict.fromkeys(table["of"]))
    figure = Card(
        title, height=0.42 * len(table) + 0.3 * len(kinds) + 0.7, note=note, left=2.6, right=0.9
    )
    axes = figure.subplots()
    place, places = 0.0, []
    for kind in kinds:
        place += 0.35
        for row in table[table["of"] == kind].itertuples():
            hard = row.estimate == table.loc[table["of"] == kind, "estimate"].min()
            look = (
                {"facecolor": ORANGE, "hatch": "//", "edgecolor": PAPER}
                if hard
                else {"color": BLUE}
            )
            axes.barh(place, row.estimate, height=0.62, **look)
            axes.plot(
                [row.low, row.high],
                [place, place],
                color=INK,
                linewidth=1.6,
                marker="|",
                markersize=9,
            )
            text = {
                "xytext": (7, 0),
                "textcoords": "offset points",
                "va": "center",
                "fontsize": 11.5,
            }
            axes.annotate(percent(row.estimate), (row.high, place), **text)
            places.append((place, f"{row.group} ({row.searches:,})"))
            place += 0.9
    axes.set_yticks(*zip(*places, strict=True), color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set(
        ylim=(place - 0.3, -0.2),
        xlim=(0, 1.08),
        xlabel=f"right one among the first {candidates} (share of searches)",
    )
    axes.set_xticks([0, 0.5, 1], ["0", "50 %", "100 %"])
    return figure
