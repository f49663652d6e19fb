"""The build: the same bytes every time, resumed where it was stopped, readable by the course's own
reader.

A stand-in renderer and pipeline keep these tests fast; what they draw and find is exact, so the
checks can be.
"""

import hashlib
import io
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from cctview.dataset import ROOT
from cctview.dataset.frames import open_dataset
from cctview.dataset.ids import DetectionId
from studio import build, process, sample
from studio.assemble import assemble, write_zip
from studio.build import Settings, Workshop, render
from studio.road.cast import CAST
from studio.road.expressway import CAMERAS
from studio.road.render import BOX, Rendered
from studio.road.shots import watch

TWO = ("733-681-N", "735-683-N")
QUIET = 0.3  # of the usual demand: a road with fewer vehicles is simulated sooner


class FlatRenderer:
    """Draws every vehicle as a flat box by a pinhole formula; counts its frames, and can fail after
    some.
    """

    made = 0
    fail_after = None

    def __init__(self, camera, weather):
        self.parked = np.array([(-1, 5, 5, 9, 9, 5, 5, 9, 9, 0, 16)], BOX)

    def frame(self, placements, time, index, seed):
        if FlatRenderer.fail_after is not None and FlatRenderer.made >= FlatRenderer.fail_after:
            raise KeyboardInterrupt
        FlatRenderer.made += 1
        image = np.full((240, 352, 3), 40 + index % 50, np.uint8)
        boxes = []
        for p in placements:
            if p.ahead < 20:
                continue
            x, y, w, h = (
                176 + 400 * p.lateral / p.ahead,
                60 + 3200 / p.ahead,
                800 / p.ahead,
                600 / p.ahead,
            )
            full = (x - w / 2, y - h, x + w / 2, y)
            visible = tuple(int(v) for v in np.clip(full, 0, [352, 240, 352, 240]))
            if visible[0] < visible[2] and visible[1] < visible[3]:
                image[visible[1] : visible[3], visible[0] : visible[2]] = (
                    p.vehicle.id * 37 % 200,
                    p.vehicle.id * 91 % 200,
                    180,
                )
                boxes.append((p.vehicle.id, *visible, *full, 0.0, 1.0))
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "JPEG", quality=75)
        return Rendered(buffer.getvalue(), np.array(boxes, BOX))


class OneBox:
    """Finds one car and one person in every frame."""

    model = "one-box.pt"

    def detect(self, image):
        row = {"percent": 50.0 + image[0, 0, 0] % 40, "x1": 10, "y1": 20, "x2": 40, "y2": 45}
        return pd.DataFrame([{"type": "car", **row}, {"type": "person", **row, "x2": 20}])


class MeanColour:
    """Embeds a crop as its mean colour."""

    model, dimensions = "mean-colour.pt", 3
    basis = np.zeros(3, np.float32), np.eye(3, dtype=np.float32)

    def extract(self, crops):
        return np.array([crop.mean((0, 1)) / 255 for crop in crops], np.float32)


PIPELINE = process.Pipeline(OneBox(), MeanColour(), "test")


@pytest.fixture(scope="module", autouse=True)
def short_warm_up():
    """Long enough for the taxi van, which comes before the first frame."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.road.traffic.WARM_UP", 45.0)
        yield


@pytest.fixture(autouse=True)
def no_frame_yet(monkeypatch):
    monkeypatch.setattr(FlatRenderer, "made", 0)
    monkeypatch.setattr(FlatRenderer, "fail_after", None)


def digest(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def build_all(workshop, data, pipeline=PIPELINE):
    render(workshop, FlatRenderer, quiet=True)
    process.process(workshop, pipeline, quiet=True)
    assemble(workshop, data, pipeline)


SETTINGS = Settings(minutes=2, cameras=TWO, seed=4, demand=QUIET)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Two minutes of two cameras, built in one go: the workshop, and the folder of the data."""
    folder = tmp_path_factory.mktemp("straight")
    workshop = Workshop(folder / "work", SETTINGS)
    build_all(workshop, folder / "data")
    return workshop, folder / "data"


def rendered(data):
    """How many frames of a dataset were rendered: of those that a camera delivered twice, one."""
    frames = pq.read_table(data / "truth" / "frames.parquet").to_pandas()
    return (frames.status == "ok").sum()


