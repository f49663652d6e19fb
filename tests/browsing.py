"""JupyterLab on a free port of this computer, and a browser that looks at it."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 90  # s that a server may take to start
HARMLESS = ("favicon.ico", "ResizeObserver loop", "cdn.jsdelivr.net", "Canceled future")
"""Complaints of pages that are not about our code. Voilà's template looks for its icons there."""


@contextmanager
def browsing():
    """A browser; skips the test if CCTVIEW_CHROMIUM names no Chromium, none is on the path, and
    Playwright has none of its own.
    """
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with api.sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        path = next(
            filter(
                None,
                [
                    os.environ.get("CCTVIEW_CHROMIUM"),
                    *map(shutil.which, NAMES),
                    own.exists() and own,
                ],
            ),
            None,
        )
        if path is None:
            pytest.skip(
                "no Chromium: install it (apt-get install chromium), or name one in"
                " CCTVIEW_CHROMIUM"
            )
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser, width=1280, height=800):
    """A page of its own, and a list that collects the errors of its console."""
    page, errors = browser.new_page(viewport={"width": width, "height": height}), []
    page.set_default_timeout(1000 * PATIENCE)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            errors.append(f"{message.text} {message.location}") if message.type == "error" else None
        ),
    )
    return page, errors


def serious(errors):
    """The errors without those that every page has."""
    return [error for error in errors if not any(harmless in error for harmless in HARMLESS)]


def write_notebook(path, *cells):
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
    }
    nbformat.write(notebook, path)


@contextmanager
def serving(folder):
    """Run JupyterLab on a folder; yields a function from a notebook's name to its address."""
    token, port = secrets.token_hex(16), _free_port()
    home = Path(folder) / ".jupyter"
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [
        "jupyterlab",
        "--no-browser",
        f"--ServerApp.port={port}",
        f"--IdentityProvider.token={token}",
        "--allow-root",
        "--ServerApp.root_dir=.",
        "--LabApp.extension_manager=readonly",
        "--LabApp.expose_app_in_browser=True",
    ]
    with open(home / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, env=environment, stdout=log, stderr=log
        )
    root = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{root}/api/status?token={token}", server, home / "server.log")
        yield lambda name: f"{root}/lab/tree/{name}?token={token}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def run_all(page, address):
    """Open a notebook in JupyterLab and run it all; returns when its last cell has run."""
    page.goto(address)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.wait_for_function("""() => {
            const kernel = window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
            return kernel?.connectionStatus === "connected" && kernel.status === "idle";
        }""")
    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    cells = "window.jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model)"
    page.wait_for_function(
        f"() => {cells}.every((cell) => cell.type !== 'code' || cell.executionCount)"
    )


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address, server, log):
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"the server did not start; its log ends with:\n{log.read_text()[-2000:]}")
