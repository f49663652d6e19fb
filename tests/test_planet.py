"""Bills worked out by hand."""

import numpy as np
import pytest

from cctview.dataset import DATA, open_dataset
from cctview.search import CITY, COSTS, NATION, PLANET, Quantity, bill, compare_bills


def test_a_frame_has_the_bytes_of_the_simulated_ones():
    dataset = open_dataset(DATA)
    mean = np.mean([len(dataset.jpeg(frame)) for frame in dataset.frames.id])
    assert COSTS.bytes_per_frame.value == round(mean)


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
        price_of_requests=0.5,
        frames_per_object=10,
    )
    found = bill(workload, costs)
    assert found.gallery == 60_000
    assert found.hours == pytest.approx(20_000 / 10 / 3600)
    assert found.machines == pytest.approx(10_000 / 86_400 / 10)
    assert found.money_computing == pytest.approx(5)
    assert (found.bytes_frames, found.bytes_vectors, found.bytes_codes) == (2e9, 3e7, 1.8e6)
    assert found.money_storing == pytest.approx(2.03 * 2)
    assert found.money_requests == pytest.approx(30 * 10_000 / 10 / 1000 * 0.5)
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


def test_every_price_has_its_date():
    costs, nation = COSTS.table().source, NATION.table().source
    assert costs[costs.index.str.startswith("price")].str.contains("2026").all()
    assert nation[["cameras", "frames_per_day", "days_kept"]].str.contains("2026").all()


def test_storing_each_frame_of_a_city_costs_more_than_keeping_it():
    """900 cameras, a frame every 2 s: 1.17 billion files a month."""
    city = bill(CITY.moved(frames_per_day=43_200))
    assert city.money_requests == pytest.approx(5832)
    assert city.money_requests > 9 * city.money_storing
    packed = bill(CITY, COSTS.moved(frames_per_object=1000))
    assert packed.money_requests < packed.money_storing / 10


def test_assumptions_that_cannot_be():
    with pytest.raises(ValueError, match="no assumption is called 'price'"):
        COSTS.moved(price=1)
    with pytest.raises(ValueError, match="not below 0"):
        Quantity(-1, "s", "choice: none")


def test_three_sizes_side_by_side():
    table = compare_bills((CITY, NATION, PLANET))
    assert table.columns.tolist() == ["a city", "a nation", "30 billion pictures"]
    assert table.loc["gallery", "30 billion pictures"] == 30e9
    assert table.loc["gallery", "a nation"] == pytest.approx(20e9)
