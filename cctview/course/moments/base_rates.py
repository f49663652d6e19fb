"""Test one vehicle, then the rest of the day, then sort the alarms into right and wrong ones.

How many wanted vehicles a threshold finds, and for how many others it raises an alarm, was measured
(``data/results/open_set.csv``). Who passes on a day is drawn in the browser by these rates.
"""

from pathlib import Path

import pandas as pd

from cctview.privacy import share_right
from cctview.show import Moment

_WANTED = (10, 100, 1000, 10_000)
"""One in so many vehicles that pass is wanted."""
_APART, _LEAST_FOUND = 1.8, 0.03
"""So much stricter is each threshold than the one before; and what it must find at least."""


def stop_and_sort(points: pd.DataFrame) -> Moment:
    """A day's thousand vehicles as dots: an alarm stops one; at last the alarms are sorted.

    Parameters
    ----------
    points : DataFrame
        From `cctview.course.operating_points`: `found`, `rate`.
    """
    kept: list[dict[str, float | str]] = []
    for point in points.sort_values("rate", ascending=False).itertuples():
        if point.found >= _LEAST_FOUND and (not kept or point.rate * _APART <= kept[-1]["rate"]):
            finds, lets = f"{100 * point.found:.0f} of 100", f"1 in {1 / point.rate:,.0f}"
            words = f"finds {finds}, false alarms {lets}"
            kept.append({"found": point.found, "rate": point.rate, "words": words})
    right = [[_words(_share(of, one)) for one in kept] for of in _WANTED]
    data = {"wanted": _WANTED, "thresholds": kept, "right": right}
    state = {"wanted": 1, "threshold": 0, "day": 1, "tested": 0, "turned": False, "guess": None}
    words = (
        "A thousand dots, one for each vehicle that passes on a day. You let them pass one by one."
        " Where the system raises an alarm, the vehicle is stopped, and you turn its card over to"
        " see whether it is wanted. At the end of the day you say how many of the alarms"
        " are right, and they are sorted. You set how many vehicles are wanted, and how strict the"
        " system is."
    )
    title = "Test one vehicle, the rest of the day, and sort the alarms"
    table = pd.DataFrame(right, [f"1 in {of:,}" for of in _WANTED], [str(k["words"]) for k in kept])
    table.index.name = "wanted of those that pass"
    still = (
        f"<p>{words}</p><details><summary>How many alarms are right</summary>"
        f"{table.iloc[:, :3].to_html(border=0)}</details>"
    )
    return Moment(Path(__file__).with_suffix(".js"), title, words, data, state, still)


def _share(wanted, threshold):
    """Of the alarms the share that is right, with one vehicle on the list."""
    return float(share_right(1 / wanted, threshold["found"], 0.0, threshold["rate"]))


def _words(share):
    if share >= 0.095:
        return f"{100 * share:.0f} of 100 alarms are right"
    return f"1 alarm in {1 / share:,.0f} is right"
