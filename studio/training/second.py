"""The second extractor: another architecture, trained on other vehicles, to judge what the first
one's vectors give away.

It links no frames in the course. Like `cctview.extract.student` it imports torch at its top.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from cctview import weights as weight_files

DEFAULT_WEIGHTS = "second-48.pt"
SIDE = 48
DIMENSIONS = 128


def _separable(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride=stride, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.SiLU(),
    )


class Second(nn.Module):
    """Pictures (n, 3, 48, 48), RGB in 0-1, to vectors (n, 128) of length 1, by depthwise separable
    convolutions.
    """

    side, dimensions = SIDE, DIMENSIONS

    def __init__(self, width: int = 32):
        super().__init__()
        w = width
        self.body = nn.Sequential(
            nn.Conv2d(3, w, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(w),
            nn.SiLU(),
            _separable(w, 2 * w, 1),
            _separable(2 * w, 3 * w, 2),
            _separable(3 * w, 4 * w, 1),
            _separable(4 * w, 6 * w, 2),
            _separable(6 * w, 8 * w, 1),
        )
        self.head = nn.Linear(8 * w * 9, DIMENSIONS)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        features = nn.functional.adaptive_avg_pool2d(self.body(pictures - 0.45), 3)
        return nn.functional.normalize(self.head(features.flatten(1)))


def load_second(weights: str | Path | None = None) -> Second:
    """The second extractor, with the shipped weights or others.

    Raises
    ------
    FileNotFoundError, ValueError
        If the weight file is missing, damaged, or of another network.
    """
    return weight_files.load_ours(Second(), DEFAULT_WEIGHTS, "second", weights)


def embed(crops: Sequence[np.ndarray], network) -> np.ndarray:
    """Embed crops (uint8 RGB of any size) by a network that has a `side` and `dimensions`:
    (n, dimensions) float32.
    """
    parts = [np.zeros((0, network.dimensions), np.float32)]
    for start in range(0, len(crops), 128):
        squeezed = [
            cv2.resize(crop, (network.side,) * 2, interpolation=cv2.INTER_AREA)
            for crop in crops[start : start + 128]
        ]
        with torch.inference_mode():
            parts.append(
                network(
                    torch.from_numpy(np.stack(squeezed)).permute(0, 3, 1, 2).float() / 255
                ).numpy()
            )
    return np.concatenate(parts)
