"""workshop.py: its decisions one by one, and whole set-ups of a tiny project from a package index
on this computer.
"""

import ast
import base64
import hashlib
import http.server
import io
import json
import os
import platform
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.request
import zipfile
from functools import partial
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, unquote

import pytest

import workshop
from cctview import cli, doctor

SOURCE = Path(workshop.__file__)
THIS_PYTHON = f"cp{sys.version_info[0]}{sys.version_info[1]}"
LINUX = sys.platform.startswith("linux")
CLOSED = "http://127.0.0.1:9/"  # the discard port: nothing answers there


# ---------------------------------------------------------------------- one decision at a time


def test_parses_on_the_oldest_python_that_must_still_read_the_message():
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("version", [(3, 11), (3, 12, 1), (3, 13, 9), (3, 14)])
def test_supported_pythons_pass(version):
    workshop.check_python(version)


@pytest.mark.parametrize(
    ("version", "words"),
    [((3, 6), "3.6, which is too old"), ((3, 15, 0), "3.15, which is too new")],
)
def test_other_pythons_are_told_which_one_to_use(version, words, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/x" if name == "python3.12" else None)
    with pytest.raises(workshop.Problem, match=words) as caught:
        workshop.check_python(version)
    assert ("python3.12 workshop.py" if os.name != "nt" else "py -3.13") in str(caught.value)


def test_python_without_ensurepip_names_the_debian_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(
        workshop.Problem, match=r"without ensurepip[\s\S]*apt install python3\.\d+-venv"
    ):
        workshop.check_modules()


def test_too_little_disk_states_both_figures(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**9))
    with pytest.raises(
        workshop.Problem, match=r"1\.0 GB free.* 8 GB are needed .*CUDA builds, 4 GB without"
    ):
        workshop.check_disk(8)


@pytest.mark.parametrize(
    ("system", "machine", "release", "words"),
    [("darwin", "x86_64", "15.1", "Intel Macs"), ("darwin", "arm64", "13.6", "macOS 14 or newer")],
)
def test_macs_without_pytorch_are_told(system, machine, release, words, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "mac_ver", lambda: (release, ("", "", ""), machine))
    with pytest.raises(workshop.Problem, match=words):
        workshop.check_platform()


def test_a_folder_that_python_cannot_make_an_environment_in_is_named(monkeypatch):
    monkeypatch.setattr(workshop, "ROOT", Path(f"/courses{os.pathsep}2031/cctview"))
    with pytest.raises(workshop.Problem, match=r"courses.2031.*\n?.*Rename that folder"):
        workshop.check_folder()


@pytest.fixture
def venv(tmp_path, monkeypatch):
    """A project's folder with an environment that runs: this Python's."""
    for name in ("VENV", "NEW", "FORMER", "TRASH"):
        monkeypatch.setattr(workshop, name, tmp_path / getattr(workshop, name).name)
    monkeypatch.setattr(workshop, "is_whole", lambda venv: workshop.read_state(venv) is not None)
    monkeypatch.setattr(workshop, "lacking", lambda python, entries: ["torch"])
    return tmp_path / ".venv"


def pins():
    return workshop.fingerprint(workshop.read_requirements())


def test_no_venv_and_an_empty_one_are_a_first_set_up(venv):
    assert workshop.why_build(fresh=False) == "First set-up"
    venv.mkdir()
    assert workshop.why_build(fresh=False) == "First set-up"


@pytest.mark.parametrize("fresh", [False, True])
def test_a_venv_of_the_users_own_is_left_alone(venv, fresh):
    venv.mkdir()
    (venv / "pyvenv.cfg").write_text("theirs")
    with pytest.raises(workshop.Problem, match="did not make it, and it lacks torch"):
        workshop.why_build(fresh)
    assert (venv / "pyvenv.cfg").read_text() == "theirs"


