"""Distances between single embeddings: smaller is closer. A new one is one entry of `DISTANCES`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

#: Gallery rows compared at a time: 1,024 vectors of 1,920 numbers take 16 MB in float64.
_ROWS_AT_ONCE = 1024


def check_embeddings(
    embeddings: ArrayLike, name: str = "embeddings", width: int | None = None
) -> np.ndarray:
    """Check a table of embeddings and return it as an array.

    Parameters
    ----------
    embeddings : array_like, shape (n, d)
        One vector a row. float16, float32 and float64 are kept as they are.
    name : str
        What to call it in an error.
    width : int, optional
        The number of columns that it must have.

    Raises
    ------
    ValueError
        If it is not a table of finite real numbers, or not `width` wide.

    Examples
    --------
    >>> check_embeddings([[0.0], [float("nan")]], "queries")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: queries: row 1 holds a value that is not a finite number; leave that row out or ...
    """
    embeddings = np.asanyarray(embeddings)
    if embeddings.ndim != 2:
        raise ValueError(
            f"{name}: expected a table of shape (n, d), one vector a row, but the shape is"
            f" {embeddings.shape}"
        )
    if embeddings.dtype.kind in "iub":
        embeddings = embeddings.astype(np.float32)
    if embeddings.dtype.kind != "f":
        raise ValueError(f"{name}: expected real numbers, but the type is {embeddings.dtype}")
    if width is not None and embeddings.shape[1] != width:
        raise ValueError(
            f"{name}: expected vectors of {width} numbers, but they have {embeddings.shape[1]}; "
            "both sides must come from the same extractor"
        )
    bad = np.flatnonzero(~np.isfinite(embeddings).all(axis=1))
    if len(bad):
        raise ValueError(
            f"{name}: row {bad[0]} holds a value that is not a finite number; leave that row out or"
            " compute it again"
        )
    return embeddings


def unit_vectors(embeddings: ArrayLike, name: str = "embeddings") -> np.ndarray:
    """Scale every row to length 1, in float64, so that its direction alone remains.

    Raises
    ------
    ValueError
        If a row is all zeros: it has no direction.

    Examples
    --------
    >>> unit_vectors([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """
    embeddings = check_embeddings(embeddings, name)
    scaled: np.ndarray = embeddings / _lengths(embeddings, name)
    return scaled


def _lengths(vectors: np.ndarray, name: str) -> np.ndarray:
    """The length of each row, (n, 1) float64, none of which may be 0."""
    lengths: np.ndarray = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))[
        :, None
    ]
    if not lengths.all():
        raise ValueError(
            f"{name}: row {np.flatnonzero(lengths == 0)[0]} is all zeros, so it has no direction to"
            " compare by cosine"
        )
    return lengths


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + _ROWS_AT_ONCE) for start in range(0, count, _ROWS_AT_ONCE)]


def euclidean_distances(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """All Euclidean distances between the rows of two tables, (n, d) and (m, d).

    Returns
    -------
    ndarray, shape (n, m), float32
        Within 1e-4 of each distance, and 1e-6 of a typical one where two vectors are the same.

    Raises
    ------
    ValueError
        If a table has the wrong shape or holds a value that is not finite.

    Examples
    --------
    >>> euclidean_distances([[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0]])
    array([[0.],
           [5.]], dtype=float32)
    """
    a = check_embeddings(a, "first table")
    b = check_embeddings(b, "second table", a.shape[1])
    distances = np.empty((len(a), len(b)), np.float32)
    # |a - b|² = |a|² + |b|² - 2 a·b is one matrix product for all pairs, but cancels where a is
    # nearly b. Centred vectors are short, and float64 has the digits to spare.
    centre = a[:256].mean(axis=0, dtype=np.float64) if len(a) else 0
    a = a - centre
    for rows in _blocks(len(b)):
        block = b[rows] - centre
        squares = (a**2).sum(axis=1)[:, None] + (block**2).sum(axis=1) - 2 * a @ block.T
        distances[:, rows] = np.sqrt(np.maximum(squares, 0))
    return distances


def cosine_distances(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """All cosine distances, one minus the cosine of the angle, between the rows of two tables.

    Returns
    -------
    ndarray, shape (n, m), float32
        Between 0 (same direction) and 2 (opposite).

    Raises
    ------
    ValueError
        As `euclidean_distances`, or if a row is all zeros.

    Examples
    --------
    >>> cosine_distances([[1.0, 0.0]], [[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0]])
    array([[0., 1., 2.]], dtype=float32)
    """
    a = unit_vectors(a, "first table")
    b = check_embeddings(b, "second table", a.shape[1])
    lengths = _lengths(b, "second table")
    distances = np.empty((len(a), len(b)), np.float32)
    for rows in _blocks(len(b)):
        distances[:, rows] = np.clip(1 - a @ (b[rows] / lengths[rows]).T, 0, 2)
    return distances


@dataclass(frozen=True)
class Distance:
    """A distance between single embeddings, and how a search index has it.

    Attributes
    ----------
    label : str
        What figures and menus call it.
    between : callable
        All distances of two tables, (n, d) and (m, d): an array (n, m).
    prepare : callable
        ``prepare(table, name)``: vectors whose squared Euclidean distances rank in the same order.
    from_squares : callable
        Turns those squared Euclidean distances into this distance.
    """

    label: str
    between: Callable[[Any, Any], np.ndarray]
    prepare: Callable[[Any, str], np.ndarray]
    from_squares: Callable[[Any], Any]

    def __call__(self, a: ArrayLike, b: ArrayLike) -> np.ndarray:
        return self.between(a, b)


#: Every distance between single embeddings, by name: what takes a `distance` offers these.
DISTANCES = {
    "med": Distance("MED", euclidean_distances, check_embeddings, np.sqrt),
    # of unit vectors, |a - b|² = 2 - 2 cos
    "mcd": Distance("MCD", cosine_distances, unit_vectors, lambda squares: squares / 2),
}


def get_distance(name: str) -> Distance:
    """The distance of that name; a ValueError that lists the known ones if there is none."""
    if name not in DISTANCES:
        raise ValueError(f"unknown distance {name!r}; choose one of {', '.join(DISTANCES)}")
    return DISTANCES[name]
