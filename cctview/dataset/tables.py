"""Detections and embeddings as compact Parquet: what a zip of `data/` holds instead of the
original's JSON.

``detections.parquet`` has one row for each detection: frame, number, type, percent, x1, y1, x2, y2
and embedding (null for what is never embedded). Where ``basis.parquet`` lies beside it (column
component: first row the mean, then one row for each component), the embeddings are coordinates:
``embedding = mean + coordinates @ components``.

A vector is stored as the bytes of its float16 numbers, little end first. Parquet could store it as
a list, but takes five times as long to read that, since it keeps the place of every single number.
Nor is it compressed: that would save 5 % (8 % of coordinates), and take twice as long.

A Parquet file of three kilobytes can announce a hundred million rows, or unpack to gigabytes. So
what a file says it will take is compared with its size before pyarrow reads it. Only flat tables of
numbers, times, short texts and vectors as bytes are read: cctview writes nothing else.
"""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cctview.dataset.boxes import BOX
from cctview.dataset.ids import FrameId, format_detection

DETECTIONS, BASIS = "detections.parquet", "basis.parquet"

_NAMES_BYTES = 1_000  # what a detection takes while its names are made, beside its vector
_FREE = 2**28  # bytes that reading any file may take,
_TIMES_ITS_SIZE = 64  # and so many times its own size; cctview's own files take 2 to 30,
_MOST = 2**32  # but never more than this
_TEXT_BYTES = 2**24  # of a text in a footer
_PARTS = 10_000  # entries of a list in a footer: columns, groups of rows

_TEXT = pa.dictionary(pa.int32(), pa.string())
_COLUMNS = {"frame": _TEXT, "number": pa.int16(), "type": _TEXT, "percent": pa.float64()}
_COLUMNS |= dict.fromkeys(BOX, pa.int16())


def write_tables(
    detections: pd.DataFrame,
    embeddings: np.ndarray,
    basis: tuple[np.ndarray, np.ndarray] | None = None,
) -> dict[str, bytes]:
    """Detections and embeddings as Parquet files.

    Parameters
    ----------
    detections : DataFrame
        As `cctview.dataset.frames.Dataset.detections`.
    embeddings : ndarray of float32, shape (n, d)
        A row of NaN where a detection has none.
    basis : tuple of ndarray, optional
        Mean (d,) and orthonormal components (k, d): the embeddings, which must lie in their span,
        are stored as k coordinates.

    Returns
    -------
    dict of str to bytes
        File name to content.

    Raises
    ------
    ValueError
        If the embeddings do not lie in the span of `basis`, to one part in 100.
    """
    files = {}
    known = np.isfinite(embeddings).all(1)
    compact = embeddings
    if basis is not None:
        mean, components = basis
        compact = np.where(known[:, None], (embeddings - mean) @ components.T, np.nan)
        lost = np.abs(compact[known] @ components + mean - embeddings[known]).max(initial=0)
        if lost > 0.01 * np.abs(embeddings[known]).max(initial=0):
            raise ValueError(
                f"embeddings that do not lie in the span of the basis: {lost:.3g} is lost"
            )
        rows = np.vstack([mean, components])
        files[BASIS] = encode(pa.table({"component": _vectors(rows, np.ones(len(rows), bool))}))
    table = {
        name: pa.array(detections[name].to_numpy(), pa.string() if kind == _TEXT else kind)
        for name, kind in _COLUMNS.items()
    }
    schema = pa.schema([*_COLUMNS.items(), ("embedding", pa.binary(2 * compact.shape[1]))])
    table["embedding"] = _vectors(compact, known)
    files[DETECTIONS] = encode(pa.table(table).cast(schema))
    return files


