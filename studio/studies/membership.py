"""What `studio.results` and `studio.studies.learning` train to ask who was in a training set:
classifiers to be attacked, and models of the attacker's own.
"""

import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.attacks import EPOCHS, LabelledCrops, train_classifier
from cctview.attacks.shadow_models import Shadows
from cctview.attacks.vehicle_images import MemberSplit, VehicleImages

SHADOW_EPOCHS = (2, 4, 6, 8, 10, EPOCHS)
"""Epochs after which shadow models are stored."""
SUBJECT_EPOCHS = (6, EPOCHS)
"""The same for models that are taught one image a vehicle."""
PICTURES = ("the very picture", "another of the same pass", "one at another camera")
"""What an attacker holds of a vehicle: of one that was taught, the first is what was taught."""
IMAGE_SIDE = 16
"""Side, in pixels, of the images on which the classifier of `train_classifiers` learns."""


def train_classifiers(
    crops: LabelledCrops, epochs: int = 30, shadows: int = 8, seed: int = 0
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Train a small classifier of bodies on half of the vehicles, and some more to attack it with.

    A perceptron (scikit-learn) on images of 16×16; the more epochs, the more it knows by heart.

    Parameters
    ----------
    crops : LabelledCrops
        With images. Members and others are drawn from the same minutes, vehicle by vehicle.
    epochs, seed : int
    shadows : int
        At least 2; each vehicle is within half of them.

    Returns
    -------
    table : DataFrame
        One row per vehicle: vehicle, member, confidence (mean over its crops), correct (share of
        them).
    shadow : ndarray, shape (shadows, n)
        Confidences of the attacker's own models.
    within : ndarray of bool, shape (shadows, n)
        Which vehicles each of them was trained on.
    """
    pixels = np.stack(
        [
            cv2.resize(crop, (IMAGE_SIDE, IMAGE_SIDE), interpolation=cv2.INTER_AREA).ravel()
            for crop in crops.images
        ]
    )
    pixels = (pixels / 255 - 0.5) / 0.25
    vehicles, place = np.unique(crops.table.vehicle, return_inverse=True)
    labels = crops.table["body"].to_numpy(str)
    rng = np.random.default_rng(seed)
    halves = [
        rng.permutation(len(vehicles)) < len(vehicles) // 2 for _ in range(1 + -(-shadows // 2))
    ]
    halves += [~half for half in halves[1:]][: shadows // 2]
    confidence, correct = zip(
        *(_fitted(pixels, labels, place, half, epochs, seed + k) for k, half in enumerate(halves)),
        strict=True,
    )
    table = pd.DataFrame(
        {
            "vehicle": vehicles,
            "member": halves[0],
            "confidence": confidence[0],
            "correct": correct[0],
        }
    )
    return table, np.array(confidence[1:]), np.array(halves[1:])


def _fitted(pixels, labels, place, half, epochs, seed):
    """A classifier's mean confidence in the correct class, and its accuracy, for each vehicle."""
    import warnings

    from sklearn.neural_network import MLPClassifier

    taken = half[place]
    model = MLPClassifier(
        128,
        batch_size=32,
        alpha=0,
        learning_rate_init=1e-3,
        max_iter=epochs,
        random_state=seed,
        n_iter_no_change=epochs,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged: it is stopped on purpose
        model.fit(pixels[taken], labels[taken])
    given = pd.DataFrame(model.predict_proba(pixels), columns=model.classes_).reindex(
        columns=np.unique(labels), fill_value=0.0
    )
    right = given.to_numpy()[np.arange(len(labels)), np.searchsorted(given.columns, labels)]
    counts = np.bincount(place)
    correct = given.columns[given.to_numpy().argmax(axis=1)] == labels
    return np.bincount(place, right) / counts, np.bincount(place, correct) / counts


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
