"""How well trips are found in the first minutes: engines side by side, over vehicles.

linking.csv         what each engine finds of the vehicles that passed all cameras
linking_sure.csv    how often links come true that are claimed at some confidence, by camera pair

"in a queue" are the same minutes with a queue between two cameras (`queued`), where links are
sought by the traffic of the moment, and by usual travel times. The engines are fitted alike: in the
later minutes, on vehicles that pass no camera in the first ones. "first edition" is the engine of
the first edition (`studio.studies.step_model`): every search by itself, by looks, type, colour and
clock in one logistic regression.

Intervals draw vehicles again on both sides (`studio.studies.resampling`): as vehicles that are
looked for, and as the candidates that they are taken for. The engines are not run again in each
draw; see `Answers`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
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
from cctview.match import estimate_and_interval
from cctview.stats import bootstrap, open_set_posterior, reliability
from cctview.track import find_tracklets
from cctview.truth import Truth, label_tracklets, read_truth, true_passes
from studio.studies.leakage import write_table
from studio.studies.resampling import PARTS, Draws
from studio.studies.step_model import fit_joint

FIRST_EDITION = "first edition"
_ORDER = ("time and place", "type and colour", "travel time", "embedding")
_PRECISION = 0.8
_MANY = 4  # links of a trip past six cameras
_WRONG = "wrong links a trip"  # the one figure that is no share
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


@dataclass(frozen=True)
class Answers:
    """What an engine answers to some searches at one camera, and what it would answer if other
    vehicles had driven there.

    A candidate that is not there any more leaves its share of the probability to the others, and
    one that is there twice takes it twice: the odds between the others stay (Bayes' rule). For
    searches by themselves this is exact. Engines that decide all trips at once would also decide
    the others' trips anew, which is left out. To see what that changes, the joint engine was run
    again five times, each time without another twentieth of the vehicles. The shares vary as they
    do here (standard deviations of 0.9 to 1.1 times), but "four or more right" and "wrong links a
    trip" twice as much: for such engines their intervals are too narrow.

    Attributes
    ----------
    camera : str
        Which is searched.
    queries : ndarray of int, shape (k,)
        Tracklets at other cameras.
    first : ndarray of str, shape (k,)
        Their cameras.
    asked, found : ndarray of int, shape (k,) and (m,)
        The vehicles of the queries, and of the candidates; a candidate that shows none that drives
        has a negative number of its own.
    probability : ndarray of float, shape (k, m)
        How probably each candidate shows the vehicle of each query.
    """

    camera: str
    queries: np.ndarray
    first: np.ndarray
    asked: np.ndarray
    found: np.ndarray
    probability: np.ndarray

    @cached_property
    def _true(self) -> np.ndarray:
        return self.asked[:, None] == self.found

    def links(self, times: np.ndarray | None = None) -> pd.DataFrame:
        """The best candidate of each query: see `judge`.

        Parameters
        ----------
        times : ndarray of float, shape (m,), optional
            How often the vehicle of each candidate is there. That of a query is there as it was.
        """
        probability = self.probability
        if times is not None:
            counts = np.where(self._true, 1.0, times)
            total = 1 + (probability * (counts - 1)).sum(axis=1, keepdims=True)
            probability = np.where(counts > 0, probability, 0.0) / np.maximum(total, 1e-12)
        best, each = probability.argmax(axis=1), np.arange(len(self.queries))
        return pd.DataFrame(
            {
                "query": self.queries,
                "vehicle": self.asked,
                "first": self.first,
                "found": self.found[best],
                "probability": probability[each, best],
                "right": self._true[each, best],
                "camera": self.camera,
                "there": self._true.any(axis=1),
            }
        )


def ask(search: Search, trips: TripJudge, queries: np.ndarray) -> list[Answers]:
    """Look for the vehicles of some tracklets at each other camera."""
    camera = trips.finder.tracklets.table["camera"].to_numpy()
    vehicle = trips.labels["vehicle"].to_numpy()
    vehicle = np.where(vehicle < 0, -1 - np.arange(len(vehicle)), vehicle)
    answers = []
    for searched in trips.finder.cameras:
        asked = queries[camera[queries] != searched]
        if len(asked):
            rows, probability = search(asked, searched)
            about = camera[asked], vehicle[asked], vehicle[rows]
            answers.append(Answers(searched, asked, *about, probability))
    return answers


def judge(search: Search, trips: TripJudge, queries: np.ndarray) -> pd.DataFrame:
    """The best candidate of each query past each other camera: `query`, `vehicle`, `first`,
    `found` (the vehicle of the candidate; negative for none that drives), `camera`, `probability`,
    `right`, `there` (the camera has a tracklet of it).
    """
    return pd.concat([one.links() for one in ask(search, trips, queries)], ignore_index=True)


def kept_at(
    links: pd.DataFrame, precision: float = _PRECISION, times: np.ndarray | None = None
) -> float:
    """How many right links there are among the surest, of which this share is right; `times`, (n,),
    says how often each counts.
    """
    order = np.argsort(-links["probability"].to_numpy(), kind="stable")
    counts = np.ones(len(links)) if times is None else times
    right = (counts * links["right"].to_numpy())[order].cumsum()
    share = right / np.maximum(counts[order].cumsum(), 1e-12)
    enough = np.flatnonzero(share >= precision)
    return float(right[enough[-1]]) if len(enough) else 0.0


def figures(links: pd.DataFrame, times: np.ndarray | None = None) -> pd.Series:
    """What is found, of links as from `judge`, one query a vehicle; `times`, (n,), says how often
    each link's query counts.
    """
    times = np.ones(len(links)) if times is None else times
    right, there = links["right"].to_numpy(), links["there"].to_numpy()
    linked = links["probability"].to_numpy() >= SURE
    _, first, trip = np.unique(links["query"], return_index=True, return_inverse=True)
    named, misses, lacking = (
        np.bincount(trip, rows) for rows in (right, linked & ~right, there & ~(linked & right))
    )

    def share(rows: np.ndarray) -> float:
        return float(np.average(rows, weights=times))

    def of_trips(values: np.ndarray) -> float:
        return float(np.average(values, weights=times[first]))

    return pd.Series(
        {
            "first candidate right": share(right),
            "first candidate right, where it is there": share(right & there) / share(there),
            "there": share(there),
            "right links at precision 0.8, share": kept_at(links, times=times) / times.sum(),
            "four or more right": of_trips(named >= _MANY),
            "linked and right, share": share(linked & right),
            _WRONG: of_trips(misses),
            "trips whole as far as they are there": of_trips((lacking + misses) == 0),
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
    seen = trips.labels["vehicle"].to_numpy()
    draws = Draws.make(seen[seen >= 0])
    for name, search in compared.items():
        answers = {}
        for direction, start in ends.items():
            queries = trips.whole_trips(start)
            answers[direction] = ask(search, trips, queries[way[queries] == direction])
        answers["both"] = answers["S"] + answers["N"]
        for direction, part in answers.items():
            rows.append(with_intervals(part, draws).assign(engine=name, way=direction))
    identity = identities(finder.assignment)
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


def with_intervals(answers: list[Answers], draws: Draws) -> pd.DataFrame:
    """The figures, and their 95 % intervals by drawing vehicles again on both sides.

    A query counts as often as its vehicle was drawn, and each other vehicle is there as often as
    it was drawn (see `Answers`). A drawn road has fewer different vehicles, so that a search finds
    its own a little more easily; so the draws are moved until their mean is the estimate.

    Returns
    -------
    DataFrame
        Columns figure, estimate, low, high, links.
    """
    all_of = PARTS.index("all")
    weights = [
        (draws.of(one.asked)[:, all_of, 1:], draws.of(one.found)[:, all_of, 1:]) for one in answers
    ]
    links = pd.concat([one.links() for one in answers], ignore_index=True)
    values = [figures(links)]
    for k in range(weights[0][0].shape[1]):
        parts = [one.links(there[:, k]) for one, (_, there) in zip(answers, weights, strict=True)]
        times = np.concatenate([asked[:, k] for asked, _ in weights])
        values.append(figures(pd.concat(parts, ignore_index=True), times))
    drawn = pd.DataFrame(values)
    table = pd.DataFrame({name: estimate_and_interval(drawn[name].to_numpy()) for name in drawn}).T
    most = np.where(table.index == _WRONG, np.inf, 1.0)
    table = table.clip(lower=0.0).clip(upper=pd.Series(most, table.index), axis=0)
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
