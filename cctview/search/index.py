"""Search in large galleries by FAISS: exact, by quantised cells, or by a graph, as one `Index`.

=========  =========================================================================================
``flat``   compares with every vector: exact, and the measure of the others
``ivfpq``  looks into the few cells nearest the query (inverted file, IVF), compares by codes of 4
           bits for two numbers (product quantisation, PQ; Jégou et al. 2011) on the first 96
           principal components, turned so that each matters alike, and compares the best of those
           exactly (re-ranking)
``hnsw``   walks a graph of neighbours towards the query (Malkov and Yashunin 2018, arXiv
           1603.09320)
=========  =========================================================================================

All three compare squared Euclidean distances of vectors that a `cctview.match.distance.Distance`
prepared.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cctview.match import check_embeddings, get_distance
from cctview.stats import bootstrap

KINDS = ("flat", "ivfpq", "hnsw")
_ADDED_AT_ONCE = 1 << 16
_NEIGHBOURS = 32  # of HNSW: links a vector
_BUILD_EFFORT = 80  # of HNSW: candidates looked at when a vector is linked
_TRAINED_ON = 40  # vectors a cell; FAISS asks for at least 39
_LEAST = 40  # vectors to train IVF-PQ on
_COMPONENTS = 96


@dataclass(frozen=True)
class Recall:
    """Recall@k: the share of the exact k nearest that were found.

    Attributes
    ----------
    k : int
    estimate, low, high : float
        The mean over queries, and its 95% interval by drawing queries again.
    queries : int
    """

    k: int
    estimate: float
    low: float
    high: float
    queries: int

    def __str__(self) -> str:
        return (
            f"recall@{self.k} {self.estimate:.3f} [{self.low:.3f} {self.high:.3f}] over"
            f" {self.queries:,} queries"
        )


def recall(found: ArrayLike, exact: ArrayLike) -> Recall:
    """Recall of a search against an exact one.

    Parameters
    ----------
    found, exact : array_like of int, shape (n, k)
        Rows of the gallery that each query got, and should have got.

    Returns
    -------
    Recall

    Raises
    ------
    ValueError
        If the shapes differ, or there are fewer than two queries.

    Examples
    --------
    >>> print(recall([[1, 2], [7, 5], [0, 1]], [[2, 1], [5, 6], [1, 0]]))
    recall@2 0.833 [0.500 1.000] over 3 queries
    """
    found, exact = np.asarray(found), np.asarray(exact)
    if found.shape != exact.shape or found.ndim != 2:
        raise ValueError(
            f"expected two tables of one shape (n, k), not {found.shape} and {exact.shape}"
        )
    shares = np.array([np.isin(*rows).mean() for rows in zip(found, exact, strict=True)])
    figure = bootstrap(lambda rows: shares[rows].mean(), np.arange(len(shares))).iloc[0]
    return Recall(
        exact.shape[1], float(figure.estimate), float(figure.low), float(figure.high), len(shares)
    )


class Index:
    """A gallery in this computer's memory that can be searched. `build_index` makes it.

    Attributes
    ----------
    kind : {"flat", "ivfpq", "hnsw"}
    distance : str
        One of `cctview.match.DISTANCES`.
    dimensions : int
        Length of a vector.
    effort : int or None
        How many cells or candidates a search looks at, unless it says otherwise; `tune` sets it.
    shortlist : int
        IVF-PQ compares the best so many times k exactly.
    """

    shortlist = 20

    def __init__(self, index: Any, kind: str, distance: str, effort: int | None):
        self._index = index
        self.kind = kind
        self.distance = distance
        self.effort = effort
        self.dimensions: int = index.d

    def __len__(self) -> int:
        return self._index.ntotal

    def add(self, vectors: ArrayLike) -> None:
        """Add vectors (n, d) behind those that are there; a `numpy.memmap` is read block by block.

        Raises a ValueError if the table is malformed, or not `dimensions` wide.
        """
        vectors = np.asanyarray(vectors)
        for start in range(0, len(vectors), _ADDED_AT_ONCE):
            self._index.add(self._prepared(vectors[start : start + _ADDED_AT_ONCE], "vectors"))

    def search(
        self, queries: ArrayLike, k: int, effort: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest vectors of each query, as far as the index finds them.

        Parameters
        ----------
        queries : array_like, shape (n, d)
        k : int
        effort : int, optional
            How hard to look: cells (IVF-PQ) or candidates (HNSW); by default what the index was
            tuned to. Flat needs none.

        Returns
        -------
        indices : ndarray, shape (n, k), int64
            Rows in the order of adding, nearest first; -1 where fewer than k were found.
        distances : ndarray, shape (n, k), float32
            Infinite there.

        Raises
        ------
        ValueError
            If k is impossible, or the table malformed.
        """
        if not 1 <= k <= len(self):
            raise ValueError(
                f"expected 1 <= k <= m, but k is {k} and the index holds {len(self):,} vectors"
            )
        parameters = self._parameters(effort or self.effort)
        squares, indices = self._index.search(
            self._prepared(queries, "queries"), k, params=parameters
        )
        squares = np.where(indices < 0, np.inf, np.maximum(squares, 0)).astype(np.float32)
        return indices.astype(np.int64), get_distance(self.distance).from_squares(squares)

    def _prepared(self, vectors: ArrayLike, name: str) -> np.ndarray:
        vectors = check_embeddings(vectors, name, self.dimensions)
        return np.ascontiguousarray(get_distance(self.distance).prepare(vectors, name), np.float32)

    def _parameters(self, effort: int | None) -> Any:
        faiss = _faiss()
        if self.kind == "ivfpq":
            cells = faiss.SearchParametersIVF(
                nprobe=min(effort, _inside(self._index.base_index).nlist)
            )
            rotated = faiss.SearchParametersPreTransform(index_params=cells)
            return faiss.IndexRefineSearchParameters(
                k_factor=self.shortlist, base_index_params=rotated
            )
        return faiss.SearchParametersHNSW(efSearch=effort) if self.kind == "hnsw" else None

    @property
    def bytes_per_vector(self) -> float:
        """Bytes that a search reads for each vector: its code, or the vector and its links."""
        if self.kind == "ivfpq":  # a code, and the row's number
            return float(_inside(self._index.base_index).code_size + 8)
        return 4.0 * self.dimensions + (8.0 * _NEIGHBOURS if self.kind == "hnsw" else 0)

    def exact(self, queries: ArrayLike, k: int) -> tuple[np.ndarray, np.ndarray]:
        """What `search` would return if it compared with every vector."""
        stored = {
            "flat": lambda: self._index,
            "ivfpq": lambda: self._index.refine_index,
            "hnsw": lambda: self._index.storage,
        }
        flat = _faiss().downcast_index(stored[self.kind]())
        return Index(flat, "flat", self.distance, None).search(queries, k)

    def recall(self, queries: ArrayLike, k: int = 10, effort: int | None = None) -> Recall:
        """Recall@k of a search for these queries, against exact search in the same vectors.

        Parameters
        ----------
        queries : array_like, shape (n, d)
            Vectors that are not in the index, at least two; a vector finds itself too easily.
        k : int
        effort : int, optional
            As `search`.

        Returns
        -------
        Recall
        """
        return recall(self.search(queries, k, effort)[0], self.exact(queries, k)[0])

    def tune(self, queries: ArrayLike, k: int = 10, wanted: float = 0.9) -> Recall:
        """Set `effort` to the least of 1, 2, 4, … whose recall@k is as wanted, or the largest.

        Parameters
        ----------
        queries : array_like, shape (n, d)
            Others than those on which the recall is reported afterwards.
        k : int
        wanted : float
            From 0 to 1.

        Returns
        -------
        Recall
            On these queries.
        """
        exact = self.exact(queries, k)[0]
        largest = _inside(self._index.base_index).nlist if self.kind == "ivfpq" else len(self)
        self.effort = 1
        while (
            reached := recall(self.search(queries, k)[0], exact)
        ).estimate < wanted and self.effort < largest:
            self.effort = min(2 * self.effort, largest)
        return reached