def test_a_venv_of_the_users_own_that_holds_all_pins_is_used(venv, monkeypatch):
    venv.mkdir()
    (venv / "pyvenv.cfg").write_text("theirs")
    monkeypatch.setattr(workshop, "lacking", lambda python, entries: [])
    assert workshop.why_build(fresh=False) is None


def test_complete_cut_off_and_outdated_venvs_are_told_apart(venv, monkeypatch):
    venv.mkdir()
    (venv / workshop.STATE).write_text(workshop.INCOMPLETE)
    assert "cut off" in workshop.why_build(fresh=False)
    (venv / workshop.STATE).write_text("0" * 64)  # as the first edition wrote it
    assert "pinned packages" in workshop.why_build(fresh=False)
    monkeypatch.setattr(workshop, "lacking", lambda python, entries: [])
    assert workshop.why_build(fresh=False) is None, "all pins are there, whatever was noted"
    assert workshop.read_state(venv)["pins"] == pins()
    assert workshop.why_build(fresh=True)
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert workshop.why_build(fresh=False) is None, "whichever Python calls"
    monkeypatch.setattr(workshop, "is_whole", lambda venv: False)
    assert "Python that .venv was made with is gone" in workshop.why_build(fresh=False)


def test_the_fingerprint_is_that_of_names_versions_and_markers_alone():
    before = [("six", "six==1.0 ; os_name == 'nt' \\\n    --hash=sha256:00\n")]
    again = [("six", "six==1.0 ; os_name == 'nt' \\\n    --hash=sha256:11\n")]
    other = [("six", "six==1.1 ; os_name == 'nt' \\\n    --hash=sha256:00\n")]
    assert (
        workshop.fingerprint(before) == workshop.fingerprint(again) != workshop.fingerprint(other)
    )
    assert workshop.read_pins(before) == [("six", "1.0", "os_name == 'nt'")]


def test_packages_that_this_environment_lacks_are_found():
    version = metadata.version("pytest")
    entries = [
        ("pytest", f"pytest=={version} \\\n    --hash=sha256:00\n"),
        ("nothing", "nothing==1.0 ; python_version < '3'\n"),
        ("nvidia-nothing", "nvidia-nothing==1.0\n"),
    ]
    assert workshop.lacking(sys.executable, entries) == []
    entries.append(("packaging", "packaging==0.1\n"))
    assert workshop.lacking(sys.executable, entries) == ["packaging"]
    assert workshop.lacking("/no/python", entries) is None


def test_every_pin_of_the_real_requirements_is_read():
    names = [name for name, _ in workshop.read_requirements()]
    text = (SOURCE.parent / "requirements.txt").read_text(encoding="utf-8")
    assert len(names) == sum("==" in line for line in text.splitlines() if line[:1].isalnum())
    assert {"torch", "torchvision", "uv", "triton"} < set(names)


def test_cpu_wheel_is_the_one_for_this_python_and_machine():
    machine, sha256 = platform.machine(), "ab" * 32
    names = [
        f"torch-2.15.0+cpu-cp310-cp310-manylinux_2_28_{machine}.whl",
        f"torch-2.15.0+cpu-{THIS_PYTHON}-{THIS_PYTHON}t-manylinux_2_28_{machine}.whl",
        f"torch-2.15.0+cpu-{THIS_PYTHON}-{THIS_PYTHON}-manylinux_2_28_sparc.whl",
        f"torch-2.15.0+cpu.cxx11.abi-{THIS_PYTHON}-{THIS_PYTHON}-linux_{machine}.whl",
        f"torch-2.14.0+cpu-{THIS_PYTHON}-{THIS_PYTHON}-manylinux_2_28_{machine}.whl",
    ]
    right = f"torch-2.15.0+cpu-{THIS_PYTHON}-{THIS_PYTHON}-manylinux_2_28_{machine}.whl"

    def page(files):
        return "".join(
            f'<a href="/whl/{quote(file)}#sha256={sha256}" data-x="&gt;">{file}</a><br>'
            for file in files
        )

    def find(names):
        address = "https://host.test/whl/cpu/torch/"
        return workshop.find_cpu_wheels(
            page(names), address, "torch", "2.15.0", THIS_PYTHON, machine
        )

    assert find([*names, right]) == [("https://host.test/whl/" + quote(right), sha256)]
    assert find(names) == []


