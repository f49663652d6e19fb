"""Figures of learning: the values drawn are the data's, titles say what was found, and nothing lies
outside.
"""

import matplotlib
import numpy as np
import pandas as pd
import pytest

from cctview.attacks.inference import Membership
from cctview.course.figures import lesson_02
from tests.cards import check_card
from tests.test_learn import fake_shadows

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
ATTACK, COIN = Membership(MEMBER, -LOSSES), Membership(MEMBER, RNG.permutation(600))


def models(lift):
    """Eight models that are attacked, each surer by `lift` of what it was taught."""
    return fake_shadows(np.full(300, lift)).attack_all(4)


PIXELS = RNG.integers(0, 255, (60, 24, 24, 3)).astype(np.uint8)
RISES = np.append(RNG.normal(0.1, 0.1, 400), [0.8, 0.9, 0.95, 0.7])
FIGURES = {
    "examples": lambda: lesson_02.examples(PIXELS, ["a minivan", "an SUV", "a sedan"] * 20),
    "curves that part": lambda: lesson_02.loss_curves(HISTORY),
    "curves that do not": lambda: lesson_02.loss_curves(TOGETHER, epoch=2),
    "an interrupted training": lambda: lesson_02.loss_curves(HISTORY.iloc[:1]),
    "filters": lambda: lesson_02.learned_filters(
        RNG.normal(size=(5, 5, 3, 16)), RNG.normal(size=(5, 5, 3, 16))
    ),
    "few filters": lambda: lesson_02.learned_filters(
        RNG.normal(size=(5, 5, 3, 4)), RNG.normal(size=(5, 5, 3, 4))
    ),
    "activations": lambda: lesson_02.layer_activations(
        PIXELS[0], {f"{k}": RNG.random((24 // k, 24 // k, 8)) for k in (1, 2, 4)}, "Less"
    ),
    "loss histograms": lambda: lesson_02.loss_histograms(LOSSES, MEMBER),
    "membership": lambda: lesson_02.membership_roc(
        {"over-trained, better attack": ATTACK, "well trained": ATTACK, "before": COIN}
    ),
    "membership by picture": lambda: lesson_02.membership_by_picture(
        {"the very crop": models(0.1), "one at another camera": models(0.0)}
    ),
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


def test_loss_curves_are_the_history():
    figure = lesson_02.loss_curves(HISTORY)
    assert "rises again" in figure.title
    for name, values in (("the vehicles it is taught", TAUGHT), ("vehicles new to it", NEW)):
        (line,) = drawn(figure, name)
        assert list(line.get_ydata()) == values
    assert "and on new ones" in lesson_02.loss_curves(TOGETHER).title
    assert "Too few" in lesson_02.loss_curves(HISTORY.iloc[:2]).title
    (line,) = drawn(lesson_02.loss_curves(HISTORY, epoch=2), "epoch")
    assert list(line.get_xdata()) == [2, 2]


def test_histograms_hold_all_vehicles():
    figure = lesson_02.loss_histograms(LOSSES, MEMBER)
    assert "much smaller" in figure.title
    for name in ("taught", "never met"):
        (hill,) = drawn(figure, name)
        assert hill.get_data().values.sum() == pytest.approx(1)
    assert "no smaller" in lesson_02.loss_histograms(LOSSES, ~MEMBER).title


def test_membership_curves_are_the_attacks():
    figure = FIGURES["membership"]()
    assert figure.title.endswith("over-trained, better attack, well trained")
    (line,) = drawn(figure, "well trained")
    roc = ATTACK.roc()
    assert line.get_ydata() == pytest.approx(np.maximum(roc.tpr, 0.001))
    found = ATTACK.figures().loc["TPR at 1 % FPR", "estimate"]
    dots = [
        line
        for line in figure.axes[0].lines
        if list(line.get_xdata()) == [0.01] and line.get_marker() == "o"
    ]
    assert dots[0].get_ydata()[0] == found
    assert "No better than a coin" in lesson_02.membership_roc({"before": COIN}).title
    assert "Each tells" in lesson_02.membership_roc({"after": ATTACK}).title


def test_membership_is_told_by_the_picture_that_is_held():
    figure = FIGURES["membership by picture"]()
    assert "at another camera" in figure.title
    assert figure.title.endswith("(a coin: 1 %)")
    very, other = (drawn(figure, name)[0] for name in ("the very crop", "one at another camera"))
    roc = models(0.1).roc()
    np.testing.assert_allclose(very.get_xdata(), roc.fpr)
    np.testing.assert_allclose(very.get_ydata(), roc.tpr)
    assert min(very.get_xdata()) == 10 / 1200
    assert very.get_ydata()[5] > other.get_ydata()[5]


def test_exposure_counts_all_and_tells_both_means():
    figure = FIGURES["exposure"]()
    assert f"{RISES.mean():.2f} on average" in figure.title
    assert figure.title.endswith(f"{RISES[400:].mean():.2f}")
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
    assert "60 pictures" in figure.title
    assert "an SUV\n20" in words
