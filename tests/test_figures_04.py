"""Figures about detecting: boxes and values drawn are the data's, titles say what was found, and
nothing lies outside.
"""

import matplotlib
import numpy as np
import pandas as pd
import pytest

from cctview.course.figures import lesson_04
from cctview.course.figures.lesson_04 import judge_boxes
from cctview.dataset.boxes import BOX
from cctview.detect import evaluate_detections
from cctview.detect.comparison import COMPARISON
from cctview.detect.viola_jones import BoostedDetector, _draw_rectangles
from tests.cards import check_card

IMAGE = np.full((240, 352, 3), 90, np.uint8)
BOXES = pd.DataFrame(
    [
        ["f", 90.0, 10, 10, 50, 40],  # on a vehicle
        ["f", 80.0, 12, 10, 52, 40],  # on the same
        ["f", 70.0, 200, 200, 230, 220],  # on one that is not asked for
        ["f", 40.0, 300, 20, 330, 50],  # on nothing
    ],
    columns=["frame", "percent", *BOX],
)
TRUE = pd.DataFrame(
    [
        ["f", 10, 10, 50, 40, False],
        ["f", 100, 100, 160, 150, False],
        ["f", 200, 200, 230, 220, True],
    ],
    columns=["frame", *BOX, "ignore"],
)
EVALUATION = evaluate_detections(BOXES, TRUE)
FEATURES = BoostedDetector(
    _draw_rectangles(20, np.random.default_rng(0)), np.zeros(20), np.ones(20), 0.0, 0.5
)


def intervals(names, count=100):
    low = np.linspace(0.1, 0.8, len(names))
    table = {
        "estimate": low + 0.05,
        "low": low,
        "high": low + 0.1,
        "sightings": count,
        "vehicles": 9,
    }
    return pd.DataFrame(table, index=pd.Index(names))


COMPARED = pd.DataFrame(
    [
        [0.3, 0.2, 0.4, 0.02, 0.7, 0.06, ""],
        [0.9, 0.8, 1.0, 0.9, 0.95, 1.2, ""],
        [*[np.nan] * 6, "not fetched: cctview fetch weights x.pt"],
    ],
    index=["rectangles", "ours", "YOLOv3"],
    columns=COMPARISON,
)
SAME_BOXES = pd.DataFrame({"here": [30.0, 60.0, 80.0], "imageai": [np.nan, 91.0, 99.0]})
WHO = ["in a frame", "in a pass", "at any camera"]
FIGURES = {
    "verdicts": lambda: lesson_04.judged_boxes(IMAGE, BOXES, TRUE),
    "no boxes": lambda: lesson_04.judged_boxes(IMAGE, BOXES[:0], TRUE),
    "no vehicles": lambda: lesson_04.judged_boxes(IMAGE, BOXES, TRUE[:0]),
    "thresholds": lambda: lesson_04.thresholds(IMAGE, BOXES, TRUE, EVALUATION, 50, 0.5),
    "thresholds that leave nothing": lambda: lesson_04.thresholds(
        IMAGE, BOXES, TRUE, EVALUATION, 99, 0.5
    ),
    "rectangles": lambda: lesson_04.rectangle_features(
        FEATURES, np.full((20, 24), 99, np.uint8), 0.7
    ),
    "detectors": lambda: lesson_04.detectors(COMPARED),
    "entered": lambda: lesson_04.database_entry(
        intervals(WHO), 40, pd.DataFrame(0.5, [25, 90], WHO)
    ),
    "entered, all": lambda: lesson_04.database_entry(
        intervals(WHO).assign(estimate=1.0, low=1.0, high=1.0), 25, pd.DataFrame(1.0, [25, 90], WHO)
    ),
    "same weights": lambda: lesson_04.same_weights(SAME_BOXES),
    "found by": lambda: lesson_04.found_by(
        intervals(["motorcycle", "yellow taxi", "sedan"]), "share", "Whom?"
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def boxes_drawn(figure, label):
    return [(p.get_x(), p.get_y()) for p in figure.axes[0].patches if p.get_label() == label]


def test_judging_counts_as_the_evaluation_does():
    said, missed = judge_boxes(BOXES, TRUE)
    assert said.tolist() == ["right", "false", "not counted", "false"]
    assert missed.tolist() == [
        False,
        True,
        False,
    ]
    assert (said == "right").sum() == EVALUATION.detections.correct.sum()
    assert (said != "not counted").sum() == len(EVALUATION.detections)


def test_judging_agrees_with_the_evaluation_on_random_boxes():
    rng = np.random.default_rng(1)
    for _ in range(50):
        corners = rng.integers(0, 40, (12, 2))
        tables = pd.DataFrame(
            np.hstack([corners, corners + rng.integers(5, 20, (12, 2))]), columns=BOX
        ).assign(frame="f")
        boxes, true = (
            tables[:7].assign(percent=rng.random(7)),
            tables[7:].assign(ignore=rng.random(5) < 0.4),
        )
        said, missed = judge_boxes(boxes, true, 0.3)
        evaluation = evaluate_detections(boxes, true, 0.3)
        assert (said == "right").sum() == evaluation.detections.correct.sum()
        assert (said == "false").sum() == (~evaluation.detections.correct).sum()
        assert missed.sum() == evaluation.truths.sum() - (said == "right").sum()


def test_verdicts_are_drawn_where_they_are_and_counted_in_the_title():
    figure = FIGURES["verdicts"]()
    assert boxes_drawn(figure, "right") == [(10, 10)]
    assert boxes_drawn(figure, "missed") == [(100, 100)]
    assert boxes_drawn(figure, "false") == [(12, 10), (300, 20)]
    assert figure.title == "1 right, 2 false, 1 missed: precision 1/3, recall 1/2"
    assert (
        len(
            {
                str(p.get_linestyle())
                for p in figure.axes[0].patches
                if p.get_label() in ("right", "false", "missed")
            }
        )
        == 3
    )


def test_thresholds_leave_out_what_lies_below_and_mark_the_point():
    figure = FIGURES["thresholds"]()
    assert boxes_drawn(figure, "false") == [(12, 10)]
    assert [
        list(line.get_xydata()[0]) for line in figure.axes[1].lines if line.get_marker() == "o"
    ] == [[0.5, 0.5]]
    assert "50 % of the vehicles are found, and 50 % of the boxes are right" in figure.title
    assert "no box is left" in FIGURES["thresholds that leave nothing"]().title


def test_a_detector_that_is_not_here_has_its_reason_and_no_bar():
    figure = FIGURES["detectors"]()
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.3, 0.9]
    words = " ".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))
    assert "not fetched:\ncctview fetch weights x.pt" in words
    assert "ours is best" in figure.title
    assert "average precision of 0.90" in figure.title


def test_found_by_draws_the_table():
    (axes,) = FIGURES["found by"]().axes
    assert [
        line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"
    ] == pytest.approx([0.15, 0.5, 0.85])


def test_boxes_that_imageai_drops_are_counted_and_have_no_second_mark():
    figure = FIGURES["same weights"]()
    assert figure.title.startswith("ImageAI returns 2 of our 3 boxes")
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "s"]
    assert [mark.get_xdata()[0] for mark in marks] == [91, 99]
