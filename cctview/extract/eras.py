"""A history of recognition in code: five eras, each a small class.

Every recogniser has one interface. ``fit(crops, vehicles)`` fits what there is to fit to vehicles
whose identity is known; ``embed(crops)`` turns each crop into a vector; vectors are compared by
`cctview.match`. What an era leaves open is in its ``settings`` and is chosen on the
training vehicles alone, by the same procedure for all.

==== ================ ==============================================================================
1966 `LandmarkRatios` lengths between landmarks (Bledsoe, "The Model Method in Facial Recognition",
                      1964, and later reports); here rules find what people then marked by hand
1971 `Descriptions`   14 described features, in grades (Goldstein, Harmon, Lesk, Proc. IEEE 59, 748)
1991 `EigenVehicles`  weights of principal components (Turk and Pentland, J. Cogn. Neurosci. 3, 71)
2005 `Gradients`      histograms of oriented gradients (Dalal and Triggs, CVPR)
2015 `DeepEmbedding`  a network's embedding (Schroff, Kalenichenko, Philbin, arXiv 1503.03832)
==== ================ ==============================================================================

Viola and Jones (2001) are not among them: they find a face, and do not say whose it is.
"""

from collections.abc import Sequence
from itertools import product
from typing import Self

import numpy as np

from cctview.extract.extractor import Extractor

_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def _squeeze(crops: Sequence[np.ndarray], side: int) -> np.ndarray:
    """Crops, whatever their shape, as squares; (n, side, side, 3) uint8."""
    import cv2

    shrink = [cv2.INTER_AREA if min(crop.shape[:2]) > side else cv2.INTER_LINEAR for crop in crops]
    squares = [
        cv2.resize(crop, (side, side), interpolation=how)
        for crop, how in zip(crops, shrink, strict=True)
    ]
    return np.stack(squares) if squares else np.zeros((0, side, side, 3), np.uint8)


def _grey(squares: np.ndarray) -> np.ndarray:
    """The lightness of RGB pictures; (..., 3) to (...), 0 to 255."""
    return squares.astype(np.float32) @ _GREY


