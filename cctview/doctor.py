"""Is this computer ready for the workshop? One line a check, each failed one with its remedy."""

import json
import os
import platform
import re
import shutil
import socket
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from cctview import weights
from cctview.dataset import ROOT, remedy

OLDEST, NEWEST = (3, 11), (3, 13)
_MEMORY_GB = 2  # free memory that the heaviest lesson is given
_DISK_GB = 1  # free disk for what the lessons write
_FIRST_PORT = 8888  # Jupyter's own habit
_PORTS_TRIED = 50
_AGAIN = "download the project again"
_FRESH = "run: python3 workshop.py --fresh"

OK, BAD, OPTIONAL = "✓", "✗", "–"
BRIEF = "--brief"
_PLAIN_MARKS = {OK: "ok", BAD: "XX", OPTIONAL: "--"}


@dataclass(frozen=True)
class Check:
    """One line of the report.

    Attributes
    ----------
    mark : str
        ``OK``, ``BAD`` (something needed is missing) or ``OPTIONAL`` (absent, and not needed).
    text : str
        What was found.
    remedy : str
        What to do about it; empty where nothing is to be done.
    """

    mark: str
    text: str
    remedy: str = ""


def _check_python(root: Path) -> list[Check]:
    """Check that every pinned package supports this Python."""
    text = "Python " + platform.python_version()
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return [Check(OK, text)]
    return [Check(BAD, text, "use Python 3.11, 3.12 or 3.13: python3.13 workshop.py")]


def check_memory(root: Path) -> list[Check]:
    """Check how much memory is free."""
    try:
        import psutil
    except ImportError:
        return [Check(OPTIONAL, "memory: unknown, as psutil is not installed")]
    free = psutil.virtual_memory().available / 1e9
    text = f"memory: {free:.1f} GB free"
    if free >= _MEMORY_GB:
        return [Check(OK, text)]
    return [Check(BAD, text, f"close other programs until {_MEMORY_GB} GB are free")]


def check_disk(root: Path) -> list[Check]:
    """Check how much of the project's disk is free."""
    free = shutil.disk_usage(root).free / 1e9
    text = f"disk: {free:.1f} GB free"
    if free >= _DISK_GB:
        return [Check(OK, text)]
    return [Check(BAD, text, f"free {_DISK_GB} GB on the disk that holds {root}")]


def _read_pins(root: Path) -> list[tuple[str, str, str]]:
    """The direct dependencies: name, pinned version, and extra (empty if everyone needs it)."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    compiled = (root / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", compiled, re.MULTILINE))
    groups = {"": project["dependencies"], **project.get("optional-dependencies", {})}
    names = [
        (re.split(r"[^a-z0-9.-]", wanted)[0], extra)
        for extra, group in groups.items()
        for wanted in group
    ]
    return [(name, pins[name], extra) for name, extra in names if name in pins]


def check_packages(root: Path) -> list[Check]:
    """Check each direct dependency's installed version against its pin."""
    return [_check_package(*pin) for pin in _read_pins(root)]


def _check_package(name: str, pinned: str, extra: str) -> Check:
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        text = f"{name} {pinned}: not installed"
        return (
            Check(OPTIONAL, f"{text}, only `{extra}` needs it")
            if extra
            else Check(BAD, text, _FRESH)
        )
    if installed.partition("+")[0] == pinned:  # "2.15.0+cpu" is a build of 2.15.0
        return Check(OK, f"{name} {installed}")
    return Check(BAD, f"{name} {installed}: tested with {pinned}", _FRESH)


