"""Checks of the exercises on tracking, in notebook 05."""

import functools
import math
from itertools import combinations

import numpy as np

from cctview.course.checks.answers import Wrong, call, check, first_hint, read_number
from cctview.match import cosine_distances

_STEP = 0.01  # of the slider: an answer with two decimals is exact enough


@check
def check_threshold(answer, distances, same, tolerated=0.01):
    """The threshold that links most same pairs, and at most a tolerated share of different ones."""
    threshold = read_number(answer, "the threshold")
    distances, same = np.asarray(distances, float), np.asarray(same, bool)
    apart, alike = np.sort(distances[~same]), np.sort(distances[same])
    if not len(apart) or not len(alike):
        raise ValueError("there must be pairs of both kinds, same and different")

    def linked(pairs):
        return int(np.searchsorted(pairs, threshold, side="right"))

    allowed = math.floor(tolerated * len(apart) + 1e-9)
    # the greatest distance at which no more than the allowed pairs are linked
    right = float(apart[allowed]) if allowed < len(apart) else math.inf
    false, found = linked(apart), linked(alike)
    words = f"At {threshold:.3g} it links {false:,} of {len(apart):,} different pairs"
    if threshold < 0:
        raise Wrong(
            f"{threshold:g} is below every distance, so nothing is linked. Distances begin at 0."
        )
    best = int(np.searchsorted(alike, right, side="left"))
    mistakes = {
        "This is a quantile of all pairs. Only the different pairs can be false links, so leave out"
        " the same pairs.": np.quantile(distances, tolerated),
        "This is a quantile of the same pairs. False links are among the different pairs.": (
            np.quantile(alike, tolerated)
        ),
        f"At this threshold {1 - tolerated:.0%} of the different pairs are linked. Count from the"
        " small distances.": np.quantile(apart, 1 - tolerated),
        "`np.percentile` counts from 0 to 100. Use `np.quantile`, or multiply by 100.": (
            np.percentile(apart, tolerated)
        ),
        "This is how many pairs may be linked. Which distance has the last of them?": allowed,
        "This is the share of the pairs that may be linked. Which distance has the last of them?": (
            tolerated
        ),
    }
    near = functools.partial(math.isclose, threshold, rel_tol=1e-6)
    if not near(right) and (hint := first_hint(mistakes, near)):
        raise Wrong(hint)
    enough = false <= allowed and found >= best - max(1, 0.005 * len(alike))
    if enough or abs(threshold - right) <= _STEP:
        return f"{words}, and finds {found:,} of {len(alike):,} same pairs."
    if false > allowed:
        raise Wrong(f"{words}; {allowed:,} are tolerated, so it is too lax.")
    raise Wrong(
        f"{words}, and finds {found:,} of {len(alike):,} same pairs. {allowed:,} different pairs"
        f" are tolerated, and then it could find {best:,}: it is too strict."
    )


@check
def check_cosine_distance(answer, embeddings):
    """A function of two vectors that returns their cosine distance; tried on rows of (n, d)."""
    vectors = np.asarray(embeddings, float)[:6]
    pairs = list(combinations(vectors, 2))  # first: they tell most mistakes apart
    pairs += [(vectors[0], vectors[0]), (vectors[0], -vectors[0])]
    for a, b in pairs:
        right = float(cosine_distances(a[None], b[None])[0, 0])
        given = call(answer, a, b, hint=". Try it on two rows of the embeddings.")
        number = read_number(given, "what your function returns")
        if abs(number - right) > 0.0051:  # two decimals are exact enough
            raise Wrong(_cosine_hint(number, right, a, b))
    return (
        "It agrees with the one of cctview on all pairs that were tried. The nearest vehicle has"
        " the smallest."
    )


def _centred_distance(a, b):
    a, b = a - a.mean(), b - b.mean()
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return 1 - a @ b / lengths if lengths else math.nan


def _cosine_hint(number, right, a, b):
    """What went wrong, by what came out."""
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    cosine = 1 - right
    hints = {
        "For opposite directions it should be 2: leave the sign of the cosine as it is.": (
            1 - abs(cosine) if cosine < 0 else math.nan
        ),
        "This is the cosine itself: 1 for the same direction. A distance is small for what is"
        " similar: subtract it from 1.": cosine,
        "This is the dot product: divide it by the lengths of both vectors, then subtract it from"
        " 1.": cosine * lengths,
        "Both lengths belong below the line. Put them into brackets: a @ b / (... * ...).": (
            1 - cosine * np.linalg.norm(b) ** 2
        ),
        "You divide by one length only. Divide by the lengths of both vectors.": (
            1 - cosine * np.linalg.norm(b)
        ),
        "You add the lengths. Multiply them.": (
            1 - cosine * lengths / (np.linalg.norm(a) + np.linalg.norm(b))
        ),
        "The lengths are not taken out: divide the dot product by the lengths of both vectors.": (
            1 - cosine * lengths
        ),
        "This is the Euclidean distance (MED). The cosine looks at the directions only.": (
            np.linalg.norm(a - b)
        ),
        "This is 1 minus the correlation, which takes off the means first. The cosine does not.": (
            _centred_distance(a, b)
        ),
        "You divide by the squares of the lengths. Divide by the lengths.": 1 - cosine / lengths,
        "Subtract from 1 last: 1 - (a @ b / (... * ...)).": (1 - cosine * lengths) / lengths,
        "This is half of it: 2 for opposite directions.": right / 2,
        "This is the angle. The cosine distance is 1 minus its cosine.": (
            math.acos(min(max(cosine, -1), 1))
        ),
    }
    return first_hint(
        hints, lambda value: math.isclose(number, value, rel_tol=1e-4, abs_tol=1e-6)
    ) or (
        f"For the first pair that differs it gives {number:.4g}; right is {right:.4g}. The formula:"
        " 1 − a·b / (|a| |b|)."
    )
