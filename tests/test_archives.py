"""Archives and folders from real life: what a Mac, Windows, Git LFS, other programs and other
models leave in them. And files that lie: each is refused by name, and the others are read.
"""

import json
import random
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cctview import weights
from cctview.cli import main
from cctview.dataset import open_dataset, tables
from cctview.dataset.layout import read_detections, read_features
from cctview.match import evaluate_rank, roc_auc, roc_curve
from cctview.pipeline import folders
from tests.scenes import jpeg, picture, write_scene
from tests.test_example import StubDetector

NAME = "{}--2031-05-05--13.00.0{}--original.{}"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9017\n"


def frame(camera="1-N", second=0, ending="jpeg"):
    return NAME.format(camera, second, ending)


def zipped(path, **files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


CONTENT = jpeg(picture(1))


def test_what_a_mac_leaves_is_passed_over_without_a_word(tmp_path):
    zipped(
        tmp_path / "1-N.ZIP",
        **{f"frames/{frame()}": CONTENT, f"__MACOSX/frames/._{frame()}": b"\0\5\x16\7"},
    )
    for name in ("._1-N.ZIP", f"._{frame('2-S')}", ".DS_Store", "__MACOSX/" + frame("3-S")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"\0\5\x16\7")
    dataset = open_dataset(tmp_path)
    assert dataset.frames.camera.tolist() == ["1-N"]
    assert dataset.problems == dataset.notes == []


def test_backslashes_are_separators(tmp_path):
    dataset = open_dataset(zipped(tmp_path / "a.zip", **{f"a\\b\\{frame()}": CONTENT}))
    assert dataset.image(dataset.frames.id[0]).shape == (48, 64, 3)


def test_a_pointer_of_git_lfs_is_called_one_and_the_others_are_read(tmp_path):
    (tmp_path / "689-640-S.zip").write_bytes(POINTER)
    (tmp_path / frame("2-S")).write_bytes(POINTER)
    zipped(tmp_path / "1-N.zip", **{frame(): CONTENT, frame(second=1): POINTER})
    dataset = open_dataset(tmp_path)
    assert dataset.frames.camera.tolist() == ["1-N", "1-N", "2-S"]
    (problem,) = dataset.problems
    assert "pointer of Git LFS" in problem
    assert "`cctview fetch frames 689-640-S`" in problem
    for name in dataset.frames.id[1:]:
        with pytest.raises(ValueError, match="pointer of Git LFS"):
            dataset.image(name)


def test_a_folder_of_pointers_alone_says_so(tmp_path):
    for camera in ("689-640-S", "733-681-N"):
        (tmp_path / f"{camera}.zip").write_bytes(POINTER)
    with pytest.raises(FileNotFoundError, match="no frame in it.*pointer of Git LFS"):
        open_dataset(tmp_path)


def test_endings_in_capitals_and_png_are_frames_and_what_is_nearly_one_is_told(tmp_path):
    names = [
        frame(str(k), k, e) for k, e in enumerate(("JPEG", "JPG", "jpg", "PNG", "png", "jpeg"))
    ]
    nearly = [frame("7", 7, "webp"), frame("8", 8, "jpeg").replace("--original", "")]
    for name in names + nearly:
        (tmp_path / name).write_bytes(CONTENT)
    dataset = open_dataset(tmp_path)
    assert dataset.frames.camera.tolist() == list("012345")
    assert all(dataset.image(name).shape == (48, 64, 3) for name in dataset.frames.id)
    assert [name in line for name, line in zip(nearly, dataset.problems, strict=True)] == [True] * 2


def test_zips_and_loose_frames_are_one_dataset_and_the_same_frame_counts_once(tmp_path):
    zipped(tmp_path / "a.zip", **{frame(): CONTENT, frame("2-S"): CONTENT})
    zipped(tmp_path / "notes.zip", **{"notes.txt": b"x"})
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4 not a zip")
    (tmp_path / frame()).write_bytes(CONTENT)
    (tmp_path / frame("2-S")).write_bytes(jpeg(picture(2)))
    (tmp_path / frame("3-S")).write_bytes(CONTENT)
    dataset = open_dataset(tmp_path)
    assert dataset.frames.camera.tolist() == ["1-N", "2-S", "3-S"]
    broken, twice = dataset.problems
    assert "broken.zip cannot be read as a zip archive" in broken
    assert "the same frame, and it differs" in twice
    assert frame("2-S") in twice


def test_a_picture_for_a_folder_and_pictures_of_other_names_lead_to_the_remedy(tmp_path):
    (tmp_path / "IMG_1.jpg").write_bytes(CONTENT)
    with pytest.raises(ValueError, match="give the folder that holds the frames.*cctview import"):
        open_dataset(tmp_path / "IMG_1.jpg")
    with pytest.raises(FileNotFoundError, match="IMG_1.jpg: `cctview import` makes frames"):
        open_dataset(tmp_path)


# --- files that lie


@pytest.fixture
def scene(tmp_path):
    return tmp_path / "scene", *write_scene(tmp_path / "scene")


def change(root, ending, edit, camera="1-N"):
    """Edit a JSON file of one camera; returns its path."""
    (path,) = root.rglob(f"{camera}*{ending}")
    content = json.loads(path.read_text())
    path.write_text(json.dumps(edit(content) or content))
    return path


def renamed(old, new):
    def edit(content):
        return {key.replace(old, new): value for key, value in content.items()}

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        renamed("--1--car", "--10000000000000000000000000--car"),
        renamed("16x12--4.5v20.17", f"{10**30 - 4}x12--4.5v{10**30}.17"),
        renamed("1-N--2031", "2-S--2031"),
        renamed("--2--person", "--1--person"),
        lambda content: (
            [entry.update(id="x") for entry in content.values() if "type" in entry] and None
        ),
        lambda content: (
            [entry.update(type="bus") for entry in content.values() if "type" in entry] and None
        ),
        lambda content: {"a": 1},
        lambda content: [1],
    ],
)
def test_a_file_of_detections_that_lies_is_refused_for_itself_alone(scene, edit):
    root, detections, embeddings = scene
    path = change(root, "--detections.json", edit)
    dataset = open_dataset(root)
    assert dataset.detections.frame.unique().tolist() == [detections.frame[3]]
    np.testing.assert_array_equal(dataset.embeddings, embeddings[3:])
    assert any(str(path) in problem for problem in dataset.problems)


