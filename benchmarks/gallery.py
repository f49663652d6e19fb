"""The nearest in a gallery larger than one would hold in memory, and how much memory that takes."""

import multiprocessing
import tempfile
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist

from benchmarks.timing import peak_memory, side_by_side
from cctview.match.rerank import nearest

D = 1920  # numbers in an embedding of the original


def vectors(count, seed=0):
    """Random embeddings, (count, D) float32."""
    return np.random.default_rng(seed).normal(size=(count, D)).astype(np.float32)


def top_k(gallery_size, queries=1000, k=100):
    """Top-k in a float16 file, in a process of its own to see its memory."""
    print(
        f"\n{k} nearest of {queries:,} queries in {gallery_size:,} x {D} float16, read from a file"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gallery.f16")
        with path.open("wb") as file:
            for start in range(0, gallery_size, 4000):
                file.write(
                    vectors(min(4000, gallery_size - start), start).astype(np.float16).tobytes()
                )
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds, memory, product, first = pool.apply(search, (path, gallery_size, queries, k))
    print(
        f"  {seconds:.1f} s, {product / seconds:.0%} of the matrix product's rate; peak memory"
        f" {memory / 2**30:.2f} GiB"
    )
    print(f"  the first query's nearest by all distances: {'the same' if first else 'DIFFERENT'}")


def search(path, gallery_size, queries, k):
    """Seconds, peak memory, seconds that the matrix product alone takes, and whether the first
    query's result is right.
    """
    gallery = np.memmap(path, np.float16, "r", shape=(gallery_size, D))
    asked = vectors(queries, 9)
    block = vectors(4000, 10)
    product = side_by_side([lambda: asked @ block.T], 3).min() * gallery_size / 4000
    found = []
    seconds = side_by_side([lambda: found.append(nearest(asked, gallery, k))], 1)[0, 0]
    memory = peak_memory()
    exact = np.concatenate(
        [
            cdist(asked[:1], gallery[start : start + 4000].astype(np.float64))[0]
            for start in range(0, gallery_size, 4000)
        ]
    )
    return seconds, memory, product, (np.argsort(exact)[:k] == found[-1][0][0]).all()
