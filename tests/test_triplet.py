"""The triplet loss against torch and finite differences; weak spots and methods against counting by
hand.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import approx_fprime

from cctview.course.lesson import open_lesson
from cctview.dataset.cameras import DRIVE
from cctview.match import (
    RERANKED,
    best_candidates,
    bits_of_tracks,
    by_group,
    compare_methods,
    compare_tracks,
    describe_searches,
    first_minutes,
    rank_tracks,
    triplet_loss,
)
from cctview.match.errors import SMALL
from cctview.truth.labels import true_vehicles

POINTS = arrays(float, (3, 2), elements=st.floats(-3, 3))


@settings(deadline=None, max_examples=60)
@given(POINTS, st.floats(0.1, 4))
def test_loss_and_gradients_are_those_of_torch(points, margin):
    import torch

    loss, gradients = triplet_loss(*points, margin)
    tensor = torch.tensor(points, requires_grad=True)
    a, p, n = tensor
    wanted = torch.relu(((a - p) ** 2).sum() - ((a - n) ** 2).sum() + margin)
    wanted.backward()
    assert loss == pytest.approx(wanted.item(), abs=1e-9)
    if abs(wanted.item()) > 1e-6:  # at the bend either slope is right
        assert gradients == pytest.approx(tensor.grad.numpy(), abs=1e-9)


def test_gradients_are_slopes():
    points = np.array([[0.1, 0.2], [1.0, 0.6], [0.7, -0.6]])
    slopes = approx_fprime(points.ravel(), lambda x: triplet_loss(*x.reshape(3, 2), 1.0)[0])
    assert triplet_loss(*points, 1.0)[1].ravel() == pytest.approx(slopes, abs=1e-5)


@pytest.fixture(scope="module")
def minutes():
    lesson = open_lesson()
    detections, embeddings = first_minutes(lesson.dataset, 2)
    vehicles = true_vehicles(detections, lesson.truth)
    return detections, vehicles, embeddings, lesson.truth.vehicles


@pytest.fixture(scope="module")
def asked(minutes):
    tables = compare_tracks(*minutes[:3])
    return tables, describe_searches(tables, *minutes[:2], minutes[3])


def test_searches_are_described_by_what_they_look_for(minutes, asked):
    detections, vehicles, _, made = minutes
    tables, searches = asked
    assert len(searches) == np.isfinite(rank_tracks(tables)[0].first_rank).sum() > 100
    known = made.set_index("vehicle")
    for row in searches.iloc[::37].itertuples():
        assert vehicles[row.row] == row.vehicle
        assert detections.camera[row.row] == row.camera
        box = detections.loc[row.row]
        assert row.side == pytest.approx(((box.x2 - box.x1) * (box.y2 - box.y1)) ** 0.5)
        own = known.loc[row.vehicle]
        same = (known[["kind", "design", "colour"]] == own[["kind", "design", "colour"]]).all(
            axis=1
        )
        assert row.look_alikes == same.sum() - 1
        assert row.dark == (own.colour in ("black", "brown", "grey"))


def test_groups_are_counted(asked):
    table = by_group(asked[1], candidates=5, rounds=20).set_index("group")
    small = asked[1].side < SMALL
    assert table.loc["larger", "estimate"] == pytest.approx((asked[1]["rank"][~small] <= 5).mean())
    assert table.searches.sum() == 3 * len(asked[1])
    assert ((table.low <= table.estimate) & (table.estimate <= table.high)).all()


def test_best_candidates_are_the_nearest(minutes, asked):
    tables, searches = asked
    search = searches[searches["rank"] == 3].iloc[0]
    best = best_candidates(search, tables, *minutes[:2])
    assert best.right.tolist() == [False, False, True, False, False]
    assert (np.diff(best.distance) >= 0).all()
    assert minutes[1][best.row[2]] == search.vehicle


def tracks_told_apart(noise):
    """A list of one table of distances: everyone's own is nearer by 1, but for noise."""
    rng = np.random.default_rng(4)
    distances = 1 + noise * rng.normal(size=(80, 80)) - np.eye(80)
    return [pd.DataFrame(distances, index=range(1, 81), columns=range(1, 81))]


def test_bits_are_all_if_looks_tell_and_none_if_they_do_not():
    everything = bits_of_tracks(tracks_told_apart(0.001), rounds=20)
    assert everything.estimate == pytest.approx(np.log2(80), abs=0.01)
    nothing = bits_of_tracks(tracks_told_apart(100.0), rounds=20)
    assert abs(nothing.estimate) < 0.2
    assert everything.low <= everything.estimate <= everything.high


def test_methods_are_compared_on_one_gallery(minutes):
    cameras = [place.camera for place in DRIVE[2:5]]
    table = compare_methods(*minutes[:3], cameras, queries=20, others=20, images=2)
    assert list(table.index) == ["MED", "MCD", "RSCR", RERANKED]
    assert ((table >= 0) & (table <= 1)).all().all()
    assert (table["rank-10"] >= table["rank-1"]).all()
    assert (table["mINP"] <= table["mAP"] + 1e-9).all()
    assert table.loc["MCD", "rank-10"] > 0.3