@dataclass(frozen=True)
class StoredVectors:
    """Embeddings as a table stores them: in memory, an eighth of the matrix that they unfold to.

    Attributes
    ----------
    halves : ndarray of float16, shape (n, k)
        The embeddings, or their coordinates.
    missing : ndarray of bool, shape (n,)
    basis : ndarray of float32, shape (1 + k, d), optional
        The mean and the components, if `halves` are coordinates.
    """

    halves: np.ndarray
    missing: np.ndarray
    basis: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.halves)

    def __getitem__(self, rows: np.ndarray) -> "StoredVectors":
        return StoredVectors(self.halves[rows], self.missing[rows], self.basis)

    @property
    def width(self) -> int:
        """Numbers of an embedding."""
        return int((self.halves if self.basis is None else self.basis).shape[1])

    def unfold(self) -> np.ndarray:
        """The embeddings, (n, d) float32; a row of NaN where there is none."""
        matrix = self.halves.astype(np.float32)
        matrix[self.missing] = np.nan
        if self.basis is None:
            return matrix
        unfolded: np.ndarray = np.column_stack([np.ones(len(self), np.float32), matrix])
        return unfolded @ self.basis


def read_tables(
    detections: bytes, basis: bytes | None, name: str
) -> tuple[pd.DataFrame, StoredVectors]:
    """Detections, columns as `cctview.dataset.layout.COLUMNS`, and their embeddings, of what
    `write_tables` wrote.

    Raises a ValueError if it is no such Parquet file; the message starts with `name`.
    """
    try:
        table = read_table(detections, [*_COLUMNS, "embedding"], _NAMES_BYTES)
        vectors = _stored(table["embedding"])
        if basis is not None:
            components = _stored(read_table(basis, ["component"])["component"]).unfold()
            if len(components) != 1 + vectors.width:
                raise ValueError(f"{vectors.width} coordinates, {len(components) - 1} components")
            _check_need(4 * len(vectors) * components.shape[1], len(detections) + len(basis))
            vectors = StoredVectors(vectors.halves, vectors.missing, components)
        return _with_names(table), vectors
    except (pa.ArrowException, KeyError, ValueError, TypeError, OSError) as error:
        what = "not the Parquet table of detections that cctview writes"
        raise ValueError(f"{name}: {what} ({_one_line(error)}); make it again") from None


