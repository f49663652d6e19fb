"""The collector: every picture once, a beat that does not drift, politeness, budgets, and failures
that stay where they are.
"""

import asyncio
import gc
import gzip
import hashlib
import json
import math
import re
import socket
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import cv2
import httpx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctview import cli
from cctview.collect import CADENCE, Plan, SimulatedServer, Tally, client, collect, list_cameras
from cctview.collect.answers import clock_of, http_client, retry_after, wall_clock
from cctview.collect.archive import Archive, Taken
from cctview.collect.camera_api import (
    CameraApi,
    host_of,
    is_loopback,
    label_cameras,
    notice,
    pattern_cameras,
)
from cctview.collect.command import page_lines
from cctview.collect.simulated_cameras import FAULTS
from cctview.dataset.frames import open_dataset
from cctview.dataset.ids import FrameId, is_camera
from cctview.dataset.paths import DATA
from cctview.dataset.storage import alone_in
from tests.scenes import jpeg, picture

JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture(autouse=True)
def nothing_to_look_through(monkeypatch):
    """The client collects garbage before it begins: a second, if it looks through all tests."""
    gc.freeze()
    monkeypatch.setattr(gc, "unfreeze", lambda: None)  # or its second run would


@pytest.fixture
def server(monkeypatch):
    """Answers of the test's own instead of a network; remembers when it was asked for what."""

    class Server:
        asked: ClassVar[list[tuple[float, httpx.Request]]] = []
        answer = staticmethod(lambda request: httpx.Response(404))

        def times(self, name=""):
            return [moment for moment, request in self.asked if name in str(request.url)]

    made = Server()
    made.asked = []

    async def handle(request):
        made.asked.append((time.monotonic(), request))
        answer = made.answer(request)
        answer = await answer if asyncio.iscoroutine(answer) else answer
        # A body that can be read once, piece by piece, as a network gives it.
        body = httpx.ByteStream(answer.content) if answer.is_stream_consumed else answer.stream
        return httpx.Response(answer.status_code, headers=answer.headers, stream=body)

    original = httpx.AsyncClient
    monkeypatch.setattr(
        httpx, "AsyncClient", lambda **kw: original(transport=httpx.MockTransport(handle), **kw)
    )
    return made


def cameras(*names):
    return pattern_cameras("http://127.0.0.1:9/{camera}", list(names))


def run(folder, names, seconds, interval=0.05, **settings):
    settings = {"minutes": seconds / 60, "interval": interval, "seed": 0} | settings
    return asyncio.run(collect(cameras(*names), folder, Plan(**settings)))


def log(folder):
    return (folder / "collect.log").read_text()


# --- against the simulated server


def collect_from(simulated, folder, minutes, interval=CADENCE, **settings):
    async def both():
        plan = Plan(minutes / simulated.speed_up, interval / simulated.speed_up, **settings)
        return await collect(await list_cameras(CameraApi(simulated.url)), folder, plan)

    return asyncio.run(both())


def test_every_picture_that_is_given_is_kept_once_named_by_its_time_and_indexed(tmp_path):
    with SimulatedServer(speed_up=10) as server:
        tally = collect_from(server, tmp_path, 0.5)
        given = {camera: set(digests) for camera, digests in server.given.items()}
    dataset = open_dataset(tmp_path)
    stored = {frame: hashlib.sha256(dataset.jpeg(frame)).hexdigest() for frame in dataset.frames.id}
    index = pd.read_parquet(tmp_path / "index").set_index("frame")
    assert index.sha256.to_dict() == stored
    assert tally.new == len(stored) > 30
    for camera, digests in given.items():
        assert digests == set(index.sha256[index.camera == camera])
    assert set(index.clock) == {"last-modified"}
    assert set(index.moved) == {0}
    assert dataset.problems == []
    whole = open_dataset(DATA)
    same = [
        dataset.jpeg(frame) == whole.jpeg(frame)
        for frame in stored
        if frame in set(whole.frames.id)
    ]
    assert len(same) > 30
    assert all(same), "a frame of the first minute has the name and the bytes that it has in data/"


