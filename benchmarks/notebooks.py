"""What each notebook takes, twice in one kernel: `python -m benchmarks.notebooks [NUMBER ..]`."""

import os
import sys
from pathlib import Path
from time import perf_counter

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
MEASURE = """
from benchmarks.timing import peak_memory
import time
print(peak_memory(), time.process_time())
"""


def measure(path, folder):
    """Run a notebook twice in one kernel, in a working folder: seconds of each run, and the
    kernel's memory and processor time.

    Returns
    -------
    list of tuple
        Of each run: wall seconds, processor seconds of the kernel so far, most bytes that the
        kernel has held so far.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    once = nbformat.read(path, as_version=4)
    cells, probe = [*once.cells], nbformat.v4.new_code_cell(MEASURE)
    once.cells.append(probe)
    client = NotebookClient(
        once, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    runs = []
    with client.setup_kernel(env=os.environ | {"PYTHONPATH": str(ROOT)}):
        for _ in range(2):
            begin = perf_counter()
            for number, cell in enumerate(cells):
                client.execute_cell(cell, number)
            wall = perf_counter() - begin
            client.execute_cell(probe, len(cells))
            memory, seconds = "".join(output.text for output in probe.outputs).split()
            runs.append((wall, float(seconds), float(memory)))
    return runs


def main(numbers):
    """Print a line for each notebook."""
    print("notebook                            first run           second run          most memory")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if numbers and not path.stem.startswith(tuple(numbers)):
            continue
        (first, used, _), (second, both, memory) = measure(path, NOTEBOOKS)
        print(
            f"{path.stem:34}  {first:5.1f} s ({used:5.1f} s CPU)  {second:5.1f} s"
            f" ({both - used:5.1f} s CPU)  {memory / 2**30:4.2f} GiB",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