def read_table(content: bytes, columns: list[str] | None = None, row_bytes: int = 64) -> pa.Table:
    """Read a Parquet file, if it takes no more memory than a file of its size should.

    Parameters
    ----------
    content : bytes
        The whole file.
    columns : list of str, optional
        By default all.
    row_bytes : int
        What the caller will need for a row beside the columns themselves.

    Returns
    -------
    pyarrow.Table
        Texts as dictionaries of texts.

    Raises
    ------
    ValueError
        If it is damaged, lacks a column, has another type, or would take too much memory.
    """
    try:
        file = open_parquet(content)
        names = file.schema_arrow.names if columns is None else columns
        fields = [_field(file.schema_arrow, name) for name in names]
        texts = [field.name for field in fields if _is_text(field.type)]
        wide = sum(_width(field) for field in fields)
        groups = (file.metadata.row_group(k) for k in range(file.metadata.num_row_groups))
        unpacked = sum(group.total_byte_size for group in groups)
        _check_need(unpacked + (wide + row_bytes) * file.metadata.num_rows, len(content))
        table = open_parquet(content, file.metadata, texts).read(names)
        table.validate(full=True)
        pa.default_memory_pool().release_unused()
        longest = sum(_longest(table[name]) for name in texts)
        _check_need(table.nbytes + (longest + row_bytes) * len(table), len(content))
        return table.replace_schema_metadata(None)
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError, MemoryError) as error:
        raise ValueError(_one_line(error)) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def read_parquet(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """A Parquet file as a DataFrame, texts as pandas' own ``str``.

    Raises a FileNotFoundError if it is not there, a ValueError as `read_table`.
    """
    table = read_table(Path(path).read_bytes(), columns)
    schema = [
        field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(schema)).to_pandas()


def open_parquet(
    content: bytes | Path, metadata: pq.FileMetaData | None = None, texts: list[str] | None = None
) -> pq.ParquetFile:
    """A Parquet file of which the footer alone is read; raises what pyarrow raises."""
    return pq.ParquetFile(
        pa.BufferReader(content) if isinstance(content, bytes) else content,
        metadata=metadata,
        read_dictionary=texts,
        thrift_string_size_limit=_TEXT_BYTES,
        thrift_container_size_limit=_PARTS,
    )


def _check_need(need: int, size: int) -> None:
    """Refuse what would take too many bytes of memory for files of so many bytes."""
    limit = min(_MOST, _FREE + _TIMES_ITS_SIZE * size)
    if not 0 <= need <= limit:
        most = f"a file of its size may take {limit / 2**20:,.0f}"
        raise ValueError(f"refused: it would take {need / 2**20:,.0f} MiB of memory; {most}")


def _field(schema: pa.Schema, name: str) -> pa.Field:
    places = schema.get_all_field_indices(name)
    if len(places) != 1:
        raise ValueError(f"it has {len(places) or 'no'} column {name!r}")
    return schema.field(places[0])


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _width(field: pa.Field) -> int:
    """Bytes of a number, a time, a vector, or the number of a text; nothing else is read."""
    kind, types = field.type, pa.types
    if types.is_fixed_size_binary(kind):
        return int(kind.byte_width)
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    if number or types.is_timestamp(kind) or types.is_date(kind) or _is_text(kind):
        return 8
    raise ValueError(f"column {field.name!r} is of type {kind}")


def _longest(column: pa.ChunkedArray) -> int:
    """Bytes of the longest of a column's texts."""
    lengths = (pc.max(pc.binary_length(chunk.dictionary)).as_py() for chunk in column.chunks)
    return max((length or 0 for length in lengths), default=0)


def encode(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file; the same table gives the same bytes."""
    buffer = io.BytesIO()
    vectors = {field.name for field in table.schema if pa.types.is_fixed_size_binary(field.type)}
    names = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    compression = {name: "none" if name in vectors else "zstd" for name in table.column_names}
    pq.write_table(table, buffer, compression=compression, use_dictionary=names)
    return buffer.getvalue()


def _with_names(table: pa.Table) -> pd.DataFrame:
    """The stored columns, and those that follow from them: id, camera, time."""
    if any(table[name].null_count for name in _COLUMNS):
        raise ValueError("a value is missing")
    columns = {
        name: table[name].cast(pa.string() if kind == _TEXT else pa.float64()).to_pandas()
        for name, kind in _COLUMNS.items()
    }
    whole = ["number", *BOX]
    columns |= {name: columns[name].astype(np.int64) for name in whole}
    lists = (columns[name].tolist() for name in _COLUMNS)
    names, row = np.unique(columns["frame"].to_numpy(object), return_inverse=True)
    frames = [FrameId.parse(name) for name in names]
    follows = {
        "id": pd.array([format_detection(*parts) for parts in zip(*lists, strict=True)], "str"),
        "camera": pd.array(np.array([frame.camera for frame in frames], object)[row], "str"),
        "time": np.array([frame.time for frame in frames], "datetime64[s]")[row],
    }
    return pd.DataFrame(follows | columns)


def _vectors(matrix: np.ndarray, known: np.ndarray) -> pa.Array:
    content = np.nan_to_num(matrix).astype("<f2").tobytes()
    valid = pa.array(known).buffers()[1]
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(2 * matrix.shape[1]), len(matrix), [valid, pa.py_buffer(content)]
    )


def _stored(column: pa.ChunkedArray) -> StoredVectors:
    """Vectors as they are stored."""
    if not pa.types.is_fixed_size_binary(column.type):
        raise TypeError(f"expected vectors of one length, found {column.type}")
    array = column.combine_chunks()
    width = column.type.byte_width // 2
    flat = np.frombuffer(array.buffers()[1] or b"", "<f2")
    halves = flat[array.offset * width : (array.offset + len(array)) * width]
    return StoredVectors(halves.reshape(-1, width), np.asarray(array.is_null(), bool))
