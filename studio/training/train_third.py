"""Train the third network: from identities alone, on minutes of other cameras and other vehicles
than the extractor's, the second network's, and those on which defences are measured.
"""

from pathlib import Path

import cv2
import numpy as np
import torch

from studio.training import other_cameras
from studio.training.checkpoint import Checkpoint, fit
from studio.training.third import Third
from studio.training.train_extractor import identity_loss

SEED = 303
EPOCHS = 6
PURPOSE = "extractor: the third, of a tracker for whom no cloak was made"
STEPS = 70
"""Batches an epoch."""
VEHICLES, CROPS = 32, 3
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
    crops = known.images
    seen = known.table.groupby("vehicle").camera.transform("nunique") >= 2
    rows = known.table.assign(seen=seen).groupby(["seen", "vehicle"]).indices
    rows = [of for (twice, _), of in rows.items() if twice and len(of) >= CROPS]
    network = Third().train()
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.02)
    checkpoint = Checkpoint(out / "third-checkpoint.pt", network, optimiser)

    def loss(batch, rng):
        chosen = rng.choice(len(rows), min(VEHICLES, len(rows)), replace=False)
        batch = [k for vehicle in chosen for k in rng.choice(rows[vehicle], CROPS, replace=False)]
        shown = torch.from_numpy(np.stack([augment(crops[k], rng) for k in batch]))
        return identity_loss(
            network(shown.permute(0, 3, 1, 2)), torch.from_numpy(np.repeat(chosen, CROPS))
        )

    def rate(epoch, share):
        return RATE * (0.01 + 0.99 * (1 - (epoch + share) / epochs))

    fit(checkpoint, epochs, SEED, lambda epoch, rng: range(STEPS), rate, loss)
    return checkpoint.export(out / "third-56.pt")
