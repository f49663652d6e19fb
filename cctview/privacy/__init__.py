"""How much a search gives away.

============ ======================================================================================
``meter``    the leakage meter: bits that still hide a vehicle, step by step, and side gauges
``leakage``  bits that searches deliver and claim, over all vehicles and for one
``unicity``  how few known passes single a vehicle out
``open_set`` how often a flag is right when the wanted vehicle might not be there
============ ======================================================================================
"""

from cctview.privacy.leakage import METER_ORDER, Leakage, leakage_meter, your_car
from cctview.privacy.meter import DEFAULT, END, Bits, Gauge, LeakageMeter, Step
from cctview.privacy.open_set import share_right
from cctview.privacy.unicity import (
    Candidates,
    Sightings,
    Unicity,
    find_candidates,
    measure_unicity,
    read_trips,
)

__all__ = [
    "DEFAULT",
    "END",
    "METER_ORDER",
    "Bits",
    "Candidates",
    "Gauge",
    "Leakage",
    "LeakageMeter",
    "Sightings",
    "Step",
    "Unicity",
    "find_candidates",
    "leakage_meter",
    "measure_unicity",
    "read_trips",
    "share_right",
    "your_car",
]