def test_each_fault_is_survived_with_its_line_and_the_others_are_unharmed(tmp_path):
    with SimulatedServer(copies=2, speed_up=10) as server:
        failing = dict(zip(server.cameras, FAULTS))
        for camera, fault in failing.items():
            server.fail(camera, fault)
        tally = collect_from(server, tmp_path, 0.6, patience=0.5)
        given = server.given
    text, index = log(tmp_path), pd.read_parquet(tmp_path / "index")
    for camera, fault in failing.items():
        if fault not in ("wrong size", "frozen"):
            assert re.search(rf" {camera} {fault}: ", text), fault
    frozen = next(camera for camera, fault in failing.items() if fault == "frozen")
    assert f"{frozen} is frozen: the same picture 10 times" in text
    healthy = server.cameras[len(FAULTS) :]
    assert not any(f" {camera} " in text for camera in healthy)
    for camera in healthy + [
        c for c, fault in failing.items() if fault in ("clock skew", "wrong size")
    ]:
        assert len(index[index.camera == camera]) == len(given[camera]) >= 15
    assert set(tally.failures) == set(FAULTS) - {"frozen", "wrong size", "clock skew"}


def test_a_changed_size_is_kept_and_noted(tmp_path, server):
    sizes = iter([(48, 64), (24, 32), (24, 32)])
    server.answer = lambda request: httpx.Response(
        200, headers=JPEG, content=jpeg(picture(1, *next(sizes, (24, 32))))
    )
    run(tmp_path, ["A"], 0.2)
    assert "A wrong size: 32x24, until now 64x48; kept" in log(tmp_path)
    assert pd.read_parquet(tmp_path / "index")[["width", "height"]].values.tolist() == [
        [64, 48],
        [32, 24],
    ]


def test_random_faults_lose_nothing(tmp_path):
    with SimulatedServer(speed_up=20, chance=0.3, seed=3) as server:
        collect_from(server, tmp_path, 1, patience=1)
        given, faulted = server.given, server.faulted
    index = pd.read_parquet(tmp_path / "index")
    assert sum(faulted.values()) > 10
    assert {c for digests in given.values() for c in digests} <= set(index.sha256)
    assert set(index.sha256) == {
        hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.rglob("*--original.jpeg")
    }


def test_a_second_run_goes_on_where_the_first_ended(tmp_path):
    for _ in range(2):
        with SimulatedServer(speed_up=20) as server:
            tally = collect_from(server, tmp_path, 0.5)
    index = pd.read_parquet(tmp_path / "index")
    assert index.frame.is_unique
    assert len(index) == len(list(tmp_path.rglob("*--original.jpeg"))) <= 6 * 36
    assert tally.duplicates > 50, "the same half minute again"
    assert len(json.loads((tmp_path / "cameras.json").read_text())) == 6


# --- the beat and politeness


def test_lateness_does_not_add_up(tmp_path, server):
    async def slow(request):
        await asyncio.sleep(0.03)
        seed = 1 if "/A" in str(request.url) else 2
        return httpx.Response(200, headers=JPEG, content=jpeg(picture(seed)))

    server.answer = slow
    tally = run(tmp_path, ["A", "B"], 1.5, interval=0.1)
    assert len(server.asked) + tally.skipped == 2 * 15, (
        "answers that take 0.03 s do not stretch the beat of 0.1 s"
    )


def test_the_beat_begins_when_the_client_is_ready(tmp_path, server, monkeypatch):

    def slowly(url, patience):
        time.sleep(2)
        return http_client(url, patience)

    monkeypatch.setattr(client, "http_client", slowly)
    tally = run(tmp_path, ["A"], 0.5)
    assert tally.late[0] < 1


def test_every_poll_is_told(tmp_path, server):
    tally = run(tmp_path, ["A", "B"], 1)
    assert len(tally.polls) == len(tally.late)
    assert {label for _, label, _ in tally.polls} == {
        "A",
        "B",
    }
    assert sum(news == "new" for *_, news in tally.polls) == tally.new


