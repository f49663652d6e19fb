"""Same or different: pairs, their areas under the ROC, and searches, against brute force."""

import itertools

import numpy as np
import pandas as pd
import pytest

from cctview.course import assign_labels, automation_bias, draw_pairs, score_answers
from cctview.dataset.boxes import box_side
from cctview.dataset.cameras import DRIVE
from cctview.match import (
    auc_by_vehicle,
    compare_next_camera,
    compare_tracks,
    largest_crop_rows,
    rank_tracks,
    roc_auc,
)

CAMERAS = [place.camera for place in DRIVE]


@pytest.fixture(scope="module")
def seen():
    """Forty vehicles, each seen at some cameras in up to three pictures: detections, vehicles,
    embeddings.
    """
    rng = np.random.default_rng(3)
    rows = [
        (camera, vehicle)
        for camera in CAMERAS[:4]
        for vehicle in range(1, 41)
        for _ in range(rng.integers(0, 4))
    ]
    rows += [(CAMERAS[0], -1), (CAMERAS[1], None)]
    table = pd.DataFrame(rows, columns=["camera", "vehicle"])
    size = rng.integers(8, 60, len(table))
    detections = table[["camera"]].assign(type="car", x1=5, y1=7, x2=5 + size, y2=7 + size)
    detections.loc[3, "type"] = "person"
    looks = rng.normal(size=(41, 12))
    embeddings = looks[table.vehicle.fillna(0).clip(lower=0).astype(int)] + 0.8 * rng.normal(
        size=(len(table), 12)
    )
    return detections, table.vehicle.astype("Int64"), embeddings.astype(np.float32)


def test_largest_pictures_are_the_largest_of_each_passage(seen):
    detections, vehicles, _ = seen
    moving = (vehicles > 0).fillna(False).to_numpy(bool)
    usable = detections[moving & (detections.type == "car").to_numpy()].assign(vehicle=vehicles)
    groups = usable.assign(side=usable.x2 - usable.x1).groupby(["camera", "vehicle"]).side
    for images in (1, 2):
        rows = largest_crop_rows(detections, vehicles, images)
        chosen = (
            usable.loc[rows].assign(side=usable.x2 - usable.x1).groupby(["camera", "vehicle"]).side
        )
        assert chosen.apply(lambda s: sorted(s, reverse=True)).equals(
            groups.apply(lambda s, images=images: sorted(s, reverse=True)[:images])
        )


def test_pairs_are_everyone_with_everyone_at_the_next_camera(seen):
    detections, vehicles, _ = seen
    pairs, rows = compare_next_camera(detections, vehicles), largest_crop_rows(detections, vehicles)
    camera = detections.camera.to_numpy()
    wanted = {
        (a, b)
        for a in rows
        for b in rows
        if CAMERAS.index(camera[b]) == CAMERAS.index(camera[a]) + 1
    }
    assert {tuple(pair) for pair in pairs.rows.tolist()} == wanted
    assert len(pairs.rows) == len(wanted)
    assert pairs.same.tolist() == [vehicles[a] == vehicles[b] for a, b in pairs.rows]


def test_distances_belong_to_the_pairs(seen):
    detections, vehicles, embeddings = seen
    pairs = compare_next_camera(detections, vehicles)
    a, b = embeddings[pairs.rows].swapaxes(0, 1).astype(float)
    assert pairs.distances(embeddings, "med") == pytest.approx(
        np.linalg.norm(a - b, axis=1), abs=1e-4
    )
    cosine = 1 - (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert pairs.distances(embeddings, "mcd") == pytest.approx(cosine, abs=1e-4)


def test_parts_by_size_and_by_likeness(seen):
    detections, vehicles, _ = seen
    pairs = compare_next_camera(detections, vehicles)
    large = pairs.at_least(detections, 30)
    assert len(large.same) == (pairs.smaller_side(detections) >= 30).sum() > 0
    assert (box_side(detections).to_numpy()[large.rows] >= 30).all()
    table = pd.DataFrame({"vehicle": range(1, 41), "colour": ["red", "blue"] * 20})
    assert pairs.alike(table).tolist() == [
        vehicles[a] % 2 == vehicles[b] % 2 for a, b in pairs.rows
    ]


def test_area_is_that_of_all_pairs_and_its_interval_is_about_it(seen):
    detections, vehicles, embeddings = seen
    pairs = compare_next_camera(detections, vehicles)
    distances = {name: pairs.distances(embeddings, name) for name in ("med", "mcd")}
    table = auc_by_vehicle(pairs, distances, rounds=100)
    for name, values in distances.items():
        assert table.estimate[name] == pytest.approx(roc_auc(values, pairs.same))
        assert table.low[name] < table.estimate[name] < table.high[name]
    assert table.estimate["gain of mcd"] == pytest.approx(
        table.estimate["mcd"] - table.estimate["med"]
    )


def test_area_of_equal_distances_is_a_half(seen):
    detections, vehicles, _ = seen
    pairs = compare_next_camera(detections, vehicles)
    assert auc_by_vehicle(pairs, {"none": np.zeros(len(pairs.same))}, rounds=20).loc[
        "none"
    ].tolist() == [0.5, 0.5, 0.5]


def test_an_area_needs_both_kinds_of_pairs():
    detections = pd.DataFrame(
        {"camera": CAMERAS[:2], "type": "car", "x1": 0, "y1": 0, "x2": 9, "y2": 9}
    )
    pairs = compare_next_camera(detections, pd.Series([1, 1], dtype="Int64"))
    with pytest.raises(ValueError, match="both same and different"):
        auc_by_vehicle(pairs, {"mcd": np.zeros(1)})


@pytest.mark.parametrize("seed", range(4))
def test_drawn_pairs_are_half_the_same_and_show_no_vehicle_twice(seen, seed):
    detections, vehicles, _ = seen
    pairs = compare_next_camera(detections, vehicles)
    drawn = draw_pairs(pairs, np.arange(len(pairs.same)) % 3 > 0, count=12, seed=seed)
    assert pairs.same[drawn].sum() == 6
    assert (drawn % 3 > 0).all()
    shown = [set(pair.tolist()) for pair in pairs.vehicles[pairs.rows[drawn]]]
    assert sum(len(pair) for pair in shown) == len(set().union(*shown))
    with pytest.raises(ValueError, match="ask for fewer"):
        draw_pairs(pairs, pairs.same, count=4)


def test_search_finds_what_brute_force_finds(seen):
    detections, vehicles, embeddings = seen
    result, looked_for = rank_tracks(
        compare_tracks(detections, vehicles, embeddings, distance="med")
    )
    rows, expected = largest_crop_rows(detections, vehicles), []
    camera = detections.camera.to_numpy()[rows]
    for here, there in itertools.pairwise(CAMERAS[:4]):
        gallery = rows[camera == there]
        for row in sorted(rows[camera == here], key=lambda r: vehicles[r]):
            order = gallery[np.linalg.norm(embeddings[gallery] - embeddings[row], axis=1).argsort()]
            ranks = [
                k for k, other in enumerate(order, start=1) if vehicles[other] == vehicles[row]
            ]
            expected.append(ranks[0] if ranks else np.nan)
    assert result.first_rank == pytest.approx(np.array(expected), nan_ok=True)
    assert len(looked_for) == len(expected)


def test_more_pictures_of_a_track_help(seen):
    """Their noise is independent here, so they must."""
    first = [
        rank_tracks(compare_tracks(*seen, images=count))[0].summary()["mAP"] for count in (1, 3)
    ]
    assert first[1] > first[0]


@pytest.mark.parametrize(
    "answers", ["SSDD", "s s, d d", [True, True, False, False], np.array([1, 1, 0, 0])]
)
def test_answers_in_every_form_make_a_point(answers):
    assert score_answers(answers, [True, False, True, False]) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("answers", "hint"), [("SSD", "expected 4 answers"), ("SXDD", "'X'"), ([True] * 5, "got 5")]
)
def test_answers_that_do_not_fit_are_refused(answers, hint):
    with pytest.raises(ValueError, match=hint):
        score_answers(answers, [True, False, True, False])


