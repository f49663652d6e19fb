"""Trackers and the table against hand-computed and constructed cases."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cctview.attacks import linkage
from cctview.attacks.crops import LabelledCrops
from cctview.defences import catalogue as defend
from cctview.defences import study as protection
from cctview.privacy.meter import Bits, LeakageMeter, Step
from studio.studies import defence_study
from tests.test_defend import labelled_crops


def with_labels(data):
    """Bodies that the first coordinate tells, for the usefulness of classification."""
    body = np.where(data.vectors[:, 0] > 0, "van", "sedan")
    first = pd.Series(body).groupby(data.table.vehicle.to_numpy()).transform("first").to_numpy()
    table = data.table.assign(body=first, direction="S", length=4.5, size=20.0)
    vectors = data.vectors.copy()
    vectors[:, 0] = np.where(first == "van", 3, -3) + 0.1 * vectors[:, 0]
    return LabelledCrops(table, vectors, data.windows, data.inside)


@pytest.fixture(scope="module")
def bench():
    return with_labels(labelled_crops(n=160, cameras=3, dimensions=24, seed=1, images=False))


def test_bits_and_rank_by_hand():
    """Two candidates at cosines 1 and 0, temperature 1/ln 3: the true one has p = 3/4."""
    table = pd.DataFrame(
        {"vehicle": [1, 1, 2], "camera": ["a", "b", "b"], "passing": [0, 1, 2], "seconds": 0.0}
    )
    data = LabelledCrops(table, np.array([[1, 0], [1, 0], [0, 1]], np.float32))
    links = linkage.LinkageAttack(temperature=1 / np.log(3)).attack(data)
    assert links[["vehicle", "gallery", "first"]].to_numpy().tolist() == [[1, 2, 1.0]]
    assert links.bits[0] == pytest.approx(np.log2(2 * 0.75))


def test_equal_candidates_share_the_first_place():
    table = pd.DataFrame(
        {
            "vehicle": [1, 1, 2, 3],
            "camera": ["a", "b", "b", "b"],
            "passing": range(4),
            "seconds": 0.0,
        }
    )
    links = linkage.LinkageAttack().attack(LabelledCrops(table, np.ones((4, 2), np.float32)))
    assert links["first"][0] == pytest.approx(1 / 3)
    assert links.bits[0] == pytest.approx(0)


def test_what_is_deleted_gives_nothing():
    table = pd.DataFrame(
        {
            "vehicle": [1, 1, 2, 2],
            "camera": ["a", "b", "a", "b"],
            "passing": range(4),
            "seconds": [0.0, 30.0, 0.0, 300.0],
        }
    )
    data = LabelledCrops(table, np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32))
    links = linkage.LinkageAttack().attack(defend.retain(data, 60)).set_index("vehicle")
    assert links.loc[1, "bits"] > 0
    assert links.loc[1, "first"] == 1
    assert links.loc[2, "bits"] == 0
    assert links.loc[2, "first"] == 0


def test_the_clock_alone_finds_vehicles_at_a_steady_speed():
    rng = np.random.default_rng(0)
    start = 10_000 * rng.random(80)
    table = pd.DataFrame(
        {
            "vehicle": np.tile(np.arange(80), 2),
            "camera": np.repeat(["a", "b"], 80),
            "passing": range(160),
        }
    )
    table["seconds"] = np.concatenate([start, start + rng.normal(100, 5, 80)])
    data = LabelledCrops(table, rng.normal(size=(160, 8)).astype(np.float32))
    learn, measured = data.split(seed=0)
    attack = linkage.LinkageAttack().fit(learn)
    assert attack.attack(measured).bits.mean() < 0.3
    assert attack.attack(measured, clock=True).bits.mean() > 3
    assert attack.attack(defend.coarsen(measured, 3000), clock=True).bits.mean() < 3


def test_bits_do_not_exceed_the_gallery_and_vanish_with_the_signal(bench):
    learn, measured = bench.split()
    attack = linkage.LinkageAttack().fit(learn)
    links = attack.attack(measured)
    assert (links.bits <= np.log2(links.gallery) + 1e-9).all()
    assert links.bits.mean() > 4
    noisy = LabelledCrops(
        bench.table, np.random.default_rng(3).normal(size=bench.vectors.shape).astype(np.float32)
    )
    learn, measured = noisy.split()
    assert abs(linkage.LinkageAttack().fit(learn).attack(measured).bits.mean()) < 0.2


def test_the_table_of_defences(bench):
    wanted = [defend.DEFENCES[name] for name in ("noise", "key", "retention")]
    table = defence_study.DefenceStudy(bench).table(
        wanted, {"noise": [30, 1e5], "key": [24], "retention": [10]}
    )
    assert list(table.columns) == defence_study.COLUMNS
    assert len(table) == 3 * (2 + 2 + 1 + 1)
    assert (table.bits_low <= table.bits).all()
    assert (table.bits <= table.bits_high).all()
    cell = table.set_index(["defence", "strength", "tracker"]).bits
    shelf = "off the shelf"
    assert cell["noise", 30, shelf] < 1 < 4 < cell["noise", 1e5, shelf]
    assert cell["key", 24, shelf] < 0.3
    assert cell["key", 24, "adaptive"] > 2, "a key a camera must fall to known pairs"
    assert table.usefulness.between(0, 1).all()
    noise = table[table.defence == "noise"].groupby("strength").usefulness.first()
    assert noise[30] < noise[1e5]


def test_who_has_pictures_may_retrain_even_without_a_defence(bench):
    """An extractor that sees nothing, and a retrained one that sees each vehicle's colour."""
    rng = np.random.default_rng(0)
    colours = rng.integers(40, 216, (bench.table.vehicle.max() + 1, 3))
    windows = tuple(
        np.full((8, 8, 3), colours[vehicle], np.uint8) for vehicle in bench.table.vehicle
    )
    data = replace(bench, windows=windows, inside=np.tile([0, 0, 8, 8], (len(bench), 1)))

    def blind(crops):
        return rng.normal(size=(len(crops), 3)).astype(np.float32)

    def sees(crops):
        return (
            np.stack([crop[0, 0] - 128.0 for crop in crops]) + rng.normal(size=(len(crops), 3))
        ).astype(np.float32)

    _, rows = defence_study.DefenceStudy(
        data, blind, retrained=lambda defence, strength: sees
    ).undefended(("pixels", "vectors"))
    bits = rows.set_index(["evidence", "tracker"]).bits
    assert abs(bits["pictures", "off the shelf"]) < 0.3 < 2 < bits["pictures", "retrained"]
    assert bits["pictures", "adaptive"] > 2
    assert bits["vectors", "off the shelf"] > 4, "vectors are as they are stored"