def test_cpu_wheel_without_a_hash_is_not_taken():
    tag = f"{THIS_PYTHON}-{THIS_PYTHON}-linux_{platform.machine()}"
    page = f'<a href="torch-1.0+cpu-{tag}.whl">torch</a>'
    assert workshop.find_cpu_wheels(page, "", "torch", "1.0", THIS_PYTHON, "x86_64") == []


@pytest.fixture
def linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(workshop, "TORCH_CPU_INDEX", CLOSED)


def with_cpu_pins(monkeypatch, *lines):
    real = workshop.read_requirements

    def read(name=workshop.NEEDED):
        return list(lines) if name == workshop.CPU else real(name)

    monkeypatch.setattr(workshop, "read_requirements", read)


def test_cpu_builds_are_those_whose_sha256_the_project_pins(linux, monkeypatch):
    wheels = {
        name: f"{name} @ https://host.test/{name}-1-{THIS_PYTHON}-{THIS_PYTHON}-linux_x86_64.whl"
        " --hash=sha256:00\n"
        for name in ("torch", "torchvision")
    }
    other = wheels["torch"].replace(THIS_PYTHON, "cp310")
    with_cpu_pins(monkeypatch, *wheels.items(), ("torch", other))
    monkeypatch.setattr(workshop, "ask_cpu_index", lambda *_: pytest.fail("asked the index"))
    requirements, megabytes, kind, _ = workshop.plan(workshop.read_requirements())
    assert kind == "cpu"
    assert megabytes < workshop.DOWNLOAD_MB["cuda"]
    assert wheels["torch"] in requirements
    assert other not in requirements
    assert "nvidia-" not in requirements


def test_without_such_pins_the_usual_packages_are_taken_but_for_what_nothing_uses(linux):
    requirements, _, kind, sentence = workshop.plan(workshop.read_requirements())
    assert kind == "cuda"
    assert "--cpu" in sentence
    names = re.findall(r"^([a-z0-9-]+)==", requirements, re.MULTILINE)
    assert {"nvidia-cudnn-cu13", "torch", "tensorflow-cpu"} < set(names)
    assert not {"triton", "tensorflow"} & set(names)


def test_asked_for_cpu_builds_that_cannot_be_had_are_an_error(linux, monkeypatch):
    with pytest.raises(workshop.Problem, match="cannot be reached, or has no build"):
        workshop.plan(workshop.read_requirements(), cpu=True)


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_macos_and_windows_ask_no_second_index(system, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(workshop, "ask_cpu_index", lambda *_: pytest.fail("asked the CPU index"))
    assert workshop.plan(workshop.read_requirements())[2] == "cpu"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            (
                "error: Failed to download `numpy==2.4.6`\n  cause: No space left on device (os"
                " error 28)"
            ),
            "full.*numpy",
        ),
        (
            "error: Failed to download `six==1.17.0`\n  cause: Hash mismatch for `six==1.17.0`",
            "of six is damaged",
        ),
        (
            "  cause: Because torch==2.15.0 has no wheels with a matching platform tag",
            "torch has no package for this",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement uv==0.13.9",
            "Could not get uv:",
        ),
        (
            "error: Failed to fetch: `https://x/simple/absl-py/`\n  invalid peer certificate:"
            " UnknownIssuer",
            "does not trust the certificate[\\s\\S]*SSL_CERT_FILE",
        ),
        ("ERROR: ... CERTIFICATE_VERIFY_FAILED", "does not trust the certificate"),
        ("error sending request: 407 Proxy Authentication Required", "The proxy does not let"),
        (
            "error: failed to open file `x`: Permission denied (os error 13)",
            "is not allowed to write",
        ),
        ("error: Failed to fetch: `https://x/simple/six/`", "Could not get six: the package reg"),
        (
            "error: No solution found\n  cause: Because there is no version of"
            " absl-py{python_full_version < '3.14'}==2.5.1 and you require it",
            "Could not get absl-py: the package",
        ),
        ("something unheard of", "failed at the packages, not because of the network"),
    ],
)
def test_installer_errors_become_one_sentence_that_names_the_package(output, words):
    with pytest.raises(workshop.Problem, match=words):
        raise workshop.explain(output, "the packages")


