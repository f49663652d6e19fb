"""The same question to recognisers of every era, on the same vehicles, split and tuning.

Each vehicle at a camera is searched for at the next camera, among all that pass it; by its largest
crop on either side. What a recogniser leaves open is chosen on half of the vehicles, and what is
reported is measured on the other half.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from cctview.dataset import BOX, DRIVE, VEHICLE_TYPES, Dataset, box_side, crop
from cctview.extract import DeepEmbedding
from cctview.match import (
    DISTANCES,
    Comparisons,
    estimate_and_interval,
    evaluate_rank,
    largest_crop_rows,
    roc_auc,
    share_ranked,
)
from cctview.truth import Truth, true_vehicles

PAIRS = tuple((a.camera, b.camera) for a, b in pairwise(DRIVE) if a.facing == b.facing)
"""Neighbouring cameras that face the same way and see a vehicle from the same side: the kindest."""
_LEAST_SIDE = 28
"""Least side of a crop, in pixels (of a square as large as its box)."""


@dataclass(frozen=True)
class VehicleCrops:
    """Crops of known vehicles: of each at each camera the largest.

    Attributes
    ----------
    crops : tuple of ndarray of uint8, shape (h, w, 3)
    vehicles : ndarray of int, shape (n,)
    cameras : ndarray of str, shape (n,)
    vectors : ndarray, shape (n, d), optional
        What the course's network made of the crops, where it is stored: `DeepEmbedding` need not
        run then, which takes PyTorch, half a minute and half a gigabyte.
    """

    crops: tuple
    vehicles: np.ndarray
    cameras: np.ndarray
    vectors: np.ndarray | None = None

    def __len__(self):
        return len(self.crops)

    def only(self, rows) -> "VehicleCrops":
        """Some of them, by their numbers."""
        crops = tuple(self.crops[row] for row in rows)
        vectors = None if self.vectors is None else self.vectors[rows]
        return VehicleCrops(crops, self.vehicles[rows], self.cameras[rows], vectors)

    def embed(self, recogniser: Any) -> np.ndarray:
        """What a fitted recogniser makes of the crops, (n, d)."""
        if isinstance(recogniser, DeepEmbedding) and self.vectors is not None:
            return self.vectors
        made: np.ndarray = recogniser.embed(self.crops)
        return made

    def split(self, seed: int = 0) -> tuple["VehicleCrops", "VehicleCrops"]:
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
        shuffled = np.random.default_rng(seed).permutation(known)
        first = np.isin(self.vehicles, shuffled[: len(known) // 2])
        return self.only(np.flatnonzero(first)), self.only(np.flatnonzero(~first))

    @property
    def blocks(self) -> tuple:
        """For each pair of `PAIRS`, the rows of the crops at either camera."""
        return tuple(
            tuple(np.flatnonzero(self.cameras == camera) for camera in pair) for pair in PAIRS
        )


def read_vehicle_crops(
    dataset: Dataset, truth: Truth, least_side: float = _LEAST_SIDE
) -> VehicleCrops:
    """The crops on which the eras are compared, of at least this side in pixels."""
    detections = dataset.detections
    vehicles = true_vehicles(detections, truth)
    rows = largest_crop_rows(detections, vehicles)
    rows = rows[box_side(detections).to_numpy()[rows] >= least_side]
    return VehicleCrops(
        tuple(_read_crops(dataset, detections.iloc[rows])),
        vehicles.to_numpy(int, na_value=0)[rows],
        detections["camera"].to_numpy(str)[rows],
        dataset.embeddings_of(rows),
    )


def crops_to_show(dataset: Dataset, count: int) -> list[np.ndarray]:
    """The largest vehicles of a dataset, no two from one frame, of as many cameras as possible."""
    detections = dataset.detections
    vehicles = detections[detections["type"].isin(VEHICLE_TYPES)].assign(side=box_side)
    vehicles = vehicles.sort_values("side", ascending=False, kind="stable").drop_duplicates("frame")
    turn = vehicles.groupby("camera").cumcount()
    return _read_crops(dataset, vehicles.iloc[np.argsort(turn, kind="stable")[:count]])


def _read_crops(dataset, detections):
    """Cut detections out of their frames, each frame read once."""
    crops = [None] * len(detections)
    boxes = detections[BOX].to_numpy(int)
    for frame, rows in detections.groupby("frame", sort=False).indices.items():
        image = dataset.image(frame)
        for row in rows:
            crops[row] = crop(image, tuple(boxes[row])).copy()
    return crops


def shrink_crop(crop: np.ndarray, side: float) -> np.ndarray:
    """A crop made as small as a square of this side, in its own proportions."""
    import cv2

    height, width = crop.shape[:2]
    scale = side / np.sqrt(height * width)
    if scale >= 1:
        return crop
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return cv2.resize(crop, size, interpolation=cv2.INTER_AREA)


@dataclass(frozen=True)
class EraSearch:
    """How one recogniser did: each vehicle is searched for at the next camera.

    Attributes
    ----------
    vectors : ndarray, shape (n, d)
        Of all the crops.
    distance : str
        By which vectors were compared, see `cctview.match.DISTANCES`.
    queries : ndarray of int, shape (m,)
        The crop of each search; its vehicle passes the next camera too.
    ranks : ndarray, shape (m,)
        Where the correct vehicle came, from 1.
    candidates : list of ndarray of int
        Of each search the rows of the gallery, the nearest first.
    pictures : VehicleCrops
    """

    vectors: np.ndarray
    distance: str
    queries: np.ndarray
    ranks: np.ndarray
    candidates: list
    pictures: VehicleCrops

    @property
    def gallery(self) -> float:
        """Among how many crops a vehicle is searched for, on average."""
        return float(np.mean([len(rows) for rows in self.candidates]))

    def rank1(self) -> pd.Series:
        """How often the correct vehicle came first: estimate, low, high.

        For the interval vehicles are drawn again, as queries and as candidates.
        """
        return estimate_and_interval(self.draws()).clip(0, 1)

    def draws(self) -> np.ndarray:
        """Rank-1, and again by drawing vehicles; the same draws for searches of the same crops."""
        known = self.pictures.vehicles
        ahead = np.zeros((len(self.queries), len(known)), bool)
        for row, (query, candidates) in enumerate(zip(self.queries, self.candidates, strict=True)):
            first = candidates[: int(self.ranks[row])]  # the correct one is last of these, or level
            ahead[row, first[known[first] != known[query]]] = True
        return share_ranked(ahead, known[self.queries], known)

    def auc(self) -> float:
        """How often two crops of one vehicle are closer than two of different ones."""
        pairs = Comparisons(self.pictures.blocks, self.pictures.vehicles)
        return roc_auc(pairs.distances(self.vectors, self.distance), pairs.same)


def search_next_camera(
    vectors: np.ndarray, pictures: VehicleCrops, distance: str = "mcd"
) -> EraSearch:
    """Search for every vehicle at the next camera, if it passes there, among all that do.

    Raises
    ------
    ValueError
        If no vehicle passes two neighbouring cameras.
    """
    queries = []
    ranks = []
    candidates = []
    for first, second in pictures.blocks:
        first = first[np.isin(pictures.vehicles[first], pictures.vehicles[second])]
        if not len(first):
            continue
        distances = DISTANCES[distance](vectors[first], vectors[second])
        vehicles = pictures.vehicles[first], pictures.vehicles[second]
        cameras = np.zeros(len(first)), np.ones(len(second))
        queries.append(first)
        ranks.append(evaluate_rank(distances, *vehicles, *cameras, len(second)).first_rank)
        candidates += list(second[np.argsort(distances, axis=1, kind="stable")])
    if not queries:
        raise ValueError(
            "no vehicle is seen by two neighbouring cameras; take more minutes or smaller pictures"
        )
    return EraSearch(
        vectors, distance, np.concatenate(queries), np.concatenate(ranks), candidates, pictures
    )


def tune(make: Callable, settings: Iterable[dict], training: VehicleCrops) -> tuple[dict, str]:
    """Choose settings and distance on training vehicles alone: the highest mean of 1 / rank.

    The training vehicles are divided in two. Each setting is fitted on one half and searches for
    the vehicles of the other, and the other way round.

    Parameters
    ----------
    make : callable
        Makes a recogniser of a setting's keywords.
    settings : iterable of dict
    training : VehicleCrops

    Returns
    -------
    settings : dict
    distance : str
    """
    halves = training.split(seed=1)
    scores = []
    for chosen in settings:
        ranks: dict[str, list] = {distance: [] for distance in DISTANCES}
        for fitted_on, queried in (halves, halves[::-1]):
            recogniser = make(**chosen).fit(fitted_on.crops, fitted_on.vehicles)
            vectors = queried.embed(recogniser)
            for distance in DISTANCES:
                ranks[distance].append(search_next_camera(vectors, queried, distance).ranks)
        scores += [
            ((1 / np.concatenate(ranks[distance])).mean(), chosen, distance)
            for distance in DISTANCES
        ]
    _, chosen, distance = max(scores, key=lambda score: score[0])
    return chosen, distance


def try_era(era: Any, training: VehicleCrops, test: VehicleCrops) -> tuple[EraSearch, object]:
    """Tune and fit one of `ERAS` on training vehicles, and search for the test vehicles with it.

    Returns
    -------
    search : EraSearch
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
    return search_next_camera(test.embed(recogniser), test, distance), recogniser


