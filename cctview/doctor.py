"""Is this computer ready for the workshop? One line a check, each failed one with its remedy."""

import hashlib
import json
import os
import platform
import shutil
import socket
import sys
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from cctview.dataset.paths import ROOT

OLDEST, NEWEST = (3, 11), (3, 13)
MEMORY_GB = 2  # free memory that the heaviest lesson is given
DISK_GB = 1  # free disk for what the lessons write
FIRST_PORT = 8888
PORTS_TRIED = 50

OK, BAD, OPTIONAL = "✓", "✗", "–"
BRIEF = "--brief"
PLAIN_MARKS = {OK: "ok", BAD: "XX", OPTIONAL: "--"}


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


def check_python(root):
    """Check that every pinned package supports this Python."""
    text = "Python " + platform.python_version()
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return [Check(OK, text)]
    return [Check(BAD, text, "use Python 3.11, 3.12 or 3.13: python3.13 workshop.py")]


def check_memory(root):
    """Check how much memory is free."""
    try:
        import psutil
    except ImportError:
        return [Check(OPTIONAL, "memory: unknown, as psutil is not installed")]
    free = psutil.virtual_memory().available / 1e9
    text = f"memory: {free:.1f} GB free"
    if free >= MEMORY_GB:
        return [Check(OK, text)]
    return [Check(BAD, text, f"close other programs until {MEMORY_GB} GB are free")]


def check_disk(root):
    """Check how much of the project's disk is free."""
    free = shutil.disk_usage(root).free / 1e9
    text = f"disk: {free:.1f} GB free"
    if free >= DISK_GB:
        return [Check(OK, text)]
    return [Check(BAD, text, f"free {DISK_GB} GB on the disk that holds {root}")]


def read_pins(root):
    """Read the direct dependencies from pyproject.toml.

    Returns
    -------
    list of (str, str, str)
        Name, pinned version, and the extra that asks for it (empty for what every attendee needs).
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"": project["dependencies"], **project.get("optional-dependencies", {})}
    return [(*pin.split("==", 1), extra) for extra, pins in groups.items() for pin in pins]


def check_packages(root):
    """Check each direct dependency's installed version against its pin."""
    checks = []
    for name, pinned, extra in read_pins(root):
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            if extra:
                checks.append(
                    Check(OPTIONAL, f"{name} {pinned}: not installed, only `{extra}` needs it")
                )
            else:
                checks.append(
                    Check(
                        BAD, f"{name} {pinned}: not installed", "run: python3 workshop.py --fresh"
                    )
                )
            continue
        if installed.partition("+")[0] == pinned:  # "2.15.0+cpu" is a build of 2.15.0
            checks.append(Check(OK, f"{name} {installed}"))
        else:
            text = f"{name} {installed}: tested with {pinned}"
            checks.append(Check(BAD, text, "run: python3 workshop.py --fresh"))
    return checks


