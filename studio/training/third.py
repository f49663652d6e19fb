"""The third network: what a tracker may have that no cloak of ours was made for.

Another architecture than the extractor (residual) and the second network (depthwise separable):
plain convolutions with pooling. It was taught by other vehicles at other cameras
(`studio.training.other_cameras`); with the second network it shares the simulation's designs,
paints, weathers and sensor. It links no frames in the course. Imports torch at its top.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from cctview import weights as weight_files
from studio.training.second import embed

DEFAULT_WEIGHTS = "third-56.pt"


def _plain(inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(0.1),
    )


class Third(nn.Module):
    """Crops (n, 3, 56, 56), RGB in 0-1, to vectors (n, 128) of length 1."""

    side, dimensions = 56, 128

    def __init__(self, width: int = 32):
        super().__init__()
        w = width
        self.body = nn.Sequential(
            _plain(3, w, size=5, stride=2),
            nn.MaxPool2d(2),
            _plain(w, 2 * w),
            _plain(2 * w, 3 * w),
            nn.MaxPool2d(2),
            _plain(3 * w, 5 * w),
            _plain(5 * w, 5 * w),
        )
        self.head = nn.Linear(10 * w, self.dimensions)

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        features = self.body(crops - 0.45)
        both = torch.cat([features.mean((2, 3)), features.amax((2, 3))], 1)
        return nn.functional.normalize(self.head(both))


def another_network() -> Callable[[Sequence[np.ndarray]], np.ndarray]:
    """``embed(crops)`` of the shipped weights, as studies take a network."""
    network = load_third()
    return lambda crops: embed(crops, network)


def load_third(weights: str | Path | None = None) -> Third:
    """The third network, with the shipped weights or others.

    Raises
    ------
    FileNotFoundError, ValueError
        If the weight file is missing, damaged, or of another network.
    """
    return weight_files.load_ours(Third(), DEFAULT_WEIGHTS, "third", weights)
