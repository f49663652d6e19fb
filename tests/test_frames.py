"""Datasets: what is written reads back the same, from folders and zips; what is damaged is reported
and skipped.
"""

import io
import json
import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cctview.dataset import tables
from cctview.dataset.boxes import crop
from cctview.dataset.frames import open_dataset
from cctview.dataset.ids import FrameId
from cctview.dataset.images import read_image
from cctview.dataset.layout import (
    COLUMNS,
    detection_table,
    frame_folder,
    read_detections,
    read_features,
    write_detections,
    write_features,
    write_frame,
)
from cctview.dataset.paths import DATA
from tests.scenes import TWO_CARS_AND_A_PERSON, found, jpeg, picture, write_scene


def zip_of(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
    return path


@pytest.fixture
def scene(tmp_path):
    return tmp_path / "scene", *write_scene(tmp_path / "scene")


def test_a_folder_reads_back_as_it_was_written(scene):
    root, detections, embeddings = scene
    dataset = open_dataset(root)
    assert list(dataset.detections.columns) == COLUMNS
    pd.testing.assert_frame_equal(dataset.detections, detections)
    np.testing.assert_array_equal(dataset.embeddings, embeddings)
    assert np.isnan(dataset.embeddings).all(1).tolist() == [False, True, False] * 2
    assert dataset.problems == []


def test_a_frame_has_the_four_kinds_of_files_of_the_original(scene):
    root, detections, _ = scene
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    stem = "1-N/2031/05/05/13/00/00/1-N--2031-05-05--13.00.00--"
    kinds = ("original.jpeg", "detections.jpeg", "detections.json", "features.json")
    assert [stem + kind in names for kind in kinds] == [True] * 4
    crops = [name for name in names if name.startswith(stem + "detections/")]
    folder = f"{stem}detections"
    joined = [f"{folder.rpartition('/')[2]}--{name.rpartition('/')[2]}" for name in crops]
    assert joined == [f"{name}.jpeg" for name in detections.id[:3]]
    assert max(map(len, crops)) < len(folder) + 50
    with Image.open(root / crops[0]) as crop:
        assert crop.size == (16, 12)
    summary = json.loads((root / f"{stem}detections.json").read_text())["summary"]
    assert summary == {"total": 3, "car": 1, "person": 1, "bus": 1}


def test_boxes_are_drawn_on_their_edges(tmp_path):
    frame = FrameId.parse("1-N--2031-05-05--13.00.00")
    image = np.full((48, 64, 3), 128, np.uint8)
    write_detections(
        tmp_path, image, frame, detection_table(frame, found(("car", 50, 8, 8, 40, 32))), "m"
    )
    drawn = read_image((tmp_path / f"{frame}--detections.jpeg").read_bytes(), "drawn").astype(int)
    red = drawn[..., 0] - drawn[..., 2]
    assert red[8, 8:40].min() > 60
    assert red[31, 8:40].min() > 60
    assert red[8:32, 8].min() > 60
    assert red[8:32, 39].min() > 60
    assert abs(red[14:26, 14:34]).max() < 30
    assert abs(red[40:, :]).max() < 30


def test_a_zip_reads_as_the_folder_does_without_unpacking(scene, tmp_path):
    root, detections, embeddings = scene
    dataset = open_dataset(zip_of(root, tmp_path / "scene.zip"))
    pd.testing.assert_frame_equal(dataset.detections, detections)
    np.testing.assert_array_equal(dataset.embeddings, embeddings)
    name = dataset.frames.id[1]
    np.testing.assert_array_equal(dataset.image(name), open_dataset(root).image(name))
    assert not (tmp_path / "1-N").exists()


def test_a_folder_of_zips_is_one_dataset(tmp_path):
    everything, _ = write_scene(tmp_path / "all")
    (tmp_path / "data").mkdir()
    for camera in ("1-N", "2-S"):
        zip_of_camera = tmp_path / "data" / f"{camera}.zip"
        with zipfile.ZipFile(zip_of_camera, "w") as archive:
            for file in sorted((tmp_path / "all" / camera).rglob("*.*")):
                if file.is_file():
                    archive.write(file, file.relative_to(tmp_path / "all").as_posix())
    pd.testing.assert_frame_equal(open_dataset(tmp_path / "data").detections, everything)


@pytest.mark.parametrize("with_basis", [False, True])
def test_tables_in_a_zip_read_as_the_json_does(tmp_path, with_basis):
    root = tmp_path / "scene"
    detections, embeddings = write_scene(root)
    basis = None
    if with_basis:
        rng = np.random.default_rng(0)
        components = np.linalg.qr(rng.normal(size=(6, 3)))[0].T.astype(np.float32)
        mean = rng.normal(size=6).astype(np.float32)
        embeddings = ((embeddings - mean) @ components.T) @ components + mean
        basis = (mean, components)
    path = tmp_path / "compact.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in root.rglob("*--original.jpeg"):
            archive.write(file, file.relative_to(root).as_posix())
        for name, content in tables.write_tables(detections, embeddings, basis).items():
            archive.writestr(name, content)
    dataset = open_dataset(path)
    pd.testing.assert_frame_equal(dataset.detections, detections)
    np.testing.assert_allclose(dataset.embeddings, embeddings, atol=0.005)


def test_every_float16_is_widened_exactly():
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)].reshape(-1, 64)
    frames = [f"1-N--2031-05-05--13.{k // 60:02d}.{k % 60:02d}" for k in range(len(halves))]
    table = pd.DataFrame(
        {
            "frame": frames,
            "number": 1,
            "type": "car",
            "percent": 50.0,
            "x1": 0,
            "y1": 0,
            "x2": 2,
            "y2": 2,
        }
    )
    content = tables.write_tables(table, halves.astype(np.float32))[tables.DETECTIONS]
    read = tables.read_tables(content, None, "halves")[1].unfold()
    np.testing.assert_array_equal(read.view(np.uint32), halves.astype(np.float32).view(np.uint32))


