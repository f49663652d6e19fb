"""Learning: pictures split by vehicle, a training that can be interrupted, shadow models; and a
slice of what is stored.
"""

import importlib.util
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss, roc_auc_score

from cctview.attacks import classifier as learn
from cctview.attacks import shadow_models as shadows
from cctview.attacks import vehicle_images
from cctview.course import trainings
from cctview.dataset import read_result
from cctview.dataset.frames import open_dataset
from cctview.truth.labels import read_truth

if (
    importlib.util.find_spec("tensorflow") is None
):  # not imported here: it must come by cctview.tensorflow_setup
    pytest.skip("TensorFlow is not installed", allow_module_level=True)
FEW = 40


@pytest.fixture(scope="module")
def toy():
    """Vehicles of which half are dark and half are bright, and a few with the wrong word: those can
    only be learnt by heart.
    """
    rng = np.random.default_rng(0)
    vehicle = np.repeat(np.arange(3 * FEW), 2)
    bright = vehicle % 2 == 1
    pixels = (
        rng.normal(
            90 + 70 * bright, 25, (learn.IMAGE_SIDE, learn.IMAGE_SIDE, 3, len(vehicle))
        ).clip(0, 255)
    ).astype(np.uint8)
    body = np.where(bright ^ (vehicle % 10 < 2), "van", "sedan")
    family = np.where(bright, "light", "dark")
    table = pd.DataFrame(
        {"vehicle": vehicle, "frame": "", "camera": "", "body": body, "family": family}
    )
    return vehicle_images.VehicleImages(np.moveaxis(pixels, -1, 0), table)


@pytest.fixture(scope="module")
def split(toy):
    return vehicle_images.split_members(toy)


@pytest.fixture(scope="module")
def training(toy, split):
    return learn.train_classifier(toy, split, filters=4, epochs=5)


def test_no_vehicle_is_in_two_parts(toy, split):
    parts = [set(part) for part in vars(split).values()]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(toy.vehicles)
    assert len(split.members) == len(split.others)
    with pytest.raises(ValueError, match="three parts"):
        vehicle_images.split_members(toy, share=0.6)


def test_the_loss_of_each_picture_is_scikit_learns(toy, training):
    labels = np.searchsorted(training.classes, toy.table.body.to_numpy(str))
    logits = np.asarray(training.network(learn._scaled(toy.pixels), training=False), float)
    assert training.losses[-1].mean() == pytest.approx(
        log_loss(labels, softmax(logits, axis=1)), rel=1e-5
    )
    assert training.right[-1].mean() == pytest.approx((logits.argmax(axis=1) == labels).mean())
    members = toy.of(training.split.members)
    assert training.history().training_loss.iloc[-1] == pytest.approx(
        training.losses[-1][members].mean()
    )


def test_a_very_sure_network_still_gives_different_losses():
    losses = learn._losses(
        np.array([[40.0, 0.0], [60.0, 0.0], [-1000.0, 0.0]], np.float32), np.array([0, 0, 0])
    )
    assert losses[0] > losses[1] >= 0
    assert losses[2] == pytest.approx(1000)


def test_it_learns_and_each_epoch_is_kept(training):
    history = training.history()
    assert list(history.index) == [0, 1, 2, 3, 4, 5]
    assert training.last == 5
    assert not training.interrupted
    assert history.training_loss[5] < 0.95 * history.training_loss[0]
    assert training.best == history.validation_loss.idxmin()


def test_the_same_seed_gives_the_same_training(toy, split, training):
    again = learn.train_classifier(toy, split, filters=4, epochs=1)
    np.testing.assert_allclose(again.losses[1], training.losses[1], rtol=1e-4, atol=1e-5)


def test_a_network_of_ones_own_is_trained(toy, split, training):
    """Built in the same way, it is the same network."""
    keras = learn.import_keras()
    network = learn.build_classifier(4, toy.table.body.nunique())
    again = learn.train_classifier(toy, split, epochs=1, network=network)
    assert again.network is network
    assert isinstance(network, keras.Model)
    np.testing.assert_allclose(again.losses[1], training.losses[1], rtol=1e-4, atol=1e-5)


def test_one_weight_learns_by_its_slope(toy):
    yellow = np.arange(len(toy.table)) % 3 == 0
    pixels = toy.pixels.copy()
    pixels[yellow, ..., 2] //= 2
    table = toy.table.assign(family=np.where(yellow, "yellow", "dark"))
    one = trainings.OneWeight.among(SimpleNamespace(table=table, pixels=pixels))
    assert one.yellow.sum() == (~one.yellow).sum() == yellow.sum()
    for weight in (-1.0, 0.0, 2.5):
        assert one.loss(weight) == pytest.approx(log_loss(one.yellow, one.answers(weight)))
        by_difference = (one.loss(weight + 1e-4) - one.loss(weight - 1e-4)) / 2e-4
        assert one.slope(weight) == pytest.approx(by_difference, abs=1e-6)
    assert one.loss(-0.1 * one.slope(0)) < one.loss(0)
    shown = one.examples(6)
    assert one.yellow[shown].sum() == 3
    assert (np.diff(one.inputs[shown]) >= 0).all()


