"""Headline numbers of searches for the vehicle of every pass at every other camera."""

from functools import cache, partial
from pathlib import Path

import pandas as pd

from cctview.course import TAXI
from cctview.dataset import POPULATION, read_result
from cctview.privacy import (
    NEVER,
    TRACKED,
    UNSEEN,
    calibration,
    found_first,
    given_away,
    linking_rates,
    who_is_blamed,
)
from cctview.stats import bootstrap_both_sides
from studio.headlines.headline import ANOTHER_SEED, Figure, Headline
from studio.studies.meter import leakage_meter

_COMMAND = "results --only leakage"
_WINDOW = "all passes of the camera searched, within five minutes"
_ALL_CAMERAS = f"{_WINDOW}; every other camera in turn"


@cache
def _table(results: Path) -> pd.DataFrame:
    return read_result("searches.parquet", results)


@cache
def _given(results: Path) -> pd.DataFrame:
    return given_away(_table(results))


@cache
def _found(results: Path) -> pd.DataFrame:
    return found_first(_table(results))


@cache
def _rates(results: Path, sure: float) -> pd.DataFrame:
    return linking_rates(_table(results), sure)


@cache
def _calibration(results: Path) -> pd.DataFrame:
    return calibration(_table(results))


def _count(rows: pd.DataFrame) -> str:
    return f"{len(rows):,} searches for {rows['vehicle'].nunique():,} vehicles"


def _tracked(results: Path) -> str:
    searches = _table(results)
    return _count(searches[searches["outcome"] == TRACKED])


def _first(evidence: str, results: Path) -> Figure:
    row = _found(results).loc[evidence]
    return Figure(*row, _tracked(results))


def _first_of_all(results: Path) -> Figure:
    searches = _table(results)
    first = searches["first_all"].to_numpy(float)
    own = searches["vehicle"]
    other = searches["taken_for"].where((searches["taken_for"] >= 0) & ~searches["right"], own)
    row = bootstrap_both_sides(lambda w: (first * w).sum() / w.sum(), own, other).loc[0]
    return Figure(*row, _count(searches))


def _bits(part: str, results: Path) -> Figure:
    return Figure(*_given(results).loc[part], _tracked(results), "bits", 1)


def _taxi(results: Path) -> Figure:
    meter = leakage_meter(_table(results), TAXI[0])
    return Figure(meter.given().estimate, None, None, meter.steps[-1].count, "bits", 1)


def _total(results: Path) -> Figure:
    meter = leakage_meter(_table(results))
    given = meter.given()
    return Figure(given.estimate, given.low, given.high, _tracked(results), "bits", 1)


def _rate(outcome: str, verdict: str, results: Path, sure: float = 0.5) -> Figure:
    row = _rates(results, sure).loc[(outcome, verdict)]
    count = f"{row.searches:,.0f} searches for {row.vehicles:,.0f} vehicles"
    return Figure(row.estimate, row.low, row.high, count, digits=1)


def _gap(results: Path) -> Figure:
    return Figure(*_calibration(results).loc["gap"], _count(_table(results)), "bits", 2)


def _gap_where_tracked(results: Path) -> Figure:
    searches = _table(results)
    rows = searches[searches["outcome"] == TRACKED]
    gap = (rows["claimed"] - rows["delivered_all"]).to_numpy(float)
    own = rows["vehicle"]
    other = rows["taken_for"].where((rows["taken_for"] >= 0) & ~rows["right"], own)
    row = bootstrap_both_sides(lambda w: (gap * w).sum() / w.sum(), own, other).loc[0]
    return Figure(*row, _count(rows), "bits", 2)


def _carried(on: str, results: Path) -> Figure:
    table = read_result("carried.csv", results)
    row = table[(table["on"] == on) & (table["figure"] == "gap")].iloc[0]
    return Figure(row.estimate, row.low, row.high, f"{row.searches:,} searches", "bits", 2)


def _gap_of_second_seed(results: Path) -> Figure:
    table = read_result("seeds.csv", results)
    row = table[(table["seed"] == 1) & (table["figure"] == "gap")].iloc[0]
    return Figure(row.estimate, row.low, row.high, "all searches of the second seed", "bits", 2)


def _said(results: Path) -> Figure:
    return Figure(*_calibration(results).loc["said"], _count(_table(results)), digits=1)


def _right(results: Path) -> Figure:
    return Figure(*_calibration(results).loc["right"], _count(_table(results)), digits=1)


def _blamed(place: int, column: str, results: Path) -> Figure:
    folder = results if results.name == ANOTHER_SEED else results.parent / "truth"
    vehicles = pd.read_parquet(folder / "vehicles.parquet")
    table = who_is_blamed(_table(results), vehicles, column)
    row = table[table["vehicles"] >= 20].iloc[place]
    count = f"{row.links:,.0f} wrong links, {row.vehicles:,.0f} vehicles ({row.name})"
    return Figure(row.estimate, row.low, row.high, count, "times the average", 1)


def _rank1(cameras: str, way: str, among: str, results: Path) -> Figure:
    table = read_result("rank1.csv", results)
    row = table[
        (table["cameras"] == cameras) & (table["way"] == way) & (table["among"] == among)
    ].iloc[0]
    count = (
        f"{row.searches:,} searches for {row.vehicles:,} vehicles, {row.gallery:.0f} passes on"
        " average"
    )
    return Figure(row.estimate, row.low, row.high, count)


