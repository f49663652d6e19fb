"""Training by identities alone: crops of one vehicle lie closer together than those of two."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from studio.training.checkpoint import Checkpoint, fit, named_by_code
from studio.training.train_extractor import identity_loss

_VEHICLES = 32  # in a batch
CROPS = 3
"""Crops of each vehicle in a batch: a vehicle must have so many."""


def fit_identities(
    network: torch.nn.Module,
    weights: Path,
    module: str,
    images: list[np.ndarray],
    rows: list[np.ndarray],
    augment: Callable[[np.ndarray, np.random.Generator], np.ndarray],
    *,
    epochs: int,
    steps: int,
    rate: float,
    seed: int,
) -> Path:
    """Train a network, or continue its training; the checkpoint lies beside the weights.

    Parameters
    ----------
    network : Module
        Pictures (n, 3, side, side) in 0-1 to vectors.
    weights : Path
        Where the weights go: a bare float16 state dict.
    module : str
        The trainer's: another code of it begins anew.
    images : list of ndarray of uint8
        Crops.
    rows : list of ndarray of int
        For each vehicle, which of `images` show it: at least `CROPS`.
    augment : callable
        Makes a picture (side, side, 3) in 0-1 of a crop, another each time.
    epochs, steps : int
        `steps` batches an epoch.
    rate : float
        The learning rate at the beginning; it falls in a line to a hundredth.
    seed : int

    Returns
    -------
    Path
        That of the weights.
    """
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=0.02)
    place = named_by_code(weights.with_name(f"{weights.stem}-checkpoint.pt"), module)
    checkpoint = Checkpoint(place, network, optimiser)

    def loss(_, rng):
        chosen = rng.choice(len(rows), min(_VEHICLES, len(rows)), replace=False)
        batch = [k for vehicle in chosen for k in rng.choice(rows[vehicle], CROPS, replace=False)]
        pictures = torch.from_numpy(np.stack([augment(images[k], rng) for k in batch]))
        vehicles = torch.from_numpy(np.repeat(chosen, CROPS))
        return identity_loss(network(pictures.permute(0, 3, 1, 2)), vehicles)

    def falling(epoch, share):
        return rate * (0.01 + 0.99 * (1 - (epoch + share) / epochs))

    fit(checkpoint, epochs, seed, lambda epoch, rng: range(steps), falling, loss)
    return checkpoint.export(weights)
