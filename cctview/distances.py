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

#: Numbers worked on at a time, so that they stay inside the processor's cache.
AT_ONCE = 1 << 16

#: Pairs computed again in float64 at a time.
PAIRS_AT_ONCE = 1024


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
    # A sum is finite only if all its terms are; each is looked at only when it is not (or when the sum overflows).
    with np.errstate(over="ignore", invalid="ignore"):
        total = embeddings.sum(dtype=np.promote_types(embeddings.dtype, np.float32))
    if not np.isfinite(total):
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
    return embeddings * _scale(embeddings, name)[:, None]


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
    return compare(a, b, lambda squares: np.sqrt(squares, out=squares))


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
    a = check_embeddings(a, "first table")
    b = check_embeddings(b, "second table", a.shape[1])
    return compare(a, b, lambda squares: np.multiply(squares, 0.5, out=squares), unit=True)


def compare(a, b, finish=None, unit=False, centre=None):
    """Squared Euclidean distances between the rows of two checked tables.

    Parameters
    ----------
    a, b : ndarray, shape (n, d) and (m, d)
    finish : callable, optional
        Turns squared distances into what is wanted, in place, a few rows at a time while they are in the cache.
    unit : bool
        Compare the rows scaled to length 1.
    centre : ndarray, shape (d,), optional
        What both are centred on; by default about the middle between their means.

    Returns
    -------
    ndarray, shape (n, m), float32
    """
    squares = np.zeros((len(a), len(b)), np.float32)
    if not squares.size:
        return squares
    a_scale, b_scale = (_scale(x, name) if unit else None for x, name in ((a, "first table"), (b, "second table")))
    if centre is None:
        centre = (middle(a, a_scale) + middle(b, b_scale)) / 2
    a_centred, a_squares = _centred(a, a_scale, centre)
    b_centred, b_squares = _centred(b, b_scale, centre)
    a_centred *= -2
    np.matmul(a_centred, b_centred.T, out=squares)
    step = max(AT_ONCE // len(b), 1)
    for start in range(0, len(a), step):
        rows = slice(start, start + step)
        block = squares[rows]
        block += b_squares
        block += a_squares[rows, None]
        # Where |a - b|² is a small share of |a|², |b| is nearly |a|: so a bound that depends on the row alone will do.
        bound = CLOSE * a_squares[rows]
        near = start + np.flatnonzero(block.min(axis=1) < bound)
        if len(near):
            _compare_again(squares, near, CLOSE * a_squares[near], a, b, a_scale, b_scale, centre)
        if finish is not None:
            finish(block)
    return squares


def middle(x, scale=None):
    """About the mean of the rows, (d,), in float32 or float64. As a centre, any point nearby is as good."""
    weights = np.full(len(x), 1 / len(x)) if scale is None else scale / len(x)
    wide = np.float64 if x.dtype == np.float64 else np.float32
    return weights.astype(wide) @ x.astype(wide, copy=False)


def _scale(x, name):
    """One over the length of each row, float64."""
    lengths = np.empty(len(x))
    for rows in _chunks(x):
        part = x[rows].astype(np.float64)
        lengths[rows] = np.sqrt(np.einsum("ij,ij->i", part, part))
    if not lengths.all():
        row = int(np.flatnonzero(lengths == 0)[0])
        raise ValueError(f"{name}: row {row} is all zeros, so it has no direction to compare by cosine")
    return 1 / lengths


def _centred(x, scale, centre):
    """`x`, scaled if need be, less `centre` as float32, and the squared length of each row.

    float64, and what is scaled, is centred before it is rounded; float32 is exact as it is.
    """
    wide = np.float32 if scale is None and x.dtype != np.float64 else np.float64
    centre, centred, squares = centre.astype(wide), np.empty(x.shape, np.float32), np.empty(len(x), np.float32)
    for rows in _chunks(x):
        part = x[rows].astype(wide, copy=False)
        if scale is not None:
            part = part * scale[rows, None]
        centred[rows] = part - centre
        squares[rows] = np.einsum("ij,ij->i", centred[rows], centred[rows])
    return centred, squares


def _chunks(x):
    step = max(AT_ONCE // x.shape[1], 1) if x.shape[1] else len(x)
    return [slice(start, start + step) for start in range(0, len(x), step)]


def _compare_again(squares, near, bound, a, b, a_scale, b_scale, centre):
    """Compute the close pairs of the rows `near` once more in float64, in place."""

    def exact(x, scale, rows):
        part = x[rows].astype(np.float64)
        return part if scale is None else part * scale[rows, None]

    close = squares[near] < bound[:, None]
    count = np.count_nonzero(close)
    if count > 0.05 * close.size + PAIRS_AT_ONCE:  # so many that one by one would be slow: the same sum in float64
        left, right = exact(a, a_scale, near) - centre, exact(b, b_scale, slice(None)) - centre
        sums = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
        squares[near] = np.maximum(sums, 0)
        return
    rows, columns = np.nonzero(close)
    for start in range(0, count, PAIRS_AT_ONCE):
        i, j = near[rows[start : start + PAIRS_AT_ONCE]], columns[start : start + PAIRS_AT_ONCE]
        difference = exact(a, a_scale, i) - exact(b, b_scale, j)
        squares[i, j] = np.einsum("ij,ij->i", difference, difference)
