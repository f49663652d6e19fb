"""Where embeddings fail: searches at the next camera, apart by what is looked for."""

import pandas as pd

from cctview.match.pairs import largest_pictures, picture_side, rank_tracks
from cctview.stats.resampling import bootstrap

SMALL = 24.0  # pixels a side
DARK = ("black", "brown", "grey")


def describe_searches(tables, detections, vehicles, made):
    """One row a search that has an answer: what is looked for, and the rank of the right one.

    Parameters
    ----------
    tables : list of DataFrame
        From `cctview.match.pairs.compare_tracks`.
    detections, vehicles
        That these were made of.
    made : DataFrame
        As `cctview.truth.labels.Truth.vehicles`.

    Returns
    -------
    DataFrame
        Columns `vehicle`, `camera`, `table` (which of the tables), `rank`, `row` (of the detection
        looked for), `side` (of its picture, in pixels), `dark` (its colour is one of `DARK`),
        `twins` (how many others have its kind, design and colour).
    """
    made = made.set_index("vehicle")[["kind", "design", "colour"]]
    twins = made.groupby(["kind", "design", "colour"], observed=True)["kind"].transform("size") - 1
    pictures, sides, parts = _pictures(detections, vehicles), picture_side(detections), []
    for number, table in enumerate(tables):
        of = table.index.to_numpy()
        rows = pictures[table.index.name].loc[of].to_numpy()
        found = {
            "vehicle": of,
            "camera": table.index.name,
            "table": number,
            "rank": rank_tracks([table])[0].first_rank,
        }
        parts.append(pd.DataFrame(found | {"row": rows, "side": sides[rows]}))
    searches = pd.concat(parts, ignore_index=True).dropna(subset="rank").reset_index(drop=True)
    searches["dark"] = made["colour"].reindex(searches["vehicle"]).isin(DARK).to_numpy()
    return searches.assign(twins=twins.reindex(searches["vehicle"]).to_numpy())


def best_candidates(search, tables, detections, vehicles, count=5):
    """The nearest candidates of one search.

    Parameters
    ----------
    search : Series
        A row of `describe_searches`.
    tables, detections, vehicles
        As there.
    count : int

    Returns
    -------
    DataFrame
        Best first: `row` (of the detection to show), `distance`, `right`.
    """
    table = tables[search["table"]]
    nearest = table.loc[search["vehicle"]].nsmallest(count)
    rows = _pictures(detections, vehicles)[table.columns.name].loc[nearest.index].to_numpy()
    right = nearest.index.to_numpy() == search["vehicle"]
    return pd.DataFrame({"row": rows, "distance": nearest.to_numpy(), "right": right})


def _pictures(detections, vehicles):
    """For each camera, the detection that shows each vehicle largest: a Series of row numbers by
    vehicle.
    """
    rows = largest_pictures(detections, vehicles)
    of = pd.Series(rows, vehicles.to_numpy(float, na_value=0)[rows].astype(int))
    return dict(iter(of.groupby(detections["camera"].to_numpy()[rows])))


def by_group(table, candidates=10, rounds=200):
    """How often the right one is among the first candidates: by size, by colour, by how many
    vehicles are of one make.

    Parameters
    ----------
    table : DataFrame
        From `describe_searches`.
    candidates : int
    rounds : int
        Of the bootstrap over vehicles.

    Returns
    -------
    DataFrame
        Columns `of`, `group`, `estimate`, `low`, `high`, `searches`.
    """
    small, dark, many = (
        table["side"] < SMALL,
        table["dark"],
        table["twins"] >= table["twins"].median(),
    )
    groups = {
        ("size", f"under {SMALL:.0f} pixels a side"): small,
        ("size", "larger"): ~small,
        ("colour", "black, brown or grey"): dark,
        ("colour", "brighter"): ~dark,
        ("model", "many of its model"): many,
        ("model", "few of its model"): ~many,
    }
    rows = []
    for (of, group), inside in groups.items():
        part = table[inside]
        if part["vehicle"].nunique() < 2:
            continue
        found = (part["rank"] <= candidates).to_numpy(float)
        figures = bootstrap(
            lambda drawn, found=found: found[drawn].mean(), part["vehicle"], rounds
        ).iloc[0]
        rows.append((of, group, figures.estimate, figures.low, figures.high, len(part)))
    return pd.DataFrame(rows, columns=["of", "group", "estimate", "low", "high", "searches"])
