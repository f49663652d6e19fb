"""The command line as a person uses it: the whole slice, bad input, and a run that goes on where it
stopped.
"""

import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from cctview.cli import main
from cctview.dataset.frames import open_dataset
from cctview.pipeline import folders, match_folder
from tests.scenes import found, jpeg, picture, write_scene

NAME = "{}--2031-05-05--13.00.0{}--original.jpeg"


class StubDetector:
    """Finds one car and one person in every picture but a black one."""

    model = "stub.pt"
    calls = 0

    def __init__(self, weights=None, minimum_percent=25):
        pass

    def detect(self, image):
        StubDetector.calls += 1
        rows = [("car", 88.8, 4, 4, 24, 20), ("person", 44.4, 40, 2, 44, 12)] if image.any() else []
        return found(*rows)


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setattr(folders, "Detector", StubDetector)
    StubDetector.calls = 0


@pytest.fixture
def frames(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for k, camera in enumerate(("1-N", "2-S", "3-S")):
        (folder / NAME.format(camera, k)).write_bytes(jpeg(picture(k)))
    return folder


def run(*arguments):
    return main([str(a) for a in arguments])


def test_one_command_makes_a_whole_dataset_and_prints_the_nearest(stub, frames, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("example", frames, "--out", out, "--base", "2-S") == 0
    dataset = open_dataset(out)
    assert dataset.detections.groupby("frame").type.apply(list).tolist() == [["car", "person"]] * 3
    assert np.isfinite(dataset.embeddings).all(1).tolist() == [True, False] * 3, (
        "persons are never embedded"
    )
    printed = capsys.readouterr().out
    assert re.search(r"^2-S +1-N +3-S", printed, re.MULTILINE)
    assert re.search(r"^13:00:01 #1 car  13:00:00 #1 [\d.]+  13:00:02 #1", printed, re.MULTILINE)
    nested = json.loads((out / "matches" / "matches.json").read_text())
    cars = dataset.detections[dataset.detections.type == "car"].set_index("camera").id
    distance = np.linalg.norm(dataset.embeddings[2] - dataset.embeddings[0])
    assert nested[cars["2-S"]]["1-N"][cars["1-N"]] == pytest.approx(distance, rel=1e-4)
    assert "person" not in (out / "matches" / "matches.json").read_text()
    pictures = sorted((out / "matches" / "2-S--2031-05-05--13.00.01--1").iterdir())
    assert [path.name.split("--")[0] for path in pictures] == ["base.jpeg", "cam-1", "cam-2"]


def test_a_second_run_does_only_what_is_missing(stub, frames, tmp_path):
    out = tmp_path / "out"
    run("example", frames, "--out", out)
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*--features.json")}
    next(out.rglob("3-S*--detections.json")).unlink()
    assert run("example", frames, "--out", out) == 0
    assert StubDetector.calls == 4
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*--features.json")} == before


def test_what_is_detected_after_an_early_extract_is_embedded_by_the_next(stub, frames, tmp_path):
    """A killed `detect` leaves frames that nothing is known of yet; `extract` must not call them
    finished for good.
    """
    out = tmp_path / "out"
    run("detect", frames, "--out", out)
    next(out.rglob("3-S*--detections.json")).unlink()
    run("extract", out)
    assert run("example", frames, "--out", out) == 0
    dataset = open_dataset(out)
    assert np.isfinite(dataset.embeddings).all(1).tolist() == [True, False] * 3


def test_extract_takes_the_weights_that_are_named(stub, frames, tmp_path, capsys):
    run("detect", frames, "--out", tmp_path / "out")
    assert run("extract", tmp_path / "out", "--weights", tmp_path / "none.pt") == 1
    assert (
        capsys.readouterr().err.splitlines()[-1]
        == f"cctview: {tmp_path / 'none.pt'}: no such weight file"
    )


def test_results_of_other_settings_are_not_mixed(stub, frames, tmp_path, capsys):
    run("detect", frames, "--out", tmp_path / "out")
    assert run("detect", frames, "--out", tmp_path / "out", "--minimum", 50) == 1
    assert "choose another --out folder" in capsys.readouterr().err


def test_bad_pictures_are_reported_one_by_one_and_the_others_go_on(stub, frames, tmp_path, capsys):
    bad = {
        NAME.format("4-S", 3): b"I am a text file",
        NAME.format("5-S", 4): jpeg(picture(1))[:400],
        NAME.format("6-S", 5): b"",
        "no-frame.jpeg": jpeg(picture(1)),
    }
    for name, content in bad.items():
        (frames / name).write_bytes(content)
    (frames / NAME.format("7-S", 6)).write_bytes(jpeg(np.zeros((48, 64, 3), np.uint8)))
    out = tmp_path / "out"
    assert run("example", frames, "--out", out, "--base", "1-N") == 1
    printed = capsys.readouterr()
    lines = [line for line in printed.err.splitlines() if line.startswith("skipped")]
    assert len(lines) == 3
    assert "note: " in printed.err
    assert all(any(name in line for line in printed.err.splitlines()) for name in bad)
    dataset = open_dataset(out)
    assert dataset.frames.camera.tolist() == ["1-N", "2-S", "3-S", "7-S"]
    assert json.loads(next(out.rglob("7-S*--detections.json")).read_text())["summary"] == {
        "total": 0
    }
    assert not list(out.rglob("*.partial"))
    assert not list(out.rglob("*5-S*"))
    assert "2-S" in printed.out


def test_clear_lines_for_what_cannot_be_done(stub, frames, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for arguments, says in [
        (("example", tmp_path / "missing", "--out", tmp_path / "o"), "no such folder"),
        (("example", tmp_path / "empty", "--out", tmp_path / "o"), "no frame in it"),
        (
            ("example", frames, "--out", tmp_path / "o1", "--base", "9-X"),
            "no frame of camera '9-X'; there are 1-N, 2-S, 3-S",
        ),
        (("match", tmp_path / "empty"), "no frame in it"),
    ]:
        assert run(*arguments) == 1
        error = capsys.readouterr().err.splitlines()[-1]
        assert error.startswith("cctview: ")
        assert says in error


def test_a_missing_weight_file_is_one_clear_line(frames, tmp_path, capsys):
    assert run("example", frames, "--out", tmp_path / "o", "--weights", tmp_path / "none.pt") == 1
    assert (
        capsys.readouterr().err.splitlines()[-1]
        == f"cctview: {tmp_path / 'none.pt'}: no such weight file"
    )
    assert not list((tmp_path / "o").rglob("*")) if (tmp_path / "o").exists() else True


def test_frames_without_any_vehicle(stub, tmp_path, capsys):
    folder = tmp_path / "dark"
    folder.mkdir()
    (folder / NAME.format("1-N", 0)).write_bytes(jpeg(np.zeros((48, 64, 3), np.uint8)))
    assert run("example", folder, "--out", tmp_path / "out") == 1
    assert "no vehicle with an embedding" in capsys.readouterr().err


def test_matching_agrees_with_a_hand_made_table(tmp_path):
    detections, embeddings = write_scene(tmp_path)
    text, _ = match_folder(tmp_path, "1-N")
    cars = detections[detections.type != "person"]
    near = np.linalg.norm(embeddings[[0, 2]][:, None] - embeddings[[3, 5]][None], axis=2)
    rows = pd.Series(text.splitlines()[4:6])
    for k, row in enumerate(rows):
        assert f"{near[k].min():.1f}" in row
        assert f"#{cars.number.iloc[2 + near[k].argmin()]}" in row


def test_importing_is_fast_quiet_and_without_torch():
    code = (
        "import sys, cctview, cctview.dataset.ids;"
        " assert 'torch' not in sys.modules and 'pandas' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_modules_that_use_torch_import_it_only_when_used():
    code = "import sys, cctview.pipeline, cctview.cli; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_real_examples_end_to_end(real, tmp_path, capsys):
    assert run("example", real / "examples", "--out", tmp_path, "--base", "733-681-N") == 0
    dataset = open_dataset(tmp_path)
    assert len(dataset.frames) == 6
    assert dataset.problems == []
    for name in dataset.frames.id:
        assert (
            len(
                [
                    p
                    for p in tmp_path.rglob(f"{name}--*")
                    if p.suffix in (".jpeg", ".json") and p.parent.name.isdigit()
                ]
            )
            == 4
        )

    def greenness(name):
        return np.dot(dataset.crop(name).reshape(-1, 3).mean(0), [-0.5, 1, -0.5])

    greenest = dataset.detections.groupby("camera").id.agg(lambda ids: max(ids, key=greenness))
    nested = json.loads((tmp_path / "matches" / "matches.json").read_text())
    nearest = min(nested[greenest["733-681-N"]]["735-683-N"].items(), key=lambda item: item[1])[0]
    assert nearest == greenest["735-683-N"], "the green taxi of 733 is found at 735"
