"""The leakage meter: its arithmetic by hand, its file under any content."""

import json
import math
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cctview.privacy import meter as module
from cctview.privacy.meter import Bits, Gauge, Interval, LeakageMeter, Step

SEEN = Step("seen", Bits(4.0, 3.0, 5.0), Interval(0.25, 0.2, 0.3), "9 searches", known=True)
LINKED = Step("linked", Bits(-1.0, -2.0, 0.0))


def test_steps_add_up():
    meter = LeakageMeter("a taxi", 1024).after(SEEN).after(LINKED)
    assert meter.total_bits == 10
    assert meter.given() == Bits(3.0, 1.0, 5.0)
    assert meter.upto("seen").steps == (SEEN,)


def test_a_cell_run_twice_changes_nothing():
    once = LeakageMeter("a taxi", 1024).after(SEEN).after(LINKED)
    assert once.after(LINKED) == once
    assert once.after(SEEN).steps == (SEEN,)  # what was linked built on the old look


def test_what_was_skipped_is_filled_in_from_another_meter():
    gauges = {"unicity": Gauge(0.9, 0.8, 1.0), "membership": Gauge(0.5, 0.4, 0.6)}
    other = LeakageMeter("a taxi", 1024, (SEEN, LINKED), gauges=gauges)
    again = Step("seen", Bits(2.0, 2.0, 2.0))
    own = LeakageMeter(
        "a taxi",
        1024,
        (again,),
        gauges={"membership": Gauge(0.7, 0.6, 0.8), "faces": Gauge(0.1, 0.0, 0.2)},
    )
    filled = own.filled(other)
    assert filled.steps == (again, LINKED)
    assert list(filled.gauges) == ["unicity", "membership", "faces"]
    assert filled.gauges["membership"].estimate == 0.7
    assert (
        LeakageMeter("a van", 1024).filled(other).steps == ()
    )  # another target's steps are not one's own
    assert LeakageMeter().filled().steps == LeakageMeter.load(module.END).steps


def test_a_defence_takes_bits_back():
    meter = LeakageMeter("a taxi", 1024).after(SEEN).after(Step("blurred", Bits(-2.5, -3.0, -2.0)))
    assert meter.given() == Bits(1.5, 0.0, 3.0)


def test_nothing_in_it_can_be_changed():
    meter = LeakageMeter("a taxi", 1024, [SEEN], gauges={"unicity": Gauge(0.9, 0.8, 1.0, "share")})
    with pytest.raises(FrozenInstanceError):
        meter.target = "another"
    with pytest.raises(TypeError):
        meter.gauges["unicity"] = None
    assert meter.with_gauge("membership", Gauge(0.6, 0.5, 0.7)).gauges.keys() == {
        "unicity",
        "membership",
    }
    assert meter.gauges.keys() == {"unicity"}


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Bits(1.0, 2.0, 3.0), "low <= estimate"),
        (lambda: Bits(math.nan, 0, 1), "finite"),
        (lambda: Interval("one", 0, 1), "expected a number"),
        (lambda: Step("", SEEN.bits), "name"),
        (lambda: Step("seen", 4.0), "expected Bits, but got 4.0"),
        (lambda: Step("seen", SEEN.bits, Interval(1.0, 0.9, 1.5)), "from 0 to 1"),
        (lambda: LeakageMeter("", 10), "target"),
        (lambda: LeakageMeter("a taxi", 0), "at least 1"),
        (lambda: LeakageMeter("a taxi", True), "whole number"),
        (
            lambda: LeakageMeter("a taxi", 8).after(SEEN),
            "4.00 bits given away, but one of 8 has only 3.00",
        ),
        (lambda: LeakageMeter("a taxi", 1024, (SEEN, SEEN)), "names of their own"),
    ],
)
def test_what_cannot_be_is_refused(make, complaint):
    with pytest.raises(ValueError, match=complaint):
        make()


def test_an_unknown_step_names_the_known():
    with pytest.raises(KeyError, match="there are seen"):
        LeakageMeter("a taxi", 1024, (SEEN,)).upto("named")


numbers = st.floats(-6, 6)
intervals = st.tuples(numbers, numbers, numbers).map(sorted).map(lambda x: (x[1], x[0], x[2]))
bits = intervals.map(lambda x: Bits(*x))
steps = st.builds(
    Step,
    st.text(min_size=1),
    bits,
    st.none() | st.floats(0, 1).map(lambda x: Interval(x, x / 2, (x + 1) / 2)),
    st.text(),
    st.text(),
    st.booleans(),
)
meters = st.builds(
    LeakageMeter,
    target=st.text(min_size=1),
    population=st.integers(2**24, 2**40),
    steps=st.lists(steps, max_size=4, unique_by=lambda step: step.name),
    world=st.text(),
    gauges=st.dictionaries(
        st.text(), st.builds(lambda x, unit: Gauge(*x, unit), intervals, st.text()), max_size=3
    ),
)


@given(meter=meters)
def test_what_is_saved_is_loaded(tmp_path_factory, meter):
    path = tmp_path_factory.mktemp("meter") / "meter.json"
    meter.save(path)
    assert LeakageMeter.load(path) == meter


names = st.sampled_from(["format", "version", "steps", "target"])
values = st.recursive(
    st.none() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(names, inner),
)


@given(content=st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_meter_gets_one_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("meter") / "meter.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="meter.json: not a leakage meter"):
        LeakageMeter.load(path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 1}, "version 1"),
        ({"population": 2.5}, "population"),
        ({"steps": [{"name": "seen"}]}, "'right' is missing"),
        (
            {
                "steps": [
                    {**module.LeakageMeter("x", 99, (SEEN,))._to_json()["steps"][0], "extra": 1}
                ]
            },
            "extra",
        ),
        (
            {
                "steps": [
                    module.LeakageMeter("x", 99, (SEEN,))._to_json()["steps"][0] | {"\ud800": 1}
                ]
            },
            r"argument '\?'",
        ),
        ({"gauges": {"unicity": {"estimate": None, "low": 0, "high": 1}}}, "expected a number"),
        ({"gauges": {"unicity": {"estimate": 10**400, "low": 0, "high": 1}}}, "expected a number"),
    ],
)
def test_a_damaged_file_says_what_is_wrong(tmp_path, change, complaint):
    path = tmp_path / "meter.json"
    path.write_text(json.dumps(LeakageMeter("a taxi", 1024)._to_json() | change))
    with pytest.raises(ValueError, match=complaint):
        LeakageMeter.load(path)


def test_the_course_s_own_meter_is_taken_only_where_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "DEFAULT", tmp_path / "course.json")
    with pytest.raises(FileNotFoundError, match="course.json: no such meter"):
        LeakageMeter.load()
    LeakageMeter("a taxi", 1024, (SEEN,)).save(module.DEFAULT)
    assert LeakageMeter.load().target == "a taxi"
    assert LeakageMeter.load_or_default(tmp_path / "skipped.json").target == "a taxi"
    LeakageMeter("a van", 1024, (SEEN,)).save(tmp_path / "kept.json")
    assert LeakageMeter.load_or_default(tmp_path / "kept.json").target == "a van"


def test_a_mistyped_path_never_shows_another_meter(tmp_path):
    with pytest.raises(FileNotFoundError, match="meter-typo.json: no such meter"):
        LeakageMeter.load(tmp_path / "meter-typo.json")
