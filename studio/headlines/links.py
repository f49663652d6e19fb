"""Headline numbers of links and trips."""

from studio.headlines.headline import Headline

HEADLINES: tuple[Headline, ...] = ()
