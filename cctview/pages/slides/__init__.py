"""Slides: an executed notebook as one HTML file that holds everything it shows and loads nothing.

`make_deck` makes the file of a notebook as it is stored, and `make_living_deck` of one that it
runs, so that its sliders and its cameras live on the slides; moments live in both. ``telling``
says what a slide tells of a lesson, ``pieces`` what lives on it, and ``deck`` puts them into a
file. reveal.js 6.0.2 and its plug-in for notes lie in ``static/`` as its package on npm has them,
with its licence. A content security policy in the file forbids the browser to load anything.
"""

from cctview.pages.slides.deck import find_notebook, make_deck, make_living_deck
from cctview.pages.slides.telling import MOST_WORDS, count_words

__all__ = ["MOST_WORDS", "count_words", "find_notebook", "make_deck", "make_living_deck"]
