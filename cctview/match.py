"""Matching: how far apart are two vehicles, and which candidate is nearest?

The distances are those of Roman-Jimenez et al., "Improving Vehicle Re-Identification using CNN Latent Spaces"
(arXiv 1910.09458). Between an image and a track (several images of one vehicle) they are

- MED, the minimal Euclidean distance: that to the nearest image of the track;
- MCD, the minimal cosine distance: the same by direction alone.

With one image on each side, as in the original demo, MED is a plain Euclidean distance.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from cctview.distances import check_embeddings, cosine_distances, euclidean_distances
from cctview.ids import VEHICLE_TYPES

#: The distances between single images, by name: smaller is closer.
DISTANCES = {"med": euclidean_distances, "mcd": cosine_distances}

COLUMNS = ["base", "camera", "target", "distance"]


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
        raise ValueError(f"p_data: expected one embedding of shape (d,), but the shape is {image.shape}")
    track = check_embeddings(np.atleast_2d(track), "q_data", len(image))
    check_embeddings(image[None], "p_data")
    if not len(track):
        raise ValueError("q_data: expected at least one embedding, but the track is empty")
    return float(np.linalg.norm(track - image, axis=1).min())


def match_frames(base_detections, base_embeddings, target_detections, target_embeddings, distance="med"):
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
        Columns `base`, `camera`, `target`, `distance`: base vehicles and target cameras in the order given, and
        for each of them the nearest target first.

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
    embeddings = check_embeddings(embeddings, f"{name} embeddings") if len(detections) else np.zeros((0, 1))
    if len(detections) != len(embeddings):
        raise ValueError(
            f"{name}: {len(detections)} detections but {len(embeddings)} embeddings; they must belong together row by row"
        )
    keep = detections["type"].isin(VEHICLE_TYPES).to_numpy()
    return detections[keep], embeddings[keep]


def write_matches(path, matches):
    """Write matches as the original's JSON: ``{base id: {camera: {target id: distance}}}``.

    Parameters
    ----------
    path : path_like
        The file to write; it is complete or not there.
    matches : DataFrame
        Columns `base`, `camera`, `target`, `distance`.
    """
    nested = {}
    for base, camera, target, distance in matches[COLUMNS].itertuples(index=False):
        nested.setdefault(base, {}).setdefault(camera, {})[target] = float(distance)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(nested, file, sort_keys=True, indent=2)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_matches(path):
    """Read matches written by `write_matches`, or by the original.

    Parameters
    ----------
    path : path_like

    Returns
    -------
    DataFrame
        Columns `base`, `camera`, `target`, `distance`, in the order of the file.

    Raises
    ------
    ValueError
        If the file is not a matches file; the error names it.
    """
    expected = "expected matches as {base id: {camera: {target id: distance}}}"
    try:
        nested = json.loads(Path(path).read_text(encoding="utf-8"))
        rows = [
            (base, camera, target, float(distance))
            for base, cameras in nested.items()
            for camera, targets in cameras.items()
            for target, distance in targets.items()
        ]
    except (UnicodeDecodeError, json.JSONDecodeError, AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {expected} ({error}); match the frames again to write a new one") from error
    return pd.DataFrame(rows, columns=COLUMNS).astype({"distance": np.float64})


def write_matches_folder(folder, matches, crops, top=None):
    """Write one folder a base vehicle, with its picture and its candidates' in order of distance.

    ``folder/<base id>/`` holds ``base--<base id>.jpeg`` and ``cam-<k>--<distance>--<target id>.jpeg``, where k
    counts the target cameras from 1 in the order in which they first appear in `matches`. (The original names a
    candidate's picture after the base vehicle, so one cannot tell which vehicle it shows.)

    Parameters
    ----------
    folder : path_like
        The folder `matches`. A base vehicle's folder is complete or not there; one from an earlier run is replaced.
    matches : DataFrame
        Columns `base`, `camera`, `target`, `distance`.
    crops : mapping of str to ndarray, shape (H, W, 3), uint8
        The picture of each detection, by its id.
    top : int, optional
        How many candidates a camera to write; by default all.

    Raises
    ------
    KeyError
        If a detection has no crop; the error names it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    number = {camera: k for k, camera in enumerate(pd.unique(matches["camera"]), start=1)}
    for base, candidates in matches.groupby("base", sort=False):
        candidates = candidates.sort_values("distance", kind="stable")
        if top is not None:
            candidates = candidates.groupby("camera", sort=False).head(top)
        pictures = {f"base--{base}.jpeg": base}
        for camera, target, distance in candidates[COLUMNS[1:]].itertuples(index=False):
            pictures[f"cam-{number[camera]}--{float(distance)}--{target}.jpeg"] = target
        _write_pictures(folder / base, {name: _crop(crops, id_) for name, id_ in pictures.items()})


def _crop(crops, detection_id):
    try:
        return crops[detection_id]
    except KeyError:
        raise KeyError(f"no crop for the detection {detection_id}; crops must hold every base and target vehicle") from None


def _write_pictures(folder, pictures):
    """Write a folder of JPEG files under a temporary name, then put it in the place of the old one."""
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".matches-"))
    try:
        for name, picture in pictures.items():
            Image.fromarray(picture).save(temporary / name, quality=95)
        temporary.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.replace(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
