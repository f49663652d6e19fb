"""Judges pictures rebuilt from vectors: do they look like the vehicle, and is it found by them?"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pandas as pd

from cctview.attacks.inversion import resize_crops
from cctview.match import cosine_distances
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
    crops: Sequence[np.ndarray],
    rebuilt: dict[str, np.ndarray],
    vehicles: np.ndarray,
    embed: Callable,
    gallery: int = 200,
    seed: int = 0,
):
    """Judge rebuilt pictures: do they look like the vehicle, and does an independent extractor find
    it by them?

    Parameters
    ----------
    crops : sequence of ndarray of uint8, shape (h, w, 3)
        The true pictures, one a vehicle; they are also the gallery.
    rebuilt : dict of str to ndarray of uint8, shape (n, 32, 32, 3)
        By method.
    vehicles : ndarray, shape (n,)
    embed : callable
        ``embed(pictures)`` of an extractor other than the one that made the vectors.
    gallery : int
        Among so many vehicles each is looked for; fewer if there are fewer.
    seed : int

    Returns
    -------
    DataFrame
        Index method and figure (similarity, top-5); columns estimate, low, high (by drawing
        vehicles again), gallery.

    Raises
    ------
    ValueError
        If vehicles repeat, or there are too few to search among.
    """
    vehicles = np.asarray(vehicles)
    if len(set(vehicles)) != len(vehicles):
        raise ValueError("expected one picture a vehicle; keep each vehicle's largest")
    if len(vehicles) <= TOP:
        raise ValueError(
            f"expected more than {TOP} vehicles to search among, but there are {len(vehicles)}"
        )
    rows = np.random.default_rng(seed).permutation(len(vehicles))[:gallery]
    true = resize_crops([crops[k] for k in rows])
    gallery_vectors = embed([crops[k] for k in rows])
    tables = {}
    for method, pictures in rebuilt.items():
        distances = cosine_distances(embed(list(pictures[rows])), gallery_vectors)
        own = np.diag(distances)[:, None]
        rank = 1 + (distances < own).sum(axis=1) + ((distances == own).sum(axis=1) - 1) / 2
        values = np.column_stack(
            [
                [structural_similarity(a, b) for a, b in zip(pictures[rows], true, strict=True)],
                rank <= TOP,
            ]
        )
        figures = bootstrap(
            lambda part, values=values: values[part].mean(axis=0), np.arange(len(rows)), ROUNDS
        )
        tables[method] = figures.set_axis(["similarity", f"top-{TOP}"]).assign(gallery=len(rows))
    return pd.concat(tables, names=["method", "figure"])
