"""Engines side by side: figures of hand-made links, against counting; and vehicles drawn again."""

import numpy as np
import pandas as pd
import pytest

from cctview.attacks.linkage import Searches
from cctview.link import SURE
from cctview.stats import closed_set_bits
from studio.studies.defence_study import link_row
from studio.studies.linking import Answers, figures, kept_at, sureness, with_intervals
from studio.studies.resampling import Draws

LINKS = pd.DataFrame(
    {
        "query": [1] * 5 + [2] * 5,
        "vehicle": [7] * 5 + [8] * 5,
        "found": [7, 7, 7, 7, 9, 8, 9, 8, 9, 9],
        "first": "a",
        "camera": list("bcdef") * 2,
        "probability": [0.9, 0.8, 0.7, 0.6, 0.2, 0.95, 0.55, 0.4, 0.3, 0.1],
        "right": [True, True, True, True, False, True, False, True, False, False],
        "there": [True] * 4 + [False] + [True] * 5,
    }
)


def test_figures_are_those_counted_by_hand():
    found = figures(LINKS)
    assert found["first candidate right"] == pytest.approx(6 / 10)
    assert found["first candidate right, where it is there"] == pytest.approx(6 / 9)
    assert found["there"] == pytest.approx(0.9)
    assert found["four or more right"] == 0.5
    assert found["linked and right, share"] == pytest.approx(5 / 10)
    assert found["wrong links a trip"] == 0.5
    assert found["trips whole as far as they are there"] == 0.5
    unsure = figures(LINKS.replace({"probability": {0.6: 0.45}}))
    assert unsure["four or more right"] == 0.5  # it comes first, and is not linked
    assert unsure["linked and right, share"] == pytest.approx(4 / 10)
    assert unsure["trips whole as far as they are there"] == 0


def test_links_are_kept_as_long_as_enough_are_right():
    assert kept_at(LINKS, 0.99) == 5
    assert kept_at(LINKS, 0.8) == 6  # of the seven surest one is wrong
    assert kept_at(LINKS.assign(right=False)) == 0


def test_sureness_is_told_over_all_and_by_pair():
    table = sureness(LINKS)
    assert set(table["pair"]) == {"all", *(f"a {camera}" for camera in "bcdef")}
    assert table.groupby("pair")["count"].sum()["all"] == 10


def answers(probability, asked, found):
    """Searches at one camera, one a vehicle."""
    asked, found = np.array(asked), np.array(found)
    return Answers("b", np.arange(len(asked)), np.full(len(asked), "a"), asked, found, probability)


def test_a_rival_that_is_gone_leaves_its_share_and_one_that_is_there_twice_takes_it_twice():
    """By hand: 0.3 for the vehicle, 0.5 for the rival, 0.2 for none of these."""
    one = answers(np.array([[0.3, 0.5]]), [7], [7, 8])
    for times, right, probability in ((1, False, 0.5), (0, True, 0.3 / 0.5), (2, False, 0.5 / 1.5)):
        links = one.links(np.array([1.0, times]))
        assert links["right"].item() == right
        assert links["probability"].item() == pytest.approx(probability)
        # how often the vehicle itself was drawn says nothing of its own search
        pd.testing.assert_frame_equal(links, one.links(np.array([5.0, times])))


def test_one_rival_that_all_searches_share_makes_them_uncertain():
    """Everybody is taken for one vehicle, and is found if that one is not there: of draws with
    replacement a share 1/e is without it. Drawing the queries alone says 0 to 0.
    """
    count, rival = 50, 1000
    probability = np.hstack([0.4 * np.eye(count), np.full((count, 1), 0.5)])
    vehicles = np.arange(count)
    shared = answers(probability, vehicles, [*vehicles, rival])
    table = with_intervals([shared], Draws.make([*vehicles, rival], rounds=1000))
    row = table.set_index("figure").loc["first candidate right"]
    assert (row.estimate, row.low) == (0, 0)
    assert row.high == pytest.approx(1 - np.exp(-1), abs=0.05)


def test_intervals_are_those_of_roads_drawn_again_one_by_one():
    """Candidates are left out, and copied, in tables of their own; queries are repeated."""
    rng = np.random.default_rng(3)
    count = 40
    ratios = rng.exponential(size=(count, count)) ** 6 + 10_000 * np.eye(count)
    probability = ratios / (ratios.sum(axis=1, keepdims=True) + 1000)
    vehicles = np.arange(count)
    draws = Draws.make(vehicles, rounds=60)
    right, linked = [], []
    for times in draws.of(vehicles)[:, 0].T.astype(int):
        first, sure = [], []
        for k in vehicles:
            there = np.repeat(vehicles, np.where(vehicles == k, 1, times))
            odds = probability[k, there]
            none = 1 - probability[k].sum()
            best = odds.argmax()
            first += times[k] * [there[best] == k]
            sure += times[k] * [there[best] == k and odds[best] / (odds.sum() + none) >= SURE]
        right.append(np.mean(first))
        linked.append(np.mean(sure))
    table = with_intervals([answers(probability, vehicles, vehicles)], draws).set_index("figure")
    for figure, (estimate, *drawn) in (
        ("first candidate right", right),
        ("linked and right, share", linked),
    ):
        ends = np.percentile(drawn, [2.5, 97.5]) - np.mean(drawn) + estimate
        assert table.loc[figure, ["estimate", "low", "high"]].tolist() == pytest.approx(
            [estimate, *ends], abs=1e-6
        )


def test_counting_a_query_twice_is_as_copying_its_links():
    times = np.repeat([2.0, 1.0], 5)
    copied = pd.concat([LINKS, LINKS[:5].assign(query=3)])
    pd.testing.assert_series_equal(figures(LINKS, times), figures(copied))


def test_the_bits_and_rank_1_of_one_crop_are_drawn_on_both_sides():
    """Of each draw by copying candidates, with `closed_set_bits` and by counting."""
    rng = np.random.default_rng(4)
    vehicles = np.arange(30)
    odds = rng.normal(size=(30, 30)) + 2 * np.eye(30)
    draws = Draws.make(vehicles, rounds=50)
    bits, first = [], []
    for times in draws.of(vehicles)[:, 0].T.astype(int):
        gained, ranked = [], []
        for k in vehicles:
            there = np.repeat(vehicles, np.where(vehicles == k, 1, times))
            own = np.flatnonzero(there == k)
            gained += times[k] * [closed_set_bits(odds[[k]][:, there], own).item()]
            ranked += times[k] * [odds[k, there].argmax() == own[0]]
        bits.append(np.mean(gained))
        first.append(np.mean(ranked))
    row, _ = link_row([Searches(odds, vehicles, vehicles, vehicles)], draws)
    for name, (estimate, *drawn) in (("bits", bits), ("rank1", first)):
        ends = np.percentile(drawn, [2.5, 97.5]) - np.mean(drawn) + estimate
        assert [row[name], row[f"{name}_low"], row[f"{name}_high"]] == pytest.approx(
            [estimate, *ends], abs=1e-4
        )
