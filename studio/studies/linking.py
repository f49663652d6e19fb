"""How well trips are found in the first minutes: engines side by side, over vehicles.

linking.csv         what each engine finds of the vehicles that passed all cameras
linking_sure.csv    how often links come true that are claimed at some confidence, by camera pair

The engines are fitted alike: in the later minutes, on vehicles that pass no camera in the first
ones. "first edition" is the engine of the first edition (`studio.studies.step_model`): every search
by itself, by looks, type, colour and clock in one logistic regression.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment

from cctview.course.stored import FINDER_MINUTES, finder_minutes, open_finder
from cctview.dataset import Dataset, open_dataset
from cctview.link import SURE, LinkModel, TripFinder, TripJudge
from cctview.link.assignment import Assignment
from cctview.stats import bootstrap, open_set_posterior, reliability
from cctview.track import find_tracklets
from cctview.truth import Truth, label_tracklets, read_truth, true_passes
from studio.studies.leakage import write_table
from studio.studies.step_model import fit_joint

FIRST_EDITION = "first edition"
_ORDER = ("time and place", "type and colour", "travel time", "embedding")
_PRECISION = 0.8
_MANY = 4  # links of a trip past six cameras
Search = Callable[[np.ndarray, str], tuple[np.ndarray, np.ndarray]]
"""Rows of a camera, and how probably each is the vehicle of some tracklets, (k, m)."""


def write_linking(data: Path) -> list[Path]:
    """Store the tables; returns their places. They are made with the stored finder, if it fits."""
    folder = data / "results"
    tables = linking_tables(open_dataset(data), read_truth(data), folder)
    return [write_table(folder / name, table) for name, table in tables.items()]


def first_edition(finder: TripFinder, dataset: Dataset, truth: Truth) -> Search:
    """Searches by the engine of the first edition."""
    detections, embeddings = finder_minutes(dataset, later=True)
    later = find_tracklets(detections, embeddings)
    labels = label_tracklets(later, detections, truth)
    early = true_passes(truth, FINDER_MINUTES).dropna(how="all").index
    rows = np.flatnonzero((labels["vehicle"] >= 0) & ~labels["vehicle"].isin(early))
    model = fit_joint(later.part(rows), labels.iloc[rows].reset_index(drop=True), _ORDER)
    applied = model.apply(finder.tracklets)
    ratios = applied.steps[_ORDER[-1]]
    camera = finder.tracklets.table["camera"].to_numpy()

    def search(queries: np.ndarray, searched: str) -> tuple[np.ndarray, np.ndarray]:
        rows = np.flatnonzero(camera == searched)
        present = applied.present[searched][queries]
        return rows, open_set_posterior(ratios[np.ix_(queries, rows)], present)[:, :-1]

    return search


def pairwise(finder: TripFinder, model: LinkModel) -> Search:
    """Each search by itself."""
    tracklets, ratios = finder.tracklets, model.log_ratio(finder.tracklets)
    times = model.travel_times.over(tracklets.table)

    def search(queries: np.ndarray, searched: str) -> tuple[np.ndarray, np.ndarray]:
        rows = np.flatnonzero((tracklets.table["camera"] == searched).to_numpy())
        present = times.present(tracklets.table.iloc[queries], searched)
        return rows, open_set_posterior(ratios[np.ix_(queries, rows)], present)[:, :-1]

    return search


def jointly(finder: TripFinder) -> Search:
    """All decided together, and calibrated."""

    def search(queries: np.ndarray, searched: str) -> tuple[np.ndarray, np.ndarray]:
        rows, posterior = finder.search(queries, searched)
        return rows, posterior[:, :-1]

    return search


def engines(finder: TripFinder, dataset: Dataset, truth: Truth) -> dict[str, Search]:
    """The engines that are compared, by name."""
    model = finder.model
    no_clock = replace(model, travel_times=replace(model.travel_times, lags={}))
    no_looks = replace(model, slope=0.0)
    return {
        FIRST_EDITION: first_edition(finder, dataset, truth),
        "looks": pairwise(finder, no_clock),
        "clock": pairwise(finder, no_looks),
        "looks and clock": pairwise(finder, model),
        "clock, jointly": jointly(replace(finder, model=no_looks)),
        "looks and clock, jointly": jointly(finder),
    }


def judge(search: Search, trips: TripJudge, queries: np.ndarray) -> pd.DataFrame:
    """The best candidate of each query past each other camera: `query`, `vehicle`, `first`,
    `found` (the vehicle of the candidate), `camera`, `probability`, `right`, `there` (the camera
    has a tracklet of it).
    """
    camera = trips.finder.tracklets.table["camera"].to_numpy()
    vehicle, parts = trips.labels["vehicle"].to_numpy(), []
    for searched in trips.finder.cameras:
        asked = queries[camera[queries] != searched]
        if not len(asked):
            continue
        rows, probability = search(asked, searched)
        true = vehicle[asked][:, None] == vehicle[rows]
        best, each = probability.argmax(axis=1), np.arange(len(asked))
        found = {"probability": probability[each, best], "right": true[each, best]}
        about = {"query": asked, "vehicle": vehicle[asked], "first": camera[asked]}
        about["found"] = vehicle[rows[best]]
        parts.append(pd.DataFrame(about | found | {"camera": searched, "there": true.any(axis=1)}))
    return pd.concat(parts, ignore_index=True)


def kept_at(links: pd.DataFrame, precision: float = _PRECISION) -> int:
    """How many right links there are among the surest, of which this share is right."""
    right = links.sort_values("probability", ascending=False, kind="stable")["right"].to_numpy()
    share = right.cumsum() / np.arange(1, len(right) + 1)
    enough = np.flatnonzero(share >= precision)
    return int(right[: enough[-1] + 1].sum()) if len(enough) else 0


def figures(links: pd.DataFrame) -> pd.Series:
    """What is found, of links as from `judge`, one query a vehicle."""
    linked = links["probability"] >= SURE
    right = links.assign(
        hit=linked & links["right"],
        miss=linked & ~links["right"],
        whole=(linked & links["right"]) | ~links["there"],
    )
    each = right.groupby("query")
    return pd.Series(
        {
            "first candidate right": links["right"].mean(),
            "first candidate right, where it is there": links["right"][links["there"]].mean(),
            "there": links["there"].mean(),
            "right links at precision 0.8, share": kept_at(links) / len(links),
            "four or more right": (each["right"].sum() >= _MANY).mean(),
            "linked and right, share": right["hit"].mean(),
            "wrong links a trip": each["miss"].sum().mean(),
            "trips whole as far as they are there": (
                each["whole"].all() & ~each["miss"].any()
            ).mean(),
        }
    )


def identities(assignment: Assignment, sure: float = SURE) -> np.ndarray:
    """A vehicle number for each tracklet, (n,): the trips of at least this weight, the heaviest
    first, as far as their tracklets are free; every other tracklet is a vehicle of its own.
    """
    identity, free = np.arange(assignment.count), np.ones(assignment.count, bool)
    for trip in np.argsort(-assignment.weights, kind="stable"):
        if assignment.weights[trip] < sure:
            break
        members = assignment.members[trip][assignment.members[trip] >= 0]
        if free[members].all():
            identity[members], free[members] = members[0], False
    return identity


def identity_scores(identity: ArrayLike, vehicle: ArrayLike, missed: int = 0) -> pd.Series:
    """IDF1 and HOTA of vehicle numbers over cameras.

    Each tracklet is a detection that is where it should be, so of HOTA (Luiten et al. 2021) the
    association is left, and the passes that were missed. IDF1 (Ristani et al. 2016) pairs numbers
    with vehicles one to one.

    Parameters
    ----------
    identity : array_like of int, shape (n,)
        The number that each tracklet got.
    vehicle : array_like of int, shape (n,)
        What it shows; -1 for nothing that drives.
    missed : int
        Passes of which there is no tracklet.

    Returns
    -------
    Series
        `IDF1`, `HOTA`, `DetA`, `AssA`.

    Examples
    --------
    Two vehicles at two cameras each, one of which is found again:

    >>> identity_scores([1, 1, 2, 3], [7, 7, 8, 8]).round(3).to_dict()
    {'IDF1': 0.75, 'HOTA': 0.866, 'DetA': 1.0, 'AssA': 0.75}
    """
    table = pd.DataFrame({"identity": np.asarray(identity), "vehicle": np.asarray(vehicle)})
    true = table[table["vehicle"] >= 0]
    counts = pd.crosstab(true["identity"], true["vehicle"])
    cells = counts.to_numpy()
    a, b = linear_sum_assignment(cells, maximize=True)
    there = len(true) + missed
    idf1 = 2 * cells[a, b].sum() / (len(table) + there)
    own = table.groupby("identity").size().reindex(counts.index).to_numpy()[:, None]
    union = own + cells.sum(axis=0) - cells
    association = float((cells**2 / union).sum() / len(true))
    detection = len(true) / (len(table) + missed)
    hota = np.sqrt(detection * association)
    return pd.Series({"IDF1": idf1, "HOTA": hota, "DetA": detection, "AssA": association})


def linking_tables(dataset: Dataset, truth: Truth, folder: Path) -> dict[str, pd.DataFrame]:
    """The tables, by file name; `folder` holds the stored finder."""
    finder, trips = open_finder(dataset, truth, folder)
    way, rows = trips.labels["direction"].to_numpy(), []
    ends = {"S": finder.cameras[0], "N": finder.cameras[-1]}
    compared = engines(finder, dataset, truth)
    for name, search in compared.items():
        parts = []
        for direction, start in ends.items():
            queries = trips.whole_trips(start)
            parts.append(judge(search, trips, queries[way[queries] == direction]))
        for direction, links in [*zip(ends, parts, strict=True), ("both", pd.concat(parts))]:
            rows.append(with_intervals(links).assign(engine=name, way=direction))
    identity = identities(finder.assignment)
    seen = trips.labels["vehicle"].to_numpy()
    passed = int(trips.passes.notna().to_numpy().sum())
    pairs = pd.DataFrame({"v": seen, "c": finder.tracklets.table["camera"]})
    missed = passed - len(pairs[pairs["v"] >= 0].drop_duplicates())
    for name, numbers in (
        ("nobody linked", np.arange(len(seen))),
        ("looks and clock, jointly", identity),
    ):
        scores = identity_scores(numbers, seen, missed).rename("estimate").to_frame()
        rows.append(scores.rename_axis("figure").reset_index().assign(engine=name, way="both"))
    queries = np.flatnonzero(seen >= 0)
    every = judge(compared["looks and clock, jointly"], trips, queries)
    return {
        "linking.csv": pd.concat(rows, ignore_index=True)[
            ["engine", "way", "figure", "estimate", "low", "high", "links"]
        ],
        "linking_sure.csv": sureness(every),
    }


def with_intervals(links: pd.DataFrame, rounds: int = 100) -> pd.DataFrame:
    """The figures, and their 95 % intervals by drawing vehicles again."""
    of = list(links.reset_index(drop=True).groupby("query").indices.values())

    def statistic(drawn: np.ndarray) -> pd.Series:
        rows = np.concatenate([of[k] for k in drawn])
        place = np.repeat(np.arange(len(drawn)), [len(of[k]) for k in drawn])
        return figures(links.iloc[rows].assign(query=place))

    table = bootstrap(statistic, np.arange(len(of)), rounds)
    return table.rename_axis("figure").reset_index().assign(links=len(links))


def sureness(links: pd.DataFrame) -> pd.DataFrame:
    """How often the best candidates come true, by what was claimed: over all, and camera pair by
    camera pair (in three steps). Vehicles are drawn again on both sides for the intervals.
    """
    pairs = links.groupby(["first", "camera"])
    tables = [_sureness(links).assign(pair="all")]
    for (first, second), part in pairs:
        three = _sureness(part, edges=(0, 0.5, 0.8, 1), rounds=50)
        tables.append(three.assign(pair=f"{first} {second}"))
    return pd.concat(tables, ignore_index=True)


def _sureness(links: pd.DataFrame, **how: Any) -> pd.DataFrame:
    return reliability(
        links["probability"], links["right"], links["vehicle"], links["found"], **how
    )
