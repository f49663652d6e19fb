"""Figures of embeddings: the values drawn are the data's, and nothing lies outside."""

import numpy as np
import pandas as pd
import pytest

from cctview.course.figures import vectors
from cctview.match import descend
from tests.cards import check_card

RNG = np.random.default_rng(0)
BEGIN = [(0, 0), (1.2, 0.6), (0.7, -0.6)]
GROUPS = pd.DataFrame(
    [
        ("size", "small", 0.4, 0.3, 0.5, 300),
        ("size", "larger", 0.6, 0.5, 0.7, 900),
        ("colour", "dark", 0.5, 0.4, 0.6, 600),
    ],
    columns=["of", "group", "estimate", "low", "high", "searches"],
)
FIGURES = {
    "triplet": lambda: vectors.triplet(*descend(BEGIN, 1.0, 6), 1.0),
    "triplet at the start": lambda: vectors.triplet(*descend(BEGIN, 4.0, 0), 4.0),
    "triplet in a corner": lambda: vectors.triplet(
        *descend([(0, 0), (2.5, 0.6), (-2.5, 2.5)], 0.1, 30), 0.1
    ),
    "vector": lambda: vectors.vector(
        RNG.integers(0, 255, (30, 44, 3)).astype(np.uint8), RNG.normal(size=1920)
    ),
    "weak spots": lambda: vectors.weak_spots(GROUPS, 10),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


def test_the_toy_draws_where_the_points_are():
    path, losses = descend(BEGIN, 1.0, 6)
    figure = vectors.triplet(path, losses, 1.0)
    for k, name in enumerate(("anchor", "positive", "negative")):
        (point,) = figure.findobj(lambda a, name=name: a.get_label() == name)
        assert point.get_xydata()[0] == pytest.approx(path[-1, k])
    near, margin = figure.axes[0].patches
    assert near.radius == pytest.approx(np.linalg.norm(path[-1, 0] - path[-1, 1]))
    assert margin.radius**2 == pytest.approx(near.radius**2 + 1.0)
    assert "Nothing left to learn" in vectors.triplet(*descend(BEGIN, 1.0, 200), 1.0).title


def test_every_number_of_a_vector_is_drawn():
    vector = RNG.normal(size=1920)
    figure = vectors.vector(np.zeros((20, 30, 3), np.uint8), vector)
    assert sorted(figure.axes[1].images[0].get_array().ravel().tolist()) == sorted(vector.tolist())
    assert "30×20 pixels becomes 1,920 numbers" in figure.title


def test_the_hardest_group_is_named_and_every_bar_has_its_length():
    figure = vectors.weak_spots(GROUPS, 10)
    assert figure.title.startswith("Hardest: small")
    assert "40 %" in figure.title
    assert [bar.get_width() for bar in figure.axes[0].patches] == pytest.approx([0.4, 0.6, 0.5])
