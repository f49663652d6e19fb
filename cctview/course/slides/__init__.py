"""Slides: an executed notebook as one HTML file that holds everything it shows and loads nothing.

`deck` makes the file. How much fits on one slide is measured by the browser that shows it
(``static/deck.js``): the rest goes on to the next. reveal.js 6.0.2 and its plug-in for notes lie in
``static/`` as its package on npm has them, with its licence. A content security policy in the file
forbids the browser to load anything.
"""

from cctview.course.slides.deck import find_notebook, make_deck

__all__ = ["find_notebook", "make_deck"]
