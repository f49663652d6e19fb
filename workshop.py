#!/usr/bin/env python3
"""Set up the workshop and open it, with nothing but Python's standard library.

    python3 workshop.py              make .venv, install, check this computer, open JupyterLab
    python3 workshop.py site         show the course in a browser without installing anything; --lan shows it to the room, too
    python3 workshop.py test [ARG..] install what tests and the studio need, too, and run the tests (ARGs go to pytest)

The first call downloads; later calls start at once. A new set-up is built in .venv.new and takes the place of .venv
only when it is whole: a call that is cut off, or that finds no network, leaves the former set-up as it was.
"""

# The syntax here stays that of Python 3.6, so that an old Python can still say that it is too old.
import argparse
import ast
import contextlib
import errno
import hashlib
import html
import http.server
import importlib.util
import itertools
import json
import os
import platform
import re
import secrets
import shutil
import signal
import socket
import socketserver
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.parse
import urllib.request
import webbrowser
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV, NEW = ROOT / ".venv", ROOT / ".venv.new"
FORMER, TRASH = ROOT / ".venv.former", ROOT / ".venv.trash"
OLDEST, NEWEST = (3, 11), (3, 14)
STATE = "workshop-state.txt"  # in .venv: INCOMPLETE, or what was installed, written last
INCOMPLETE = "incomplete"
NEEDED, EXTRA, CPU = "requirements.txt", "requirements-test.txt", "requirements-cpu.txt"
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu/"
PROBE_SECONDS = 5
# Measured as the sum of the wheels that requirements.txt pins, in megabytes, and the free disk it takes, in gigabytes.
DOWNLOAD_MB = {"cuda": 3300, "linux without torch": 540, "macos or windows": 680}
DISK_GB = {"cuda": 8, "cpu": 4}


class Problem(Exception):
    """What went wrong and what to do about it, in words for the person at the keyboard."""


def say(*lines):
    for line in lines:
        print(line, flush=True)


# ---------------------------------------------------------------------- Can this computer do it?


def check_python(version=None):
    """Stop unless this Python is one that every pinned package supports."""
    version = tuple(version or sys.version_info)[:2]
    if OLDEST <= version <= NEWEST:
        return
    fault = "old" if version < OLDEST else "new"
    found = [
        name
        for name in ("python3.13", "python3.14", "python3.12", "python3.11")
        if shutil.which(name)
    ]
    if os.name == "nt":
        remedy = "Install Python 3.13 from python.org and run: py -3.13 workshop.py"
    elif found:
        remedy = f"This computer has a suitable one. Run: {found[0]} workshop.py"
    else:
        remedy = "Install Python 3.13 (python.org, or your system's packages) and run: python3.13 workshop.py"
    raise Problem(
        f"This is Python {version[0]}.{version[1]}, which is too {fault}: the workshop needs Python 3.11 to 3.14.\n{remedy}"
    )


def check_modules():
    """Stop if this Python cannot make a virtual environment (Debian and Ubuntu package that part separately)."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise no_virtual_environment("it comes without " + " and ".join(missing))


def no_virtual_environment(cause):
    return Problem(
        "This Python ({}) cannot make a virtual environment: {}.\n"
        "On Debian or Ubuntu run: sudo apt install python{}.{}-venv\n"
        "Elsewhere install the full Python from python.org. Then run this again.".format(
            sys.executable, cause, *sys.version_info[:2]
        )
    )


def check_platform():
    """Stop where PyTorch offers no wheel, before anything is downloaded."""
    if sys.platform == "darwin":
        if platform.machine() == "x86_64":
            raise Problem(
                "This Python is built for Intel Macs, for which PyTorch is no longer made.\n"
                "On an Apple-silicon Mac install Python 3.13 from python.org and run: python3.13 workshop.py"
            )
        release = platform.mac_ver()[0]
        if int(release.split(".")[0] or 14) < 14:
            raise Problem(
                f"This is macOS {release}; PyTorch needs macOS 14 or newer. Update macOS first."
            )
    elif sysconfig.get_platform() not in ("linux-x86_64", "linux-aarch64", "win-amd64"):
        raise Problem(
            f"PyTorch has no package for this Python ({sysconfig.get_platform()}).\n"
            "Use a 64-bit Python 3.13 from python.org; on Windows that is the 'Windows installer (64-bit)'."
        )


def check_folder():
    """Stop in a folder in which Python refuses to make a virtual environment."""
    if os.pathsep in str(ROOT):
        raise Problem(
            f"{ROOT} contains '{os.pathsep}', which Python takes for the end of a path. Rename that folder, or move "
            "this one elsewhere, and run this again."
        )


def check_disk(needed_gb):
    """Stop if the disk that holds the project has less than `needed_gb` free."""
    free_gb = shutil.disk_usage(str(ROOT)).free / 1e9
    if free_gb < needed_gb:
        raise Problem(
            "Too little disk space: {:.1f} GB free in {}, {} GB are needed "
            "({} GB with PyTorch's CUDA builds, {} GB without).\n"
            "Free some space, or move this folder to a larger disk, and run this again.".format(
                free_gb, ROOT, needed_gb, DISK_GB["cuda"], DISK_GB["cpu"]
            )
        )


# ---------------------------------------------------------------------- What to install


def read_requirements(name=NEEDED):
    """The entries of a file of pins as (name, text) pairs; the text holds the pin, the marker and the hashes."""
    path = ROOT / name
    if not path.exists():
        raise Problem(
            f"{path} is missing: this is not a complete copy of the project. Download it again."
        )
    entries = re.findall(
        r"^[a-z0-9].*(?:\n[ ]+--hash=.*)*", path.read_text(encoding="utf-8"), re.MULTILINE
    )
    return [(re.split("==| @ ", entry)[0], entry + "\n") for entry in entries]


def read_pins(entries):
    """The entries as (name, version, marker) triples: what is installed depends on nothing else."""
    return [
        (name, *re.match(r"[^=]+==([^\s;\\]+)(?: *; *([^\\\n]*[^\\\s]))?", text).groups())
        for name, text in entries
    ]


def pinned_version(name, entries):
    return next(version for pin, version, _ in read_pins(entries) if pin == name)


def find_cpu_wheels(page, address, name, version, tag, machine):
    """Find CPU wheels in a page of a package index: their URLs and sha256s, builds that are named +cpu first."""
    wanted = re.compile(
        rf"{re.escape(name)}-{re.escape(version)}(\+cpu)?-{tag}-{tag}-.*_{re.escape(machine)}\.whl$"
    )
    found = []
    for href, sha256 in re.findall(r'href="([^"#]+)#sha256=([0-9a-f]{64})"', page):
        url = urllib.parse.urljoin(address, html.unescape(href))
        match = wanted.match(urllib.parse.unquote(url.rsplit("/", 1)[-1]))
        if match:
            found.append((not match.group(1), url, sha256))
    return [wheel[1:] for wheel in sorted(found)]


def ask_cpu_index(name, version, tag, machine):
    """Ask PyTorch's CPU index for a wheel: its URL and the sha256 that the index states, or None."""
    address = urllib.parse.urljoin(TORCH_CPU_INDEX, name + "/")
    try:
        with urllib.request.urlopen(address, timeout=PROBE_SECONDS) as answer:
            page = answer.read().decode("utf-8", "replace")
            found = find_cpu_wheels(page, answer.url, name, version, tag, machine)
    except (OSError, ValueError):
        return None
    return found[0] if found else None


