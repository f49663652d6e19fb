"""What the vehicles on `data/` leak, as stored results.

searches.parquet  every search (`cctview.privacy.leakage`)
carried.csv       calibration on minutes, and on a seed of the simulation, that were not fitted on
seeds.csv         the figures of the searches on two seeds of the simulation
meter.json        the meter of all vehicles
rank1.csv         rank-1 by gallery and cameras (`studio.studies.rank1`)
open_set.csv      searches by appearance alone: FNIR at fixed FPIR by gallery size
open_set_check.csv  whether FPIR of the full gallery is found from half of it
unicity.csv       unicity of the six weeks of habits
finder.npz        the link model that finds trips in the first six minutes, and their tracks
"""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.course.stored import FINDER, finder_minutes, fingerprint, fit_later
from cctview.dataset import Dataset, open_dataset, read_result, replacing
from cctview.privacy import (
    Sightings,
    calibration,
    find_candidates,
    found_first,
    given_away,
    linking_rates,
    read_trips,
)
from cctview.track import Tracklets, confident, find_tracklets
from cctview.truth import Truth, label_tracklets, read_truth, true_passes
from studio.headlines.headline import ANOTHER_SEED
from studio.studies.meter import leakage_meter
from studio.studies.open_set import beyond, check_extrapolation, open_set
from studio.studies.rank1 import rank1_table
from studio.studies.searches import (
    Road,
    measure_other_minutes,
    measure_other_road,
    measure_searches,
)

_HOURS = (1 / 60, 0.25, 1, 4, 12, 24)
_POINTS = (1, 2, 3, 4, 6)
_DAYS = (7, 14, 42)
_FALSE_LINKS = (0.0, 0.05, 0.2)
_GALLERIES = (100, 300, 1_000)


def write_leakage(data: Path, other: Path | None = None) -> list[Path]:
    """Store searches, what carries over, and the meter; returns their places.

    `other` is a second seed of the simulation; without it what was measured there is kept.
    """
    results, road = data / "results", read_road(data)
    searches = measure_searches(road)
    carried = {"other minutes": measure_other_minutes(road)}
    seeds = {0: searches}
    if other is not None:
        second = read_road(other)
        carried["another seed"] = measure_other_road(road, second)
        seeds[1] = measure_searches(second)
    tables = {"searches.parquet": compact(searches), "carried.csv": carried_table(carried)}
    tables["seeds.csv"] = seeds_table(seeds)
    if other is None:
        for name, column in (("carried.csv", "on"), ("seeds.csv", "seed")):
            kept = read_result(name, results)
            kept = kept[~kept[column].isin(tables[name][column])]
            tables[name] = pd.concat([tables[name], kept], ignore_index=True)
    places = [write_table(results / name, table) for name, table in tables.items()]
    meter = leakage_meter(read_result("searches.parquet", results))  # rounded, as it is stored
    meter.save(results / "meter.json")
    return [*places, results / "meter.json"]


def write_rank1(data: Path) -> list[Path]:
    """Store rank-1 by gallery and cameras; returns the place."""
    return [write_table(data / "results" / "rank1.csv", rank1_table(read_road(data)))]


def read_road(data: Path) -> Road:
    """What is searched in a dataset, and who is who."""
    truth = read_truth(data)
    return Road(*labelled_tracklets(open_dataset(data), truth), true_passes(truth))


