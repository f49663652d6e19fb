"""Same or different? Pairs for people to judge, labels on half of them, and what answers show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binomtest, t

from cctview.match import Comparisons


@dataclass(frozen=True)
class Labels:
    """What a system says of pairs: of half of them nothing, so that the label's effect is measured.

    Attributes
    ----------
    same : ndarray of bool, shape (n,)
        The truth.
    shown : ndarray of bool, shape (n,)
        Which pairs have a label; the others are the control arm.
    says_same : ndarray of bool, shape (n,)
        The label, where one is shown.
    """

    same: np.ndarray
    shown: np.ndarray
    says_same: np.ndarray

    @property
    def arms(self) -> dict[str, np.ndarray]:
        """Which pairs belong to "no label", "true label" and "false label"."""
        true = self.says_same == self.same
        return {
            "no label": ~self.shown,
            "true label": self.shown & true,
            "false label": self.shown & ~true,
        }

    def words(self, same: str = "97 % match", different: str = "no match") -> list[str]:
        """The label of each pair, as it is shown; "" for none."""
        return [
            (same if says else different) if shown else ""
            for shown, says in zip(self.shown, self.says_same, strict=True)
        ]


def assign_labels(same: ArrayLike, false: int = 1, seed: int = 0) -> tuple[Labels, Labels]:
    """Draw which half of the pairs has a label, and make a second sheet with the other half.

    Same and different pairs are divided apart, so that all arms are alike in that. People in a room
    get one sheet or the other: then each pair is judged with a label and without one.

    Parameters
    ----------
    same : array_like of bool, shape (n,)
        As many True as False, an even number of each.
    false : int
        On each sheet, so many same pairs are called different, and so many different ones the same.
    seed : int

    Raises
    ------
    ValueError
        If the pairs cannot be divided so, or there are too few for so many false labels.
    """
    same, rng = np.array(same, bool), np.random.default_rng(seed)
    kinds = [np.flatnonzero(same), np.flatnonzero(~same)]
    each = len(kinds[0]) // 2
    if len(kinds[0]) != len(kinds[1]) or len(kinds[0]) % 2 or each <= false:
        raise ValueError(
            f"{len(kinds[0])} same and {len(kinds[1])} different pairs cannot be divided into two"
            f" sheets with {false} false label(s) of each kind and a true one; give equal, even and"
            " more"
        )
    halves = [rng.permutation(kind).reshape(2, each) for kind in kinds]
    sheets = []
    for sheet in range(2):
        labelled = np.concatenate([half[sheet] for half in halves])
        wrong = np.concatenate([half[sheet][:false] for half in halves])
        shown, says_same = np.zeros(len(same), bool), same.copy()
        shown[labelled] = True
        says_same[wrong] ^= True
        sheets.append(Labels(same, shown, says_same))
    return sheets[0], sheets[1]


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


def automation_bias(
    answers: Sequence[str | Iterable[bool]], sheets: Sequence[Labels]
) -> pd.DataFrame:
    """Do people err more often where a label is false than where there is none?

    Parameters
    ----------
    answers : sequence
        Of each person, as for `score_answers`.
    sheets : sequence of Labels
        What each person saw.

    Returns
    -------
    DataFrame
        Columns answers, estimate, low, high. Rows "no label", "true label", "false label": error
        rates; "harm of false labels" and "help of true labels": what a label adds to the error
        rate, or takes from it, against the control arm.

    Notes
    -----
    Intervals are 95 %. Of one person: Wilson's, and for differences Newcombe's (1998, Statistics in
    Medicine 17:873, method 10), over the pairs. Of several: Student's, over the people, each
    compared with themselves; they say nothing about other pairs than these.

    Examples
    --------
    >>> sheet, other = assign_labels([True, False] * 6)
    >>> automation_bias([sheet.says_same], [sheet]).estimate.to_dict()["harm of false labels"]
    1.0
    """
    if not len(answers) or len(answers) != len(sheets):
        raise ValueError(
            f"expected a sheet for each person, but got {len(sheets)} for {len(answers)}"
        )
    errors: dict[str, list] = {arm: [] for arm in sheets[0].arms}
    for given, sheet in zip(answers, sheets, strict=True):
        wrong = _read_answers(given, len(sheet.same)) != sheet.same
        for arm, pairs in sheet.arms.items():
            errors[arm].append(wrong[pairs])
    none, true, false = errors.values()
    rows = {arm: (sum(map(len, of)), *_interval(of)) for arm, of in errors.items()}
    for name, of, against in (
        ("harm of false labels", false, none),
        ("help of true labels", none, true),
    ):
        count = sum(map(len, of)) + sum(map(len, against))
        rows[name] = (count, *_difference(of, against))
    columns = ["answers", "estimate", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _interval(errors):
    """A rate and its 95 % interval: of one person by Wilson, of several by Student."""
    if len(errors) > 1:
        return _student([one.mean() for one in errors])
    (wrong,) = errors
    ends = binomtest(int(wrong.sum()), len(wrong)).proportion_ci(0.95, "wilson")
    return float(wrong.mean()), float(ends.low), float(ends.high)


def _difference(errors, against):
    """A difference of rates: of one person by Newcombe, of several by Student, person by person."""
    if len(errors) > 1:
        pairs = zip(errors, against, strict=True)
        return _student([one.mean() - other.mean() for one, other in pairs])
    (p, low, high), (q, q_low, q_high) = _interval(errors), _interval(against)
    # Newcombe: the two Wilson intervals' distances to their estimates, added as squares
    return (
        p - q,
        p - q - float(np.hypot(p - low, q_high - q)),
        p - q + float(np.hypot(high - p, q - q_low)),
    )


def _student(values):
    mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))
    width = t.ppf(0.975, len(values) - 1) * error
    return float(mean), float(mean - width), float(mean + width)


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