def this_tag():
    return "cp{}{}".format(*sys.version_info[:2])


def pinned_cpu_wheels(lines):
    """The lines of requirements-cpu.txt that name PyTorch's wheels for this Python and computer, by package."""
    wanted = re.compile(
        rf"-{this_tag()}-{this_tag()}-[^\s]*_{re.escape(platform.machine())}\.whl\s"
    )
    return {name: text for name, text in lines if name.startswith("torch") and wanted.search(text)}


def stated_cpu_wheels(entries):
    """The same by the index's own word, for `--cpu`; empty where it cannot be reached or lacks one of them."""
    wheels = {}
    for name in ("torch", "torchvision"):
        found = ask_cpu_index(name, pinned_version(name, entries), this_tag(), platform.machine())
        if found is None:
            return {}
        wheels[name] = "{} @ {} --hash=sha256:{}\n".format(name, *found)
    return wheels


def needs_cuda(name):
    return name == "triton" or name.startswith(("nvidia-", "cuda-"))


def plan(entries, cpu=False):
    """Choose the builds. Returns (requirements as text, download in MB, kind of disk need, sentence)."""
    if not sys.platform.startswith("linux"):
        everything = "".join(text for _, text in entries)
        sentence = "the usual packages, which are CPU builds here"
        return everything, DOWNLOAD_MB["macos or windows"], "cpu", sentence
    lines = read_requirements(CPU)
    wheels = pinned_cpu_wheels(lines)
    if len(wheels) == 2:
        sentence = f"CPU builds, with the sha256 that {CPU} pins"
    elif cpu:
        wheels = stated_cpu_wheels(entries)
        sentence = f"CPU builds, with the sha256 that {TORCH_CPU_INDEX} states"
        if not wheels:
            raise Problem(
                f"--cpu: {TORCH_CPU_INDEX} cannot be reached, or has no build for this computer.\n"
                "Run this again without --cpu for the larger packages with CUDA."
            )
    else:
        wheels = {}
        sentence = (
            f"the usual packages, with CUDA: {CPU} pins no smaller CPU build for this Python.\n"
            f"            (--cpu takes it all the same, with the sha256 that {TORCH_CPU_INDEX} states)"
        )
    if platform.machine() == "x86_64":  # the usual TensorFlow for Linux contains code for CUDA
        wheels.update((name[:-4], text) for name, text in lines if name.endswith("-cpu"))
    small = "torch" in wheels
    kept = [
        wheels.get(name, text)
        for name, text in entries
        # triton compiles for graphics cards: nothing here uses it, and it takes a gigabyte
        if name != "triton" and not (small and needs_cuda(name))
    ]
    return (
        "".join(kept),
        DOWNLOAD_MB["linux without torch"] + 200 if small else DOWNLOAD_MB["cuda"],
        "cpu" if small else "cuda",
        sentence,
    )


# ---------------------------------------------------------------------- One at a time

HELD = []  # the open lock file: installers inherit it, so that it is held until the last of them ends


@contextlib.contextmanager
def alone():
    """Wait until no other call sets up in this folder, and keep others out. The system frees the lock of a killed call."""
    path = str(ROOT / ".venv.lock")
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    told = False
    try:
        while not _lock(file):
            if not told:
                say("Another set-up is running in this folder. This one waits until it has ended.")
            told = True
            time.sleep(0.3)
        HELD.append(file)
        yield
    finally:
        HELD.clear()
        os.close(file)


