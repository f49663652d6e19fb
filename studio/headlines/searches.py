"""Headline numbers of searches for the vehicle of every pass at every other camera."""

from pathlib import Path

import pandas as pd

from cctview.dataset import read_result
from cctview.stats import bootstrap
from studio.headlines.headline import Figure, Headline

_COMMAND = "results --only leakage"
_LAST = "repeated sightings"


def _last_step(results: Path) -> pd.DataFrame:
    searches = read_result("searches.parquet", results)
    return searches[searches["step"] == _LAST]


def _found_first(results: Path) -> Figure:
    searches = _last_step(results)
    return _share(searches[searches["mated"]])


def _found_first_of_all(results: Path) -> Figure:
    return _share(_last_step(results))


def _share(searches: pd.DataFrame) -> Figure:
    right = searches["rank1"].fillna(0).to_numpy(float)
    drawn = bootstrap(lambda rows: right[rows].mean(), searches["vehicle"], 200).iloc[0]
    count = f"{len(searches):,} searches for {searches['vehicle'].nunique():,} vehicles"
    return Figure(drawn.estimate, drawn.low, drawn.high, count)


HEADLINES = (
    Headline(
        "A vehicle that was tracked at the other camera comes first",
        "00, 05",
        "We look for the vehicle of a pass at another camera, where the tracker has a pass of it."
        " How often is it the first of the ranking?",
        "all passes of the camera searched, in the twelve minutes; appearance, clock and the other"
        " cameras together",
        _COMMAND,
        _found_first,
        "Count all searches, those for a vehicle that was not tracked there too, as failures:",
        _found_first_of_all,
    ),
)
