"""Figures of notebook 06: the values drawn are the data's, titles say what was found, and nothing
lies outside.
"""

import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from cctview.course import films_of_one_car
from cctview.course.figures import lesson_06
from cctview.course.stored import operating_points
from cctview.dataset.results import read_result
from cctview.link.filters import STAGES, Filtered
from cctview.match import COLOUR, LOOK_ALIKE, OTHER
from cctview.search import CITY, NATION, PLANET, compare_bills
from cctview.show import look
from tests.cards import check_card

CITY_TABLE = read_result("city.csv")
ODDS, CHECK = read_result("open_set.csv"), read_result("open_set_check.csv")
RNG = np.random.default_rng(0)
STAGE = {
    name: Filtered(
        np.arange(60) % 20,
        np.where(RNG.random(60) < 0.05 * k, np.inf, RNG.integers(1, 40 - 9 * k, 60)),
        np.full(60, left),
    )
    for k, (name, left) in enumerate(zip(STAGES, (550, 37, 12, 9), strict=True))
}
PASSING = pd.DataFrame(
    [
        (kind, found, share, 0.8 * share, 1.2 * share)
        for kind, shares in (
            (LOOK_ALIKE, (0.035, 0.27, 0.74)),
            (COLOUR, (0.004, 0.11, 0.55)),
            (OTHER, (1e-5, 0.003, 0.08)),
        )
        for found, share in zip((0.1, 0.5, 0.9), shares, strict=True)
    ],
    columns=["alike", "found", "estimate", "low", "high"],
)
FIRST = pd.DataFrame(
    {
        "estimate": [0.15, 0.13, 0.65, 0.78],
        "low": [0.1, 0.1, 0.6, 0.7],
        "high": [0.2, 0.2, 0.7, 0.8],
    },
    index=["appearance alone", "clock and lanes alone", "all of these", "everybody at once"],
)
BLAMED = {
    "colour": pd.DataFrame(
        {"estimate": [1.5, 0.8], "low": [0.9, 0.5], "high": [2.3, 1.2]}, index=["red", "grey"]
    ),
    "type": pd.DataFrame({"estimate": [1.0], "low": [0.8], "high": [1.3]}, index=["sedan"]),
}
BILLS = compare_bills([CITY, NATION, PLANET])

