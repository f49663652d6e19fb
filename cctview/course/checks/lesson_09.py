"""Checks of the exercises on adding up, in notebook 09."""

import math

from cctview.course.checks.answers import Wrong, check, first_hint, read_number


@check
def check_bits(answer, before, after):
    """How many bits are given away when equally likely vehicles become fewer.

    Examples
    --------
    >>> [bool(check_bits(answer, 80, 10)) for answer in (3, "3.0", -3, 8)]
    [True, True, False, False]
    """
    bits = read_number(answer, "the answer")
    right = math.log2(before / after)

    def near(value):
        return abs(bits - value) <= 0.05

    if near(right) or bits == round(right) > 0:  # a room calls out whole numbers
        return (
            f"log2({before:.0f} / {after:.0f}) = {right:.1f} bits: {before / after:.0f} times fewer"
            " vehicles than before."
        )
    ratio, everyone, alike = before / after, math.log2(before), math.log2(after)
    if abs(bits - ratio) <= 0.5:
        raise Wrong(f"You have {ratio:.0f} times fewer. How often is that halved? Use np.log2.")
    divide = "Divide everyone by those alike first, then take np.log2."
    hints = {
        f"The sign is wrong, because you divide the few by the many. {divide}": -right,
        "This is the natural logarithm. Bits are halvings: use np.log2.": math.log(ratio),
        "This is the decimal logarithm. Bits are halvings: use np.log2.": math.log10(ratio),
        f"These bits still hide the car among those alike. {divide}": alike,
        f"This is the logarithm of everyone, or of everyone else. {divide}": everyone,
        f"Subtracting does not count halvings. {divide}": math.log2(abs(before - after) or 1),
    }
    if math.isclose(bits, 1 / ratio, rel_tol=0.05):
        raise Wrong(f"This is the share that is left. {divide}")
    guessed = bits == round(bits)  # a whole number is a guess, and tells no slip
    if not guessed and (hint := first_hint(hints, near)):
        raise Wrong(hint)
    side = "low" if bits < right else "high"
    be = "is" if round(after) == 1 else "are"
    raise Wrong(
        f"{bits:g} is too {side}. Halve {before:.0f} until about {after:.0f} {be} left: how many"
        " times?"
    )


@check
def check_even_population(answer, bits):
    """Among how many vehicles a match by so many bits is as often right as wrong.

    Examples
    --------
    >>> [bool(check_even_population(answer, 10)) for answer in (1025, 1024, 2**10, 100, 20)]
    [True, True, True, False, False]
    """
    population = read_number(answer, "the number of vehicles")
    right = 2.0**bits + 1

    def near(value):
        return abs(population / value - 1) <= 0.03  # "about 4,000" for 4,097

    if population <= 0:
        raise Wrong(f"{population:g} cannot be a number of vehicles.")
    if near(right):
        return (
            f"Among {right:,.0f} vehicles the match is as often right as wrong. In a city of 2"
            f" million, {2e6 / right:,.0f} vehicles fit as well."
        )
    off = "The evidence must exactly make up for all other vehicles."
    hints = {
        "Each bit doubles the number: not the bits squared, but 2 to their power.": bits**2,
        "Each bit doubles the number: not 2 times the bits, but 2 to their power.": 2 * bits,
        "Bits are powers of 2, not of e.": math.exp(bits),
        "Bits are powers of 2, not of 10.": 10.0**bits,
        f"You are one bit too high. {off}": 2 * right,
        f"You are one bit too low. {off}": right / 2,
        "This is how many bits there are. Each of them doubles the number of vehicles.": bits,
        "In Python a power is written `**`; `^` is something else.": int(bits) ^ 2,
        "This is the probability. Which number of vehicles gives it?": 0.5,
        "This is how likely one vehicle is before any evidence. How many is that?": 1 / right,
    }
    if hint := first_hint(hints, near):
        raise Wrong(hint)
    side = "few" if population < right else "many"
    raise Wrong(
        f"{population:,.6g} are too {side}. Try match_probability(bits, vehicles), and go on until"
        " it says 0.5."
    )
