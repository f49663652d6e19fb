"""Exercise checks of notebook 02: right answers pass in every form, wrong ones are explained."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sklearn.metrics import roc_curve

from cctview.course.checks import Verdict, check_members_found, check_stop
from tests.test_exercises import ANYTHING, broken, leaving

TAUGHT = [1.6, 1.2, 0.9, 0.6, 0.4, 0.2, 0.1, 0.05]
NEW = [1.6, 1.3, 1.0, 0.82, 0.80, 0.83, 1.0, 1.3]
HISTORY = pd.DataFrame({"training_loss": TAUGHT, "validation_loss": NEW}).rename_axis("epoch")
RNG = np.random.default_rng(0)
MEMBER = np.arange(800) < 400
LOSSES = RNG.exponential(np.where(MEMBER, 0.5, 1.0))


@pytest.mark.parametrize("answer", [4, 3, 5, 4.0, "4", np.int64(4), [4], pd.Series([4])])
def test_an_epoch_near_the_lowest_is_right(answer):
    verdict = check_stop(answer, HISTORY)
    assert verdict
    assert not any(letter.isdigit() for letter in verdict.message)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (7, "by heart"),
        (6, "Stop earlier"),
        (1, "later it is lower"),
        (0.8, "is a loss"),
        (0.05, "is a loss"),
        (4.4, "whole number"),
        (40, "epochs 0 to 7"),
        ("early", "a number"),
        ([3, 4], "one number"),
    ],
)
def test_another_epoch_is_explained(answer, hint):
    verdict = check_stop(answer, HISTORY)
    assert not verdict
    assert hint in verdict.message


def by_quantile(losses, member, allowed):
    return np.mean(losses[member] < np.quantile(losses[~member], allowed, method="lower"))


def by_scikit_learn(losses, member, allowed):
    fpr, tpr, _ = roc_curve(member, -losses)
    return tpr[fpr <= allowed].max()


def by_sorting(losses, member, allowed):
    threshold = sorted(losses[~member])[int(allowed * (~member).sum())]
    return sum(losses[member] < threshold) / sum(member)


@pytest.mark.parametrize(
    "right",
    [
        by_quantile,
        by_scikit_learn,
        by_sorting,
        lambda *a: [by_quantile(*a)],
        lambda *a: round(by_quantile(*a), 2),
    ],
)
def test_a_right_attack_passes(right):
    assert check_members_found(right, LOSSES, MEMBER)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda x, m, a: 400 * by_quantile(x, m, a), "divide by how many"),
        (lambda x, m, a: a, "share that you allow"),
        (lambda x, m, a: m[x <= np.quantile(x[~m], a)].mean(), "how often an accusation is right"),
        (lambda x, m, a: np.mean(x[m] <= np.quantile(x, a)), "threshold from everybody's losses"),
        (lambda x, m, a: np.mean(x[m] >= np.quantile(x[~m], 1 - a)), "other way round"),
        (lambda x, m, a: np.mean(x[m] > np.quantile(x[~m], a)), "other way round"),
        (lambda x, m, a: np.mean(x[m] <= np.quantile(x[m], a)), "share that you allow"),
        (lambda x, m, a: np.mean(x[m] < np.percentile(x[~m], a)), "np.percentile"),
        (lambda x, m, a: np.mean(x < np.quantile(x[~m], a)), "you count everybody below it"),
        (lambda x, m, a: np.sum(x[m] < np.quantile(x[~m], a)) / len(x), "divides by everybody"),
        (lambda x, m, a: len(x[m] < np.quantile(x[~m], a)) / sum(m), "counts all members"),
        (lambda x, m, a: 100 * by_quantile(x, m, a), "in per cent"),
        (lambda x, m, a: np.quantile(x[~m], a), "This is the threshold"),
        (lambda x, m, a: np.mean(x[~m] < np.quantile(x[m], a)), "swapped"),
        (lambda x, m, a: np.mean(x[m] < np.quantile(x[~m], 1 - a)), "accuses most of the others"),
        (lambda x, m, a: 0.4, "scikit-learn says"),
        (lambda x, m, a: None, "return"),
        (lambda x, m, a: ..., "return"),
        (lambda x, m, a: x, "one number"),
        (lambda x: 0, "TypeError"),
        (broken, "Unprintable"),
        (leaving, "SystemExit"),
        (0.3, "without calling it"),
    ],
)
@pytest.mark.parametrize("losses", [LOSSES, np.sort(LOSSES)], ids=["apart", "in order"])
def test_a_wrong_attack_is_explained(wrong, hint, losses):
    verdict = check_members_found(wrong, losses, MEMBER)
    assert not verdict
    assert hint in verdict.message


def test_the_answer_at_one_per_cent_alone_does_not_pass():
    constant = by_quantile(LOSSES, MEMBER, 0.01)
    assert not check_members_found(lambda *_: constant, LOSSES, MEMBER)


@pytest.mark.parametrize(
    "check", [lambda x: check_stop(x, HISTORY), lambda x: check_members_found(x, LOSSES, MEMBER)]
)
@settings(max_examples=40, deadline=None)
@given(answer=ANYTHING)
def test_no_answer_makes_a_check_raise(check, answer):
    assert isinstance(check(answer), Verdict)


@pytest.mark.parametrize("answer", [None, ...], ids=["None", "dots"])
def test_no_answer_is_not_a_wrong_one(answer):
    for verdict in (check_stop(answer, HISTORY), check_members_found(answer, LOSSES, MEMBER)):
        assert not verdict
        assert "no answer yet" in verdict.message
