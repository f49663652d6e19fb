"""The one setting of the lessons: without it the simulated minutes, with it a folder of the user's
own.
"""

import shutil

import pytest

from cctview.course.lesson import DETECTION_LIST, open_lesson, sample_folder
from cctview.dataset.paths import DATA, SAMPLE


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
