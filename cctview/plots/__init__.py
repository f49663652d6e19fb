"""Every figure of the course. Each takes data and returns a matplotlib Figure (a `cctview.plots.look.Card`), ready to be shown.

One module a subject; their common look is `cctview.plots.look`.
"""

from cctview.plots.collecting import caught, collection, known_after, storage_bill, time_bins, unicity
from cctview.plots.look import TWIN, Card, percent, style
from cctview.plots.design import alarms, clock, clones, costs, filters, individuality, kinds, open_set
from cctview.plots.drive import drive
    "vector",
