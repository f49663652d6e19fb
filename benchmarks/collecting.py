"""48 simulated cameras, one frame each 1.7 s, for ten minutes: lateness, frames lost, memory.

``python -m benchmarks.collecting [MINUTES]``. The city runs in a process of its own; lateness depends on what else the computer does,
so the load average stands beside it.
"""

import asyncio
import hashlib
import json
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from cctview.cameras import CityApi
from cctview.city import CADENCE, SimulatedCity
from cctview.collect import Plan, Tally, collect, list_cameras
from cctview.frames import open_dataset

COPIES = 8


def _city(pipe) -> None:
    """Serve until told to stop; then tell what was given."""
    with SimulatedCity(copies=COPIES) as city:
        pipe.send(city.url)
        pipe.recv()
        pipe.send({camera: sorted(given) for camera, given in city.given.items()})


def main(minutes: float) -> dict:
    """Collect for some minutes; returns the figures."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_city, args=(theirs,), daemon=True)
    process.start()
    url, memory, me = ours.recv(), [], psutil.Process()

    def watch(tally: Tally) -> None:
        memory.append((tally.seconds, me.memory_info().rss / 1e6))

    async def run(folder: Path) -> Tally:
        return await collect(await list_cameras(CityApi(url)), folder, Plan(minutes=minutes, interval=CADENCE), watch)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = time.process_time()
        tally = asyncio.run(run(folder))
        cpu = time.process_time() - before
        time.sleep(1)
        ours.send("stop")
        given = {digest for digests in ours.recv().values() for digest in digests}
        dataset = open_dataset(folder)
        stored = {hashlib.sha256(dataset.jpeg(frame)).hexdigest() for frame in dataset.frames.id}
        index = pd.read_parquet(folder / "index")
    late, tenth = 1000 * np.array(tally.late), len(tally.late) // 10
    rss = np.array(memory)
    settled = rss[rss[:, 0] > min(60, 30 * minutes)]
    return {
        "cameras": 6 * COPIES, "minutes": minutes, "polls": len(late), "new": tally.new, "duplicates": tally.duplicates,
        "failures": dict(tally.failures), "beats skipped": tally.skipped,
        "late ms": {f"{q} %": round(float(np.percentile(late, q)), 1) for q in (50, 95, 99, 99.9, 100)},
        "late over 100 ms": int((late > 100).sum()),
        "drift ms (median of the last tenth - of the first)": round(float(np.median(late[-tenth:]) - np.median(late[:tenth])), 2),
        "given by the city": len(given), "of these not stored": len(given - stored), "index rows": len(index), "files": len(stored),
        "memory MB after the first minute, least and most": [round(float(x), 1) for x in (settled[:, 1].min(), settled[:, 1].max())],
        "memory MB at the end": round(float(rss[-1, 1]), 1), "cpu s": round(cpu, 1), "load average": os.getloadavg(),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10), indent=2))
