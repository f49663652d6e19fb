"""Figures of embeddings: the values drawn are the data's, and nothing lies outside."""

import numpy as np
import pandas as pd
import pytest

from cctview.course.figures import vectors
from tests.cards import check_card

RNG = np.random.default_rng(0)
GROUPS = pd.DataFrame(
    [
        ("size", "small", 0.4, 0.3, 0.5, 300),
        ("size", "larger", 0.6, 0.5, 0.7, 900),
        ("colour", "dark", 0.5, 0.4, 0.6, 600),
    ],
    columns=["of", "group", "estimate", "low", "high", "searches"],
)
FIGURES = {
    "vector": lambda: vectors.vector(
        RNG.integers(0, 255, (30, 44, 3)).astype(np.uint8), RNG.normal(size=1920)
    ),
    "weak spots": lambda: vectors.weak_spots(GROUPS, 10),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_titled_whole_and_legible(name):
    check_card(FIGURES[name]())


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
