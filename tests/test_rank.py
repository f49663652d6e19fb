"""Centring by camera, and re-ranking against the paper's formulas written out as loops."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from cctview.match import centre_by_camera, k_reciprocal


def test_centring_takes_away_what_a_camera_adds():
    rng = np.random.default_rng(2)
    vehicles, cameras = rng.normal(size=(50, 8)), np.repeat(["N", "S"], 25)
    offset = np.where(cameras[:, None] == "N", 5.0, -3.0)
    np.testing.assert_allclose(
        centre_by_camera(vehicles + offset, cameras), centre_by_camera(vehicles, cameras), atol=1e-5
    )
    use = np.arange(50) % 2 == 0
    centred = centre_by_camera(vehicles, cameras, use)
    np.testing.assert_allclose(centred[(cameras == "N") & use].mean(axis=0), 0, atol=1e-6)
    with pytest.raises(ValueError, match="camera S: none"):
        centre_by_camera(vehicles, cameras, cameras == "N")
    with pytest.raises(ValueError, match="one camera"):
        centre_by_camera(vehicles, cameras[:3])


def k_reciprocal_by_loops(distances, n, k1, k2, lambda_value):
    """Zhong et al., equations 3 to 12, one element at a time."""
    old = distances**2 / (distances**2).max(axis=1, keepdims=True)
    count = len(old)
    ranking = np.argsort(old, axis=1, kind="stable")

    def reciprocal(i, k):
        return {j for j in ranking[i, : k + 1] if i in ranking[j, : k + 1]}

    encoded = np.zeros((count, count))
    for i in range(count):
        members = expanded = reciprocal(i, k1)
        for j in members:
            candidate = reciprocal(j, round(k1 / 2))
            if len(candidate & members) > 2 / 3 * len(candidate):
                expanded = expanded | candidate
        for j in expanded:
            encoded[i, j] = np.exp(-old[i, j])
        encoded[i] /= encoded[i].sum()
    encoded = np.array([encoded[ranking[i, :k2]].mean(axis=0) for i in range(count)])
    jaccard = np.zeros((n, count - n))
    for i in range(n):
        for j in range(n, count):
            low, high = (
                np.minimum(encoded[i], encoded[j]).sum(),
                np.maximum(encoded[i], encoded[j]).sum(),
            )
            jaccard[i, j - n] = 1 - low / high
    return (1 - lambda_value) * jaccard + lambda_value * old[:n, n:]


@pytest.mark.parametrize(
    ("k1", "k2", "lambda_value"),
    [(1, 1, 0.3), (6, 3, 0.3), (20, 6, 0.3), (7, 2, 0.0), (60, 60, 1.0)],
)
def test_k_reciprocal_follows_the_paper(k1, k2, lambda_value):
    rng = np.random.default_rng(k1)
    vehicles = rng.normal(size=(12, 5))
    points = np.repeat(vehicles, 4, axis=0) + 0.3 * rng.normal(size=(48, 5))
    rng.shuffle(points)
    distances = cdist(points, points)
    q_g, q_q, g_g = distances[:10, 10:], distances[:10, :10], distances[10:, 10:]
    expected = k_reciprocal_by_loops(distances, 10, k1, k2, lambda_value)
    np.testing.assert_allclose(
        k_reciprocal(q_g, q_q, g_g, k1, k2, lambda_value), expected, atol=1e-5
    )


def test_k_reciprocal_rejects_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="expected distances of shapes"):
        k_reciprocal(np.ones((2, 3)), np.ones((2, 2)), np.ones((4, 3)))
    with pytest.raises(ValueError, match="q_q_dist: expected vectors of 2"):
        k_reciprocal(np.ones((2, 3)), np.ones((3, 3)), np.ones((3, 3)))
