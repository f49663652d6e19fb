"""Detections and embeddings as compact Parquet: what a zip of `data/` holds instead of the
original's JSON.

``detections.parquet`` has one row for each detection: frame, number, type, percent, x1, y1, x2, y2
and embedding (null for what is never embedded). Where ``basis.parquet`` lies beside it (column
component: first row the mean, then one row for each component), the embeddings are coordinates:
``embedding = mean + coordinates @ components``.

A vector is stored as the bytes of its float16 numbers, little end first. Parquet could store it as
a list, but takes five times as long to read that, since it keeps the place of every single number.
Nor is it compressed: that would save 5 % (8 % of coordinates), and take twice as long.
"""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cctview.dataset.ids import FrameId, format_detection
from cctview.dataset.parquet import check_need, read_table
from cctview.match.parallel import chunks, in_threads

DETECTIONS, BASIS = "detections.parquet", "basis.parquet"
ROW_BYTES = 1_000
"""What a detection takes while its names are made, beside its vector."""

_COLUMNS = {
    "frame": pa.dictionary(pa.int32(), pa.string()),
    "number": pa.int16(),
    "type": pa.dictionary(pa.int32(), pa.string()),
    "percent": pa.float64(),
    "x1": pa.int16(),
    "y1": pa.int16(),
    "x2": pa.int16(),
    "y2": pa.int16(),
}


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
    files, known = {}, np.isfinite(embeddings).all(1)
    compact = embeddings
    if basis is not None:
        mean, components = basis
        compact = np.where(known[:, None], (embeddings - mean) @ components.T, np.nan)
        lost = np.abs(compact[known] @ components + mean - embeddings[known]).max(initial=0)
        if lost > 0.01 * np.abs(embeddings[known]).max(initial=0):
            raise ValueError(
                f"the embeddings do not lie in the span of the basis: {lost:.3g} of them would be"
                " lost"
            )
        files[BASIS] = encode(
            pa.table(
                {
                    "component": _vectors(
                        np.vstack([mean, components]), np.ones(len(components) + 1, bool)
                    )
                }
            )
        )
    table = {
        name: (
            pa.array(
                detections[name].to_numpy(),
                kind.value_type if pa.types.is_dictionary(kind) else kind,
            ).cast(kind)
        )
        for name, kind in _COLUMNS.items()
    }
    files[DETECTIONS] = encode(pa.table(table | {"embedding": _vectors(compact, known)}))
    return files


def read_tables(
    detections: bytes, basis: bytes | None, name: str
) -> tuple[pd.DataFrame, np.ndarray]:
    """Read what `write_tables` wrote.

    Returns
    -------
    detections : DataFrame
        Columns as `cctview.dataset.layout.COLUMNS`.
    embeddings : ndarray of float32, shape (n, d)
        A row of NaN where there is none.

    Raises
    ------
    ValueError
        If the content is no such Parquet file; the message starts with `name`.
    """
    try:
        table = read_table(detections, [*_COLUMNS, "embedding"], ROW_BYTES)
        compact = _matrix(table["embedding"])
        if basis is not None:
            mean_and_components = _matrix(read_table(basis, ["component"])["component"])
            check_need(
                4 * len(compact) * mean_and_components.shape[1], len(detections) + len(basis)
            )
            compact = (
                np.column_stack([np.ones(len(compact), np.float32), compact]) @ mean_and_components
            )
        return _with_names(table), compact
    except (pa.ArrowException, KeyError, ValueError, TypeError, OSError) as error:
        raise ValueError(
            f"{name}: not the Parquet table of detections that cctview writes ({error}); make it"
            " again"
        ) from None


def encode(table: pa.Table) -> bytes:
    """A table of detections, or a basis, as the bytes of a Parquet file; the same table gives the
    same bytes.
    """
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
    stored = {
        name: table[name].to_numpy().astype(np.int64)
        for name, kind in _COLUMNS.items()
        if kind == pa.int16()
    }
    stored |= {"percent": table["percent"].to_numpy()}
    texts = {name: table[name].cast(pa.string()) for name in ("frame", "type")}
    lists = {name: column.to_pylist() for name, column in texts.items()}
    lists |= {name: column.tolist() for name, column in stored.items()}
    names, row = np.unique(np.array(lists["frame"], object), return_inverse=True)
    frames = [FrameId.parse(name) for name in names]
    return pd.DataFrame(
        {
            "id": pd.array(
                [
                    format_detection(*parts)
                    for parts in zip(*(lists[name] for name in _COLUMNS), strict=True)
                ],
                "str",
            ),
            "frame": texts["frame"].to_pandas(),
            "camera": pd.array(np.array([frame.camera for frame in frames], object)[row], "str"),
            "time": np.array([frame.time for frame in frames], "datetime64[s]")[row],
            "type": texts["type"].to_pandas(),
        }
        | stored
    )


def _vectors(matrix: np.ndarray, known: np.ndarray) -> pa.Array:
    content = np.nan_to_num(matrix).astype("<f2").tobytes()
    valid = pa.array(known).buffers()[1]
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(2 * matrix.shape[1]), len(matrix), [valid, pa.py_buffer(content)]
    )


def _matrix(column: pa.ChunkedArray) -> np.ndarray:
    """Vectors as (n, d) float32; a row of NaN where there is none."""
    if not pa.types.is_fixed_size_binary(column.type):
        raise TypeError(f"expected vectors of one length, found {column.type}")
    array = column.combine_chunks()
    width = column.type.byte_width // 2
    flat = np.frombuffer(array.buffers()[1] or b"", "<f2")
    matrix = _widen(flat[array.offset * width : (array.offset + len(array)) * width]).reshape(
        -1, width
    )
    if array.null_count:
        matrix[np.asarray(array.is_null())] = np.nan
    return matrix


def _widen(halves: np.ndarray) -> np.ndarray:
    """Finite float16 as float32, exactly: as ``astype``, which does one number at a time and takes
    twice as long.

    A float32 has three more bits of exponent and thirteen of fraction; moved into place, the number
    is 2**112 times too small.
    """
    wide = np.empty(halves.shape, np.float32)

    def widen(some):
        bits = halves[some].view("<i2").astype(np.int32) << 13
        bits &= ~0x70000000  # what the sign has left in the exponent on its way
        np.multiply(bits.view(np.float32), np.float32(2.0**112), out=wide[some])

    in_threads(widen, chunks(halves))
    return wide
