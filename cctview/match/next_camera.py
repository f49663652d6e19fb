"""Searches at the next camera, track against track: ranks, and methods side by side."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from cctview.dataset import DRIVE
from cctview.match.distance import DISTANCES
from cctview.match.matching import track_to_track
from cctview.match.metrics import RankEvaluation, evaluate_rank
from cctview.match.pairs import largest_crop_rows, vehicle_numbers
from cctview.match.rerank import k_reciprocal

_METHODS = {distance.label: name for name, distance in DISTANCES.items()} | {"RSCR": "rscr"}
RERANKED = "MCD, re-ranked"


def compare_tracks(
    detections: pd.DataFrame,
    vehicles: pd.Series,
    embeddings: np.ndarray,
    images: int = 1,
    distance: str = "mcd",
    aggregate: str = "mean50",
) -> list[pd.DataFrame]:
    """Distances of each vehicle at a camera to all at the next one, track against track.

    Parameters
    ----------
    detections, vehicles
        As for `cctview.match.pairs.largest_crop_rows`.
    embeddings : ndarray, shape (n, d)
        Row by row.
    images : int
        Of each track, at most so many crops are used, the largest.
    distance, aggregate
        As for `track_to_track`.

    Returns
    -------
    list of DataFrame
        One for each two neighbouring cameras, its index and columns the vehicles, and these named
        by the cameras.

    Raises
    ------
    ValueError
        If no two neighbouring cameras saw vehicles.
    """
    rows = largest_crop_rows(detections, vehicles, images)
    camera = detections["camera"].to_numpy()[rows]
    vehicle = vehicle_numbers(vehicles)[rows]
    tables = []
    for first, second in pairwise(place.camera for place in DRIVE):
        a, b = camera == first, camera == second
        if a.any() and b.any():
            table = track_to_track(
                embeddings[rows[a]],
                vehicle[a],
                embeddings[rows[b]],
                vehicle[b],
                distance,
                aggregate,
            )
            tables.append(table.rename_axis(index=first, columns=second))
    if not tables:
        raise ValueError("no two neighbouring cameras with vehicles; take more minutes")
    return tables


def rank_tracks(tables: Sequence[pd.DataFrame]) -> tuple[RankEvaluation, np.ndarray]:
    """Search for each vehicle of a camera at the next one.

    Parameters
    ----------
    tables : list of DataFrame
        From `compare_tracks`.

    Returns
    -------
    result : RankEvaluation
        One row a search.
    vehicles : ndarray of int
        The vehicle of each search.
    """
    parts = [_rank(table, table.columns, np.ones(table.shape[1])) for table in tables]
    result = RankEvaluation(
        np.concatenate([part.first_rank for part in parts]),
        np.concatenate([part.average_precision for part in parts]),
        np.concatenate([part.inverse_negative_penalty for part in parts]),
        max(table.shape[1] for table in tables),
    )
    return result, np.concatenate([table.index.to_numpy() for table in tables])


def _rank(
    table: pd.DataFrame, vehicles: pd.Index, cameras: Sequence[object] | np.ndarray
) -> RankEvaluation:
    """Rankings of a gallery of these vehicles at other cameras than the queries'."""
    return evaluate_rank(
        table, table.index, vehicles, ["query"] * len(table), cameras, max_rank=table.shape[1]
    )


def compare_methods(
    detections: pd.DataFrame,
    vehicles: pd.Series,
    embeddings: np.ndarray,
    cameras: Sequence[str],
    queries: int = 100,
    others: int = 200,
    images: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    """Search for vehicles of one camera among the tracks of others, by each method.

    Parameters
    ----------
    detections, vehicles, embeddings
        As for `compare_tracks`.
    cameras : sequence of str
        The first is that of the queries, the others make the gallery.
    queries : int
        So many vehicles are searched for: drawn from those that are in the gallery.
    others : int
        So many other vehicles are in the gallery.
    images : int
        Of each track.
    seed : int

    Returns
    -------
    DataFrame
        One row a method; columns rank-1, rank-10, mAP, mINP.
    """
    rows = largest_crop_rows(detections, vehicles, images)
    camera = detections["camera"].to_numpy()[rows]
    vehicle = vehicle_numbers(vehicles)[rows]
    query, gallery = camera == cameras[0], np.isin(camera, list(cameras[1:]))
    rng, both = np.random.default_rng(seed), np.intersect1d(vehicle[query], vehicle[gallery])
    wanted = rng.permutation(both)[:queries]
    rest = rng.permutation(np.setdiff1d(vehicle[gallery], wanted))[:others]
    query &= np.isin(vehicle, wanted)
    gallery &= np.isin(vehicle, np.concatenate([wanted, rest]))
    tracks, names = pd.MultiIndex.from_arrays([vehicle[gallery], camera[gallery]]).factorize()
    q, q_tracks, g = embeddings[rows[query]], vehicle[query], embeddings[rows[gallery]]
    tables = {
        label: track_to_track(q, q_tracks, g, tracks, method) for label, method in _METHODS.items()
    }
    mcd = tables["MCD"]
    reranked = k_reciprocal(
        mcd.to_numpy(),
        _symmetric(track_to_track(q, q_tracks, q, q_tracks, "mcd")),
        _symmetric(track_to_track(g, tracks, g, tracks, "mcd")),
    )
    tables[RERANKED] = pd.DataFrame(reranked, index=mcd.index, columns=mcd.columns)
    names = names[mcd.columns]
    figures = {
        label: _rank(table, names.get_level_values(0), names.get_level_values(1)).summary()
        for label, table in tables.items()
    }
    return pd.DataFrame(figures).T[["rank-1", "rank-10", "mAP", "mINP"]]


def _symmetric(table: pd.DataFrame) -> np.ndarray:
    """Distances of tracks to each other, the same both ways, and 0 to itself."""
    values: np.ndarray = (table.to_numpy(float) + table.to_numpy(float).T) / 2
    np.fill_diagonal(values, 0)
    return values
