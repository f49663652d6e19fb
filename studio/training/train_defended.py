"""Retrain the extractor on defended pictures: one fine-tune for each defence of pixels, all its
strengths mixed; and one without any.

What the retrained attacker of `studio.studies.defence_study` uses. It learns from other vehicles of
the same cameras and minutes (`studio.studies.bench.retraining_crops`), as the owner of the cameras
could. The weights stay in the working folder: they are made to break a defence, and only what they
achieve is published (`python -m studio results`).

Two losses: the shipped extractor's own coordinates of the undefended picture, by their angle, and
the identity.
"""

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn.functional import cosine_similarity
from tqdm import tqdm

from cctview import weights
from cctview.attacks import LabelledCrops
from cctview.dataset.paths import DATA
from cctview.defences import DEFENCES, Defence
from cctview.defences.cloak import shipped_student
from cctview.extract import EXTRACTOR_WEIGHTS
from cctview.extract.student import INPUT_SIZE, Student
from studio.studies.bench import retraining_crops
from studio.training.checkpoint import Checkpoint, fit, named_by_code
from studio.training.train_extractor import identity_loss

SEED = 8
EPOCHS = 4
PURPOSE = None
"""Not to be published."""
VEHICLES, PER_VEHICLE = 24, 3
RATE = 4e-4
IDENTITY = 0.1
CLOAKED = 1200
"""Crops that are cloaked for training: each costs ten times what embedding does."""


def folder(out: Path) -> Path:
    """Where the weights of all defences lie: another folder for other code or another extractor."""
    student = weights.find(EXTRACTOR_WEIGHTS)
    return named_by_code(out / "defended", "studio.training.train_defended", student)


def path(out: Path, defence: Defence | None) -> Path:
    """Where the weights of a defence lie; with None those that were retrained without any."""
    return folder(out) / f"{_name(defence).replace(' ', '-')}.pt"


def _name(defence):
    return defence.name if defence else "none"


def train(out: Path, epochs: int = EPOCHS, data: Path = DATA) -> Path:
    """Retrain for no defence, and for each defence of pixels, what is not done yet; returns the
    folder of the weights.
    """
    crops = retraining_crops(data)
    for defence in (None, *(defence for defence in DEFENCES.values() if defence.where == "pixels")):
        if not path(out, defence).exists():
            train_one(out, defence, crops, epochs)
    return folder(out)


def train_one(
    out: Path, defence: Defence | None, crops: LabelledCrops, epochs: int = EPOCHS
) -> Path:
    """Fine-tune the shipped student for one defence, or with None on undefended pictures; a second
    call continues.

    Returns
    -------
    Path
        The weights: a bare float16 state dict.
    """
    torch.manual_seed(SEED)
    if "cloak" in _name(defence):
        crops = crops.only(np.sort(np.random.default_rng(SEED).permutation(len(crops))[:CLOAKED]))
    clean = pictures(crops)
    variants = [clean]
    if defence:
        variants = [
            pictures(defence.apply(crops, strength, SEED))
            for strength in tqdm(defence.strengths, desc=defence.name)
        ]
    network = shipped_student()
    with torch.inference_mode():
        targets = torch.cat(
            [
                network.coordinates(_floats(part))
                for part in np.array_split(clean, max(1, len(clean) // 128))
            ]
        ).clone()
    optimiser = torch.optim.AdamW(
        network.requires_grad_(True).parameters(), RATE, weight_decay=0.02
    )
    checkpoint = Checkpoint(path(out, defence).with_suffix(".checkpoint"), network, optimiser)
    rows = [of for of in crops.table.groupby("vehicle").indices.values() if len(of) >= PER_VEHICLE]
    steps = max(1, len(crops) // (min(VEHICLES, len(rows)) * PER_VEHICLE))

    def loss(step, rng):
        chosen = rng.choice(len(rows), min(VEHICLES, len(rows)), replace=False)
        batch = np.array(
            [k for vehicle in chosen for k in rng.choice(rows[vehicle], PER_VEHICLE, replace=False)]
        )
        shown = np.stack([variants[rng.integers(len(variants))][k] for k in batch])
        predicted = network.coordinates(_floats(shown))
        angle = (1 - cosine_similarity(predicted, targets[batch])).mean()
        return angle + IDENTITY * identity_loss(
            predicted, torch.from_numpy(np.repeat(chosen, PER_VEHICLE))
        )

    network.train()

    def rate(epoch, share):
        return RATE * 0.5 * (1.02 + math.cos(math.pi * (epoch + share) / epochs))

    fit(
        checkpoint, epochs, SEED, lambda epoch, rng: range(steps), rate, loss, f"{_name(defence)}: "
    )
    return checkpoint.export(path(out, defence))


def pictures(crops: LabelledCrops) -> np.ndarray:
    """The crops as the student takes them, (n, 64, 64, 3) uint8."""
    return np.stack(
        [
            cv2.resize(crop, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_LINEAR)
            for crop in crops.images
        ]
    )


def _floats(squeezed: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(squeezed).permute(0, 3, 1, 2).float() / 255


def embedding(out: Path, defence: Defence | None) -> Callable | None:
    """``embed(crops)`` of the extractor retrained for a defence (or without any), None if the
    working folder has none.
    """
    if not path(out, defence).exists():
        return None
    network = Student()
    weights.load_into(network, path(out, defence))
    return embedder(network.float().eval())


def embedder(network: Student) -> Callable:
    """``embed(crops)`` of a student: coordinates (n, 256) on its basis."""

    def embed(crops):
        parts = [np.zeros((0, network.head.out_features), np.float32)]
        for start in range(0, len(crops), 64):
            squeezed = [
                cv2.resize(crop, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_LINEAR)
                for crop in crops[start : start + 64]
            ]
            with torch.inference_mode():
                parts.append(network.coordinates(_floats(np.stack(squeezed))).numpy())
        return np.concatenate(parts)

    return embed
