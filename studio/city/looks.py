"""What vehicles look like: appearance drawn once a vehicle, and a residual each pass, as measured.

In the plane of the link model's appearance a pass lies at y + v + e: y is the vehicle, v is what
its side adds (the front and the rear are drawn once each), e is the pass, which is larger at some
views (a camera and a carriageway) than at others. Vehicles are drawn from
those of the road, moved a little (a smooth bootstrap), so that plain white cars stay as common as
they are; e is drawn from the road's own, because a few passes are far off. How far vehicles are
moved, and factors of v and e, are chosen on half of the vehicles and checked on the other half.
"""

from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from cctview.course import open_finder
from cctview.dataset import open_dataset
from cctview.link import TripJudge
from cctview.link.appearance import Appearance
from cctview.truth import read_truth

MOVES, SIDES = (0.1, 0.3, 0.5), (0.8, 1.0, 1.25)
BLURS = (1.1, 1.2, 1.3, 1.4, 1.5, 1.6)
GALLERIES = (10, 30, 100, 300)
_LEAST = 5.0  # variance of e at a view, over all dimensions
_FEWEST = 2  # passes of a vehicle whose place is used


@dataclass(frozen=True)
class Looks:
    """The measured model of appearance.

    Attributes
    ----------
    appearance : Appearance
        That of the stored link model, for passes in its plane.
    vehicles : ndarray, shape (m, k)
        Places of the road's vehicles, with the spread that they have without noise.
    about : ndarray of str, shape (m,)
        Kind and colour of each.
    between, side : ndarray, shape (k,)
        Variance of y and v.
    each : ndarray, shape (r, k)
        Values of e at a usual view.
    views : DataFrame
        The views of the road: index `camera`, `direction`; `side` (1: the front), `scale` (of e).
    move : float
        How far a drawn vehicle is moved, as a share of the spread between vehicles.
    apart, blur : float
        Factors of v and e.
    noticed : float
        How often a pass on a carriageway that the camera sees becomes a tracklet.
    """

    appearance: Appearance
    vehicles: np.ndarray
    about: np.ndarray
    between: np.ndarray
    side: np.ndarray
    each: np.ndarray
    views: pd.DataFrame
    move: float = 0.3
    apart: float = 1.0
    blur: float = 1.0
    noticed: float = 0.9

    def draw(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw vehicles: which of the road's each resembles, (n,), and its two sides, (n, 2, k)."""
        like = rng.integers(len(self.vehicles), size=count)
        size = len(self.between)
        middle = self.vehicles.mean(axis=0)
        kept = np.sqrt(1 - self.move**2)  # so that the spread stays what it is
        place = middle + kept * (self.vehicles[like] - middle)
        place = place + self.move * np.sqrt(self.between) * rng.standard_normal((count, size))
        sides = self.apart * np.sqrt(self.side) * rng.standard_normal((count, 2, size))
        return like, place[:, None] + sides

    def shoot(self, sides: np.ndarray, views: np.ndarray, rng, blur: float = 1.0) -> np.ndarray:
        """A pass of each vehicle, (n, k), at these views (rows of `views`), (n,)."""
        seen = sides[np.arange(len(views)), self.views["side"].to_numpy()[views]]
        off = self.each[rng.integers(len(self.each), size=len(seen))]
        scale = blur * self.blur * self.views["scale"].to_numpy()[views]
        shot: np.ndarray = seen + scale[:, None] * off
        return shot


@dataclass(frozen=True)
class Gallery:
    """Passes of known vehicles, in the plane: places (n, k); vehicle, camera, direction, side (1:
    the front), and kind and colour, (n,).
    """

    places: np.ndarray
    vehicle: np.ndarray
    camera: np.ndarray
    direction: np.ndarray
    side: np.ndarray
    about: np.ndarray

    def part(self, rows: np.ndarray) -> "Gallery":
        return Gallery(*(values[rows] for values in vars(self).values()))


def read_gallery(data: Path) -> tuple[Gallery, TripJudge, Appearance]:
    """The passes of the minutes in which the stored model was not fitted."""
    truth = read_truth(data)
    finder, judge = open_finder(open_dataset(data), truth, data / "results")
    tracklets, labels = finder.tracklets, judge.labels
    known = np.flatnonzero((labels["vehicle"] >= 0).to_numpy())
    camera = tracklets.table["camera"].to_numpy()
    front = _fronts(data)
    side = np.array(
        [front.get(pair, 0) for pair in zip(camera, labels["direction"], strict=True)], int
    )
    places = finder.model.places(tracklets)
    places = places - places[known].mean(axis=0)
    about = (labels["colour"].astype(str) + " " + labels["kind"].astype(str)).to_numpy()
    direction = labels["direction"].to_numpy(str)
    values = (places, labels["vehicle"].to_numpy(), camera, direction, side, about)
    gallery = Gallery(*(value[known] for value in values))
    return gallery, judge, finder.model.appearance


def _fronts(data: Path) -> dict[tuple[str, str], int]:
    """Whether a camera sees vehicles of a direction from the front (1) or from the rear (0):
    where traffic approaches, `lateral` is negative.
    """
    seen = pd.read_parquet(
        data / "truth" / "sightings.parquet", columns=["frame", "direction", "lateral"]
    )
    camera = seen["frame"].str.split("--").str[0]
    lateral = seen.groupby([camera, seen["direction"]])["lateral"].median()
    return {pair: int(value < 0) for pair, value in lateral.items()}


def fit_looks(gallery: Gallery, appearance: Appearance) -> Looks:
    """Fit the three variances by moments, and take the vehicles' places and the passes' rest.

    Products of two passes of one vehicle have the mean y² + v² if they show the same side, and y²
    if they do not.
    """
    order = np.argsort(gallery.vehicle, kind="stable")
    places, vehicle, side, camera = (
        values[order] for values in (gallery.places, gallery.vehicle, gallery.side, gallery.camera)
    )
    starts = np.flatnonzero(np.diff(vehicle, prepend=-1))
    groups = np.split(np.arange(len(vehicle)), starts[1:])
    products: dict[bool, list[np.ndarray]] = {True: [], False: []}
    means, about, rest = [], [], []
    total = places.var(axis=0)
    for rows in groups:
        for i, a in enumerate(rows):
            for b in rows[i + 1 :]:
                if camera[a] != camera[b]:
                    products[bool(side[a] == side[b])].append(places[a] * places[b])
        if len(rows) >= _FEWEST:
            means.append((places[rows].mean(axis=0), len(rows)))
            about.append(gallery.about[order][rows[0]])
        for which in (0, 1):
            alike = rows[side[rows] == which]
            if len(alike) >= _FEWEST:
                off = places[alike] - places[alike].mean(axis=0)
                rest.append(off * np.sqrt(len(alike) / (len(alike) - 1)))
    same, other = (np.mean(products[key], axis=0) for key in (True, False))
    between = np.clip(other, 0.02 * total, 0.98 * total)
    side_variance = np.clip(same - other, 0, total - between)
    pool = np.concatenate(rest)
    left = np.maximum(total - between - side_variance, 0.05 * total)
    each = pool * np.sqrt(left / pool.var(axis=0))
    place, count = (np.array(values) for values in zip(*means, strict=True))
    noise = (total - between) / count[:, None]
    place = place * np.sqrt(between / (between + noise))
    views = _views(gallery, side_variance.sum())
    return Looks(appearance, place, np.array(about), between, side_variance, each, views)


def _views(gallery: Gallery, side_variance: float) -> pd.DataFrame:
    """Views with the scale of e. The squared distance of two passes of one vehicle has the mean
    e1² + e2², and v² twice if they show different sides: least squares that are not negative.
    """
    table = pd.DataFrame(
        {"camera": gallery.camera, "direction": gallery.direction, "side": gallery.side}
    )
    views = table.groupby(["camera", "direction"])["side"].first().reset_index()
    code = table.merge(views.assign(view=np.arange(len(views))))["view"].to_numpy()
    sums: dict[tuple[int, int], list[float]] = {}
    for rows in pd.Series(gallery.vehicle).groupby(gallery.vehicle).indices.values():
        for a, b in combinations(rows, 2):
            if gallery.camera[a] != gallery.camera[b]:
                pair = tuple(sorted((code[a], code[b])))
                off = ((gallery.places[a] - gallery.places[b]) ** 2).sum()
                sums.setdefault(pair, []).append(off)
    design, wanted = [], []
    for (a, b), values in sums.items():
        weight = np.sqrt(len(values))
        row = np.bincount([a, b], minlength=len(views)).astype(float)
        apart = 2 * side_variance * (views["side"][a] != views["side"][b])
        design.append(weight * row)
        wanted.append(weight * (np.mean(values) - apart))
    variance = np.maximum(nnls(np.array(design), np.array(wanted))[0], _LEAST)
    share = np.bincount(code, minlength=len(views)) / len(code)
    scale = np.sqrt(variance / (share @ variance))
    return views.assign(scale=scale).set_index(["camera", "direction"])


def first_share(
    queries: np.ndarray,
    own: np.ndarray,
    others: np.ndarray,
    appearance: Appearance,
    sizes=GALLERIES,
) -> np.ndarray:
    """How often a vehicle comes first among so many others, (s,): exact, over all galleries.

    Parameters
    ----------
    queries, own : ndarray, shape (n, k)
        Two passes of each vehicle.
    others : ndarray, shape (m, k)
        Passes of other vehicles at the camera of `own`; row i of the first n is no other of i.
    """
    better = np.zeros(len(queries))
    ratio = appearance.log_ratio(queries.astype(np.float32), others.astype(np.float32))
    itself = np.array(
        [
            appearance.log_ratio(q[None], o[None])[0, 0]
            for q, o in zip(queries.astype(np.float32), own.astype(np.float32), strict=True)
        ]
    )
    better = (ratio > itself[:, None]).sum(axis=1) - (np.diag(ratio[:, : len(queries)]) > itself)
    share = better / (others.shape[0] - 1)
    return np.array([((1 - share) ** size).mean() for size in sizes])


def measured_noticed(judge: TripJudge) -> float:
    """How often a pass on a carriageway that the camera sees becomes a tracklet."""
    tracked = set(zip(judge.finder.tracklets.table["camera"], judge.labels["vehicle"], strict=True))
    ways = judge.labels.drop_duplicates("vehicle").set_index("vehicle")["direction"]
    there = [
        [
            (camera, vehicle) in tracked
            for vehicle in judge.passes[camera].dropna().index
            if ways.get(vehicle) == way
        ]
        for camera, way in judge.carriageways()
    ]
    return float(np.concatenate(there).mean())


def measured_first(gallery: Gallery, appearance: Appearance) -> pd.DataFrame:
    """`first_share` on the road, by whether the cameras show the same side."""
    rows = []
    for a in np.unique(gallery.camera):
        for b in np.unique(gallery.camera):
            one, two = (np.flatnonzero(gallery.camera == camera) for camera in (a, b))
            both, i, j = np.intersect1d(
                gallery.vehicle[one], gallery.vehicle[two], return_indices=True
            )
            if a == b or len(both) < 20:
                continue
            rest = np.setdiff1d(two, two[j])
            others = np.concatenate([gallery.places[two[j]], gallery.places[rest]])
            alike = gallery.side[one[i]] == gallery.side[two[j]]
            for same in (True, False):
                kept = np.flatnonzero(alike == same)
                if len(kept) < 10:
                    continue
                ordered = np.concatenate([others[kept], np.delete(others, kept, axis=0)])
                found = first_share(
                    gallery.places[one[i[kept]]], gallery.places[two[j[kept]]], ordered, appearance
                )
                rows += [
                    (same, size, share, len(kept))
                    for size, share in zip(GALLERIES, found, strict=True)
                ]
    table = pd.DataFrame(rows, columns=["same side", "gallery", "first", "weight"])
    table["first"] *= table["weight"]
    sums = table.groupby(["same side", "gallery"])[["first", "weight"]].sum()
    return (sums["first"] / sums["weight"]).rename("first").reset_index()


def drawn_first(looks: Looks, count: int = 1_000, seed: int = 0) -> pd.DataFrame:
    """The same of drawn vehicles."""
    rng, rows = np.random.default_rng((seed, 5)), []
    _, sides = looks.draw(count, rng)
    side = looks.views["side"].to_numpy()
    first = rng.integers(len(side), size=count)
    for same in (False, True):
        fits = (side[first][:, None] == side) == same
        fits[np.arange(count), first] = False  # two cameras, or a camera's two carriageways
        second = (fits * rng.random(fits.shape)).argmax(axis=1)
        query, own = looks.shoot(sides, first, rng), looks.shoot(sides, second, rng)
        found = first_share(query, own, own, looks.appearance)
        rows += [(same, size, share) for size, share in zip(GALLERIES, found, strict=True)]
    return pd.DataFrame(rows, columns=["same side", "gallery", "first"])


def validated_looks(
    gallery: Gallery, appearance: Appearance, seed: int = 0
) -> tuple[Looks, pd.DataFrame]:
    """Choose the move on half of the vehicles; compare what is drawn with the other half.

    Returns
    -------
    Looks
        Fitted on all vehicles, with the move that was chosen.
    DataFrame
        `same side`, `gallery` (how many others), `measured` (the half that chose nothing),
        `drawn` (from the other half).
    """
    rng = np.random.default_rng((seed, 6))
    vehicles = rng.permutation(np.unique(gallery.vehicle))
    half = np.isin(gallery.vehicle, vehicles[: len(vehicles) // 2])
    one, two = gallery.part(np.flatnonzero(half)), gallery.part(np.flatnonzero(~half))
    wanted = measured_first(one, appearance)["first"].to_numpy()
    fit, dials = fit_looks(one, appearance), product(MOVES, SIDES, BLURS)
    tried = [replace(fit, move=m, apart=side, blur=blur) for m, side, blur in dials]
    off = [np.abs(drawn_first(one, seed=seed)["first"].to_numpy() - wanted).mean() for one in tried]
    best = tried[int(np.argmin(off))]
    check = measured_first(two, appearance).rename(columns={"first": "measured"})
    drawn = drawn_first(best, seed=seed + 1).rename(columns={"first": "drawn"})
    table = check.merge(drawn, on=["same side", "gallery"])
    whole = fit_looks(gallery, appearance)
    return replace(whole, move=best.move, apart=best.apart, blur=best.blur), table
