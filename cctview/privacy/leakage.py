"""What searches give away: whether they find the vehicle, how many bits, and what gives them.

A table of searches has one row a search for the vehicle of a pass at another camera, among the
passes of the minutes before and after (`studio.studies.searches` makes it):

============================ ======================================================================
``query``, ``vehicle``       the pass whose vehicle is looked for, and the vehicle
``minute``, ``camera``       when it passed; where it is looked for
``outcome``                  `TRACKED`, `UNSEEN` or `NEVER`
``candidates``, ``prior``    passes in the window; how probably the vehicle is among them at all,
                             before any evidence
``delivered_…``              bits by each evidence of `SEARCHED_BY`, see `cctview.stats.bits`
``first_…``                  how probably the correct pass comes first by it; 0 if there is none
``claimed``, ``best``        bits claimed, and probability of the best candidate, by all evidence
``taken_for``, ``right``     the vehicle of that candidate, -1 for none; whether it is the wanted
============================ ======================================================================
"""

import numpy as np
import pandas as pd

from cctview.dataset import POPULATION
from cctview.link import SURE
from cctview.stats import (
    bootstrap,
    bootstrap_both_sides,
    log_likelihood_ratio_cost,
    reliability,
)

TRACKED, UNSEEN, NEVER = "tracked there", "passed unseen", "never passed"
"""The vehicle has a pass there; it passed, and the detector or the tracker missed it; it did not
pass in the window, or not while the cameras recorded.
"""
OUTCOMES = (TRACKED, UNSEEN, NEVER)
EVERYTHING = "all"
SEARCHED_BY = ("clock", "appearance", "both", EVERYTHING)
"""What a search goes by: the clock (travel time and lanes) alone, appearance (the embedding, and
type and colour, which are read off it) alone, both, and all trips decided at once.
"""
_VERDICTS = ("right", "another", "nobody")


def linked_to(searches: pd.DataFrame, sure: float = SURE) -> np.ndarray:
    """Whom each search links: the "right" vehicle, "another", or "nobody", (n,)."""
    linked, right = searches["best"].to_numpy() >= sure, searches["right"].to_numpy(bool)
    return np.select([~linked, right], ["nobody", "right"], "another")


def linking_rates(searches: pd.DataFrame, sure: float = SURE, rounds: int = 200) -> pd.DataFrame:
    """Whom searches link, by whether the vehicle was there to be found.

    Searches for a vehicle that was tracked there and for one that was not are never averaged: for
    the first, "nobody" is a miss; for the second, "another" is a false alarm, and for one that
    passed unseen "nobody" is a failure to acquire: it was there, and no search can find it.

    Parameters
    ----------
    searches : DataFrame
    sure : float
        A candidate at least so probable is linked.
    rounds : int
        Of the bootstrap over vehicles on both sides.

    Returns
    -------
    DataFrame
        One row for each of `OUTCOMES` and verdict (`right`, `another`, `nobody`): `estimate`,
        `low`, `high` (share of the searches with this outcome), `searches`, `vehicles`.
    """
    verdict, tables = linked_to(searches, sure), {}
    for outcome in OUTCOMES:
        rows = (searches["outcome"] == outcome).to_numpy()
        if searches.loc[rows, "vehicle"].nunique() < 2:
            continue
        values = np.stack([verdict[rows] == name for name in _VERDICTS]).astype(float)
        table = _means(values, searches[rows], _VERDICTS, rounds)
        count = {"searches": rows.sum(), "vehicles": searches.loc[rows, "vehicle"].nunique()}
        tables[outcome] = table.assign(**count)
    return pd.concat(tables, names=["outcome", "verdict"])


def _means(values, searches, names, rounds):
    """Means of values (k, searches), with intervals over the vehicles on both sides."""

    def means(weights: np.ndarray) -> pd.Series:
        total = weights.sum()
        return pd.Series(values @ weights / total if total else np.nan, index=list(names))

    own, other = _sides(searches)
    if len(set(own) | set(other)) < 2:  # one vehicle, always right: nothing says how much it varies
        estimate = means(np.ones(len(own)))
        return pd.DataFrame({"estimate": estimate, "low": estimate, "high": estimate})
    return bootstrap_both_sides(means, own, other, rounds)


