"""Train the second extractor: from the simulation's identities alone, on half of the training
recordings.

It judges whether a picture rebuilt from the first extractor's vector shows the right vehicle, so it
must not be that extractor: another architecture and other random numbers, no teacher, half of the
vehicles. It is shown coarse pictures too, since rebuilt ones are coarse, but never a rebuilt one.
"""

from pathlib import Path

import cv2
import numpy as np
import torch

from studio.training import training_crops
from studio.training.identities import CROPS, fit_identities
from studio.training.second import SIDE, Second

SEED = 77
EPOCHS = 8
PURPOSE = "extractor: the second, that judges rebuilt pictures"
RECORDINGS = (1002, 1004, 1006)
STEPS = 80
"""Batches an epoch."""
RATE = 2e-3


def augment(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Squeeze a crop to 48×48, from a frame moved a little and in other light; three in ten first
    to 12 to 32 pixels.
    """
    height, width = crop.shape[:2]
    y1, y2, x1, x2 = rng.uniform(0, 0.08, 4)
    crop = crop[
        int(y1 * height) : height - int(y2 * height), int(x1 * width) : width - int(x2 * width)
    ]
    if rng.random() < 0.3:
        crop = cv2.resize(crop, (rng.integers(12, 33),) * 2, interpolation=cv2.INTER_AREA)
    picture = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.clip(
        picture * rng.normal(1, 0.1) * rng.normal(1, 0.04, 3) + rng.normal(0, 0.03), 0, 1
    ).astype(np.float32)


def train(out: Path, epochs: int = EPOCHS) -> Path:
    """Train on the simulation's training minutes, rendered to `out` if missing; checkpoints go
    there too, and a second call continues.

    Returns
    -------
    Path
        The weights: a bare float16 state dict, `second-48.pt`.
    """
    torch.manual_seed(SEED)
    crops = training_crops.load(out, RECORDINGS)
    rows = [of for of in crops.table.groupby("vehicle").indices.values() if len(of) >= CROPS]
    return fit_identities(
        Second().train(),
        out / "second-48.pt",
        __name__,
        crops.images,
        rows,
        augment,
        epochs=epochs,
        steps=STEPS,
        rate=RATE,
        seed=SEED,
    )