def check_weights(root: Path) -> list[Check]:
    """Check the size and sha256 of each weight file that models/manifest.json lists."""
    manifest = root / "models" / "manifest.json"
    if not manifest.is_file():
        return [Check(BAD, "weights: models/manifest.json is missing", _AGAIN)]
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))
        return [
            _check_weight_file(manifest.parent / name, entry) for name, entry in entries.items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return [Check(BAD, f"weights: models/manifest.json cannot be read ({error!r})", _AGAIN)]


def _check_weight_file(path: Path, entry: dict) -> Check:
    text = f"weights: {path.name}"
    if not path.is_file():
        return Check(BAD, f"{text} is missing", _AGAIN)
    size = path.stat().st_size
    if size != entry["bytes"]:
        return Check(BAD, f"{text} has {size} bytes, expected {entry['bytes']}", _AGAIN)
    if weights.sha256(path) != entry["sha256"]:
        return Check(BAD, f"{text} is damaged: its sha256 is not the listed one", _AGAIN)
    return Check(OK, f"{text}, {size / 1e6:.1f} MB, sha256 as listed")


def free_port(first: int = _FIRST_PORT, tried: int = _PORTS_TRIED) -> int | None:
    """The first TCP port of so many on which nothing listens; None if all are taken."""
    for port in range(first, first + tried):
        with socket.socket() as probe:
            if os.name == "posix":  # a port just left by a closed server counts as free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return None


def _check_port(root: Path) -> list[Check]:
    """Check that JupyterLab will find a port."""
    port = free_port()
    if port is None:
        ports = f"ports {_FIRST_PORT} to {_FIRST_PORT + _PORTS_TRIED - 1}"
        return [Check(BAD, f"{ports} are all taken", "close other Jupyter servers")]
    return [Check(OK, f"port {port} is free for JupyterLab")]


def check_data(root: Path) -> list[Check]:
    """Check which frames there are: sample/, data/*.zip and the folder that CCTVIEW_DATA names."""
    frames = sum(1 for _ in (root / "sample").rglob("*--original.jpeg"))
    zips = len(list((root / "data").glob("*.zip")))
    checks = [
        Check(OK, f"data: sample/, frames: {frames}")
        if frames
        else Check(BAD, "data: no frames in sample/", _AGAIN),
        Check(OK, f"data: data/, zip files: {zips}")
        if zips
        else Check(BAD, "data: no zip files in data/", _AGAIN),
    ]
    named = os.environ.get("CCTVIEW_DATA")
    if not named:
        text = "data: CCTVIEW_DATA is not set (it names a dataset of your own)"
        return [*checks, Check(OPTIONAL, text)]
    if Path(named).exists():
        return [*checks, Check(OK, f"data: CCTVIEW_DATA={named}")]
    advice = "set CCTVIEW_DATA to a dataset that exists, or unset it"
    return [*checks, Check(BAD, f"data: CCTVIEW_DATA={named}, which does not exist", advice)]


CHECKS = (
    _check_python,
    check_memory,
    check_disk,
    check_packages,
    check_weights,
    _check_port,
    check_data,
)


def _examine(root: Path = ROOT) -> list[Check]:
    """Run every check of the course's folder and of this computer."""
    if not (root / "pyproject.toml").is_file():
        return [Check(BAD, f"{root}: the course's files are not here", remedy(root))]
    return [line for check in CHECKS for line in check(root)]


def format_check(check: Check, encoding: str) -> str:
    """Format one check as a line that a console with this encoding can show.

    >>> format_check(Check(BAD, "disk: 0.2 GB free", "free 1 GB"), "utf-8")
    '✗ disk: 0.2 GB free -> free 1 GB'
    >>> format_check(Check(OK, "disk: 70 GB free"), "cp1252")
    'ok disk: 70 GB free'
    """
    try:
        "".join(_PLAIN_MARKS).encode(encoding)
        mark = check.mark
    except UnicodeEncodeError:
        mark = _PLAIN_MARKS[check.mark]
    line = f"{mark} {check.text}" + (f" -> {check.remedy}" if check.remedy else "")
    return line.encode(encoding, "replace").decode(encoding)


def report(argv: Sequence[str] = ()) -> int:
    """Print the report; ``--brief`` names only what is missing.

    Returns
    -------
    int
        0 if nothing that is needed is missing, 1 if something is, 2 on an unknown argument.
    """
    if unknown := [word for word in argv if word != BRIEF]:
        print(f"cctview doctor knows {BRIEF} only, got: {' '.join(unknown)}", file=sys.stderr)
        return 2
    checks = _examine()
    encoding = sys.stdout.encoding or "ascii"
    bad = [check for check in checks if check.mark == BAD]
    for check in bad if argv else checks:
        print(format_check(check, encoding))
    if bad:
        print(f"\n{len(bad)} of {len(checks)} checks need your attention.")
    else:
        ready = "This computer is ready"
        print(f"{ready}: {len(checks)} checks." if argv else f"\n{ready}.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(report(sys.argv[1:]))
