"""pyproject.toml, requirements.txt, environment.yml, workshop.py and the doctor say the same."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import cctview
import workshop
from cctview import doctor

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("requirements.txt", "requirements-test.txt", "requirements-cpu.txt")
}
REQUIREMENTS = FILES["requirements.txt"]
PINS = re.compile(r"^([a-z0-9.-]+)==([^\s;]+)", re.MULTILINE)
NEEDED, EXTRA, CPU = (dict(PINS.findall(text)) for text in FILES.values())
COMPILED = {**NEEDED, **EXTRA}
EXTRAS = PROJECT["project"]["optional-dependencies"]
DIRECT = [*PROJECT["project"]["dependencies"], *(pin for pins in EXTRAS.values() for pin in pins)]


@pytest.mark.parametrize("requirement", DIRECT)
def test_the_range_of_every_direct_dependency_holds_the_pin_that_was_compiled(requirement):
    range_ = Requirement(requirement)
    assert {clause.operator for clause in range_.specifier} == {">=", "<"}
    assert range_.specifier.contains(COMPILED[range_.name])


def test_lessons_and_commands_need_nothing_of_the_groups_on_demand():
    assert not set(NEEDED) & set(EXTRA)
    groups = {"": PROJECT["project"]["dependencies"], **EXTRAS}
    on_demand = {
        Requirement(line).name for name in ("check", "studio", "test") for line in groups[name]
    }
    needed = {
        Requirement(line).name for name in ("", "scale", "tensorflow") for line in groups[name]
    }
    assert needed <= set(NEEDED)
    assert on_demand <= set(COMPILED)
    assert {"numba", "playwright", "pytest", "mypy", "ruff"} <= set(EXTRA)


@pytest.mark.parametrize("name", FILES)
def test_every_compiled_requirement_has_a_pin_and_a_hash(name):
    text = re.sub(r"^ *#.*\n", "", FILES[name], flags=re.MULTILINE)
    entries = re.split(r"\n(?=[a-z0-9])", text)
    whole = re.compile(r"[a-z0-9.-]+(==\S+| @ https://\S+\.whl )[\s\S]*--hash=sha256:[0-9a-f]{64}")
    assert entries
    assert [entry for entry in entries if not whole.match(entry)] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-test.txt"])
def test_requirements_name_no_index_no_address_and_no_path(name):
    foreign = r"://|--(?:extra-)?index|--find-links|^-|\s@\s|(?<!\w)/\w"
    assert re.findall(foreign, FILES[name], re.M) == []


def test_builds_without_cuda_have_the_versions_of_the_usual_ones():
    assert {"tensorflow-cpu": NEEDED["tensorflow"]} == CPU
    wheel = re.compile(r"^(torch|torchvision) @ https://\S+/(\w+)-([\d.]+)\S*\.whl ", re.MULTILINE)
    for name, file, version in wheel.findall(FILES["requirements-cpu.txt"]):
        assert (file, version) == (name, NEEDED[name])


def test_requirements_serve_linux_macos_and_windows():
    assert re.search(r"^triton==.*sys_platform == 'linux'", REQUIREMENTS, re.M), (
        "CUDA packages are for Linux alone"
    )
    assert re.search(r"^appnope==.*sys_platform == 'darwin'", REQUIREMENTS, re.M)
    assert re.search(r"^pywinpty==.*os_name == 'nt'", REQUIREMENTS, re.M)
    cuda = re.findall(r"^(?:nvidia-|cuda-|triton).*", REQUIREMENTS, re.M)
    assert cuda
    assert all("sys_platform == 'linux'" in line for line in cuda)


def pip(*words, cwd=ROOT):
    """Plain pip with no setting of the user's; what it prints, and its status."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "pip", *map(str, words)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr, done.returncode


