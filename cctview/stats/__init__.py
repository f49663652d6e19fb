"""Numbers with their intervals: resampling of whole vehicles, identification bits, calibration."""

from cctview.stats.bits import (
    claimed_bits,
    closed_set_bits,
    entropy,
    fit_temperature,
    identification_bits,
    match_probability,
    open_set_posterior,
)
from cctview.stats.calibration import log_likelihood_ratio_cost, reliability
from cctview.stats.resampling import bootstrap, bootstrap_both_sides, split_vehicles, wilson

__all__ = [
    "bootstrap",
    "bootstrap_both_sides",
    "claimed_bits",
    "closed_set_bits",
    "entropy",
    "fit_temperature",
    "identification_bits",
    "log_likelihood_ratio_cost",
    "match_probability",
    "open_set_posterior",
    "reliability",
    "split_vehicles",
    "wilson",
]
