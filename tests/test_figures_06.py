"""Figures of notebook 06: the values drawn are the data's, titles say what was found, and nothing
lies outside.
"""

import re
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest

from cctview.course.figures import lesson_06
from cctview.course.figures.lesson_06 import REAL
from cctview.course.stored import operating_points
from cctview.dataset.results import read_result
from cctview.link.filters import STAGES, Filtered
from cctview.match import COLOUR, LOOK_ALIKE, OTHER
from cctview.search import CITY, NATION, PLANET, compare_bills
from cctview.show import look
from tests.cards import check_card

ROOT = Path(__file__).parent.parent
DIAL = read_result("individuality.csv")
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
KINDS = pd.DataFrame(
    {"recall": [1, 0.94, 0.998], "milliseconds": [2.9, 0.1, 0.32], "bytes": [1024.0, 32, 1280]},
    index=["flat", "ivfpq", "hnsw"],
)
BILLS = compare_bills([CITY, NATION, PLANET])

FIGURES = {
    "filters": lambda: lesson_06.filters(STAGE),
    "filters with a list": lambda: lesson_06.filters(STAGE, 10),
    "open set": lambda: lesson_06.open_set(ODDS, CHECK),
    "open set of few": lambda: lesson_06.open_set(ODDS, CHECK, 0.3, 100),
    "open set, all holds": lambda: lesson_06.open_set(ODDS, CHECK.assign(holds=True)),
    "clones": lambda: lesson_06.look_alikes(PASSING),
    "individuality": lambda: lesson_06.individuality(DIAL, 0.25),
    "kinds": lambda: lesson_06.kinds(KINDS),
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
    assert f"rule out {look.percent(lost)}" in figure.title
    assert "among the first 10" in figure.title


def test_the_open_set_draws_what_was_measured_and_nothing_that_was_not():
    figure = lesson_06.open_set(ODDS, CHECK, 0.1)
    measured = ODDS[~ODDS.beyond]
    full = measured[measured["size"] == measured["size"].max()]
    seen = full[full.resolvable]
    (curve,) = drawn(figure, "measured")
    assert curve.get_ydata().tolist() == seen.fnir.tolist()
    assert seen.alarms.min() >= 10
    assert drawn(figure, "not resolvable")
    foretold = [x for line in drawn(figure, "foretold") for x in line.get_xdata()]
    assert max(foretold) <= 2 * full["size"].iloc[0], "a doubling was checked, and no more"
    at = full[np.isclose(full.fpir, 0.1)].iloc[0]
    assert f"misses {look.percent(at.fnir)}" in figure.title.replace("\u00a0", " ")


def test_operating_points_find_more_the_looser_they_are():
    points = operating_points(ODDS)
    assert points.found.is_monotonic_increasing
    assert points.rate.is_monotonic_increasing


def test_the_real_figures_beside_the_dial_are_those_of_the_card():
    card = (ROOT / "models" / "student-64.md").read_text()
    for estimate, low, high in REAL.values():
        assert re.search(rf"{estimate:.3f} \[{low:.3f} {high:.3f}\]".replace("0.", r"\."), card)


def test_kinds_and_costs_draw_their_tables():
    widths = [[bar.get_width() for bar in axes.patches] for axes in lesson_06.kinds(KINDS).axes]
    assert widths == [list(KINDS[column]) for column in ("bytes", "milliseconds", "recall")]
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
