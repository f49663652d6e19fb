"""Figures of learning: the values drawn are the data's, titles say what was found, and nothing lies
outside.
"""

import matplotlib
import numpy as np
import pandas as pd
import pytest

from cctview.course import OneWeight
from cctview.course.figures import lesson_02
from tests.cards import check_card

RNG = np.random.default_rng(0)
TAUGHT, NEW = [1.6, 1.1, 0.7, 0.4, 0.1], [1.7, 1.2, 0.9, 1.0, 1.3]
HISTORY = (
    pd.DataFrame(
        {
            "training_loss": TAUGHT,
            "validation_loss": NEW,
            "training_right": [0.2, 0.5, 0.7, 0.9, 1.0],
        }
    )
    .assign(validation_right=[0.2, 0.5, 0.6, 0.7, 0.7])
    .rename_axis("epoch")
)
TOGETHER = HISTORY.assign(validation_loss=np.array(TAUGHT) + 0.02)
TABLE = HISTORY.reset_index().assign(auc=[0.5, 0.52, 0.6, 0.7, 0.75])
TABLE = TABLE.assign(auc_low=TABLE.auc - 0.03, auc_high=TABLE.auc + 0.03)
MEMBER = np.arange(600) < 300
LOSSES = RNG.exponential(np.where(MEMBER, 0.1, 1.0))
ONE = OneWeight(np.arange(40), RNG.normal(np.arange(40) // 20 - 0.5, 0.4), np.arange(40) >= 20)


PIXELS = RNG.integers(0, 255, (60, 24, 24, 3)).astype(np.uint8)
RISES = np.append(RNG.normal(0.1, 0.1, 400), [0.8, 0.9, 0.95, 0.7])
FIGURES = {
    "one weight": lambda: lesson_02.one_weight(ONE, PIXELS, 2.0),
    "descent": lambda: lesson_02.descent(ONE, [0.0, 1.5, 2.2]),
    "examples": lambda: lesson_02.examples(PIXELS, ["a minivan", "an SUV", "a sedan"] * 20),
    "curves that part": lambda: lesson_02.loss_curves(HISTORY),
    "curves that do not": lambda: lesson_02.loss_curves(TOGETHER),
    "an interrupted training": lambda: lesson_02.loss_curves(HISTORY.iloc[:1]),
    "activations": lambda: lesson_02.layer_activations(
        PIXELS[0], {f"{k}": RNG.random((24 // k, 24 // k, 8)) for k in (1, 2, 4)}, "Less"
    ),
    "loss histograms": lambda: lesson_02.loss_histograms(LOSSES, MEMBER),
    "exposure": lambda: lesson_02.exposure(RISES, np.arange(400, 404), PIXELS[:9], ["minivan"] * 9),
    "usefulness and leak": lambda: lesson_02.usefulness_and_leak(TABLE, 3, "After 3 epochs"),
}


def drawn(figure, label):
    return [
        artist
        for axes in figure.axes
        for artist in (*axes.lines, *axes.patches)
        if artist.get_label() == label
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def test_one_weight_shows_its_answers():
    figure = FIGURES["one weight"]()
    assert figure.title == f"With a weight of 2 the loss is {ONE.loss(2):.2f} (0 would be perfect)"
    tops = [bar.get_y() + bar.get_height() for bar in figure.axes[-1].patches]
    assert sorted(tops) == pytest.approx(sorted(ONE.answers(2)[ONE.examples()]))
    (steps,) = drawn(FIGURES["descent"](), "steps")
    assert steps.get_ydata() == pytest.approx([ONE.loss(weight) for weight in (0, 1.5, 2.2)])


def test_members_are_read_at_one_false_alarm_in_a_hundred():
    figures = {
        kind: pd.DataFrame({"estimate": [share, 0.5]}, index=["TPR at 1 % FPR", "AUC"])
        for kind, share in (("very", 0.1), ("other", 0.01))
    }
    assert lesson_02.at_false_alarms(figures).estimate.to_dict() == {"very": 0.1, "other": 0.01}


def test_loss_curves_are_the_history():
    figure = lesson_02.loss_curves(HISTORY)
    assert "rises again" in figure.title
    for name, values in (("the vehicles that it is shown", TAUGHT), ("vehicles new to it", NEW)):
        (line,) = drawn(figure, name)
        assert list(line.get_ydata()) == values
    assert "and on new ones" in lesson_02.loss_curves(TOGETHER).title
    assert "Too few" in lesson_02.loss_curves(HISTORY.iloc[:2]).title


def test_histograms_hold_all_vehicles():
    figure = lesson_02.loss_histograms(LOSSES, MEMBER)
    assert "much smaller" in figure.title
    for name in ("shown", "never seen"):
        (hill,) = drawn(figure, name)
        assert hill.get_data().values.sum() == pytest.approx(1)
    assert "no smaller" in lesson_02.loss_histograms(LOSSES, ~MEMBER).title


def test_exposure_counts_all_and_tells_both_means():
    figure = FIGURES["exposure"]()
    assert f"{RISES.mean():.2f} on average" in figure.title
    assert f"{RISES[400:].mean():.2f} for the most" in figure.title
    bars = [patch for patch in figure.axes[0].patches if patch.get_height() > 0]
    assert sum(bar.get_height() for bar in bars) == len(RISES) + 4


def test_usefulness_and_leak_mark_the_epoch():
    useful, leak = FIGURES["usefulness and leak"]().axes
    assert [list(line.get_ydata()) for line in leak.lines if list(line.get_xdata()) == [3]] == [
        [0.7]
    ]
    assert [list(line.get_ydata()) for line in useful.lines if list(line.get_xdata()) == [3]] == [
        [0.9],
        [0.7],
    ]


def test_examples_show_each_word_with_its_count():
    figure = FIGURES["examples"]()
    words = " ".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))
    assert "60 crops" in figure.title
    assert "an SUV\n20" in words
