"""Checks of the exercises: whether an answer is right, and if not, what is wrong with it and where to look.

A check takes an answer and the data that the exercise is about, and returns a `Verdict`. It computes the right answer from the
data: nothing is hidden here. It accepts an answer in every form that makes sense (a list, a tuple, an array, a Series, a set;
numbers of any type; "12 %" and 0.12), and whatever it is given, it never raises: a wrong answer is no error.
"""

import functools
import html
import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.distances import cosine_distances
from cctview.ids import DetectionId

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
            f'<div role="status" style="border-left: 6px solid {colour}; padding: 0.5em 0.9em; margin: 0.3em 0">'
            f"{html.escape(str(self))}</div>"
        )


class _Wrong(Exception):
    """An answer is wrong; the text says why."""


def _check(function):
    """Make a check of a function that raises `_Wrong`, or returns the praise."""

    @functools.wraps(function)
    def check(answer, *data, **options):
        if answer is None or answer is Ellipsis:
            return Verdict(False, "There is no answer yet: put yours in the place of the three dots, and run the cell again.")
        try:
            return Verdict(True, function(answer, *data, **options))
        except _Wrong as wrong:
            return Verdict(False, f"{str(wrong)[0].upper()}{str(wrong)[1:]}")
        except (Exception, SystemExit) as error:
            return Verdict(
                False,
                f"This answer cannot be read: {_described(error)}. The exercise asks for a number, names, or a function.",
            )

    return check


def _described(error):
    """An error in one line, even where it cannot be printed."""
    try:
        text = " ".join(str(error).split())[:200]
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def read_number(answer, of="the answer"):
    """A number out of an answer of any form: 3, 3.0, numpy's, "3", "3 %" (then 0.03), or a table of just one of these.

    Raises
    ------
    _Wrong
        If it holds no single finite number.
    """
    if isinstance(answer, str):
        text = answer.strip()
        try:
            return float(text.removesuffix("%").replace(",", "")) / (100 if text.endswith("%") else 1)
        except ValueError:
            raise _Wrong(f"{of} should be a number, but is the text {text[:40]!r}.") from None
    if callable(answer):
        raise _Wrong(f"{of} should be a number, but is a function: call it, and give what it returns.")
    try:
        values = np.asarray(answer)
        if values.size != 1:
            raise _Wrong(f"{of} should be one number, but there are {values.size}.")
        if np.iscomplexobj(values):
            raise TypeError
        number = float(values.reshape(-1)[0])
    except (TypeError, ValueError, OverflowError):
        raise _Wrong(f"{of} should be a number, but is a {type(answer).__name__}.") from None
    if not math.isfinite(number):
        raise _Wrong(f"{of} is {number}. Is something divided by zero, or missing in the data?")
    return number


def read_names(answer, of="the answer"):
    """The ids in an answer, as a set of str: one or many, text or `DetectionId`, in any container or a table's column `id`."""
    if isinstance(answer, (str, DetectionId)):
        return {str(answer)}
    if isinstance(answer, pd.DataFrame):
        if "id" not in answer:
            raise _Wrong(f"{of} is a table without a column 'id'; give its ids.")
        answer = answer["id"]
    try:
        names = (
            list(np.asarray(answer, object).ravel())
            if isinstance(answer, np.ndarray)
            else list(itertools.islice(answer, _MANY))
        )
    except TypeError:
        raise _Wrong(f"{of} should be a list of ids, but is a {type(answer).__name__}.") from None
    strange = [name for name in names if not isinstance(name, (str, DetectionId))]
    if strange:
        raise _Wrong(f"{of} should hold ids only, but there is a {type(strange[0]).__name__} in it.")
    return {str(name) for name in names}


@_check
def check_share(answer, right, tolerance=0.005):
    """A share, given as a share, in per cent, or as text with a per cent sign.

    Parameters
    ----------
    answer : object
    right : float
        0 to 1.
    tolerance : float

    Returns
    -------
    Verdict

    Examples
    --------
    >>> [bool(check_share(answer, 0.25)) for answer in (0.25, 25, "25 %", np.float32(0.25), 0.75)]
    [True, True, True, True, False]
    """
    number = read_number(answer, "the share")
    if any(abs(share - right) <= tolerance for share in (number, number / 100)):
        return f"It is {100 * right:.1f} %."
    if abs(1 - number - right) <= tolerance or abs(1 - number / 100 - right) <= tolerance:
        raise _Wrong("This is the share of the others: what is left to 100 %.")
    share = number if 0 <= number <= 1 else number / 100
    if not 0 <= share <= 1:
        raise _Wrong(f"{number:g} is no share: it lies between 0 and 1, or between 0 and 100 %.")
    side = "low" if share < right else "high"
    raise _Wrong(f"{100 * share:.1f} % is too {side}. Which rows are counted, and by how many is the count divided?")


