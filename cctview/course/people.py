"""Same or different? Pairs for people to judge, false labels on them, and what answers show."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cctview.match import Comparisons


def give_labels(
    same: ArrayLike, false_matches: int = 2, false_misses: int = 1, seed: int = 0
) -> np.ndarray:
    """A system's answer to each pair, (n,) bool, with as many false ones as wanted, at random.

    Parameters
    ----------
    same : array_like of bool, shape (n,)
    false_matches, false_misses : int
        How many different pairs are called the same, and how many same ones different.
    seed : int
    """
    labels, rng = np.array(same, bool), np.random.default_rng(seed)
    wrong = [
        rng.choice(np.flatnonzero(labels == kind), count, False)
        for kind, count in ((False, false_matches), (True, false_misses))
    ]
    labels[np.concatenate(wrong)] ^= True
    return labels


def draw_pairs(pairs: Comparisons, among: ArrayLike, count: int = 12, seed: int = 0) -> np.ndarray:
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

    Raises
    ------
    ValueError
        If there are not enough.
    """
    rng = np.random.default_rng(seed)
    same, ends = pairs.same, pairs.vehicles[pairs.rows]
    drawn: list[int] = []
    shown: set[int] = set()
    for kind, wanted in ((True, count // 2), (False, count - count // 2)):
        chosen: list[int] = []
        for pair in rng.permutation(np.flatnonzero(np.asarray(among, bool) & (same == kind))):
            if len(chosen) < wanted and shown.isdisjoint(ends[pair].tolist()):
                chosen.append(int(pair))
                shown.update(ends[pair].tolist())
        if len(chosen) < wanted:
            raise ValueError(
                f"only {len(chosen)} of {wanted} {'same' if kind else 'different'} pairs without a"
                " vehicle twice; ask for fewer"
            )
        drawn += chosen
    return rng.permutation(drawn)


def score_answers(answers: str | Iterable[bool], same: ArrayLike) -> tuple[float, float]:
    """The false and true positive rate of answers to "same or different?": a point of an ROC.

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
    called_same = _read_answers(answers, len(same))
    return float(called_same[~same].mean()), float(called_same[same].mean())


def labels_followed(
    answers: str | Iterable[bool], labelled_same: ArrayLike, same: ArrayLike
) -> pd.DataFrame:
    """How often answers went along with a system's label, where it was true and where false.

    Parameters
    ----------
    answers
        As for `score_answers`.
    labelled_same, same : array_like of bool, shape (n,)
        The label of each pair, and the truth.

    Examples
    --------
    >>> labels_followed("SSD", [True, True, True], [True, False, False])
                  labels  followed
    true labels        1         1
    false labels       2         1
    """
    labelled = np.asarray(labelled_same, bool)
    followed = _read_answers(answers, len(labelled)) == labelled
    true = labelled == np.asarray(same, bool)
    rows = [(part.sum(), (followed & part).sum()) for part in (true, ~true)]
    return pd.DataFrame(rows, index=["true labels", "false labels"], columns=["labels", "followed"])


def _read_answers(answers: str | Iterable[bool], count: int) -> np.ndarray:
    """Answers as booleans, (count,)."""
    if isinstance(answers, str):
        letters = [letter for letter in answers.upper() if letter.isalpha()]
        if strange := sorted(set(letters) - {"S", "D"}):
            raise ValueError(f"expected the letters S and D only, but there is {strange[0]!r}")
        answers = [letter == "S" for letter in letters]
    values = np.array(list(answers), bool)
    if values.shape != (count,):
        raise ValueError(f"expected {count} answers, one a pair, but got {len(values)}")
    return values
