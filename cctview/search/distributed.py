"""The same work on more than one machine, by Dask: an executor, and exact search in blocks.

Without a scheduler's address the workers are processes on this computer (Dask's `LocalCluster`),
one to a core, that listen on loopback only and talk under TLS with a key made for the occasion:
anyone who can talk to a Dask worker can run code as its user. On a cluster, every machine needs the
same cctview, and must see the same folders under the same paths; for TLS there, set
``distributed.comm`` in Dask's configuration.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cctview.search.index import build_index

_MERGED_AT_ONCE = 8


@contextmanager
def dask_executor(
    tasks: int, scheduler: str | None = None, workers: int | None = None
) -> Iterator[Executor]:
    """An executor of a Dask scheduler, or of workers on this computer: at most one a task.

    Parameters and errors are those of `connect`. A task of a lost worker goes to another.
    """
    with connect(scheduler, min(workers or os.cpu_count() or 1, tasks)) as client:
        yield client.get_executor(pure=False)


@contextmanager
def connect(
    scheduler: str | None = None, workers: int | None = None, memory_limit: str | float = "auto"
) -> Iterator[Any]:
    """A Dask client: of the scheduler at an address, or of workers on this computer, which end with
    the block.

    Parameters
    ----------
    scheduler : str, optional
    workers : int, optional
        How many on this computer; by default one to a core.
    memory_limit : str or float
        Of each worker on this computer, as "1GiB"; by default the computer's memory, shared
        equally.

    Yields
    ------
    distributed.Client
        Inside the block also `nearest` runs on its workers.

    Raises
    ------
    ImportError
        If Dask's scheduler is not installed.
    OSError
        If the scheduler cannot be reached.
    """
    try:
        from distributed import Client, LocalCluster, Security

        options = {
            "security": None if scheduler else Security.temporary(),
            "memory_limit": memory_limit,
        }
    except ImportError as error:
        raise ImportError(f"{error}; run: pip install cctview[scale]") from None
    if scheduler:
        with Client(scheduler) as client:
            yield client
        return
    options |= {"n_workers": workers or os.cpu_count(), "threads_per_worker": 1}
    options |= {"dashboard_address": "127.0.0.1:0", "silence_logs": "CRITICAL"}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


def nearest(
    queries: ArrayLike, gallery: Any, k: int, distance: str = "med"
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest gallery vectors of each query: exact search, by as many workers as there are.

    Each block gives its k nearest by a flat index, and these are merged, eight lists at a time; no
    worker holds the gallery, nor all distances.

    Parameters
    ----------
    queries : array_like, shape (n, d)
    gallery : dask.array.Array, shape (m, d)
    k : int
    distance : str
        One of `cctview.match.DISTANCES`.

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
    >>> import dask.array as da
    >>> gallery = da.from_array(np.array([[5.0], [1.0], [2.0]]), chunks=(2, -1))
    >>> nearest([[0.0]], gallery, k=2)
    (array([[1, 2]]), array([[1., 2.]], dtype=float32))
    """
    from dask import delayed

    if not 1 <= k <= len(gallery):
        raise ValueError(
            f"expected 1 <= k <= m, but k is {k} and the gallery's shape is {gallery.shape}"
        )
    gallery = gallery.rechunk({1: -1})
    starts = np.cumsum((0, *gallery.chunks[0][:-1]))
    blocks = zip(gallery.to_delayed().ravel(), starts, strict=True)
    queries = delayed(np.asarray(queries))
    lists = [
        delayed(_nearest_of_block)(queries, block, int(start), k, distance)
        for block, start in blocks
    ]
    while len(lists) > 1:
        lists = [
            delayed(_merge)(lists[first : first + _MERGED_AT_ONCE], k)
            for first in range(0, len(lists), _MERGED_AT_ONCE)
        ]
    return lists[0].compute()


def _nearest_of_block(
    queries: np.ndarray, block: np.ndarray, start: int, k: int, distance: str
) -> tuple[np.ndarray, np.ndarray]:
    index = build_index(block, distance=distance)
    indices, values = index.search(queries, min(k, len(block)))
    return indices + start, values


def _merge(lists: list[tuple[np.ndarray, np.ndarray]], k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of several lists; of equal ones, the lower row first."""
    indices, values = (np.concatenate(part, axis=1) for part in zip(*lists, strict=True))
    order = np.lexsort((indices, values), axis=1)[:, :k]
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(values, order, axis=1)
