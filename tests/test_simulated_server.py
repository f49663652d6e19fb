"""The simulated server: New York's API on this computer, honest pictures, each fault as it says."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import numpy as np
import psutil
import pytest

from cctview.collect import CADENCE, CameraApi, SimulatedServer
from cctview.collect.simulated_cameras import FAULTS, stamp
from cctview.collect.simulated_server import SKEW
from cctview.dataset.frames import open_dataset
from cctview.dataset.images import read_image
from cctview.dataset.paths import DATA
from studio.road import shots

CAMERA = "733-681-N"


@pytest.fixture
def server():
    with SimulatedServer(copies=2) as running:
        yield running


def image(server, camera=CAMERA, **headers):
    return httpx.get(f"{server.url}/api/cameras/{camera}/image", headers=headers, trust_env=False)


def test_the_server_keeps_the_cadence_of_the_road():
    assert CADENCE == shots.CADENCE


def test_the_list_has_what_new_york_s_has(server):
    answer = httpx.get(f"{server.url}/api/cameras", trust_env=False)
    assert {"id", "name", "latitude", "longitude", "area", "isOnline", "imageUrl"} == set(
        answer.json()[0]
    )
    cameras, problems = CameraApi(server.url).read_list(answer.content)
    assert [c.id for c in cameras] == server.cameras
    assert len(cameras) == 12
    assert problems == []
    assert cameras[0].url == answer.json()[0]["imageUrl"]


def test_only_this_computer_is_served_and_only_with_the_token(server):
    ports = {
        c.laddr for c in psutil.Process().net_connections("inet") if c.status == psutil.CONN_LISTEN
    }
    assert {a.ip for a in ports if f":{a.port}/" in server.url} == {"127.0.0.1"}
    base = server.url.rpartition("/")[0]
    for token in ("", "wrong", server.url.rpartition("/")[2][:-1]):
        assert httpx.get(f"{base}/{token}/api/cameras", trust_env=False).status_code == 404


def test_the_first_minute_is_the_recorded_one_to_the_byte(server):
    dataset = open_dataset(DATA)
    stored = {dataset.jpeg(frame) for frame in dataset.frames.id if frame.startswith(CAMERA)}
    assert image(server).content in stored


def test_a_copy_is_told_apart_by_a_mark_and_its_clock_is_the_server_s(server):
    answers = [image(server, name) for name in (CAMERA, f"{CAMERA}-copy1")]
    one, other = (read_image(answer.content, "frame") for answer in answers)
    assert one.shape == other.shape
    assert (other[-12:-2, 2:58].mean(axis=2) < 80).mean() > 0.5
    assert (other[-12:-2, 2:58].mean(axis=2) > 180).any()
    assert timedelta(0) <= server.now - _date(answers[1], "Last-Modified") < timedelta(seconds=8)


def test_last_modified_is_what_the_stamp_of_the_frame_says(server):
    dataset = open_dataset(DATA)
    names = {dataset.jpeg(frame): frame for frame in dataset.frames.id if CAMERA in frame}
    answer = image(server)
    taken = _date(answer, "Last-Modified")
    assert f"{taken:%Y-%m-%d--%H.%M.%S}" in names[answer.content]


def test_a_new_stamp_looks_like_a_recorded_one():
    dataset = open_dataset(DATA)
    frame = next(frame for frame in dataset.frames.id if frame.startswith(CAMERA))
    recorded = dataset.image(frame)
    time = datetime.strptime("--".join(frame.split("--")[1:3]), "%Y-%m-%d--%H.%M.%S")
    again, later = (
        np.asarray(stamp(recorded, "North", time + timedelta(hours=h)), float) for h in (0, 1)
    )
    white = again[:18].min(axis=2) > 200
    assert white.sum() > 400
    assert recorded[:18][white].mean() > 200
    assert recorded[:18][(later[:18].min(axis=2) > 200) & ~white].mean() < 150
    assert (again[18:] == recorded[18:]).all()


def test_time_goes_on_when_the_minute_is_over():
    with SimulatedServer(speed_up=1000) as server:
        first, second = (_date(image(server), "Last-Modified") for _ in range(2))
        while server.now - first < timedelta(minutes=3):
            second = _date(image(server), "Last-Modified")
        assert second - first > timedelta(minutes=1)


def test_nothing_is_sent_twice_to_who_has_it(server):
    server.fail(CAMERA, "frozen")
    first = image(server)
    again = image(server, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("fault", [f for f in FAULTS if f != "slow"])
def test_a_fault_is_what_it_says_and_ends(server, fault):
    healthy = image(server)
    server.fail(CAMERA, fault, times=1)
    if fault == "cut off":
        with pytest.raises(httpx.RemoteProtocolError):
            image(server)
    else:
        answer = image(server)
        kind, skew = (
            answer.headers["Content-Type"],
            abs((_date(answer) - server.now).total_seconds() - SKEW.total_seconds()),
        )
        shown = {
            "429": lambda: answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0,
            "5xx": lambda: answer.status_code >= 500,
            "frozen": lambda: answer.status_code == 200,
            "wrong size": lambda: read_image(answer.content, "").shape == (120, 176, 3),
            "wrong type": lambda: answer.status_code == 200 and kind.startswith("text/html"),
            "not an image": (
                lambda: kind == "image/jpeg" and not answer.content.startswith(b"\xff\xd8")
            ),
            "clock skew": lambda: skew < 10,
        }
        assert shown[fault]()
    assert server.faulted == {fault: 1}
    after = image(server)
    assert after.status_code == 200
    assert read_image(after.content, "").shape == read_image(healthy.content, "").shape


def test_a_slow_camera_answers_after_a_client_has_lost_patience(server):
    server.fail(CAMERA, "slow")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{server.url}/api/cameras/{CAMERA}/image", timeout=0.5, trust_env=False)
    assert image(server, "731-679-N").status_code == 200


def test_unknown_cameras_and_faults_are_refused(server):
    assert image(server, "no-such").status_code == 404
    for camera, fault in (("no-such", "slow"), (CAMERA, "rain")):
        with pytest.raises(ValueError, match="no camera .* or no fault"):
            server.fail(camera, fault)


def test_without_the_truth_there_is_no_server(tmp_path):
    (tmp_path / "1-N--2031-05-05--13.00.00--original.jpeg").write_bytes(b"x")
    with pytest.raises(FileNotFoundError, match="frames.parquet"):
        SimulatedServer(tmp_path)


def _date(answer, header="Date"):
    return parsedate_to_datetime(answer.headers[header]).replace(tzinfo=None)
