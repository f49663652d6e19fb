"""Numbers with their intervals: resampling of whole vehicles, and identification bits."""

from cctview.stats.bits import (
    claimed_bits,
    entropy,
    figures_with_intervals,
    identification_bits,
    match_probability,
    open_set_posterior,
    reliability,
    supported_limits,
)
from cctview.stats.resampling import bootstrap, split_vehicles

__all__ = [
    "bootstrap",
    "claimed_bits",
    "entropy",
    "figures_with_intervals",
    "identification_bits",
    "match_probability",
    "open_set_posterior",
    "reliability",
    "split_vehicles",
    "supported_limits",
]
