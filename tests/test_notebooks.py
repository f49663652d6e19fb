"""The notebooks: each equals its text pair, and was committed with its outputs. That they run,
`pytest --nbval` shows.
"""

from pathlib import Path

import jupytext
import nbformat
import pytest

from benchmarks.notebooks import measure

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_equals_its_text_pair(path):
    lesson = jupytext.read(ROOT / "lessons" / f"{path.stem}.py")
    notebook = nbformat.read(path, as_version=4)
    assert [
        (cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells
    ] == [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in lesson.cells]


def test_no_lesson_lacks_its_notebook():
    assert (
        {path.stem for path in (ROOT / "lessons").glob("*.py")}
        == {path.stem for path in NOTEBOOKS}
        != set()
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_executed(path):
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any(
        output.output_type == "error" or output.get("name") == "stderr"
        for cell in code
        for output in cell.outputs
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_twice_in_one_kernel_from_any_folder_within_two_gigabytes(path, tmp_path):
    (*_, memory), (*_, after_both) = measure(path, tmp_path)
    assert memory <= after_both < 2e9
