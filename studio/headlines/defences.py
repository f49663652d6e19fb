"""Headline numbers of defences."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from cctview.dataset import read_result
from cctview.defences import (
    USES,
    best_defence,
    bought_points,
    noise_deviation,
    spent_epsilon,
    stored,
    stored_draws,
)
from studio.headlines.headline import ANOTHER_SEED, Figure, Headline

_COMMAND = "results --only defences"
_LOOKS = 18
"""Three looks at each of six cameras: a day of one vehicle."""
_TIMES = ("counting", "speeds", "travel times")


def _bought(
    results: Path,
    needs: Sequence[str] = USES,
    clock: bool = False,
) -> Figure:
    best = best_defence(
        stored_draws(results / "defences_drawn.parquet"),
        needs,
        clock=clock,
    )
    chosen = " or ".join(dict.fromkeys(best.chosen))
    return Figure(best.share, best.low, best.high, f"{chosen}; {_count(results)}")


def _in_one_table(results: Path, needs: Sequence[str] = USES) -> Figure:
    """Chosen and judged on all vehicles at once."""
    points = bought_points(stored(results / "defences.csv"), needs=needs)
    best = points[points.usefulness >= 0.9].sort_values("share").iloc[-1]
    low, high = (1 - best[end] / best.before for end in ("bits_high", "bits_low"))
    return Figure(best.share, low, high, f"{best.defence} ({best.strength:g}); {_count(results)}")


def _count(results: Path) -> str:
    searches = stored(results / "defences.csv").searches.iloc[0]
    without = "; without defences of pixels" if results.name == ANOTHER_SEED else ""
    return f"{searches:,} searches, in two halves{without}"


def _first(results: Path, network: str, aim: str, outcome: str) -> Figure:
    table = read_result("cloaks.csv", results)
    levels = table.levels.max() if aim != "none" else 0
    row = table[
        (table.network == network)
        & (table.aim == aim)
        & (table.outcome == outcome)
        & (table.levels == levels)
    ].iloc[0]
    return Figure(row.share, row.low, row.high, f"{row.searches:,} searches")


def _epsilon(results: Path, exact: bool) -> Figure:
    one = 100.0
    total = spent_epsilon(noise_deviation(one), _LOOKS) if exact else _LOOKS * one
    return Figure(total, None, None, f"{_LOOKS} looks", "epsilon")


def _owner(
    name: str, needs: Sequence[str], other: str, compute_other: Callable[[Path], Figure]
) -> Headline:
    return Headline(
        name,
        "08",
        f"An owner needs {', '.join(needs)}, nine tenths of each. What share of a link's bits does"
        " the best defence take from the best thief, who uses the stored times too? It is"
        " chosen on one half of the vehicles and judged on the other.",
        "All passes of the vehicles of the same half at the other camera, about 220.",
        _COMMAND,
        partial(_bought, needs=needs, clock=True),
        other,
        compute_other,
    )


HEADLINES = (
    _owner(
        "An owner who counts can give back nearly all bits",
        ["counting"],
        "If thieves have no times, storing no vectors takes all:",
        partial(_bought, needs=["counting"]),
    ),
    _owner(
        "An owner who needs types too can give back as much",
        ["counting", "types"],
        "If each pass must give travel times as well:",
        partial(_bought, needs=USES, clock=True),
    ),
    _owner(
        "What an owner who needs times can give back",
        _TIMES,
        "If thieves have no times:",
        partial(_bought, needs=_TIMES),
    ),
    Headline(
        "What an owner who needs everything can give back",
        "08",
        "An owner needs nine tenths of all four uses. What share of a link's bits does the best"
        " defence take from the best thief, by the evidence that it is measured with, which is"
        " without times for vectors and pictures?",
        "All passes of the vehicles of the same half at the other camera, about 220.",
        _COMMAND,
        _bought,
        "If all vehicles choose and judge:",
        _in_one_table,
    ),
    Headline(
        "A cloak hides a vehicle from the network that it was made for",
        "08",
        "The pictures at 53 St are cloaked by 8 levels against the extractor. How often does it"
        " still name the vehicle first at 48 St?",
        "The same vehicles at 48 St, one picture each.",
        "results --only cloaks",
        partial(_first, network="the extractor", aim="away", outcome="itself"),
        "By a third network, which was taught at other cameras:",
        partial(_first, network="the third", aim="away", outcome="itself"),
    ),
    Headline(
        "A cloak with a target has another vehicle blamed",
        "08",
        "The cloak is made to look like one other vehicle. How often does the extractor name that"
        " one first?",
        "The same vehicles at 48 St, one picture each.",
        "results --only cloaks",
        partial(_first, network="the extractor", aim="target", outcome="the target"),
        "By the third network:",
        partial(_first, network="the third", aim="target", outcome="the target"),
    ),
    Headline(
        "Noise with an epsilon of 100 for one look spends 1,800 a day",
        "08",
        "Three looks at each of six cameras, and the epsilons of the looks are added.",
        "None: it is a formula.",
        "numbers",
        partial(_epsilon, exact=False),
        "The exact sum of Gaussian noise:",
        partial(_epsilon, exact=True),
    ),
)
