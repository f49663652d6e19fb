"""Runs a lesson's notebook once, so that what it shows can live on a page without Python.

The kernel is told to keep what widgets show (`cctview.course.living`), so that the stored
notebooks do not grow by the sliders' pictures. What has been run is kept in a working folder, and a
later call takes it if nothing has changed that the lesson can show: its code, that of the lessons
before it, which hand the meter on, the package, the data, the weights, and the installed libraries.
Words are always taken from the notebook as it is now.
"""

import hashlib
import json
import os
import sysconfig
from pathlib import Path

from cctview.dataset import DATA, MODELS, SAMPLE, write_bytes
from cctview.show import Kept

_PACKAGE = Path(__file__).parents[1]
_READ = (_PACKAGE, DATA, MODELS, SAMPLE)
"""The folders that a lesson's kernel reads."""
_PAGES = Path(__file__).parent
"""What makes pages of a lesson that has been run; its kernel does not read this."""
_OWN = ("CCTVIEW_DATA", "CCTVIEW_PRESENTER")
"""Settings of the person who makes the pages, which the lessons must not see."""
_KEY = "made_of_sha256"
_OPENING = "from cctview.course.living import begin\n\nbegin({!r}, {})"


def inputs_digest() -> str:
    """A digest of all that a lesson's kernel reads beside notebooks; a third of a second."""
    libraries = sorted(Path(sysconfig.get_path("purelib")).glob("*.dist-info"))
    told = [sysconfig.get_python_version(), [path.name for path in libraries]]
    total = hashlib.sha256(json.dumps(told).encode())
    for folder in _READ:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix != ".pyc" and not _makes_pages(file):
                name = file.relative_to(folder).as_posix()
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                total.update(f"{name}\0{content}\0".encode())
    return total.hexdigest()


def run_living(path: Path, place: Kept, inputs: str, watch=None):
    """An executed notebook whose widgets live without Python.

    Parameters
    ----------
    path : Path
        The notebook; it is not changed.
    place : Kept
        Keeps what widgets show. Its folder is where the notebook runs, and where its outputs are
        stored; notebooks of one course share it, because they hand the meter on.
    inputs : str
        What `inputs_digest` says; all lessons of one build have the same.
    watch : callable, optional
        Called with the number of cells, each time as many have been run since the last call.

    Returns
    -------
    NotebookNode

    Raises
    ------
    ValueError
        If a cell fails; names the cell and the error. Or if something that the lesson reads has
        changed while it ran.
    """
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    key = _digest(path, place.most, inputs)
    stored = place.root / path.name
    if stored.exists():
        before = nbformat.read(stored, as_version=4)
        if before.metadata.get(_KEY) == key:
            _take_outputs(notebook, before)
            return notebook
    _execute(notebook, path, place, watch or (lambda count: None))
    if inputs_digest() != inputs:
        raise ValueError(
            f"{path}: the package, the data or the weights changed while lessons ran; try again"
        )
    notebook.metadata[_KEY] = key
    write_bytes(stored, nbformat.writes(notebook).encode())
    return notebook


def _digest(path, most, inputs):
    """The digest of all that a lesson's outputs depend on."""
    codes = []
    for other in sorted(path.parent.glob("*.ipynb")):
        if other.name <= path.name:
            cells = json.loads(other.read_text(encoding="utf-8"))["cells"]
            codes.append([cell["source"] for cell in cells if cell["cell_type"] == "code"])
    return hashlib.sha256(json.dumps([most, codes, inputs]).encode()).hexdigest()


def _makes_pages(file):
    return file.is_relative_to(_PAGES)


def _take_outputs(notebook, before):
    run = [cell for cell in before.cells if cell.cell_type == "code"]
    now = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, executed in zip(now, run, strict=True):
        cell.outputs = executed.outputs


def _execute(notebook, path, place, watch):
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from nbformat.v4 import new_code_cell

    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],  # or each kernel warns of its own connection
        resources={"metadata": {"path": str(place.root)}},
    )
    opening = new_code_cell(_OPENING.format(str(place.root.resolve()), place.most))
    notebook.cells.insert(0, opening)
    settings = {name: value for name, value in os.environ.items() if name not in _OWN}
    try:
        with client.setup_kernel(env=settings):
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)
                watch(1)
    except CellExecutionError as error:
        raise ValueError(
            f"{path}: cell {number} fails ({error.ename}: {error.evalue}); open the notebook, run"
            " it, and try again"
        ) from None
    finally:
        notebook.cells.remove(opening)
