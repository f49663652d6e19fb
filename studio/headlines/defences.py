"""Headline numbers of defences, and costs."""

from studio.headlines.headline import Headline

HEADLINES: tuple[Headline, ...] = ()
