"""What protection is worth: defence × strength × tracker, in bits left, rank-1, usefulness and
seconds.

`study` measures, `headline` says of each defence what it leaves against the best tracker at equal
usefulness, and `stored` reads the tables that come with the course (`python -m studio results`
makes them).
"""

from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset.paths import RESULTS
from cctview.privacy.meter import Bits, LeakageMeter, Step
from cctview.stats.resampling import bootstrap

DEFENCE_RESULTS = RESULTS / "defences.csv"
TRACKERS = ("off the shelf", "retrained", "adaptive")
ROUNDS = 400
USES = ["counting", "speeds", "classification"]
LINKING = ("narrowed by the clock", "linked")
"""The meter's steps that link passages."""
EVIDENCE = {"pixels": "pictures", "vectors": "vectors", "database": "vectors and clock"}
"""By what a defence changes: what trackers have against it. Who has pictures can retrain the extractor; who has vectors cannot."""


def summary(links: pd.DataFrame) -> dict[str, float]:
    """Bits and rank-1 with their intervals, of links from `cctview.attacks.linkage.LinkageAttack.link`."""
    values = links[["bits", "first"]].to_numpy(float)
    figures = bootstrap(lambda rows: values[rows].mean(axis=0), links.vehicle, ROUNDS)
    named = {}
    for name, row in zip(("bits", "rank1"), figures.itertuples(), strict=True):
        named |= {name: row.estimate, f"{name}_low": row.low, f"{name}_high": row.high}
    return named | {"searches": len(links), "gallery": links.gallery.mean()}


def unprotected(table: pd.DataFrame, rows: pd.DataFrame | None = None) -> float:
    """Bits that the best tracker has without a defence, from pictures or from what the trackers of
    a defence's `rows` have.
    """
    evidence = "pictures" if rows is None else rows.evidence.iloc[0]
    return float(table[(table.defence == "none") & (table.evidence == evidence)].bits.max())


def at_strength(table: pd.DataFrame, name: str, strength: int) -> pd.DataFrame:
    """The rows of a defence at its weakest (1), a middle (2) or its strongest strength (3), one for
    each tracker.

    Raises
    ------
    ValueError
        If the table has no row of the defence.
    """
    of = table[table.defence == name]
    if of.empty:
        raise ValueError(
            f"the defence {name!r} is not measured yet; run `python -m studio results --only"
            " defences`"
        )
    strengths = list(dict.fromkeys(of.strength))
    return of[of.strength == strengths[{1: 0, 2: len(strengths) // 2, 3: -1}[strength]]]


def headline(table: pd.DataFrame, usefulness: float = 0.9) -> pd.DataFrame:
    """What each defence leaves at equal usefulness: the strength that leaves the best tracker
    least, of those useful enough.

    Parameters
    ----------
    table : DataFrame
        From `study` or `stored`.
    usefulness : float
        The least share of every use that must be kept.

    Returns
    -------
    DataFrame
        One row a defence, the one that takes the largest share first: defence, who, evidence,
        strength, unit, tracker (the worst for the defence), bits, bits_low, bits_high, before (bits
        of the best tracker without it, by the same evidence), bought (the difference),
        off_the_shelf (what would be claimed against the weakest tracker). A defence that is useful
        enough at no strength has NaN.
    """
    open_to = table[table.defence == "none"].groupby("evidence").bits.max()
    rows = []
    for name, of in table[table.defence != "none"].groupby("defence", sort=False):
        worst = of.loc[of.groupby("strength").bits.idxmax()]
        useful = worst[worst.usefulness >= usefulness]
        before = open_to[of.evidence.iloc[0]]
        row = {
            "defence": name,
            "who": of.who.iloc[0],
            "unit": of.unit.iloc[0],
            "evidence": of.evidence.iloc[0],
            "before": before,
        }
        if len(useful):
            best = useful.loc[useful.bits.idxmin()]
            same = of[(of.strength == best.strength) & (of.tracker == TRACKERS[0])]
            row |= {
                key: best[key]
                for key in ("strength", "tracker", "bits", "bits_low", "bits_high", "usefulness")
            }
            row |= {"bought": before - best.bits, "off_the_shelf": same.bits.iloc[0]}
        rows.append(row)
    columns = [
        "defence",
        "who",
        "evidence",
        "strength",
        "unit",
        "tracker",
        "bits",
        "bits_low",
        "bits_high",
        "before",
        "bought",
    ]
    found = pd.DataFrame(rows).reindex(columns=[*columns, "off_the_shelf", "usefulness"])
    return found.loc[(found.bits / found.before).sort_values().index].reset_index(drop=True)


def bought_back_step(meter: LeakageMeter, table: pd.DataFrame, usefulness: float = 0.9) -> Step:
    """A step of the meter: what the best useful defence of the database would have taken back, had
    it been in force from the beginning.

    A model, and no measurement of this target: the share that the defence takes of an average
    link's bits, by looks and clock together, goes off those that linking, by both, gave the meter.
    Defences of looks alone leave the clock, and are not considered.
    """
    best = headline(table[table.evidence == EVIDENCE["database"]], usefulness).iloc[0]
    name, shares = "bought back: nothing", np.zeros(3)
    if np.isfinite(best.bits):
        name = f"bought back by {best.defence} ({best.strength:g})"
        shares = np.clip(
            [1 - end / best.before for end in (best.bits, best.bits_high, best.bits_low)], 0, 1
        )
    taken = {}
    for kind in ("claimed", "delivered"):
        given = max(
            sum(getattr(step, kind).estimate for step in meter.steps if step.name in LINKING), 0.0
        )
        taken[kind] = Bits(*(0.0 - given * shares[[0, 2, 1]]))
    return Step(name, **taken, note="a model: the share that it takes of an average link's bits")


def stored(path: str | Path = DEFENCE_RESULTS) -> pd.DataFrame:
    """The table that comes with the course, as `study` gave it.

    Raises
    ------
    FileNotFoundError
        If it is not there; says how to make it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; make it with `python -m studio results`")
    return pd.read_csv(path, keep_default_na=False, na_values=[""]).fillna(
        {"where": "", "unit": "", "who": "", "guarantee": ""}
    )
