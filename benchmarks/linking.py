"""Linking: how long all trips take, a click, and how time and memory grow with the hours."""

from time import perf_counter, process_time

import numpy as np
import pandas as pd

from benchmarks.timing import peak_memory
from cctview.course import open_finder
from cctview.dataset import DATA, open_dataset
from cctview.link import TripFinder
from cctview.link.assignment import assign_trips
from cctview.track import Tracklets
from cctview.truth import read_truth

_CLICKS = 20


def repeated(tracklets, times):
    """The same minutes so many times in a row."""
    table = tracklets.table
    length = np.ptp(table["seconds"]) + 1
    tables = [table.assign(seconds=table["seconds"] + k * length) for k in range(times)]
    features = np.concatenate([tracklets.features] * times)
    return Tracklets(pd.concat(tables, ignore_index=True), features)


def linking(times=(1, 2, 4, 8)):
    """All trips of more and more minutes, and a click."""
    finder, _ = open_finder(open_dataset(DATA), read_truth(DATA))
    print("\nAll trips decided together: 6 minutes of six cameras, again and again")
    for count in times:
        tracklets = repeated(finder.tracklets, count)
        wall, own = perf_counter(), process_time()
        assign_trips(finder.model, tracklets)
        wall, own = perf_counter() - wall, process_time() - own
        print(
            f"  {6 * count:4d} minutes, {len(tracklets):7,} tracklets: {wall:7.2f} s, of which"
            f" computing {own:6.2f} s; peak of memory {peak_memory() / 2**20:6.0f} MiB"
        )
    finder = TripFinder(finder.tracklets, finder.midnight, finder.shown, finder.model)
    finder.find(finder.shown[0])
    clicks = []
    for name in np.random.default_rng(0).choice(finder.shown, _CLICKS):
        own = process_time()
        finder.find(name)
        clicks.append(process_time() - own)
    print(f"  a click, answered from the whole: median {1000 * np.median(clicks):.0f} ms")
