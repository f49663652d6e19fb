"""Search in large galleries: exact, by quantised cells, or by a graph, behind one interface; FAISS
does the work.

=========  ====================================================================================================
``flat``   compares with every vector: exact, and the measure of the others
``ivfpq``  looks into the few cells nearest the query (inverted file, IVF), compares by codes of 4 bits for two numbers
           (product quantisation, PQ; Jégou et al. 2011) on the first 96 principal components, turned so that each matters
           alike, and compares the best of those exactly (re-ranking)
``hnsw``   walks a graph of neighbours towards the query (Malkov and Yashunin 2018, arXiv 1603.09320)
=========  ====================================================================================================

A distance is MED or MCD as in `cctview.match.matching`. All three compare squared Euclidean distances
inside; for MCD the vectors are scaled to length 1 first.
"""

import json
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset.storage import replacing, write_bytes
from cctview.match.distance import check_embeddings, unit_vectors
from cctview.stats.resampling import bootstrap

KINDS = ("flat", "ivfpq", "hnsw")
ADDED_AT_ONCE = 1 << 16
_NEIGHBOURS, _BUILD_EFFORT = (
    32,
    80,
)  # of HNSW: links a vector, and candidates looked at when it is linked
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
        The mean over queries, and its 95 % interval by drawing queries again.
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


def recall(found, exact) -> Recall:
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
    shares = np.array([np.isin(of, wanted).mean() for of, wanted in zip(found, exact, strict=True)])
    figure = bootstrap(lambda rows: shares[rows].mean(), np.arange(len(shares))).iloc[0]
    return Recall(
        exact.shape[1], float(figure.estimate), float(figure.low), float(figure.high), len(shares)
    )


class Index(ABC):
    """A gallery that can be searched, wherever it lies.

    Attributes
    ----------
    dimensions : int
        Length of a vector.
    distance : {"med", "mcd"}
    """

    dimensions: int
    distance: str

    @abstractmethod
    def __len__(self) -> int:
        """How many vectors it holds."""

    @abstractmethod
    def _add(self, vectors: np.ndarray) -> None:
        """Add prepared vectors behind those that are there."""

    @abstractmethod
    def _search(
        self, queries: np.ndarray, k: int, effort: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows and squared Euclidean distances of the nearest to prepared queries."""

    def add(self, vectors) -> None:
        """Add vectors behind those that are there; they are read block by block, so a
        `numpy.memmap` may be larger than memory.

        Parameters
        ----------
        vectors : array_like, shape (n, d)

        Raises
        ------
        ValueError
            If the table is malformed, or not `dimensions` wide.
        """
        vectors = np.asanyarray(vectors)
        for start in range(0, len(vectors), ADDED_AT_ONCE):
            self._add(self._prepared(vectors[start : start + ADDED_AT_ONCE], "vectors"))

    def search(self, queries, k: int, effort: int | None = None) -> tuple[np.ndarray, np.ndarray]:
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
        indices, squares = self._search(self._prepared(queries, "queries"), k, effort)
        squares = np.where(indices < 0, np.inf, np.maximum(squares, 0)).astype(np.float32)
        return indices.astype(np.int64), squares / 2 if self.distance == "mcd" else np.sqrt(squares)

    def _prepared(self, vectors, name):
        vectors = check_embeddings(vectors, name, self.dimensions)
        vectors = unit_vectors(vectors, name) if self.distance == "mcd" else vectors
        return np.ascontiguousarray(vectors, np.float32)


class FaissIndex(Index):
    """An index of this computer's memory, or of a file mapped into it. Made by `build` or `load`.

    Attributes
    ----------
    kind : {"flat", "ivfpq", "hnsw"}
    effort : int or None
        How many cells or candidates a search looks at, unless it says otherwise; `tune` sets it.
    shortlist : int
        IVF-PQ compares the best so many times k exactly.
    """

    shortlist = 20

    def __init__(self, index, kind: str, distance: str, effort: int | None):
        self._index, self.kind, self.distance, self.effort = index, kind, distance, effort
        self.dimensions = index.d

    def __len__(self):
        return self._index.ntotal

    @property
    def bytes_per_vector(self) -> float:
        """Bytes that a search reads through for each vector: its code, or the vector; and its
        links, if there is a graph.
        """
        if self.kind == "ivfpq":
            return float(
                _inside(self._index.base_index).code_size + 8
            )  # a code, and the row's number
        return 4.0 * self.dimensions + (8.0 * _NEIGHBOURS if self.kind == "hnsw" else 0)

    def _add(self, vectors):
        self._index.add(vectors)

    def _search(self, queries, k, effort):
        squares, indices = self._index.search(
            queries, k, params=self._parameters(effort or self.effort)
        )
        return indices, squares

    def _parameters(self, effort):
        import faiss

        if self.kind == "ivfpq":
            cells = faiss.SearchParametersIVF(
                nprobe=min(effort, _inside(self._index.base_index).nlist)
            )
            rotated = faiss.SearchParametersPreTransform(index_params=cells)
            return faiss.IndexRefineSearchParameters(
                k_factor=self.shortlist, base_index_params=rotated
            )
        return faiss.SearchParametersHNSW(efSearch=effort) if self.kind == "hnsw" else None

    def exact(self, queries, k: int) -> tuple[np.ndarray, np.ndarray]:
        """What `search` would return if it compared with every vector."""
        import faiss

        stored = {
            "flat": lambda: self._index,
            "ivfpq": lambda: self._index.refine_index,
            "hnsw": lambda: self._index.storage,
        }
        return FaissIndex(
            faiss.downcast_index(stored[self.kind]()), "flat", self.distance, None
        ).search(queries, k)

    def recall(self, queries, k: int = 10, effort: int | None = None) -> Recall:
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

    def tune(self, queries, k: int = 10, wanted: float = 0.9) -> Recall:
        """Set `effort` to the least, of 1, 2, 4, …, whose recall@k is as wanted; if none is, to the
        largest.

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

    def save(self, folder: str | Path) -> None:
        """Write the index to a folder; what was there before stays until the new one is complete."""
        import faiss

        with replacing(Path(folder)) as temporary:
            temporary.mkdir()
            faiss.write_index(self._index, str(temporary / "index.faiss"))
            settings = {"kind": self.kind, "distance": self.distance, "effort": self.effort}
            write_bytes(temporary / "settings.json", json.dumps(settings).encode())


def load(folder: str | Path) -> FaissIndex:
    """Open an index that `FaissIndex.save` wrote. Its vectors and codes stay in the file, and are
    read as searches need them. (On macOS, for which FAISS maps no files, it is read as a whole.)

    Open only what you or someone you trust has written: FAISS reads its own format without much
    doubt.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    FaissIndex
        To search; to add to it, build it anew.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no index in the folder, or it cannot be read.
    """
    import faiss

    folder = Path(folder)
    try:
        settings = json.loads((folder / "settings.json").read_bytes())
        flags = 0 if sys.platform == "darwin" else faiss.IO_FLAG_MMAP_IFC
        index = faiss.read_index(str(folder / "index.faiss"), flags)
        return FaissIndex(index, settings["kind"], settings["distance"], settings["effort"])
    except FileNotFoundError:
        raise FileNotFoundError(f"{folder}: no index in it; build one and save it there") from None
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{folder}: the index cannot be read ({str(error).splitlines()[0]}); build it again"
        ) from None


