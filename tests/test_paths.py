"""The package alone, as a wheel installs it: it finds the course's folder, or says that there is
none and what to do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

READERS = {
    "open_lesson": "from cctview.course.lesson import open_lesson; open_lesson()",
    "open_dataset": "from cctview.dataset import paths, open_dataset; open_dataset(paths.SAMPLE)",
    "read_truth": "from cctview.dataset import paths; from cctview.truth.labels import read_truth;"
    " read_truth(paths.DATA)",
    "Detector": "from cctview.detect.detector import Detector; Detector()",
    "LeakageMeter": "from cctview.privacy.meter import LeakageMeter; LeakageMeter.load()",
    "read_result": "from cctview.dataset.results import read_result; read_result('unicity.csv')",
    "find_notebook": "from cctview.pages.slides import find_notebook; find_notebook('05')",
    "fetch": "from cctview.fetch import folder; folder('weights')",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that holds the package and nothing else."""
    place = tmp_path_factory.mktemp("installed")
    shutil.copytree(
        ROOT / "cctview", place / "cctview", ignore=shutil.ignore_patterns("__pycache__")
    )
    return place


def run(installed, code, folder, **environment):
    kept = {k: v for k, v in os.environ.items() if k not in ("CCTVIEW_HOME", "CCTVIEW_DATA")}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=folder,
        env=kept | {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"} | environment,
    )


@pytest.mark.parametrize("reader", READERS)
def test_without_the_course_s_folder_every_reader_says_what_is_missing_and_the_remedy(
    installed, tmp_path, reader
):
    done = run(installed, READERS[reader], tmp_path)
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"FileNotFoundError: {installed}")
    assert "clone the repository, and set CCTVIEW_HOME to that folder" in last


@pytest.mark.parametrize("reader", ["LeakageMeter", "read_result", "open_dataset"])
def test_with_cctview_home_an_installed_package_reads_the_course_s_files(
    installed, tmp_path, reader
):
    done = run(installed, READERS[reader], tmp_path, CCTVIEW_HOME=str(ROOT))
    assert (done.returncode, done.stderr) == (0, "")


def test_from_a_folder_of_the_course_it_is_found_without_a_setting(installed):
    code = "from cctview.dataset import paths; print(paths.ROOT)"
    assert run(installed, code, ROOT / "notebooks").stdout.strip() == str(ROOT)


def test_a_mistyped_cctview_home_is_not_replaced_by_another_folder(installed, tmp_path):
    done = run(installed, READERS["LeakageMeter"], ROOT, CCTVIEW_HOME=str(tmp_path / "typo"))
    assert str(tmp_path / "typo") in done.stderr.splitlines()[-1]


def test_the_doctor_names_the_missing_folder(installed, tmp_path):
    done = run(installed, "from cctview import doctor; doctor.report()", tmp_path)
    assert "set CCTVIEW_HOME to that folder" in done.stdout
    assert done.stderr == ""