def _lock(file):
    """Take the lock if nobody has it. A file system that knows no locks counts as free."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True


# ---------------------------------------------------------------------- The environment of what we start

# Settings of Python that would let other packages in, or break its start.
PYTHON_SETTINGS = re.compile(
    "PYTHON(PATH|HOME|USERBASE|STARTUP|WARNINGS|SAFEPATH|INSPECT|EXECUTABLE|PLATLIBDIR)$"
)
# What pip and uv may be told by the user: how to reach a registry, and where to keep downloads. No more, because
# the rest (user, target, constraints, ...) would install something else, or somewhere else.
PIP_NETWORK = re.compile(
    "((extra-)?index-url|find-links|no-index|(client-)?cert|proxy|trusted-host|(default-)?timeout|retries"
    "|(no-)?cache-dir|keyring-provider)$"
)
UV_NETWORK = re.compile(
    "UV_(DEFAULT_INDEX|INDEX|INDEX_.*|EXTRA_INDEX_URL|FIND_LINKS|HTTP_.*|INSECURE_HOST|NATIVE_TLS|SYSTEM_CERTS|OFFLINE"
    "|CONCURRENT_.*|LINK_MODE|KEYRING_PROVIDER|CACHE_DIR|NO_CACHE|CONFIG_FILE|NO_CONFIG)$"
)


def own_environment():
    """This environment without settings that let strangers' code or settings in, for all that we start in .venv."""
    dropped = ("JUPYTER", "IPYTHON", "PIP_", "MPLBACKEND", "MATPLOTLIBRC")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(dropped) and not PYTHON_SETTINGS.match(name)
    }
    own = VENV / "share" / "workshop"  # so the themes and shortcuts chosen here stay here
    if not os.access(str(VENV), os.W_OK):
        own = Path(tempfile.mkdtemp())
    (own / "ipython").mkdir(parents=True, exist_ok=True)
    kept.update(
        PYTHONPATH=str(ROOT),  # an old Python on Windows reads .pth files in the wrong encoding
        PYTHONNOUSERSITE="1",
        JUPYTER_CONFIG_DIR=str(own / "config"),
        JUPYTER_DATA_DIR=str(own / "data"),
        JUPYTER_PREFER_ENV_PATH="1",
        IPYTHONDIR=str(own / "ipython"),
    )
    for name in ("CCTVIEW_DATA", "CCTVIEW_HOME"):
        if kept.get(name):  # named from the user's folder; notebooks run in another one
            kept[name] = os.path.abspath(os.path.expanduser(kept[name]))
    return kept


def installer_environment(python):
    """The environment of pip and uv: no setting but those that say how to reach the registry."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not PYTHON_SETTINGS.match(name)
        and not (name.startswith("UV_") and not UV_NETWORK.match(name))
    }
    listing = subprocess.run(
        [str(python), "-m", "pip", "config", "list"],
        env=clean,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        universal_newlines=True,
    ).stdout
    found = {}
    for section in ("global", "install", ":env:"):  # in pip's own order: the later wins
        found.update(re.findall(rf"^{section}\.(.+?)=(.+)$", listing, re.MULTILINE))
    pip = {
        name: str(ast.literal_eval(value))
        for name, value in found.items()
        if PIP_NETWORK.match(name)
    }
    clean = {name: value for name, value in clean.items() if not name.startswith("PIP_")}
    clean.update(PIP_CONFIG_FILE=os.devnull, UV_PYTHON_DOWNLOADS="never", PYTHONNOUSERSITE="1")
    clean.update(("PIP_" + name.upper().replace("-", "_"), value) for name, value in pip.items())
    _tell_uv(clean, pip)
    return clean


def _tell_uv(environment, pip):
    """Give uv what pip was told: the index, the certificate, the proxy; patience; and a cache that it can write."""

    def default(name, value, unless=()):
        if value and not {name, *unless} & set(environment):
            environment[name] = value

    default("UV_HTTP_TIMEOUT", "120")
    default("UV_DEFAULT_INDEX", pip.get("index-url"), ["UV_INDEX_URL"])
    default("UV_INSECURE_HOST", pip.get("trusted-host"))
    default("ALL_PROXY", pip.get("proxy"), ["HTTPS_PROXY", "https_proxy", "all_proxy"])
    default("SSL_CLIENT_CERT", pip.get("client-cert"))
    certificates = [pip.get("cert")] + [
        environment.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    ]
    named = next((path for path in certificates if path and os.path.isfile(path)), None)
    default("SSL_CERT_FILE", named, ["SSL_CERT_DIR"])
    default("PIP_CERT", environment.get("SSL_CERT_FILE"))  # an old pip does not look there
    if "SSL_CERT_FILE" not in environment:
        default("UV_SYSTEM_CERTS", "1", ["UV_NATIVE_TLS", "SSL_CERT_DIR"])  # as pip does
    home = Path(os.path.expanduser("~"))
    places = [home, home / ".cache", home / ".cache" / "uv"]
    if any(place.exists() and not os.access(str(place), os.W_OK) for place in places):
        default("UV_NO_CACHE", "1", ["UV_CACHE_DIR"])


# ---------------------------------------------------------------------- Installing


def venv_python(venv):
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ask(python, code, text=""):
    """What a Python prints when it runs some code; None if it cannot."""
    try:
        done = subprocess.run(
            [str(python), "-I", "-c", code],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


HOLDS = """
import json, sys
from importlib import metadata
try:
    from packaging.markers import Marker
except ImportError:
    from pip._vendor.packaging.markers import Marker
lacking = []
for name, version, marker in json.load(sys.stdin):
    if marker and not Marker(marker).evaluate():
        continue
    for found in (name, name + "-cpu"):
        try:
            if metadata.version(found).partition("+")[0] == version:
                break
        except metadata.PackageNotFoundError:
            pass
    else:
        lacking.append(name)
