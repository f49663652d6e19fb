"""An invented register of the vehicles on the simulated road: its holders are roles, not people."""

import numpy as np

from cctview.dataset import box_area

_GARAGE = "south end"

ROLES = (
    "piano tuner",
    "beekeeper",
    "lighthouse keeper",
    "clockmaker",
    "cartographer",
    "puppeteer",
    "glass blower",
    "falconer",
    "bell founder",
    "tea taster",
    "kite maker",
    "organist",
    "bookbinder",
    "ice sculptor",
    "stilt walker",
    "snail farmer",
)


def make_register(truth, seed=1):
    """An invented register of the vehicles on the simulated road.

    Parameters
    ----------
    truth : cctview.truth.labels.Truth
    seed : int

    Returns
    -------
    DataFrame
        Columns `vehicle`, `holder` (an invented role and a number), `kind`, `colour`, `direction`,
        `garage` (when it came into the garage at the south end; missing if it did not), and for
        each camera when a plate reader beside it read its plate: when it is largest in the picture.
    """
    looks = truth.vehicles[["vehicle", "kind", "colour"]]
    known = looks.merge(truth.trips, on="vehicle").sort_values("vehicle")
    rng = np.random.default_rng(seed)
    roles, numbers = rng.choice(ROLES, len(known)), rng.permutation(len(known)) + 1
    holders = [f"the {role}, no. {number:04d}" for role, number in zip(roles, numbers, strict=True)]
    table = known[["vehicle", "kind", "colour", "direction"]].assign(holder=holders)
    table = table.assign(garage=known["left"].where(known["exit"] == _GARAGE))
    seen = truth.sightings[["frame", "vehicle"]].assign(area=box_area(truth.sightings))
    seen = seen.merge(truth.frames[["frame", "camera", "time"]], on="frame")
    largest = seen.sort_values("area", kind="stable").groupby(["vehicle", "camera"])["time"].last()
    return table.join(largest.unstack("camera"), on="vehicle").reset_index(drop=True)