def leak_by_era(searches: dict[str, EraSearch]) -> pd.DataFrame:
    """Rank-1 by era: columns estimate, low, high, and auc, searches, gallery."""
    rows = {
        name: {
            **search.rank1(),
            "auc": search.auc(),
            "searches": len(search.ranks),
            "gallery": search.gallery,
        }
        for name, search in searches.items()
    }
    return pd.DataFrame(rows).T


def rank1_by_count(
    recogniser, pictures: VehicleCrops, counts: Sequence[int], distance: str = "mcd"
) -> list[tuple[int, float]]:
    """Rank-1 with only the first so many numbers of each vector; (count, rank-1) for each count."""
    vectors = pictures.embed(recogniser)
    searches = [search_next_camera(vectors[:, :count], pictures, distance) for count in counts]
    return [
        (count, float((search.ranks == 1).mean()))
        for count, search in zip(counts, searches, strict=True)
    ]


def candidates_by_era(
    searches: dict[str, EraSearch], number: int, first: int = 5
) -> tuple[np.ndarray, dict]:
    """The search of that `number`, by every era.

    Returns the query, and by era: `first` candidates, whether each is correct, the correct one's
    rank.
    """
    rows = {}
    for name, search in searches.items():
        pictures = search.pictures
        query = search.queries[number]
        best = search.candidates[number][:first]
        correct = [bool(pictures.vehicles[row] == pictures.vehicles[query]) for row in best]
        rows[name] = [pictures.crops[row] for row in best], correct, int(search.ranks[number])
    return pictures.crops[query], rows


def wrong_alike(search: EraSearch, vehicles: pd.DataFrame, column: str = "colour") -> float:
    """Of the wrong first candidates, the share that has a property in common with the query.

    `vehicles` has columns vehicle and `column`, the property. NaN if no first candidate is wrong.
    """
    properties = vehicles.set_index("vehicle")[column]
    wrong = np.flatnonzero(search.ranks > 1)
    if not len(wrong):
        return float("nan")
    known = search.pictures.vehicles
    queries = properties.reindex(known[search.queries[wrong]]).to_numpy()
    given = properties.reindex(known[[search.candidates[row][0] for row in wrong]]).to_numpy()
    return float((queries == given).mean())
