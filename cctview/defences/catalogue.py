"""Defences, each with a strength, a unit, and who could apply it.

They act on pixels (what the camera sends), on vectors (what the database stores of a picture) or on
the database (what it keeps, and how exactly). What each is worth against whom is measured in
`cctview.attacks.linkage`.

Nobody at the wheel is among those who could: the pixels are the camera's owner's, the vectors the
database's.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr

from cctview.attacks.crops import LabelledCrops
from cctview.match.distance import unit_vectors

DELTA = 1e-5
"""Of the guarantee of `noise`: the chance with which it may fail."""
CAMERA, DATABASE, LAW = "camera's owner", "database's owner", "law"


@dataclass(frozen=True)
class Defence:
    """One way to protect, at several strengths.

    Attributes
    ----------
    name : str
    where : str
        "pixels", "vectors" or "database".
    strengths : tuple of float
        From weak to strong.
    unit : str
        What a strength counts.
    who : tuple of str
        Who could apply it, or order it.
    guarantee : str
        What is proven about it; most have none, and say so.
    apply : callable
        ``apply(looks, strength, seed)`` returns the defended looks; of pixels, without vectors.
    whole : bool
        Of pixels: whether it changes the whole frame, and not the vehicles alone.
    kept : callable, optional
        The same as it is for whoever holds the key, if there is one; usefulness is theirs.
    """

    name: str
    where: str
    strengths: tuple
    unit: str
    who: tuple
    guarantee: str
    apply: Callable[[LabelledCrops, float, int], LabelledCrops]
    whole: bool = False
    kept: Callable[[LabelledCrops, float, int], LabelledCrops] | None = None


def pixelate(image: np.ndarray, block: float) -> np.ndarray:
    """Give each square of `block` pixels its mean colour.

    Examples
    --------
    >>> pixelate(np.arange(12, dtype=np.uint8).reshape(2, 2, 3), 2)[0, 0].tolist()
    [5, 6, 7]
    """
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (-(-width // int(block)), -(-height // int(block))), interpolation=cv2.INTER_AREA
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Blur by a Gaussian of `sigma` pixels."""
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def jpeg(image: np.ndarray, quality: float) -> np.ndarray:
    """Compress and decompress, at a quality from 1 to 100."""
    _, coded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]


def mask(image: np.ndarray, box: np.ndarray, share: float) -> np.ndarray:
    """Paint the middle of a box (x1, y1, x2, y2) grey: this share of its area, in its own
    proportions.

    Examples
    --------
    >>> int((mask(np.zeros((10, 10, 3), np.uint8), np.array([0, 0, 10, 10]), 0.36) > 0).all(axis=2).sum())
    36
    """
    side = math.sqrt(share)
    x1, y1, x2, y2 = box
    left, top = x1 + (1 - side) * (x2 - x1) / 2, y1 + (1 - side) * (y2 - y1) / 2
    image = image.copy()
    image[
        round(top) : round(top + side * (y2 - y1)), round(left) : round(left + side * (x2 - x1))
    ] = 128
    return image


def on_pixels(change: Callable) -> Callable[[LabelledCrops, float, int], LabelledCrops]:
    """Make ``change(image, strength)`` of one picture a defence of all looks."""

    def apply(looks, strength, seed=0):
        return _seen(looks, tuple(change(window, strength) for window in looks.windows))

    return apply


def _mask_looks(looks, share, seed=0):
    return _seen(
        looks,
        tuple(mask(w, box, share) for w, box in zip(looks.windows, looks.inside, strict=True)),
    )


def _seen(looks: LabelledCrops, windows: tuple) -> LabelledCrops:
    """The looks with other pictures, not embedded yet."""
    if len(looks) and not windows:
        raise ValueError("a defence of pixels needs pictures; load the looks with pictures=True")
    return replace(looks, windows=windows, vectors=np.zeros((len(looks), 0), np.float32))


