"""Parts and galleries against the plain way: one process, numpy, a full sort; a cluster whose
workers are killed.
"""

import hashlib
import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from cctview import cli
from cctview.dataset.boxes import BOX
from cctview.dataset.frames import open_dataset
from cctview.dataset.ids import VEHICLE_TYPES
from cctview.dataset.storage import LOCK
from cctview.pipeline import part_files, parts, process_parts, read_part, split_frames
from cctview.search import dask_executor, nearest
from tests.killing import StubDetector, StubExtractor
from tests.scenes import found, jpeg, picture

pytest.importorskip("distributed", reason="the extra `scale` is not installed")
from distributed import Client, LocalCluster, WorkerPlugin

ROOT = Path(__file__).resolve().parents[1]


class SlowDetector(StubDetector):
    def detect(self, image):
        time.sleep(0.02)
        return super().detect(image)


class Extractor(StubExtractor):
    architecture, dimensions = "stub", 3


class Stubs(WorkerPlugin):
    """Models that need no torch, in every worker that comes; each loading leaves a file."""

    def __init__(self, loadings):
        self.loadings = loadings

    def setup(self, worker):
        def load(weights, minimum_percent):
            if not hasattr(self, "models"):
                (self.loadings / f"{os.getpid()}-{time.monotonic_ns()}").touch()
                self.models = SlowDetector(), Extractor()
            return self.models

        parts._load_models = load


@pytest.fixture(scope="module")
def loadings(tmp_path_factory):
    return tmp_path_factory.mktemp("loadings")


