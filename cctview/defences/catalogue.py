"""The defences, each with a strength, a unit, and who could apply it.

They act on pixels (what the camera sends), on vectors (what the database stores of a crop) or on
the database (what it keeps, and how exactly). What each is worth against which attack is read by
`cctview.defences.study`.

The driver can apply none of them: the pixels are the camera owner's, the vectors the database
owner's.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr

from cctview.attacks import LabelledCrops
from cctview.match import unit_vectors

_DELTA = 1e-5
"""Of differential privacy: the probability with which its guarantee may fail."""
PRIVATE = 10.0
"""Above this epsilon we do not call noise differential privacy: there, whatever is released may be
22,000 times (e to the 10) as probable for one vehicle as for another.
"""
_CAMERA, _DATABASE, _LAW = "camera's owner", "database's owner", "law"

Change = Callable[[LabelledCrops, float, int], LabelledCrops]
"""``change(crops, strength, seed)`` returns the defended crops: all of them, in their order, since
the study compares row by row. Of pixels they have other windows and no vectors; of vectors, other
vectors; of the database, other times (``table.seconds``) or another ``kept``.
"""


@dataclass(frozen=True)
class Defence:
    """One way to protect, at several strengths.

    Attributes
    ----------
    name : str
        Its key in `DEFENCES`; readers see it, and files are named by it.
    where : str
        "pixels", "vectors" or "database". It decides what attackers see, and which uses can suffer:
        of pixels counting and speeds, of the others travel times; of all of them types.
    strengths : tuple of float
        From weak to strong, in the given unit.
    unit : str
        What stands after a strength in texts, such as "seconds kept"; empty for on or off.
    who : tuple of str
        Who could apply it, or order it.
    apply : callable
        See `Change`; random numbers follow from its seed.
    guarantee : str
        What is proven about it; most have none, and say so.
    whole_frame : bool
        Of pixels: whether it changes the whole frame, and not the vehicles alone.
    with_key : callable, optional
        What the holder of the key sees, if there is a key: usefulness is theirs, and an attacker
        who knows the defence fits how the vectors of two cameras correspond.
    unit_length : bool
        Of vectors: whether it scales them to length 1.
    """

    name: str
    where: str
    strengths: tuple[float, ...]
    unit: str
    who: tuple[str, ...]
    apply: Change
    guarantee: str = "none"
    whole_frame: bool = False
    with_key: Change | None = None
    unit_length: bool = False


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
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    return decoded[..., ::-1]


def mask(image: np.ndarray, box: np.ndarray, share: float) -> np.ndarray:
    """Paint the middle of a box (x1, y1, x2, y2) grey: this share of its area.

    Examples
    --------
    >>> masked = mask(np.zeros((10, 10, 3), np.uint8), np.array([0, 0, 10, 10]), 0.36)
    >>> int((masked > 0).all(axis=2).sum())
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


def on_pixels(change: Callable[[np.ndarray, float], np.ndarray]) -> Change:
    """Make ``change(image, strength)`` of one image a defence of all crops."""

    def apply(crops, strength, seed=0):
        return _changed(crops, tuple(change(window, strength) for window in crops.windows))

    return apply


def _mask_crops(crops, share, seed=0):
    pairs = zip(crops.windows, crops.inside, strict=True)
    return _changed(crops, tuple(mask(window, box, share) for window, box in pairs))


def _changed(crops: LabelledCrops, windows: tuple[np.ndarray, ...]) -> LabelledCrops:
    """The crops with other images, not embedded yet."""
    if len(crops) and not windows:
        raise ValueError("a defence of pixels needs images; load the crops with images=True")
    return replace(crops, windows=windows, vectors=np.zeros((len(crops), 0), np.float32))


def noise_deviation(epsilon: float, delta: float = _DELTA, sensitivity: float = 2.0) -> float:
    """Deviation, per coordinate, of Gaussian noise for (epsilon, delta)-differential privacy.

    The analytic Gaussian mechanism (Balle and Wang 2018, theorem 8), solved numerically. Two
    vectors of length 1 are at most 2 apart, hence the sensitivity.

    Examples
    --------
    >>> [round(noise_deviation(epsilon), 3) for epsilon in (1, 10, 100)]
    [7.461, 1.0, 0.189]
    """
    if not (epsilon > 0 and 0 < delta < 1):
        raise ValueError(f"expected epsilon > 0 and 0 < delta < 1, but got {epsilon} and {delta}")
    return math.exp(
        brentq(lambda log: _failed(epsilon, math.exp(log), sensitivity) - delta, -10, 15)
    )


