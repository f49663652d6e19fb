"""Defences against hand-computed cases, their own definitions, and independent implementations."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from cctview.attacks.crops import LabelledCrops, window
from cctview.defences import catalogue as defend
from studio.studies import purify
from tests.scenes import picture


def labelled_crops(n=12, cameras=2, dimensions=32, seed=0, images=True):
    """Passages of n vehicles at each camera, with pictures of 48×48 in which the vehicle is in the
    middle.
    """
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(n, dimensions))
    table = pd.DataFrame(
        {
            "vehicle": np.repeat(np.arange(n), cameras),
            "camera": np.tile([f"c{k}" for k in range(cameras)], n),
        }
    )
    table = table.assign(passing=np.arange(len(table)), seconds=30000 + 7.3 * np.arange(len(table)))
    vectors = (own[table.vehicle] + 0.2 * rng.normal(size=(len(table), dimensions))).astype(
        np.float32
    )
    windows = tuple(picture(k, 48, 48) for k in range(len(table))) if images else ()
    return LabelledCrops(table, vectors, windows, np.tile([16, 16, 32, 32], (len(table), 1)))


@pytest.mark.parametrize(
    "name", [name for name, defence in defend.DEFENCES.items() if defence.whole_frame]
)
def test_a_defended_window_is_the_window_of_the_defended_frame(name):
    """What is done to a window is what doing it to the whole frame would give, for all whole-frame
    defences.
    """
    frame, box = picture(3, 240, 352), np.array([150, 90, 190, 120])
    defence, one = defend.DEFENCES[name], pd.DataFrame({"vehicle": [1]})
    for strength in defence.strengths:
        whole, part = (
            defence.apply(LabelledCrops(one, np.zeros((1, 0)), (image,), inside[None]), strength, 0)
            for image, inside in ((frame, box), window(frame, box))
        )
        assert np.abs(whole.images[0].astype(int) - part.images[0]).max() <= 1, strength


def test_a_mask_hides_its_share_and_nothing_else():
    image = np.zeros((60, 80, 3), np.uint8)
    masked = defend.mask(image, np.array([10, 10, 50, 50]), 0.25)
    assert (masked == 128).all(axis=2).sum() == 400
    assert (masked[20:40, 20:40] == 128).all()


@settings(max_examples=20, deadline=None)
@given(epsilon=st.floats(0.5, 500))
def test_noise_has_the_guarantee_it_states(epsilon):
    """The hockey-stick divergence of two shifted normal distributions, integrated numerically, is
    delta.
    """
    deviation = defend.noise_deviation(epsilon, 1e-3)
    x = np.linspace(-15 * deviation - 2, 15 * deviation + 4, 200_001)
    lost = np.maximum(
        norm.pdf(x, 2, deviation) - np.exp(np.minimum(epsilon + norm.logpdf(x, 0, deviation), 700)),
        0,
    )
    assert np.trapezoid(lost, x) == pytest.approx(1e-3, rel=0.02)


def test_noise_agrees_with_the_published_example():
    """Balle and Wang's own code: 3.730631634815942 for epsilon 1, delta 1e-5, sensitivity 1."""
    assert defend.noise_deviation(1, 1e-5, 1) == pytest.approx(3.730631634815942, rel=1e-6)


def test_quantising_keeps_few_levels_and_stays_near():
    data = labelled_crops()
    two, many = defend.quantise(data, 1), defend.quantise(data, 8)
    assert all(len(np.unique(column)) <= 2 for column in two.vectors.T)
    assert np.abs(many.vectors - data.vectors).max() < 0.05


def test_a_key_keeps_distances_within_a_camera_and_destroys_them_across():
    data = labelled_crops(n=40)
    turned = defend.project(data, 32)
    first = (data.table.camera == "c0").to_numpy()

    def inside(part):
        return np.linalg.norm(part.vectors[first][:, None] - part.vectors[first], axis=-1)

    np.testing.assert_allclose(inside(turned), inside(data), atol=1e-3)

    def across(part):
        return np.linalg.norm(part.vectors[first] - part.vectors[~first], axis=1)

    assert across(data).mean() < 0.5 * across(turned).mean()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 99))
def test_every_group_has_at_least_k(n, k, seed):
    groups = defend.microaggregate(np.random.default_rng(seed).normal(size=(n, 3)), k)
    assert sorted(np.concatenate(groups)) == list(range(n))
    assert min(map(len, groups)) >= min(k, n)
    assert max(map(len, groups)) < max(2 * k, n + 1 if n < 2 * k else 2 * k)