def test_conda_and_binder_get_the_same_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, name, nested = environment["dependencies"]
    assert python == "python " + PROJECT["project"]["requires-python"]
    assert (name, nested) == ("pip", {"pip": ["--requirement requirements.txt"]})
    line = "pip install --no-deps --editable ."
    assert f"#   {line}\n" in (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert line in (ROOT / "postBuild").read_text(encoding="utf-8")
    assert os.access(ROOT / "postBuild", os.X_OK)


def is_left_out(name):
    """Whether workshop.py installs nothing, or another build, in the place of a pin of CUDA's."""
    return workshop.needs_cuda(name) or f"{name}-cpu" in CPU


def test_plain_pip_reads_every_line_of_the_requirements_and_finds_it_satisfied_here(tmp_path):
    """What conda, Binder and Colab do, in an environment that holds the packages already."""
    entries = [text for name, text in workshop.read_requirements() if not is_left_out(name)]
    (tmp_path / "requirements.txt").write_text("".join(entries))
    words = ("install", "--dry-run", "--no-index", "--no-deps", "--requirement")
    said, status = pip(*words, tmp_path / "requirements.txt")
    assert status == 0, said
    assert "Would install" not in said
    assert said.count("Requirement already satisfied") > 100


def test_whatever_a_pinned_package_requires_is_pinned_too():
    """Else plain pip, which looks for it, refuses: where one line has a hash, all must have one."""
    lacking = {
        (name, wanted.name)
        for name in NEEDED
        for line in requires(name)
        if (wanted := Requirement(line)).marker is None or wanted.marker.evaluate({"extra": ""})
        if canonicalize_name(wanted.name) not in NEEDED
    }
    assert lacking == set()


def requires(name):
    """What an installed package requires; nothing if this system does not have it."""
    for found in (name, f"{name}-cpu"):
        try:
            return metadata.requires(found) or []
        except metadata.PackageNotFoundError:
            pass
    return []


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A Python of its own with this one's packages, into which plain pip installs a clone."""
    folder = tmp_path_factory.mktemp("home")
    clone = folder / "cctview"
    shutil.copytree(
        ROOT / "cctview", clone / "cctview", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-original"):
        shutil.copy(ROOT / name, clone)
    for name in ("notebooks", "models"):
        (clone / name).mkdir()
    shutil.copy(ROOT / "models" / "manifest.json", clone / "models")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "v"], check=True)
    python = next(
        p for p in (folder / "v/bin/python", folder / "v/Scripts/python.exe") if p.exists()
    )
    said, status = pip("--python", python, "install", "--no-deps", "--editable", ".", cwd=clone)
    if re.search("NewConnectionError|Could not find a version.*uv.build", said, re.DOTALL | re.I):
        pytest.skip("the build backend cannot be downloaded here")
    assert status == 0, said
    site = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    Path(site, "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return clone, python


@pytest.mark.parametrize("folder", ["notebooks", "."], ids=["Binder", "Colab"])
def test_the_package_is_found_where_binder_and_colab_start_their_kernels(elsewhere, folder):
    """Binder starts them beside the notebook, Colab in the folder that holds the clone."""
    clone, python = elsewhere
    where = clone / folder if folder != "." else clone.parent
    code = "from cctview import course, dataset; print(dataset.ROOT)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    found = subprocess.check_output([python, "-c", code], cwd=where, env=environment, text=True)
    assert found.strip() == str(clone)


def test_the_pythons_supported_are_the_same_everywhere():
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.15"
    assert (
        (workshop.OLDEST, workshop.NEWEST) == (doctor.OLDEST, doctor.NEWEST) == ((3, 11), (3, 14))
    )


def test_the_installer_is_also_the_build_backend():
    """uv builds by the backend inside it, without a download, if its version is in the range."""
    backend = Requirement(PROJECT["build-system"]["requires"][0])
    assert backend.name == "uv_build"
    assert backend.specifier.contains(COMPILED["uv"])
    assert not any(clause.operator == "==" for clause in backend.specifier), (
        "plain pip downloads the backend, and a registry can have another version of it than of uv"
    )


def test_the_pins_are_renewed_by_the_command_that_they_name():
    for text in FILES.values():
        assert text.splitlines()[1].strip("# ") == "scripts/renew-pins"
    assert os.access(ROOT / "scripts" / "renew-pins", os.X_OK)


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["project"]["version"] == cctview.__version__


def test_workflows_pin_their_actions_and_may_do_no_more_than_they_need():
    allowed = {"contents": {"read"}, "pages": {"write"}, "id-token": {"write"}}
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        flow = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert "permissions" in flow, path.name
        for job in flow["jobs"].values():
            granted = flow["permissions"] | job.get("permissions", {})
            assert all(right in allowed[name] for name, right in granted.items()), path.name
            for step in job["steps"]:
                if "uses" in step:
                    assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"]), step
