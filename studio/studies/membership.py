"""What is trained to ask who was in a training set: networks that are attacked, each with the help
of the others.
"""

import numpy as np
from tqdm import tqdm

from cctview.attacks import EPOCHS, train_classifier
from cctview.attacks.shadow_models import Shadows
from cctview.attacks.vehicle_images import MemberSplit, VehicleImages

SHADOW_EPOCHS = (2, 4, 6, 8, 10, EPOCHS)
"""Epochs after which shadow models are stored."""
SUBJECT_EPOCHS = (6, EPOCHS)
"""The same for models that are taught one image a vehicle."""
PICTURES = ("the very crop", "another of the same pass", "one at another camera")
"""What an attacker holds of a vehicle: of one that was taught, the first is what was taught."""


def train_shadows(
    images: VehicleImages,
    split: MemberSplit,
    count: int = 16,
    epochs: int = EPOCHS,
    seed: int = 100,
) -> Shadows:
    """Train the attacker's own models, in pairs that share the vehicles between them.

    Parameters
    ----------
    images : VehicleImages
    split : MemberSplit
    count : int
        Even.
    epochs, seed : int
    """
    vehicles = np.sort(np.concatenate([split.members, split.others]))
    places = np.searchsorted(images.vehicles, vehicles)
    within, trainings = _in_pairs(images, split, vehicles, count, epochs, seed)
    stored = {
        epoch: np.array(
            [images.by_vehicle(np.exp(-one.losses[epoch]))[places] for one in trainings]
        )
        for epoch in SHADOW_EPOCHS
        if epoch <= epochs
    }
    return Shadows(vehicles, within, stored)


def subject_images(images: VehicleImages, seed: int = 0) -> VehicleImages:
    """Of each vehicle that passed two cameras, images that an attacker can hold (`PICTURES`).

    `images` has several images a camera (`load_vehicle_images(per_camera=2)`). The largest one at a
    camera, drawn at random, can be taught to a model; the next at the same camera, if there is one,
    is of the same pass, and the largest at another camera is of another pass. The new table has a
    column picture.
    """
    rng = np.random.default_rng(seed)
    chosen = []
    kinds = []
    for _, rows in images.table.groupby("vehicle", sort=True):
        at = list(rows.groupby("camera").groups.values())
        if len(at) > 1:
            k = rng.integers(len(at))
            held = [at[k][0], *at[k][1:2], at[k - 1][0]]
            chosen += held
            kinds += PICTURES if len(held) == len(PICTURES) else PICTURES[::2]
    table = images.table.iloc[chosen].reset_index(drop=True)
    return VehicleImages(images.pixels[chosen], table.assign(picture=kinds))


def train_subjects(
    images: VehicleImages,
    split: MemberSplit,
    count: int = 16,
    epochs: int = EPOCHS,
    seed: int = 100,
) -> dict[str, Shadows]:
    """Train models on one image a vehicle, and ask them about each of `PICTURES`.

    `images` come from `subject_images`. The attacker is a strong one: their own models, too, are
    taught the very image, and their confidence is known on the image that they hold.
    """
    asked = np.sort(np.concatenate([split.members, split.others]))
    picture = images.table.picture.to_numpy()
    shown = picture == PICTURES[0]
    within, trainings = _in_pairs(images, split, asked, count, epochs, seed, shown=shown)
    held = {}
    for kind in PICTURES:
        rows = np.flatnonzero((picture == kind) & images.of(asked))
        vehicles = images.table.vehicle.to_numpy()[rows]
        confidences = {
            epoch: np.exp(-np.array([one.losses[epoch][rows] for one in trainings]))
            for epoch in SUBJECT_EPOCHS
            if epoch <= epochs
        }
        held[kind] = Shadows(vehicles, within[:, np.searchsorted(asked, vehicles)], confidences)
    return held


def _in_pairs(images, split, vehicles, count, epochs, seed, **options):
    """Which of the vehicles each model is taught, and the trainings, without their weights."""
    within = []
    trainings = []
    for pair in tqdm(range(count // 2), "pairs of models"):
        half = np.random.default_rng(seed + pair).permutation(len(vehicles)) < len(vehicles) // 2
        for side in (half, ~half):
            options |= {"members": vehicles[side], "epochs": epochs, "seed": seed + len(within)}
            trainings.append(train_classifier(images, split, **options))
            within.append(side)
    return np.array(within), trainings
