"""The tables of another seed: made once, kept, and equal to what can be made again here."""

from pathlib import Path

import pandas as pd
import pytest

from cctview.dataset.paths import RESULTS
from cctview.dataset.results import read_result
from cctview.privacy import TRACKED
from studio.build import Settings
from studio.headlines.cards import networks_table
from studio.headlines.headline import ANOTHER_SEED, Figure
from studio.headlines.page import differ
from studio.rebuild import STEPS
from studio.road.trips import write_six_weeks
from studio.studies import another_seed

FOLDER = RESULTS / ANOTHER_SEED
TABLE = pd.DataFrame({"figure": ["x"], "estimate": [0.25]})


def shipped(name):
    if not (FOLDER / name).is_file():
        pytest.skip(f"{ANOTHER_SEED}/{name} is not there yet: python -m studio rebuild")
    return read_result(name, FOLDER)


def test_the_rebuild_names_all_tables():
    step = next(step for step in STEPS if step.name == "seeds")
    made = another_seed.tables(Path("other"), Path("data"))
    assert sorted(Path(place).name for place in step.writes) == sorted(made)


def test_a_table_is_made_once_and_kept_beside_the_others(tmp_path, monkeypatch):
    made = []

    def tables(other, data):
        return {
            name: lambda name=name: made.append(name) or TABLE for name in ("a.csv", "b.parquet")
        }

    monkeypatch.setattr(another_seed, "tables", tables)
    for _ in range(2):
        places = another_seed.write_another_seed(tmp_path / "other", tmp_path, tmp_path / "work")
    assert made == ["a.csv", "b.parquet"]
    assert [place.parent for place in places] == [tmp_path / "results" / ANOTHER_SEED] * 2
    for place in places:
        pd.testing.assert_frame_equal(read_result(place.name, place.parent), TABLE)


def test_the_searches_are_those_that_the_seeds_were_measured_on():
    """Counted by hand; `seeds.csv` was made by another step, from the same frames."""
    searches = shipped("searches.parquet")
    seeds = read_result("seeds.csv").query("seed == 1").set_index("figure").estimate
    tracked = searches[searches["outcome"] == TRACKED]
    assert tracked["first_all"].mean() == pytest.approx(seeds["first by all"], abs=0.005)
    assert tracked["right"].mean() >= seeds["tracked there: right"]
    assert searches["right"].mean() == pytest.approx(seeds["right"], abs=0.005)
    gap = (searches["claimed"] - searches["delivered_all"]).mean()
    assert gap == pytest.approx(seeds["gap"], abs=0.02)


def test_unicity_again_from_habits_made_anew(tmp_path):
    stored = shipped("unicity.csv")
    write_six_weeks(tmp_path / "habits", 1, Settings.individuality)
    again = another_seed.unicity(tmp_path)
    pd.testing.assert_frame_equal(again, stored, check_dtype=False, rtol=1e-4)


@pytest.mark.parametrize(
    ("ends", "apart"), [((0.46, 0.54), True), ((0.40, 0.60), False), ((None, None), True)]
)
def test_two_seeds_differ_if_chance_does_not_explain_it(ends, apart):
    """Two independent normal numbers, each with a 95 % interval: their difference has the root of
    the sum of squares.
    """
    assert differ(Figure(0.5, *ends, ""), Figure(0.58, 0.57, 0.59, "")) == apart
    assert differ(Figure(0.58, 0.57, 0.59, ""), Figure(0.5, *ends, "")) == apart


def test_a_card_has_the_stored_figures(tmp_path):
    row = {"extractor": "third", "bits": 1.7, "bits_low": 1.5, "bits_high": 1.9, "gallery": 440.2}
    row |= {"rank1": 0.065, "rank1_low": 0.05, "rank1_high": 0.08}
    (tmp_path / ANOTHER_SEED).mkdir()
    for scale, folder in ((1, tmp_path), (2, tmp_path / ANOTHER_SEED)):
        table = pd.DataFrame([{**row, "rank1": scale * row["rank1"]}])
        table.to_csv(folder / "extractors.csv", index=False)
    *_, first, second = networks_table(tmp_path).splitlines()
    assert first == (
        "| third-56 | `data/` | .065 [.050 .080] among 440 passes on average | 1.70 [1.50 1.90] |"
    )
    assert second.startswith("| third-56 | another seed | .130 ")
