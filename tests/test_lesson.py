"""The one setting of the lessons: without it the simulated minutes, with it a folder of the user's
own.
"""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from cctview.course.lesson import DETECTION_LIST, open_lesson, sample_folder
from cctview.dataset import open_dataset
from cctview.dataset.paths import DATA, SAMPLE
from cctview.extract import Extractor
from cctview.pipeline import complete, keep
from tests.scenes import jpeg, write_scene


def test_from_any_folder_the_simulated_minutes_are_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CCTVIEW_DATA", raising=False)
    lesson = open_lesson()
    assert not lesson.own
    assert set(lesson.truth.frames.frame) >= set(lesson.dataset.frames.id)


def test_own_frames_are_shown_and_simulated_ones_are_measured(monkeypatch):
    monkeypatch.setenv("CCTVIEW_DATA", str(SAMPLE))
    lesson = open_lesson()
    assert lesson.own
    assert (len(lesson.shown.frames), len(lesson.dataset.frames)) == (
        6,
        len(lesson.truth.frames.query("status != 'dropped'")),
    )


def test_other_simulated_minutes_bring_their_own_truth(tmp_path, monkeypatch):
    shutil.copytree(DATA / "truth", tmp_path / "truth")
    shutil.copy(DATA / "733-681-N.zip", tmp_path)
    monkeypatch.setenv("CCTVIEW_DATA", str(tmp_path))
    lesson = open_lesson()
    assert not lesson.own
    assert lesson.dataset.frames.camera.unique().tolist() == ["733-681-N"]


def test_a_folder_without_frames_is_named_with_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("CCTVIEW_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"{tmp_path}.*unset CCTVIEW_DATA"):
        open_lesson()


def test_a_sample_of_ones_own_needs_its_list_of_detections(tmp_path, monkeypatch):
    monkeypatch.setenv("CCTVIEW_DATA", str(tmp_path))
    assert sample_folder() == SAMPLE
    (tmp_path / DETECTION_LIST).touch()
    assert sample_folder() == tmp_path


def test_a_mistyped_folder_is_never_replaced_by_the_sample(monkeypatch, tmp_path):
    monkeypatch.setenv("CCTVIEW_DATA", str(tmp_path / "typo"))
    for opened in (sample_folder, open_lesson):
        with pytest.raises(FileNotFoundError, match="CCTVIEW_DATA names .*typo: no such folder"):
            opened()


@pytest.fixture
def plain(tmp_path, monkeypatch):
    """Six plain frames, as somebody would bring them, one of them damaged."""
    sample = open_dataset(SAMPLE)
    folder = tmp_path / "plain"
    folder.mkdir()
    for name in sample.frames.id:
        (folder / f"{name}--original.JPG").write_bytes(sample.jpeg(name))
    (folder / "A--2031-05-05--08.00.00--original.jpg").write_bytes(sample.jpeg(name)[:500])
    monkeypatch.setenv("CCTVIEW_DATA", str(folder))
    return folder


def test_plain_frames_are_enough_and_nothing_is_written(plain, capsys):
    lesson = open_lesson()
    shown, stored = lesson.shown, open_dataset(SAMPLE)
    same = shown.detections.id.isin(stored.detections.id)
    assert same.mean() > 0.8, "the last digits differ between processors"
    position = stored.detections.set_index("id").index.get_indexer(shown.detections.id[same])
    ours, theirs = shown.embeddings[same], stored.embeddings[position]
    assert np.nanmax(np.abs(ours - theirs)) < 0.01 * np.nanmax(np.abs(theirs))
    assert "skipped" in capsys.readouterr().out
    assert len(list(plain.rglob("*"))) == 7
    assert lesson.shown is shown, "it is done once"


def test_what_the_command_found_is_handed_to_its_page(plain, tmp_path, monkeypatch):
    own = open_dataset(plain)
    complete(own)
    keep(own, tmp_path)
    monkeypatch.setattr("cctview.pipeline.own.Extractor", None)  # nothing is left to be done
    shown = open_lesson(tmp_path).shown
    assert shown.detections.id.tolist() == own.detections.id.tolist()
    np.testing.assert_allclose(shown.embeddings, own.embeddings, rtol=2e-3, atol=2e-3)


def test_what_is_detected_and_not_embedded_is_embedded_unless_another_model_began(tmp_path):
    write_scene(tmp_path, cameras=("1-N", "2-S"))
    for path in tmp_path.rglob("1-N*--features.json"):
        path.unlink()
    dataset = open_dataset(tmp_path)
    complete(dataset)
    (problem,) = dataset.problems
    assert "1 frames have no vectors, and those of the others come from an-extractor.pt" in problem
    for path in tmp_path.rglob("*--features.json"):
        path.unlink()
    dataset = open_dataset(tmp_path)
    complete(dataset)
    assert np.isfinite(dataset.embeddings).all(axis=1).tolist() == [True, False, True] * 2
    assert dataset.embeddings.shape[1] == Extractor().dimensions
    crop = dataset.crop(dataset.detections.id[0])
    np.testing.assert_allclose(Extractor().extract([crop])[0], dataset.embeddings[0], atol=1e-4)


def test_frames_without_a_vehicle_are_told_before_anything_else(tmp_path, monkeypatch):
    black = jpeg(np.zeros((240, 352, 3), np.uint8))
    (tmp_path / "A--2031-05-05--08.00.00--original.jpg").write_bytes(black)
    monkeypatch.setenv("CCTVIEW_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="no vehicle was found in these 1 frames.*--weights"):
        open_lesson().shown


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' libraries have no malloc_trim")
def test_a_cell_gives_back_what_it_freed(tmp_path):
    """Small pieces are freed between others that stay, so that the library would keep them all."""
    code = """
import psutil
from IPython.core.interactiveshell import InteractiveShell
shell, me = InteractiveShell.instance(), psutil.Process()
cell = "pieces = [bytearray(50_000) for _ in range(4_000)]; del pieces[1::2]; del pieces[1::2]"
if lesson:
    shell.run_cell("from cctview.course import open_lesson; open_lesson(); open_lesson()")
before = me.memory_info().rss
shell.run_cell(cell)
print((me.memory_info().rss - before) / 1e6, len(shell.user_ns["pieces"]))
"""
    for lesson, least, most in ((False, 150, 250), (True, 40, 100)):
        done = subprocess.run(
            [sys.executable, "-c", f"lesson = {lesson}\n{code}"],
            capture_output=True,
            text=True,
            env=os.environ | {"IPYTHONDIR": str(tmp_path)},
        )
        assert done.returncode == 0, done.stderr
        kept, pieces = done.stdout.split()[-2:]
        assert pieces == "1000"
        assert least < float(kept) < most
