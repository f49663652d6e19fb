"""Bills worked out by hand; false matches counted one by one."""

import numpy as np
import pytest
from scipy import stats

from cctview.search.costs import (
    CITY,
    COSTS,
    NATION,
    PLANET,
    Quantity,
    bill,
    compare,
    measure_false_matches,
)


def test_a_bill_by_hand():
    """Ten cameras, 1,000 frames a day, two days, three vehicles a frame."""
    workload = CITY.moved(
        cameras=10, frames_per_day=1000, days_kept=2, vectors_per_frame=3, searches_per_day=864
    )
    costs = COSTS.moved(
        frames_per_second=10,
        bytes_per_frame=1e5,
        bytes_per_vector=500,
        bytes_per_code=30,
        exact_ns_per_vector=1e6,
        speed_up=20,
        price_of_two_cores=9,
        price_of_storage=2,
    )
    found = bill(workload, costs)
    assert found.gallery == 60_000
    assert found.hours == pytest.approx(20_000 / 10 / 3600)
    assert found.machines == pytest.approx(10_000 / 86_400 / 10)
    assert found.money_computing == pytest.approx(5)
    assert (found.bytes_frames, found.bytes_vectors, found.bytes_codes) == (2e9, 3e7, 1.8e6)
    assert found.money_storing == pytest.approx(2.03 * 2)
    assert (found.seconds_exact, found.seconds_approximate) == pytest.approx((60, 3))
    assert found.machines_searching == pytest.approx(864 * 3 / 86_400 / 2)


@pytest.mark.parametrize("assumptions", [COSTS, CITY, NATION, PLANET])
def test_every_number_says_where_it_comes_from(assumptions):
    table = assumptions.table()
    assert table.source.str.match(r"(measured|source|choice): \S").all()
    assert table.unit.str.len().all()
    for name in table.index:
        moved = assumptions.moved(**{name: 7})
        assert moved.table().value[name] == 7
        assert moved.table().source[name].startswith("moved from")
        assert moved.table().drop(name).equals(table.drop(name))


def test_assumptions_that_cannot_be():
    with pytest.raises(ValueError, match="no assumption is called 'price'"):
        COSTS.moved(price=1)
    with pytest.raises(ValueError, match="not below 0"):
        Quantity(-1, "s", "choice: none")


def test_false_matches_are_counted_one_by_one():
    rng = np.random.default_rng(0)
    q_pids, g_pids = rng.integers(15, size=40), rng.integers(15, size=90)
    q_camids, g_camids = rng.integers(3, size=40), rng.integers(3, size=90)
    distances = rng.random((40, 90)) + (q_pids[:, None] != g_pids)
    figure = measure_false_matches(distances, q_pids, g_pids, q_camids, g_camids, found=0.8)
    nearest = [
        min(
            (
                distances[i, j]
                for j in range(90)
                if g_pids[j] == q_pids[i] and g_camids[j] != q_camids[i]
            ),
            default=np.inf,
        )
        for i in range(40)
    ]
    mated = np.isfinite(nearest)
    assert np.mean(np.array(nearest)[mated] <= figure.threshold) == figure.found >= 0.8
    flagged = [
        [
            distances[i, j] <= figure.threshold
            for j in range(90)
            if g_pids[j] != q_pids[i] and g_camids[j] != q_camids[i]
        ]
        for i in range(40)
    ]
    assert figure.rate == pytest.approx(np.mean(np.concatenate(flagged)))
    assert figure.low <= figure.rate <= figure.high
    assert (figure.gallery, figure.searches) == (
        90,
        40,
    )
    with pytest.raises(ValueError, match="vehicle is at another camera"):
        measure_false_matches(distances[:, :1], q_pids, [99], q_camids, [0])


def test_where_nobody_is_flagged_the_rule_of_three_bounds_the_rate():
    distances = [[0.1, 0.9, 0.9, 0.9], [0.9, 0.1, 0.9, 0.9]]
    figure = measure_false_matches(distances, [1, 2], [1, 2, 3, 4], [0, 0], [1] * 4)
    assert (figure.rate, figure.high) == (0, 3 / 6)


def test_clumps_flag_as_many_but_fewer_searches():
    """Against a drawing of clumps: Poisson many, at places of their own."""
    distances = np.ones((2, 801))
    distances[0, 0], distances[0, 1:5], distances[1, 5] = 0.1, 0.1, 0.2
    figure = measure_false_matches(
        distances, [1, 2], [1, *range(100, 104), 2, *range(200, 995)], [0, 0], [1] * 801
    )
    assert (figure.rate, figure.clump) == pytest.approx((4 / 1596, 2 / np.log(2)), rel=0.01)
    assert figure.innocents(2 / figure.rate).fpir[0] == pytest.approx(0.5), (
        "one search of two flags someone, as measured"
    )
    table = figure.innocents([801, 8010, 8011])
    assert table.innocents.tolist() == pytest.approx(
        [size * figure.rate for size in (801, 8010, 8011)]
    )
    assert table.reach.tolist() == ["measured", "a decade further", "further"]
    drawn = stats.poisson(table.innocents[0] / figure.clump).rvs(200_000, random_state=0)
    assert table.fpir[0] == pytest.approx((drawn > 0).mean(), abs=0.005)
    assert figure.clump * drawn.mean() == pytest.approx(table.innocents[0], abs=0.02)
    assert (table.fpir_naive > table.fpir).all()


def test_three_sizes_side_by_side():
    distances = [[0.1, 0.2, 0.9], [0.3, 0.8, 0.7]]
    figure = measure_false_matches(
        distances, [1, 2], [1, 2, 3], ["N", "N"], ["S", "S", "S"], found=1.0
    )
    table = compare((CITY, NATION, PLANET), false_matches=figure)
    assert table.columns.tolist() == ["a city", "a nation", "30 billion pictures"]
    assert table.loc["gallery", "30 billion pictures"] == 30e9
    assert table.loc["gallery", "a nation"] == pytest.approx(50e6 * 365)
    assert table.loc["innocents_per_search"].tolist() == pytest.approx(
        [0.75 * n for n in (2.08e6, 41.2e6, 8e9)]
    )
    assert (table.loc["pictures_flagged_per_search"] == 0.75 * table.loc["gallery"]).all()
    assert (table.loc["innocents_per_day"] == 100 * table.loc["innocents_per_search"]).all()
