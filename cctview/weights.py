"""Weight files, ours of `models/` and those that others publish: read whole, and without trust."""

import hashlib
import json
import warnings
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cctview.dataset import MODELS, check_whole, remedy, require

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
    """A ValueError if a file with a published file's name is not that file, or any other is a
    pointer or a web page.
    """
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
    _check_kind(path)


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

    The names of a network that was trained on several devices lose their ``module.``.

    Raises a FileNotFoundError if there is no such file, a ValueError if it is damaged, holds
    anything but tensors by name, or only has a published file's name.
    """
    import torch

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such weight file")
    check_published(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of old formats, and of what is damaged
        try:
            if _breaks_its_checksums(path):
                raise ValueError("a checksum in it is wrong")
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # of any kind, where a file is damaged
            raise ValueError(f"{path}: {_explain(error)}") from None
    if isinstance(state, dict):
        inner = [key for key in ("state_dict", "model", "net") if isinstance(state.get(key), dict)]
        if inner:
            raise ValueError(
                f"{path}: a checkpoint, which holds more than weights; save its {inner[0]!r} alone:"
                f" torch.save(torch.load(FILE)[{inner[0]!r}], NEW)"
            )
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items()
    ):
        raise ValueError(
            f"{path}: expected a state dict, names to tensors, and nothing else; convert the file"
            " first"
        )
    for name, value in state.items():
        try:
            sound = value.layout == torch.strided and bool(torch.isfinite(value).all())
        except Exception:  # of any kind: a tensor whose own description is damaged
            sound = False
        if not sound:
            raise ValueError(
                f"{path}: damaged, {name!r} is no tensor of finite numbers; fetch or copy the file"
                " again"
            )
    return {name.removeprefix("module."): value for name, value in state.items()}


def _check_kind(path: Path) -> None:
    """A ValueError if the first bytes of a file are those of something else than weights."""
    with path.open("rb") as file:
        begin = check_whole(file.read(200), str(path)).lstrip().lower()
    if begin.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise ValueError(
            f"{path}: a web page, not weights; a browser or a log-in page saved it under this name."
            " Fetch the file itself"
        )


def _breaks_its_checksums(path: Path) -> bool:
    """Whether a file of PyTorch's format since 1.6, a zip, is damaged; it does not look itself."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return archive.testzip() is not None


def _explain(error: Exception) -> str:
    """Why PyTorch could not read a file, and what to do."""
    text = str(error)
    reason = text.splitlines()[0].split(". ")[0] if text else type(error).__name__
    if "Unsupported global" in text or "Unsupported class" in text:
        return (
            "holds more than tensors, so it could run code and is not read; save the weights alone,"
            " for example torch.save(network.state_dict(), NEW) or checkpoint['state_dict']"
        )
    return f"cannot be read as PyTorch weights ({reason}); fetch or copy the file again"


def load_into(network: "Module", path: str | Path, state: dict[str, Any] | None = None) -> None:
    """Load a weight file into a network; `state` is what `load_state` read of it, if it did.

    Raises a ValueError that names the file if names or shapes differ.
    """
    state = load_state(path) if state is None else state
    try:
        network.load_state_dict(state)
    except Exception as error:  # RuntimeError for names and shapes; others for damaged tensors
        reason = (str(error).splitlines() or [type(error).__name__])[-1].strip()
        raise ValueError(f"{path}: these weights are of another network ({reason})") from None


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
