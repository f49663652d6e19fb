"""The stored results of attacks and defences: a slice of each table is measured again."""

import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cctview.attacks import infer_attribute, linkage
from cctview.dataset.paths import RESULTS
from cctview.defences import catalogue as defend
from cctview.defences import study as protection
from studio import results
from studio.studies import defence_study
from studio.studies.bench import bench as measured_looks

FIGURES = ["estimate", "low", "high"]


@functools.cache
def bench(images=False):
    return measured_looks(Path("data"), images)


def stored(name):
    path = RESULTS / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not made yet: python -m studio results")
    return pd.read_csv(path)


def test_the_command_line_names_the_tables():
    from studio import __main__ as command

    assert command.RESULTS == results.TABLES


def test_what_the_vectors_say_of_colour():
    table = stored("attributes")
    of = table[table.attribute == "family"].set_index("figure")[FIGURES]
    again = infer_attribute(bench(), "family").figures()
    np.testing.assert_allclose(again.loc[of.index, FIGURES], of, atol=0.02)


def test_what_defences_of_vectors_leave():
    table = stored("defences")
    wanted = [defend.DEFENCES[name] for name in ("key", "retention")]
    study = defence_study.DefenceStudy(bench())
    again = study.table(wanted, {"key": [64], "retention": [60]})
    both = again.merge(
        table, on=["defence", "strength", "tracker", "evidence"], suffixes=("", "_stored")
    )
    assert len(both) == 12
    assert (both.bits_by == both.bits_by_stored).all()
    np.testing.assert_allclose(both.bits, both.bits_stored, atol=0.05)
    np.testing.assert_allclose(both.rank1, both.rank1_stored, atol=0.02)
    uses = both[both.defence != "none"]
    np.testing.assert_allclose(uses.classification, uses.classification_stored, atol=0.05)
    np.testing.assert_allclose(uses.speeds, uses.speeds_stored, atol=0.02)


def test_one_defence_alone_gives_what_is_stored_of_it(tmp_path):
    table = results.one_defence("drop", tmp_path, Path("data"), (16,)).set_index(
        ["defence", "tracker"]
    )
    known = protection.stored().query("defence == 'drop' and strength == 16").set_index("tracker")
    for tracker in protection.TRACKERS:
        assert table.loc[("drop", tracker), "bits"] == pytest.approx(known.bits[tracker], abs=0.05)
    assert set(table.index.get_level_values(0)) == {"none", "drop"}
    with pytest.raises(ValueError, match="no defence 'dorp': choose from pixelate, blur"):
        results.one_defence("dorp", tmp_path, Path("data"))


def test_what_a_blur_leaves_a_tracker_off_the_shelf():
    """It needs no retrained extractor; and of each passage one picture only, the largest."""
    from cctview.defences.cloak import shipped_student
    from studio.training.train_defended import embedder

    row = (
        stored("defences")
        .query("defence == 'blur' and strength == 4 and tracker == 'off the shelf'")
        .iloc[0]
    )
    looks = bench(True)
    blurred = defend.DEFENCES["blur"].apply(
        looks.only(~looks.table.passing.duplicated().to_numpy()), 4, 0
    )
    learn, measured = (
        defence_study.StudiedAttack(embed=embedder(shipped_student())).see(blurred).split(seed=0)
    )
    again = defence_study.link_row(linkage.LinkageAttack().fit(learn).attack(measured))
    assert again["bits"] == pytest.approx(row.bits, abs=0.05)
    assert again["rank1"] == pytest.approx(row.rank1, abs=0.02)


def test_the_table_of_defences_is_whole():
    table = protection.stored()
    cases = table.groupby(["defence", "strength", "evidence"]).tracker.nunique()
    assert (cases == len(protection.TRACKERS)).all()
    assert table[list(protection.USES)].notna().all(axis=None)
    for defence in defend.DEFENCES.values():
        assert set(table[table.defence == defence.name].strength) == set(defence.strengths)


def test_a_popular_defence_fails_against_the_adaptive_tracker():
    cell = protection.stored().set_index(["defence", "strength", "tracker"])
    shelf, adaptive = (cell.loc[("key", 256, tracker)] for tracker in ("off the shelf", "adaptive"))
    assert shelf.bits_high < 0.1
    assert adaptive.bits_low > 1


@functools.cache
def inversion_again():
    return results.inversion(bench(True), (200,))


def test_what_is_rebuilt_from_vectors():
    of = stored("inversion").query("vehicles == 200").reset_index(drop=True)
    again = inversion_again()
    names = ["gallery", "method", "figure"]
    pd.testing.assert_frame_equal(again[names], of[names])
    np.testing.assert_allclose(again[FIGURES], of[FIGURES], atol=0.03)


def test_a_rebuilt_picture_shows_that_picture_and_a_vector_finds_that_vehicle():
    """What lesson 08 and the decoder's card say, from the stored table."""
    table = stored("inversion")
    found = table[table.vehicles == table.vehicles.max()].set_index(["gallery", "method"])
    very, elsewhere = found.loc["the very crop"], found.loc["a crop at another camera"]
    assert very.low["gain"] > 0
    assert elsewhere.low["gain"] < 0.02
    assert elsewhere.high["rebuilt picture"] < elsewhere.estimate["true crop"]
    assert elsewhere.low["vector itself"] > elsewhere.high["rebuilt picture"]
