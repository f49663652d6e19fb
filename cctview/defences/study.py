"""What the defences are worth: reads the stored study (`studio.studies.defence_study` measures it).

A row is a defence at a strength against one attacker: bits left, rank-1, uses kept and seconds. The
attackers ("tracker") are "off the shelf" (one crop per pass, the extractor as it is), "retrained"
(on other vehicles' crops, defended in the same way), "adaptive" (knows the defence) and "another
network" (has pictures, and a network that the defence was not made for).

What a camera or a database is used for is a set of purposes, and the reader chooses them. The best
defence for a set is chosen on one half of the vehicles and judged on the other (`best_defence`):
chosen and judged on the same, the best of fifty looks better than it is.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import RESULTS, read_result
from cctview.privacy import Bits, LeakageMeter, Step

TRACKERS = ("off the shelf", "retrained", "adaptive", "another network")
USES = ("counting", "speeds", "travel times", "types")
"""Vehicles counted at a camera; their speeds there; travel times between two cameras; types of
vehicles told apart by the vectors."""
EVIDENCE = {"pixels": "pictures", "vectors": "vectors", "database": "vectors and clock"}
"""What attackers see of a defence, by what it changes. Only with pictures can they retrain the
extractor, or use another."""
WITH_CLOCK = " with the clock"
"""After a tracker's name: the same tracker, which uses the times too."""
NOTHING = "nothing useful"
"""What is chosen where no defence keeps enough of a use."""
_LINKING = ("clock", "appearance", "all trips at once")
"""The meter's steps that link passes."""
DRAWN_SCALE = 1000
"""The draws are stored as whole thousandths."""


def stored(path: str | Path = RESULTS / "defences.csv") -> pd.DataFrame:
    """The table that comes with the course; a FileNotFoundError says how to make it."""
    path = Path(path)
    table = read_result(path.name, path.parent, keep_default_na=False, na_values=[""])
    return table.fillna({"where": "", "unit": "", "who": "", "guarantee": ""})


def stored_draws(path: str | Path = RESULTS / "defences_drawn.parquet") -> pd.DataFrame:
    """The same for vehicles drawn again, in halves.

    Returns
    -------
    DataFrame
        Columns defence, strength, evidence, measure (a tracker, a tracker `WITH_CLOCK`: bits left;
        or one of `USES`: the share kept), part ("all", or the "first" or "second" half of the
        vehicles) and values, (1 + rounds,): first the estimate, then that of each draw.
    """
    path = Path(path)
    table = read_result(path.name, path.parent)
    draws = [np.frombuffer(packed, "<i2") / DRAWN_SCALE for packed in table["values"]]
    return table.assign(values=draws)


