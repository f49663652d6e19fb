"""Figures of protection: the values drawn are the table's, and titles say what was found."""

import numpy as np
import pandas as pd
import pytest

from cctview.course.figures import lesson_08
from cctview.defences import study as protection
from cctview.defences.catalogue import DEFENCES
from tests.cards import check_card
from tests.test_figures import CROPS, drawn

THREE = protection.TRACKERS[:3]


def table():
    """Two defences of looks and one of the database, at three strengths; the key is perfect off the
    shelf only.
    """
    rows = [
        ("none", "", "pictures", 0.0, t, b, 1.0)
        for t, b in zip(THREE, (3.0, 3.1, 3.4), strict=True)
    ]
    rows += [(*row[:2], "vectors", *row[3:]) for row in rows]
    rows += [("none", "", "pictures", 0.0, "another network", 2.8, 1.0)]
    rows += [
        ("none", "", "vectors and clock", 0.0, t, b, 1.0)
        for t, b in zip(THREE, (6.0, 6.1, 6.4), strict=True)
    ]
    for name, where, evidence, cases in (
        (
            "blur",
            "pixels",
            "pictures",
            {1: (2, 2.5, 3.0, 0.95), 2: (1, 2, 2.5, 0.8), 4: (0.5, 1.5, 2, 0.4)},
        ),
        (
            "key",
            "vectors",
            "vectors",
            {256: (0, 1.8, 3.2, 0.97), 64: (0, 0.3, 2.9, 0.88), 16: (0, 0, 1.9, 0.66)},
        ),
        (
            "retention",
            "database",
            "vectors and clock",
            {240: (5.9, 6, 6.3, 0.98), 120: (4, 4, 4.5, 0.6), 30: (0.5, 0.5, 0.5, 0.1)},
        ),
    ):
        for strength, (*bits, use) in cases.items():
            rows += [
                (name, where, evidence, strength, t, b, use)
                for t, b in zip(THREE, bits, strict=True)
            ]
            if where == "pixels":
                row = (name, where, evidence, strength, "another network", bits[0] + 0.4, use)
                rows.append(row)
    made = pd.DataFrame(
        rows, columns=["defence", "where", "evidence", "strength", "tracker", "bits", "usefulness"]
    )
    made = made.assign(**dict.fromkeys(protection.USES, made.usefulness))
    return made.assign(bits_low=made.bits - 0.1, bits_high=made.bits + 0.1, unit="px", who="law")


