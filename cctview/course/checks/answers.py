"""What a check of an exercise is made of: answers read in every form that makes sense, and a
verdict that says why.

A check takes an answer and the data of the exercise, and returns a `Verdict`. It computes the
correct answer from the data: nothing is hidden here. It accepts an answer in every form that makes
sense (a list, an array, a Series, numbers of any type; "12 %" and 0.12). Whatever it is given, a
wrong answer is a verdict and not an error: all that touches the answer is read by a `reader`. An
error anywhere else is the course's own, and says so (`CheckError`).
"""

import functools
import html
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

_MOST_NAMES = 100_000
"""No more names are read: an iterator may have no end."""


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


class CheckError(RuntimeError):
    """A check failed by its own code or data: a fault of the course, not of the answer."""


def check(function: Callable) -> Callable[..., Verdict]:
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
        except Exception as error:
            raise CheckError(
                f"{function.__name__} failed ({_described(error)}). This is no fault of your"
                " answer. Run all cells above again; if it fails again, please report it."
            ) from error

    return checked


def reader(function: Callable) -> Callable:
    """Make a function that reads an answer blame the answer for whatever is raised in it."""

    @functools.wraps(function)
    def read(answer, *arguments, **options):
        try:
            return function(answer, *arguments, **options)
        except Wrong:
            raise
        except (Exception, SystemExit) as error:
            raise Wrong(
                f"This answer cannot be read: {_described(error)}. The exercise asks for a number,"
                " names, or a function."
            ) from error

    return read


def _described(error):
    """An error in one line, even where it cannot be printed."""
    try:
        text = " ".join(str(error).split())[:200]
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def call(function: Any, *arguments: Any, hint: str = "", wanted: str = "the formula") -> Any:
    """What a function handed in returns; its arrays and tables are copied, so it may change them.

    `hint` follows what the function raised, and `wanted` says what it should return. Raises `Wrong`
    if it is no function, raises, or returns nothing.
    """
    if not callable(function):
        raise Wrong(
            f"Give the function itself, without calling it; this is a {type(function).__name__}."
        )
    copies = [
        value.copy() if isinstance(value, (np.ndarray, pd.DataFrame, list)) else value
        for value in arguments
    ]
    try:
        given = function(*copies)
    except (Exception, SystemExit) as error:
        raise Wrong(f"Your function raised {_described(error).rstrip('.')}{hint}") from error
    if given is None or given is Ellipsis:
        raise Wrong(f"Your function returns nothing yet: put {wanted} after `return`.")
    return given


@reader
def read_number(answer: Any, name: str = "the answer") -> float:
    """A number out of any answer: 3, 3.0, numpy's, "3", "3 %" (then 0.03), or a table of one.

    Raises `Wrong` if it holds no single finite number.
    """
    if isinstance(answer, str):
        text = answer.strip()
        try:
            number = float(text.removesuffix("%").replace(",", ""))
        except ValueError:
            raise Wrong(
                f"{name} should be a number, but is the text {text[:40]!r}. Write the number alone,"
                " without quotation marks."
            ) from None
        return _finite(number / 100 if text.endswith("%") else number, name)
    if callable(answer):
        raise Wrong(
            f"{name} should be a number, but is a function: call it, and give what it returns."
        )
    try:
        values = np.asarray(answer)
        if values.size != 1:
            raise Wrong(f"{name} should be one number, but there are {values.size}.")
        if np.iscomplexobj(values):
            raise TypeError
        number = float(values.reshape(-1)[0])
    except (TypeError, ValueError, OverflowError):
        raise Wrong(f"{name} should be a number, but is a {type(answer).__name__}.") from None
    return _finite(number, name)


def _finite(number, name):
    if not math.isfinite(number):
        raise Wrong(f"{name} is {number}. Is something divided by zero, or missing in the data?")
    return number


@reader
def read_array(answer: Any, name: str = "what your function returns") -> np.ndarray:
    """An array of finite numbers. Raises `Wrong` if it is something else."""
    try:
        values = np.asarray(answer, float)
    except (TypeError, ValueError):
        raise Wrong(
            f"{name} should be a table of numbers, but is a {type(answer).__name__}."
        ) from None
    if not np.isfinite(values).all():
        raise Wrong(f"{name} holds numbers that are not finite. Is something divided by zero?")
    return values


@reader
def read_names(answer: Any, name: str = "the answer") -> set[str]:
    """The names in an answer: text, in any container."""
    if isinstance(answer, str):
        return {answer}
    if isinstance(answer, np.ndarray):
        answer = answer.ravel()
    try:
        names = list(itertools.islice(answer, _MOST_NAMES))
    except TypeError:
        raise Wrong(
            f"{name} should be names, but is of the type {type(answer).__name__}."
        ) from None
    strange = [value for value in names if not isinstance(value, str)]
    if strange:
        raise Wrong(f"{name} should hold names, but holds {type(strange[0]).__name__}.")
    return set(names)


def first_hint(hints: dict[str, Any], matches: Callable[[Any], bool]) -> str | None:
    """The first hint whose value, what a known mistake gives, matches the answer."""
    return next((hint for hint, value in hints.items() if matches(value)), None)