def test_zips_of_one_camera_are_put_in_order_row_by_row(tmp_path):
    """Frames of one camera alternate between two zips, and one zip's rows are not in order."""
    detections, embeddings = write_scene(tmp_path / "scene")
    (tmp_path / "data").mkdir()
    for k, rows in enumerate(
        [np.arange(len(detections))[::-2], np.arange(len(detections))[len(detections) % 2 :: 2]]
    ):
        with zipfile.ZipFile(tmp_path / "data" / f"{k}.zip", "w") as archive:
            if k == 0:
                for file in (tmp_path / "scene").rglob("*--original.jpeg"):
                    archive.write(file, file.name)
            for name, content in tables.write_tables(
                detections.iloc[rows], embeddings[rows]
            ).items():
                archive.writestr(name, content)
    dataset = open_dataset(tmp_path / "data")
    pd.testing.assert_frame_equal(dataset.detections, detections)
    np.testing.assert_array_equal(dataset.embedded, np.isfinite(embeddings).all(axis=1))
    some = np.array([4, 0, 4])
    np.testing.assert_allclose(dataset.embeddings_of(some), embeddings[some], rtol=1e-3)
    np.testing.assert_allclose(dataset.embeddings, embeddings, rtol=1e-3)
    np.testing.assert_array_equal(dataset.embeddings_of(some), dataset.embeddings[some])


def test_vectors_that_nobody_asks_for_are_not_unfolded():
    """All detections, and a hundred of their embeddings, take less than all embeddings would."""
    dataset = open_dataset(DATA)
    tracemalloc.start()
    try:
        count = len(dataset.detections)
        vectors = dataset.embeddings_of(np.arange(count) < 100)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < count * vectors.itemsize * vectors.shape[1] / 2
    np.testing.assert_array_equal(vectors, dataset.embeddings[:100])


def test_embeddings_outside_the_basis_are_not_thrown_away(tmp_path):
    detections, embeddings = write_scene(tmp_path)
    with pytest.raises(ValueError, match="do not lie in the span"):
        tables.write_tables(
            detections, embeddings, (np.zeros(6, np.float32), np.eye(3, 6, dtype=np.float32))
        )


