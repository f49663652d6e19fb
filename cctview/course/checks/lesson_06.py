"""Checks of the exercises on designing the app, in notebook 06."""

import math

from cctview.course.checks.answers import Wrong, check, first_hint, read_number


@check
def check_right_alarms(answer, wanted, hit, false):
    """Of a hundred alarms, how many are right: a number of a hundred, or a share.

    `wanted` is the share of the passing vehicles that are on the list; `hit` is the share of those
    that raise an alarm, `false` the share of the others that do.

    Examples
    --------
    >>> answers = 0.9, "0.9 %", 0.0089, 90, 99.9
    >>> [bool(check_right_alarms(answer, 1e-5, 0.9, 1e-3)) for answer in answers]
    [True, True, True, False, False]
    """
    number = read_number(answer, "the number of right alarms")
    if number > 100:
        raise Wrong(
            f"{number:g} is more than a hundred. If it is a number of alarms, divide the right ones"
            " by all alarms, and multiply by 100."
        )
    right = wanted * hit / (wanted * hit + (1 - wanted) * false)

    def near(value):
        whole = number >= 1 and number == round(number)  # a whole number of a hundred
        room = max(0.06 * min(value, 1 - value), 0.006 if whole else 0.0)
        of_hundred = (number / 100,) if number >= 1 else (number, number / 100)
        return any(abs(given - value) <= room for given in of_hundred)

    if near(right):
        return (
            f"{100 * right:.2g} of 100. For each right alarm there are {(1 - right) / right:.0f}"
            " that stop somebody else."
        )
    hints = {
        "These are the wrong alarms. The question asks for the right ones.": 1 - right,
        f"{100 * hit:g} of 100 wanted vehicles raise an alarm. The question asks the other way"
        " round: of 100 alarms, how many are for a wanted vehicle?": hit,
        f"{100 * (1 - false):g} of 100 other vehicles raise no alarm. But how many of them drive"
        " past for each wanted one?": 1 - false,
        "This would be right if wanted and other vehicles were equally many. Take a million that"
        " pass: how many of each are there?": hit / (hit + false),
        "That is a share of all vehicles that pass. Divide by the alarms: the right and the wrong"
        " ones together.": wanted * hit,
        "That is how many vehicles are wanted. How many of those that raise an alarm are?": wanted,
        f"Not all wanted vehicles raise an alarm, but {100 * hit:g} of 100.": (
            wanted / (wanted + (1 - wanted) * false)
        ),
        "You divide by the wrong alarms alone. Divide by all alarms, the right and the wrong"
        " ones.": (wanted * hit / ((1 - wanted) * false)),
    }
    share = number / 100 if number >= 1 else number
    nearest = dict(sorted(hints.items(), key=lambda hint: abs(share - hint[1])))
    raise Wrong(
        first_hint(nearest, near)
        or "Take a million vehicles that pass. How many of the wanted ones raise an alarm? How many"
        " of the others do?"
    )


@check
def check_even_gallery(answer, rate):
    """In how large a gallery half of the searches link somebody, if all vehicles were equally easy
    to confuse.

    One other vehicle is taken for the one looked for with probability `rate`.

    Examples
    --------
    >>> [bool(check_even_gallery(answer, 0.01)) for answer in (69, 68.97, 50, 100)]
    [True, True, False, False]
    """
    number = read_number(answer, "the size of the gallery")
    if math.isclose(number, math.log(0.5) / math.log(rate), rel_tol=0.01):
        raise Wrong("You took the logarithm of `rate`. No vehicle is taken for it with `1 - rate`.")
    if math.isclose(number, math.log1p(-rate) / math.log(0.5), rel_tol=0.01):
        raise Wrong("It is upside down: divide the logarithm of 0.5 by that of `1 - rate`.")
    if math.isclose(number, math.log(0.5) / -math.log1p(-rate), rel_tol=0.01):
        raise Wrong("Only the sign is wrong: both logarithms are below zero.")
    if number < 1:
        raise Wrong(f"{number:g} is no gallery. Give a number of vehicles, 1 or more.")
    right = math.log(0.5) / math.log1p(-rate)
    if abs(number - math.ceil(right)) <= 1.01 or abs(number - right) <= 0.005 * right:
        return (
            f"About {math.ceil(right):,} vehicles are enough, because each of them can be taken for"
            " the one looked for."
        )
    if abs(number - 1 / rate) <= 0.02 / rate:
        raise Wrong(
            "In such a gallery a search links one other vehicle on average. Some searches link"
            " several, so others link none."
        )
    if abs(number - 0.5 / rate) <= 0.02 / rate:
        raise Wrong(
            "In such a gallery a search links half a vehicle on average. The question asks when"
            " half of the searches link one or more."
        )
    flags = -math.expm1(number * math.log1p(-rate))
    raise Wrong(
        f"Among {number:,.0f} vehicles, {100 * flags:.0f} % of the searches would link somebody."
        " In how large a gallery would half of the searches link nobody?"
    )
