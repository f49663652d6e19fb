"""Linking tracklets from camera to camera into trips, without the truth; and judging the trips.

`LinkModel` says how much speaks for tracklets being one vehicle: `appearance`, `travel_times` and
`ways` hold its parts. `traffic` measures how much slower than usual the traffic is, `assignment`
decides all trips together, `calibration` makes probabilities of it, `trips` finds the trip that one
click asks for, and `wording` says it in words. `filters` rules out pairs by clock and lane, and
`evaluation` judges trips by labels that the caller passes in.
"""

from cctview.link.assignment import assign_trips
from cctview.link.evaluation import (
    TripJudge,
    count_trips,
    verdicts,
)
from cctview.link.filters import STAGES, Filtered, apply_filters, fit_filters, rank_one
from cctview.link.model import ATTRIBUTES, LinkModel
from cctview.link.travel_times import WAYS, TravelTimes, fit_travel_times
from cctview.link.trips import (
    SURE,
    TripFinder,
    fit_finder,
    largest_detections,
    make_finder,
)
from cctview.link.unlabelled import NoTravel, fit_unlabelled
from cctview.link.wording import as_candidates, in_traffic

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
    "fit_filters",
    "fit_finder",
    "fit_travel_times",
    "fit_unlabelled",
    "in_traffic",
    "largest_detections",
    "make_finder",
    "rank_one",
    "verdicts",
]