def test_what_was_learnt_is_kept_when_it_is_interrupted(toy, split):
    moves = []

    def impatient(done, losses):
        moves.append((done, losses))
        if losses is not None and done > 0.5:
            raise KeyboardInterrupt

    stopped = learn.train_classifier(toy, split, filters=4, epochs=4, watch=impatient)
    assert stopped.interrupted
    assert stopped.last == 2
    assert len(stopped.weights) == len(stopped.right) == 3
    for weights, kept in zip(stopped.network.get_weights(), stopped.weights[-1], strict=True):
        np.testing.assert_array_equal(weights, kept)
    assert [done for done, _ in moves] == sorted(done for done, _ in moves)
    assert moves[0][1] is None
    assert moves[-2][1] == pytest.approx(
        tuple(stopped.history()[["training_loss", "validation_loss"]].iloc[-1])
    )


def test_interrupted_at_once_it_has_learnt_nothing_and_the_lesson_goes_on(toy, split):
    def never(done, losses):
        if done < 1:
            raise KeyboardInterrupt

    stopped = learn.train_classifier(toy, split, filters=4, epochs=4, watch=never)
    assert stopped.last == 0
    assert stopped.best == 0
    assert stopped.attack(0).figures().loc["AUC", "low"] < 0.6


def test_nothing_else_can_be_learnt(toy, split):
    with pytest.raises(ValueError, match="body, family"):
        learn.train_classifier(toy, split, "plate")


def test_activations_of_each_layer(toy, training):
    made = learn.activations(training, toy.pixels[0], 5)
    assert [values.shape for values in made.values()] == [(12, 12, 4), (6, 6, 8), (6, 6, 8)]
    assert all((values >= 0).all() for values in made.values())
    kernel, bias = training.weights[5][:2]
    centre = learn._scaled(toy.pixels[:1])[
        0, 11:16, 11:16
    ]  # "same" with a stride of 2 pads 1 before and 2 after
    by_hand = np.maximum(np.einsum("ijc,ijcf->f", centre, kernel) + bias, 0)
    np.testing.assert_allclose(made["filters_1"][6, 6], by_hand, rtol=1e-4, atol=1e-5)


def test_the_attack_by_scikit_learn(toy, training):
    losses, member = training.vehicle_losses(5)
    assert member.sum() == len(training.members)
    assert len(member) == 2 * member.sum()
    first = toy.table.vehicle == training.members[0]
    assert losses[0] == pytest.approx(training.losses[5][first].mean())
    assert training.attack(5).figures().loc["AUC", "estimate"] == pytest.approx(
        roc_auc_score(member, -losses)
    )


