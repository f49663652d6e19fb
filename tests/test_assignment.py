"""All trips decided together: the sharing against scipy's optimiser and counting by hand, the whole
on a small road with known vehicles, and vehicle numbers against pairs counted one by one.
"""

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from cctview.link import LinkModel, TripFinder, TripJudge, fit_finder
from cctview.link.assignment import Assignment, Trips, _share, assign_trips
from cctview.stats import open_set_posterior
from studio.studies.linking import identities, identity_scores
from tests.test_linking import CAMERAS, road

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def fitted():
    """Tracklets and labels that the model has not seen, and the model."""
    model = fit_finder(*road(300, seed=1, minutes=12))
    return *road(300, seed=2, minutes=12), model


@pytest.fixture(scope="module")
def assignment(fitted):
    return assign_trips(fitted[2], fitted[0])


def test_prices_are_those_of_the_convex_programme():
    """The weights have most entropy, relative to the ratios, of all that give each tracklet 1."""
    rng = np.random.default_rng(0)
    members = np.array([[0, 2, 4], [0, 3, -1], [1, 3, 5], [1, -1, 4], [-1, 2, 5], [0, 2, -1]])
    log_ratio = rng.normal(2, 2, len(members))
    prices, weights = _share(Trips(members, log_ratio), 6)
    holds = np.zeros((6, 6))
    for trip, row in enumerate(members):
        holds[trip, row[row >= 0]] = 1

    def dual(x):
        return np.exp(log_ratio + holds @ x).sum() + np.exp(x).sum() - x.sum()

    best = minimize(dual, np.zeros(6), method="BFGS", options={"gtol": 1e-9}).x
    np.testing.assert_allclose(prices, best, atol=1e-4)
    np.testing.assert_allclose(holds.T @ weights + np.exp(prices), 1, atol=1e-4)


def test_nobody_is_at_two_places(fitted, assignment):
    tracklets, _, _ = fitted
    pairs, camera = assignment.pairs, tracklets.table["camera"].to_numpy()
    np.testing.assert_allclose((pairs - pairs.T).toarray(), 0, atol=1e-12)
    for name in CAMERAS:
        assert pairs[:, np.flatnonzero(camera == name)].sum(axis=1).max() < 1 + 1e-6
    numbers = pd.DataFrame({"number": identities(assignment), "camera": camera})
    assert not numbers.duplicated().any()


def test_some_minutes_at_a_time_decide_as_all_at_once(fitted, assignment, monkeypatch):
    """Vehicles that drive past the cameras while one stretch ends and the next begins, too."""
    monkeypatch.setattr("cctview.link.assignment._WINDOW", 240.0)
    parts = assign_trips(fitted[2], fitted[0])
    assert abs(parts.pairs - assignment.pairs).max() < 0.05
    np.testing.assert_array_equal(parts.late, assignment.late)


def test_together_more_is_found_than_one_by_one(fitted, assignment):
    tracklets, labels, model = fitted
    vehicle, camera = labels["vehicle"].to_numpy(), tracklets.table["camera"].to_numpy()
    ratios, joint = model.log_ratio(tracklets), assignment.pairs.toarray()
    first = {"alone": 0, "together": 0}
    for a, b in permutations(CAMERAS, 2):
        queries, rows = (np.flatnonzero(camera == name) for name in (a, b))
        present = model.travel_times.present(tracklets.table.iloc[queries], b)
        alone = open_set_posterior(ratios[np.ix_(queries, rows)], present)[:, :-1]
        for name, table in (("alone", alone), ("together", joint[np.ix_(queries, rows)])):
            first[name] += (vehicle[rows[table.argmax(axis=1)]] == vehicle[queries]).sum()
    assert first["together"] > 1.03 * first["alone"]


