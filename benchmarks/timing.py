"""Timing several ways of doing something in turn, so that a busy computer slows them all alike."""

import sys
from time import perf_counter

import numpy as np

D = 1920  # numbers in an embedding of the original


def vectors(count, seed=0):
    """Random embeddings, (count, D) float32."""
    return np.random.default_rng(seed).normal(size=(count, D)).astype(np.float32)


def side_by_side(ways, rounds=7):
    """Seconds of each way, (rounds, number of ways); one more round before warms up and is not
    counted.
    """
    table = []
    for _ in range(rounds + 1):
        row = []
        for way in ways:
            start = perf_counter()
            way()
            row.append(perf_counter() - start)
        table.append(row)
    return np.array(table[1:])


def ratio(seconds, other, this):
    """How many times as long `other` takes as `this`, each in its best round: what else a computer
    does only ever adds.
    """
    return float(seconds[:, other].min() / seconds[:, this].min())


def peak_memory():
    """The most memory that this process has held, bytes; NaN on Windows, where Python does not
    know.
    """
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)
