"""Figures of lesson 01: the values drawn are the data's, titles say what was found, and nothing
lies outside.
"""

import numpy as np
import pandas as pd
import pytest

from cctview.course.figures import lesson_01
from cctview.extract.eras import EigenVehicles, LandmarkRatios
from cctview.show import look
from tests.cards import check_card
from tests.test_figures import drawn, texts

RNG = np.random.default_rng(0)
CROPS = [
    RNG.integers(0, 255, shape).astype(np.uint8)
    for shape in ((30, 40, 3), (60, 30, 3), (28, 50, 3), (50, 50, 3))
]
NAMES = ["1966 ratios", "1971 descriptions", "2015 deep embedding"]
LEAK = pd.DataFrame(
    {"estimate": [0.02, 0.1, 0.32], "low": [0.01, 0.08, 0.27], "high": [0.03, 0.13, 0.37]},
    index=NAMES,
)
EQUAL = LEAK.copy()
EQUAL.loc["2015, taught here alone"] = [0.2, 0.16, 0.24]
EQUAL.loc["gain"] = [0.1, 0.05, 0.15]
EQUAL = EQUAL.rename_axis("era").reset_index()
BY_SIZE = pd.concat(
    [
        (LEAK * pixels / 28).rename_axis("era").reset_index().assign(pixels=pixels)
        for pixels in (8, 12, 20, 28)
    ]
)
METRIC = pd.concat(
    [
        (LEAK * factor).rename_axis("era").reset_index().assign(figure=name)
        for name, factor in (("without", 1), ("with", 1.2))
    ]
)
ERA = EigenVehicles(12, 10).fit(RNG.integers(0, 255, (40, 20, 20, 3)).astype(np.uint8), None)
CURVE = [(2, 0.02), (4, 0.03), (8, 0.05), (12, 0.05)]
ROWS = {
    name: (CROPS * 2, [False] * k + [True] + [False] * (7 - k), k + 1)
    for k, name in enumerate(["a", "b", "c long name", "d"])
}
FIGURES = {
    "timeline": lambda: lesson_01.timeline(),
    "landmarks": lambda: lesson_01.landmarks(CROPS, LandmarkRatios().landmarks(CROPS)),
    "eigen": lambda: lesson_01.eigen_vehicles(ERA, CROPS[0], CURVE, 4),
    "line-up": lambda: lesson_01.line_up(CROPS[1], CROPS),
    "searches": lambda: lesson_01.era_searches(
        CROPS[1], {n: (c[:5], r[:5], k) for n, (c, r, k) in ROWS.items()}
    ),
    "by era": lambda: lesson_01.by_era(LEAK, EQUAL, 0.004),
    "by resolution": lambda: lesson_01.by_resolution(BY_SIZE, 12, NAMES[1], CROPS[3]),
    "metric": lambda: lesson_01.learned_metric(METRIC),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def test_the_timeline_has_each_work_at_its_year():
    figure = lesson_01.timeline(
        [(1966, "person", "A", "x"), (2006, "recipe", "B", "y"), (2014, "learns", "C", "z")]
    )
    assert [line.get_xdata()[0] for name in "ABC" for line in drawn(figure, name)] == [
        1966,
        2006,
        2014,
    ]
    assert "50 years" in figure.title
    assert "2014" in figure.title


def test_landmarks_are_drawn_where_they_were_found():
    found = LandmarkRatios().landmarks(CROPS)
    lines = drawn(FIGURES["landmarks"](), "shadow")
    assert [line.get_ydata()[0] for line in lines] == pytest.approx(found["rows"][:, 3].tolist())


def test_eigen_vehicles_tell_how_much_they_rebuild():
    figure = FIGURES["eigen"]()
    flat = ERA.flat([CROPS[0]])[0]
    rebuilt = ERA.rebuild(ERA.embed([CROPS[0]])[:, :4])[0]
    kept = 1 - ((flat - rebuilt.ravel()) ** 2).sum() / ((flat - ERA.mean) ** 2).sum()
    assert look.percent(kept) in figure.title
    pictures = [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]
    assert pictures[1] == pytest.approx(rebuilt)
    assert pictures[2].ravel() == pytest.approx(ERA.mean)
    (curve,), (chosen,) = drawn(figure, "rank-1"), drawn(figure, "chosen")
    assert list(curve.get_ydata()) == [0.02, 0.03, 0.05, 0.05]
    assert chosen.get_xdata()[0] == 4


def test_searches_mark_the_right_ones():
    figure = FIGURES["searches"]()
    assert figure.title.startswith("1 of 4")
    assert texts(figure).count("✓") == 4
    assert {
        "correct one: first",
        "correct one: 2nd",
        "correct one: 3rd",
        "correct one: 4th",
    } <= set(texts(figure))


def test_ranks_are_spoken_as_people_speak_them():
    rows = {str(rank): ([CROPS[0]], [False], rank) for rank in (11, 21, 101, 112, 122)}
    told = set(texts(lesson_01.era_searches(CROPS[0], rows)))
    assert {f"correct one: {rank}" for rank in ("11th", "21st", "101st", "112th", "122nd")} <= told


def test_by_era_says_how_large_the_leap_is():
    figure = FIGURES["by era"]()
    assert "finds 2.0 times as many as the best older method" in figure.title
    assert [bar.get_width() for bar in figure.axes[0].patches[:4]] == pytest.approx(
        [0.02, 0.1, 0.2, 0.32]
    )
    level = EQUAL.assign(low=EQUAL.low.where(EQUAL.era != "gain", -0.01))
    assert "is not surely better" in lesson_01.by_era(LEAK, level, 0.004).title


def test_by_resolution_draws_the_table_and_tells_one_point():
    figure = FIGURES["by resolution"]()
    for name in NAMES:
        (line,) = drawn(figure, name)
        assert list(line.get_ydata()) == pytest.approx(
            BY_SIZE[BY_SIZE.era == name].estimate.tolist()
        )
    assert (
        figure.title
        == f"At 12 pixels a side the method descriptions finds {look.percent(0.1 * 12 / 28)}"
        " (95% CI 3–6); the best is deep embedding"
    )
    assert lesson_01.by_resolution(BY_SIZE, 13, NAMES[1], CROPS[3]).title == figure.title
    (inset,) = [axes for axes in figure.axes if axes.images]
    assert inset.images[0].get_array().shape[:2] == (12, 12)


def test_the_learned_metric_says_whether_it_closes_the_gap():
    figure = FIGURES["metric"]()
    assert [
        point.get_xdata()[0]
        for point in drawn(figure, "with a learned metric")
        if len(point.get_xdata()) == 1
    ][:1] == pytest.approx([0.024])
    assert "does not close the gap: 12 % at most, 32 %" in figure.title
    better = METRIC.assign(estimate=np.where(METRIC.figure == "with", 0.5, METRIC.estimate))
    assert " closes the gap" in lesson_01.learned_metric(better).title
