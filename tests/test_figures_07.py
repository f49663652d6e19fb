"""Figures of the operator's search: what is drawn is the data's; words stay inside and legible."""

from dataclasses import replace

import matplotlib
import pandas as pd
import pytest

from cctview.course.figures import lesson_07
from cctview.investigate.app import mark_candidates
from cctview.investigate.dossier import build_dossier
from cctview.investigate.figures import candidate_rows
from cctview.investigate.joins import FACTS, join
from cctview.investigate.search import MED, SearchSettings
from tests.cards import check_card
from tests.desks import FIRST, THIRD, detection, small_judge, small_register

JUDGE = small_judge()
PICK = detection(7, FIRST)
DOSSIER = JUDGE.dossier(PICK, SearchSettings())
KNOWN = {"type": "taxi", "colour": "yellow taxi", "direction": "northbound"}
TABLES = {
    "a permit": pd.DataFrame({"probability": [0.01] * 10, "right": [False] * 10}),
    "a plate read once": pd.DataFrame(
        {"probability": [0.9] * 8 + [0.3] * 2, "right": [True] * 7 + [False, True, False]}
    ),
}


def rows(settings):
    candidates = mark_candidates(JUDGE.search, PICK, settings, 0.5, JUDGE)
    return candidate_rows(JUDGE.search, PICK, candidates)


FIGURES = {
    "candidates": lambda: rows(SearchSettings()),
    "candidates by distance": lambda: rows(SearchSettings(MED)),
    "no candidate": lambda: rows(SearchSettings(MED, 0.1)),
    "dossier": lambda: lesson_07.dossier(DOSSIER, KNOWN),
    "named dossier": lambda: lesson_07.dossier(
        join(DOSSIER, small_register(), FACTS[2], THIRD), KNOWN
    ),
    "own dossier": lambda: lesson_07.dossier(
        replace(build_dossier(JUDGE.search, PICK, SearchSettings()), own=True)
    ),
    "joins": lambda: lesson_07.joins(TABLES),
}


def texts(figure):
    return [
        text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text().strip()
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def test_candidates_are_counted_in_the_title_and_signed():
    figure = FIGURES["candidates"]()
    assert figure.title.startswith(
        "The first candidate is right at 1 of 2 cameras; it is linked at 2 (thick frames), and 1 of"
    )
    assert sum("✓" in text for text in texts(figure)) == 2
    assert any("+30 s" in text for text in texts(figure))


def test_a_dossier_tells_what_of_it_is_false():
    figure = FIGURES["dossier"]()
    assert (
        figure.title == "One click, 6 things on vehicle 1; 2 of them are false"
    )  # a place, and the direction
    assert texts(figure).count("✗ false") == 2
    assert "false" not in FIGURES["own dossier"]().title


def test_joins_draw_the_shares():
    axes = FIGURES["joins"]().axes[0]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([0, 0, 1, 0.7, 0.1, 0.2])
    assert "right name on 70 % of the dossiers, a wrong one on 10 %" in FIGURES["joins"]().title
    assert "on 0 % of the dossiers" in lesson_07.joins(TABLES, 0.95).title
