"""Galleries as large as one likes that are spread as the simulation's embeddings are: drawn from a
mixture fitted to those.
"""

from pathlib import Path

import numpy as np

from cctview.dataset import open_dataset
from cctview.extract import Extractor

DATA = Path(__file__).resolve().parents[1] / "data"
DRAWN_AT_ONCE = 1 << 16
FITTED_ON = 3000


class Mixture:
    """Normal distributions with centres of their own and one covariance, fitted by expectation and
    maximisation.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    components : int, optional
        How many; by default one to 80 vectors, at most 32.
    """

    def __init__(self, vectors, components=None):
        from sklearn.mixture import GaussianMixture

        components = components or min(max(len(vectors) // 80, 1), 32)
        sample = np.random.default_rng(0).permutation(len(vectors))[:FITTED_ON]
        fitted = GaussianMixture(
            components,
            covariance_type="tied",
            reg_covar=0.01 * vectors.var(axis=0).mean(),
            tol=0.05,
            random_state=0,
        ).fit(vectors[sample])
        self.weights, self.means = fitted.weights_, fitted.means_.astype(np.float32)
        self.root = np.linalg.cholesky(fitted.covariances_).astype(np.float32)

    def draw(self, count, seed):
        """Vectors drawn at random, (count, d) float32."""
        rng, drawn = np.random.default_rng(seed), np.empty((count, self.means.shape[1]), np.float32)
        for start in range(0, count, DRAWN_AT_ONCE):
            part = drawn[start : start + DRAWN_AT_ONCE]
            part[:] = self.means[
                rng.choice(len(self.weights), len(part), p=self.weights / self.weights.sum())
            ]
            part += rng.standard_normal(part.shape, np.float32) @ self.root.T
        return drawn


def simulated_coordinates(folder=DATA):
    """The embeddings of a build of the simulation, as coordinates on the student's 256 components,
    (n, 256) float32.
    """
    embeddings = open_dataset(folder).embeddings
    mean, components = Extractor().basis
    return ((embeddings[np.isfinite(embeddings).all(axis=1)] - mean) @ components.T).astype(
        np.float32
    )


def nearness(vectors, queries):
    """Median distance of the queries' tenth nearest, as a share of the median distance: how
    clustered a gallery is.
    """
    from cctview.match import euclidean_distances

    distances = euclidean_distances(queries, vectors)
    return float(np.median(np.partition(distances, 9, axis=1)[:, 9]) / np.median(distances))
