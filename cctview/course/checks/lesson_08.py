"""Checks of the exercises on protection, in notebook 08."""

import numpy as np

from cctview.course.checks.answers import Wrong, call, check, need_function
from cctview.course.figures.lesson_08 import bought_points

SLACK = 0.01
"""Shares within which two defences count as equal."""
_TAKE_BEST = "For each defence and strength take the tracker with the most bits left."


@check
def check_defence(answer, table, usefulness=0.9):
    """The defence, and its strength, that buys back the largest share of the bits from the best
    tracker and stays useful.

    Parameters
    ----------
    answer : object
        ``(name, strength)``.
    table : DataFrame
        From `cctview.defences.results.stored`.
    usefulness : float
        The least share of every use to keep.

    Returns
    -------
    Verdict
    """
    name, strength = _read_defence(answer, table)
    points = bought_points(table)
    best = points[points.usefulness >= usefulness].share.max()
    mine = points[(points.defence == name) & np.isclose(points.strength, strength)].iloc[0]
    said = (
        f"{name} at {strength:g} buys back {100 * mine.share:.0f} % of the bits from the best"
        f" tracker ({mine.tracker})"
    )
    kept, wanted = (f"{100 * use:.0f} %" for use in (mine.usefulness, usefulness))
    if mine.usefulness < usefulness:
        raise Wrong(
            f"{said}, but keeps only {kept} of its use. Drop the rows below {wanted} first."
        )
    if mine.share < best - SLACK:
        shelf = bought_points(table, "off the shelf")
        sold = shelf[(shelf.defence == name) & np.isclose(shelf.strength, strength)].share.iloc[0]
        if sold > best:
            raise Wrong(
                f"{said}; {100 * sold:.0f} % is only what it buys off the shelf. {_TAKE_BEST}"
            )
        raise Wrong(f"{said}, and another useful one buys more. {_TAKE_BEST}")
    return f"{said} and keeps {kept} of its use. It can be ordered or applied by: {mine.who}."


def _read_defence(answer, table):
    """Name and strength out of an answer, if there is such a defence."""
    names = [name for name in dict.fromkeys(table.defence) if name != "none"]
    if isinstance(answer, str) or not np.iterable(answer) or len(answer := list(answer)) != 2:
        raise Wrong('Give two things, the name and the strength, such as ("blur", 2).')
    name, strength = answer
    if name not in names:
        raise Wrong(f"there is no defence {str(name)[:40]!r}; there are {', '.join(names)}.")
    strengths = table[table.defence == name].strength.unique()
    try:
        strength = float(strength)
    except (TypeError, ValueError):
        raise Wrong(f"the strength should be a number, but is {str(strength)[:40]!r}.") from None
    if not np.isclose(strengths, strength).any():
        raise Wrong(
            f"{name} was measured at {', '.join(f'{s:g}' for s in strengths)}, not at {strength:g}."
        )
    return name, strength


@check
def check_key_broken(answer, database, known=200):
    """A function of the known vectors at both cameras that returns the matrix which takes the one
    to the other.

    Parameters
    ----------
    answer : callable
        ``answer(a, b)`` of two arrays (n, d), row by row the same vehicle; returns an array (d, d).
    database : cctview.course.breach.KeyedDatabase
    known : int
        How many vehicles it is given.

    Returns
    -------
    Verdict
    """
    from cctview.course.breach import first_found

    need_function(answer)
    a, b = database.known_pairs(known)
    hint = ". Try it on the two arrays of `database.known_pairs(50)`."
    given = call(answer, a.copy(), b.copy(), hint=hint, wanted="the matrix")
    if isinstance(given, tuple):
        raise Wrong(
            "It returns several things: np.linalg.lstsq does. The matrix is the first of them."
        )
    matrix = np.asarray(given, float)
    size = a.shape[1]
    if matrix.shape != (size, size):
        raise Wrong(
            f"The matrix should be {size} by {size}, so that a @ matrix looks like b; yours is"
            f" {matrix.shape}."
        )
    first, second = database.asked_pairs()
    found, without = (first_found(part, second)["estimate"] for part in (first @ matrix, first))
    said = f"By your matrix {found:.0%} of the vehicles are found first; without it {without:.0%}".replace(
        "%", " %"
    )
    if found < 0.5 * database.found(known)["estimate"]:
        if first_found(first @ matrix.T, second)["estimate"] > 2 * found:
            raise Wrong(f"{said}. It is turned the wrong way: return its transpose.")
        hint = (
            "It takes b to a, or it fits too closely"
            if found > 2 * without
            else "It does not take a to b"
        )
        raise Wrong(
            f"{said}. {hint}: minimise |a @ matrix - b|, by np.linalg.lstsq or by"
            " cctview.course.breach.learn_map."
        )
    return f"{said}, and nobody told you the key."
