"""Inversion: a small decoder rebuilds the picture of a vehicle from its stored vector.

The decoder was trained on simulated vehicles of two designs in three, and is judged on the third,
which it never saw (`studio.studies.judge`).

Like `cctview.extract.student` it imports torch at its top; import it where it is used.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from cctview import weights as weight_files
from cctview.extract import student
from cctview.match import euclidean_distances

INVERTER_WEIGHTS = "inverter-32.pt"
_SIDE = 32
_UNSEEN = 1
"""Designs whose number leaves this remainder on division by three are kept from the decoder."""


def unseen(design: np.ndarray) -> np.ndarray:
    """Which designs the decoder never saw.

    Examples
    --------
    >>> unseen(np.array([0, 1, 2, 3, 4]))
    array([False,  True, False, False,  True])
    """
    return np.asarray(design) % 3 == _UNSEEN


def _upscale(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="nearest"),
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Inverter(nn.Module):
    """Coordinates (n, 256) on the extractor's basis to pictures (n, 3, 32, 32), RGB in 0-1; the
    first, 4×4 layer has `width` channels.
    """

    def __init__(self, width: int = 128, components: int = 256):
        super().__init__()
        self.width = width
        self.first = nn.Sequential(nn.Linear(components, 16 * width), nn.ReLU())
        self.body = nn.Sequential(
            _upscale(width, 64),
            _upscale(64, 64),
            nn.Conv2d(64, 48, 3, padding=1),
            nn.BatchNorm2d(48),
            nn.ReLU(),
            nn.Conv2d(48, 12, 3, padding=1),
            nn.PixelShuffle(2),
            nn.Sigmoid(),
        )
        self.register_buffer("deviation", torch.ones(components))
        self.register_buffer("components", torch.zeros(components, student.EMBEDDING_SIZE))
        self.register_buffer("mean", torch.zeros(student.EMBEDDING_SIZE))

    def forward(self, coordinates: torch.Tensor) -> torch.Tensor:
        return self.body(self.first(coordinates / self.deviation).view(-1, self.width, 4, 4))


def load_inverter(weights: str | Path | None = None) -> Inverter:
    """The decoder, with the shipped weights or others; see `cctview.weights.load_ours`."""
    return weight_files.load_ours(Inverter(), INVERTER_WEIGHTS, "inverter", weights)


def invert(embeddings: np.ndarray, network: Inverter) -> np.ndarray:
    """Rebuild pictures (n, 32, 32, 3) uint8 from embeddings (n, 1920) or coordinates (n, 256)."""
    vectors = torch.from_numpy(np.asarray(embeddings, np.float32))
    if vectors.ndim != 2 or vectors.shape[1] not in network.components.shape:
        raise ValueError(
            f"expected vectors of {student.EMBEDDING_SIZE} or {len(network.components)} numbers, "
            f"but the shape is {tuple(vectors.shape)}"
        )
    with torch.inference_mode():
        if vectors.shape[1] == student.EMBEDDING_SIZE:
            vectors = (vectors - network.mean) @ network.components.T
        pictures = [network(part) for part in vectors.split(256)]
        whole = torch.cat(pictures) if pictures else torch.zeros(0, 3, _SIDE, _SIDE)
        return (255 * whole).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def resize_crops(crops: Sequence[np.ndarray]) -> np.ndarray:
    """Crops of any size as pictures of 32×32, (n, 32, 32, 3) uint8."""
    resized = [cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA) for crop in crops]
    return np.stack(resized) if resized else np.zeros((0, _SIDE, _SIDE, 3), np.uint8)


def inversion_baselines(
    vectors: np.ndarray, known_vectors: np.ndarray, known_crops: Sequence[np.ndarray]
) -> dict[str, np.ndarray]:
    """Without a decoder: the known picture with the nearest vector, and the mean of all known."""
    known = resize_crops(known_crops)
    nearest = euclidean_distances(vectors, known_vectors).argmin(axis=1)
    mean = np.rint(known.mean(axis=0)).astype(np.uint8)
    return {
        "nearest other vehicle": known[nearest],
        "mean picture": np.repeat(mean[None], len(vectors), axis=0),
    }