def test_retry_after_is_obeyed_and_other_cameras_go_on(tmp_path, server):
    def answer(request):
        if "/A" in str(request.url) and len(server.times("/A")) == 1:
            return httpx.Response(429, headers={"Retry-After": "1"})
        return httpx.Response(200, headers=JPEG, content=jpeg(picture(len(server.asked))))

    server.answer = answer
    run(tmp_path, ["A", "B"], 1.5)
    first, second = server.times("/A")[:2]
    assert second - first >= 1.0
    assert len([t for t in server.times("/B") if first < t < second]) >= 5
    assert "A 429: the server says: too many requests; next try in 1.0 s" in log(tmp_path)
    assert "A works again after 1 failures" in log(tmp_path)


def test_a_host_that_tells_three_cameras_to_wait_is_left_alone(tmp_path, server):
    def answer(request):
        if "/D" in str(request.url):
            return httpx.Response(200, headers=JPEG, content=jpeg(picture(len(server.asked))))
        return httpx.Response(429, headers={"Retry-After": "5"})

    server.answer = answer
    run(tmp_path, ["A", "B", "C", "D"], 0.6)
    assert "3 cameras were told to wait: all wait" in log(tmp_path)
    assert len(server.times("/D")) <= 3
    assert len(server.times("/A")) == 1


def test_pauses_grow_with_failures_and_differ(tmp_path, server):
    server.answer = lambda request: httpx.Response(503)
    run(tmp_path, ["A"], 2.5, interval=0.05)
    pauses = [float(x) for x in re.findall(r"next try in ([\d.]+) s", log(tmp_path))]
    gaps = [b - a for a, b in zip(server.times(), server.times()[1:])]
    assert 4 <= len(gaps) <= 8
    for k, gap in enumerate(gaps):
        assert gap >= 0.5 * 0.05 * 2**k * 0.9
    assert len(set(pauses)) > 3
    assert "5xx: server error 503" in log(tmp_path)


def test_what_has_not_changed_is_asked_for_by_its_tag(tmp_path, server):
    def answer(request):
        if request.headers.get("If-None-Match") == '"x"':
            return httpx.Response(304)
        return httpx.Response(
            200,
            headers=JPEG | {"ETag": '"x"', "Last-Modified": "Mon, 05 May 2031 12:00:00 GMT"},
            content=jpeg(picture(1)),
        )

    server.answer = answer
    tally = run(tmp_path, ["A"], 0.5)
    assert "If-None-Match" not in server.asked[0][1].headers
    assert all(
        r.headers["If-Modified-Since"] == "Mon, 05 May 2031 12:00:00 GMT"
        for _, r in server.asked[1:]
    )
    assert (tally.new, tally.duplicates) == (1, len(server.asked) - 1)
    assert tally.bytes == len(jpeg(picture(1)))


def test_pictures_are_the_same_by_content_even_when_they_alternate(tmp_path, server):
    server.answer = lambda request: httpx.Response(
        200, headers=JPEG, content=jpeg(picture(len(server.asked) % 2))
    )
    tally = run(tmp_path, ["A"], 0.6)
    assert tally.new == 2
    assert tally.duplicates == len(server.asked) - 2 > 1


def test_two_pictures_of_one_second_are_both_kept(tmp_path, server):
    date = {"Date": "Mon, 05 May 2031 12:00:00 GMT"}
    server.answer = lambda request: httpx.Response(
        200, headers=JPEG | date, content=jpeg(picture(min(len(server.asked), 3)))
    )
    run(tmp_path, ["A"], 0.5, zone=ZoneInfo("America/New_York"))
    index = pd.read_parquet(tmp_path / "index")
    assert index.frame.tolist() == [f"A--2031-05-05--08.00.0{k}" for k in range(3)]
    assert index.moved.tolist() == [0, 1, 2]
    assert set(index.clock) == {"date"}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            httpx.Response(302, headers={"Location": "http://elsewhere.example/"}),
            "redirect: leads to http://elsewhere.example/",
        ),
        (httpx.Response(404), "refused: answered 404"),
        (httpx.Response(200, content=b"x"), "wrong type: sent no type, not a JPEG or PNG picture"),
        (
            httpx.Response(200, headers=JPEG, content=b""),
            "not an image: the picture: the file is empty",
        ),
        (
            httpx.Response(200, headers=JPEG, content=jpeg(picture(1))[:300]),
            "not an image: the picture: a damaged picture",
        ),
        (
            httpx.Response(200, headers=JPEG, content=bytes(5_000_001)),
            "too large: more than 5,000,000 bytes",
        ),
    ],
)
def test_what_is_no_picture_is_not_kept_and_no_other_host_is_asked(tmp_path, server, answer, kind):
    server.answer = lambda request: httpx.Response(
        answer.status_code, headers=answer.headers, content=answer.content
    )
    tally = run(tmp_path, ["A"], 0.15)
    assert f"A {kind}" in log(tmp_path)
    assert tally.new == 0
    assert {request.url.host for _, request in server.asked} == {"127.0.0.1"}
    assert list(tmp_path.rglob("*.jpeg")) == []


