"""Results that take too long for a notebook, stored in ``data/results/``: `python -m
cctview.course.results` makes them anew.

They need nothing but the dataset and this package, so they are made by it and not by `studio`. The
files:

- ``searches.parquet``: every search, step by step, of `cctview.privacy.leakage.measure_leakage`,
- ``reliability.csv``, ``unseen.csv``: calibration on vehicles, and on minutes, that were not fitted
  on,
- ``meter.json``, ``meter-random.json``: the meter of the yellow taxi van, and of a passage drawn at
  random,
- ``open_set.csv``: open-set searches by embedding alone, by threshold and gallery size,
- ``unicity.csv``: unicity of the six weeks of habits,
- ``finder.npz``: what finds trips in the first six minutes (`cctview.link.stored`).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset.paths import RESULTS
from cctview.dataset.results import read_result
from cctview.dataset.storage import replacing

FOLDER = RESULTS
TAXI = 1, "the yellow taxi van"
COMMAND = "python -m cctview.course.results"
FINDER, FINDER_MINUTES = "finder.npz", 6
"""What finds trips is stored for so many minutes: the slowest trip down the drive takes five."""
HOURS, POINTS, DAYS, FALSE = (
    (1 / 60, 0.25, 1, 4, 12, 24),
    (1, 2, 3, 4, 6),
    (1, 3, 7, 14, 42),
    (0.0, 0.05, 0.2),
)
SIZES = (1, 10, 100, 1_000, 10_000, 100_000, 2_000_000)
FOUND = (0.5, 0.7, 0.8, 0.9, 0.95)
"""Shares of vehicles found, for each of which the threshold is taken that reaches it."""


def stored_unicity(hours, days, folder=FOLDER):
    """The stored rows of unicity for one length of time bins, in hours, and one number of days."""
    table = read_result("unicity.csv", folder)
    return table[np.isclose(table["hours"], hours, rtol=1e-3) & (table["days"] == days)]


def stored_leakage(folder=FOLDER):
    """The stored searches as `cctview.privacy.leakage.Leakage`, without its candidates."""
    from cctview.privacy.leakage import Leakage
    from cctview.privacy.meter import LeakageMeter

    searches = read_result("searches.parquet", folder)
    gallery = int(searches["gallery"].iloc[0])
    population = LeakageMeter.load(Path(folder) / "meter-random.json").population
    candidates = pd.DataFrame(columns=["probability", "true", "vehicle"])
    return Leakage(searches.drop(columns="gallery"), candidates, population, gallery)


def leakage_tables(passages, seed=0):
    """The tables and meters of identification bits.

    Parameters
    ----------
    passages : Passages
    seed : int
        How vehicles are divided.

    Returns
    -------
    tables : dict of str to DataFrame
    meters : dict of str to LeakageMeter
    """
    from cctview.privacy.leakage import leakage_meter, measure_leakage, measure_unseen_minutes
    from cctview.stats.bits import reliability

    leakage = measure_leakage(passages, seed=seed)
    unseen = measure_unseen_minutes(passages, seed=seed)
    claims, parts = (
        leakage.candidates,
        {
            "bits": unseen.reached(),
            "gap": _named(unseen.false_confidence()),
        },
    )
    tables = {
        "searches.parquet": compact(leakage.searches).assign(gallery=np.int32(leakage.gallery)),
        "reliability.csv": reliability(claims["probability"], claims["true"], claims["vehicle"]),
        "unseen.csv": pd.concat(parts).reset_index(names=["kind", "step", "figure"]),
    }
    meters = {"meter-random.json": leakage_meter(leakage)}
    if (passages.table["vehicle"] == TAXI[0]).any():
        meters["meter.json"] = leakage_meter(leakage, *TAXI)
    return tables, meters


def compact(searches):
    """The searches in few bytes: small numbers as such, names as categories."""
    floats = dict.fromkeys(searches.select_dtypes("float64"), np.float32)
    whole = dict.fromkeys(searches.select_dtypes("int64"), np.int32)
    return searches.astype(floats | whole | {"step": "category", "camera": "category"})


def _named(gap):
    return pd.concat(
        {step: gap.loc[[step]].set_axis(["claimed - delivered"]) for step in gap.index}
    )


def open_set_table(passages, rounds=100):
    """Open-set searches from the camera with most passages in all others, by embedding alone.

    Returns
    -------
    DataFrame
        As `cctview.privacy.open_set.SearchCounts.by_gallery_size`, with `threshold` (cosine distance)
        and `found` (share of vehicles found at it).
    """
    from cctview.privacy.open_set import count_candidates

    known = passages.part(np.flatnonzero(passages.table["vehicle"] >= 0))
    first = (known.table["camera"] == known.table["camera"].mode().iloc[0]).to_numpy()
    vehicle = known.table["vehicle"].to_numpy()
    distances = 1 - known.looks[first].astype(float) @ known.looks[~first].T.astype(float)
    same = vehicle[first][:, None] == vehicle[~first]
    own = np.where(same, distances, np.inf).min(axis=1)[same.any(axis=1)]
    tables = []
    for found in FOUND:
        threshold = float(np.quantile(own, found))
        counts = count_candidates(distances, vehicle[first], vehicle[~first], threshold)
        tables.append(
            counts.by_gallery_size((*SIZES, counts.measured), rounds).assign(
                threshold=threshold, found=found
            )
        )
    return pd.concat(tables, ignore_index=True)


def unicity_table(trips, hours=HOURS, points=POINTS, days=DAYS, false=FALSE):
    """Unicity of vehicles over a grid of coarseness, points, days kept and rates of false links.

    Returns
    -------
    DataFrame
        Columns hours, points, days, false_links and those of `cctview.privacy.unicity.Unicity`.
    """
    from tqdm import tqdm

    from cctview.privacy.unicity import mix_in_false_links, read_trips, unicity

    everything, rows = read_trips(trips), []
    grid = [(d, f) for d in days for f in false]
    for kept, rate in tqdm(grid, "unicity", unit="database"):
        sightings = everything.first_days(kept)
        booked = mix_in_false_links(sightings, rate)
        for hour in hours:
            for point in points:
                result = unicity(sightings, point, hour, booked=booked)
                rows.append(
                    {
                        "hours": hour,
                        "points": point,
                        "days": kept,
                        "false_links": rate,
                        **vars(result),
                    }
                )
    return pd.DataFrame(rows)


def write_finder(path, dataset, truth, minutes=FINDER_MINUTES):
    """Learn what finds trips in the first minutes, and write it to a file."""
    from cctview.link.stored import save
    from cctview.link.trips import first_minutes, learn_halves
    from cctview.track.tracklets import find_passages, sure_enough

    part = first_minutes(dataset, truth, minutes)
    passages, names = find_passages(part, truth), part.detections["id"][sure_enough(part)]
    tracks = passages.of_detection.reindex(names).fillna(-1).to_numpy(int)
    save(path, learn_halves(passages), tracks, part.detections)


def open_finder(dataset, truth, folder=FOLDER):
    """The stored `cctview.link.trips.Finder` of the first minutes; of other detections than it was learnt
    from, it is learnt anew.
    """
    from cctview.link.stored import fingerprint, load
    from cctview.link.trips import first_minutes, learn_finder, make_finder
    from cctview.track.tracklets import find_passages

    part, path = first_minutes(dataset, truth, FINDER_MINUTES), Path(folder) / FINDER
    if not path.is_file():
        return learn_finder(dataset, truth, FINDER_MINUTES)
    known, models, tracks = load(path)
    if known != fingerprint(part.detections):
        return learn_finder(dataset, truth, FINDER_MINUTES)
    return make_finder(part, truth, find_passages(part, truth, tracks=tracks), models)


def main(arguments=None):
    """Make all results of a dataset anew."""
    from cctview.dataset.frames import open_dataset
    from cctview.track.tracklets import find_passages
    from cctview.truth.labels import read_truth

    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data",
        type=Path,
        default=FOLDER.parent,
        help="a dataset with its truth (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, help="folder for the results (default: results/ in the dataset)"
    )
    options = parser.parse_args(arguments)
    out = options.out or options.data / "results"
    try:
        dataset, truth = open_dataset(options.data), read_truth(options.data)
        write_finder(out / FINDER, dataset, truth)
        passages = find_passages(dataset, truth)
        tables, meters = leakage_tables(passages)
        tables["open_set.csv"] = open_set_table(passages)
        habits = options.data / "habits" / "trips.parquet"
        if habits.is_file():
            tables["unicity.csv"] = unicity_table(pd.read_parquet(habits))
    except (FileNotFoundError, ValueError) as error:
        print(f"{COMMAND}: {error}", file=sys.stderr)
        return 1
    for name, table in tables.items():
        write_table(out / name, table)
    for name, meter in meters.items():
        meter.save(out / name)
    print(f"{out}: {', '.join(sorted([*tables, *meters, FINDER]))}")
    return 0


def write_table(path, table):
    """Write a table as Parquet or CSV, by the name's ending, in one step."""
    with replacing(path) as temporary:
        if path.suffix == ".parquet":
            table.to_parquet(temporary, index=False, compression="zstd")
        else:
            table.to_csv(temporary, index=False, float_format="%.6g")


if __name__ == "__main__":
    sys.exit(main())
