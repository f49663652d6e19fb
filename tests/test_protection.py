"""Trackers and the table against hand-computed and constructed cases."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cctview.attacks import linkage
from cctview.attacks.crops import LabelledCrops
from cctview.dataset.paths import DATA
from cctview.defences import catalogue as defend
from cctview.defences import study as protection
from cctview.privacy.meter import Bits, LeakageMeter, Step
from studio import results
from studio.studies import defence_study, resampling
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
    wanted = [defend.DEFENCES[name] for name in ("noise", "key", "retention", "no vectors")]
    measured = defence_study.DefenceStudy(bench).measure(
        wanted, {"noise": [0.4, 1e-3], "key": [24], "retention": [10]}
    )
    table = measured.table
    assert list(table.columns) == defence_study.COLUMNS
    assert len(table) == 3 * (2 + 2 + 1 + 1 + 1)
    for figure in ("bits", "clock_bits", "rank1", "types", "travel times"):
        assert (table[f"{figure}_low"] <= table[figure] + 1e-6).all()
        assert (table[figure] <= table[f"{figure}_high"] + 1e-6).all()
    cell = table.set_index(["defence", "strength", "tracker"]).bits
    shelf = "off the shelf"
    assert cell["noise", 0.4, shelf] < 1 < 4 < cell["noise", 1e-3, shelf]
    assert cell["key", 24, shelf] < 0.3
    assert cell["key", 24, "adaptive"] > 2, "a key a camera must fall to known pairs"
    nothing = table[table.defence == "no vectors"]
    assert nothing.bits.abs().max() < 1e-6
    assert (nothing.types == 0).all()
    assert (nothing["travel times"] == 1).all()
    types = table[table.defence == "noise"].groupby("strength").types.first()
    assert types[0.4] < types[1e-3]
    assert set(measured.draws.part) == set(resampling.PARTS)


def test_bits_and_rank_without_a_draw_are_those_of_the_attack(bench):
    learn, measured = bench.split()
    attack = linkage.LinkageAttack().fit(learn)
    links = attack.attack(measured)
    draws = resampling.Draws.make(bench.table.vehicle, rounds=20)
    searches = list(attack.searches(measured))
    for rank, column in ((False, "bits"), (True, "first")):
        drawn = resampling.drawn_links(searches, draws, rank)
        assert drawn.shape == (3, 21)
        assert drawn[0, 0] == pytest.approx(links[column].mean(), abs=1e-4)
        assert drawn[0, 1:].mean() == pytest.approx(drawn[0, 0])


def test_a_candidate_counts_as_often_as_it_was_drawn():
    """Cosines 1, 0, 0 at temperature 1/ln 3: odds 3, 1, 1. Drawn twice and not at all, the true one
    has p = 3/5 among three.
    """
    searches = linkage.Searches(
        np.log([[3.0, 1.0, 1.0]]), np.array([0]), np.array([7]), np.array([7, 8, 9])
    )
    weights = np.ones((3, 3, 3), np.float32)
    weights[:, :, 1] = np.array([1, 2, 0])[:, None]
    weights[:, :, 2] = np.array([1, 0, 2])[:, None]
    drawn = resampling.drawn_links([searches], resampling.Draws(np.array([7, 8, 9]), weights))
    assert drawn[0] == pytest.approx([np.log2(3 * 3 / 5)] * 3)
    weights[:, :, 1] = np.array([1, 1, 0])[:, None]
    weights[:, :, 2] = np.array([1, 3, 0])[:, None]
    drawn = resampling.drawn_links([searches], resampling.Draws(np.array([7, 8, 9]), weights))[0]
    by_hand = np.log2([2 * 3 / 4, 4 * 3 / 6])
    assert drawn[1] - drawn[2] == pytest.approx(by_hand[0] - by_hand[1])


def test_halves_have_no_vehicle_in_common():
    draws = resampling.Draws.make(range(1, 500), rounds=3)
    weights = draws.of(np.arange(1, 500))[:, :, 0]
    assert (weights[:, 1] + weights[:, 2] == 1).all()
    assert 200 < weights[:, 1].sum() < 300
    with pytest.raises(ValueError, match="was not there"):
        draws.of(np.array([5000]))


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

    study = defence_study.DefenceStudy(
        data, blind, retrained=lambda defence, strength: sees, another=blind
    )
    rows = study.undefended(("pixels", "vectors")).table
    bits = rows.set_index(["evidence", "tracker"]).bits
    assert abs(bits["pictures", "off the shelf"]) < 0.3 < 2 < bits["pictures", "retrained"]
    assert bits["pictures", "adaptive"] > 2
    assert abs(bits["pictures", "another network"]) < 0.3, "it sees as little as its network"
    assert ("vectors", "another network") not in bits.index, "of vectors nobody makes others"
    assert bits["vectors", "off the shelf"] > 4, "vectors are as they are stored"


def with_uses(table):
    """Every use keeps what the column usefulness says."""
    return table.assign(**dict.fromkeys(protection.USES, table.usefulness))


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
    table = with_uses(table).assign(
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
        for s, use, all_bits in ((1, 0.95, (2, 3, 4, 3)), (2, 0.5, (0, 0, 1, 0)))
        for t, bits in zip(protection.TRACKERS, all_bits)
    ]
    rows += [("mask", 1, t, 1.0, 0.2) for t in protection.TRACKERS]
    table = pd.DataFrame(rows, columns=["defence", "strength", "tracker", "bits", "usefulness"])
    table = with_uses(table).assign(
        evidence="pictures", who="law", unit="px", bits_low=table.bits, bits_high=table.bits
    )
    best = protection.headline(table, 0.9).set_index("defence")
    assert best.loc[
        "blur", ["strength", "tracker", "bits", "before", "bought", "off_the_shelf"]
    ].tolist() == [
        1,
        "adaptive",
        4,
        8,
        4,
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


def test_a_defence_that_does_not_give_back_all_crops_is_refused(bench):
    loses = replace(
        defend.DEFENCES["noise"], name="loses", apply=lambda crops, *_: crops.only(range(9))
    )
    with pytest.raises(ValueError, match=r"'loses' at 1 gives 9 crops .*catalogue.py return all"):
        defence_study.DefenceStudy(bench).defended(loses, [1])


def test_a_vehicle_that_was_not_drawn_is_named():
    with pytest.raises(ValueError, match="vehicle 7 was not there"):
        resampling.Draws.make([1, 2], rounds=2).of(np.array([1, 7]))


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
        match="no row of the defence 'new': run `python -m studio rebuild --only defences`",
    ):
        protection.at_strength(protection.stored(), "new", 1)


def drawn(cases):
    """Draws of (defence, strength, evidence, {tracker: bits, use: share}) by half, each value twice
    the same estimate and one draw.
    """
    rows = []
    for defence, strength, evidence, measures in cases:
        for measure, halves in measures.items():
            for part, value in zip(("first", "second"), halves, strict=True):
                about = (defence, strength, evidence, measure, part)
                rows.append((*about, np.array([value, value, value + 0.1])))
    return pd.DataFrame(rows, columns=[*defence_study.KEYS, "values"])


DRAWN = drawn(
    [
        ("none", 0.0, "vectors", {"adaptive": (4, 5), "adaptive with the clock": (8, 8)}),
        (
            "noise",
            1.0,
            "vectors",
            {
                "adaptive": (1, 2),
                "adaptive with the clock": (6, 6),
                "counting": (1, 1),
                "types": (0.4, 0.5),
            },
        ),
        (
            "drop",
            4.0,
            "vectors",
            {
                "adaptive": (2, 1),
                "adaptive with the clock": (6, 7),
                "counting": (1, 1),
                "types": (0.95, 0.85),
            },
        ),
    ]
)


def test_one_half_chooses_and_the_other_judges():
    """The first half takes noise (3 of 4 bits), which buys 3 of 5 on the second; that takes drop (4
    of 5), which buys 2 of 4 on the first.
    """
    best = protection.best_defence(DRAWN, ["counting"], ["adaptive"])
    assert best.chosen == ("noise (1)", "drop (4)")
    assert best.share == pytest.approx((3 / 5 + 2 / 4) / 2)
    assert best.low < best.share
    assert best.kept == 1


def test_what_the_owner_needs_decides_what_may_be_chosen():
    """Only drop keeps types, and on the first half alone: the second finds nothing, and buys
    nothing.
    """
    best = protection.best_defence(DRAWN, ["counting", "types"], ["adaptive"])
    assert best.chosen == ("drop (4)", protection.NOTHING)
    assert best.share == pytest.approx((4 / 5 + 0) / 2)
    assert best.kept == pytest.approx((0.85 + 1) / 2)
    lax = protection.best_defence(DRAWN, ["types"], ["adaptive"], least=0.3)
    assert lax.chosen == ("noise (1)", "drop (4)")
    without = protection.best_defence(DRAWN, ["counting"], ["adaptive"], without=["noise"])
    assert without.chosen == ("drop (4)", "drop (4)")


def test_the_clock_takes_part_of_what_a_defence_of_vectors_buys():
    best = protection.best_defence(DRAWN, ["counting"], ["adaptive"], clock=True)
    assert best.share == pytest.approx((2 / 8 + 2 / 8) / 2)
    with pytest.raises(ValueError, match="measured against retrained"):
        protection.best_defence(DRAWN[DRAWN.defence == "none"], ["counting"], ["retrained"])


def test_draws_come_back_as_they_were_stored(tmp_path):
    packed = results.pack_draws(DRAWN)
    packed.to_parquet(tmp_path / "defences_drawn.parquet")
    again = protection.stored_draws(tmp_path / "defences_drawn.parquet")
    assert np.stack(again["values"]) == pytest.approx(np.stack(DRAWN["values"]), abs=6e-4)


def test_defences_are_not_measured_without_their_retrained_extractors(tmp_path):
    with pytest.raises(FileNotFoundError, match="run `python -m studio train defended` first"):
        results.defences(None, tmp_path, DATA)
