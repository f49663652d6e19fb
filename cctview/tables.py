"""Detections and embeddings as compact Parquet: what a zip of `data/` holds instead of the original's JSON.

``detections.parquet`` has one row for each detection: frame, number, type, percent, x1, y1, x2, y2 and embedding (null for
what is never embedded). Where ``basis.parquet`` lies beside it (column component: first row the mean, then one row for
each component), the embeddings are coordinates: ``embedding = mean + coordinates @ components``.

A vector is stored as the bytes of its float16 numbers, little end first. Parquet could store it as a list, but takes
five times as long to read that, since it keeps the place of every single number. Nor is it compressed: that would save
5 % (8 % of coordinates), and take twice as long.
"""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cctview.ids import FrameId, format_detection

DETECTIONS, BASIS = "detections.parquet", "basis.parquet"
_AT_ONCE = 1 << 15  # numbers that stay in the processor's cache
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
    detections: pd.DataFrame, embeddings: np.ndarray, basis: tuple[np.ndarray, np.ndarray] | None = None
) -> dict[str, bytes]:
    """Detections and embeddings as Parquet files.

    Parameters
    ----------
    detections : DataFrame
        As `cctview.frames.Dataset.detections`.
    embeddings : ndarray of float32, shape (n, d)
        A row of NaN where a detection has none.
    basis : tuple of ndarray, optional
        Mean (d,) and orthonormal components (k, d): the embeddings, which must lie in their span, are stored as k coordinates.

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
            raise ValueError(f"the embeddings do not lie in the span of the basis: {lost:.3g} of them would be lost")
        files[BASIS] = encode(pa.table({"component": _vectors(np.vstack([mean, components]), np.ones(len(components) + 1, bool))}))
    table = {name: pa.array(detections[name].to_numpy(), kind.value_type if pa.types.is_dictionary(kind) else kind).cast(kind)
             for name, kind in _COLUMNS.items()}
    files[DETECTIONS] = encode(pa.table(table | {"embedding": _vectors(compact, known)}))
    return files


def read_tables(detections: bytes, basis: bytes | None, name: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Read what `write_tables` wrote.

    Returns
    -------
    detections : DataFrame
        Columns as `cctview.frames.COLUMNS`.
    embeddings : ndarray of float32, shape (n, d)
        A row of NaN where there is none.

    Raises
    ------
    ValueError
        If the content is no such Parquet file; the message starts with `name`.
    """
    try:
        table = pq.read_table(io.BytesIO(detections), columns=[*_COLUMNS, "embedding"])
        compact = _matrix(table["embedding"])
        if basis is not None:
            mean_and_components = _matrix(pq.read_table(io.BytesIO(basis), columns=["component"])["component"])
            compact = np.column_stack([np.ones(len(compact), np.float32), compact]) @ mean_and_components
        return _with_names(table.drop_columns(["embedding"]).to_pandas()), compact
    except (pa.ArrowException, KeyError, ValueError, TypeError, OSError) as error:
        raise ValueError(f"{name}: not the Parquet table of detections that cctview writes ({error}); make it again") from None


def encode(table: pa.Table) -> bytes:
    """A table of detections, or a basis, as the bytes of a Parquet file; the same table gives the same bytes."""
    buffer = io.BytesIO()
    vectors = {field.name for field in table.schema if pa.types.is_fixed_size_binary(field.type)}
    names = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    compression = {name: "none" if name in vectors else "zstd" for name in table.column_names}
    pq.write_table(table, buffer, compression=compression, use_dictionary=names)
    return buffer.getvalue()


def _with_names(table: pd.DataFrame) -> pd.DataFrame:
    """The stored columns, and those that follow from them: id, camera, time."""
    code, frames = table.frame.cat.codes.to_numpy(), [FrameId.parse(text) for text in table.frame.cat.categories]
    cameras = pd.Series([frame.camera for frame in frames], dtype="str")
    times = pd.to_datetime(pd.Series([frame.time for frame in frames])).astype("datetime64[s]")
    ids = map(format_detection, *(table[name].tolist() for name in _COLUMNS))
    return table.assign(
        frame=table.frame.astype("str"),
        type=table.type.astype("str"),
        camera=cameras.take(code).array,
        time=times.take(code).array,
        id=pd.Series(list(ids), dtype="str"),
    ).astype(dict.fromkeys(["number", "x1", "y1", "x2", "y2"], "int64"))


def _vectors(matrix: np.ndarray, known: np.ndarray) -> pa.Array:
    content = np.nan_to_num(matrix).astype("<f2").tobytes()
    valid = pa.array(known).buffers()[1]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(2 * matrix.shape[1]), len(matrix), [valid, pa.py_buffer(content)])


def _matrix(column: pa.ChunkedArray) -> np.ndarray:
    """Vectors as (n, d) float32; a row of NaN where there is none."""
    if not pa.types.is_fixed_size_binary(column.type):
        raise TypeError(f"expected vectors of one length, found {column.type}")
    array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    width = column.type.byte_width // 2
    flat = np.frombuffer(array.buffers()[1] or b"", "<f2")
    matrix = _widen(flat[array.offset * width : (array.offset + len(array)) * width]).reshape(-1, width)
    if array.null_count:
        matrix[np.asarray(array.is_null())] = np.nan
    return matrix


def _widen(halves: np.ndarray) -> np.ndarray:
    """Finite float16 as float32, exactly: as ``astype``, which does one number at a time and takes twice as long.

    A float32 has three more bits of exponent and thirteen of fraction; moved into place, the number is 2**112 times too small.
    """
    wide = np.empty(halves.shape, np.float32)
    for start in range(0, len(halves), _AT_ONCE):
        bits = halves[start : start + _AT_ONCE].view("<i2").astype(np.int32) << 13
        bits &= ~0x70000000  # what the sign has left in the exponent on its way
        np.multiply(bits.view(np.float32), np.float32(2.0**112), out=wide[start : start + _AT_ONCE])
    return wide
