"""Matching: how far apart are two vehicles, and which candidate is nearest?

The distances are those of Roman-Jimenez et al., "Improving Vehicle Re-Identification using CNN
Latent Spaces" (arXiv 1910.09458). Between an image and a track (several images of one vehicle) they
are

- MED, the minimal Euclidean distance: that to the nearest image of the track;
- MCD, the minimal cosine distance: the same by direction alone;
- RSCR, the residual of the sparse coding reconstruction: what is left of the image after it is
  rebuilt as a mixture of as few images of the track as possible.

With one image on each side, as in the original demo, MED is a plain Euclidean distance. The files
that the original writes (matches JSON, the folder `matches`) are written by `cctview.match.files`; its
functions can be had from here too.
"""

import numpy as np
import pandas as pd

from cctview.dataset.ids import VEHICLE_TYPES
from cctview.match.distance import check_embeddings, cosine_distances, euclidean_distances
from cctview.match.files import COLUMNS

#: The distances between single images, by name: smaller is closer.
DISTANCES = {"med": euclidean_distances, "mcd": cosine_distances}

#: Ways to make one number of the distances from each image of a query track to a gallery track.
AGGREGATES = ("min", "mean", "med", "mean50", "med50")


def calc_med(p_data, q_data):
    """Minimal Euclidean distance from an image to an image, or to a track.

    The original's function, under its name.

    Parameters
    ----------
    p_data : array_like, shape (d,)
        The embedding of one image.
    q_data : array_like, shape (d,) or (n, d)
        The embedding of another image, or those of a track.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a shape is wrong or a value is not finite.

    Examples
    --------
    >>> calc_med([0, 0], [3, 4])
    5.0
    >>> calc_med([0, 0], [[3, 4], [0, 1]])
    1.0
    """
    image, track = np.asarray(p_data, np.float64), np.asarray(q_data, np.float64)
    if image.ndim != 1:
        raise ValueError(
            f"p_data: expected one embedding of shape (d,), but the shape is {image.shape}"
        )
    track = check_embeddings(np.atleast_2d(track), "q_data", len(image))
    check_embeddings(image[None], "p_data")
    if not len(track):
        raise ValueError("q_data: expected at least one embedding, but the track is empty")
    return float(np.linalg.norm(track - image, axis=1).min())


def match_frames(
    base_detections, base_embeddings, target_detections, target_embeddings, distance="med"
):
    """Compare every vehicle of a base frame with every vehicle of the target frames.

    Persons and bicycles are left out: they are detected and counted, never matched.

    Parameters
    ----------
    base_detections, target_detections : DataFrame
        Detections with the columns `id`, `camera` and `type`.
    base_embeddings, target_embeddings : array_like, shape (n, d)
        Row by row the embeddings of the detections.
    distance : {"med", "mcd"}

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
    >>> targets = pd.DataFrame({"id": ["b", "c", "d"], "camera": ["S"] * 3, "type": ["bus", "car", "person"]})
    >>> match_frames(base, [[0, 0]], targets, [[3, 4], [0, 1], [0, 0]])
      base camera target  distance
    0    a      S      c       1.0
    1    a      S      b       5.0
    """
    if distance not in DISTANCES:
        raise ValueError(f"unknown distance {distance!r}; choose one of {', '.join(DISTANCES)}")
    base, base_embeddings = _vehicles(base_detections, base_embeddings, "base")
    target, target_embeddings = _vehicles(target_detections, target_embeddings, "target")
    if base.empty or target.empty:
        return pd.DataFrame(columns=COLUMNS).astype({"distance": np.float64})
    matrix = DISTANCES[distance](base_embeddings, target_embeddings)
    camera_order = pd.factorize(target["camera"])[0]
    matches = pd.DataFrame(
        {
            "base": np.repeat(base["id"].to_numpy(), len(target)),
            "camera": np.tile(target["camera"].to_numpy(), len(base)),
            "target": np.tile(target["id"].to_numpy(), len(base)),
            "distance": matrix.astype(np.float64).ravel(),
        }
    )
    base_order = np.repeat(np.arange(len(base)), len(target))
    order = np.lexsort((matches["distance"], np.tile(camera_order, len(base)), base_order))
    return matches.iloc[order].reset_index(drop=True)


def _vehicles(detections, embeddings, name):
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


