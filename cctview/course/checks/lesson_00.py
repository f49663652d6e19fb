"""Checks of the exercises on trips, in notebook 00."""

import numpy as np

from cctview.course.checks.answers import Wrong, check, read_number


@check
def check_wrong_share(answer, links, sure=0.5):
    """Which share of the links of some trips is wrong: 0 to 1, or in per cent.

    `links` has columns probability and right; a candidate at least `sure` is linked.
    """
    number = read_number(answer, "the share")
    linked = links["probability"].to_numpy(float) >= sure
    right = links["right"].to_numpy(bool)
    wrong = int((linked & ~right).sum())
    count = int(linked.sum())
    share = wrong / count

    def is_share(value):  # rounded to two digits, as a share or in per cent
        return min(abs(number - value), abs(number / 100 - value)) <= 0.0051

    if is_share(share):
        return (
            f"{wrong} of {count} links are wrong: {100 * share:.0f} % of what the system says it"
            " knows."
        )
    if number == wrong:
        raise Wrong(f"That is how many are wrong. Of how many links? Divide by {count}.")
    if is_share(1 - share):
        raise Wrong("This is the share of the links that are right: what is left to 100 %.")
    if is_share(wrong / len(links)):
        raise Wrong(
            f"You divided by all {len(links)} searches. Most of them link nothing: divide by the"
            " links only."
        )
    if is_share((~right).mean()):
        raise Wrong(
            "This counts first guesses that were not linked, too. Keep those with a probability of"
            f" at least {sure:g}."
        )
    raise Wrong(
        f"{number:g} is not it. Keep the rows with a probability of at least {sure:g}; of these,"
        " count those not right."
    )


@check
def check_sureness(answer, links, tolerated=0.1):
    """The probability from which to link, so that few links are wrong and most are found.

    Of the links, at most the share `tolerated` is wrong; `links` as for `check_wrong_share`.
    """
    sure = read_number(answer, "the probability")
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
        raise Wrong(f"At {sure:g} nothing is linked at all: go lower.")
    correct = int(found[linked - 1])
    wrong = linked - correct
    result = (
        f"At {sure:.3g} there are {linked} links, {wrong} of them wrong"
        f" ({100 * wrong / linked:.0f} %)"
    )
    if wrong > tolerated * linked + 1e-9:
        raise Wrong(f"{result}, more than {100 * tolerated:g} %: go higher.")
    if correct < best - max(1, 0.02 * best):
        raise Wrong(f"{result}. {correct} are right, and {best} could be: go lower.")
    return (
        f"{result}: {correct} right links are left, of {int(right.sum())} first guesses that were"
        " right."
    )
