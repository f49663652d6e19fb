"""Matching: how far apart two vehicles are, and which candidate is nearest.

The distances are those of Roman-Jimenez et al., "Improving Vehicle Re-Identification using CNN
Latent Spaces" (arXiv 1910.09458). Between an image and a track (several images of one vehicle) they
are

- MED, the minimal Euclidean distance: that to the nearest image of the track;
- MCD, the minimal cosine distance: the same by direction alone;
- RSCR, the residual of the sparse coding reconstruction: what is left of the image after it is
  rebuilt as a mixture of as few images of the track as possible.

With one image on each side, as in the original demo, MED is a plain Euclidean distance. Matches are
written as JSON, as the original does, and as a folder of crops in order of distance.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cctview.dataset import VEHICLE_TYPES, encode_jpeg, replacing
from cctview.match.distance import DISTANCES, check_embeddings, get_distance

_COLUMNS = ["base", "camera", "target", "distance"]
_MATCHES, _BASE = "matches.json", "base.jpeg"
_CANDIDATE = re.compile(r"cam-\d+--\d+--[\d.]+--.+\.jpeg")
_BASES_AT_ONCE = 256

#: Ways to make one number of the distances from each image of a query track to a gallery track.
AGGREGATES = ("min", "mean", "med", "mean50", "med50")
_AGGREGATE: dict[str, Any] = {"min": np.min, "mean": np.mean, "med": np.median}


def match_frames(
    base_detections: pd.DataFrame,
    base_embeddings: ArrayLike,
    target_detections: pd.DataFrame,
    target_embeddings: ArrayLike,
    distance: str = "med",
    nearest: int | None = None,
) -> pd.DataFrame:
    """Compare every vehicle of a base frame with every vehicle of the target frames.

    Persons and bicycles are left out: they are detected and counted, never matched.

    Parameters
    ----------
    base_detections, target_detections : DataFrame
        Columns `id`, `camera`, `type`.
    base_embeddings, target_embeddings : array_like, shape (n, d)
        Row by row.
    distance : str
        One of `cctview.match.DISTANCES`.
    nearest : int, optional
        How many targets of a camera are kept for a base vehicle; all, if not given.

    Returns
    -------
    DataFrame
        Columns `base`, `camera`, `target`, `distance`: base vehicles and target cameras in the
        order given, and for each of them the nearest target first.

    Raises
    ------
    ValueError
        If the distance is unknown, or the embeddings do not fit the detections.

    Examples
    --------
    >>> base = pd.DataFrame({"id": ["a"], "camera": ["N"], "type": ["car"]})
    >>> targets = pd.DataFrame({"id": ["b", "c"], "camera": ["S", "S"], "type": ["bus", "car"]})
    >>> match_frames(base, [[0, 0]], targets, [[3, 4], [0, 1]])
      base camera target  distance
    0    a      S      c       1.0
    1    a      S      b       5.0
    """
    measure = get_distance(distance)
    base, base_embeddings = _vehicles(base_detections, base_embeddings, "base")
    target, target_embeddings = _vehicles(target_detections, target_embeddings, "target")
    if base.empty or target.empty:
        return pd.DataFrame(columns=_COLUMNS).astype({"distance": np.float64})
    cameras = target["camera"].to_numpy()
    columns = [np.flatnonzero(cameras == camera) for camera in pd.unique(target["camera"])]
    parts = []
    for start in range(0, len(base), _BASES_AT_ONCE):
        some = slice(start, start + _BASES_AT_ONCE)
        matrix = measure(base_embeddings[some], target_embeddings).astype(np.float64)
        orders = [of[np.argsort(matrix[:, of], kind="stable")[:, :nearest]] for of in columns]
        order = np.concatenate(orders, axis=1)
        parts.append(
            pd.DataFrame(
                {
                    "base": np.repeat(base["id"].to_numpy()[some], order.shape[1]),
                    "camera": cameras[order].ravel(),
                    "target": target["id"].to_numpy()[order].ravel(),
                    "distance": np.take_along_axis(matrix, order, axis=1).ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _vehicles(
    detections: pd.DataFrame, embeddings: ArrayLike, name: str
) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows of detections, and of their embeddings, that are vehicles."""
    embeddings = np.asanyarray(embeddings)
    if len(detections) != len(embeddings):
        raise ValueError(
            f"{name}: {len(detections)} detections but {len(embeddings)} embeddings; they must"
            " belong together row by row"
        )
    keep = detections["type"].isin(VEHICLE_TYPES).to_numpy()
    vehicles = (
        check_embeddings(embeddings[keep], f"{name} embeddings") if keep.any() else np.zeros((0, 1))
    )
    return detections[keep], vehicles


