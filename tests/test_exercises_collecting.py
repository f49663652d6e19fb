"""The checks of notebook 03: right answers pass, typical wrong ones are explained, and nothing
makes a check raise.
"""

import pandas as pd
import pytest
from hypothesis import given, settings

from cctview.course.checks import Verdict, check_candidates, check_storage
from tests.test_exercises import ANYTHING

PLAN = {"cameras": 900, "interval": 2, "picture_bytes": 18_800}
RIGHT = 900 * 43_200 * 18_800 / 1e9
# Vehicle 1 has the most points. At each of them somebody else is too; at all of them nobody.
SEEN = pd.DataFrame(
    [
        (1, "A", 8),
        (1, "B", 9),
        (1, "A", 18),
        (1, "B", 19),
        (2, "A", 8),
        (2, "B", 9),
        (3, "A", 8),
        (3, "A", 18),
        (4, "B", 19),
        (5, "B", 8),
        (6, "A", 9),
        (7, "B", 18),
        (8, "B", 8),
        (8, "A", 9),
    ],
    columns=["vehicle", "camera", "hour"],
)


def candidates(sightings, known):
    left = set(sightings.vehicle)
    for camera, hour in known:
        left &= set(sightings.vehicle[(sightings.camera == camera) & (sightings.hour == hour)])
    return left


def at_one(sightings, known):
    return {v for v, c, h in sightings.itertuples(index=False) if (c, h) in known}


def of_the_last(sightings, known):
    for camera, hour in known:
        left = set(sightings.vehicle[(sightings.camera == camera) & (sightings.hour == hour)])
    return left


def apart(sightings, known):
    cameras, hours = zip(*known)
    return sightings.vehicle[sightings.camera.isin(cameras) & sightings.hour.isin(hours)].unique()


def by_hour(sightings, known):
    return set.intersection(*(set(sightings.vehicle[sightings.hour == hour]) for _, hour in known))


def not_there(sightings, known):
    return set(sightings.vehicle) - candidates(sightings, known)


def somewhere_in_that_hour(sightings, known):
    left = set(sightings.vehicle)
    for camera, hour in known:
        left &= set(sightings.vehicle[sightings.camera == camera])
        left &= set(sightings.vehicle[sightings.hour == hour])
    return left


@pytest.mark.parametrize("answer", [RIGHT, round(RIGHT), "731", 730, f"{RIGHT:.1f}"])
def test_the_storage_of_a_day(answer):
    assert check_storage(answer, **PLAN)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (RIGHT / 900, "one camera"),
        (RIGHT * 1e9, "unit"),
        (RIGHT / 1000, "asks for gigabytes"),
        (RIGHT * 2, "every second"),
        (RIGHT * 4, "multiplied"),
        (RIGHT * 30, "a month"),
        (RIGHT / 24, "whole day"),
        (RIGHT / 86_400, "whole day"),
        (RIGHT * 1e9 / 2**30, "gibibytes"),
        (3, "frames of one camera in a day"),
        ("x", "number"),
    ],
)
def test_a_wrong_storage_is_explained(answer, hint):
    verdict = check_storage(answer, **PLAN)
    assert not verdict
    assert hint in verdict.message


@pytest.mark.parametrize("form", [set, list, tuple, sorted, lambda found: pd.Series(sorted(found))])
def test_candidates_in_every_form(form):
    verdict = check_candidates(lambda sightings, known: form(candidates(sightings, known)), SEEN)
    assert verdict
    assert "it alone" in verdict.message


def row_by_row(sightings, known):
    for camera, hour in known:
        sightings = sightings[(sightings.camera == camera) & (sightings.hour == hour)]
    return set(sightings.vehicle)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (at_one, "at all of them"),
        (lambda sightings, known: set(sightings.vehicle), "leaves everybody in"),
        (of_the_last, "overwrites"),
        (apart, "belong together"),
        (by_hour, "one of the two"),
        (not_there, "were *not* there"),
        (somewhere_in_that_hour, "somewhere in that hour"),
        (lambda sightings, known: len(candidates(sightings, known)), "how many"),
        (lambda sightings, known: ..., "returns nothing"),
        (lambda sightings, known: {1, 2}, "in all of the sets"),
        (row_by_row, "One row cannot be at two places"),
        (candidates(SEEN, [("A", 8)]), "function itself"),
    ],
)
def test_a_wrong_search_is_explained(answer, hint):
    verdict = check_candidates(answer, SEEN)
    assert not verdict
    assert hint in verdict.message


@settings(max_examples=60, deadline=None)
@given(answer=ANYTHING)
def test_no_answer_makes_a_check_raise(answer):
    for verdict in (
        check_storage(answer, **PLAN),
        check_candidates(answer, SEEN),
        check_candidates(lambda *_: answer, SEEN),
    ):
        assert isinstance(verdict, Verdict)
        assert verdict.message