def _sides(searches):
    """The vehicle looked for, and the one that the best candidate is: itself where it is right."""
    own, other = searches["vehicle"].to_numpy(), searches["taken_for"].to_numpy()
    return own, np.where((other < 0) | searches["right"].to_numpy(bool), own, other)


def given_away(
    searches: pd.DataFrame, population: int = POPULATION, rounds: int = 200
) -> pd.DataFrame:
    """Bits that searches for a vehicle that was tracked there give away and have right.

    "when and where" is not found but known from the question: the vehicle is one of the passes in
    the window. Of what clock and appearance give, both extreme orders are told, and the mean of the
    two (the Shapley value), since what they tell overlaps.

    Parameters
    ----------
    searches : DataFrame
    population : int
        N: of how many vehicles each is one.
    rounds : int

    Returns
    -------
    DataFrame
        Index: "when and where", "clock" and "appearance" (Shapley values), "all trips at once"
        (what that adds to both), and "clock alone", "clock, after appearance", "appearance alone",
        "appearance, after the clock", "both"; columns `estimate`, `low`, `high`.
    """
    rows = searches[searches["outcome"] == TRACKED]
    known = np.log2(population * rows["prior"] / rows["candidates"])
    clock, look, both, every = (rows[f"delivered_{name}"] - known for name in SEARCHED_BY)
    parts = {
        "when and where": known,
        "clock": (clock + both - look) / 2,
        "appearance": (look + both - clock) / 2,
        "all trips at once": every - both,
        "clock alone": clock,
        "clock, after appearance": both - look,
        "appearance alone": look,
        "appearance, after the clock": both - clock,
        "both": both,
    }
    return _means(np.stack([part.to_numpy(float) for part in parts.values()]), rows, parts, rounds)


def found_first(searches: pd.DataFrame, rounds: int = 200) -> pd.DataFrame:
    """How often a vehicle that was tracked there comes first, by each evidence: estimate, low,
    high.
    """
    rows = searches[searches["outcome"] == TRACKED]
    values = rows[[f"first_{name}" for name in SEARCHED_BY]].to_numpy(float).T
    return _means(values, rows, SEARCHED_BY, rounds)


def who_is_blamed(
    searches: pd.DataFrame,
    vehicles: pd.DataFrame,
    column: str,
    sure: float = SURE,
    rounds: int = 200,
) -> pd.DataFrame:
    """Who is wrongly followed: how often vehicles of each colour, or type, are linked in place of
    another, against the average vehicle.

    Parameters
    ----------
    searches : DataFrame
    vehicles : DataFrame
        As ``data/truth/vehicles.parquet``: `vehicle`, and the column.
    column : str
        Such as "colour" or "kind".
    sure : float
    rounds : int

    Returns
    -------
    DataFrame
        One row a value, the most often blamed first: `estimate`, `low`, `high` (1: as often as the
        average vehicle), `links` (wrong ones), `vehicles`.
    """
    wrong = searches[linked_to(searches, sure) == "another"]
    wrong = wrong[wrong["taken_for"] >= 0]
    known = np.unique(searches["vehicle"])
    wrong = wrong[wrong["taken_for"].isin(known)]
    about = vehicles.set_index("vehicle")[column].astype(str).reindex(known).fillna("unknown")
    groups, inside = np.unique(about.to_numpy(str), return_inverse=True)
    asked, taken = (np.searchsorted(known, wrong[name]) for name in ("vehicle", "taken_for"))

    def ratios(drawn: np.ndarray) -> pd.Series:
        times = np.bincount(drawn, minlength=len(known)).astype(float)
        weight = times[asked] * times[taken]
        links = np.bincount(inside[taken], weight, len(groups))
        of = np.bincount(inside, times, len(groups))
        with np.errstate(divide="ignore", invalid="ignore"):
            return pd.Series(links / of / (weight.sum() / times.sum()), groups)

    table = bootstrap(ratios, np.arange(len(known)), rounds)
    links = np.bincount(inside[taken], minlength=len(groups))
    table = table.assign(links=links, vehicles=np.bincount(inside))
    return table.rename_axis(column).sort_values("estimate", ascending=False)


