"""A small straight road before pinhole cameras, with known vehicles: an independent check of
tracking.

Three lanes each way; vehicles of normally distributed speeds arrive at random. Boxes are missed
(the small ones more often) and inexact, some are false; embeddings are those of a few designs, with
an individual part and much noise.
"""

import numpy as np
import pandas as pd

CADENCE, FOCAL, HEIGHT, PITCH = 1.7, 420.0, 7.0, 0.2
LENGTH, WIDTH, TALL = 4.6, 1.8, 1.5


def project(ahead, lateral):
    """Boxes of vehicles `ahead` and `lateral` metres before the camera, (n, 4); NaN where one is
    behind it.
    """
    corners = np.array(
        [
            (a, s, h)
            for a in (-LENGTH / 2, LENGTH / 2)
            for s in (-WIDTH / 2, WIDTH / 2)
            for h in (0, TALL)
        ]
    )
    y, x, z = (
        np.stack([ahead, lateral, np.zeros_like(ahead)], axis=-1)[:, None] + corners
    ).transpose(2, 0, 1)
    depth = y * np.cos(PITCH) + (HEIGHT - z) * np.sin(PITCH)
    depth = np.where(depth > 1, depth, np.nan)
    u = 176 + FOCAL * x / depth
    v = 110 + FOCAL * ((HEIGHT - z) * np.cos(PITCH) - y * np.sin(PITCH)) / depth
    return np.stack([u.min(axis=1), v.min(axis=1), u.max(axis=1), v.max(axis=1)], axis=1)


def simulate(minutes, cameras, seed=0, flow=900, noise=1.0, false=0.03):
    """Detections and embeddings of `cameras` (metres along the road, by name).

    Returns
    -------
    detections : DataFrame
        Columns camera, frame, time, type, percent, x1, y1, x2, y2; and the truth: vehicle (-1:
        false), lane (0-5).
    embeddings : ndarray, float32
    """
    rng = np.random.default_rng(seed)
    count = rng.poisson(flow / 60 * 2 * (minutes + 4))
    born, lane = rng.uniform(-240, 60 * minutes, count), rng.integers(6, size=count)
    speed = np.where(lane < 3, 1, -1) * rng.normal(24, 2, count)
    start = np.where(lane < 3, min(cameras.values()) - 100.0, max(cameras.values()) + 300.0)
    lateral = np.where(lane < 3, 1, -1) * (2.5 + 3.2 * (lane % 3)) + rng.normal(0, 0.2, count)
    look = rng.normal(size=(12, 32))[rng.integers(12, size=count)] + 0.5 * rng.normal(
        size=(count, 32)
    )
    tables, looks = [], []
    for camera, place in cameras.items():
        offset = 2 * rng.normal(size=32)
        for time in np.arange(rng.uniform(0, CADENCE), 60 * minutes, CADENCE):
            ahead = start + speed * (time - born) - place
            there = np.flatnonzero((born <= time) & (ahead > 8) & (ahead < 150))
            boxes, whole = _seen(project(ahead[there], lateral[there]))
            size = np.sqrt(boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
            hit = whole & (rng.random(len(there)) < 0.95 / (1 + np.exp(-(size - 8) / 2)))
            boxes, who, size = boxes[hit], there[hit], size[hit]
            boxes = boxes + rng.normal(size=boxes.shape) * (0.04 * size + 0.5)[:, None]
            extra = rng.random(len(who)) < false
            boxes = np.concatenate(
                [boxes, boxes[extra] + rng.normal(scale=30, size=(extra.sum(), 1))]
            )
            vehicle = np.concatenate([who, np.full(extra.sum(), -1)])
            seen = np.concatenate([look[who], rng.normal(size=(extra.sum(), 32))])
            blur = 0.5 + 14 / np.concatenate([size, size[extra]])
            looks.append(seen + offset + noise * blur[:, None] * rng.normal(size=seen.shape))
            table = pd.DataFrame(boxes, columns=["x1", "y1", "x2", "y2"])
            lanes = np.where(vehicle >= 0, lane[vehicle], -1)
            tables.append(
                table.assign(
                    camera=camera,
                    frame=f"{camera} {time:.1f}",
                    time=time,
                    vehicle=vehicle,
                    lane=lanes,
                )
            )
    detections = pd.concat(tables, ignore_index=True).assign(type="car")
    return detections.assign(percent=rng.uniform(30, 99, len(detections))), np.concatenate(
        looks
    ).astype(np.float32)


def _seen(boxes):
    """Boxes cut to the frame, and which of them are mostly inside it."""
    cut = np.clip(np.nan_to_num(boxes), 0, [352, 240, 352, 240])

    def area(b):
        return np.maximum(b[:, 2:] - b[:, :2], 0).prod(axis=1)

    return cut, area(cut) > 0.5 * np.maximum(area(np.nan_to_num(boxes)), 9)
