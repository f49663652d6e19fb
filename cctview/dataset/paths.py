"""Where the course's own files lie: the one module that knows.

They come with the repository, not with an installed package. Their folder is the one that
``CCTVIEW_HOME`` names; without it, the checkout that the package lies in, or else the working
folder or one above it.
"""

import os
from pathlib import Path

_HOME = "CCTVIEW_HOME"
_MARK = Path("models", "manifest.json")  # a folder that has it is the course's


def _find_root() -> Path:
    if named := os.environ.get(_HOME):
        return Path(named).resolve()
    beside = Path(__file__).resolve().parents[2]
    if (beside / _MARK).is_file():
        return beside
    working = Path.cwd()
    return next((f for f in (working, *working.parents) if (f / _MARK).is_file()), beside)


ROOT = _find_root()
DATA = ROOT / "data"
MODELS = ROOT / "models"
NOTEBOOKS = ROOT / "notebooks"
RESULTS = DATA / "results"
SAMPLE = ROOT / "sample"
"""Six simulated frames, one a camera, in the layout of the original's `sample/`."""


def remedy(path: Path, otherwise: str = "give another one") -> str:
    """What to do about a file or folder that is missing; `otherwise` if it is not the course's."""
    if not Path(path).is_relative_to(ROOT):
        return otherwise
    if (ROOT / _MARK).is_file():
        return "get it again from the repository (git restore, or a fresh clone)"
    return (
        f"{ROOT} is not the course's folder: clone the repository, and set {_HOME} to that folder"
    )


def require(path: Path) -> Path:
    """A file or folder of the course's; a FileNotFoundError names it and the remedy."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: missing; {remedy(path)}")
    return path