def noise_deviation(epsilon: float, delta: float = DELTA, sensitivity: float = 2.0) -> float:
    """Standard deviation, a coordinate, of Gaussian noise that gives (epsilon, delta)-differential
    privacy.

    The analytic Gaussian mechanism (Balle and Wang 2018, theorem 8), solved numerically. Two
    vectors of length 1 are at most 2 apart, hence the sensitivity.

    Examples
    --------
    >>> [round(noise_deviation(epsilon), 3) for epsilon in (1, 10, 100)]
    [7.461, 1.0, 0.189]
    """
    if not (epsilon > 0 and 0 < delta < 1):
        raise ValueError(f"expected epsilon > 0 and 0 < delta < 1, but got {epsilon} and {delta}")

    def excess(log_deviation):
        half, ratio = (
            sensitivity / 2 / math.exp(log_deviation),
            epsilon * math.exp(log_deviation) / sensitivity,
        )
        return (
            math.exp(log_ndtr(half - ratio)) - math.exp(epsilon + log_ndtr(-half - ratio)) - delta
        )

    return math.exp(brentq(excess, -10, 15))


def noise(looks: LabelledCrops, epsilon: float, seed: int = 0) -> LabelledCrops:
    """Scale each vector to length 1 and add noise to it: (epsilon, 1e-5)-local differential privacy
    of one look.
    """
    unit = unit_vectors(looks.vectors)
    added = np.random.default_rng(seed).normal(0, noise_deviation(epsilon), unit.shape)
    return replace(looks, vectors=(unit + added).astype(np.float32))


