"""Ways to rank tracks, side by side on one small gallery: MED, MCD, RSCR, and re-ranking by
neighbours.
"""

import numpy as np
import pandas as pd

from cctview.match.matching import track_to_track
from cctview.match.metrics import evaluate_rank
from cctview.match.pairs import largest_pictures
from cctview.match.rerank import k_reciprocal

METHODS = {"MED": "med", "MCD": "mcd", "RSCR": "rscr"}
RERANKED = "MCD, re-ranked"


def compare_methods(
    detections, vehicles, embeddings, cameras, queries=100, strangers=200, images=3, seed=0
):
    """Look for vehicles of one camera among the tracks of others, by each method.

    Parameters
    ----------
    detections, vehicles, embeddings
        As for `cctview.match.pairs.compare_tracks`.
    cameras : sequence of str
        The first is that of the vehicles looked for, the others make the gallery.
    queries : int
        So many vehicles are looked for: drawn from those that are in the gallery.
    strangers : int
        So many others are in the gallery.
    images : int
        Of each track.
    seed : int

    Returns
    -------
    DataFrame
        One row a method; columns rank-1, rank-10, mAP, mINP.
    """
    rows = largest_pictures(detections, vehicles, images)
    camera, of = (
        detections["camera"].to_numpy()[rows],
        vehicles.to_numpy(float, na_value=0)[rows].astype(int),
    )
    asking, there = camera == cameras[0], np.isin(camera, list(cameras[1:]))
    rng, both = np.random.default_rng(seed), np.intersect1d(of[asking], of[there])
    wanted = rng.permutation(both)[:queries]
    others = rng.permutation(np.setdiff1d(of[there], wanted))[:strangers]
    asking &= np.isin(of, wanted)
    there &= np.isin(of, np.concatenate([wanted, others]))
    tracks = pd.MultiIndex.from_arrays([camera[there], of[there]])
    codes, names = tracks.factorize()
    q, g, own = embeddings[rows[asking]], embeddings[rows[there]], of[asking]
    tables = {
        name: track_to_track(q, own, g, codes, distance) for name, distance in METHODS.items()
    }
    among = track_to_track(q, own, q, own, "mcd"), track_to_track(g, codes, g, codes, "mcd")
    order = tables["MCD"]
    again = k_reciprocal(order.to_numpy(), *(_symmetric(table) for table in among))
    tables[RERANKED] = pd.DataFrame(again, index=order.index, columns=order.columns)
    here = names.get_level_values(1)[order.columns], names.get_level_values(0)[order.columns]
    found = {
        name: (
            evaluate_rank(
                table, table.index, here[0], [cameras[0]] * len(table), here[1], 10
            ).summary()
        )
        for name, table in tables.items()
    }
    return pd.DataFrame(found).T[["rank-1", "rank-10", "mAP", "mINP"]]


def _symmetric(table):
    """Distances of tracks to each other, the same both ways, and 0 to itself."""
    values = (table.to_numpy(float) + table.to_numpy(float).T) / 2
    np.fill_diagonal(values, 0)
    return values
