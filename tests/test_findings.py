"""What the course says of leaks, held against the stored tables: each finding follows from how
something was measured, so it is recomputed here in another way, or told from a rival measure.
(Inversion and defences: `test_attack_results`.)
"""

import numpy as np
import pytest

from cctview.attacks import EPOCHS
from cctview.dataset.results import read_result
from cctview.privacy import NEVER, TRACKED, UNSEEN, given_away, linking_rates
from studio.studies.meter import leakage_meter


@pytest.fixture(scope="module")
def searches():
    return read_result("searches.parquet")


def test_searches_for_vehicles_that_were_not_there_are_never_averaged_in(searches):
    delivered = searches.groupby("outcome", observed=True)["delivered_all"].mean()
    assert delivered[TRACKED] > 10
    assert delivered[[UNSEEN, NEVER]].max() < 1
    assert delivered[UNSEEN] < 0  # who is linked there is somebody else
    given = leakage_meter(searches, rounds=2).given().estimate
    assert given == pytest.approx(delivered[TRACKED], abs=0.01)
    rates = linking_rates(searches, rounds=2)["estimate"]
    for outcome, rows in searches.groupby("outcome", observed=True):
        linked = rows["best"] >= 0.5
        assert rates[outcome, "another"] == pytest.approx(
            (linked & ~rows["right"]).mean(), abs=0.01
        )
        assert rates[outcome, "nobody"] == pytest.approx((~linked).mean(), abs=0.01)


def test_clock_and_appearance_add_up_in_both_orders_and_do_little_alone(searches):
    bits = given_away(searches, rounds=20)["estimate"]
    both = bits["both"]
    for first, then in (
        ("clock alone", "appearance, after the clock"),
        ("appearance alone", "clock, after appearance"),
        ("clock", "appearance"),
    ):
        assert bits[first] + bits[then] == pytest.approx(both, abs=1e-3)
    rows = searches[searches["outcome"] == TRACKED]
    by_hand = (rows["delivered_both"] - rows["delivered_clock"]).mean()
    assert bits["appearance, after the clock"] == pytest.approx(by_hand, abs=1e-3)
    found = rows[["first_clock", "first_appearance", "first_both"]].mean()
    assert found["first_both"] > 2 * found[["first_clock", "first_appearance"]].max()


def test_membership_is_of_the_very_crop():
    table = read_result("membership.csv")
    auc = table[(table.epoch == EPOCHS) & (table.figure == "AUC")].set_index("picture")
    assert auc.low["the very crop"] > 0.65
    assert abs(auc.estimate["one at another camera"] - 0.5) < 0.03
    assert auc.estimate.is_monotonic_decreasing  # the very crop, the same pass, another camera


def test_at_tolerable_false_alarms_appearance_alone_misses_nearly_all():
    table = read_result("open_set.csv").query("not beyond").dropna(subset="fnir")
    whole = table[(table["size"] == table["size"].max()) & table["resolvable"]]
    assert whole.fnir[np.isclose(whole.fpir, 0.01)].item() > 0.95
    assert (whole.alarms >= 10).all()
    for _, rows in table.groupby("size"):
        assert rows.sort_values("fpir").fnir.is_monotonic_decreasing
    for _, rows in table[table["fpir"] >= 0.1].groupby("fpir"):
        assert rows.sort_values("size").fnir.is_monotonic_increasing


def test_rank1_depends_on_the_gallery_and_on_the_cameras():
    table = read_result("rank1.csv").set_index(["cameras", "way", "among"]).sort_index()
    wide, narrow = "the whole recording", "150 s after"
    for cameras in table.index.unique("cameras"):
        assert table.gallery[cameras, "S", narrow] < table.gallery[cameras, "S", wide]
        assert table.estimate[cameras, "S", narrow] > table.estimate[cameras, "S", wide]
    best = table.xs(("S", narrow), level=["way", "among"])
    assert best.low["E 53 St to 48 St"] > table.high["next camera down the drive", "both", wide]


def test_links_are_counted_beside_what_the_tracker_has():
    table = read_result("linking.csv").pivot_table(
        index=["engine", "way"], columns="figure", values="estimate", dropna=False
    )
    trips = table.dropna(subset="there")
    assert (trips["first candidate right"] <= trips["there"]).all()
    share = trips["first candidate right"] / trips["there"]
    assert share.to_numpy() == pytest.approx(
        trips["first candidate right, where it is there"].to_numpy(), abs=2e-3
    )


def test_one_sighting_a_trip_singles_out_more_than_any_sightings():
    table = read_result("unicity.csv").query("false_links == 0 and points == 4")
    rows = table.pivot_table(index=["hours", "days", "role"], columns="one_a_trip")
    out = rows["singled_out"].dropna()
    fine = out.xs(0.25, level="hours").xs(7, level="days")
    assert (fine[True] >= fine[False]).all()
    low, high = rows["low"][True], rows["high"][False]
    assert low[0.25, 7, "commuter"] > high[0.25, 7, "everyone"]
