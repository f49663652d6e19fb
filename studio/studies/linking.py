"""How well trips are found in the first minutes: engines side by side, over vehicles.

linking.csv         what each engine finds of the vehicles that passed all cameras
linking_sure.csv    how often links come true that are claimed at some confidence, by camera pair

"in a queue" are the same minutes with a queue between two cameras (`queued`), where links are
sought by the traffic of the moment, and by usual travel times. The engines are fitted alike: in the
later minutes, on vehicles that pass no camera in the first ones. "first edition" is the engine of
the first edition (`studio.studies.step_model`): every search by itself, by looks, type, colour and
clock in one logistic regression.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix

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
JOINTLY = "looks and clock, jointly"
_QUEUE = ("S", "253-134-S", "732-680-N")
_WAITS = (60.0, 180.0, 300.0), (0.0, 60.0, 0.0)
"""When vehicles come to the queue, s from the beginning, and for how long they stand in it."""
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
        JOINTLY: jointly(finder),
    }


def queued(finder: TripFinder, labels: pd.DataFrame) -> TripFinder:
    """The same tracklets as if all vehicles of one way stood in a queue between two cameras.

    Everybody who comes at one time waits as long, so nobody overtakes another in it.
    """
    table, (way, first, _) = finder.tracklets.table, _QUEUE
    rows = table.assign(vehicle=labels["vehicle"])[
        (labels["vehicle"] >= 0) & (labels["direction"] == way)
    ]
    passes = rows.groupby(["vehicle", "camera"])["seconds"].median().unstack()
    usual = passes.sub(passes[first], axis=0).median()
    comes = passes.sub(usual).median(axis=1) - table["seconds"].min()
    wait = rows["vehicle"].map(pd.Series(np.interp(comes, *_WAITS), comes.index))
    wait = wait.where(rows["camera"].map(usual) > 0, 0.0).reindex(table.index, fill_value=0.0)
    tracklets = replace(finder.tracklets, table=table.assign(seconds=table["seconds"] + wait))
    return TripFinder(tracklets, finder.midnight, finder.shown, finder.model)


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


def identity_scores(
    identity: ArrayLike, vehicle: ArrayLike, missed: ArrayLike = (), rounds: int = 100
) -> pd.DataFrame:
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
    missed : array_like of int
        The vehicle of each pass of which there is no tracklet.
    rounds : int

    Returns
    -------
    DataFrame
        Rows `IDF1`, `HOTA`, `DetA`, `AssA`; columns estimate, low, high, by drawing vehicles again:
        those that are judged, and those whose tracklets got their numbers.

    Examples
    --------
    Two vehicles at two cameras each, one of which is found again:

    >>> scores = identity_scores([1, 1, 2, 3], [7, 7, 8, 8])
    >>> scores["estimate"].round(3).to_dict()
    {'IDF1': 0.75, 'HOTA': 0.866, 'DetA': 1.0, 'AssA': 0.75}
    """
    vehicle, missed = np.array(vehicle), np.array(missed, int)
    nothing = vehicle < 0  # each is drawn as a vehicle of its own
    vehicle[nothing] = -1 - np.arange(nothing.sum())
    names = np.union1d(vehicle, missed)
    seen, real = np.searchsorted(names, vehicle), names >= 0
    unseen = np.bincount(np.searchsorted(names, missed), minlength=len(names))
    number, one = np.unique(identity, return_inverse=True)
    cells = coo_matrix((np.ones(len(seen)), (one, seen)), (len(number), len(names))).tocsr()
    place = cells.tocoo()
    true, own = real[place.col], np.asarray(cells.sum(axis=0)).ravel()
    pairs = linear_sum_assignment(cells[:, real].toarray(), maximize=True)
    chosen = np.zeros(len(names), int) - 1
    chosen[np.flatnonzero(real)[pairs[1]]] = pairs[0]
    paired = chosen[place.col] == place.row

    def statistic(drawn: np.ndarray) -> pd.Series:
        times = np.bincount(drawn, minlength=len(names)).astype(float)
        weight, count = times[place.col], place.data
        # a number's other tracklets count as often as their vehicles were drawn
        others = (cells @ times)[place.row] - weight * count
        union = others + (own + unseen)[place.col]
        found, there = (times * own * real).sum(), (times * (own + unseen) * real).sum()
        all_told = (times * own).sum()
        association = (weight * count**2 / union)[true].sum() / found
        detection = found / (all_told + (times * unseen).sum())
        right = (weight * count)[paired].sum()
        return pd.Series(
            {
                "IDF1": 2 * right / (all_told + there),
                "HOTA": np.sqrt(detection * association),
                "DetA": detection,
                "AssA": association,
            }
        )

    return bootstrap(statistic, np.arange(len(names)), rounds)


def linking_tables(dataset: Dataset, truth: Truth, folder: Path) -> dict[str, pd.DataFrame]:
    """The tables, by file name; `folder` holds the stored finder."""
    finder, trips = open_finder(dataset, truth, folder)
    way, rows = trips.labels["direction"].to_numpy(), []
    ends = {"S": finder.cameras[0], "N": finder.cameras[-1]}
    compared = engines(finder, dataset, truth)
    queue = queued(finder, trips.labels)
    compared |= {
        f"{JOINTLY}, in a queue": jointly(queue),
        f"{JOINTLY}, in a queue, by usual times": jointly(replace(queue, queues=False)),
    }
    for name, search in compared.items():
        parts = []
        for direction, start in ends.items():
            queries = trips.whole_trips(start)
            parts.append(judge(search, trips, queries[way[queries] == direction]))
        for direction, links in [*zip(ends, parts, strict=True), ("both", pd.concat(parts))]:
            rows.append(with_intervals(links).assign(engine=name, way=direction))
    identity = identities(finder.assignment)
    seen = trips.labels["vehicle"].to_numpy()
    passed = trips.passes.stack().dropna().index
    missed = passed.difference(pd.MultiIndex.from_arrays([seen, finder.tracklets.table["camera"]]))
    for name, numbers in (
        ("nobody linked", np.arange(len(seen))),
        (JOINTLY, identity),
    ):
        scores = identity_scores(numbers, seen, missed.get_level_values(0))
        rows.append(scores.rename_axis("figure").reset_index().assign(engine=name, way="both"))
    queries = np.flatnonzero(seen >= 0)
    every = judge(compared[JOINTLY], trips, queries)
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
