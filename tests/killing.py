"""Kill a writer at every step, or at random moments, and run it again: is the tree the same as if nothing had happened?

``python -m tests.killing SCENARIO KILLS SEED`` prints one JSON line with what happened. It is a process of its own, with one
thread, so that it can fork: a forked child dies a thousand times while modules are loaded once.
"""

import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from cctview import archive, pipeline
from cctview.archive import Archive, Taken
from cctview.cameras import pattern_cameras
from cctview.files import LOCK, alone_in
from tests.scenes import found as detected
from tests.scenes import jpeg, picture

WRITES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.truncate"}
MOVES = {"os.rename"}  # when a file has been written and has not yet its name
PICTURES = [(camera, k, jpeg(picture(10 * c + k))) for k in range(4) for c, camera in enumerate(("1-N", "2-S"))]


class StubDetector:
    """Finds a car and a person in every picture."""

    model = "stub.pt"

    def __init__(self, weights=None, minimum_percent=25):
        pass

    def detect(self, image):
        return detected(("car", 88.8, 4, 4, 24, 20), ("person", 44.4, 40, 2, 44, 12))


class StubExtractor:
    """Embeds a crop by its mean colour."""

    model = "stub-features.pt"

    def extract(self, crops):
        return np.array([crop.reshape(-1, 3).mean(0) for crop in crops], np.float32).reshape(-1, 3)


def collect_pictures(folder: Path) -> None:
    """What a collection does with the pictures that come: two parts of an index, and duplicates."""
    archive.LONGEST_JOURNAL = 5
    with alone_in(folder):
        kept = Archive(folder)
        kept.write_cameras(pattern_cameras("http://127.0.0.1/{camera}", ["1-N", "2-S"]))
        for camera, k, content in PICTURES:
            taken = Taken(datetime(2031, 5, 5, 8, 40, 2 * k), "stamp", datetime(2031, 5, 5, 12, tzinfo=UTC), 64, 48)
            kept.keep(camera, content, taken)
            kept.keep(camera, content, taken)
        kept.close()


def detect_extract_match(folder: Path) -> None:
    """The pipeline over three frames."""
    pipeline.Detector, pipeline.Extractor = StubDetector, StubExtractor
    frames = folder.with_name("frames")
    frames.mkdir(exist_ok=True)
    for k, camera in enumerate(("1-N", "2-S", "3-S")):
        (frames / f"{camera}--2031-05-05--13.00.0{k}--original.jpeg").write_bytes(jpeg(picture(k)))
    pipeline.detect_folder(frames, folder)
    pipeline.extract_folder(folder)
    pipeline.match_folder(folder)


SCENARIOS = {"collect": collect_pictures, "pipeline": detect_extract_match}


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder with its content; the parts of an index as one sorted table."""
    found = {p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None for p in folder.rglob("*") if p.name != LOCK}
    parts = [content for name, content in found.items() if name.startswith("index/") and name.endswith(".parquet")]
    found = {name: content for name, content in found.items() if not name.endswith(".parquet")}
    if parts:
        rows = pd.concat([pd.read_parquet(io.BytesIO(part)) for part in parts])
        found["index"] = rows.sort_values("frame").to_csv(index=False).encode()
    return found


def run(scenario, folder: Path, step: int | None = None, events=WRITES, seconds: float | None = None) -> tuple[int, float]:
    """Run a scenario in a child that dies before the `step`-th of some events, or after some seconds; returns its status and its seconds."""
    begin, child = time.monotonic(), os.fork()
    if child == 0:
        signal.alarm(60)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        if step is not None:
            _die_at(step, events, str(folder))
        status = 1
        try:
            scenario(folder)
            status = 0
        finally:
            os._exit(status)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1], time.monotonic() - begin


def _die_at(step: int, events: set[str], folder: str) -> None:
    left = [step]

    def hook(event, arguments):
        if event in events and arguments and str(arguments[0]).startswith(folder) and (event != "open" or arguments[1] != "r"):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def kill_often(name: str, kills: int, seed: int) -> dict:
    """Kill a scenario so often, before any write, before a file gets its name, or at any moment; then compare trees."""
    scenario, rng = SCENARIOS[name], random.Random(seed)
    result = {"scenario": name, "kills": 0, "finished before the kill": 0, "half-written under a final name": 0, "trees that differ": 0}
    result["differing"] = []
    with tempfile.TemporaryDirectory() as base:
        whole = Path(base) / "whole" / "out"
        whole.parent.mkdir()
        status, seconds = run(scenario, whole)
        assert status == 0, "the scenario fails by itself"
        expected = tree(whole)
        attempt = 0
        while result["kills"] < kills:
            folder = Path(base) / f"run{attempt}" / "out"
            folder.parent.mkdir()
            attempt += 1
            for _ in range(rng.randint(1, 3)):  # a re-run may be killed too
                moment = rng.choice(
                    [
                        {"step": rng.randrange(60), "events": WRITES},
                        {"step": rng.randrange(10), "events": MOVES},
                        {"seconds": rng.uniform(0, seconds)},
                    ]
                )
                status, _ = run(scenario, folder, **moment)
                result["kills" if status == signal.SIGKILL else "finished before the kill"] += 1
                result["half-written under a final name"] += _damaged(folder, expected)
            assert run(scenario, folder)[0] == 0
            found = tree(folder)
            differing = [name for name in {**found, **expected} if found.get(name, "") != expected.get(name, "")]
            result["trees that differ"] += bool(differing)
            result["differing"] += differing[:4]
            _remove(folder.parent)
    return result


def _damaged(folder: Path, expected: dict) -> int:
    """Files under final names that are not what they will be; journals and leftovers have no final name."""
    if not folder.exists():
        return 0
    files = [p for p in folder.rglob("*.jp*g") if not any(part.endswith(".partial") for part in p.parts)]
    files += [p for p in folder.rglob("*.json") if not p.name.startswith(".")]
    return sum(p.read_bytes() != expected.get(p.relative_to(folder).as_posix()) for p in files)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder)


if __name__ == "__main__":
    print(json.dumps(kill_often(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
