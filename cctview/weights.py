"""Weight files, ours of `models/` and those that others publish: read whole, and without trust."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cctview.dataset import MODELS, remedy, require

if TYPE_CHECKING:
    from torch.nn import Module

_Network = TypeVar("_Network", bound="Module")
MANIFEST = MODELS / "manifest.json"
_PUBLISHED = Path(__file__).with_name("published.json")
_REMEDY = "get the file again from the repository (git restore models, or a fresh clone)"


@cache
def manifest() -> dict[str, dict[str, Any]]:
    """What `models/manifest.json` says of each file: bytes, sha256, purpose, licence, card."""
    return json.loads(require(MANIFEST).read_text())


@cache
def published() -> dict[str, dict[str, dict[str, Any]]]:
    """What others publish: under "weights" by file name, under "frames" by camera."""
    return json.loads(_PUBLISHED.read_text(encoding="utf-8"))


def check_published(path: Path) -> None:
    """Check a file with a published file's name; a ValueError if it is not that file."""
    entry = published()["weights"].get(path.name, {})
    size, digest = entry.get("bytes"), entry.get("sha256")
    fetched = f"get it with `cctview fetch weights {path.name}`"
    advice = f"{fetched}, or give weights of your own another name"
    if size is not None and path.stat().st_size != size:
        raise ValueError(
            f"{path}: {path.stat().st_size:,} bytes, and the published file has {size:,}; {advice}"
        )
    if digest is not None and sha256(path) != digest:
        raise ValueError(f"{path}: not the published file, its sha256 is another; {advice}")


def sha256(path: Path) -> str:
    """The sha256 of a file's content, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find(name: str) -> Path:
    """Path of a weight file in `models/`, after checking it against the manifest.

    Raises a FileNotFoundError if it is not there, a ValueError if its size or sha256 differs.
    """
    path = MODELS / name
    entry = manifest()[name]
    if not path.is_file():
        raise FileNotFoundError(f"{path}: this weight file is missing; {remedy(path, _REMEDY)}")
    if path.stat().st_size != entry["bytes"]:
        raise ValueError(
            f"{path}: {path.stat().st_size:,} bytes, and {entry['bytes']:,} are expected; {_REMEDY}"
        )
    if sha256(path) != entry["sha256"]:
        raise ValueError(
            f"{path}: the content is damaged, its sha256 is not the manifest's; {_REMEDY}"
        )
    return path


def load_state(path: str | Path) -> dict[str, Any]:
    """Read a state dict: names to tensors, and nothing that could run code.

    Raises a FileNotFoundError if there is no such file, a ValueError if it is damaged, holds
    anything but tensors by name, or only has a published file's name.
    """
    import pickle

    import torch

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such weight file")
    check_published(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0].split(". ")[0] if str(error) else type(error).__name__
        raise ValueError(
            f"{path}: cannot be read as PyTorch weights ({reason}); fetch or copy the file again"
        ) from None
    if not isinstance(state, dict) or not all(
        isinstance(value, torch.Tensor) for value in state.values()
    ):
        raise ValueError(
            f"{path}: expected a state dict, names to tensors, and nothing else; convert the file"
            " first"
        )
    return state


def load_into(network: "Module", path: str | Path, state: dict[str, Any] | None = None) -> None:
    """Load a weight file into a network; `state` is what `load_state` read of it, if it did.

    Raises a ValueError that names the file if names or shapes differ.
    """
    try:
        network.load_state_dict(load_state(path) if state is None else state)
    except RuntimeError as error:
        raise ValueError(
            f"{path}: these weights are of another network ({str(error).splitlines()[-1].strip()})"
        ) from None


def load_ours(network: _Network, name: str, model: str, path: str | Path | None = None) -> _Network:
    """Fill a network of ours with its shipped weights, or with others.

    Parameters
    ----------
    network : torch.nn.Module
        Of the right architecture.
    name : str
        The file in `models/`.
    model : str
        What ``python -m studio train`` calls it.
    path : str or Path, optional
        Other weights.

    Returns
    -------
    torch.nn.Module
        The same, ready to be used.

    Raises
    ------
    FileNotFoundError, ValueError
        If the weight file is missing, damaged, or of another network.
    """
    if path is None and name not in manifest():
        raise FileNotFoundError(
            f"{MODELS / name}: it is not shipped; train one with `python -m studio train {model}`"
        )
    load_into(network, find(name) if path is None else path)
    return network.float().eval()
