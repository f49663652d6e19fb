"""A few vehicles to show: rebuilt from their vectors, and as each defence leaves them."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cctview.attacks.crops import LabelledCrops, window
from cctview.course.breach import Breach
from cctview.course.lesson import Lesson
from cctview.dataset.boxes import BOX, area
from cctview.defences.catalogue import Defence
from cctview.extract.extractor import Extractor
from cctview.match.distance import euclidean_distances

PICTURES = 100
"""Pictures of which the mean is taken."""
SHOWN_SIZE = 34
"""Least size (root of the box's area, px) of a picture that is shown."""


def choose_examples(lesson: Lesson, breach: Breach, count: int = 6) -> LabelledCrops:
    """Some vehicles with their pictures and vectors.

    Of the simulated minutes, vehicles of designs that the decoder never saw, of as many colours as
    there are. Where CCTVIEW_DATA names frames of one's own, the largest vehicle of each of as many
    frames, each taken for a vehicle of its own.

    Raises
    ------
    ValueError
        If one's own frames have no vehicle with a vector.
    """
    from cctview.attacks.inversion import unseen

    if lesson.own:
        table, vectors = _own(lesson, count)
    else:
        asked = breach.stolen.table
        large = asked[
            unseen(asked.design.to_numpy()) & (asked["size"] >= SHOWN_SIZE)
        ].drop_duplicates("vehicle")
        by_colour = large.drop_duplicates("family")
        table = pd.concat([by_colour, large.drop(by_colour.index)]).head(count)
        vectors = breach.stolen.vectors[table.index]
    cuts = [
        window(lesson.shown.image(row.frame), np.array([row.x1, row.y1, row.x2, row.y2], int))
        for row in table.itertuples()
    ]
    return LabelledCrops(
        table.reset_index(drop=True),
        vectors,
        tuple(picture for picture, _ in cuts),
        np.array([box for _, box in cuts]),
    )


def _own(lesson, count):
    """The detections to show of one's own frames, and their coordinates on the extractor's basis."""
    found = lesson.shown.detections.assign(row=np.arange(len(lesson.shown.detections)))
    found = found[np.isfinite(lesson.shown.embeddings[:, :1]).all(axis=1)]
    found = (
        found.loc[area(found).sort_values(ascending=False).index]
        .drop_duplicates("frame")
        .head(count)
    )
    if found.empty:
        raise ValueError(
            "CCTVIEW_DATA: these frames have no vehicle with a vector; run `cctview example` on"
            " them first"
        )
    mean, components = Extractor().basis
    vectors = ((lesson.shown.embeddings[found.row] - mean) @ components.T).astype(np.float32)
    numbered = np.arange(len(found))
    return (
        found[["id", "frame", "camera", *BOX]].assign(
            vehicle=numbered, passing=numbered, seconds=0.0
        ),
        vectors,
    )


@dataclass(frozen=True)
class Rebuilt:
    """What is made of some vectors: each a list of ndarray of uint8, shape (h, w, 3).

    Attributes
    ----------
    decoded : list
        By the decoder, which gets the vector alone.
    nearest : list
        Of other vehicles' pictures, the one with the nearest vector.
    mean : list
        The mean of many of those, the same for all.
    """

    decoded: list
    nearest: list
    mean: list


def rebuild(lesson: Lesson, breach: Breach, vectors: np.ndarray) -> Rebuilt:
    """Rebuild pictures from their vectors alone; what is nearest is a known vehicle of a design
    that the decoder knows.
    """
    from cctview.attacks.inversion import inversion_baselines, invert, load_inverter, unseen

    taught = breach.known.only(~unseen(breach.known.table.design.to_numpy()))
    nearest = euclidean_distances(vectors, taught.vectors).argmin(axis=1)
    rows = [*nearest, *np.linspace(0, len(taught) - 1, PICTURES).astype(int)]
    pictures = [lesson.dataset.crop(name) for name in taught.table.id.iloc[rows]]
    plain = inversion_baselines(vectors, taught.vectors[rows], pictures)
    return Rebuilt(
        list(invert(vectors, load_inverter())),
        list(plain["nearest training crop"]),
        list(plain["mean crop"]),
    )


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
    from cctview.attacks.inversion import invert, load_inverter

    table = pd.concat([examples.table, breach.stolen.table], ignore_index=True)
    stored = replace(
        breach.stolen,
        table=table,
        vectors=np.concatenate([examples.vectors, breach.stolen.vectors]),
    )
    vectors = defence.apply(stored, strength, 0).vectors[: len(examples)]
    if defence.unit_length:
        vectors = vectors * np.linalg.norm(examples.vectors, axis=1, keepdims=True)
    vectors = np.pad(vectors, ((0, 0), (0, examples.vectors.shape[1] - vectors.shape[1])))
    return list(invert(vectors, load_inverter())), "rebuilt from\nthe vector"