def carried_table(carried: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Calibration where nothing was fitted: a row a figure, see `cctview.privacy.calibration`."""
    tables = {name: calibration(table) for name, table in carried.items()}
    counts = {name: len(table) for name, table in carried.items()}
    table = pd.concat(tables, names=["on", "figure"]).reset_index()
    return table.assign(searches=table["on"].map(counts))


def seeds_table(seeds: dict[int, pd.DataFrame]) -> pd.DataFrame:
    """The headline figures of searches on several seeds of the simulation, a row a figure."""
    tables = {}
    for seed, searches in seeds.items():
        rates = linking_rates(searches)[["estimate", "low", "high"]]
        rates.index = [f"{outcome}: {verdict}" for outcome, verdict in rates.index]
        parts = [rates, given_away(searches), found_first(searches).add_prefix("first by ", axis=0)]
        tables[seed] = pd.concat([*parts, calibration(searches)])
    return pd.concat(tables, names=["seed", "figure"]).reset_index()


def compact(searches: pd.DataFrame) -> pd.DataFrame:
    """The searches in few bytes: in the order of the queries, bits to an eighth, probabilities to a
    500th, small numbers as such, names as categories.
    """
    searches = searches.sort_values(["query", "camera"], ignore_index=True)
    bits = searches.filter(regex="^(claimed|delivered)")
    shares = searches[["best", "prior", *searches.filter(like="first_")]]
    table = searches.assign(**(bits * 8).round() / 8, **(shares * 500).round() / 500)
    floats = dict.fromkeys(table.select_dtypes("float64"), np.float32)
    whole = dict.fromkeys(table.select_dtypes("int64"), np.int32)
    names = dict.fromkeys(("camera", "outcome"), "category")
    return table.astype(floats | whole | names)


def write_open_set(data: Path, other: Path | None = None) -> list[Path]:
    """Store the open-set searches, and whether they may be extrapolated; returns the places.

    Those on `other`, a second seed of the simulation, go into a folder beside.
    """
    places = []
    for dataset, folder in ((data, "results"), (other, f"results/{ANOTHER_SEED}")):
        if dataset is not None:
            for name, table in open_set_tables(read_road(dataset)).items():
                places.append(write_table(data / folder / name, table))
    return places


def write_unicity(data: Path) -> list[Path]:
    """Store the unicity of the six weeks of habits; returns the place."""
    trips, drivers = (
        pd.read_parquet(data / "habits" / f"{name}.parquet") for name in ("trips", "drivers")
    )
    return [write_table(data / "results" / "unicity.csv", unicity_table(trips, drivers))]


def write_finder(data: Path) -> list[Path]:
    """Store the model that finds trips in the first minutes, and their tracks; returns the place.

    The file holds the `fingerprint` of the dataset's detections too.
    """
    place, dataset = data / "results" / FINDER, open_dataset(data)
    detections, embeddings = finder_minutes(dataset)
    tracklets = find_tracklets(detections, embeddings)
    names = detections["id"][confident(detections)]
    tracks = tracklets.of_detection.reindex(names).fillna(-1).to_numpy(np.int32)
    model = fit_later(dataset, read_truth(data))
    model.save(place, detections=fingerprint(dataset.detections), tracks=tracks)
    return [place]


def labelled_tracklets(dataset: Dataset, truth: Truth) -> tuple[Tracklets, pd.DataFrame]:
    """All tracklets of a dataset, and what they show."""
    tracklets = find_tracklets(dataset.detections, dataset.embeddings)
    return tracklets, label_tracklets(tracklets, dataset.detections, truth)


def open_set_tables(road: Road, rounds: int = 100, halves: int = 20) -> dict[str, pd.DataFrame]:
    """Open-set searches from the camera with most passes in all others, by appearance alone.

    Returns
    -------
    dict of str to DataFrame
        By file name: as `studio.studies.open_set.OpenSet.rates`, and as `check_extrapolation`.
    """
    vehicle = road.labels["vehicle"].to_numpy()
    known = road.tracklets.part(np.flatnonzero(vehicle >= 0))
    vehicle, camera = vehicle[vehicle >= 0], known.table["camera"]
    queries = (camera == camera.mode().iloc[0]).to_numpy()
    features = known.features.astype(float)
    distances = 1 - features[queries] @ features[~queries].T
    searches = open_set(distances, vehicle[queries], vehicle[~queries])
    sizes = [size for size in _GALLERIES if size < searches.measured]
    rates = searches.rates((*sizes, searches.measured), rounds=rounds).assign(beyond=False)
    check = check_extrapolation(searches, halves=halves)
    if check["holds"].all():  # what was checked is a gallery twice as large: so far and no further
        rates = pd.concat([rates, beyond(searches, 2 * searches.measured).assign(beyond=True)])
    return {"open_set.csv": rates, "open_set_check.csv": check}


def unicity_table(
    trips: pd.DataFrame,
    drivers: pd.DataFrame,
    hours=_HOURS,
    points=_POINTS,
    days=_DAYS,
    false_links=_FALSE_LINKS,
) -> pd.DataFrame:
    """Unicity of all vehicles over a grid of coarseness, points, days kept and false links.

    Every vehicle with enough points is tried. Without false links also where the points come from
    any sightings, and, for four points, by the kind of driver.

    Returns
    -------
    DataFrame
        Columns hours, points, days, false_links, one_a_trip, role ("everyone", or as
        ``drivers.parquet``), and those of `cctview.privacy.unicity.Unicity`.
    """
    everything = read_trips(trips)
    role = drivers.set_index("vehicle").role.reindex(pd.unique(trips.vehicle)).to_numpy()
    rows = []
    grid = [(kept, rate) for kept in days for rate in false_links]
    for kept, rate in tqdm(grid, "unicity", unit="database"):
        sightings = everything.first_days(kept)
        booked = mix_in_false_links(sightings, rate)
        for one_a_trip, hour, point in product((True, False)[: 1 if rate else 2], hours, points):
            found = find_candidates(sightings, point, hour, one_a_trip=one_a_trip, booked=booked)
            kinds = {"everyone": np.arange(len(role))}
            if not rate and point == 4:
                kinds |= {kind: np.flatnonzero(role == kind) for kind in sorted(set(role))}
            for kind, among in kinds.items():
                if np.isin(found.trace, among).any():
                    cell = {"hours": hour, "points": point, "days": kept, "false_links": rate}
                    cell |= {"one_a_trip": one_a_trip, "role": kind}
                    rows.append(cell | vars(found.unicity(among)))
    return pd.DataFrame(rows)


def mix_in_false_links(sightings: Sightings, rate: float, seed: int = 0) -> Sightings:
    """The database that a system makes that confuses some sightings.

    A share `rate` of the sightings, drawn at random, is missing from its own trace and booked to
    that of the vehicle that passes the same camera next: vehicles that follow each other are the
    ones that get confused.

    Parameters
    ----------
    sightings : Sightings
    rate : float
        0 to 1; measured, for instance, as the share of wrong first candidates.
    seed : int

    Returns
    -------
    Sightings
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"expected a rate of false links from 0 to 1, but got {rate}")
    order = np.lexsort([sightings.seconds, sightings.place])
    following = sightings.trace.copy()
    following[order[:-1]] = sightings.trace[order[1:]]
    wrong = np.random.default_rng(seed).random(len(order)) < rate
    trace = np.where(wrong, following, sightings.trace)
    return replace(sightings, trace=trace)


def write_table(path: Path, table: pd.DataFrame) -> Path:
    """Write a table as Parquet or CSV, by the name's ending, in one step."""
    with replacing(path) as temporary:
        if path.suffix == ".parquet":
            table.to_parquet(temporary, index=False, compression="zstd")
        else:
            table.to_csv(temporary, index=False, float_format="%.6g")
    return path
