"""The town of lesson 00: how many cameras does it take?

Its states are stored (`python -m studio city` makes them), so that it moves at once and without
Python. What they rest on is listed in ``notebooks/city.md``.
"""

import json
from pathlib import Path
from typing import Any

from cctview.dataset import RESULTS, read_result, require
from cctview.show import Moment

STATES = "city-figure.json"
_BEGIN = {"count": 6, "kind": 2, "days": 1, "other": 0}
_OTHER = {
    "appearance": (
        "Is a car known again on another day?",
        ("no (as assumed)", "half of the time", "yes"),
        ("", "appearance half kept", "appearance kept"),
    ),
    "times": (
        "Times are kept",
        ("to the second", "to the hour", "to the day"),
        ("", "to the hour", "to the day"),
    ),
}
"""The fourth slider: its label, the words of its positions, and the variants that it shows."""
_MARKS = {
    4: "as in McCarthy",
    6: "as in this course",
    176: "as in Norfolk",
    1000: "nearly as in New York",
}
"""Networks that exist, by their number of cameras: ``notebooks/city.md`` has the sources."""


def the_city(other: str = "appearance", **begin: int) -> Moment:
    """The figure: sliders for cameras, their kind, how long records are kept, and one `other`; a
    map on which one driver's trips light up as far as the system has them; and the curve over all
    drivers.

    Parameters
    ----------
    other : str
        What the fourth slider moves: "appearance" (how much of it would hold from day to day; off
        at first) or "times" (how exactly they are kept).
    **begin : int
        Other places of the sliders at first: count, kind, days, other.

    Raises
    ------
    FileNotFoundError
        If the stored states are not there; the message says how to make them.
    """
    data = _of(json.loads(require(RESULTS / STATES).read_bytes()), other)
    words = (
        "A map of a simulated town with its cameras. The trips of one driver are drawn on it: those"
        " that the system has, right; those of somebody else that it takes for this driver's; and"
        " where it believes the driver's home to be. A curve shows how much of all drivers' trips"
        " is put together, by the share of trips that pass a camera."
    )
    script = Path(__file__).with_suffix(".js")
    return Moment(
        script, "How many cameras does it take?", words, data, _BEGIN | begin, _still(words)
    )


def _of(data: dict[str, Any], other: str) -> dict[str, Any]:
    """What the figure needs with one fourth slider."""
    label, words, names = _OTHER[other]
    shown = [data["variants"].index(name) for name in names]
    states = {key: made for key, made in data["states"].items() if int(key.split()[-1]) in shown}
    curves = [row for row in data["curves"] if row[4] in shown]
    moved = {"label": label, "words": words, "variants": shown}
    return data | {"states": states, "curves": curves, "other": moved, "marks": _MARKS}


def _still(words: str) -> str:
    """A table of the curve, for where the figure does not run."""
    rows = read_result("city.csv")
    rows = rows[(rows["days"] == 7) & (rows["drivers"] == "everyone")]
    rows = rows[(rows["figure"] == "trips put together, right") & ~rows["kind"].str.contains(",")]
    table = rows.pivot_table(index="cameras", columns="kind", values="estimate", sort=False)
    shown = (100 * table).round().astype("Int64").astype(str).replace("<NA>", "") + " %"
    caption = "Share of a week's trips that the system puts together under one driver, rightly"
    head = "".join(f"<th>{kind}</th>" for kind in shown.columns)
    body = "".join(
        f"<tr><th>{cameras}</th>{''.join(f'<td>{value}</td>' for value in row)}</tr>"
        for cameras, row in zip(shown.index, shown.to_numpy(), strict=True)
    )
    return (
        f"<p>{words}</p><table><caption>{caption}</caption>"
        f"<tr><th>cameras</th>{head}</tr>{body}</table>"
    )
