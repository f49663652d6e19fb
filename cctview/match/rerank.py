"""Ways to put a ranking in a better order: centring by camera, and k-reciprocal neighbours."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from cctview.match.distance import check_embeddings


def centre_by_camera(
    embeddings: ArrayLike, cameras: ArrayLike, use: ArrayLike | None = None
) -> np.ndarray:
    """Subtract from each embedding the mean of its camera.

    The light, angle and blur that all vehicles of a camera share say nothing about which vehicle it
    is. The cosine distance of the result is the camera-centred cosine.

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
        rows = cameras == camera
        if not (rows & use).any():
            raise ValueError(
                f"camera {camera}: none of its embeddings may be used for the mean; allow some in"
                " `use`"
            )
        centred[rows] = embeddings[rows] - embeddings[rows & use].mean(axis=0, dtype=np.float64)
    return centred


def k_reciprocal(
    q_g_dist: ArrayLike,
    q_q_dist: ArrayLike,
    g_g_dist: ArrayLike,
    k1: int = 20,
    k2: int = 6,
    lambda_value: float = 0.3,
) -> np.ndarray:
    """Re-rank by k-reciprocal nearest neighbours (Zhong et al., CVPR 2017, arXiv 1701.08398).

    Two crops of one vehicle should be among each other's nearest, and have the same neighbours. The
    new distance mixes the Jaccard distance of the two sets of neighbours with the old one. Memory
    grows with the square of queries plus gallery. Where the paper says "at least two thirds", its
    authors' code, and so the field's tools and this function, ask for more.

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


def _reciprocal(ranking: np.ndarray, k: int) -> sparse.csr_array:
    """Pairs that are among each other's k nearest, as ones. (The first of a ranking is itself.)"""
    count = len(ranking)
    k = min(k + 1, ranking.shape[1])
    owners = np.repeat(np.arange(count), k)
    forward = sparse.csr_array(
        (np.ones(count * k, np.int32), (owners, ranking[:, :k].ravel())), shape=(count, count)
    )
    return (forward * forward.T).tocsr()


def _encode_neighbours(old: np.ndarray, ranking: np.ndarray, k1: int) -> sparse.csr_array:
    """Each row's reciprocal neighbours, weighted by exp(-distance) and summing to 1."""
    wide, narrow = _reciprocal(ranking, k1), _reciprocal(ranking, round(k1 / 2))
    # of each candidate's narrow set, how many are in the row's wide set
    shared = (wide @ narrow).tocoo()
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


def _jaccard(encoded: sparse.csr_array, n: int) -> np.ndarray:
    """Jaccard distance of the first n rows' weighted neighbour sets to the others'."""
    columns = encoded.tocsc()
    distance = np.empty((n, encoded.shape[0] - n), np.float32)
    for row in range(n):
        members = slice(encoded.indptr[row], encoded.indptr[row + 1])
        # rows sum to 1, so the sum of maxima is 2 minus the sum of minima
        overlap = np.zeros(encoded.shape[0], np.float32)
        for column, weight in zip(encoded.indices[members], encoded.data[members], strict=True):
            owners = slice(columns.indptr[column], columns.indptr[column + 1])
            overlap[columns.indices[owners]] += np.minimum(columns.data[owners], weight)
        distance[row] = 1 - overlap[n:] / (2 - overlap[n:])
    return distance