def check_weights(root):
    """Check the size and sha256 of each weight file that models/manifest.json lists."""
    manifest = root / "models" / "manifest.json"
    remedy = "download the project again"
    if not manifest.is_file():
        return [Check(BAD, "weights: models/manifest.json is missing", remedy)]
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))
        return [
            _check_weight_file(manifest.parent / name, entry, remedy)
            for name, entry in entries.items()
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return [Check(BAD, f"weights: models/manifest.json cannot be read ({error!r})", remedy)]


def _check_weight_file(path, entry, remedy):
    text = f"weights: {path.name}"
    if not path.is_file():
        return Check(BAD, f"{text} is missing", remedy)
    size = path.stat().st_size
    if size != entry["bytes"]:
        return Check(BAD, f"{text} has {size} bytes, expected {entry['bytes']}", remedy)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != entry["sha256"]:
            return Check(BAD, f"{text} is damaged: its sha256 is not the listed one", remedy)
    return Check(OK, f"{text}, {size / 1e6:.1f} MB, sha256 as listed")


def free_port(first=FIRST_PORT, tried=PORTS_TRIED):
    """Find a free TCP port on this computer.

    Parameters
    ----------
    first : int
        The port to try first; Jupyter's own habit is 8888.
    tried : int
        How many ports to try, one after the other.

    Returns
    -------
    int or None
        The first port on which nothing listens; None if all are taken.
    """
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


def check_port(root):
    """Check that JupyterLab will find a port."""
    port = free_port()
    if port is None:
        last = FIRST_PORT + PORTS_TRIED - 1
        return [
            Check(BAD, f"ports {FIRST_PORT} to {last} are all taken", "close other Jupyter servers")
        ]
    return [Check(OK, f"port {port} is free for JupyterLab")]


def check_data(root):
    """Check which frames there are to work on: sample/, data/*.zip and the folder that CCTVIEW_DATA
    names.
    """
    checks, again = [], "download the project again"
    frames = sum(1 for _ in (root / "sample").rglob("*--original.jpeg"))
    checks.append(
        Check(OK, f"data: sample/, frames: {frames}")
        if frames
        else Check(BAD, "data: no frames in sample/", again)
    )
    zips = len(list((root / "data").glob("*.zip")))
    checks.append(
        Check(OK, f"data: data/, zip files: {zips}")
        if zips
        else Check(BAD, "data: no zip files in data/", again)
    )
    own = os.environ.get("CCTVIEW_DATA")
    if not own:
        checks.append(
            Check(OPTIONAL, "data: CCTVIEW_DATA is not set (it names a dataset of your own)")
        )
    elif Path(own).exists():
        checks.append(Check(OK, f"data: CCTVIEW_DATA={own}"))
    else:
        remedy = "set CCTVIEW_DATA to a dataset that exists, or unset it"
        checks.append(Check(BAD, f"data: CCTVIEW_DATA={own}, which does not exist", remedy))
    return checks


CHECKS = (
    check_python,
    check_memory,
    check_disk,
    check_packages,
    check_weights,
    check_port,
    check_data,
)


def examine(root=ROOT):
    """Run every check.

    Parameters
    ----------
    root : Path
        The project's folder.

    Returns
    -------
    list of Check
    """
    return [line for check in CHECKS for line in check(root)]


def format_check(check, encoding):
    """Format one check as a line that a console with this encoding can show.

    >>> format_check(Check(BAD, "disk: 0.2 GB free", "free 1 GB"), "utf-8")
    '✗ disk: 0.2 GB free -> free 1 GB'
    >>> format_check(Check(OK, "disk: 70 GB free"), "cp1252")
    'ok disk: 70 GB free'
    """
    try:
        "".join(PLAIN_MARKS).encode(encoding)
        mark = check.mark
    except UnicodeEncodeError:
        mark = PLAIN_MARKS[check.mark]
    line = f"{mark} {check.text}" + (f" -> {check.remedy}" if check.remedy else "")
    return line.encode(encoding, "replace").decode(encoding)


def main(argv=()):
    """Print the report.

    Parameters
    ----------
    argv : sequence of str
        ``--brief`` names only what is missing.

    Returns
    -------
    int
        0 if nothing that is needed is missing, 1 if something is, 2 on an unknown argument.
    """
    if unknown := [word for word in argv if word != BRIEF]:
        print(f"cctview doctor knows {BRIEF} only, got: {' '.join(unknown)}", file=sys.stderr)
        return 2
    checks, encoding = examine(), sys.stdout.encoding or "ascii"
    bad = [check for check in checks if check.mark == BAD]
    for check in bad if argv else checks:
        print(format_check(check, encoding))
    if bad:
        print(f"\n{len(bad)} of {len(checks)} checks need your attention.")
    else:
        print(
            f"This computer is ready: {len(checks)} checks."
            if argv
            else "\nThis computer is ready."
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
