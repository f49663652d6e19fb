"""What a defence leaves of the uses that cameras on a road are put up for: counting, speeds, classification.

All are measured against the truth and given as a share of what they are without a defence. Counting and speeds at one camera come
from the frames; speeds between cameras from the stored times, which only defences of the database change.
"""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from cctview.attack import infer_attribute
from cctview.defend import Defence
from cctview.frames import BOX_COLUMNS, open_dataset
from cctview.looks import Looks, identify, window
from cctview.truth import read_truth

TOLERANCE = 0.2
"""A speed is right if it is wrong by at most this share."""
ROAD_NEIGHBOURS = 8
STEP = (1.0, 2.5)
"""Seconds between two frames in succession, at least and at most."""


def classification(learn: Looks, measured: Looks) -> float:
    """Balanced accuracy of the body read off the vectors (`infer_attribute`): 0 for guessing, 1 for always right."""
    result = infer_attribute(measured, "body", learn)
    chance = 1 / len(np.unique(result.truth))
    accuracy = np.mean([np.mean(result.guessed[result.truth == kind] == kind) for kind in np.unique(result.truth)])
    return float((accuracy - chance) / (1 - chance))


def section_speeds(looks: Looks, defended: Looks) -> float:
    """Share of the true passages at two cameras whose travel time can still be had, right to 20 %."""
    exact, stored = (part.table.drop_duplicates("passage")[["vehicle", "camera", "seconds"]] for part in (looks, defended))
    both = exact.assign(stored=stored.seconds.to_numpy()).merge(exact.assign(stored=stored.seconds.to_numpy()), on="vehicle")
    both = both[both.seconds_y > both.seconds_x]
    if both.empty:
        raise ValueError("no vehicle passes two cameras, so no travel time can be measured; give more minutes")
    true, found = both.seconds_y - both.seconds_x, both.stored_y - both.stored_x
    return float(((np.abs(found - true) <= TOLERANCE * true) & (true <= defended.kept)).mean())


def frame_pairs(folder: str | Path, pairs: int = 3) -> pd.DataFrame:
    """Frames in succession to measure on, `pairs` of each camera: columns frame, camera, seconds, pair."""
    frames = read_truth(folder).frames
    frames = frames[frames.status == "ok"].assign(seconds=lambda t: (t.time - t.time.dt.normalize()).dt.total_seconds())
    chosen = []
    for camera, of in frames.sort_values("seconds").groupby("camera"):
        step = np.diff(of.seconds)
        firsts = np.flatnonzero((step > STEP[0]) & (step < STEP[1]))
        for k in firsts[np.linspace(0, len(firsts) - 1, min(pairs, len(firsts))).astype(int)]:
            chosen.append(of.iloc[[k, k + 1]].assign(pair=f"{camera} {k}"))
    return pd.concat(chosen, ignore_index=True)[["frame", "camera", "seconds", "pair"]]


def defended_frames(images: dict, boxes: pd.DataFrame, defence: Defence | None, strength: float, seed: int = 0) -> dict:
    """Frames as a defence of pixels leaves them.

    Parameters
    ----------
    images : dict of str to ndarray of uint8, shape (H, W, 3)
        By frame.
    boxes : DataFrame
        The vehicles: columns frame, vehicle, x1, y1, x2, y2; some defences change these alone.
    defence : Defence or None
        None leaves them as they are.
    strength : float
    seed : int

    Returns
    -------
    dict of str to ndarray
    """
    if defence is None:
        return images
    if defence.whole:
        table = pd.DataFrame({"vehicle": range(len(images))})
        looks = Looks(table, np.zeros((len(table), 0), np.float32), tuple(images.values()), np.zeros((len(table), 4), int))
        return dict(zip(images, defence.apply(looks, strength, seed).windows, strict=True))
    cuts = [window(images[row.frame], np.array([row.x1, row.y1, row.x2, row.y2], int)) for row in boxes.itertuples()]
    looks = Looks(
        boxes.reset_index(drop=True),
        np.zeros((len(boxes), 0), np.float32),
        tuple(w for w, _ in cuts),
        np.array([i for _, i in cuts]),
    )
    changed, images = defence.apply(looks, strength, seed), {name: image.copy() for name, image in images.items()}
    for row, crop in zip(boxes.itertuples(), changed.crops, strict=True):
        image = images[row.frame]
        x1, y1, x2, y2 = np.clip([row.x1, row.y1, row.x2, row.y2], 0, [image.shape[1], image.shape[0]] * 2).astype(int)
        image[y1:y2, x1:x2] = cv2.resize(crop, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA)
    return images


