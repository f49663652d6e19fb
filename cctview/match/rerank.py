"""Ranking: the nearest of a large gallery, and ways to put a ranking in a better order afterwards."""

from functools import partial

import numpy as np
from scipy import sparse

from cctview.match.distance import Centred, check_embeddings, complete, middle, unit_vectors
from cctview.match.parallel import in_threads

#: Queries and gallery rows compared at a time: 4,096 x 4,096 distances take 64 MiB.
QUERIES_AT_ONCE, GALLERY_AT_ONCE = 4096, 4096

#: Queries whose distances are looked through at a time, while they are in the processor's cache.
RANKED_AT_ONCE = 64


def nearest(queries, gallery, k, distance="med"):
    """The k nearest gallery vectors of each query, without holding all distances.

    The gallery is read block by block, so it may be larger than the memory: a `numpy.memmap`,
    float16 included.

    Parameters
    ----------
    queries : array_like, shape (n, d)
    gallery : array_like, shape (m, d)
    k : int
        How many to return, at most m.
    distance : {"med", "mcd"}

    Returns
    -------
    indices : ndarray, shape (n, k), int64
        Rows of the gallery, nearest first; of equal ones, the lower row first.
    distances : ndarray, shape (n, k), float32

    Raises
    ------
    ValueError
        If k or the distance is impossible, or a table malformed.

    Examples
    --------
    >>> indices, distances = nearest([[0.0]], [[5.0], [1.0], [2.0]], k=2)
    >>> indices, distances
    (array([[1, 2]]), array([[1., 2.]], dtype=float32))
    """
    queries = check_embeddings(queries, "queries", finite=False)
    gallery = np.asanyarray(gallery)
    if gallery.ndim != 2 or not 1 <= k <= len(gallery):
        raise ValueError(
            f"expected a gallery of shape (m, d) and 1 <= k <= m, but the shape is {gallery.shape}"
            f" and k is {k}"
        )
    if distance not in ("med", "mcd"):
        raise ValueError(f"unknown distance {distance!r}; choose one of med, mcd")
    check_embeddings(gallery[:1], "gallery", queries.shape[1])
    parts = [
        _nearest_squares(queries[start : start + QUERIES_AT_ONCE], gallery, k, distance == "mcd")
        for start in range(0, len(queries), QUERIES_AT_ONCE)
    ]
    if not parts:
        return np.zeros((0, k), np.int64), np.zeros((0, k), np.float32)
    indices, squares = (np.concatenate(part) for part in zip(*parts, strict=True))
    return indices, squares / 2 if distance == "mcd" else np.sqrt(squares)


def _nearest_squares(queries, gallery, k, unit):
    """Indices and squared distances of the k nearest."""
    centre = middle(queries, unit)
    asked = Centred(queries, centre, unit, "queries", factor=-2)
    firsts = range(0, len(queries), RANKED_AT_ONCE)
    parts = [
        _Nearest(slice(first, min(first + RANKED_AT_ONCE, len(queries))), k) for first in firsts
    ]
    for start in range(0, len(gallery), GALLERY_AT_ONCE):
        block = check_embeddings(gallery[start : start + GALLERY_AT_ONCE], "gallery", finite=False)
        block = Centred(block, centre, unit, "gallery")
        products = asked.rows @ block.rows.T
        in_threads(
            partial(_Nearest.look_at, products=products, start=start, asked=asked, block=block),
            parts,
        )
    in_threads(_Nearest.settle, parts)
    return tuple(np.concatenate(found) for found in zip(*map(_Nearest.best, parts), strict=True))


class _Nearest:
    """The k nearest of some queries: candidates, which are all those up to a bound on the k-th best
    so far.
    """

    def __init__(self, queries, k):
        self.queries, self.count, self.k = queries, queries.stop - queries.start, k
        self.found = []
        self.bound = np.full((self.count, 1), np.inf, np.float32)

    def look_at(self, products, start, asked, block):
        """Take the candidates from a block of the gallery, whose first row is number `start` of it."""
        squares = products[self.queries]
        complete(squares, self.queries, asked, block)
        if np.isinf(self.bound[0, 0]) and squares.shape[1] >= self.k:
            self.bound = _bound(squares, self.k)
        places = np.flatnonzero(squares <= self.bound)
        rows, columns = np.divmod(places, squares.shape[1])
        self.found.append((rows, columns + start, squares.ravel()[places]))
        if sum(len(rows) for rows, _, _ in self.found) > 2 * self.count * self.k:
            self.settle()

    def settle(self):
        """Keep the k best of each query in order. (The sort is stable, so of equal ones the lower
        column stays first.)
        """
        rows, columns, values = (np.concatenate(part) for part in zip(*self.found, strict=True))
        order = np.lexsort((values, rows))
        place = (
            np.arange(len(order)) - np.searchsorted(rows[order], np.arange(self.count))[rows[order]]
        )
        order = order[place < self.k]
        self.found = [(rows[order], columns[order], values[order])]
        if len(order) == self.count * self.k:
            self.bound = values[order].reshape(-1, self.k)[:, -1:]

    def best(self):
        """Columns and squared distances of the k nearest, (n, k)."""
        return self.found[0][1].reshape(-1, self.k), self.found[0][2].reshape(-1, self.k)


