"""Checks of the exercises on adding up, in notebook 09."""

import math

from cctview.course.checks.answers import Wrong, check, read_number


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

    if near(right):
        return (
            f"log2({before:.0f} / {after:.0f}) = {right:.1f} bits: {before / after:.0f} times fewer"
            " than before."
        )
    if abs(bits - before / after) <= 0.5:
        raise Wrong(
            "This is how many times fewer there are. In bits, how often is that halved?"
            f" log2({before / after:.0f})."
        )
    if near(-right):
        raise Wrong("The sign is wrong: what is given away counts up. Divide the many by the few.")
    for name, value in (
        ("natural", math.log(before / after)),
        ("decimal", math.log10(before / after)),
    ):
        if near(value):
            raise Wrong(f"This is the {name} logarithm. Bits are halvings: take np.log2.")
    if near(math.log2(after)):
        raise Wrong(
            "These are the bits that are left, among those alike. Given away is the way from all to"
            " those."
        )
    if near(math.log2(before)):
        raise Wrong(
            "So many bits would single it out. But some are left: those who look alike still"
            " hide it."
        )
    side = "low" if bits < right else "high"
    raise Wrong(
        f"{bits:g} is too {side}. Halve {before:.0f} until about {after:.0f} are left: how many"
        " times?"
    )


@check
def check_even_population(answer, bits):
    """Among how many vehicles a match by so many bits is as probably right as wrong.

    Examples
    --------
    >>> [bool(check_even_population(answer, 10)) for answer in (1025, 1024, 2**10, 100, 20)]
    [True, True, True, False, False]
    """
    population = read_number(answer, "the number of vehicles")
    right = 2.0**bits + 1

    def near(value):
        return abs(population / value - 1) <= 0.02

    if population <= 0:
        raise Wrong(f"{population:g} is no number of vehicles.")
    if near(right):
        return (
            f"Among {right:,.0f} it is a coin's toss. In a city of 2 million, {2e6 / right:,.0f}"
            " vehicles fit as well."
        )
    if near(bits**2):
        raise Wrong(
            "The other way round: not the bits squared, but 2 to the power of the bits. Each bit"
            " doubles."
        )
    if near(2 * bits):
        raise Wrong(
            "Each bit doubles the number, one after the other: 2 to the power of the bits, not 2"
            " times."
        )
    if near(math.exp(bits)) or near(10.0**bits):
        raise Wrong("Bits are powers of 2.")
    if near(2 * right) or near(right / 2):
        raise Wrong(
            "You are off by one bit. At a coin's toss, the evidence exactly makes up for the many"
            " others."
        )
    if near(1 / right):
        raise Wrong(
            "This is the probability of each before there was any evidence. How many vehicles are"
            " that?"
        )
    side = "few" if population < right else "many"
    raise Wrong(
        f"{population:,.6g} are too {side}. Try match_probability(bits, population), and go on"
        " until it says 0.5."
    )
