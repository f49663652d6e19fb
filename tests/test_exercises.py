"""Exercise checks: right answers pass in every form, wrong ones are explained, and nothing makes a
check raise.
"""

import inspect
import itertools
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cosine

from cctview.course import checks
from cctview.course.checks import (
    CheckError,
    Verdict,
    check_cosine_distance,
    check_numbers,
    check_sureness,
    check_threshold,
    check_travel_time,
    check_wrong_share,
)
from cctview.course.checks.answers import Wrong, read_names, read_number
from cctview.dataset.ids import DetectionId
from cctview.detect import DetectionEvaluation

RNG = np.random.default_rng(0)
DISTANCES = np.concatenate([RNG.normal(0.3, 0.1, 300), RNG.normal(0.7, 0.15, 2000)]).clip(0)
SAME = np.arange(2300) < 300
VECTORS = RNG.normal(size=(6, 16))
TAXI = [
    f"{camera}--2031-05-05--08.40.14--detections--1--car--54.0--56x34--265.76v321.110"
    for camera in ("733-681-N", "735-683-N")
]
NUMBERED = pd.DataFrame(
    {"camera": ["733-681-N", "733-681-N", "735-683-N", "689-640-S"], "number": [1, 2, 4, 1]}
)
NUMBERS = {"733-681-N": 2, "735-683-N": 4}
DEPARTED, ARRIVED = datetime(2031, 5, 5, 8, 40, 14), datetime(2031, 5, 5, 8, 44, 29)


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def broken(*_):
    raise Unprintable


def leaving(*_):
    raise SystemExit(3)


class Hostile:
    def __array__(self, *_, **__):
        raise Unprintable

    def __iter__(self):
        raise Unprintable

    def __len__(self):
        raise Unprintable


FUNCTIONS = [
    broken,
    leaving,
    print,
    len,
    lambda a, b: None,
    lambda a, b: "x",
    lambda a: 0,
    DetectionId,
    Hostile,
]
TABLES = [
    np.nan,
    np.array(3),
    np.array([]),
    np.zeros((2, 3)),
    pd.NA,
    pd.NaT,
    pd.DataFrame(),
    pd.Series(dtype=float),
]
SCALARS = st.one_of(
    st.none(),
    st.just(...),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.fractions(),
    st.datetimes(),
    st.timedeltas(),
    st.sampled_from([*FUNCTIONS, *TABLES, Hostile(), itertools.count(), object()]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=6,
)
CHECKS = {
    "numbers": lambda answer: check_numbers(answer, NUMBERED, NUMBERS),
    "travel time": lambda answer: check_travel_time(answer, DEPARTED, ARRIVED),
    "threshold": lambda answer: check_threshold(answer, DISTANCES, SAME),
    "cosine distance": lambda answer: check_cosine_distance(answer, VECTORS),
}


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=60, deadline=None)
@given(answer=ANYTHING)
def test_no_answer_makes_a_check_raise(name, answer):
    verdict = CHECKS[name](answer)
    assert isinstance(verdict, Verdict)
    assert verdict.message
    assert str(verdict)
    assert verdict._repr_html_()


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("answer", [None, ...], ids=["None", "dots"])
def test_no_answer_is_not_a_wrong_one(name, answer):
    verdict = CHECKS[name](answer)
    assert not verdict
    assert "no answer yet" in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        0.25,
        "25 %",
        "0.25",
        "25%",
        np.float16(0.25),
        np.array([0.25]),
        pd.Series([0.25]),
        Fraction(1, 4),
        Decimal("0.25"),
        [0.25],
    ],
)
def test_a_number_in_every_form(answer):
    assert read_number(answer) == 0.25


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("x", "number"),
        ([1, 2], "one number"),
        (print, "function"),
        (float("inf"), "divided by zero"),
        (1j, "complex"),
    ],
)
def test_what_is_no_number_is_explained(answer, hint):
    with pytest.raises(Wrong, match=hint):
        read_number(answer)


FORMS = [list, tuple, set, np.array, pd.Series, pd.Index, dict.fromkeys, reversed, iter]


@pytest.mark.parametrize("form", FORMS)
def test_names_in_every_form(form):
    assert read_names(form(TAXI)) == set(TAXI)


@pytest.mark.parametrize(
    ("answer", "hint"), [([3], "int"), (7, "int"), ([DetectionId.parse(TAXI[0])], "DetectionId")]
)
def test_what_are_no_names_is_explained(answer, hint):
    with pytest.raises(Wrong, match=hint):
        read_names(answer)


