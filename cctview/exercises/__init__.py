"""Checks of the exercises: whether an answer is right, and if not, what is wrong with it and where
to look.

One module a subject; what they have in common is `cctview.exercises.answers`.
"""

from cctview.exercises.answers import Verdict
from cctview.exercises.collecting import check_candidates, check_storage
from cctview.exercises.demo import check_speed, check_who
from cctview.exercises.design import check_even_gallery, check_right_alarms
from cctview.exercises.detecting import check_iou, check_score_threshold
from cctview.exercises.history import check_best_era, check_eigen_weights
from cctview.exercises.learning import check_members_found, check_stop
from cctview.exercises.protection import check_defence, check_key_broken
from cctview.exercises.sample import check_numbers, check_travel_time
from cctview.exercises.summary import check_bits, check_even_population
from cctview.exercises.tracking import check_cosine_distance, check_threshold
from cctview.exercises.trip import check_sureness, check_wrong_share

__all__ = [
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
