"""cctview: how a Clearview-like search engine is built from free parts, shown on vehicles."""

__version__ = "0.1.0"