HEADLINES = (
    Headline(
        "A vehicle that was tracked at the other camera comes first",
        "00, 06",
        "We look for the vehicle of a pass at another camera, where the tracker has a pass of it."
        " How often is it the first of the ranking?",
        f"{_ALL_CAMERAS}; all trips decided at once, by appearance and clock",
        _COMMAND,
        partial(_first, "all"),
        "Count searches for a vehicle that was not tracked there too, as failures:",
        _first_of_all,
    ),
    Headline(
        "The bits that a search gives away, and has right",
        "07, 09",
        f"How many of the bits that single out one of {POPULATION:,} vehicles are given away by a"
        " search for a vehicle that was tracked there, with when and where it is looked for?",
        _ALL_CAMERAS,
        _COMMAND,
        _total,
        "Count what the search adds to when and where alone, by clock and appearance:",
        partial(_bits, "both"),
    ),
    Headline(
        "The bits of one chosen vehicle, the yellow taxi van",
        "00",
        "The same for one vehicle that we chose. It is an anecdote.",
        _ALL_CAMERAS,
        _COMMAND,
        _taxi,
        "Take all vehicles:",
        _total,
    ),
    Headline(
        "What the clock gives away",
        "09",
        "How many bits does the clock alone give away, in a search for a vehicle that was tracked"
        " there?",
        _ALL_CAMERAS,
        _COMMAND,
        partial(_bits, "clock alone"),
        "Count what the clock adds to appearance:",
        partial(_bits, "clock, after appearance"),
    ),
    Headline(
        "What appearance gives away",
        "09",
        "How many bits does appearance alone give away? Type and colour are part of it, since they"
        " are read off the vector.",
        _ALL_CAMERAS,
        _COMMAND,
        partial(_bits, "appearance alone"),
        "Count what appearance adds to the clock:",
        partial(_bits, "appearance, after the clock"),
    ),
    Headline(
        "The clock alone finds hardly anybody",
        "06, 09",
        "How often does the correct pass come first by the clock alone?",
        _ALL_CAMERAS,
        _COMMAND,
        partial(_first, "clock"),
        "Take clock and appearance together:",
        partial(_first, "both"),
    ),
    Headline(
        "A vehicle that was tracked there is missed",
        "00",
        "How often does a search link nobody, although the tracker has the vehicle?",
        f"{_ALL_CAMERAS}; a candidate is linked from a probability of 0.5",
        _COMMAND,
        partial(_rate, TRACKED, "nobody"),
        "Link from a probability of 0.2:",
        partial(_rate, TRACKED, "nobody", sure=0.2),
    ),
    Headline(
        "Another vehicle is blamed for one that passed unseen",
        "00",
        "The vehicle passed, and the detector or the tracker missed it. How often is another"
        " vehicle linked?",
        f"{_ALL_CAMERAS}; linked from 0.5",
        _COMMAND,
        partial(_rate, UNSEEN, "another"),
        "Take vehicles that were tracked there, and linked wrongly:",
        partial(_rate, TRACKED, "another"),
    ),
    Headline(
        "Another vehicle is blamed for one that never passed",
        "00",
        "The vehicle did not pass there in the window. How often is another vehicle linked?",
        f"{_ALL_CAMERAS}; linked from 0.5",
        _COMMAND,
        partial(_rate, NEVER, "another"),
        "Link from a probability of 0.2:",
        partial(_rate, NEVER, "another", sure=0.2),
    ),
    Headline(
        "The bits that the system claims beyond those that it delivers",
        "00",
        "Over all searches, how many bits does it claim beyond those that it delivers?",
        _ALL_CAMERAS,
        _COMMAND,
        _gap,
        "Look only at searches for vehicles that were tracked there, which the system cannot do:",
        _gap_where_tracked,
    ),
    Headline(
        "How probable the best candidate is said to be",
        "00",
        "How probable does the system say its best candidate is, over all searches?",
        _ALL_CAMERAS,
        _COMMAND,
        _said,
        "Count how often it is right:",
        _right,
    ),
    Headline(
        "Calibration on other minutes",
        "00",
        "Fitted on the first half of the minutes, judged on the second, with other vehicles: bits"
        " claimed beyond those delivered",
        _ALL_CAMERAS,
        _COMMAND,
        partial(_carried, "other minutes"),
        "Judge on the same minutes, with other vehicles:",
        _gap,
    ),
    Headline(
        "Calibration on another seed of the simulation",
        "00",
        "Fitted on one seed of the simulation, judged on another, with other vehicles: bits claimed"
        " beyond those delivered",
        _ALL_CAMERAS,
        f"{_COMMAND} --other DATA",
        partial(_carried, "another seed"),
        "Fit and judge on the second seed, with other vehicles:",
        _gap_of_second_seed,
    ),
    Headline(
        "Who is wrongly followed, by colour",
        "06",
        "How often are vehicles of a colour linked in place of another vehicle, against the average"
        " vehicle? The colour that is blamed most:",
        f"{_ALL_CAMERAS}; colours of at least 20 vehicles",
        _COMMAND,
        partial(_blamed, 0, "colour"),
        "Take the colour that is blamed least:",
        partial(_blamed, -1, "colour"),
    ),
    Headline(
        "Who is wrongly followed, by type",
        "06",
        "The same by type. The type that is blamed most:",
        f"{_ALL_CAMERAS}; types of at least 20 vehicles",
        _COMMAND,
        partial(_blamed, 0, "kind"),
        "Take the type that is blamed least:",
        partial(_blamed, -1, "kind"),
    ),
    Headline(
        "Rank-1 by appearance alone, at the next camera",
        "05, 06",
        "How often does the correct pass come first by appearance alone, at the next camera down"
        " the drive, where it was tracked?",
        "all passes of that camera in the recording, both carriageways",
        "results --only rank1",
        partial(_rank1, "next camera down the drive", "both", "the whole recording"),
        "Look from E 53 St at 48 St, southbound vehicles only, within 150 seconds:",
        partial(_rank1, "E 53 St to 48 St", "S", "150 s after"),
    ),
)
