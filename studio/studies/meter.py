"""The leakage meter of stored searches."""

import pandas as pd

from cctview.dataset import POPULATION
from cctview.privacy import (
    TRACKED,
    Bits,
    Interval,
    LeakageMeter,
    Step,
    found_first,
    given_away,
)
from cctview.stats import wilson


def leakage_meter(
    searches: pd.DataFrame,
    vehicle: int | None = None,
    name: str | None = None,
    population: int = POPULATION,
    rounds: int = 200,
) -> LeakageMeter:
    """The meter of searches for vehicles that were tracked where they were looked for.

    Parameters
    ----------
    searches : DataFrame
    vehicle : int, optional
        One vehicle that it is about; by default all.
    name : str, optional
        What to call the target.
    population : int
    rounds : int

    Returns
    -------
    LeakageMeter
        That of one vehicle has no interval: its few searches are an anecdote.

    Raises
    ------
    ValueError
        If no search is for that vehicle where it was tracked.
    """
    rows = searches[searches["outcome"] == TRACKED]
    if vehicle is not None:
        rows = rows[rows["vehicle"] == vehicle]
    if rows.empty:
        raise ValueError(
            "no search is for a vehicle that was tracked there"
            if vehicle is None
            else f"vehicle {vehicle}: it was tracked at fewer than two cameras; choose another"
        )
    bits, first = given_away(rows, population, rounds), found_first(rows, rounds)
    count = f"{len(rows):,} searches for {rows['vehicle'].nunique():,} vehicles"
    if vehicle is not None:
        passes = rows["query"].nunique()
        count = f"an anecdote: {len(rows)} searches from {passes} passes"
        first["low"], first["high"] = zip(
            *(wilson(share * passes, passes) for share in first["estimate"]), strict=True
        )
    steps = [Step("when and where", Bits.around(*bits.loc["when and where"]), known=True)]
    for part, evidence in (
        ("clock", "clock"),
        ("appearance", "both"),
        ("all trips at once", "all"),
    ):
        right = Interval.around(*first.loc[evidence])
        steps.append(Step(part, Bits.around(*bits.loc[part]), right, count))
    return LeakageMeter(name or "a vehicle", population, tuple(steps))
