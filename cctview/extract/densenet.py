"""The original's extractor: torchvision's DenseNet-201, tuned on VeRi by Labbé et al.

It was never tried on the original weight file (of their Vehicle_ReID), only on files of the same
layout that the tests make.
"""

import re

import numpy as np
import torch
from PIL import Image
from torch import nn
from torchvision import transforms
from torchvision.models import densenet201

from cctview.extract.student import EMBEDDING_SIZE

_INPUT_SIZE = 224
_IDENTITIES = 576  # vehicles in VeRi's training set, which the classifier tells apart
_TO_INPUT = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(_INPUT_SIZE),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)
_OLD_NAME = re.compile(r"(\.denselayer\d+\.(?:norm|conv))\.([12]\.)")


class DenseNetVeRI(nn.Module):
    """Prepared crops (n, 3, 224, 224) to embeddings (n, 1920), signed: straight from the last norm.

    The classifier is part of the weight file's format and takes no part in an embedding.
    """

    def __init__(self):
        super().__init__()
        self.features = densenet201(weights=None).features
        self.mixer = nn.AvgPool2d(kernel_size=7, stride=1)
        self.classifier = nn.Linear(EMBEDDING_SIZE, _IDENTITIES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.mixer(self.features(x)).flatten(1)


def prepare_crop(crop: np.ndarray) -> torch.Tensor:
    """A crop (h, w, 3), its shorter side scaled to 256 px, of that the middle, (3, 224, 224).

    So the original did; of a crop that is no square the ends are lost. ImageNet's mean and
    deviation normalise it.
    """
    return _TO_INPUT(Image.fromarray(crop))


def modern_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename the tensors of a file of torchvision before 0.2.1, where ``norm1`` was ``norm.1``.

    >>> list(modern_names({"features.denseblock1.denselayer2.norm.1.weight": torch.zeros(1)}))
    ['features.denseblock1.denselayer2.norm1.weight']
    """
    return {_OLD_NAME.sub(r"\1\2", name): value for name, value in state.items()}
