"""Kinds of cameras: what a larger picture and a faster one change. A designed experiment on the
simulated road, and no forecast.

`arms` says what is compared, `published` what is known of real cameras; `film` renders the frames,
`network` trains the extractors, `follow` detects and tracks, `judge` counts by the truth, `study`
puts the table together, ``data/results/kinds.csv``, and `keep` writes ``data/kinds``.
"""
