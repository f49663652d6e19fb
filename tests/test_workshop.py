"""workshop.py: its decisions one by one, and whole set-ups of a tiny project from a package index
on this computer.
"""

import ast
import base64
import hashlib
import http.server
import io
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, unquote

import pytest

import workshop

SOURCE = Path(workshop.__file__)
THIS_PYTHON = f"cp{sys.version_info[0]}{sys.version_info[1]}"
LINUX = sys.platform.startswith("linux")
CLOSED = "http://127.0.0.1:9/"  # the discard port: nothing answers there


# ---------------------------------------------------------------------- one decision at a time


def test_parses_on_the_oldest_python_that_must_still_read_the_message():
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("version", [(3, 11), (3, 12, 1), (3, 13, 9)])
def test_supported_pythons_pass(version):
    workshop.check_python(version)


@pytest.mark.parametrize(
    ("version", "words"),
    [((3, 6), "3.6, which is too old"), ((3, 14, 0), "3.14, which is too new")],
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
        workshop.Problem, match=r"1\.0 GB free.* 10 GB are needed .*CUDA builds, 5 GB without"
    ):
        workshop.check_disk(10)


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


@pytest.fixture
def venv(tmp_path):
    return tmp_path / ".venv"


def test_no_venv_and_an_empty_one_are_a_first_set_up(venv):
    assert workshop.why_install(venv, fresh=False) == "First set-up"
    venv.mkdir()
    assert workshop.why_install(venv, fresh=False) == "First set-up"


def test_a_venv_of_the_users_own_is_left_alone(venv):
    venv.mkdir()
    (venv / "pyvenv.cfg").write_text("theirs")
    with pytest.raises(workshop.Problem, match="did not make it"):
        workshop.why_install(venv, fresh=True)
    assert (venv / "pyvenv.cfg").read_text() == "theirs"


def test_complete_cut_off_and_outdated_venvs_are_told_apart(venv, monkeypatch):
    workshop.empty(venv)
    assert "cut off" in workshop.why_install(venv, fresh=False)
    (venv / workshop.STATE).write_text(workshop.fingerprint())
    assert "changed" in workshop.why_install(venv, fresh=False)  # no Python inside
    workshop.venv_python(venv).parent.mkdir()
    workshop.venv_python(venv).touch()
    assert workshop.why_install(venv, fresh=False) is None
    assert workshop.why_install(venv, fresh=True)
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert "changed" in workshop.why_install(venv, fresh=False)


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

    found = workshop.find_cpu_wheel(
        page([*names, right]), "https://host.test/whl/cpu/torch/", "torch", "2.15.0"
    )
    assert found == ("https://host.test/whl/" + quote(right), sha256)
    assert workshop.find_cpu_wheel(page(names), "https://host.test/", "torch", "2.15.0") is None


def test_cpu_wheel_without_a_hash_is_not_taken():
    tag = f"{THIS_PYTHON}-{THIS_PYTHON}-linux_{platform.machine()}"
    page = f'<a href="torch-1.0+cpu-{tag}.whl">torch</a>'
    assert workshop.find_cpu_wheel(page, "https://host.test/", "torch", "1.0") is None


def test_unreachable_cpu_index_means_the_usual_packages(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(workshop, "TORCH_CPU_INDEX", CLOSED)
    requirements, megabytes, kind, sentence = workshop.plan(workshop.read_requirements())
    assert kind == "cuda"
    assert "CUDA" in sentence
    assert megabytes == workshop.DOWNLOAD_MB["cuda"]
    assert "nvidia-cudnn" in requirements


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_macos_and_windows_ask_no_second_index(system, monkeypatch):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(
        workshop, "find_cpu_torch", lambda entries: pytest.fail("asked the CPU index")
    )
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
        ("something unheard of", "Could not get the packages"),
    ],
)
def test_installer_errors_become_one_sentence_that_names_the_package(output, words):
    with pytest.raises(workshop.Problem, match=words):
        raise workshop.explain(output, "the packages")


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
        workshop.call([sys.executable, "-c", code], "torch", show=True)
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
    """A package index on a loopback port: /simple/ for everything, /cpu/ for the CPU builds of
    torch.
    """

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
                        index.open.wait(30)
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

    def add(self, name, version, files, tag="py3-none-any", index="simple"):
        """Offer a wheel. Returns its line for requirements.txt."""
        file, sha256 = make_wheel(self.folder, name, version, files, tag)
        self.pages[f"/{index}/{name}/"] = (
            f'<a href="/files/{quote(file)}#sha256={sha256}">{file}</a>'
        )
        return f"{name}=={version} \\\n    --hash=sha256:{sha256}\n    # via cctview\n"