class Road:
    """Where vehicles are on the road, by where they are in a camera's frame; learnt from the truth.

    Parameters
    ----------
    sightings : DataFrame
        Columns camera, x1, y1, x2, y2, km.
    """

    def __init__(self, sightings: pd.DataFrame):
        from sklearn.neighbors import KNeighborsRegressor

        self._cameras = {
            camera: KNeighborsRegressor(ROAD_NEIGHBOURS, weights="distance").fit(_feet(of), of.km)
            for camera, of in sightings.groupby("camera")
            if len(of) >= ROAD_NEIGHBOURS
        }

    def km(self, camera: str, boxes: pd.DataFrame) -> np.ndarray:
        """Kilometres along the road, (n,); NaN where nothing is known of the camera."""
        return (
            self._cameras[camera].predict(_feet(boxes)) if camera in self._cameras and len(boxes) else np.full(len(boxes), np.nan)
        )


def _feet(boxes):
    return np.column_stack([(boxes.x1 + boxes.x2) / 2, boxes.y2, np.sqrt((boxes.x2 - boxes.x1) * (boxes.y2 - boxes.y1))])


def counting_and_speeds(
    folder: str | Path, defence: Defence | None, strength: float, detector, pairs: pd.DataFrame, minimum: float = 20
) -> pd.Series:
    """What the detector still counts on defended frames, and the share of speeds that are right to 20 %.

    Parameters
    ----------
    folder : str or Path
        A dataset with its truth.
    defence : Defence or None
    strength : float
    detector : cctview.detect.Detector
    pairs : DataFrame
        From `frame_pairs`.
    minimum : float
        Vehicles of at least so many pixels (root of the area) are to be counted, if four fifths of them show; speeds are
        measured of vehicles from half that size on.

    Returns
    -------
    Series
        counting (F1 of the vehicles found), speeds (share of the vehicles in both frames of a pair).
    """
    dataset = open_dataset(folder)
    truth = read_truth(folder)
    sightings = truth.sightings
    camera = sightings.frame.str.split("--").str[0]
    road = Road(sightings[~sightings.frame.isin(pairs.frame)].assign(camera=camera))
    there = sightings[sightings.frame.isin(pairs.frame)].assign(camera=camera)
    there["size"] = np.sqrt((there.x2 - there.x1) * (there.y2 - there.y1))
    there = there[there["size"] >= minimum / 2].reset_index(drop=True)
    images = {frame: dataset.image(frame) for frame in pairs.frame}
    images = defended_frames(images, there[["frame", "vehicle", *BOX_COLUMNS]], defence, strength)
    named = {frame: {"frame": frame, "camera": frame.split("--")[0]} for frame in images}
    found = pd.concat([detector.detect(image).assign(**named[frame]) for frame, image in images.items()], ignore_index=True)
    found = identify(found, truth)
    clear = there[there.hidden <= 0.2]
    hits = clear.merge(found[["frame", "vehicle", *BOX_COLUMNS]], on=["frame", "vehicle"], suffixes=("_true", ""))
    asked, answered = (int((part["size"] >= minimum).sum()) for part in (clear, hits))
    wrong = int((found.vehicle == 0).sum())
    counting = 2 * answered / (answered + wrong + asked) if asked else np.nan
    return pd.Series({"counting": counting, "speeds": _speeds(clear, hits, pairs, road)})


def _speeds(clear, hits, pairs, road):
    """Share of the vehicles that are to be seen in both frames of a pair whose speed is right."""
    clear, hits = (part.merge(pairs[["frame", "seconds", "pair"]], on="frame") for part in (clear, hits))
    wanted = clear.groupby(["pair", "vehicle"]).agg(speed=("speed", "mean"), frames=("frame", "nunique"))
    wanted = wanted[wanted.frames == 2]
    hits = hits.assign(place=np.nan)
    for camera, of in hits.groupby("camera"):
        hits.loc[of.index, "place"] = road.km(camera, of)
    seen = hits.groupby(["pair", "vehicle"]).agg(
        place=("place", np.ptp), seconds=("seconds", np.ptp), frames=("frame", "nunique")
    )
    both = wanted.join(seen[seen.frames == 2][["place", "seconds"]], how="left")
    measured = 1000 * both.place / both.seconds
    return float((np.abs(measured - both.speed) <= TOLERANCE * both.speed).mean())
