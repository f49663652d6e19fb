"""Where embeddings fail: which different vehicles pass for the same, and which searches miss."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cctview.dataset import box_side
from cctview.match.next_camera import rank_tracks
from cctview.match.pairs import Comparisons, largest_crop_rows, vehicle_numbers
from cctview.stats import bootstrap

LOOK_ALIKE = "look-alikes: same design and colour"
COLOUR = "same colour, another design"
OTHER = "another colour"
_TRUE_MATCH_RATES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_DESIGN = ["kind", "design"]

SMALL = 24.0  # pixels a side
_DARK = ("black", "brown", "grey")


def likeness(pairs: Comparisons, vehicles: pd.DataFrame) -> pd.Categorical:
    """How much alike the two vehicles of each pair were made, (n,), by the table `Truth.vehicles`.

    `LOOK_ALIKE`, `COLOUR` or `OTHER`; "" for one vehicle.
    """
    colour = pairs.alike(vehicles, "colour")
    design = np.logical_and.reduce([pairs.alike(vehicles, column) for column in _DESIGN])
    kinds = ["", LOOK_ALIKE, COLOUR, OTHER]
    codes = np.select([pairs.same, colour & design, colour], range(3), 3)
    return pd.Categorical.from_codes(codes, kinds)  # a byte for each of a million pairs


def passing(
    pairs: Comparisons,
    distances: np.ndarray,
    alike: pd.Categorical,
    found: Sequence[float] = _TRUE_MATCH_RATES,
    rounds: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """How often different vehicles pass for the same, by their likeness and by the threshold.

    Parameters
    ----------
    pairs : Comparisons
    distances : ndarray, shape (n,)
    alike : Categorical, shape (n,)
        From `likeness`.
    found : sequence of float
        Each threshold is the one that finds such a share of the same pairs.
    rounds, seed : int
        Of the bootstrap over the vehicles searched for.

    Returns
    -------
    DataFrame
        One row a likeness and threshold: `alike`, `found`, `threshold`, `estimate`, `low`, `high`
        (share that passes), `pairs`.
    """
    queries = np.unique(pairs.vehicles[np.concatenate([a for a, _ in pairs.blocks])])
    query = np.concatenate(
        [np.repeat(np.searchsorted(queries, pairs.vehicles[a]), len(b)) for a, b in pairs.blocks]
    )
    thresholds = np.quantile(distances[pairs.same], list(found))
    steps, tables = len(thresholds) + 1, []
    for kind in (LOOK_ALIKE, COLOUR, OTHER):
        rows = np.flatnonzero(alike == kind)
        if not len(rows):
            continue
        # counts[v, k]: pairs of vehicle v whose first threshold that lets them pass is the k-th
        step = np.searchsorted(thresholds, distances[rows])
        cells = np.bincount(query[rows] * steps + step, minlength=len(queries) * steps)
        counts = cells.reshape(len(queries), steps)
        table = _share_passed(counts, rounds, seed)
        tables.append(
            table.assign(alike=kind, found=list(found), threshold=thresholds, pairs=len(rows))
        )
    return pd.concat(tables, ignore_index=True)[
        ["alike", "found", "threshold", "estimate", "low", "high", "pairs"]
    ]


def _share_passed(counts: np.ndarray, rounds: int, seed: int) -> pd.DataFrame:
    """Share that passes each threshold, of counts by vehicle and first threshold passed."""
    passed, total = counts.cumsum(axis=1)[:, :-1], counts.sum(axis=1)

    def share(drawn: np.ndarray) -> pd.Series:
        return pd.Series(passed[drawn].sum(axis=0) / max(total[drawn].sum(), 1))

    return bootstrap(share, np.arange(len(counts)), rounds, seed=seed)


def describe_searches(
    tables: Sequence[pd.DataFrame],
    detections: pd.DataFrame,
    vehicles: pd.Series,
    properties: pd.DataFrame,
) -> pd.DataFrame:
    """One row a search that has an answer: its query, and the rank of the true match.

    Parameters
    ----------
    tables : list of DataFrame
        From `cctview.match.next_camera.compare_tracks`.
    detections, vehicles
        That these were made of.
    properties : DataFrame
        As `cctview.truth.Truth.vehicles`.

    Returns
    -------
    DataFrame
        Columns `vehicle`, `camera`, `table` (which of the tables), `rank`, `row` (of the query's
        detection), `side` (of its crop, in pixels), `dark` (its colour is black, brown or grey),
        `look_alikes` (how many others have its kind, design and colour).
    """
    model = [*_DESIGN, "colour"]
    properties = properties.set_index("vehicle")[model]
    others = properties.groupby(model, observed=True)["kind"].transform("size") - 1
    crops = _largest_by_camera(detections, vehicles)
    sides = box_side(detections).to_numpy()
    parts = []
    for number, table in enumerate(tables):
        rows = crops[table.index.name].loc[table.index].to_numpy()
        columns = {
            "vehicle": table.index.to_numpy(),
            "camera": table.index.name,
            "table": number,
            "rank": rank_tracks([table])[0].first_rank,
            "row": rows,
            "side": sides[rows],
        }
        parts.append(pd.DataFrame(columns))
    searches = pd.concat(parts, ignore_index=True).dropna(subset="rank").reset_index(drop=True)
    colour = properties["colour"].reindex(searches["vehicle"])
    return searches.assign(
        dark=colour.isin(_DARK).to_numpy(),
        look_alikes=others.reindex(searches["vehicle"]).to_numpy(),
    )


def best_candidates(
    search: pd.Series,
    tables: Sequence[pd.DataFrame],
    detections: pd.DataFrame,
    vehicles: pd.Series,
    count: int = 5,
) -> pd.DataFrame:
    """The nearest candidates of one row of `describe_searches`; the others are as there.

    Best first, columns `row` (of the detection to show), `distance`, `right`.
    """
    table = tables[search["table"]]
    nearest = table.loc[search["vehicle"]].nsmallest(count)
    rows = _largest_by_camera(detections, vehicles)[table.columns.name].loc[nearest.index]
    right = nearest.index.to_numpy() == search["vehicle"]
    return pd.DataFrame({"row": rows.to_numpy(), "distance": nearest.to_numpy(), "right": right})


def _largest_by_camera(detections: pd.DataFrame, vehicles: pd.Series) -> dict[str, pd.Series]:
    """For each camera, the row of each vehicle's largest crop, by vehicle."""
    rows = largest_crop_rows(detections, vehicles)
    by_vehicle = pd.Series(rows, vehicle_numbers(vehicles)[rows])
    return dict(iter(by_vehicle.groupby(detections["camera"].to_numpy()[rows])))


