"""How much speaks for some appearance features showing one vehicle."""

from dataclasses import dataclass

import numpy as np

_PRINCIPAL, _KEPT = 128, 48  # components of the features that are looked at, and that are kept
_SHRUNK = 0.1  # of the noise is taken to be alike in all dimensions
_FEWEST = 20  # vehicles with two tracklets
_IMAGES = 3  # with more the noise of a tracklet hardly shrinks further: its images are alike


@dataclass(frozen=True)
class Appearance:
    """Two-covariance model (PLDA: Prince and Elder 2007; in the diagonal form of Ioffe 2006).

    Each vehicle has a place y in the plane, and each of its tracklets lies there with noise of
    variance 1 in each dimension.

    Attributes
    ----------
    centre : ndarray of float32, shape (d,)
    plane : ndarray of float32, shape (d, k)
    between : ndarray of float32, shape (k,)
        Variance of y in each dimension. With one value for all the log ratio of a pair of unit
        vectors is linear in their cosine.
    trust : ndarray of float32, shape (3,)
        Factor of a tracklet of one, of two, and of more images: those of few are noisier.
    """

    centre: np.ndarray
    plane: np.ndarray
    between: np.ndarray
    trust: np.ndarray

    def project(self, features: np.ndarray, images: np.ndarray) -> np.ndarray:
        """Features (n, d) of so many images each, (n,), in the plane: (n, k)."""
        places = (features - self.centre) @ self.plane
        trust = self.trust[np.clip(images, 1, _IMAGES) - 1]
        projected: np.ndarray = (places * trust[:, None]).astype(np.float32)
        return projected

    def alone(self, places: np.ndarray) -> np.ndarray:
        """What each place takes off the log ratio of any set that it is in, (n,)."""
        share = self.between / (1 + self.between)
        alone: np.ndarray = 0.5 * (places**2 @ share)
        return alone

    def together(self, totals: np.ndarray, count: int) -> np.ndarray:
        """Log ratio of sets of `count` places, but for `alone` of each, by their sums, (n, k).

        The logarithm of p(x1 .. xm | one y) / (p(x1) .. p(xm)) is, in a dimension with variance b,
        -log(1 + m b) / 2 + m log(1 + b) / 2 + b (sum of x)^2 / (2 (1 + m b))
        - sum of x^2 b / (2 (1 + b)).
        """
        b = self.between
        constant = -0.5 * float((np.log1p(count * b) - count * np.log1p(b)).sum())
        ratio: np.ndarray = constant + 0.5 * (totals * totals) @ (b / (1 + count * b))
        return ratio

    def log_ratio(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Log likelihood ratios of all pairs of places, (n, m)."""
        weight = self.between / (1 + 2 * self.between)
        constant = self.together(np.zeros((1, len(self.between)), np.float32), 2)[0]
        one, two = (0.5 * (x**2 @ weight) - self.alone(x) for x in (first, second))
        ratio: np.ndarray = constant + (first * weight) @ second.T + one[:, None] + two
        return ratio


def fit_appearance(features: np.ndarray, vehicle: np.ndarray, images: np.ndarray) -> Appearance:
    """Fit on tracklets whose vehicle is known, or believed to be known.

    Parameters
    ----------
    features : ndarray, shape (n, d)
    vehicle : ndarray of int, shape (n,)
        -1: not known.
    images : ndarray of int, shape (n,)
        How many stand behind each.

    Raises
    ------
    ValueError
        If fewer than 20 vehicles have two tracklets.
    """
    from scipy.linalg import eigh
    from sklearn.decomposition import PCA

    known = vehicle >= 0
    features, images = features[known], images[known]
    code, count = np.unique(vehicle[known], return_inverse=True, return_counts=True)[1:]
    twice = count[code] > 1
    if (count > 1).sum() < _FEWEST:
        raise ValueError(
            f"{(count > 1).sum()} vehicles have two tracklets; at least {_FEWEST} are needed to fit"
            " on: take more minutes"
        )
    free = int(twice.sum() - (count > 1).sum())  # degrees of freedom of the noise
    components = min(_PRINCIPAL, max(_KEPT // 3, free // 4), known.sum() - 1, features.shape[1])
    principal = PCA(components, random_state=0).fit(features)
    places = principal.transform(features)
    means = np.zeros((len(count), components))
    np.add.at(means, code, places)
    off = (places - means[code] / count[code][:, None])[twice]
    within = off.T @ off / free
    within *= 1 - _SHRUNK
    within += _SHRUNK * np.trace(within) / components * np.eye(components)
    between, axes = eigh(np.cov(places.T) - within, within)
    kept = np.argsort(-between)[:_KEPT]
    noise = (off @ axes[:, kept]) ** 2 * (count / np.maximum(count - 1, 1))[code][twice][:, None]
    few = np.clip(images[twice], 1, _IMAGES)
    spread = [noise[few == number].mean() if (few == number).any() else 1.0 for number in (1, 2, 3)]
    return Appearance(
        principal.mean_.astype(np.float32),
        (principal.components_.T @ axes[:, kept]).astype(np.float32),
        np.maximum(between[kept], 1e-3).astype(np.float32),
        (1 / np.maximum(spread, 0.5)).astype(np.float32),
    )