def quantise(looks: LabelledCrops, bits: float, seed: int = 0) -> LabelledCrops:
    """Keep each coordinate as one of ``2 ** bits`` levels, spread evenly over its usual range (3
    deviations).
    """
    levels, middle = 2 ** int(bits), looks.vectors.mean(axis=0)
    step = 6 * looks.vectors.std(axis=0) / levels + 1e-12
    cell = np.clip(np.floor((looks.vectors - middle) / step), -levels // 2, levels // 2 - 1)
    return replace(looks, vectors=(middle + (cell + 0.5) * step).astype(np.float32))


def project(
    looks: LabelledCrops, dimensions: float, seed: int = 0, shared: bool = False
) -> LabelledCrops:
    """Turn the vectors of each camera by a secret rotation of its own, the key, and keep so many
    coordinates.

    With `shared` all cameras have one: so it looks to whoever holds all keys and can turn one into
    another.
    """
    turned = np.empty((len(looks), int(dimensions)), np.float32)
    centred = looks.vectors - looks.vectors.mean(axis=0)
    for number, camera in enumerate(sorted(looks.table.camera.unique())):
        of = (looks.table.camera == camera).to_numpy()
        rng = np.random.default_rng([seed, 0 if shared else number])
        key = np.linalg.qr(rng.normal(size=(looks.vectors.shape[1], int(dimensions))))[0]
        turned[of] = centred[of] @ key
    return replace(looks, vectors=turned)


def drop(looks: LabelledCrops, dimensions: float, seed: int = 0) -> LabelledCrops:
    """Keep the first coordinates only, in which embeddings differ most."""
    return replace(looks, vectors=looks.vectors[:, : int(dimensions)])


def retain(looks: LabelledCrops, seconds: float, seed: int = 0) -> LabelledCrops:
    """Delete each passage after so many seconds."""
    return replace(looks, kept=float(seconds))


def coarsen(looks: LabelledCrops, seconds: float, seed: int = 0) -> LabelledCrops:
    """Store the middle of a time bin of so many seconds, not the time."""
    binned = (looks.table.seconds // seconds + 0.5) * seconds
    return replace(looks, table=looks.table.assign(seconds=binned))


def k_same(looks: LabelledCrops, k: float, seed: int = 0) -> LabelledCrops:
    """Release groups of at least k passages of a camera, all with their group's mean vector and
    mean time.

    The groups are of alike vectors (MDAV: Domingo-Ferrer and Mateo-Sanz 2002); for faces it is
    k-Same (Newton, Sweeney and Malin 2005).
    """
    passages = looks.table.passage.to_numpy()
    codes, first = np.unique(passages, return_index=True)
    place = np.searchsorted(codes, passages)
    counts = np.bincount(place)[:, None]
    means = np.zeros((len(codes), looks.vectors.shape[1]))
    np.add.at(means, place, looks.vectors)
    means /= counts
    seconds, cameras = looks.table.seconds.to_numpy()[first], looks.table.camera.to_numpy()[first]
    released = np.column_stack([means, seconds])
    for camera in np.unique(cameras):
        of = np.flatnonzero(cameras == camera)
        for group in microaggregate(means[of], int(k)):
            released[of[group]] = released[of[group]].mean(axis=0)
    return replace(
        looks,
        vectors=released[place, :-1].astype(np.float32),
        table=looks.table.assign(seconds=released[place, -1]),
    )


def microaggregate(points: np.ndarray, k: int) -> list[np.ndarray]:
    """Partition points into groups of at least k that lie close together (MDAV).

    Parameters
    ----------
    points : ndarray, shape (n, d)
    k : int

    Returns
    -------
    list of ndarray of int
        Rows of each group; a single group if there are fewer than 2 k points.

    Examples
    --------
    >>> [group.tolist() for group in microaggregate(np.array([[0.0], [9.0], [0.1], [9.2]]), 2)]
    [[3, 1], [0, 2]]
    """
    left, groups = np.arange(len(points)), []
    while len(left) >= 2 * k:
        far = left[np.argmax(((points[left] - points[left].mean(axis=0)) ** 2).sum(axis=1))]
        group = left[np.argsort(((points[left] - points[far]) ** 2).sum(axis=1), kind="stable")[:k]]
        groups.append(group)
        left = np.setdiff1d(left, group)
    return [*groups, left]


def _cloak(looks, strength, seed=0):
    from cctview.defences.cloak import cloak

    return cloak(looks, strength)


def _universal(looks, strength, seed=0):
    from cctview.defences.cloak import universal_cloak

    return universal_cloak(looks, strength)


_NONE = "none"
DEFENCES = {
    defence.name: defence
    for defence in (
        Defence(
            "pixelate",
            "pixels",
            (2, 4, 8),
            "pixels a block",
            (CAMERA, LAW),
            _NONE,
            on_pixels(pixelate),
            True,
        ),
        Defence(
            "blur",
            "pixels",
            (1, 2, 4),
            "pixels of deviation",
            (CAMERA, LAW),
            _NONE,
            on_pixels(blur),
            True,
        ),
        Defence("jpeg", "pixels", (30, 10, 3), "quality", (CAMERA,), _NONE, on_pixels(jpeg), True),
        Defence(
            "mask",
            "pixels",
            (0.25, 0.5, 0.75),
            "share of the vehicle",
            (CAMERA, LAW),
            _NONE,
            _mask_looks,
        ),
        Defence("cloak", "pixels", (2, 4, 8), "levels of 255", (CAMERA,), _NONE, _cloak),
        Defence(
            "universal cloak", "pixels", (4, 8, 16), "levels of 255", (CAMERA,), _NONE, _universal
        ),
        Defence(
            "noise",
            "vectors",
            (3000, 1000, 300, 100),
            "epsilon",
            (DATABASE, LAW),
            f"(epsilon, {DELTA:g})-local differential privacy of one look; "
            "k looks of a vehicle add up, and an epsilon over 10 promises nothing",
            noise,
        ),
        Defence("quantise", "vectors", (4, 2, 1), "bits a number", (DATABASE,), _NONE, quantise),
        Defence(
            "key",
            "vectors",
            (256, 64, 16),
            "dimensions",
            (DATABASE,),
            "none once the key, or enough known pairs, are out",
            project,
            kept=partial(project, shared=True),
        ),
        Defence("drop", "vectors", (64, 16, 4), "dimensions", (DATABASE,), _NONE, drop),
        Defence(
            "retention",
            "database",
            (240, 120, 60, 30),
            "seconds kept",
            (DATABASE, LAW),
            "what is deleted cannot be searched",
            retain,
        ),
        Defence(
            "coarse time",
            "database",
            (10, 60, 300),
            "seconds a bin",
            (DATABASE, LAW),
            _NONE,
            coarsen,
        ),
        Defence(
            "k-same",
            "database",
            (2, 5, 10),
            "passages a group",
            (DATABASE, LAW),
            "in one release by one camera nobody is told from k - 1 others; several releases"
            " together have none",
            k_same,
        ),
    )
}
"""By name."""
