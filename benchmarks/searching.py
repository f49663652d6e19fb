"""Approximate search against exact, in a gallery spread as the simulation's embeddings: `python -m
benchmarks.searching [SIZE]`.

The queries are drawn from the same mixture as the gallery, and are not in it. Both sides are FAISS
on one thread. An operator asks one query at a time, so that is what is timed; beside it stands the
time a query of all in one call. That call is one matrix product for the exact side, which then
reads the gallery once for a thousand queries: nobody who waits for an answer has a thousand.
Seconds are the processor's, so that a busy computer shows in none of them.
"""

import sys
import time

from benchmarks.mixture import Mixture, nearness, simulated_coordinates
from cctview.search import build_index, recall

K, QUERIES, TUNED_ON, ALONE = 10, 1000, 200, 50


def cpu_seconds(way):
    """Processor seconds of a call, and what it returned."""
    start = time.process_time()
    result = way()
    return time.process_time() - start, result


def one_by_one(index, queries, *effort):
    """Processor seconds a query, if each is asked alone."""
    alone = queries[:ALONE]
    seconds, _ = cpu_seconds(
        lambda: [index.search(alone[k : k + 1], K, *effort) for k in range(len(alone))]
    )
    return seconds / len(alone)


def searching(size, kinds=("ivfpq",), cells=None, wanted=0.9, folder=None):
    """Speed-up over the flat index, recall@10, bytes a vector and building time of each kind."""
    import faiss

    faiss.omp_set_num_threads(1)
    simulated = simulated_coordinates(folder) if folder else simulated_coordinates()
    mixture = Mixture(simulated)
    gallery, queries, tuned_on = (
        mixture.draw(size, 1),
        mixture.draw(QUERIES, 2),
        mixture.draw(TUNED_ON, 3),
    )
    half = len(simulated) // 2
    shares = nearness(simulated[:half], simulated[half:]), nearness(gallery[:half], queries[:half])
    print(
        f"\n{K} nearest of {QUERIES:,} queries in {size:,} x {gallery.shape[1]}, drawn from"
        f" {len(mixture.weights)} clusters"
    )
    print(
        "  median distance of the tenth nearest, as a share of the median distance, in"
        " galleries of",
        end=" ",
    )
    print(f"{half:,}: the simulation's own {shares[0]:.2f}, drawn {shares[1]:.2f}", flush=True)
    flat = build_index(gallery)
    flat.search(tuned_on, K)  # warms up
    exact_seconds, (exact, _) = cpu_seconds(lambda: flat.search(queries, K))
    exact_alone = one_by_one(flat, queries)
    print(
        f"  flat: {1e3 * exact_alone:.2f} ms a query alone ({1e9 * exact_alone / size:.1f} ns a"
        f" vector), {1e3 * exact_seconds / QUERIES:.2f} ms of {QUERIES:,} at once,"
        f" {flat.bytes_per_vector:.0f} bytes a vector",
        flush=True,
    )
    for kind in kinds:
        building, index = cpu_seconds(lambda kind=kind: build_index(gallery, kind, cells=cells))
        index.tune(tuned_on, K, wanted + 0.01)
        for effort in sorted(
            {max(index.effort // 4, 1), max(index.effort // 2, 1), index.effort, 2 * index.effort}
        ):
            seconds, (found, _) = cpu_seconds(
                lambda index=index, effort=effort: index.search(queries, K, effort)
            )
            alone = one_by_one(index, queries, effort)
            print(
                f"  {kind}, effort {effort}: {recall(found, exact)}; alone {1e3 * alone:.3f} ms a"
                f" query, {exact_alone / alone:.1f} x as fast as flat; at once"
                f" {1e3 * seconds / QUERIES:.3f} ms, {exact_seconds / seconds:.1f} x",
                flush=True,
            )
        print(
            f"    built in {building:.0f} s, {index.bytes_per_vector:.0f} bytes a vector",
            flush=True,
        )


if __name__ == "__main__":
    searching(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000,
        folder=sys.argv[2] if len(sys.argv) > 2 else None,
    )
