"""A few vehicles to show: rebuilt from their vectors, and as each defence leaves them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cctview.attacks import LabelledCrops, window
from cctview.course.breach import Breach
from cctview.course.lesson import Lesson
from cctview.dataset import BOX, box_area
from cctview.defences import Defence
from cctview.extract import Extractor
from cctview.match import euclidean_distances

_AVERAGED = 100
"""Crops of which the mean is taken."""
_LEAST_SIZE = 34
"""Least size of a crop that is shown: the root of the box's area, in pixels."""


def choose_examples(lesson: Lesson, breach: Breach, count: int = 6) -> LabelledCrops:
    """Some vehicles with their crops and vectors.

    Of the simulated minutes, vehicles of designs that the decoder was not trained on, of as many
    colours as possible. Where CCTVIEW_DATA names frames of your own, the largest vehicle of each of
    as many frames, each taken for another vehicle.

    Raises
    ------
    ValueError
        If no vehicle of your own frames has a vector.
    """
    from cctview.attacks import inversion

    if lesson.own:
        table, vectors = _largest_own(lesson, count)
    else:
        stolen = breach.stolen.table
        large = inversion.unseen(stolen.design.to_numpy()) & (stolen["size"] >= _LEAST_SIZE)
        large = stolen[large].drop_duplicates("vehicle")
        by_colour = large.drop_duplicates("family")
        table = pd.concat([by_colour, large.drop(by_colour.index)]).head(count)
        vectors = breach.stolen.vectors[table.index]
    windows = []
    inside = []
    for row in table.itertuples():
        box = np.array([row.x1, row.y1, row.x2, row.y2], int)
        picture, shifted = window(lesson.shown.image(row.frame), box)
        windows.append(picture)
        inside.append(shifted)
    return LabelledCrops(table.reset_index(drop=True), vectors, tuple(windows), np.array(inside))


def _largest_own(lesson, count):
    """The largest detections of your own frames, and their coordinates on the network's basis."""
    detections = lesson.shown.detections.assign(row=np.arange(len(lesson.shown.detections)))
    detections = detections[lesson.shown.embedded]
    ordered = detections.loc[box_area(detections).sort_values(ascending=False).index]
    largest = ordered.drop_duplicates("frame").head(count)
    if largest.empty:
        raise ValueError(
            "CCTVIEW_DATA: these frames have no vehicle with a vector; run `cctview example` on"
            " them first"
        )
    mean, components = Extractor().basis
    vectors = ((lesson.shown.embeddings_of(largest.row.to_numpy()) - mean) @ components.T).astype(
        np.float32
    )
    numbers = np.arange(len(largest))
    table = largest[["id", "frame", "camera", *BOX]]
    return table.assign(vehicle=numbers, passing=numbers, seconds=0.0), vectors


@dataclass(frozen=True)
class Rebuilt:
    """What is made of some vectors: each a list of ndarray of uint8, shape (h, w, 3).

    Attributes
    ----------
    decoded : list
        By the decoder, which gets the vector alone.
    nearest : list
        The crop of another vehicle with the nearest vector.
    mean : list
        The mean of many of those, the same for all.
    """

    decoded: list
    nearest: list
    mean: list


def rebuild(lesson: Lesson, breach: Breach, vectors: np.ndarray) -> Rebuilt:
    """Rebuild crops from vectors; `nearest` are of designs that the decoder was trained on."""
    from cctview.attacks import inversion

    known = breach.known.only(~inversion.unseen(breach.known.table.design.to_numpy()))
    nearest = euclidean_distances(vectors, known.vectors).argmin(axis=1)
    rows = [*nearest, *np.linspace(0, len(known) - 1, _AVERAGED).astype(int)]
    crops = [lesson.dataset.crop(name) for name in known.table.id.iloc[rows]]
    plain = inversion.inversion_baselines(vectors, known.vectors[rows], crops)
    return Rebuilt(
        list(inversion.invert(vectors, inversion.load_inverter())),
        list(plain["nearest other vehicle"]),
        list(plain["mean picture"]),
    )


def clearest(crops: list, rebuilt: list) -> int:
    """Which rebuilt picture is most clearly that of its own crop, by mean colour."""
    means = [np.array([image.mean(axis=(0, 1)) for image in images]) for images in (crops, rebuilt)]
    gaps = euclidean_distances(*means)
    own = gaps.diagonal().copy()
    np.fill_diagonal(gaps, np.inf)
    return int((gaps.min(axis=0) - own).argmax())


def defended_pictures(
    examples: LabelledCrops, breach: Breach, defence: Defence, strength: float
) -> tuple[list, str]:
    """What there is to see of some vehicles once they are defended.

    Returns
    -------
    list of ndarray of uint8, shape (h, w, 3)
        Of a defence of pixels the pictures; of another, what the decoder rebuilds from the defended
        vectors.
    str
        Which of the two.
    """
    if defence.where == "pixels":
        return defence.apply(examples, strength, 0).images, "what the\ncamera sends"
    from cctview.attacks import inversion

    stored = replace(
        breach.stolen,
        table=pd.concat([examples.table, breach.stolen.table], ignore_index=True),
        vectors=np.concatenate([examples.vectors, breach.stolen.vectors]),
    )
    vectors = defence.apply(stored, strength, 0).vectors[: len(examples)]
    if defence.unit_length:
        vectors = vectors * np.linalg.norm(examples.vectors, axis=1, keepdims=True)
    vectors = np.pad(vectors, ((0, 0), (0, examples.vectors.shape[1] - vectors.shape[1])))
    return list(inversion.invert(vectors, inversion.load_inverter())), "rebuilt from\nthe vector"
