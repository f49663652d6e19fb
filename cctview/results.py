"""Results that take too long for a notebook, stored in ``data/results/``: `python -m cctview.results` makes them anew.

They need nothing but the dataset and this package, so they are made by it and not by `studio`. The files:

- ``searches.parquet``: every search, step by step, of `cctview.privacy.measure_leakage`,
- ``reliability.csv``, ``unseen.csv``: calibration on vehicles, and on minutes, that were not fitted on,
- ``meter.json``, ``meter-random.json``: the meter of the yellow taxi van, and of a passage drawn at random,
- ``open_set.csv``: open-set searches by embedding alone, by threshold and gallery size,
- ``unicity.csv``: unicity of the six weeks of habits.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.files import replacing

FOLDER = Path(__file__).resolve().parent.parent / "data" / "results"
TAXI = 1, "the yellow taxi van"
COMMAND = "python -m cctview.results"
OF_STUDIO = ("attributes", "defences", "eras", "eras_metric", "extractors", "inversion", "membership")
"""The tables that ``python -m studio results`` makes."""
HOURS, POINTS, DAYS, FALSE = (1 / 60, 0.25, 1, 4, 12, 24), (1, 2, 3, 4, 6), (1, 3, 7, 14, 42), (0.0, 0.05, 0.2)
SIZES = (1, 10, 100, 1_000, 10_000, 100_000, 2_000_000)
FOUND = (0.5, 0.7, 0.8, 0.9, 0.95)
"""Shares of vehicles found, for each of which the threshold is taken that reaches it."""


def read_result(name, folder=FOLDER, command=None):
    """Read a stored table.

    Parameters
    ----------
    name : str
        Such as "unicity.csv".
    folder : Path
    command : str, optional
        What makes it anew, to be named where it is missing.

    Returns
    -------
    DataFrame

    Raises
    ------
    FileNotFoundError
        If it is not there; names the command that makes it.
    """
    path = Path(folder) / name
    if not path.is_file():
        ours = f"python -m studio results --only {path.stem}" if path.stem in OF_STUDIO else COMMAND
