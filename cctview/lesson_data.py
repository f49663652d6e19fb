"""Where the lessons find the simulated minutes that they work on, from any working folder."""

import os
from pathlib import Path


def lesson_folder() -> Path:
    """The lessons' dataset: what CCTVIEW_DATA names, if it comes with the truth, else the `data/` that comes with cctview."""
    named = os.environ.get("CCTVIEW_DATA")
    if named and (Path(named) / "truth").is_dir():
        return Path(named)
    return Path(__file__).resolve().parents[1] / "data"