def packed(content, times):
    for _ in range(times):
        content = gzip.compress(content)
    return content


@pytest.mark.parametrize(
    ("content", "encoding", "says"),
    [
        (packed(bytes(200_000_000), 1), "gzip", "too large: more than 5,000,000 bytes when"),
        (packed(bytes(200_000_000), 2), "gzip, gzip", "encoded: sent the content as gzip, gzip"),
        (packed(jpeg(picture(1)), 1)[:-40], "gzip", "cut off: the gzip content ends too early"),
        (b"no gzip", "gzip", "encoded: sent gzip that cannot be unpacked"),
        (b"x", "br", "encoded: sent the content as br"),
    ],
)
def test_what_is_unpacked_has_a_limit_too(tmp_path, server, content, encoding, says):
    server.answer = lambda request: httpx.Response(
        200, headers=JPEG | {"Content-Encoding": encoding}, stream=httpx.ByteStream(content)
    )
    tracemalloc.start()
    tally = run(tmp_path, ["A"], 0.15)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert f"A {says}" in log(tmp_path)
    assert most < 40e6
    assert tally.bytes == len(server.asked) * (
        0 if encoding in ("br", "gzip, gzip") else len(content)
    )
    assert server.asked[0][1].headers["Accept-Encoding"] == "identity"


def test_a_picture_may_be_packed_once(tmp_path, server):
    content = jpeg(picture(1))
    server.answer = lambda request: httpx.Response(
        200,
        headers=JPEG | {"Content-Encoding": "gzip"},
        stream=httpx.ByteStream(gzip.compress(content)),
    )
    assert run(tmp_path, ["A"], 0.1).new == 1
    assert next(tmp_path.rglob("*.jpeg")).read_bytes() == content


def test_bytes_of_refused_answers_are_spent_too(tmp_path, server):
    server.answer = lambda request: httpx.Response(200, headers=JPEG, content=bytes(4_000))
    tally = run(tmp_path, ["A"], 0.15)
    assert tally.new == 0
    assert tally.bytes == 4_000 * len(server.asked)


def changing(server, headers):
    """Answers with another picture each time; `headers(n)` of the nth."""
    server.answer = lambda request: httpx.Response(
        200,
        headers=JPEG | headers(len(server.asked)),
        content=jpeg(picture(len(server.asked))),
    )


NOON = "Mon, 05 May 2031 12:00:00 GMT"


@pytest.mark.parametrize(
    "changed",
    [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Wed, 07 May 2031 12:00:00 GMT",
        "Sat, 03 May 2031 12:00:00 GMT",
    ],
)
def test_a_clock_in_the_past_or_the_future_is_not_believed(tmp_path, server, changed):
    changing(server, lambda n: {"Last-Modified": changed, "Date": NOON})
    tally = run(tmp_path, ["A"], 0.3)
    index = pd.read_parquet(tmp_path / "index")
    assert len(index) == tally.new >= 2
    assert set(index.clock) == {"date"}
    assert index.frame[0] == "A--2031-05-05--12.00.00"


def test_a_clock_that_stands_still_loses_no_picture(tmp_path, server):
    changing(server, lambda n: {"Last-Modified": NOON, "Date": NOON.replace("00:00", f"01:{n:02}")})
    tally = run(tmp_path, ["A"], 1.2)
    index = pd.read_parquet(tmp_path / "index")
    assert tally.new == len(server.asked) == len(index) > 6
    assert index.clock.tolist()[4:] == ["date"] * (len(index) - 4)
    assert log(tmp_path).count("clock stands still") == 1


