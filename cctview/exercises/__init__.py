"""Checks of the exercises: whether an answer is right, and if not, what is wrong with it and where to look.

One module a subject; what they have in common is `cctview.exercises.answers`.
"""

from cctview.exercises.answers import Verdict
from cctview.exercises.collecting import check_candidates, check_storage
from cctview.exercises.design import check_even_gallery, check_right_alarms
from cctview.exercises.history import check_best_era, check_eigen_weights
