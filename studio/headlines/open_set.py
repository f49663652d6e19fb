"""Headline numbers of searches by appearance alone, in an open set."""

from functools import partial
from pathlib import Path

import numpy as np

from cctview.dataset import read_result
from studio.headlines.headline import Figure, Headline

_COMMAND = "results --only open_set"
_GALLERY = "the vehicles of all other cameras in the recording, each once; queries at E 53 St"


def _missed(fpir: float, size: int, results: Path) -> Figure:
    table = read_result("open_set.csv", results)
    table = table[~table["beyond"]]
    size = min(size, table["size"].max())
    row = table[(table["size"] == size) & np.isclose(table["fpir"], fpir)].iloc[0]
    count = (
        f"{row.alarms / row.fpir:,.0f} searches, {row.alarms:.0f} false alarms, gallery {size:,}"
    )
    return Figure(row.fnir, row.low, row.high, count, digits=1)


def _foretold(column: str, results: Path) -> Figure:
    row = read_result("open_set_check.csv", results).iloc[-1]
    low, high = (row.low, row.high) if column == "measured" else (row.least, row.most)
    return Figure(row[column], low, high, f"20 halves of {row.half:,} vehicles", digits=1)


HEADLINES = (
    Headline(
        "At tolerable false alarms, appearance alone finds hardly anybody",
        "06",
        "A false alarm is tolerated in one of 100 searches. How many of the vehicles that are in"
        " the gallery are missed (FNIR at FPIR 0.01)?",
        _GALLERY,
        _COMMAND,
        partial(_missed, 0.01, 10**9),
        "Tolerate a false alarm in one of ten searches:",
        partial(_missed, 0.1, 10**9),
    ),
    Headline(
        "A larger gallery misses more",
        "06",
        "At FPIR 0.1, how many are missed in a gallery of 100?",
        _GALLERY,
        _COMMAND,
        partial(_missed, 0.1, 100),
        "Take 1,000 vehicles:",
        partial(_missed, 0.1, 1000),
    ),
    Headline(
        "A model finds the full gallery from half of it",
        "06",
        "From half of the gallery a model foretells the FPIR of all of it. What does it expect at"
        " the loosest threshold that we check?",
        _GALLERY,
        _COMMAND,
        partial(_foretold, "predicted"),
        "Count it:",
        partial(_foretold, "measured"),
    ),
)
