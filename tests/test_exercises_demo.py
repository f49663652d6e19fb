"""Checks of the exercises of notebook 07: right answers pass, and each typical wrong one is told
what is wrong with it.
"""

import numpy as np
import pandas as pd
import pytest

from cctview.course.checks import check_speed, check_who
from tests.desks import FIRST, SECOND, THIRD

KM = {FIRST: 0.5, SECOND: 0.9, THIRD: 1.3}
TIMES = pd.Timestamp("2031-05-05 08:40:00") + pd.to_timedelta([0, 30, 40], unit="s")
SIGHTINGS = pd.DataFrame({"camera": [FIRST, SECOND, THIRD], "time": TIMES})
RIGHT = 72.0  # 0.8 km in 40 s
MOMENT = pd.Timestamp("2031-05-05 08:40:06")
SEEN = pd.DataFrame({"camera": FIRST, "time": [MOMENT, pd.Timestamp("2031-05-05 08:41:00")]})
ROLES = ("falconer", "organist", "puppeteer", "beekeeper", "tea taster", "clockmaker")
HOLDERS = [f"the {role}, no. 000{k}" for k, role in enumerate(ROLES)]
REGISTER = pd.DataFrame(
    {
        "holder": HOLDERS,
        FIRST: MOMENT + pd.to_timedelta([-90, -6, -3, 4, 6, 10.4], unit="s"),
        SECOND: MOMENT + pd.to_timedelta([1, 40, 50, 60, 70, 80], unit="s"),
    }
)


@pytest.mark.parametrize("answer", [RIGHT, "72", np.float32(72), [72.4], pd.Series([71.9])])
def test_the_right_speed_passes_in_every_form(answer):
    assert check_speed(answer, SIGHTINGS, KM)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (RIGHT / 3.6, "metres per second"),
        (RIGHT / 60, "kilometres per minute"),
        (RIGHT / 1.609344, "miles"),
        (40, "time alone"),
        (50, "divided the time by the way"),
        (-RIGHT, "sign"),
        (3600 * 1.3 / 40, "difference of two places"),
        (200, "too fast"),
        (96, "mean of the speeds"),
        (..., "no answer yet"),
        ("quick", "number"),
    ],
)
def test_a_wrong_speed_is_told_why(answer, hint):
    verdict = check_speed(answer, SIGHTINGS, KM)
    assert not verdict
    assert hint in verdict.message


def test_the_speed_of_the_whole_trip_is_told_apart():
    verdict = check_speed(RIGHT, SIGHTINGS[1:], KM, trip=SIGHTINGS)
    assert not verdict
    assert "whole trip" in verdict.message


def test_the_speed_between_two_other_rows_is_told_apart():
    between = 3600 * 0.4 / 30  # of the first two rows
    verdict = check_speed(between, SIGHTINGS[1:], KM, trip=SIGHTINGS)
    assert not verdict
    assert "between other rows" in verdict.message


def who(register, camera, moment, seconds):
    return register["holder"][(register[camera] - moment).dt.total_seconds().abs() <= seconds]


@pytest.mark.parametrize(
    "shape", [lambda of: of, list, set, tuple, lambda of: of.to_numpy(), lambda of: of.to_frame()]
)
def test_the_right_join_passes_in_every_form(shape):
    verdict = check_who(lambda *given: shape(who(*given)), REGISTER, SEEN, 10)
    assert verdict
    assert "4 holders fit" in verdict.message


WRONG = {
    "names nobody": lambda r, c, m, s: r["holder"][r[c] == m + pd.Timedelta("1ms")],
    "`.dt.seconds`": lambda r, c, m, s: r["holder"][(r[c] - m).dt.seconds <= s],
    "another camera's column": lambda r, c, m, s: who(r, SECOND, m, s),
    "only the nearest": lambda r, c, m, s: [
        r["holder"][(r[c] - m).dt.total_seconds().abs().idxmin()]
    ],
    "long before": lambda r, c, m, s: r["holder"][(r[c] - m).dt.total_seconds() <= s],
    "long after": lambda r, c, m, s: r["holder"][(m - r[c]).dt.total_seconds() <= s],
    "before the moment only": lambda r, c, m, s: r["holder"][
        (m - r[c]).dt.total_seconds().between(0, s)
    ],
    "after the moment only": lambda r, c, m, s: r["holder"][
        (r[c] - m).dt.total_seconds().between(0, s)
    ],
    "everybody": lambda r, c, m, s: r["holder"],
    "returns nothing yet": lambda r, c, m, s: ...,
    "True and False": lambda r, c, m, s: (r[c] - m).dt.total_seconds().abs() <= s,
    "no holder of the register": lambda r, c, m, s: ["the beekeeper"],
    "raised": lambda r, c, m, s: r["nobody"],
}


@pytest.mark.parametrize("hint", WRONG)
def test_a_wrong_join_is_told_why(hint):
    verdict = check_who(WRONG[hint], REGISTER, SEEN, 10)
    assert not verdict
    assert hint in verdict.message


def test_a_join_that_reads_one_cameras_column_only_is_found_out():
    both = pd.concat([SEEN, SEEN.assign(camera=SECOND)])
    assert check_who(who, REGISTER, both, 10)
    verdict = check_who(lambda r, c, m, s: who(r, FIRST, m, s), REGISTER, both, 10)
    assert "another camera's column" in verdict.message


def test_a_join_that_was_called_is_told_so():
    assert "without calling it" in check_who(["the beekeeper, no. 0002"], REGISTER, SEEN).message