def test_what_is_claimed_comes_true(fitted):
    tracklets, labels, model = fitted
    names = np.array([f"d{k}" for k in range(len(tracklets))])
    finder = TripFinder(tracklets, pd.Timestamp("2031-05-05"), names, model)
    times = tracklets.table.assign(vehicle=labels["vehicle"], time=pd.Timestamp("2031-05-05"))
    passes = times.pivot_table(index="vehicle", columns="camera", values="time", aggfunc="first")
    links = TripJudge(finder, labels, passes).links(np.arange(len(tracklets)))
    for low, high in ((0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        part = links[links["probability"].between(low, high)]
        assert len(part) > 50
        assert part["right"].mean() == pytest.approx(part["probability"].mean(), abs=0.12)


def test_why_a_vehicle_is_not_found(fitted):
    tracklets, _, model = fitted
    tracklets = tracklets.part(np.flatnonzero(tracklets.table["seconds"] < 300))
    finder = TripFinder(tracklets, pd.Timestamp("2031-05-05"), np.array([]), model)
    table = tracklets.table
    first, *_, last = CAMERAS
    early = table[table["camera"] == last]["seconds"].idxmin()
    late = table[table["camera"] == first]["seconds"].idxmax()
    begin, end = (f"00:{int(second // 60):02}" for second in finder.span)
    assert finder.why_not(early, first) == (
        f"it would have passed before {begin}, when the recording begins"
    )
    assert finder.why_not(late, last) == (
        f"it would come here after {end}, when the recording ends"
    )
    middle = (table["seconds"] - 150).abs()[table["camera"] == first].idxmin()
    assert finder.why_not(middle, last) == "not found"


def test_too_few_vehicles_are_told():
    tracklets, labels = road(12)
    with pytest.raises(ValueError, match="vehicles have two tracklets; at least 20 are needed"):
        LinkModel.fit(tracklets, labels)


def test_vehicle_numbers_are_scored_as_trackeval_scores_them():
    """Each tracklet is a moment with a vehicle (or none) and a number; one missed, with a vehicle
    alone.
    """
    metrics = pytest.importorskip("trackeval.metrics", reason="get it by workshop.py test")
    rng = np.random.default_rng(3)
    vehicle, number = rng.integers(-1, 6, 60), rng.integers(0, 8, 60)
    missed = np.array([0, 0, 3, 6])  # 6 was never seen
    moments = [([v] if v >= 0 else [], [k]) for v, k in zip(vehicle, number, strict=True)]
    moments += [([v], []) for v in missed]
    data = {
        "num_gt_dets": sum(len(true) for true, _ in moments),
        "num_tracker_dets": len(number),
        "num_gt_ids": 7,
        "num_tracker_ids": 8,
        "gt_ids": [np.array(true, int) for true, _ in moments],
        "tracker_ids": [np.array(found, int) for _, found in moments],
        "similarity_scores": [np.ones((len(true), len(found))) for true, found in moments],
    }
    hota = metrics.HOTA().eval_sequence(data)
    oracle = {name: hota[name].mean() for name in ("HOTA", "DetA", "AssA")}
    oracle |= {"IDF1": metrics.Identity().eval_sequence(data)["IDF1"]}
    scores = identity_scores(number, vehicle, missed)
    assert scores["estimate"].to_dict() == pytest.approx(oracle)
    assert (scores["low"] < scores["estimate"]).all()
    assert (scores["estimate"] < scores["high"]).all()


def test_vehicle_numbers_are_scored_as_pairs_are_counted():
    rng = np.random.default_rng(3)
    vehicle, number = rng.integers(-1, 6, 40), rng.integers(0, 8, 40)
    scores = identity_scores(number, vehicle, rounds=2)["estimate"]
    true = vehicle >= 0
    most = max(
        sum((number[vehicle == v] == n).sum() for v, n in zip(range(6), chosen, strict=True))
        for chosen in permutations(range(8), 6)
    )
    assert scores["IDF1"] == pytest.approx(2 * most / (40 + true.sum()))


def test_numbers_are_those_of_the_heaviest_trips():
    members = np.array([[0, 1, 2], [0, 3, -1], [4, 3, -1]])
    numbers = identities(Assignment(5, members, np.array([0.7, 0.9, 0.6]), np.zeros(5)))
    together = {pair for pair in combinations(range(5), 2) if len(set(numbers[list(pair)])) == 1}
    assert together == {(0, 3)}
