"""Train the decoder that rebuilds a vehicle's picture from its stored vector.

On the simulation's training minutes, with the vectors that the shipped extractor gives; designs
that `cctview.attacks.inversion.unseen` names are left out. It learns the picture itself at three
sizes, and its edges.
"""

import math
from pathlib import Path

import torch
from torch.nn.functional import avg_pool2d, l1_loss

from cctview import weights
from cctview.attacks.inversion import Inverter, resize_crops, unseen
from cctview.extract import EXTRACTOR_WEIGHTS, Extractor
from studio.training import training_crops
from studio.training.checkpoint import Checkpoint, fit, named_by_code

SEED = 6
EPOCHS = 16
PURPOSE = "inverter: rebuilds pictures from the student's vectors"
BATCH = 64
RATE = 2e-3
EDGES = 1.0
"""Weight of the edges' loss."""


def picture_loss(rebuilt: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Mean absolute error of pictures (n, 3, 32, 32) at 32, 16 and 8 pixels, and of their edges."""
    loss = sum(l1_loss(avg_pool2d(rebuilt, size), avg_pool2d(true, size)) for size in (1, 2, 4))
    edges = sum(l1_loss(rebuilt.diff(dim=axis), true.diff(dim=axis)) for axis in (2, 3))
    return loss + EDGES * edges


def train(out: Path, epochs: int = EPOCHS) -> Path:
    """Train on the simulation's training minutes, rendered to `out` if missing; checkpoints go
    there too, and a second call continues.

    Returns
    -------
    Path
        The weights: a bare float16 state dict, `inverter-32.pt`.
    """
    torch.manual_seed(SEED)
    crops = training_crops.load(out)
    crops = crops.only(~unseen(crops.table.design.to_numpy()))
    extractor = Extractor()
    mean, components = extractor.basis
    coordinates = torch.from_numpy(
        (extractor.extract(crops.images, progress=True) - mean) @ components.T
    )
    pictures = torch.from_numpy(resize_crops(crops.images)).permute(0, 3, 1, 2)
    network = Inverter().train()
    network.mean.copy_(torch.from_numpy(mean.copy()))
    network.components.copy_(torch.from_numpy(components.copy()))
    network.deviation.copy_(coordinates.std(0) + 0.1 * coordinates.std())
    place = named_by_code(out / "inverter-checkpoint.pt", __name__, weights.find(EXTRACTOR_WEIGHTS))
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.01)
    checkpoint = Checkpoint(place, network, optimiser)

    def loss(batch, rng):
        with torch.autocast("cpu", torch.bfloat16):
            rebuilt = network(coordinates[batch])
        return picture_loss(rebuilt.float(), pictures[batch].float() / 255)

    whole = len(pictures) // BATCH * BATCH

    def order(epoch, rng):
        return rng.permutation(len(pictures))[:whole].reshape(-1, BATCH)

    def rate(epoch, share):
        return RATE * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (epoch + share) / epochs)))

    fit(checkpoint, epochs, SEED, order, rate, loss)
    return checkpoint.export(out / "inverter-32.pt")
