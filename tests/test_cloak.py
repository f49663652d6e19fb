"""Cloaks stay within their limit and work against the network they were made for."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("art", reason="the Adversarial Robustness Toolbox is not installed")
import torch

from cctview.attacks.crops import LabelledCrops
from cctview.defences import cloak
from cctview.extract.student import Student
from tests.scenes import picture


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Student(width=8).eval()


def labelled_crops(n):
    table = pd.DataFrame(
        {"vehicle": np.arange(n), "camera": "c", "passing": np.arange(n), "seconds": 0.0}
    )
    return LabelledCrops(
        table,
        np.zeros((n, 0)),
        tuple(picture(k, 64, 64) for k in range(n)),
        np.tile([0, 0, 64, 64], (n, 1)),
    )


def nearest_to_itself(network, clean, changed):
    """Share of the changed pictures that are still nearest to their own undefended one."""

    def tell(part):
        return torch.nn.functional.normalize(
            network.coordinates(
                torch.from_numpy(np.stack(part.images)).permute(0, 3, 1, 2).float() / 255
            )
        )

    with torch.inference_mode():
        return float(
            ((tell(changed) @ tell(clean).T).argmax(1) == torch.arange(len(clean))).float().mean()
        )


@pytest.mark.parametrize("make", [cloak.cloak, cloak.universal_cloak])
def test_a_cloak_is_small_and_works(network, make):
    data = labelled_crops(6)
    changed = make(data, 8, network)
    difference = np.stack(changed.images).astype(int) - np.stack(data.images)
    assert 0 < np.abs(difference).max() <= 8
    if make is cloak.cloak:
        assert (
            nearest_to_itself(network, data, data) == 1 > nearest_to_itself(network, data, changed)
        )


def test_a_cloak_with_a_target_looks_like_the_target(network):
    data = labelled_crops(6)
    targets = np.roll(np.arange(6), 1)
    changed = cloak.cloak(data, 16, network, targets)

    def named_first(part):
        with torch.inference_mode():
            shown, known = (
                torch.nn.functional.normalize(
                    network.coordinates(
                        torch.from_numpy(np.stack(some.images)).permute(0, 3, 1, 2).float() / 255
                    )
                )
                for some in (part, data)
            )
        return (shown @ known.T).argmax(dim=1).numpy()

    assert np.abs(np.stack(changed.images).astype(int) - np.stack(data.images)).max() <= 16
    assert (named_first(data) == np.arange(6)).all()
    assert (named_first(changed) == targets).mean() > 0.5
    with pytest.raises(ValueError, match="none of the crops' vehicles"):
        cloak.cloak(data, 16, network, targets + 100)


def test_whom_a_search_names_first_by_hand():
    """Vehicle 1 finds itself, 2 finds its target 3, and 3 finds 1, which is not its target."""
    from studio.studies import cloak_study
    from studio.studies.resampling import Draws

    closeness = np.array([[0.9, 0.1, 0.0], [0.2, 0.1, 0.8], [0.5, 0.3, 0.4]])
    vehicles, target = np.array([1, 2, 3]), np.array([3, 3, 2])
    shares = cloak_study._named_first(closeness, vehicles, target, Draws.make(vehicles, rounds=5))
    found = [shares[name][0, 0] for name in cloak_study.OUTCOMES]
    assert found == pytest.approx([1 / 3] * 3)
