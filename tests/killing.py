"""Harm a writer at every step, or at random moments, and run it again: is the tree the same as if
nothing had happened?

``python -m tests.killing SCENARIO HARMS SEED`` prints one JSON line with what happened; with
``every`` instead of numbers, it is killed before each of its writes in turn, and its files are cut
off. It is a process of its own, with one thread, so that it can fork: a forked child dies a
thousand times while modules are loaded once.
"""

import errno
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview import match
from cctview.collect import archive
from cctview.collect.archive import Archive, Taken
from cctview.collect.camera_api import pattern_cameras
from cctview.dataset.storage import LOCK, alone_in, write_bytes
from cctview.pipeline import folders, match_folder
from tests import killing_outside
from tests.killing_setup import set_up_twice
from tests.scenes import found as detected
from tests.scenes import jpeg, picture

WRITES = {"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir", "os.truncate"}
WRITES |= {"shutil.rmtree"}
MOVES = {"os.rename", "os.link"}  # when a file has been written and has not yet its name
GROWTH = {"open", "os.mkdir", "os.rename", "os.link"}  # what a full disk refuses
REFUSED = 3  # the exit status of a run that ended with an error that says what is wrong
PICTURES = [
    (camera, k, jpeg(picture(10 * c + k)))
    for k in range(4)
    for c, camera in enumerate(("1-N", "2-S"))
]


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

    def __init__(self, weights=None):
        pass

    def extract(self, crops):
        return np.array([crop.reshape(-1, 3).mean(0) for crop in crops], np.float32).reshape(-1, 3)


def collect_pictures(folder: Path) -> None:
    """What a collection does with the pictures that come: two parts of an index, and duplicates."""
    archive._LONGEST_JOURNAL = 5
    with alone_in(folder):
        kept = Archive(folder)
        kept.write_cameras(pattern_cameras("http://127.0.0.1/{camera}", ["1-N", "2-S"]))
        for camera, k, content in PICTURES:
            taken = Taken(
                datetime(2031, 5, 5, 8, 40, 2 * k),
                "last-modified",
                datetime(2031, 5, 5, 12, tzinfo=UTC),
                64,
                48,
            )
            kept.keep(camera, content, taken)
            kept.keep(camera, content, taken)
        kept.close()


def detect_extract_match(folder: Path) -> None:
    """The pipeline over three frames."""
    folders.Detector, folders.Extractor = StubDetector, StubExtractor
    frames = folder.with_name("frames")
    for k, camera in enumerate(("1-N", "2-S", "3-S")):
        path = frames / f"{camera}--2031-05-05--13.00.0{k}--original.jpeg"
        if not path.exists():
            write_bytes(path, jpeg(picture(k)))
    for done in (folders.detect_folder(frames, folder), folders.extract_folder(folder)):
        assert not done.problems, done.problems
    match_folder(folder)


def write_matches(folder: Path) -> None:
    """The last step alone: two vehicles, each with two candidates."""
    found = pd.DataFrame(
        [(base, "S", target, 1.5) for base in "ab" for target in "cd"],
        columns=["base", "camera", "target", "distance"],
    )
    with alone_in(folder):
        match.write_matches(
            folder / "matches", found, found, dict.fromkeys("abcd", picture(1, 8, 8))
        )


