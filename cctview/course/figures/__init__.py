"""Every figure of the course. Each takes data and returns a matplotlib Figure (a
`cctview.show.look.Card`), ready to be shown.

One module a subject; their common look is `cctview.show.look`.
"""

from cctview.course.figures.collecting import (
    caught,
    collection,
    known_after,
    storage_bill,
    time_bins,
    unicity,
)
from cctview.course.figures.design import (
    alarms,
    clock,
    clones,
    costs,
    filters,
    individuality,
    kinds,
    open_set,
)
from cctview.course.figures.detecting import (
    detectors,
    entered,
    found_by,
    rectangle_features,
    thresholds,
    verdicts,
)
from cctview.course.figures.dossier import dossier, joins
from cctview.course.figures.history import (
    by_era,
    by_resolution,
    eigen_vehicles,
    era_searches,
    landmarks,
    learned_metric,
    timeline,
)
from cctview.course.figures.learning import (
    activations,
    examples,
    exposure,
    learnt_filters,
    loss_curves,
    loss_histograms,
    membership_roc,
    usefulness_and_leak,
)
from cctview.course.figures.matching import (
    accepted,
    bars,
    cmc,
    distance_histograms,
    embedding_map,
    false_links,
    project,
    roc,
)
from cctview.course.figures.meter import gauges, leakage_meter, waterfall
from cctview.course.figures.protection import (
    bought_back,
    by_strength,
    defended,
    key_broken,
    rebuilt,
    who_can,
    worst_case,
)
from cctview.course.figures.summary import crowd, same_evidence
from cctview.course.figures.trip import network_leak, trip_ledger
from cctview.course.figures.triplet import triplet, vector, weak_spots
from cctview.investigate.figures import candidate_rows
from cctview.show.look import TWIN, Card, percent, style
from cctview.show.pictures import candidates, frame, numbered_frames, pairs
from cctview.show.road_map import drive

__all__ = [
    "TWIN",
    "Card",
    "accepted",
    "activations",
    "alarms",
    "bars",
    "bought_back",
    "by_era",
    "by_resolution",
    "by_strength",
    "candidate_rows",
    "candidates",
    "caught",
    "clock",
    "clones",
    "cmc",
    "collection",
    "costs",
    "crowd",
    "defended",
    "detectors",
    "distance_histograms",
    "dossier",
    "drive",
    "eigen_vehicles",
    "embedding_map",
    "entered",
    "era_searches",
    "examples",
    "exposure",
    "false_links",
    "filters",
    "found_by",
    "frame",
    "gauges",
    "individuality",
    "joins",
    "key_broken",
    "kinds",
    "known_after",
    "landmarks",
    "leakage_meter",
    "learned_metric",
    "learnt_filters",
    "loss_curves",
    "loss_histograms",
    "membership_roc",
    "network_leak",
    "numbered_frames",
    "open_set",
    "pairs",
    "percent",
    "project",
    "rebuilt",
    "rectangle_features",
    "roc",
    "same_evidence",
    "storage_bill",
    "style",
    "thresholds",
    "time_bins",
    "timeline",
    "trip_ledger",
    "triplet",
    "unicity",
    "usefulness_and_leak",
    "vector",
    "verdicts",
    "waterfall",
    "weak_spots",
    "who_can",
    "worst_case",
]
