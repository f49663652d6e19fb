"""The fitted link model: kept in a file and opened as it was; and the shipped one."""

import io
import zipfile

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.metrics import roc_auc_score

from cctview.course.stored import FINDER, fingerprint
from cctview.dataset.frames import open_dataset
from cctview.dataset.paths import DATA, RESULTS
from cctview.link import LinkModel
from cctview.link.appearance import Appearance, fit_appearance
from tests.test_linking import road


@pytest.fixture(scope="module")
def labelled():
    return road(150)


@pytest.fixture(scope="module")
def model(labelled):
    return LinkModel.fit(*labelled)


def test_a_file_gives_back_what_was_fitted(labelled, model, tmp_path):
    model.save(tmp_path / "finder.npz", tracks=np.array([0, -1, 1]))
    again, beside = LinkModel.load(tmp_path / "finder.npz")
    assert beside["tracks"].tolist() == [0, -1, 1]
    assert again.travel_times == model.travel_times
    assert again.calibration == model.calibration
    rows = np.arange(10)
    before, after = (one.log_ratio(labelled[0], rows) for one in (model, again))
    np.testing.assert_allclose(after, before, atol=0.05)
    for name, way in model.ways.items():
        np.testing.assert_allclose(again.ways[name].spread, way.spread, atol=1e-4)


def zip_of(array):
    """An .npz whose one array has a header that is no Python."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("about.npy", array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:200],
        lambda content: b"",
        lambda content: b"not a file at all",
        lambda content: zip_of(b"\x93NUMPY\x01\x00\x40\x00" + b"{(" * 32),
    ],
)
def test_a_damaged_file_is_named(model, tmp_path, damage):
    path = tmp_path / "finder.npz"
    model.save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"finder\.npz: cannot be read"):
        LinkModel.load(path)


def test_ratios_tell_the_pairs_of_one_vehicle(labelled, model):
    tracklets, labels = labelled
    ratios, vehicle = model.log_ratio(tracklets), labels["vehicle"].to_numpy()
    camera = tracklets.table["camera"].to_numpy()
    a, b = np.nonzero(camera[:, None] < camera)
    assert roc_auc_score(vehicle[a] == vehicle[b], ratios[a, b]) > 0.9


@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_ratio_of_a_set_is_that_of_the_normal_densities(count):
    between, rng = np.array([9.0, 2.0, 0.3]), np.random.default_rng(count)
    looks = Appearance(np.zeros(3), np.eye(3), between, np.ones(3))
    x = rng.normal(scale=2, size=(count, 3))
    ratio = looks.together(x.sum(axis=0)[None], count)[0] - looks.alone(x).sum()
    expected = 0.0
    for values, b in zip(x.T, between, strict=True):
        one = multivariate_normal(np.zeros(count), np.eye(count) + b).logpdf(values)
        expected += one - multivariate_normal(0, 1 + b).logpdf(values).sum()
    assert ratio == pytest.approx(expected)
    pair = looks.log_ratio(x[:1], x[1:2])[0, 0]
    assert pair == pytest.approx(
        looks.together(x[:2].sum(axis=0)[None], 2)[0] - looks.alone(x[:2]).sum()
    )


def test_appearance_is_fitted_on_vehicles_seen_twice():
    rng, vehicle = np.random.default_rng(0), np.repeat(np.arange(200), 3)
    places = np.array([5.0, 2.0, 0.1]) * rng.normal(size=(200, 3))
    features = places[vehicle] + rng.normal(size=(600, 3))
    looks = fit_appearance(features, vehicle, np.full(600, 2))
    assert np.sort(looks.between)[::-1][:2] == pytest.approx([25, 4], rel=0.3)
    with pytest.raises(ValueError, match="10 vehicles have two tracklets; at least 20"):
        fit_appearance(features[:30], vehicle[:30], np.full(30, 2))


def test_the_shipped_finder_is_that_of_the_shipped_detections():
    _, beside = LinkModel.load(RESULTS / FINDER)
    known, remedy = fingerprint(open_dataset(DATA).detections), "python -m studio results"
    assert str(beside["detections"]) == known, f"make it anew: {remedy} --only finder"
