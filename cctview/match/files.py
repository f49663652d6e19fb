"""The original's matches files: the matches JSON, and the folder `matches` with the pictures in
order of distance.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset.images import encode_jpeg
from cctview.dataset.storage import replacing, write_bytes

#: The columns of a table of matches.
COLUMNS = ["base", "camera", "target", "distance"]


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
    write_bytes(Path(path), json.dumps(nested, sort_keys=True, indent=2).encode())


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
    except (
        UnicodeDecodeError,
        json.JSONDecodeError,
        AttributeError,
        TypeError,
        ValueError,
    ) as error:
        raise ValueError(
            f"{path}: {expected} ({error}); match the frames again to write a new one"
        ) from error
    return pd.DataFrame(rows, columns=COLUMNS).astype({"distance": np.float64})


def write_matches_folder(folder, matches, crops, top=None):
    """Write one folder a base vehicle, with its picture and its candidates' in order of distance.

    ``folder/<base id>/`` holds ``base--<base id>.jpeg`` and ``cam-<k>--<distance>--<target
    id>.jpeg``, where k counts the target cameras from 1 in the order in which they first appear in
    `matches`.

    Parameters
    ----------
    folder : path_like
        The folder `matches`. A base vehicle's folder is complete or not there; one from an earlier
        run is replaced.
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
        raise KeyError(
            f"no crop for the detection {detection_id}; crops must hold every base and target"
            " vehicle"
        ) from None


def _write_pictures(folder, pictures):
    """Write a folder of JPEG files in the place of the old one, if there is one."""
    with replacing(folder) as temporary:
        temporary.mkdir()
        for name, picture in pictures.items():
            (temporary / name).write_bytes(encode_jpeg(picture, quality=95))
