"""The weight files of `models/`: where they are, whether they are whole, and how to read them without trust."""

import hashlib
import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "models"
MANIFEST = FOLDER / "manifest.json"
_REMEDY = "get the file again from the repository (git restore models, or a fresh clone)"


@cache
def manifest() -> dict[str, dict]:
    """What `models/manifest.json` says of each file: bytes, sha256, purpose, licence, card."""
    return json.loads(MANIFEST.read_text())


def find(name: str) -> Path:
    """Path of a weight file of ours, after checking its size and sha256 against the manifest.

    Parameters
    ----------
    name : str
        A file name in `models/`.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If its size or sha256 is not what the manifest says.
    """
    path, entry = FOLDER / name, manifest()[name]
    if not path.is_file():
        raise FileNotFoundError(f"{path}: this weight file is missing; {_REMEDY}")
    if path.stat().st_size != entry["bytes"]:
        raise ValueError(f"{path}: {path.stat().st_size:,} bytes, and {entry['bytes']:,} are expected; {_REMEDY}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        raise ValueError(f"{path}: the content is damaged, its sha256 is not the manifest's; {_REMEDY}")
    return path


def load(path: str | Path) -> dict:
    """Read a state dict: names to tensors, and nothing that could run code.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it holds anything but tensors by name, or is damaged.
    """
    import pickle

    import torch

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such weight file")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path}: cannot be read as PyTorch weights ({reason}); fetch or copy the file again") from None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ValueError(f"{path}: expected a state dict, names to tensors, and nothing else; convert the file first")
    return state


def load_into(network, path: str | Path) -> None:
    """Load a weight file into a network, or say which file does not fit it.

    Raises
    ------
    ValueError
        If names or shapes differ.
    """
    try:
        network.load_state_dict(load(path))
    except RuntimeError as error:
        raise ValueError(f"{path}: these weights are of another network ({str(error).splitlines()[-1].strip()})") from None
