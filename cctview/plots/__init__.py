"""Every figure of the course. Each takes data and returns a matplotlib Figure (a `cctview.plots.look.Card`), ready to be shown.

One module a subject; their common look is `cctview.plots.look`.
"""

from cctview.plots.collecting import caught, collection, known_after, storage_bill, time_bins, unicity
from cctview.plots.design import alarms, clock, clones, costs, filters, individuality, kinds, open_set
from cctview.plots.detecting import (
    cleaning,
    detectors,
    doubles,
    entered,
    found_by,
    rectangle_features,
    scales,
    thresholds,
    verdicts,
)  # fmt: skip
from cctview.plots.dossier import candidate_rows, dossier, joins
from cctview.plots.drive import drive
from cctview.plots.history import (
    by_era,
    by_resolution,
    eigen_vehicles,
    era_searches,
    gradients,
    landmarks,
    learned_metric,
    timeline,
)  # fmt: skip
from cctview.plots.learning import (
    activations,
    examples,
    exposure,
    learnt_filters,
    loss_curves,
    loss_histograms,
    membership_roc,
    usefulness_and_leak,
)
from cctview.plots.look import TWIN, Card, percent, style
from cctview.plots.matching import accepted, bars, cmc, distance_histograms, embedding_map, false_links, project, roc
from cctview.plots.meter import gauges, leakage_meter, waterfall
from cctview.plots.pictures import candidates, frame, numbered_frames, pairs
from cctview.plots.protection import bought_back, by_strength, defended, key_broken, rebuilt, who_can, worst_case
from cctview.plots.summary import crowd, same_evidence
from cctview.plots.trip import network_leak, trip_ledger
from cctview.plots.triplet import triplet, vector, weak_spots

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
    "cleaning",
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
    "doubles",
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
    "gradients",
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
    "scales",
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
