"""What every figure of the course must be: titled, legible in a narrow column, and whole."""

import matplotlib.text
from matplotlib.figure import Figure

from cctview.show import look

NARROW, SMALLEST = 400, 7.0
"""Pixels of a narrow column, and how high type must be in it."""


def check_card(figure):
    """Assert that a figure has a title, that nothing on it lies outside, and that its type is
    legible in a narrow column.
    """
    assert isinstance(figure, Figure)
    assert figure.title
    with look.style():
        drawn_on = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert drawn_on.x0 > 0
    assert drawn_on.x1 < width
    assert drawn_on.y0 > 0
    assert drawn_on.y1 < height
    sizes = [
        text.get_fontsize()
        for text in figure.findobj(matplotlib.text.Text)
        if text.get_text().strip()
    ]
    assert min(sizes) / 72 / look.WIDTH * NARROW >= SMALLEST
