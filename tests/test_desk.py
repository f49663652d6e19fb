"""The operator's search: candidates by hand-made distances and likelihood ratios, with and without
filters.
"""

import numpy as np
import pandas as pd
import pytest

from cctview.course.app import travel_times
from cctview.dataset.frames import open_dataset
from cctview.dataset.paths import DATA
from cctview.investigate.evaluation import share_of_first_guesses
from cctview.investigate.search import (
    JOINT,
    MCD,
    MED,
    NotSearchable,
    SearchSettings,
    open_own_search,
)
from cctview.truth.labels import read_truth
from tests.desks import FIRST, SECOND, THIRD, detection, small_judge, small_search
from tests.scenes import found, write_scene

FREE = {"travel": False, "lanes": False}


@pytest.fixture
def search():
    return small_search()


def test_by_distance_the_most_alike_come_first(search):
    best = search.candidates(detection(8, FIRST), SearchSettings(MED, 6, **FREE))
    assert best["camera"].tolist() == [SECOND] * 3 + [THIRD] * 3
    assert best["id"].tolist()[:3] == [detection(vehicle, SECOND) for vehicle in (8, 7, 9)]
    np.testing.assert_allclose(best["distance"][:3], [0.03, 0.98, 4.04], atol=1e-5)
    assert small_judge().right(detection(8, FIRST), best["id"]).tolist() == [True, False, False] * 2
    assert best["probability"].isna().all()
    assert best["after"][0] == 30


def test_the_distance_is_that_which_was_asked_for(search):
    vectors = search.dataset.embeddings[[1, 4]].astype(float)
    cosine = 1 - vectors[0] @ vectors[1] / np.linalg.norm(vectors[0]) / np.linalg.norm(vectors[1])
    assert search.candidates(detection(8, FIRST), SearchSettings(MCD, 6, **FREE))["distance"][
        0
    ] == pytest.approx(cosine, abs=1e-6)


def test_travel_time_rules_out_what_cannot_have_driven_there(search):
    best = search.candidates(detection(7, FIRST), SearchSettings(MED, 6, travel=True, lanes=False))
    assert best["id"].tolist() == [
        detection(7, SECOND),
        detection(7, THIRD),
        detection(8, THIRD),
    ]  # lags of 30, 90 and 100 s


def test_lanes_rule_out_what_drives_the_other_way(search):
    search.groups.loc[3, "lane"] = 0.2  # 7 at the second camera
    best = search.candidates(detection(7, FIRST), SearchSettings(MED, 6, travel=False, lanes=True))
    assert detection(7, SECOND) not in set(best["id"])
    assert detection(8, SECOND) in set(best["id"])


def test_no_candidate_lies_outside_the_window(search):
    best = search.candidates(detection(7, FIRST), SearchSettings(MED, 0.6, **FREE))  # 36 s
    assert best["id"].tolist() == [detection(7, SECOND)]
    assert search.candidates(detection(7, FIRST), SearchSettings(MED, 0.1, **FREE)).empty


def test_the_joint_model_gives_the_finders_probabilities(search):
    best = search.candidates(detection(7, FIRST), SearchSettings(JOINT))
    _, posterior = search.finder.search([0], SECOND)
    np.testing.assert_allclose(best["probability"][:3], np.sort(posterior[0, :-1])[::-1])
    assert best["id"][3] == detection(8, THIRD)
    judged = small_judge().candidates(detection(7, FIRST), best)
    assert not judged["right"][3]


def test_first_guesses_agree_with_the_candidates(search):
    judge = small_judge()
    for settings in (SearchSettings(MED, 6, **FREE), SearchSettings(MED), SearchSettings(JOINT)):
        guesses = judge.first_guesses([0, 1, 2], settings).set_index(["query", "camera"])["right"]
        for group in (0, 1, 2):
            shown = search.groups["shown"][group]
            best = judge.candidates(shown, search.candidates(shown, settings, 1))
            best = best.set_index("camera")["right"]
            for camera in (SECOND, THIRD):
                assert guesses[group, camera] == bool(best.get(camera, False))


def test_the_share_right_is_the_mean_over_searches():
    guesses = pd.DataFrame({"query": [0, 0, 1, 1], "right": [True, True, True, False]})
    assert share_of_first_guesses(guesses)["estimate"] == 0.75


def test_what_is_no_vehicle_is_told_by_name(search):
    with pytest.raises(NotSearchable, match="detection 99 is no vehicle"):
        search.group_of("detection 99")


def test_frames_without_a_truth_have_distances_only(tmp_path):
    table, vectors = write_scene(tmp_path)
    search = open_own_search(open_dataset(tmp_path))
    assert search.own
    assert JOINT not in search.rankings.values()
    assert search.travel_times is None
    vehicles = table[table["type"] != "person"]
    pick, other = (
        vehicles[vehicles["camera"] == "1-N"].iloc[0],
        vehicles[vehicles["camera"] == "2-S"],
    )
    best = search.candidates(pick["id"], SearchSettings(MED))
    expected = np.linalg.norm(vectors[other.index] - vectors[pick.name], axis=1)
    np.testing.assert_allclose(best["distance"], np.sort(expected), rtol=1e-4)
    assert "right" not in best
    person = table.loc[table["type"] == "person", "id"].iloc[0]
    with pytest.raises(NotSearchable, match="pick another box"):
        search.group_of(person)


def test_frames_without_a_vehicle_are_told_what_to_do(tmp_path):
    write_scene(tmp_path, found(("person", 40.0, 2, 2, 9, 9)))
    with pytest.raises(ValueError, match="cctview detect"):
        open_own_search(open_dataset(tmp_path))


def test_travel_times_are_the_medians_of_the_truth():
    truth = read_truth(DATA)
    mean, spread = travel_times(truth).lags["S", FIRST, THIRD]
    south = truth.trips[truth.trips["direction"] == "S"]
    lag = (south[THIRD] - south[FIRST]).dt.total_seconds().dropna()
    assert np.exp(mean) == pytest.approx(lag.median(), rel=0.03)
    assert 0.03 < spread < 0.3