def test_a_flat_folder_is_read_too(tmp_path):
    (tmp_path / "1-N--2031-05-05--13.00.00--original.jpeg").write_bytes(jpeg(picture(1)))
    dataset = open_dataset(tmp_path)
    assert dataset.frames.id.tolist() == ["1-N--2031-05-05--13.00.00"]
    assert dataset.image("1-N--2031-05-05--13.00.00").shape == (48, 64, 3)
    assert dataset.detections.empty
    assert dataset.embeddings.shape == (0, 0)


def test_frames_come_by_camera_and_time_and_a_crop_is_cut_by_its_box(scene):
    root, detections, _ = scene
    dataset = open_dataset(root)
    assert dataset.frames.camera.tolist() == ["1-N", "2-S"]
    assert dataset.frames.time.is_monotonic_increasing
    name = detections.id[0]
    np.testing.assert_array_equal(
        dataset.crop(name), dataset.image(detections.frame[0])[5:17, 4:20]
    )


def test_a_box_over_the_edge_is_cut_at_the_edge():
    image = picture(0)
    np.testing.assert_array_equal(crop(image, (-3, -2, 5, 6)), image[:6, :5])
    np.testing.assert_array_equal(crop(image, (60, 40, 70, 60)), image[40:, 60:])


def test_no_folder_no_frames_no_zip(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        open_dataset(tmp_path / "missing")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(FileNotFoundError, match="no frame in it"):
        open_dataset(tmp_path)
    with pytest.raises(ValueError, match="notes.txt: a single file, and no zip archive"):
        open_dataset(tmp_path / "notes.txt")


def test_foreign_and_misnamed_pictures_are_reported(tmp_path):
    for name in (
        "1-N--2031-05-05--13.00.00--original.jpeg",
        "1-N--2031-13-05--13.00.00--original.jpeg",
        "holiday.jpeg",
    ):
        (tmp_path / name).write_bytes(jpeg(picture(1)))
    dataset = open_dataset(tmp_path)
    assert len(dataset.frames) == 1
    (problem,), (note,) = dataset.problems, dataset.notes
    assert "2031-13-05--13.00.00" in problem
    assert "holiday.jpeg" in note


def test_many_foreign_pictures_are_one_line_and_files_of_whole_minutes_are_passed_over(scene):
    root = scene[0]
    folder = next(root.rglob("1-N*--original.jpeg")).parent
    for k in range(9):
        (folder / f"camera{k}.jpeg").write_bytes(b"")
    for kind in ("detections", "features"):
        (folder.parent / f"1-N--2031-05-05--13.00--{kind}.json").write_text("{}")
    dataset = open_dataset(root)
    (note,) = dataset.notes
    assert "9 pictures are no frames" in note
    assert "camera0.jpeg" in note
    assert dataset.problems == []


WHOLE = jpeg(picture(3))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"hello, I am text", "not a JPEG"),
        (WHOLE[: len(WHOLE) // 2], "damaged"),
        (WHOLE[:30], ""),
    ],
)
def test_a_bad_picture_is_named(content, says):
    with pytest.raises(ValueError, match=f"^some/frame.jpeg: .*{says}"):
        read_image(content, "some/frame.jpeg")


def test_a_huge_picture_is_refused_before_it_is_decoded():
    buffer = io.BytesIO()
    Image.new("1", (9000, 9000)).save(buffer, "PNG")
    with pytest.raises(ValueError, match="9000x9000 pixels"):
        read_image(buffer.getvalue(), "huge.png")


def test_a_damaged_json_costs_its_frame_only(scene):
    root, detections, _ = scene
    broken = (
        root
        / frame_folder(FrameId.parse(detections.frame[0]))
        / f"{detections.frame[0]}--detections.json"
    )
    broken.write_text(broken.read_text()[:200])
    dataset = open_dataset(root)
    assert dataset.detections.frame.unique().tolist() == [detections.frame[3]]
    assert len(dataset.problems) == 1
    assert str(broken) in dataset.problems[0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"box_points": [1, 2, 3]}, "box_points"),
        ({"box_points": [0, 0, 16, 12]}, "contradict"),
        ({"percentage_probability": "81"}, "percentage_probability '81'"),
        ({"percentage_probability": float("nan")}, "not 0 to 100"),
    ],
)
def test_detections_that_contradict_themselves_are_refused(scene, change, says):
    root, detections, _ = scene
    file = next(root.rglob("1-N*--detections.json"))
    content = json.loads(file.read_text())
    content[detections.id[0]] |= change
    with pytest.raises(ValueError, match=f"^here: .*{says}"):
        read_detections(json.dumps(content).encode(), "here")


