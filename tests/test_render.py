"""The renderer: same bytes, true boxes, a lens that pictures and boxes share."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from datetime import datetime

import cv2
import numpy as np
import pytest
from PIL import Image

from studio.road import places, render
from studio.road.bodywork import DETAILS, paint_bodywork
from studio.road.expressway import CAMERAS, LANES
from studio.road.optics import HEIGHT, WIDTH, Lens, Road
from studio.road.render import Placement, Renderer
from studio.road.scenes import VIEWS, lane_lateral
from studio.road.vehicles import make

NOON = datetime(2031, 5, 5, 13, 36, 40)
NEAR = make(11, "taxi van", 0, "yellow taxi")
BEHIND = make(12, "sedan", 0, "blue")
LEAVING = make(13, "pickup", 0, "white")
PLACEMENTS = [
    Placement(NEAR, 34.0, -lane_lateral(1), 21.0),
    Placement(BEHIND, 41.0, -lane_lateral(1), 21.0, 0.01),
    Placement(LEAVING, 48.0, lane_lateral(0), 24.0),
]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer("733-681-N")


@pytest.fixture(scope="module")
def rendered(renderer):
    return renderer.frame(PLACEMENTS, NOON, 3, 7)


def _opencv_pixels(lens: Lens, world: np.ndarray) -> np.ndarray:
    """Project with OpenCV instead of our own code: rotation from the axes, five distortion
    coefficients.
    """
    rotation, _ = cv2.Rodrigues(lens.axes)
    translation = -lens.axes @ lens.position
    matrix = np.array([[lens.focal, 0, WIDTH / 2], [0, lens.focal, HEIGHT / 2], [0, 0, 1]])
    pixels, _ = cv2.projectPoints(
        world.astype(np.float64),
        rotation,
        translation,
        matrix,
        np.array([lens.distortion, 0, 0, 0, 0.0]),
    )
    return pixels[:, 0]


@pytest.mark.parametrize("camera", VIEWS.values(), ids=list(VIEWS))
def test_projection_agrees_with_opencv(camera):
    grid = [
        camera.road.point(ahead, lateral, height)
        for ahead in (20, 45, 120, 300)
        for lateral in (-8, 0, 8)
        for height in (0, 1.5)
    ]
    ours = camera.lens.project(np.array(grid))
    inside = (ours[:, 0] > 0) & (ours[:, 0] < WIDTH) & (ours[:, 1] > 0) & (ours[:, 1] < HEIGHT)
    assert inside.sum() >= 6
    np.testing.assert_allclose(
        ours[inside, :2], _opencv_pixels(camera.lens, np.array(grid))[inside], atol=1e-6
    )


@pytest.mark.parametrize("camera", VIEWS.values(), ids=list(VIEWS))
def test_lens_distortion_round_trip(camera):
    pixels = np.array([[0.0, 0.0], [351, 0], [0, 239], [351, 239], [176, 120], [40, 200]])
    centred = (pixels - [WIDTH / 2, HEIGHT / 2]) / camera.lens.focal
    np.testing.assert_allclose(
        camera.lens.distort(camera.lens.undistort(centred)), centred, atol=1e-9
    )


def test_rays_go_back_to_their_pixels():
    lens = VIEWS["253-134-S"].lens
    rays = lens.rays()
    for row, column in ((30, 5), (120, 176), (239, 351)):
        back = lens.project((lens.position + 50 * rays[row, column])[None])[0]
        np.testing.assert_allclose(back[:2], [column + 0.5, row + 0.5], atol=1e-6)


def test_straight_road_is_straight():
    np.testing.assert_allclose(
        Road(0.0, 0.0).point([0.0, 50.0], [-3.0, 2.0], 1.0), [[-3, 0, 1], [2, 50, 1]], atol=1e-9
    )


def test_bend_keeps_distance_along_the_middle():
    points = Road(0.003, 0.006).point(np.arange(0.0, 200.0, 0.5), 0.0)
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(points, axis=0), axis=1).sum(), 199.5, rtol=1e-3
    )


def test_frame_is_a_stamped_jpeg_of_the_right_size(rendered):
    image = Image.open(io.BytesIO(rendered.jpeg))
    assert (image.format, image.size, image.mode) == ("JPEG", (WIDTH, HEIGHT), "RGB")
    assert np.asarray(image)[:16, :330].max() > 200


def test_full_box_is_the_projection_of_the_mesh(renderer, rendered):
    for placement, row in zip(PLACEMENTS, rendered.boxes):
        pose = renderer._pose(placement)
        world = renderer._model(placement.vehicle).mesh[:, :3] @ pose[:, :3].T + pose[:, 3]
        pixels = _opencv_pixels(renderer.camera.lens, world)
        full = [row["full_x1"], row["full_y1"], row["full_x2"], row["full_y2"]]
        np.testing.assert_allclose(full, [*pixels.min(0), *pixels.max(0)], atol=0.02)


def test_vehicle_stands_where_it_is_placed(renderer):
    """The hub of each wheel, computed by hand from the road, falls inside the full box; the tyres
    touch the road.
    """
    placement = Placement(BEHIND, 40.0, -lane_lateral(2))
    pose, mesh = renderer._pose(placement), renderer._model(BEHIND).mesh
    world = mesh[:, :3] @ pose[:, :3].T + pose[:, 3]
    assert abs(world[:, 2].min()) < 0.01
    np.testing.assert_allclose(
        world[:, :2].mean(0), renderer.camera.road.point(40.0, -lane_lateral(2))[:2], atol=0.8
    )
    nose, tail = mesh[:, 0].argmax(), mesh[:, 0].argmin()
    assert world[nose, 1] < world[tail, 1], "what drives on the left comes towards the camera"


def test_boxes_match_the_id_buffer(renderer, rendered):
    _, _, boxes, ids = renderer._draw(PLACEMENTS)
    np.testing.assert_array_equal(boxes, rendered.boxes)
    for number, row in enumerate(boxes, 1):
        rows, columns = np.nonzero(ids == number)
        assert (row["x1"], row["y1"]) == (columns.min() / 2, rows.min() / 2)
        assert (row["x2"], row["y2"]) == ((columns.max() + 1) / 2, (rows.max() + 1) / 2)
        assert row["pixels"] == len(rows) / 4
        assert row["full_x1"] <= row["x1"] + 0.5
        assert row["full_x2"] >= row["x2"] - 0.5


def test_hidden_share_against_drawing_alone(renderer, rendered):
    alone = renderer.frame([PLACEMENTS[1]], NOON, 3, 7).boxes[0]
    together = rendered.boxes[1]
    assert together["vehicle"] == alone["vehicle"] == 12
    assert 0.05 < together["hidden"] < 1
    covered = alone["pixels"] / (1 - alone["hidden"])
    np.testing.assert_allclose(together["hidden"], 1 - together["pixels"] / covered, atol=1e-6)


def test_vehicle_shows_in_its_box_and_nowhere_else(renderer):
    empty = renderer._draw([])[0]
    light, _, boxes, ids = renderer._draw(PLACEMENTS[:1])
    changed = np.abs(light - empty).sum(-1) > 0.05
    assert changed[ids == 1].mean() > 0.9
    assert not changed[:, : int(boxes[0]["x1"] * 2) - 40].any()


def test_off_screen_vehicle_gives_no_box(renderer):
    away = [Placement(NEAR, -30.0, -3.0), Placement(BEHIND, 30.0, 90.0)]
    assert len(renderer.frame(away, NOON, 0, 0).boxes) == 0


def test_two_processes_give_the_same_bytes(rendered):
    code = (
        "from tests.test_render import *; f = Renderer('733-681-N').frame(PLACEMENTS, NOON, 3, 7);"
        "print(hashlib.sha256(f.jpeg + f.boxes.tobytes()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert other == hashlib.sha256(rendered.jpeg + rendered.boxes.tobytes()).hexdigest()


def test_order_of_placements_does_not_matter(renderer, rendered):
    again = renderer.frame(PLACEMENTS[::-1], NOON, 3, 7)
    assert again.jpeg == rendered.jpeg
    np.testing.assert_array_equal(again.boxes[::-1], rendered.boxes)


def test_weather_changes_the_picture(rendered):
    pictures = {
        weather: (
            np.asarray(
                Image.open(
                    io.BytesIO(Renderer("733-681-N", weather).frame(PLACEMENTS, NOON, 3, 7).jpeg)
                )
            ).astype(float)
        )
        for weather in ("dusk", "rain")
    }
    clear = np.asarray(Image.open(io.BytesIO(rendered.jpeg))).astype(float)
    assert pictures["dusk"][20:].mean() < 0.8 * clear[20:].mean()
    assert np.abs(pictures["rain"] - clear)[20:].mean() > 8


def test_exposure_drifts_but_noise_follows_the_seed(renderer, rendered):
    later = renderer.frame(PLACEMENTS, NOON.replace(minute=40), 3, 7)
    other = renderer.frame(PLACEMENTS, NOON, 3, 8)
    assert later.jpeg != rendered.jpeg != other.jpeg
    np.testing.assert_array_equal(later.boxes, rendered.boxes)


def test_cache_is_bounded(renderer, monkeypatch):
    monkeypatch.setattr(render, "CACHED_MODELS", 3)
    for i in range(6):
        renderer._model(make(100 + i, "motorcycle", 0, "red"))
    assert len(renderer._models) <= 6
    renderer._model(make(200, "motorcycle", 0, "red"))
    assert make(200, "motorcycle", 0, "red") in renderer._models


def test_every_camera_of_the_drive_has_a_view_and_a_set():
    assert list(VIEWS) == list(CAMERAS), (
        "give the camera a View in VIEWS of studio/road/scenes.py, in the order of"
        " cctview.dataset.cameras.DRIVE"
    )
    for camera in CAMERAS:
        places.build(camera)


def test_a_larger_frame_shows_the_same_from_nearer(monkeypatch):
    def bare(stage, view):
        stage.strip("asphalt", -20, 300, (-12.0, 0.0), (12.0, 0.0), 20.0)

    monkeypatch.setitem(places._BUILDERS, "733-681-N", bare)
    small, large = (
        Renderer("733-681-N", scale=scale).frame(PLACEMENTS, NOON, 3, 7) for scale in (1, 2)
    )
    assert Image.open(io.BytesIO(large.jpeg)).size == (2 * WIDTH, 2 * HEIGHT)
    for side in ("x1", "y1", "x2", "y2"):
        full = f"full_{side}"
        np.testing.assert_allclose(large.boxes[full], 2 * small.boxes[full], rtol=1e-4)
    np.testing.assert_allclose(large.boxes["hidden"], small.boxes["hidden"], atol=0.03)
    shrunk = Image.open(io.BytesIO(large.jpeg)).resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    plain = np.asarray(Image.open(io.BytesIO(small.jpeg)), float)
    assert np.abs(np.asarray(shrunk, float) - plain)[20:].mean() < 6


def test_detail_at_close_range_changes_what_a_vehicle_shows_and_not_its_shape():
    skins = {d: paint_bodywork(NEAR, d)[0].astype(float) for d in DETAILS}
    sharp = {d: np.abs(np.diff(s[..., :3], axis=2)).mean() for d, s in skins.items()}
    assert sharp["low"] < sharp["middle"] < sharp["high"]
    for skin in skins.values():
        np.testing.assert_array_equal(skin[..., 3], skins["middle"][..., 3])
    with pytest.raises(ValueError, match="middle"):
        Renderer("733-681-N", detail="perfect")


def test_a_vehicle_comes_out_differently_at_each_camera_and_always_the_same_there(renderer):
    other = Renderer.__new__(Renderer)
    other._index, other._spread = 1, 0.25
    moods = [renderer._mood(NEAR), renderer._mood(NEAR), other._mood(NEAR)]
    np.testing.assert_array_equal(moods[0][0], moods[1][0])
    assert np.abs(np.log(moods[0][0] / moods[2][0])).max() > 0.01
    lights = [np.log(renderer._mood(make(k, "sedan", 0, "grey"))[0].mean()) for k in range(1, 400)]
    assert np.std(lights) == pytest.approx(renderer._spread, rel=0.15)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="733-681-N"):
        Renderer("nowhere")
    with pytest.raises(ValueError, match="overcast"):
        Renderer("733-681-N", "hail")


def test_lanes_lie_beside_each_other():
    lanes = [lane_lateral(i) for i in range(LANES)]
    assert np.allclose(np.diff(lanes), np.diff(lanes)[0])
    assert 0 < lanes[0] < np.diff(lanes)[0]