def test_the_hour_that_repeats_loses_no_picture(tmp_path):
    archive, zone = Archive(tmp_path), ZoneInfo("America/New_York")
    first = datetime(2031, 11, 2, 5, 30, tzinfo=UTC)  # 01:30 in summer time
    for k in range(2 * 1800):  # every 2 s, over the end of the first hour and all of the second
        received = first + timedelta(seconds=2 * k)
        time, clock = clock_of(httpx.Headers(), received, zone)
        assert archive.keep("A", str(k).encode(), Taken(time, clock, received, 4, 4)) is not None
    archive.close()
    index = pd.read_parquet(tmp_path / "index")
    assert index.frame.nunique() == len(index) == 3600
    assert index.moved.max() == 1  # the second time around every frame lies between two others


@pytest.mark.parametrize(
    "again",
    [lambda card: jpeg(card), lambda card: jpeg(card, 60), lambda card: jpeg(card[::2, ::2])],
)
def test_a_card_behind_many_cameras_is_no_street(tmp_path, server, again):
    card = cv2.resize(picture(7, 6, 9), (352, 240), interpolation=cv2.INTER_CUBIC)
    first, other = jpeg(card), again(card)

    def answer(request):
        name = str(request.url)[-1]
        if name == "C":
            content = jpeg(picture(len(server.asked)))
        else:
            content = first if name == "A" else other
        return httpx.Response(200, headers=JPEG, content=content)

    server.answer = answer
    tally = run(tmp_path, ["A", "B", "C"], 0.6)
    kept = pd.read_parquet(tmp_path / "index").groupby("camera").size()
    assert " placeholder: the same picture as at " in log(tmp_path)
    assert kept.get("A", 0) + kept.get("B", 0) <= 1, "the first that sent it may keep it, once"
    assert kept["C"] >= tally.new - 1 > 3


