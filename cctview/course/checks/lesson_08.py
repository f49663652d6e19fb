"""Checks of the exercises on protection, in notebook 08."""

from itertools import islice

import numpy as np
import pandas as pd

from cctview.course.checks.answers import Wrong, call, check, read_array, reader
from cctview.defences import USES, at_strength, bought_points

_SLACK = 0.01
"""Shares within which two defences count as equal."""
_STRENGTHS = {"weak": 1, "medium": 2, "strong": 3}
"""As the slider calls them."""


@check
def check_defence(answer, table, usefulness=0.9, needs=USES):
    """The useful defence, ``(name, strength)``, that takes the largest share of the bits from the
    best thief. A strength is a number, or weak, medium or strong.

    `table` is that of `cctview.defences.study.stored`; each of the `needs` keeps the share
    `usefulness`.
    """
    points = bought_points(table, needs=needs)
    measured = table[table.defence != "none"].groupby("defence", sort=False).strength.unique()
    name, strength = _read_defence(answer, dict(measured), table)
    best = points[points.usefulness >= usefulness].share.max()
    mine = points[(points.defence == name) & np.isclose(points.strength, strength)].iloc[0]
    result = (
        f"{name} at {strength:g} takes {100 * max(mine.share, 0):.0f} % of the bits from the best"
        f" thief ({mine.tracker})"
    )
    kept = f"{100 * mine.usefulness:.0f} %"
    if mine.usefulness < usefulness:
        raise Wrong(
            f"{result}, but keeps only {kept} of {' and '.join(needs)}. First drop the rows that"
            f" keep less than {100 * usefulness:.0f} % of one of them."
        )
    if mine.share < best - _SLACK:
        shelf = bought_points(table, "off the shelf")
        sold = shelf[(shelf.defence == name) & np.isclose(shelf.strength, strength)].share.iloc[0]
        if sold > best:
            raise Wrong(
                f"{result}; {100 * sold:.0f} % is only what it takes off the shelf. For each"
                " defence and strength use the thief with the most bits left."
            )
        raise Wrong(
            f"{result}, and another one that keeps enough takes more. Sort the useful rows by bits."
        )
    return f"{result}, and keeps {kept} of what is needed. Applied or ordered by: {mine.who}."


@reader
def _read_defence(answer, measured, table):
    """Name and strength out of an answer, if that defence was measured at it."""
    table_like = isinstance(answer, (pd.Series, pd.DataFrame))
    if table_like and {"defence", "strength"} <= {*answer.axes[-1]}:
        answer = np.ravel(answer[["defence", "strength"]])  # a row of the table
    given = [] if isinstance(answer, str) or not np.iterable(answer) else [*islice(answer, 3)]
    if len(given) != 2:
        raise Wrong('Give two things, the name and the strength, such as ("blur", 2).')
    name, strength = str(given[0]).strip().lower(), given[1]
    if str(strength).strip().lower() in measured:
        raise Wrong('Give the name first, and then the strength, such as ("blur", 2).')
    if name not in measured:
        raise Wrong(f"there is no defence {name[:40]!r}; there are {', '.join(measured)}.")
    if place := _STRENGTHS.get(str(strength).strip().lower()):
        return name, at_strength(table, name, place).strength.iloc[0]
    try:
        strength = float(strength)
    except (TypeError, ValueError):
        raise Wrong(
            "The strength should be a number, or weak, medium or strong, but is"
            f" {str(strength)[:40]!r}."
        ) from None
    if not np.isclose(measured[name], strength).any():
        strengths = ", ".join(f"{strength:g}" for strength in measured[name])
        raise Wrong(
            f"{name} was measured at {strengths}, not at {strength:g}. You can also give weak,"
            " medium or strong."
        )
    return name, strength


@check
def check_key_broken(answer, database, known=200):
    """A function that returns the matrix which takes vectors at one camera to those at another.

    It takes two arrays (n, d), row by row the same vehicle, of `known` vehicles; it returns (d, d).
    """
    from cctview.course.breach import first_found

    a, b = database.known_pairs(known)
    first, second = database.stolen_pairs()
    best = database.found(known)["estimate"]
    without = first_found(first, second)["estimate"]
    hint = ". Try it on the two arrays of `database.known_pairs(50)`."
    matrix = _read_matrix(call(answer, a, b, hint=hint, wanted="the matrix"), a.shape[1])
    found = _share_found(matrix, first, second)
    result = (
        f"By your matrix {100 * found:.0f} % of the vehicles are found first; without it"
        f" {100 * without:.0f} %"
    )
    if found >= 0.5 * best:
        possible = database.unprotected()["estimate"]
        return f"{result}, and {100 * possible:.0f} % could be found if there were no key."
    if _share_found(matrix.T, first, second) >= 0.3 * best:
        raise Wrong(f"{result}. It is turned the wrong way: return its transpose.")
    reason = (
        "It takes b to a, or it fits too closely"
        if found > 2 * without
        else "It does not take a to b"
    )
    raise Wrong(
        f"{result}. {reason}: minimise |a @ matrix - b|, by np.linalg.lstsq or by"
        " cctview.attacks.fit_map."
    )


@reader
def _read_matrix(answer, size):
    if isinstance(answer, tuple):
        raise Wrong(
            "It returns several things: np.linalg.lstsq does. The matrix is the first of them."
        )
    matrix = read_array(answer, "what your function returns")
    if matrix.shape != (size, size):
        raise Wrong(
            f"The matrix should be {size} by {size}, so that a @ matrix looks like b; yours is"
            f" {matrix.shape}."
        )
    return matrix


@reader
def _share_found(matrix, first, second):
    """How many vehicles are found by the matrix; one that takes vectors to zero is no answer."""
    from cctview.course.breach import first_found

    return first_found(first @ matrix, second)["estimate"]
