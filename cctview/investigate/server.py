"""``cctview app``: the operator's page (`cctview.investigate.app`) by Voilà, on this computer.

Voilà shows a notebook of one cell, made in a temporary folder: a page without the lesson's prose,
and without any code. It listens on the loopback address only, asks for a token, and the page may
load nothing from anywhere else.
"""

import argparse
import os
import secrets
import socket
import tempfile
import webbrowser
from pathlib import Path

from cctview.dataset import DATA

_HOST = "127.0.0.1"
_NOT_VOILAS = "jupyterlab-jupytext"  # of JupyterLab's extensions the one that cannot run in Voilà
NOTHING_ELSE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self'"
    " 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws:"
    " wss: data: blob:; worker-src 'self' blob:; frame-ancestors 'none'"
)
"""What the browser may load: from this server only."""
_CELL = """from cctview.course.app import open_app
open_app(folder={folder!r})"""


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
    port is taken, and an ImportError if Voilà is not installed.
    """
    from cctview.dataset import open_dataset

    try:
        from tornado.ioloop import IOLoop
        from voila.app import Voila
    except ImportError as error:
        raise ImportError(
            f"{error}; the app needs Voilà: `python3 workshop.py` installs it"
        ) from None
    if options.folder is not None:
        os.environ["CCTVIEW_DATA"] = str(options.folder.resolve())
    open_dataset(os.environ.get("CCTVIEW_DATA") or DATA)  # a folder that will not do: said here
    port, token = pick_port(options.port), secrets.token_hex(24)
    with tempfile.TemporaryDirectory(prefix="cctview-app-") as place:
        notebook = write_page(Path(place), Path.cwd())
        address = f"http://{_HOST}:{port}/?token={token}"
        print(f"The operator's page: {address}", flush=True)
        words = "It listens on this computer only. It shows after some seconds. Ctrl-C ends it."
        print(words, flush=True)
        server = Voila()
        server.tornado_settings = {"headers": {"Content-Security-Policy": NOTHING_ELSE}}
        server.initialize(settings(notebook, port, token, options.theme))
        if not options.no_browser:  # once it listens; Voilà itself would leave the token out
            IOLoop.current().add_callback(webbrowser.open, address)
        server.start()
    return 0


def settings(notebook: Path, port: int, token: str, theme: str) -> list[str]:
    """Voilà's command line, which outranks whatever configuration this computer has."""
    return [
        str(notebook),
        f"--Voila.ip={_HOST}",
        f"--Voila.port={port}",
        "--Voila.port_retries=0",
        f"--Voila.token={token}",
        "--Voila.open_browser=False",
        "--Voila.log_level=ERROR",
        f"--VoilaConfiguration.theme={theme}",
        f"--VoilaConfiguration.extension_denylist={_NOT_VOILAS}",
    ]


def write_page(place: Path, folder: Path) -> Path:
    """Write the notebook that Voilà shows: its page saves files into `folder`."""
    import nbformat

    cell = nbformat.v4.new_code_cell(_CELL.format(folder=str(folder)))
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
                f"port {wanted} cannot be had ({error}); choose another, or leave --port out"
            ) from None
        return probe.getsockname()[1]
