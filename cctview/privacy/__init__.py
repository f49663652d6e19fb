"""What a search gives away.

============ ======================================================================================
``meter``    the leakage meter: bits that still hide a vehicle, step by step, and side gauges
``leakage``  bits that searches deliver and claim, over all vehicles and for one
``unicity``  how few known sightings single a vehicle out
``open_set`` searches for vehicles that are not there: false matches by gallery size
============ ======================================================================================
"""

from cctview.privacy.leakage import Leakage, leakage_meter, measure_leakage, your_car
from cctview.privacy.meter import Bits, Gauge, LeakageMeter, Step
from cctview.privacy.open_set import count_candidates, share_right
from cctview.privacy.unicity import Sightings, mix_in_false_links, read_trips, unicity

__all__ = [
    "Bits",
    "Gauge",
    "Leakage",
    "LeakageMeter",
    "Sightings",
    "Step",
    "count_candidates",
    "leakage_meter",
    "measure_leakage",
    "mix_in_false_links",
    "read_trips",
    "share_right",
    "unicity",
    "your_car",
]
