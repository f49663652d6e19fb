"""What is fitted for finding trips: kept in a file, opened as it was, and a slice of the shipped
one fitted again.
"""

import numpy as np
import pandas as pd
import pytest

from cctview.course.stored import FINDER, finder_minutes, open_finder
from cctview.dataset.paths import DATA, RESULTS
from cctview.link.joint import fit_joint
from cctview.link.stored import LogRatios, compact_model, fingerprint, load_link_models
from cctview.link.trips import HALVES, TRIP_ORDER, fit_halves
from cctview.track import find_tracklets
from studio.studies.leakage import save_link_models
from tests.test_linking import road

DETECTIONS = pd.DataFrame({"id": ["a", "b", "c"]})


@pytest.fixture(scope="module")
def labelled():
    return road(120)


@pytest.fixture(scope="module")
def tracklets(labelled):
    return labelled[0]


@pytest.fixture(scope="module")
def models(labelled):
    return fit_halves(*labelled)


def test_ratios_asked_for_are_those_of_the_whole_table(tracklets, models):
    half = np.arange(len(tracklets)) % HALVES
    lazy, rows, columns = LogRatios(tracklets, models, half), [5, 2, 9, 4], [0, 7, 3]
    whole = [model.log_ratios(tracklets, np.arange(len(tracklets))) for model in models]
    expected = np.array([[whole[half[row]][row, column] for column in columns] for row in rows])
    np.testing.assert_allclose(lazy[np.ix_(rows, columns)], expected, atol=1e-5)


def test_what_is_kept_gives_the_ratios_of_the_joint_model(labelled):
    tracklets, labels = labelled
    fitted = np.flatnonzero(labels["vehicle"] % 2 == 0)
    model = fit_joint(tracklets.part(fitted), labels.iloc[fitted], TRIP_ORDER)
    step, rows = TRIP_ORDER[-1], np.array([0, 3, 8])
    expected = model.apply(tracklets, fitted).steps[step][rows]
    np.testing.assert_allclose(
        compact_model(model, tracklets, fitted, step).log_ratios(tracklets, rows),
        expected,
        atol=1e-4,
    )


def test_a_file_gives_back_what_was_fitted(tracklets, models, tmp_path):
    save_link_models(tmp_path / "finder.npz", models, [0, -1, 1], DETECTIONS)
    known, again, tracks = load_link_models(tmp_path / "finder.npz")
    assert known == fingerprint(DETECTIONS)
    assert tracks.tolist() == [0, -1, 1]
    for before, after in zip(models, again, strict=True):
        assert after.ratios == before.ratios
        assert after.travel_times == before.travel_times
        rows = np.arange(10)
        np.testing.assert_allclose(
            after.log_ratios(tracklets, rows), before.log_ratios(tracklets, rows), atol=0.02
        )


@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:200], lambda content: b"", lambda content: b"not a file at all"],
)
def test_a_damaged_file_is_named(models, tmp_path, damage):
    path = tmp_path / "finder.npz"
    save_link_models(path, models, [0], DETECTIONS)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"finder\.npz: cannot be read"):
        load_link_models(path)


def test_a_slice_of_the_shipped_finder():
    """The tracks of one camera, and one of the two models, fitted again; processors differ in the
    last digits.
    """
    from cctview.dataset.frames import open_dataset
    from cctview.track.tracker import track_detections
    from cctview.truth.labels import read_truth

    dataset, truth = open_dataset(DATA), read_truth(DATA)
    (detections, embeddings), (finder, judge) = finder_minutes(dataset), open_finder(dataset, truth)
    known, models, tracks = load_link_models(RESULTS / FINDER)
    assert known == fingerprint(detections), "make it anew: python -m studio results --only finder"
    sure = detections["percent"] >= 25
    here = np.flatnonzero((detections["camera"][sure] == finder.cameras[2]).to_numpy())
    rows = np.flatnonzero(sure.to_numpy())[here]
    again = (
        track_detections(detections.iloc[rows].reset_index(drop=True), embeddings[rows])
        .fillna(-1)
        .to_numpy(int)
    )
    pairs = pd.DataFrame({"again": again, "stored": tracks[here]}).value_counts()
    assert pairs.groupby("stored").max().sum() >= 0.98 * len(here)
    tracklets = find_tracklets(detections, embeddings, tracks=tracks)
    fitted = np.flatnonzero((judge.labels["vehicle"] >= 0).to_numpy() & (finder.half != 0))
    queries = np.flatnonzero(finder.half == 0)[:60]
    training = judge.labels.iloc[fitted].reset_index(drop=True)
    fresh = compact_model(
        fit_joint(tracklets.part(fitted), training, TRIP_ORDER), tracklets, fitted, TRIP_ORDER[-1]
    ).log_ratios(tracklets, queries)
    assert np.abs(fresh - models[0].log_ratios(tracklets, queries)).mean() < 0.02
