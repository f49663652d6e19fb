"""What the defences are worth: reads the stored study (`studio.studies.defence_study` measures it).

A row is a defence at a strength against one attacker: bits left, rank-1, usefulness and seconds.
The attackers ("tracker") are "off the shelf" (one crop per pass, the extractor as it is),
"retrained" (on other vehicles' crops, defended in the same way) and "adaptive" (knows the defence).
"""

from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import RESULTS, read_result
from cctview.privacy import Bits, LeakageMeter, Step

TRACKERS = ("off the shelf", "retrained", "adaptive")
USES = ("counting", "speeds", "classification")
EVIDENCE = {"pixels": "pictures", "vectors": "vectors", "database": "vectors and clock"}
"""What attackers see of a defence, by what it changes. Only with pictures can they retrain the
extractor."""
_LINKING = ("clock", "appearance", "all trips at once")
"""The meter's steps that link passes."""


def stored(path: str | Path = RESULTS / "defences.csv") -> pd.DataFrame:
    """The table that comes with the course; a FileNotFoundError says how to make it."""
    path = Path(path)
    table = read_result(path.name, path.parent, keep_default_na=False, na_values=[""])
    return table.fillna({"where": "", "unit": "", "who": "", "guarantee": ""})


def unprotected(table: pd.DataFrame, rows: pd.DataFrame | None = None) -> float:
    """Bits of the best attacker without a defence, from pictures or by the evidence of `rows`."""
    evidence = "pictures" if rows is None else rows.evidence.iloc[0]
    return float(table[(table.defence == "none") & (table.evidence == evidence)].bits.max())


def at_strength(table: pd.DataFrame, name: str, strength: int) -> pd.DataFrame:
    """The rows of a defence, one per attacker, at its weakest (1), a middle (2) or strongest (3).

    Raises a ValueError if the table has no row of the defence.
    """
    rows = table[table.defence == name]
    if rows.empty:
        raise ValueError(
            f"the defence {name!r} is not measured yet; run `python -m studio results --only"
            " defences`"
        )
    strengths = list(dict.fromkeys(rows.strength))
    return rows[rows.strength == strengths[{1: 0, 2: len(strengths) // 2, 3: -1}[strength]]]


def headline(table: pd.DataFrame, usefulness: float = 0.9) -> pd.DataFrame:
    """What each defence leaves the best attacker, at its best strength that is useful enough.

    Parameters
    ----------
    table : DataFrame
        From `stored`.
    usefulness : float
        The least share of every use that must be kept.

    Returns
    -------
    DataFrame
        One row per defence, the one that takes the largest share first: defence, who, evidence,
        strength, unit, tracker (the worst for the defence), bits, bits_low, bits_high, before (bits
        of the best attacker without it, by the same evidence), bought (the difference),
        off_the_shelf (bits of the weakest attacker), usefulness. A defence that is useful enough at
        no strength has NaN.
    """
    before = table[table.defence == "none"].groupby("evidence").bits.max()
    defended = table[table.defence != "none"]
    best = [_best(rows, before, usefulness) for _, rows in defended.groupby("defence", sort=False)]
    columns = ["defence", "who", "evidence", "strength", "unit", *_LEFT, "before", "bought"]
    best = pd.DataFrame(best).reindex(columns=[*columns, "off_the_shelf", "usefulness"])
    return best.loc[(best.bits / best.before).sort_values().index].reset_index(drop=True)


_LEFT = ["tracker", "bits", "bits_low", "bits_high"]


def _best(rows, before, usefulness):
    """The row of `headline` of one defence."""
    row = rows.iloc[0][["defence", "who", "unit", "evidence"]].to_dict()
    row["before"] = before[row["evidence"]]
    worst = rows.loc[rows.groupby("strength").bits.idxmax()]
    useful = worst[worst.usefulness >= usefulness]
    if useful.empty:
        return row
    best = useful.loc[useful.bits.idxmin()]
    weakest = rows[(rows.strength == best.strength) & (rows.tracker == TRACKERS[0])]
    return (
        row
        | best[["strength", *_LEFT, "usefulness"]].to_dict()
        | {"bought": row["before"] - best.bits, "off_the_shelf": weakest.bits.iloc[0]}
    )


def bought_back_step(meter: LeakageMeter, table: pd.DataFrame, usefulness: float = 0.9) -> Step:
    """A step of the meter: what the best useful defence of the database would have taken back.

    A model, and no measurement of this target: the share that the defence takes of an average
    link's bits, by features and clock together, is taken off those that linking gave the meter.
    Defences of features alone leave the clock, and are not considered.
    """
    best = headline(table[table.evidence == EVIDENCE["database"]], usefulness).iloc[0]
    name = "bought back: nothing"
    shares = np.zeros(3)
    if np.isfinite(best.bits):
        name = f"bought back by {best.defence} ({best.strength:g})"
        left = best[["bits", "bits_high", "bits_low"]].to_numpy(float)
        shares = np.clip(1 - left / best.before, 0, 1)
    linked = sum(step.bits.estimate for step in meter.steps if step.name in _LINKING)
    bits = Bits(*(0.0 - max(linked, 0.0) * shares[[0, 2, 1]]))
    return Step(name, bits, note="a model: the share that it takes of an average link's bits")
