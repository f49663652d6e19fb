"""What the vehicles on `data/` leak, as stored results.

searches.parquet               every search, step by step (`cctview.privacy.leakage`)
reliability.csv, unseen.csv    calibration on vehicles, and on minutes, that were not fitted on
meter.json, meter-random.json  the meter of the yellow taxi van, and of a pass drawn at random
open_set.csv                   open-set searches by embedding alone, by threshold and gallery size
unicity.csv                    unicity of the six weeks of habits
finder.npz                     what finds trips in the first six minutes (`cctview.link.stored`)
"""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.course import TAXI
from cctview.course.stored import FINDER, finder_minutes
from cctview.dataset import Dataset, open_dataset, replacing, write_bytes
from cctview.link import fingerprint, fit_halves
from cctview.link.stored import CompactModel
from cctview.privacy import LeakageMeter, Sightings, find_candidates, leakage_meter, read_trips
from cctview.stats import reliability
from cctview.track import Tracklets, confident, find_tracklets
from cctview.truth import Truth, label_tracklets, read_truth
from studio.studies.open_set import count_candidates
from studio.studies.searches import measure_leakage, measure_unseen_minutes

_HOURS = (1 / 60, 0.25, 1, 4, 12, 24)
_POINTS = (1, 2, 3, 4, 6)
_DAYS = (7, 14, 42)
_FALSE_LINKS = (0.0, 0.05, 0.2)
_GALLERIES = (1, 10, 100, 1_000, 10_000, 100_000, 2_000_000)
_RECALLS = (0.5, 0.7, 0.8, 0.9, 0.95)
"""Shares of vehicles found, for each of which the threshold is taken that reaches it."""


def write_leakage(data: Path) -> list[Path]:
    """Store searches, calibration and meters; returns their places."""
    tables, meters = leakage_tables(*labelled_tracklets(open_dataset(data), read_truth(data)))
    places = [write_table(data / "results" / name, table) for name, table in tables.items()]
    for name, meter in meters.items():
        meter.save(data / "results" / name)
        places.append(data / "results" / name)
    return places


def write_open_set(data: Path) -> list[Path]:
    """Store the open-set searches; returns the place."""
    table = open_set_table(*labelled_tracklets(open_dataset(data), read_truth(data)))
    return [write_table(data / "results" / "open_set.csv", table)]


def write_unicity(data: Path) -> list[Path]:
    """Store the unicity of the six weeks of habits; returns the place."""
    trips, drivers = (
        pd.read_parquet(data / "habits" / f"{name}.parquet") for name in ("trips", "drivers")
    )
    return [write_table(data / "results" / "unicity.csv", unicity_table(trips, drivers))]


def write_finder(data: Path) -> list[Path]:
    """Store what finds trips in the first minutes; returns the place."""
    place = data / "results" / FINDER
    save_link_models(place, *fit_finder(open_dataset(data), read_truth(data)))
    return [place]


def fit_finder(dataset: Dataset, truth: Truth):
    """What finds trips in the first minutes: models, tracks, and the detections fitted on."""
    detections, embeddings = finder_minutes(dataset)
    tracklets = find_tracklets(detections, embeddings)
    names = detections["id"][confident(detections)]
    tracks = tracklets.of_detection.reindex(names).fillna(-1).to_numpy(int)
    labels = label_tracklets(tracklets, detections, truth)
    return fit_halves(tracklets, labels), tracks, detections