def test_a_key_that_is_there_twice_is_refused():
    key = "1-N--2031-05-05--13.00.00--detections--1--car--81.2--16x12--4.5v20.17"
    entry = '{"percentage_probability": 81.2, "box_points": [4, 5, 20, 17], "data": [1]}'
    for reader in (read_detections, read_features):
        with pytest.raises(ValueError, match=f"^here: .*'{key}' is there twice"):
            reader(f'{{"{key}": {entry}, "{key}": {entry}}}'.encode(), "here")


@pytest.mark.parametrize(
    "data", [["1", "2", "3", "4", "5", "6"], [1e400] * 6, [10**400] * 6, [1.0] * 5, [True] * 6]
)
def test_a_file_of_vectors_that_lies_is_refused_for_itself_alone(scene, data):
    root, _, embeddings = scene
    write_scene(root, cameras=("1-N", "2-S", "3-S"))

    def edit(content):
        for entry in content.values():
            if isinstance(entry, dict):
                entry["data"] = data

    path = change(root, "--features.json", edit)
    dataset = open_dataset(root)
    assert np.isfinite(dataset.embeddings).all(1).tolist() == [False] * 3 + [True, False, True] * 2
    assert [str(path) in problem for problem in dataset.problems] == [True]


def test_boxes_of_another_picture_are_refused_by_name(scene):
    root, detections, _ = scene
    (path,) = root.rglob("1-N*--original.jpeg")
    for image in (picture(0, 96, 128), picture(0, 64, 48), picture(0, 24, 32)):
        path.write_bytes(jpeg(image))
        dataset = open_dataset(root)
        assert dataset.detections.camera.unique().tolist() == ["2-S"]
        assert f"found in another picture of 64x48 pixels; {path} has" in dataset.problems[0]
    next(root.rglob("1-N*--detections.jpeg")).unlink()
    assert open_dataset(root).detections.camera.unique().tolist() == ["2-S"], "half the size"
    path.write_bytes(jpeg(picture(0)))
    assert len(open_dataset(root).detections) == len(detections)


