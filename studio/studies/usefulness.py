"""What a defence leaves of the uses that cameras on a road are put up for: counting, speeds, travel
times, types.

All are measured against the truth, in each draw of vehicles (`studio.studies.resampling`), and
given as a share of what they are without a defence. Counting and speeds at one camera come from the
frames: the detector runs on them as they are defended, its detections are tracked, and each track
is a vehicle counted, with a speed (`RoadUse`). Travel times between cameras come from the stored
times, which only defences of the database change, and types from the vectors.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from cctview.attacks import LabelledCrops, infer_attribute, window
from cctview.attacks.crops import identify
from cctview.dataset import BOX, box_side, camera_of, crop, open_dataset
from cctview.defences import Defence
from cctview.detect import sort_detections
from cctview.track import track_detections
from cctview.track.motion import fit_motion
from cctview.track.scene import make_scene
from cctview.truth import read_truth
from studio.studies.resampling import Draws

TOLERANCE = 0.2
"""A speed is right if it is wrong by at most this share."""
ROAD_NEIGHBOURS = 8


def types(learn: LabelledCrops, measured: LabelledCrops, draws: Draws) -> np.ndarray:
    """Balanced accuracy of the body read off the vectors (`infer_attribute`) in each draw of
    vehicles, (3, 1 + rounds): 0 for guessing, 1 for always right.
    """
    result = infer_attribute(measured, "body", learn)
    kinds = np.unique(result.truth)
    recalls = [
        draws.mean(
            (result.guessed == kind)[result.truth == kind].astype(float),
            result.vehicles[result.truth == kind],
        )
        for kind in kinds
    ]
    chance = 1 / len(kinds)
    accuracies: np.ndarray = (np.nanmean(recalls, axis=0) - chance) / (1 - chance)
    return accuracies


def travel_times(crops: LabelledCrops, defended: LabelledCrops, draws: Draws) -> np.ndarray:
    """Share of the true passes at two cameras whose travel time can still be had, right to 20 %, in
    each draw of vehicles, (3, 1 + rounds).
    """
    exact, stored = (
        part.table.drop_duplicates("passing")[["vehicle", "camera", "seconds"]]
        for part in (crops, defended)
    )
    both = exact.assign(stored=stored.seconds.to_numpy()).merge(
        exact.assign(stored=stored.seconds.to_numpy()), on="vehicle"
    )
    both = both[both.seconds_y > both.seconds_x]
    if both.empty:
        raise ValueError(
            "no vehicle passes two cameras, so no travel time can be measured; give more minutes"
        )
    true, found = both.seconds_y - both.seconds_x, both.stored_y - both.stored_x
    right = (np.abs(found - true) <= TOLERANCE * true) & (true <= defended.kept)
    return draws.mean(right.to_numpy(float), both.vehicle.to_numpy())


def stretches(folder: str | Path, length: int = 12) -> pd.DataFrame:
    """Frames to measure on, so many in succession of each camera, from the middle of the recording:
    frame, camera, time.
    """
    frames = read_truth(folder).frames
    frames = frames[frames.status == "ok"].sort_values(["camera", "time"])

    def middle(of):
        return of.iloc[max(0, (len(of) - length) // 2) :].head(length)

    chosen = [middle(of) for _, of in frames.groupby("camera")]
    return pd.concat(chosen, ignore_index=True)[["frame", "camera", "time"]]


def defended_frames(
    images: dict, boxes: pd.DataFrame, defence: Defence | None, strength: float, seed: int = 0
) -> dict:
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
    if defence.whole_frame:
        table = pd.DataFrame({"vehicle": range(len(images))})
        crops = LabelledCrops(
            table,
            np.zeros((len(table), 0), np.float32),
            tuple(images.values()),
            np.zeros((len(table), 4), int),
        )
        return dict(zip(images, defence.apply(crops, strength, seed).windows, strict=True))
    cuts = [
        window(images[row.frame], np.array([row.x1, row.y1, row.x2, row.y2], int))
        for row in boxes.itertuples()
    ]
    crops = LabelledCrops(
        boxes.reset_index(drop=True),
        np.zeros((len(boxes), 0), np.float32),
        tuple(w for w, _ in cuts),
        np.array([i for _, i in cuts]),
    )
    changed, images = (
        defence.apply(crops, strength, seed),
        {name: image.copy() for name, image in images.items()},
    )
    for row, before, after in zip(boxes.itertuples(), crops.images, changed.images, strict=True):
        image = images[row.frame]
        x1, y1, x2, y2 = np.clip(
            [row.x1, row.y1, row.x2, row.y2], 0, [image.shape[1], image.shape[0]] * 2
        ).astype(int)
        if (
            after.shape != before.shape
        ):  # a cloak, made for the extractor's own input: its change alone is put on the picture
            change = after.astype(np.float32) - cv2.resize(
                before, after.shape[1::-1], interpolation=cv2.INTER_LINEAR
            )
            added = before + cv2.resize(change, before.shape[1::-1], interpolation=cv2.INTER_LINEAR)
            after = np.clip(np.rint(added), 0, 255).astype(np.uint8)
        np.copyto(
            image[y1:y2, x1:x2], after, where=after != before
        )  # so that overlapping vehicles leave each other's change
    return images


class Road:
    """Where vehicles are on the road, by where they are in a camera's frame; learned from the
    truth.

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
            self._cameras[camera].predict(_feet(boxes))
            if camera in self._cameras and len(boxes)
            else np.full(len(boxes), np.nan)
        )


