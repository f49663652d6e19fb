"""Every figure of the course. Each takes data and returns a matplotlib Figure (a `cctview.plots.look.Card`), ready to be shown.

One module a subject; their common look is `cctview.plots.look`.
"""

from cctview.plots.collecting import caught, collection, known_after, storage_bill, time_bins, unicity
from cctview.plots.look import TWIN, Card, percent, style
from cctview.plots.design import alarms, clock, clones, costs, filters, individuality, kinds, open_set
from cctview.plots.drive import drive
from cctview.plots.history import (
    by_era, by_resolution, eigen_vehicles, era_searches, gradients, landmarks, learned_metric, timeline,
)  # fmt: skip
from cctview.plots.matching import accepted, bars, cmc, distance_histograms, embedding_map, false_links, project, roc
from cctview.plots.meter import gauges, leakage_meter, waterfall
from cctview.plots.pictures import candidates, frame, numbered_frames, pairs
from cctview.plots.summary import crowd, same_evidence
from cctview.plots.trip import network_leak, trip_ledger
from cctview.plots.triplet import triplet, vector, weak_spots

__all__ = [
    "Card",
    "TWIN",
    "accepted",
    "alarms",
    "bars",
    "by_era",
    "by_resolution",
    "candidates",
    "caught",
    "clock",
    "clones",
    "cmc",
    "collection",
    "costs",
    "crowd",
    "distance_histograms",
    "drive",
    "eigen_vehicles",
    "embedding_map",
    "era_searches",
    "false_links",
    "filters",
    "frame",
    "gauges",
    "gradients",
    "individuality",
    "kinds",
    "known_after",
    "landmarks",
    "leakage_meter",
    "learned_metric",
    "network_leak",
    "numbered_frames",
    "open_set",
    "pairs",
    "percent",
    "project",
    "roc",
    "same_evidence",
    "storage_bill",
    "style",
    "time_bins",
    "timeline",
    "trip_ledger",
    "triplet",
    "unicity",
    "vector",
    "waterfall",
    "weak_spots",
]
