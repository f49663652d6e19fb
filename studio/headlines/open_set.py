"""Headline numbers of searches by appearance alone."""

from studio.headlines.headline import Headline

HEADLINES: tuple[Headline, ...] = ()
