"""The original's extractor: torchvision's DenseNet-201, tuned on VeRi by Labbé et al.
(Vehicle_ReID).

Like `cctview.extract.student` it imports torch at its top; `cctview.extract.extractor` imports it when a model is
loaded.
"""

import re

import numpy as np
import torch
from PIL import Image
from torch import nn
from torchvision import transforms
from torchvision.models import densenet201

INPUT_SIZE = 224
EMBEDDING_SIZE = 1920
IDENTITIES = 576
"""Vehicles in VeRi's training set: what the classifier told apart while the features were trained."""

_TO_INPUT = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(INPUT_SIZE),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
_OLD_NAME = re.compile(r"(\.denselayer\d+\.(?:norm|conv))\.([12]\.)")


class DenseNetVeRI(nn.Module):
    """Prepared crops (n, 3, 224, 224) to embeddings (n, 1920), straight from the last norm layer:
    they are signed.

    The classifier is part of the weight file's format and takes no part in an embedding.
    """

    def __init__(self):
        super().__init__()
        self.features = densenet201(weights=None).features
        self.mixer = nn.AvgPool2d(kernel_size=7, stride=1)
        self.classifier = nn.Linear(EMBEDDING_SIZE, IDENTITIES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.mixer(self.features(x)).flatten(1)


def prepare(crop: np.ndarray) -> torch.Tensor:
    """Scale a crop's shorter side to 256 px and keep the middle 224 × 224, as the original did.

    Of a crop that is wider than high, or higher than wide, the ends are lost.

    Parameters
    ----------
    crop : ndarray of uint8, shape (h, w, 3)
        RGB.

    Returns
    -------
    Tensor of float32, shape (3, 224, 224)
        Normalised by ImageNet's mean and deviation.
    """
    return _TO_INPUT(Image.fromarray(crop))


def modern_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename the tensors of a file saved by torchvision before 0.2.1: ``norm.1`` was ``norm1``'s
    name then.

    >>> list(modern_names({"features.denseblock1.denselayer2.norm.1.weight": torch.zeros(1)}))
    ['features.denseblock1.denselayer2.norm1.weight']
    """
    return {_OLD_NAME.sub(r"\1\2", name): value for name, value in state.items()}