print(json.dumps(lacking))
"""


def lacking(python, entries):
    """The pinned packages that an environment does not hold in their versions; None if its Python cannot say."""
    pins = [pin for pin in read_pins(entries) if not needs_cuda(pin[0])]
    answer = ask(python, HOLDS, json.dumps(pins))
    return None if answer is None else json.loads(answer)


def fingerprint(entries):
    return hashlib.sha256(repr(sorted(read_pins(entries), key=str)).encode()).hexdigest()


def project_fingerprint():
    """What the installed `cctview` itself depends on: the project's metadata and this folder's place."""
    path = ROOT / "pyproject.toml"
    if not path.exists():
        raise Problem(
            f"{path} is missing: this is not a complete copy of the project. Download it again."
        )
    return hashlib.sha256(path.read_bytes() + str(ROOT).encode()).hexdigest()


def read_state(venv):
    """What workshop.py wrote about an environment when it was whole; None if it is not, or is another's."""
    try:
        text = (venv / STATE).read_text().strip()
    except OSError:
        return None
    if re.match("[0-9a-f]{64}$", text):
        return {}  # the first edition wrote a single fingerprint
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError):  # INCOMPLETE, or cut off
        return None


def write_state(venv, **changes):
    """Note that an environment is whole: the last step, and one that a power cut cannot halve."""
    state = dict(read_state(venv) or {}, **changes)
    new = venv / (STATE + ".new")
    if hasattr(os, "sync"):
        os.sync()  # what was installed is on the disk before this says so
    with open(str(new), "w") as file:
        file.write(json.dumps(state) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(str(new), str(venv / STATE))


def is_whole(venv):
    """Was this environment finished, and does its Python run and count as supported?"""
    if read_state(venv) is None:
        return False
    version = ask(venv_python(venv), "import sys; print(*sys.version_info[:2])")
    return version is not None and OLDEST <= tuple(map(int, version.split())) <= NEWEST


def remove(folder):
    """Remove a folder that we made, whatever is write-protected in it."""

    def unlock(function, path, _):
        os.chmod(path, stat.S_IRWXU)
        function(path)

    try:
        if TRASH.exists():
            shutil.rmtree(str(TRASH), onerror=unlock)
        if folder.exists():
            os.rename(str(folder), str(TRASH))  # so that nothing half removed has its name
            shutil.rmtree(str(TRASH), onerror=unlock)
    except PermissionError as error:
        raise in_use(error, folder) from None


def in_use(error, folder):
    return Problem(
        f"{error.filename} is in use, or another user's. Close JupyterLab and every terminal that uses "
        f"{folder.name}, and run this again."
    )


def swap():
    """Put .venv.new into the place of .venv, whole for whole; each step can be the last before a kill."""
    if is_whole(NEW):
        try:
            if VENV.exists():
                remove(FORMER)
                os.rename(str(VENV), str(FORMER))
            os.rename(str(NEW), str(VENV))
        except PermissionError as error:  # Windows renames no folder in use
            raise in_use(error, VENV) from None
    elif not VENV.exists() and FORMER.exists():
        os.rename(str(FORMER), str(VENV))
    if VENV.exists():
        with contextlib.suppress(Problem):  # in use on Windows: the next call tries again
            remove(FORMER)


def empty_new():
    """Make .venv.new anew, with nothing but the note that it is incomplete."""
    if NEW.exists():
        if os.listdir(str(NEW)) and not (NEW / STATE).exists():
            raise Problem(f"{NEW} is there, but workshop.py did not make it. Move it away first.")
        remove(NEW)
    NEW.mkdir()
    (NEW / STATE).write_text(INCOMPLETE + "\n")


def explain(output, fallback):
    """Turn what pip or uv said into one Problem that names the package, and blames only what is at fault."""
    package = fallback
    for pattern in (
        r"Failed to (?:download|build|extract|install)[^`\n]*`([^`@=]+)",
        r"Failed to fetch: \S+/([^/\s`]+)/?",
        r"Because (?:there is no version of )?([\w.-]+)(?:\{[^}]*\})?==",
        r"satisfies the requirement ([\w.-]+)",
    ):
        match = re.search(pattern, output)
        if match:
            package = urllib.parse.unquote(match.group(1)).strip()
            break
    last = f"The last words of the installer were:\n{output.strip()[-600:]}"
    for pattern, sentence in (
        (
            r"No space left|os error (28|112)\b|not enough space|Disk quota exceeded",
            f"The disk became full while installing {package}: {DISK_GB['cuda']} GB are needed with PyTorch's CUDA "
            f"builds, {DISK_GB['cpu']} GB without.\nFree some space and run this again.",
        ),
        (
            r"[Hh]ash mismatch|DO NOT MATCH THE HASHES",
            f"The download of {package} is damaged, or was replaced on its way: its sha256 is not the pinned one.\n"
            "Run this again; if it stays so, use another network.",
        ),
        (
            r"(?i)no wheels with a matching|no matching distribution.*none of the",
            f"{package} has no package for this computer. {last}",
        ),
        (
            r"(?i)UnknownIssuer|certificate.verify.failed|self.signed certificate|invalid peer certificate",
            "The installer does not trust the certificate that it met on the way to the package registry. A company "
            "or a school often puts\na certificate of its own there. Ask for its file (.pem or .crt), set SSL_CERT_FILE "
            f"to that file, and run this again.\n{last}",
        ),
        (
            r"(?i)\b407\b|proxy authentication|cannot connect to proxy|tunnel error|unsuccessful tunnel",
            "The proxy does not let the installer through. It is taken from HTTPS_PROXY, ALL_PROXY or pip's "
            f"configuration:\ncheck the address, the name and the password there, and run this again.\n{last}",
        ),
        (
            r"(?i)permission denied|access is denied|read-only file system|os error (13|30|5)\b",
            f"The installer is not allowed to write a file that it needs for {package}: check who owns this folder and what "
            f"the last words name.\n{last}",
        ),
        (
            r"(?i)failed to fetch|error sending request|could not connect|connection|timed? ?out|name resolution|dns"
            r"|could not find a version|no version of|network|unreachable|client error|server error|was not found in",
            f"Could not get {package}: the package registry cannot be reached, or does not have it.\n"
            "Check the network (a proxy is taken from HTTPS_PROXY, a mirror from PIP_INDEX_URL or pip's configuration),\n"
            f"and run this again: what is already downloaded is kept. {last}",
        ),
    ):
        if re.search(pattern, output):
            return Problem(sentence)
    return Problem(f"The installer failed at {package}, not because of the network. {last}")


def make_venv(venv, base, *options):
    """Let Python make an environment, or make its scripts again, in which no script holds the folder's path."""
    command = [str(base), "-I", "-m", "venv", "--prompt", "cctview", *options, str(venv)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    if done.returncode != 0:
        raise no_virtual_environment("python -m venv says:\n" + done.stdout.strip()[-600:] + "\n")
    with open(str(venv / "pyvenv.cfg"), "a") as file:
        file.write(
            "relocatable = true\n"
        )  # uv then writes scripts that find their Python beside them


def free_scripts(venv):
    """Let scripts that pip or the first edition wrote find their Python beside them, wherever the folder moves."""
    if os.name == "nt":
        return  # launchers there are programs; `python -m pip` always works
    header = rb"#!(?:/bin/sh\n'''exec' [^\n]*python[^\n]*\n' '''|/[^\n]*python[^\n]*)\n"
    beside = b"#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n"
    for path in (venv / "bin").iterdir():
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            freed = re.sub(rb"\A" + header, lambda _: beside, content)
            if freed != content:
                path.write_bytes(freed)


came_early = None  # while a child is being started: the signals that came meanwhile


def stop(number, _):
    """End this program at a signal, but not between a child's start and the moment in which we know it."""
    if came_early is None:
        raise SystemExit(128 + number)
    came_early.append(number)


def start(command, **options):
    """Start a child; one that was started while we were asked to end is ended, too."""
    global came_early
    came_early = []
    try:
        process = subprocess.Popen(command, **options)
    finally:
        numbers, came_early = came_early, None
    if numbers:
        process.kill()
        process.wait()
        raise SystemExit(128 + numbers[0])
    return process


def call(command, fallback, environment, show=False):
    """Run an installer; explain its failure. `show` lets it draw its progress bars where there is a terminal."""
    command = [str(part) for part in command]
    options = {"env": environment, "cwd": str(ROOT)}
    if os.name != "nt":
        options["pass_fds"] = HELD
    if show and sys.stderr.isatty():
        if subprocess.call(command, **options) == 0:
            return
        # It failed in view; once more, unseen, to learn why.
        options["env"] = dict(environment, UV_HTTP_RETRIES="0")
        show = False
    output = []
    with start(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        encoding="utf-8",
        errors="replace",
        **options,
    ) as process:
        try:
            for line in process.stdout:
                output.append(line)
                if show and re.match(
                    r" *(Downloading|Downloaded|Prepared|Installed|Bytecode) ", line
                ):
                    say("      " + line.strip())
        except BaseException:
            process.kill()  # nobody must meet an installer still at work
            raise
    if process.returncode != 0:
        raise explain("".join(output), fallback)


def uv_install(venv, environment, *words):
    python = venv_python(venv)
    uv = [python, "-m", "uv", "pip", "install", "--python", python, "--no-deps", *words]
    fallback = "cctview" if "--editable" in words else "the packages"
    call(uv, fallback, environment, show="--editable" not in words)


def install_pins(venv, requirements, environment):
    """Install packages by their hashes. The list is written into the environment, to be looked up later."""
    (venv / NEEDED).write_text(requirements, encoding="utf-8")
    hashed = ["--compile-bytecode", "--require-hashes", "--only-binary", ":all:"]
    uv_install(venv, environment, *hashed, "-r", venv / NEEDED)


def install_project(venv, environment):
    """Add cctview as it lies in this folder: from the folder, because paths such as `C#` or `x[1]` mean something else to uv."""
    offline = dict(environment, UV_OFFLINE="1", UV_NO_CONFIG="1", UV_NO_CACHE="1")
    uv_install(venv, offline, "--editable", ".")


def build(cpu):
    """Make a whole environment in .venv.new. Nothing of .venv is touched."""
    check_python()
    check_modules()
    check_platform()
    check_folder()
    entries = read_requirements()
    requirements, megabytes, kind, sentence = plan(entries, cpu)
    project_fingerprint()
    check_disk(DISK_GB[kind])
    say(
        "  PyTorch:  " + sentence,
        f"  Download: about {megabytes / 1000:.1f} GB, minus anything that uv has in its cache",
        f"  Place:    {VENV} (needs {DISK_GB[kind]} GB)",
    )
    started = time.time()
    empty_new()
    say(f"[1/4] Making an environment with Python {platform.python_version()}")
    base = (
        getattr(sys, "_base_executable", None) or sys.executable
    )  # not the .venv that may run this
    make_venv(NEW, base)
    python = venv_python(NEW)

    say("[2/4] Getting the installer, uv {}".format(pinned_version("uv", entries)))
    environment = installer_environment(python)
    (NEW / "uv.txt").write_text(dict(entries)["uv"], encoding="utf-8")
    pip = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--retries",
        "2",
    ]
    hashed = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", NEW / "uv.txt"]
    call([*pip, *hashed], "uv", environment)

    say("[3/4] Getting and installing the packages (this is the long part)")
    install_pins(NEW, requirements, environment)

    say("[4/4] Adding cctview itself, from this folder")
    install_project(NEW, environment)
    free_scripts(NEW)
    set_lab(NEW)
    write_state(NEW, pins=fingerprint(entries))
    swap()
    settle()  # its activation scripts still name .venv.new
    say(f"Set up in {time.time() - started:.0f} s.", "")


def settle():
    """Repair .venv in place, without a network: its scripts, and the link to this folder."""
    python = venv_python(VENV)
    base = ask(python, "import sys; print(sys._base_executable)")
    make_venv(VENV, base, "--without-pip")
    install_project(VENV, installer_environment(python))
    free_scripts(VENV)
    write_state(VENV, project=project_fingerprint())


def add_extra():
    """Add what tests and the studio need."""
    say("Adding what the tests and the studio need.")
    extra = read_requirements(EXTRA)
    install_pins(VENV, "".join(text for _, text in extra), installer_environment(venv_python(VENV)))
    write_state(VENV, extra=fingerprint(extra))


def set_lab(venv):
    """Let JupyterLab ask nobody for news or updates, and end the kernel of a notebook that is closed."""
    settings = venv / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    ours = {
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false",
            "checkForUpdates": False,
        },
        "@jupyterlab/notebook-extension:tracker": {"kernelShutdown": True},
    }
    (settings / "overrides.json").write_text(json.dumps(ours), encoding="utf-8")