def test_of_pips_settings_those_of_the_network_reach_pip_and_uv_and_no_others(
    tmp_path, monkeypatch
):
    certificate = tmp_path / "ca.pem"
    certificate.touch()
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://mirror.test/simple\nproxy = http://proxy.test:8080\n"
        f"cert = {certificate}\n[install]\nuser = true\ntarget = /elsewhere\n"
    )
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "SSL_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_INDEX_URL", "https://nearer.test/simple")
    monkeypatch.setenv("UV_CACHE_DIR", "/cache")
    monkeypatch.setenv("UV_TARGET", "/elsewhere")
    found = workshop.installer_environment(sys.executable)
    told = {n: v for n, v in found.items() if n.startswith(("PIP_", "UV_", "SSL_", "ALL_"))}
    assert told == {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "https://nearer.test/simple",
        "PIP_PROXY": "http://proxy.test:8080",
        "PIP_CERT": str(certificate),
        "UV_CACHE_DIR": "/cache",
        "UV_DEFAULT_INDEX": "https://nearer.test/simple",
        "UV_HTTP_TIMEOUT": "120",
        "UV_PYTHON_DOWNLOADS": "never",
        "ALL_PROXY": "http://proxy.test:8080",
        "SSL_CERT_FILE": str(certificate),
    }


def test_no_installer_outlives_an_interrupted_set_up(monkeypatch):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    monkeypatch.setattr(sys, "stderr", io.StringIO())  # not a terminal

    def interrupted(line):
        raise KeyboardInterrupt

    monkeypatch.setattr(workshop, "say", interrupted)
    code = "import time; print('Downloading torch', flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        workshop.call([sys.executable, "-c", code], "torch", dict(os.environ), show=True)
    assert started[0].wait(timeout=10) != 0
    started[0].stdout.close()


