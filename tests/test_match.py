"""Distances and matches files, against scipy, hand-computed cases and the original's stored
features.
"""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.spatial.distance import cdist

from cctview.match import (
    AGGREGATES,
    aggregate_distances,
    estimate_and_interval,
    image_to_track,
    match_frames,
    rscr,
    share_ranked,
    track_to_track,
    write_matches,
)

BASE = "733-681-N--2031-05-05--13.34.29--detections--{}--{}--90.0--10x11--88.54v98.65"
TARGET = "{}--2031-05-05--13.36.56--detections--{}--{}--80.0--12x10--10.20v22.30"


def scene():
    """One base frame with a car and a person; two target cameras, one of them with a bicycle."""
    base = pd.DataFrame(
        [
            (BASE.format(1, "car"), "733-681-N", "car"),
            (BASE.format(2, "person"), "733-681-N", "person"),
        ]
    )
    rows = [
        ("732-680-N", 1, "car"),
        ("732-680-N", 2, "truck"),
        ("689-640-S", 1, "bicycle"),
        ("689-640-S", 2, "bus"),
    ]
    targets = pd.DataFrame(
        [(TARGET.format(camera, n, type_), camera, type_) for camera, n, type_ in rows]
    )
    base.columns = targets.columns = ["id", "camera", "type"]
    return (
        base,
        np.array([[0.0, 0.0], [9.0, 9.0]]),
        targets,
        np.array([[3.0, 4.0], [0.0, 1.0], [0.0, 0.0], [6.0, 8.0]]),
    )


def test_match_frames_by_hand():
    matches = match_frames(*scene())
    assert matches["camera"].tolist() == ["732-680-N", "732-680-N", "689-640-S"]
    assert [target.split("--")[5] for target in matches["target"]] == ["truck", "car", "bus"]
    assert matches["distance"].tolist() == pytest.approx([1, 5, 10])
    assert matches["base"].nunique() == 1


def test_persons_and_bicycles_are_never_matched():
    matches = match_frames(*scene())
    assert not matches["base"].str.contains("person").any()
    assert not matches["target"].str.contains("bicycle").any()


def test_what_is_never_matched_needs_no_embedding():
    base, embeddings, targets, target_embeddings = scene()
    embeddings[1], target_embeddings[2] = np.nan, np.nan
    assert len(match_frames(base, embeddings, targets, target_embeddings)) == 3
    with pytest.raises(ValueError, match="base embeddings: row 0"):
        match_frames(base, embeddings[::-1], targets, target_embeddings)


def test_cameras_stay_together_in_the_order_given_however_near_their_vehicles_are():
    base, embeddings, targets, target_embeddings = scene()
    order = [3, 0, 1]  # the bus of the second camera first, though it is the farthest
    matches = match_frames(base, embeddings, targets.iloc[order], target_embeddings[order])
    assert matches.camera.tolist() == ["689-640-S", "732-680-N", "732-680-N"]
    assert matches.distance.tolist() == pytest.approx([10, 1, 5])


def test_match_frames_without_vehicles_is_empty():
    base, embeddings, targets, target_embeddings = scene()
    for matches in (
        match_frames(base[1:], embeddings[1:], targets, target_embeddings),
        match_frames(base, embeddings, targets[:0], target_embeddings[:0]),
    ):
        assert matches.empty
        assert list(matches) == ["base", "camera", "target", "distance"]


def test_match_frames_rejects_what_does_not_belong_together():
    base, embeddings, targets, target_embeddings = scene()
    with pytest.raises(ValueError, match="2 detections but 1 embeddings"):
        match_frames(base, embeddings[:1], targets, target_embeddings)
    with pytest.raises(ValueError, match="same extractor"):
        match_frames(base, np.zeros((2, 3)), targets, target_embeddings)
    with pytest.raises(ValueError, match="unknown distance 'manhattan'"):
        match_frames(base, embeddings, targets, target_embeddings, distance="manhattan")


def test_matches_file(tmp_path):
    matches = match_frames(*scene())
    write_matches(tmp_path / "out" / "matches", matches, matches.iloc[:0], {})
    (path,) = (tmp_path / "out" / "matches").iterdir()
    nested = json.loads(path.read_text())
    rows = [
        (base, camera, target, distance)
        for base, cameras in nested.items()
        for camera, targets in cameras.items()
        for target, distance in targets.items()
    ]
    assert sorted(rows) == sorted(matches.itertuples(index=False, name=None))
    assert nested[BASE.format(1, "car")]["689-640-S"] == {
        TARGET.format("689-640-S", 2, "bus"): pytest.approx(10)
    }


