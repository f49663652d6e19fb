"""Weak spots and methods against counting by hand."""

import numpy as np
import pytest

from cctview.course.lesson import open_lesson
from cctview.dataset.cameras import DRIVE
from cctview.match import (
    RERANKED,
    best_candidates,
    by_group,
    compare_methods,
    compare_tracks,
    describe_searches,
    first_minutes,
    rank_tracks,
)
from cctview.match.errors import SMALL
from cctview.truth.labels import true_vehicles


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


def test_methods_are_compared_on_one_gallery(minutes):
    cameras = [place.camera for place in DRIVE[2:5]]
    table = compare_methods(*minutes[:3], cameras, queries=20, others=20, images=2)
    assert list(table.index) == ["MED", "MCD", "RSCR", RERANKED]
    assert ((table >= 0) & (table <= 1)).all().all()
    assert (table["rank-10"] >= table["rank-1"]).all()
    assert (table["mINP"] <= table["mAP"] + 1e-9).all()
    assert table.loc["MCD", "rank-10"] > 0.3
