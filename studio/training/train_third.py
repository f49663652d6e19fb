"""Train the third network: from identities alone, on minutes of other cameras and other vehicles
than the second network's, and those on which defences are measured.
"""

from pathlib import Path

import cv2
import numpy as np
import torch

from studio.training import other_cameras
from studio.training.identities import CROPS, fit_identities
from studio.training.third import Third

SEED = 303
EPOCHS = 16
PURPOSE = "extractor: the third, of a tracker for whom no cloak was made"
STEPS = 70
"""Batches an epoch."""
RATE = 1e-3


def augment(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Squeeze a crop to 56×56, cut a little, in other light, blurred or coarse now and then."""
    height, width = crop.shape[:2]
    top, bottom, left, right = rng.uniform(0, 0.1, 4)
    crop = crop[
        int(top * height) : height - int(bottom * height),
        int(left * width) : width - int(right * width),
    ]
    chance = rng.random()
    if chance < 0.2:
        crop = cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.4, 1.2))
    elif chance < 0.4:
        crop = cv2.resize(crop, (rng.integers(14, 33),) * 2, interpolation=cv2.INTER_AREA)
    small = cv2.resize(crop, (Third.side,) * 2, interpolation=cv2.INTER_AREA)
    light = small.astype(np.float32) / 255 * rng.normal(1, 0.12) * rng.normal(1, 0.05, 3)
    return np.clip(light + rng.normal(0, 0.04), 0, 1).astype(np.float32)


def train(out: Path, epochs: int = EPOCHS) -> Path:
    """Train on the other cameras' minutes, rendered to `out` if missing; checkpoints go there too,
    and a second call continues.

    Returns
    -------
    Path
        The weights: a bare float16 state dict, `third-56.pt`.
    """
    torch.manual_seed(SEED)
    known = other_cameras.load(out)
    seen = known.table.groupby("vehicle").camera.transform("nunique") >= 2
    rows = known.table.assign(seen=seen).groupby(["seen", "vehicle"]).indices
    rows = [of for (twice, _), of in rows.items() if twice and len(of) >= CROPS]
    return fit_identities(
        Third().train(),
        out / "third-56.pt",
        __name__,
        known.images,
        rows,
        augment,
        epochs=epochs,
        steps=STEPS,
        rate=RATE,
        seed=SEED,
    )