def crops_of(matches):
    ids = sorted(set(matches["base"]) | set(matches["target"]))
    return {id_: np.full((11, 12, 3), 20 * k, np.uint8) for k, id_ in enumerate(ids)}


def test_matches_folder(tmp_path):
    matches = match_frames(*scene()).assign(distance=[8.88, 42.0, 10.0])
    crops = crops_of(matches)
    write_matches(tmp_path / "matches", matches, matches, crops)
    (folder,) = (path for path in (tmp_path / "matches").iterdir() if path.is_dir())
    assert folder.name == "733-681-N--2031-05-05--13.34.29--1"
    expected = {
        "base.jpeg": BASE.format(1, "car"),
        "cam-1--1--8.880--732-680-N--2031-05-05--13.36.56--2.jpeg": TARGET.format(
            "732-680-N", 2, "truck"
        ),
        "cam-1--2--42.000--732-680-N--2031-05-05--13.36.56--1.jpeg": TARGET.format(
            "732-680-N", 1, "car"
        ),
        "cam-2--1--10.000--689-640-S--2031-05-05--13.36.56--2.jpeg": TARGET.format(
            "689-640-S", 2, "bus"
        ),
    }
    assert sorted(p.name for p in folder.iterdir()) == list(expected), "nearest first by name"
    for name, detection in expected.items():
        assert (
            np.abs(np.asarray(Image.open(folder / name)).astype(int) - crops[detection]).max() <= 2
        )


def test_a_second_run_replaces_the_folder_whole(tmp_path):
    matches = match_frames(*scene())
    folder = tmp_path / "matches"
    write_matches(folder, matches, matches, crops_of(matches))
    nearest = matches.groupby("camera", sort=False).head(1)
    write_matches(folder, nearest, nearest, crops_of(nearest))
    pictures = sorted(p.name.split("--")[0] for p in folder.rglob("*.jpeg"))
    assert pictures == ["base.jpeg", "cam-1", "cam-2"]


@pytest.mark.parametrize("foreign", ["notes.txt", "a/base--733-681-N--2020.jpeg"])
def test_a_folder_with_a_file_of_somebody_elses_is_left_as_it_is(tmp_path, foreign):
    path = tmp_path / foreign
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    matches = match_frames(*scene())
    with pytest.raises(ValueError, match="not written by this version of cctview.*move"):
        write_matches(tmp_path, matches, matches, crops_of(matches))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_a_missing_crop_is_named_and_leaves_the_old_folder(tmp_path):
    matches = match_frames(*scene())
    crops = crops_of(matches)
    folder = tmp_path / "matches"
    write_matches(folder, matches, matches, crops)
    before = sorted(p.name for p in tmp_path.rglob("*"))
    crops.pop(TARGET.format("689-640-S", 2, "bus"))
    with pytest.raises(KeyError, match="no crop for the detection 689-640-S"):
        write_matches(folder, matches, matches, crops)
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("nearest", [1, 3, 100])
def test_the_nearest_of_each_camera_are_those_of_the_whole_table(nearest):
    rng = np.random.default_rng(0)
    base = pd.DataFrame({"id": [f"b{k}" for k in range(300)], "camera": "N", "type": "car"})
    target = pd.DataFrame({"id": [f"t{k}" for k in range(40)], "type": "car"})
    target["camera"] = rng.choice(["S", "E", "W"], 40)
    vectors, others = rng.normal(size=(300, 8)), rng.normal(size=(40, 8))
    few = match_frames(base, vectors, target, others, nearest=nearest)
    distances = cdist(vectors, others)
    for row in (0, 255, 256, 299):
        for camera, rows in few[few.base == f"b{row}"].groupby("camera"):
            of = np.flatnonzero(target.camera == camera)
            best = of[np.argsort(distances[row, of])][:nearest]
            assert rows.target.tolist() == [f"t{k}" for k in best]
            np.testing.assert_allclose(rows.distance, distances[row, best], rtol=1e-5)


