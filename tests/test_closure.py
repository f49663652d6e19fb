"""Cached work is named after the code that made it: all of it, and no more."""

import re
import shutil
from pathlib import Path

import pytest

from studio.closure import code_fingerprint, import_closure

ROOT = Path(__file__).parent.parent
STAGES = ("studio.build", "studio.process")


@pytest.fixture
def copy(tmp_path):
    for package in ("cctview", "studio"):
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda folder, names: [name for name in names if name in ("out", "__pycache__")],
        )
    return tmp_path


def changed_stages(root, path, change):
    """The stages whose fingerprint is another once a file is changed."""
    before = {stage: code_fingerprint(stage, root=root) for stage in STAGES}
    source = (root / path).read_text(encoding="utf-8")
    assert change(source) != source
    (root / path).write_text(change(source), encoding="utf-8")
    return [stage for stage in STAGES if code_fingerprint(stage, root=root) != before[stage]]


@pytest.mark.parametrize(
    ("path", "stages"),
    [
        ("studio/road/raster.py", ["studio.build"]),
        ("studio/road/driving.py", ["studio.build"]),
        ("cctview/dataset/cameras.py", ["studio.build"]),
        ("cctview/dataset/ids.py", ["studio.build", "studio.process"]),
        ("cctview/dataset/boxes.py", ["studio.process"]),
        ("cctview/detect/detector.py", ["studio.process"]),
        ("cctview/extract/student.py", ["studio.process"]),
        ("studio/studies/bench.py", []),
        ("studio/results.py", []),
        ("cctview/attacks/linkage.py", []),
    ],
)
def test_a_change_of_code_counts_where_it_is_imported(copy, path, stages):
    assert changed_stages(copy, path, lambda source: source + "\nchanged = 1\n") == stages


def test_comments_docstrings_and_layout_do_not_count(copy):
    def retold(source):
        source = re.sub(r'"""[^"]*"""', '"""Something else."""', source)
        return "# a comment\n\n" + source.replace(" = ", "  =  ").replace("\n\n\n", "\n\n\n\n")

    assert changed_stages(copy, "studio/road/raster.py", retold) == []


def test_what_is_imported_in_a_function_or_by_a_packages_door_is_found(tmp_path):
    files = {
        "cctview/__init__.py": "",
        "cctview/one/__init__.py": "from cctview.one.a import f\nfrom cctview.one.b import g\n",
        "cctview/one/a.py": "def f(): pass\n",
        "cctview/one/b.py": "def g(): pass\n",
        "studio/stage.py": "def run():\n  from cctview.one import f\n  from studio import late\n",
        "studio/late.py": "import numpy\n",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    found = import_closure("studio.stage", root=tmp_path)
    assert sorted(found) == ["cctview.one.a", "studio.late", "studio.stage"]
