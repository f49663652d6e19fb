"""A trip in words, for what is marked on frames."""

import pandas as pd

_SLOW = 8.0  # s by which traffic is slower than usual before that is told


def in_traffic(slower: float) -> str:
    """How much longer than usual the traffic took, to append; "" if that is not worth a word."""
    return f" (traffic {slower:.0f} s slower than usual)" if slower >= _SLOW else ""


def as_candidates(trip: pd.DataFrame) -> pd.DataFrame:
    """Tracklets of a trip (`TripFinder.find`) but the pick, for `Camera.mark`: `id`, `label`, and
    `weak`: the best candidate where none is linked. The camera itself says when each passes.
    """
    others = trip[trip["after"] != 0]
    labels = [
        f"{100 * row.probability:.0f} % sure{in_traffic(row.slower)}"
        if row.linked
        else f"{row.why}; at best {100 * row.probability:.0f} % sure"
        for row in others.itertuples()
    ]
    weak = ~others["linked"].to_numpy(bool)
    return pd.DataFrame({"id": others["id"].to_numpy(), "label": labels, "weak": weak})
