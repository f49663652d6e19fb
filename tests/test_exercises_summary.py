"""Exercise checks of notebook 09: the solutions pass, and typical wrong answers are told what is
wrong with them.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from cctview.course.checks import Verdict, check_bits, check_even_population
from tests.test_exercises import ANYTHING

EVERYONE, ALIKE, EVIDENCE = 556.8, 16.4, 12
CHECKS = {
    "bits": lambda answer: check_bits(answer, EVERYONE, ALIKE),
    "even population": lambda answer: check_even_population(answer, EVIDENCE),
}


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=60, deadline=None)
@given(answer=ANYTHING)
def test_no_answer_makes_a_check_raise(name, answer):
    verdict = CHECKS[name](answer)
    assert isinstance(verdict, Verdict)
    assert verdict.message
    assert str(verdict)


@pytest.mark.parametrize("answer", [np.log2(EVERYONE / ALIKE), 5.1, "5.1", np.array([5.1]), 5])
def test_bits_given_away(answer):
    assert check_bits(answer, EVERYONE, ALIKE)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (EVERYONE / ALIKE, "How often is that halved"),
        (34, "How often is that halved"),
        (ALIKE / EVERYONE, "share that is left"),
        (math.log2(EVERYONE - ALIKE), "everyone else"),
        (math.log(EVERYONE / ALIKE), "natural logarithm"),
        (math.log10(EVERYONE / ALIKE), "decimal logarithm"),
        (-math.log2(EVERYONE / ALIKE), "sign"),
        (math.log2(ALIKE), "still hide the car"),
        (math.log2(EVERYONE), "logarithm of everyone"),
        (2, "too low"),
        (9, "too high"),
        (8, "too high"),
    ],
)
def test_wrong_bits_are_explained(answer, hint):
    verdict = check_bits(answer, EVERYONE, ALIKE)
    assert not verdict
    assert hint in verdict.message


@pytest.mark.parametrize("answer", [2**12 + 1, 4096, 4097.0, "4097", 4000])
def test_where_a_match_is_a_coins_toss(answer):
    verdict = check_even_population(answer, EVIDENCE)
    assert verdict
    assert "488 vehicles" in verdict.message


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (144, "not the bits squared"),
        (24, "not 2 times"),
        (10**12, "powers of 2"),
        (math.exp(12), "powers of 2"),
        (8192, "one bit too high"),
        (2048, "one bit too low"),
        (1 / 4096, "before any evidence"),
        (-3, "cannot be a number of vehicles"),
        (1000, "too few"),
        (12, "how many bits there are"),
        (2 ^ 12, "a power is written"),
        (0.5, "This is the probability"),
        (2_000_000, "too many"),
    ],
)
def test_a_wrong_population_is_explained(answer, hint):
    verdict = check_even_population(answer, EVIDENCE)
    assert not verdict
    assert hint in verdict.message