def test_half_of_the_pairs_have_a_label_and_each_pair_has_one_on_one_sheet():
    same = np.random.default_rng(0).permutation(np.arange(12) < 6)
    sheets = assign_labels(same, false=1, seed=3)
    assert (sheets[0].shown != sheets[1].shown).all()
    for sheet in sheets:
        sizes = {arm: (pairs.sum(), same[pairs].sum()) for arm, pairs in sheet.arms.items()}
        assert sizes == {"no label": (6, 3), "true label": (4, 2), "false label": (2, 1)}
        assert [bool(words) for words in sheet.words()] == sheet.shown.tolist()
    drawn = np.mean([assign_labels(same, seed=seed)[0].shown for seed in range(200)], axis=0)
    assert (np.abs(drawn - 0.5) < 0.15).all()
    for bad in (same[:11], np.ones(12, bool), np.arange(6) < 3):
        with pytest.raises(ValueError, match="cannot be divided"):
            assign_labels(bad)


def people(believing, count, seed, error=0.25):
    """Answers of people who err by themselves, and who follow a label with some probability."""
    rng = np.random.default_rng(seed)
    sheets = assign_labels(np.arange(24) % 2 == 0, false=2, seed=seed)
    seen = [sheets[k % 2] for k in range(count)]
    answers = []
    for sheet in seen:
        own = sheet.same ^ (rng.random(24) < error)
        follows = sheet.shown & (rng.random(24) < believing)
        answers.append(np.where(follows, sheet.says_same, own))
    return automation_bias(answers, seen)


def test_bias_is_found_where_people_believe_and_not_where_they_do_not():
    """A believer errs at a false label with b + (1 - b) e: b (1 - e) more than without one; at a
    true one with (1 - b) e: b e less.
    """
    worlds = [people(0.6, 30, seed) for seed in range(20)]
    harm = pd.DataFrame([world.loc["harm of false labels"] for world in worlds])
    assert harm.estimate.mean() == pytest.approx(0.6 * 0.75, abs=0.05)
    assert ((harm.low < 0.45) & (harm.high > 0.45)).mean() >= 0.8
    assert (harm.low > 0).mean() >= 0.9
    helped = pd.DataFrame([world.loc["help of true labels"] for world in worlds])
    assert helped.estimate.mean() == pytest.approx(0.6 * 0.25, abs=0.05)
    free = pd.DataFrame([people(0.0, 30, seed).loc["harm of false labels"] for seed in range(20)])
    assert ((free.low < 0) & (free.high > 0)).mean() >= 0.8


def test_one_persons_difference_is_newcombes():
    """Newcombe 1998, table II, example (a): 56 of 70 against 48 of 80."""
    from cctview.course.people import _difference

    errors = [np.arange(70) < 56], [np.arange(80) < 48]
    assert _difference(*errors) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_each_person_has_a_sheet():
    sheets = assign_labels(np.arange(12) < 6)
    with pytest.raises(ValueError, match="a sheet for each person"):
        automation_bias(["S" * 12] * 2, [sheets[0]])
    with pytest.raises(ValueError, match="expected 12 answers"):
        automation_bias(["S"], [sheets[0]])
