"""A minute of a camera, built anew from the simulation, is the committed one byte for byte."""

import zipfile
from pathlib import Path

import pandas as pd

from studio.__main__ import main

ROOT = Path(__file__).parent.parent
CAMERA = "735-683-N"


def test_one_minute_of_a_camera_is_the_committed_one(tmp_path):
    options = f"--only data --no-detections --cameras {CAMERA} --minutes 1".split()
    places = ["--work", str(tmp_path / "unfinished"), "--out", str(tmp_path)]
    assert main(["build", *options, *places]) == 0
    with (
        zipfile.ZipFile(tmp_path / "data" / f"{CAMERA}.zip") as made,
        zipfile.ZipFile(ROOT / "data" / f"{CAMERA}.zip") as committed,
    ):
        names = made.namelist()
        assert len(names) > 30
        assert [name for name in names if made.read(name) != committed.read(name)] == []
    for table in ("frames", "sightings", "bystanders", "parked", "vehicles", "trips"):
        rebuilt, shipped = (
            pd.read_parquet(folder / "truth" / f"{table}.parquet").astype(str)
            for folder in (tmp_path / "data", ROOT / "data")
        )
        rest = rebuilt.merge(shipped.drop_duplicates(), how="left", indicator="found")
        assert (rest.found == "both").all(), table