def _bound(squares, k):
    """A bound on the k-th smallest of each row, (n, 1): of so many groups of columns, the k-th
    smallest minimum.

    It is hardly above the k-th smallest itself, and much cheaper.
    """
    groups = min(max(8 * k, 64), squares.shape[1])
    whole = squares.shape[1] // groups * groups
    smallest = squares[:, :whole].reshape(len(squares), -1, groups).min(axis=1)
    return np.partition(smallest, k - 1, axis=1)[:, k - 1 : k]


def centre_by_camera(embeddings, cameras, use=None):
    """Subtract from each embedding the mean of its camera.

    What all vehicles of a camera share (its light, its angle, its blur) says nothing about which
    vehicle it is. The cosine distance of the result is the camera-centred cosine.

    Parameters
    ----------
    embeddings : array_like, shape (n, d)
    cameras : array_like, shape (n,)
    use : array_like of bool, shape (n,), optional
        The rows that the means are taken of, for example the larger crops; by default all.

    Returns
    -------
    ndarray, shape (n, d), float32

    Raises
    ------
    ValueError
        If the shapes do not agree, or a camera has no row to take the mean of.

    Examples
    --------
    >>> centre_by_camera([[1.0, 0.0], [3.0, 0.0], [7.0, 7.0]], ["N", "N", "S"])
    array([[-1.,  0.],
           [ 1.,  0.],
           [ 0.,  0.]], dtype=float32)
    """
    embeddings = check_embeddings(embeddings)
    cameras = np.asarray(cameras)
    use = np.ones(len(embeddings), bool) if use is None else np.asarray(use, bool)
    if cameras.shape != (len(embeddings),) or use.shape != cameras.shape:
        raise ValueError(
            f"expected one camera (and one `use`) for each of the {len(embeddings)} embeddings"
        )
    centred = np.empty(embeddings.shape, np.float32)
    for camera in np.unique(cameras):
        of = cameras == camera
        if not (of & use).any():
            raise ValueError(
                f"camera {camera}: none of its embeddings may be used for the mean; allow some in"
                " `use`"
            )
        centred[of] = embeddings[of] - embeddings[of & use].mean(axis=0, dtype=np.float64)
    return centred


def expand_queries(queries, gallery, k=5, alpha=0.0):
    """Average query expansion: move each query towards its nearest neighbours in the gallery.

    Every vector is scaled to length 1; the query becomes the mean of itself and its k nearest by
    cosine, each weighted by its cosine to the power of `alpha` (0: all alike, Chum et al. 2007; 3:
    Radenović et al. 2018).

    Parameters
    ----------
    queries : array_like, shape (n, d)
    gallery : array_like, shape (m, d)
    k : int
    alpha : float

    Returns
    -------
    ndarray, shape (n, d), float32
        Of length 1.

    Examples
    --------
    >>> expand_queries([[1.0, 0.0]], [[0.0, 2.0], [-1.0, 0.0]], k=1).round(3)
    array([[0.707, 0.707]], dtype=float32)
    """
    indices, distances = nearest(queries, gallery, k, "mcd")
    weights = np.maximum(1 - distances, 0) ** alpha
    neighbours = unit_vectors(np.asarray(gallery)[indices.ravel()], "gallery").reshape(
        *indices.shape, -1
    )
    expanded = unit_vectors(queries, "queries") + np.einsum("nk,nkd->nd", weights, neighbours)
    return unit_vectors(expanded, "expanded queries").astype(np.float32)


