"""The looks of `data/` on which attacks and defences are measured, and those that a retrained
extractor may learn from.
"""

from pathlib import Path

from cctview.attacks.crops import LabelledCrops, load_crops
from cctview.attacks.linkage import HELD
from cctview.extract.extractor import Extractor

MINIMUM, CAMERAS = 16, 2
"""Least size of a look, in pixels, and cameras by which a vehicle is seen."""
TAUGHT_MINIMUM, TAUGHT_PER_PASSAGE = 12, 4


def bench(data: Path, pictures: bool = True) -> LabelledCrops:
    """The looks that everything is measured on, with coordinates as vectors."""
    return load_crops(
        data, minimum=MINIMUM, cameras=CAMERAS, pictures=pictures, basis=Extractor().basis
    )


def taught(data: Path) -> LabelledCrops:
    """Crops for retraining: of the vehicles that are neither measured on nor used to fit a
    tracker's temperature.

    They are the same minutes and cameras, since whoever runs the cameras retrains on their own
    pictures. Smaller looks count too, and more of each passage.
    """
    learn, _ = bench(data, pictures=False).split()
    first, _ = learn.split(1 - HELD)
    looks = load_crops(data, minimum=TAUGHT_MINIMUM, per_passage=TAUGHT_PER_PASSAGE)
    return looks.only(looks.table.vehicle.isin(first.table.vehicle.unique()).to_numpy())
