"""Training that can be stopped and continued: checkpoints on disk, replaced in one step."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from studio.closure import code_fingerprint


class Checkpoint:
    """The state of a training run in one file.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    network, optimiser
        What is saved and restored.
    average : AveragedModel, optional
        A running mean of the network's weights (stochastic weight averaging, Izmailov et al. 2018,
        arXiv 1803.05407), saved and restored, too. It is exported, if it is a mean of any.
    """

    def __init__(
        self,
        path: Path,
        network: torch.nn.Module,
        optimiser: torch.optim.Optimizer,
        average: AveragedModel | None = None,
    ):
        self.path, self.network, self.optimiser = path, network, optimiser
        self.average = average
        path.parent.mkdir(parents=True, exist_ok=True)

    def load(self) -> int:
        """Restore what an earlier run left; the number of epochs done, 0 if there is no file."""
        if not self.path.exists():
            return 0
        state = torch.load(self.path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        return state["epoch"]

    def save(self, epoch: int) -> None:
        """Write the state after `epoch` epochs."""
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": epoch,
        }
        if self.average is not None:
            state["average"] = self.average.state_dict()
        _replace(self.path, state)

    def export(self, path: Path) -> Path:
        """Write the weights alone, as a bare state dict with float16 numbers, and return `path`."""
        network = self.network
        if self.average is not None and self.average.n_averaged > 0:
            network = self.average.module
        weights = {
            name: value.half() if value.is_floating_point() else value
            for name, value in network.state_dict().items()
        }
        _replace(path, weights)
        return path


def named_by_code(path: Path, module: str, *reads: Path) -> Path:
    """`path` with a mark in its name of the code and the files that decide what it holds.

    So nothing is continued that other code, or other weights, began.

    Parameters
    ----------
    path : Path
        Of a file or a folder.
    module : str
        Whose code, with all that it imports, decides.
    *reads : Path
        Files that decide, too.
    """
    digest = hashlib.sha256(code_fingerprint(module).encode())
    for file in reads:
        digest.update(file.read_bytes())
    return path.with_name(f"{path.stem}-{digest.hexdigest()[:12]}{path.suffix}")


def fit(
    checkpoint: Checkpoint,
    epochs: int,
    seed: int,
    batches: Callable[[int, np.random.Generator], Sequence],
    rate: Callable[[int, float], float],
    loss: Callable[[object, np.random.Generator], torch.Tensor],
    name: str = "",
    after: Callable[[int, int], None] | None = None,
) -> None:
    """Train on from where a checkpoint stands, and save it after each epoch.

    Parameters
    ----------
    checkpoint : Checkpoint
    epochs : int
    seed : int
        Random numbers are new in each epoch, from this and its number: so a training that was
        stopped goes on as if it had not been.
    batches : callable
        ``batches(epoch, rng)``: the batches of an epoch.
    rate : callable
        ``rate(epoch, share)``: the learning rate when so much of the epoch is done.
    loss : callable
        ``loss(batch, rng)`` of the network.
    name : str
        What stands before the progress bar.
    after : callable, optional
        ``after(epoch, batch)`` is called when the weights have moved; both count from 0.
    """
    optimiser = checkpoint.optimiser
    for epoch in range(checkpoint.load(), epochs):
        rng, total = np.random.default_rng([seed, epoch]), 0.0
        order = batches(epoch, rng)
        for k, batch in enumerate(
            bar := tqdm(
                order, desc=f"{name}epoch {epoch + 1}/{epochs}", unit="batch", mininterval=5
            )
        ):
            optimiser.param_groups[0]["lr"] = rate(epoch, k / len(order))
            value = loss(batch, rng)
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            if after:
                after(epoch, k)
            total += value.item()
            bar.set_postfix(loss=f"{total / (k + 1):.4f}")
        checkpoint.save(epoch + 1)


def _replace(path: Path, state: dict) -> None:
    temporary = path.with_name(path.name + ".partial")
    torch.save(state, temporary)
    os.replace(temporary, path)