def k_reciprocal(q_g_dist, q_q_dist, g_g_dist, k1=20, k2=6, lambda_value=0.3):
    """Re-rank by k-reciprocal nearest neighbours (Zhong et al., CVPR 2017, arXiv 1701.08398).

    Two pictures of one vehicle should be among each other's nearest, and have the same neighbours.
    The new distance mixes the Jaccard distance of the two sets of neighbours with the old one. It
    needs all distances at once, so memory grows with the square of queries plus gallery. Where the
    paper says "at least two thirds", its authors' code, and so the field's tools and this function,
    ask for more than two thirds.

    Parameters
    ----------
    q_g_dist : array_like, shape (n, m)
        Distances from queries to gallery.
    q_q_dist : array_like, shape (n, n)
    g_g_dist : array_like, shape (m, m)
    k1 : int
        How many neighbours must be reciprocal.
    k2 : int
        Over how many neighbours the sets are averaged (local query expansion).
    lambda_value : float
        Weight of the old distance, from 0 to 1.

    Returns
    -------
    ndarray, shape (n, m), float32

    Raises
    ------
    ValueError
        If the shapes do not fit each other or a distance is not finite.

    Examples
    --------
    >>> near, far = [[0.1, 1.0, 1.0]], [[0.0, 1.0, 1.0], [1.0, 0.0, 0.2], [1.0, 0.2, 0.0]]
    >>> k_reciprocal(near, [[0.0]], far, k1=1, k2=1).argsort().tolist()
    [[0, 1, 2]]
    """
    q_g = check_embeddings(q_g_dist, "q_g_dist")
    n, m = q_g.shape
    q_q, g_g = check_embeddings(q_q_dist, "q_q_dist", n), check_embeddings(g_g_dist, "g_g_dist", m)
    if len(q_q) != n or len(g_g) != m:
        raise ValueError(
            f"expected distances of shapes {(n, m)}, {(n, n)} and {(m, m)}, got {q_g.shape},"
            f" {q_q.shape}, {g_g.shape}"
        )
    old = np.block([[q_q, q_g], [q_g.T, g_g]]).astype(np.float32) ** 2
    old /= np.maximum(old.max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    ranking = np.argsort(old, axis=1, kind="stable")[:, : max(k1 + 1, k2)]
    encoded = _encode_neighbours(old, ranking, k1)
    if k2 > 1:
        others = ranking[:, :k2].ravel()
        owners = np.repeat(np.arange(n + m), min(k2, n + m))
        mean = sparse.csr_array(
            (np.full(len(others), 1 / min(k2, n + m), np.float32), (owners, others)),
            shape=old.shape,
        )
        encoded = mean @ encoded
    return (1 - lambda_value) * _jaccard(encoded, n) + lambda_value * old[:n, n:]


def _reciprocal(ranking, k):
    """Who is among whose k nearest, both ways, as a sparse table of ones. (The first of a ranking
    is oneself.)
    """
    count = len(ranking)
    k = min(k + 1, ranking.shape[1])
    owners = np.repeat(np.arange(count), k)
    forward = sparse.csr_array(
        (np.ones(count * k, np.int32), (owners, ranking[:, :k].ravel())), shape=(count, count)
    )
    return (forward * forward.T).tocsr()


def _encode_neighbours(old, ranking, k1):
    """Each row's reciprocal neighbours, taken wider where they agree, weighted by exp(-distance)
    and summing to 1.
    """
    wide, narrow = _reciprocal(ranking, k1), _reciprocal(ranking, round(k1 / 2))
    shared = (
        wide @ narrow
    ).tocoo()  # of each candidate's narrow set, how many are in the row's wide set
    size = narrow.sum(axis=1)
    joins = (shared.data > 2 / 3 * size[shared.col]) & (wide[shared.row, shared.col] > 0)
    joining = sparse.csr_array(
        (np.ones(joins.sum(), np.int32), (shared.row[joins], shared.col[joins])), shape=old.shape
    )
    members = (wide + joining @ narrow).tocoo()
    weights = sparse.csr_array(
        (np.exp(-old[members.row, members.col]), (members.row, members.col)), shape=old.shape
    )
    return (sparse.diags_array(1 / weights.sum(axis=1)) @ weights).tocsr()


def _jaccard(encoded, n):
    """Jaccard distance of the weighted neighbour sets of the first n rows to those of the others."""
    columns = encoded.tocsc()
    distance = np.empty((n, encoded.shape[0] - n), np.float32)
    for row in range(n):
        held = encoded.indices[encoded.indptr[row] : encoded.indptr[row + 1]]
        own = encoded.data[encoded.indptr[row] : encoded.indptr[row + 1]]
        overlap = np.zeros(encoded.shape[0], np.float32)
        for column, weight in zip(held, own, strict=True):
            of = slice(columns.indptr[column], columns.indptr[column + 1])
            overlap[columns.indices[of]] += np.minimum(columns.data[of], weight)
        distance[row] = 1 - overlap[n:] / (2 - overlap[n:])
    return distance
