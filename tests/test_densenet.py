"""DenseNet-201-VeRI on random weights, against torchvision's own densenet201 and a preparation in
plain PIL and numpy.
"""

import hashlib
import re

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import densenet201

from cctview import weights
from cctview.extract import Extractor
from cctview.extract.densenet import _IDENTITIES, DenseNetVeRI
from tests.scenes import picture


@pytest.fixture(scope="module")
def reference():
    """torchvision's network with the original's classifier, and norm layers that are not at their
    neutral start.
    """
    torch.manual_seed(3)
    network = densenet201(num_classes=_IDENTITIES)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.bias.data.normal_(std=0.1)
    return network.eval()


@pytest.fixture(scope="module")
def extractor(reference, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(reference.state_dict(), path)
    return Extractor(path)


def prepared_by_hand(crop: np.ndarray) -> np.ndarray:
    height, width = crop.shape[:2]
    shorter = min(height, width)
    image = Image.fromarray(crop).resize(
        (256 * width // shorter, 256 * height // shorter), Image.Resampling.BILINEAR
    )
    left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32) / 255
    return (pixels - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])


def test_embeddings_are_those_of_torchvisions_network(reference, extractor):
    crops = [
        picture(k, height, width)
        for k, (height, width) in enumerate([(31, 31), (20, 47), (90, 33)])
    ]
    expected = []
    for crop in crops:
        x = torch.from_numpy(prepared_by_hand(crop)).permute(2, 0, 1)[None]
        with torch.inference_mode():
            expected.append(reference.features(x).mean((2, 3))[0].numpy())
    found = extractor.extract(crops, batch=2)
    assert extractor.architecture == "densenet201-veri"
    assert (
        found.shape
        == (
            3,
            extractor.dimensions,
        )
        == (3, 1920)
    )
    np.testing.assert_allclose(found, expected, atol=2e-4 * np.abs(expected).max())
    assert (found < 0).any(), "the last norm layer's values, before any ReLU, have both signs"


def renamed(state: dict) -> dict:
    """As torchvision before 0.2.1 named them; PyTorch before 0.4.1 did not count batches."""
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", name): value
        for name, value in state.items()
    }
    return {name: value for name, value in old.items() if "num_batches_tracked" not in name}


def test_an_old_file_gives_the_same_embeddings(reference, extractor, tmp_path):
    old = renamed(reference.state_dict())
    assert "features.denseblock3.denselayer48.conv.2.weight" in old
    torch.save(old, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    crops = [picture(8)]
    np.testing.assert_array_equal(
        Extractor(tmp_path / "old.pth").extract(crops), extractor.extract(crops)
    )


def test_only_the_student_has_a_basis(extractor):
    with pytest.raises(AttributeError, match="random.pth: only the student's"):
        extractor.basis


def test_another_densenet_is_refused(tmp_path):
    from torchvision.models import densenet121

    torch.save(densenet121().state_dict(), tmp_path / "other.pth")
    with pytest.raises(ValueError, match="other.pth: these weights are of another network"):
        Extractor(tmp_path / "other.pth")


def test_weights_of_no_extractor_are_refused(tmp_path):
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(
        ValueError, match="other.pt: these are weights of neither the student nor DenseNet-201-VeRI"
    ):
        Extractor(tmp_path / "other.pt")


def test_a_file_that_only_bears_the_originals_name_is_refused(reference, tmp_path, monkeypatch):
    path = tmp_path / "VeRI_densenet_ft50.pth"
    torch.save(DenseNetVeRI().state_dict(), path)
    with pytest.raises(
        ValueError,
        match=(
            "VeRI_densenet_ft50.pth: .* the published file has 77,940,536; get it with `cctview"
            " fetch"
        ),
    ):
        Extractor(path)
    entry = {"bytes": path.stat().st_size, "sha256": "0" * 64}
    monkeypatch.setattr(weights, "published", lambda: {"weights": {path.name: entry}})
    with pytest.raises(
        ValueError, match="VeRI_densenet_ft50.pth: not the published file, its sha256"
    ):
        Extractor(path)
    entry["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    assert Extractor(path).model == path.name
