"""The breach of lesson 08: what is shown of a vehicle, links by the clock, and a key that known
vehicles break.
"""

import functools

import numpy as np
import pandas as pd
import pytest

from cctview.attacks import fit_map
from cctview.attacks.crops import LabelledCrops
from cctview.attacks.inversion import unseen
from cctview.course import breach, showcase
from cctview.course.lesson import open_lesson
from cctview.defences.catalogue import DEFENCES

CAMERAS = ("733-681-N", "735-683-N")


@functools.cache
def opened():
    lesson = open_lesson()
    return lesson, breach.open_breach(lesson)


def synthetic(vehicles=60, dimensions=12, seed=0):
    """Vehicles at two cameras, each camera with an offset and a little noise of its own."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(vehicles, dimensions))
    table = pd.DataFrame(
        {"vehicle": np.tile(np.arange(vehicles), 2), "camera": np.repeat(CAMERAS, vehicles)}
    )
    vectors = np.concatenate([own + rng.normal(size=dimensions), own]) + 0.05 * rng.normal(
        size=(2 * vehicles, dimensions)
    )
    return LabelledCrops(table, vectors.astype(np.float32))


def test_a_key_is_broken_by_those_who_know_enough_vehicles():
    database = breach.KeyedDatabase(
        breach.Breach(synthetic(seed=1), synthetic(seed=2)), CAMERAS, dimensions=12
    )
    shares = [database.found(count)["estimate"] for count in (0, 6, 60)]
    assert database.unprotected()["estimate"] > 0.95
    assert shares[0] < 0.1 < shares[1] < shares[2]
    assert shares[2] > 0.9


def test_the_map_is_that_of_ridge_regression():
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(40, 5)), rng.normal(size=(40, 5))
    ridge = Ridge(alpha=0.3 * np.trace(a.T @ a) / 5, fit_intercept=False).fit(a, b)
    np.testing.assert_allclose(fit_map(a, b), ridge.coef_.T, atol=1e-8)


def test_first_found_by_hand():
    a = np.eye(4, dtype=np.float32)
    found = breach.first_found(a, a[[0, 1, 3, 2]])
    assert found["estimate"] == 0.5
    assert found["low"] <= 0.5 <= found["high"]


def test_the_thief_knows_nobody_he_is_asked_about():
    _, stolen = opened()
    assert not set(stolen.known.table.vehicle) & set(stolen.stolen.table.vehicle)
    assert not stolen.stolen.windows, "a table of vectors has no pictures"


def test_links_beat_chance_and_the_clock_helps():
    rates = breach.link_rates(opened()[1])
    assert rates.loc["by appearance", "low"] > 10 * rates.loc["by chance", "estimate"]
    assert rates.loc["by appearance and clock", "low"] > rates.loc["by appearance", "high"]


def test_what_is_shown_are_unseen_designs_and_their_own_vectors():
    lesson, stolen = opened()
    examples = showcase.choose_examples(lesson, stolen, 5)
    assert len(examples) == 5 == examples.table.vehicle.nunique()
    assert unseen(examples.table.design.to_numpy()).all()
    assert np.array_equal(examples.images[0], lesson.dataset.crop(examples.table.id[0]))
    again = showcase.rebuild(lesson, stolen, examples.vectors)
    assert {len(again.decoded), len(again.nearest), len(again.mean)} == {5}
    distance = [np.abs(picture.astype(float) - again.mean[0]).mean() for picture in again.decoded]
    assert min(distance) > 5, "the decoder shows more than the mean picture"


@pytest.mark.parametrize("name", [name for name in DEFENCES if "cloak" not in name])
def test_every_defence_can_be_shown(name):
    lesson, stolen = opened()
    examples = showcase.choose_examples(lesson, stolen, 3)
    pictures, what = showcase.defended_pictures(
        examples, stolen, DEFENCES[name], DEFENCES[name].strengths[-1]
    )
    assert len(pictures) == 3
    assert what
    assert all(picture.dtype == np.uint8 and picture.ndim == 3 for picture in pictures)


def test_frames_of_ones_own_are_shown(monkeypatch):
    monkeypatch.setenv("CCTVIEW_DATA", "sample")
    lesson = open_lesson()
    examples = showcase.choose_examples(lesson, opened()[1], 4)
    assert lesson.own
    assert len(examples) == 4
    assert examples.vectors.shape[1] == opened()[1].stolen.vectors.shape[1]
    assert all(
        name.startswith(frame)
        for name, frame in zip(examples.table.id, examples.table.frame, strict=True)
    )


def test_the_clearest_picture_is_nearest_its_own_crop_and_far_from_the_others():
    red, grey, blue = (
        np.full((4, 4, 3), colour, np.uint8) for colour in ((200, 20, 20), 90, (0, 0, 200))
    )
    assert showcase.clearest([red, grey, blue], [grey, grey, blue]) == 2
    assert showcase.clearest([red, grey, blue], [red, blue, grey]) == 0