def spent_epsilon(deviation: float, looks: int = 1, delta: float = _DELTA) -> float:
    """The epsilon of noise after so many looks at one vehicle, each with noise of its own.

    k looks at deviation s tell as much as one look at deviation s / sqrt(k) (Dong, Roth and Su
    2022, corollary 3.3), so this is exact. Adding the epsilons of the looks is the older, larger
    bound.

    Examples
    --------
    >>> [round(spent_epsilon(1.0, looks)) for looks in (1, 18)]
    [10, 71]
    """
    if not (deviation > 0 and looks >= 1 and 0 < delta < 1):
        raise ValueError(
            "expected a deviation > 0, at least one look and 0 < delta < 1, but got"
            f" {deviation}, {looks} and {delta}"
        )
    sensitivity = 2.0 * math.sqrt(looks)
    return math.exp(
        brentq(lambda log: _failed(math.exp(log), deviation, sensitivity) - delta, -10, 25)
    )


def _failed(epsilon, deviation, sensitivity):
    """The least delta of Gaussian noise at an epsilon (Balle and Wang 2018, theorem 8)."""
    half, ratio = sensitivity / 2 / deviation, epsilon * deviation / sensitivity
    return math.exp(log_ndtr(half - ratio)) - math.exp(min(epsilon + log_ndtr(-half - ratio), 0.0))


def noise(crops: LabelledCrops, deviation: float, seed: int = 0) -> LabelledCrops:
    """Scale to length 1 and add Gaussian noise of so large a deviation to each number."""
    unit = unit_vectors(crops.vectors)
    added = np.random.default_rng(seed).normal(0, deviation, unit.shape)
    return replace(crops, vectors=(unit + added).astype(np.float32))


