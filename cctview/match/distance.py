"""Exact distances between embeddings, at the speed of a matrix product.

The square of a Euclidean distance is ``|a|² + |b|² - 2 a·b``, and the last term, for all pairs at
once, is a matrix product: by far the fastest thing a processor does. In float32 that sum cancels
where two vectors are nearly the same. Two steps keep it exact: the vectors are first centred on
their common mean (which changes no distance, and makes the numbers that cancel small), and the few
pairs that are still close are computed again in float64.
"""

import numpy as np

from cctview.match.parallel import chunks, in_threads

#: A pair is computed again in float64 when its squared distance is below this share of a vector's squared length.
#: Above it, the rounding of a float32 product stays below 1e-4 of the distance itself.
CLOSE = 0.01

#: Pairs computed again in float64 at a time.
PAIRS_AT_ONCE = 1024


def check_embeddings(embeddings, name="embeddings", width=None, finite=True):
    """Check a table of embeddings and return it as an array.

    Parameters
    ----------
    embeddings : array_like, shape (n, d)
        One vector a row, of any real type. float16, float32 and float64 are kept as they are.
    name : str
        What to call it in an error.
    width : int, optional
        The number of columns that it must have.
    finite : bool
        Look at every value; without it, only at shape and type.

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
    if finite:
        check_finite(embeddings, name)
    return embeddings


def check_finite(embeddings, name):
    """Raise a ValueError that names the first row with a value that is not finite, if there is one."""
    # A sum is finite only if all its terms are; each is looked at only when it is not (or when the
    # sum overflows).
    with np.errstate(over="ignore", invalid="ignore"):
        total = embeddings.sum(dtype=np.promote_types(embeddings.dtype, np.float32))
    if not np.isfinite(total):
        bad = np.flatnonzero(~np.isfinite(embeddings).all(axis=1))
        if len(bad):
            raise ValueError(
                f"{name}: row {bad[0]} holds a value that is not a finite number; leave that row"
                " out or compute it again"
            )


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
    a = check_embeddings(a, "first table", finite=False)
    b = check_embeddings(b, "second table", a.shape[1], finite=False)
    return compare(a, b, lambda squares: np.sqrt(squares, out=squares))


def cosine_distances(a, b):
    """All cosine distances, one minus the cosine of the angle, between the rows of two tables.

    It is half the squared Euclidean distance of the vectors scaled to length 1, and computed so:
    one minus a cosine near 1 would lose its digits.

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
    a = check_embeddings(a, "first table", finite=False)
    b = check_embeddings(b, "second table", a.shape[1], finite=False)
    return compare(a, b, lambda squares: np.multiply(squares, 0.5, out=squares), unit=True)


def compare(a, b, finish=None, unit=False):
    """Squared Euclidean distances between the rows of two tables.

    Parameters
    ----------
    a, b : ndarray, shape (n, d) and (m, d)
        As `check_embeddings` returns them; whether their values are finite is seen here.
    finish : callable, optional
        Turns squared distances into what is wanted, in place, some rows at a time while they are in
        the cache.
    unit : bool
        Compare the rows scaled to length 1.

    Returns
    -------
    ndarray, shape (n, m), float32
    """
    if not len(a) or not len(b):
        return np.empty((len(a), len(b)), np.float32)
    centre = (middle(a, unit) + middle(b, unit)) / 2
    left, right = (
        Centred(a, centre, unit, "first table", factor=-2),
        Centred(b, centre, unit, "second table"),
    )
    squares = left.rows @ right.rows.T

    def complete_some(rows):
        complete(squares[rows], rows, left, right)
        if finish is not None:
            finish(squares[rows])

    in_threads(complete_some, chunks(squares))
    return squares


