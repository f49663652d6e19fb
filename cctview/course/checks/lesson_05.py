"""Checks of the exercises on tracking, in notebook 05."""

import math

import numpy as np

from cctview.course.checks.answers import Wrong, call, check, first_hint, read_number
from cctview.match import cosine_distances


@check
def check_threshold(answer, distances, same, tolerated=0.01):
    """The threshold that links most same pairs, and at most a tolerated share of different ones."""
    threshold = read_number(answer, "the threshold")
    distances = np.asarray(distances, float)
    same = np.asarray(same, bool)
    different_pairs = np.sort(distances[~same])
    same_pairs = np.sort(distances[same])
    if not len(different_pairs) or not len(same_pairs):
        raise ValueError("there must be pairs of both kinds, same and different")
    allowed = math.floor(tolerated * len(different_pairs) + 1e-9)
    # From here on, one different pair too many is linked.
    limit = different_pairs[allowed] if allowed < len(different_pairs) else math.inf
    linked = np.searchsorted(different_pairs, threshold, side="right") / len(different_pairs)
    found = np.searchsorted(same_pairs, threshold, side="right")
    best = np.searchsorted(same_pairs, limit, side="left")
    result = f"At {threshold:.3g} it links {100 * linked:.2f} % of the different pairs"
    if threshold < 0:
        raise Wrong(
            f"{threshold:g} is below every distance: nothing is linked. Distances begin at 0."
        )
    if linked > tolerated:
        raise Wrong(
            f"{result}, more than {100 * tolerated:g} %: go lower. The first thing that roc_curve"
            " returns are these shares."
        )
    result += f", and finds {found} of {len(same_pairs)} same pairs"
    if found < best - max(1, 0.005 * len(same_pairs)):
        raise Wrong(f"{result}; up to {100 * tolerated:g} % it could find {best}: go higher.")
    return f"{result}: {100 * found / len(same_pairs):.0f} %."


@check
def check_cosine_distance(answer, embeddings):
    """A function of two vectors that returns their cosine distance; tried on rows of (n, d)."""
    vectors = np.asarray(embeddings, float)[:6]
    for a, b in ((a, b) for k, a in enumerate(vectors) for b in vectors[k:]):
        right = float(cosine_distances(a[None], b[None])[0, 0])
        given = call(answer, a, b, hint=". Try it on two rows of the embeddings.")
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
    cosine = 1 - right
    hints = {
        "This is the cosine itself: 1 for the same direction. A distance is small for what is"
        " alike: subtract it from 1.": cosine,
        "This is the dot product: divide it by the lengths of both vectors, then subtract it from"
        " 1.": cosine * lengths,
        "The lengths are not taken out: divide the dot product by the lengths of both vectors.": (
            1 - cosine * lengths
        ),
        "This is the Euclidean distance (MED). The cosine looks at the directions only.": (
            np.linalg.norm(a - b)
        ),
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
