"""A trip in words: for a table, and for what is marked on frames."""

import numpy as np
import pandas as pd

from cctview.dataset import street_of

_SLOW = 8.0  # s by which traffic is slower than usual before that is told


def describe(trip: pd.DataFrame) -> pd.DataFrame:
    """A trip to read: by street the time, the seconds since the pick, and how sure it is."""
    names = [street_of(camera) for camera in trip["camera"]]
    linked = "linked" + trip["slower"].map(in_traffic)
    verdict = np.where(trip["after"] == 0, "picked", np.where(trip["linked"], linked, trip["why"]))
    columns = {
        "time": trip["time"].dt.strftime("%H:%M:%S"),
        "after the pick": trip["after"].map("{:+.0f} s".format),
        "probability": (100 * trip["probability"]).map("{:.0f} %".format),
        "verdict": verdict,
    }
    return pd.DataFrame(columns).set_axis(pd.Index(names, name="camera"))


def in_traffic(slower: float) -> str:
    """How much longer than usual the traffic took, to append; "" if that is not worth a word."""
    return f" (traffic {slower:.0f} s slower than usual)" if slower >= _SLOW else ""


def as_candidates(trip: pd.DataFrame) -> pd.DataFrame:
    """Tracklets of a trip (`TripFinder.find`) but the pick, for `Camera.mark`: `id`, `label`, and
    `weak`: the best candidate where none is linked.
    """
    others = trip[trip["after"] != 0]
    labels = [
        f"{abs(row.after):.0f} s {'later' if row.after > 0 else 'before'}"
        f"{in_traffic(row.slower)}, {100 * row.probability:.0f} % sure"
        if row.linked
        else f"{row.why}; at best {100 * row.probability:.0f} % sure"
        for row in others.itertuples()
    ]
    weak = ~others["linked"].to_numpy(bool)
    return pd.DataFrame({"id": others["id"].to_numpy(), "label": labels, "weak": weak})
