#!/usr/bin/env python3
"""Set up the workshop and open it, with nothing but Python's standard library.

    python3 workshop.py              make .venv, install, check this computer, open JupyterLab
    python3 workshop.py test [ARG..] the same set-up, then every test (ARGs are passed on to pytest)

The first call downloads; later calls start at once. A set-up that was cut off is made anew by the next call.
"""

# The syntax here stays that of Python 3.6, so that an old Python can still say that it is too old.
import argparse
import hashlib
import html
import importlib.util
import json
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 13)
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu/"
PROBE_SECONDS = 5
STATE = "workshop-state.txt"  # in .venv: INCOMPLETE, or the fingerprint of what was installed, written last
INCOMPLETE = "incomplete"
# Measured as the sum of the wheels that requirements.txt pins, in megabytes, and the free disk it takes, in gigabytes.
DOWNLOAD_MB = {"cuda": 4000, "linux without torch": 980, "macos or windows": 810}
DISK_GB = {"cuda": 10, "cpu": 5}


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
    found = [name for name in ("python3.13", "python3.12", "python3.11") if shutil.which(name)]
    if os.name == "nt":
        remedy = "Install Python 3.13 from python.org and run: py -3.13 workshop.py"
    elif found:
        remedy = f"This computer has a fitting one; run: {found[0]} workshop.py"
    else:
        remedy = "Install Python 3.13 (python.org, or your system's packages) and run: python3.13 workshop.py"
    raise Problem(
        f"This is Python {version[0]}.{version[1]}, which is too {fault}: the workshop needs Python 3.11, 3.12 or 3.13.\n{remedy}"
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


def check_disk(needed_gb):
    """Stop if the disk that holds the project has less than `needed_gb` free."""
    free_gb = shutil.disk_usage(str(ROOT)).free / 1e9
    if free_gb < needed_gb:
        raise Problem(
            "Too little disk: {:.1f} GB free in {}, {} GB are needed "
            "({} GB with PyTorch's CUDA builds, {} GB without).\n"
            "Free some space, or move this folder to a larger disk, and run this again.".format(
                free_gb, ROOT, needed_gb, DISK_GB["cuda"], DISK_GB["cpu"]
            )
        )


# ---------------------------------------------------------------------- What to install


def read_requirements():
    """The entries of requirements.txt as (name, text) pairs; the text holds the pin, the marker and the hashes."""
    path = ROOT / "requirements.txt"
    if not path.exists():
        raise Problem(
            f"{path} is missing: this is not a whole copy of the project. Download it again."
        )
    entries = re.findall(
        r"^[a-z0-9].*(?:\n[ ]+--hash=.*)*", path.read_text(encoding="utf-8"), re.MULTILINE
    )
    return [(entry.split("==")[0], entry + "\n") for entry in entries]


def pinned_version(name, entries):
    text = dict(entries)[name]
    return re.match(r"[^=]+==([^\s;]+)", text).group(1)


def find_cpu_wheel(page, address, name, version):
    """Find the CPU wheel for this Python in a page of a package index: its URL and its sha256, or None."""
    python = "cp{}{}".format(*sys.version_info[:2])
    wanted = re.compile(
        rf"{re.escape(name)}-{re.escape(version)}(\+cpu)?-{python}-{python}-.*_{re.escape(platform.machine())}\.whl$"
    )
    found = {}
    for href, sha256 in re.findall(r'href="([^"#]+)#sha256=([0-9a-f]{64})"', page):
        url = urllib.parse.urljoin(address, html.unescape(href))
        match = wanted.match(urllib.parse.unquote(url.rsplit("/", 1)[-1]))
        if match:
            found[bool(match.group(1))] = (url, sha256)
    return found.get(True, found.get(False))


def size_of(url):
    request = urllib.request.Request(url, method="HEAD")
    with urllib.request.urlopen(request, timeout=PROBE_SECONDS) as answer:
        return int(answer.headers.get("Content-Length") or 0)


def find_cpu_torch(entries):
    """Ask PyTorch's CPU index for torch and torchvision in the pinned versions.

    Returns {name: (requirement, size in bytes)}, or None where the index cannot be reached or lacks one of them.
    """
    wheels = {}
    for name in ("torch", "torchvision"):
        address = urllib.parse.urljoin(TORCH_CPU_INDEX, name + "/")
        try:
            with urllib.request.urlopen(address, timeout=PROBE_SECONDS) as answer:
                page = answer.read().decode("utf-8", "replace")
            found = find_cpu_wheel(page, answer.url, name, pinned_version(name, entries))
            if found is None:
                return None
            wheels[name] = ("{} @ {} --hash=sha256:{}\n".format(name, *found), size_of(found[0]))
        except (OSError, ValueError):
            return None
    return wheels


def needs_cuda(name):
    return name == "triton" or name.startswith(("nvidia-", "cuda-"))


def plan(entries):
    """Choose the PyTorch builds. Returns (requirements as text, download in MB, kind of disk need, sentence)."""
    everything = "".join(text for _, text in entries)
    if not sys.platform.startswith("linux"):
        return (
            everything,
            DOWNLOAD_MB["macos or windows"],
            "cpu",
            "the usual packages, which are CPU builds here",
        )
    wheels = find_cpu_torch(entries)
    if wheels is None:
        sentence = (
            "the usual packages, with CUDA (PyTorch's index of smaller CPU builds offered nothing)"
        )
        return everything, DOWNLOAD_MB["cuda"], "cuda", sentence
    kept = "".join(text for name, text in entries if name not in wheels and not needs_cuda(name))
    chosen = "".join(requirement for requirement, _ in wheels.values())
    size = sum(size for _, size in wheels.values()) / 1e6
    sentence = f"CPU builds from {TORCH_CPU_INDEX} ({size:.0f} MB)"
    return kept + chosen, DOWNLOAD_MB["linux without torch"] + size, "cpu", sentence


# ---------------------------------------------------------------------- Installing


def venv_python(venv):
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint():
    """What the environment depends on: the pins, the project's metadata, this Python and this folder."""
    digest = hashlib.sha256()
    for name in ("requirements.txt", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    digest.update(f"{sys.version_info[0]}.{sys.version_info[1]} {ROOT}".encode())
    return digest.hexdigest()


def why_install(venv, fresh):
    """The reason for which .venv must be made, as a sentence; None if it is complete."""
    if not venv.exists() or not os.listdir(str(venv)):
        return "First set-up"
    if not (venv / STATE).exists():
        raise Problem(
            f"{venv} is there, but workshop.py did not make it. Move it away or delete it, and run this again."
        )
    if fresh:
        return "Set-up from the start, as asked"
    state = (venv / STATE).read_text().strip()
    if state == INCOMPLETE:
        return "The last set-up was cut off: making .venv anew"
    if state != fingerprint() or not venv_python(venv).exists():
        return "The pins, this Python or this folder's place have changed: making .venv anew"
    return None


def empty(venv):
    """Leave nothing in .venv but the note that it is incomplete."""
    venv.mkdir(exist_ok=True)
    (venv / STATE).write_text(INCOMPLETE + "\n")
    try:
        for entry in venv.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(str(entry))
            elif entry.name != STATE:
                entry.unlink()
    except PermissionError as error:
        raise Problem(
            f"{error.filename} is in use. Close JupyterLab and every terminal that uses .venv, "
            "and run this again."
        ) from None


def explain(output, fallback):
    """Turn what pip or uv said into one Problem that names the package."""
    package = fallback
    for pattern in (
        r"Failed to (?:download|build|extract|install)[^`\n]*`([^`@=]+)",
        r"Failed to fetch: \S+/([^/\s`]+)/?",
        r"Because (?:there is no version of )?([\w.-]+)==",
        r"satisfies the requirement ([\w.-]+)",
    ):
        match = re.search(pattern, output)
        if match:
            package = urllib.parse.unquote(match.group(1)).strip()
            break
    if re.search(r"No space left|os error (28|112)\b|not enough space", output):
        return Problem(
            "The disk became full while installing {}: {} GB are needed with PyTorch's CUDA builds, {} GB without.\n"
            "Free some space and run this again.".format(package, DISK_GB["cuda"], DISK_GB["cpu"])
        )
    if re.search(r"[Hh]ash mismatch|DO NOT MATCH THE HASHES", output):
        return Problem(
            f"The download of {package} is damaged or was exchanged on its way: its sha256 is not the pinned one.\n"
            "Run this again; if it stays so, use another network."
        )
    if re.search(
        r"no wheels with a matching|no matching distribution.*none of the", output, re.IGNORECASE
    ):
        return Problem(f"{package} has no package for this computer:\n{output.strip()[-600:]}")
    return Problem(
        f"Could not get {package}: the package registry cannot be reached, or does not have it.\n"
        "Check the network (a proxy is taken from HTTPS_PROXY, a mirror from PIP_INDEX_URL or pip's configuration),\n"
        f"and run this again: what is already downloaded is kept. The last words of the installer were:\n{output.strip()[-600:]}"
    )


def make_venv(venv):
    base = (
        getattr(sys, "_base_executable", None) or sys.executable
    )  # not the .venv that may run this
    done = subprocess.run(
        [base, "-m", "venv", str(venv)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        raise no_virtual_environment("python -m venv says:\n" + done.stdout.strip()[-600:] + "\n")


def call(command, fallback, environment=None, show=False):
    """Run an installer; explain its failure. `show` lets it draw its progress bars where there is a terminal."""
    command = [str(part) for part in command]
    environment = dict(os.environ, **(environment or {}))
    if show and sys.stderr.isatty():
        if subprocess.call(command, env=environment) == 0:
            return
        environment["UV_HTTP_RETRIES"] = "0"  # it failed in view; once more, unseen, to learn why
        show = False
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        encoding="utf-8",
        errors="replace",
    )
    output = []
    try:
        for line in process.stdout:
            output.append(line)
            if show and re.match(r" *(Downloading|Downloaded|Prepared|Installed|Bytecode) ", line):
                say("      " + line.strip())
    except BaseException:
        process.kill()  # whoever calls next must not meet an installer still at work in .venv
        raise
    if process.wait() != 0:
        raise explain("".join(output), fallback)


def uv_environment(python):
    """Settings for uv: no Python of its own, patience with slow networks, and the index that pip is set to use."""
    settings = {"UV_PYTHON_DOWNLOADS": "never"}
    if "UV_HTTP_TIMEOUT" not in os.environ:
        settings["UV_HTTP_TIMEOUT"] = "120"
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & set(os.environ):
        listing = subprocess.run(
            [str(python), "-m", "pip", "config", "list"], stdout=subprocess.PIPE, text=True
        ).stdout
        found = dict(re.findall(r"^(.+)\.index-url='(.+)'$", listing, re.MULTILINE))
        for section in (":env:", "install", "global"):
            if section in found:
                settings["UV_DEFAULT_INDEX"] = found[section]
                break
    return settings


def install(venv):
    """Make .venv and fill it. The state file is written last, so a cut-off set-up is known by its absence."""
    entries = read_requirements()
    requirements, megabytes, kind, sentence = plan(entries)
    if not venv.exists():
        check_disk(DISK_GB[kind])
    say(
        "  PyTorch:  " + sentence,
        f"  Download: about {megabytes / 1000:.1f} GB, less what uv has in its cache from before",
        f"  Place:    {venv} (needs {DISK_GB[kind]} GB)",
    )
    started = time.time()
    empty(venv)
    python = venv_python(venv)

    say(f"[1/4] Making .venv with Python {platform.python_version()}")
    make_venv(venv)

    say("[2/4] Getting the installer, uv {}".format(pinned_version("uv", entries)))
    (venv / "uv.txt").write_text(dict(entries)["uv"], encoding="utf-8")
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
    call(
        [*pip, "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", venv / "uv.txt"],
        "uv",
    )

    say("[3/4] Getting and installing the packages (this is the long part)")
    (venv / "requirements.txt").write_text(requirements, encoding="utf-8")
    uv = [
        python,
        "-m",
        "uv",
        "pip",
        "install",
        "--python",
        python,
        "--no-deps",
        "--compile-bytecode",
    ]
    settings = uv_environment(python)
    hashed = ["--require-hashes", "--only-binary", ":all:", "-r", venv / "requirements.txt"]
    call(uv + hashed, "the packages", settings, show=True)

    say("[4/4] Adding cctview itself, as it lies in this folder")
    call([*uv, "--editable", ROOT], "cctview", settings)

    quieten(venv)
    finished = venv / (STATE + ".new")
    finished.write_text(fingerprint() + "\n")
    os.replace(str(finished), str(venv / STATE))
    say(f"Set up in {time.time() - started:.0f} s.", "")


def quieten(venv):
    """Let JupyterLab ask nobody for news or updates, and nobody whether it may."""
    settings = venv / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    silence = {
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false",
            "checkForUpdates": False,
        }
    }
    (settings / "overrides.json").write_text(json.dumps(silence), encoding="utf-8")


def set_up(fresh=False):
    """Make sure that .venv is complete. Returns its Python."""
    check_python()
    venv = ROOT / ".venv"
    reason = why_install(venv, fresh)
    if reason:
        check_modules()
        check_platform()
        say(f"{reason}. No administrator rights, git, Git LFS or tkinter are needed.")
        install(venv)
    return venv_python(venv)


# ---------------------------------------------------------------------- Running


def run(command):
    """Run a command in the project's folder to its end; Ctrl+C goes to it, not past it. Returns its exit status."""
    process = subprocess.Popen([str(part) for part in command], cwd=str(ROOT))
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def has_browser():
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return "SSH_CONNECTION" not in os.environ


def open_lab(python, browser):
    """Start JupyterLab on notebooks/ and stay until it is stopped."""
    from cctview.doctor import free_port

    port = free_port()
    if port is None:
        raise Problem(
            "No free port for JupyterLab. Close other Jupyter servers and run this again."
        )
    folder = "/tree/notebooks" if (ROOT / "notebooks").is_dir() else ""
    os.environ["JUPYTER_TOKEN"] = secrets.token_hex(16)
    command = [python, "-m", "jupyterlab", "--ServerApp.answer_yes=True"]
    command += ["--ServerApp.log_level=WARN", "--LabApp.log_level=WARN"]
    command += [f"--ServerApp.port={port}", f"--ServerApp.root_dir={ROOT}"]
    command += ["--LabApp.default_url=/lab" + folder, "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    say(
        "",
        "JupyterLab opens in your browser."
        if browser
        else "JupyterLab is starting. Open this address in a browser:",
        "  http://localhost:{}/lab{}?token={}".format(port, folder, os.environ["JUPYTER_TOKEN"]),
        "Press Ctrl+C here to stop it.",
    )
    return run(command)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="print JupyterLab's address, open no browser"
    )
    parser.add_argument(
        "--no-lab", action="store_true", help="set up and check this computer, then stop"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="make .venv anew even if it is complete"
    )
    return parser.parse_args(arguments)


def main(arguments):
    """Set up, then test or open the workshop. Returns the exit status."""
    if arguments[:1] == ["test"]:
        return run([set_up(), "-m", "pytest", *arguments[1:]])
    options = parse_arguments(arguments)
    python = set_up(options.fresh)
    status = run([python, "-m", "cctview.doctor", "--brief"])
    if options.no_lab:
        return status
    return open_lab(python, has_browser() and not options.no_browser)


if __name__ == "__main__":
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