def test_browser_is_only_opened_where_there_is_a_screen(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not workshop.has_browser()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert workshop.has_browser()


# ---------------------------------------- whole set-ups, from an index on this computer


UV_VERSION = workshop.pinned_version("uv", workshop.read_requirements())


def find_uv():
    try:
        import uv
    except ImportError:
        return shutil.which("uv")
    return uv.find_uv_bin()


needs_uv = pytest.mark.skipif(find_uv() is None, reason="uv is not installed in this environment")


def make_wheel(folder, name, version, files, tag="py3-none-any"):
    """Write a wheel. Returns (file name, sha256)."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
        ),
    }
    digests = {path: hashlib.sha256(text.encode()).digest() for path, text in files.items()}
    encoded = {
        path: base64.urlsafe_b64encode(digest).decode().rstrip("=")
        for path, digest in digests.items()
    }
    record = "".join(
        f"{path},sha256={encoded[path]},{len(files[path].encode())}\n" for path in files
    )
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest()


class Index:
    """A package index on a loopback port."""

    def __init__(self, folder):
        self.folder, self.pages, self.asked = folder, {}, []
        self.open = threading.Event()  # while it is clear, downloads of tinylib hang
        self.open.set()
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = unquote(self.path)
                index.asked.append(path)
                if path in index.pages:
                    body, kind = index.pages[path].encode(), "text/html"
                elif (file := folder / Path(path).name).is_file():
                    if file.name.startswith("tinylib"):
                        index.open.wait(300)
                    body, kind = file.read_bytes(), "application/octet-stream"
                else:
                    return self.send_error(404)
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add_file(self, name, version, files, tag):
        """Offer a wheel that no page lists. Returns its line for requirements-cpu.txt."""
        file, sha256 = make_wheel(self.folder, name, version, files, tag)
        return f"{name} @ {self.address}/files/{quote(file)} --hash=sha256:{sha256}\n"

    def add(self, name, version, files, tag="py3-none-any"):
        """Offer a wheel. Returns its line for requirements.txt."""
        file, sha256 = make_wheel(self.folder, name, version, files, tag)
        self.pages[f"/simple/{name}/"] = (
            f'<a href="/files/{quote(file)}#sha256={sha256}">{file}</a>'
        )
        return f"{name}=={version} \\\n    --hash=sha256:{sha256}\n    # via cctview\n"


SHOW_ARGUMENTS = "import sys; print({name!r}, *sys.argv[1:]); sys.exit({status})"

# A JupyterLab that serves its API on a port that it chooses, notes where, and shows what it knows.
LAB = """
import http.server, json, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print("LAB", os.getpid(), json.dumps([sys.argv, dict(os.environ)]), flush=True)
path = os.path.join(os.environ["JUPYTER_RUNTIME_DIR"], f"jpserver-{os.getpid()}.json")
with open(path, "w") as file:
    json.dump({"url": f"http://127.0.0.1:{server.server_port}/base/"}, file)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    index = Index(tmp_path_factory.mktemp("wheels"))
    yield index
    index.server.shutdown()


@pytest.fixture(scope="module")
def project(index, tmp_path_factory):
    """A project whose pins are tiny wheels on `index`; its name has a space, as folders of
    attendees may.
    """
    root = tmp_path_factory.mktemp("my projects") / "cctview"
    package = SOURCE.parent / "cctview"
    shutil.copytree(package / "dataset", root / "cctview" / "dataset")
    for name in ("__init__.py", "doctor.py", "weights.py"):
        shutil.copy(package / name, root / "cctview")
    for name, content in {
        "models/manifest.json": "{}",
        "sample/1--original.jpeg": "",
        "data/1.zip": "",
    }.items():
        (root / name).parent.mkdir()
        (root / name).write_text(content)
    shutil.copy(SOURCE, root)
    start_uv = f"import subprocess, sys; sys.exit(subprocess.call([{find_uv()!r}, *sys.argv[1:]]))"
    wheel_tag = f"{THIS_PYTHON}-{THIS_PYTHON}-linux_{platform.machine()}"
    pins = [
        index.add("nvidia_fake", "9", {"nvidia_fake.py": ""}).replace("_fake==", "-fake=="),
        index.add(
            "jupyterlab",
            "4",
            {"jupyterlab/__main__.py": LAB},
        ),
        index.add("tinylib", "2.0", {"tinylib.py": "answer = 42"}),
        index.add("torch", "1.0", {"torch.py": "build = 'cuda'"}),
        index.add("torchvision", "1.1", {"torchvision.py": "build = 'cuda'"}),
        index.add("uv", UV_VERSION, {"uv/__init__.py": "", "uv/__main__.py": start_uv}),
    ]
    (root / workshop.NEEDED).write_text("# pins of a test\n" + "".join(pins))
    (root / workshop.EXTRA).write_text(
        index.add(
            "pytest", "9", {"pytest/__main__.py": SHOW_ARGUMENTS.format(name="PYTEST", status=3)}
        )
    )
    wheels = [
        index.add_file(name, version, {f"{name}.py": "build = 'cpu'"}, wheel_tag)
        for name, version in (("torch", "1.0+cpu"), ("torchvision", "1.1+cpu"))
    ]
    (root / workshop.CPU).write_text("".join(wheels))
    (root / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["uv_build=={UV_VERSION}"]\nbuild-backend ='
        ' "uv_build"\n[project]\nname = "cctview"\nversion = "0.1"\ndependencies ='
        ' ["tinylib==2.0", "torch==1.0"]\n[project.scripts]\ncctview ='
        ' "cctview.doctor:main"\n[tool.uv.build-backend]\nmodule-root = ""\n'
    )
    return root


def environment(index_url, cache):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "CCTVIEW_", "PYTHON"))
    }
    kept.update(PIP_CONFIG_FILE=os.devnull, PIP_NO_CACHE_DIR="1", PIP_INDEX_URL=index_url)
    kept.update(
        UV_CACHE_DIR=str(cache), UV_HTTP_RETRIES="0", UV_NO_CONFIG="1", NO_PROXY="127.0.0.1"
    )
    return kept


