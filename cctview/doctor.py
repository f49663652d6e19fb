"""Is this computer ready for the workshop? One line a check, each failed one with its remedy."""

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from cctview import weights
from cctview.dataset import ROOT, remedy

OLDEST, NEWEST = (3, 11), (3, 14)
_MEMORY_GB = 2  # free memory that the heaviest lesson is given
_DISK_GB = 1  # free disk for what the lessons write
_FIRST_PORT = 8888  # Jupyter's own habit
_PORTS_TRIED = 50
_AGAIN = "download the project again"
_FRESH = "run: python3 workshop.py --fresh"

OK, BAD, OPTIONAL = "✓", "✗", "–"
BRIEF, NO_IMPORTS = "--brief", "--no-imports"
_ON_DEMAND = {"check", "setup", "studio", "test"}  # groups of packages that no lesson needs
_MODULES = {  # where a package's module has another name
    "adversarial-robustness-toolbox": "art",
    "beautifulsoup4": "bs4",
    "faiss-cpu": "faiss",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "scikit-learn": "sklearn",
}
# Run in a process of its own, which an import can end: then the last name printed is at fault.
_IMPORTS = """
import importlib, json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
for name in sys.argv[1:]:
    print(json.dumps(name), flush=True)
    if name == "tensorflow" and importlib.util.find_spec("triton"):
        importlib.import_module("triton")
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(json.dumps([name, f"{type(error).__name__}: {error}"]), flush=True)
print("null")
"""
_LONGEST_PATH = 259  # characters that Windows allows where long paths are off
_LONGEST_BELOW = 170  # of the files that lessons and commands read and write below this folder
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
    return [Check(BAD, text, "use Python 3.11 to 3.14: python3.13 workshop.py")]


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


def check_path(root: Path) -> list[Check]:
    """Check on Windows that the paths of the course's files are not too long for it."""
    if os.name != "nt" or _long_paths_are_on():
        return []
    text = f"folder: its path has {len(str(root))} characters, and long paths are off"
    if len(str(root)) + 1 + _LONGEST_BELOW <= _LONGEST_PATH:
        return [Check(OK, text)]
    advice = (
        f"move the course to a folder with fewer than {_LONGEST_PATH - _LONGEST_BELOW} characters"
    )
    return [Check(BAD, text, f"{advice}, such as C:\\cctview, or switch LongPathsEnabled on")]


def _long_paths_are_on() -> bool:
    try:
        import winreg

        place = r"SYSTEM\CurrentControlSet\Control\FileSystem"
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:  # type: ignore[attr-defined]
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])  # type: ignore[attr-defined]
    except (ImportError, OSError):
        return False


@dataclass(frozen=True)
class _Pin:
    """A direct dependency: its pinned version, and the group that asks for it, or ""."""

    name: str
    version: str
    group: str
    fits: bool  # whether this Python and this system can have it

    @property
    def module(self) -> str:
        return _MODULES.get(self.name, self.name.replace("-", "_"))

    @property
    def needed(self) -> bool:
        return self.fits and self.group not in _ON_DEMAND

    def installed(self) -> str | None:
        """The installed version; also of a build that has another name, as `tensorflow-cpu`."""
        for name in (self.name, f"{self.name}-cpu"):
            try:
                return metadata.version(name).partition("+")[0]  # 2.15.0+cpu is a build of 2.15.0
            except metadata.PackageNotFoundError:
                pass
        return None


def _read_pins(root: Path) -> list[_Pin]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    files = [root / name for name in ("requirements.txt", "requirements-test.txt")]
    compiled = "\n".join(path.read_text(encoding="utf-8") for path in files if path.is_file())
    pins = dict(re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", compiled, re.MULTILINE))
    groups = {"": project["dependencies"], **project.get("optional-dependencies", {})}
    found = []
    for group, wanted in groups.items():
        for line in wanted:
            range_, _, marker = line.partition(";")
            name = re.split(r"[^a-z0-9.-]", range_)[0]
            if name in pins:
                found.append(_Pin(name, pins[name], group, _holds(marker)))
    return found


def _holds(marker: str) -> bool:
    """Whether a marker such as ``python_version < '3.14'`` is true here."""
    if not marker:
        return True
    try:
        from packaging.markers import Marker
    except ImportError:
        return True
    return Marker(marker).evaluate()


def check_packages(root: Path) -> list[Check]:
    """Check each direct dependency's installed version against its pin."""
    return [_check_package(pin) for pin in _read_pins(root)]


def _check_package(pin: _Pin) -> Check:
    installed = pin.installed()
    text = f"{pin.name} {pin.version}"
    if installed == pin.version:
        return Check(OK, text)
    if installed:
        return Check(BAD, f"{pin.name} {installed}: tested with {pin.version}", _FRESH)
    if not pin.fits:
        return Check(OPTIONAL, f"{text}: not made for this Python; parts of notebook 02 need it")
    if not pin.needed:
        return Check(OPTIONAL, f"{text}: not installed, only `{pin.group}` needs it")
    return Check(BAD, f"{text}: not installed", _FRESH)


def check_imports(root: Path) -> list[Check]:
    """Import every package that lessons and commands need, in a process of its own."""
    names = [pin.module for pin in _read_pins(root) if pin.needed and pin.installed()]
    command = [sys.executable, "-c", _IMPORTS, *names]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=root)
    told = [json.loads(line) for line in done.stdout.splitlines() if line[:1] in ('"', "[", "n")]
    failed = dict(one for one in told if isinstance(one, list))
    if told and told[-1] is not None:  # it did not come to its end
        failed[str(told[-1])] = f"ends Python with status {done.returncode}"
    if failed:
        return [
            Check(BAD, f"{name} cannot be imported: {reason}", _import_remedy(reason))
            for name, reason in failed.items()
        ]
    return [Check(OK, f"imports: {len(names)} packages")]


def _import_remedy(reason: str) -> str:
    if os.environ.get("PYTHONPATH"):
        return "unset PYTHONPATH, which lets other packages in"
    if "DLL load failed" in reason:
        return "install Microsoft's Visual C++ Redistributable for Visual Studio, then try again"
    return _FRESH


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
    check_path,
    check_packages,
    check_imports,
    check_weights,
    _check_port,
    check_data,
)


def _examine(root: Path, skipped: Sequence[object] = ()) -> list[Check]:
    """Run every check of the course's folder and of this computer."""
    if not (root / "pyproject.toml").is_file():
        return [Check(BAD, f"{root}: the course's files are not here", remedy(root))]
    return [line for check in CHECKS if check not in skipped for line in check(root)]


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
    """Print the report.

    ``--brief`` names only what is missing; ``--no-imports`` leaves out the slowest check.

    Returns
    -------
    int
        0 if nothing that is needed is missing, 1 if something is, 2 on an unknown argument.
    """
    if unknown := [word for word in argv if word not in (BRIEF, NO_IMPORTS)]:
        print(f"cctview doctor: unknown argument: {' '.join(unknown)}", file=sys.stderr)
        return 2
    brief = BRIEF in argv
    checks = _examine(ROOT, [check_imports] if NO_IMPORTS in argv else [])
    encoding = sys.stdout.encoding or "ascii"
    bad = [check for check in checks if check.mark == BAD]
    for check in bad if brief else checks:
        print(format_check(check, encoding))
    if bad:
        print(f"\n{len(bad)} of {len(checks)} checks need your attention.")
    else:
        ready = "This computer is ready"
        print(f"{ready}: {len(checks)} checks." if brief else f"\n{ready}.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(report(sys.argv[1:]))
