"""Every figure of the course. Each takes data and returns a matplotlib Figure (a `cctview.look.Card`), ready to be shown.

They are kept by subject in `cctview.plots_meter`, `cctview.plots_matching`, `cctview.plots_pictures`, `cctview.plots_drive` and
`cctview.plots_trip`;
their common look is `cctview.look`.
"""

from cctview.look import TWIN, Card, percent, style
from cctview.plots_drive import drive
from cctview.plots_matching import accepted, bars, cmc, distance_histograms, embedding_map, false_links, project, roc
from cctview.plots_meter import gauges, leakage_meter, waterfall
from cctview.plots_pictures import candidates, frame, pairs
from cctview.plots_trip import network_leak, trip_ledger

__all__ = [
    "TWIN",
    "Card",
    "accepted",
    "bars",
    "candidates",
    "cmc",
    "distance_histograms",
    "drive",
    "embedding_map",
    "false_links",
    "frame",
    "gauges",
    "leakage_meter",
    "network_leak",
    "pairs",
    "percent",
    "project",
    "roc",
    "style",
    "trip_ledger",
    "waterfall",
]
