"""Linking tracklets from camera to camera into trips, without the truth; and judging the trips.

`travel_times`, `evidence` and `joint` give each pair one likelihood ratio, `stored` keeps fitted
models in a file, `trips` finds the trip that one click asks for, `filters` rules out pairs by clock
and lane, and `evaluation` judges trips by labels that the caller passes in.
"""

from cctview.link.assignment import assign_trips
from cctview.link.evaluation import (
    TripJudge,
    count_trips,
    tally,
    verdicts,
)
from cctview.link.evidence import ATTRIBUTES
from cctview.link.filters import STAGES, Filtered, apply_filters, fit_filters, rank_one
from cctview.link.joint import fit_joint
from cctview.link.model import LinkModel
from cctview.link.stored import fingerprint, load_link_models
from cctview.link.travel_times import WAYS, TravelTimes, fit_travel_times
from cctview.link.trips import (
    SURE,
    TripFinder,
    as_candidates,
    describe,
    fit_halves,
    largest_detections,
    make_finder,
    searched_by,
)
from cctview.link.unlabelled import NoTravel, learn_links

__all__ = [
    "ATTRIBUTES",
    "STAGES",
    "SURE",
    "WAYS",
    "Filtered",
    "LinkModel",
    "NoTravel",
    "TravelTimes",
    "TripFinder",
    "TripJudge",
    "apply_filters",
    "as_candidates",
    "assign_trips",
    "count_trips",
    "describe",
    "fingerprint",
    "fit_filters",
    "fit_halves",
    "fit_joint",
    "fit_travel_times",
    "largest_detections",
    "learn_links",
    "load_link_models",
    "make_finder",
    "rank_one",
    "searched_by",
    "tally",
    "verdicts",
]