SHOW_ARGUMENTS = (
    "import os, sys; print({name!r}, *sys.argv[1:], os.environ.get('JUPYTER_TOKEN'));"
    " sys.exit({status})"
)


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
    text = SOURCE.read_text(encoding="utf-8")
    assert text.count("download.pytorch.org") == 1, (
        "the address of the CPU index stands in one place"
    )
    text = text.replace(workshop.TORCH_CPU_INDEX, index.address + "/cpu/")
    (root / "workshop.py").write_text(text, encoding="utf-8")
    start_uv = f"import subprocess, sys; sys.exit(subprocess.call([{find_uv()!r}, *sys.argv[1:]]))"
    wheel_tag = f"{THIS_PYTHON}-{THIS_PYTHON}-linux_{platform.machine()}"
    pins = [
        index.add("nvidia_fake", "9", {"nvidia_fake.py": ""}).replace("_fake==", "-fake=="),
        index.add(
            "jupyterlab",
            "4",
            {"jupyterlab/__main__.py": SHOW_ARGUMENTS.format(name="LAB", status=0)},
        ),
        index.add(
            "pytest", "9", {"pytest/__main__.py": SHOW_ARGUMENTS.format(name="PYTEST", status=3)}
        ),
        index.add("tinylib", "2.0", {"tinylib.py": "answer = 42"}),
        index.add("torch", "1.0", {"torch.py": "build = 'cuda'"}),
        index.add("torchvision", "1.1", {"torchvision.py": "build = 'cuda'"}),
        index.add("uv", UV_VERSION, {"uv/__init__.py": "", "uv/__main__.py": start_uv}),
    ]
    index.add("torch", "1.0+cpu", {"torch.py": "build = 'cpu'"}, wheel_tag, index="cpu")
    index.add("torchvision", "1.1+cpu", {"torchvision.py": "build = 'cpu'"}, wheel_tag, index="cpu")
    (root / "requirements.txt").write_text("# pins of a test\n" + "".join(pins))
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
        if not name.startswith(("PIP_", "UV_", "CCTVIEW_"))
    }
    kept.update(PIP_CONFIG_FILE=os.devnull, PIP_NO_CACHE_DIR="1", PIP_INDEX_URL=index_url)
    kept.update(
        UV_CACHE_DIR=str(cache), UV_HTTP_RETRIES="0", UV_NO_CONFIG="1", NO_PROXY="127.0.0.1"
    )
    return kept


def start(project, index_url, *arguments):
    return subprocess.Popen(
        [sys.executable, str(project / "workshop.py"), *arguments],
        env=environment(index_url, project.parent / "uv-cache"),
        cwd=project.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def finish(process):
    output = process.communicate(timeout=120)[0]
    assert "Traceback" not in output, output
    return output, process.returncode


@needs_uv
@pytest.mark.skipif(not LINUX, reason="the CPU index is only asked on Linux, and SIGKILL is POSIX")
def test_a_set_up_cut_off_half_way_is_repaired_and_later_calls_install_nothing(index, project):
    index.open.clear()
    process = start(project, index.address + "/simple/", "--no-lab")
    for line in process.stdout:
        if line.startswith("[3/4]"):
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    index.open.set()
    assert (project / ".venv" / workshop.STATE).read_text().strip() == workshop.INCOMPLETE

    output, status = finish(start(project, index.address + "/simple/", "--no-lab"))
    assert "cut off" in output
    assert f"CPU builds from {index.address}/cpu/" in output
    assert status == 0
    assert "This computer is ready: " in output
    assert "fetchNews" in (project / ".venv/share/jupyter/lab/settings/overrides.json").read_text()

    python = workshop.venv_python(project / ".venv")
    code = (
        "import cctview, tinylib, torch, torchvision; print(tinylib.answer, torch.build,"
        " torchvision.build)"
    )
    assert (
        subprocess.check_output([python, "-c", code], text=True, cwd=project.parent)
        == "42 cpu cpu\n"
    )
    assert not list((project / ".venv").rglob("nvidia_fake*")), (
        "CUDA packages are left out of a CPU set-up"
    )
    assert list((project / ".venv").rglob("__pycache__/tinylib*.pyc")), "bytecode is compiled"
    assert (python.parent / "cctview").exists()

    asked = len(index.asked)
    output, status = finish(start(project, CLOSED, "--no-lab"))
    assert status == 0
    assert "set-up" not in output.lower()
    assert len(index.asked) == asked

    output, status = finish(start(project, CLOSED, "test", "-k", "some name"))
    assert (output, status) == ("PYTEST -k some name None\n", 3)

    output, status = finish(start(project, CLOSED, "--no-browser"))
    token = output.split("?token=")[1].split()[0]
    assert status == 0
    assert f"/lab?token={token}" in output
    lab = next(line for line in output.splitlines() if line.startswith("LAB "))
    assert "--no-browser" in lab
    assert lab.endswith(token)


@needs_uv
def test_unreachable_registry_names_the_package_and_leaves_an_incomplete_venv(project, tmp_path):
    for name in ("workshop.py", "requirements.txt", "pyproject.toml"):
        shutil.copy(project / name, tmp_path)
    output, status = finish(start(tmp_path, CLOSED))
    assert status == 1
    assert "Could not get uv: the package registry cannot be reached" in output
    assert (tmp_path / ".venv" / workshop.STATE).read_text().strip() == workshop.INCOMPLETE


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
    for name in ("workshop.py", "requirements.txt", "pyproject.toml"):
        shutil.copy(SOURCE.parent / name, tmp_path)
    (tmp_path / ".venv").write_text("not a folder")
    output, status = finish(start(tmp_path, CLOSED))
    assert status == 1
    assert ".venv" in output