@pytest.mark.parametrize("data", [[], [1, None], ["x"], [[1.0]], [float("inf")], 3, None, {"a": 1}])
def test_features_that_are_no_vector_are_refused(data):
    name = "1-N--2031-05-05--13.00.00--detections--1--car--81.2--16x12--4.5v20.17"
    with pytest.raises(ValueError, match="^here: .*vector|^here: .*numbers"):
        read_features(json.dumps({"id": "x", name: {"id": name, "data": data}}).encode(), "here")


@settings(max_examples=60)
@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda c: st.lists(c) | st.dictionaries(st.text(max_size=9), c),
    ).map(lambda x: json.dumps(x).encode())
)
def test_readers_of_json_answer_or_say_which_file_is_wrong(content):
    for reader in (read_detections, read_features):
        try:
            reader(content, "here")
        except ValueError as error:
            assert str(error).startswith("here: ")


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_picture_or_an_error_with_a_name(content):
    try:
        read_image(content, "here")
    except ValueError as error:
        assert str(error).startswith("here: ")


def test_nothing_is_left_when_writing_fails(tmp_path):
    frame = FrameId.parse("1-N--2031-05-05--13.00.00")
    folder = write_frame(tmp_path, frame, jpeg(picture(1)))
    before = sorted(folder.iterdir())
    table = detection_table(frame, TWO_CARS_AND_A_PERSON).assign(x1=99)
    with pytest.raises((ValueError, OSError, SystemError)):
        write_detections(folder, picture(1), frame, table, "m")
    assert sorted(folder.iterdir()) == before


def test_a_second_write_replaces_the_first_whole(tmp_path):
    frame = FrameId.parse("1-N--2031-05-05--13.00.00")
    folder = write_frame(tmp_path, frame, jpeg(picture(1)))
    for rows in (
        TWO_CARS_AND_A_PERSON,
        TWO_CARS_AND_A_PERSON.iloc[:1],
        TWO_CARS_AND_A_PERSON.iloc[:0],
    ):
        write_detections(folder, picture(1), frame, detection_table(frame, rows), "m")
        assert len(list((folder / f"{frame}--detections").iterdir())) == len(rows)
        assert len(open_dataset(tmp_path).detections) == len(rows)


# --- the original's own files


def test_the_original_sample_reads_whole(real):
    dataset = open_dataset(real / "sample")
    assert len(dataset.frames) == 6
    assert len(dataset.detections) == 57
    assert dataset.problems == []
    assert dataset.embeddings.shape == (57, 1920)
    assert np.isfinite(dataset.embeddings).all()
    crops = {path.stem for path in (real / "sample").glob("**/*--detections/*.jpeg")}
    assert set(dataset.detections.id) == crops


def test_the_original_sample_is_written_again_as_it_was(real, tmp_path):
    dataset = open_dataset(real / "sample")
    for name in dataset.frames.id:
        frame, own = FrameId.parse(name), (dataset.detections.frame == name).to_numpy()
        folder = write_frame(tmp_path, frame, dataset.jpeg(name))
        write_detections(
            folder,
            dataset.image(name),
            frame,
            dataset.detections[own],
            "ResNet50_COCO_best_v2.0.1.h5",
        )
        ids = dataset.detections.id[own].tolist()
        write_features(folder, frame, ids, dataset.embeddings[own], "VeRI_DenseNet_ft50.pth")
        original = real / "sample" / frame_folder(frame)
        assert (folder / f"{name}--detections.json").read_bytes() == (
            original / f"{name}--detections.json"
        ).read_bytes()
        ours, theirs = (
            json.loads((x / f"{name}--features.json").read_text()) for x in (folder, original)
        )
        assert ours == theirs
    again = open_dataset(tmp_path)
    pd.testing.assert_frame_equal(again.detections, dataset.detections)
    np.testing.assert_array_equal(again.embeddings, dataset.embeddings)
