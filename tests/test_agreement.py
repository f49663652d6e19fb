"""The figures without labels, on pictures and vectors whose answers are known."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.decomposition import PCA

from cctview.dataset import encode_jpeg
from cctview.truth import Truth
from studio.evaluation import agreement, fitting, untrained


def test_participation_ratio_counts_directions():
    rng = np.random.default_rng(0)
    line = rng.normal(size=(500, 1)) * np.ones(6)
    assert untrained.participation_ratio(line) == pytest.approx(1)
    cloud = rng.normal(size=(20_000, 6))
    assert untrained.participation_ratio(cloud) == pytest.approx(6, rel=0.01)
    uneven = rng.normal(size=(300, 5)) * [4, 2, 1, 1, 0.5]
    share = PCA().fit(uneven).explained_variance_ratio_
    assert untrained.participation_ratio(uneven) == pytest.approx(1 / (share**2).sum())


def test_gradients_know_upright_from_level_edges():
    upright = np.zeros((40, 40, 3), np.uint8)
    upright[:, 20:] = 255
    level = np.ascontiguousarray(upright.transpose(1, 0, 2))
    a, b = untrained.gradients(upright), untrained.gradients(level)
    assert np.linalg.norm(a) == pytest.approx(1)
    assert a @ untrained.gradients(upright // 2) > 0.99  # blind to how light a picture is
    assert a @ b < 0.2
    directions = a.reshape(16, 8).sum(0)
    assert directions.argmax() == 0  # an upright edge rises to the right: angle 0


def test_lightness_and_colour_of_a_crop():
    grey = np.full((30, 40, 3), 119, np.uint8)  # sRGB 119 is L* 50
    assert untrained.middle_lightness(grey) == pytest.approx(50 * 2.55, abs=1.5)
    assert not untrained.is_coloured(grey)
    red = grey.copy()
    red[6:24, 8:32] = (170, 30, 30)
    assert untrained.is_coloured(red)
    cast = np.clip(grey * [1.1, 1.0, 0.9], 0, 255).astype(np.uint8)
    assert not untrained.is_coloured(cast)  # the light's colour is not the vehicle's


def _jpeg(array):
    out = io.BytesIO()
    Image.fromarray(np.clip(array, 0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def test_moments_of_frames_by_hand():
    rng = np.random.default_rng(1)
    base = np.full((240, 352), 100.0)
    noise = rng.normal(0, 1, base.shape)
    more, moments = (
        agreement.mean_moments([_jpeg(np.repeat((base + s * noise)[..., None], 3, 2))])
        for s in (6, 3)
    )
    # the tenth percentile of many blocks lies below the noise's 3
    assert 2.2 < moments["noise in flat areas"] < 3
    assert more["noise in flat areas"] == pytest.approx(2 * moments["noise in flat areas"], rel=0.1)
    assert moments["saturation"] == 0
    assert moments["middle tones"] == pytest.approx(100, abs=1)
    # white noise: the Laplacian adds 16 + 4 variances
    assert moments["Laplacian variance"] == pytest.approx(20 * 9, rel=0.1)


def _two_cameras(lag, rng, vehicles=60, gap=4.0):
    """Vehicles of colours of their own pass `FROM`, and `TO` some seconds later."""
    frames, boxes = [], []
    for k in range(vehicles):
        colour = rng.integers(40, 216, 3)
        for camera, seconds in ((agreement.FROM, gap * k), (agreement.TO, gap * k + lag)):
            picture = np.full((240, 352, 3), 128, np.uint8)
            x = 100 if camera == agreement.FROM else 200
            picture[120:160, x : x + 40] = colour
            frames.append({"camera": camera, "seconds": seconds, "jpeg": encode_jpeg(picture)})
            boxes.append(
                {"camera": camera, "seconds": seconds, "percent": 99.0}
                | {"x1": x, "y1": 120, "x2": x + 40, "y2": 160}
            )
    return agreement._recording(pd.DataFrame(frames), pd.DataFrame(boxes))


def test_crossing_figures_find_what_is_to_be_found():
    rng = np.random.default_rng(2)
    figures = agreement.crossing_figures(agreement.southbound_crops(_two_cameras(17.0, rng)))
    assert figures["Lab thumbnail, rank-1 without labels"].estimate.iloc[0] > 0.95
    # every 4 s one vehicle: after 13, 17 and 21 s
    assert figures["detections in the hit window"].estimate.iloc[0] == pytest.approx(3, abs=0.1)
    late = agreement.crossing_figures(agreement.southbound_crops(_two_cameras(50.0, rng)))
    assert late["Lab thumbnail, rank-1 without labels"].estimate.iloc[0] < 0.2


def test_with_true_boxes_a_vehicle_lies_where_the_truth_says():
    """Two vehicles, one found a little off; a walker's box and one that shows nothing are out."""
    jpeg = encode_jpeg(np.zeros((240, 352, 3), np.uint8))
    frames = pd.DataFrame({"camera": ["a"], "seconds": [0.0], "jpeg": [jpeg]})
    places = [[10, 10, 50, 50], [100, 100, 140, 140], [200, 10, 210, 40], [300, 200, 320, 220]]
    boxes = pd.DataFrame(places, columns=["x1", "y1", "x2", "y2"]).assign(
        camera="a", seconds=0.0, percent=90.0, frame="a--1"
    )
    seen = pd.DataFrame(places[:2], columns=["x1", "y1", "x2", "y2"]).astype(float)
    seen.loc[1] = [102.4, 99.0, 143.6, 140.0]
    seen = seen.assign(frame="a--1", vehicle=[7, 8])
    beside = pd.DataFrame([places[2]], columns=["x1", "y1", "x2", "y2"]).astype(float)
    beside = beside.assign(frame="a--1", vehicle=-3)
    truth = Truth(
        frames=pd.DataFrame({"frame": ["a--1"], "camera": ["a"]}),
        sightings=seen,
        bystanders=beside,
        parked=beside.assign(camera="a")[:0],
        vehicles=None,
        trips=None,
    )
    exact = agreement.with_true_boxes(agreement._recording(frames, boxes), truth).every
    assert exact.vehicle.tolist() == [7, 8]
    assert exact[["x1", "y1", "x2", "y2"]].to_numpy().tolist() == [
        [10, 10, 50, 50],
        [102, 99, 144, 140],
    ]


