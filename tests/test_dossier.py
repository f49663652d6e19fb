"""Dossiers: built, joined, deleted and saved, by a search and a register whose every number is made
by hand.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cctview.course.register import ROLES, make_register
from cctview.dataset.paths import DATA
from cctview.investigate.dossier import MEMORY_ONLY, Drawer, check_name, save_dossier
from cctview.investigate.evaluation import join_step, measure_joins
from cctview.investigate.joins import FACTS, IN_REGISTER, join, posterior_of_join
from cctview.investigate.search import MED, SearchSettings
from cctview.privacy.meter import Bits, LeakageMeter, Step
from cctview.truth.labels import read_truth
from tests.desks import FIRST, SECOND, THIRD, detection, small_judge, small_register

PERMIT, GARAGE, PLATE = FACTS


@pytest.fixture
def judge():
    return small_judge()


@pytest.fixture
def dossier(judge):
    return judge.dossier(detection(7, FIRST), SearchSettings())


def test_one_click_holds_what_was_linked(dossier, judge):
    assert dossier.sightings["camera"].tolist() == [FIRST, SECOND, THIRD]
    assert dossier.sightings["right"].tolist() == [True, True, False]
    assert dossier.sightings["after"].tolist() == [0, 30, 100]
    assert f"{dossier.sightings['time'][2]:%H:%M:%S}" == "08:41:40"
    bits = judge.trips.links([0])[["claimed", "delivered"]].mean()
    assert (dossier.claimed, dossier.delivered) == pytest.approx(tuple(bits))
    assert dossier.read_off["type"] == ("taxi", 0.9)
    assert dossier.read_off["direction"][0] == "southbound"


def test_the_threshold_decides_what_is_linked(judge):
    assert judge.dossier(detection(7, FIRST), SearchSettings(), sure=0.99).sightings[
        "camera"
    ].tolist() == [FIRST]
    near = judge.dossier(detection(7, FIRST), SearchSettings(MED), sure=0.05).sightings
    assert near["id"].tolist() == [detection(7, FIRST), detection(7, SECOND)]
    assert near["probability"].isna().all()


def test_a_dossier_is_a_number_until_it_is_named(dossier):
    assert dict(dossier.lines())["who"] == "vehicle 1, no name"
    assert "nothing says" in dict(replace(dossier, claimed=np.nan).lines())["how sure"]


def test_a_permit_weighs_type_and_colour_alone(dossier):
    shares = posterior_of_join(dossier, small_register(), PERMIT)
    np.testing.assert_allclose(
        shares, [*(IN_REGISTER * np.array([0.9, 0.9, 0.1]) / 1.9), 1 - IN_REGISTER]
    )


def test_a_plate_read_where_it_was_picked_names_it(dossier):
    joined = join(dossier, small_register(), PLATE, seconds=2)
    assert joined.name.holder == "the piano tuner, no. 0001"
    assert joined.name_right
    assert joined.name.fitting == 1
    assert joined.name.probability == pytest.approx(IN_REGISTER)
    assert dict(joined.lines())["who"] == "vehicle 1 = the piano tuner, no. 0001?"


def test_a_false_link_is_passed_on_to_the_name(dossier):
    joined = join(dossier, small_register(), PLATE, THIRD, seconds=2)
    assert joined.name.holder == "the beekeeper, no. 0002"
    assert joined.name_right is False
    assert joined.name.probability == pytest.approx(
        IN_REGISTER * dossier.sightings["probability"][2]
    )


def test_clocks_that_are_far_apart_let_sisters_in(dossier):
    shares = posterior_of_join(dossier, small_register(), PLATE, seconds=15)
    np.testing.assert_allclose(shares, [IN_REGISTER / 2, IN_REGISTER / 2, 0, 1 - IN_REGISTER])


def test_a_garage_is_compared_with_the_last_sighting(dossier):
    shares = posterior_of_join(dossier, small_register(), GARAGE, seconds=2)
    assert shares[1] > 0
    assert shares[0] == shares[2] == 0


def test_nobody_is_named_without_a_sighting_to_compare(judge):
    lonely = judge.dossier(detection(7, FIRST), SearchSettings(), sure=0.99)
    joined = join(lonely, small_register(), PLATE, THIRD)
    assert joined.name.holder is None
    assert "nobody" in dict(joined.lines())["the join"]
    with pytest.raises(ValueError, match="no outside fact 'gossip'"):
        posterior_of_join(lonely, small_register(), "gossip")


def test_nobody_on_frames_of_ones_own_is_named_from_an_invented_register(dossier):
    with pytest.raises(ValueError, match="invented"):
        join(replace(dossier, own=True), small_register(), PLATE)


def test_joins_are_counted_and_their_bits_are_those_of_the_posterior(judge, dossier):
    others = judge.dossier(detection(8, FIRST), SearchSettings())
    table = measure_joins([dossier, others], small_register(), PLATE)
    assert table["named"].tolist() == [True, True]
    assert table["right"].tolist() == [True, True]
    assert table["delivered"].tolist() == pytest.approx([np.log2(2e6 * IN_REGISTER)] * 2)
    wrong = measure_joins([dossier], small_register(), PLATE, THIRD)
    assert wrong["named"].all()
    assert not wrong["right"].any()
    assert wrong["delivered"][0] < 0 < wrong["claimed"][0]


def test_the_meters_step_is_what_the_join_adds():
    meter = LeakageMeter("a taxi", 2_000_000).after(Step("linked", Bits(10, 9, 11)))
    joins = pd.DataFrame({"delivered": [17.0, 19.0], "right": [True, True]})
    step = join_step(joins, meter)
    assert step.bits.estimate == pytest.approx(8)
    assert step.right.estimate == 1
    assert step.right.low == pytest.approx(0.342, abs=1e-3), "two of two are no certainty (Wilson)"
    again = meter.after(step).after(Step("blurred", Bits(-1, -1, -1)))
    assert join_step(joins, again) == step


def test_a_dossier_is_saved_whole_and_says_that_it_is_simulated(dossier, tmp_path):
    content = json.loads(save_dossier(dossier, tmp_path / "one.json").read_text())
    assert content["note"].startswith("SIMULATED")
    assert [row["camera"] for row in content["sightings"]] == [FIRST, SECOND, THIRD]
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"]


def test_a_dossier_on_real_frames_is_never_written(dossier, tmp_path):
    with pytest.raises(ValueError, match="memory only"):
        save_dossier(replace(dossier, own=True), tmp_path / "one.json")
    assert not list(tmp_path.iterdir())
    assert "real people" in MEMORY_ONLY


def test_nothing_that_is_there_is_overwritten(dossier, tmp_path):
    (tmp_path / "thesis.json").write_text("three years of work")
    (tmp_path / "link.json").symlink_to("elsewhere.json")
    for name in ("thesis.json", "link.json", "."):
        with pytest.raises(FileExistsError, match="left as it is.* dossier-1.json"):
            save_dossier(dossier, tmp_path / name)
    assert (tmp_path / "thesis.json").read_text() == "three years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "thesis.json"]


ELSEWHERE = ["../a.json", "/a.json", "a/b.json", "a\\b.json", "~.json", "C:a.json"]
NO_NAMES = ["", ".json", "a.json:b", "thesis.docx", "a\n.json", "a\0.json", "-rf.json"]


@pytest.mark.parametrize("name", [*ELSEWHERE, *NO_NAMES])
def test_a_name_leads_to_no_other_folder(name):
    with pytest.raises(ValueError, match="no folder"):
        check_name(name)


def test_deleting_takes_the_files_along_and_says_what_is_left(dossier, tmp_path):
    drawer = Drawer()
    drawer.keep(dossier)
    path = drawer.save(1, tmp_path / "one.json")
    said = drawer.delete(1)
    assert not path.exists()
    assert drawer.dossiers == {}
    assert "1 file" in said
    assert "the same click builds it again" in said
    assert "no dossier" in drawer.delete(1)


def test_deleting_all_takes_the_files_of_former_dossiers_along(dossier, tmp_path):
    drawer = Drawer()
    drawer.keep(dossier)
    paths = [drawer.save(1, tmp_path / f"{k}.json") for k in range(4)]
    drawer.dossiers.pop(1)
    drawer.keep(replace(dossier, number=2))
    paths[1].write_text("changed by hand")
    paths[2].unlink()
    said = drawer.delete_all()
    assert said.startswith("Dossier 2 deleted. 2 files deleted: 0.json, 3.json. The frames")
    assert f"{paths[1]} was changed since, and is still there." in said
    assert f"{paths[2]} was moved or deleted already." in said
    assert [path.name for path in tmp_path.iterdir()] == ["1.json"]
    assert drawer.delete_all() == "There is no dossier to delete."


def test_a_file_that_cannot_be_deleted_is_named_and_tried_again(dossier, tmp_path, monkeypatch):
    drawer = Drawer()
    drawer.keep(dossier)
    path = drawer.save(1, tmp_path / "one.json")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        assert f"{path} could not be deleted (in use)" in drawer.delete(1)
    assert path.exists()
    assert drawer.delete_all().startswith("1 file deleted: one.json.")
    assert not path.exists()


def refuse(*_, **__):
    raise PermissionError(13, "in use")


def test_the_register_is_invented_and_holds_every_vehicle_once():
    truth = read_truth(DATA)
    register = make_register(truth)
    assert set(register["vehicle"]) == set(truth.trips["vehicle"])
    assert register["holder"].is_unique
    pattern = re.compile(rf"the ({'|'.join(ROLES)}), no\. \d{{4}}")
    assert all(pattern.fullmatch(holder) for holder in register["holder"])
    row = register[register["vehicle"] == 1].iloc[0]
    trip = truth.trips.set_index("vehicle").loc[1]
    assert abs((row[FIRST] - trip[FIRST]).total_seconds()) < 5
    assert row["garage"] == trip["left"]
