"""The drive that every slider of a notebook goes through finds what is broken, and only that."""

import pytest
from matplotlib.figure import Figure

from cctview.show.widgets import Choice, Float, Int, Sliders, Toggle
from tests.drive import drive, drive_all, settings


def line(values):
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, values["x"]], [0, 1])
    return figure


def test_settings_reach_both_ends_of_every_control():
    sliders = Sliders(
        line,
        [
            Float("x", -1, 1, 0.5),
            Int("n", 1, 9, 3),
            Choice("kind", {"one": 1, "two": 2}),
            Toggle("on", True),
        ],
    )
    tried = list(settings(sliders))
    assert tried[0] == {"x": 0.5, "n": 3, "kind": 1, "on": True}
    for name, ends in {"x": (-1, 1), "n": (1, 9), "kind": (1, 2), "on": (False, True)}.items():
        assert set(ends) <= {values[name] for values in tried}
    assert all(-1 <= values["x"] <= 1 and 1 <= values["n"] <= 9 for values in tried)


def test_sliders_that_work_pass():
    assert drive(Sliders(line, [Float("x", -1, 1, 0.5)])) == []


def test_a_callback_that_is_broken_at_one_end_is_found():
    def broken(values):
        1 / (1 - values["x"])
        return line(values)

    (problem,) = drive(Sliders(broken, [Float("x", -1, 1, 0.5)]))
    assert "{'x': 1}" in problem
    assert "ZeroDivisionError" in problem


def test_a_figure_that_is_empty_at_one_end_is_found():
    def empty(values):
        figure = line(values)
        if values["x"] == -1:
            figure.axes[0].lines[0].set_data([float("nan")], [float("nan")])
        return figure

    (problem,) = drive(Sliders(empty, [Float("x", -1, 1, 0.5)]))
    assert "{'x': -1.0}" in problem
    assert "empty" in problem


def test_sliders_that_were_never_made_are_missed():
    with pytest.raises(AssertionError, match="the cells name 1000"):
        drive_all(expected=1000)
