"""Trouble of every kind: damaged input of all readers, kills at any point, a full disk, two runs,
and no open door.
"""

import errno
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cctview.collect.archive import Archive, Taken
from cctview.dataset import storage as files
from cctview.dataset import tables
from cctview.dataset.frames import open_dataset
from cctview.dataset.ids import DetectionId, FrameId
from cctview.dataset.images import read_image
from cctview.dataset.layout import detection_table, read_detections, read_features
from cctview.dataset.storage import ZipSource, alone_in, replacing
from tests.scenes import TWO_CARS_AND_A_PERSON, jpeg, picture, write_scene

ROOT = Path(__file__).resolve().parents[1]
fuzzing = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
posix = pytest.mark.skipif(os.name != "posix", reason="kills and limits of a POSIX system")

FRAME = FrameId.parse("1-N--2031-05-05--13.00.00")
TABLE = detection_table(FRAME, TWO_CARS_AND_A_PERSON)


@st.composite
def damaged(draw, whole: bytes):
    """A whole file with bytes flipped, cut out, doubled, or its end cut off."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, max(len(content) - 1, 0))), draw(st.integers(1, 8))
        action = draw(st.sampled_from(["set", "delete", "double", "end"]))
        if action == "set":
            content[at : at + length] = draw(st.binary(min_size=1, max_size=8))
        elif action == "delete":
            del content[at : at + length]
        elif action == "double":
            content[at:at] = content[at : at + 8 * length]
        else:
            del content[at:]
    return bytes(content)


def png(mode: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture(1, 12, 9)).convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


NAME = TABLE.id[0]
DETECTIONS = json.dumps(
    {
        "id": "x",
        "model": "m",
        NAME: {
            "id": NAME,
            "type": "car",
            "percentage_probability": 81.2,
            "box_points": [4, 5, 20, 17],
        },
    }
)
FEATURES = json.dumps({"id": "x", "model": "m", NAME: {"id": NAME, "data": [1.5, -2e3, 0.0]}})
PARQUET = tables.write_tables(TABLE, np.ones((3, 2), np.float32))[tables.DETECTIONS]
ZIP = zipped(
    **{
        f"{FRAME}--original.jpeg": jpeg(picture(1)),
        f"{FRAME}--detections.json": DETECTIONS.encode(),
        f"{FRAME}--features.json": FEATURES.encode(),
        tables.DETECTIONS: PARQUET,
    }
)


# --- readers


@fuzzing
@given(
    st.sampled_from([jpeg(picture(2)), png("RGB"), png("P"), png("1"), png("LA")]).flatmap(damaged)
)
def test_a_damaged_picture_is_a_picture_or_an_error_with_its_name(content):
    try:
        image = read_image(content, "here")
    except ValueError as error:
        assert str(error).startswith("here: ")
        assert "\n" not in str(error)
    else:
        assert image.ndim == 3
        assert image.shape[2] == 3
        assert image.dtype == np.uint8


@fuzzing
@given(
    st.sampled_from([(read_detections, DETECTIONS), (read_features, FEATURES)]).flatmap(
        lambda x: st.tuples(st.just(x[0]), damaged(x[1].encode()))
    )
)
def test_damaged_json_is_read_or_an_error_with_its_name(case):
    reader, content = case
    try:
        read = reader(content, "here")
    except ValueError as error:
        assert str(error).startswith("here: ")
        assert "\n" not in str(error)
    else:
        # `read_features` gives the model, then the vectors by their detection's name.
        names = list(read[1]) if isinstance(read, tuple) else [row[0] for row in read]
        assert all(DetectionId.parse(name) for name in names)


@fuzzing
@given(damaged(str(NAME).encode()))
def test_a_damaged_name_reads_back_exactly_or_is_quoted(content):
    name = content.decode("utf-8", "surrogateescape")
    for kind in (FrameId, DetectionId):
        try:
            assert str(kind.parse(name)) == name
        except ValueError as error:
            assert repr(name) in str(error)


@fuzzing
@given(damaged(PARQUET))
def test_a_damaged_table_is_a_table_or_an_error_with_its_name(content):
    try:
        table, embeddings = tables.read_tables(content, None, "here")
    except ValueError as error:
        assert str(error).startswith("here: ")
        assert "\n" not in str(error)
    else:
        assert len(table) == len(embeddings)


@fuzzing
@given(content=damaged(ZIP))
def test_a_damaged_zip_costs_what_is_damaged_and_nothing_else_happens(tmp_path, content):
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    try:
        dataset = open_dataset(path)
        assert len(dataset.detections) == len(dataset.embeddings)
    except (ValueError, FileNotFoundError) as error:
        assert str(path) in str(error) or "different lengths" in str(error)
        return
    for frame in dataset.frames.id:
        try:
            dataset.image(frame)
        except ValueError as error:
            assert str(path) in str(error)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]


# --- what a coverage-guided fuzzer found, each as small as it can be


def test_a_picture_whose_header_is_too_short():
    whole = bytearray(png("1"))
    whole[11] = 5  # the length of IHDR
    with pytest.raises(ValueError, match="^here: a damaged picture"):
        read_image(bytes(whole), "here")


def test_a_zip_whose_deflated_data_make_no_sense(tmp_path):
    content = bytearray(zipped(a=bytes(range(256)) * 3))
    content[31:41] = b"\xff" * 10  # after the local header of 30 bytes and the name
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ValueError, match="a.zip:a: damaged"):
        ZipSource(tmp_path / "a.zip").read("a")


def test_a_zip_with_a_file_without_a_name(tmp_path):
    content = zipped(a=b"1", b=b"2").replace(b"a", b"\0")
    (tmp_path / "a.zip").write_bytes(content)
    assert ZipSource(tmp_path / "a.zip").names() == ["b"]


def test_a_table_whose_embeddings_are_lists_of_any_length():
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(PARQUET))
    ragged = pa.array([[1.0], [1.0, 2.0], None])
    buffer = io.BytesIO()
    pq.write_table(
        table.set_column(table.schema.get_field_index("embedding"), "embedding", ragged), buffer
    )
    with pytest.raises(ValueError, match="^here: .*of type list"):
        tables.read_tables(buffer.getvalue(), None, "here")


# --- kills


def killing(*words: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.killing", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@posix
@pytest.mark.parametrize("scenario", ["collect", "pipeline", "set-up", "import", "video"])
def test_after_harm_at_any_point_a_second_run_ends_with_the_same_tree(scenario):
    result = killing(scenario, "12", "1")
    assert (result["half-written under a final name"], result["differing"]) == ([], [])


@posix
@pytest.mark.parametrize("scenario", ["matches", "save", "fetch"])
def test_nothing_is_left_half_done_wherever_it_is_stopped(scenario):
    """All happened: temporary files that no later run cleared away, of matching and of a save; what
    tells one version of a download from another, left beside the whole file; and pictures cut off
    by a full disk without a word.
    """
    result = killing(scenario, "every")
    assert result["happened"]["killed before a write"] > 10
    assert result["happened"]["files cut off"] >= 2
    assert (result["half-written under a final name"], result["differing"]) == ([], [])


def test_a_row_announced_and_never_written_is_dropped_and_said(tmp_path):
    taken = Taken(datetime(2031, 5, 5, 8), "last-modified", datetime(2031, 5, 5, tzinfo=UTC), 4, 4)
    first = Archive(tmp_path)
    frames = [first.keep(camera, b"x", taken) for camera in ("A", "B")]
    first.path(frames[1]).unlink()
    second = Archive(tmp_path)
    assert second.frames == 1
    assert second.dropped == [str(frames[1])]
    assert second.keep("A", b"x", taken) is None
    assert second.keep("B", b"x", taken) == frames[1]
    second.close()
    assert Archive(tmp_path).frames == 2


def test_a_journal_cut_in_the_middle_of_a_line(tmp_path):
    taken = Taken(datetime(2031, 5, 5, 8), "last-modified", datetime(2031, 5, 5, tzinfo=UTC), 4, 4)
    first = Archive(tmp_path)
    for camera in ("A", "B"):
        first.keep(camera, b"x", taken)
    journal = next((tmp_path / "index").glob(".*.jsonl"))
    journal.write_bytes(journal.read_bytes()[:-20])
    again = Archive(tmp_path)
    assert again.frames == 1
    assert again.keep("A", b"x", taken) is None
    assert not journal.exists()


def test_a_damaged_index_is_named_and_not_written_over(tmp_path):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "000001.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(ValueError, match="000001.parquet: not a part of an index"):
        Archive(tmp_path)


# --- a full disk


def test_a_full_disk_ends_the_run_and_what_was_kept_is_whole(tmp_path, monkeypatch):
    """The sixth write finds no room; later there is room again."""
    original, room = Path.write_bytes, [5]

    def write_bytes(path, content):
        room[0] -= 1
        if room[0] < 0:
            original(path, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return original(path, content)

    def taken(k):
        return Taken(
            datetime(2031, 5, 5, 8, 0, k), "last-modified", datetime(2031, 5, 5, tzinfo=UTC), 64, 48
        )

    pictures = [jpeg(picture(k)) for k in range(8)]
    archive = Archive(tmp_path)
    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(OSError, match="No space left"):
        for k, content in enumerate(pictures):
            archive.keep("A", content, taken(k))
    archive.close()
    monkeypatch.undo()
    assert [p.read_bytes() for p in sorted(tmp_path.rglob("*.jpeg"))] == pictures[:5]
    assert not list(tmp_path.rglob("*.partial"))
    again = Archive(tmp_path)
    assert again.frames == 5
    assert [again.keep("A", content, taken(k)) is None for k, content in enumerate(pictures)] == [
        True
    ] * 5 + [False] * 3
    again.close()


@posix
def test_a_limit_of_the_system_is_one_clear_line(tmp_path):
    """Files may not grow over 8 kB: the first picture does not fit."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        " resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))\n"
    )
    code += "from cctview.cli import main; sys.exit(main(sys.argv[1:]))"
    words = [
        "collect",
        "simulated",
        "--cameras",
        "733-681-N",
        "--minutes",
        "0.2",
        "--speed-up",
        "10",
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("cctview: ")
    assert "too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "out").rglob("*.jpeg"))
    assert not list((tmp_path / "out").rglob("*.partial"))


# --- two runs, and what they leave


def test_the_lock_is_held_and_given_back(tmp_path):
    with alone_in(tmp_path / "out"):
        code = (
            "from pathlib import Path; from cctview.dataset.storage import alone_in\nwith"
            f" alone_in(Path({str(tmp_path / 'out')!r})): pass"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
        )
        assert done.returncode == 1
        assert "another cctview is writing into it" in done.stderr
    with alone_in(tmp_path / "out"):
        pass


def test_leftovers_go_and_foreign_files_stay(tmp_path):
    (tmp_path / "a").mkdir()
    leftover, folder = (
        tmp_path / "a" / f".x.jpeg.123{files.PARTIAL}",
        tmp_path / f".crops.9{files.PARTIAL}",
    )
    leftover.write_bytes(b"half")
    folder.mkdir()
    (folder / "1-N--2031-05-05--13.00.00--original.jpeg").write_bytes(b"half")
    foreign = [tmp_path / ".download.partial", tmp_path / "x.7.partial"]
    for path in foreign:
        path.write_bytes(b"not ours")
    with pytest.raises(FileNotFoundError, match="no frame in it"):
        open_dataset(tmp_path)
    with alone_in(tmp_path):
        assert not leftover.exists()
        assert not folder.exists()
        assert all(path.exists() for path in foreign)


def test_a_folder_is_replaced_even_if_the_writer_fails_at_the_last_moment(tmp_path, monkeypatch):
    write_scene(tmp_path / "scene")
    before = {p: p.read_bytes() for p in (tmp_path / "scene").rglob("*") if p.is_file()}
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "scene") as temporary:
        temporary.mkdir()
        raise KeyboardInterrupt
    assert {p: p.read_bytes() for p in (tmp_path / "scene").rglob("*") if p.is_file()} == before


# --- no open door


def test_every_port_and_every_request_of_the_package_is_accounted_for():
    """Only these modules speak HTTP or listen; whoever adds one has to answer here for how it asks
    first.
    """
    words = (
        "import httpx",
        "import tornado",
        "from tornado",
        "urllib.request",
        "import requests",
        "socket.socket",
    )
    paths = [
        p.relative_to(ROOT / "cctview")
        for p in (ROOT / "cctview").rglob("*.py")
        if any(w in p.read_text(encoding="utf-8") for w in words)
    ]
    assert {p.as_posix() for p in paths} == {
        "collect/answers.py",
        "collect/client.py",
        "collect/simulated_server.py",
        "doctor.py",
        "fetch.py",
        "investigate/server.py",
    }


def test_importing_everything_sends_nothing_and_opens_nothing():
    code = """
import socket, sys
def refuse(*_): raise SystemExit("a socket at import")
socket.socket.connect = socket.socket.bind = refuse
import cctview.cli, cctview.collect.simulated_server, cctview.dataset.frames, cctview.pipeline
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
