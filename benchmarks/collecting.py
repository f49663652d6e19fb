"""48 simulated cameras, one frame each 1.7 s, for ten minutes: lateness, frames lost, memory; then
one in which nine fail.

``python -m benchmarks.collecting [MINUTES]``. The server runs in a process of its own; lateness
depends on what else the computer does, so the load average stands beside it.
"""

import asyncio
import hashlib
import json
import multiprocessing
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from cctview.collect import (
    CADENCE,
    CameraApi,
    Plan,
    SimulatedServer,
    Tally,
    collect,
    list_cameras,
)
from cctview.collect.archive import LOG
from cctview.collect.simulated_cameras import FAULTS
from cctview.dataset import open_dataset

COPIES = 8
GOOD_BEFORE = 15  # s until cameras begin to fail


@dataclass
class Run:
    """What a collection did, and what the server knows of it."""

    tally: Tally
    given: dict[str, set[str]]
    stored: dict[str, set[str]]
    index: pd.DataFrame
    log: list[str]
    memory: np.ndarray
    seconds: float

    def lost(self, cameras) -> int:
        """How many pictures the server gave of some cameras that are not there."""
        return sum(len(self.given[camera] - self.stored.get(camera, set())) for camera in cameras)


def run(minutes: float, failing: dict[str, str]) -> Run:
    """Collect for some minutes from a server some of whose cameras fail, each in its way, at every
    request after the first few.
    """
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(theirs, failing), daemon=True
    )
    process.start()
    url, memory, me = ours.recv(), [], psutil.Process()

    def watch(tally: Tally) -> None:
        memory.append((tally.seconds, me.memory_info().rss / 1e6))

    async def poll(folder: Path) -> Tally:
        return await collect(
            await list_cameras(CameraApi(url)),
            folder,
            Plan(minutes=minutes, interval=CADENCE),
            watch,
        )

    with tempfile.TemporaryDirectory() as name:
        folder, before = Path(name), time.process_time()
        tally = asyncio.run(poll(folder))
        seconds = time.process_time() - before
        time.sleep(1)
        ours.send("stop")
        given, dataset = ours.recv(), open_dataset(folder)
        stored = {
            camera: {_digest(dataset.jpeg(frame)) for frame in ids}
            for camera, ids in dataset.frames.groupby("camera").id
        }
        log = (folder / LOG).read_text(encoding="utf-8").splitlines()
        return Run(
            tally, given, stored, pd.read_parquet(folder / "index"), log, np.array(memory), seconds
        )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _serve(pipe, failing: dict[str, str]) -> None:
    """Serve until told to stop, with failures after a while; then tell what was given."""
    with SimulatedServer(copies=COPIES) as server:
        pipe.send(server.url)
        pipe.poll(GOOD_BEFORE)
        for camera, fault in failing.items():
            server.fail(camera, fault)
        pipe.recv()
        pipe.send(server.given)


def steady(minutes: float) -> dict:
    """Nothing fails: lateness, frames lost, memory."""
    done = run(minutes, {})
    late, tenth = 1000 * np.array(done.tally.late), len(done.tally.late) // 10
    settled = done.memory[done.memory[:, 0] > min(60, 30 * minutes), 1]
    return {
        "cameras": len(done.given),
        "minutes": minutes,
        "polls": len(late),
        "new": done.tally.new,
        "duplicates": done.tally.duplicates,
        "failures": dict(done.tally.failures),
        "beats skipped": done.tally.skipped,
        "late ms": {
            f"{q} %": round(float(np.percentile(late, q)), 1) for q in (50, 95, 99, 99.9, 100)
        },
        "late over 100 ms": int((late > 100).sum()),
        "drift ms (median of the last tenth - of the first)": round(
            float(np.median(late[-tenth:]) - np.median(late[:tenth])), 2
        ),
        "given by the server": sum(map(len, done.given.values())),
        "of these not stored": done.lost(done.given),
        "index rows": len(done.index),
        "files": sum(map(len, done.stored.values())),
        "memory MB after the first minute, least and most": [
            round(float(x), 1) for x in (settled.min(), settled.max())
        ],
        "memory MB at the end": round(float(done.memory[-1, 1]), 1),
        "cpu s": round(done.seconds, 1),
        "load average": os.getloadavg(),
    }


def faulty(minutes: float = 1) -> dict:
    """Each fault at one camera: its first line in the log, how often, and how the other cameras
    fared.
    """
    with SimulatedServer(copies=COPIES) as server:
        failing = dict(zip(server.cameras, FAULTS))
    done = run(minutes, failing)
    others = [camera for camera in done.given if camera not in failing]
    lines = {
        camera: [line.split(" ", 2)[2] for line in done.log if f" {camera} " in line]
        for camera in failing
    }
    return {
        "faults": {
            fault: {"log lines": len(lines[camera]), "the first": lines[camera][:1]}
            for camera, fault in failing.items()
        },
        "failures": dict(done.tally.failures),
        "the other cameras": len(others),
        "lines about them in the log": sum(
            f" {camera} " in line for camera in others for line in done.log
        ),
        "pictures given of them": sum(len(done.given[camera]) for camera in others),
        "of these not stored": done.lost(others),
        "fewest of one": min(len(done.given[camera]) for camera in others),
    }


if __name__ == "__main__":
    print(
        json.dumps(
            {"steady": steady(float(sys.argv[1]) if len(sys.argv) > 1 else 10), "faulty": faulty()},
            indent=2,
        )
    )
