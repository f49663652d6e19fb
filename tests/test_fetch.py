"""Fetching from a server on this computer that does everything a server should not."""

import hashlib
import http.server
import io
import sys
import threading
import zipfile
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
import torch

from cctview import cli, fetch, weights
from cctview.dataset import alone_in
from cctview.dataset.frames import open_dataset
from cctview.fetch import FetchError, Item
from tests.scenes import write_scene

CONTENT = bytes(range(256)) * 12_000  # 3 MB: several blocks
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves what `answers` says, path by path; notes every request's path and headers."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.seen = {}, []

    def handle_error(self, request, client_address):
        """That a client hangs up is part of these tests."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def address(self, path: str = "/file") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        path = urlsplit(self.path).path
        self.server.seen.append((path, dict(self.headers)))
        self.server.answers[path](self)
        self.close_connection = True

    @property
    def visits(self) -> int:
        return sum(path == urlsplit(self.path).path for path, _ in self.server.seen)

    def send(self, status: int, body: bytes = b"", **headers):
        self.send_response(status)
        for name, value in ({"Content_Length": len(body)} | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)


def whole(content=CONTENT, **headers):
    """A well-behaved server, which also gives parts."""

    def answer(request):
        asked = request.headers.get("Range")
        version = headers.get("ETag")
        if asked and request.headers.get("If-Range", version) == version:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                return request.send(416, Content_Range=f"bytes */{len(content)}")
            return request.send(
                206,
                content[start:],
                Content_Range=f"bytes {start}-{len(content) - 1}/{len(content)}",
                **headers,
            )
        request.send(200, content, **headers)

    return answer


def cutting(times, content=CONTENT, **headers):
    """Promises everything, and hangs up after a part of it, so many times."""

    def answer(request):
        if request.visits > times:
            return whole(content, **headers)(request)
        start = int(
            request.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
        )
        part = content[start : start + 1_000_000]
        if start:
            request.send(
                206,
                part,
                Content_Length=len(content) - start,
                Content_Range=f"bytes {start}-{len(content) - 1}/{len(content)}",
                **headers,
            )
        else:
            request.send(200, part, Content_Length=len(content), **headers)

    return answer


def failing(status, times=10**6, **headers):
    def answer(request):
        if request.visits > times:
            return whole()(request)
        request.send(status, b"no", **headers)

    return answer


def redirecting(target):
    return lambda request: request.send(302, Location=target)


@pytest.fixture
def server():
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def waits(monkeypatch):
    """How long it would have waited."""
    seconds = []
    monkeypatch.setattr(fetch.time, "sleep", seconds.append)
    return seconds


@pytest.fixture
def item(server, tmp_path):
    return Item("net.bin", tmp_path / "new" / "net.bin", (server.address(),), len(CONTENT), DIGEST)


def get(item):
    with fetch.open_client() as client:
        fetch.fetch_item(item, client)


def left_over(item):
    return sorted(path.name for path in item.path.parent.iterdir())


def ranges(server):
    return [headers.get("Range") for _, headers in server.seen]


def test_a_file_is_fetched_whole_and_nothing_else_is_left(server, item):
    server.answers["/file"] = whole()
    get(item)
    assert item.path.read_bytes() == CONTENT
    assert left_over(item) == ["net.bin"]


def test_a_cut_connection_goes_on_where_it_stopped(server, item, waits):
    server.answers["/file"] = cutting(2)
    get(item)
    assert item.path.read_bytes() == CONTENT
    assert ranges(server)[0] is None
    assert [int(r[6:-1]) > 0 for r in ranges(server)[1:]] == [
        True,
        True,
    ]
    assert len(waits) == 2


def test_the_next_run_goes_on_where_this_one_was_interrupted(server, item, waits, monkeypatch):
    server.answers["/file"] = cutting(1)
    monkeypatch.setattr(fetch, "TRIES", 1)
    monkeypatch.setattr(fetch, "_ENOUGH_TO_GO_ON", 10**9)
    with pytest.raises(FetchError, match=r"tried 1 times"):
        get(item)
    assert not item.path.exists()
    assert ".net.bin.partial" in left_over(item)
    get(item)
    assert item.path.read_bytes() == CONTENT
    assert left_over(item) == ["net.bin"]
    assert ranges(server)[1].startswith("bytes=")


def test_a_server_that_ignores_ranges_is_read_from_the_start(server, item, waits):
    def answer(request):
        if request.visits == 1:
            return cutting(1)(request)
        request.send(200, CONTENT)

    server.answers["/file"] = answer
    get(item)
    assert ranges(server)[1] is not None
    assert item.path.read_bytes() == CONTENT


def test_two_versions_of_a_file_are_never_joined(server, item, waits):
    """No digest is known, and the file changes between two tries: the ETag tells."""
    first, second = zip_of(b"first" * 400_000), zip_of(b"other" * 400_000)

    def answer(request):
        (cutting(1, first, ETag='"1"') if request.visits == 1 else whole(second, ETag='"2"'))(
            request
        )

    server.answers["/file"] = answer
    item = replace(item, path=item.path.with_suffix(".zip"), bytes=None, sha256=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "_look_into", lambda item: None)
        get(item)
    assert server.seen[1][1]["If-Range"] == '"1"'
    assert item.path.read_bytes() == second


def test_without_digest_and_version_a_download_starts_anew(server, item, waits):
    content = zip_of(b"first" * 400_000)
    server.answers["/file"] = cutting(1, content)
    item = replace(item, path=item.path.with_suffix(".zip"), bytes=None, sha256=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "_look_into", lambda item: None)
        get(item)
    assert ranges(server) == [None, None]
    assert item.path.read_bytes() == content


def zip_of(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", content)
    return buffer.getvalue()


def lying(length):
    return lambda request: request.send(200, CONTENT, Content_Length=length)


def other_part(request):
    if "Range" in request.headers:
        return request.send(
            206, CONTENT[5:], Content_Range=f"bytes 5-{len(CONTENT) - 1}/{len(CONTENT)}"
        )
    cutting(1)(request)


def endless(request):
    """No length, and more than was expected."""
    request.send_response(200)
    request.end_headers()
    for _ in range(3):
        request.wfile.write(CONTENT)


@pytest.mark.parametrize(
    ("answer", "message", "visits"),
    [
        (failing(403), "HTTP 403 Forbidden .*volume is spent", 1),
        (failing(404), "HTTP 404 Not Found .no longer there", 1),
        (failing(500), "HTTP 500 Internal Server Error .tried 5 times", 5),
        (failing(418), "HTTP 418", 1),
        (lying(len(CONTENT) + 5), "offers 3,072,005 bytes, and 3,072,000 are expected", 1),
        (lying(1000), "offers 1,000 bytes, and 3,072,000 are expected", 1),
        (whole(b"x" * len(CONTENT)), "sent another file, whose sha256 is [0-9a-f]{64}", 1),
        (whole(b"version https://git-lfs.github.com/spec/v1\n"), "offers 43 bytes", 1),
        (other_part, "another part of the file than was asked for", 2),
        (endless, "sends more than the 3,072,000 bytes", 1),
        (whole(Content_Encoding="gzip"), "another encoding", 1),
        (cutting(10**6, CONTENT[:0], Content_Length=len(CONTENT)), "tried 5 times", 5),
    ],
)
def test_a_failed_fetch_says_why_and_leaves_what_was_there(
    server, item, waits, answer, message, visits
):
    item.path.parent.mkdir()
    item.path.write_bytes(b"before")
    server.answers["/file"] = answer
    with pytest.raises(FetchError, match=f"127.0.0.1.*: .*{message}"):
        get(item)
    assert item.path.read_bytes() == b"before"
    assert len(server.seen) == visits


def test_waits_double_with_jitter_and_a_server_may_ask_for_more(server, item, waits):
    server.answers["/file"] = failing(503)
    with pytest.raises(FetchError):
        get(item)
    assert len(waits) == 4
    assert all(2**k / 2 <= seconds <= 2**k for k, seconds in enumerate(waits))
    waits.clear()
    server.seen.clear()
    server.answers["/file"] = failing(429, times=2, Retry_After=7)
    get(item)
    assert waits == [7, 7]
    server.seen.clear()
    waits.clear()
    server.answers["/file"] = failing(429, times=1, Retry_After=86_400)
    get(replace(item, path=item.path.with_name("again")))
    assert waits == [fetch.LONGEST_WAIT]


def test_a_server_that_is_not_there_is_tried_and_named(item, waits):
    with pytest.raises(FetchError, match="127.0.0.1:9/.*tried 5 times"):
        get(replace(item, addresses=("http://127.0.0.1:9/file",)))


def test_the_second_place_is_asked_when_the_first_fails(server, item):
    server.answers |= {"/gone": failing(404), "/file": whole()}
    get(replace(item, addresses=(server.address("/gone"), server.address())))
    assert item.path.read_bytes() == CONTENT
    assert [path for path, _ in server.seen] == [
        "/gone",
        "/file",
    ]


def test_a_leftover_of_another_file_costs_one_more_download_and_no_more(server, item):
    item.path.parent.mkdir()
    item.path.with_name(".net.bin.partial").write_bytes(b"something else")
    server.answers["/file"] = whole()
    get(item)
    assert item.path.read_bytes() == CONTENT
    assert ranges(server) == ["bytes=14-", None]


def test_a_leftover_longer_than_the_file_is_dropped(server, item, waits):
    item.path.parent.mkdir()
    item.path.with_name(".net.bin.partial").write_bytes(CONTENT + b"more")
    server.answers["/file"] = whole()
    get(item)
    assert item.path.read_bytes() == CONTENT


def test_redirects_are_followed_and_the_range_goes_with_them(server, item, waits):
    server.answers |= {"/file": redirecting("/there"), "/there": cutting(1)}
    get(item)
    assert item.path.read_bytes() == CONTENT
    assert [path for path, _ in server.seen] == ["/file", "/there"] * 2
    assert ranges(server)[3] is not None


def test_too_many_redirects_are_refused(server, item):
    server.answers["/file"] = redirecting("/file")
    with pytest.raises(FetchError, match="redirected more than 5 times"):
        get(item)
    assert len(server.seen) == 6


@pytest.mark.parametrize(
    "target", ["http://example.org/file", "file:///etc/hosts", "ftp://example.org/file"]
)
def test_a_redirect_from_https_to_less_is_refused(item, target):
    seen = []

    def answer(request):
        seen.append(str(request.url))
        return httpx.Response(302, headers={"Location": target})

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.raises(FetchError, match="refused: redirected"),
    ):
        fetch.fetch_item(replace(item, addresses=("https://example.org/file",)), client)
    assert seen == ["https://example.org/file"]


def test_a_full_disk_is_told_before_the_first_byte(server, item):
    with pytest.raises(FetchError, match="MB of disk free"):
        get(replace(item, bytes=10**15))
    assert server.seen == []


# ---------------------------------------------------------------- files without a published digest


def pt_file(tmp_path, value: float) -> bytes:
    torch.save({"a": torch.full((3,), value)}, tmp_path / "made.pt")
    return (tmp_path / "made.pt").read_bytes()


def test_the_digest_seen_first_is_recorded_and_compared(server, item, tmp_path):
    item = replace(item, path=item.path.with_suffix(".pt"), bytes=None, sha256=None)
    first = pt_file(tmp_path, 1)
    server.answers["/file"] = whole(first)
    get(item)
    assert item.record.read_text() == f"{hashlib.sha256(first).hexdigest()}  net.pt\n"
    item.path.unlink()
    get(item)
    assert item.is_whole()
    server.answers["/file"] = whole(pt_file(tmp_path, 2))
    with pytest.raises(
        FetchError, match="sent another file.*if it may have changed, remove .*sha256"
    ):
        get(item)
    assert item.path.read_bytes() == first
    item.record.unlink()
    get(item)
    assert item.path.read_bytes() != first
    assert item.is_whole()


def test_an_emptied_record_is_named(server, item, tmp_path):
    unknown = replace(item, sha256=None, bytes=None)
    unknown.path.parent.mkdir()
    unknown.record.write_text("")
    with pytest.raises(FetchError, match="holds no sha256; remove it"):
        get(unknown)


def test_an_archive_with_one_damaged_frame_is_not_taken(server, item, tmp_path):
    write_scene(tmp_path / "frames")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted((tmp_path / "frames").rglob("*--original.jpeg")):
            archive.write(path, path.name)
    content = bytearray(buffer.getvalue())
    content[500] ^= 255  # inside the first frame
    server.answers["/file"] = whole(bytes(content))
    unknown = replace(item, sha256=None, bytes=None, path=item.path.with_suffix(".zip"))
    with pytest.raises(FetchError, match="in it is damaged"):
        get(unknown)
    assert not unknown.path.exists()


def test_two_at_once_do_not_write_into_one_file(published, server, capsys):
    with alone_in(fetch.folder("weights")):
        assert cli.main(["fetch", "weights", "all"]) == 1
    assert "another cctview is writing into it" in capsys.readouterr().err
    assert server.seen == []


def test_a_part_that_ends_elsewhere_is_not_the_whole(server, item, waits):
    """A server that first says 3 MB in all, and after a cut that the whole is longer."""

    def answer(request):
        if request.visits == 1:
            return cutting(1, ETag='"a"')(request)
        start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        rest = CONTENT[start:]
        extent = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT) + 7}"
        request.send(206, rest, Content_Range=extent, ETag='"a"')

    server.answers["/file"] = answer
    with pytest.raises(FetchError, match=f"{len(CONTENT):,} bytes are here, and"):
        get(replace(item, bytes=None, sha256=None))


@pytest.mark.parametrize(
    "odd",
    [
        {"ETag": '"\u00e9"'},
        {"Set_Cookie": "a=\u00e9"},
        {"status": 302, "Location": "javascript:1"},
        {"status": 206, "Content_Range": f"bytes 0-1/{'9' * 5000}"},
    ],
)
def test_an_odd_header_is_an_error_that_names_the_address_or_nothing(server, item, waits, odd):
    status = odd.pop("status", None)

    def answer(request):
        if status and request.visits == 1:
            return request.send(status, CONTENT, **odd)
        return cutting(1, **odd)(request) if request.visits == 1 else whole(**odd)(request)

    server.answers["/file"] = answer
    if status:
        with pytest.raises(FetchError, match=server.address()):
            get(item)
    get(item)
    assert item.path.read_bytes() == CONTENT


def test_an_archive_whose_own_directory_lies_is_not_taken(server, item, tmp_path):
    write_scene(tmp_path / "scene")
    content = bytearray(zip_of(next((tmp_path / "scene").rglob("*original.jpeg")).read_bytes()))
    at = content.index(b"PK\5\6") + 16  # where the directory begins
    content[at : at + 4] = (2**31).to_bytes(4, "little")
    server.answers["/file"] = whole(bytes(content))
    item = replace(item, path=item.path.with_suffix(".zip"), bytes=None, sha256=None)
    with pytest.raises(FetchError, match="the server sent something else"):
        get(item)
    assert not item.path.exists()


@pytest.mark.parametrize("suffix", [".pt", ".zip"])
def test_a_page_of_text_is_not_taken_for_the_file(server, item, suffix):
    server.answers["/file"] = whole(b"<html>Please log in</html>")
    item = replace(item, path=item.path.with_suffix(suffix), bytes=None, sha256=None)
    with pytest.raises(FetchError, match="the server sent something else"):
        get(item)
    assert not item.path.exists()
    assert not item.record.exists()


# ---------------------------------------------------------------------- the command


@pytest.fixture
def published(server, tmp_path, monkeypatch):
    """A manifest of one weight file and one camera, on the server; an archive has a top folder, as
    GitHub's.
    """
    write_scene(tmp_path / "scene")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for path in (tmp_path / "scene").rglob("*.*"):
            file.write(
                path,
                f"cctview-data-frames--1-N-main/{path.relative_to(tmp_path / 'scene').as_posix()}",
            )
    server.answers |= {
        "/net.pt": whole(pt_file(tmp_path, 3)),
        "/1-N.zip": whole(archive.getvalue()),
    }
    entry = {
        "purpose": "for a test",
        "licence": "none",
        "bytes": None,
        "about": "3 kB",
        "sha256": None,
        "use": "use {path}",
    }
    manifest = {
        "weights": {"net.pt": entry | {"addresses": [server.address("/net.pt")]}},
        "frames": {"1-N": entry | {"file": "1-N.zip", "addresses": [server.address("/1-N.zip")]}},
    }
    monkeypatch.setattr(weights, "published", lambda: manifest)
    monkeypatch.setattr(fetch, "MODELS", tmp_path / "models")
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("CCTVIEW_DATA", str(tmp_path / "frames"))
    return tmp_path


@pytest.mark.parametrize("words", [[], ["weights"], ["frames"]])
def test_without_a_name_it_lists_and_fetches_nothing(published, server, capsys, words):
    assert cli.main(["fetch", *words]) == 0
    said = capsys.readouterr().out
    assert server.seen == []
    assert ("net.pt: not here, 3 kB" in said) == (words != ["frames"])


def test_weights_are_fetched_by_name_and_then_are_here(published, server, capsys):
    assert cli.main(["fetch", "weights", "net.pt"]) == 0
    path = published / "models" / "originals" / "net.pt"
    said = capsys.readouterr().out
    assert f"3 kB, to {path}, from\n    {server.address('/net.pt')}" in said
    assert f"use {path}" in said
    assert weights.load_state(path)["a"].tolist() == [3, 3, 3]
    assert cli.main(["fetch", "weights", "all"]) == 0
    assert "already here and whole" in capsys.readouterr().out
    assert len(server.seen) == 1
    path.write_bytes(b"damaged")
    assert cli.main(["fetch", "weights", "net.pt"]) == 0
    assert fetch.choose("weights", ["net.pt"])[0].is_whole()


def test_frames_are_read_from_the_archive_without_unpacking(published):
    assert cli.main(["fetch", "frames", "1-N"]) == 0
    dataset = open_dataset(published / "frames")
    assert len(dataset.frames) == 2
    assert len(dataset.detections) == 6
    assert dataset.problems == []


def test_a_failure_is_told_and_the_others_go_on(published, server, capsys):
    server.answers["/net.pt"] = failing(404)
    manifest = weights.published()
    manifest["weights"]["second.pt"] = manifest["weights"]["net.pt"] | {
        "addresses": [server.address("/second")]
    }
    server.answers["/second"] = whole(pt_file(published, 4))
    assert cli.main(["fetch", "weights", "all"]) == 1
    said = capsys.readouterr()
    assert "net.pt: http" in said.err
    assert "HTTP 404" in said.err
    assert "second.pt: fetched" in said.out


def test_an_unknown_name_lists_those_there_are(published, capsys):
    assert cli.main(["fetch", "weights", "other.pt"]) == 1
    assert "no weights are called other.pt; there are: net.pt" in capsys.readouterr().err


def test_zips_never_join_a_folder_of_other_things(published, capsys):
    (published / "frames").mkdir()
    (published / "frames" / "own--original.jpeg").write_bytes(b"")
    assert cli.main(["fetch", "frames", "1-N"]) == 1
    assert "is no folder of zips; set it to a new folder, or unset it" in capsys.readouterr().err


# ---------------------------------------------------------------------- the manifest itself


def test_the_manifest_names_only_public_places_over_https():
    published = weights.published()
    entries = {**published["weights"], **published["frames"]}
    assert len(published["weights"]) == 5
    assert len(published["frames"]) == 6
    for name, entry in entries.items():
        for address in entry["addresses"]:
            parts = urlsplit(address)
            assert (parts.scheme, parts.query) == ("https", "")
            assert parts.netloc in ("github.com", "media.githubusercontent.com")
            assert name in parts.path
        assert (entry["bytes"] is None) == (entry["sha256"] is None) == ("about" in entry)
        assert entry["licence"]
        assert entry["digest_from"]
        assert "{path}" in entry["use"]


def test_torch_hubs_rule_holds_for_the_name_of_retinanet():
    """The eight hexadecimal digits in the name are the digest's first."""
    name = "retinanet_resnet50_fpn_coco-eeacb38b.pth"
    assert weights.published()["weights"][name]["sha256"].startswith("eeacb38b")
