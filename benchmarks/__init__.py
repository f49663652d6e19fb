"""Speed, as ratios of two ways to do the same, measured side by side: `python -m benchmarks`."""