@_check
def check_sightings(answer, right, seen=None):
    """Which detections show one vehicle.

    Parameters
    ----------
    answer : object
        Detection ids.
    right : iterable of str
        The ids of those that do.
    seen : iterable of str, optional
        All ids that there are to choose from.

    Returns
    -------
    Verdict
    """
    given, wanted = read_names(answer, "the list of sightings"), {str(name) for name in right}
    unknown = sorted(given - {str(name) for name in seen}) if seen is not None else []
    if unknown:
        raise _Wrong(f"{unknown[0][:80]!r} is no detection in these frames. Copy the ids as they stand in the table.")
    false, missing = sorted(given - wanted), sorted(wanted - given)
    if not false and not missing:
        return f"All {len(wanted)} sightings, and no other vehicle among them."
    parts = []
    if missing:
        cameras = sorted({name.partition("--")[0] for name in missing})
        parts.append(f"{len(missing)} of {len(wanted)} are missing; look again at {', '.join(cameras)}.")
    if false:
        parts.append(f"{len(false)} show another vehicle, such as {false[0][:60]}…; put its crop beside the taxi's.")
    raise _Wrong(" ".join(parts))


@_check
def check_travel_time(answer, departed, arrived, tolerance=2.0):
    """How long a vehicle took from one camera to another, in seconds (or as a timedelta).

    Parameters
    ----------
    answer : object
    departed, arrived : datetime
    tolerance : float
        Seconds; a frame comes every 1.7 s.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> start, end = pd.Timestamp("2031-05-05 08:40:14"), pd.Timestamp("2031-05-05 08:44:29")
    >>> [bool(check_travel_time(answer, start, end)) for answer in (255, pd.Timedelta("4min15s"), 4.25)]
    [True, True, False]
    """
    right = (pd.Timestamp(arrived) - pd.Timestamp(departed)).total_seconds()
    if hasattr(answer, "total_seconds"):
        answer = answer.total_seconds()
    seconds = read_number(answer, "the travel time")
    if abs(seconds - right) <= tolerance:
        return f"{right:.0f} s, read off two clocks."
    if abs(60 * seconds - right) <= tolerance:
        raise _Wrong(f"That is {seconds:g} minutes, and they are right: give it in seconds.")
    if abs(seconds + right) <= tolerance:
        raise _Wrong("The sign is wrong: take the later time minus the earlier.")
    side = "short" if seconds < right else "long"
    raise _Wrong(f"{seconds:g} s is too {side}. Read the times in the names of the two frames: HH.MM.SS.")


@_check
def check_threshold(answer, distances, same, tolerated=0.01):
    """The threshold that links at most a tolerated share of the different pairs, and as many same pairs as it can.

    Parameters
    ----------
    answer : object
    distances : array_like, shape (n,)
    same : array_like of bool, shape (n,)
    tolerated : float

    Returns
    -------
    Verdict
    """
    threshold = read_number(answer, "the threshold")
    distances, same = np.asarray(distances, float), np.asarray(same, bool)
    wrong, right = np.sort(distances[~same]), np.sort(distances[same])
    allowed = math.floor(tolerated * len(wrong) + 1e-9)
    limit = wrong[allowed] if allowed < len(wrong) else math.inf  # from here on, one different pair too many is linked
    linked = np.searchsorted(wrong, threshold, side="right") / len(wrong)
    found, best = np.searchsorted(right, threshold, side="right"), np.searchsorted(right, limit, side="left")
    said = f"At {threshold:.3g} it links {linked:.2%} of the different pairs".replace("%", " %")
    if threshold < 0:
        raise _Wrong(f"{threshold:g} is below every distance: nothing is linked. Distances begin at 0.")
    if linked > tolerated:
        raise _Wrong(
            f"{said}, more than {100 * tolerated:g} %: go lower. The first thing that roc_curve returns are these shares."
        )
    if found < best - max(1, 0.005 * len(right)):
        raise _Wrong(
            f"{said}, and finds {found} of {len(right)} same pairs; up to {100 * tolerated:g} % it could find {best}: go higher."
        )
    return f"{said}, and finds {found} of {len(right)} same pairs: {found / len(right):.0%}.".replace("%.", " %.")


