"""The truth agrees with the pictures: every row against what was rendered, positions against geometry."""

from datetime import date, datetime

import numpy as np
import pyarrow.parquet as pq
import pytest

from studio import truth
from studio.build import Settings, paint, renderer_for
from studio.expressway import CAMERAS, CARRIAGEWAYS
from studio.shots import watch
from studio.traffic import DATE, Trip

TWO = ("735-683-N", "253-134-S")


@pytest.fixture(scope="module")
def shots():
    """Two shots of a camera of each facing, rendered: (shot, frame, truth rows)."""
    settings = Settings(seed=1)
    traffic = settings.traffic()
    rendered, renderers = [], {}
    for shot in watch(traffic, 0.05, TWO, seed=1):
        renderer = renderers.setdefault(shot.camera, renderer_for(None, shot.camera, "clear"))
        frame = paint(renderer, shot.picture, 1)
        rendered.append((shot, frame, truth.sighting_rows(shot.frame, frame.boxes, shot.picture.passings)))
    return rendered


def test_rows_are_the_boxes_of_the_picture(shots):
    assert {shot.camera for shot, _, _ in shots} == set(TWO)
    for _, frame, rows in shots:
        assert len(rows) == len(frame.boxes) > 3
        for row, box in zip(rows, frame.boxes, strict=True):
            assert all(row[name] == box[name] for name in frame.boxes.dtype.names)


def test_boxes_lie_in_the_frame_and_inside_the_full_box(shots):
    for _, _, rows in shots:
        for row in rows:
            x1, y1, x2, y2 = (row[side] for side in truth.BOX)
            assert 0 <= x1 < x2 <= 352 and 0 <= y1 < y2 <= 240
            assert x1 >= row["full_x1"] - 1.5 and y1 >= row["full_y1"] - 1.5
            assert x2 <= row["full_x2"] + 1.5 and y2 <= row["full_y2"] + 1.5
            assert 0 <= row["hidden"] <= 1 and row["pixels"] > 0


def test_pictures_agree_with_positions(shots):
    """Independent of the projection: nearer vehicles stand lower, and traffic that recedes keeps right of what approaches."""
    for shot, _, rows in shots:
        whole = [row for row in rows if row["full_x1"] > 5 and row["full_x2"] < 347 and row["full_y2"] < 235 and row["ahead"] < 200]
        for near in whole:
            for far in whole:
                same_lane = (near["direction"], near["lane"]) == (far["direction"], far["lane"])
                if same_lane and far["ahead"] > near["ahead"] + 8:
                    assert far["full_y2"] < near["full_y2"]
        facing = CAMERAS[shot.camera].facing
        for near in whole:
            for other in whole:
                if abs(near["ahead"] - other["ahead"]) < 10 and near["direction"] == facing != other["direction"]:
                    assert near["full_x1"] + near["full_x2"] > other["full_x1"] + other["full_x2"]


def test_positions_agree_with_the_road(shots):
    for shot, _, rows in shots:
        for row in rows:
            assert row["ahead"] == pytest.approx(CAMERAS[shot.camera].ahead(row["km"]), abs=1e-6)
            assert 0 <= row["speed"] < 40 and row["lane"] in (0, 1, 2)
            assert row["direction"] in CARRIAGEWAYS


def test_a_box_of_an_absent_vehicle_is_an_error(shots):
    shot, frame, _ = next(entry for entry in shots if len(entry[1].boxes))
    with pytest.raises(KeyError):
        truth.sighting_rows(shot.frame, frame.boxes, [])


def test_trip_row_by_hand(shots):
    vehicle = shots[0][0].picture.passings[0].vehicle
    trip = Trip(vehicle, "S", "E 42 St", 31200.04, "south end", 31500.5, {"689-640-S": 31210.25})
    row = truth.trip_row(trip, date(2031, 5, 5))
    assert row["entered"] == datetime(2031, 5, 5, 8, 40, 0, 40_000)
    assert row["left"] == datetime(2031, 5, 5, 8, 45, 0, 500_000)
    assert row["689-640-S"] == datetime(2031, 5, 5, 8, 40, 10, 250_000)
    assert row["733-681-N"] is None and set(row) == set(truth.TRIPS.names)


def test_tables_survive_writing_and_reading(shots, tmp_path):
    rows = [row for _, _, rows in shots for row in rows]
    truth.write(truth.table(rows, truth.SIGHTINGS), tmp_path / "sightings.parquet")
    back = pq.read_table(tmp_path / "sightings.parquet")
    assert back.num_rows == len(rows) and back.schema.names == truth.SIGHTINGS.names
    for name in ("vehicle", "lane", "frame", "type"):
        assert back[name].to_pylist() == [row[name] for row in rows]
    for name in ("x1", "full_y2", "km", "lateral"):
        assert np.allclose(back[name].to_numpy(), [row[name] for row in rows], rtol=1e-6)
    vehicles = truth.table([truth.vehicle_row(shots[0][0].picture.passings[0].vehicle)], truth.VEHICLES)
    assert vehicles["type"].to_pylist()[0] in ("car", "bus", "motorcycle", "truck")


def test_moments_keep_milliseconds():
    assert truth.moment(DATE, 0.001).microsecond == 1000
    assert truth.moment(DATE, None) is None
    assert truth.seconds_since_midnight(truth.moment(DATE, 31217.9)) == pytest.approx(31217.9)
