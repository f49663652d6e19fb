"""`workshop.py site`: the course's pages without a set-up, for this computer or a room."""

import hashlib
import http.client
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

import workshop
from cctview.dataset import Dataset
from studio import __main__ as studio
from tests.browsing import browsing


@pytest.mark.browser
def test_the_download_and_a_browser_are_enough_to_follow_a_vehicle():
    """`python -m studio cameras` makes the page."""
    assert f"`notebooks/{workshop.QUICK.name}`" in (workshop.ROOT / "README.md").read_text("utf-8")
    address, asked, errors = workshop.QUICK.as_uri(), [], []
    with browsing() as browser:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.on("request", lambda one: asked.append(one.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(address)
        assert page.get_by_role("heading", level=1).is_visible()
        page.locator(".box:visible:enabled").first.click()
        page.get_by_role("button", name="Turn over the truth").wait_for()
        assert page.locator("li:visible").count() == 5  # the other cameras
    assert errors == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def test_the_page_in_the_download_is_what_the_data_and_the_code_give(tmp_path, monkeypatch):
    """But for the bytes of its pictures, which libraries encode in ways of their own: they are left
    black here, which is sooner done.
    """
    black = np.zeros((240, 352, 3), np.uint8)
    monkeypatch.setattr(Dataset, "image", lambda *_: black)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(studio, "ROOT", tmp_path)
    studio.main(["cameras"])
    made = (tmp_path / "notebooks" / workshop.QUICK.name).read_text("utf-8")
    kept, now = (
        re.sub(r"data:image/\w+;base64,[\w+/=]+", "", page)
        for page in (workshop.QUICK.read_text("utf-8"), made)
    )
    fits = kept == now  # pytest would compare a megabyte line by line
    assert fits, "run `python -m studio cameras`"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A small site, and around it what must not be shown."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.html").write_text("secret")
    folder = outside / "site"
    (folder / "kept").mkdir(parents=True)
    (folder / "index.html").write_text("the course")
    (folder / "00-the-end.html").write_text("lesson")
    (folder / "kept" / "a1.webp").write_bytes(b"picture")
    (folder / ".hidden.html").write_text("hidden")
    (folder / "notes.txt").write_text("of no kind that is shown")
    if os.name != "nt":
        (folder / "link.html").symlink_to(outside / "secret.html")
        (folder / "up").symlink_to(outside)
    return folder


@contextmanager
def served(folder, address="127.0.0.1"):
    server, _ = workshop.make_server(folder, address)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(port, path, method="GET", host=None):
    """The status and the body of one request, whose path is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


SHOWN = ["/", "/index.html", "/00-the-end.html", "/00-the-end.html?x=1", "/kept/a1.webp"]
REFUSED = [
    *("/../secret.html", "/..%2fsecret.html", "/%2e%2e/secret.html", "/kept/../../secret.html"),
    *("//etc/passwd", "/link.html", "/up/secret.html", "/.hidden.html", "/notes.txt", "/kept/"),
    *("/kept", "/nowhere.html", "/index.html%00.png", "/..\\secret.html", "/C:/index.html", "/%"),
    *("/index.html/", "/./index.html", "/%c0%ae%c0%ae/secret.html", "http://127.0.0.1/index.html"),
]


def test_it_shows_the_site_and_nothing_else(site):
    with served(site) as port:
        for path in SHOWN:
            assert ask(port, path)[0] == 200, path
        assert ask(port, "/") == (200, b"the course")
        assert ask(port, "/", "HEAD") == (200, b"")
        for path in REFUSED:
            status, body = ask(port, path)
            assert status == 404, path
            assert b"secret" not in body or b"secret.html" in path.encode(), path


def test_it_changes_nothing_and_answers_to_its_own_name_alone(site):
    before = sorted((path, path.stat().st_mtime_ns) for path in site.rglob("*.html"))
    with served(site) as port:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "X"):
            assert ask(port, "/index.html", method)[0] == 501, method
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}"):
            assert ask(port, "/", host=host)[0] == 421, host
        assert ask(port, "/", host=f"localhost:{port}")[0] == 200
    assert before == sorted((path, path.stat().st_mtime_ns) for path in site.rglob("*.html"))


def test_a_port_that_is_taken_is_passed_over(site):
    with served(site) as first, served(site) as second:
        assert first != second
        assert ask(second, "/")[0] == 200


def test_without_packages_the_first_page_is_there_in_seconds(site, tmp_path):
    """A folder with workshop.py alone, and a Python that sees no packages."""
    shutil.copy(workshop.__file__, tmp_path)
    command = [sys.executable, "-I", "-S", "-u", "workshop.py", "site", "--no-browser"]
    begin = time.monotonic()
    process = subprocess.Popen(
        [*command, "--folder", str(site)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        address = next(line.strip() for line in process.stdout if "http://127" in line)
        assert urllib.request.urlopen(address, timeout=10).read() == b"the course"
        assert time.monotonic() - begin < 10
    finally:
        process.terminate()
        process.wait()
    assert not (tmp_path / ".venv").exists()


def test_without_a_site_it_shows_the_cameras_or_says_how_to_make_one(tmp_path, monkeypatch, capsys):
    page = tmp_path / "cameras.html"
    page.write_text("cameras")
    shown = []

    def serve(folder, address):
        shown.append((folder / "index.html").read_text())
        raise KeyboardInterrupt

    monkeypatch.setattr(workshop, "SITE", tmp_path / "site")
    monkeypatch.setattr(workshop, "QUICK", page)
    monkeypatch.setattr(workshop, "make_server", serve)
    with pytest.raises(KeyboardInterrupt):
        workshop.main(["site", "--no-browser"])
    assert shown == ["cameras"]
    assert "no site here yet" in capsys.readouterr().out
    page.unlink()
    with pytest.raises(workshop.Problem, match="cctview site"):
        workshop.main(["site"])


def test_a_site_of_other_data_is_shown_and_named(site, tmp_path, monkeypatch, capsys):
    def serve(folder, address):
        raise KeyboardInterrupt

    record, mark = tmp_path / "made.json", site / "cctview-site.json"
    record.write_text("made today")
    monkeypatch.setattr(workshop, "RECORD", record)
    monkeypatch.setattr(workshop, "make_server", serve)
    for made, named in (("made today", False), ("made before", True)):
        digest = hashlib.sha256(made.encode()).hexdigest()
        mark.write_text(json.dumps({"pages": [], "data_sha256": digest}))
        with pytest.raises(KeyboardInterrupt):
            workshop.main(["site", "--no-browser", "--folder", str(site)])
        assert ("shows older data than the course" in capsys.readouterr().out) == named


def read_qr(lines, damage=0):
    """What OpenCV reads in a QR code that a terminal shows, of which a square is wrong."""
    modules = [[n // 2 for n in map(" ▄▀█".index, line[2:])] for line in lines]
    below = [[n % 2 for n in map(" ▄▀█".index, line[2:])] for line in lines]
    dark = np.array(list(itertools.chain(*zip(modules, below, strict=True))), bool)
    dark[16 : 16 + damage, 16 : 16 + damage] ^= True
    picture = np.kron(np.where(dark, 0, 255).astype(np.uint8), np.ones((8, 8), np.uint8))
    return cv2.QRCodeDetector().detectAndDecode(picture)[0]


def test_a_phone_reads_the_address_in_the_code():
    for address in ("http://10.0.0.7:8000/", "http://255.255.255.255:65535/", "http://1.2.3.4:80/"):
        lines = workshop.qr_lines(address)
        assert read_qr(lines) == address
        assert read_qr(lines, damage=4) == address  # its errors are corrected
        assert read_qr(lines, damage=9) != address


def test_it_asks_no_name_server_for_its_own_name(site, monkeypatch):
    """In a room without the Internet the answer would take ten seconds not to come."""
    monkeypatch.setattr(socket, "getfqdn", lambda *_: pytest.fail("a name was looked up"))
    with served(site) as port:
        assert ask(port, "/") == (200, b"the course")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces are Linux's")
def test_a_room_reads_the_pages_over_its_own_network(site):
    """Two network namespaces with a cable between them, and no other network: one serves, one
    reads."""
    if not shutil.which("ip") or os.geteuid() != 0:
        pytest.skip("needs `ip` and root, to make network namespaces")
    names = [f"cctview-{end}-{os.getpid()}" for end in "ab"]
    cable = [f"cc{end}{os.getpid() % 100000}" for end in "ab"]

    def ip(*words):
        return subprocess.run(["ip", *words], capture_output=True, text=True)

    try:
        for name in names:
            if ip("netns", "add", name).returncode:
                pytest.skip("this computer lets nobody make network namespaces")
        ip("link", "add", cable[0], "type", "veth", "peer", "name", cable[1])
        for number, (name, end) in enumerate(zip(names, cable), start=1):
            ip("link", "set", end, "netns", name)
            ip("-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", end)
            ip("-n", name, "link", "set", end, "up")
            ip("-n", name, "route", "add", "default", "via", f"10.77.0.{3 - number}")
        command = ["ip", "netns", "exec", names[0], sys.executable, "-u", workshop.__file__, "site"]
        process = subprocess.Popen(
            [*command, "--lan", "--no-browser", "--folder", str(site)],
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        try:
            address = next(line.strip() for line in process.stdout if "http://" in line)
            assert address.startswith("http://10.77.0.1:")
            code = [line.rstrip("\n") for line in itertools.islice(process.stdout, 17)]
            assert read_qr(code) == address
            fetch = f"import urllib.request as u; print(u.urlopen('{address}', timeout=9).read())"
            reader = ["ip", "netns", "exec", names[1], sys.executable, "-c", fetch]
            done = subprocess.run(reader, capture_output=True, text=True)
            assert "the course" in done.stdout, done.stderr
        finally:
            process.terminate()
            process.wait()
    finally:
        for name in names:
            ip("netns", "del", name)


def test_loopback_is_all_it_takes_unless_it_is_told_otherwise(site):
    with served(site) as port, socket.socket() as probe:
        try:
            address = workshop.room_address()
        except workshop.Problem:
            pytest.skip("this computer is in no network")
        probe.settimeout(5)
        assert probe.connect_ex((address, port)) != 0
