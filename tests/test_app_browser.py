"""`cctview app` in a real browser, from camera to dossier to deletion; on this computer alone, and
gone after Ctrl-C.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.browsing import ROOT, browsing, open_page, serious

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process"),
]

BLOCKED = "Content Security Policy"
"""What Voilà's template asks other servers for, and the page's policy forbids."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The command on the six frames of `sample/`: its process and its address."""
    pytest.importorskip("voila", reason="Voilà is not installed")
    home = tmp_path_factory.mktemp("app")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(home),
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [sys.executable, "-m", "cctview", "app", str(ROOT / "sample"), "--no-browser"]
    with open(home / "log", "w") as log:
        options = {
            "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        }  # in the background it would be ignored
        server = subprocess.Popen(
            command,
            cwd=home,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            **options,
        )
    try:
        yield server, re.search(r"http://\S+", server.stdout.readline())[0], home
    finally:
        server.kill()


def test_from_camera_to_dossier_to_deletion(served):
    server, address, home = served
    with browsing() as browser:
        page, errors = open_page(browser)
        asked = []
        page.on("requestfinished", lambda request: asked.append(request.url))
        wait_until_listening(server)
        page.goto(address)
        box = page.locator(".cctview-camera .box:visible").last
        box.wait_for()
        page.locator("text=kept in memory only").first.wait_for()
        box.click()
        page.locator("table.dossier", has_text="vehicle 1, no name").wait_for()
        page.locator(".cctview-camera .cards .of").nth(2).wait_for()  # candidates, camera by camera
        assert page.get_by_role("button", name="Save").is_disabled()
        page.get_by_role("button", name="Delete this dossier").click()
        page.locator("text=the same click builds it again").wait_for()
        page.wait_for_function(
            "() => !document.querySelector('table.dossier, .cctview-camera .cards li')"
        )
        assert [error for error in serious(errors) if BLOCKED not in error] == []
        assert {url.split("/")[2].partition(":")[0] for url in asked if url.startswith("http")} == {
            "127.0.0.1"
        }
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    open_to = [
        c.laddr.ip
        for of in family
        for c in of.net_connections("inet")
        if c.status == psutil.CONN_LISTEN
    ]
    assert set(open_to) == {"127.0.0.1"}
    for path in (
        "",
        "api/kernels",
        "api/contents",
    ):  # without the token one gets no further than a form that asks for it
        assert (
            "/login?"
            in urllib.request.urlopen(address.partition("?")[0] + path, timeout=30).geturl()
        )
    server.send_signal(signal.SIGINT)
    assert server.wait(30) == 0
    assert not [path for path in Path(home).iterdir() if path.name.startswith("cctview-app-")]


def wait_until_listening(server):
    """Return once the server accepts connections."""
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        if any(
            c.status == psutil.CONN_LISTEN
            for c in psutil.Process(server.pid).net_connections("inet")
        ):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.2)
    raise AssertionError("the server does not listen")
