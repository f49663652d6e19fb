"""The checks of lesson 08: right answers pass, wrong ones are explained."""

import numpy as np
import pandas as pd
import pytest

from cctview.attacks import fit_map
from cctview.course.breach import Breach, KeyedDatabase
from cctview.course.checks import check_defence, check_key_broken
from tests.test_breach import CAMERAS, synthetic
from tests.test_exercises import FUNCTIONS, TABLES, Hostile
from tests.test_figures_08 import TABLE

DATABASE = KeyedDatabase(Breach(synthetic(seed=1), synthetic(seed=2)), CAMERAS, dimensions=12)


@pytest.mark.parametrize(
    "form",
    [
        tuple,
        list,
        pd.Series,
        lambda x: np.array(x, object),
        lambda x: (x[0], str(x[1])),
        lambda x: pd.Series({"tracker": "adaptive", "defence": x[0], "strength": x[1]}),
    ],
)
def test_the_best_defence_in_every_form(form):
    verdict = check_defence(form(("blur", 1)), TABLE)
    assert verdict
    assert "12 %" in verdict.message
    assert "law" in verdict.message


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (("key", 256), "only what it takes off the shelf"),
        (("retention", 30), "keeps only 10 % of counting and"),
        (("retention", 240), "another one that keeps enough takes more"),
        (("paint", 1), "no defence 'paint'"),
        (("blur", 3), "was measured at 1, 2, 4"),
        (("blur", "strong"), "keeps only 40 %"),
        (("Blur", "medium"), "Blur at 2 takes"),
        (("blur", "hard"), "should be a number"),
        ("blur", "two things"),
        ((2, "blur"), "name first"),
    ],
)
def test_a_wrong_defence_is_explained(answer, hint):
    verdict = check_defence(answer, TABLE)
    assert not verdict
    assert hint in verdict.message


@pytest.mark.parametrize(
    "right",
    [
        fit_map,
        lambda a, b: np.linalg.lstsq(a, b, rcond=None)[0],
        lambda a, b: np.linalg.pinv(a) @ b,
    ],
)
def test_a_matrix_that_breaks_the_key_passes(right):
    verdict = check_key_broken(right, DATABASE, known=60)
    assert verdict
    assert "could be found if there were no key" in verdict.message


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda a, b: fit_map(a, b).T, "transpose"),
        (lambda a, b: np.linalg.lstsq(a, b, rcond=None), "the first of them"),
        (lambda a, b: np.eye(12), "does not take a to b"),
        (lambda a, b: a.T, "12 by 12"),
        (lambda a, b: None, "return"),
        (lambda a: a, "TypeError"),
        (np.eye(12), "function itself"),
    ],
)
def test_a_wrong_matrix_is_explained(wrong, hint):
    verdict = check_key_broken(wrong, DATABASE, known=60)
    assert not verdict
    assert hint in verdict.message


@pytest.mark.parametrize("answer", [*FUNCTIONS, *TABLES, Hostile(), 3, "x", {"a": 1}, None, ...])
def test_no_answer_makes_a_check_raise(answer):
    for verdict in (check_defence(answer, TABLE), check_key_broken(answer, DATABASE)):
        assert not verdict
        assert verdict.message
