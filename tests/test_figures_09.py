"""Figures of the summary: the crowd counts what it says, the curves are Bayes' rule, the
waterfall's numbers are the steps'.
"""

import re

import numpy as np
import pandas as pd
import pytest

from cctview import show
from cctview.course.figures import lesson_09
from cctview.course.figures.lesson_09 import called
from cctview.privacy.meter import Bits, Gauge, LeakageMeter, Step
from cctview.stats.bits import match_probability
from tests.cards import check_card
from tests.test_figures import BLURRED, MISLED, texts

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
    "evidence": lambda: lesson_09.same_evidence(2_000_000, 15.2, 2.9),
    "no evidence": lambda: lesson_09.same_evidence(100, 0.0, 0.0),
    "much evidence": lambda: lesson_09.same_evidence(100_000_000, 25.0, 6.0),
    "gauges": lambda: show.gauges(GAUGES),
    "waterfall": lambda: show.waterfall(BLURRED),
    "waterfall that misleads": lambda: show.waterfall(MISLED),
    "waterfall of five": lambda: show.waterfall(FIVE),
}
GAUGES = BLURRED.with_gauge(
    "a gauge with a long name", Gauge(0.97, 0.96, 1.0, "of vehicles singled out", "and a note " * 5)
)
FIVE = LeakageMeter("a van", 2**21)
for name, claimed, delivered in (
    ("seen", 11, 11),
    ("clock", 4, 3),
    ("linked", 2, 1),
    ("named", 3, 5),
    ("bought back", -4, -6),
):
    FIVE = FIVE.after(
        Step(
            name,
            Bits(claimed, claimed - 0.5, claimed + 0.5),
            Bits(delivered, delivered - 1, delivered + 0.5),
        )
    )


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def test_the_crowd_has_a_dot_for_everyone():
    dots = [len(part.get_offsets()) for part in FIGURES["crowd"]().axes[0].collections]
    assert dots == [20, 265 - 20, 724 - 265]
    places = np.concatenate([part.get_offsets() for part in FIGURES["crowd"]().axes[0].collections])
    assert len(np.unique(places, axis=0)) == 724
    assert "one of 20 [19 21], of 724" in FIGURES["crowd"]().title
    assert "5.2 bits" in FIGURES["crowd"]().title


def test_who_is_hardly_there_is_singled_out():
    assert "a silver sedan is singled out: 0.43 of them" in FIGURES["crowd at night"]().title
    assert "there is none" in FIGURES["nobody"]().title


@pytest.mark.parametrize(
    ("kind", "colour", "words"),
    [
        ("taxi", "yellow taxi", "yellow taxi"),
        ("suv", "red", "red SUV"),
        ("green taxi", "green taxi", "green taxi"),
    ],
)
def test_vehicles_in_words(kind, colour, words):
    assert called(kind, colour) == words


def test_the_curves_are_those_of_bayes():
    figure = FIGURES["evidence"]()
    curves = {
        line.get_label(): line
        for line in figure.axes[0].lines
        if line.get_label() in ("claimed", "delivered")
    }
    sizes, right = curves["delivered"].get_data()
    prior = 1 / np.asarray(sizes)
    assert np.allclose(
        right, prior * 2**15.2 / (prior * 2**15.2 + (1 - prior))
    )  # posterior by the rule itself
    assert (curves["claimed"].get_ydata() >= right).all()
    assert figure.title == "One of 2 million: it says 12\u00a0%, and is right in 1.8\u00a0%"


def test_match_probability_by_counting():
    """One right vehicle that fits for sure, and 1023 others that fit each with a chance of 1 in 64:
    6 bits.
    """
    rng = np.random.default_rng(0)
    fits = rng.random((4000, 1023)) < 1 / 64
    chosen_right = rng.random(4000) < 1 / (1 + fits.sum(axis=1))
    assert chosen_right.mean() == pytest.approx(float(match_probability(6, 1024)), abs=0.01)
    with pytest.raises(ValueError, match="at least 1"):
        match_probability(3, 0)


def test_the_waterfall_tells_each_step_twice():
    words = [text.replace("−", "-") for text in texts(FIGURES["waterfall of five"]())]
    numbers = [text for text in words if re.fullmatch(r"[+-]\d+\.\d", text)]
    assert sorted(map(float, numbers)) == sorted(
        -x for pair in ((11, 11), (4, 3), (2, 1), (3, 5), (-4, -6)) for x in pair
    )
    assert "misled" in FIGURES["waterfall that misleads"]().title


def test_several_gauges_are_all_told_and_one_alone_is_told_in_the_title():
    several = show.gauges(
        BLURRED.with_gauge("unicity", Gauge(0.61, 0.55, 0.9, "of vehicles", "four sightings"))
    )
    assert {"unicity: 0.61 [0.55 0.90] of vehicles", "four sightings"} <= set(texts(several))
    assert "2 leaks" in several.title
    alone = show.gauges(BLURRED)
    assert "membership: 0.07 [0.04 0.11] of members" in alone.title
    assert not any(
        "membership: 0.07" in text for text in texts(alone) if "Beside the meter" not in text
    )