class LandmarkRatios:
    """1966: where the landmarks of a vehicle are, in shares of its height and width.

    Bledsoe's operators marked the landmarks of a face by hand, and a computer compared 20 distances
    between them. Here rules find them: rows at which the lightness changes most, and columns of the
    strongest edges.
    """

    name = "1966 ratios"
    settings: tuple[dict, ...] = ({},)
    SIDE = 48
    NAMES = (
        "width / height",
        "roof line",
        "windscreen",
        "sill",
        "shadow",
        "roof to sill",
        "width at windscreen",
        "width at sill",
        "width at shadow",
        "windscreen / sill",
        "left / right",
    )

    def landmarks(self, crops: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """Where the landmarks are, in shares of the picture.

        Returns
        -------
        dict of str to ndarray
            "rows" (n, 4) of roof, windscreen, sill and shadow from the top; "left" and "right"
            (n, 3), the columns at the last three of them.
        """
        pictures, side = _grey(_squeeze(crops, self.SIDE)), self.SIDE
        profile = _smooth(pictures[:, :, side // 4 : -side // 4].mean(axis=2))
        change = np.abs(np.diff(profile, axis=1))
        roof = 2 + change[:, 2:14].argmax(axis=1)
        glass = 10 + profile[:, 10:30].argmin(axis=1)
        rise = np.diff(profile, axis=1)
        reach = (np.arange(side - 1) > glass[:, None]) & (np.arange(side - 1) < glass[:, None] + 14)
        sill = np.where(reach, rise, -np.inf).argmax(axis=1)
        shadow = 34 + profile[:, 34:].argmin(axis=1)
        rows = np.stack([roof, glass, sill, shadow], axis=1)
        edges = np.abs(np.diff(_smooth(pictures, axis=1), axis=2))
        at = edges[np.arange(len(edges))[:, None], rows[:, 1:]]  # (n, 3, side - 1)
        half = side // 2
        left, right = at[:, :, :half].argmax(axis=2), half + at[:, :, half:].argmax(axis=2)
        return {"rows": (rows + 0.5) / side, "left": (left + 1) / side, "right": (right + 1) / side}

    def measure(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """The ratios, (n, 11), in the order of `NAMES`."""
        found = self.landmarks(crops)
        rows, left, right = found["rows"], found["left"], found["right"]
        widths = np.maximum(right - left, 1 / self.SIDE)
        shape = np.log([crop.shape[1] / crop.shape[0] for crop in crops]).reshape(-1, 1)
        more = [
            rows[:, [2]] - rows[:, [0]],
            widths,
            widths[:, [0]] / widths[:, [1]],
            (left + right)[:, [1]] / 2,
        ]
        return np.concatenate([shape, rows, *more], axis=1)

    def fit(self, crops: Sequence[np.ndarray], vehicles: np.ndarray) -> Self:
        """Fit how much each ratio varies, so that all count alike."""
        measured = self.measure(crops)
        self.mean = measured.mean(axis=0)
        self.spread = measured.std(axis=0) + 1e-6
        return self

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """(n, 11) float32."""
        return ((self.measure(crops) - self.mean) / self.spread).astype(np.float32)


class Descriptions:
    """1971: 14 features such as a witness would name, each in a few grades.

    Goldstein, Harmon and Lesk had people grade faces. Here pixels are measured, and then graded as
    coarsely as a witness would.

    Parameters
    ----------
    grades : int
        How many each feature has; they hold equally many training pictures.
    """

    name = "1971 descriptions"
    settings = tuple({"grades": grades} for grades in (3, 5, 9))
    NAMES = (
        "long or tall",
        "lightness of roof",
        "of windscreen",
        "of body",
        "of underside",
        "roof green to red",
        "roof blue to yellow",
        "body green to red",
        "body blue to yellow",
        "two-tone",
        "contrast",
        "brightest spot",
        "darkest spot",
        "fine detail",
    )

    def __init__(self, grades: int = 5):
        self.grades = grades

    def measure(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """The features before they are graded, (n, 14), in the order of `NAMES`."""
        import cv2

        squares = _squeeze(crops, 32)
        lab = np.stack(
            [cv2.cvtColor(square.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for square in squares]
        )
        middle = lab[:, :, 8:24]
        bands = ((2, 8), (8, 14), (14, 20), (24, 30))
        parts = [middle[:, a:b].reshape(len(lab), -1, 3) for a, b in bands]
        roof, glass, body, under = (np.median(part, axis=1) for part in parts)
        light = middle[:, 2:26, :, 0].reshape(len(lab), -1)
        features = [
            np.log([crop.shape[1] / crop.shape[0] for crop in crops]),
            roof[:, 0],
            glass[:, 0],
            body[:, 0],
            under[:, 0],
            roof[:, 1],
            roof[:, 2],
            body[:, 1],
            body[:, 2],
            np.linalg.norm(roof - body, axis=1),
            light.std(axis=1),
            *np.quantile(light, [0.95, 0.05], axis=1),
            np.abs(np.diff(middle[..., 0], axis=2)).mean(axis=(1, 2)),
        ]
        return np.stack(features, axis=1)

    def fit(self, crops: Sequence[np.ndarray], vehicles: np.ndarray) -> Self:
        """Fit where one grade ends and the next begins."""
        shares = np.arange(1, self.grades) / self.grades
        self.limits = np.quantile(self.measure(crops), shares, axis=0)
        return self

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """(n, 14) float32: grades, the middle one 0."""
        graded = (self.measure(crops)[:, None] > self.limits).sum(axis=1)
        return (graded - (self.grades - 1) / 2).astype(np.float32)


class EigenVehicles:
    """1991: how much of each eigen-vehicle there is in a picture.

    The eigen-vehicles are the principal components of the training pictures: the ways in which
    these differ most from their mean.

    Parameters
    ----------
    count : int
        How many are used.
    side : int
        Pictures are squeezed to squares of this side, in pixels.

    Attributes
    ----------
    mean : ndarray, shape (side², )
        The mean vehicle, in shades of grey, 0 to 255.
    vehicles : ndarray, shape (count, side²)
        The eigen-vehicles, each of length 1, the one that explains most first.
    shares : ndarray, shape (count,)
        How much of the training pictures' variance lies along each.
    """

    name = "1991 eigen-vehicles"
    settings = tuple({"count": count} for count in (8, 32, 128))

    def __init__(self, count: int = 64, side: int = 20):
        self.count, self.side = count, side

    def flat(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """The pictures as rows of shades of grey, (n, side²)."""
        return _grey(_squeeze(crops, self.side)).reshape(len(crops), self.side**2)

    def fit(self, crops: Sequence[np.ndarray], vehicles: np.ndarray) -> Self:
        """Find the eigen-vehicles."""
        pictures = self.flat(crops).astype(float)
        self.mean = pictures.mean(axis=0)
        away = pictures - self.mean
        values, vectors = np.linalg.eigh(away.T @ away)  # ascending
        self.vehicles = vectors.T[::-1][: self.count]
        self.shares = values[::-1][: self.count] / values.sum()
        return self

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """(n, count) float32."""
        return ((self.flat(crops) - self.mean) @ self.vehicles.T).astype(np.float32)

    def rebuild(self, weights: np.ndarray) -> np.ndarray:
        """Pictures from the first k weights: (n, k) to (n, side, side), 0 to 255."""
        weights = np.atleast_2d(weights)
        pictures = self.mean + weights @ self.vehicles[: weights.shape[1]]
        return pictures.reshape(-1, self.side, self.side)


class Gradients:
    """2005: in which directions the lightness changes, cell by cell.

    Parameters
    ----------
    cell, side : int
        Pixels of a cell's side, and of the square to which pictures are squeezed.
    """

    name = "2005 gradients"
    settings = tuple({"cell": cell, "side": side} for cell, side in ((8, 32), (12, 48), (16, 48)))

    def __init__(self, cell: int = 8, side: int = 32):
        self.cell, self.side = cell, side

    def fit(self, crops: Sequence[np.ndarray], vehicles: np.ndarray) -> Self:
        """Nothing is fitted: an engineer wrote the recipe."""
        return self

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """(n, blocks · 36) float32."""
        return _histograms_of_gradients(_grey(_squeeze(crops, self.side)), self.cell)


class DeepEmbedding:
    """2015: the embedding of a network trained to put pictures of one vehicle close together.

    It was trained before, on other vehicles (``models/student-64.md`` says on which).

    Parameters
    ----------
    extractor : cctview.extract.extractor.Extractor, optional
        By default the shipped student, loaded at the first call of `embed`.
    """

    name = "2015 deep embedding"
    settings: tuple[dict, ...] = ({},)

    def __init__(self, extractor: Extractor | None = None):
        self.extractor = extractor

    def fit(self, crops: Sequence[np.ndarray], vehicles: np.ndarray) -> Self:
        """Nothing is left to fit."""
        return self

    def embed(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """(n, 1920) float32."""
        if self.extractor is None:
            self.extractor = Extractor()
        return self.extractor.extract(crops)


ERAS = (LandmarkRatios, Descriptions, EigenVehicles, Gradients, DeepEmbedding)


def _histograms_of_gradients(
    pictures: np.ndarray, cell: int = 8, bins: int = 9, block: int = 2, clip: float = 0.2
) -> np.ndarray:
    """Histograms of oriented gradients (Dalal and Triggs 2005), (n, blocks · block² · bins).

    Each pixel votes for the direction of its gradient (0 to 180°, nearest bin), by its strength.
    The cells' histograms are put together in overlapping blocks, each scaled to length 1, cut at
    `clip`, and scaled again, so that light and contrast count for little.
    """
    cells = _gradient_cells(pictures, cell, bins)
    count = cells.shape[1] - block + 1
    if count < 1:
        raise ValueError(
            f"{cells.shape[1]} cells a side are too few for a block of {block}; take smaller cells"
        )
    parts = [cells[:, i : i + count, j : j + count] for i, j in product(range(block), repeat=2)]
    blocks = np.stack(parts, axis=3).reshape(len(cells), count, count, -1)
    for limit in (clip, np.inf):
        length = np.sqrt((blocks**2).sum(axis=-1, keepdims=True) + 1e-10)
        blocks = np.minimum(blocks / length, limit)
    return blocks.reshape(len(cells), -1).astype(np.float32)


def _gradient_cells(pictures: np.ndarray, cell: int = 8, bins: int = 9) -> np.ndarray:
    """The cells' histograms before they are scaled, (n, side / cell, side / cell, bins)."""
    pictures = np.asarray(pictures, np.float32)
    side = pictures.shape[-1]
    if pictures.ndim != 3 or pictures.shape[1] != side or side % cell:
        raise ValueError(
            f"expected square pictures whose side is a multiple of {cell}, but the shape is"
            f" {pictures.shape}"
        )
    down = np.zeros_like(pictures)
    across = np.zeros_like(pictures)
    down[:, 1:-1] = pictures[:, 2:] - pictures[:, :-2]
    across[:, :, 1:-1] = pictures[:, :, 2:] - pictures[:, :, :-2]
    strength = np.hypot(across, down)
    angle = np.rad2deg(np.arctan2(down, across)) % 180
    nearest = np.minimum((angle * bins / 180).astype(int), bins - 1)
    cells = (-1, side // cell, cell, side // cell, cell)
    votes = [
        np.where(nearest == k, strength, 0).reshape(cells).mean(axis=(2, 4)) for k in range(bins)
    ]
    return np.stack(votes, axis=-1)


def _smooth(values: np.ndarray, axis: int = 1) -> np.ndarray:
    """Means of three neighbours; at the ends of two."""
    from scipy.ndimage import uniform_filter1d

    return uniform_filter1d(values, 3, axis=axis, mode="nearest")