@pytest.fixture(scope="module")
def client(loadings):
    options = {
        "threads_per_worker": 1,
        "dashboard_address": "127.0.0.1:0",
        "silence_logs": "CRITICAL",
    }
    with LocalCluster(n_workers=2, **options) as cluster, Client(cluster) as client:
        client.register_plugin(Stubs(loadings))
        yield client


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Two cameras over the turn of an hour, a frame each half minute."""
    folder = tmp_path_factory.mktemp("frames")
    for k, time_ in enumerate(pd.date_range("2031-05-05 08:50", periods=40, freq="30s")):
        for camera in ("1-N", "2-S"):
            (folder / f"{camera}--{time_:%Y-%m-%d--%H.%M.%S}--original.jpeg").write_bytes(
                jpeg(picture(k))
            )
    return folder


def process(frames, out, scheduler, **options):
    done = process_parts(frames, out, partial(dask_executor, scheduler=scheduler), **options)
    return done.problems


def vehicles_of(out):
    """Detections with an embedding, and those."""
    tables, vectors = zip(*map(read_part, part_files(out)), strict=True)
    table, embeddings = pd.concat(tables, ignore_index=True), np.concatenate(vectors)
    known = np.isfinite(embeddings).all(axis=1)
    return table[known].reset_index(drop=True), embeddings[known]


def tree(out):
    files = [path for path in out.rglob("*") if path.is_file() and path.name != LOCK]
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_every_frame_is_in_the_part_of_its_camera_and_minutes(frames):
    table = open_dataset(frames).frames
    cut = split_frames(table, 15)
    assert sorted(name for part in cut for name in part.frames) == sorted(table.id)
    hours = [
        f"camera={camera}/hour=2031-05-05T{at}.parquet"
        for camera in ("1-N", "2-S")
        for at in ("08/45", "09/00")
    ]
    assert sorted(part.path for part in cut) == hours
    with pytest.raises(ValueError, match="should go into 60"):
        split_frames(table, 7)


def test_results_are_those_of_the_models_and_a_rerun_skips_what_is_done(
    client, frames, loadings, tmp_path
):
    (frames / "1-N--2031-05-05--08.55.01--original.jpeg").write_bytes(b"no picture")
    where = {"scheduler": client.scheduler.address, "out": tmp_path / "out"}
    problems = process(frames, **where)
    assert len(problems) == 1
    assert "08.55.01" in problems[0]
    written = part_files(tmp_path / "out")
    assert len(written) == 8
    table, embeddings = map(list, zip(*map(read_part, written), strict=True))
    table, embeddings = pd.concat(table, ignore_index=True), np.concatenate(embeddings)
    images = open_dataset(frames)
    assert (table.groupby("frame").type.agg(list).map(tuple) == ("car", "person")).all()
    assert table.frame.nunique() == 80
    for row, vector in zip(table.itertuples(), embeddings, strict=True):
        expected = (
            images.crop(row.id).reshape(-1, 3).mean(0) if row.type == "car" else np.full(3, np.nan)
        )
        np.testing.assert_allclose(vector, expected, atol=0.06)  # stored as float16
    times = {path: path.stat().st_mtime_ns for path in written}
    written[3].unlink()
    (frames / "1-N--2031-05-05--08.55.01--original.jpeg").unlink()
    (frames / "2-S--2031-05-05--09.07.01--original.jpeg").write_bytes(jpeg(picture(99)))
    assert process(frames, **where) == []
    made = [path for path in written if path.stat().st_mtime_ns != times[path]]
    assert made == [written[3], written[7]]
    processes = [path.name.split("-")[0] for path in loadings.iterdir()]
    assert len(processes) == len(set(processes)) == 2, "each worker loads once"
    with pytest.raises(ValueError, match="choose another --out"):
        process(frames, minimum_percent=50, **where)
    (frames / "2-S--2031-05-05--09.07.01--original.jpeg").unlink()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX systems kill a process so")
def test_killed_workers_cost_their_task_and_change_no_byte(client, frames, tmp_path):
    process(frames, tmp_path / "whole", client.scheduler.address)
    rng, kills, stop = np.random.default_rng(0), [], threading.Event()

    def kill():
        while not stop.wait(rng.uniform(0.1, 0.4)) and len(kills) < 2:
            workers = client.scheduler_info()["workers"]
            if workers:
                pids = list(client.run(os.getpid, on_error="ignore").values())
                os.kill(rng.choice(pids), signal.SIGKILL)
                kills.append(pids)

    killer = threading.Thread(target=kill)
    killer.start()
    problems = process(frames, tmp_path / "killed", client.scheduler.address)
    stop.set()
    killer.join()
    assert kills
    assert problems == []
    assert tree(tmp_path / "killed") == tree(tmp_path / "whole")


def test_a_part_that_fails_is_named_and_the_others_are_written(client, frames, tmp_path):
    blocked = tmp_path / "out" / "camera=1-N" / "hour=2031-05-05T09"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("in the way")
    problems = process(frames, tmp_path / "out", client.scheduler.address)
    assert [line.partition(": ")[0] for line in problems] == [
        f"camera=1-N/hour=2031-05-05T09/{m}.parquet" for m in ("00", "05")
    ]
    assert len(part_files(tmp_path / "out")) == 6


def test_the_command_on_workers_of_its_own(tmp_path, capsys):
    """The real models, against the same models in this process."""
    assert cli.main(["scale", str(ROOT / "sample"), "--out", str(tmp_path), "--workers", "1"]) == 0
    detector, extractor = parts.load_models(None, 25)
    sample = open_dataset(ROOT / "sample")
    vehicles, gallery = vehicles_of(tmp_path)
    assert len(vehicles) == len(gallery) > 6
    for frame, rows in vehicles.groupby("frame").indices.items():
        found = detector.detect(sample.image(frame))
        vehicle = found.type.isin(VEHICLE_TYPES)
        np.testing.assert_array_equal(vehicles.iloc[rows][BOX], found.loc[vehicle, BOX])
        expected = extractor.extract([sample.crop(name) for name in vehicles.id.iloc[rows]])
        np.testing.assert_allclose(gallery[rows], expected, atol=0.02 * np.abs(expected).max())
    capsys.readouterr()
    assert cli.main(["scale", str(tmp_path / "nothing"), "--out", str(tmp_path)]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_parts_without_a_vehicle_or_without_anything_hold_no_embedding(
    frames, tmp_path, monkeypatch
):
    class Finds:
        def __init__(self, *rows):
            self.rows = rows

        def detect(self, image):
            return found(*self.rows)

    settings = {"minimum_percent": 25}
    first, second, third, *_ = split_frames(open_dataset(frames).frames, 5)
    for part, rows in (
        (first, [("person", 50.0, 1, 1, 4, 9)]),
        (second, []),
        (third, [("car", 50.0, 1, 1, 9, 9)]),
    ):
        monkeypatch.setattr(
            parts, "_load_models", lambda *_, rows=rows: (Finds(*rows), Extractor())
        )
        assert parts.run_part(part, frames, tmp_path, None, settings, b"") == []
    assert [len(read_part(path)[0]) for path in part_files(tmp_path)] == [
        len(first.frames),
        0,
        len(third.frames),
    ]
    vehicles, embeddings = vehicles_of(tmp_path)
    assert set(vehicles.frame) == set(third.frames)
    assert embeddings.shape == (len(third.frames), 3)


@pytest.mark.parametrize(("distance", "metric"), [("med", "euclidean"), ("mcd", "cosine")])
@pytest.mark.parametrize("k", [1, 7, 100])
def test_nearest_over_blocks_is_a_full_sort(k, distance, metric):
    rng = np.random.default_rng(k)
    queries, table = rng.normal(size=(9, 5)), rng.normal(size=(100, 5)).astype(np.float32)
    table[60:70] = table[10:20]
    indices, values = nearest(queries, da.from_array(table, chunks=(9, -1)), k, distance)
    exact = cdist(queries, table, metric)
    np.testing.assert_array_equal(indices, np.argsort(exact, axis=1, kind="stable")[:, :k])
    np.testing.assert_allclose(values, np.sort(exact, axis=1)[:, :k], rtol=1e-4, atol=1e-6)


def test_nearest_rejects():
    gallery = da.ones((10, 2), chunks=(4, 2))
    with pytest.raises(ValueError, match="1 <= k <= m"):
        nearest(np.ones((1, 2)), gallery, 11)
    with pytest.raises(ValueError, match="unknown distance"):
        nearest(np.ones((1, 2)), gallery, 1, "rscr")
    with pytest.raises(ValueError, match="expected vectors of 2 numbers, but they have 3"):
        nearest(np.ones((1, 3)), gallery, 2)