def test_interrupted_and_resumed_build_gives_the_same_bytes(straight, tmp_path):
    """Stopped in its second minute, the build leaves whole parts only, renders none of them again,
    and ends the same.
    """
    full = rendered(straight[1])
    stopped = Workshop(tmp_path / "again", SETTINGS)
    FlatRenderer.fail_after = 100
    with pytest.raises(KeyboardInterrupt):
        render(stopped, FlatRenderer, quiet=True)
    left = sorted(
        path.relative_to(stopped.folder).as_posix()
        for path in stopped.folder.rglob("*")
        if path.is_file()
    )
    assert [name for name in left if name.startswith("frames")] == [
        f"frames/{camera}/08.40.parquet" for camera in TWO
    ]
    assert all(name.endswith(".parquet") for name in left)
    FlatRenderer.made, FlatRenderer.fail_after = 0, None
    build_all(stopped, tmp_path / "resumed")
    assert 0 < FlatRenderer.made < 0.6 * full
    assert digest(straight[1]) == digest(tmp_path / "resumed")
    FlatRenderer.made = 0
    build_all(stopped, tmp_path / "third")
    assert FlatRenderer.made == 0


def test_longer_build_begins_with_the_shorter_one(straight, tmp_path):
    long, _ = straight
    short = Workshop(tmp_path, replace(SETTINGS, minutes=1, cameras=TWO[:1]))
    assert short.folder.name == long.folder.name
    render(short, FlatRenderer, quiet=True)
    first, again = (one.part("frames", TWO[0], 0).read_bytes() for one in (short, long))
    assert first == again
    assert long.parts("frames", TWO[0])[1].name == "08.41.parquet"


def test_zips_are_read_by_the_course_and_agree_with_the_truth(straight):
    """Every delivered frame is in a zip, with its detections and embeddings; dropped ones are not;
    duplicates repeat a picture.
    """
    _, data = straight
    dataset = open_dataset(data)
    frames = pq.read_table(data / "truth" / "frames.parquet").to_pandas()
    delivered = frames[frames.status != "dropped"]
    assert sorted(dataset.frames.id) == sorted(delivered.frame)
    assert {"ok", "dropped"} <= set(frames.status)
    assert not dataset.problems
    for row in delivered.itertuples():
        assert (row.picture != row.frame) == (row.status == "duplicate")
        assert dataset.jpeg(row.frame) == dataset.jpeg(row.picture)
    assert len(dataset.detections) == 2 * len(delivered)
    people = (dataset.detections.type == "person").to_numpy()
    assert np.isnan(dataset.embeddings[people]).all()
    for k in np.flatnonzero(~people)[::40]:
        expected = dataset.crop(dataset.detections.id[k]).mean((0, 1)) / 255
        assert dataset.embeddings[k] == pytest.approx(expected, abs=2e-3)
    sightings = pq.read_table(data / "truth" / "sightings.parquet").to_pandas()
    assert len(sightings)
    assert set(sightings.frame) <= set(delivered.frame)


def test_zip_bytes_depend_on_the_entries_alone(tmp_path):
    entries = [("a/b.jpeg", b"one"), ("c.parquet", b"two" * 500)]
    for name in ("first.zip", "second.zip"):
        write_zip(tmp_path / name, iter(entries))
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        assert archive.namelist() == ["a/b.jpeg", "c.parquet"]
        assert archive.testzip() is None

    def broken():
        yield entries[0]
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        write_zip(tmp_path / "third.zip", broken())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.zip", "second.zip"]


def test_settings_refuse_what_cannot_be_built():
    with pytest.raises(ValueError, match="unknown camera '1-1-N': choose from 733-681-N"):
        Settings(cameras=("1-1-N",))
    with pytest.raises(ValueError, match="whole number"):
        Settings(minutes=0)


def test_fingerprint_follows_what_decides_the_pictures():
    base = Settings()
    assert base.fingerprint() == Settings(minutes=3, cameras=TWO).fingerprint()
    assert (
        len(
            {
                base.fingerprint(),
                Settings(seed=1).fingerprint(),
                Settings(weather="rain").fingerprint(),
            }
        )
        == 3
    )


