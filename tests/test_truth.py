"""The truth agrees with the pictures: every row against what was rendered, positions against geometry."""

from datetime import date, datetime

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation

from studio import scenes, truth
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


def block_on_road(road, ahead, lateral, vehicle):
    """Corners of a block of the vehicle's size at the row's place, the bend integrated by SciPy: (8, 3)."""

    def curvature(s):
        eased = road.near + (road.far - road.near) * np.clip((s - 30) / 100, 0, 1)
        return eased * np.clip((420 - s) / 120, 0, 1) * np.clip((s + 120) / 60, 0, 1)

    run = solve_ivp(lambda s, y: [curvature(s), np.sin(y[0]), np.cos(y[0])], (0.0, ahead), [0.0, 0.0, 0.0], rtol=1e-8, max_step=5.0)
    heading, x, y = run.y[:, -1]
    along, right = np.array([np.sin(heading), np.cos(heading)]), np.array([np.cos(heading), -np.sin(heading)])
    middle = np.array([x, y]) + lateral * right
    return np.array(
        [
            [*(middle + i * vehicle.length / 2 * along + j * vehicle.width / 2 * right), z]
            for i in (-1, 1)
            for j in (-1, 1)
            for z in (0.0, vehicle.height)
        ]
    )


def pixels_by_opencv(lens, points):
    """Pixels of world points: the camera turned by SciPy's Euler angles, the lens bent by OpenCV."""
    upright = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # world to a camera that looks along the road: right, down, forward
    turned = Rotation.from_euler("yxz", [-lens.yaw, lens.pitch, lens.roll]).as_matrix() @ upright
    matrix = np.array([[lens.focal, 0, 176], [0, lens.focal, 120], [0, 0, 1]])
    shift = -turned @ [lens.lateral, 0.0, lens.height]
    pixels, _ = cv2.projectPoints(points, cv2.Rodrigues(turned)[0], shift, matrix, np.array([lens.distortion, 0, 0, 0]))
    return pixels[:, 0]


def test_boxes_agree_with_a_second_projection(shots):
    """The full box of every vehicle against a block of its size at its place, by another road, another camera, another lens."""
    compared = 0
    for shot, _, rows in shots:
        camera, vehicles = scenes.CAMERAS[shot.camera], {p.vehicle.id: p.vehicle for p in shot.picture.passings}
        for row in rows:
            vehicle = vehicles[row["vehicle"]]
            if not 15 < row["ahead"] < 200 or vehicle.kind == "motorcycle":
                continue
            pixels = pixels_by_opencv(camera.lens, block_on_road(camera.road, row["ahead"], row["lateral"], vehicle))
            low, high = pixels.min(0), pixels.max(0)
            full = np.array([row[f"full_{side}"] for side in truth.BOX])
            slack = 1.0 + 0.13 * (high - low).max()  # a body is rounder than its block; mirrors and roof loads stand out of it
            assert np.abs(full - [*low, *high]).max() < slack
            compared += 1
    assert compared > 20


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
