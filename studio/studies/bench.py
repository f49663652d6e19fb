"""The crops of `data/` on which attacks and defences are measured, and those that a retrained
extractor may learn from.
"""

from pathlib import Path

from cctview.attacks import LabelledCrops, load_crops
from cctview.attacks.linkage import HELD
from cctview.extract import Extractor

MINIMUM, CAMERAS = 16, 2
"""Least size of a crop, in pixels, and cameras by which a vehicle is seen."""
RETRAINING_MINIMUM, RETRAINING_PER_PASS = 12, 4


def bench(data: Path, images: bool = True) -> LabelledCrops:
    """The crops that everything is measured on, with coordinates as vectors."""
    return load_crops(
        data, minimum=MINIMUM, cameras=CAMERAS, images=images, basis=Extractor().basis
    )


def retraining_crops(data: Path) -> LabelledCrops:
    """Crops for retraining: of the vehicles that are neither measured on nor used to fit a
    attack's temperature.

    They are the same minutes and cameras, since people who run the cameras retrain on their own
    images. Smaller crops count too, and more of each pass.
    """
    learn, _ = bench(data, images=False).split()
    first, _ = learn.split(1 - HELD)
    crops = load_crops(data, minimum=RETRAINING_MINIMUM, per_pass=RETRAINING_PER_PASS)
    return crops.only(crops.table.vehicle.isin(first.table.vehicle.unique()).to_numpy())