def build_index(
    vectors: ArrayLike,
    kind: str = "flat",
    distance: str = "med",
    cells: int | None = None,
    seed: int = 0,
) -> Index:
    """Index a gallery.

    Parameters
    ----------
    vectors : array_like, shape (n, d)
        Read block by block; a `numpy.memmap` may be larger than memory. The index holds them as
        float32.
    kind : {"flat", "ivfpq", "hnsw"}
    distance : str
        One of `cctview.match.DISTANCES`.
    cells : int, optional
        Of IVF-PQ; by default four times the root of n (and no more than there are vectors to fit
        them to).
    seed : int
        For the vectors that IVF-PQ fits its cells and codes to.

    Returns
    -------
    Index

    Raises
    ------
    ValueError
        If the kind or the distance is unknown, the table malformed, or too small for its kind.

    Examples
    --------
    >>> gallery = np.random.default_rng(0).normal(size=(2000, 8))
    >>> index = build_index(gallery, "ivfpq")
    >>> index.search(gallery[:3], k=1)[0].ravel()
    array([0, 1, 2])
    """
    vectors = np.asanyarray(vectors)
    check_embeddings(vectors[:1], "vectors")
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; choose one of {', '.join(KINDS)}")
    get_distance(distance)
    faiss = _faiss()
    count, dimensions = vectors.shape
    effort = None
    if kind == "flat":
        index = faiss.IndexFlatL2(dimensions)
    elif kind == "hnsw":
        effort = 64
        index = faiss.IndexHNSWFlat(dimensions, _NEIGHBOURS)
        index.hnsw.efConstruction = _BUILD_EFFORT
    else:
        if count < _LEAST or dimensions < 2:
            raise ValueError(
                f"ivfpq needs at least {_LEAST} vectors of two numbers, not {count} of"
                f" {dimensions}; take flat"
            )
        cells = cells or max(min(round(4 * count**0.5), count // _TRAINED_ON), 1)
        parts = max(min(dimensions, _COMPONENTS) // 2, 1)
        index = faiss.index_factory(dimensions, f"PCAR{2 * parts},IVF{cells},PQ{parts}x4fs,RFlat")
        effort = max(cells // 32, 8)
    built = Index(index, kind, distance, effort)
    if kind == "ivfpq":
        trained_on = min(count, max(_TRAINED_ON * (cells or 1), 1000))
        sample = np.random.default_rng(seed).choice(count, trained_on, replace=False)
        index.train(built._prepared(vectors[np.sort(sample)], "vectors"))
    built.add(vectors)
    return built


def principal_coordinates(
    vectors: np.ndarray, count: int = 256, fitted_to: int = 512
) -> np.ndarray:
    """Coordinates of vectors on their first principal components, (n, count) float32.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    count : int
        How many components; fewer where `fitted_to` or d is less.
    fitted_to : int
        To so many vectors, evenly spread, the components are fitted.
    """
    sample = vectors[:: max(len(vectors) // fitted_to, 1)]
    middle = sample.mean(axis=0)
    directions = np.linalg.svd(sample - middle, full_matrices=False)[2][:count]
    return ((vectors - middle) @ directions.T).astype(np.float32)


def measure_kinds(
    gallery: np.ndarray, queries: np.ndarray, k: int = 10, distance: str = "mcd"
) -> pd.DataFrame:
    """Search a gallery by every kind of index, on this computer, now.

    Parameters
    ----------
    gallery, queries : ndarray, shape (n, d) and (m, d)
    k : int
    distance : str

    Returns
    -------
    DataFrame
        Index: `KINDS`; columns `recall`, `low`, `high` (recall@k), `milliseconds` (a query, the
        best of three), `build_seconds`, `bytes` (read for each vector).
    """
    rows = {}
    for kind in KINDS:
        begin = time.perf_counter()
        index = build_index(gallery, kind, distance)
        built, times = time.perf_counter() - begin, []
        for _ in range(3):
            begin = time.perf_counter()
            index.search(queries, k)
            times.append(time.perf_counter() - begin)
        reached = index.recall(queries, k)
        rows[kind] = {
            "recall": reached.estimate,
            "low": reached.low,
            "high": reached.high,
            "milliseconds": 1e3 * min(times) / len(queries),
            "build_seconds": built,
            "bytes": index.bytes_per_vector,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _faiss() -> Any:
    """FAISS, loaded when it is needed."""
    import faiss

    return faiss


def _inside(index: Any) -> Any:
    """The inverted file within an index."""
    return _faiss().extract_index_ivf(index)
