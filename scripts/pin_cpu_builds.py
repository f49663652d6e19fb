"""Pin PyTorch's CPU builds for Linux by the sha256 of what is downloaded.

`scripts/renew-pins` adds the lines to requirements-cpu.txt. Each wheel is downloaded once, about
200 MB. If PyTorch's index cannot be reached, nothing is pinned, and workshop.py takes the larger
packages with CUDA, unless it is called with ``--cpu``.
"""

import hashlib
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import workshop

PYTHONS = [f"cp3{minor}" for minor in range(workshop.OLDEST[1], workshop.NEWEST[1] + 1)]


def pin(name: str, version: str, tag: str, machine: str) -> str | None:
    """The line that pins one wheel; None if the index has none."""
    found = workshop.ask_cpu_index(name, version, tag, machine)
    if found is None:
        return None
    url, stated = found
    with urllib.request.urlopen(url, timeout=60) as answer:
        sha256 = hashlib.file_digest(answer, "sha256").hexdigest()
    if sha256 != stated:
        sys.exit(f"{url}: the index states another sha256 than that of the file; nothing is pinned")
    return f"{name} @ {url} --hash=sha256:{sha256}"


def main() -> None:
    """Print a line for each wheel that PyTorch's index has."""
    entries = workshop.read_requirements()
    for name in ("torch", "torchvision"):
        version = workshop.pinned_version(name, entries)
        for machine in ("x86_64", "aarch64"):
            for tag in PYTHONS:
                if line := pin(name, version, tag, machine):
                    print(line)


if __name__ == "__main__":
    main()
