"""Small images of known vehicles for the classifier, split by vehicle.

The parts are the vehicles that the network is trained on (members), those on which its training is
watched (validation), and those that it never meets (others).
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import pandas as pd

from cctview.attacks.crops import BODIES, COLOUR_FAMILIES
from cctview.dataset import BOX, Dataset, box_side, crop
from cctview.truth import Truth

IMAGE_SIDE = 24
"""Side, in pixels, of the images that the network is given."""
_SMALLEST = 24
"""Least size of a vehicle in its frame, as the root of its box's area in pixels."""
_HIDDEN = 0.2
"""Most of a vehicle that may be hidden behind others."""
_RARE = ("motorcycle",)
"""Bodies of too few vehicles to learn them."""


@dataclass(frozen=True)
class VehicleImages:
    """Small images of known vehicles.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (n, 24, 24, 3)
        RGB.
    table : DataFrame
        One row per image, columns vehicle, frame, camera, body, family; ordered by vehicle, camera,
        and size, the largest first.
    """

    pixels: np.ndarray
    table: pd.DataFrame

    @cached_property
    def vehicles(self) -> np.ndarray:
        """The vehicles, in order."""
        return np.unique(self.table.vehicle)

    @cached_property
    def _place(self) -> np.ndarray:
        """Which of `vehicles` each image shows."""
        return np.searchsorted(self.vehicles, self.table.vehicle)

    def of(self, vehicles: np.ndarray) -> np.ndarray:
        """Which images show one of these vehicles; a mask."""
        return np.isin(self.table.vehicle, vehicles)

    def by_vehicle(self, values: np.ndarray) -> np.ndarray:
        """The mean of a value over each vehicle's images, in the order of `vehicles`."""
        return np.bincount(self._place, values) / np.bincount(self._place)


def load_vehicle_images(
    dataset: Dataset,
    truth: Truth,
    cameras: int = 2,
    per_camera: int = 1,
    smallest: float = _SMALLEST,
) -> VehicleImages:
    """Cut vehicles out of their frames by their true boxes.

    Each vehicle's largest images are taken, `per_camera` at each of at most so many cameras, if
    the vehicle is at least `smallest` pixels large in its frame. A frame that the camera delivered
    twice counts once. Raises a ValueError if no vehicle is large enough.
    """
    boxes = truth.sightings.merge(truth.vehicles[["vehicle", "kind", "colour"]], on="vehicle")
    boxes["size"] = box_side(boxes)
    boxes["body"] = boxes.kind.map(BODIES)
    boxes["family"] = boxes.colour.map(COLOUR_FAMILIES)
    of_frame = dataset.frames.set_index("id").camera
    clear = (boxes["size"] >= smallest) & (boxes.hidden < _HIDDEN) & ~boxes.body.isin(_RARE)
    new = truth.frames.frame[truth.frames.status == "ok"]
    boxes = boxes[clear & boxes.frame.isin(of_frame.index) & boxes.frame.isin(new)]
    if boxes.empty:
        raise ValueError(
            f"no vehicle of at least {smallest} pixels in these frames; give more minutes"
        )
    boxes = boxes.assign(camera=of_frame.reindex(boxes.frame).to_numpy())
    boxes = boxes.sort_values("size", ascending=False, kind="stable")
    largest = boxes.drop_duplicates(["vehicle", "camera"]).groupby("vehicle").head(cameras)
    boxes = boxes.merge(largest[["vehicle", "camera"]])
    boxes = boxes.groupby(["vehicle", "camera"]).head(per_camera)
    boxes = boxes.sort_values(["vehicle", "camera"], kind="stable").reset_index(drop=True)
    pixels = np.empty((len(boxes), IMAGE_SIDE, IMAGE_SIDE, 3), np.uint8)
    corners = boxes[BOX].to_numpy(int)
    for frame, rows in boxes.groupby("frame").indices.items():
        image = dataset.image(frame)
        for row in rows:
            vehicle = crop(image, tuple(corners[row]))
            size = (IMAGE_SIDE, IMAGE_SIDE)
            pixels[row] = cv2.resize(vehicle, size, interpolation=cv2.INTER_AREA)
    return VehicleImages(pixels, boxes[["vehicle", "frame", "camera", "body", "family"]])


@dataclass(frozen=True)
class MemberSplit:
    """Vehicles in three parts without one in common; members and others are equally many.

    Attributes
    ----------
    members, validation, others : ndarray of int
        In random order, so that the first of them are a random part.
    """

    members: np.ndarray
    validation: np.ndarray
    others: np.ndarray


def split_members(images: VehicleImages, share: float = 0.42, seed: int = 0) -> MemberSplit:
    """Draw the three parts, all from the same minutes.

    `share` of the vehicles are members, as many are others; the rest is for validation. Raises a
    ValueError if a part would be empty.

    Examples
    --------
    >>> table = pd.DataFrame({"vehicle": np.arange(100)})
    >>> split = split_members(VehicleImages(np.zeros((100, 24, 24, 3), np.uint8), table))
    >>> [len(part) for part in vars(split).values()]
    [42, 16, 42]
    """
    drawn = np.random.default_rng(seed).permutation(images.vehicles)
    count = int(share * len(drawn))
    if not 0 < 2 * count < len(drawn):
        raise ValueError(
            f"{len(drawn)} vehicles cannot be split into three parts with {share:.0%} in two of"
            " them"
        )
    return MemberSplit(drawn[:count], drawn[2 * count :], drawn[count : 2 * count])
