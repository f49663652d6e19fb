"""``cctview app``: the operator's page (`cctview.investigate.app`) by Voilà, on this computer.

Voilà shows a notebook of one cell, made in a temporary folder: a page without the lesson's prose,
and without any code. It listens on the loopback address only, asks for a token, and the page loads
nothing from anywhere else. Each page has a kernel, a Python process that holds what the page
shows; it ends when the page is closed or loaded again, and `LEFT` seconds after a browser died.
Nothing in the working folder, and none of the user's settings of Jupyter and IPython, is read.
"""

import argparse
import html
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cctview.dataset import DATA, alone_in

if TYPE_CHECKING:
    from cctview.dataset import Dataset

LEFT = 30
"""Seconds for which a kernel waits for a browser that has gone without a word."""
_HOST = "127.0.0.1"
_NOT_VOILAS = "jupyterlab-jupytext"  # of JupyterLab's extensions the one that cannot run in Voilà
_TEMPLATE = "cctview"
_PREFIX = "cctview-app-"
_FRESH = 60  # s: a folder that is younger may be of a server that is just starting
_OBEYED = ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "PYTHONSTARTUP")
"""Variables that name somebody else's files, which Jupyter or IPython would run."""
_CELL = """from cctview.course.app import open_app
open_app(folder={folder!r}, found={found!r})"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `cctview app` takes."""
    words = "frames to search (default: CCTVIEW_DATA, or the simulated minutes)"
    parser.add_argument("folder", type=Path, nargs="?", help=words)
    parser.add_argument("--port", type=int, help="on this computer (default: any that is free)")
    words = "print the address instead of opening it"
    parser.add_argument("--no-browser", action="store_true", help=words)
    themes = ("light", "dark")
    parser.add_argument("--theme", choices=themes, default="light", help="(default: %(default)s)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C.

    Raises a FileNotFoundError if there is no such folder, or no frame in it, a ValueError if the
    port is taken or there is no vehicle in these frames, and an ImportError if Voilà is not
    installed.
    """
    from cctview.pipeline import keep

    try:
        from tornado.ioloop import IOLoop
        from voila.app import Voila
    except ImportError as error:
        raise ImportError(
            f"{error}; the app needs Voilà: `python3 workshop.py` installs it"
        ) from None
    named = options.folder or Path(os.environ.get("CCTVIEW_DATA") or DATA)
    if named != DATA:
        os.environ["CCTVIEW_DATA"] = str(named.resolve())
    own = None if (named / "truth").is_dir() else _prepare(named)
    port, token = pick_port(options.port), secrets.token_hex(24)
    clear_killed()
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder, alone_in(Path(folder)):
        place = Path(folder)
        if own is not None:
            keep(own, place)
        notebook, address = write_page(place, Path.cwd()), f"http://{_HOST}:{port}/?token={token}"
        print(f"The operator's page: {address}", flush=True)
        words = "It listens on this computer only. It shows after some seconds. Ctrl-C ends it."
        print(words, flush=True)
        with own_settings(place):
            server = Voila(config_file_paths=[])
            server.tornado_settings = protection(port)
            server.initialize(settings(notebook, port, token, options.theme))
            if not options.no_browser:  # once it listens; Voilà itself would leave the token out
                door = write_door(place, address)
                IOLoop.current().add_callback(webbrowser.open, door.as_uri())
            server.start()
    return 0


def _prepare(folder: Path) -> "Dataset":
    """The frames of a folder with their vehicles: whatever is wrong with them is said here."""
    from cctview.dataset import open_dataset
    from cctview.pipeline import complete, require_vehicles

    dataset = open_dataset(folder)
    complete(dataset)
    require_vehicles(dataset)
    for problem in dataset.problems:
        print(f"skipped: {problem}", file=sys.stderr)
    return dataset


def clear_killed() -> None:
    """Remove the folders of servers that were killed: they hold what was found in frames."""
    for place in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if place.is_symlink() or time.time() - place.stat().st_mtime < _FRESH:
                continue
            with alone_in(place):
                pass
        except (ValueError, OSError):  # its server runs, or it is another user's
            continue
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def own_settings(place: Path) -> Iterator[None]:
    """Let Jupyter and IPython find their settings in a folder of ours, and nowhere else; what they
    write meanwhile is there too.
    """
    before, temporary = dict(os.environ), place / "temporary"
    temporary.mkdir()
    template = place / "data" / "voila" / "templates" / _TEMPLATE
    shutil.copytree(Path(__file__).parent / "page", template)
    (template / "conf.json").write_text('{"base_template": "lab"}')
    os.environ |= {
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_DATA_DIR": str(place / "data"),
        "JUPYTER_RUNTIME_DIR": str(place / "runtime"),
        "IPYTHONDIR": str(place / "ipython"),
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
    }
    tempfile.tempdir = str(temporary)
    for name in _OBEYED:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        tempfile.tempdir = None
        os.environ.clear()
        os.environ.update(before)


def settings(notebook: Path, port: int, token: str, theme: str) -> list[str]:
    """Voilà's settings, as it would take them on a command line; they are on none."""
    import zmq

    words = [
        str(notebook),
        f"--Voila.ip={_HOST}",
        f"--Voila.port={port}",
        "--Voila.port_retries=0",
        f"--Voila.token={token}",
        "--Voila.open_browser=False",
        "--Voila.log_level=ERROR",
        f"--VoilaConfiguration.template={_TEMPLATE}",
        f"--VoilaConfiguration.theme={theme}",
        f"--VoilaConfiguration.extension_denylist={_NOT_VOILAS}",
        "--MappingKernelManager.cull_connected=False",
        f"--MappingKernelManager.cull_idle_timeout={LEFT}",
        "--MappingKernelManager.cull_interval=5",
    ]
    if zmq.has("curve"):  # without it the kernel warns that it can be listened to
        words.append("--KernelManager.transport_encryption=auto")
    return words


def protection(port: int) -> dict:
    """Settings of the web server: what a browser may load, which is from this server alone.

    When a page is closed, its last message ends its kernel. Voilà's page sends that message without
    the token against forged requests (XSRF), so the check would refuse it; a forged request would
    need the page's cookie and the kernel's random name.
    """
    policy = (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src"
        " 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src"
        f" 'self' ws://{_HOST}:{port} data: blob:; worker-src 'self' blob:; object-src 'none';"
        " base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )
    return {
        "headers": {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"},
        "disable_check_xsrf": True,
        "ws_ping_interval": 0,  # on one computer a lost connection is seen; a slow page is not lost
        "allow_remote_access": False,
    }


def write_door(place: Path, address: str) -> Path:
    """Write a file that leads to the page: the browser's command line, which every user of the
    computer can read, then names the file, and not the token.
    """
    path = place / "open.html"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(
            '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh"'
            f' content="0; url={html.escape(address)}"><title>CCTView</title>'
        )
    return path


def write_page(place: Path, folder: Path) -> Path:
    """Write the notebook that Voilà shows: its page saves files into `folder`."""
    import nbformat

    cell = nbformat.v4.new_code_cell(_CELL.format(folder=str(folder), found=str(place)))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "title": "CCTView"}
    path = place / "CCTView.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=metadata), path)
    return path


def pick_port(wanted: int | None = None) -> int:
    """The wanted port on the loopback address (a ValueError if it is taken), or any free one."""
    with socket.socket() as probe:
        try:
            probe.bind((_HOST, wanted or 0))
        except (OSError, OverflowError) as error:
            raise ValueError(
                f"port {wanted} cannot be used ({error}); choose another, or leave --port out"
            ) from None
        return probe.getsockname()[1]
