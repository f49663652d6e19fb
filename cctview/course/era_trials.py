"""The same question to recognisers of every era: same vehicles, same split, same tuning, and
vehicles nobody tuned on.

Each vehicle at a camera is looked for at the next camera, among all who are there; by its largest
picture on either side. What a recogniser leaves open is chosen on half of the vehicles, and what is
told is measured on the other half.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from cctview.dataset.boxes import BOX, crop
from cctview.dataset.ids import VEHICLE_TYPES
from cctview.dataset.road import DRIVE
from cctview.match.matching import DISTANCES
from cctview.match.metrics import evaluate_rank, roc_auc
from cctview.match.pairs import Comparisons, largest_pictures, picture_side
from cctview.stats.resampling import bootstrap
from cctview.truth.labels import true_vehicles

MINIMUM = 28
"""Least side of a picture, in pixels (of a square as large as its box)."""
PAIRS = tuple((a.camera, b.camera) for a, b in pairwise(DRIVE) if a.facing == b.facing)
"""Neighbouring cameras that face the same way, so that a vehicle is seen from the same side: the kindest setting there is."""
PIXELS = (8, 12, 16, 20, 24, 28)
"""The sides to which pictures are shrunk, in the stored results."""


@dataclass(frozen=True)
class Pictures:
    """Pictures of known vehicles: of each at each camera the largest.

    Attributes
    ----------
    crops : tuple of ndarray of uint8, shape (h, w, 3)
    vehicles : ndarray of int, shape (n,)
    cameras : ndarray of str, shape (n,)
    """

    crops: tuple
    vehicles: np.ndarray
    cameras: np.ndarray

    def __len__(self):
        return len(self.crops)

    def only(self, rows) -> "Pictures":
        """Some of them, by their numbers."""
        return Pictures(tuple(self.crops[k] for k in rows), self.vehicles[rows], self.cameras[rows])

    def split(self, seed: int = 0) -> tuple["Pictures", "Pictures"]:
        """Two halves without a vehicle in common.

        Raises
        ------
        ValueError
            If there are fewer than two vehicles.
        """
        known = np.unique(self.vehicles)
        if len(known) < 2:
            raise ValueError(
                f"expected at least two vehicles to split, but there are {len(known)}; take more"
                " minutes"
            )
        first = np.isin(
            self.vehicles, np.random.default_rng(seed).permutation(known)[: len(known) // 2]
        )
        return self.only(np.flatnonzero(first)), self.only(np.flatnonzero(~first))

    def shrunk(self, side: float) -> "Pictures":
        """As if each had been so small: its area that of a square of this side, in pixels; smaller
        ones stay as they are.
        """
        return replace(self, crops=tuple(shrink(crop, side) for crop in self.crops))

    @property
    def blocks(self) -> tuple:
        """For each pair of `PAIRS`, the rows of the pictures at either camera."""
        return tuple(
            tuple(np.flatnonzero(self.cameras == camera) for camera in pair) for pair in PAIRS
        )


def shrink(crop: np.ndarray, side: float) -> np.ndarray:
    """A crop made as small as a square of this side, in its own proportions."""
    import cv2

    height, width = crop.shape[:2]
    scale = side / np.sqrt(height * width)
    if scale >= 1:
        return crop
    return cv2.resize(
        crop,
        (max(round(width * scale), 1), max(round(height * scale), 1)),
        interpolation=cv2.INTER_AREA,
    )


def read_pictures(dataset, truth, minimum: float = MINIMUM) -> Pictures:
    """The pictures on which the eras are compared.

    Parameters
    ----------
    dataset : cctview.dataset.frames.Dataset
    truth : cctview.truth.labels.Truth
    minimum : float
        Least side, in pixels, of a square as large as the picture.

    Returns
    -------
    Pictures
    """
    detections = dataset.detections
    vehicles = true_vehicles(detections, truth)
    rows = largest_pictures(detections, vehicles)
    rows = rows[picture_side(detections)[rows] >= minimum]
    crops = read_crops(dataset, detections.iloc[rows])
    return Pictures(
        tuple(crops),
        vehicles.to_numpy(int, na_value=0)[rows],
        detections["camera"].to_numpy(str)[rows],
    )


def read_crops(dataset, detections: pd.DataFrame) -> list[np.ndarray]:
    """Cut detections out of their frames, each frame read once."""
    crops = [None] * len(detections)
    boxes = detections[BOX].to_numpy(int)
    for frame, rows in detections.groupby("frame", sort=False).indices.items():
        image = dataset.image(frame)
        for row in rows:
            crops[row] = crop(image, tuple(boxes[row])).copy()
    return crops


@dataclass(frozen=True)
class Search:
    """How one recogniser did on the vehicles of one set of pictures: each is looked for at the next
    camera.

    Attributes
    ----------
    vectors : ndarray, shape (n, d)
        Of all the pictures.
    distance : str
        By which vectors were compared, see `cctview.match.matching.DISTANCES`.
    looked_for : ndarray of int, shape (m,)
        The picture of each search; its vehicle is at the next camera too.
    ranks : ndarray, shape (m,)
        Where the right vehicle came, from 1.
    candidates : list of ndarray of int
        Of each search the rows of the pictures found, the nearest first.
    pictures : Pictures
    """

    vectors: np.ndarray
    distance: str
    looked_for: np.ndarray
    ranks: np.ndarray
    candidates: list
    pictures: Pictures

    @property
    def gallery(self) -> float:
        """Among how many pictures a vehicle is looked for, on average."""
        return float(np.mean([len(found) for found in self.candidates]))

    def rank1(self, rounds: int = 1000) -> pd.Series:
        """How often the right vehicle came first: estimate, low, high (95 %, by drawing vehicles
        again).
        """
        first = self.ranks == 1
        return bootstrap(
            lambda rows: first[rows].mean(), self.pictures.vehicles[self.looked_for], rounds
        ).iloc[0]

    def auc(self) -> float:
        """How often a same pair is closer than a different one."""
        pairs = Comparisons(self.pictures.blocks, self.pictures.vehicles)
        return roc_auc(pairs.distances(self.vectors, self.distance), pairs.same)


def search(vectors: np.ndarray, pictures: Pictures, distance: str = "mcd") -> Search:
    """Look for every vehicle at the next camera, if it is there, among all who are.

    Raises
    ------
    ValueError
        If no vehicle is at two neighbouring cameras.
    """
    looked_for, ranks, candidates = [], [], []
    for here, there in pictures.blocks:
        here = here[np.isin(pictures.vehicles[here], pictures.vehicles[there])]
        if not len(here):
            continue
        table = DISTANCES[distance](vectors[here], vectors[there])
        known = (
            pictures.vehicles[here],
            pictures.vehicles[there],
            np.zeros(len(here)),
            np.ones(len(there)),
        )
        looked_for.append(here)
        ranks.append(evaluate_rank(table, *known, len(there)).first_rank)
        candidates += list(there[np.argsort(table, axis=1, kind="stable")])
    if not looked_for:
        raise ValueError(
            "no vehicle is seen by two neighbouring cameras; take more minutes or smaller pictures"
        )
    return Search(
        vectors, distance, np.concatenate(looked_for), np.concatenate(ranks), candidates, pictures
    )


def tune(make, settings, training: Pictures) -> tuple[dict, str]:
    """Choose settings and distance on training vehicles alone.

    The training vehicles are divided in two. Each setting is fitted on one half and looks for the
    vehicles of the other, and the other way round. Taken is what has the highest mean of 1 / rank.

    Parameters
    ----------
    make : callable
        Makes a recogniser of a setting's keywords.
    settings : iterable of dict
    training : Pictures

    Returns
    -------
    settings : dict
    distance : str
    """
    halves, scores = training.split(seed=1), []
    for chosen in settings:
        found = {distance: [] for distance in DISTANCES}
        for known, asked in (halves, halves[::-1]):
            vectors = make(**chosen).fit(known.crops, known.vehicles).embed(asked.crops)
            for distance, ranks in found.items():
                ranks.append(search(vectors, asked, distance).ranks)
        scores += [
            ((1 / np.concatenate(ranks)).mean(), chosen, distance)
            for distance, ranks in found.items()
        ]
    _, chosen, distance = max(scores, key=lambda score: score[0])
    return chosen, distance


def try_era(era, training: Pictures, test: Pictures) -> tuple[Search, object]:
    """Tune an era and fit it on the training vehicles, and look for the test vehicles with it.

    Parameters
    ----------
    era : type
        One of `ERAS`.
    training, test : Pictures
        Without a vehicle in common.

    Returns
    -------
    search : Search
    recogniser : object
        As it was fitted.

    Raises
    ------
    ValueError
        If a vehicle is in both sets.
    """
    if shared := set(training.vehicles) & set(test.vehicles):
        raise ValueError(
            f"{len(shared)} vehicles are in both sets; split by vehicle, or the test measures"
            " memory"
        )
    chosen, distance = tune(era, era.settings, training)
    recogniser = era(**chosen).fit(training.crops, training.vehicles)
    return search(recogniser.embed(test.crops), test, distance), recogniser


def leak_by_era(searches: dict) -> pd.DataFrame:
    """Rank-1 of each era's search, by name: columns estimate, low, high, and auc, searches,
    gallery.
    """
    rows = {
        name: {
            **found.rank1(),
            "auc": found.auc(),
            "searches": len(found.ranks),
            "gallery": found.gallery,
        }
        for name, found in searches.items()
    }
    return pd.DataFrame(rows).T


def rank1_by_count(
    recogniser, pictures: Pictures, counts: Sequence[int], distance: str = "mcd"
) -> list[tuple[int, float]]:
    """Rank-1 with only the first so many numbers of each vector; (count, rank-1) for each count."""
    vectors = recogniser.embed(pictures.crops)
    return [
        (count, float((search(vectors[:, :count], pictures, distance).ranks == 1).mean()))
        for count in counts
    ]


def candidates_by_era(searches: dict, number: int, first: int = 5) -> tuple[np.ndarray, dict]:
    """One search by every era.

    Parameters
    ----------
    searches : dict of str to Search
        Of the same pictures.
    number : int
        Which of their searches.
    first : int
        How many candidates of each.

    Returns
    -------
    query : ndarray of uint8, shape (h, w, 3)
    rows : dict of str to (list of ndarray, list of bool, int)
        By era: the first candidates, whether each is right, and the rank of the right one.
    """
    rows = {}
    for name, found in searches.items():
        pictures, asked = found.pictures, found.looked_for[number]
        best = found.candidates[number][:first]
        right = [bool(pictures.vehicles[row] == pictures.vehicles[asked]) for row in best]
        rows[name] = [pictures.crops[row] for row in best], right, int(found.ranks[number])
    return pictures.crops[asked], rows


def wrong_alike(found: Search, vehicles: pd.DataFrame, column: str = "colour") -> float:
    """Of the wrong first candidates, the share that has a property in common with the vehicle that
    was looked for.

    Parameters
    ----------
    found : Search
    vehicles : DataFrame
        Columns vehicle, and the property; such as `cctview.truth.labels.Truth.vehicles`.
    column : str

    Returns
    -------
    float
        NaN if no first candidate is wrong.
    """
    property_of, wrong = vehicles.set_index("vehicle")[column], found.ranks > 1
    known = found.pictures.vehicles
    asked, given = (
        known[found.looked_for[wrong]],
        known[[rows[0] for rows, miss in zip(found.candidates, wrong) if miss]],
    )
    alike = property_of.reindex(asked).to_numpy() == property_of.reindex(given).to_numpy()
    return float(alike.mean()) if len(alike) else float("nan")


def largest_crops(dataset, count: int) -> list[np.ndarray]:
    """The largest vehicles of a dataset, no two from one frame, and as many cameras as there are;
    needs no truth.
    """
    detections = dataset.detections
    vehicles = detections[detections["type"].isin(VEHICLE_TYPES)].assign(side=picture_side)
    vehicles = vehicles.sort_values("side", ascending=False, kind="stable").drop_duplicates("frame")
    turn = vehicles.groupby("camera").cumcount()
    return read_crops(dataset, vehicles.iloc[np.argsort(turn, kind="stable")[:count]])


def resolution_table(
    training: Pictures, test: Pictures, eras, pixels: Sequence[int] = PIXELS
) -> pd.DataFrame:
    """Each era with every picture made small; trained, tuned and tested so. This takes minutes.

    Returns
    -------
    DataFrame
        Columns pixels, era, estimate, low, high (of rank-1), auc, searches, gallery.
    """
    tables = []
    for side in pixels:
        small = training.shrunk(side), test.shrunk(side)
        searches = {era.name: try_era(era, *small)[0] for era in eras}
        tables.append(leak_by_era(searches).rename_axis("era").reset_index().assign(pixels=side))
    return pd.concat(tables, ignore_index=True)
