"""Inversion and the second extractor: shapes, the judge on constructed cases, and what is said of
bad input.
"""

import numpy as np
import pytest
import torch

from cctview.attacks import inversion as invert
from cctview.attacks.crops import BODIES, COLOUR_FAMILIES, load_crops, window
from studio.studies import judge as judging
from studio.training import second, third
from tests.scenes import picture


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = invert.Inverter().eval()
    network.components.copy_(torch.linalg.qr(torch.randn(1920, 256))[0].T)
    return network


def test_embeddings_and_their_coordinates_give_the_same_picture(network):
    coordinates = np.random.default_rng(0).normal(size=(3, 256)).astype(np.float32)
    embeddings = coordinates @ network.components.numpy() + network.mean.numpy()
    a, b = invert.invert(coordinates, network), invert.invert(embeddings, network)
    assert a.shape == (3, 32, 32, 3)
    assert a.dtype == np.uint8
    assert len(np.unique(a)) > 1
    assert np.abs(a.astype(int) - b).max() <= 1
    assert invert.invert(coordinates[:0], network).shape == (0, 32, 32, 3)


def test_vectors_of_another_length_are_refused(network):
    with pytest.raises(ValueError, match="1920 or 256"):
        invert.invert(np.zeros((1, 77)), network)


def test_the_decoder_is_small_enough():
    for model in (invert.Inverter(), second.Second(), third.Third()):
        assert sum(2 * value.numel() for value in model.state_dict().values()) < 10e6


def test_structural_similarity_of_known_pairs():
    a = picture(0, 32, 32)
    assert judging.structural_similarity(a, a) == pytest.approx(1)
    noise = np.random.default_rng(0).integers(0, 256, a.shape, dtype=np.uint8)
    slight = np.clip(
        a.astype(int) + np.random.default_rng(1).integers(-6, 7, a.shape), 0, 255
    ).astype(np.uint8)
    assert (
        abs(judging.structural_similarity(a, noise))
        < 0.2
        < 0.6
        < judging.structural_similarity(a, slight)
        < 1
    )
    skimage = pytest.importorskip(
        "skimage.metrics", reason="scikit-image is not among the pins; it checks where it is"
    )
    options = {
        "channel_axis": 2,
        "gaussian_weights": True,
        "use_sample_covariance": False,
        "data_range": 255,
    }
    assert judging.structural_similarity(a, slight) == pytest.approx(
        skimage.structural_similarity(a, slight, **options), abs=1e-6
    )


def test_the_judge_tells_good_from_bad():
    """A judge that sees the mean colour: perfect rebuilding finds everyone, one picture for all
    finds 5 of n; and in a gallery where each vehicle has its neighbour's colour, nobody is found
    by a perfect picture first.
    """
    rng = np.random.default_rng(0)
    crops = [np.full((20, 24, 3), colour, np.uint8) for colour in rng.integers(0, 256, (40, 3))]
    true = invert.resize_crops(crops)

    def apart(probe, gallery):
        a, b = (
            pictures.reshape(len(pictures), -1, 3).mean(axis=1) for pictures in (probe, gallery)
        )
        return np.linalg.norm(a[:, None] - b, axis=-1)

    made = {"perfect": true} | invert.inversion_baselines(np.eye(40), np.eye(40)[::-1], crops)
    galleries = {"very": true, "repainted": np.roll(true, 1, axis=0)}
    table = judging.judge(
        made,
        true,
        {
            name: {method: apart(probe, held) for method, probe in made.items()}
            for name, held in galleries.items()
        },
    ).set_index(["gallery", "method", "figure"])
    assert table.loc[("very", "perfect", "top-5"), ["estimate", "low", "high"]].tolist() == [1] * 3
    assert table.loc[("none", "perfect", "similarity"), "estimate"] == pytest.approx(1)
    assert table.loc[("very", "mean picture", "top-5"), "estimate"] == pytest.approx(5 / 40)
    nearest = table.loc[("very", "nearest other vehicle", "top-5"), "estimate"]
    assert nearest < 0.5
    assert table.loc[("very", "gain", "top-5"), "estimate"] == pytest.approx(1 - nearest)
    assert table.loc[("repainted", "perfect", "top-5"), "estimate"] < 0.4


