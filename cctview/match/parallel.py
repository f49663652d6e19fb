"""Passes over large tables on all processors at once."""

import os
from concurrent.futures import ThreadPoolExecutor

#: Numbers worked on at a time, so that they stay inside the processor's cache.
AT_ONCE = 1 << 17


def in_threads(work, parts):
    """Do some work for each of many parts, in order, on all processors: NumPy lets go of Python's
    lock while it computes.

    Parameters
    ----------
    work : callable
        Is given one part.
    parts : list

    Returns
    -------
    list

    Examples
    --------
    >>> in_threads(lambda part: part.stop - part.start, [slice(0, 4), slice(4, 6)])
    [4, 2]
    """
    if len(parts) < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, parts))


def chunks(table):
    """The rows of a table, (n, d), or the numbers of a vector, (n,), in slices that stay inside the
    processor's cache.
    """
    width = table.shape[1] if table.ndim > 1 else 1
    step = max(AT_ONCE // max(width, 1), 1)
    return [slice(start, min(start + step, len(table))) for start in range(0, len(table), step)]
