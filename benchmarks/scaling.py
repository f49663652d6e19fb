"""More workers, lost workers, galleries larger than memory, and what a frame costs: `python -m
benchmarks.scaling`.

Two workers against one need two free cores: the load average stands beside the ratio, and what was
measured on a busy computer says so. What a frame costs is counted in the processor's seconds, on
one thread.
"""

import argparse
import hashlib
import os
import random
import signal
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist

from benchmarks.mixture import DATA
from cctview.dataset import FrameId, open_dataset, write_frame
from cctview.pipeline import detect_and_extract, process_parts, split_frames
from cctview.pipeline.parts import load_models, run_part
from cctview.search import connect, dask_executor, nearest


def some_frames(folder, target, frames):
    """The first frames of each camera of a dataset, as files."""
    dataset = open_dataset(folder)
    for _, rows in dataset.frames.groupby("camera"):
        for name in rows.id.head(max(frames // dataset.frames.camera.nunique(), 1)):
            write_frame(target, FrameId.parse(name), dataset.jpeg(name))
    return target


def frame_cost(folder=DATA, frames=36):
    """Processor seconds a frame, detecting and extracting on one thread, vehicles a frame, and
    bytes a frame.
    """
    import torch

    torch.set_num_threads(1)
    dataset = open_dataset(folder)
    names = dataset.frames.id.iloc[np.linspace(0, len(dataset.frames) - 1, frames + 1).astype(int)]
    detector, extractor = load_models(None, 25)

    def work(name):
        _, embeddings = detect_and_extract([(name, dataset.image(name))], detector, extractor)
        return np.isfinite(embeddings).all(axis=1).sum()

    work(names.iloc[0])
    start = time.process_time()
    vehicles = [work(name) for name in names.iloc[1:]]
    seconds = (time.process_time() - start) / frames
    size = np.mean([len(dataset.jpeg(name)) for name in dataset.frames.id])
    print(
        f"\nA frame: {1e3 * seconds:.0f} ms of one core, {2 / seconds:.1f} frames a second on"
        " two; ",
        end="",
    )
    print(f"{np.mean(vehicles):.1f} vehicles; {size:,.0f} bytes")


def two_workers(frames, rounds=3, folder=DATA):
    """Seconds of extraction with one worker and with two, started before the clock."""
    print(
        f"\nTwo workers against one, {frames} frames, load average {os.getloadavg()[0]:.1f} on"
        f" {os.cpu_count()} cores"
    )
    with tempfile.TemporaryDirectory() as name:
        source = some_frames(folder, Path(name, "frames"), frames)
        seconds = np.empty((rounds, 2))
        for workers in (1, 2):
            with connect(workers=workers) as client:
                client.run(warm_up)
                for turn in range(rounds):
                    start = time.perf_counter()
                    out = Path(name, f"{workers}-{turn}")
                    parts = split_frames(open_dataset(source).frames, 1)
                    settings = {"minimum_percent": 25}
                    list(
                        client.gather(
                            client.map(
                                run_part,
                                parts,
                                pure=False,
                                folder=source,
                                out=out,
                                weights=None,
                                settings=settings,
                                run=os.urandom(8),
                            )
                        )
                    )
                    seconds[turn, workers - 1] = time.perf_counter() - start
    one, two = seconds.min(axis=0)
    print(f"  {one:.1f} s and {two:.1f} s: two are {one / two:.2f} x as fast")
    print(
        f"  load average afterwards {os.getloadavg()[0]:.1f}; above the number of cores the ratio"
        " says little"
    )


def warm_up():
    """Load the models in a worker."""
    load_models(None, 25)


def killed(frames, kills, folder=DATA, seed=0):
    """Kill workers at random moments: are the files the same?"""
    from distributed import LocalCluster

    rng, done, stop = random.Random(seed), [], threading.Event()
    with tempfile.TemporaryDirectory() as name:
        source = some_frames(folder, Path(name, "frames"), frames)
        process_parts(source, Path(name, "whole"), partial(dask_executor, workers=1), minutes=1)
        options = {
            "threads_per_worker": 1,
            "dashboard_address": "127.0.0.1:0",
            "silence_logs": "CRITICAL",
        }
        with LocalCluster(n_workers=2, **options) as cluster:

            def kill():
                while len(done) < kills and not stop.wait(rng.uniform(1, 10)):
                    nanny = rng.choice(list(cluster.workers.values()))
                    if nanny.pid:
                        os.kill(nanny.pid, signal.SIGKILL)
                        done.append(nanny.pid)

            killer = threading.Thread(target=kill)
            killer.start()
            executor = partial(dask_executor, scheduler=cluster.scheduler_address)
            done = process_parts(source, Path(name, "killed"), executor, minutes=1)
            stop.set()
            killer.join()
        one, other = digests(Path(name, "whole")), digests(Path(name, "killed"))
    same = "the same" if one == other else "DIFFERENT"
    print(
        f"\nWorkers killed while {frames} frames were worked on: {len(done)}; {len(one)} files, ",
        end="",
    )
    print(f"{same} bytes; problems: {done.problems}")


def digests(out):
    """Name to sha256 of every Parquet file."""
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("*.parquet")
    }


def open_gallery(path, rows):
    """A .npy file as a Dask array; a worker reads a block of rows when it comes to it."""
    import dask.array as da
    from dask import delayed

    table = np.load(path, mmap_mode="r")
    blocks = [(start, min(rows, len(table) - start)) for start in range(0, len(table), rows)]
    return da.concatenate(
        [
            da.from_delayed(delayed(_rows)(path, *block), (block[1], table.shape[1]), table.dtype)
            for block in blocks
        ]
    )


def _rows(path, start, count):
    return np.array(np.load(path, mmap_mode="r")[start : start + count])


def larger_than_memory(limit=400 * 2**20, times=4, queries=100, k=10, dimensions=1920):
    """The nearest in a float16 file that is so many times the limit that one worker is given."""
    rows = times * limit // (2 * dimensions)
    rng = np.random.default_rng(0)
    asked = rng.standard_normal((queries, dimensions), np.float32)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "gallery.npy")
        pool = rng.standard_normal((4096, dimensions), np.float32)
        with path.open("wb") as file:
            header = {"descr": "<f2", "fortran_order": False, "shape": (rows, dimensions)}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(
                0, rows, 4096
            ):  # the pool again and again, moved: drawing each number anew would take longest
                part = pool[: rows - start] + np.float32(0.5) * rng.standard_normal(
                    dimensions, np.float32
                )
                file.write(part.astype("<f2").tobytes())
        with connect(workers=1, memory_limit=limit) as client:
            restarts = len(client.scheduler_info()["workers"])
            start = time.perf_counter()
            indices, _ = nearest(asked, open_gallery(path, 4096), k)
            seconds = time.perf_counter() - start
            peak = max(client.run(peak_of_worker).values())
            assert len(client.scheduler_info()["workers"]) == restarts
        table = np.load(path, mmap_mode="r")
        exact = np.concatenate(
            [
                cdist(asked[:1], table[at : at + 4096].astype(np.float64))[0]
                for at in range(0, rows, 4096)
            ]
        )
    right = (np.argsort(exact)[:k] == indices[0]).all()
    print(
        f"\n{k} nearest of {queries} in {rows:,} x {dimensions} float16,"
        f" {rows * dimensions * 2 / 2**20:,.0f} MiB, ",
        end="",
    )
    print(
        f"by one worker that may hold {limit / 2**20:.0f} MiB: {seconds:.1f} s, its peak"
        f" {peak / 2**20:.0f} MiB"
    )
    print(f"  the first query's nearest by all distances: {'the same' if right else 'DIFFERENT'}")


def peak_of_worker():
    """The most memory that this worker has held, bytes. (Where Linux tells: `peak_memory` would
    include what started it.)
    """
    from benchmarks.timing import peak_memory

    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return (
        next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), None)
        or peak_memory()
    )


def scaling(quick=False, only=None):
    """All of them, or one: "cost", "workers", "killed" or "memory"."""
    ways = {
        "cost": lambda: frame_cost(frames=12 if quick else 120),
        "workers": lambda: two_workers(24 if quick else 210, 1 if quick else 3),
        "killed": lambda: killed(12 if quick else 120, 2 if quick else 10),
        "memory": lambda: larger_than_memory(limit=(300 if quick else 400) * 2**20),
    }
    for name, way in ways.items():
        if only in (None, name):
            way()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: to see that it runs, not to judge by"
    )
    parser.add_argument(
        "--only", choices=["cost", "workers", "killed", "memory"], help="one of them"
    )
    options = parser.parse_args()
    scaling(options.quick, options.only)