def test_a_k_same_release_shows_each_vector_at_least_k_times():
    released = defend.k_same(labelled_crops(n=23), 4)
    for camera in ("c0", "c1"):
        of = (released.table.camera == camera).to_numpy()
        counts = np.unique(
            np.column_stack([released.vectors[of], released.table.seconds[of]]),
            axis=0,
            return_counts=True,
        )[1]
        assert counts.min() >= 4


def test_coarse_time_and_retention():
    data = labelled_crops()
    assert set(np.diff(np.unique(defend.coarsen(data, 60).table.seconds))) == {60.0}
    assert defend.retain(data, 120).kept == 120


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, defence in defend.DEFENCES.items()
        if defence.where == "pixels" and "cloak" not in name
    ],
)
def test_defences_of_pixels_change_pictures_more_the_stronger_they_are(name):
    data, defence = labelled_crops(n=3), defend.DEFENCES[name]
    before = np.stack(data.images).astype(float)
    changed = [
        np.abs(np.stack(defence.apply(data, strength, 0).images) - before).mean()
        for strength in defence.strengths
    ]
    assert changed == sorted(changed)
    assert changed[0] > 0
    assert defence.apply(data, defence.strengths[0], 0).vectors.shape == (len(data), 0)


def test_pixels_need_pictures():
    with pytest.raises(ValueError, match="images=True"):
        defend.DEFENCES["blur"].apply(labelled_crops(images=False), 1, 0)


@pytest.mark.parametrize(
    "name", [name for name, defence in defend.DEFENCES.items() if defence.where != "pixels"]
)
def test_a_defence_leaves_every_crop_in_its_row(name):
    data, defence = labelled_crops(dimensions=256), defend.DEFENCES[name]
    for strength in defence.strengths:
        table = defence.apply(data, strength, 0).table
        pd.testing.assert_frame_equal(
            table.drop(columns="seconds"), data.table.drop(columns="seconds")
        )


def test_lesson_08_says_what_every_defence_does():
    lesson = Path("lessons/08-protecting-your-privacy.py").read_text(encoding="utf-8")
    rows = [line.lower() for line in lesson.splitlines() if line.startswith("# | ")]
    assert [name for name in defend.DEFENCES if not any(name in row for row in rows)] == []


def test_every_defence_says_who_and_what_is_proven():
    for defence in defend.DEFENCES.values():
        assert defence.where in ("pixels", "vectors", "database")
        assert defence.unit or len(defence.strengths) == 1, "on or off needs no unit"
        assert defence.guarantee
        assert set(defence.who) <= {defend._CAMERA, defend._DATABASE, defend._LAW}
        assert defence.who


def test_purified_pictures_are_nearer_to_the_true_ones():
    """On a smooth picture with an edge, undoing blocks, masks and a universal pattern must not make
    it worse.
    """
    y, x = np.mgrid[:48, :48]
    smooth = np.stack([60 + 2 * x, 40 + 3 * y, 200 - 2 * x], axis=2).astype(np.uint8)
    data = labelled_crops(n=2)
    data = LabelledCrops(
        data.table,
        data.vectors,
        tuple(np.roll(smooth, k, axis=1) for k in range(len(data))),
        data.inside,
    )
    for name, strength in (("pixelate", 8), ("mask", 0.5)):
        bad = defend.DEFENCES[name].apply(data, strength, 0)
        good = purify.PURIFIERS[name](bad, strength)
        error = [
            np.abs(np.stack(part.images).astype(float) - np.stack(data.images)).mean()
            for part in (bad, good)
        ]
        assert error[1] < 0.7 * error[0], name


def test_a_universal_pattern_is_found_in_the_mean():
    rng = np.random.default_rng(0)
    pattern = rng.choice([-12, 12], (64, 64, 3))
    clean = [cv2.GaussianBlur(picture(k, 64, 64), (0, 0), 3) // 2 + 60 for k in range(40)]
    table = pd.DataFrame(
        {"vehicle": range(40), "camera": "c", "passing": range(40), "seconds": 0.0}
    )
    inside = np.tile([0, 0, 64, 64], (40, 1))
    cloaked = LabelledCrops(
        table, np.zeros((40, 0)), tuple((c + pattern).astype(np.uint8) for c in clean), inside
    )
    cleaned = purify.PURIFIERS["universal cloak"](cloaked, 12)
    error = [
        np.abs(np.stack(part).astype(float) - np.stack(clean)).mean()
        for part in (cloaked.images, cleaned.images)
    ]
    assert error[1] < 0.5 * error[0]


def test_one_bit_by_hand():
    """Two levels over six deviations, each three wide: what lies at -1 or 1 is stored as the middle
    of its level.
    """
    two = replace(
        labelled_crops(1, dimensions=1, images=False), vectors=np.array([[-1.0], [1.0]], np.float32)
    )
    assert defend.quantise(two, 1).vectors.ravel().tolist() == [-1.5, 1.5]
