"""Parquet of others: honest files are read as pandas reads them, bombs and lies are refused before
they take memory.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cctview.collect.archive import Archive
from cctview.dataset import tables
from cctview.dataset.ids import FrameId
from cctview.dataset.layout import detection_table
from cctview.truth.labels import read_truth
from tests.scenes import TWO_CARS_AND_A_PERSON

ROOT = Path(__file__).resolve().parents[1]
TABLE = detection_table(FrameId.parse("1-N--2031-05-05--13.00.00"), TWO_CARS_AND_A_PERSON)
posix = pytest.mark.skipif(os.name != "posix", reason="limits of a POSIX system")


def written(columns: dict, **options) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


def varint(number: int) -> bytes:
    """A positive integer as Thrift's compact protocol writes it in a footer or a page's header."""
    zigzag, out = 2 * number, bytearray()
    while zigzag > 127:
        out.append(zigzag & 127 | 128)
        zigzag >>= 7
    return bytes([*out, zigzag])


def lying(content: bytes, true: int, said: int) -> bytes:
    """A file with a number changed wherever its footer has it."""
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    assert len(varint(true)) == len(varint(said))
    assert varint(true) in content[footer:]
    return content[:footer] + content[footer:].replace(varint(true), varint(said))


# --- honest files


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(ROOT.glob("data/*/*.parquet")) if path.parent.name != "kinds"],
    ids=lambda path: path.name,
)
def test_shipped_tables_are_read_as_pandas_reads_them(path):
    expected = pd.read_parquet(path)
    categories = [
        column for column in expected if isinstance(expected[column].dtype, pd.CategoricalDtype)
    ]
    pd.testing.assert_frame_equal(
        tables.read_parquet(path), expected.astype(dict.fromkeys(categories, "str"))
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "none"},
        {"data_page_version": "2.0"},
        {"use_dictionary": False},
        {"row_group_size": 7, "data_page_size": 64, "write_batch_size": 5},
    ],
)
def test_any_way_of_writing_pages_is_read(options):
    rng = np.random.default_rng(0)
    columns = {
        "a": rng.integers(0, 9, 100),
        "b": rng.random(100),
        "c": rng.choice(["x", "yy", ""], 100),
    }
    table = tables.read_table(written(columns, **options))
    assert table.column("a").to_numpy().tolist() == columns["a"].tolist()
    assert table.column("b").to_numpy().tolist() == columns["b"].tolist()
    assert table.column("c").cast(pa.string()).to_pylist() == columns["c"].tolist()


def test_a_table_without_a_row_is_read():
    assert (
        tables.read_table(
            written({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())})
        ).num_rows
        == 0
    )


# --- bombs


def many_rows() -> bytes:
    """5 million detections in some 150 kB."""
    rows = 5_000_000
    same = {name: np.zeros(rows, np.int8) for name in ("number", "percent", "x1", "y1", "x2", "y2")}
    text = pa.DictionaryArray.from_arrays(np.zeros(rows, np.int8), ["car"])
    return written(
        {"frame": text, "type": text, "embedding": zeros(2, rows)} | same, row_group_size=rows
    )


def much_packed() -> bytes:
    """Vectors of 600 MB, all of them 0, packed."""
    width = 2_000_000
    return written(columns(zeros(width, 300)), compression="zstd")


def long_text() -> bytes:
    """One text of a megabyte, 20,000 times."""
    text = pa.DictionaryArray.from_arrays(np.zeros(20_001, np.int32), ["c" * 10**6])
    return written(columns(zeros(2, 20_001)) | {"type": text}, compression="zstd")


def zeros(width: int, rows: int) -> pa.Array:
    """Vectors of so many bytes, all of them 0."""
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), rows, [None, pa.py_buffer(bytes(width * rows))]
    )


def columns(embedding) -> dict:
    """A table of detections with these vectors."""
    table = pq.read_table(
        io.BytesIO(tables.write_tables(TABLE, np.ones((3, 2), np.float32))[tables.DETECTIONS])
    )
    table = pa.concat_tables([table] * (len(embedding) // 3)).unify_dictionaries().combine_chunks()
    return {name: table[name] for name in table.column_names} | {"embedding": embedding}


def repeated_text() -> bytes:
    """A text, then others that say "as the one before"."""
    return written(
        {"component": ["c" * 10**6] * 9},
        use_dictionary=False,
        column_encoding={"component": "DELTA_BYTE_ARRAY"},
    )


BOMBS = {
    "many rows": (many_rows, lambda content: (content, None), "refused: it would take"),
    "many rows, and a footer that lies": (
        lambda: lying(many_rows(), 5_000_000, 1_500_000),
        lambda content: (content, None),
        "refused: it would take",
    ),
    "much packed": (much_packed, lambda content: (content, None), "refused: it would take"),
    "long text": (long_text, lambda content: (content, None), "refused: it would take"),
    "texts that repeat": (
        repeated_text,
        lambda content: (small(), content),
        "not the Parquet table",
    ),
    "a wide basis": (
        lambda: wide_basis(),
        lambda content: (small(3 * 5000), content),
        "refused: it would take",
    ),
}


def small(rows=3) -> bytes:
    table = pd.concat([TABLE] * (rows // 3), ignore_index=True)
    return tables.write_tables(table, np.ones((rows, 2), np.float32))[tables.DETECTIONS]


def wide_basis() -> bytes:
    return written({"component": zeros(200_000, 3)})


@posix
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_takes_no_memory(tmp_path, name):
    make, use, why = BOMBS[name]
    detections, basis = use(make())
    (tmp_path / "detections").write_bytes(detections)
    if basis is not None:
        (tmp_path / "basis").write_bytes(basis)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 400_000
    code = """
