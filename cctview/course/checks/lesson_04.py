"""Checks of the exercises on detecting, in notebook 04."""

import math

import numpy as np

from cctview.course.checks.answers import Wrong, call, check, first_hint, read_number
from cctview.dataset import box_iou
from cctview.show import percent

_TOUCHING = [[0, 0, 10, 10], [10, 0, 20, 10]]
_APART = [[0, 0, 10, 10], [30, 40, 50, 60]]
_INSIDE = [[0, 0, 10, 12], [2, 2, 8, 7]]
_CROSSING = [[0, 0, 10, 10], [5, 5, 15, 20]]
_NOTHING = [[3, 3, 3, 3], [3, 3, 3, 3]]
_ROUNDED = 1.0  # per cent: a threshold may be called out as a whole number
_LITTLE = 0.01  # of the precision: a step of the slider may lie below the best threshold
_EMPTY = "You divide by zero where neither box has an area: return 0 there."


@check
def check_score_threshold(answer, evaluation, wanted=0.9):
    """The score threshold that finds a wanted share of vehicles, with the fewest false boxes.

    It is in per cent; a number below 1 is taken for a share. `wanted` is the least recall.
    """
    score = read_number(answer, "the threshold")
    score = 100 * score if 0 < score < 1 else score
    if not 0 <= score <= 100:
        raise Wrong(f"{score:g} is no confidence: a confidence lies between 0 and 100 per cent.")
    curve = evaluation.curve()
    enough = curve.percent[curve.recall >= wanted]
    if enough.empty:
        raise ValueError(f"no threshold finds {wanted:.0%} of the vehicles")
    best = enough.max()
    at, strictest = evaluation.summary(percent=score), evaluation.summary(percent=best)
    result = f"From {score:.4g} % on, {percent(at['recall'])} of the vehicles are found"
    loses_little = score < best and strictest["precision"] - at["precision"] < _LITTLE
    if abs(score - best) <= _ROUNDED or loses_little:
        return (
            f"{result}, and {percent(at['precision'])} of the boxes are right. At"
            f" {curve.percent.min():.0f} % it would be {percent(curve.precision.iloc[-1])}."
        )
    if np.isclose(score, enough.min(), atol=0.01):
        raise Wrong(
            f"{result}. That is enough, but you kept more false boxes than you need. The strictest"
            " threshold that finds enough is the highest one."
        )
    if (curve.precision >= wanted).any() and np.isclose(
        score, curve.percent[curve.precision >= wanted].min(), atol=0.01
    ):
        raise Wrong(
            f"{result}. You asked that {percent(wanted)} of the boxes are right, which is"
            " precision. The vehicles that are found are the recall."
        )
    if np.isclose(score, 100 * wanted):
        raise Wrong(
            f"{percent(wanted)} of the vehicles must be found; that is not the confidence."
            f" {result}."
        )
    if score > best:
        raise Wrong(
            f"{result}, and that is less than {percent(wanted)}. A stricter threshold misses more."
        )
    raise Wrong(
        f"{result}, but only {percent(at['precision'])} of the boxes are right. A stricter"
        f" threshold finds {percent(wanted)} too, and then {percent(strictest['precision'])} are"
        " right."
    )


@check
def check_iou(answer, boxes):
    """A function of two boxes (x1, y1, x2, y2) that returns their intersection over union.

    It is tried on the first few pairs of `boxes`, (n, 4), and on cases that are easily forgotten.
    """
    some = np.asarray(boxes, float)[:6]
    some_pairs = [(a, b) for k, a in enumerate(some) for b in some[k:]]
    for a, b in np.array([_INSIDE, _CROSSING, *some_pairs, _TOUCHING, _APART, _NOTHING], float):
        right = float(box_iou([a], [b])[0, 0])
        try:
            given = call(answer, a, b, hint=f", for the boxes {_text(a)} and {_text(b)}.")
        except Wrong as wrong:
            if isinstance(wrong.__cause__, ZeroDivisionError):
                raise Wrong(_EMPTY) from wrong
            raise
        if isinstance(given, (float, np.floating)) and np.isnan(given):
            raise Wrong(_EMPTY)
        number = read_number(given, "what your function returns")
        if abs(number - right) > 1e-6:
            raise Wrong(_iou_hint(number, right, a, b))
    return (
        "It agrees with cctview's on all pairs that were tried, also on boxes that only touch, and"
        " on those far apart."
    )


def _text(box):
    return "[" + ", ".join(f"{value:g}" for value in box) + "]"


def _iou_hint(number, right, a, b):
    """What went wrong, by what came out."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = np.maximum(sides, 0).prod()
    raw = sides.prod()  # positive where both are negative: a usual mistake
    areas = (a[2:] - a[:2]).prod(), (b[2:] - b[:2]).prod()
    if shared and any(math.isclose(number, shared / area, rel_tol=1e-6) for area in areas):
        return "You divide by one box only. The union is what the two cover together."
    by_corner = a[2:].prod() + b[2:].prod() - shared
    apart = {
        "These two boxes lie apart. Two negative sides make a positive area: a side is at least"
        " 0.": _ratio(raw, sum(areas) - raw)
    }
    hints = {
        "This is the shared area itself. Divide it by the area that the two cover together.": (
            shared
        ),
        "You divide by the sum of both areas: what they share is in there twice. Take it off"
        " once.": _ratio(shared, sum(areas)),
        "This is 1 minus the overlap, a distance. The overlap of two equal boxes is 1.": 1 - right,
        "This is in per cent. The overlap is a share: 1 for two equal boxes.": 100 * right,
        "You add 1 to each side, as if x2 were the last pixel. Here a side is x2 − x1.": (
            _counted_by_pixel(a, b)
        ),
        "Put all that you divide by into brackets: shared / (... + ... - shared).": (
            _ratio(shared, areas[0]) + areas[1] - shared
        ),
        "A box holds its corners, not its size. Its width is x2 − x1, and its height y2 − y1.": (
            _ratio(shared, by_corner)
        ),
        "You divide by the box around both. It holds places that neither of them covers.": _ratio(
            shared, (np.maximum(a[2:], b[2:]) - np.minimum(a[:2], b[:2])).prod()
        ),
    }
    hints = apart | hints if (sides < 0).any() else hints | apart
    return first_hint(
        hints, lambda value: math.isclose(number, value, rel_tol=1e-6, abs_tol=1e-9)
    ) or (
        f"For {_text(a)} and {_text(b)} it gives {number:.4g}; right is {right:.4g}: shared area"
        " over the area of both together."
    )


def _counted_by_pixel(a, b):
    """The overlap, if the last row and column of a box were a part of it."""
    a, b = (np.add(box, [0, 0, 1, 1]) for box in (a, b))
    return float(box_iou([a], [b])[0, 0])


def _ratio(part, whole):
    return part / whole if whole else math.nan