@pytest.mark.parametrize(
    "answer", [NUMBERS, pd.Series(NUMBERS), {"735-683-N": "4", "733-681-N": np.float64(2)}]
)
def test_numbers_in_every_form(answer):
    assert check_numbers(answer, NUMBERED, NUMBERS)
    assert check_numbers(answer, NUMBERED, pd.Series(NUMBERS))


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ({"733-681-N": 1}, "number 1 is another vehicle. Compare"),
        ({"733-681-N": 7}, "no detection number 7"),
        ({"733-681-N": 2}, "also at 735-683-N"),
        (NUMBERS | {"689-640-S": 1}, "the detector missed this one there"),
        ({"E 53 St": 2}, "no camera 'E 53 St'"),
        ([2, 4], "dict"),
    ],
)
def test_wrong_numbers_are_explained(answer, hint):
    verdict = check_numbers(answer, NUMBERED, NUMBERS)
    assert not verdict
    assert hint in verdict.message


@pytest.mark.parametrize(
    "answer",
    [
        255,
        255.9,
        timedelta(seconds=255),
        np.timedelta64(255, "s").item(),
        pd.Timedelta(255, "s"),
        "255",
    ],
)
def test_travel_time_in_every_form(answer):
    assert check_travel_time(answer, DEPARTED, ARRIVED)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (4.25, "minutes"),
        (4.15, "minutes and"),
        (415, "a minute has 60"),
        (-255, "sign"),
        (100, "short"),
        (300, "long"),
        (float("nan"), "nan"),
    ],
)
def test_a_wrong_travel_time_is_explained(answer, hint):
    verdict = check_travel_time(answer, DEPARTED, ARRIVED)
    assert not verdict
    assert hint in verdict.message


def best_threshold():
    wrong = np.sort(DISTANCES[~SAME])
    return (wrong[19] + wrong[20]) / 2  # 20 of 2000 are 1 %


@pytest.mark.parametrize("form", [float, np.float32, lambda x: [x], lambda x: pd.Series([x]), str])
def test_the_best_threshold_is_right_in_every_form(form):
    assert check_threshold(form(best_threshold()), DISTANCES, SAME)


def test_the_threshold_that_tpr_at_fpr_allows_is_right():
    from cctview.match import roc_curve

    fpr, _, thresholds = roc_curve(DISTANCES, SAME)
    assert check_threshold(thresholds[fpr <= 0.01].max(), DISTANCES, SAME)


@pytest.mark.parametrize(
    ("shift", "hint"), [(0.1, "too lax"), (-0.15, "too strict"), (-5, "below every distance")]
)
def test_a_wrong_threshold_is_explained(shift, hint):
    verdict = check_threshold(best_threshold() + shift, DISTANCES, SAME)
    assert not verdict
    assert hint in verdict.message


def test_the_threshold_of_the_hint_and_of_the_slider_are_right():
    for threshold in (np.quantile(DISTANCES[~SAME], 0.01), round(best_threshold(), 2)):
        assert check_threshold(threshold, DISTANCES, SAME)


@pytest.mark.parametrize(
    ("threshold", "hint"),
    [
        (np.quantile(DISTANCES, 0.01), "of all pairs"),
        (np.quantile(DISTANCES[SAME], 0.01), "of the same pairs"),
        (np.quantile(DISTANCES[~SAME], 0.99), "99% of the different pairs"),
        (20, "how many pairs"),
        (0.01, "share of the pairs"),
        (np.percentile(DISTANCES[~SAME], 0.01), "np.percentile"),
    ],
)
def test_thresholds_of_the_usual_wrong_ideas_are_told_apart(threshold, hint):
    verdict = check_threshold(threshold, DISTANCES, SAME)
    assert not verdict
    assert hint in verdict.message


@pytest.mark.parametrize(
    "right",
    [
        cosine,
        lambda a, b: 1 - a @ b / np.sqrt((a @ a) * (b @ b)),
        lambda a, b: np.array([cosine(a, b)]),
        lambda a, b: round(cosine(a, b), 2),
    ],
)
def test_a_right_cosine_distance_passes(right):
    assert check_cosine_distance(right, VECTORS)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda a, b: 1 - cosine(a, b), "subtract it from 1"),
        (lambda a, b: 1 - abs(1 - cosine(a, b)), "sign of the cosine"),
        (lambda a, b: a @ b, "dot product"),
        (lambda a, b: 1 - a @ b, "lengths are not taken out"),
        (lambda a, b: 1 - a @ b / np.linalg.norm(a) * np.linalg.norm(b), "into brackets"),
        (lambda a, b: 1 - a @ b / np.linalg.norm(a), "one length only"),
        (lambda a, b: 1 - a @ b / (np.linalg.norm(a) + np.linalg.norm(b)), "add the lengths"),
        (lambda a, b: np.linalg.norm(a - b), "Euclidean"),
        (lambda a, b: 1 - np.corrcoef(a, b)[0, 1], "correlation"),
        (lambda a, b: 1 - a @ b / ((a @ a) * (b @ b)), "squares of the lengths"),
        (
            lambda a, b: (1 - a @ b) / (np.linalg.norm(a) * np.linalg.norm(b)),
            "Subtract from 1 last",
        ),
        (lambda a, b: cosine(a, b) / 2, "half of it"),
        (lambda a, b: np.arccos(np.clip(1 - cosine(a, b), -1, 1)), "angle"),
        (lambda a, b: None, "return"),
        (lambda a, b: a, "one number"),
        (lambda a, b: float("nan"), "nan"),
        (lambda a, b: 0.5, "formula"),
        (lambda a: 0, "TypeError"),
        (broken, "Unprintable"),
        (leaving, "SystemExit"),
        (0.3, "without calling it"),
    ],
)
def test_a_wrong_cosine_distance_is_explained(wrong, hint):
    verdict = check_cosine_distance(wrong, VECTORS)
    assert not verdict
    assert hint in verdict.message