def tracks(seed=0, n=17, m=31, d=6):
    rng = np.random.default_rng(seed)
    labels = (
        rng.permutation([f"q{k % 5}" for k in range(n)]),
        rng.permutation([f"g{k % 7}" for k in range(m)]),
    )
    return rng.normal(size=(n, d)), labels[0], rng.normal(size=(m, d)), labels[1]


@pytest.mark.parametrize(("distance", "metric"), [("med", "euclidean"), ("mcd", "cosine")])
def test_image_to_track_is_the_minimum_over_the_track(distance, metric):
    images, _, gallery, labels = tracks()
    table = image_to_track(images, gallery, labels, distance)
    assert list(table) == sorted(set(labels))
    for track in table:
        np.testing.assert_allclose(
            table[track], cdist(images, gallery[labels == track], metric).min(axis=1), rtol=1e-5
        )


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize(("distance", "metric"), [("med", "euclidean"), ("mcd", "cosine")])
def test_track_to_track_by_loops(distance, metric, aggregate):
    queries, query_tracks, gallery, gallery_tracks = tracks(1)
    table = track_to_track(queries, query_tracks, gallery, gallery_tracks, distance, aggregate)
    plain = {"min": min, "mean": np.mean, "med": np.median}[
        aggregate[:-2] if aggregate.endswith("50") else aggregate
    ]
    for a in set(query_tracks):
        for b in set(gallery_tracks):
            pairs = cdist(queries[query_tracks == a], gallery[gallery_tracks == b], metric)
            closest = sorted(row.min() for row in pairs)
            if aggregate.endswith("50"):
                closest = closest[: (len(closest) + 1) // 2]
            assert table.loc[a, b] == pytest.approx(plain(closest), rel=1e-5)


def test_min_is_symmetric_and_tracks_keep_their_place_in_any_order():
    queries, query_tracks, gallery, gallery_tracks = tracks(2)
    table = track_to_track(queries, query_tracks, gallery, gallery_tracks, aggregate="min")
    back = track_to_track(gallery, gallery_tracks, queries, query_tracks, aggregate="min")
    np.testing.assert_allclose(table, back.T, rtol=1e-5)
    order = np.random.default_rng(3).permutation(len(queries))
    shuffled = track_to_track(
        queries[order], query_tracks[order], gallery, gallery_tracks, aggregate="med50"
    )
    straight = track_to_track(queries, query_tracks, gallery, gallery_tracks, aggregate="med50")
    pd.testing.assert_frame_equal(shuffled, straight, rtol=1e-5)


def test_aggregates_of_one_distance_are_that_distance():
    assert [float(aggregate_distances([4.0], name)) for name in AGGREGATES] == [4.0] * 5


def test_rscr_without_a_price_is_least_squares():
    rng = np.random.default_rng(5)
    track, images = rng.normal(size=(4, 9)), rng.normal(size=(3, 9))
    weights = np.linalg.lstsq(track.T, images.T, rcond=None)[0]
    np.testing.assert_allclose(
        rscr(images, track, alpha=0), np.linalg.norm(images.T - track.T @ weights, axis=0)
    )


@pytest.mark.parametrize("alpha", [0.01, 0.5, 3.0, 100.0])
def test_rscr_is_that_of_scikit_learn(alpha):
    decomposition = pytest.importorskip("sklearn.decomposition")
    rng = np.random.default_rng(6)
    common = rng.normal(size=40)
    track, images = common + 0.3 * rng.normal(size=(6, 40)), common + rng.normal(size=(5, 40))
    coder = decomposition.SparseCoder(
        track, transform_algorithm="lasso_lars", transform_alpha=alpha
    )
    left = images - coder.transform(images) @ track
    np.testing.assert_allclose(rscr(images, track, alpha), np.linalg.norm(left, axis=1), rtol=1e-5)
    table = track_to_track(images, ["q"] * 5, track, ["g"] * 6, "rscr", alpha=alpha)
    assert table.loc["q", "g"] == pytest.approx(np.linalg.norm(left), rel=1e-5)


@pytest.mark.parametrize("alpha", [0.01, 0.5, 3.0])
def test_rscr_minimises_the_lasso(alpha):
    """No move of a weight lowers |y - aD|² / 2 + alpha |a|₁: all slopes are within the price."""
    decomposition = pytest.importorskip("sklearn.decomposition")
    rng = np.random.default_rng(7)
    common = rng.normal(size=40)
    track, images = common + 0.3 * rng.normal(size=(6, 40)), common + rng.normal(size=(5, 40))
    weights = decomposition.sparse_encode(
        images, track, algorithm="lasso_cd", alpha=alpha, max_iter=10_000
    )
    left = images - weights @ track
    np.testing.assert_allclose(rscr(images, track, alpha), np.linalg.norm(left, axis=1))
    slopes = left @ track.T
    used = weights != 0
    assert np.abs(slopes).max() <= alpha * (1 + 1e-3) + 1e-3
    np.testing.assert_allclose(slopes[used], alpha * np.sign(weights[used]), atol=1e-3)


def test_rscr_with_a_track_of_zeros_or_of_duplicates():
    image = np.array([[3.0, 4.0]])
    assert rscr(image, np.zeros((2, 2)))[0] == pytest.approx(5)
    assert rscr(image, np.ones((3, 2)), alpha=0.1)[0] == pytest.approx(
        rscr(image, np.ones((1, 2)), alpha=0.1)[0]
    )


def test_tracks_that_do_not_fit_are_rejected():
    with pytest.raises(ValueError, match="gallery: expected the track of each of the 2 images"):
        image_to_track(np.ones((1, 2)), np.ones((2, 2)), ["a"])
    with pytest.raises(ValueError, match="gallery: expected at least one image"):
        image_to_track(np.ones((1, 2)), np.ones((0, 2)), [])
    with pytest.raises(ValueError, match="unknown distance 'l1'; choose one of med, mcd, rscr"):
        image_to_track(np.ones((1, 2)), np.ones((1, 2)), ["a"], "l1")
    with pytest.raises(ValueError, match="unknown aggregate 'max'"):
        track_to_track(np.ones((1, 2)), ["a"], np.ones((1, 2)), ["b"], aggregate="max")


@pytest.mark.skipif(
    "CCTVIEW_REAL" not in os.environ, reason="CCTVIEW_REAL names no folder with the real frames"
)
def test_med_on_the_originals_stored_features():
    features = {}
    for path in sorted(Path(os.environ["CCTVIEW_REAL"], "sample").rglob("*--features.json")):
        stored = json.loads(path.read_text())
        features |= {key: value["data"] for key, value in stored.items() if "--detections--" in key}
    parts = [(id_, id_.split("--")[0], id_.split("--")[5]) for id_ in features]
    detections = pd.DataFrame(parts, columns=["id", "camera", "type"])
    embeddings = np.array(list(features.values()), np.float32)
    is_base = (detections["camera"] == "733-681-N").to_numpy()
    matches = match_frames(
        detections[is_base], embeddings[is_base], detections[~is_base], embeddings[~is_base]
    )
    assert len(detections) == 57
    assert len(matches) > 100
    for base, target, distance in matches[["base", "target", "distance"]].itertuples(index=False):
        assert distance == pytest.approx(
            np.linalg.norm(np.subtract(features[base], features[target])), rel=1e-5
        )


def test_drawing_vehicles_counts_each_as_query_and_as_rival():
    """Against a ranking by loops, in which a vehicle that was drawn twice stands twice."""
    rng = np.random.default_rng(0)
    count, rounds, first = 12, 6, 3
    vehicles, distances = np.arange(count) * 10, rng.random((count, count))
    ahead = distances < np.diag(distances)[:, None]
    found = share_ranked(ahead, vehicles, vehicles, first, rounds, seed=4)
    draws = np.random.default_rng(4).multinomial(count, np.full(count, 1 / count), rounds)
    for share, drawn in zip(found, [np.ones(count, int), *draws], strict=True):
        hits = []
        for query in np.repeat(np.arange(count), drawn):
            rivals = np.repeat(np.arange(count), drawn)
            rivals = rivals[rivals != query]
            nearer = (distances[query, rivals] < distances[query, query]).sum()
            hits.append(1 + nearer <= first)
        assert share == pytest.approx(np.mean(hits))


def test_an_interval_is_moved_by_the_bias_of_its_draws():
    draws = np.concatenate([[0.5], np.random.default_rng(0).normal(0.6, 0.1, 20_000)])
    interval = estimate_and_interval(draws)
    assert interval.to_numpy() == pytest.approx([0.5, 0.304, 0.696], abs=0.01)
