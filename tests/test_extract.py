"""The extractor: batches do not matter, sizes do not break it, and bad crops are named."""

import numpy as np
import pytest

from cctview.extract import Extractor
from cctview.extract.student import EMBEDDING_SIZE
from tests.scenes import picture


@pytest.fixture(scope="module")
def extractor():
    return Extractor()


def test_batches_do_not_change_the_embeddings(extractor):
    crops = [picture(k, 10 + 3 * k, 12 + 5 * k) for k in range(7)]
    together, by_two = extractor.extract(crops), extractor.extract(crops, batch=2)
    assert together.shape == (7, EMBEDDING_SIZE)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, by_two, atol=1e-3 * np.abs(together).max())
    assert np.linalg.norm(together[0] - together[1]) > 1


def test_embeddings_lie_in_the_stated_basis(extractor):
    mean, components = extractor.basis
    vectors = extractor.extract([picture(1), picture(2)])
    centred = vectors - mean
    np.testing.assert_allclose(
        centred @ components.T @ components, centred, atol=0.02 * np.abs(centred).max()
    )


def test_no_crops_give_no_embeddings(extractor):
    assert extractor.extract([]).shape == (0, EMBEDDING_SIZE)


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3))]
)
def test_a_bad_crop_is_named(extractor, bad):
    with pytest.raises(ValueError, match="crop 1: expected uint8"):
        extractor.extract([picture(1), bad])


def test_it_agrees_with_the_teacher_on_who_is_alike(extractor, real):
    """Stored teacher features of real crops: the student's angles between crops go with the
    teacher's.
    """
    from scipy.stats import spearmanr

    from cctview.dataset.frames import open_dataset

    stored = open_dataset(real / "sample")
    large = stored.detections[(stored.detections.x2 - stored.detections.x1) > 25]
    ours = extractor.extract([stored.crop(name) for name in large.id])
    pairs = np.triu_indices(len(large), 1)

    def angles(vectors):
        vectors = vectors - extractor.basis[0]
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return (unit @ unit.T)[pairs]

    assert spearmanr(angles(ours), angles(stored.embeddings[large.index])).statistic > 0.5
