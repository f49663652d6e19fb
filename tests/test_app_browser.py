"""`cctview app` in a real browser, from camera to dossier to deletion; on this computer alone, and
gone after Ctrl-C.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from cctview.investigate.server import LEFT
from tests.browsing import PATIENCE, ROOT, browsing, open_page, serious

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process"),
]

RELOADS = int(os.environ.get("CCTVIEW_RELOADS", "1"))

RAN = """import pathlib
pathlib.Path({place!r}).touch()
"""
"""What nobody should run: it leaves a file."""


def set_traps(home):
    """Files of other people where Python, Voilà, Jupyter and IPython look for settings; returns the
    variables that lead there, and the folder in which each leaves a file when it is obeyed.
    """
    ran = home / "ran"
    ran.mkdir()
    places = {
        "frames/voila.py": "voila",
        "frames/numpy.py": "numpy",
        "frames/jupyter_config.py": "working-folder",
        ".jupyter/voila.py": "user",
        ".jupyter/jupyter_config.py": "jupyter",
        ".ipython/profile_default/ipython_config.py": "ipython",
        ".ipython/profile_default/startup/00.py": "startup",
        "start.py": "python-startup",
    }
    for path, name in places.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(RAN.format(place=str(ran / name)))
    for name in ("lab", "cctview"):
        template = home / "jupyter" / "voila" / "templates" / name / "index.html.j2"
        template.parent.mkdir(parents=True)
        template.write_text("somebody else's page")
    kernel = home / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('{"argv": ["false"], "display_name": "x", "language": "python"}')
    browser = home / "browser"
    browser.write_text('#!/bin/sh\necho "$@" > "$HOME/opened"\n')
    browser.chmod(0o700)
    return {
        "HOME": str(home),
        "BROWSER": str(browser),
        "JUPYTER_PATH": str(home / "jupyter"),
        "JUPYTER_DATA_DIR": str(home / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "PYTHONSTARTUP": str(home / "start.py"),
    }


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The command on the six frames of `sample/`: its process, its address, and its home, where
    other people's files lie in wait.
    """
    pytest.importorskip("voila", reason="Voilà is not installed")
    tmp_path = tmp_path_factory.mktemp("app")
    (tmp_path / "temporary").mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "temporary")}
    environment |= set_traps(tmp_path)
    command = [sys.executable, "-m", "cctview", "app", str(ROOT / "sample")]
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(
            command,
            cwd=tmp_path / "frames",
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            # in the background it would be ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        yield server, re.search(r"http://\S+", server.stdout.readline())[0], tmp_path
    finally:
        server.kill()


ELSEWHERE = """() => new Promise(resolve => {
  document.addEventListener("securitypolicyviolation", event => resolve(event.violatedDirective));
  new WebSocket("ws://127.0.0.2:9").onopen = () => resolve("open");
})"""


def test_a_page_has_one_kernel_which_ends_with_it(served):
    server, address, _ = served
    wait_until_listening(server)
    with browsing() as browser:
        window = browser.new_context()
        window.set_default_timeout(1000 * PATIENCE)
        other, page = window.new_page(), window.new_page()
        page.goto(address)
        for _ in range(RELOADS):
            page.locator(".cctview-camera .box:visible").last.wait_for()
            assert len(kernels(server)) == 1
            page.reload()
        page.locator(".cctview-camera .box:visible").last.wait_for()
        assert len(kernels(server)) == 1
        page.close(run_before_unload=True)
        assert end(kernels(server), 15, lambda: other.wait_for_timeout(200))


@pytest.fixture(scope="module")
def abandoned(served):
    """The kernel of a page that was closed without a last word, as when a browser dies; and by when
    it must have ended.
    """
    server, address, _ = served
    wait_until_listening(server)
    with browsing() as browser:
        page, _ = open_page(browser)
        page.goto(address)
        page.locator(".cctview-camera .box:visible").last.wait_for()
        (kernel,) = kernels(server)
        page.close()
    return kernel, time.monotonic() + LEFT + 20


def test_from_camera_to_dossier_to_deletion_and_the_end(served, abandoned):
    server, address, home = served
    with browsing() as browser:
        page, errors = open_page(browser)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        wait_until_listening(server)
        page.goto(address)
        box = page.locator(".cctview-camera .box:visible").last
        box.wait_for()
        page.locator("text=kept in memory only").first.wait_for()
        box.click()
        page.locator("table.dossier", has_text="vehicle 1, no name").wait_for()
        page.locator(".cctview-camera .cards .of").nth(2).wait_for()  # candidates, camera by camera
        assert page.get_by_role("button", name="Save").is_disabled()
        page.get_by_text("How the system searches").click()
        ranked, readout = page.get_by_label("ranked by"), page.locator(".cctview-panel output")
        shown = []
        for ranking in ("minimal cosine", "Euclidean", "minimal cosine"):
            option = ranked.locator("option", has_text=ranking).first
            ranked.select_option(label=option.text_content().strip())
            page.wait_for_timeout(1000)  # in which a browser would have sent back what it clamped
            shown.append(readout.all_text_contents())
        assert shown[0] == shown[2] != shown[1]
        page.get_by_role("button", name="Delete this dossier").click()
        page.locator("text=the same click builds it again").wait_for()
        page.wait_for_function(
            "() => !document.querySelector('table.dossier, .cctview-camera .cards li')"
        )
        assert serious(errors) == []
        assert {url.split("/")[2].partition(":")[0] for url in asked if url.startswith("http")} == {
            "127.0.0.1"
        }
        assert page.evaluate(ELSEWHERE) == "connect-src"
    kernel, latest = abandoned
    assert end([kernel], latest - time.monotonic(), lambda: time.sleep(0.2))
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    open_to = set()
    for of in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
            connections = of.net_connections("inet")
            open_to |= {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}
    assert open_to == {"127.0.0.1"}
    for path in (
        "",
        "api/kernels",
        "api/contents",
    ):  # without the token one gets no further than a form that asks for it
        assert (
            "/login?"
            in urllib.request.urlopen(address.partition("?")[0] + path, timeout=30).geturl()
        )
    by_another_name = urllib.request.Request(address, headers={"Host": "example.org"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(by_another_name, timeout=30)
    assert not list((home / "ran").iterdir()), "somebody else's settings were obeyed"
    door = Path(
        urllib.request.url2pathname((home / "opened").read_text().strip()[len("file://") :])
    )
    assert address in door.read_text()
    assert [path.stat().st_mode & 0o777 for path in (door, door.parent)] == [0o600, 0o700]
    token = address.partition("token=")[2]
    assert not any(token in word for of in family if of.is_running() for word in of.cmdline())
    server.send_signal(signal.SIGINT)
    assert server.wait(30) == 0
    assert list((home / "temporary").iterdir()) == []
    assert not re.search("eavesdropping|xsrf|ping", (home / "log").read_text())


def kernels(server):
    """The Python processes of the pages."""
    return [one for one in psutil.Process(server.pid).children(recursive=True) if is_kernel(one)]


def is_kernel(process):
    """Whether a process is a kernel, and has not ended."""
    with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile, or is a zombie
        return "ipykernel_launcher" in process.cmdline()
    return False


def end(kernels, seconds, pause):
    """Whether all of these end within so many seconds."""
    until = time.monotonic() + seconds
    while any(map(is_kernel, kernels)) and time.monotonic() < until:
        pause()
    return not any(map(is_kernel, kernels))


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
