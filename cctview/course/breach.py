"""A stolen table of vectors: what can be had from it without a single picture, and how many known
vehicles break a secret key.

The thief has the shipped extractor's vectors, their cameras and times, and pictures of other
vehicles with which to learn. Those vehicles are never the ones asked about.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.attacks.crops import LabelledCrops, load_crops
from cctview.attacks.linkage import LinkageAttack, fit_map
from cctview.course.lesson import Lesson
from cctview.defences.catalogue import project
from cctview.extract.extractor import Extractor
from cctview.match.distance import cosine_distances
from cctview.stats.resampling import bootstrap

MINIMUM, CAMERAS = 16, 2
"""Least size of a look (root of the box's area, px), and cameras by which a vehicle is seen."""
ROUNDS = 400


@dataclass(frozen=True)
class Breach:
    """Vectors of a database, without pictures.

    Attributes
    ----------
    known : LabelledCrops
        Vehicles of which the thief knows who they are: to learn from.
    stolen : LabelledCrops
        The vehicles asked about: none of them is known.
    """

    known: LabelledCrops
    stolen: LabelledCrops


def open_breach(lesson: Lesson) -> Breach:
    """The vectors of the simulated minutes, as coordinates on the extractor's basis, in two halves
    without a common vehicle.
    """
    crops = load_crops(
        lesson.dataset,
        lesson.truth,
        minimum=MINIMUM,
        cameras=CAMERAS,
        images=False,
        basis=Extractor().basis,
    )
    return Breach(*crops.split())


def link_rates(breach: Breach) -> pd.DataFrame:
    """How often a passage's own vehicle comes first among all that passed another camera.

    Returns
    -------
    DataFrame
        Index "by chance", "by looks", "by looks and clock"; columns estimate, low, high (by drawing
        vehicles again).
    """
    attack = LinkageAttack(average=True).fit(breach.known)
    rows = {}
    for name, clock in (("by looks", False), ("by looks and clock", True)):
        links = attack.attack(breach.stolen, clock)
        rows[name] = _share(links["first"], links.vehicle)
    chance = (1 / links.gallery).mean()
    return pd.DataFrame({"by chance": {"estimate": chance, "low": chance, "high": chance}} | rows).T


def _share(values, groups):
    values = np.asarray(values, float)
    return (
        bootstrap(lambda rows: values[rows].mean(keepdims=True), np.asarray(groups), ROUNDS)
        .iloc[0]
        .to_dict()
    )


@dataclass
class KeyedDatabase:
    """A database whose owner turns the vectors of each camera by a secret key, and a thief who
    knows some vehicles at both of two cameras.

    Parameters
    ----------
    breach : Breach
    cameras : tuple of str
        The two.
    dimensions : int
        How many numbers the key keeps.
    seed : int
        The key.

    Attributes
    ----------
    available : int
        How many vehicles the thief can know at most.
    """

    breach: Breach
    cameras: tuple
    dimensions: int = 256
    seed: int = 0

    def __post_init__(self):
        turned = [
            project(crops, self.dimensions, self.seed)
            for crops in (self.breach.known, self.breach.stolen)
        ]
        self._known, self._stolen = (_pairs(crops, self.cameras) for crops in turned)
        self._open = _pairs(self.breach.stolen, self.cameras)
        self.available = len(self._known[0])

    def known_pairs(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The vectors of so many known vehicles at the first camera and at the second, (n,
        dimensions) each.
        """
        return tuple(part[:count] for part in self._known)

    def asked_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Those of the vehicles asked about: row by row the same vehicle, which the thief does not
        know.
        """
        return self._stolen

    def found(self, known: int) -> dict:
        """How often the thief who knows so many vehicles finds one of the others first: estimate,
        low, high.
        """
        a, b = self._stolen
        return first_found(a @ fit_map(*self.known_pairs(known)), b) if known else first_found(a, b)

    def unprotected(self) -> dict:
        """The same without a key."""
        return first_found(*self._open)


def first_found(a: np.ndarray, b: np.ndarray) -> dict:
    """How often the row of `b` that is nearest to a row of `a`, by the cosine, is its own:
    estimate, low, high.
    """
    right = cosine_distances(a, b).argmin(axis=1) == np.arange(len(a))
    return _share(right, np.arange(len(a)))


def _pairs(crops, cameras):
    """Mean vectors of the vehicles that pass both cameras, at the one and at the other, each
    centred on its camera's mean.
    """
    sides = []
    for camera in cameras:
        of = (crops.table.camera == camera).to_numpy()
        sides.append(
            pd.DataFrame(crops.vectors[of]).groupby(crops.table.vehicle[of].to_numpy()).mean()
        )
    both = sides[0].index.intersection(sides[1].index)
    both = np.random.default_rng(0).permutation(both.to_numpy())
    return tuple((side.loc[both] - side.mean()).to_numpy(np.float32) for side in sides)
