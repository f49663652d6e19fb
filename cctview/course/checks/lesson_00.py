"""Checks of the exercises on trips, in notebook 00."""

import numpy as np

from cctview.course.checks.answers import Wrong, check, first_hint, read_number


@check
def check_wrong_share(answer, links, sure=0.5):
    """Which share of the links of some trips is wrong: 0 to 1, or in per cent.

    `links` has columns query (of whose trip), probability and right; a candidate at least `sure` is
    linked.
    """
    number = read_number(answer, "the share")
    linked = links["probability"].to_numpy(float) >= sure
    right = links["right"].to_numpy(bool)
    wrong = int((linked & ~right).sum())
    count = int(linked.sum())
    trips = links["query"].nunique()
    misled = links["query"][linked & ~right].nunique()

    def is_share(value):  # rounded to two digits, as a share or in per cent
        return min(abs(number - value), abs(number / 100 - value)) <= 0.0051

    if is_share(wrong / count):
        return f"{wrong} of {count} links are wrong. Each of them follows somebody else."
    if number in (wrong, count - wrong) and count > 1:
        which = "wrong" if number == wrong else "right"
        raise Wrong(f"That is how many are {which}. Of how many links? Divide by {count}.")
    hints = {
        "This is the share of the links that are right. Subtract it from 1.": 1 - wrong / count,
        "This is the share of the searches that end in a link, as in the worked example. How many"
        " of these links are wrong?": count / len(links),
        f"This counts trips: {misled} of {trips} have at least one wrong link. The question asks"
        " for links.": misled / trips,
        f"You divided by all {len(links)} searches. Most of the others link nobody: divide by the"
        " links only.": wrong / len(links),
        "This also counts best candidates that were not linked. Keep the rows with a probability"
        f" of at least {sure:g}.": (~right).mean(),
    }
    raise Wrong(
        first_hint(hints, is_share)
        or f"{number:g} is not the share. Keep the rows with a probability of at least {sure:g};"
        " of these, count the ones that are not right."
    )


@check
def check_sureness(answer, links, tolerated=0.1):
    """The probability from which to link, so that few links are wrong and most are found.

    Of the links, at most the share `tolerated` is wrong; `links` as for `check_wrong_share`. An
    answer that keeps nine tenths of the right links that are possible passes.
    """
    sure = read_number(answer, "the probability")
    sure = sure / 100 if 1 < sure <= 100 else sure
    if not 0 <= sure <= 1:
        raise Wrong(f"{sure:g} is no probability: it lies between 0 and 1.")
    ordered = links.sort_values("probability", ascending=False, kind="stable")
    probability = ordered["probability"].to_numpy(float)
    right = ordered["right"].to_numpy(bool)
    found = np.cumsum(right)
    count = np.arange(1, len(right) + 1)
    ends = np.append(np.diff(probability) != 0, True)  # equal ones are linked together
    within = ends & (count - found <= tolerated * count + 1e-9)
    best = int(found[within].max(initial=0))
    linked = int((probability >= sure).sum())
    if not linked:
        raise Wrong(f"No row has a probability of {sure:g} or more, so nothing is linked at all.")
    correct = int(found[linked - 1])
    wrong = linked - correct
    be = "is" if wrong == 1 else "are"
    result = f"From {sure:.3g} on there are {linked} links, and {wrong} of them {be} wrong"
    if wrong > tolerated * linked + 1e-9:
        why = "Unsure links must go, so the probability must be higher."
        if np.isclose(sure, tolerated):
            why = f"{tolerated:g} is the share of wrong links, not the probability of a link."
        raise Wrong(f"{result}. That is more than {tolerated:.0%}. {why}")
    if correct < best - max(1, 0.1 * best):
        why = "Sort, and count how many are wrong so far."
        if np.isclose(sure, 1 - tolerated):
            why = (
                f"A link of {sure:g} is the least sure one that you keep. The others are surer, so"
                " far fewer are wrong than you allow."
            )
        raise Wrong(f"{result}. But {correct} are right, and {best} could be. {why}")
    return (
        f"{result}. You keep {correct} right links, of {int(right.sum())} best candidates that are"
        " right."
    )
