"""Training that can be stopped and continued: checkpoints on disk, replaced in one step."""

import os
from pathlib import Path

import torch


class Checkpoint:
    """The state of a training run in one file.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    network, optimiser
        What is saved and restored.
    """

    def __init__(self, path: Path, network: torch.nn.Module, optimiser: torch.optim.Optimizer):
        self.path, self.network, self.optimiser = path, network, optimiser
        path.parent.mkdir(parents=True, exist_ok=True)

    def load(self) -> int:
        """Restore what an earlier run left; the number of epochs done, 0 if there is no file."""
        if not self.path.exists():
            return 0
        state = torch.load(self.path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        return state["epoch"]

    def save(self, epoch: int) -> None:
        """Write the state after `epoch` epochs."""
        state = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "epoch": epoch}
        _replace(self.path, state)

    def export(self, path: Path) -> Path:
        """Write the weights alone, as a bare state dict with float16 numbers, and return `path`."""
        weights = {
            name: value.half() if value.is_floating_point() else value for name, value in self.network.state_dict().items()
        }
        _replace(path, weights)
        return path


def _replace(path: Path, state: dict) -> None:
    temporary = path.with_name(path.name + ".partial")
    torch.save(state, temporary)
    os.replace(temporary, path)
