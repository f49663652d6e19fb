"""The simulated city: New York's API on this computer, honest pictures, and each fault as it is
described.
"""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx
import psutil
import pytest

from cctview.collect.camera_server import DATA, FAULTS, SKEW, SimulatedCity
from cctview.collect.cameras import CityApi
from cctview.collect.stamp import read_stamp
from cctview.dataset.frames import open_dataset
from cctview.dataset.images import read_image

CAMERA = "733-681-N"


@pytest.fixture
def city():
    with SimulatedCity(copies=2) as running:
        yield running


def image(city, camera=CAMERA, **headers):
    return httpx.get(f"{city.url}/api/cameras/{camera}/image", headers=headers, trust_env=False)


def test_the_list_has_what_new_york_s_has(city):
    answer = httpx.get(f"{city.url}/api/cameras", trust_env=False)
    assert {"id", "name", "latitude", "longitude", "area", "isOnline", "imageUrl"} == set(
        answer.json()[0]
    )
    cameras, problems = CityApi(city.url).read_list(answer.content)
    assert [c.id for c in cameras] == city.cameras
    assert len(cameras) == 12
    assert problems == []
    assert cameras[0].url == answer.json()[0]["imageUrl"]


def test_only_this_computer_is_served_and_only_with_the_token(city):
    ports = {
        c.laddr for c in psutil.Process().net_connections("inet") if c.status == psutil.CONN_LISTEN
    }
    assert {a.ip for a in ports if f":{a.port}/" in city.url} == {"127.0.0.1"}
    base = city.url.rpartition("/")[0]
    for token in ("", "wrong", city.url.rpartition("/")[2][:-1]):
        assert httpx.get(f"{base}/{token}/api/cameras", trust_env=False).status_code == 404


def test_the_first_minute_is_the_twin_s_to_the_byte(city):
    dataset = open_dataset(DATA)
    stored = {dataset.jpeg(frame) for frame in dataset.frames.id if frame.startswith(CAMERA)}
    assert image(city).content in stored


def test_a_copy_is_told_apart_by_a_mark_and_its_clock_is_the_city_s(city):
    one, other = (
        read_image(image(city, name).content, name) for name in (CAMERA, f"{CAMERA}-copy1")
    )
    assert one.shape == other.shape
    assert (other[-12:-2, 2:58].mean(axis=2) < 80).mean() > 0.5
    assert (other[-12:-2, 2:58].mean(axis=2) > 180).any()
    assert timedelta(0) <= city.now - read_stamp(other) < timedelta(seconds=8)


def test_time_goes_on_when_the_minute_is_over():
    with SimulatedCity(speed_up=1000) as city:
        first, second = (read_stamp(read_image(image(city).content, "frame")) for _ in range(2))
        while city.now - first < timedelta(minutes=3):
            second = read_stamp(read_image(image(city).content, "frame"))
        assert second - first > timedelta(minutes=1)


def test_nothing_is_sent_twice_to_who_has_it(city):
    city.fail(CAMERA, "frozen")
    first = image(city)
    again = image(city, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("fault", [f for f in FAULTS if f != "slow"])
def test_a_fault_is_what_it_says_and_ends(city, fault):
    healthy = image(city)
    city.fail(CAMERA, fault, times=1)
    if fault == "cut off":
        with pytest.raises(httpx.RemoteProtocolError):
            image(city)
    else:
        answer = image(city)
        kind, skew = (
            answer.headers["Content-Type"],
            abs((_date(answer) - city.now).total_seconds() - SKEW.total_seconds()),
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
    assert city.faulted == {fault: 1}
    after = image(city)
    assert after.status_code == 200
    assert read_image(after.content, "").shape == read_image(healthy.content, "").shape


def test_a_slow_camera_answers_after_a_client_has_lost_patience(city):
    city.fail(CAMERA, "slow")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{city.url}/api/cameras/{CAMERA}/image", timeout=0.5, trust_env=False)
    assert image(city, "731-679-N").status_code == 200


def test_unknown_cameras_and_faults_are_refused(city):
    assert image(city, "no-such").status_code == 404
    for camera, fault in (("no-such", "slow"), (CAMERA, "rain")):
        with pytest.raises(ValueError, match="no camera .* or no fault"):
            city.fail(camera, fault)


def test_without_the_truth_there_is_no_city(tmp_path):
    (tmp_path / "1-N--2031-05-05--13.00.00--original.jpeg").write_bytes(b"x")
    with pytest.raises(FileNotFoundError, match="frames.parquet"):
        SimulatedCity(tmp_path)


def _date(answer):
    return parsedate_to_datetime(answer.headers["Date"]).replace(tzinfo=None)