def image_to_track(
    images: ArrayLike,
    gallery: ArrayLike,
    tracks: ArrayLike,
    distance: str = "med",
    alpha: float = 1.0,
) -> pd.DataFrame:
    """Distance from each image to each track of a gallery.

    Parameters
    ----------
    images : array_like, shape (n, d)
        Embeddings of the query images.
    gallery : array_like, shape (m, d)
        Embeddings of the tracks' images.
    tracks : array_like, shape (m,)
        The track that each gallery image belongs to.
    distance : str
        One of `cctview.match.DISTANCES`, or "rscr".
    alpha : float
        For RSCR only: the price of using a track's image; the higher, the fewer are used.

    Returns
    -------
    DataFrame, shape (n, number of tracks)
        One row an image, one column a track, in sorted order of the tracks.

    Raises
    ------
    ValueError
        If the distance is unknown, a table is malformed, or `tracks` does not name one track a
        gallery image.

    Examples
    --------
    >>> image_to_track([[0, 0]], [[3, 4], [0, 1], [6, 8]], ["x", "x", "y"]).round(3)
         x     y
    0  1.0  10.0
    """
    images = check_embeddings(images, "images")
    gallery = check_embeddings(gallery, "gallery", images.shape[1])
    order, starts, labels = _by_track(tracks, len(gallery), "gallery")
    if distance == "rscr":
        blocks = np.split(gallery[order], starts[1:])
        columns = [rscr(images, block, alpha) for block in blocks]
        return pd.DataFrame(np.stack(columns, axis=1), columns=labels)
    if distance not in DISTANCES:
        raise ValueError(
            f"unknown distance {distance!r}; choose one of {', '.join(DISTANCES)}, rscr"
        )
    return pd.DataFrame(
        np.minimum.reduceat(DISTANCES[distance](images, gallery[order]), starts, axis=1),
        columns=labels,
    )


def track_to_track(
    queries: ArrayLike,
    query_tracks: ArrayLike,
    gallery: ArrayLike,
    gallery_tracks: ArrayLike,
    distance: str = "med",
    aggregate: str = "mean50",
    alpha: float = 1.0,
) -> pd.DataFrame:
    """Distance from each track of a query set to each track of a gallery.

    As the paper's text has it: take the distance from each image of the query track to the gallery
    track, and make one number of them. `mean50` and `med50` are the mean and the median of the
    closer half of them, so that a few bad crops do not count. (The reference code of the paper's
    authors aggregates running minima instead, which depend on the order of the images.)

    Parameters
    ----------
    queries, gallery : array_like, shape (n, d) and (m, d)
        Embeddings of the tracks' images.
    query_tracks, gallery_tracks : array_like, shape (n,) and (m,)
        The track that each image belongs to.
    distance : str
        As in `image_to_track`. "rscr" takes the residuals of all the query track's images
        together, and aggregates nothing.
    aggregate : str
        One of `AGGREGATES`.
    alpha : float
        As in `image_to_track`.

    Returns
    -------
    DataFrame, shape (number of query tracks, number of gallery tracks)

    Raises
    ------
    ValueError
        As `image_to_track`, or if the aggregate is unknown.

    Examples
    --------
    >>> queries, gallery = [[0, 0], [0, 2], [9, 9]], [[0, 1], [0, 5]]
    >>> track_to_track(queries, ["a", "a", "b"], gallery, ["x", "y"], aggregate="mean").round(3)
            x      y
    a   1.000  4.000
    b  12.042  9.849
    """
    if aggregate not in AGGREGATES:
        raise ValueError(f"unknown aggregate {aggregate!r}; choose one of {', '.join(AGGREGATES)}")
    queries = check_embeddings(queries, "queries")
    order, starts, labels = _by_track(query_tracks, len(queries), "queries")
    images = image_to_track(queries[order], gallery, gallery_tracks, distance, alpha)
    blocks = np.split(images.to_numpy(), starts[1:])
    if distance == "rscr":
        rows = [np.sqrt((block**2).sum(axis=0)) for block in blocks]
    else:
        rows = [aggregate_distances(block, aggregate) for block in blocks]
    return pd.DataFrame(np.stack(rows), index=labels, columns=images.columns)