def why_build(fresh):
    """The reason for which a new environment must be built, as a sentence; None if .venv is good."""
    if not VENV.exists() or not os.listdir(str(VENV)):
        return "First set-up"
    entries = read_requirements()
    if not (VENV / STATE).exists():
        missing = lacking(venv_python(VENV), entries)
        if missing == [] and not fresh:
            return None
        raise Problem(
            f"{VENV} is there, but workshop.py did not make it"
            + (f", and it lacks {', '.join(missing[:5])}" if missing else "")
            + ".\nMove it away or delete it, and run this again."
        )
    if fresh:
        return "Set-up from the start, as asked"
    state = read_state(VENV)
    if state is None:
        return "The last set-up was cut off"
    if not is_whole(VENV):
        return "The Python that .venv was made with is gone"
    if state.get("pins") != fingerprint(entries):
        if lacking(venv_python(VENV), entries) == []:
            write_state(VENV, pins=fingerprint(entries))
            return None
        return "The pinned packages are not those in .venv"
    return None


def is_ready(everything):
    """Is there nothing to do? Then nothing is locked or written, so that a set-up can be shared read-only."""
    state = read_state(VENV)
    return (
        bool(state)
        and state.get("pins") == fingerprint(read_requirements())
        and state.get("project") == project_fingerprint()
        and (not everything or state.get("extra") == fingerprint(read_requirements(EXTRA)))
        and not (FORMER.exists() or TRASH.exists())
        and is_whole(VENV)
    )