def sureness(searches: pd.DataFrame, rounds: int = 200) -> pd.DataFrame:
    """How often the best candidate is right, by how probable the search says it is.

    Over all searches, those for vehicles that are not there too, since the system cannot tell them
    apart. See `cctview.stats.calibration.reliability`.
    """
    own, other = _sides(searches)
    return reliability(searches["best"], searches["right"], own, other, rounds=rounds)


def calibration(searches: pd.DataFrame, rounds: int = 200) -> pd.DataFrame:
    """Whether searches are as often right as they say, over all of them.

    Returns
    -------
    DataFrame
        Rows `said` and `right` (mean probability of the best candidate, and how often it is
        right), `gap` (claimed less delivered bits), and those of
        `cctview.stats.calibration.log_likelihood_ratio_cost`; columns `estimate`, `low`, `high`.
    """
    best, right = searches["best"].to_numpy(float), searches["right"].to_numpy(bool)
    gap = (searches["claimed"] - searches["delivered_all"]).to_numpy(float)

    def figures(weights: np.ndarray) -> pd.Series:
        means = [np.average(values, weights=weights) for values in (best, right, gap)]
        cost = log_likelihood_ratio_cost(best, right, weights)
        return pd.concat([pd.Series(means, ["said", "right", "gap"]), cost])

    own, other = _sides(searches)
    return bootstrap_both_sides(figures, own, other, rounds)


def your_car(
    trips: pd.DataFrame, drivers: pd.DataFrame, kind: str, colour: str, hour: int
) -> pd.Series:
    """How many vehicles of this type and colour are on the road in this hour of a weekday.

    Parameters
    ----------
    trips, drivers : DataFrame
        Six weeks of simulated habits: ``data/habits/trips.parquet`` and ``drivers.parquet``.
    kind, colour : str
        Such as "sedan" and "blue".
    hour : int
        0 to 23.

    Returns
    -------
    Series
        `everyone`: distinct vehicles in that hour of a weekday, on average; `of_kind`: those of
        this type; `alike`: those of this type and colour; `low` and `high`: their 95 % interval
        over days; `bits`: log2(everyone / alike), what type and colour give away, NaN if none is
        alike.

    Raises
    ------
    ValueError
        If the hour is none, or no such vehicle is in the table; names those that are.
    """
    if not 0 <= hour <= 23:
        raise ValueError(f"expected an hour from 0 to 23, but got {hour}")
    for column, value in (("kind", kind), ("colour", colour)):
        names = set(drivers[column].astype(str))
        if value not in names:
            raise ValueError(f"no {column} {value!r}; there are {', '.join(sorted(names))}")
    entered = trips["entered"]
    weekdays = entered.dt.normalize()[entered.dt.day_of_week < 5].unique()
    driven = trips[(entered.dt.day_of_week < 5) & (entered.dt.hour == hour)]
    days = driven["entered"].dt.normalize()

    def each_day(vehicles: pd.Series) -> np.ndarray:
        """Distinct vehicles among these, on each weekday."""
        rows = driven["vehicle"].isin(vehicles)
        counts = driven[rows].groupby(days[rows])["vehicle"].nunique()
        return counts.reindex(weekdays, fill_value=0).to_numpy(float)

    of_kind = drivers["kind"].astype(str) == kind
    of_colour = drivers["colour"].astype(str) == colour
    everyone = each_day(driven["vehicle"]).mean()
    alike = each_day(drivers.loc[of_kind & of_colour, "vehicle"])
    interval = bootstrap(lambda rows: alike[rows].mean(), np.arange(len(alike)), 400).loc[0]
    return pd.Series(
        {
            "everyone": everyone,
            "of_kind": each_day(drivers.loc[of_kind, "vehicle"]).mean(),
            "alike": alike.mean(),
            "low": interval["low"],
            "high": interval["high"],
            "bits": np.log2(everyone / alike.mean()) if alike.any() else np.nan,
        }
    )
