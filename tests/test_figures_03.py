"""The figures of collecting: what is drawn is what was counted, titles say it, and words stay
inside.
"""

import numpy as np
import pandas as pd
import pytest

from cctview.collect import Tally
from cctview.course.collection import storage_cost
from cctview.course.figures import lesson_03
from tests.cards import check_card
from tests.test_figures import drawn

TABLE = pd.DataFrame(
    [
        {
            "hours": 0.25,
            "points": p,
            "days": 7,
            "false_links": f,
            "one_a_trip": True,
            "role": "everyone",
            "singled_out": s * (1 - f),
            "lost": f * p / 4,
            "low": s * 0.9,
            "high": s * 1.1,
        }
        for p, s in ((1, 0.01), (2, 0.2), (3, 0.4), (4, 0.6), (6, 0.8))
        for f in (0.0, 0.05, 0.2)
    ]
)
ROLES = pd.DataFrame(
    [
        {"role": role, "one_a_trip": apart, "singled_out": share, "traces": count}
        for apart, found in ((True, (0.85, 0.83, 1, 1)), (False, (0.68, 0.68, 0.99, 0.65)))
        for role, share, count in zip(
            ("everyone", "commuter", "hire", "occasional"),
            found,
            (2584, 2281, 153, 150),
            strict=True,
        )
    ]
).assign(hours=0.25, points=4, days=7, false_links=0.0)
ROLES = ROLES.assign(low=ROLES.singled_out * 0.98, high=1.0)
CURVES = {t: {"pass": 1 / t, "once": 1.5 / t, "always": 0.1 / t} for t in (2, 5, 10, 30, 60)}
DAYS = pd.DataFrame(
    {"seen": range(10, 94, 2), "again": range(5, 47), "often": range(42)}, index=range(1, 43)
)


def tally():
    made = Tally()
    polls = [
        ("733-681-N", "new"),
        ("735-683-N", "5xx"),
        ("733-681-N", "duplicate"),
        ("my-camera", "frozen"),
    ]
    made.polls.extend((0.1 * (k + 1), *poll) for k, poll in enumerate(polls))
    return made


def bills(interval=2, days=30):
    prices = 0.023, 0.005
    return {n: storage_cost(n, interval, days, 18_800, *prices) for n in (1, 6, 30, 900, 5_000)}


FIGURES = {
    "collection": lambda: lesson_03.collection(tally(), 10),
    "storage": lambda: lesson_03.storage_bill(bills(), 900, 2, 30, "a price"),
    "storage, one camera": lambda: lesson_03.storage_bill(bills(60, 1), 1, 60, 1),
    "storage, most": lambda: lesson_03.storage_bill(bills(2, 365), 5_000, 2, 365),
    "caught": lambda: lesson_03.caught(CURVES, 30, 20),
    "known": lambda: lesson_03.known_by_day(DAYS, DAYS // 3, 0.04),
    "unicity": lambda: lesson_03.unicity_by_points(TABLE, 0.05),
    "unicity by driver": lambda: lesson_03.unicity_by_driver(ROLES),
    "unicity, no false link": lambda: lesson_03.unicity_by_points(TABLE, 0.0),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def test_polls_are_counted_by_what_they_brought():
    figure = lesson_03.collection(tally(), 10)
    assert figure.title.startswith(
        "4 polls: 1 brought a new frame, 2 brought nothing new, 1 failed"
    )
    drawn = {
        c.get_label(): c.get_offsets()
        for c in figure.axes[0].collections
        if not c.get_label().startswith("_")
    }
    assert np.allclose(drawn["failed"], [[2.0, 1.0]])
    assert np.allclose(drawn["new"], [[1.0, 0.0]])


def test_the_bill_that_is_told_is_the_one_that_is_marked():
    figure = lesson_03.storage_bill(bills(), 900, 2, 30)
    assert "22 TB cost US$500 a month, and storing each frame US$5,800" in figure.title
    marked = figure.axes[0].lines[3]
    assert marked.get_xdata()[0] == 900
    assert marked.get_ydata()[0] == pytest.approx(bills()[900].storing)


def test_what_is_caught_is_told_at_the_interval():
    figure = lesson_03.caught(CURVES, 5, 20)
    assert "20 % of the passes" in figure.title
    assert "30 % of the vehicles" in figure.title
    assert figure.axes[0].lines[0].get_ydata().tolist() == [
        CURVES[t]["once"] for t in sorted(CURVES)
    ]


def test_unicity_draws_false_links_beside_none():
    figure = lesson_03.unicity_by_points(TABLE, 0.2)
    right, wrong, lost = figure.axes[0].lines
    assert right.get_ydata().tolist() == [0.01, 0.2, 0.4, 0.6, 0.8]
    assert np.allclose(wrong.get_ydata(), [0.008, 0.16, 0.32, 0.48, 0.64])
    assert lost.get_ydata()[3] == pytest.approx(0.2)
    assert "60 %" in figure.title
    assert "20 % false links, 48 %" in figure.title
    assert len(lesson_03.unicity_by_points(TABLE, 0.0).axes[0].lines) == 1


def test_the_vehicles_that_come_back_are_told():
    figure = lesson_03.known_by_day(DAYS, DAYS // 3, 0.04)
    assert "After 42 days 41 vehicles" in figure.title
    assert "and 13 even by a collector that catches 4.0 % of the passes" in figure.title
    assert [line.get_ydata()[-1] for line in figure.axes[0].lines] == [92, 46, 41, 13]


def test_who_is_singled_out_is_told_by_driver_and_by_knowledge():
    figure = FIGURES["unicity by driver"]()
    assert "83 % of commuters if each is of another trip, 68 % if not" in figure.title
    marks = drawn(figure, "each of another trip")
    assert [mark.get_xdata()[0] for mark in marks[:4]] == [0.85, 0.83, 1, 1]
    without = lesson_03.unicity_by_driver(ROLES[ROLES.role != "hire"])
    assert len(drawn(without, "each of another trip")) == len(marks) - 1
