"""Same or different? Pairs of crops for people to judge, half of them with the system's opinion.

The opinions are the network's own. So that its errors can do harm in few pairs, as many pairs are
drawn on which it is wrong as on which it is right; who gets to see which opinion is drawn in the
browser.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t
from sklearn.linear_model import LogisticRegression

from cctview.course.lesson import Lesson
from cctview.course.moments.sheet import sheet_html
from cctview.dataset import encode_jpeg
from cctview.match import Comparisons
from cctview.show import Moment, data_address

_EACH = 4  # pairs of a kind: same or different, the system right or wrong
_DEGREES = 200  # of freedom, up to which Student's quantiles are sent along


def same_or_different(
    lesson: Lesson,
    detections: pd.DataFrame,
    pairs: Comparisons,
    distances: np.ndarray,
    among: np.ndarray,
) -> Moment:
    """Sixteen pairs to judge by S and D.

    Parameters
    ----------
    lesson : Lesson
        Its dataset gives the crops.
    detections : DataFrame
    pairs : Comparisons
    distances : ndarray, shape (n,)
        The network's distance of each pair; its confidence is fitted to them.
    among : ndarray of bool, shape (n,)
        The pairs to draw from, for example only look-alikes.

    Raises
    ------
    ValueError
        If there are not enough pairs of a kind; take more minutes.
    """
    same, column = pairs.same, distances[:, None]
    fitted = LogisticRegression(C=100.0, class_weight="balanced")
    confidence = fitted.fit(column[among], same[among]).predict_proba(column)[:, 1]
    says = confidence >= 0.5
    drawn = _draw(pairs, among, says, np.random.default_rng(0))
    crops = [
        [lesson.dataset.crop(detections["id"].iloc[row]) for row in pairs.rows[pair]]
        for pair in drawn
    ]
    shown = [
        {
            "pictures": [data_address(encode_jpeg(crop)) for crop in both],
            "same": bool(same[pair]),
            "says": bool(says[pair]),
            "percent": int(100 * max(confidence[pair], 1 - confidence[pair])),
        }
        for pair, both in zip(drawn, crops, strict=True)
    ]
    first, second = zip(*crops[:4], strict=True)
    still = sheet_html(first + second, 4, "Four of the pairs, one crop above the other")
    rates = [np.mean(says[among & (same == kind)] != kind) for kind in (True, False)]
    data = {
        "pairs": shown,
        "wrong": round(float(np.mean(rates)), 4),
        "student": t.ppf(0.975, np.arange(1, _DEGREES + 1)).round(6).tolist(),
    }
    return Moment(
        Path(__file__).with_suffix(".js"),
        "Same or different? Judge pairs of crops, some with the system's opinion",
        "Sixteen pairs of crops, one after the other. People answer with S for same or D for"
        " different; a random half of the pairs shows what the system says.",
        data,
        {"mode": "", "seed": 0, "people": [], "hands": [], "finished": False},
        f"<p>Same vehicle, or different? Four of the pairs, one crop above the other:</p>{still}",
    )


def _draw(
    pairs: Comparisons, among: np.ndarray, says: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Pairs of each kind, no vehicle twice."""
    same, ends = pairs.same, pairs.vehicles[pairs.rows]
    drawn: list[int] = []
    shown: set[int] = set()
    for kind in (True, False):
        for right in (False, True):
            of_kind = np.flatnonzero(among & (same == kind) & ((says == kind) == right))
            wanted = len(drawn) + _EACH
            for pair in rng.permutation(of_kind):
                if len(drawn) < wanted and shown.isdisjoint(ends[pair].tolist()):
                    drawn.append(int(pair))
                    shown.update(ends[pair].tolist())
            if len(drawn) < wanted:
                raise ValueError(
                    f"there are only {len(of_kind)} {'same' if kind else 'different'} pairs on"
                    f" which the system is {'right' if right else 'wrong'}; take more minutes"
                )
    return rng.permutation(drawn)
