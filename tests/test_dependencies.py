"""pyproject.toml, requirements.txt, environment.yml, workshop.py and the doctor say the same."""

import os
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

import cctview
import workshop
from cctview import doctor

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENTS = (ROOT / "requirements.txt").read_text(encoding="utf-8")
COMPILED = dict(re.findall(r"^([a-z0-9.-]+)==([^\s;]+)", REQUIREMENTS, re.MULTILINE))
EXTRAS = PROJECT["project"]["optional-dependencies"]
DIRECT = [*PROJECT["project"]["dependencies"], *(pin for pins in EXTRAS.values() for pin in pins)]


@pytest.mark.parametrize("requirement", DIRECT)
def test_the_range_of_every_direct_dependency_holds_the_pin_that_was_compiled(requirement):
    range_ = Requirement(requirement)
    assert {clause.operator for clause in range_.specifier} == {">=", "<"}
    assert range_.specifier.contains(COMPILED[range_.name])


def test_every_compiled_requirement_has_a_pin_and_a_hash():
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", REQUIREMENTS, flags=re.MULTILINE))
    assert len(entries) > len(DIRECT)
    whole = re.compile(r"[a-z0-9.-]+==\S+[\s\S]*--hash=sha256:[0-9a-f]{64}")
    assert [entry for entry in entries if not whole.match(entry)] == []


def test_requirements_name_no_index_no_address_and_no_path():
    foreign = r"://|--(?:extra-)?index|--find-links|^-|\s@\s|(?<!\w)/\w"
    assert re.findall(foreign, REQUIREMENTS, re.M) == []


def test_requirements_serve_linux_macos_and_windows():
    assert re.search(r"^triton==.*sys_platform == 'linux'", REQUIREMENTS, re.M), (
        "CUDA packages are for Linux alone"
    )
    assert re.search(r"^appnope==.*sys_platform == 'darwin'", REQUIREMENTS, re.M)
    assert re.search(r"^pywinpty==.*os_name == 'nt'", REQUIREMENTS, re.M)
    cuda = re.findall(r"^(?:nvidia-|cuda-|triton).*", REQUIREMENTS, re.M)
    assert cuda
    assert all("sys_platform == 'linux'" in line for line in cuda)


def test_conda_gets_the_same_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, nested = environment["dependencies"]
    assert python == "python " + PROJECT["project"]["requires-python"]
    assert (pip, nested) == ("pip", {"pip": ["--requirement requirements.txt"]})


def test_the_pythons_supported_are_the_same_everywhere():
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.14"
    assert (
        (workshop.OLDEST, workshop.NEWEST) == (doctor.OLDEST, doctor.NEWEST) == ((3, 11), (3, 13))
    )


def test_the_installer_is_also_the_build_backend():
    """uv builds by the backend inside it, without a download, if their versions fit."""
    backend = Requirement(PROJECT["build-system"]["requires"][0])
    assert backend.name == "uv_build"
    assert backend.specifier.contains(COMPILED["uv"])


def test_the_pins_are_renewed_by_the_command_that_they_name():
    assert REQUIREMENTS.splitlines()[1].strip("# ") == "scripts/renew-pins"
    assert os.access(ROOT / "scripts" / "renew-pins", os.X_OK)


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["project"]["version"] == cctview.__version__
