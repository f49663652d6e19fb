"""Indexes against a full sort, and against exact search."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from cctview.search import KINDS, build_index, measure_kinds, principal_coordinates, recall

METRICS = {"med": "euclidean", "mcd": "cosine"}


def clustered(count, dimensions=16, seed=0):
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(20, dimensions))
    return centres[rng.integers(20, size=count)] + 0.4 * rng.normal(size=(count, dimensions))


GALLERY, QUERIES = clustered(3000), clustered(40, seed=1)


def check_is_a_full_sort(indices, distances, metric, gallery=GALLERY):
    exact = cdist(QUERIES, gallery, metric)
    np.testing.assert_array_equal(indices, np.argsort(exact, axis=1)[:, : indices.shape[1]])
    np.testing.assert_allclose(
        distances, np.sort(exact, axis=1)[:, : indices.shape[1]], rtol=1e-3, atol=1e-5
    )


@pytest.mark.parametrize("distance", METRICS)
@pytest.mark.parametrize("kind", KINDS)
def test_with_all_effort_a_search_is_a_full_sort(kind, distance):
    index = build_index(GALLERY, kind, distance)
    index.shortlist = 3000 // 7
    check_is_a_full_sort(*index.search(QUERIES, 7, effort=3000), METRICS[distance])
    check_is_a_full_sort(*index.exact(QUERIES, 7), METRICS[distance])


@pytest.mark.parametrize("kind", ["ivfpq", "hnsw"])
def test_recall_is_what_counting_says_and_grows_with_effort(kind):
    index = build_index(GALLERY, kind)
    index.shortlist = 50
    exact = np.argsort(cdist(QUERIES, GALLERY), axis=1)[:, :10]
    reported = []
    for effort in (1, 4, 512):
        found = index.search(QUERIES, 10, effort)[0]
        counted = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, exact, strict=True)])
        reported.append(index.recall(QUERIES, 10, effort))
        assert reported[-1].estimate == pytest.approx(counted)
        assert reported[-1].low <= counted <= reported[-1].high
    assert reported[0].estimate < reported[-1].estimate >= 0.99
    assert (
        index.tune(QUERIES, wanted=0.95).estimate
        >= 0.95
        > index.recall(QUERIES, effort=index.effort // 2).estimate
    )


def test_of_duplicates_the_lower_row_comes_first():
    index = build_index(np.tile(np.arange(4.0)[:, None], (10, 1)))
    indices, distances = index.search([[1.0]], 12)
    assert indices[0].tolist() == [*range(1, 40, 4), 0, 2]
    assert distances[0].tolist() == [0.0] * 10 + [1.0] * 2


def test_vectors_added_later_are_found():
    for kind in KINDS:
        index = build_index(GALLERY[:2000], kind)
        index.shortlist = 100
        index.add(GALLERY[2000:].astype(np.float16))
        assert len(index) == 3000
        assert (
            index.search(GALLERY[2000:2040], 1, effort=500)[0].ravel() == np.arange(2000, 2040)
        ).all()


def test_where_fewer_than_k_are_found_the_rest_is_marked():
    index = build_index(GALLERY, "ivfpq", cells=60)
    indices, distances = index.search(QUERIES, 500, effort=1)
    assert (indices == -1).any()
    assert ((indices == -1) == np.isinf(distances)).all()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="unknown kind"):
        build_index(GALLERY, "annoy")
    with pytest.raises(ValueError, match="unknown distance"):
        build_index(GALLERY, "flat", "rscr")
    with pytest.raises(ValueError, match="take flat"):
        build_index(GALLERY[:30], "ivfpq")
    with pytest.raises(ValueError, match="vectors: row 5 is all zeros"):
        build_index(np.vstack([GALLERY[:5], np.zeros(16)]), "flat", "mcd")
    index = build_index(GALLERY)
    with pytest.raises(ValueError, match="queries: expected vectors of 16"):
        index.search(np.ones((1, 3)), 1)
    with pytest.raises(ValueError, match="1 <= k <= m"):
        index.search(QUERIES, 3001)
    with pytest.raises(ValueError, match="one shape"):
        recall([[1, 2]], [[1]])


def test_principal_coordinates_keep_the_distances_of_what_spans_few_directions():
    rng = np.random.default_rng(2)
    vectors = (rng.normal(size=(300, 12)) @ rng.normal(size=(12, 40)) + 3).astype(np.float32)
    places = principal_coordinates(vectors, count=12)
    assert places.shape == (300, 12)
    assert pdist(places) == pytest.approx(pdist(vectors), rel=1e-3)


def test_every_kind_is_measured():
    vectors = np.random.default_rng(0).normal(size=(600, 16)).astype(np.float32)
    table = measure_kinds(vectors[50:], vectors[:50], k=5, distance="med")
    assert list(table.index) == list(KINDS)
    assert table.loc["flat", "recall"] == 1
    assert (table[["milliseconds", "build_seconds"]] > 0).all().all()
    assert table.loc["flat", "bytes"] == 4 * 16 > table.loc["ivfpq", "bytes"]
