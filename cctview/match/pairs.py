"""Same or different? Pairs of pictures to compare, with the truth about each, for people and for
models.

A vehicle passes a camera in a few frames, 1.7 s apart: that is one look, not several. So each
vehicle is taken once a camera, by its largest picture, and everyone at a camera is compared with
everyone at the next one down the drive.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from cctview.dataset.boxes import side
from cctview.dataset.ids import VEHICLE_TYPES
from cctview.dataset.road import DRIVE
from cctview.match.matching import DISTANCES, track_to_track
from cctview.match.metrics import RankEvaluation, evaluate_rank
from cctview.stats.resampling import bootstrap


@dataclass(frozen=True)
class Comparisons:
    """Pairs of pictures, block by block: each block has all pictures of a camera against all of the
    next.

    Attributes
    ----------
    blocks : tuple of (ndarray of int, ndarray of int)
        The rows of the detections at either camera.
    vehicles : ndarray of int, shape (rows,)
        The vehicle of each detection; 0 where it is not known.
    """

    blocks: tuple
    vehicles: np.ndarray

    @property
    def rows(self):
        """The detections of each pair, (n, 2)."""
        parts = [
            np.stack(np.broadcast_arrays(a[:, None], b), axis=-1).reshape(-1, 2)
            for a, b in self.blocks
        ]
        return np.concatenate([np.zeros((0, 2), int), *parts])

    @property
    def same(self):
        """Whether each pair shows one vehicle, (n,)."""
        return np.equal(*self.vehicles[self.rows].T)

    def distances(self, embeddings, distance="mcd"):
        """How far apart the pictures of each pair are, (n,) float32; `distance` is "med" or "mcd"."""
        return np.concatenate(
            [
                np.zeros(0, np.float32),
                *(
                    DISTANCES[distance](embeddings[a], embeddings[b]).ravel()
                    for a, b in self.blocks
                ),
            ]
        )

    def alike(self, vehicles, column="colour"):
        """Whether the two vehicles of each pair share a property, by the table `Truth.vehicles`;
        (n,).
        """
        values = vehicles.set_index("vehicle")[column].reindex(self.vehicles).to_numpy()
        return np.equal(*values[self.rows].T)

    def smaller_side(self, detections):
        """The side of the smaller picture of each pair, (n,); see `picture_side`."""
        return picture_side(detections)[self.rows].min(axis=1)

    def at_least(self, detections, side):
        """Only the pairs in which both pictures have at least this side."""
        large = picture_side(detections) >= side
        return Comparisons(tuple((a[large[a]], b[large[b]]) for a, b in self.blocks), self.vehicles)


def first_minutes(dataset, minutes):
    """The detections of a dataset's first minutes, and their embeddings: all pairs of more would
    take a notebook too long.

    Parameters
    ----------
    dataset : cctview.dataset.frames.Dataset
    minutes : float
        Since its first frame.

    Returns
    -------
    detections : DataFrame
    embeddings : ndarray of float32, shape (n, d)
    """
    kept = (
        dataset.detections["time"] < dataset.frames["time"].min() + pd.Timedelta(minutes=minutes)
    ).to_numpy()
    return dataset.detections[kept].reset_index(drop=True), dataset.embeddings[kept]


def picture_side(detections):
    """The side of a square as large as each detection's box, in pixels, (n,)."""
    return side(detections).to_numpy(float)


def largest_pictures(detections, vehicles, images=1):
    """The rows of the largest pictures of each moving vehicle at each camera, at most `images` of
    each, in their order.

    Parameters
    ----------
    detections : DataFrame
        Columns camera, type, x1, y1, x2, y2.
    vehicles : Series
        The vehicle of each, from `cctview.truth.labels.true_vehicles`; missing and parked ones (negative)
        are left out.
    images : int

    Returns
    -------
    ndarray of int
    """
    kept = detections["type"].isin(VEHICLE_TYPES).to_numpy() & (vehicles > 0).fillna(
        False
    ).to_numpy(bool)
    rows = np.flatnonzero(kept)
    order = rows[np.argsort(-picture_side(detections)[rows], kind="stable")]
    place = pd.DataFrame(
        {
            "camera": detections["camera"].to_numpy()[order],
            "vehicle": vehicles.to_numpy(float, na_value=0)[order],
        }
    )
    return np.sort(order[(place.groupby(["camera", "vehicle"]).cumcount() < images).to_numpy()])