def test_cameras_that_show_the_same_and_move_are_streets(tmp_path, server):
    server.answer = lambda request: httpx.Response(
        200, headers=JPEG, content=jpeg(picture(len(server.asked) // 2))
    )
    tally = run(tmp_path, ["A", "B"], 0.5)
    assert tally.failures.total() <= 1  # where A or B is asked twice in a row
    assert tally.new >= len(server.asked) - 3


def test_dark_pictures_are_no_cards(tmp_path, server):
    dark = jpeg(np.full((240, 352, 3), 4, np.uint8))
    server.answer = lambda request: httpx.Response(200, headers=JPEG, content=dark)
    assert run(tmp_path, ["A", "B"], 0.2).new == 2


@pytest.mark.parametrize("kind", ["application/octet-stream", "image/pjpeg", None])
def test_the_content_says_what_a_picture_is(tmp_path, server, kind):
    changing(server, lambda n: {"Content-Type": kind} if kind else {})
    if kind is None:
        server.answer = lambda request: httpx.Response(200, content=jpeg(picture(1)))
    assert run(tmp_path, ["A"], 0.3).new >= 1
    assert log(tmp_path).count("A odd type: ") == 1


def test_redirects_are_followed_at_home_alone(tmp_path, server):
    def answer(request):
        if request.url.path == "/A":
            return httpx.Response(302, headers={"Location": f"/now/{len(server.asked)}.jpg"})
        if request.url.path == "/B":
            return httpx.Response(302, headers={"Location": "http://127.0.0.1:10/B"})
        if request.url.path == "/C":
            return httpx.Response(302, headers={"Location": "/C"})
        return httpx.Response(200, headers=JPEG, content=jpeg(picture(len(server.asked))))

    server.answer = answer
    tally = run(tmp_path, ["A", "B", "C"], 0.4)
    assert tally.delivered == {"A"}
    assert {request.url.port for _, request in server.asked} == {9}
    assert "B redirect: leads to http://127.0.0.1:10/B" in log(tmp_path)
    assert "C redirect: leads to /C" in log(tmp_path)


def test_lists_of_other_operators(tmp_path, server, capsys):
    entries = [{"id": 7}, {"id": "\ud800"}, {"id": True}, {"id": 7.5}, {"id": "7"}, {"id": "b"}]
    server.answer = lambda request: httpx.Response(200, content=json.dumps({"cameras": entries}))
    said = []
    listed = asyncio.run(list_cameras(CameraApi("http://127.0.0.1:9"), said.append))
    assert [camera.url.split("/")[-2] for camera in listed] == ["7", "b"]
    assert len(said) == 4
    assert all(line.isascii() for line in said)


def test_a_run_without_a_picture_says_so_and_fails(tmp_path, server, capsys):
    server.answer = lambda request: httpx.Response(404)
    words = "http://127.0.0.1:9/{camera}", "--cameras", "nw/1", "B", "--minutes", 0.003
    assert command(*words, "--interval", 0.1, "--out", tmp_path / "out") == 1
    assert "2 of 2 cameras delivered nothing: " in capsys.readouterr().out
    assert {request.url.path for _, request in server.asked} == {"/nw/1", "/B"}


def test_the_run_ends_when_its_bytes_are_spent(tmp_path, server):
    content = jpeg(picture(1, 240, 352))
    server.answer = lambda request: httpx.Response(200, headers=JPEG, content=content)
    tally = run(tmp_path, ["A"], 60, megabytes=3 * len(content) / 1e6)
    assert tally.bytes == 3 * len(content)
    assert "megabytes are spent" in tally.ended
    assert tally.seconds < 10


@pytest.mark.parametrize(
    "setting",
    [{"minutes": 0}, {"interval": -1}, {"megabytes": float("nan")}, {"interval": float("inf")}],
)
def test_plans_without_sense_are_refused(tmp_path, setting):
    with pytest.raises(ValueError, match=f"{next(iter(setting))} is .*above 0"):
        asyncio.run(collect(cameras("A"), tmp_path, Plan(**setting)))


def test_too_many_requests_to_one_host_are_refused_before_the_first(tmp_path, server):
    far = pattern_cameras("https://roads.example/{camera}", [f"A{k}" for k in range(48)])
    with pytest.raises(
        ValueError, match="28.2 requests per second .* limit of 5; take an interval of 9.6 s"
    ):
        asyncio.run(collect(far, tmp_path / "out", Plan(interval=1.7)))
    with pytest.raises(ValueError, match="no camera to poll"):
        asyncio.run(collect([], tmp_path / "out", Plan()))
    assert server.asked == []
    assert not (tmp_path / "out").exists()


def test_no_more_requests_at_once_than_allowed(tmp_path, server):
    now, most = [0], [0]

    async def answer(request):
        now[0] += 1
        most[0] = max(most[0], now[0])
        await asyncio.sleep(0.05)
        now[0] -= 1
        return httpx.Response(404)

    server.answer = answer
    run(tmp_path, [f"A{k}" for k in range(20)], 0.4, interval=0.1, at_once=3)
    assert most[0] == 3


# --- clocks, names, lists


def test_the_best_clock_names_the_frame():
    received, new_york = (
        datetime(2026, 11, 23, 17, 0, 5, 900_000, UTC),
        ZoneInfo("America/New_York"),
    )
    both = httpx.Headers(
        {"Last-Modified": "Mon, 23 Nov 2026 16:59:58 GMT", "Date": "Mon, 23 Nov 2026 17:00:00 GMT"}
    )
    assert clock_of(both, received, new_york) == (
        datetime(2026, 11, 23, 11, 59, 58),
        "last-modified",
    )
    both["Last-Modified"] = "yesterday"
    assert clock_of(both, received, new_york) == (datetime(2026, 11, 23, 12), "date")
    assert clock_of(httpx.Headers({}), received, new_york) == (
        datetime(2026, 11, 23, 12, 0, 5),
        "local",
    )


@given(st.text(max_size=60))
def test_any_text_is_a_clock_or_none(text):
    wall_clock(text, UTC)
    assert 0 <= retry_after(text, datetime(2031, 5, 5, tzinfo=UTC)) < math.inf


@given(
    st.lists(
        st.text(min_size=1, max_size=100) | st.from_regex(r"[aA]{1,2}[-_ ][bB]?", fullmatch=True),
        unique=True,
        max_size=8,
    )
)
def test_labels_fit_the_grammar_and_no_two_are_the_same(ids):
    labels = label_cameras(ids)
    assert list(labels) == ids
    assert all(is_camera(label) and len(label) < 100 for label in labels.values())
    assert len({label.lower() for label in labels.values()}) == len(ids)
    for label in labels.values():
        assert FrameId.parse(f"{label}--2031-05-05--08.00.00").camera == label


@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.floats() | st.text(max_size=4),
        lambda c: (
            st.lists(c)
            | st.dictionaries(st.sampled_from(["id", "name", "latitude", "isOnline"]), c)
        ),
    ).map(lambda x: json.dumps(x).encode())
)
def test_any_answer_is_a_list_of_cameras_or_an_error_with_its_address(content):
    try:
        listed, _ = CameraApi("http://127.0.0.1:9").read_list(content)
    except ValueError as error:
        assert str(error).startswith("http://127.0.0.1:9/api/cameras: ")
    else:
        assert all(
            is_camera(c.label) and c.url.startswith("http://127.0.0.1:9/api/cameras/")
            for c in listed
        )


