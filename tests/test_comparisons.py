"""Same or different: pairs, their areas under the ROC, and searches, against brute force."""

import itertools

import numpy as np
import pandas as pd
import pytest

from cctview.dataset.boxes import box_side
from cctview.dataset.cameras import DRIVE
from cctview.match import (
    compare_next_camera,
    compare_tracks,
    largest_crop_rows,
    rank_tracks,
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