def compare_next_camera(detections, vehicles):
    """Everyone at each camera against everyone at the next one down the drive; see `Comparisons`.

    Parameters
    ----------
    detections, vehicles
        As for `largest_pictures`.

    Examples
    --------
    >>> found = pd.DataFrame({"camera": ["733-681-N"] * 2 + ["735-683-N"], "type": "car", "x1": 0, "y1": 0, "x2": 9, "y2": 9})
    >>> pairs = compare_next_camera(found, pd.Series([1, 2, 1], dtype="Int64"))
    >>> pairs.rows.tolist(), pairs.same.tolist()
    ([[0, 2], [1, 2]], [True, False])
    """
    rows = largest_pictures(detections, vehicles)
    camera = detections["camera"].to_numpy()[rows]
    blocks = tuple(
        (rows[camera == first], rows[camera == second])
        for first, second in pairwise(place.camera for place in DRIVE)
    )
    return Comparisons(blocks, vehicles.to_numpy(float, na_value=0).astype(int))


def auc_by_vehicle(pairs, distances, rounds=200, seed=0):
    """How well distances tell same from different: the area under the ROC, with intervals over
    vehicles.

    Pairs that share a vehicle are not independent, so whole vehicles are drawn again, and each pair
    counts as often as both of its vehicles were drawn (Owen 2007, the pigeonhole bootstrap).

    Parameters
    ----------
    pairs : Comparisons
    distances : dict of str to ndarray, shape (n,)
        By name; several are compared on the same draws.

    Returns
    -------
    DataFrame
        One row a name, columns estimate, low, high; with two names or more also each one's "gain"
        over the first.

    Raises
    ------
    ValueError
        If pairs of one kind are missing.
    """
    same = pairs.same
    if not same.any() or same.all():
        raise ValueError(
            "expected both same and different pairs, but there is only one kind; take more minutes"
            " or smaller pictures"
        )
    blocks = [(pairs.vehicles[a], pairs.vehicles[b]) for a, b in pairs.blocks]
    known = np.unique(np.concatenate([part for block in blocks for part in block]))
    blocks = [tuple(np.searchsorted(known, part) for part in block) for block in blocks]
    ends = np.cumsum([0] + [len(a) * len(b) for a, b in blocks])
    mates, weight = np.flatnonzero(same), np.zeros(len(same))
    mate = np.searchsorted(known, pairs.vehicles[pairs.rows[mates, 0]])
    codes = {name: _among_same(values, mates) for name, values in distances.items()}

    def statistic(drawn):
        times = np.bincount(drawn, minlength=len(known)).astype(float)
        for (a, b), begin, end in zip(blocks, ends, ends[1:], strict=False):
            np.multiply.outer(times[a], times[b], out=weight[begin:end].reshape(len(a), len(b)))
        weight[mates] = 0
        areas = pd.Series(
            {
                name: _weighted_auc(code, weight, code[mates], times[mate])
                for name, code in codes.items()
            }
        )
        gains = areas.iloc[1:] - areas.iloc[0]
        return pd.concat([areas, gains.add_prefix("gain of ")])

    return bootstrap(statistic, np.arange(len(known)), rounds, seed=seed)


def _among_same(distances, mates):
    """Where each distance lies among those of the same pairs: 2 k between the k-th and the next, 2
    k - 1 if it is the k-th.
    """
    distances = np.asarray(distances)
    own = np.unique(distances[mates])
    place = np.searchsorted(own, distances, side="right")
    return 2 * place - (own[np.maximum(place - 1, 0)] == distances)


def _weighted_auc(code, weight, code_same, weight_same):
    """Probability that a same pair is closer than a different one, pairs weighted (same ones by 0
    in `weight`); codes rank.
    """
    most = code.max() + 1
    right, wrong = np.bincount(code_same, weight_same, most), np.bincount(code, weight, most)
    closer = wrong.sum() - np.cumsum(wrong) + wrong / 2
    return (
        (right * closer).sum() / (right.sum() * wrong.sum())
        if right.sum() and wrong.sum()
        else np.nan
    )