def test_a_camera_of_the_list_keeps_what_the_operator_says_and_bad_entries_are_named():
    entries = [
        {
            "id": "a3058350-1552-459f",
            "name": "6 Ave @ 42 St",
            "latitude": 40.75,
            "longitude": "-73.98",
            "isOnline": "false",
        },
        {"id": "../x", "latitude": 1e9, "isOnline": True, "imageUrl": "http://elsewhere.example/"},
        {"name": "no id"},
        {"id": "../x"},
        7,
    ]
    listed, problems = CameraApi("https://a.example/api/cameras/").read_list(
        json.dumps(entries).encode()
    )
    assert (listed[0].label, listed[0].latitude, listed[0].longitude, listed[0].online) == (
        "a3058350-1552-459f",
        40.75,
        -73.98,
        False,
    )
    assert listed[1].url == "https://a.example/api/cameras/..%2Fx/image"
    assert listed[1].latitude is None
    assert listed[1].online
    assert len(listed) == 2
    assert len(problems) == 3


@pytest.mark.parametrize("url", ["http://127.0.0.2:8/x", "http://localhost", "http://[::1]:8/"])
def test_loopback(url):
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1@a.example/",
        "http://10.0.0.1/",
        "http://localhost.example",
        "",
        "http://0.0.0.0/",
    ],
)
def test_not_loopback(url):
    assert not is_loopback(url)


# --- the command


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("something was sent")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def command(*words):
    return cli.main(["collect", *map(str, words)])


def test_a_dry_run_says_what_it_would_cost_and_sends_nothing(tmp_path, capsys, no_network):
    out = tmp_path / "out"
    assert (
        command(
            "https://webcams.nyctmc.org",
            "--cameras",
            "a",
            "b",
            "--minutes",
            30,
            "--out",
            out,
            "--dry-run",
        )
        == 0
    )
    said = capsys.readouterr().out
    assert "1,800 requests" in said
    assert "36 MB" in said
    assert "No request was sent" in said
    assert not out.exists()
    assert command("simulated", "--cameras", 48, "--minutes", 10, "--out", out, "--dry-run") == 0
    assert "48 cameras, each every 1.7 s" in capsys.readouterr().out
    assert not out.exists()


@pytest.mark.parametrize("answer", [None, "no", ""])
def test_nothing_beyond_this_computer_is_polled_without_a_yes(
    tmp_path, capsys, monkeypatch, no_network, answer
):
    monkeypatch.setattr("sys.stdin.isatty", lambda: answer is not None, raising=False)
    monkeypatch.setattr("builtins.input", lambda text: answer)
    assert (
        command("https://roads.example/{camera}", "--cameras", "A", "--out", tmp_path / "out") == 1
    )
    said = capsys.readouterr()
    assert "https://roads.example" in said.out
    assert re.search(r"as of \d{4}-\d\d-\d\d", said.out)
    assert "nothing was polled" in (said.out + said.err).lower()
    assert not (tmp_path / "out").exists()


def test_a_yes_is_asked_for_once_for_each_folder_and_host(tmp_path, capsys, monkeypatch, server):
    asked = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "yes")
    server.answer = lambda request: httpx.Response(200, headers=JPEG, content=jpeg(picture(1)))
    for source in (
        "https://roads.example/{camera}",
        "https://roads.example/v2/{camera}",
        "https://other.example/{camera}",
    ):
        assert command(source, "--cameras", "A", "--minutes", 0.002, "--out", tmp_path / "out") == 0
    assert [text.split()[-1] for text in asked] == [
        "https://roads.example:",
        "https://other.example:",
    ]


