"""Figures: the values drawn are the data's, titles say what was found, and nothing lies outside."""

import base64
import io
import os
import re
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from cctview import show
from cctview.course.figures import lesson_05, lesson_10, vectors
from cctview.dataset.cameras import DRIVE
from cctview.dataset.results import read_result
from cctview.privacy.meter import Bits, Gauge, Interval, LeakageMeter, Step
from cctview.show import look
from tests.cards import check_card

PICTURES = Path(__file__).parent / "pictures"
ROOT = Path(__file__).parent.parent
RNG = np.random.default_rng(0)
DISTANCES = np.concatenate([RNG.normal(0.3, 0.1, 200), RNG.normal(0.6, 0.15, 3000)]).clip(0)
SAME = np.arange(3200) < 200
ODDS = read_result("open_set.csv").query("size == 100 and not beyond")
CROPS = [
    RNG.integers(0, 255, (h, w, 3)).astype(np.uint8)
    for h, w in ((30, 40), (60, 20), (9, 12), (50, 50), (24, 31), (41, 80))
]
ONLY_SECOND = [False, True, False, False, False]
METER = (
    LeakageMeter()
    .after(Step("when and where", Bits(8.9, 8.0, 9.6), known=True))
    .after(Step("clock", Bits(5.2, 4.4, 6.0), Interval(0.12, 0.1, 0.14), "900 searches"))
    .after(Step("appearance", Bits(2.4, 0.9, 3.6), Interval(0.41, 0.38, 0.44)))
)
BLURRED = METER.after(Step("blurred", Bits(-3.0, -4.0, -2.0))).with_gauge(
    "membership", Gauge(0.07, 0.04, 0.11, "of members")
)
MISLED = LeakageMeter("a passage drawn at random", 1024).after(
    Step("clock", Bits(-2, -3, -1), Interval(0.1, 0.0, 0.2))
)
START = pd.Timestamp("2031-05-05 08:40:14")
TRIP = pd.DataFrame(
    {
        "camera": [place.camera for place in DRIVE[:6]],
        "time": START + pd.to_timedelta([0, 22, 71, 145, 250, 305], unit="s"),
    }
)


def interval_table():
    return pd.DataFrame(
        {"estimate": [0.84, 0.86], "low": [0.8, 0.83], "high": [0.88, 0.9]}, index=["MED", "MCD"]
    )


FIGURES = {
    "meter": lambda: show.bits_given(METER),
    "meter at the start": lambda: show.bits_given(LeakageMeter()),
    "meter bought back": lambda: show.bits_given(BLURRED),
    "meter of a step that misleads": lambda: show.bits_given(MISLED),
    "gauges": lambda: show.gauges(BLURRED),
    "no gauges": lambda: show.gauges(METER),
    "histograms at a threshold": lambda: lesson_05.distance_histograms(DISTANCES, SAME, 0.35),
    "how far": lambda: lesson_05.how_far({"a car": 0.2, "a van": 0.8}),
    "misses": lambda: lesson_05.misses(ODDS, 0.1),
    "false links": lambda: lesson_05.false_links(DISTANCES, SAME, np.sort(DISTANCES[SAME])[99]),
    "bars": lambda: show.bars(
        interval_table(), "area under the ROC", "Cosine is better", chance=0.5
    ),
    "map": lambda: vectors.embedding_map(RNG.normal(size=(6, 20)), CROPS, lines=[(0, 1)]),
    "frame": lambda: show.frame(np.zeros((240, 352, 3), np.uint8), boxes(), "A frame", picked=1),
    "candidates": lambda: show.candidates(
        CROPS[0], CROPS[1:], [0.1, 0.2, 0.3, 0.4, 0.5], ONLY_SECOND, "Who?", ["48 St"] * 5
    ),
    "drive": lambda: show.drive(),
    "trip": lambda: show.drive(
        TRIP.assign(right=[True, True, False, True, True, True]), TRIP.set_index("camera")["time"]
    ),
    "part of a trip": lambda: show.drive(TRIP.iloc[1:3], cameras=TRIP.camera[:4]),
}


def boxes():
    return pd.DataFrame(
        {
            "type": ["car", "bus"],
            "percent": [54.0, 91.0],
            "x1": [10, 100],
            "y1": [20, 90],
            "x2": [60, 200],
            "y2": [70, 150],
        }
    )


def drawn(figure, label):
    """All artists of a figure with this label."""
    return figure.findobj(lambda artist: artist.get_label() == label and artist.axes is not None)