TABLE = table()
FOUND = {
    n: {"estimate": s, "low": s - 0.05, "high": s + 0.05}
    for n, s in ((0, 0.05), (50, 0.2), (250, 0.3))
}
JUDGED = pd.DataFrame(
    [
        ("the very crop", "rebuilt picture", 0.7),
        ("the very crop", "nearest other vehicle", 0.5),
        ("the very crop", "true crop", 1.0),
        ("a crop at another camera", "rebuilt picture", 0.31),
        ("a crop at another camera", "nearest other vehicle", 0.3),
        ("a crop at another camera", "true crop", 0.4),
        ("a crop at another camera", "vector itself", 0.6),
        ("a crop at another camera", "gain", 0.01),
    ],
    columns=["gallery", "method", "estimate"],
).assign(figure="top-5", vehicles=200)
JUDGED = JUDGED.assign(low=JUDGED.estimate - 0.05, high=JUDGED.estimate + 0.05)
CLOAKS = pd.DataFrame(
    [
        (aim, levels, network, outcome, share)
        for aim, levels, network, shares in (
            ("none", 0, "the extractor", (0.4, 0.0, 0.6)),
            ("none", 0, "the second", (0.3, 0.0, 0.7)),
            ("away", 8, "the extractor", (0.05, 0.0, 0.95)),
            ("away", 8, "the second", (0.28, 0.0, 0.72)),
            ("target", 8, "the extractor", (0.1, 0.5, 0.4)),
            ("target", 8, "the second", (0.27, 0.01, 0.72)),
        )
        for outcome, share in zip(("itself", "the target", "another"), shares, strict=True)
    ],
    columns=["aim", "levels", "network", "outcome", "share"],
)
FIGURES = {
    "whose picture": lambda: lesson_08.whose_picture(JUDGED),
    "rebuilt": lambda: lesson_08.rebuilt(
        {"deleted": CROPS[:4], "from the\nvector": CROPS[2:6]}, "Back", ["a", "b", "c", "d"]
    ),
    "defended": lambda: lesson_08.defended(
        protection.at_strength(TABLE, "key", 1), CROPS[:4], "adaptive", 3.4, "rebuilt"
    ),
    "four thieves": lambda: lesson_08.defended(
        protection.at_strength(TABLE, "blur", 1), CROPS[:4], "another network", 3.4, "rebuilt"
    ),
    "blamed": lambda: lesson_08.blamed(CLOAKS, 8),
    "numbers": lambda: lesson_08.numbers(np.linspace(-1, 1, 256), CROPS[:4]),
    "key broken": lambda: lesson_08.key_broken(FOUND, FOUND[250], 50),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def test_a_rebuilt_picture_is_judged_at_another_camera():
    figure = FIGURES["whose picture"]()
    assert "not measurably more often" in figure.title
    assert "31 % and 30 %" in figure.title
    markers = drawn(figure, "among crops at another camera")
    assert [line.get_xdata()[0] for line in markers[:4]] == [0.4, 0.6, 0.31, 0.3]
    better = JUDGED.assign(low=JUDGED.low + 0.05)
    assert "finds its vehicle more often" in lesson_08.whose_picture(better).title


def test_the_driver_holds_nothing():
    assert not any("driver" in defence.who for defence in DEFENCES.values())


def test_bits_left_are_the_tables():
    figure = FIGURES["defended"]()
    assert [bar.get_width() for bar in figure.axes[-1].patches] == [0, 1.8, 3.2]
    assert [tick.get_text() for tick in figure.axes[-1].get_yticklabels()] == list(THREE)
    assert "3.2 of 3.4 bits" in figure.title
    assert "counting 97 %" in figure.axes[-1].get_title(loc="left")
    four = FIGURES["four thieves"]()
    assert [bar.get_width() for bar in four.axes[-1].patches] == [2, 2.5, 3.0, 2.4]
    assert four.title.endswith("a thief with another network keeps 2.4 of 3.4 bits")


def test_a_thief_who_needs_pictures_has_no_vectors_to_attack():
    rows = protection.at_strength(TABLE, "key", 1)
    figure = lesson_08.defended(rows, CROPS[:4], "another network", 3.4, "rebuilt")
    assert "the adaptive thief keeps" in figure.title


def test_shares_bought_back_by_hand():
    points = protection.bought_points(TABLE).set_index(["defence", "strength"])
    assert points.loc[("key", 256), "share"] == pytest.approx(1 - 3.2 / 3.4)
    assert points.loc[("retention", 30), "bought"] == pytest.approx(5.9)
    assert (
        protection.bought_points(TABLE, "off the shelf")
        .set_index(["defence", "strength"])
        .loc[("key", 256), "share"]
        == 1
    )


def test_the_broken_key_is_compared_with_no_key():
    figure = FIGURES["key broken"]()
    assert figure.title.startswith(
        "With 50 known vehicles the thief finds 20 % of the others: 67 %"
    )
    (line,) = drawn(figure, "with known vehicles")
    np.testing.assert_allclose(line.get_ydata(), [0.05, 0.2, 0.3])


def test_what_moves_the_town_most():
    """Bars lead from the base to either end, the longer below; the widest row comes first, and is
    named.
    """
    rows = [
        ("small: a, b", "stills", "trips put together, right", 0.01, 0.02, 0.03),
        ("large: c, d", "stills", "trips put together, right", 0.015, 0.02, 0.09),
        ("small: a, b", "plate readers", "trips put together, right", 0.1, 0.2, 0.7),
        ("large: c, d", "plate readers", "trips put together, right", 0.2, 0.2, 0.2),
        ("large: c, d", "plate readers", "home found", 0.0, 0.2, 1.0),
    ]
    columns = ["assumption", "kind", "figure", "less", "base", "more"]
    figure = lesson_08.tornado(pd.DataFrame(rows, columns=columns))
    check_card(figure)
    assert "large (stills), small (plate readers)" in figure.title
    bars = [(bar.get_x(), bar.get_width()) for bar in figure.axes[1].patches]
    np.testing.assert_allclose(bars, [(0.2, 0.5), (0.2, -0.1), (0.2, 0), (0.2, 0)], atol=1e-12)
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["small\n(a, b)", "large\n(c, d)"]


def test_whom_a_search_blames():
    figure = FIGURES["blamed"]()
    assert "first in 50 % of searches, another network in 1.0 %" in figure.title
    bars = [bar.get_width() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(bars, [0.1, 0.5, 0.4, 0.27, 0.01, 0.72])
