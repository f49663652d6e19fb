"""The lessons as pages that need no Python: `slides`, one file each, and the whole course as a
`site`. Both take what a run of a lesson keeps (``run``), and what is kept of HTML (``markup``).
"""

from cctview.pages import site, slides

__all__ = ["site", "slides"]