def fake_shadows(lift, models=8, count=300, seed=3):
    """Models that are more confident by `lift` of each vehicle that they were taught."""
    rng = np.random.default_rng(seed)
    halves = [rng.permutation(count) < count // 2 for _ in range(models // 2)]
    within = np.array([side for half in halves for side in (half, ~half)])
    hard = rng.uniform(0.2, 0.6, count)
    return shadows.Shadows(
        np.arange(count), within, {4: hard + lift * within + rng.normal(0, 0.02, within.shape)}
    )


def test_exposure_is_what_being_taught_adds():
    lift = np.full(300, 0.05)
    lift[:3] = 0.35
    exposed = fake_shadows(lift)
    assert exposed.exposure(4) == pytest.approx(lift, abs=0.05)
    half = exposed.exposure(4, slice(4)), exposed.exposure(4, slice(4, None))
    assert set(np.argsort(-half[0])[:3]) == {0, 1, 2}
    assert half[1][:3].mean() == pytest.approx(0.35, abs=0.05)
    assert exposed.nearest(20) == 4
    assert roc_auc_score(exposed.within[0], exposed.attack(0, 4).scores) > 0.9


def test_attacks_on_all_models_by_scikit_learn():
    lift = np.where(np.arange(300) < 100, 0.06, 0.01)
    models = fake_shadows(lift)
    attacked = models.attack_all(4)
    figures = attacked.figures((0.01, 0.001))
    areas = [roc_auc_score(m, s) for m, s in zip(attacked.member, attacked.scores, strict=True)]
    assert figures.estimate["AUC"] == pytest.approx(np.mean(areas))
    pairs = np.mean(np.reshape(areas, (4, 2)), axis=1)
    assert figures.between["AUC"] == pytest.approx(np.std(pairs, ddof=1) / 2)
    assert list(figures.index) == ["AUC", "TPR at 1 % FPR"], "1 in 1,000 of 1,200 is not resolved"
    others = np.sort(attacked.scores[~attacked.member])
    found = [
        (s[m] > others[-1 - len(others) // 100]).mean()
        for m, s in zip(attacked.member, attacked.scores, strict=True)
    ]
    assert figures.estimate["TPR at 1 % FPR"] == pytest.approx(np.mean(found), abs=0.01)
    assert (figures.low < figures.estimate).all()
    assert (figures.estimate < figures.high).all()
    assert attacked.resolved == 10 / 1200


def test_intervals_of_attacks_hold_what_other_vehicles_and_models_give():
    """Worlds drawn again: the interval of one holds the mean of all in most of them."""
    worlds = []
    for seed in range(12):
        worlds.append(fake_shadows(np.full(300, 0.03), models=8, seed=seed).attack_all(4).figures())
    middle = np.mean([world.estimate for world in worlds], axis=0)
    held = [((world.low < middle) & (middle < world.high)).to_numpy() for world in worlds]
    assert (np.mean(held, axis=0) >= 0.75).all()


def test_without_a_leak_the_strong_attack_finds_nobody():
    figures = fake_shadows(0.0).attack(0, 4).figures()
    assert figures.loc["AUC", "low"] < 0.5 < figures.loc["AUC", "high"]


def test_shadows_share_the_vehicles_and_survive_storing(toy, split, tmp_path, monkeypatch):
    from studio.studies import learning, membership

    def quick(images, split, members, epochs, seed):
        return SimpleNamespace(
            losses=[np.full(len(images.table), 0.1) - 0.05 * images.of(members)] * (epochs + 1)
        )

    monkeypatch.setattr(membership, "train_classifier", quick)
    made = membership.train_shadows(toy, split, count=4, epochs=4)
    assert (made.within[0] != made.within[1]).all()
    assert list(made.confidences) == [2, 4]
    assert made.exposure(4) == pytest.approx(np.exp(-0.05) - np.exp(-0.1))
    learning.shadow_table(made).to_parquet(tmp_path / "shadows.parquet")
    read = shadows.stored_shadows(tmp_path)
    np.testing.assert_array_equal(read.within, made.within)
    np.testing.assert_array_equal(read.vehicles, made.vehicles)
    np.testing.assert_allclose(read.confidence(4), made.confidence(4), atol=1e-3)


def test_a_subject_is_asked_about_by_what_was_taught_and_by_other_images(monkeypatch):
    from studio.studies import membership

    rng = np.random.default_rng(0)
    count = 60
    camera = np.tile(["N", "N", "S"], count)
    table = pd.DataFrame({"vehicle": np.repeat(np.arange(count), 3), "camera": camera})
    table = table.drop(index=[4, 7])  # vehicles 1 and 2 have one image a camera
    pixels = rng.integers(0, 256, (len(table), 2, 2, 3), dtype=np.uint8)
    images = vehicle_images.VehicleImages(pixels, table.reset_index(drop=True))
    subjects = membership.subject_images(images)
    kinds = subjects.table.groupby("vehicle").picture.apply(tuple)
    assert kinds[1] == kinds[2] == membership.PICTURES[::2]
    assert set(kinds) == {membership.PICTURES, membership.PICTURES[::2]}
    held = subjects.table.set_index(["vehicle", "picture"]).camera.unstack()
    very, same, other = (held[kind] for kind in membership.PICTURES)
    assert (very != other).all()
    assert (same.dropna() == very[same.notna()]).all()

    def quick(images, split, members, shown, epochs, seed):
        taught = images.of(members) & shown
        return SimpleNamespace(losses=[np.where(taught, 0.1, 0.5)] * (epochs + 1))

    monkeypatch.setattr(membership, "train_classifier", quick)
    split = vehicle_images.split_members(subjects)
    asked = membership.train_subjects(subjects, split, count=4, epochs=6)
    very, same, other = (asked[kind] for kind in membership.PICTURES)
    assert very.exposure(6) == pytest.approx(np.exp(-0.1) - np.exp(-0.5))
    assert other.exposure(6) == pytest.approx(0)
    np.testing.assert_array_equal(very.within, other.within)
    assert set(same.vehicles) < set(very.vehicles)


def test_a_missing_table_names_the_command(tmp_path):
    for stored in (trainings.stored_grid, shadows.stored_shadows, shadows.stored_attacks):
        with pytest.raises(FileNotFoundError, match="python -m studio learning"):
            stored(tmp_path)


@pytest.fixture(scope="module")
def real():
    pictures = vehicle_images.load_vehicle_images(open_dataset("data"), read_truth("data"))
    return pictures, vehicle_images.split_members(pictures)


def test_pictures_are_cut_by_the_truth(real):
    pictures, _ = real
    assert pictures.pixels.shape == (len(pictures.table), learn.IMAGE_SIDE, learn.IMAGE_SIDE, 3)
    assert not pictures.table.duplicated(["vehicle", "camera"]).any()
    assert pictures.table.vehicle.is_monotonic_increasing
    assert pictures.table.groupby("vehicle").size().max() == 2
    yellow = pictures.pixels[(pictures.table.family == "yellow").to_numpy()].mean(axis=(0, 1, 2))
    light = pictures.pixels[(pictures.table.family == "light").to_numpy()].mean(axis=(0, 1, 2))
    assert yellow[0] - yellow[2] > 20 + light[0] - light[2]


def test_a_slice_of_the_stored_grid(real):
    from studio.studies import learning

    pictures, split = real
    stored = trainings.stored_grid()
    keys = ["learns", "filters", "vehicles", "epoch"]
    assert set(map(tuple, stored[keys[:3]].drop_duplicates().to_numpy())) == set(
        learning.networks(len(split.members))
    )
    again = learning.grid(pictures, split, [("body", learn.FILTERS, 100)], epochs=4)
    both = again.merge(stored, on=keys, suffixes=("", "_stored"))
    assert len(both) == 3
    for column, tolerance in (
        ("training_loss", 0.1),
        ("validation_loss", 0.1),
        ("validation_right", 0.06),
        ("auc", 0.06),
    ):
        np.testing.assert_allclose(both[column], both[f"{column}_stored"], atol=tolerance)


def test_the_stored_grid_says_what_the_lesson_says():
    grid = trainings.stored_grid()
    start, end = grid[grid.epoch == 0], grid[grid.epoch == learn.EPOCHS]
    assert ((start.auc_low < 0.53) & (start.auc_high > 0.47)).all()
    body = end[(end.learns == "body") & (end.filters == learn.FILTERS)].sort_values("vehicles")
    assert (body.auc_low > 0.6).all()
    assert (body.auc >= 0.65).all()
    assert body.auc.iloc[0] > body.auc.iloc[-1] + 0.05
    assert body.validation_right.iloc[0] < body.validation_right.iloc[-1]
    colour = end[(end.learns == "family")].set_index("vehicles").auc
    assert (colour < body.set_index("vehicles").auc.reindex(colour.index)).all()


def test_a_slice_of_the_stored_attacks():
    from studio.studies import learning

    stored = shadows.stored_attacks()
    again = learning.shadow_attacks(shadows.stored_shadows(), epochs=(8,))
    of = stored[stored.epoch == 8].reset_index(drop=True)
    pd.testing.assert_frame_equal(again.reset_index(drop=True), of, atol=1e-3)
    found = stored[stored.figure == "TPR at 1 % FPR"].set_index("epoch")
    assert found.low[learn.EPOCHS] > found.high[6]
    assert found.low[6] > 0.01


def test_another_picture_of_a_vehicle_does_not_tell_that_it_was_taught():
    """A slice of ``membership.csv`` from the stored confidences, and what lesson 02 says of it."""
    from studio.studies import learning, membership

    held = shadows.stored_membership()
    assert tuple(held) == membership.PICTURES
    stored = read_result("membership.csv")
    again = learning.membership_attacks({kind: held[kind] for kind in membership.PICTURES[::2]})
    of = stored[stored.picture.isin(membership.PICTURES[::2])].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, of, atol=1e-3)
    end = of[of.epoch == learn.EPOCHS].set_index(["picture", "figure"])
    very, other = (end.loc[kind] for kind in membership.PICTURES[::2])
    assert very.low["AUC"] > 0.7
    assert other.low["AUC"] < 0.5 < other.high["AUC"] < 0.55
    assert very.low["TPR at 1 % FPR"] > 0.05
    assert other.low["TPR at 1 % FPR"] < 0.01 < other.high["TPR at 1 % FPR"] < 0.03


def test_readings_take_the_nearest_that_is_stored():
    grid = trainings.stored_grid()
    trade = trainings.read_trade(grid, "family", 390, 0)
    row = grid[(grid.learns == "family") & (grid.vehicles == 300) & (grid.epoch == 0)].iloc[0]
    assert trade.auc == row.auc
    assert "no better than a coin" in trade.words
    assert next(iter(trade.history.epoch)) == 0
