"""How much a search gives away.

============ ======================================================================================
``meter``    the leakage meter: bits given away, step by step, and side gauges
``leakage``  whom searches link, what they give away, and whether they are as right as they say
``unicity``  how few known passes single a vehicle out
``open_set`` how often a flag is right when the wanted vehicle might not be there
============ ======================================================================================
"""

from cctview.privacy.leakage import (
    EVERYTHING,
    NEVER,
    OUTCOMES,
    SEARCHED_BY,
    TRACKED,
    UNSEEN,
    calibration,
    found_first,
    given_away,
    linking_rates,
    sureness,
    who_is_blamed,
    your_car,
)
from cctview.privacy.meter import DEFAULT, END, Bits, Gauge, Interval, LeakageMeter, Step
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
    "EVERYTHING",
    "NEVER",
    "OUTCOMES",
    "SEARCHED_BY",
    "TRACKED",
    "UNSEEN",
    "Bits",
    "Candidates",
    "Gauge",
    "Interval",
    "LeakageMeter",
    "Sightings",
    "Step",
    "Unicity",
    "calibration",
    "find_candidates",
    "found_first",
    "given_away",
    "linking_rates",
    "measure_unicity",
    "read_trips",
    "share_right",
    "sureness",
    "who_is_blamed",
    "your_car",
]
