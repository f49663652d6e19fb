"""The lessons as pages that need no Python: `slides`, one file each, and the whole course as a
`site`.
"""

from cctview.pages import site, slides

__all__ = ["site", "slides"]