def usefulness(table: pd.DataFrame, needs: Sequence[str] = USES) -> pd.Series:
    """The least share that is kept of the uses that are needed; 1 where none is."""
    return table[list(needs)].min(axis=1) if len(needs) else pd.Series(1.0, table.index)


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
            f"data/results/defences.csv has no row of the defence {name!r}: run `python -m studio"
            " rebuild --only defences`, or leave it out of DEFENCES in"
            " cctview/defences/catalogue.py"
        )
    strengths = list(dict.fromkeys(rows.strength))
    return rows[rows.strength == strengths[{1: 0, 2: len(strengths) // 2, 3: -1}[strength]]]


def headline(table: pd.DataFrame, least: float = 0.9, needs: Sequence[str] = USES) -> pd.DataFrame:
    """What each defence leaves the best attacker, at its best strength that is useful enough.

    All vehicles choose and judge here; `best_defence` chooses on one half.

    Parameters
    ----------
    table : DataFrame
        From `stored`.
    least : float
        The least share of every needed use that must be kept.
    needs : sequence of str
        Some of `USES`.

    Returns
    -------
    DataFrame
        One row per defence, the one that takes the largest share first: defence, who, evidence,
        strength, unit, tracker (the worst for the defence), bits, bits_low, bits_high, before (bits
        of the best attacker without it, by the same evidence), bought (the difference),
        off_the_shelf (bits of the weakest attacker), usefulness. A defence that is useful enough at
        no strength has NaN.
    """
    table = table.assign(usefulness=usefulness(table, needs))
    before = table[table.defence == "none"].groupby("evidence").bits.max()
    defended = table[table.defence != "none"]
    best = [_best(rows, before, least) for _, rows in defended.groupby("defence", sort=False)]
    columns = ["defence", "who", "evidence", "strength", "unit", *_LEFT, "before", "bought"]
    best = pd.DataFrame(best).reindex(columns=[*columns, "off_the_shelf", "usefulness"])
    return best.loc[(best.bits / best.before).sort_values().index].reset_index(drop=True)


_LEFT = ["tracker", "bits", "bits_low", "bits_high"]


def _best(rows, before, least):
    """The row of `headline` of one defence."""
    row = rows.iloc[0][["defence", "who", "unit", "evidence"]].to_dict()
    row["before"] = before[row["evidence"]]
    worst = rows.loc[rows.groupby("strength").bits.idxmax()]
    useful = worst[worst.usefulness >= least]
    if useful.empty:
        return row
    best = useful.loc[useful.bits.idxmin()]
    weakest = rows[(rows.strength == best.strength) & (rows.tracker == TRACKERS[0])]
    return (
        row
        | best[["strength", *_LEFT, "usefulness"]].to_dict()
        | {"bought": row["before"] - best.bits, "off_the_shelf": weakest.bits.iloc[0]}
    )


def bought_points(
    table: pd.DataFrame, tracker: str | None = None, needs: Sequence[str] = USES
) -> pd.DataFrame:
    """One row per defence and strength, with the bits that it buys back from a tracker.

    Adds to rows of `stored` the columns before (bits without a defence), bought (bits bought back),
    share (of those before) and usefulness (least share kept of the `needs`). Without a `tracker`,
    it is the best one for each.
    """
    table = table.assign(usefulness=usefulness(table, needs))
    before = table[table.defence == "none"].groupby("evidence").bits.max()
    rows = table[table.defence != "none"]
    if tracker is not None:
        rows = rows[rows.tracker == tracker]
    else:
        rows = rows.loc[rows.groupby(["defence", "strength"]).bits.idxmax()]
    rows = rows.assign(before=rows.evidence.map(before))
    return rows.assign(bought=rows.before - rows.bits, share=1 - rows.bits / rows.before)


def best_defence(
    draws: pd.DataFrame,
    needs: Sequence[str] = USES,
    trackers: Iterable[str] = TRACKERS,
    least: float = 0.9,
    clock: bool = False,
    without: Iterable[str] = (),
) -> pd.Series:
    """The defence that buys most bits back from the best tracker and keeps what the owner needs.

    It is chosen on one half of the vehicles and judged on the other, both ways round; the interval
    is that of choosing and judging in each draw of vehicles.

    Parameters
    ----------
    draws : DataFrame
        From `stored_draws`.
    needs : sequence of str
        Some of `USES`.
    trackers : iterable of str
        Whom it must withstand, some of `TRACKERS`.
    least : float
        The least share of every needed use that must be kept, on the half that chooses.
    clock : bool
        Whether trackers use the times too; otherwise each defence meets the evidence that
        `EVIDENCE` gives.
    without : iterable of str
        Defences that are no option.

    Returns
    -------
    Series
        chosen (by name and strength, on either half), share (of the bits that the best tracker has
        without a defence), low, high, kept (least share of the needed uses, on the judging half).
    """
    table = draws[~draws.defence.isin(list(without))]
    cases, shares, kept = _by_half(table, list(needs), list(trackers), clock)
    judged, useful, names = [], [], []
    for chooser, judge in ((0, 1), (1, 0)):
        value = np.where(kept[:, chooser] >= least, shares[:, chooser], -np.inf)
        taken, draw = value.argmax(axis=0), np.arange(value.shape[1])
        none = ~np.isfinite(value.max(axis=0))
        judged.append(np.where(none, 0.0, shares[taken, judge, draw]))
        useful.append(np.where(none, 1.0, kept[taken, judge, draw]))
        names.append(NOTHING if none[0] else case_name(*cases[taken[0]]))
    share = np.mean(judged, axis=0)
    low, high = np.percentile(share[1:], [2.5, 97.5])
    about = {"chosen": tuple(names), "share": share[0], "low": low, "high": high}
    return pd.Series(about | {"kept": float(np.mean(useful, axis=0)[0])})


def case_name(defence: str, strength: float) -> str:
    """A defence at a strength in words, such as "blur (2)"."""
    return defence if defence == "no vectors" else f"{defence} ({strength:g})"


def _by_half(table, needs, trackers, clock):
    """The cases (defence, strength); of each, half and draw the share bought back from the best
    tracker, and the least share kept of the needed uses.
    """
    names = [f"{name}{WITH_CLOCK}" if clock else name for name in trackers]
    bits, uses = {}, {}
    for row in table.itertuples():
        if row.part == "all":
            continue
        case, half = (row.defence, row.strength, row.evidence), ("first", "second").index(row.part)
        for wanted, found, worse in ((names, bits, np.fmax), (needs, uses, np.fmin)):
            if row.measure in wanted:
                known = found.setdefault(case, [np.nan, np.nan])
                known[half] = worse(known[half], row.values)
    before = {case[2]: np.array(of) for case, of in bits.items() if case[0] == "none"}
    cases = [case for case in bits if case[0] != "none"]
    if not cases:
        raise ValueError(f"no defence is measured against {' or '.join(trackers)}")
    shares = np.array([1 - np.array(bits[case]) / before[case[2]] for case in cases])
    kept = np.array([uses[case] for case in cases]) if needs else np.ones_like(shares)
    return [case[:2] for case in cases], shares, kept


def bought_back_step(
    meter: LeakageMeter, table: pd.DataFrame, least: float = 0.9, needs: Sequence[str] = USES
) -> Step:
    """A step of the meter: what the best useful defence of the database would have taken back.

    A model, and no measurement of this target: the share that the defence takes of an average
    link's bits, by features and clock together, is taken off those that linking gave the meter.
    Defences of features alone leave the clock, and are not considered.
    """
    database = table[table.evidence == EVIDENCE["database"]]
    best = headline(database, least, needs).iloc[0]
    name = "bought back: nothing"
    shares = np.zeros(3)
    if np.isfinite(best.bits):
        name = f"bought back by {best.defence} ({best.strength:g})"
        left = best[["bits", "bits_high", "bits_low"]].to_numpy(float)
        shares = np.clip(1 - left / best.before, 0, 1)
    linked = sum(step.bits.estimate for step in meter.steps if step.name in _LINKING)
    bits = Bits(*(0.0 - max(linked, 0.0) * shares[[0, 2, 1]]))
    return Step(name, bits, note="a model: the share that it takes of an average link's bits")
