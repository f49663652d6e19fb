"""Engines side by side: figures of hand-made links, against counting."""

import pandas as pd
import pytest

from studio.studies.linking import figures, kept_at, sureness

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


def test_links_are_kept_as_long_as_enough_are_right():
    assert kept_at(LINKS, 0.99) == 5
    assert kept_at(LINKS, 0.8) == 6  # of the seven surest one is wrong
    assert kept_at(LINKS.assign(right=False)) == 0


def test_sureness_is_told_over_all_and_by_pair():
    table = sureness(LINKS)
    assert set(table["pair"]) == {"all", *(f"a {camera}" for camera in "bcdef")}
    assert table.groupby("pair")["count"].sum()["all"] == 10
