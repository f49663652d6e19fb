"""`python -m benchmarks`: how much faster than the plain way, and than the field's tools, and with
how much memory.

The ways compared take turns, on all processors, and the best round of each counts. A loop over
single pairs is timed on a few pairs and compared per pair.
"""

import argparse
import os
import platform

import numpy as np
from scipy.spatial.distance import cdist

from benchmarks.linking import linking
from benchmarks.loading import loading
from benchmarks.models import models
from benchmarks.scaling import scaling
from benchmarks.searching import searching
from benchmarks.timing import D, ratio, side_by_side, vectors
from cctview.match import (
    cosine_distances,
    euclidean_distances,
    evaluate_rank,
    track_to_track,
)


def pairs(size):
    """All-pairs MED and MCD against the matrix product, FAISS, scikit-learn, scipy and the
    original's loop.
    """
    import faiss
    import torch
    from sklearn.metrics import pairwise

    a, b = vectors(size, 1), vectors(size, 2)
    few, lists = slice(0, size // 10), [row.tolist() for row in a[:15]]

    def original(compare):
        return lambda: [
            compare(torch.FloatTensor(p), torch.FloatTensor(q)).item() for p in lists for q in lists
        ]

    by_cosine = torch.nn.CosineSimilarity(dim=0, eps=1e-6)
    ways = {
        "float32 matrix product": (lambda: a @ b.T, 1),
        "FAISS, all distances": (lambda: faiss.pairwise_distances(a, b), 1),
        "scikit-learn euclidean_distances": (lambda: pairwise.euclidean_distances(a, b), 1),
        "scikit-learn cosine_distances": (lambda: pairwise.cosine_distances(a, b), 1),
        "scipy cdist": (lambda: cdist(a[few], b[few]), 100),
        "the original's loop, MED": (
            original(lambda p, q: torch.norm(p - q)),
            size**2 / len(lists) ** 2,
        ),
        "the original's loop, MCD": (
            original(lambda p, q: 1 - by_cosine(p, q)),
            size**2 / len(lists) ** 2,
        ),
        "ours, MED": (lambda: euclidean_distances(a, b), 1),
        "ours, MCD": (lambda: cosine_distances(a, b), 1),
    }
    names = list(ways)
    seconds = side_by_side([way for way, _ in ways.values()]) * [
        factor for _, factor in ways.values()
    ]
    med, mcd = (names.index(name) for name in names[-2:])
    print(
        f"\nAll pairs, {size:,} x {size:,} x {D}; FAISS has {faiss.omp_get_max_threads()} threads"
    )
    for k, name in enumerate(names[:-2]):
        ours, what = {"MCD": (mcd, "MCD")}.get(name[-3:], (med, "MED"))
        if "cosine" in name:
            ours, what = mcd, "MCD"
        print(
            f"  {name:34s} {seconds[:, k].min():12.3f} s   takes {ratio(seconds, k, ours):12,.2f} x"
            f" our {what}"
        )
    print(
        f"  share of the matrix product's rate: MED {ratio(seconds, 0, med):.0%}, MCD"
        f" {ratio(seconds, 0, mcd):.0%}"
    )


def exactness(size):
    """Largest error relative to the median distance, on pairs that float32 finds hard."""
    a = vectors(size, 3)
    for name, b in (
        ("spread", vectors(size, 4)),
        ("nearly the same", a + 1e-3 * vectors(size, 5)),
        ("the same", a),
    ):
        exact = cdist(a.astype(np.float64), b.astype(np.float64))
        error = np.abs(euclidean_distances(a, b) - exact).max() / np.median(exact)
        print(f"  largest error of MED, pairs {name:16s} {error:.1e} of the median distance")


def tracks(queries=60, gallery=300, images=6):
    """Track to track against a loop over tracks and images."""
    import torch

    q, g = vectors(queries * images, 6), vectors(gallery * images, 7)
    q_tracks, g_tracks = (
        np.repeat(np.arange(queries), images),
        np.repeat(np.arange(gallery), images),
    )
    some = range(0, gallery, gallery // 5)

    def loop(distance, a, b):
        half = (images + 1) // 2
        for track in some:
            closest = [min(distance(p, r) for r in b[g_tracks == track]) for p in a[:images]]
            np.mean(sorted(closest)[:half])

    def by_numpy():
        loop(lambda p, r: np.linalg.norm(p - r), q, g)

    def by_original():
        loop(
            lambda p, r: torch.norm(
                torch.FloatTensor(p.tolist()) - torch.FloatTensor(r.tolist())
            ).item(),
            q,
            g,
        )

    seconds = side_by_side(
        [by_numpy, by_original, lambda: track_to_track(q, q_tracks, g, g_tracks)]
    )
    seconds *= [queries * gallery / len(some)] * 2 + [1]
    print(f"\nTrack to track, {queries} x {gallery} tracks of {images} images, MED and mean50")
    print(
        f"  a loop over tracks and images: {ratio(seconds, 0, 2):,.0f} x our time with numpy's"
        " norm,"
    )
    print(f"  {ratio(seconds, 1, 2):,.0f} x with the original's calc_med")


def ranking(queries=500, gallery=5000):
    """Ranking evaluation against a plain loop."""
    rng = np.random.default_rng(8)
    distances = rng.random((queries, gallery), np.float32)
    q, g, q_cameras, g_cameras = (
        rng.integers(k, size=n)
        for k, n in ((200, queries), (200, gallery), (6, queries), (6, gallery))
    )
    some = 20

    def loop():
        total = []
        for query in range(some):
            order = sorted(range(gallery), key=lambda k: distances[query, k])
            right, precisions, rank = 0, [], 0
            for k in order:
                if g[k] == q[query] and g_cameras[k] == q_cameras[query]:
                    continue
                rank += 1
                if g[k] == q[query]:
                    right += 1
                    precisions.append(right / rank)
            total.append(np.mean(precisions))
        return total

    seconds = side_by_side(
        [loop, lambda: evaluate_rank(distances, q, g, q_cameras, g_cameras)], 3
    ) * [queries / some, 1]
    print(
        f"\nRanking evaluation, {queries:,} queries in {gallery:,}: a plain loop takes"
        f" {ratio(seconds, 0, 1):,.0f} x our time"
    )


def main():
    """Run them all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: to see that it runs, not to judge by"
    )
    quick = parser.parse_args().quick
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy"
        f" {np.__version__}"
    )
    pairs(600 if quick else 3000)
    exactness(100 if quick else 400)
    tracks(10 if quick else 60, 50 if quick else 300)
    ranking(100 if quick else 500, 1000 if quick else 5000)
    loading(20 if quick else 300)
    models(*((1, 32, 2, 1) if quick else ()))
    searching(20_000 if quick else 1_000_000)
    linking((1, 2) if quick else (1, 2, 4, 8))
    scaling(quick)


if __name__ == "__main__":
    main()