def save_link_models(
    path: Path, models: Sequence[CompactModel], tracks: np.ndarray, detections: pd.DataFrame
) -> None:
    """Write fitted models, and the tracks that they were fitted on.

    Parameters
    ----------
    path : Path
    models : sequence of CompactModel
    tracks : array_like of int
        As `cctview.track.tracklets.find_tracklets` takes them.
    detections : DataFrame
        What they were fitted on: column `id`.
    """
    arrays, stored = {"tracks": np.asarray(tracks, np.int32)}, []
    for k, model in enumerate(models):
        times = asdict(model.travel_times)
        for name in ("lags", "found"):
            times[name] = [[*key, value] for key, value in times[name].items()]
        readings = {name: [list(r.shares), r.names] for name, r in model.readings.items()}
        # "motion" is the file's older word for travel times
        stored.append({"motion": times, "ratios": asdict(model.ratios), "readings": readings})
        for name, reading in model.readings.items():
            arrays[f"{name}{k}"] = reading.values.astype(np.float16)
    about = json.dumps({"detections": fingerprint(detections), "models": stored})
    file = io.BytesIO()
    np.savez_compressed(file, about=np.array(about), **arrays)
    write_bytes(path, file.getvalue())


def labelled_tracklets(dataset: Dataset, truth: Truth) -> tuple[Tracklets, pd.DataFrame]:
    """All tracklets of a dataset, and what they show."""
    tracklets = find_tracklets(dataset.detections, dataset.embeddings)
    return tracklets, label_tracklets(tracklets, dataset.detections, truth)


def leakage_tables(
    tracklets: Tracklets, labels: pd.DataFrame, seed: int = 0
) -> tuple[dict[str, pd.DataFrame], dict[str, LeakageMeter]]:
    """The tables and the meters of identification bits, by file name; the seed divides vehicles."""
    leakage = measure_leakage(tracklets, labels, seed=seed)
    unseen = measure_unseen_minutes(tracklets, labels, seed=seed)
    claims = leakage.candidates
    gap = unseen.false_confidence()
    named = {step: gap.loc[[step]].set_axis(["claimed - delivered"]) for step in gap.index}
    parts = {"bits": unseen.reached(), "gap": pd.concat(named)}
    tables = {
        "searches.parquet": _compact(leakage.searches).assign(gallery=np.int32(leakage.gallery)),
        "reliability.csv": reliability(claims["probability"], claims["true"], claims["vehicle"]),
        "unseen.csv": pd.concat(parts).reset_index(names=["kind", "step", "figure"]),
    }
    meters = {"meter-random.json": leakage_meter(leakage)}
    if (labels["vehicle"] == TAXI[0]).any():
        meters["meter.json"] = leakage_meter(leakage, *TAXI)
    return tables, meters


def _compact(searches):
    """The searches in few bytes: small numbers as such, names as categories."""
    floats = dict.fromkeys(searches.select_dtypes("float64"), np.float32)
    whole = dict.fromkeys(searches.select_dtypes("int64"), np.int32)
    return searches.astype(floats | whole | {"step": "category", "camera": "category"})


def open_set_table(tracklets: Tracklets, labels: pd.DataFrame, rounds: int = 100) -> pd.DataFrame:
    """Open-set searches from the camera with most passes in all others, by embedding alone.

    Returns
    -------
    DataFrame
        As `studio.studies.open_set.SearchCounts.by_gallery_size`, with `threshold` (cosine
        distance) and `found` (share of vehicles found at it).
    """
    vehicle = labels["vehicle"].to_numpy()
    known = tracklets.part(np.flatnonzero(vehicle >= 0))
    vehicle = vehicle[vehicle >= 0]
    queries = (known.table["camera"] == known.table["camera"].mode().iloc[0]).to_numpy()
    features = known.features.astype(float)
    distances = 1 - features[queries] @ features[~queries].T
    same = vehicle[queries][:, None] == vehicle[~queries]
    nearest_true = np.where(same, distances, np.inf).min(axis=1)[same.any(axis=1)]
    tables = []
    for recall in _RECALLS:
        threshold = float(np.quantile(nearest_true, recall))
        counts = count_candidates(distances, vehicle[queries], vehicle[~queries], threshold)
        sizes = counts.by_gallery_size((*_GALLERIES, counts.measured), rounds)
        tables.append(sizes.assign(threshold=threshold, found=recall))
    return pd.concat(tables, ignore_index=True)


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
