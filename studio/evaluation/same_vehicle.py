"""How well features tell a vehicle in the next frame from the others there, camera by camera.

Two kinds of pairs. *By motion and colour*: the links that come with the real detections, which
passed a colour check, so they favour colour; a link's rivals are all other vehicles of that frame.
*By eye*: pairs that somebody labelled, proposed by motion alone; the rivals are those that move or
look nearly alike, so they are harder. The labels lie outside the repository, as the pictures do.

At a camera where vehicles queue, pairs that have not moved are easy. So no camera speaks for
another, and the mean is that of the cameras, not of the pairs.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from cctview.stats import bootstrap

LABELS = ("same", "different", "unsure")
ROUNDS = 400
MEAN = "mean of cameras"


def linked_pairs(detections: pd.DataFrame, asked: np.ndarray) -> pd.DataFrame:
    """Each linked crop beside every vehicle of the next frame.

    Parameters
    ----------
    detections : DataFrame
        Columns id, cam, sec, static and next_id; index from 0.
    asked : ndarray of bool, shape (n,)
        Whose next frame is looked at.

    Returns
    -------
    DataFrame
        Columns a, b (rows of `detections`), camera, same, and group: what the bootstrap draws, the
        minute at the camera.
    """
    moving = ~detections["static"].to_numpy()
    row = {name: k for k, name in enumerate(detections.id)}
    in_frame = detections[moving].groupby(["cam", "sec"]).groups
    rows = []
    for a in np.flatnonzero(asked & moving & detections.next_id.notna()):
        b = row.get(detections.next_id.iat[a])
        if b is None or not moving[b]:
            continue
        camera, second = detections.cam.iat[b], detections.sec.iat[b]
        group = f"{camera} {detections.sec.iat[a] // 60}"
        rows += [(a, c, camera, c == b, group) for c in in_frame[camera, second]]
    return pd.DataFrame(rows, columns=["a", "b", "camera", "same", "group"])


def labelled_pairs(path: Path, detections: pd.DataFrame) -> pd.DataFrame:
    """The pairs that a file labels "same" or "different", as `linked_pairs` has them; a group is
    the crop asked for. Pairs labelled "unsure" are left out.

    Parameters
    ----------
    path : Path
        A CSV file: a and b (ids of detections), label.
    detections : DataFrame
        Columns id and cam.

    Raises
    ------
    ValueError
        If the file lacks a column, or has another label or an unknown id.
    """
    table = pd.read_csv(path)
    if lacking := {"a", "b", "label"} - set(table.columns):
        raise ValueError(f"{path}: no column {sorted(lacking)}; it needs a, b and label")
    if strange := set(table.label) - set(LABELS):
        raise ValueError(f"{path}: a label is one of {LABELS}, not {sorted(map(str, strange))}")
    row = {name: k for k, name in enumerate(detections.id)}
    if unknown := sorted((set(table.a) | set(table.b)) - set(row)):
        raise ValueError(f"{path}: {len(unknown)} ids are no detection's, such as {unknown[0]}")
    table = table[table.label != "unsure"]
    return pd.DataFrame(
        {
            "a": table.a.map(row),
            "b": table.b.map(row),
            "camera": table.a.map(dict(zip(detections.id, detections.cam))),
            "same": table.label == "same",
            "group": table.a,
        }
    ).reset_index(drop=True)


def cosine(vectors: np.ndarray):
    """The cosine of pairs of rows: a function of two arrays of row numbers."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(lengths, 1e-12)
    return lambda a, b: np.einsum("ij,ij->i", unit[a], unit[b])


def nearness(vectors: np.ndarray):
    """Minus the Euclidean distance of pairs of rows: a function of two arrays of row numbers."""
    return lambda a, b: -np.linalg.norm(vectors[a] - vectors[b], axis=1)


def auc_by_camera(pairs: pd.DataFrame, similarity) -> pd.DataFrame:
    """The AUC at each camera, and the mean of the cameras.

    Parameters
    ----------
    pairs : DataFrame
        See `linked_pairs`.
    similarity : callable
        Of two arrays of rows, higher for what is alike.

    Returns
    -------
    DataFrame
        Columns camera, same and different (numbers of pairs), auc, low, high: 95 % intervals, by
        drawing groups again.
    """
    pairs = pairs.sort_values("camera", kind="stable")
    score = similarity(pairs.a.to_numpy(), pairs.b.to_numpy())
    same, camera = pairs.same.to_numpy(bool), pairs.camera.to_numpy()
    cameras = list(np.unique(camera))

    def areas(rows):
        found = {
            name: _area(same[own], score[own])
            for name in cameras
            for own in [rows[camera[rows] == name]]
        }
        return pd.Series(found | {MEAN: np.mean(list(found.values()))})

    table = bootstrap(areas, pairs.group.to_numpy(), rounds=ROUNDS)
    counts = [
        (camera == name) if name != MEAN else np.ones(len(same), bool) for name in table.index
    ]
    return pd.DataFrame(
        {
            "camera": table.index,
            "same": [int(same[own].sum()) for own in counts],
            "different": [int((~same[own]).sum()) for own in counts],
            "auc": table.estimate.to_numpy(),
            "low": table.low.to_numpy(),
            "high": table.high.to_numpy(),
        }
    )


def _area(same, score):
    return roc_auc_score(same, score) if same.any() and not same.all() else np.nan


def compare(kinds: dict[str, pd.DataFrame], features: dict) -> pd.DataFrame:
    """`auc_by_camera` of several kinds of pairs and several features (name to similarity)."""
    tables = [
        auc_by_camera(pairs, similarity).assign(pairs=kind, features=name)
        for kind, pairs in kinds.items()
        for name, similarity in features.items()
    ]
    columns = ["pairs", "features", "camera", "same", "different", "auc", "low", "high"]
    return pd.concat(tables, ignore_index=True)[columns]