def test_the_meters_last_step_takes_a_share_of_what_linking_gave():
    meter = LeakageMeter("a van", 1024)
    for name, bits in (("when and where", 4.0), ("clock", 3.0), ("appearance", 1.0)):
        meter = meter.after(Step(name, Bits(bits, bits, bits)))
    rows = [("none", 0, t, 8.0, 1.0) for t in protection.TRACKERS]
    rows += [
        ("retention", s, t, bits, use)
        for s, bits, use in ((60, 6.0, 0.95), (30, 2.0, 0.3))
        for t in protection.TRACKERS
    ]
    table = pd.DataFrame(rows, columns=["defence", "strength", "tracker", "bits", "usefulness"])
    table = table.assign(
        evidence="vectors and clock",
        who="law",
        unit="s",
        bits_low=table.bits - 0.8,
        bits_high=table.bits + 0.8,
    )
    step = protection.bought_back_step(meter, table, 0.9)
    assert step.name == "bought back by retention (60)"
    assert [step.bits.low, step.bits.estimate, step.bits.high] == pytest.approx([-1.4, -1.0, -0.6])
    assert protection.bought_back_step(meter, table, 0.2).bits.estimate == pytest.approx(-3.0)
    nothing = protection.bought_back_step(meter, table, 0.99)
    assert nothing.name == "bought back: nothing"
    assert nothing.bits.estimate == 0
    assert meter.after(step).given().estimate == pytest.approx(7.0)


def test_the_headline_takes_the_worst_tracker_and_the_best_useful_strength():
    rows = [("none", 0, t, 5.0 + k, 1.0) for k, t in enumerate(protection.TRACKERS)]
    rows += [
        ("blur", s, t, bits, use)
        for s, use, all_bits in ((1, 0.95, (2, 3, 4)), (2, 0.5, (0, 0, 1)))
        for t, bits in zip(protection.TRACKERS, all_bits)
    ]
    rows += [("mask", 1, t, 1.0, 0.2) for t in protection.TRACKERS]
    table = pd.DataFrame(rows, columns=["defence", "strength", "tracker", "bits", "usefulness"])
    table = table.assign(
        evidence="pictures", who="law", unit="px", bits_low=table.bits, bits_high=table.bits
    )
    best = protection.headline(table, 0.9).set_index("defence")
    assert best.loc[
        "blur", ["strength", "tracker", "bits", "before", "bought", "off_the_shelf"]
    ].tolist() == [
        1,
        "adaptive",
        4,
        7,
        3,
        2,
    ]
    assert np.isnan(best.loc["mask", "bits"])
    assert protection.headline(table, 0.5).set_index("defence").loc["blur", "bits"] == 1


@pytest.mark.parametrize(
    ("rows", "message"), [([0, 1, 2], "two vehicles"), ([0, 3], "two cameras")]
)
def test_too_little_to_measure_on_is_said(bench, rows, message):
    with pytest.raises(ValueError, match=message):
        linkage.LinkageAttack().fit(bench.only(rows))


def test_changed_pictures_need_an_extractor():
    changed = defend.DEFENCES["blur"].apply(labelled_crops(n=3), 1, 0)
    with pytest.raises(ValueError, match="embed="):
        defence_study.StudiedAttack().see(changed)


def test_missing_results_say_how_to_make_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="python -m studio results"):
        protection.stored(tmp_path / "none.csv")


def test_a_defence_that_is_not_measured_yet_says_how_to_measure_it():
    with pytest.raises(
        ValueError,
        match="'new' is not measured yet; run `python -m studio results --only defences`",
    ):
        protection.at_strength(protection.stored(), "new", 1)
