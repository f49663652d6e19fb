"""Headline numbers of recognition: its eras, and what searching costs."""

from functools import partial
from pathlib import Path

from cctview.dataset import read_result
from cctview.extract import ERAS
from cctview.search import CITY, COSTS, bill
from studio.headlines.headline import Figure, Headline, share_or_gain

_SIDE = 16
"""To which pictures are shrunk, in pixels, in the figure of lesson 01."""


def _era(results: Path, era: str) -> Figure:
    table = read_result("eras_equal.csv", results).set_index("era")
    return share_or_gain(table.loc[era], f"{table.searches.max():.0f} searches", era)


def _small(results: Path, best_before: bool = False) -> Figure:
    """Rank-1 at `_SIDE` pixels of the network, or of the best method before it."""
    table = read_result("eras.csv", results)
    table = table[table.pixels == _SIDE].set_index("era")
    network = ERAS[-1].name
    era = table.estimate.drop(network).idxmax() if best_before else network
    row = table.loc[era]
    count = f"{row.searches:.0f} searches among {row.gallery:.0f} crops on average"
    return share_or_gain(row, f"{count}; {era}" if best_before else count, era)


def _requests(results: Path, together: int) -> Figure:
    frames_alone = CITY.moved(frames_per_day=43_200, vectors_per_frame=0)
    costs = bill(frames_alone, COSTS.moved(frames_per_object=together))
    dollars = costs.money_requests + costs.money_storing
    return Figure(dollars, None, None, "prices of 2026, see cctview.search.COSTS", "US$ a month")


HEADLINES = (
    Headline(
        "On equal training, the network finds more vehicles than the best older method",
        "01",
        "By how many points does rank-1 of a network that was taught half of the vehicles exceed"
        " that of the best method before 2015, fitted on the same half?",
        "the other half, 275 on average, at the next camera that faces the same way",
        "results --only eras_equal",
        partial(_era, era="gain"),
        "Take the course's network, which brings a training of its own; its rank-1:",
        partial(_era, era="2015 deep embedding"),
    ),
    Headline(
        f"With pictures of {_SIDE} pixels a side, the network still finds more",
        "01",
        f"All crops are made as small as {_SIDE} pixels a side, and each method is fitted, tuned"
        " and tested again. How often does the course's network, which brings a training of its"
        " own, name the correct vehicle first?",
        "the other half, at the next camera that faces the same way",
        "results --only eras",
        _small,
        "Take the best method before 2015 at that size:",
        partial(_small, best_before=True),
    ),
    Headline(
        "Storing every frame as a file costs much more than keeping it",
        "03, 06",
        "What do 900 cameras cost a month, with a frame every 2 s kept for 30 days, storage and"
        " requests together, for the frames alone, without vectors?",
        "none; prices with source and date",
        "numbers",
        partial(_requests, together=1),
        "Put a thousand frames into one file:",
        partial(_requests, together=1000),
    ),
)
