"""The meter at the end of the course: what is stored, and how it is stored."""

import re
from dataclasses import astuple
from pathlib import Path

import nbformat
import pytest

from cctview.privacy.meter import DEFAULT, END, Bits, Gauge, LeakageMeter, Step
from studio import __main__ as studio
from studio.lessons import GAUGES, keep_meter

ROOT = Path(__file__).parent.parent
UNICITY = r"to 15 minutes, single out (\d+)\s% \(95% CI (\d+)\s% to\s(\d+)\s%\)"
"""Lesson 03 says it in a sentence."""


def full(path, names=GAUGES):
    meter = LeakageMeter("a van", 1024, (Step("seen", Bits(2, 1, 3)),))
    for name in (*reversed(names), "another"):
        meter = meter.with_gauge(name, Gauge(0.5, 0.4, 0.6))
    meter.save(path)
    return path


def test_the_gauges_are_stored_in_the_order_of_the_notebooks(tmp_path):
    kept = LeakageMeter.load(keep_meter(full(tmp_path / "meter.json"), tmp_path / "end.json"))
    assert tuple(kept.gauges) == GAUGES
    assert [step.name for step in kept.steps] == ["seen"]


def test_a_meter_without_all_gauges_is_not_stored(tmp_path):
    with pytest.raises(ValueError, match="no gauge 'unicity'.*studio lessons"):
        keep_meter(
            full(tmp_path / "meter.json", [name for name in GAUGES if name != "unicity"]),
            tmp_path / "end.json",
        )
    with pytest.raises(FileNotFoundError, match="studio lessons"):
        keep_meter(tmp_path / "none.json", tmp_path / "end.json")
    assert not (tmp_path / "end.json").exists()


def test_the_command_stores_it(monkeypatch, capsys):
    monkeypatch.setattr("studio.lessons.keep_meter", lambda: "data/results/meter-end.json")
    assert studio.main(["meter"]) == 0
    assert "meter-end.json" in capsys.readouterr().out


def test_what_is_stored_begins_as_the_meter_of_notebook_00_and_says_what_the_notebooks_say():
    end, begin = LeakageMeter.load(END), LeakageMeter.load(DEFAULT)
    for step, first in zip(end.steps, begin.steps, strict=False):
        assert step.name == first.name
        assert astuple(step.bits) == pytest.approx(astuple(first.bits), abs=1e-4)
    assert len(end.steps) > len(begin.steps)
    assert tuple(end.gauges) == GAUGES
    said = {}
    for path in sorted((ROOT / "notebooks").glob("0[1-4]-*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                words = output.get("data", {}).get("text/plain", "") + output.get("text", "")
                for name in GAUGES:
                    found = re.search(
                        rf"{name}: ([.\d]+) [^.\d]*(?:95% CI )?([.\d]+).([.\d]+)", words
                    )
                    if found:
                        said[name] = [float(number) for number in found.groups()]
                if found := re.search(UNICITY, words):
                    said["unicity"] = [float(number) / 100 for number in found.groups()]
    for name, numbers in said.items():
        assert numbers == pytest.approx(astuple(end.gauges[name])[:3], abs=0.006)
    assert set(said) == set(GAUGES)