def aggregate_distances(distances: ArrayLike, aggregate: str) -> np.ndarray:
    """One number of many distances, shape (n, ...), along the first axis, by one of `AGGREGATES`.

    "mean50" and "med50" keep the smallest half (rounded up) first. Raises a ValueError if a
    distance is missing (NaN); an infinite one is the largest.

    Examples
    --------
    >>> [float(aggregate_distances([1, 2, 6, 9, 10], name)) for name in AGGREGATES]
    [1.0, 5.6, 6.0, 3.0, 2.0]
    """
    distances = np.asarray(distances)
    if np.isnan(distances).any():
        raise ValueError("a distance is NaN; use an infinite one to rule a pair out")
    if aggregate.endswith("50"):
        half = -(-len(distances) // 2)
        distances = np.partition(distances, half - 1, axis=0)[:half]
    aggregated: np.ndarray = _AGGREGATE[aggregate.removesuffix("50")](distances, axis=0)
    return aggregated


def rscr(images: ArrayLike, track: ArrayLike, alpha: float = 1.0) -> np.ndarray:
    """Residual of the sparse coding reconstruction of images from a track.

    For each image y, the weights a of the track's images D that minimise ``|y - aD|² / 2 + alpha
    |a|₁`` (the lasso); the residual is ``|y - aD|``.

    Parameters
    ----------
    images : array_like, shape (n, d)
    track : array_like, shape (k, d)
    alpha : float
        The price of a weight, at least 0.

    Returns
    -------
    ndarray, shape (n,), float64

    Examples
    --------
    >>> rscr([[3.0, 4.0]], [[1.0, 0.0]], alpha=0.0)
    array([4.])
    """
    from sklearn.decomposition import sparse_encode

    images = check_embeddings(images, "images").astype(np.float64)
    track = check_embeddings(track, "track", images.shape[1]).astype(np.float64)
    alpha = max(alpha, np.finfo(float).tiny)  # scikit-learn warns of a price of exactly 0
    weights = sparse_encode(images, track, algorithm="lasso_cd", alpha=alpha, max_iter=10_000)
    residual: np.ndarray = np.linalg.norm(images - weights @ track, axis=1)
    return residual


def _by_track(
    tracks: ArrayLike, count: int, name: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An order with each track's images together, where each track starts in it, and the labels."""
    tracks = np.asarray(tracks)
    if tracks.shape != (count,):
        raise ValueError(
            f"{name}: expected the track of each of the {count} images, but got an array of shape"
            f" {tracks.shape}"
        )
    if not count:
        raise ValueError(f"{name}: expected at least one image, but there is none")
    labels, starts = np.unique(np.sort(tracks), return_index=True)
    return np.argsort(tracks, kind="stable"), starts, labels


def write_matches(
    folder: str | Path, matches: pd.DataFrame, pictured: pd.DataFrame, crops: Mapping[str, Any]
) -> None:
    """Write matches as JSON, and pictures of some of them.

    ``folder/matches.json`` is the original's: ``{base id: {camera: {target id: distance}}}``. Each
    base vehicle that is pictured has a folder ``<frame>--<number>/`` with ``base.jpeg`` and
    ``cam-<k>--<rank>--<distance>--<frame>--<number>.jpeg``, where k counts the cameras from 1 as
    they first appear, and rank the candidates of a camera, nearest first: so names sort. The
    original's own names are longer than Windows takes.

    Parameters
    ----------
    folder : path_like
        Is complete or not there; one from an earlier run is replaced as a whole.
    matches : DataFrame
        Columns `base`, `camera`, `target`, `distance`.
    pictured : DataFrame
        Some rows of `matches`.
    crops : mapping of str to ndarray, shape (H, W, 3), uint8
        The crop of each detection that is pictured, by its id.

    Raises
    ------
    KeyError
        If a detection has no crop; the error names it.
    ValueError
        If the folder holds a file that this function did not write; names it.
    """
    folder = Path(folder)
    _refuse_foreign(folder)
    nested: dict[str, dict[str, dict[str, float]]] = {}
    for base, camera, target, distance in matches[_COLUMNS].itertuples(index=False):
        nested.setdefault(base, {}).setdefault(camera, {})[target] = float(distance)
    number = {camera: k for k, camera in enumerate(pd.unique(matches["camera"]), start=1)}
    pictured = pictured.sort_values("distance", kind="stable")
    rank = pictured.groupby(["base", "camera"]).cumcount() + 1
    digits = len(str(rank.max())) if len(rank) else 1
    with replacing(folder) as temporary:
        temporary.mkdir()
        (temporary / _MATCHES).write_text(json.dumps(nested, sort_keys=True, indent=2))
        for base, rows in pictured.assign(rank=rank).groupby("base", sort=False):
            place = temporary / _short(base)
            place.mkdir()
            (place / _BASE).write_bytes(encode_jpeg(_crop(crops, base), quality=95))
            for row in rows.itertuples():
                name = f"cam-{number[row.camera]}--{row.rank:0{digits}}--{row.distance:.3f}"
                content = encode_jpeg(_crop(crops, row.target), quality=95)
                (place / f"{name}--{_short(row.target)}.jpeg").write_bytes(content)


def _short(detection: str) -> str:
    """The frame and the number of a detection: enough to tell it from all others."""
    frame, _, rest = detection.partition("--detections--")
    return f"{frame}--{rest.partition('--')[0]}" if rest else frame


def _refuse_foreign(folder: Path) -> None:
    """A ValueError if a folder that would be replaced holds a file of somebody else's."""
    for path in folder.rglob("*") if folder.is_dir() else ():
        ours = path.name in (_MATCHES, _BASE) or _CANDIDATE.fullmatch(path.name)
        if path.is_file() and not ours:
            raise ValueError(
                f"{path}: not written by this version of cctview, so {folder} is not replaced;"
                " move that folder away"
            )


def _crop(crops: Mapping[str, Any], detection_id: str) -> np.ndarray:
    try:
        crop: np.ndarray = crops[detection_id]
        return crop
    except KeyError:
        raise KeyError(
            f"no crop for the detection {detection_id}; crops must hold every base and target"
            " vehicle"
        ) from None