SCENARIOS = {
    "collect": collect_pictures,
    "pipeline": detect_extract_match,
    "matches": write_matches,
    "set-up": set_up_twice,
    "import": killing_outside.import_pictures,
    "video": killing_outside.import_video,
    "save": killing_outside.save_dossiers,
    "fetch": killing_outside.fetch_files,
}
UNFINISHED = (
    ".partial",
    ".venv.new",
    ".venv.former",
    ".venv.trash",
)  # how names end that are not yet final


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder with its content; the parts of an index as one sorted table."""
    found = {
        p.relative_to(folder).as_posix(): p.read_bytes() if p.is_file() else None
        for p in folder.rglob("*")
        if p.name != LOCK
    }
    parts = [
        content
        for name, content in found.items()
        if name.startswith("index/") and name.endswith(".parquet")
    ]
    found = {name: content for name, content in found.items() if not name.endswith(".parquet")}
    if parts:
        rows = pd.concat([pd.read_parquet(io.BytesIO(part)) for part in parts])
        found["index"] = rows.sort_values("frame").to_csv(index=False).encode()
    return found


def start(scenario, folder: Path, prepare: Callable[[str], None] | None = None) -> int:
    """Run a scenario in a child, which first prepares itself for harm; returns its process id."""
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        status = 1
        try:
            if prepare:
                prepare(str(folder))
            scenario(folder)
            status = 0
        except BaseException as error:
            status = REFUSED if _says_what_is_wrong(error) else 1
            resource.setrlimit(
                resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )
            folder.with_name("error").write_text(traceback.format_exc())
        finally:
            os._exit(status)
    return child


def _says_what_is_wrong(error: BaseException) -> bool:
    full = [errno.ENOSPC, errno.EFBIG]
    words = ["another cctview is writing", *(os.strerror(number) for number in full)]
    return getattr(error, "errno", None) in full or any(word in str(error) for word in words)


def end(child: int) -> int:
    """What became of a child: 0, its exit status, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def at(step: int, events: set[str], strike: Callable[[], None], folder: str) -> None:
    """Strike before the `step`-th of some events in the folder, and before all after it."""
    left = [step]

    def hook(event, arguments):
        if event not in events or not arguments or not str(arguments[0]).startswith(folder):
            return
        if event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR):
            left[0] -= 1
            if left[0] < 0:
                strike()

    sys.addaudithook(hook)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def limit(size: int, folder: str) -> None:
    """No file may grow beyond `size`: its writing fails half way."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def count_writes(scenario, folder: Path) -> int:
    """How many times a scenario that nothing happens to could be struck."""
    reader, writer = os.pipe()
    assert (
        end(start(scenario, folder, partial(at, 0, WRITES, lambda: os.write(writer, b".")))) == 0
    ), "the scenario fails by itself"
    os.close(writer)
    with open(reader, "rb") as pipe:
        return len(pipe.read())


class Harm:
    """All that may happen to a run, at random."""

    def __init__(self, scenario, seed: int, writes: int, seconds: float, largest: int):
        self.scenario, self.random, self.seconds = scenario, random.Random(seed), seconds
        number = self.random.randrange
        self.kinds = {
            "killed before a write": lambda folder: self.struck(
                folder, partial(at, number(writes), WRITES, die)
            ),
            "killed before a file gets its name": lambda folder: self.struck(
                folder, partial(at, number(writes // 4), MOVES, die)
            ),
            "killed at a moment": self.killed_at_a_moment,
            "full disk": lambda folder: self.struck(
                folder, partial(at, number(writes // 2), GROWTH, no_space)
            ),
            "files cut off": lambda folder: self.struck(folder, partial(limit, number(largest))),
            "two runs": self.two_runs,
        }

    def strike(self, folder: Path) -> tuple[str, list[int]]:
        """Run the scenario once, or twice at the same time, with some harm; returns which, and what
        became of it.
        """
        kind = self.random.choice([*self.kinds])
        return kind, self.kinds[kind](folder)

    def struck(self, folder: Path, prepare) -> list[int]:
        return [end(start(self.scenario, folder, prepare))]

    def killed_at_a_moment(self, folder: Path) -> list[int]:
        child = start(self.scenario, folder)
        time.sleep(self.random.uniform(0, self.seconds))
        os.kill(child, signal.SIGKILL)
        return [end(child)]

    def two_runs(self, folder: Path) -> list[int]:
        first = start(self.scenario, folder)
        time.sleep(self.random.uniform(0, self.seconds / 2))
        second = start(self.scenario, folder)
        return [end(first), end(second)]


def harm_often(name: str, harms: int, seed: int) -> dict:
    """Harm a scenario so often, up to three times in one folder, let it end in peace, and compare
    trees.
    """
    scenario, happened, damaged, differing = SCENARIOS[name], Counter(), [], []
    with tempfile.TemporaryDirectory() as base:
        expected, writes, seconds = _in_peace(scenario, Path(base) / "whole")
        harm = Harm(
            scenario,
            seed,
            writes,
            seconds,
            max(len(content or b"") for content in expected.values()),
        )
        while happened.total() - happened["ended before it"] < harms:
            folder = Path(base) / f"run{happened.total()}" / "out"
            folder.parent.mkdir()
            for _ in range(harm.random.randint(1, 3)):
                kind, became = harm.strike(folder)
                assert set(became) <= {
                    0,
                    REFUSED,
                    -signal.SIGKILL,
                }, f"{kind}: a run ended with {became}: {_error(folder)}"
                happened[kind if any(became) else "ended before it"] += 1
                damaged += _damaged(folder, expected)
                if not any(became):
                    differing += _differing(folder, expected)
            differing += _finish(scenario, folder, expected)
    return {
        "scenario": name,
        "happened": happened,
        "half-written under a final name": damaged,
        "differing": differing,
    }


def harm_everywhere(name: str) -> dict:
    """Kill a scenario before each of its writes, cut its files off at many sizes; let it end in
    peace each time, and compare trees.
    """
    scenario, happened, damaged, differing = SCENARIOS[name], Counter(), [], []
    with tempfile.TemporaryDirectory() as base:
        expected, writes, _ = _in_peace(scenario, Path(base) / "whole")
        sizes = (
            np.unique(
                [len(content or b"") - less for content in expected.values() for less in (1, 100)]
            )
            .clip(0)
            .tolist()
        )
        harms = [
            ("killed before a write", partial(at, step, WRITES, die)) for step in range(writes)
        ]
        harms += [("files cut off", partial(limit, size)) for size in sizes]
        for k, (kind, prepare) in enumerate(harms):
            folder = Path(base) / f"run{k}" / "out"
            folder.parent.mkdir()
            became = end(start(scenario, folder, prepare))
            assert became in (
                REFUSED,
                -signal.SIGKILL,
            ), f"{kind}: a run ended with {became}: {_error(folder)}"
            happened[kind] += 1
            damaged += _damaged(folder, expected)
            differing += _finish(scenario, folder, expected)
    return {
        "scenario": name,
        "happened": happened,
        "half-written under a final name": damaged,
        "differing": differing,
    }


def _in_peace(scenario, parent: Path) -> tuple[dict, int, float]:
    """The tree as it should be, how many writes make it, and in how many seconds."""
    for folder in (parent, parent / "first"):
        folder.mkdir(parents=True)
    tqdm.monitor_interval = 0  # no thread of its own: only a process with one thread may fork
    tqdm.set_lock(
        threading.RLock()
    )  # its own lock is shared with children, and one that is killed would never give it back
    scenario(parent / "first" / "out")  # modules that are loaded when first needed, are
    writes, begin = count_writes(scenario, parent / "out"), time.monotonic()
    assert end(start(scenario, parent / "again")) == 0
    return tree(parent / "out"), writes, time.monotonic() - begin


def _finish(scenario, folder: Path, expected: dict) -> list[str]:
    """Let a run end in peace; the names that differ then from what should be there."""
    status = end(start(scenario, folder))
    assert status == 0, f"a run after the harm ended with {status}: {_error(folder)}"
    differing = _differing(folder, expected)
    shutil.rmtree(folder.parent)
    return differing


def _differing(folder: Path, expected: dict) -> list[str]:
    found = tree(folder)
    return [name for name in {**found, **expected} if found.get(name, "") != expected.get(name, "")]


def _error(folder: Path) -> str:
    """What the last run that failed had to say."""
    path = folder.with_name("error")
    return path.read_text() if path.exists() else "nothing was said"


def _damaged(folder: Path, expected: dict) -> list[str]:
    """Files under final names that are not what they will be; journals and leftovers have no final
    name.
    """
    if not folder.exists():
        return []
    files = [
        p
        for ending in ("jp*g", "json", "zip", "pt", "sha256")
        for p in folder.rglob(f"[!.]*.{ending}")
        if not any(part.endswith(UNFINISHED) for part in p.relative_to(folder).parts)
    ]
    names = {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}
    damaged = [name for name, content in names.items() if content != expected.get(name)]
    if (folder / ".venv").exists():  # it is there whole, or not at all
        damaged += [
            name for name in expected if name.startswith(".venv/") and not (folder / name).exists()
        ]
    return damaged


if __name__ == "__main__":
    done = (
        harm_everywhere(sys.argv[1])
        if sys.argv[2] == "every"
        else harm_often(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    )
    print(json.dumps(done))
