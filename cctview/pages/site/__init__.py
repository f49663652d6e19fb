"""The course as static pages, which play without Python.

``page`` makes a page's body of a notebook or a text, and `make_site` (``build``) runs each lesson
once and puts all into a folder. The site's own words stand in
``words/``, its look and its small script in ``static/``. A page works from a disk, from any server,
and without a network; it loads nothing from elsewhere.
"""

from cctview.pages.site.build import make_site

__all__ = ["make_site"]