def set_up(fresh=False, everything=False, cpu=False):
    """Make sure that .venv holds what is needed. Returns its Python."""
    if is_ready(everything) and not fresh:
        return venv_python(VENV)
    with alone():
        swap()  # what a call that was killed had finished
        former = read_state(VENV)
        reason = why_build(fresh)
        if reason:
            say(f"{reason}. No administrator rights, git, Git LFS or tkinter are needed.")
            try:
                build(cpu)
            except Problem as problem:
                if not is_whole(VENV):
                    raise
                say("", str(problem), "", "The earlier set-up is unchanged, and is used.", "")
        state = read_state(VENV)
        if state is None:
            return venv_python(VENV)  # another's, and it holds all pins
        if state.get("project") != project_fingerprint():
            settle()
        extra = fingerprint(read_requirements(EXTRA))
        if state.get("extra") != extra and (everything or (former or {}).get("extra")):
            add_extra()
    return venv_python(VENV)


# ---------------------------------------------------------------------- Running


def run(command, environment, apart=False):
    """Run a command in the project's folder to its end. Returns its exit status.

    Ctrl+C goes to the command, not past it; if it runs `apart`, Ctrl+C ends it, and then this.
    """
    process = start(
        [str(part) for part in command],
        cwd=str(ROOT),
        env=environment,
        start_new_session=apart and os.name != "nt",
    )
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                if apart:
                    raise
    except BaseException:  # this process is told to end
        process.terminate()
        process.wait()
        raise


def has_browser():
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return "SSH_CONNECTION" not in os.environ


def private_folder():
    """A folder for this session alone, which other users cannot read: in .venv, because some browsers see no other."""
    try:
        return tempfile.mkdtemp(prefix="session-", dir=str(VENV))
    except OSError:
        return tempfile.mkdtemp(prefix="cctview-")


def find_server(session):
    """The address of the JupyterLab that notes its server in this folder, once it answers; None until then."""
    for path in Path(session).glob("jpserver-*.json"):
        try:
            server = json.loads(path.read_text(encoding="utf-8"))
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            opener.open(server["url"] + "api", timeout=1).close()
            return server["url"]
        except (OSError, ValueError, KeyError):
            pass
    return None


# An extension switches warnings for programmers on again, so -W ignore is not enough to keep the address in sight.
START_LAB = (
    "import runpy, warnings; warnings.showwarning = lambda *_, **__: None;"
    " runpy.run_module('jupyterlab', run_name='__main__', alter_sys=True)"
)