def middle(x, unit=False):
    """About the mean of the rows, (d,) float64: that of a few of them. As a centre, any point
    nearby is as good.
    """
    some = x[:: len(x) // 256 + 1].astype(np.float64)
    with np.errstate(invalid="ignore"):  # what is not finite is told of later, with its row
        if unit:
            some /= np.maximum(
                np.linalg.norm(some, axis=1, keepdims=True), np.finfo(np.float64).tiny
            )
        return some.mean(axis=0)


class Centred:
    """The rows of a table less a centre, in float32.

    Parameters
    ----------
    x : ndarray, shape (n, d)
    centre : ndarray, shape (d,)
    unit : bool
        Scale the rows to length 1 first.
    name : str
        What to call the table in an error.
    factor : float
        What to multiply `rows` by in the end: -2 on the left, so that a product gives ``-2 a·b``.

    Attributes
    ----------
    rows : ndarray of float32, shape (n, d)
    squares : ndarray of float32, shape (n,)
        Squared lengths of the rows.

    Raises
    ------
    ValueError
        If a value is not finite, or a row that is to be scaled is all zeros.
    """

    def __init__(self, x, centre, unit, name, factor=1):
        self.x, self.centre, self.scale, self.factor = (
            x,
            centre,
            _scale(x, name) if unit else None,
            factor,
        )
        self.rows, self.squares = np.empty(x.shape, np.float32), np.empty(len(x), np.float32)
        in_threads(self._fill, chunks(x))
        if not np.isfinite(self.squares).all():
            check_finite(x, name)

    @np.errstate(over="ignore", invalid="ignore")  # what is not finite is told of when all is done
    def _fill(self, rows):
        """float64, and what is scaled, is centred before it is rounded; float32 is exact as it is."""
        wide = np.float32 if self.scale is None and self.x.dtype != np.float64 else np.float64
        part = self.x[rows].astype(wide, copy=False)
        if self.scale is not None:
            part = part * self.scale[rows, None]
        centred = self.rows[rows]
        np.subtract(part, self.centre.astype(wide), out=centred, casting="same_kind")
        self.squares[rows] = np.einsum("ij,ij->i", centred, centred)
        if self.factor != 1:
            centred *= self.factor

    def exact(self, rows):
        """Some rows in float64, scaled but not centred."""
        part = self.x[rows].astype(np.float64)
        return part if self.scale is None else part * self.scale[rows, None]


def complete(squares, rows, left, right):
    """Make squared distances of the products ``-2 a·b`` of some rows of the left table with all of
    the right, in place.
    """
    squares += right.squares
    squares += left.squares[rows, None]
    # Where |a - b|² is a small share of |a|², |b| is nearly |a|: so a bound that depends on the row
    # alone will do.
    bound = CLOSE * left.squares[rows]
    near = np.flatnonzero(squares.min(axis=1) < bound)
    if len(near):
        _compare_again(squares, near, bound[near], left, rows.start, right)


def _scale(x, name):
    """One over the length of each row, float64."""
    lengths = np.empty(len(x))

    def measure(rows):
        part = x[rows].astype(np.float64)
        lengths[rows] = np.sqrt(np.einsum("ij,ij->i", part, part))

    in_threads(measure, chunks(x))
    if not lengths.all():
        row = int(np.flatnonzero(lengths == 0)[0])
        raise ValueError(
            f"{name}: row {row} is all zeros, so it has no direction to compare by cosine"
        )
    return 1 / lengths


def _compare_again(squares, near, bound, left, start, right):
    """Compute the close pairs of the rows `near` of a block once more in float64, in place."""
    close = squares[near] < bound[:, None]
    count = np.count_nonzero(close)
    if (
        count > 0.05 * close.size + PAIRS_AT_ONCE
    ):  # so many that one by one would be slow: the same sum in float64
        a, b = left.exact(start + near) - left.centre, right.exact(slice(None)) - left.centre
        sums = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        squares[near] = np.maximum(sums, 0)
        return
    rows, columns = np.nonzero(close)
    for first in range(0, count, PAIRS_AT_ONCE):
        i, j = near[rows[first : first + PAIRS_AT_ONCE]], columns[first : first + PAIRS_AT_ONCE]
        difference = left.exact(start + i) - right.exact(j)
        squares[i, j] = np.einsum("ij,ij->i", difference, difference)
