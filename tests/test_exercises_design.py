"""Exercise checks of notebook 06: right answers pass in every form, wrong ones are explained."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from cctview.course.checks import Verdict, check_even_gallery, check_right_alarms
from tests.test_exercises import ANYTHING

ASKED = {"wanted": 1 / 50_000, "hit": 0.8, "false": 1 / 1000}
RATE = 0.0195


@pytest.mark.parametrize(
    "answer", [1.6, 1.575, "1.6 %", 0.0157, np.float32(1.6), [1.6], pd.Series([0.016]), 2, 1]
)
def test_the_right_alarms_in_every_form(answer):
    assert check_right_alarms(answer, **ASKED)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (98.4, "wrong alarms"),
        (98, "wrong alarms"),
        (80, "other way round"),
        (0.8, "other way round"),
        (99.9, "raise no alarm"),
        (99.875, "equally many"),
        (0.0016, "Divide by the alarms"),
        (0.0, "Take a million"),
        (50, "Take a million"),
        (160, "more than a hundred"),
        (100 * ASKED["wanted"] / (ASKED["wanted"] + 0.001), "Not all wanted"),
        ("x", "number"),
        (..., "no answer yet"),
    ],
)
def test_wrong_numbers_of_right_alarms_are_explained(answer, hint):
    verdict = check_right_alarms(answer, **ASKED)
    assert not verdict
    assert hint in verdict.message


@pytest.mark.parametrize("answer", [36, 35.2, 35, "36", np.log(0.5) / np.log(1 - RATE)])
def test_the_even_gallery_in_every_form(answer):
    assert check_even_gallery(answer, RATE)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (1 / RATE, "one other vehicle on average"),
        (0.5 / RATE, "half a vehicle"),
        (200, "98 % of the searches"),
        (5, "9 % of the searches"),
        (np.log(0.5) / np.log(RATE), "logarithm of `rate`"),
        (0, "no gallery"),
        (-np.log(0.5) / np.log(1 - RATE), "Only the sign"),
        (np.log(1 - RATE) / np.log(0.5), "upside down"),
    ],
)
def test_wrong_galleries_are_explained(answer, hint):
    verdict = check_even_gallery(answer, RATE)
    assert not verdict
    assert hint in verdict.message


@given(ANYTHING)
@settings(max_examples=60, deadline=None)
def test_nothing_makes_the_checks_raise(answer):
    assert isinstance(check_right_alarms(answer, **ASKED), Verdict)
    assert isinstance(check_even_gallery(answer, RATE), Verdict)
