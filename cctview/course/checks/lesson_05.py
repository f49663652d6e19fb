"""Checks of the exercises on tracking, in notebook 05."""

import math

import numpy as np

from cctview.course.checks.answers import Wrong, call, check, need_function, read_number
from cctview.match.distance import cosine_distances


@check
def check_threshold(answer, distances, same, tolerated=0.01):
    """The threshold that links at most a tolerated share of the different pairs, and as many same
    pairs as it can.

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
    limit = (
        wrong[allowed] if allowed < len(wrong) else math.inf
    )  # from here on, one different pair too many is linked
    linked = np.searchsorted(wrong, threshold, side="right") / len(wrong)
    found, best = (
        np.searchsorted(right, threshold, side="right"),
        np.searchsorted(right, limit, side="left"),
    )
    said = f"At {threshold:.3g} it links {linked:.2%} of the different pairs".replace("%", " %")
    if threshold < 0:
        raise Wrong(
            f"{threshold:g} is below every distance: nothing is linked. Distances begin at 0."
        )
    if linked > tolerated:
        raise Wrong(
            f"{said}, more than {100 * tolerated:g} %: go lower. The first thing that roc_curve"
            " returns are these shares."
        )
    if found < best - max(1, 0.005 * len(right)):
        raise Wrong(
            f"{said}, and finds {found} of {len(right)} same pairs; up to {100 * tolerated:g} % it"
            f" could find {best}: go higher."
        )
    return (
        f"{said}, and finds {found} of {len(right)} same pairs: {found / len(right):.0%}.".replace(
            "%.", " %."
        )
    )


@check
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
    need_function(answer)
    vectors = np.asarray(embeddings, float)[:6]
    for a, b in ((a, b) for k, a in enumerate(vectors) for b in vectors[k:]):
        right = float(cosine_distances(a[None], b[None])[0, 0])
        given = call(answer, a.copy(), b.copy(), hint=". Try it on two rows of the embeddings.")
        number = read_number(given, "what your function returns")
        if abs(number - right) > 1e-4:
            raise Wrong(_cosine_hint(number, right, a, b))
    return (
        "It agrees with cctview's on all pairs that were tried; the nearest vehicle is the one with"
        " the smallest."
    )


def _cosine_hint(number, right, a, b):
    """What went wrong, by what came out."""
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    known = {
        "This is the cosine itself: 1 for the same direction. A distance is small for what is alike: subtract it from 1.": (
            1 - right
        ),
        "This is the dot product: divide it by the lengths of both vectors, then subtract it from 1.": (
            (1 - right) * lengths
        ),
        "The lengths are not taken out: divide the dot product by the lengths of both vectors.": (
            1 - (1 - right) * lengths
        ),
        "This is the Euclidean distance (MED). The cosine looks at the directions only.": float(
            np.linalg.norm(a - b)
        ),
        "This is the angle. The cosine distance is 1 minus its cosine.": math.acos(
            min(max(1 - right, -1), 1)
        ),
    }
    for hint, value in known.items():
        if math.isclose(number, value, rel_tol=1e-4, abs_tol=1e-6):
            return hint
    return (
        f"For the first pair that differs it gives {number:.4g}; right is {right:.4g}. The formula:"
        " 1 − a·b / (|a| |b|)."
    )
