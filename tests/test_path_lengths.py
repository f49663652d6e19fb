"""No path that the project reads or writes is longer than Windows allows in an ordinary folder."""

import json
import shutil
import subprocess
import sys
from pathlib import Path, PureWindowsPath

from cctview import doctor
from cctview.dataset import ROOT

ORDINARY = PureWindowsPath(r"C:\Users\attendee\Documents\cctview-main")
LONGEST = 200  # of the 259 characters, so that other ordinary folders can have longer names
READ = ("sample", "data", "models", "notebooks", "lessons", "cctview")

# Runs a command and prints each path that it opens, makes or renames below a folder.
WATCH = """
import json, os, sys
folder, words, seen = sys.argv[1], sys.argv[2:], set()

def hook(event, arguments):
    if event in ("open", "os.mkdir", "os.rename"):
        for path in arguments[:2]:
            if isinstance(path, (str, bytes, os.PathLike)) and os.fsdecode(path).startswith(folder):
                seen.add(os.path.relpath(os.fsdecode(path), folder))

sys.addaudithook(hook)
from cctview import cli
assert cli.main(words) == 0
print(json.dumps(sorted(seen)))
"""


def longest(paths, folder):
    return max(len(str(folder / path)) for path in paths)


def test_what_comes_with_the_project_fits_into_an_ordinary_folder():
    paths = [
        path.relative_to(ROOT)
        for name in READ
        for path in (ROOT / name).rglob("*")
        if "__pycache__" not in path.parts
    ]
    assert longest(paths, ORDINARY) <= LONGEST
    assert longest(paths, PureWindowsPath("")) <= doctor._LONGEST_BELOW


def test_what_the_commands_write_about_the_sample_fits_too(tmp_path):
    frames = tmp_path / "frames"
    frames.mkdir()
    for path in sorted((ROOT / "sample").rglob("*--original.jpeg"))[:2]:
        shutil.copy(path, frames)
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", WATCH, str(out), "example", str(frames), "--out", str(out)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout.splitlines()[-1])
    assert any(Path(path).suffix == ".jpeg" for path in written)
    assert longest(written, ORDINARY / "results") <= LONGEST
