"""Where the course's own files lie: the one module that knows."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
MODELS = ROOT / "models"
NOTEBOOKS = ROOT / "notebooks"
RESULTS = DATA / "results"
SAMPLE = ROOT / "sample"
"""Six simulated frames, one a camera, in the layout of the original's `sample/`."""
