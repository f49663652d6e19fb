"""Every notebook on frames of one's own, named by the one setting: real ones, and marked ones, of
which no file may hold the mark afterwards. Outputs are looked at here and kept nowhere.
"""

import textwrap
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from cctview.dataset.boxes import BOX
from cctview.dataset.frames import open_dataset
from cctview.dataset.ids import FrameId
from cctview.dataset.tables import write_tables
from cctview.show import OWN_FRAMES
from studio.training import real as stored
from tests.marks import DAY, find_marks, write_marked_frames

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BEGIN, END = "13.36.00", "13.38.00"


@pytest.fixture(scope="session")
def own_frames(real, tmp_path_factory):
    """Two real minutes of four cameras, in the layout in which `cctview` keeps frames."""
    folder = tmp_path_factory.mktemp("own")
    frames = stored.load_frames()
    frames = frames[(frames.time >= BEGIN) & (frames.time < END)]
    for row in frames.itertuples():
        name = f"{row.cam}--{row.date}--{row.time}"
        place = (
            folder / row.cam / name.split("--")[1].replace("-", "/") / row.time.replace(".", "/")
        )
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}--original.jpeg").write_bytes(row.jpeg)
    table, coordinates = stored.load_detections(), stored.load_teacher_coordinates()
    mean, components = stored.load_basis()
    kept = ((table.time >= BEGIN) & (table.time < END)).to_numpy()
    dates = frames.drop_duplicates("cam").set_index("cam").date
    table, coordinates = table[kept].reset_index(drop=True), coordinates[kept]
    table = table.assign(
        frame=table.cam + "--" + table.cam.map(dates).astype(str) + "--" + table.time,
        number=table.det_no,
        type=table.cls,
        percent=table.prob,
    )
    for camera, rows in table.groupby("cam"):
        found = rows[["frame", "number", "type", "percent", *BOX]].reset_index(drop=True)
        embeddings = (mean + coordinates[rows.index] @ components).astype(np.float32)
        for name, content in write_tables(found, embeddings, (mean, components)).items():
            (folder / camera / name).write_bytes(content)
    return folder


@pytest.mark.slow
def test_the_frames_are_as_they_were(own_frames):
    dataset = open_dataset(own_frames)
    assert not dataset.problems
    assert dataset.frames.camera.nunique() == 4
    assert FrameId.parse(dataset.frames.id[0]).time.year == 2020
    assert len(dataset.detections) > 1000
    assert np.isfinite(dataset.embeddings).all(axis=1).mean() > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_on_real_frames(path, own_frames, tmp_path, monkeypatch):
    monkeypatch.setenv("CCTVIEW_DATA", str(own_frames))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    assert not any(
        output.output_type == "error"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )


SHOW = (
    """
    import matplotlib.pyplot as plt
    import pandas as pd
    from cctview import show
    from cctview.course import open_app, open_lesson
    from cctview.dataset import open_dataset
    dataset = open_dataset({folder!r})
    boxes, frame = dataset.detections, dataset.frames.id[0]
    """,
    """
    # {when}
    app = open_app(open_lesson()) if {own} else None
    """,
    """
    show.frame(dataset.image(frame), boxes[boxes.frame == frame], "A frame")
    """,
    """
    plt.imshow(dataset.image(frame))
    """,
    """
    show.Sliders(
        lambda values: show.frame(dataset.image(dataset.frames.id[values["k"]]), boxes[:0], "k"),
        [show.Int("k", 0, 5, 0)],
    )
    """,
    """
    camera = show.Camera(dataset)
    camera.picked = boxes.id[0]
    camera.mark(boxes.id[1:3].tolist())
    camera
    """,
    """
    boxes.head(2)
    """,
    """
    print(frame)
    """,
    """
    frame
    """,
)
"""What a notebook can show of a frame, a cell each from the third on."""
IN_APP = """
    app.click(app.example)
    app
    """


@pytest.fixture(scope="session")
def marked_frames(tmp_path_factory):
    return write_marked_frames(tmp_path_factory.mktemp("marked"))


def run(notebook, folder):
    NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return notebook


def test_nothing_that_a_notebook_shows_of_own_frames_is_in_its_file(
    marked_frames, tmp_path, monkeypatch
):
    monkeypatch.setenv("CCTVIEW_DATA", str(marked_frames))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for own in (False, True):  # the first time around, to know that the search finds the mark
        cells = [
            textwrap.dedent(cell).strip().format(folder=str(marked_frames), own=own, when="")
            for cell in (*SHOW, *([IN_APP] if own else []))
        ]
        notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
        found = find_marks(run(notebook, tmp_path))
        if own:
            assert found == []
            shown = [cell.outputs for cell in notebook.cells[2:]]
            assert all(any(OWN_FRAMES in o.metadata for o in outputs) for outputs in shown)
        else:
            assert {words.split(":")[0] for words in found} >= {f"cell {k}" for k in range(2, 9)}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_file_of_a_lesson_holds_the_mark(path, marked_frames, tmp_path, monkeypatch):
    monkeypatch.setenv("CCTVIEW_DATA", str(marked_frames))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    lesson = jupytext.read(ROOT / "lessons" / f"{path.stem}.py")
    notebook = run(lesson, tmp_path)
    assert find_marks(notebook) == []
    shows = "open_lesson" in str(notebook.cells) or "sample_folder" in str(notebook.cells)
    assert (OWN_FRAMES in nbformat.writes(notebook)) == shows
    assert [p for p in tmp_path.rglob("*") if DAY.encode() in p.read_bytes()] == []
