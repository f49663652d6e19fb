"""Headline numbers of defences."""

from studio.headlines.headline import Headline

HEADLINES: tuple[Headline, ...] = ()