def give_labels(same, false_matches=2, false_misses=1, seed=0):
    """What a machine says of each pair, with as many false labels as wanted, in random places.

    Parameters
    ----------
    same : array_like of bool, shape (n,)
    false_matches, false_misses : int
        How many different pairs are called the same, and how many same ones different.
    seed : int

    Returns
    -------
    ndarray of bool, shape (n,)
        Whether the label says "same".
    """
    labels, rng = np.array(same, bool), np.random.default_rng(seed)
    wrong = [
        rng.choice(np.flatnonzero(labels == kind), count, False)
        for kind, count in ((False, false_matches), (True, false_misses))
    ]
    labels[np.concatenate(wrong)] ^= True
    return labels


def draw_pairs(pairs, among, count=12, seed=0):
    """Draw pairs to show: half of them same, half different, in random order, no vehicle twice.

    Parameters
    ----------
    pairs : Comparisons
    among : array_like of bool, shape (n,)
        The pairs to draw from, for example only look-alikes.
    count : int
    seed : int

    Returns
    -------
    ndarray of int, shape (count,)
        Which pairs.

    Raises
    ------
    ValueError
        If there are not enough.
    """
    rng = np.random.default_rng(seed)
    same, ends = pairs.same, pairs.vehicles[pairs.rows]
    drawn, seen = [], set()
    for kind, wanted in ((True, count // 2), (False, count - count // 2)):
        found = []
        for pair in rng.permutation(np.flatnonzero(np.asarray(among, bool) & (same == kind))):
            if len(found) < wanted and seen.isdisjoint(ends[pair].tolist()):
                found.append(int(pair))
                seen.update(ends[pair].tolist())
        if len(found) < wanted:
            raise ValueError(
                f"only {len(found)} of {wanted} {'same' if kind else 'different'} pairs without a"
                " vehicle twice; ask for fewer"
            )
        drawn += found
    return rng.permutation(drawn)


def score_answers(answers, same):
    """What a person's, or a room's, answers to "same or different?" are worth, as a point of an
    ROC.

    Parameters
    ----------
    answers : str, or iterable of bool
        One answer a pair: the letters S (same) and D (different), in any case, with anything but
        letters between; or booleans.
    same : array_like of bool, shape (n,)
        The truth.

    Returns
    -------
    fpr, tpr : float
        The share of different pairs, and of same pairs, that were called the same.

    Raises
    ------
    ValueError
        If there is not one answer for each pair.

    Examples
    --------
    >>> score_answers("SD SD", [True, True, False, False])
    (0.5, 0.5)
    """
    same = np.asarray(same, bool)
    said = _read_answers(answers, len(same))
    return float(said[~same].mean()), float(said[same].mean())


def labels_followed(answers, labelled_same, same):
    """How often answers went along with a machine's label, where it was true and where it was
    false.

    Parameters
    ----------
    answers
        As for `score_answers`.
    labelled_same, same : array_like of bool, shape (n,)
        What the label said of each pair, and the truth.

    Returns
    -------
    DataFrame
        Rows "true labels" and "false labels", columns `labels` (how many) and `followed`.

    Examples
    --------
    >>> labels_followed("SSD", [True, True, True], [True, False, False])
                  labels  followed
    true labels        1         1
    false labels       2         1
    """
    labelled, same = np.asarray(labelled_same, bool), np.asarray(same, bool)
    followed, true = _read_answers(answers, len(same)) == labelled, labelled == same
    rows = [(of.sum(), (followed & of).sum()) for of in (true, ~true)]
    return pd.DataFrame(rows, index=["true labels", "false labels"], columns=["labels", "followed"])


def _read_answers(answers, count):
    """Answers as booleans, (count,)."""
    if isinstance(answers, str):
        letters = [letter for letter in answers.upper() if letter.isalpha()]
        if strange := sorted(set(letters) - {"S", "D"}):
            raise ValueError(f"expected the letters S and D only, but there is {strange[0]!r}")
        answers = [letter == "S" for letter in letters]
    said = np.array(list(answers), bool)
    if said.shape != (count,):
        raise ValueError(f"expected {count} answers, one a pair, but got {len(said)}")
    return said


def compare_tracks(detections, vehicles, embeddings, images=1, distance="mcd", aggregate="mean50"):
    """Distances of each vehicle of a camera to everyone at the next one, track against track.

    Parameters
    ----------
    detections, vehicles
        As for `largest_pictures`.
    embeddings : ndarray, shape (n, d)
        Row by row.
    images : int
        Of each track, at most so many pictures are used, the largest.
    distance, aggregate
        As for `cctview.match.matching.track_to_track`.

    Returns
    -------
    list of DataFrame
        One for each two neighbouring cameras, its index and columns the vehicles, and these named
        by the cameras.

    Raises
    ------
    ValueError
        If no two neighbouring cameras saw vehicles.
    """
    rows = largest_pictures(detections, vehicles, images)
    camera, of = (
        detections["camera"].to_numpy()[rows],
        vehicles.to_numpy(float, na_value=0)[rows].astype(int),
    )
    tables = []
    for first, second in pairwise(place.camera for place in DRIVE):
        a, b = camera == first, camera == second
        if a.any() and b.any():
            table = track_to_track(
                embeddings[rows[a]], of[a], embeddings[rows[b]], of[b], distance, aggregate
            )
            tables.append(table.rename_axis(index=first, columns=second))
    if not tables:
        raise ValueError("no two neighbouring cameras with vehicles; take more minutes")
    return tables


def rank_tracks(tables):
    """Look for each vehicle of a camera at the next one.

    Parameters
    ----------
    tables : list of DataFrame
        From `compare_tracks`.

    Returns
    -------
    result : RankEvaluation
        One row a search.
    looked_for : ndarray of int
        The vehicle of each search.
    """
    parts = [
        evaluate_rank(
            table,
            table.index,
            table.columns,
            np.zeros(len(table)),
            np.ones(table.shape[1]),
            table.shape[1],
        )
        for table in tables
    ]
    columns = zip(
        *(
            (part.first_rank, part.average_precision, part.inverse_negative_penalty)
            for part in parts
        ),
        strict=True,
    )
    looked_for = np.concatenate([table.index.to_numpy() for table in tables])
    return (
        RankEvaluation(*map(np.concatenate, columns), max(table.shape[1] for table in tables)),
        looked_for,
    )


def search_next_camera(detections, vehicles, embeddings, **options):
    """`rank_tracks` of `compare_tracks`, with its options."""
    return rank_tracks(compare_tracks(detections, vehicles, embeddings, **options))


def bits_of_tracks(tables, rounds=200, seed=0):
    """How many bits looks give away in a search for a vehicle that is at the next camera.

    A softmax makes probabilities of the distances. How steep it is, is fitted on one half of the
    vehicles and judged on the other, so that sureness that is not earned costs bits.

    Parameters
    ----------
    tables : list of DataFrame
        From `compare_tracks`.
    rounds, seed : int
        Of the bootstrap over vehicles; and how they are divided.

    Returns
    -------
    Series
        estimate, low, high: the mean of log2(candidates x probability of the right one).
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    known = np.unique(np.concatenate([table.index for table in tables]))
    half = pd.Series(np.random.default_rng(seed).permutation(len(known)) % 2, index=known)
    searches = []
    for table in tables:
        own = table.columns.get_indexer(table.index)
        searches.append(
            (table.index.to_numpy()[own >= 0], -table.to_numpy(float)[own >= 0], own[own >= 0])
        )

    def bits(steepness, part):
        said = []
        for vehicle, closeness, own in searches:
            of = np.flatnonzero(half[vehicle].to_numpy() == part)
            right = log_softmax(steepness * closeness[of], axis=1)[np.arange(len(of)), own[of]]
            said.append(right / np.log(2) + np.log2(closeness.shape[1]))
        return np.concatenate(said)

    gains, vehicles = [], []
    for part in (0, 1):
        fit = minimize_scalar(
            lambda log, part=part: -bits(np.exp(log), 1 - part).mean(),
            bounds=(-8, 8),
            method="bounded",
        )
        gains.append(bits(np.exp(fit.x), part))
        vehicles += [vehicle[half[vehicle].to_numpy() == part] for vehicle, _, _ in searches]
    gains, vehicles = np.concatenate(gains), np.concatenate(vehicles)
    return bootstrap(lambda rows: gains[rows].mean(), vehicles, rounds, seed=seed).iloc[0]
