"""A stolen table of vectors: what it gives away, and how many known vehicles break a key.

The thief has the shipped network's vectors, their cameras and times, and crops of other vehicles to
fit on. Those are never the vehicles that are searched for.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.attacks import LabelledCrops, LinkageAttack, fit_map, load_crops
from cctview.course.lesson import Lesson
from cctview.defences import project
from cctview.extract import Extractor
from cctview.match import cosine_distances
from cctview.stats import bootstrap

_LEAST_SIZE = 16
"""Least size of a crop: the root of the box's area, in pixels."""
_LEAST_CAMERAS = 2
_ROUNDS = 400


@dataclass(frozen=True)
class Breach:
    """Vectors of a database, without pictures.

    Attributes
    ----------
    known : LabelledCrops
        Of vehicles whose identity the thief knows: to fit on.
    stolen : LabelledCrops
        Of the vehicles searched for: none of them is known.
    """

    known: LabelledCrops
    stolen: LabelledCrops


def open_breach(lesson: Lesson) -> Breach:
    """The vectors of the simulated minutes, on the network's basis, in halves by vehicle."""
    crops = load_crops(
        lesson.dataset,
        lesson.truth,
        minimum=_LEAST_SIZE,
        cameras=_LEAST_CAMERAS,
        images=False,
        basis=Extractor().basis,
    )
    return Breach(*crops.split())


def link_rates(breach: Breach) -> pd.DataFrame:
    """How often a pass's own vehicle comes first among all that passed another camera.

    The rows are "by chance", "by appearance" and "by appearance and clock"; the columns are
    estimate, low, high (by drawing vehicles again).
    """
    attack = LinkageAttack(average=True).fit(breach.known)
    rates = {}
    for name, clock in (("by appearance", False), ("by appearance and clock", True)):
        links = attack.attack(breach.stolen, clock)
        rates[name] = _share(links["first"], links.vehicle)
    chance = dict.fromkeys(["estimate", "low", "high"], (1 / links.gallery).mean())
    return pd.DataFrame({"by chance": chance} | rates).T


def _share(values, vehicles):
    values = np.asarray(values, float)
    shares = bootstrap(lambda rows: values[rows].mean(keepdims=True), np.asarray(vehicles), _ROUNDS)
    return shares.iloc[0].to_dict()


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
    """

    breach: Breach
    cameras: tuple
    dimensions: int = 256
    seed: int = 0

    def __post_init__(self):
        self._known = _pairs(self._turned(self.breach.known), self.cameras)
        self._stolen = _pairs(self._turned(self.breach.stolen), self.cameras)
        self._open = _pairs(self.breach.stolen, self.cameras)

    def _turned(self, crops):
        return project(crops, self.dimensions, self.seed)

    def known_pairs(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The vectors (n, dimensions) of so many known vehicles at the first and second camera."""
        return tuple(side[:count] for side in self._known)

    def stolen_pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Those of the vehicles that the thief does not know: the same vehicle row by row."""
        return self._stolen

    def found(self, known: int) -> dict[str, float]:
        """How often a thief who knows so many vehicles finds another one: estimate, low, high."""
        first, second = self._stolen
        if known:
            first = first @ fit_map(*self.known_pairs(known))
        return first_found(first, second)

    def unprotected(self) -> dict[str, float]:
        """The same without a key."""
        return first_found(*self._open)


def first_found(a: np.ndarray, b: np.ndarray) -> dict[str, float]:
    """How often the row of `b` nearest to a row of `a` is its own: estimate, low, high."""
    rows = np.arange(len(a))
    return _share(cosine_distances(a, b).argmin(axis=1) == rows, rows)


def _pairs(crops, cameras):
    """Mean vectors of the vehicles that pass both cameras, each centred on its camera's mean."""
    means = []
    for camera in cameras:
        rows = (crops.table.camera == camera).to_numpy()
        vehicles = crops.table.vehicle[rows].to_numpy()
        means.append(pd.DataFrame(crops.vectors[rows]).groupby(vehicles).mean())
    both = means[0].index.intersection(means[1].index).to_numpy()
    both = np.random.default_rng(0).permutation(both)
    return tuple((mean.loc[both] - mean.mean()).to_numpy(np.float32) for mean in means)
