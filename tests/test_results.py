"""The stored results: how they are written and read, and a slice of each made again."""

import re
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cctview.dataset.paths import RESULTS
from cctview.dataset.results import read_result
from cctview.privacy import calibration
from cctview.privacy.meter import LeakageMeter
from studio import __main__ as command
from studio.studies import leakage
from studio.studies.meter import leakage_meter
from studio.studies.rank1 import rank1_table
from studio.studies.searches import measure_other_minutes, measure_searches
from tests.test_linking import searched

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results of the small road."""
    out = tmp_path_factory.mktemp("results")
    of = searched(240)
    table = measure_searches(of, folds=3)
    tables = {"searches.parquet": leakage.compact(table)}
    tables["seeds.csv"] = leakage.seeds_table({0: table})
    tables["carried.csv"] = leakage.carried_table({"other minutes": table})
    tables |= leakage.open_set_tables(of, rounds=5, halves=2)
    for name, each in tables.items():
        leakage.write_table(out / name, each)
    leakage_meter(table).save(out / "meter.json")
    return out


def test_what_is_written_is_read(folder):
    again = leakage_meter(read_result("searches.parquet", folder))
    stored = LeakageMeter.load(folder / "meter.json")
    assert again.given().estimate == pytest.approx(stored.given().estimate, abs=0.01)
    assert set(read_result("open_set.csv", folder)["size"]) >= {100}
    assert "gap" in set(read_result("carried.csv", folder)["figure"])


def test_a_missing_result_names_the_command(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"python -m studio results --only unicity"):
        read_result("unicity.csv", tmp_path)


def test_no_data_is_told_in_one_line(tmp_path, capsys):
    assert command.main(["results", "--only", "finder", "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("studio: ")


def test_the_commands_that_errors_name_exist():
    for name in (path.name for path in RESULTS.glob("*.csv")):
        with pytest.raises(FileNotFoundError) as error:
            read_result(name, "nowhere")
        words = re.search("python -m studio ([^`]+)", str(error.value))[1].split()
        command.parser().parse_args(words)


def shipped(name):
    if not (RESULTS / name).is_file():
        pytest.skip(f"data/results/{name} is not there yet")
    return read_result(name)


def test_a_slice_of_the_shipped_unicity():
    stored = shipped("unicity.csv")
    habits = [pd.read_parquet(f"data/habits/{name}.parquet") for name in ("trips", "drivers")]
    again = leakage.unicity_table(
        *habits, hours=(1,), points=(4,), days=(7,), false_links=(0, 0.05)
    )
    part = stored[(stored.hours == 1) & (stored.points == 4) & (stored.days == 7)]
    part = part[part.false_links.isin([0, 0.05])].reset_index(drop=True)
    assert len(again) == len(part) == 9
    pd.testing.assert_frame_equal(again, part, check_dtype=False, rtol=1e-4)


def test_the_shipped_meter_and_the_seeds_are_those_of_the_shipped_searches():
    searches, meter = shipped("searches.parquet"), LeakageMeter.load(RESULTS / "meter.json")
    again = leakage_meter(searches)
    for step, stored in zip(again.steps, meter.steps, strict=True):
        assert step.count == stored.count
        assert astuple(step.bits) == pytest.approx(astuple(stored.bits), abs=0.02)
    seeds = shipped("seeds.csv")
    stored = seeds[seeds["seed"] == 0].set_index("figure")[["estimate", "low", "high"]]
    table = leakage.seeds_table({0: searches}).set_index("figure")[["estimate", "low", "high"]]
    pd.testing.assert_frame_equal(table, stored.loc[table.index], atol=0.02, check_exact=False)


@pytest.fixture(scope="module")
def whole_road():
    return leakage.read_road(Path("data"))


def test_the_shipped_open_set_and_rank1(whole_road):
    """Rates again from the embeddings, without intervals."""
    stored = shipped("open_set.csv")
    again = leakage.open_set_tables(whole_road, rounds=2, halves=2)["open_set.csv"]
    measured = [table.loc[~table["beyond"], "fnir"].to_numpy() for table in (again, stored)]
    assert measured[0] == pytest.approx(measured[1], abs=0.01)
    table = rank1_table(whole_road, rounds=2)
    assert table["estimate"].to_numpy() == pytest.approx(
        shipped("rank1.csv")["estimate"].to_numpy(), abs=0.01
    )


def test_the_shipped_calibration_on_other_minutes(whole_road):
    """Fitted again and searched again; processors differ in the last digits."""
    stored = shipped("carried.csv").query("on == 'other minutes'").set_index("figure")
    again = calibration(measure_other_minutes(whole_road), rounds=2)
    for figure in ("said", "right", "cost"):
        assert again.loc[figure, "estimate"] == pytest.approx(
            stored.loc[figure, "estimate"], abs=0.01
        )
    assert again.loc["gap", "estimate"] == pytest.approx(stored.loc["gap", "estimate"], abs=0.05)


@pytest.mark.slow
def test_a_slice_of_the_shipped_searches(whole_road):
    """One vehicle in four, searched again by models fitted again; processors differ in the last
    digits.
    """
    stored = shipped("searches.parquet")
    again = measure_searches(whole_road, only=(0,))
    both = again.merge(stored, on=["query", "camera"], suffixes=("", "_stored"))
    assert len(both) == len(again)
    assert (both.outcome == both.outcome_stored).all()
    assert np.abs(both.claimed - both.claimed_stored).mean() < 0.1
    assert both.delivered_all.mean() == pytest.approx(both.delivered_all_stored.mean(), abs=0.05)