def _feet(boxes):
    return np.column_stack(
        [
            (boxes.x1 + boxes.x2) / 2,
            boxes.y2,
            box_side(boxes),
        ]
    )


class RoadUse:
    """Counting and speeds at each camera, as its owner has them: by the detector, tracks, and where
    the road is in the picture.

    The owner's tracker has learned how vehicles move from the recording's other minutes, without a
    defence and without labels, and the place of the road is known.

    Parameters
    ----------
    folder : str or Path
        A dataset with its truth.
    frames : DataFrame
        What is measured on, from `stretches`.
    detector : cctview.detect.detector.Detector
    embed : callable
        ``embed(crops)`` gives vectors, for the tracker.
    minimum : float
        Vehicles that reach so many pixels (root of the area) are to be counted, if four fifths of
        them show then. Speeds are measured from half that size on; a defence of single vehicles
        leaves smaller ones alone.
    """

    def __init__(
        self,
        folder: str | Path,
        frames: pd.DataFrame,
        detector,
        embed: Callable,
        minimum: float = 20,
    ):
        self.frames, self.detector, self.embed, self.minimum = frames, detector, embed, minimum
        self.dataset, self.truth = open_dataset(folder), read_truth(folder)
        sightings = self.truth.sightings.assign(camera=self.truth.sightings.frame.map(camera_of))
        shown = sightings[box_side(sightings) >= minimum / 2]
        measured = shown.frame.isin(frames.frame)
        self.road, self.there = Road(shown[~measured]), shown[measured].reset_index(drop=True)
        known = self.dataset.detections
        other = np.flatnonzero(~known.frame.isin(frames.frame) & known.camera.isin(frames.camera))
        self.motion = {}
        for camera, rows in known.iloc[other].groupby("camera").indices.items():
            of = other[rows]
            scene, _ = make_scene(
                known.iloc[of], self.dataset.embeddings[of], sort_detections(known.iloc[of]).moving
            )
            self.motion[camera] = fit_motion(scene)

    def measure(
        self, defence: Defence | None, strength: float, draws: Draws
    ) -> dict[str, np.ndarray]:
        """What is left of counting and speeds on defended frames, in each draw of vehicles.

        Returns
        -------
        dict of str to ndarray, shape (3, 1 + rounds)
            counting: F1 of the vehicles counted, where each is to be counted once; speeds: share of
            the vehicles clearly seen in two frames whose speed is right to 20 %.
        """
        images = {frame: self.dataset.image(frame) for frame in self.frames.frame}
        images = defended_frames(images, self.there[["frame", "vehicle", *BOX]], defence, strength)
        return use_figures(self.judge(self._tracks(images)), draws)

    def _tracks(self, images):
        """The tracks that the detector's finds on these frames make, one row a detection, with the
        vehicle it shows.
        """
        found = [self.detector.detect(image).assign(frame=frame) for frame, image in images.items()]
        found = pd.concat(found, ignore_index=True).merge(self.frames, on="frame")
        crops = [
            crop(images[row.frame], (row.x1, row.y1, row.x2, row.y2)) for row in found.itertuples()
        ]
        found["track"] = track_detections(found, self.embed(crops), self.motion)
        return identify(found[found.track.notna()].reset_index(drop=True), self.truth)

    def judge(self, tracks: pd.DataFrame) -> pd.DataFrame:
        """Vehicles and what tracks (columns frame, camera, time, track, vehicle (0: none), x1, y1,
        x2, y2) say of them.

        Returns
        -------
        DataFrame
            Columns vehicle (negative: a track that shows none), asked (whether to be counted),
            answered (whether it is), extra (tracks too many), timed (whether it has a speed), right
            (whether the speed is right).
        """
        tracks = tracks.assign(size=box_side(tracks), km=np.nan).reset_index(drop=True)
        for camera, of in tracks.groupby("camera"):
            tracks.loc[of.index, "km"] = self.road.km(camera, of)
        most = (
            tracks.groupby(["track", "vehicle"])
            .size()
            .rename("shown")
            .reset_index()
            .sort_values("shown", kind="stable")
        )
        whose = most.drop_duplicates("track", keep="last").sort_values(
            "shown", ascending=False, kind="stable"
        )
        whose = whose.merge(tracks.groupby("track")["size"].max(), on="track")
        first = whose[whose.vehicle > 0].drop_duplicates("vehicle")
        clear = self.there[self.there.hidden <= 0.2]
        asked = clear.vehicle[box_side(clear) >= self.minimum].unique()
        again = whose[
            ~whose.track.isin(first.track) & (whose.vehicle >= 0) & (whose["size"] >= self.minimum)
        ]
        nobody = -1 - np.arange(len(again))
        units = np.where(again.vehicle > 0, again.vehicle, nobody)
        extra = pd.Series(units).value_counts()
        speeds = self._speeds(clear[clear.vehicle.isin(asked)], first, tracks)
        table = pd.DataFrame({"vehicle": np.union1d(asked, extra.index.to_numpy())})
        return table.assign(
            asked=table.vehicle.isin(asked),
            answered=table.vehicle.isin(asked) & table.vehicle.isin(first.vehicle),
            extra=table.vehicle.map(extra).fillna(0),
            timed=table.vehicle.isin(speeds.index),
            right=table.vehicle.map(speeds).fillna(False).astype(bool),
        )

    def _speeds(self, clear, first, tracks):
        """Of the vehicles seen in two frames or more, whether the track has the right speed."""
        wanted = clear.groupby("vehicle").agg(speed=("speed", "mean"), frames=("frame", "nunique"))
        wanted = wanted[wanted.frames >= 2]
        own = tracks[tracks["size"] >= self.minimum / 2].merge(
            first[["track", "vehicle"]], on=["track", "vehicle"]
        )
        ends = own.sort_values("time").groupby("vehicle")
        begun, ended = ends[["km", "time"]].first(), ends[["km", "time"]].last()
        lasted = (ended.time - begun.time).dt.total_seconds()
        measured = (1000 * (ended.km - begun.km).abs() / lasted.where(lasted > 0)).reindex(
            wanted.index
        )
        return np.abs(measured - wanted.speed) <= TOLERANCE * wanted.speed


def use_figures(judged: pd.DataFrame, draws: Draws) -> dict[str, np.ndarray]:
    """Counting (F1) and speeds (share right) in each draw of vehicles, (3, 1 + rounds), from
    `RoadUse.judge`.
    """
    weights = draws.of(judged.vehicle.to_numpy())

    def total(column):
        return np.einsum("n,npr->pr", judged[column].to_numpy(float), weights)

    with np.errstate(invalid="ignore"):
        return {
            "counting": 2
            * total("answered")
            / (total("answered") + total("extra") + total("asked")),
            "speeds": total("right") / total("timed"),
        }