def test_an_hour_is_cut_into_parts_of_all_cameras():
    rng = np.random.default_rng(3)
    parts = agreement.hour_parts(_two_cameras(17.0, rng), length=100)  # it lasts 4 × 59 + 17 s
    assert [len(part.frames) for part in parts] == [25 + 21, 25 + 25, 10 + 14]
    assert sum(len(part.boxes) for part in parts) == 120
    assert len(agreement.hour_parts(_two_cameras(17.0, rng), length=120)) == 2  # 13 s are left over
    for part in parts:
        assert (part.frames.seconds[part.boxes.row].to_numpy() == part.boxes.seconds).all()


def test_where_another_part_of_the_hour_would_lie():
    """By hand: mean 4, s.d. 2, t of two degrees of freedom 4.3027. And 95 % of further parts."""
    values = [2.0, 4.0, 6.0]
    parts = [pd.DataFrame({"estimate": [x, np.nan]}, index=["a", "b"]) for x in values]
    found = agreement.over_the_hour(parts).loc["a"]
    reach = 4.3027 * 2 * np.sqrt(4 / 3)
    assert found.tolist() == pytest.approx([4, 4 - reach, 4 + reach], abs=1e-3)
    rng = np.random.default_rng(4)
    held = []
    for _ in range(1000):
        *seen, further = rng.normal(10, 3, 7)
        parts = [pd.DataFrame({"estimate": [x]}, index=["a"]) for x in seen]
        interval = agreement.over_the_hour(parts).loc["a"]
        held.append(interval.low <= further <= interval.high)
    assert 0.93 < np.mean(held) < 0.97