def test_a_table_with_frames_that_are_not_here_costs_those_rows(tmp_path):
    detections, embeddings = write_scene(tmp_path / "scene")
    parquet = tables.write_tables(detections, embeddings)
    other = frame("3-S", 5)
    zipped(tmp_path / "a.zip", **{frame(): CONTENT, other: CONTENT}, **parquet)
    dataset = open_dataset(tmp_path / "a.zip")
    assert dataset.detections.id.tolist() == detections.id[:3].tolist()
    assert "3 of its 6 detections" in dataset.problems[0]


# --- other models, other programs


def test_vectors_of_two_models_are_never_compared(scene, capsys):
    root = scene[0]
    path = change(root, "--features.json", lambda content: content | {"model": "theirs.pth"})
    assert main(["match", str(root)]) == 1
    error = capsys.readouterr().err
    assert all(word in error for word in ("theirs.pth", "an-extractor.pt", str(path), "--replace"))


def test_vectors_of_another_program_are_replaced_on_demand_alone(scene, capsys):
    root = scene[0]
    before = {path: path.read_bytes() for path in root.rglob("*--features.json")}
    assert main(["extract", str(root)]) == 1
    error = capsys.readouterr().err
    assert all(word in error for word in ("an-extractor.pt", "student-64.pt", "--replace", "copy"))
    assert {path: path.read_bytes() for path in root.rglob("*--features.json")} == before
    assert main(["extract", str(root), "--replace"]) == 0
    assert open_dataset(root).embeddings.shape == (6, 1920)


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setattr(folders, "Detector", StubDetector)


def test_detections_of_another_program_are_not_replaced(scene, stub, capsys):
    root = scene[0]
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert main(["detect", str(root), "--out", str(root)]) == 1
    assert "not made by `cctview detect`" in capsys.readouterr().err
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert {path for path in after if path not in before} <= {root / ".cctview.lock"}
    assert before.items() <= after.items()


def test_another_picture_of_the_same_name_is_not_replaced(stub, tmp_path, capsys):
    for k in (1, 2):
        (tmp_path / str(k)).mkdir()
        (tmp_path / str(k) / frame()).write_bytes(jpeg(picture(k)))
    out = tmp_path / "out"
    assert main(["detect", str(tmp_path / "1"), "--out", str(out)]) == 0
    assert main(["detect", str(tmp_path / "2"), "--out", str(out)]) == 1
    assert "another picture of the same name" in capsys.readouterr().err
    assert next(out.rglob("*--original.jpeg")).read_bytes() == jpeg(picture(1))


def test_targets_keep_their_order_and_the_base_is_none_of_them(scene, capsys):
    root = scene[0]
    write_scene(root, cameras=("1-N", "2-S", "735-683-N", "733-681-N"))
    assert main(["match", str(root), "--targets", "2-S", "1-N", "2-S"]) == 0
    heads = capsys.readouterr().out.splitlines()[3].split()
    assert heads == ["733-681-N", "2-S", "1-N"], "the first camera on the drive is the base"
    assert main(["match", str(root), "--base", "2-S", "--targets", "1-N", "2-S"]) == 1
    assert "2-S is the base camera, and among the targets" in capsys.readouterr().err


def test_one_camera_alone_is_told(tmp_path, capsys):
    write_scene(tmp_path, cameras=("1-N",))
    assert main(["match", str(tmp_path)]) == 1
    assert "one camera only, 1-N; matching needs two" in capsys.readouterr().err


def test_of_many_vehicles_a_few_are_pictured(tmp_path, monkeypatch, capsys):
    for minute in range(30):
        monkeypatch.setattr("tests.scenes.datetime", lambda *a, m=minute: _at(m, a))
        write_scene(tmp_path)
    assert main(["match", str(tmp_path)]) == 0
    pictures = [*(tmp_path / "matches").rglob("*.jpeg")]
    assert len(pictures) == 20 * (1 + 3)
    nested = json.loads((tmp_path / "matches" / "matches.json").read_text())
    assert len(nested) == 60
    assert {len(found) for cameras in nested.values() for found in cameras.values()} == {3}
    assert "20 of 60 vehicles" in capsys.readouterr().out
    assert max(len(str(path.relative_to(tmp_path))) for path in pictures) < 110


def _at(minute, arguments):
    from datetime import datetime

    year, month, day, hour, _, second = arguments
    return datetime(year, month, day, hour, minute, second)