def quantise(crops: LabelledCrops, bits: float, seed: int = 0) -> LabelledCrops:
    """Keep each coordinate as one of ``2 ** bits`` levels, evenly spread over ±3 deviations."""
    levels = 2 ** int(bits)
    middle = crops.vectors.mean(axis=0)
    step = 6 * crops.vectors.std(axis=0) / levels + 1e-12
    cell = np.clip(np.floor((crops.vectors - middle) / step), -levels // 2, levels // 2 - 1)
    return replace(crops, vectors=(middle + (cell + 0.5) * step).astype(np.float32))


def project(
    crops: LabelledCrops, dimensions: float, seed: int = 0, shared: bool = False
) -> LabelledCrops:
    """Turn each camera's vectors by a secret rotation, its key, and keep so many coordinates.

    With `shared` all cameras have one key: a holder of all keys can turn one into another.
    """
    turned = np.empty((len(crops), int(dimensions)), np.float32)
    centred = crops.vectors - crops.vectors.mean(axis=0)
    for number, camera in enumerate(sorted(crops.table.camera.unique())):
        rows = (crops.table.camera == camera).to_numpy()
        rng = np.random.default_rng([seed, 0 if shared else number])
        key = np.linalg.qr(rng.normal(size=(crops.vectors.shape[1], int(dimensions))))[0]
        turned[rows] = centred[rows] @ key
    return replace(crops, vectors=turned)


def drop(crops: LabelledCrops, dimensions: float, seed: int = 0) -> LabelledCrops:
    """Keep the first coordinates only, in which embeddings differ most."""
    return replace(crops, vectors=crops.vectors[:, : int(dimensions)])


def keep_none(crops: LabelledCrops, strength: float, seed: int = 0) -> LabelledCrops:
    """Store no vectors: of a pass its camera and time alone."""
    return replace(crops, vectors=np.ones((len(crops), 1), np.float32))


def retain(crops: LabelledCrops, seconds: float, seed: int = 0) -> LabelledCrops:
    """Delete each pass after so many seconds."""
    return replace(crops, kept=float(seconds))


def coarsen(crops: LabelledCrops, seconds: float, seed: int = 0) -> LabelledCrops:
    """Store the middle of a time bin of so many seconds, not the time."""
    binned = (crops.table.seconds // seconds + 0.5) * seconds
    return replace(crops, table=crops.table.assign(seconds=binned))


def k_same(crops: LabelledCrops, k: float, seed: int = 0) -> LabelledCrops:
    """Release groups of at least k passes of a camera with their mean vector and mean time.

    The groups are of similar vectors (MDAV: Domingo-Ferrer and Mateo-Sanz 2002); for faces it is
    k-Same (Newton, Sweeney and Malin 2005).
    """
    codes, first, place = np.unique(crops.table.passing, return_index=True, return_inverse=True)
    means = np.zeros((len(codes), crops.vectors.shape[1]))
    np.add.at(means, place, crops.vectors)
    means /= np.bincount(place)[:, None]
    released = np.column_stack([means, crops.table.seconds.to_numpy()[first]])
    cameras = crops.table.camera.to_numpy()[first]
    for camera in np.unique(cameras):
        rows = np.flatnonzero(cameras == camera)
        for group in microaggregate(means[rows], int(k)):
            released[rows[group]] = released[rows[group]].mean(axis=0)
    table = crops.table.assign(seconds=released[place, -1])
    return replace(crops, vectors=released[place, :-1].astype(np.float32), table=table)


def microaggregate(points: np.ndarray, k: int) -> list[np.ndarray]:
    """Partition points into groups of at least k that lie close together (MDAV).

    Returns
    -------
    list of ndarray of int
        Rows of `points` (n, d) of each group; a single group if there are fewer than 2 k points.

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


def _cloak(crops, strength, seed=0):
    from cctview.defences.cloak import cloak

    return cloak(crops, strength)


def _universal(crops, strength, seed=0):
    from cctview.defences.cloak import universal_cloak

    return universal_cloak(crops, strength)


_pixels = partial(Defence, where="pixels", who=(_CAMERA,))
_frames = partial(Defence, where="pixels", who=(_CAMERA, _LAW), whole_frame=True)
_vectors = partial(Defence, where="vectors", who=(_DATABASE,))
_records = partial(Defence, where="database", who=(_DATABASE, _LAW))
_ALL = (
    _frames("pixelate", strengths=(2, 4, 8), unit="pixels a block", apply=on_pixels(pixelate)),
    _frames("blur", strengths=(1, 2, 4), unit="pixels of deviation", apply=on_pixels(blur)),
    _frames("jpeg", strengths=(30, 10, 3), unit="quality", apply=on_pixels(jpeg), who=(_CAMERA,)),
    Defence(
        "mask",
        where="pixels",
        strengths=(0.25, 0.5, 0.75),
        unit="share of the vehicle",
        who=(_CAMERA, _LAW),
        apply=_mask_crops,
    ),
    _pixels("cloak", strengths=(2, 4, 8), unit="levels of 255", apply=_cloak),
    _pixels("universal cloak", strengths=(4, 8, 16), unit="levels of 255", apply=_universal),
    _vectors(
        "noise",
        strengths=(0.03, 0.05, 0.1, 0.19, 1.0),
        unit="deviation a number",
        who=(_DATABASE, _LAW),
        apply=noise,
        unit_length=True,
        guarantee=f"differential privacy of one look from deviation 1 on (epsilon 10, delta"
        f" {_DELTA:g}); looks add up (`spent_epsilon`)",
    ),
    _vectors("no vectors", strengths=(1,), unit="", who=(_DATABASE, _LAW), apply=keep_none),
    _vectors("quantise", strengths=(4, 2, 1), unit="bits a number", apply=quantise),
    _vectors(
        "key",
        strengths=(256, 64, 16),
        unit="dimensions",
        apply=project,
        with_key=partial(project, shared=True),
        guarantee="none once the key, or enough known pairs, are out",
    ),
    _vectors("drop", strengths=(64, 16, 4), unit="dimensions", apply=drop),
    _records(
        "retention",
        strengths=(240, 120, 60, 30),
        unit="seconds kept",
        apply=retain,
        guarantee="what is deleted cannot be searched",
    ),
    _records("coarse time", strengths=(10, 60, 300), unit="seconds a bin", apply=coarsen),
    _records(
        "k-same",
        strengths=(2, 5, 10),
        unit="passes a group",
        apply=k_same,
        guarantee="in one release by one camera nobody is told from k - 1 others; several releases"
        " together have none",
    ),
)
DEFENCES = {defence.name: defence for defence in _ALL}
"""By name."""
