"""Measures the shipped models on simulated frames, where the truth is known.

A detection shows the vehicle whose visible box it overlaps most, if IoU is at least 0.5; of several
that show one vehicle only the best counts. What shows a parked vehicle is left out, as `static` is
left out of the real detections. Boxes are the detector's own, from 25 %, as in `data/`; the real
figures have RetinaNet's boxes, from 25 %.

The real links from frame to frame come from a motion model, and only one detection in thirteen has
one: the plain cases. On the simulation the truth links everyone, also those who grow threefold in
1.7 s. The AUC that compares with the real one is therefore that of pairs which are as plain as the
real ones (`PLAIN`); beside it stands that of all pairs. Intervals draw whole minutes of a camera.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from cctview.dataset import BOX, VEHICLE_TYPES, box_iou, box_side, tables
from cctview.detect import evaluate_detections, is_clear
from cctview.match import centre_by_camera, evaluate_rank, roc_auc
from cctview.stats import bootstrap
from studio.assemble import read_parts
from studio.build import Workshop, render
from studio.evaluation.evaluate_types import type_figures
from studio.process import pack, process
from studio.road import truth
from studio.road.expressway import CAMERAS
from studio.road.shots import CADENCE

FROM, TO = list(CAMERAS)[:2]
WINDOW = (-60.0, 90.0)
"""Seconds before and after a query at `FROM` from which the gallery at `TO` is taken."""
LAG = (13.0, 21.0)
"""Seconds from `FROM` to `TO` that most vehicles need: a hit of the estimate without labels."""


@dataclass(frozen=True)
class Plain:
    """How far the linked boxes of successive real frames go: 98 of 100 lie within each of these
    limits (530 links of test minutes).

    Attributes
    ----------
    change, moved : float
        The larger size (root of the area) over the smaller, and how far the middle moves, pixels:
        at most.
    size, percent : float
        Of both boxes: at least.
    """

    change: float = 1.8
    moved: float = 76.5
    size: float = 9.5
    percent: float = 31.8

    def __call__(self, a, b):
        """Which pairs of detections (two DataFrames, row by row) lie within the limits."""
        sides = [box_side(boxes).to_numpy() for boxes in (a, b)]
        middles = [
            np.column_stack([boxes.x1 + boxes.x2, boxes.y1 + boxes.y2]) / 2 for boxes in (a, b)
        ]
        moved = np.linalg.norm(middles[0] - middles[1], axis=1)
        sure = np.minimum(a.percent.to_numpy(), b.percent.to_numpy()) >= self.percent
        alike = np.maximum(*sides) <= self.change * np.minimum(*sides)
        return alike & (moved <= self.moved) & (np.minimum(*sides) >= self.size) & sure


PLAIN = Plain()
ROUNDS = 400


@dataclass(frozen=True)
class Watched:
    """What the pipeline found on simulated frames, beside the truth.

    Attributes
    ----------
    frames : DataFrame
        Delivered frames that show a picture of their own: frame, camera, seconds (since midnight),
        group (camera and minute).
    detections : DataFrame
        As `cctview.dataset.frames.Dataset.detections`, with seconds and group; `vehicle` and
        `direction` by the truth (NaN and empty if it shows none), `used` (False: no vehicle by
        type, parked, or a second box of a vehicle).
    embeddings : ndarray of float32, shape (n, d)
        Row by row with `detections`.
    sightings : DataFrame
        The truth's rows for these frames, with `wanted`: longest side over 20 px and at least 80 %
        visible.
    parked : DataFrame
        Parked vehicles by camera.
    bystanders : DataFrame
        Who and what is beside the road, by frame.
    """

    frames: pd.DataFrame
    detections: pd.DataFrame
    embeddings: np.ndarray
    sightings: pd.DataFrame
    parked: pd.DataFrame
    bystanders: pd.DataFrame


def watch_simulation(settings, work, pipeline):
    """Render and process what is missing in the folder `work`, and read it; see `Watched`."""
    workshop = Workshop(work, settings)
    render(workshop)
    process(workshop, pipeline)
    return read(workshop, pipeline)


def read(workshop, pipeline):
    """Join the parts of a workshop; see `Watched`."""
    cameras = workshop.settings.cameras

    def load(kind, schema):
        return read_parts(
            [path for camera in cameras for path in workshop.parts(kind, camera)], schema
        ).to_pandas()

    frames = load("frames", truth.FRAMES)
    frames = frames[frames.status == "ok"].astype({"frame": str, "camera": str})
    seconds = (frames.time - frames.time.dt.normalize()).dt.total_seconds()
    frames = frames.assign(
        seconds=seconds, group=frames.camera + (seconds // 60).astype(int).astype(str)
    )
    sightings = load("sightings", truth.SIGHTINGS).astype({"frame": str, "direction": str})
    sightings = sightings[sightings.frame.isin(frames.frame)].reset_index(drop=True)
    parked = pd.concat(
        [pq.read_table(workshop.parked(camera)).to_pandas() for camera in cameras]
    ).astype({"camera": str})
    found, vectors = zip(
        *(_detections(workshop, camera, pipeline) for camera in cameras), strict=True
    )
    found, vectors = pd.concat(found, ignore_index=True), np.concatenate(vectors)
    kept = found.frame.isin(frames.frame).to_numpy()
    found = found[kept].merge(frames[["frame", "seconds", "group"]], on="frame", how="left")
    beside = load("bystanders", truth.BYSTANDERS).astype({"frame": str, "type": str})
    beside = beside[beside.frame.isin(frames.frame)].reset_index(drop=True)
    found = found.join(identify(found, sightings, parked, beside))
    return Watched(
        frames, found, vectors[kept], sightings.assign(wanted=is_clear(sightings)), parked, beside
    )


def _detections(workshop, camera, pipeline):
    content = pack(workshop.parts(pipeline.kind, camera), pipeline)
    found, vectors = tables.read_tables(content[tables.DETECTIONS], content[tables.BASIS], camera)
    return found, vectors.unfold()


def identify(detections, sightings, parked, beside, iou=0.5):
    """Say which vehicle each detection shows; one that is not called a vehicle shows none.

    Parameters
    ----------
    detections : DataFrame
        Columns frame, camera, type, percent, x1, y1, x2, y2.
    sightings, parked, beside : DataFrame
        The truth (`SIGHTINGS`, `PARKED` and `BYSTANDERS` of `studio.road.truth`).

    Returns
    -------
    DataFrame
        Columns vehicle (NaN: none), direction (empty: none), used; index as `detections`.
    """
    vehicle, direction = np.full(len(detections), np.nan), np.full(len(detections), "", object)
    used = detections.type.isin(VEHICLE_TYPES).to_numpy().copy()
    of_frame, of_camera = sightings.groupby("frame").indices, parked.groupby("camera").indices
    beside_frame = beside.groupby("frame").indices
    boxes = detections[BOX].to_numpy(float)
    for frame, rows in detections.groupby("frame").indices.items():
        rows = rows[np.argsort(-detections.percent.to_numpy()[rows], kind="stable")]
        moving = sightings.iloc[of_frame.get(frame, [])]
        standing = parked.iloc[of_camera.get(detections.camera.iat[rows[0]], [])]
        others = pd.concat([standing[BOX], beside[BOX].iloc[beside_frame.get(frame, [])]])
        overlap = box_iou(boxes[rows], pd.concat([moving[BOX], others]).astype(float))
        taken = set()
        for row, shares in zip(rows, overlap, strict=True):
            best = shares.argmax() if shares.size else 0
            if not used[row] or not shares.size or shares[best] < iou:
                continue
            if best >= len(moving) or best in taken:
                used[row] = False
            else:
                vehicle[row], direction[row] = moving.vehicle.iat[best], moving.direction.iat[best]
                taken.add(best)
    return pd.DataFrame(
        {"vehicle": vehicle, "direction": direction, "used": used}, index=detections.index
    )


def detector_figures(watched, percent=25):
    """Recall at the shipped threshold and AP at IoU 0.5 of the wanted vehicles: a DataFrame as
    `bootstrap` gives.

    Other vehicles, parked ones and bystanders too, are neither asked for nor held against a
    detection that finds them.
    """
    standing = (
        watched.frames[["frame", "camera"]].merge(watched.parked, on="camera").assign(wanted=False)
    )
    beside = watched.bystanders.assign(wanted=False)
    truths = pd.concat([watched.sightings, standing, beside])[["frame", *BOX, "wanted"]]
    truths = truths.astype({"wanted": bool})
    result = evaluate_detections(watched.detections, truths.assign(ignore=~truths.wanted))
    group = watched.frames.set_index("frame").group.reindex(result.frames)
    return bootstrap(lambda rows: result.summary(rows, percent), group.to_numpy(), ROUNDS)


def adjacent_pairs(watched):
    """Detections of a vehicle in one frame against all in the next, 1.7 s later, where it is found
    again.

    Returns
    -------
    a, b : ndarray of int
        Rows of `detections`.
    same : ndarray of bool
    """
    detections = watched.detections
    rows = {
        frame: of[detections.used.to_numpy()[of]]
        for frame, of in detections.groupby("frame").indices.items()
    }
    vehicle, pairs = detections.vehicle.to_numpy(), []
    for _, frames in watched.frames.sort_values("seconds").groupby("camera"):
        names, seconds = frames.frame.to_numpy(), frames.seconds.to_numpy()
        for k in np.flatnonzero(np.diff(seconds) < 1.5 * CADENCE):
            now, then = rows.get(names[k], []), rows.get(names[k + 1], [])
            pairs += [
                (a, b) for a in now if len(then) and vehicle[a] in vehicle[then] for b in then
            ]
    a, b = np.array(pairs, int).reshape(-1, 2).T
    return a, b, vehicle[a] == vehicle[b]


def same_vehicle_figures(watched, camera=None):
    """AUC of the same vehicle in the next frame against the others there, by cosine (see
    `bootstrap`).

    Two rows: of vehicles whose two boxes make as plain a pair as the real ones (`PLAIN`), and of
    all.
    """
    a, b, same = adjacent_pairs(watched)
    if camera is not None:
        here = (watched.detections.camera.to_numpy() == camera)[a]
        a, b, same = a[here], b[here], same[here]
    detections = watched.detections
    unit = watched.embeddings / np.linalg.norm(watched.embeddings, axis=1, keepdims=True)
    distance, group = -np.einsum("ij,ij->i", unit[a], unit[b]), detections.group.to_numpy()[a]
    plain = set(a[same][PLAIN(detections.iloc[a[same]], detections.iloc[b[same]])])
    asked = np.array([row in plain for row in a], bool)
    return pd.concat(
        [
            _auc_figure(distance[asked], same[asked], group[asked], "AUC"),
            _auc_figure(distance, same, group, "AUC, all pairs"),
        ]
    )


def _auc_figure(distance, same, group, name):
    """AUC with its interval; NaN where there is nothing to compare, or but one minute of it."""
    if len(set(same)) < 2 or len(set(group)) < 2:
        return pd.DataFrame(
            {"estimate": np.nan, "low": np.nan, "high": np.nan, "count": int(same.sum())},
            index=[name],
        )

    def auc(rows):
        return roc_auc(distance[rows], same[rows]) if len(set(same[rows])) == 2 else np.nan

    return bootstrap(auc, group, ROUNDS).set_axis([name]).assign(count=int(same.sum()))


def cross_camera_figures(watched):
    """Rank-1 from `FROM` to `TO`: by the truth, and as `estimate_rank1` sees it without labels (see
    `bootstrap`).

    Detections of southbound vehicles of at least 50 % and 22 px (root of the box's area) are asked
    and searched, by cosine after each camera's mean embedding is taken away; a query needs its
    vehicle in the gallery's window.
    """
    detections = watched.detections
    size = box_side(detections).to_numpy()
    used, camera = detections.used.to_numpy(), detections.camera.to_numpy()
    large = (
        used
        & (size >= 22)
        & (detections.percent >= 50).to_numpy()
        & (detections.direction == "S").to_numpy()
    )
    a, b = np.flatnonzero(large & (camera == FROM)), np.flatnonzero(large & (camera == TO))
    vectors = np.nan_to_num(watched.embeddings)  # persons have none, and are not used
    distance, lag = centred_distances(
        vectors, camera, used & (size >= 20), detections.seconds.to_numpy(), a, b
    )
    vehicle, group = detections.vehicle.to_numpy(), detections.group.to_numpy()[a]
    window = (lag >= WINDOW[0]) & (lag <= WINDOW[1])
    asked = ((vehicle[a][:, None] == vehicle[b]) & window).any(1)
    ranked = evaluate_rank(
        np.where(window, distance, np.inf)[asked],
        vehicle[a][asked],
        vehicle[b],
        camera[a][asked],
        camera[b],
    )
    true = bootstrap(lambda rows: ranked.summary(rows)["rank-1"], group[asked], ROUNDS).set_axis(
        ["rank-1"]
    )
    known, estimate = estimate_rank1(distance, lag)
    guessed = bootstrap(estimate, group[known], ROUNDS).set_axis(["rank-1 without labels"])
    gallery = window[asked].sum(1).mean()
    return pd.concat(
        [
            true.assign(count=int(asked.sum()), gallery=gallery),
            guessed.assign(count=int(known.sum()), gallery=gallery),
        ]
    )


def centred_distances(embeddings, cameras, usable, seconds, a, b):
    """Centred cosine distances (n, m) of rows `a` to rows `b`, and by how many seconds each of `b`
    is later.
    """
    centred = centre_by_camera(embeddings, cameras, usable)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-12)
    return 1 - unit[a] @ unit[b].T, seconds[b] - seconds[a][:, None]


def estimate_rank1(distance, lag):
    """Rank-1 without knowing who is who: nearest neighbours within the usual travel time, corrected
    for chance.

    The same estimate as the real frames', where there is no truth.

    Returns
    -------
    asked : ndarray of bool, shape (n,)
        Queries with someone at the usual travel time and more than 20 in the window.
    estimate : callable
        Rank-1 of the given rows of the asked ones.
    """
    window, hit = (lag >= WINDOW[0]) & (lag <= WINDOW[1]), (lag >= LAG[0]) & (lag <= LAG[1])
    asked = hit.any(1) & (window.sum(1) > 20)
    nearest = np.where(window, distance, np.inf)[asked].argmin(1)
    found = hit[asked][np.arange(asked.sum()), nearest]
    chance = hit[asked].sum(1) / window[asked].sum(1)
    return (
        asked,
        lambda rows: (found[rows].mean() - chance[rows].mean()) / (1 - chance[rows].mean()),
    )


def report(settings, work, pipeline):
    """All figures: detector and extractor, over all cameras and by camera."""
    watched = watch_simulation(settings, work, pipeline)
    rows = [detector_figures(watched).drop("objects"), type_figures(watched)]
    rows = [pd.concat([*rows, same_vehicle_figures(watched)]).assign(camera="all")]
    if {FROM, TO} <= set(settings.cameras):
        rows.append(cross_camera_figures(watched).assign(camera=f"{FROM} to {TO}"))
    for camera in settings.cameras:
        here = replace(
            watched,
            frames=watched.frames[watched.frames.camera == camera],
            sightings=watched.sightings[watched.sightings.frame.str.startswith(camera)],
            detections=watched.detections[watched.detections.camera == camera],
        )
        rows.append(
            pd.concat(
                [detector_figures(here).drop("objects"), same_vehicle_figures(watched, camera)]
            ).assign(camera=camera)
        )
    return (
        pd.concat(rows)
        .rename_axis("figure")
        .reset_index()[["camera", "figure", "estimate", "low", "high", "count", "gallery"]]
    )