# --- evaluation on real labels


def test_unknown_vehicles_are_nobodys_match():
    unknown = [None, float("nan"), np.nan]
    distances = np.array([[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]])
    for one in unknown:
        for other in unknown:
            result = evaluate_rank(distances, [one, 7], [other, 7, other], "NN", "SSS")
            assert result.without_positive == 1
            assert result.first_rank[1] == 2


@settings(max_examples=60)
@given(st.data())
def test_labels_of_any_type_give_what_numbers_give(data):
    n, m = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 8))
    kinds = data.draw(st.permutations([0, 1, "1", 1.5, (2, "a"), "NaN"]))
    q = data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    g = data.draw(st.lists(st.integers(0, 5), min_size=m, max_size=m))
    values = st.sampled_from([0.0, 0.5, 1.0, np.inf])
    distances = np.array(data.draw(st.lists(values, min_size=n * m, max_size=n * m))).reshape(n, m)
    order = np.array(data.draw(st.permutations(range(m))))
    expected = evaluate_rank(distances, q, g, "N" * n, "S" * m)
    labelled = evaluate_rank(
        distances[:, order], [kinds[k] for k in q], [kinds[g[k]] for k in order], "N" * n, "S" * m
    )
    for name in ("first_rank", "average_precision", "inverse_negative_penalty"):
        np.testing.assert_array_equal(getattr(labelled, name), getattr(expected, name))


def test_infinite_and_missing_distances_have_one_answer():
    distances, same = np.array([1.0, np.inf, 2.0, np.inf]), np.array([True, True, False, False])
    finite = np.where(np.isinf(distances), 9.0, distances)
    rng = np.random.default_rng(0)
    for _ in range(5):
        order = rng.permutation(4)
        assert roc_auc(distances[order], same[order]) == roc_auc(finite, same)
    fpr, tpr, at = roc_curve(distances, same)
    np.testing.assert_array_equal([fpr, tpr], roc_curve(finite, same)[:2])
    assert at.tolist() == [-np.inf, 1, 2, np.inf]
    for missing in (np.nan, None):
        with pytest.raises(ValueError, match="NaN"):
            roc_auc([1.0, missing], [True, False])
        with pytest.raises(ValueError, match="NaN"):
            evaluate_rank([[missing, 1.0]], [1], [1, 2], "N", "SS")
    with pytest.raises(ValueError, match="NaN"):
        evaluate_rank(np.ma.masked_equal([[0.0, 1.0]], 0.0), [1], [1, 2], "N", "SS")


# --- weights


def test_damaged_weights_are_one_clear_line(tmp_path):
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    path, rng, loaded = tmp_path / "net.pt", random.Random(1), 0
    for zip_file in (True, False):
        torch.save(network.state_dict(), path, _use_new_zipfile_serialization=zip_file)
        whole = path.read_bytes()
        for _ in range(100):
            content = bytearray(whole)
            for _ in range(rng.choice([1, 2, 6])):
                content[rng.randrange(len(content))] = rng.randrange(256)
            path.write_bytes(content)
            try:
                weights.load_into(network, path)
                loaded += 1
            except ValueError as error:
                assert str(error).startswith(str(path))
                assert "\n" not in str(error)
    assert loaded < 150


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"state_dict": {"a": torch.ones(1)}, "epoch": 3}, "save its 'state_dict' alone"),
        ({"a": np.float64(1.5)}, "holds more than tensors"),
        ({1: torch.ones(1)}, "names to tensors"),
        ({"a": torch.tensor([float("nan")])}, "no tensor of finite numbers"),
    ],
)
def test_what_weights_are_not_is_said(tmp_path, content, says):
    torch.save(content, tmp_path / "net.pt")
    with pytest.raises(ValueError, match=f"net.pt: .*{says}"):
        weights.load_state(tmp_path / "net.pt")


def test_names_of_parallel_training_a_web_page_and_a_pointer(tmp_path):
    path = tmp_path / "net.pt"
    torch.save({"module.a": torch.ones(1)}, path)
    assert list(weights.load_state(path)) == ["a"]
    for content, says in ((b"\n<!DOCTYPE html>", "a web page"), (POINTER, "pointer of Git LFS")):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"net.pt: {says}|net.pt: a {says}"):
            weights.load_state(path)
