"""What every lesson must have."""

import base64
import hashlib
from pathlib import Path

import jupytext
import nbformat
import pytest

from cctview.show import OWN_FRAMES
from studio.lessons import DIGEST, digest, execute, pictures, problems

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LESSONS = sorted((ROOT / "lessons").glob("*.py"))
PNG = base64.b64encode(b"a simulated road").decode()


def cells(path, tag):
    return [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if tag in cell.metadata.get("tags", [])
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_solution_is_folded_and_passed_its_check(path):
    """Folded in Markdown: JupyterLab opens folded outputs when it runs all cells, and shows the
    first line of folded code."""
    for cell in cells(path, "solution"):
        assert cell.cell_type == "markdown"
        assert cell.source.startswith("<details><summary><b>Solution</b></summary>\n\n```python\n")
        assert cell.source.endswith("```\n\n</details>")
        assert cell.metadata.passed_sha256 == hashlib.sha256(cell.source.encode()).hexdigest()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_exercise_is_left_open_and_has_a_solution(path):
    exercises = cells(path, "exercise")
    assert len(exercises) == len(cells(path, "solution"))
    assert all("..." in cell.source for cell in exercises)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_speaker_notes_are_there_where_they_are_marked(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert ("speaker-notes" in cell.metadata.get("tags", [])) == bool(
            cell.metadata.get("notes")
        )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_not_compared_says_why(path):
    """And nothing is skipped, or may fail."""
    for cell in nbformat.read(path, as_version=4).cells:
        marks = [
            tag
            for tag in cell.metadata.get("tags", [])
            if tag.startswith("nbval") or tag == "raises-exception"
        ]
        assert marks in ([], ["nbval-ignore-output"])
        assert bool(marks) == bool(cell.metadata.get("nbval_reason"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_one_picture_of_the_notebook_stands_for_it(path):
    shown = pictures(nbformat.read(path, as_version=4))
    assert len(shown) == 1, "tag one cell that shows a picture with `picture`"
    ((kind, content),) = shown
    assert (path.parent / "pictures" / f"{path.stem[:2]}.{kind}").read_bytes() == content


def write_executed(folder, png=PNG, **metadata):
    """A notebook as `python -m studio lessons` leaves it, and the picture that stands for it."""
    output = nbformat.v4.new_output(
        "display_data",
        {"text/html": f'<img src="data:image/png;base64,{png}" alt="A road.">'},
        metadata=metadata,
    )
    cell = nbformat.v4.new_code_cell("x", outputs=[output], metadata={"tags": ["picture"]})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata[DIGEST] = digest(notebook)
    (folder / "pictures").mkdir(exist_ok=True)
    nbformat.write(notebook, folder / "11-test.ipynb")
    (folder / "pictures" / "11.png").write_bytes(base64.b64decode(PNG))


def test_outputs_of_the_studio_may_be_committed(tmp_path):
    write_executed(tmp_path)
    assert problems(tmp_path) == []


def test_outputs_of_own_frames_and_of_a_run_by_hand_may_not(tmp_path):
    write_executed(tmp_path, **{OWN_FRAMES: True})
    assert "frames of somebody's own" in "".join(problems(tmp_path))
    write_executed(tmp_path, png=base64.b64encode(b"a street").decode())
    assert "11.png: is not the picture" in "".join(problems(tmp_path))
    write_executed(tmp_path)
    path = tmp_path / "11-test.ipynb"
    path.write_text(path.read_text().replace(PNG, base64.b64encode(b"a street").decode()))
    assert "not made by `python -m studio lessons`" in problems(tmp_path)[0]
    notebook = nbformat.read(path, as_version=4)
    del notebook.metadata[DIGEST]
    nbformat.write(notebook, path)
    assert "not made by `python -m studio lessons`" in problems(tmp_path)[0]


def test_the_studio_runs_no_lesson_on_own_frames(monkeypatch):
    monkeypatch.setenv("CCTVIEW_DATA", "sample")
    with pytest.raises(ValueError, match="unset it"):
        execute("10-working-with-sample-data")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_code_that_is_shown_is_short_and_sliders_are_folded(path):
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "code" and not cell.metadata.get("jupyter", {}).get("source_hidden"):
            assert "Sliders(" not in cell.source
            assert len([line for line in cell.source.splitlines() if line.strip()]) <= 12, (
                cell.source
            )
