"""By which code, data and weights each stored result was made: `data/made.json`.

A step of the rebuild (`studio.rebuild`) reads some files, runs some code, and writes some files.
When it has run, hashes of all three are kept. A result is stale when one of them is not what it
was. Then the step runs again; or, if only code has changed, its tests recompute a slice of the
result, and the new code is vouched for when they pass.
"""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cctview.dataset import write_bytes
from studio.closure import code_fingerprint

RECORDS = Path("data/made.json")
CODE_CHANGED = "its code has changed"


@dataclass(frozen=True)
class Step:
    """One step of the rebuild.

    Attributes
    ----------
    name : str
    commands : tuple of str
        Each is given to `python -m studio`; `{work}` in it is the working folder.
    code : tuple of str
        Modules whose code decides the result, with all of ours that they import.
    reads, writes : tuple of str
        Patterns of files under the repository.
    tests : tuple of str
        What recomputes a slice of the result, as pytest names it.
    real : bool
        Whether the real frames are needed, which the repository does not hold.
    """

    name: str
    commands: tuple[str, ...]
    code: tuple[str, ...]
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    tests: tuple[str, ...] = field(default=(), kw_only=True)
    real: bool = field(default=False, kw_only=True)


class Records:
    """What is known of the steps that have run.

    Parameters
    ----------
    root : Path
        The repository.
    """

    def __init__(self, root: Path):
        self._root, self._place = root, root / RECORDS
        self._steps = json.loads(self._place.read_text()) if self._place.exists() else {}

    def stale(self, step: Step) -> list[str]:
        """Why a step must run again, one reason a line; empty if its result is up to date."""
        known = self._steps.get(step.name)
        if known is None:
            return ["it has not run"]
        reasons = []
        if known["code"] != code_fingerprint(*step.code, root=self._root):
            reasons.append(CODE_CHANGED)
        missing = [name for name in step.writes if not _files(self._root, name)]
        reasons += [f"{name} is missing" for name in missing]
        made = tuple(name for name in step.writes if name not in missing)
        for kind, patterns in (("reads", step.reads), ("writes", made)):
            now = file_hashes(self._root, patterns)
            changed = [
                name
                for name in (now.keys() | known[kind]) - set(missing)
                if now.get(name) != known[kind].get(name)
            ]
            reasons += [f"{name} has changed" for name in sorted(changed)]
        return reasons

    def keep(self, step: Step, cpu_seconds: float | None = None) -> None:
        """Write down that a step has run now; without a time, that its new code was vouched for."""
        known = self._steps.get(step.name, {})
        self._steps[step.name] = {
            "made": time.strftime("%Y-%m-%d"),
            "cpu_seconds": known.get("cpu_seconds") if cpu_seconds is None else round(cpu_seconds),
            "code": code_fingerprint(*step.code, root=self._root),
            "reads": file_hashes(self._root, step.reads),
            "writes": file_hashes(self._root, step.writes),
        }
        content = json.dumps(self._steps, indent=1, sort_keys=True) + "\n"
        write_bytes(self._place, content.encode())

    def cpu_seconds(self, step: Step) -> float | None:
        """How long the step took when it last ran."""
        return self._steps.get(step.name, {}).get("cpu_seconds")


def file_hashes(root: Path, patterns: Iterable[str]) -> dict[str, str]:
    """The first 16 digits of each file's sha256, by its name under `root`.

    Raises
    ------
    FileNotFoundError
        If no file fits a pattern.
    """
    hashes = {}
    for pattern in patterns:
        files = _files(root, pattern)
        if not files:
            raise FileNotFoundError(
                f"{root / pattern}: no such file; run `python -m studio rebuild`"
            )
        for path in files:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            hashes[path.relative_to(root).as_posix()] = digest[:16]
    return hashes


def _files(root: Path, pattern: str) -> list[Path]:
    return [path for path in sorted(root.glob(pattern)) if path.is_file()]
