"""Every notebook on real frames, named by the one setting. Their outputs are looked at here and
kept nowhere.
"""

from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from cctview.dataset.boxes import BOX
from cctview.dataset.frames import open_dataset
from cctview.dataset.ids import FrameId
from cctview.dataset.tables import write_tables
from studio.training import real as stored

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