def test_the_judge_needs_vehicles_to_search_among():
    pictures = np.stack([picture(k, 32, 32) for k in range(5)])
    with pytest.raises(ValueError, match="more than 5"):
        judging.judge({"a": pictures, "b": pictures}, pictures, {})


@pytest.mark.parametrize("network", [second.Second(), third.Third()])
def test_the_other_networks_give_unit_vectors(network):
    vectors = second.embed([picture(k, 10 + k, 30) for k in range(3)], network.eval())
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert second.embed([], network).shape == (0, 128)


@pytest.mark.parametrize(
    ("load", "module", "constant", "name"),
    [
        (invert.load_inverter, invert, "INVERTER_WEIGHTS", "inverter"),
        (second.load_second, second, "DEFAULT_WEIGHTS", "second"),
        (third.load_third, third, "DEFAULT_WEIGHTS", "third"),
    ],
)
def test_missing_weights_say_how_to_make_them(monkeypatch, load, module, constant, name):
    monkeypatch.setattr(module, constant, "nowhere.pt")
    with pytest.raises(FileNotFoundError, match=f"studio train {name}"):
        load()


def test_looks_of_the_shipped_minutes():
    """Boxes, crops and truth belong together: a look's crop is what its detection cuts out, and its
    vehicle is truly there.
    """
    from cctview.dataset.frames import open_dataset

    crops = load_crops("data", minimum=40, per_pass=1)
    dataset = open_dataset("data")
    for row in (0, len(crops) - 1):
        np.testing.assert_array_equal(crops.images[row], dataset.crop(crops.table["id"][row]))
    assert crops.table.groupby(["vehicle", "camera"]).size().max() == 1
    assert (crops.table["size"] >= 40).all()
    assert set(crops.table.family) <= set(COLOUR_FAMILIES.values())
    assert set(crops.table.body) <= set(BODIES.values())
    learn, measured = crops.split()
    assert not set(learn.table.vehicle) & set(measured.table.vehicle)
    assert len(learn) + len(measured) == len(crops)


def test_looks_need_the_truth(tmp_path):
    with pytest.raises(FileNotFoundError, match="come with their truth"):
        load_crops(tmp_path)


def test_a_window_keeps_its_box():
    frame = picture(1, 240, 352)
    for box in ([0, 0, 20, 20], [330, 220, 352, 240], [100, 50, 133, 71]):
        cut, inside = window(frame, np.array(box))
        np.testing.assert_array_equal(
            cut[inside[1] : inside[3], inside[0] : inside[2]],
            frame[box[1] : box[3], box[0] : box[2]],
        )


def test_structural_similarity_by_its_definition():
    """Wang et al. 2004: weighted means in a window of 11×11 pixels, at every place where the window
    is whole.
    """
    rng = np.random.default_rng(2)
    a = rng.integers(0, 256, (16, 14, 3)).astype(np.uint8)
    b = np.clip(a + rng.normal(0, 20, a.shape), 0, 255).astype(np.uint8)
    weights = np.outer(*2 * [np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))])[..., None]
    weights /= weights.sum()
    values = []
    for row in range(5, 11):
        for column in range(5, 9):
            x, y = (
                image[row - 5 : row + 6, column - 5 : column + 6].astype(float) for image in (a, b)
            )
            mx, my = (weights * x).sum((0, 1)), (weights * y).sum((0, 1))
            vx, vy, vxy = (
                (weights * (p - mp) * (q - mq)).sum((0, 1))
                for p, mp, q, mq in ((x, mx, x, mx), (y, my, y, my), (x, mx, y, my))
            )
            c1, c2 = 2.55**2, 7.65**2
            values.append(
                (2 * mx * my + c1) * (2 * vxy + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
            )
    assert judging.structural_similarity(a, b) == pytest.approx(np.mean(values), abs=1e-4)
