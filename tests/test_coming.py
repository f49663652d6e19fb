"""The page for people who come from the original: every name of ours in it is there, and the
original's own `sample/` works as it says.
"""

import importlib
import os
import re
import shutil

import pytest

from cctview.cli import COMMANDS, main
from cctview.dataset import NOTEBOOKS, SAMPLE

PAGE = (NOTEBOOKS / "coming-from-the-original.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(cctview(?:\.\w+)+)", PAGE))))
def test_every_name_of_ours_is_there(name):
    module, _, attribute = name.rpartition(".")
    parts = [attribute]
    while True:
        try:
            found = importlib.import_module(module)
            break
        except ModuleNotFoundError:
            module, _, attribute = module.rpartition(".")
            parts.insert(0, attribute)
    for part in parts:
        found = getattr(found, part)


def test_every_command_and_link_is_there():
    assert set(re.findall(r"`cctview ([a-z]+)", PAGE)) <= set(COMMANDS)
    for target in re.findall(r"\]\(([^)#]+\.\w+)\)", PAGE):
        assert target.startswith("http") or (NOTEBOOKS / target).exists(), target


def test_a_copy_of_a_sample_is_matched_and_not_overwritten(tmp_path, capsys):
    real = os.environ.get("CCTVIEW_REAL")
    folder = tmp_path / "sample"
    shutil.copytree(f"{real}/sample" if real else SAMPLE, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(["match", str(folder)]) == 0
    assert "733-681-N" in capsys.readouterr().out.splitlines()[3]
    if real:
        assert main(["extract", str(folder)]) == 1
        assert "VeRI_DenseNet_ft50.pth" in capsys.readouterr().err
    assert before.items() <= {path: path.read_bytes() for path in before}.items()