def test_agreeing_rows_lie_in_the_real_interval():
    figures = pd.DataFrame(
        {"simulated": [1.0, 3.0], "real_low": [0.5, 0.5], "real_high": [2.0, 2.0]}
    )
    assert agreement.agreeing(figures).tolist() == [True, False]


def test_distance_between_moments_is_zero_for_the_same_and_grows():
    real = pd.Series(dict.fromkeys(fitting.MOMENTS, 10.0))
    assert fitting.distance(real, real) == 0
    off, further = real.copy(), real.copy()
    off["saturation"], further["saturation"] = 12.0, 15.0
    assert 0 < fitting.distance(off, real) < fitting.distance(further, real)


def test_descent_finds_the_sensor_that_made_the_frames(monkeypatch):
    """The moments are simple functions of the knobs, so that the best knobs are known."""

    class Scenes:
        def __init__(self, camera, settings):
            pass

        def moments(self, view):
            return pd.Series(
                {
                    "noise in flat areas": 100 * view.noise,
                    "Laplacian variance": 1000 * view.sharpness * np.exp(-view.blur),
                    "saturation": 20 * view.saturation,
                    "dark tones": 30 + 100 * view.veil,
                    "middle tones": view.brightness,
                    "bright tones": view.brightness * (1.5 + view.contrast),
                    "red over green": view.balance[0],
                    "blue over green": view.balance[2],
                }
            )

    monkeypatch.setattr(fitting, "Scenes", Scenes)
    truth = {"noise": 0.008, "sharpness": 1.8, "saturation": 0.7, "brightness": 130.0}
    view = fitting.turned(fitting.VIEWS["733-681-N"], **{**fitting.START, **truth, "blue": 0.9})
    monkeypatch.setattr(fitting, "real_moments", lambda camera: Scenes("", None).moments(view))
    found, trials = fitting.fit_sensor("733-681-N", quiet=True)
    assert trials.distance.iloc[0] > 0.5
    assert trials.distance.min() < 0.02
    assert found.brightness == pytest.approx(130, abs=4)
    assert found.saturation == pytest.approx(0.7, abs=0.1)
    assert found.balance == pytest.approx((1.0, 1.0, 0.9), abs=0.02)
    assert trials.distance[trials.kept].is_monotonic_decreasing


def test_only_who_has_moved_and_is_in_the_next_frame_is_followed(monkeypatch):
    places = [(0.0, 10), (1.7, 60), (3.4, 62), (8.5, 150), (1.7, 200), (3.4, 250)]
    boxes = pd.DataFrame(
        [{"camera": "c", "seconds": s, "x1": x, "y1": 0, "x2": x + 30, "y2": 20} for s, x in places]
    )
    tracks = pd.Series([0, 0, 0, 0, 1, pd.NA], dtype="Int64")
    monkeypatch.setattr(agreement, "track_detections", lambda boxes, vectors: tracks)
    table, asked = agreement._followed(boxes)
    # the second stands still, the third is seen again too late, the last two are not one track
    assert asked.tolist() == [True, False, False, False, False, False]
    assert table.next_id.iat[0] == 1


def test_a_network_that_knows_colours_finds_vehicles_of_different_colours(monkeypatch):
    recording = _two_cameras(17.0, np.random.default_rng(4))
    boxes = recording.every
    monkeypatch.setattr(
        agreement, "track_detections", lambda boxes, vectors: pd.Series(pd.NA, boxes.index)
    )
    pairs = pd.DataFrame(
        {
            "a": [0, 0, 1, 1],
            "b": [60, 61, 61, 62],
            "camera": "c",
            "same": [1, 0, 1, 0],
            "group": [0, 0, 1, 1],
        }
    )
    monkeypatch.setattr(agreement, "linked_pairs", lambda table, asked: pairs)
    figures = agreement.network_figures(
        recording, lambda crops: np.array([c.reshape(-1, 3).mean(0) for c in crops])
    )
    assert len(boxes) == 120
    assert figures.estimate["shipped network, rank-1 without labels"] > 0.95
    assert figures.estimate["c shipped network, AUC in the next frame"] == 1
