"""Every slider of every notebook, driven in the notebook's own kernel."""

from pathlib import Path

import nbformat
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient

from cctview.widgets import Choice, Float, Int, Sliders, Toggle
from tests.drive import drive, settings

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
DRIVING = """
import sys
sys.path.insert(0, {root!r})
from tests.drive import drive_all
count, problems = drive_all()
print("sliders driven:", count)
assert not problems, "\\n".join(problems)
"""


def line(values):
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, values["x"]], [0, 1])
    return figure


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_slider_of_a_notebook(path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(DRIVING.format(root=str(ROOT))))
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": path.parent}}).execute()
    said = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    names_sliders = any("Sliders(" in cell.source for cell in notebook.cells[:-1])
    assert "sliders driven:" in said and not (names_sliders and "sliders driven: 0" in said)


def test_settings_reach_both_ends_of_every_control():
    sliders = Sliders(line, [Float("x", -1, 1, 0.5), Int("n", 1, 9, 3), Choice("kind", {"one": 1, "two": 2}), Toggle("on", True)])
    tried = list(settings(sliders))
    assert tried[0] == {"x": 0.5, "n": 3, "kind": 1, "on": True}
    for name, ends in {"x": (-1, 1), "n": (1, 9), "kind": (1, 2), "on": (False, True)}.items():
        assert set(ends) <= {values[name] for values in tried}
    assert all(-1 <= values["x"] <= 1 and 1 <= values["n"] <= 9 for values in tried)


def test_sliders_that_work_pass():
    assert drive(Sliders(line, [Float("x", -1, 1, 0.5)])) == []


def test_a_callback_that_is_broken_at_one_end_is_found():
    def broken(values):
        1 / (1 - values["x"])
        return line(values)

    (problem,) = drive(Sliders(broken, [Float("x", -1, 1, 0.5)]))
    assert "{'x': 1}" in problem and "ZeroDivisionError" in problem


def test_a_figure_that_is_empty_at_one_end_is_found():
    def empty(values):
        figure = line(values)
        if values["x"] == -1:
            figure.axes[0].lines[0].set_data([float("nan")], [float("nan")])
        return figure

    (problem,) = drive(Sliders(empty, [Float("x", -1, 1, 0.5)]))
    assert "{'x': -1}" in problem and "empty" in problem
