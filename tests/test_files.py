"""Writing in one step, and archives that must not be trusted."""

import os
import struct
import subprocess
import sys
import zipfile

import pytest

from cctview.dataset import check_cameras
from cctview.dataset import storage as files
from cctview.dataset.storage import FolderSource, ZipSource, replacing, write_bytes, write_new


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "a" / "file"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_never_takes_the_place_of_another(links, tmp_path, monkeypatch):
    if not links:
        monkeypatch.setattr(files.os, "link", refuse)
    write_new(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"second")
    (tmp_path / "nowhere").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "nowhere", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "nowhere"]


def refuse(*_):
    raise OSError("a file system without links")


def test_a_folder_is_replaced_whole(tmp_path):
    path = tmp_path / "folder"
    for names in ("abc", "d"):
        with replacing(path) as temporary:
            temporary.mkdir()
            for name in names:
                (temporary / name).write_text(name)
    assert [p.name for p in path.iterdir()] == ["d"]


def test_what_an_interrupted_run_left_is_not_listed(tmp_path):
    (tmp_path / f".file.123{files.PARTIAL}").write_bytes(b"half")
    (tmp_path / "whole").write_bytes(b"")
    assert FolderSource(tmp_path).names() == ["whole"]


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/out", "C:/out", "b/a\\out"])
def test_a_name_that_leads_out_is_refused(tmp_path, name):
    source = ZipSource(archive(tmp_path / "a.zip", **{name: b"x"}))
    with pytest.raises(ValueError, match="a.zip:.*leads out"):
        source.read(name)


@pytest.mark.parametrize("name", ["..\\out", "a\\..\\..\\out", "C:\\out", "\\\\server\\out"])
def test_a_backslash_is_a_separator_and_leads_nowhere_else(tmp_path, name):
    source = ZipSource(archive(tmp_path / "a.zip", **{name: b"x", "a\\b.txt": b"fine"}))
    assert source.read("a/b.txt") == b"fine"
    with pytest.raises(ValueError, match="a.zip:.*leads out"):
        source.read(name.replace("\\", "/"))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    source = ZipSource(archive(tmp_path / "a.zip", zeros=bytes(10_000_000)))
    with pytest.raises(ValueError, match="zip bomb"):
        source.read("zeros")


def test_a_file_over_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MEMBER_LIMIT", 10)
    source = ZipSource(archive(tmp_path / "a.zip", long=b"eleven bytes"))
    with pytest.raises(ValueError, match="over 10"):
        source.read("long")


@pytest.mark.parametrize("lie", [5, 5000])
def test_a_size_that_lies_is_refused(tmp_path, lie):
    path = archive(tmp_path / "a.zip", one=bytes(range(256)) * 4)
    content = bytearray(path.read_bytes())
    directory = content.find(b"PK\x01\x02")
    struct.pack_into("<I", content, directory + 24, lie)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="a.zip:one: damaged"):
        ZipSource(path).read("one")


def test_a_damaged_member_is_named_and_the_others_are_read(tmp_path):
    path = archive(tmp_path / "a.zip", one=b"content one", two=b"content two")
    content = bytearray(path.read_bytes())
    content[content.find(b"one") + 3 + 2] ^= 0xFF
    path.write_bytes(content)
    source = ZipSource(path)
    with pytest.raises(ValueError, match="a.zip:one: damaged"):
        source.read("one")
    assert source.read("two") == b"content two"


def test_a_new_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done, link = [], files.os.link
    monkeypatch.setattr(files.os, "fsync", lambda handle: done.append(files.os.fstat(handle)))
    monkeypatch.setattr(files.os, "link", lambda *paths: done.append("link") or link(*paths))
    write_new(tmp_path / "a", b"content")
    written, linked, names = done
    assert (written.st_size, linked) == (7, "link")
    assert names.st_ino == tmp_path.stat().st_ino


def test_what_a_killed_save_left_is_cleared_away_and_what_another_writes_is_not(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True
    )
    killed = tmp_path / f".a.json.{int(ended.stdout)}{files.PARTIAL}"
    others = [
        f".a.json.{os.getppid()}{files.PARTIAL}",
        f".b.json.{int(ended.stdout)}{files.PARTIAL}",
    ]
    for name in (killed.name, *others):
        (tmp_path / name).write_bytes(b"half")
    write_new(tmp_path / "a.json", b"whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, "a.json"])


def test_what_was_written_is_on_the_disk_when_a_folder_is_given_back(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(files, "flush_all", lambda: flushed.append(list(tmp_path.glob("*.txt"))))
    with files.alone_in(tmp_path):
        (tmp_path / "a.txt").write_bytes(b"a")
    assert flushed == [[tmp_path / "a.txt"]]


@pytest.mark.parametrize("folders", ["Gate", "camera=Gate"])
def test_two_cameras_that_differ_by_capitals_alone_are_refused(folders, tmp_path):
    check_cameras(tmp_path / "new", ["Gate", "gate-2"])
    with pytest.raises(ValueError, match="the cameras GATE and gate differ by capitals alone"):
        check_cameras(tmp_path / "new", ["gate", "GATE"])
    (tmp_path / folders).mkdir()
    check_cameras(tmp_path, ["Gate", "other"])
    with pytest.raises(ValueError, match="the cameras gate and Gate differ by capitals alone"):
        check_cameras(tmp_path, ["other", "gate"])


def test_a_message_about_a_damaged_archive_is_short(tmp_path):
    path = archive(tmp_path / "a.zip", **{"x" * 3000: b"1"})
    content = bytearray(path.read_bytes())
    content[40] ^= 1  # in the name, of which a second copy stands at the end of the file
    path.write_bytes(content)
    with pytest.raises(ValueError, match="damaged or encrypted") as caught:
        ZipSource(path).read("x" * 3000)
    assert len(str(caught.value).rpartition("encrypted")[2]) < 250
