"""The stored results: how they are written and read, and a slice of each made again."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cctview.course import stored as results
from cctview.dataset.paths import RESULTS
from cctview.dataset.results import read_result
from cctview.privacy.leakage import leakage_meter
from cctview.privacy.meter import LeakageMeter
from studio import __main__ as command
from studio.studies import leakage
from studio.studies.searches import measure_leakage
from tests.test_linking import road

pytest.importorskip("sklearn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results of the small road."""
    out = tmp_path_factory.mktemp("results")
    tables, meters = leakage.leakage_tables(*road(160))
    tables["open_set.csv"] = leakage.open_set_table(*road(160), rounds=5)
    for name, table in tables.items():
        leakage.write_table(out / name, table)
    for name, meter in meters.items():
        meter.save(out / name)
    return out


def test_what_is_written_is_read(folder):
    read = results.stored_leakage(folder)
    again, stored = leakage_meter(read), LeakageMeter.load(folder / "meter-random.json")
    for kind in ("claimed", "delivered"):
        assert getattr(again, kind)().estimate == pytest.approx(
            getattr(stored, kind)().estimate, abs=1e-3
        )
    assert set(read_result("open_set.csv", folder).model) == {
        "measured",
        "independent",
        "clusters",
    }
    assert set(read_result("unseen.csv", folder).figure) >= {
        "claimed",
        "delivered",
        "claimed - delivered",
    }


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


def test_a_slice_of_the_shipped_searches():
    """One vehicle in four, searched again by models fitted again; processors differ in the last
    digits.
    """
    from cctview.dataset.frames import open_dataset
    from cctview.track import find_tracklets
    from cctview.truth import label_tracklets, read_truth

    stored = shipped("searches.parquet")
    dataset = open_dataset(Path("data"))
    tracklets = find_tracklets(dataset.detections, dataset.embeddings)
    labels = label_tracklets(tracklets, dataset.detections, read_truth("data"))
    again = measure_leakage(tracklets, labels, only=[0]).searches
    both = again.merge(stored, on=["step", "query", "camera"], suffixes=("", "_stored"))
    assert len(both) == len(again)
    assert np.abs(both.claimed - both.claimed_stored).mean() < 0.05
    assert both.delivered.mean() == pytest.approx(both.delivered_stored.mean(), abs=0.05)