def start(project, index_url, *arguments, python=(sys.executable,), **settings):
    return subprocess.Popen(
        [*python, str(project / "workshop.py"), *arguments],
        env={**environment(index_url, project.parent / "uv-cache"), **settings},
        cwd=project.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        # A shell that runs the tests in the background has made them ignore Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler)
        if os.name == "posix"
        else None,
    )


def finish(process):
    output = process.communicate(timeout=600)[0]
    assert "Traceback" not in output, output
    return output, process.returncode


def until(process, words):
    """Read what a process prints until a line begins with these words; returns that line."""
    for line in process.stdout:
        if line.startswith(words):
            return line
    pytest.fail(f"it ended without {words!r}")


def says(project, code):
    python = workshop.venv_python(project / ".venv")
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [python, "-c", code]
    return subprocess.check_output(command, text=True, cwd=project.parent, env=variables)


BUILDS = "import cctview, tinylib, torch, torchvision; print(tinylib.answer, torch.build)"


@pytest.fixture(scope="module")
def whole(index, project):
    """The project, set up where the user's settings would break pip, uv and Python."""
    strange = project.parent / "strange"
    for name in ("numpy", "pip", "tinylib"):
        (strange / name).mkdir(parents=True)
        (strange / name / "__init__.py").write_text("raise ImportError('another package')")
    settings = {
        "PIP_USER": "1",
        "PIP_TARGET": str(strange),
        "PIP_CONSTRAINT": "/no/file",
        "PIP_NO_BINARY": ":all:",
        "UV_REQUIRE_HASHES": "1",
        "UV_PYTHON": "3.8",
        "UV_SYSTEM_PYTHON": "1",
        "PYTHONPATH": str(strange),
        "PYTHONSAFEPATH": "1",
        "PYTHONUSERBASE": str(strange),
        "PYTHONWARNINGS": "ignore",
    }
    output, status = finish(start(project, index.address + "/simple/", "--no-lab", **settings))
    assert status == 0, output
    assert "First set-up" in output
    assert "This computer is ready: " in output
    return project


@pytest.fixture
def copy(whole, tmp_path):
    """A copy of the whole set-up in another folder, as after a move, with a hard name."""
    shutil.copytree(whole, tmp_path / "C# [1]", symlinks=True)
    return tmp_path / "C# [1]"


@needs_uv
@pytest.mark.skipif(not LINUX, reason="CPU builds are chosen on Linux alone")
def test_a_set_up_holds_what_is_pinned_and_nothing_for_graphics_cards(whole):
    assert says(whole, BUILDS) == "42 cpu\n"
    assert not list((whole / ".venv").rglob("nvidia_fake*"))
    assert list((whole / ".venv").rglob("__pycache__/tinylib*.pyc")), "bytecode is compiled"
    silence = whole / ".venv/share/jupyter/lab/settings/overrides.json"
    assert "fetchNews" in silence.read_text()
    for left in (".venv.new", ".venv.former"):
        assert not (whole / left).exists()


@needs_uv
@pytest.mark.parametrize("options", [[], ["-I"], ["-S"]])
def test_later_calls_install_nothing_and_need_no_network(whole, options):
    output, status = finish(start(whole, CLOSED, "--no-lab", python=[sys.executable, *options]))
    assert status == 0, output
    assert "set-up" not in output.lower()


