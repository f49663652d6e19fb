"""Figures of the summary: the crowd counts what it says, the curves are Bayes' rule, the
waterfall's numbers are the steps'.
"""

import numpy as np
import pandas as pd
import pytest

from cctview import show
from cctview.course.figures import lesson_09
from cctview.privacy.meter import Bits, Gauge, LeakageMeter, Step
from tests.cards import check_card
from tests.test_figures import BLURRED, texts

CAR = pd.Series(
    {"everyone": 724.4, "of_kind": 264.6, "alike": 20.3, "low": 19.3, "high": 21.3, "bits": 5.16}
)
NIGHT = pd.Series(
    {"everyone": 26.9, "of_kind": 2.3, "alike": 0.43, "low": 0.2, "high": 0.7, "bits": 5.96}
)
NOBODY = pd.Series(
    {"everyone": 26.9, "of_kind": 2.3, "alike": 0.0, "low": 0.0, "high": 0.0, "bits": np.nan}
)
EMPTY = NOBODY * 0
FIGURES = {
    "crowd": lambda: lesson_09.crowd(CAR, "sedan", "blue", 8),
    "crowd at night": lambda: lesson_09.crowd(NIGHT, "sedan", "silver", 3),
    "nobody": lambda: lesson_09.crowd(NOBODY, "minibus", "green", 3),
    "an empty road": lambda: lesson_09.crowd(EMPTY, "green taxi", "green taxi", 3),
    "evidence": lambda: lesson_09.same_evidence(2_000_000, 15.2),
    "no evidence": lambda: lesson_09.same_evidence(100, 0.0),
    "much evidence": lambda: lesson_09.same_evidence(100_000_000, 25.0),
    "gauges": lambda: show.gauges(GAUGES),
    "meter of five": lambda: show.bits_given(FIVE),
}
GAUGES = BLURRED.with_gauge(
    "a gauge with a long name", Gauge(0.97, 0.96, 1.0, "of vehicles singled out", "and a note " * 5)
)
FIVE = LeakageMeter("a van", 2**21)
for name, given in (
    ("when and where", 11),
    ("clock", 3),
    ("linked", 1),
    ("named", 5),
    ("bought back", -6),
):
    FIVE = FIVE.after(Step(name, Bits(given, given - 1, given + 0.5)))


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def test_the_crowd_has_a_dot_for_everyone():
    dots = [len(part.get_offsets()) for part in FIGURES["crowd"]().axes[0].collections]
    assert dots == [20, 265 - 20, 724 - 265]
    places = np.concatenate([part.get_offsets() for part in FIGURES["crowd"]().axes[0].collections])
    assert len(np.unique(places, axis=0)) == 724
    assert "one of 20, of 724 vehicles" in FIGURES["crowd"]().title
    assert "5.2 bits" in FIGURES["crowd"]().title
    assert "95% CI 19–21" in " ".join(texts(FIGURES["crowd"]()))


def test_who_is_hardly_there_is_singled_out():
    assert "a silver sedan is singled out: there are 0.43" in FIGURES["crowd at night"]().title
    assert "there is none" in FIGURES["nobody"]().title


def test_several_gauges_are_all_told_and_one_alone_is_told_in_the_title():
    several = show.gauges(
        BLURRED.with_gauge("unicity", Gauge(0.61, 0.55, 0.9, "of vehicles", "four sightings"))
    )
    assert {"unicity: 0.61 (95% CI 0.55–0.90) of vehicles", "four sightings"} <= set(texts(several))
    assert "2 leaks" in several.title
    alone = show.gauges(BLURRED)
    assert "membership: 0.07 (95% CI 0.04–0.11) of members" in alone.title
    assert not any("membership: 0.07" in text for text in texts(alone) if "One leak" not in text)
