"""Every headline number, with its question, gallery, interval and command, and the strongest other
choice: `python -m studio numbers` writes them to ``notebooks/numbers.md``.

A module a subject; each has a tuple `HEADLINES`. All are computed from the stored tables of
``data/results/`` alone, in seconds.
"""