@needs_uv
@pytest.mark.parametrize("change", ["folder", "metadata"])
def test_a_moved_folder_is_repaired_in_place_without_a_network(copy, change):
    assert says(copy, "print(1)") == "1\n"
    before = (copy / ".venv/lib").stat().st_ino
    if change == "metadata":
        project = (copy / "pyproject.toml").read_text()
        (copy / "pyproject.toml").write_text(project + "# another word\n")
    output, status = finish(start(copy, CLOSED, "--no-lab"))
    assert status == 0, output
    assert (copy / ".venv/lib").stat().st_ino == before, "nothing was built anew"
    assert says(copy, "import cctview; print(cctview.__file__)").startswith(str(copy))
    activate = (copy / ".venv/bin/activate").read_text()
    assert str(copy / ".venv") in activate
    assert ".venv.new" not in activate
    for script in ("pip", "cctview"):
        done = subprocess.run([copy / ".venv/bin" / script, "--help"], capture_output=True)
        assert b"bad interpreter" not in done.stderr


def pin_another_version(index, project):
    """Pin another version of a package; until `index` is open, its download hangs."""
    path = project / workshop.NEEDED
    newer = index.add("tinylib", "2.1", {"tinylib.py": "answer = 43"})
    path.write_text(re.sub(r"tinylib==2.0(.*\n){3}", lambda _: newer, path.read_text()))


@needs_uv
def test_other_pins_that_cannot_be_had_leave_the_former_set_up_in_use(index, copy):
    pin_another_version(index, copy)
    output, status = finish(start(copy, CLOSED, "--no-lab"))
    assert "Could not get uv: the package registry cannot be reached" in output
    assert "The earlier set-up is unchanged, and is used." in output
    assert "tinylib 2.0: tested with 2.1" in output
    assert status == 1
    assert says(copy, BUILDS) == "42 cpu\n"


@needs_uv
def test_what_tests_need_comes_with_the_first_test(index, copy):
    assert not list((copy / ".venv").rglob("pytest"))
    output, status = finish(start(copy, index.address + "/simple/", "test", "-k", "some name"))
    assert output.endswith("PYTEST -k some name\n")
    assert status == 3
    assert finish(start(copy, CLOSED, "test")) == ("PYTEST\n", 3)


@needs_uv
@pytest.mark.skipif(not LINUX, reason="SIGKILL and SIGTERM are POSIX")
def test_set_ups_that_are_ended_killed_or_meet_another_one_end_in_one_that_is_whole(index, copy):
    pin_another_version(index, copy)
    index.open.clear()
    try:
        ended = start(copy, index.address + "/simple/", "--no-lab")
        until(ended, "[1/4]")
        killed = start(copy, index.address + "/simple/", "--no-lab")
        until(ended, "[3/4]")
        until(killed, "Another set-up is running")
        os.kill(ended.pid, signal.SIGTERM)
        output, status = finish(ended)  # it would wait for any child that holds its output
        assert status == 128 + signal.SIGTERM, output
        until(killed, "[3/4]")
        time.sleep(0.5)  # its installer runs, and goes on
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        assert says(copy, BUILDS) == "42 cpu\n", "the former set-up works meanwhile"
        both = [start(copy, index.address + "/simple/", "--no-lab") for _ in range(2)]
        for process in both:
            until(process, "Another set-up is running")
    finally:
        index.open.set()
    outputs = [finish(process) for process in both]
    killed.stdout.close()
    assert [status for _, status in outputs] == [0, 0], outputs
    assert sum("[1/4]" in output for output, _ in outputs) == 1
    assert says(copy, BUILDS) == "43 cpu\n"


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_an_installer_that_is_started_while_we_are_ended_is_not_left_at_work(monkeypatch):
    real, begun = subprocess.Popen, []

    def popen(*words, **options):
        begun.append(real(*words, **options))
        os.kill(os.getpid(), signal.SIGTERM)  # it comes before anybody knows of the child
        return begun[0]

    former = signal.signal(signal.SIGTERM, workshop.stop)
    monkeypatch.setattr(workshop.subprocess, "Popen", popen)
    try:
        with pytest.raises(SystemExit) as ended:
            workshop.call(["sleep", "60"], "the packages", dict(os.environ))
        assert ended.value.code == 128 + signal.SIGTERM
        assert begun[0].poll() is not None
        with pytest.raises(SystemExit):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
    finally:
        signal.signal(signal.SIGTERM, former)
        begun[0].kill()


