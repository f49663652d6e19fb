"""The extractors of the experiment: one for each size of frames and each detail, trained alike, on
identities of the training road alone.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch

from cctview import weights as weight_files
from cctview.dataset import BOX, box_side, crop, read_image
from studio.assemble import read_parts
from studio.kinds.arms import SIDES, Arm
from studio.kinds.film import Reel, film
from studio.road import truth
from studio.training import second
from studio.training.checkpoint import named_by_code
from studio.training.identities import CROPS, fit_identities
from studio.training.training_road import CAST

SEED, EPOCHS, STEPS, RATE = 31, 3, 80, 2e-3
_LEAST = 14.0  # px of the small frame: the least root of a box's area
_HIDDEN = 0.3
_JITTER = 0.04  # deviation of a box's sides, as a share of its size: a detector's are not exact
_COARSE = (0.25, 0.7)  # three in ten pictures have as few pixels, as a share of the input's side
Embed = Callable[[list[np.ndarray]], np.ndarray]


def network(scale: int) -> second.Second:
    """An untrained network: the second extractor's architecture, by the side of its input."""
    made = second.Second()
    made.side = SIDES[scale]
    return made


def taught(arm: Arm, work: Path) -> tuple[Path, Embed]:
    """The network of an arm: its weights, trained if they are missing, and what embeds crops."""
    settings = arm.lesson()
    place = work / "kinds" / "networks" / f"{settings.fingerprint()}.pt"
    weights = named_by_code(place, __name__)
    if not weights.exists():
        _teach(weights, film(work, settings), arm.scale)
    trained = weight_files.load_ours(network(arm.scale), weights.name, "second", weights)
    return weights, lambda crops: second.embed(crops, trained)


def _teach(weights: Path, reels: list[Reel], scale: int) -> None:
    torch.manual_seed(SEED)
    crops, vehicle = lesson(reels, scale)
    rows = [of for of in pd.Series(vehicle).groupby(vehicle).indices.values() if len(of) >= CROPS]
    fit_identities(
        network(scale).train(),
        weights,
        __name__,
        crops,
        rows,
        lambda picture, rng: augment(picture, rng, SIDES[scale]),
        epochs=EPOCHS,
        steps=STEPS,
        rate=RATE,
        seed=SEED,
    )


def lesson(reels: list[Reel], scale: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Crops of all vehicles that are near and clear, but for the lessons' protagonists, and the
    vehicle of each, (n,).
    """
    rng = np.random.default_rng(SEED)
    crops, vehicle = [], []
    for reel in reels:
        seen = read_parts([reel.path("sightings")], truth.SIGHTINGS).to_pandas()
        near = (box_side(seen) >= scale * _LEAST) & (seen["hidden"] <= _HIDDEN)
        of_frame = seen[near & (seen["vehicle"] >= CAST)].astype({"frame": str}).groupby("frame")
        jpegs = reel.frames().query("status == 'ok'").set_index("frame")["jpeg"]
        for name, boxes in of_frame:
            if name not in jpegs:
                continue
            image = read_image(jpegs[name], name)
            sides = boxes[BOX].to_numpy(float)
            moved = sides + rng.normal(0, _JITTER, sides.shape) * np.tile(
                sides[:, 2:] - sides[:, :2], 2
            )
            crops += [crop(image, tuple(box)) for box in np.rint(moved).astype(int)]
            vehicle += boxes["vehicle"].tolist()
    return crops, np.array(vehicle)


def augment(picture: np.ndarray, rng: np.random.Generator, side: int) -> np.ndarray:
    """Squeeze a crop to (side, side, 3) in 0-1, from a frame moved a little and in other light;
    three in ten first to fewer pixels, as vehicles that are further away.
    """
    height, width = picture.shape[:2]
    y1, y2, x1, x2 = rng.uniform(0, 0.08, 4)
    cut = picture[
        int(y1 * height) : height - int(y2 * height), int(x1 * width) : width - int(x2 * width)
    ]
    if rng.random() < 0.3:
        few = int(side * rng.uniform(*_COARSE))
        cut = cv2.resize(cut, (few, few), interpolation=cv2.INTER_AREA)
    squeezed = cv2.resize(cut, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lit = squeezed * rng.normal(1, 0.1) * rng.normal(1, 0.04, 3) + rng.normal(0, 0.03)
    return np.clip(lit, 0, 1).astype(np.float32)
