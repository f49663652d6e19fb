"""Judges pictures rebuilt from vectors: do they look like the vehicle, and is it found by them?"""

import cv2
import numpy as np
import pandas as pd

from cctview.match import estimate_and_interval, share_ranked
from cctview.stats import bootstrap

TOP = 5
ROUNDS = 400


def structural_similarity(a: np.ndarray, b: np.ndarray) -> float:
    """Structural similarity (SSIM, Wang et al. 2004) of two pictures, mean over pixels and colours.

    Gaussian windows of deviation 1.5, as in the paper; scikit-image computes the same
    (``gaussian_weights=True, use_sample_covariance=False``), but would be one more package for ten
    lines.

    Parameters
    ----------
    a, b : ndarray of uint8, shape (h, w, 3)

    Returns
    -------
    float
        1 for equal pictures.
    """
    a, b = a.astype(np.float64), b.astype(np.float64)

    def smooth(image):
        return cv2.GaussianBlur(image, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT)

    mean_a, mean_b = smooth(a), smooth(b)
    variance_a, variance_b, covariance = (
        smooth(a * a) - mean_a**2,
        smooth(b * b) - mean_b**2,
        smooth(a * b) - mean_a * mean_b,
    )
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (
        (2 * mean_a * mean_b + c1)
        * (2 * covariance + c2)
        / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))
    )
    return float(similar[5:-5, 5:-5].mean())


def judge(
    pictures: dict[str, np.ndarray],
    true: np.ndarray,
    distances: dict[str, dict[str, np.ndarray]],
) -> pd.DataFrame:
    """Do pictures that were made from a vector show the vehicle?

    Parameters
    ----------
    pictures : dict of str to ndarray of uint8, shape (n, 32, 32, 3)
        By method; the first method's gain over the second is given too.
    true : ndarray of uint8, shape (n, 32, 32, 3)
        The pictures that the vectors were made from, one a vehicle.
    distances : dict of str to dict of str to ndarray, shape (n, n)
        By gallery and probe: from each vehicle's probe to each vehicle's picture in the gallery. A
        probe can be a method, or something else to compare with.

    Returns
    -------
    DataFrame
        Columns gallery, method, figure, estimate, low, high, vehicles. The figures are similarity
        (to the true picture; the gallery is "none"), and top-5: how often the vehicle's own picture
        is among the five nearest. For the intervals vehicles are drawn again, as probes and as
        candidates.

    Raises
    ------
    ValueError
        If there are too few vehicles to search among.
    """
    count = len(true)
    if count <= TOP:
        raise ValueError(
            f"expected more than {TOP} vehicles to search among, but there are {count}"
        )
    vehicles = np.arange(count)
    better, worse = list(pictures)[:2]
    rows = []
    for method, made in pictures.items():
        alike = np.array([structural_similarity(a, b) for a, b in zip(made, true, strict=True)])
        drawn = bootstrap(lambda part, alike=alike: alike[part].mean(), vehicles, ROUNDS).iloc[0]
        rows.append(("none", method, "similarity", *drawn))
    for gallery, probes in distances.items():
        found = {
            name: share_ranked(_ahead(d), vehicles, vehicles, TOP) for name, d in probes.items()
        }
        found["gain"] = found[better] - found[worse]
        rows += [
            (gallery, name, f"top-{TOP}", *estimate_and_interval(drawn))
            for name, drawn in found.items()
        ]
    columns = ["gallery", "method", "figure", "estimate", "low", "high"]
    return pd.DataFrame(rows, columns=columns).assign(vehicles=count)


def _ahead(distances):
    """1 where another is closer than the own one, which is on the diagonal, 0.5 where as close."""
    own = np.diag(distances)[:, None]
    ahead = (distances < own) + 0.5 * (distances == own)
    np.fill_diagonal(ahead, 0)
    return ahead
