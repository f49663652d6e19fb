"""What a check of an exercise is made of: answers read in every form that makes sense, and a
verdict that says why.

A check takes an answer and the data that the exercise is about, and returns a `Verdict`. It
computes the right answer from the data: nothing is hidden here. It accepts an answer in every form
that makes sense (a list, a tuple, an array, a Series, a set; numbers of any type; "12 %" and 0.12),
and whatever it is given, it never raises: a wrong answer is no error.
"""

import functools
import html
import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.dataset.ids import DetectionId

_MANY = 100_000
"""Of what is handed in no more is read: an iterator may have no end."""


@dataclass(frozen=True)
class Verdict:
    """What a check says.

    Attributes
    ----------
    passed : bool
    message : str
        Why, and where to look.

    Examples
    --------
    >>> print(Verdict(False, "Too high. Look at the left histogram."))
    ✗ Not yet. Too high. Look at the left histogram.
    """

    passed: bool
    message: str

    def __bool__(self):
        return self.passed

    def __str__(self):
        return f"{'✓ Right.' if self.passed else '✗ Not yet.'} {self.message}"

    __repr__ = __str__

    def _repr_html_(self):
        colour = "#0072B2" if self.passed else "#D55E00"
        return (
            f'<div role="status" style="border-left: 6px solid {colour}; padding: 0.5em 0.9em;'
            f' margin: 0.3em 0">{html.escape(str(self))}</div>'
        )


class Wrong(Exception):
    """An answer is wrong; the text says why."""


def check(function):
    """Make a check of a function that raises `Wrong`, or returns the praise."""

    @functools.wraps(function)
    def checked(answer, *data, **options):
        if answer is None or answer is Ellipsis:
            return Verdict(
                False,
                "There is no answer yet: put yours in the place of the three dots, and run the cell"
                " again.",
            )
        try:
            return Verdict(True, function(answer, *data, **options))
        except Wrong as wrong:
            return Verdict(False, f"{str(wrong)[0].upper()}{str(wrong)[1:]}")
        except (Exception, SystemExit) as error:
            return Verdict(
                False,
                f"This answer cannot be read: {described(error)}. The exercise asks for a number,"
                " names, or a function.",
            )

    return checked


def described(error):
    """An error in one line, even where it cannot be printed."""
    try:
        text = " ".join(str(error).split())[:200]
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def need_function(answer):
    """Raise `Wrong` if an answer is no function."""
    if not callable(answer):
        raise Wrong(
            f"Give the function itself, without calling it; this is a {type(answer).__name__}."
        )


def call(function, *arguments, hint, wanted="the formula"):
    """What a function handed in returns; `hint` follows what it raised, `wanted` is what it should
    return.

    Raises
    ------
    Wrong
        If it raises, or returns nothing.
    """
    try:
        given = function(*arguments)
    except (Exception, SystemExit) as error:
        raise Wrong(f"Your function raised {described(error)}{hint}") from error
    if given is None or given is Ellipsis:
        raise Wrong(f"Your function returns nothing yet: put {wanted} after `return`.")
    return given


def read_number(answer, of="the answer"):
    """A number out of an answer of any form: 3, 3.0, numpy's, "3", "3 %" (then 0.03), or a table of
    just one of these.

    Raises
    ------
    Wrong
        If it holds no single finite number.
    """
    if isinstance(answer, str):
        text = answer.strip()
        try:
            return float(text.removesuffix("%").replace(",", "")) / (
                100 if text.endswith("%") else 1
            )
        except ValueError:
            raise Wrong(f"{of} should be a number, but is the text {text[:40]!r}.") from None
    if callable(answer):
        raise Wrong(
            f"{of} should be a number, but is a function: call it, and give what it returns."
        )
    try:
        values = np.asarray(answer)
        if values.size != 1:
            raise Wrong(f"{of} should be one number, but there are {values.size}.")
        if np.iscomplexobj(values):
            raise TypeError
        number = float(values.reshape(-1)[0])
    except (TypeError, ValueError, OverflowError):
        raise Wrong(f"{of} should be a number, but is a {type(answer).__name__}.") from None
    if not math.isfinite(number):
        raise Wrong(f"{of} is {number}. Is something divided by zero, or missing in the data?")
    return number


def read_names(answer, of="the answer"):
    """The ids in an answer, as a set of str: one or many, text or `DetectionId`, in any container
    or a table's column `id`.
    """
    if isinstance(answer, (str, DetectionId)):
        return {str(answer)}
    if isinstance(answer, pd.DataFrame):
        if "id" not in answer:
            raise Wrong(f"{of} is a table without a column 'id'; give its ids.")
        answer = answer["id"]
    try:
        names = (
            list(np.asarray(answer, object).ravel())
            if isinstance(answer, np.ndarray)
            else list(itertools.islice(answer, _MANY))
        )
    except TypeError:
        raise Wrong(f"{of} should be a list of ids, but is a {type(answer).__name__}.") from None
    strange = [name for name in names if not isinstance(name, (str, DetectionId))]
    if strange:
        raise Wrong(f"{of} should hold ids only, but there is a {type(strange[0]).__name__} in it.")
    return {str(name) for name in names}