@_check
def check_cosine_distance(answer, embeddings):
    """A function of two vectors that returns their cosine distance.

    Parameters
    ----------
    answer : callable
    embeddings : ndarray, shape (n, d)
        Vectors to try it on; the first few pairs are.

    Returns
    -------
    Verdict
    """
    if not callable(answer):
        raise _Wrong(f"Give the function itself, without calling it; this is a {type(answer).__name__}.")
    vectors = np.asarray(embeddings, float)[:6]
    for a, b in ((a, b) for k, a in enumerate(vectors) for b in vectors[k:]):
        right = float(cosine_distances(a[None], b[None])[0, 0])
        try:
            given = answer(a.copy(), b.copy())
        except (Exception, SystemExit) as error:
            raise _Wrong(f"Your function raised {_described(error)}. Try it on two rows of the embeddings.") from None
        if given is None or given is Ellipsis:
            raise _Wrong("Your function returns nothing yet: put the formula after `return`.")
        number = read_number(given, "what your function returns")
        if abs(number - right) > 1e-4:
            raise _Wrong(_cosine_hint(number, right, a, b))
    return "It agrees with cctview's on all pairs that were tried; the nearest vehicle is the one with the smallest."


def _cosine_hint(number, right, a, b):
    """What went wrong, by what came out."""
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    known = {
        "This is the cosine itself: 1 for the same direction. A distance is small for what is alike: subtract it from 1.": 1
        - right,
        "This is the dot product: divide it by the lengths of both vectors, then subtract it from 1.": (1 - right) * lengths,
        "The lengths are not taken out: divide the dot product by the lengths of both vectors.": 1 - (1 - right) * lengths,
        "This is the Euclidean distance (MED). The cosine looks at the directions only.": float(np.linalg.norm(a - b)),
        "This is the angle. The cosine distance is 1 minus its cosine.": math.acos(min(max(1 - right, -1), 1)),
    }
    for hint, value in known.items():
        if math.isclose(number, value, rel_tol=1e-4, abs_tol=1e-6):
            return hint
    return f"For the first pair that differs it gives {number:.4g}; right is {right:.4g}. The formula: 1 − a·b / (|a| |b|)."


@_check
def check_wrong_share(answer, links, sure=0.5):
    """Which share of the links of some trips is wrong.

    Parameters
    ----------
    answer : object
        A share, as for `check_share`.
    links : DataFrame
        Columns `probability` and `right`, as `cctview.trip.Finder.links` gives them.
    sure : float
        A candidate at least so probable is linked.

    Returns
    -------
    Verdict
    """
    number = read_number(answer, "the share")
    linked, right = links["probability"].to_numpy(float) >= sure, links["right"].to_numpy(bool)
    wrong, count = int((linked & ~right).sum()), int(linked.sum())
    share, tolerance = wrong / count, 0.0051

    def is_share(value):
        return abs(number - value) <= tolerance or abs(number / 100 - value) <= tolerance

    if is_share(share):
        return f"{wrong} of {count} links are wrong: {100 * share:.0f} % of what the system says it knows."
    if number == wrong:
        raise _Wrong(f"That is how many are wrong. Of how many links? Divide by {count}.")
    if is_share(1 - share):
        raise _Wrong("This is the share of the links that are right: what is left to 100 %.")
    if is_share(wrong / len(links)):
        raise _Wrong(f"You divided by all {len(links)} searches. Most of them link nothing: divide by the links only.")
    if is_share((~right).mean()):
        raise _Wrong(f"This counts first guesses that were not linked, too. Keep those with a probability of at least {sure:g}.")
    raise _Wrong(f"{number:g} is not it. Keep the rows with a probability of at least {sure:g}; of these, count those not right.")


@_check
def check_sureness(answer, links, tolerated=0.1):
    """From which probability on to link, so that at most a tolerated share of the links is wrong, and most are found.

    Parameters
    ----------
    answer : object
        A probability, 0 to 1, or in per cent as text.
    links : DataFrame
        As for `check_wrong_share`.
    tolerated : float

    Returns
    -------
    Verdict
    """
    sure = read_number(answer, "the probability")
    if not 0 <= sure <= 1:
        raise _Wrong(f"{sure:g} is no probability: it lies between 0 and 1.")
    order = np.argsort(-links["probability"].to_numpy(float), kind="stable")
    probability, right = links["probability"].to_numpy(float)[order], links["right"].to_numpy(bool)[order]
    found, count = np.cumsum(right), np.arange(1, len(right) + 1)
    ends = np.append(np.diff(probability) != 0, True)
    within = ends & (count - found <= tolerated * count + 1e-9)
    best = int(found[within].max(initial=0))
    linked = int((probability >= sure).sum())
    if not linked:
        raise _Wrong(f"At {sure:g} nothing is linked at all: go lower.")
    wrong = linked - int(found[linked - 1])
    said = f"At {sure:.3g} there are {linked} links, {wrong} of them wrong ({100 * wrong / linked:.0f} %)"
    if wrong > tolerated * linked + 1e-9:
        raise _Wrong(f"{said}, more than {100 * tolerated:g} %: go higher.")
    if linked - wrong < best - max(1, 0.02 * best):
        raise _Wrong(f"{said}. {linked - wrong} are right, and {best} could be: go lower.")
    return f"{said}: {linked - wrong} right links are left, of {int(right.sum())} first guesses that were right."
