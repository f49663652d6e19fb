"""Detections and embeddings as compact Parquet: what a zip of `data/` holds instead of the original's JSON.

``detections.parquet`` has one row for each detection: frame, number, type, percent, x1, y1, x2, y2 and embedding (float16,
null for what is never embedded). Where ``basis.parquet`` lies beside it (first row the mean, then one row for each
component, float16), the embeddings are coordinates: ``embedding = mean + coordinates @ components``.
"""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cctview.ids import DetectionId, FrameId

DETECTIONS, BASIS = "detections.parquet", "basis.parquet"
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
        files[BASIS] = _parquet(pa.table({"component": _vectors(np.vstack([mean, components]), np.ones(len(components) + 1, bool))}))
    table = {name: pa.array(detections[name].to_numpy(), kind.value_type if pa.types.is_dictionary(kind) else kind).cast(kind)
             for name, kind in _COLUMNS.items()}
    files[DETECTIONS] = _parquet(pa.table(table | {"embedding": _vectors(compact, known)}))
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
            rows = _matrix(pq.read_table(io.BytesIO(basis))["component"])
            compact = compact @ rows[1:] + rows[0]
        frame = table.drop_columns(["embedding"]).to_pandas()
        frames = {text: FrameId.parse(text) for text in frame.frame.unique()}
        frame = frame.assign(
            frame=frame.frame.astype("str"),
            type=frame.type.astype("str"),
            camera=[frames[text].camera for text in frame.frame],
            time=pd.to_datetime([frames[text].time for text in frame.frame]).as_unit("s"),
        ).astype(dict.fromkeys(["number", "x1", "y1", "x2", "y2"], "int64"))
        ids = [
            str(DetectionId(frames[r.frame], r.number, r.type, round(r.percent, 1), (r.x1, r.y1, r.x2, r.y2)))
            for r in frame.itertuples()
        ]
        return frame.assign(id=pd.Series(ids, dtype="str")), compact
    except (pa.ArrowException, KeyError, ValueError, TypeError, OSError) as error:
        raise ValueError(f"{name}: not the Parquet table of detections that cctview writes ({error}); make it again") from None


def _vectors(matrix: np.ndarray, known: np.ndarray) -> pa.Array:
    flat = pa.array(np.nan_to_num(matrix).astype(np.float16).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1], mask=pa.array(~known))


def _matrix(column: pa.ChunkedArray) -> np.ndarray:
    if not pa.types.is_fixed_size_list(column.type):
        raise TypeError(f"expected vectors of one length, found {column.type}")
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], array.type)
    flat = array.values.to_numpy(zero_copy_only=False).astype(np.float32)
    matrix = flat.reshape(-1, array.type.list_size)[array.offset : array.offset + len(array)].copy()
    matrix[np.asarray(array.is_null())] = np.nan
    return matrix


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