KINDS_TABLE = pd.DataFrame(
    [
        [f"{352 * size}×{240 * size}", seconds, detail, network, figure, share + more]
        for figure, more in (("whole trips right", 0), ("links right", 0.05))
        for size, seconds, detail, network, share in (
            (3, 0.34, "middle", "trained for this", 0.4),
            (1, 1.7, "middle", "shipped", 0.9),
            (3, 1.7, "low", "trained for this", 0.25),
            (3, 1.7, "middle", "trained for this", 0.3),
            (3, 1.7, "high", "trained for this", 0.35),
            (1, 1.7, "middle", "trained for this", 0.1),
            (1, 0.34, "middle", "trained for this", 0.2),
        )
    ],
    columns=["frame", "seconds", "detail", "network", "figure", "estimate"],
).assign(count=60, low=lambda t: t.estimate - 0.08, high=lambda t: t.estimate + 0.08)
FIGURES = {
    "filters": lambda: lesson_06.filters(STAGE),
    "filters with a list": lambda: lesson_06.filters(STAGE, 10),
    "open set": lambda: lesson_06.open_set(ODDS, CHECK),
    "open set, all holds": lambda: lesson_06.open_set(ODDS, CHECK.assign(holds=True)),
    "found first": lambda: lesson_06.comes_first(FIRST),
    "look-alikes": lambda: lesson_06.look_alikes(PASSING),
    "blamed": lambda: lesson_06.wrongly_linked(BLAMED),
    "town": lambda: lesson_06.town(CITY_TABLE),
    "films": lambda: lesson_06.camera_kinds(KINDS_TABLE),
    "one car": lambda: lesson_06.one_car(films_of_one_car()),
    "costs": lambda: lesson_06.costs(BILLS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    figure = FIGURES[name]()
    check_card(figure)
    assert not any("$" in text.get_text() for text in figure.findobj(matplotlib.text.Text))


def drawn(figure, name):
    return list(figure.findobj(lambda a: a.get_label() == name))


def test_filters_draw_counts_and_shares():
    figure = lesson_06.filters(STAGE, 10)
    few, found = figure.axes
    assert [bar.get_width() for bar in few.patches] == [550, 37, 12, 9]
    assert [bar.get_width() for bar in found.patches] == pytest.approx(
        [(stage.rank <= 10).mean() for stage in STAGE.values()]
    )
    lost = np.isinf(STAGE["+ lane"].rank).mean()
    assert f"rule it out in {look.percent(lost)}" in figure.title
    assert "among the first 10" in figure.title


def test_the_open_set_draws_what_was_measured_and_nothing_that_was_not():
    figure = lesson_06.open_set(ODDS, CHECK)
    measured = ODDS[~ODDS.beyond]
    shown = [rows for _, rows in measured.groupby("fpir") if rows.resolvable.all()]
    curves = drawn(figure, "measured")
    assert [line.get_ydata().tolist() for line in curves] == [r.fnir.tolist() for r in shown]
    foretold = [x for line in drawn(figure, "foretold") for x in line.get_xdata()]
    assert max(foretold) <= 2 * measured["size"].max(), "a doubling was checked, and no more"
    at = measured[np.isclose(measured.fpir, 0.1)].set_index("size").fnir
    title = figure.title.replace("\u00a0", " ")
    assert "in 1 of 10 searches" in title
    assert f"{look.percent(at.iloc[0])} of the vehicles are missed among 100" in title


def test_only_what_lies_wholly_above_the_average_is_called_sure():
    assert lesson_06.wrongly_linked(BLAMED).title.startswith(
        "No colour and no type is surely linked wrongly"
    )
    red = BLAMED["colour"].assign(low=[1.1, 0.5])
    assert "than the average: red" in lesson_06.wrongly_linked(BLAMED | {"colour": red}).title


def test_a_town_is_drawn_from_its_table():
    shares = lesson_06.town_shares(CITY_TABLE, "stills")
    rows = CITY_TABLE.query("days == 7 and drivers == 'everyone' and kind == 'stills'")
    right = rows[rows.figure == "trips put together, right"].set_index("cameras").estimate
    assert shares.right.tolist() == right.sort_index().tolist()
    drawn_right = drawn(lesson_06.town(CITY_TABLE), "put together rightly")[0]
    assert drawn_right.get_ydata().tolist() == shares.right.tolist()


def test_films_are_drawn_from_small_and_slow_to_large_and_fast():
    trips = lesson_06.kinds_of_camera(KINDS_TABLE, "whole trips right")
    assert trips.frame.tolist() == ["352×240"] * 2 + ["1056×720"] * 2
    assert trips.seconds.tolist() == [1.7, 0.34] * 2
    assert trips.estimate.tolist() == [0.1, 0.2, 0.3, 0.4]
    assert trips[["little", "much"]].dropna().to_numpy().tolist() == [[0.25, 0.35]]
    figure = lesson_06.camera_kinds(KINDS_TABLE)
    assert re.findall(r"\d+ %", figure.title) == ["10 %", "40 %"]
    for axes, more in zip(figure.axes, (0.05, 0), strict=True):
        (band,) = [bar for bar in axes.patches if bar.get_height() > 0]
        assert [band.get_x(), band.get_width()] == pytest.approx([0.25 + more, 0.1])
        assert band.get_y() < 2 < band.get_y() + band.get_height()


def test_what_is_published_is_told_as_a_share_a_range_or_unknown():
    shown = lesson_06.on_real_roads(read_result("kinds.csv")).data
    lines = [
        [cell.text for cell in line("td")] for line in BeautifulSoup(shown, "html.parser")("tr")
    ]
    told = pd.Series({line[1]: line[2] for line in lines if line})
    assert told["first match is the vehicle, small network"] == "96 %"
    (alerts,) = told[told.index.str.startswith("alerts that are wrong")]
    assert alerts == "5.0 % to 35 %"
    (captured,) = told[told.index.str.startswith("passing plates")]
    assert captured == "unknown"


def test_operating_points_find_more_the_looser_they_are():
    points = operating_points(ODDS)
    assert points.found.is_monotonic_increasing
    assert points.rate.is_monotonic_increasing


def test_costs_draw_their_table():
    store, seek = lesson_06.costs(BILLS).axes
    assert list(store.lines[0].get_xdata()) == pytest.approx(list(BILLS.loc["bytes_vectors"] / 1e9))
    assert list(seek.lines[1].get_xdata()) == pytest.approx(list(BILLS.loc["seconds_approximate"]))


def test_large_numbers_are_short():
    assert [look.short(x) for x in (0.0203, 9.3, 554, 999_999, 2e9)] == [
        "0.02",
        "9.3",
        "550",
        "1 million",
        "2 billion",
    ]
