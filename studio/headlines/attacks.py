"""Headline numbers of attacks: inference, inversion, membership, unicity."""

from studio.headlines.headline import Headline

HEADLINES: tuple[Headline, ...] = ()
