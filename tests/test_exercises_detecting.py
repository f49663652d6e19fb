"""Exercise checks of notebook 04: right answers pass in every form, and typical wrong ones are
explained.
"""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from cctview.course.checks import check_iou, check_score_threshold
from cctview.dataset.boxes import BOX, box_iou
from cctview.detect import evaluate_detections
from tests.test_exercises import ANYTHING

RNG = np.random.default_rng(0)
TRUE = pd.DataFrame({"frame": np.arange(200), "x1": 0, "y1": 0, "x2": 10, "y2": 10})
FOUND = pd.concat(
    [
        TRUE.assign(percent=RNG.uniform(40, 95, 200)),
        TRUE.assign(percent=RNG.uniform(25, 60, 200), x1=100, x2=120),
    ]
)
EVALUATION = evaluate_detections(FOUND, TRUE)
CURVE = EVALUATION.curve()
BEST = CURVE.percent[CURVE.recall >= 0.9].max()
BOXES = np.array([[0, 0, 10, 10], [5, 5, 20, 25], [3, 2, 9, 8], [40, 0, 60, 30]])


IN_EVERY_FORM = [
    BEST,
    np.float64(BEST),
    BEST / 100,
    f"{BEST:.10f} %",
    str(BEST),
    round(BEST, 2),
    [BEST],
    pd.Series([BEST]),
]


@pytest.mark.parametrize("answer", IN_EVERY_FORM)
def test_the_threshold_in_every_form(answer):
    assert check_score_threshold(answer, EVALUATION)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (26, "a stricter threshold finds 90 % too"),
        (CURVE.percent[CURVE.recall >= 0.9].min(), "more false boxes than you need"),  # min
        (70, "misses more"),
        (0.9, "not the confidence"),
        (CURVE.percent[CURVE.precision >= 0.9].min(), "which is precision"),
        (250, "no confidence"),
        ("x", "number"),
        ([40, 50], "one number"),
    ],
)
def test_a_wrong_threshold_is_explained(answer, hint):
    verdict = check_score_threshold(answer, EVALUATION)
    assert not verdict
    assert hint.lower() in verdict.message.lower()


@pytest.mark.parametrize("called_out", [math.floor(BEST), math.ceil(BEST)])
def test_a_room_can_call_out_a_whole_number(called_out):
    assert check_score_threshold(called_out, EVALUATION)


def test_a_step_of_the_slider_that_costs_hardly_a_false_box_is_right():
    apart = FOUND.assign(percent=FOUND.percent.where(FOUND.x1 == 0, 20))  # no false box is near
    assert check_score_threshold(BEST - 3, evaluate_detections(apart, TRUE))


def iou(a, b):
    shared = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if union else 0


def area(a):
    return (a[2] - a[0]) * (a[3] - a[1])


def shared(a, b, floor=0):
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return (max(width, 0) * max(height, 0)) if floor == 0 else width * height


def enclosing(a, b):
    around = [min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])]
    return shared(a, b) / max(area(around), 1)


def negative(a, b):
    raw = shared(a, b, None)
    return raw / (area(a) + area(b) - raw) if area(a) + area(b) - raw else 0


def by_pixel(a, b):
    a, b = ([*box[:2], box[2] + 1, box[3] + 1] for box in (a, b))
    return iou(a, b)


def without_brackets(a, b):
    return shared(a, b) / area(a) + area(b) - shared(a, b) if area(a) else 0


def by_corner(a, b):
    together = a[2] * a[3] + b[2] * b[3] - shared(a, b)
    return shared(a, b) / together if together else 0


def divides_by_zero(a, b):
    a, b = [float(x) for x in a], [float(x) for x in b]
    return shared(a, b) / (area(a) + area(b) - shared(a, b))


def test_the_solution_and_cctviews_own_pass():
    assert check_iou(iou, BOXES)
    assert check_iou(iou, pd.DataFrame(BOXES, columns=BOX))
    assert check_iou(lambda a, b: box_iou([a], [b]), BOXES)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (shared, "shared area itself"),
        (lambda a, b: shared(a, b) / max(area(a) + area(b), 1), "Take it off once"),
        (lambda a, b: shared(a, b) / max(min(area(a), area(b)), 1), "one box only"),
        (lambda a, b: shared(a, b) / max(area(a), 1), "one box only"),
        (lambda a, b: 1 - iou(a, b), "a distance"),
        (lambda a, b: 100 * iou(a, b), "in per cent"),
        (enclosing, "the box around both"),
        (negative, "lie apart"),
        (by_pixel, "add 1 to each side"),
        (without_brackets, "into brackets"),
        (by_corner, "not its size"),
        (divides_by_zero, "divide by zero"),
        (
            lambda a, b: np.float64(shared(a, b)) / np.float64(area(a) + area(b) - shared(a, b)),
            "divide by zero",
        ),
        (lambda a, b: 0.5, "shared area over the area of both"),
        (lambda a, b: None, "returns nothing yet"),
        (lambda a: 0, "TypeError"),
        (0.5, "Give the function itself"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_wrong_overlap_is_explained(answer, hint):
    verdict = check_iou(answer, BOXES)
    assert not verdict
    assert hint in verdict.message


@settings(max_examples=40, deadline=None)
@given(answer=ANYTHING)
def test_no_answer_makes_a_check_raise(answer):
    for verdict in (check_score_threshold(answer, EVALUATION), check_iou(answer, BOXES)):
        assert verdict.message
        assert str(verdict)
        assert verdict._repr_html_()
