"""Who is who: hand-made boxes, and the shipped truth."""

import shutil

import pandas as pd
import pytest

from cctview.truth.labels import Truth, read_truth, true_tracks, true_vehicles

BOX = ["x1", "y1", "x2", "y2"]
CAMERA = "733-681-N"


def boxes(rows, **columns):
    return pd.DataFrame([(x, 0, x + 20, 10) for x in rows], columns=BOX).assign(**columns)


def test_each_vehicle_is_shown_once_and_the_parked_are_known():
    truth = Truth(
        None,
        boxes([0, 100], frame="f", vehicle=[7, 8]),
        boxes([200], camera=CAMERA, vehicle=-1),
        None,
        None,
    )
    found = boxes([2, 1, 99, 201, 150], frame="f", camera=CAMERA)
    vehicles = true_vehicles(found, truth)
    assert vehicles.iloc[1:4].tolist() == [7, 8, -1]
    assert vehicles.isna().tolist() == [
        True,
        False,
        False,
        False,
        True,
    ]


def test_a_track_shows_whom_it_shows_most_often():
    tracks = pd.Series([0, 0, 1, None, 2], dtype="Int64")
    vehicles = pd.Series([9, 8, 7, 7, None], dtype="Int64")
    assert true_tracks(tracks, vehicles).tolist() == [8, 7, pd.NA]


def test_the_shipped_truth():
    truth = read_truth("data")
    assert truth.vehicles.set_index("vehicle").name[1] == "the yellow taxi van"
    assert set(truth.sightings.vehicle) <= set(truth.vehicles.vehicle)


def test_missing_or_damaged_truth_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="truth: no such folder; only simulated frames"):
        read_truth(tmp_path)
    shutil.copytree("data/truth", tmp_path / "truth")
    (tmp_path / "truth" / "parked.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(ValueError, match=r"parked\.parquet: not a readable"):
        read_truth(tmp_path)
    (tmp_path / "truth" / "parked.parquet").unlink()
    with pytest.raises(FileNotFoundError, match=r"parked\.parquet: missing"):
        read_truth(tmp_path)
