"""Exact distances between embeddings, at the speed of a matrix product.

The square of a Euclidean distance is ``|a|² + |b|² - 2 a·b``, and the last term, for all pairs at once, is a matrix
product: by far the fastest thing a processor does. In float32 that sum cancels where two vectors are nearly the
same. Two steps keep it exact: the vectors are first centred on their common mean (which changes no distance, and
makes the numbers that cancel small), and the few pairs that are still close are computed again in float64.
"""

import numpy as np

#: A pair is computed again in float64 when its squared distance is below this share of a vector's squared length.
#: Above it, the rounding of a float32 product stays below 1e-4 of the distance itself.
CLOSE = 0.01

#: Rows of a result finished at a time, so that the finishing stays inside the processor's cache.
ROWS_AT_ONCE = 64

#: Pairs computed again in float64 at a time.
PAIRS_AT_ONCE = 4096


def check_embeddings(embeddings, name="embeddings", width=None):
    """Check a table of embeddings and return it as an array.

    Parameters
    ----------
    embeddings : array_like, shape (n, d)
        One vector a row, of any real type. float16, float32 and float64 are kept as they are.
    name : str
        What to call it in an error.
    width : int, optional
        The number of columns that it must have.

    Returns
    -------
    ndarray, shape (n, d)

    Raises
    ------
    ValueError
        If it is not a table of finite real numbers, or not `width` wide.

    Examples
    --------
    >>> check_embeddings([[0.0, 1.0], [2.0, float("nan")]], "queries")
    Traceback (most recent call last):
    ...
    ValueError: queries: row 1 holds a value that is not a finite number; leave that row out or compute it again
    """
    embeddings = np.asanyarray(embeddings)
    if embeddings.ndim != 2:
        raise ValueError(f"{name}: expected a table of shape (n, d), one vector a row, but the shape is {embeddings.shape}")
    if embeddings.dtype.kind in "iub":
        embeddings = embeddings.astype(np.float32)
    if embeddings.dtype.kind != "f":
        raise ValueError(f"{name}: expected real numbers, but the type is {embeddings.dtype}")
    if width is not None and embeddings.shape[1] != width:
        raise ValueError(
            f"{name}: expected vectors of {width} numbers, but they have {embeddings.shape[1]}; "
            "both sides must come from the same extractor"
        )
    # A sum is finite only if all its terms are; the exact row is looked for only when it is not.
    if not np.isfinite(embeddings.sum(dtype=np.float64)):
        bad = np.flatnonzero(~np.isfinite(embeddings).all(axis=1))
        if len(bad):
            raise ValueError(
                f"{name}: row {bad[0]} holds a value that is not a finite number; leave that row out or compute it again"
            )
    return embeddings


def unit_vectors(embeddings, name="embeddings"):
    """Scale every row to length 1, so that its direction alone remains.

    Parameters
    ----------
    embeddings : array_like, shape (n, d)
    name : str
        What to call it in an error.

    Returns
    -------
    ndarray, shape (n, d), float64
        In float64, because vectors that nearly point the same way differ only in their last digits.

    Raises
    ------
    ValueError
        If a row is all zeros: it has no direction.

    Examples
    --------
    >>> unit_vectors([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """
    embeddings = check_embeddings(embeddings, name).astype(np.float64, copy=False)
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    if not lengths.all():
        row = int(np.flatnonzero(lengths[:, 0] == 0)[0])
        raise ValueError(f"{name}: row {row} is all zeros, so it has no direction to compare by cosine")
    return embeddings / lengths


def euclidean_distances(a, b):
    """All Euclidean distances between the rows of two tables.

    Parameters
    ----------
    a : array_like, shape (n, d)
    b : array_like, shape (m, d)

    Returns
    -------
    ndarray, shape (n, m), float32
        Within 1e-4 of each distance as float64 gives it, near-identical vectors included.

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
    squares = squared_distances(a, b)
    return np.sqrt(squares, out=squares)


def cosine_distances(a, b):
    """All cosine distances, one minus the cosine of the angle, between the rows of two tables.

    It is half the squared Euclidean distance of the vectors scaled to length 1, and computed so: one minus a cosine
    near 1 would lose its digits.

    Parameters
    ----------
    a : array_like, shape (n, d)
    b : array_like, shape (m, d)

    Returns
    -------
    ndarray, shape (n, m), float32
        Between 0 (same direction) and 2 (opposite).

    Raises
    ------
    ValueError
        If a table has the wrong shape, holds a value that is not finite, or a row of zeros.

    Examples
    --------
    >>> cosine_distances([[1.0, 0.0]], [[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0]])
    array([[0., 1., 2.]], dtype=float32)
    """
    a = unit_vectors(a, "first table")
    b = unit_vectors(b, "second table")
    check_embeddings(b, "second table", a.shape[1])
    squares = squared_distances(a, b)
    squares *= 0.5
    return squares


def squared_distances(a, b, centre=None):
    """All squared Euclidean distances between the rows of two checked tables, (n, m) float32.

    `centre` is a vector (d,) that both are centred on; by default the mean of their means.
    """
    if not len(a) or not len(b):
        return np.zeros((len(a), len(b)), np.float32)
    if centre is None:
        centre = (a.mean(axis=0, dtype=np.float64) + b.mean(axis=0, dtype=np.float64)) / 2
    a_centred, a_squares = _centred(a, centre)
    b_centred, b_squares = _centred(b, centre)
    a_centred *= -2
    squares = a_centred @ b_centred.T
    for start in range(0, len(a), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        _finish(squares[rows], a[rows], b, a_squares[rows], b_squares, centre)
    return squares


def _centred(x, centre):
    """`x` less `centre` as float32, and the squared length of each row.

    float64 is centred before it is rounded; float32 is centred by a float32 vector, which is the same for both sides.
    """
    if x.dtype != np.float64:
        x, centre = x.astype(np.float32, copy=False), centre.astype(np.float32)
    x = (x - centre).astype(np.float32, copy=False)
    return x, np.einsum("ij,ij->i", x, x)


def _finish(block, a, b, a_squares, b_squares, centre):
    """Turn rows of ``-2 a·b`` into squared distances, in place."""
    block += a_squares[:, None]
    block += b_squares
    # Where |a - b|² is a small share of |a|², |b| is nearly |a|: so a bound that depends on the row alone will do.
    close = block < CLOSE * a_squares[:, None]
    count = np.count_nonzero(close)
    if count > 0.05 * close.size:
        block[:] = _squares_in_float64(a, b, centre)
    elif count:
        rows, columns = np.nonzero(close)
        for start in range(0, count, PAIRS_AT_ONCE):
            i, j = rows[start : start + PAIRS_AT_ONCE], columns[start : start + PAIRS_AT_ONCE]
            difference = np.subtract(a[i], b[j], dtype=np.float64)
            block[i, j] = np.einsum("ij,ij->i", difference, difference)


def _squares_in_float64(a, b, centre):
    """The same sum in float64, for blocks in which so many pairs are close that one by one would be slow."""
    a, b = a - centre, b - centre
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.maximum(squares, 0, out=squares)