def image_to_track(images, gallery, tracks, distance="med", alpha=1.0):
    """Distance from each image to each track of a gallery.

    Parameters
    ----------
    images : array_like, shape (n, d)
        Embeddings of the images that are looked for.
    gallery : array_like, shape (m, d)
        Embeddings of the tracks' images.
    tracks : array_like, shape (m,)
        The track that each gallery image belongs to.
    distance : {"med", "mcd", "rscr"}
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
    queries, query_tracks, gallery, gallery_tracks, distance="med", aggregate="mean50", alpha=1.0
):
    """Distance from each track of a query set to each track of a gallery.

    As the paper's text has it: take the distance from each image of the query track to the gallery
    track, and make one number of them. `mean50` and `med50` are the mean and the median of the
    closer half of them, so that a few bad crops do not count. The reference code of the paper's
    authors does something else; see `running_minimum`.

    Parameters
    ----------
    queries, gallery : array_like, shape (n, d) and (m, d)
        Embeddings of the tracks' images.
    query_tracks, gallery_tracks : array_like, shape (n,) and (m,)
        The track that each image belongs to.
    distance : {"med", "mcd", "rscr"}
        With "rscr", the residuals of all the query track's images together; nothing is aggregated.
    aggregate : {"min", "mean", "med", "mean50", "med50"}
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


def aggregate_distances(distances, aggregate):
    """One number of many distances, along the first axis.

    Parameters
    ----------
    distances : array_like, shape (n, ...)
        At least one.
    aggregate : {"min", "mean", "med", "mean50", "med50"}
        The last two keep the smallest half (rounded up) first.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> [float(aggregate_distances([1, 2, 6, 9, 10], name)) for name in AGGREGATES]
    [1.0, 5.6, 6.0, 3.0, 2.0]
    """
    distances = np.asarray(distances)
    if aggregate.endswith("50"):
        half = -(-len(distances) // 2)
        distances = np.partition(distances, half - 1, axis=0)[:half]
    of = {"min": np.min, "mean": np.mean, "med": np.median}[aggregate.removesuffix("50")]
    return of(distances, axis=0)


def running_minimum(distances, aggregate="mean50"):
    """Track-to-track distance as the reference code of arXiv 1910.09458 computes it, not as its
    text says.

    For each gallery image it goes through the query images and keeps the smallest distance so far
    after every one of them, then aggregates all these running minima; and its "50" keeps one more
    than half. So the result depends on the order of the query's images. It is here to compare with
    published figures; `track_to_track` follows the text.

    Parameters
    ----------
    distances : array_like, shape (query images, gallery images)
        Distances between the images of one query track and one gallery track.
    aggregate : {"min", "mean", "med", "mean50", "med50"}

    Returns
    -------
    float

    Examples
    --------
    >>> running_minimum([[3.0], [1.0], [2.0]], "mean").round(3)
    np.float64(1.667)
    """
    values = np.sort(np.minimum.accumulate(np.asarray(distances), axis=0), axis=None)
    if aggregate.endswith("50"):
        values = values[: len(values) // 2 + 1]
    return aggregate_distances(values, aggregate.removesuffix("50"))


def rscr(images, track, alpha=1.0, tolerance=1e-9, sweeps=10_000):
    """Residual of the sparse coding reconstruction of images from a track.

    For each image y, the weights a of the track's images D that minimise ``|y - aD|² / 2 + alpha
    |a|₁`` (the lasso), found by coordinate descent for all images together; the residual is ``|y -
    aD|``.

    Parameters
    ----------
    images : array_like, shape (n, d)
    track : array_like, shape (k, d)
    alpha : float
        The price of a weight, at least 0.
    tolerance : float
        Stop when no weight moves the reconstruction by more than this share of the image's length.
    sweeps : int
        Stop after so many rounds in any case.

    Returns
    -------
    ndarray, shape (n,), float64

    Examples
    --------
    >>> rscr([[3.0, 4.0]], [[1.0, 0.0]], alpha=0.0)
    array([4.])
    """
    images = check_embeddings(images, "images").astype(np.float64)
    track = check_embeddings(track, "track", images.shape[1]).astype(np.float64)
    track = track[track.any(axis=1)]
    gram, weights = track @ track.T, np.zeros((len(images), len(track)))
    slopes = images @ track.T  # of the residual along each of the track's images
    limit = tolerance * max(np.linalg.norm(images, axis=1).max(initial=0), np.finfo(float).tiny)
    for _ in range(sweeps):
        largest = 0.0
        for k, square in enumerate(np.diag(gram)):
            wanted = slopes[:, k] + square * weights[:, k]
            step = np.sign(wanted) * np.maximum(np.abs(wanted) - alpha, 0) / square - weights[:, k]
            weights[:, k] += step
            slopes -= step[:, None] * gram[k]
            largest = max(largest, np.abs(step).max(initial=0) * np.sqrt(square))
        if largest <= limit:
            break
    return np.linalg.norm(images - weights @ track, axis=1)


def _by_track(tracks, count, name):
    """An order in which each track's images are together, where each track starts in it, and the
    tracks' labels.
    """
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
