"""Appearance features that were trained on no road, and what they say about a road's vehicles.

A network that was taught the simulated vehicles finds them again more often than real ones, so it
cannot say whether the two roads are equally hard. These features can: a thumbnail of the colours
and a histogram of the gradients, both computed by hand.
"""

import cv2
import numpy as np

from cctview.match import centre_by_camera

SIDE, CELLS, DIRECTIONS = 32, 4, 8  # gradients: pixels and cells a side; bins of direction


def lab_thumbnail(crop):
    """Eight by eight pixels in CIELAB, (192,) float32, of an RGB crop (h, w, 3) uint8."""
    small = cv2.resize(crop, (8, 8), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32).ravel() - 128


def gradients(crop):
    """Directions of the gradients in 4 by 4 cells, (128,) float32: a histogram of oriented
    gradients (Dalal and Triggs 2005) without blocks, of unit length.
    """
    small = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength, angle = np.hypot(dx, dy), np.arctan2(dy, dx) % np.pi
    direction = np.minimum((angle / np.pi * DIRECTIONS).astype(int), DIRECTIONS - 1)
    at = np.arange(SIDE) // (SIDE // CELLS)
    place = (at[:, None] * CELLS + at[None]) * DIRECTIONS + direction
    cells = np.bincount(place.ravel(), strength.ravel(), CELLS * CELLS * DIRECTIONS)
    cells = np.sqrt(cells)  # as RootSIFT: a single strong edge must not outweigh all others
    return (cells / (np.linalg.norm(cells) + 1e-9)).astype(np.float32)


FEATURES = {"Lab thumbnail": lab_thumbnail, "gradients": gradients}


def unit_centred(features, cameras):
    """Features (n, d) less their camera's mean, of unit length."""
    centred = centre_by_camera(features, cameras)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)


def participation_ratio(features):
    """How many directions the features (n, d) fill: (sum of the variances)² / sum of their squares,
    over the principal components. 1: all lie on a line; d: alike in all directions.
    """
    variances = np.linalg.eigvalsh(np.cov(features, rowvar=False))
    return float(variances.sum() ** 2 / (variances**2).sum())


def middle_lightness(crop):
    """Median lightness of the middle of a crop: CIELAB's L, 0–255 as OpenCV stores it."""
    return float(np.median(cv2.cvtColor(_middle(crop), cv2.COLOR_RGB2LAB)[..., 0]))


def is_coloured(crop, least=16.0):
    """Whether the middle of a crop is coloured: a quarter of its pixels have a chroma, after the
    crop's own cast is taken away, of at least `least` (CIELAB).
    """
    lab = cv2.cvtColor(crop, cv2.COLOR_RGB2LAB).astype(np.float32)[..., 1:]
    rim = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    chroma = np.linalg.norm(_middle(lab) - np.median(rim, axis=0), axis=-1)
    return float(np.percentile(chroma, 75) >= least)


def _middle(crop):
    rows, columns = crop.shape[:2]
    return np.ascontiguousarray(
        crop[rows // 5 : rows - rows // 5 or None, columns // 5 : columns - columns // 5 or None]
    )
