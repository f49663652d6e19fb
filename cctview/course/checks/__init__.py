"""Checks of the exercises: whether an answer is right, or what is wrong and where to look.

``lesson_NN`` has the checks of notebook NN, `answers` what they have in common, `quiz` the
questions of the quizzes. A check returns a `Verdict`; an error of its own is a `CheckError`.
"""

from cctview.course.checks.answers import CheckError, Verdict
from cctview.course.checks.lesson_00 import check_sureness, check_wrong_share
from cctview.course.checks.lesson_01 import check_best_era, check_eigen_weights
from cctview.course.checks.lesson_02 import check_members_found, check_stop
from cctview.course.checks.lesson_03 import check_candidates, check_storage
from cctview.course.checks.lesson_04 import check_iou, check_score_threshold
from cctview.course.checks.lesson_05 import check_cosine_distance, check_threshold
from cctview.course.checks.lesson_06 import check_even_gallery, check_right_alarms
from cctview.course.checks.lesson_07 import check_speed, check_who
from cctview.course.checks.lesson_08 import check_defence, check_key_broken
from cctview.course.checks.lesson_09 import check_bits, check_even_population
from cctview.course.checks.lesson_10 import check_numbers, check_travel_time

__all__ = [
    "CheckError",
    "Verdict",
    "check_best_era",
    "check_bits",
    "check_candidates",
    "check_cosine_distance",
    "check_defence",
    "check_eigen_weights",
    "check_even_gallery",
    "check_even_population",
    "check_iou",
    "check_key_broken",
    "check_members_found",
    "check_numbers",
    "check_right_alarms",
    "check_score_threshold",
    "check_speed",
    "check_stop",
    "check_storage",
    "check_sureness",
    "check_threshold",
    "check_travel_time",
    "check_who",
    "check_wrong_share",
]