def texts(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def test_a_figure_shows_itself_without_pyplot():
    shown = FIGURES["bars"]()._repr_mimebundle_()
    assert shown["text/plain"] == "<figure: Cosine is better>"
    image = BeautifulSoup(shown["text/html"], "html.parser").img
    picture = Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2])))
    assert picture.format == "PNG"
    assert image["alt"].startswith("Cosine is better. Across: ")
    assert int(image["width"]) == round(look.WIDTH * look.SCREEN)
    assert "image/jpeg" in FIGURES["candidates"]()._repr_mimebundle_()["text/html"]


def test_drawing_leaves_the_users_settings_alone():
    before = dict(matplotlib.rcParams)
    FIGURES["misses"]().to_bytes()
    assert dict(matplotlib.rcParams) == before


def test_the_palette_reads_on_paper():
    """Contrast of at least 3 (large type, lines) on the ground of a card, by WCAG 2."""

    def luminance(colour):
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in matplotlib.colors.to_rgb(colour)
        ]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    for colour in (look.INK, look.GREY, look.BLUE, look.RED, look.GREEN):
        assert (luminance(look.PAPER) + 0.05) / (luminance(colour) + 0.05) >= 3, colour


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_title_ends_inside_its_figure(name):
    figure = FIGURES[name]()
    heading = figure.texts[0]
    right = heading.get_window_extent(figure.canvas.get_renderer()).x1
    assert right <= figure.bbox.width - 0.1 * figure.dpi, heading.get_text()


def bar_of(figure, name):
    """The one bar of this name."""
    ((bar,),) = (bars for bars in figure.axes[0].containers if bars.get_label() == name)
    return bar


def test_the_meter_draws_what_is_given_away():
    figure = FIGURES["meter"]()
    added = [bar_of(figure, step.name) for step in METER.steps]
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in added]
    assert ends == [pytest.approx(x) for x in ((0, 8.9), (8.9, 14.1), (14.1, 16.5))]
    assert [bool(bar.get_hatch()) for bar in added] == [True, False, False]
    assert "16.5 of 21 bits are given away and right, 8.9 of them by the question" in figure.title
    assert any("correct first: 41 % (38–44)" in text for text in texts(figure))


def test_what_is_taken_back_or_misleads_is_drawn_back():
    bar = bar_of(FIGURES["meter bought back"](), "blurred")
    assert (bar.get_x(), bar.get_width()) == pytest.approx((13.5, 3.0))
    figure = show.bits_given(MISLED)
    assert figure.axes[0].get_xlim()[0] <= -3


def test_histograms_are_shares_and_their_title_counts():
    figure = FIGURES["histograms at a threshold"]()
    for name, count in (("same", SAME), ("different", ~SAME)):
        (stairs,) = drawn(figure, name)
        values, edges, _ = stairs.get_data()
        assert values.sum() == pytest.approx(1)
        assert values[0] == pytest.approx((DISTANCES[count] < edges[1]).mean())
    (line,) = drawn(figure, "threshold")
    assert list(line.get_xdata()) == [0.35, 0.35]
    true, false, missed = (
        int(word.replace(",", ""))
        for word in re.findall(
            r": ([\d,]+) true links, ([\d,]+) false links, ([\d,]+) missed", figure.title
        )[0]
    )
    linked = DISTANCES <= 0.35
    assert (true, false, missed) == (
        (linked & SAME).sum(),
        (linked & ~SAME).sum(),
        (~linked & SAME).sum(),
    )


def test_a_crop_is_as_far_as_its_bars_are_long():
    figure = FIGURES["how far"]()
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.2, 0.8]
    assert figure.title == "The new crop is nearest to a car"


def test_misses_draw_what_was_measured_and_hatch_the_rest():
    figure = FIGURES["misses"]()
    (curve,) = drawn(figure, "measured")
    assert curve.get_ydata().tolist() == ODDS.fnir[ODDS.resolvable].tolist()
    assert drawn(figure, "not measured")
    at = ODDS.fnir[np.isclose(ODDS.fpir, 0.1)].iloc[0]
    assert f"1 of 10 searches, {look.percent(at)} of the" in figure.title.replace("\u00a0", " ")


def test_false_links_counts_the_links():
    figure = FIGURES["false links"]()
    half = np.sort(DISTANCES[SAME])[99]
    linked = half >= DISTANCES
    assert f"{(linked & ~SAME).sum():,} false links, 100 true links" in " ".join(texts(figure))
    (line,) = drawn(figure, "share of the links that are false")
    at = np.searchsorted(line.get_xdata(), half)
    assert line.get_ydata()[at] == pytest.approx((linked & ~SAME).sum() / linked.sum())


