"""The compact student network: a small residual network distilled from DenseNet-201-VeRI."""

import torch
from torch import nn

INPUT_SIZE = 64
EMBEDDING_SIZE = 1920


def _convolution(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Residual(nn.Module):
    """Two 3×3 convolutions beside a short cut."""

    def __init__(self, channels: int):
        super().__init__()
        self.first = _convolution(channels, channels, 1)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x + self.second(self.first(x)))


class Student(nn.Module):
    """Crops (n, 3, 64, 64), RGB in 0–1, to embeddings (n, 1920) in the teacher's space.

    The network predicts `components` coordinates on the teacher's principal components; a fixed
    linear map, stored with the weights, takes them to 1920 dimensions.

    Parameters
    ----------
    width : int
        Channels of the first layer; they double with each halving of the picture.
    components : int
        Number of principal components that the network predicts.
    """

    def __init__(self, width: int = 32, components: int = 256):
        super().__init__()
        w = width
        self.body = nn.Sequential(
            _convolution(3, w, 2),
            _convolution(w, 2 * w, 2),
            Residual(2 * w),
            _convolution(2 * w, 4 * w, 2),
            Residual(4 * w),
            _convolution(4 * w, 8 * w, 2),
            Residual(8 * w),
        )
        self.head = nn.Linear(8 * w, components)
        self.register_buffer("pixel_mean", torch.tensor([0.44, 0.45, 0.44]).view(3, 1, 1))
        self.register_buffer("pixel_deviation", torch.tensor([0.22, 0.22, 0.22]).view(3, 1, 1))
        self.register_buffer("components", torch.zeros(components, EMBEDDING_SIZE))
        self.register_buffer("mean", torch.zeros(EMBEDDING_SIZE))

    def coordinates(self, x: torch.Tensor) -> torch.Tensor:
        """Coordinates (n, components) on the teacher's principal components."""
        features = self.body((x - self.pixel_mean) / self.pixel_deviation)
        return self.head(features.mean((2, 3)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.coordinates(x) @ self.components + self.mean
