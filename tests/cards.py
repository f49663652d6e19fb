"""What every figure of the course must be: titled, legible in a narrow column, and whole."""

from itertools import combinations

import matplotlib.text
from matplotlib.figure import Figure

from cctview.show import look

NARROW, SMALLEST = 400, 7.0
"""Pixels of a narrow column, and how high type must be in it."""
ON_EACH_OTHER = 2
"""Pixels by which the frames of two texts may overlap: frames are higher than what they hold."""


def check_card(figure):
    """Assert that a figure has a title, that nothing on it lies outside, that no words lie on
    others, and that its type is legible in a narrow column.
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
    texts = [
        text
        for text in figure.findobj(matplotlib.text.Text)
        if text.get_text().strip() and text.get_visible()
    ]
    assert min(text.get_fontsize() for text in texts) / 72 / look.WIDTH * NARROW >= SMALLEST
    with look.style():
        figure.draw_without_rendering()  # a legend has no place before
    ticks = {
        id(label)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for label in axis.get_ticklabels(which="both")
    }
    places = [
        (text.get_text(), text.get_window_extent().padded(-ON_EACH_OTHER))
        for text in texts
        if id(text) not in ticks and text.get_text()[0] not in "✓✗"  # boxes may overlap
    ]
    on_others = [
        f"{one} / {other}"
        for (one, here), (other, there) in combinations(places, 2)
        if here.overlaps(there)
    ]
    assert not on_others, on_others