def by_group(searches: pd.DataFrame, candidates: int = 10, rounds: int = 200) -> pd.DataFrame:
    """How often the true match is among the first candidates, by crop size, colour and model.

    Parameters
    ----------
    searches : DataFrame
        From `describe_searches`.
    candidates : int
    rounds : int
        Of the bootstrap over vehicles.

    Returns
    -------
    DataFrame
        Columns `of`, `group`, `estimate`, `low`, `high`, `searches`.
    """
    small, dark = searches["side"] < SMALL, searches["dark"]
    many = searches["look_alikes"] >= searches["look_alikes"].median()
    groups = {
        ("size", f"under {SMALL:.0f} pixels a side"): small,
        ("size", "larger"): ~small,
        ("colour", "black, brown or grey"): dark,
        ("colour", "brighter"): ~dark,
        ("model", "many of its model"): many,
        ("model", "few of its model"): ~many,
    }
    hit = (searches["rank"] <= candidates).to_numpy(float)
    rows = []
    for (kind, group), inside in groups.items():
        vehicles, hits = searches["vehicle"][inside], hit[inside]
        if vehicles.nunique() < 2:
            continue
        figures = _share_of(hits, vehicles, rounds)
        rows.append((kind, group, figures.estimate, figures.low, figures.high, len(hits)))
    return pd.DataFrame(rows, columns=["of", "group", "estimate", "low", "high", "searches"])


def _share_of(hits: np.ndarray, vehicles: pd.Series, rounds: int) -> pd.Series:
    return bootstrap(lambda rows: hits[rows].mean(), vehicles, rounds).iloc[0]