def test_bars_have_the_lengths_and_intervals_of_the_table():
    figure = FIGURES["bars"]()
    assert [bar.get_width() for bar in figure.axes[0].patches[:2]] == pytest.approx([0.84, 0.86])
    assert [list(line.get_xdata()) for line in figure.axes[0].lines[:2]] == [
        [0.8, 0.88],
        [0.83, 0.9],
    ]


def test_the_map_shows_the_plane_in_which_vectors_differ_most():
    table = RNG.normal(size=(6, 7))
    figure = vectors.embedding_map(table, CROPS)
    places = [crop.xy for crop in figure.findobj(matplotlib.offsetbox.AnnotationBbox)]
    u, s, _ = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
    assert np.abs(places) == pytest.approx(np.abs(u[:, :2] * s[:2]))
    assert look.percent((s[:2] ** 2).sum() / (s**2).sum()) in figure.title


def test_frame_boxes_are_where_the_detections_are():
    patches = FIGURES["frame"]().axes[0].patches
    assert {(p.get_x(), p.get_y(), p.get_width(), p.get_height()) for p in patches} == {
        (10, 20, 50, 50),
        (100, 90, 100, 60),
    }


def test_every_numbered_frame_is_drawn_with_its_numbers():
    images, boxes = (
        [np.full((240, 352, 3), shade, np.uint8) for shade in (50, 90, 130)],
        pd.DataFrame(
            {"number": [1, 2], "x1": [10, 200], "y1": [20, 90], "x2": [60, 300], "y2": [70, 150]}
        ),
    )
    figure = lesson_10.numbered_frames(images, [boxes] * 3, ["one", "two", "three"], "Three")
    assert [int(axes.images[0].get_array()[0, 0, 0]) for axes in figure.axes if axes.images] == [
        50,
        90,
        130,
    ]
    assert sum(word in ("1", "2") for word in texts(figure)) == 6


def test_marks_do_not_depend_on_colour():
    words = texts(FIGURES["candidates"]())
    assert [word for word in words if "✓" in word or "✗" in word] == [
        "1  ✗",
        "2  ✓",
        "3  ✗",
        "4  ✗",
        "5  ✗",
    ]


def test_trip_is_drawn_at_its_places_and_times():
    figure = FIGURES["trip"]()
    points = drawn(figure, "right") + drawn(figure, "wrong")
    drawn_at = sorted((float(p.get_xdata()[0]), float(p.get_ydata()[0]) * 60) for p in points)
    assert drawn_at == [
        pytest.approx(pair) for pair in zip([p.km for p in DRIVE], [0, 22, 71, 145, 250, 305])
    ]
    (truth,) = drawn(figure, "truth")
    assert list(zip(truth.get_xdata(), 60 * truth.get_ydata())) == [
        pytest.approx(pair) for pair in drawn_at
    ]
    assert len(drawn(figure, "wrong")) == 1
    assert "1 of the links is wrong" in figure.title
    linked = "Linked at 5 of 5 other cameras"
    assert show.drive(TRIP).title == f"{linked}: 5.5 km of its way in 5 min 05 s"
    assert {"22 s", "49 s", "74 s", "105 s", "55 s"} <= set(texts(show.drive(TRIP)))


@pytest.mark.parametrize("name", ["meter", "histograms at a threshold", "trip"])
def test_key_figures_look_as_they_did(name):
    """By perceived difference: both pictures made small, as the eye from the back row would have
    them.

    A wanted change: delete the old picture, run this test, look at the new one, and commit it.
    """
    path = PICTURES / f"{name.replace(' ', '-')}.png"
    picture = Image.open(io.BytesIO(FIGURES[name]().to_bytes(dots=75)))
    if not path.exists():
        assert not os.environ.get("CI"), f"{path} is missing"
        PICTURES.mkdir(exist_ok=True)
        picture.save(path, optimize=True)
        pytest.fail(f"{path} was missing and has been made: look at it, and run again")
    small = [
        np.asarray(
            p.convert("RGB").resize((p.width // 3, p.height // 3), Image.Resampling.BOX), float
        )
        for p in (Image.open(path), picture)
    ]
    assert small[0].shape == small[1].shape
    difference = np.abs(small[0] - small[1]).max(axis=2)
    assert difference.mean() < 1.5
    assert (difference > 60).mean() < 0.004
    assert path.stat().st_size < 30_000