def test_the_notice_asserts_no_terms():
    text = notice("https://roads.example")
    assert "terms" in text
    assert "does not know" in text
    assert not re.search(r"\b(legal to|permitted|you may freely|public domain)\b", text)


def test_the_simulated_server_from_the_command_line(tmp_path, capsys):
    out = tmp_path / "out"
    assert (
        command(
            "simulated",
            "--cameras",
            "733-681-N",
            "731-679-N",
            "--minutes",
            0.3,
            "--speed-up",
            10,
            "--out",
            out,
        )
        == 0
    )
    said = capsys.readouterr().out
    assert "2 cameras, each every 0.17 s" in said
    assert "new frames in" in said
    assert open_dataset(out).frames.camera.unique().tolist() == ["731-679-N", "733-681-N"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nonsense"], "'nonsense' is no address"),
        (["ftp://a.example"], "is no address"),
        (["https://a.example/{camera}"], "name the cameras"),
        (["http://127.0.0.1:9"], "no list of cameras"),
        (["simulated", "--cameras", "9-X"], "no camera '9-X' in the list of 48"),
        (["simulated", "--speed-up", "0"], "--speed-up must be above 0"),
        (["simulated", "--timezone", "Mars/Base"], "no such time zone"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(tmp_path, capsys, words, says):
    assert command(*words, "--out", tmp_path / "out") == 1
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert error[0].startswith("cctview: ")
    assert says in error[0]


def test_two_runs_into_one_folder(tmp_path, capsys):
    with alone_in(tmp_path):
        assert command("simulated", "--minutes", 0.01, "--out", tmp_path) == 1
    assert (
        f"cctview: {tmp_path}: another cctview is writing into it; wait until it has ended, or"
        " choose another folder" in capsys.readouterr().err
    )


def test_the_page_fits_the_terminal_and_shows_who_is_not_well():
    tally = Tally(new=100, duplicates=7, bytes=2_000_000, seconds=10)
    tally.failures.update({"429": 2, "slow": 1})
    tally.states = {f"cam{k}": "slow" if k < 30 else "new" for k in range(48)}
    lines = page_lines(tally, 20)
    assert len(lines) == 20
    assert "100 frames (10.0/s)" in lines[0]
    assert "3 failures" in lines[0]
    assert "2.0 MB" in lines[0]
    assert "2 429, 1 slow" in lines[1]
    assert "18 cameras deliver, 30 do not" in lines[2]
    assert lines[-1] == "  … and 14 more"


def test_addresses_without_passwords_are_shown():
    assert host_of("https://user:secret@roads.example:8/x") == "https://roads.example:8"
    with pytest.raises(ValueError, match="ftp://roads.example") as error:
        host_of("ftp://user:secret@roads.example/x")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "odd",
    [
        {"Set-Cookie": "a=\u00e9; path=/"},
        {"ETag": '"\u00e9"'},
        {"Last-Modified": "\u0663"},
        {"Location": "javascript:1"},
    ],
)
def test_an_odd_header_costs_one_answer_at_most(tmp_path, server, odd):
    """Each ended the whole run, with an error of the HTTP library's."""
    raw = [(name.encode(), value.encode()) for name, value in odd.items()]

    def answer(request):
        count = len(server.asked)
        status = 302 if "Location" in odd and count == 1 else 200
        return httpx.Response(
            status, headers=[*raw, (b"Content-Type", b"image/jpeg")], content=jpeg(picture(count))
        )

    server.answer = answer
    tally = run(tmp_path, ["A"], 0.4)
    assert tally.new >= len(server.asked) - 2 > 0
    assert not any("Cookie" in request.headers for _, request in server.asked)


def test_a_place_that_is_no_number_is_none():
    content = b'[{"id": "A", "latitude": 1%b, "longitude": "x"}]' % (b"0" * 400)
    cameras, problems = CameraApi("http://127.0.0.1").read_list(content)
    assert (cameras[0].latitude, cameras[0].longitude, problems) == (None, None, [])