@needs_uv
@pytest.mark.skipif(not LINUX, reason="SIGINT is POSIX")
@pytest.mark.parametrize("word", ["SIGINT", "SIGTERM"])
def test_the_address_is_printed_when_it_answers_and_jupyterlab_ends_with_the_workshop(whole, word):
    settings = {"JUPYTER_PATH": "/x", "JUPYTER_CONFIG_DIR": "/x", "IPYTHONDIR": "/x"}
    settings.update(JUPYTER_TOKEN="weak", MPLBACKEND="TkAgg", CCTVIEW_DATA="my frames")
    process = start(whole, CLOSED, "--no-browser", **settings)
    pid, told = until(process, "LAB ").split(" ", 2)[1:]
    arguments, environment = json.loads(told)
    until(process, "Open it in a browser")
    address = process.stdout.readline().strip()
    token = environment["JUPYTER_TOKEN"]
    assert address.startswith("http://127.0.0.1:")
    assert address.endswith(f"/base/lab?token={token}")
    urllib.request.urlopen(address, timeout=5).close()
    assert token not in " ".join(arguments)
    assert "--no-browser" in arguments
    assert "--ServerApp.ip=127.0.0.1" in arguments
    assert token != "weak"
    assert stat.S_IMODE(os.stat(environment["JUPYTER_RUNTIME_DIR"]).st_mode) == 0o700
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        assert environment[name].startswith(str(whole / ".venv"))
    assert not {"JUPYTER_PATH", "MPLBACKEND"} & set(environment)
    assert environment["CCTVIEW_DATA"] == str(whole.parent / "my frames")
    os.kill(process.pid, getattr(signal, word))
    output, status = finish(process)
    assert status == (0 if word == "SIGINT" else 143), output
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert not os.path.exists(environment["JUPYTER_RUNTIME_DIR"])


def test_a_console_that_cannot_show_a_letter_gets_another(tmp_path):
    folder = tmp_path / "Łukasz"
    folder.mkdir()
    shutil.copy(SOURCE, folder)
    output, status = finish(start(folder, CLOSED, PYTHONIOENCODING="cp1252"))
    assert status == 1
    assert "?ukasz" in output
    assert "not a complete copy of the project" in output


@pytest.mark.parametrize("words", [["doctor"], *([name, "--help"] for name in cli.COMMANDS)])
def test_the_commands_write_to_such_a_console_too(words, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.setattr(doctor, "CHECKS", (lambda root: [doctor.Check(doctor.OK, "Łukasz…")],))
    try:
        status = cli.main(words)
    except SystemExit as end:
        status = end.code
    assert status == 0
    console.flush()
    assert console.buffer.getvalue()


@needs_uv
def test_unreachable_registry_at_uvs_turn_names_the_package(tmp_path):
    command = [
        find_uv(),
        "pip",
        "install",
        "--python",
        sys.executable,
        "--target",
        tmp_path,
        "numpy==2.4.6",
    ]
    settings = {**environment(CLOSED, tmp_path / "cache"), "UV_DEFAULT_INDEX": CLOSED}
    with pytest.raises(
        workshop.Problem, match="Could not get numpy: the package registry cannot be reached"
    ):
        workshop.call(command, "the packages", settings)


def test_a_venv_that_is_a_file_is_an_error_without_traceback(tmp_path):
    for name in ("workshop.py", "pyproject.toml", workshop.NEEDED, workshop.EXTRA, workshop.CPU):
        shutil.copy(SOURCE.parent / name, tmp_path)
    (tmp_path / ".venv").write_text("not a folder")
    output, status = finish(start(tmp_path, CLOSED))
    assert status == 1
    assert ".venv" in output