import resource, sys
from pathlib import Path
from cctview.dataset import tables
paths = [Path(path) for path in sys.argv[1:]]
small, detections, basis = (path.read_bytes() if path.exists() else None for path in paths)
tables.read_tables(small, None, "small")
size = 2**33
if sys.platform == "linux":
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 2**29, size + 2**29))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    tables.read_tables(detections, basis, "here")
except ValueError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    (tmp_path / "small").write_bytes(small())
    paths = [str(tmp_path / name) for name in ("small", "detections", "basis")]
    done = subprocess.run(
        [sys.executable, "-c", code, *paths], capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")
    message, grown = done.stdout.splitlines()
    assert message.startswith("here: ")
    assert why in message
    assert int(grown) < 100 * 1024 * (
        1 if sys.platform == "linux" else 1024
    )  # kB on Linux, bytes on macOS


def test_a_footer_on_which_pyarrow_ends_the_process_is_an_error():
    """Found by a fuzzer: a column made required, while its statistics count missing values."""
    content = tables.write_tables(TABLE, np.ones((3, 2), np.float32))[tables.DETECTIONS]
    optional = (
        bytes([0x25, 0x02, 0x18, 2]) + b"x1"
    )  # in the footer's schema: optional, then a name of two letters
    assert content.count(optional) == 1
    with pytest.raises(ValueError, match="^here: "):
        tables.read_tables(
            content.replace(optional, bytes([0x25, 0x00, 0x18, 2]) + b"x1"), None, "here"
        )


# --- what cctview never writes


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (pa.array([[1], [2, 3]]), "of type list"),
        (pa.array([{"x": 1}, {"x": 2}]), "of type struct"),
        (pa.array([b"1", b"22"]), "of type binary"),
        (pa.array([1, 2], pa.decimal128(5, 2)), "of type decimal"),
    ],
)
def test_other_types_are_refused_by_name(values, why):
    with pytest.raises(ValueError, match=why):
        tables.read_table(written({"a": values}), ["a"])


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="no column 'b'"):
        tables.read_table(written({"a": [1]}), ["a", "b"])


def test_text_that_is_no_text_is_an_error_at_once():
    content = written({"a": ["abcdefgh"] * 3}, compression="none").replace(
        b"abcdefgh", b"abc\xff\xfffgh"
    )
    with pytest.raises(ValueError, match="UTF8"):
        tables.read_table(content)


def test_the_readers_say_which_file(tmp_path):
    bomb = written(
        {
            "camera": pa.DictionaryArray.from_arrays(np.zeros(5_000_000, np.int8), ["1-N"]),
            "sha256": pa.DictionaryArray.from_arrays(np.zeros(5_000_000, np.int8), ["0" * 64]),
        }
    )
    for path in (tmp_path / "truth" / "frames.parquet", tmp_path / "index" / "000001.parquet"):
        path.parent.mkdir()
        path.write_bytes(bomb)
    with pytest.raises(ValueError, match="frames.parquet: not a readable Parquet file .refused"):
        read_truth(tmp_path)
    with pytest.raises(ValueError, match="000001.parquet: not a part of an index .refused"):
        Archive(tmp_path)
