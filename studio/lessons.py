"""Executes the lessons: from `lessons/*.py`, which authors edit, to `notebooks/*.ipynb`, which
everybody opens.

The picture of the cell that is tagged `picture` stands for its notebook in README.md; it is kept in
`notebooks/pictures/`.

Outputs that are committed are made here and nowhere else, without CCTVIEW_DATA: a notebook that
somebody ran by hand may show real people's cars. So each notebook holds the digest of its outputs,
and `problems` tells where they are others.
"""

import ast
import base64
import hashlib
import json
import os
import re
from pathlib import Path

from cctview.dataset import write_bytes
from cctview.privacy import END, LeakageMeter
from cctview.show import OWN_FRAMES

ROOT = Path(__file__).parent.parent
LIVE_VIEW = "application/vnd.jupyter.widget-view+json"
DIGEST = "outputs_sha256"
"""In a notebook's metadata."""
PICTURE = re.compile(r'src="data:image/(?P<kind>png|jpeg);base64,(?P<content>[^"]+)"')
GAUGES = ("recognised at once", "found in a training set", "unicity", "in the database")
"""What notebooks 01 to 04 measure beside the meter, in their order."""


def stems(numbers: list[str] | None = None) -> list[str]:
    """The lessons whose names begin with one of the numbers, or all.

    Raises
    ------
    ValueError
        If a number names no lesson.
    """
    every = sorted(path.stem for path in (ROOT / "lessons").glob("*.py"))
    for number in numbers or ():
        if not any(stem.startswith(number) for stem in every):
            raise ValueError(f"no lesson begins with {number!r}: choose from {', '.join(every)}")
    return [stem for stem in every if not numbers or stem.startswith(tuple(numbers))]


def execute(stem: str) -> Path:
    """Run a lesson in a fresh kernel and write its notebook, with outputs that need no kernel;
    returns the notebook's path.

    Raises
    ------
    ValueError
        If CCTVIEW_DATA names other frames: their outputs must not be committed.
    """
    import jupytext
    import nbformat
    from nbclient import NotebookClient

    if os.environ.get("CCTVIEW_DATA"):
        raise ValueError("CCTVIEW_DATA names other frames than the course's; unset it")
    if os.environ.pop("CCTVIEW_PRESENTER", None):
        print("CCTVIEW_PRESENTER is unset: what is committed stays covered")
    notebook = jupytext.read(ROOT / "lessons" / f"{stem}.py")
    place = ROOT / "notebooks" / f"{stem}.ipynb"
    if place.exists():
        kernel = notebook.metadata.kernelspec
        notebook.metadata = nbformat.read(place, as_version=4).metadata
        notebook.metadata.kernelspec = kernel
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(place.parent)}},
    )
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
            if "solution" in cell.metadata.get("tags", []):
                _try_solution(client, cell, number)
    notebook = without_live_views(notebook)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{stem[:2]}-{number:03d}"
        cell.metadata.pop("execution", None)
    notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)
    notebook.metadata[DIGEST] = digest(notebook)
    write_bytes(place, nbformat.writes(notebook).encode())
    for suffix, content in pictures(notebook):
        write_bytes(place.parent / "pictures" / f"{stem[:2]}.{suffix}", content)
    return place


def _try_solution(client, cell, number):
    """Run a folded solution, apart from the lesson, and note in the cell what its check says.

    Raises
    ------
    ValueError
        If the check does not say that it is right.
    """
    from nbformat.v4 import new_code_cell

    *before, last = ast.parse(solution_code(cell)).body
    steps = ast.unparse(ast.Module(before, []))
    run = f"space = dict(globals())\nexec({steps!r}, space)\neval({ast.unparse(last)!r}, space)"
    trial = client.execute_cell(new_code_cell(run), number, store_history=False)
    client.nb.cells[number] = cell  # nbclient has put the trial into its place
    said = [output.get("data", {}).get("text/plain", "") for output in trial.outputs]
    if not any(text.startswith("✓ Right.") for text in said):
        raise ValueError(f"the check does not accept this solution, it says {said}:\n{cell.source}")
    cell.metadata["passed_sha256"] = hashlib.sha256(cell.source.encode()).hexdigest()


def solution_code(cell) -> str:
    """The Python of a solution, which is folded into Markdown."""
    return re.search(r"```python\n(.*?)```", cell.source, re.DOTALL)[1]


def digest(notebook) -> str:
    """The sha256 of all outputs of a notebook that was read from a file."""
    outputs = [cell.get("outputs", []) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(outputs, sort_keys=True).encode()).hexdigest()


def problems(folder: Path = ROOT / "notebooks") -> list[str]:
    """What speaks against committing the outputs that a folder holds, a sentence each."""
    import nbformat

    found, kept = [], {}
    for path in sorted(folder.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if OWN_FRAMES in json.dumps(notebook):
            found.append(f"{path}: was run with frames of somebody's own (CCTVIEW_DATA)")
        elif notebook.metadata.get(DIGEST) != digest(notebook):
            found.append(f"{path}: its outputs were not made by `python -m studio lessons`")
        kept |= {f"{path.stem[:2]}.{kind}": content for kind, content in pictures(notebook)}
    for path in sorted((folder / "pictures").glob("*")):
        if kept.get(path.name) != path.read_bytes():
            found.append(f"{path}: is not the picture that its notebook shows")
    return [f"{words}; run `python -m studio lessons`, without CCTVIEW_DATA" for words in found]


def without_live_views(notebook):
    """Take the live widgets out of an executed notebook's outputs, in place, and leave what stands
    in for them; returns the same.

    A live widget ends with its kernel. Saved with a notebook, it shows up as "Loading widget" until
    the notebook is run; without it, JupyterLab shows the still before it, as GitHub does.
    """
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [
                output for output in cell.outputs if LIVE_VIEW not in output.get("data", {})
            ]
    notebook.metadata.pop("widgets", None)
    return notebook


def pictures(notebook) -> list[tuple[str, bytes]]:
    """The pictures that the cells tagged `picture` show: for each "png" or "jpeg", and the bytes of
    the file.
    """
    shown = [
        PICTURE.search(output.get("data", {}).get("text/html", ""))
        for cell in notebook.cells
        if "picture" in cell.metadata.get("tags", [])
        for output in cell.get("outputs", [])
    ]
    return [(found["kind"], base64.b64decode(found["content"])) for found in shown if found]


def keep_meter(path: Path = ROOT / "notebooks" / "meter.json", place: Path = END) -> Path:
    """Store the meter that the executed notebooks left, for a reader who opens the last one without
    the others; returns the place.

    Raises
    ------
    FileNotFoundError
        If no notebook has left one.
    ValueError
        If a notebook did not add its gauge.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"{path}: no meter; execute the notebooks first, `python -m studio lessons`"
        )
    meter = LeakageMeter.load(path)
    if missing := [name for name in GAUGES if name not in meter.gauges]:
        raise ValueError(
            f"{path}: no gauge {missing[0]!r}; execute notebooks 01 to 04 first, `python -m studio"
            " lessons`"
        )
    gauges = {name: meter.gauges[name] for name in GAUGES}
    LeakageMeter(meter.target, meter.population, meter.steps, meter.world, gauges).save(place)
    return place
