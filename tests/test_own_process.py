"""A cell in a process of its own: it gets its values, and whatever ImageAI imports is there."""

import shlex
import subprocess

from cctview.course import apart


def test_what_is_run_apart_has_its_values_and_can_import_tkinter():
    command = shlex.split(apart(weights="a folder/a.pt", frame="x=1.jpeg"))
    code = "import tkinter, warnings\nwarnings.warn('seen by nobody')\nprint(weights, frame)"
    ran = subprocess.run(command, input=code, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["a", "folder/a.pt", "x=1.jpeg"]
    assert "seen by nobody" not in ran.stderr