def test_what_is_shown_is_escaped():
    assert "<b>" not in Verdict(False, "<b>")._repr_html_()


TRIPS = pd.DataFrame(
    {
        "query": [1, 1, 1, 2, 2, 2, 3, 3],
        "probability": [0.9, 0.8, 0.7, 0.6, 0.5, 0.2, 0.1, 0.1],
        "right": np.array([1, 1, 1, 0, 1, 1, 0, 0], bool),
    }
)


@pytest.mark.parametrize("answer", [0.2, 20, "20 %", np.float32(0.2), pd.Series([0.2])])
def test_the_share_of_wrong_links_in_every_form(answer):
    assert check_wrong_share(answer, TRIPS)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (0.8, "links that are right"),
        (1, "how many are wrong. Of how many links? Divide by 5"),
        (4, "how many are right. Of how many links? Divide by 5"),
        (1 / 8, "all 8 searches"),
        (3 / 8, "were not linked"),
        (1 / 3, "counts trips"),
        (5 / 8, "worked example"),
        (0.5, "not the share"),
    ],
)
def test_a_wrong_share_of_wrong_links_is_explained(answer, hint):
    verdict = check_wrong_share(answer, TRIPS)
    assert not verdict
    assert hint in verdict.message


@pytest.mark.parametrize("answer", [0.5, 0.21, "50 %", 50, 0.45])
def test_the_surest_links_within_what_is_tolerated(answer):
    assert check_sureness(answer, TRIPS, tolerated=0.2)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (0.95, "nothing is linked"),
        (0.05, "must be higher"),
        (0.85, "count how many"),
        (0.8, "least sure"),
        (107, "no probability"),
    ],
)
def test_a_bad_sureness_is_explained(answer, hint):
    verdict = check_sureness(answer, TRIPS, tolerated=0.2)
    assert not verdict
    assert hint in verdict.message


@given(ANYTHING)
@settings(max_examples=60, deadline=None)
def test_nothing_makes_the_checks_of_trips_raise(answer):
    for check in (check_wrong_share, check_sureness):
        assert isinstance(check(answer, TRIPS), Verdict)


def evaluation(*correct):
    """Of a detector, over two vehicles in one frame."""
    rows = {"frame": 0, "percent": [90.0, 50.0], "correct": correct}
    return DetectionEvaluation(np.array(["f"]), np.array([2]), pd.DataFrame(rows))


PLAUSIBLE = {
    "check_best_era": "1971",
    "check_defence": ("blur", 1),
    "check_even_gallery": 50,
    "check_numbers": {"733-681-N": 2},
} | dict.fromkeys(
    [
        "check_candidates",
        "check_cosine_distance",
        "check_eigen_weights",
        "check_iou",
        "check_key_broken",
        "check_members_found",
        "check_who",
    ],
    lambda *_: 0.5,
)


@pytest.mark.parametrize("name", [name for name in checks.__all__ if name.startswith("check_")])
def test_an_authors_error_is_not_blamed_on_the_answer(name):
    """Each check with data that it cannot use: the course's fault, by the check's name."""
    check = getattr(checks, name)
    _, *data = inspect.signature(check).parameters.values()
    broken_data = [object() for parameter in data if parameter.default is parameter.empty]
    with pytest.raises(CheckError, match=rf"{name} failed .*no fault of your answer"):
        check(PLAUSIBLE.get(name, 0.5), *broken_data)


@pytest.mark.parametrize(
    ("check", "data", "reason"),
    [
        (check_threshold, ([0.1, 0.2], [True]), "IndexError"),
        (check_threshold, ([0.1, 0.2], [True, True]), "pairs of both kinds"),
        (check_wrong_share, (TRIPS.drop(columns="right"),), "KeyError: 'right'"),
        (check_wrong_share, (TRIPS, 2), "ZeroDivisionError"),
        (check_travel_time, ("never", ARRIVED), "never"),
        (
            checks.check_score_threshold,
            (evaluation(True, False), 0.9),
            "no threshold finds 90%",
        ),
        (checks.check_bits, (80, 0), "ZeroDivisionError"),
    ],
)
def test_an_authors_error_is_described(check, data, reason):
    with pytest.raises(CheckError, match=reason):
        check(0.5, *data)
