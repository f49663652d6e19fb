"""Checks of the exercises of lesson 01: right answers in every form, wrong ones explained, and
nothing makes them raise.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from cctview.course.checks import CheckError, Verdict, check_best_era, check_eigen_weights
from cctview.extract import EigenVehicles
from tests.test_exercises import ANYTHING

TABLE = pd.DataFrame(
    {
        "pixels": [12, 12, 12, 28, 28, 28],
        "era": ["1971 descriptions", "1991 eigen-vehicles", "2015 deep embedding"] * 2,
        "estimate": [0.05, 0.02, 0.04, 0.1, 0.06, 0.3],
        "low": [0.03, 0.01, 0.02, 0.08, 0.03, 0.27],
        "high": [0.07, 0.03, 0.06, 0.13, 0.08, 0.37],
    }
)
RNG = np.random.default_rng(0)
PICTURES = RNG.normal(100, 30, (8, 25))
MEAN = PICTURES.mean(axis=0)
VEHICLES = np.linalg.svd(PICTURES - MEAN, full_matrices=False)[2][:4]
DATA = PICTURES, MEAN, VEHICLES


@pytest.mark.parametrize(
    "answer",
    [
        "1971 descriptions",
        "1971",
        1971,
        1971.0,
        "Descriptions",
        np.int64(1971),
        " 1971 ",
        TABLE[:3].sort_values("estimate").iloc[-1],
        TABLE[:3].sort_values("estimate").tail(1),
        TABLE[:3].set_index("era").sort_values("estimate").iloc[-1],
        TABLE[:3].set_index("era").sort_values("estimate").tail(1),
    ],
)
def test_the_best_era_in_every_form(answer):
    assert check_best_era(answer, TABLE, 12)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("2015 deep embedding", "best with pictures of 28"),
        (1991, "2 of the others are better"),
        ("2005", "none of the eras"),
        ("e", "give one of"),
        (0.05, "share of searches is no era"),
        (2, "number of a row"),
        (["1971", "1991"], "one number"),
    ],
)
def test_a_wrong_era_is_explained(answer, hint):
    verdict = check_best_era(answer, TABLE, 12)
    assert not verdict
    assert hint in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        "the network",
        "Deep learning",
        TABLE[TABLE.pixels == 28].set_index("era").estimate.nlargest(1),
    ],
)
def test_what_a_room_calls_the_network_is_understood(answer):
    assert check_best_era(answer, TABLE, 28)


def test_it_says_whether_it_may_be_luck():
    assert "may be luck" in check_best_era("1971", TABLE, 12).message
    assert "do not touch" in check_best_era("2015", TABLE, 28).message


def test_a_size_that_the_table_lacks_is_no_fault_of_the_answer():
    with pytest.raises(CheckError, match="it has 12, 28"):
        check_best_era("2015", TABLE, 40)


def test_the_weights_pass():
    assert check_eigen_weights(lambda p, m, e: (p - m) @ e.T, *DATA)
    assert check_eigen_weights(lambda p, m, e: np.round((p - m) @ e.T, 4), *DATA)
    assert check_eigen_weights(lambda p, m, e: np.einsum("nd,kd->nk", p - m, e).tolist(), *DATA)


def test_the_weights_of_the_lesson_pass():
    crops = RNG.integers(0, 255, (30, 24, 24, 3)).astype(np.uint8)
    era = EigenVehicles(5, 10).fit(crops, None)
    assert check_eigen_weights(
        lambda p, m, e: (p - m) @ e.T, era.flat(crops), era.mean, era.vehicles
    )


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda p, m, e: p @ e.T, "not subtracted"),
        (lambda p, m, e: ((p - m) @ e.T).T, "swapped"),
        (lambda p, m, e: p - m, "product with"),
        (lambda p, m, e: m + (p - m) @ e.T @ e, "rebuilt pictures"),
        (lambda p, m, e: (m - p) @ e.T, "sign"),
        (lambda p, m, e: (p - m) @ e, "raised"),
        (lambda p, m, e: ..., "returns nothing yet"),
        (lambda p, m, e: "x", "table of numbers"),
        (lambda p, m, e: 2 * (p - m) @ e.T, "The formula"),
        (lambda p, m, e: (p - m) @ e[:2].T, "expected one row"),
        ((PICTURES - MEAN) @ VEHICLES.T, "function itself"),
    ],
)
def test_wrong_weights_are_explained(answer, hint):
    verdict = check_eigen_weights(answer, *DATA)
    assert not verdict
    assert hint in verdict.message


def test_an_average_of_ones_own_is_told_apart():
    verdict = check_eigen_weights(
        lambda p, m, e: (p - p.mean(axis=0)) @ e.T, PICTURES[:5], MEAN, VEHICLES
    )
    assert "average of your own" in verdict.message


@given(ANYTHING)
@settings(max_examples=60, deadline=None)
def test_nothing_makes_the_checks_raise(answer):
    for verdict in (check_best_era(answer, TABLE, 12), check_eigen_weights(answer, *DATA)):
        assert isinstance(verdict, Verdict)
        assert verdict.message
