"""Cloaks: against whom, and towards whom.

The pictures of one camera are cloaked against the extractor, and each vehicle is looked for at the
next camera by three networks, of which the cloak was made for one. A cloak away from the vehicle
hides it; a cloak towards another vehicle, its target, may have that one blamed.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from cctview.attacks import LabelledCrops
from cctview.attacks.linkage import Searches
from cctview.defences.cloak import cloak, shipped_student
from cctview.match import cosine_distances
from studio.studies.defence_study import interval_of
from studio.studies.resampling import Draws, drawn_links
from studio.training import second, third, train_defended

CAMERAS = ("733-681-N", "735-683-N")
"""Of the cloaked pictures, and of those searched."""
LEVELS = (2, 4, 8)
OUTCOMES = ("itself", "the target", "another")


def networks(crops: LabelledCrops, seed: int = 0) -> pd.DataFrame:
    """Whom the search names first.

    Parameters
    ----------
    crops : LabelledCrops
        With images.

    Returns
    -------
    DataFrame
        Columns aim ("none", "away", "target"), levels, network, outcome (`OUTCOMES`), share, low,
        high (vehicles drawn again as queries and as candidates), searches. Without a target, "the
        target" is any one other vehicle that was picked beforehand.
    """
    first, there = (_largest(crops, camera) for camera in CAMERAS)
    both = np.intersect1d(first.table.vehicle, there.table.vehicle)
    first, there = (part.only(part.table.vehicle.isin(both).to_numpy()) for part in (first, there))
    order = np.random.default_rng(seed).permutation(len(both))
    target = np.empty_like(both)
    target[order] = both[np.roll(order, 1)]  # nobody is their own target
    draws, by = Draws.make(both), _networks()
    gallery = {name: embed(there.images) for name, embed in by.items()}
    rows = []
    for aim, levels in (("none", 0), *((aim, n) for aim in ("away", "target") for n in LEVELS)):
        asked = first
        if aim != "none":
            asked = cloak(first, levels, targets=target if aim == "target" else None)
        for name, embed in by.items():
            closeness = 1 - cosine_distances(embed(asked.images), gallery[name])
            shares = _named_first(closeness, both, target, draws)
            rows += [
                {"aim": aim, "levels": levels, "network": name, "outcome": outcome}
                | interval_of("share", values)
                | {"searches": len(both)}
                for outcome, values in shares.items()
            ]
    table = pd.DataFrame(rows).rename(columns={"share_low": "low", "share_high": "high"})
    ends = ["share", "low", "high"]
    return table.assign(**table[ends].clip(0, 1) + 0.0)


def _largest(crops, camera):
    """Of each vehicle at a camera the largest crop, in order of vehicles."""
    here = crops.only((crops.table.camera == camera).to_numpy())
    return here.only(~here.table.vehicle.duplicated().to_numpy())


def _networks() -> dict[str, Callable]:
    judgement = second.load_second()
    return {
        "the extractor": train_defended.embedder(shipped_student()),
        "the second": lambda crops: second.embed(crops, judgement),
        "the third": third.another_network(),
    }


def _named_first(closeness, vehicles, target, draws) -> dict[str, np.ndarray]:
    """The share of searches that name the vehicle itself, its target, or another, in each draw."""
    columns = {
        "itself": np.arange(len(vehicles)),
        "the target": np.searchsorted(vehicles, target),
    }
    shares = {
        name: drawn_links([Searches(closeness, true, vehicles, vehicles)], draws, rank=True)
        for name, true in columns.items()
    }
    return shares | {"another": 1 - shares["itself"] - shares["the target"]}
