"""The recognisers of lesson 01 against independent implementations and hand-made pictures, and the
trial that compares them.
"""

from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from cctview.course import era_trials as trials
from cctview.dataset.frames import open_dataset
from cctview.dataset.results import read_result
from cctview.extract import eras
from cctview.match import roc_auc
from cctview.truth.labels import read_truth
from studio.studies import era_tables
from studio.studies.era_tables import LearnedMetric, metric_table

DATA = Path(__file__).parent.parent / "data"
RNG = np.random.default_rng(3)
NOISE = RNG.integers(0, 256, (16, 16)).astype(float)
QUICK = eras.ERAS[:4]
NORTH, SOUTH = trials.PAIRS[0]


def vehicle(colour, width=40, height=30, noise=0, seed=0):
    """A box on a dark road: roof, dark windscreen from 25 to 50 % of its height, body, dark shadow
    in the last tenth.
    """
    crop = np.empty((height, width, 3))
    crop[:] = colour
    crop[: height // 10] = 15
    crop[height // 4 : height // 2, width // 8 : -width // 8] = 25
    crop[-height // 10 :] = 10
    return (
        (crop + np.random.default_rng(seed).normal(0, noise, crop.shape))
        .clip(0, 255)
        .astype(np.uint8)
    )


def crowd(count=24, noise=8):
    """Vehicles of many colours and shapes, each at both cameras of a pair."""
    rng = np.random.default_rng(5)
    looks = [
        (rng.integers(40, 250, 3), int(rng.integers(30, 60)), int(rng.integers(28, 44)))
        for _ in range(count)
    ]
    crops = [vehicle(*look, noise, seed) for seed, look in enumerate(looks * 2)]
    return trials.VehicleCrops(
        tuple(crops), np.tile(np.arange(count), 2), np.repeat([NORTH, SOUTH], count)
    )


class Known:
    """A recogniser that is right with one of its settings, and keeps what it was shown."""

    name, settings = "known", ({"right": False}, {"right": True})
    seen: ClassVar[set] = set()

    def __init__(self, right):
        self.right = right

    def fit(self, crops, vehicles):
        return self

    def embed(self, crops):
        marks = np.array([crop[0, 0] for crop in crops], np.float32)
        Known.seen |= {tuple(mark) for mark in marks.tolist()}
        return (
            marks
            if self.right
            else np.random.default_rng(0).normal(size=(len(crops), 3)).astype(np.float32)
        )


def test_gradients_are_those_of_scikit_image():
    """Values of skimage.feature.hog 0.26.0 (orientations=9, pixels_per_cell=(4, 4),
    cells_per_block=(2, 2), "L2-Hys").
    """
    found = eras._histograms_of_gradients(NOISE[None], cell=4)[0]
    first = [
        0.17766,
        0.16306,
        0.27664,
        0.0,
        0.19173,
        0.0,
        0.0,
        0.19661,
        0.27664,
        0.27664,
        0.12446,
        0.27664,
    ]
    assert found.shape == (324,)
    assert found[:12] == pytest.approx(first, abs=1e-5)
    assert found[100:108] == pytest.approx(
        [0.17073, 0.11463, 0.09577, 0.23587, 0.12998, 0.0, 0.0, 0.20682], abs=1e-5
    )
    assert found.sum() == pytest.approx(45.7348, abs=1e-3)


def test_gradients_do_not_see_light_and_contrast():
    plain, bright = eras._histograms_of_gradients(np.stack([NOISE, 0.5 * NOISE + 60]), cell=4)
    assert np.abs(plain - bright).max() < 1e-4


@pytest.mark.parametrize(("turned", "direction"), [(False, 0), (True, 4)])
def test_an_edge_votes_for_its_direction_only(turned, direction):
    picture = np.repeat([[0.0] * 8 + [200.0] * 8], 16, axis=0)
    cells = eras._gradient_cells((picture.T if turned else picture)[None], cell=8)
    assert cells[..., direction].min() > 0
    assert np.delete(cells, direction, axis=-1).max() == 0


@pytest.mark.parametrize(
    ("shape", "cell"), [((1, 16, 12), 4), ((1, 18, 18), 4), ((16, 16), 4), ((1, 16, 16), 16)]
)
def test_pictures_that_the_cells_do_not_fill_are_refused(shape, cell):
    with pytest.raises(ValueError, match="cells|square"):
        eras._histograms_of_gradients(np.zeros(shape), cell)


def test_eigen_vehicles_are_principal_components():
    pictures = crowd().crops
    era = eras.EigenVehicles(count=6, side=10).fit(pictures, None)
    judge = PCA(6, svd_solver="full").fit(era.flat(pictures).astype(float))
    turned = np.sign((judge.components_ * era.vehicles).sum(axis=1))
    assert era.vehicles == pytest.approx(turned[:, None] * judge.components_, abs=1e-6)
    assert era.shares == pytest.approx(judge.explained_variance_ratio_)
    assert era.embed(pictures) == pytest.approx(
        judge.transform(era.flat(pictures)) * turned, abs=1e-2
    )


def test_all_eigen_vehicles_rebuild_the_picture():
    pictures = crowd().crops
    era = eras.EigenVehicles(count=64, side=8).fit(pictures, None)
    strange = RNG.integers(0, 255, (20, 20, 3)).astype(np.uint8)
    assert era.rebuild(era.embed([strange]))[0].ravel() == pytest.approx(
        era.flat([strange])[0], abs=1e-2
    )
    assert era.rebuild(np.zeros((1, 3)))[0].ravel() == pytest.approx(era.mean)


def test_landmarks_are_where_they_were_painted():
    found = eras.LandmarkRatios().landmarks([vehicle((180, 180, 180), 96, 96)])
    roof, glass, sill, shadow = found["rows"][0]
    assert roof == pytest.approx(0.1, abs=0.05)
    assert 0.25 < glass < 0.5
    assert sill == pytest.approx(0.5, abs=0.05)
    assert shadow > 0.88
    assert (found["left"][0, 0], found["right"][0, 0]) == pytest.approx((1 / 8, 7 / 8), abs=0.04)


def test_ratios_do_not_depend_on_size():
    ratios = eras.LandmarkRatios()
    small, large = ratios.measure([vehicle((180, 60, 60), 64, 48), vehicle((180, 60, 60), 128, 96)])
    assert small == pytest.approx(large, abs=0.05)
    assert len(ratios.NAMES) == len(small)


def test_descriptions_see_colour_and_are_grades():
    pictures = crowd().crops
    era = eras.Descriptions(grades=3).fit(pictures, None)
    grades = era.embed(pictures)
    assert set(np.unique(grades)) == {-1, 0, 1}
    assert grades.shape == (
        48,
        len(era.NAMES) == 14 and 14,
    )
    red, green = era.measure([vehicle((200, 40, 40)), vehicle((40, 160, 40))])
    at = [era.NAMES.index(name) for name in ("roof green to red", "body green to red")]
    assert (red[at] > green[at] + 50).all()


@pytest.mark.parametrize("era", QUICK, ids=lambda era: era.name)
def test_every_era_finds_plain_vehicles(era):
    """A few painted vehicles, hardly any noise: all but the ratios must find nearly every one."""
    pictures = crowd(noise=3)
    recogniser = era(**era.settings[0]).fit(pictures.crops, pictures.vehicles)
    vectors = recogniser.embed(pictures.crops)
    assert vectors.dtype == np.float32
    assert len(vectors) == len(pictures)
    chance = 1 / 24
    assert (trials.search_next_camera(vectors, pictures, "med").ranks == 1).mean() > (
        4 * chance if era is eras.LandmarkRatios else 0.6
    )


def test_a_learned_metric_leaves_out_what_differs_within_a_vehicle():
    rng, vehicles = np.random.default_rng(0), np.repeat(np.arange(60), 2)
    marks = np.repeat(rng.normal(size=(60, 4)), 2, axis=0) + rng.normal(
        0, [0.1, 0.1, 0.1, 6.0], (120, 4)
    )
    plain = type(
        "Plain", (), {"fit": lambda self, *_: self, "embed": lambda self, rows: np.float32(rows)}
    )()
    learned = LearnedMetric(plain).fit(marks, vehicles)
    places = learned.embed(marks)
    within = (places[::2] - places[1::2]) / np.sqrt(2)
    spread = np.cov(within.T)
    assert 4 * spread / np.trace(spread) == pytest.approx(np.eye(4), abs=0.4)
    pictures = trials.VehicleCrops(tuple(marks), vehicles, np.tile([NORTH, SOUTH], 60))
    before, after = (
        np.mean(trials.search_next_camera(v, pictures, "med").ranks == 1)
        for v in (np.float32(marks), places)
    )
    assert after > before + 0.3
    with pytest.raises(ValueError, match="two pictures"):
        LearnedMetric(plain).fit(marks[::2], vehicles[::2])


def test_search_by_hand():
    """Two vehicles and a stranger; the second is nearer to the stranger."""
    pictures = trials.VehicleCrops(
        (None,) * 5, np.array([1, 2, 1, 2, 3]), np.array([NORTH, NORTH, SOUTH, SOUTH, SOUTH])
    )
    vectors = np.array([[0], [10], [1], [16], [9.5]], np.float32)
    found = trials.search_next_camera(vectors, pictures, "med")
    assert found.ranks.tolist() == [1, 2]
    assert found.gallery == 3
    assert [row.tolist() for row in found.candidates] == [[2, 4, 3], [4, 3, 2]]
    assert found.auc() == roc_auc([1, 16, 9.5, 9, 6, 0.5], [1, 0, 0, 0, 1, 0])
    assert found.rank1().estimate == 0.5
    colours = pd.DataFrame(
        {"vehicle": [1, 2, 3], "colour": ["red", "blue", "blue"], "kind": ["car", "car", "van"]}
    )
    assert trials.wrong_alike(found, colours) == 1
    assert trials.wrong_alike(found, colours, "kind") == 0
    with pytest.raises(ValueError, match="two neighbouring cameras"):
        trials.search_next_camera(vectors, pictures.only([0, 1]), "med")


def test_tuning_takes_the_setting_that_works_and_sees_no_test_vehicle():
    training, test = crowd().split()
    assert not set(training.vehicles) & set(test.vehicles)
    assert set(training.vehicles) | set(test.vehicles) == set(range(24))
    marked = [
        trials.VehicleCrops(
            tuple(np.full((30, 30, 3), v + 1, np.uint8) for v in part.vehicles),
            part.vehicles,
            part.cameras,
        )
        for part in (training, test)
    ]
    Known.seen = set()
    chosen, distance = trials.tune(Known, Known.settings, marked[0])
    assert chosen == {"right": True}
    assert distance == "med"
    assert Known.seen == {(v + 1,) * 3 for v in set(training.vehicles)}
    found, _ = trials.try_era(Known, *marked)
    assert (found.ranks == 1).all()
    with pytest.raises(ValueError, match="in both sets"):
        trials.try_era(Known, marked[0], marked[0])


def test_one_vehicle_cannot_be_split():
    with pytest.raises(ValueError, match="at least two vehicles"):
        crowd(1).split()


@pytest.mark.parametrize(("side", "shape"), [(15, (12, 20, 3)), (100, (24, 40, 3))])
def test_shrinking_keeps_proportions_and_enlarges_nothing(side, shape):
    small = trials.shrink_crop(np.zeros((24, 40, 3), np.uint8), side)
    assert small.shape == pytest.approx(shape, abs=1)


def test_the_pairs_face_the_same_way():
    assert trials.PAIRS == (
        ("733-681-N", "735-683-N"),
        ("689-640-S", "253-134-S"),
        ("732-680-N", "731-679-N"),
    )


@pytest.fixture(scope="module")
def halves():
    return trials.read_vehicle_crops(open_dataset(DATA), read_truth(DATA)).split()


@pytest.mark.parametrize("era", QUICK[:2], ids=lambda era: era.name)
def test_a_slice_of_the_stored_results(era, halves):
    again = era_tables.resolution_table(*halves, [era], pixels=[12]).iloc[0]
    stored = read_result("eras.csv").set_index(["pixels", "era"]).loc[12, era.name]
    assert again.searches == stored.searches
    assert again.gallery == pytest.approx(stored.gallery, abs=0.01)
    for figure in ("estimate", "low", "high", "auc"):
        assert again[figure] == pytest.approx(stored[figure], abs=0.01)


@pytest.mark.parametrize("era", QUICK[:2], ids=lambda era: era.name)
def test_a_slice_of_equal_training(era, halves):
    again = trials.leak_by_era({era.name: trials.try_era(era, *halves)[0]}).iloc[0]
    stored = read_result("eras_equal.csv").set_index("era").loc[era.name]
    for figure in ("estimate", "low", "high", "auc"):
        assert again[figure] == pytest.approx(stored[figure], abs=0.01)


def test_a_network_taught_here_learns_what_tells_vehicles_apart():
    """Vehicles of one colour each, in other light at each camera."""
    rng = np.random.default_rng(0)
    paints, light = rng.integers(40, 200, (24, 3)), rng.uniform(0.8, 1.2, (48, 1, 1, 1))
    vehicles = np.repeat(np.arange(24), 2)
    crops = np.clip(
        paints[vehicles][:, None, None] * light + rng.normal(0, 4, (48, 24, 30, 3)), 0, 255
    )
    taught = era_tables.TaughtHere(steps=30).fit(list(crops.astype(np.uint8)), vehicles)
    new = np.clip(paints[:, None, None] * np.ones((24, 24, 30, 3)), 0, 255).astype(np.uint8)
    vectors, again = taught.embed(list(crops[::2].astype(np.uint8))), taught.embed(list(new))
    nearest = (vectors @ again.T).argmax(axis=1)
    assert (nearest == np.arange(24)).mean() > 0.5


def test_a_slice_of_the_stored_metrics(halves):
    again = metric_table(*halves, [eras.LandmarkRatios]).set_index("figure")
    stored = (
        read_result("eras_metric.csv").query("era == @eras.LandmarkRatios.name").set_index("figure")
    )
    assert again.estimate.to_dict() == pytest.approx(stored.estimate.to_dict(), abs=0.01)


def test_the_stored_results_are_whole():
    by_size, metric = read_result("eras.csv"), read_result("eras_metric.csv")
    names = [era.name for era in eras.ERAS]
    assert list(pd.MultiIndex.from_frame(by_size[["pixels", "era"]])) == [
        (p, n) for p in era_tables.PIXELS for n in names
    ]
    assert list(metric.era.unique()) == names
    assert set(metric.figure) == {"without", "with", "gain"}
    equal = read_result("eras_equal.csv")
    assert list(equal.era) == [*names, era_tables.TaughtHere.name, "gain"]
    rows = equal.set_index("era").estimate
    assert rows["gain"] == pytest.approx(
        rows[era_tables.TaughtHere.name] - rows[names[:-1]].max(), abs=1e-3
    )
    assert ((by_size.low <= by_size.estimate) & (by_size.estimate <= by_size.high)).all()


def test_crops_to_show_come_from_all_cameras():
    dataset = open_dataset(DATA.parent / "sample")
    crops = trials.crops_to_show(dataset, 6)
    assert len(crops) == 6
    assert all(crop.ndim == 3 and crop.size for crop in crops)