def test_command_line_reports_bad_input_in_one_line(tmp_path, capsys):
    from studio.__main__ import main

    assert main(["build", "--minutes", "0", "--no-detections", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "studio: minutes must be a whole number from 1, not 0\n"


class Replay:
    """Traffic that was simulated once, and drives past the cameras again in the same way."""

    def __init__(self, seen):
        self._seen, self._trips = seen, []

    def watch(self):
        for shot, trips in self._seen:
            self._trips = trips
            yield shot

    def under_way(self):
        return self._trips


@pytest.fixture(scope="module")
def drive():
    """What the cameras see until the taxi van has left, without outages, and who is under way."""
    traffic, seen = Settings(demand=QUIET).traffic(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.road.shots.OUTAGE", 0.0)
        for shot in watch(traffic, sample.LONGEST):
            seen.append((shot, traffic.under_way()))
            if CAST[0].id not in {trip.vehicle.id for trip in seen[-1][1]}:
                return seen


@pytest.fixture
def replayed(drive, monkeypatch):
    """Lets a sample be made of that drive."""
    monkeypatch.setattr(Settings, "traffic", lambda settings: Replay(drive))
    monkeypatch.setattr(sample, "watch", lambda traffic, *_, **__: traffic.watch())


@pytest.mark.usefixtures("replayed")
def test_sample_has_six_frames_of_the_taxi_van_and_its_lists_agree_with_the_files(tmp_path):
    folder = tmp_path / "sample"
    sample.write_sample(Settings(), folder, PIPELINE, FlatRenderer, quiet=True)
    dataset = open_dataset(folder)
    assert sorted(dataset.frames.camera) == sorted(CAMERAS)
    assert not dataset.problems
    listed = (folder / "sample--detections.csv").read_text().split()
    assert listed == sorted(dataset.detections.id)
    crops = sorted(
        f"{path.parent.name}--{path.stem}" for path in folder.rglob("*--detections/*.jpeg")
    )
    assert crops == listed
    for name in listed:
        assert str(DetectionId.parse(name)) == name
    files = {
        path.name: path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.name != "tree.txt"
    }
    drawn = {}
    for line in (folder / "tree.txt").read_text().splitlines():
        if "[" in line:
            size, name = line.split("[")[1].split("]")
            drawn[name.strip()] = int(size)
    assert drawn == files
    again = tmp_path / "again"
    sample.write_sample(Settings(), again, PIPELINE, FlatRenderer, quiet=True)
    assert digest(folder) == digest(again)


def test_best_frames_prefers_the_largest_whole_and_visible_box():
    whole, cut_off, hidden = (
        (1, *(0,) * 4, 50, 50, 90, 80, 0.0, 1),
        (2, *(0,) * 4, 0, 50, 350, 239, 0.0, 1),
        (3, *(0,) * 4, 50, 50, 90, 80, 0.5, 1),
    )
    boxes = np.array([whole, cut_off, hidden], BOX)
    assert [sample.whole_area(boxes, vehicle) for vehicle in (1, 2, 3)] == [1200, 0, 0]
    assert build.Settings().first_minute() == 520


@pytest.mark.usefixtures("replayed")
def test_a_frame_in_which_the_detector_names_more_types_comes_first(monkeypatch):
    """All boxes are called equally large. If the detector names one more type in every frame, the
    last frame of each camera is chosen; if one less, the first.
    """
    monkeypatch.setattr("studio.sample.whole_area", lambda boxes, hero: 100)

    class Namer:
        def __init__(self, counts):
            self.counts = counts

        def detect(self, image):
            return pd.DataFrame({"type": range(next(self.counts))})

    last, first = (
        sample.best_frames(Settings(), 1, Namer(iter(counts)), FlatRenderer, quiet=True)
        for counts in (range(1, 1000), range(1000, 1, -1))
    )
    assert all(last[camera][0] > first[camera][0] for camera in CAMERAS)


def test_the_sample_shows_three_types():
    ids = (ROOT / "sample" / "sample--detections.csv").read_text().split()
    assert {DetectionId.parse(name).type for name in ids} >= {"car", "bus", "person"}
