"""Rank-1 by gallery and cameras: one table of all of them, for searches by appearance alone.

"How often does the correct vehicle come first" has as many answers as there are galleries. A query
is the mean vector of a pass; it is looked for among the passes of one other camera. Searches for a
vehicle that was not tracked there are left out, and counted.
"""

from itertools import pairwise, permutations

import numpy as np
import pandas as pd

from cctview.dataset import DRIVE, street_of
from cctview.stats import bootstrap_both_sides
from studio.studies.searches import Road

WINDOWS = {
    "the whole recording": (-np.inf, np.inf),
    "5 minutes before or after": (-300.0, 300.0),
    "150 s after": (0.0, 150.0),
}
_COLUMNS = ["cameras", "way", "among"]


def rank1_table(road: Road, rounds: int = 200) -> pd.DataFrame:
    """Rank-1 of searches by appearance alone.

    Returns
    -------
    DataFrame
        One row for the cameras (each next one down the drive, all of these, all pairs), the way
        ("both", "S") and the gallery (`WINDOWS`): `cameras`, `way`, `among`, `estimate`, `low`,
        `high`, `searches`, `vehicles`, `gallery` (mean number of passes), `absent` (share of the
        queries whose vehicle is not in the gallery).
    """
    cameras = [
        place.camera for place in DRIVE if (road.tracklets.table["camera"] == place.camera).any()
    ]
    down = list(pairwise(cameras))
    sets = {f"{street_of(a)} to {street_of(b)}": [(a, b)] for a, b in down}
    sets |= {"next camera down the drive": down, "all pairs": list(permutations(cameras, 2))}
    rows = []
    for among, window in WINDOWS.items():
        found = {pair: _searches(road, *pair, window) for pair in permutations(cameras, 2)}
        for name, pairs in sets.items():
            for way in ("both", "S"):
                table = pd.concat([found[pair] for pair in pairs])
                table = table if way == "both" else table[table["way"] == way]
                rows.append(
                    dict(zip(_COLUMNS, (name, way, among), strict=True)) | _summary(table, rounds)
                )
    return pd.DataFrame(rows)


def _searches(road, first, second, window) -> pd.DataFrame:
    """Each query at the first camera: the vehicle, whom it is taken for, whether it is there."""
    table, vehicle = road.tracklets.table, road.labels["vehicle"].to_numpy()
    camera, seconds = table["camera"].to_numpy(), table["seconds"].to_numpy(float)
    a, b = np.flatnonzero((camera == first) & (vehicle >= 0)), np.flatnonzero(camera == second)
    features = road.tracklets.features
    lag = seconds[b] - seconds[a][:, None]
    inside = (lag >= window[0]) & (lag <= window[1])
    cosine = np.where(inside, features[a] @ features[b].T, -np.inf)
    same = (vehicle[a][:, None] == vehicle[b]) & inside
    return pd.DataFrame(
        {
            "vehicle": vehicle[a],
            "taken_for": vehicle[b[cosine.argmax(axis=1)]],
            "there": same.any(axis=1),
            "gallery": inside.sum(axis=1),
            "way": road.labels["direction"].to_numpy()[a],
        }
    )


def _summary(table: pd.DataFrame, rounds: int) -> dict:
    there = table[table["there"]]
    own, taken = there["vehicle"].to_numpy(), there["taken_for"].to_numpy()
    right = (own == taken).astype(float)

    def share(weights: np.ndarray) -> float:
        return float(np.average(right, weights=weights)) if weights.any() else np.nan

    drawn = bootstrap_both_sides(share, own, np.where(taken < 0, own, taken), rounds).iloc[0]
    return dict(drawn) | {
        "searches": len(there),
        "vehicles": there["vehicle"].nunique(),
        "gallery": there["gallery"].mean(),
        "absent": 1 - len(there) / len(table),
    }


def row_of(table: pd.DataFrame, cameras: str, way: str, among: str) -> pd.Series:
    """One row of the table."""
    rows = table[(table[_COLUMNS] == [cameras, way, among]).all(axis=1)]
    return rows.iloc[0]