def lab_command(python, folder, browser):
    command = [python, "-c", START_LAB]
    command += ["--ServerApp.answer_yes=True", "--Application.log_level=ERROR"]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=8888", f"--ServerApp.root_dir={ROOT}"]
    command += ["--KernelManager.transport_encryption=auto"]
    command += ["--LabApp.default_url=/" + folder, "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def open_lab(python, browser):
    """Start JupyterLab on the first notebook, say where it answers, and stay until it is stopped."""
    first = sorted((ROOT / "notebooks").glob("*.ipynb"))[:1]
    folder = f"lab/tree/notebooks/{first[0].name}" if first else "lab"
    session, token = private_folder(), secrets.token_hex(16)
    environment = dict(own_environment(), JUPYTER_RUNTIME_DIR=session, JUPYTER_TOKEN=token)
    say("JupyterLab is starting. Press Ctrl+C here to stop it.")
    process = start(
        [str(part) for part in lab_command(python, folder, browser)],
        cwd=str(ROOT),
        env=environment,
        start_new_session=os.name != "nt",  # so that Ctrl+C comes here first
    )
    try:
        address = None
        while process.poll() is None:
            if address is None:
                address = find_server(session)
                if address:
                    opens = "It opens in your browser" if browser else "Open it in a browser"
                    say(f"{opens}, at this address:", f"  {address}{folder}?token={token}")
            time.sleep(0.2)
        return process.returncode
    except KeyboardInterrupt:
        say("", "JupyterLab stops.")
        return 0
    finally:
        end(process)
        shutil.rmtree(session, ignore_errors=True)


def end(process):
    """Ask a process to end, with its kernels; after ten seconds, or a second Ctrl+C, insist."""
    try:
        if os.name != "nt":  # Windows has sent Ctrl+C to it already
            process.terminate()
        process.wait(timeout=10)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


def check_computer(python):
    """Let the doctor look at this computer; it imports every package until that has worked once. Returns its status."""
    state = read_state(VENV) or {}
    words = ["--brief"] + (["--no-imports"] if state.get("imported") == state.get("pins") else [])
    status = run([python, "-m", "cctview.doctor", *words], own_environment(), apart=True)
    if status == 0 and len(words) == 1 and state.get("pins") and os.access(str(VENV), os.W_OK):
        write_state(VENV, imported=state["pins"])
    return status


# ---------------------------------------------------------------------- The course without installing anything

SITE, QUICK = ROOT / "site", ROOT / "notebooks" / "cameras.html"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".ipynb": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
"""The files that are served; others are not."""
RECORD = ROOT / "data" / "made.json"
"""Changes with the data of the course."""


def is_of_other_data(folder):
    """Whether the data of the course are not those that a site was made of."""
    mark = folder / "cctview-site.json"
    if not mark.is_file() or not RECORD.is_file():
        return False
    made = json.loads(mark.read_text(encoding="utf-8")).get("data_sha256")
    return made != hashlib.sha256(RECORD.read_bytes()).hexdigest()


def find_shown(folder, path):
    """The file below a folder that a request's path names, or None. No link is followed, and nothing hidden is shown."""
    parts = urllib.parse.unquote(path.split("?")[0].split("#")[0]).lstrip("/").split("/")
    if parts == [""]:
        parts = ["index.html"]
    if any(not re.fullmatch(r"\w[\w .()-]*", part) for part in parts):
        return None
    place = Path(folder)
    for part in parts:
        place = place / part
        if place.is_symlink():
            return None
    return place if place.suffix.lower() in KINDS and place.is_file() else None


class Showing(http.server.BaseHTTPRequestHandler):
    """Shows the files of a folder, read only."""

    folder, hosts = SITE, ()
    timeout = 20  # seconds for a request
    server_version, sys_version = "cctview", ""

    def do_GET(self):
        self.show(True)

    def do_HEAD(self):
        self.show(False)

    def show(self, whole):
        if self.headers.get("Host", "") not in self.hosts:  # another name that points here
            return self.send_error(421)
        place = find_shown(self.folder, self.path)
        if place is None:
            return self.send_error(404)
        with open(str(place), "rb") as file:
            self.send_response(200)
            self.send_header("Content-Type", KINDS[place.suffix.lower()])
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Cross-Origin-Resource-Policy", "same-origin")
            self.end_headers()
            if whole:
                shutil.copyfileobj(file, self.wfile)

    def log_message(self, *words):
        """Nobody's visit is noted."""


class Server(socketserver.ThreadingTCPServer):
    """Without the look-up of its own name by which `HTTPServer` waits ten seconds in a room without a name server."""

    daemon_threads = allow_reuse_address = True

    def handle_error(self, request, client_address):
        """A browser that goes away is no error."""


def room_address():
    """This computer's address in the local network. Nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 9))
            address = probe.getsockname()[0]
        except OSError:
            address = "127.0.0.1"
    if address.startswith("127."):
        raise Problem(
            "This computer is in no network. Join the room's Wi-Fi, or open a hotspot, and try again."
        )
    return address


def make_server(folder, address):
    """A server of a folder at an address of this computer, on a port that is free."""
    for port in (8000, 8080, 8765, 0):
        try:
            server = Server((address, port), type("ShowingFolder", (Showing,), {"folder": folder}))
            break
        except OSError as error:
            if port == 0 or error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    port = server.server_address[1]
    server.RequestHandlerClass.hosts = [f"{host}:{port}" for host in {address, "localhost"}]
    return server, f"http://{address}:{port}/"


def times(a, b):
    """A product in the field of 256 elements that QR codes take."""
    result = 0
    while b:
        result ^= a * (b & 1)
        a, b = a << 1 ^ (a >> 7) * 0x11D, b >> 1
    return result


def qr_words(text):
    """The 44 bytes of a QR code: the text, what fills it up, and ten that correct errors (Reed-Solomon)."""
    bits = "".join(f"{byte:08b}" for byte in text.encode("ascii"))
    bits = f"0100{len(text):08b}{bits}0000"
    words = [int(bits[k : k + 8], 2) for k in range(0, len(bits), 8)]
    words += ([0xEC, 0x11] * 17)[: 34 - len(words)]
    divisor, root = [1], 1
    for _ in range(10):  # the product of (x - 2^k)
        divisor = [a ^ times(b, root) for a, b in zip([*divisor, 0], [0, *divisor])]
        root = times(root, 2)
    rest = words + [0] * 10
    for k in range(34):
        factor = rest[k]
        for n, one in enumerate(divisor):
            rest[k + n] ^= times(factor, one)
    return words + rest[34:]


def qr_code(text):
    """25 rows of a QR code (ISO/IEC 18004: version 2, level L, mask 0), True where it is dark. It holds 32 letters,
    and the address of a computer in a local network has 29 at most."""
    dark = {(6, k): k % 2 == 0 for k in range(25)}
    dark.update({(k, 6): k % 2 == 0 for k in range(25)})
    for top, left in ((3, 3), (3, 21), (21, 3)):
        for row, column in itertools.product(range(-4, 5), repeat=2):
            if 0 <= top + row < 25 and 0 <= left + column < 25:
                dark[top + row, left + column] = max(abs(row), abs(column)) not in (2, 4)
    for row, column in itertools.product(range(-2, 3), repeat=2):
        dark[18 + row, 18 + column] = max(abs(row), abs(column)) != 1
    places = [*((8, k) for k in (0, 1, 2, 3, 4, 5, 7, 8)), *((k, 8) for k in (7, 5, 4, 3, 2, 1, 0))]
    again = [*((k, 8) for k in range(24, 17, -1)), *((8, k) for k in range(17, 25))]
    for bit, one, other in zip("111011111000100", places, again):  # level L, mask 0
        dark[one] = dark[other] = bit == "1"
    dark[17, 8] = True
    bits = iter("".join(f"{word:08b}" for word in qr_words(text)) + "0" * 7)
    for n, right in enumerate([*range(24, 6, -2), 5, 3, 1]):
        for row in range(25) if n % 2 else range(24, -1, -1):
            for place in ((row, right), (row, right - 1)):
                if place not in dark:
                    dark[place] = (next(bits) == "1") != (sum(place) % 2 == 0)
    return [[dark[row, column] for column in range(25)] for row in range(25)]


def qr_lines(text):
    """A QR code with its margin for a terminal; there it is dark on light, whatever the terminal's own colours are."""
    side = [False] * 4
    rows = [side + row + side for row in qr_code(text)]
    empty = [[False] * 33] * 4
    rows = [*empty, *rows, *empty, *empty[:1]]
    lines = (
        "".join(" ▄▀█"[2 * above + below] for above, below in zip(*rows[k : k + 2]))
        for k in range(0, len(rows), 2)
    )
    begin, end = ("\x1b[30;107m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    return [f"  {begin}{line}{end}" for line in lines]


def open_site(arguments):
    """Serve the course's pages until Ctrl+C; without a built site open the page that comes with the course."""
    parser = argparse.ArgumentParser(prog="workshop.py site", description=open_site.__doc__)
    words = "let everybody in the local network read the pages"
    parser.add_argument("--lan", action="store_true", help=words)
    parser.add_argument("--no-browser", action="store_true", help="print the address alone")
    words = "the site (default: site/, which `cctview site site` makes)"
    parser.add_argument("--folder", type=Path, default=SITE, help=words)
    options = parser.parse_args(arguments)
    folder = options.folder
    with contextlib.ExitStack() as stack:
        if not (folder / "index.html").is_file():
            if folder != SITE or not QUICK.is_file():
                raise Problem(
                    f"{folder} has no index.html: make a site with `cctview site {folder}`."
                )
            say(
                "There is no site here yet, so this shows the cameras alone, which come with the course."
            )
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cctview-")))
            shutil.copyfile(str(QUICK), str(folder / "index.html"))
        if is_of_other_data(folder):
            say(
                f"{folder} shows older data than the course has now. To make it again, run: cctview site {folder}"
            )
        server, address = make_server(folder, room_address() if options.lan else "127.0.0.1")
        stack.callback(server.server_close)
        if options.lan:
            if os.name == "nt":
                os.system("")  # after this an older console of Windows sees colours
            say(
                "Everybody in this network can read these pages, and nothing else, at this address:"
            )
        say(
            f"  {address}",
            *(qr_lines(address) if options.lan else []),
            "Press Ctrl+C here to stop.",
        )
        if not options.no_browser and has_browser():
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("", "The pages are not served any more.")
    return 0


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, words in {
        "--no-browser": "print JupyterLab's address, open no browser",
        "--no-lab": "set up and check this computer, then stop",
        "--fresh": "make .venv anew even if it is complete",
        "--all": "install what tests and the studio need, too",
        "--cpu": f"on Linux, take PyTorch's smaller CPU builds even if {CPU} does not pin them",
    }.items():
        parser.add_argument(name, action="store_true", help=words)
    return parser.parse_args(arguments)


def main(arguments):
    """Set up, then test or open the workshop. Returns the exit status."""
    if arguments[:1] == ["test"]:
        return run([set_up(everything=True), "-m", "pytest", *arguments[1:]], own_environment())
    if arguments[:1] == ["site"]:
        return open_site(arguments[1:])
    options = parse_arguments(arguments)
    python = set_up(options.fresh, options.all, options.cpu)
    status = check_computer(python)
    if options.no_lab:
        return status
    return open_lab(python, has_browser() and not options.no_browser)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that cannot show a letter
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) != signal.SIG_IGN:
            signal.signal(getattr(signal, name), stop)
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        sys.exit(f"\n{problem}")
    except OSError as error:
        sys.exit(
            f"\n{error}\nCheck that you may write to this folder and that its disk is not full."
        )
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run the same command again to go on.")
