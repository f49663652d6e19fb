"""Checks of the exercises on growing a search engine, in notebook 06."""

import math

from cctview.course.checks.answers import Wrong, check, read_number


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
    right = wanted * hit / (wanted * hit + (1 - wanted) * false)

    def near(value):
        return any(
            abs(given - value) <= 0.06 * min(value, 1 - value) for given in (number, number / 100)
        )

    if near(right):
        return (
            f"{100 * right:.2g} of 100: for each right alarm, {(1 - right) / right:.0f} that blame"
            " somebody else."
        )
    if near(1 - right):
        raise Wrong("These are the alarms that are wrong: what is left to 100.")
    if near(hit):
        raise Wrong(
            f"{100 * hit:g} of 100 wanted vehicles raise an alarm. Asked is the other way round: of"
            " 100 alarms."
        )
    if near(1 - false):
        raise Wrong(
            f"{100 * (1 - false):g} of 100 innocent vehicles raise none. How many of these pass for"
            " each wanted one?"
        )
    if near(hit / (hit + false)):
        raise Wrong(
            "As if wanted and innocent vehicles were equally many. Take a million that pass: how"
            " many of each are there?"
        )
    if near(wanted * hit) or near(wanted):
        raise Wrong(
            "That is a share of all vehicles that pass. Divide by the alarms: the right and the"
            " wrong ones together."
        )
    raise Wrong(
        "Take a million vehicles that pass. How many are wanted, and raise an alarm? How many of"
        " the others do?"
    )


@check
def check_even_gallery(answer, rate):
    """In how large a gallery half of the searches flag somebody, if impostors were independent.

    One other vehicle passes for the one looked for with probability `rate`.

    Examples
    --------
    >>> [bool(check_even_gallery(answer, 0.01)) for answer in (69, 68.97, 50, 100)]
    [True, True, False, False]
    """
    number = read_number(answer, "the size of the gallery")
    if number < 1:
        raise Wrong(f"{number:g} is no gallery. Asked is a number of vehicles, 1 or more.")
    right = math.log(0.5) / math.log1p(-rate)
    if abs(number - math.ceil(right)) <= 1.01 or abs(number - right) <= 0.005 * right:
        return (
            f"About {math.ceil(right):,}. So few, since every one of them has a chance to be taken"
            " for the one looked for."
        )
    if abs(number - 1 / rate) <= 0.02 / rate:
        raise Wrong(
            "In such a gallery a search returns one innocent on average; some searches return"
            " several, so others none."
        )
    if abs(number - 0.5 / rate) <= 0.02 / rate:
        raise Wrong(
            "So many return half an innocent on average. Asked is when half of the searches return"
            " one or more."
        )
    flags = -math.expm1(number * math.log1p(-rate))
    side = "larger" if flags < 0.5 else "smaller"
    raise Wrong(
        f"Among {number:,.0f} vehicles {100 * flags:.0f} % of searches would flag somebody; go"
        f" {side}."
    )