def build(
    vectors, kind: str = "flat", distance: str = "med", cells: int | None = None, seed: int = 0
) -> FaissIndex:
    """Index a gallery.

    Parameters
    ----------
    vectors : array_like, shape (n, d)
        Read block by block; a `numpy.memmap` may be larger than memory. The index holds them as
        float32.
    kind : {"flat", "ivfpq", "hnsw"}
    distance : {"med", "mcd"}
    cells : int, optional
        Of IVF-PQ; by default four times the root of n (and no more than there are vectors to learn
        them from).
    seed : int
        For the vectors that IVF-PQ learns its cells and codes from.

    Returns
    -------
    FaissIndex

    Raises
    ------
    ValueError
        If the kind or the distance is unknown, the table malformed, or too small for its kind.

    Examples
    --------
    >>> gallery = np.random.default_rng(0).normal(size=(2000, 8))
    >>> index = build(gallery, "ivfpq")
    >>> index.search(gallery[:3], k=1)[0].ravel()
    array([0, 1, 2])
    """
    import faiss

    vectors = np.asanyarray(vectors)
    check_embeddings(vectors[:1], "vectors")
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; choose one of {', '.join(KINDS)}")
    if distance not in ("med", "mcd"):
        raise ValueError(f"unknown distance {distance!r}; choose one of med, mcd")
    count, dimensions = vectors.shape
    if kind == "flat":
        index, effort = faiss.IndexFlatL2(dimensions), None
    elif kind == "hnsw":
        index, effort = faiss.IndexHNSWFlat(dimensions, _NEIGHBOURS), 64
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
    built = FaissIndex(index, kind, distance, effort)
    if kind == "ivfpq":
        sample = np.random.default_rng(seed).choice(
            count, min(count, max(_TRAINED_ON * cells, 1000)), replace=False
        )
        index.train(built._prepared(vectors[np.sort(sample)], "vectors"))
    built.add(vectors)
    return built


def principal_coordinates(vectors, count=256, learnt_from=512):
    """Coordinates of vectors on their first principal components, (n, count) float32: most of each
    vector in fewer numbers.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    count : int
        How many components; fewer where `learnt_from` or d is less.
    learnt_from : int
        From so many vectors, evenly spread, the components are learnt.
    """
    sample = vectors[:: max(len(vectors) // learnt_from, 1)]
    middle = sample.mean(axis=0)
    directions = np.linalg.svd(sample - middle, full_matrices=False)[2][:count]
    return ((vectors - middle) @ directions.T).astype(np.float32)


def measure_kinds(gallery, queries, k=10, distance="mcd"):
    """Search a gallery by every kind of index, on this computer, now.

    Parameters
    ----------
    gallery, queries : ndarray, shape (n, d) and (m, d)
    k : int
    distance : {"med", "mcd"}

    Returns
    -------
    DataFrame
        Index: `KINDS`; columns `recall`, `low`, `high` (recall@k), `milliseconds` (a query, the
        best of three), `build_seconds`, `bytes` (read for each vector).
    """
    rows = {}
    for kind in KINDS:
        begin = time.perf_counter()
        index = build(gallery, kind, distance)
        built, times = time.perf_counter() - begin, []
        for _ in range(3):
            begin = time.perf_counter()
            index.search(queries, k)
            times.append(time.perf_counter() - begin)
        found = index.recall(queries, k)
        rows[kind] = (
            found.estimate,
            found.low,
            found.high,
            1e3 * min(times) / len(queries),
            built,
            index.bytes_per_vector,
        )
    return pd.DataFrame.from_dict(
        rows,
        orient="index",
        columns=["recall", "low", "high", "milliseconds", "build_seconds", "bytes"],
    )


def _inside(index):
    import faiss

    return faiss.extract_index_ivf(index)
