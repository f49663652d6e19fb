"""What protection is worth: defence × strength × tracker, in bits left, rank-1, usefulness and
seconds.

`study` measures, `headline` says of each defence what it leaves against the best tracker at equal
usefulness, and `stored` reads the tables that come with the course (`python -m studio results`
makes them).
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.attacks.crops import Looks
from cctview.attacks.linkage import Tracker
from cctview.dataset.paths import RESULTS
from cctview.defences.catalogue import DEFENCES, Defence
from cctview.privacy.meter import Bits, LeakageMeter, Step
from cctview.stats.resampling import bootstrap
from studio.purify import PURIFIERS
from studio.usefulness import classification, section_speeds

DEFENCE_RESULTS = RESULTS / "defences.csv"
TRACKERS = ("off the shelf", "retrained", "adaptive")
ROUNDS = 400
USES = ["counting", "speeds", "classification"]
LINKING = ("narrowed by the clock", "linked")
"""The meter's steps that link passages."""
BITS_BY = "softmax"
"""How the bits come about: by a softmax with a fitted temperature (`cctview.attacks.linkage`), not by the joint model of the meter."""
EVIDENCE = {"pixels": "pictures", "vectors": "vectors", "database": "vectors and clock"}
"""By what a defence changes: what trackers have against it. Who has pictures can retrain the extractor; who has vectors cannot."""
COLUMNS = [
    "defence",
    "where",
    "strength",
    "unit",
    "who",
    "guarantee",
    "tracker",
    "evidence",
    "bits_by",
    "bits",
    "bits_low",
    "bits_high",
    "rank1",
    "rank1_low",
    "rank1_high",
    "searches",
    "gallery",
    *USES,
    "usefulness",
    "seconds",
]


def trackers(
    defence: Defence | None,
    strength: float,
    embed: Callable | None = None,
    retrained: Callable | None = None,
) -> dict[str, list[Tracker]]:
    """The three trackers for a defence, each as the variants of which the one that knows most of
    its own examples is taken.

    Parameters
    ----------
    defence : Defence or None
    strength : float
    embed : callable, optional
        ``embed(crops)``, the extractor as it is; needed for defences of pixels.
    retrained : callable, optional
        The same by an extractor trained on pictures defended so. Without it, retraining is that of
        the linear discriminants on top.

    Returns
    -------
    dict of str to list of Tracker
        By the names in `TRACKERS`.
    """
    name = defence.name if defence else ""
    learnt = [Tracker("retrained", retrained or embed, metric=True)] + (
        [Tracker("retrained", retrained)] if retrained else []
    )
    ways = [
        (False, True),
        (True, False),
        (True, True),
    ]  # mean over a passage's pictures or not, linear discriminants or not
    extractors = [embed, retrained] if retrained else [embed]
    adaptive = [Tracker("adaptive", extractor, *way) for extractor in extractors for way in ways]
    if name in PURIFIERS:
        purify = lambda looks: PURIFIERS[name](looks, strength)
        adaptive += [Tracker("adaptive", embed, *way, purify=purify) for way in ways]
    if name == "key":
        adaptive.append(Tracker("adaptive", embed, average=True, align=True))
    return {
        "off the shelf": [Tracker("off the shelf", embed)],
        "retrained": learnt,
        "adaptive": adaptive,
    }


def study(
    looks: Looks,
    embed: Callable | None = None,
    defences: Iterable[Defence] | None = None,
    strengths: dict | None = None,
    retrained: Callable[[Defence, float], Callable | None] | None = None,
    frames: Callable[[Defence | None, float], pd.Series] | None = None,
    seed: int = 0,
    progress: bool = False,
) -> pd.DataFrame:
    """Measure defences against three trackers.

    Trackers learn on half of the vehicles and are measured on the other half.

    Parameters
    ----------
    looks : Looks
        With vectors; for defences of pixels with pictures too.
    embed : callable, optional
        ``embed(crops)`` gives vectors like those of `looks`; needed for defences of pixels.
    defences : iterable of Defence, optional
        By default all of `cctview.defences.catalogue.DEFENCES`.
    strengths : dict of str to sequence of float, optional
        By name, instead of the defence's own.
    retrained : callable, optional
        ``retrained(defence, strength)`` gives the embedding of a retrained extractor, or None if
        there is none; with None for no defence, since retraining alone may help.
    frames : callable, optional
        ``frames(defence, strength)`` gives counting and speeds on defended frames
        (`studio.usefulness.counting_and_speeds`), with None for no defence. Without it these are
        NaN for defences of pixels.
    seed : int
    progress : bool

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, three rows for each defence and strength. The first rows, "none", are
        those without a defence, for each evidence (`EVIDENCE`). Bits are those of
        `cctview.attacks.linkage`, by a softmax whose temperature is fitted, and not those of the joint
        model that the meter is made with (`cctview.link.joint`). Bits and rank-1 have 95 % intervals,
        by drawing vehicles again; uses are shares of what they are without a defence, usefulness
        the least of them; seconds are of a processor, to defend 1,000 looks.
    """
    defences = list(DEFENCES.values() if defences is None else defences)
    kinds = [kind for kind in EVIDENCE if kind in {defence.where for defence in defences}]
    exact, rows = undefended(looks, embed, kinds, retrained, frames, seed)
    tables = [rows]
    for defence in tqdm(defences, desc="defences", disable=not progress):
        wanted = (strengths or {}).get(defence.name, defence.strengths)
        tables.append(study_defence(looks, defence, wanted, exact, embed, retrained, frames, seed))
    return pd.concat(tables, ignore_index=True)


def undefended(
    looks: Looks,
    embed: Callable | None = None,
    kinds: Iterable[str] = tuple(EVIDENCE),
    retrained: Callable | None = None,
    frames: Callable | None = None,
    seed: int = 0,
) -> tuple[dict, pd.DataFrame]:
    """What `study` compares with: the uses as they are, and the rows "none" for the `kinds` of
    defences (of "pixels", …).

    The other parameters are those of `study`.
    """
    seen, rows = {}, []
    exact = _uses(looks, looks, None, 0.0, embed, frames, seed, seen)
    for kind in kinds:
        learnt = retrained(None, 0.0) if retrained and kind == "pixels" else None
        shown, kept = (
            (replace(looks, vectors=np.zeros((len(looks), 0), np.float32)), {})
            if learnt
            else (looks, seen)
        )
        rows += _measure(
            shown, None, 0.0, embed, learnt, EVIDENCE[kind], seed, exact, exact, 0.0, kept
        )
    return exact, pd.DataFrame(rows)[COLUMNS]


def study_defence(
    looks: Looks,
    defence: Defence,
    strengths: Iterable[float],
    exact: dict,
    embed: Callable | None = None,
    retrained: Callable[[Defence, float], Callable | None] | None = None,
    frames: Callable | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """The rows of one defence in the table of `study`, whose parameters these are; `exact` is from
    `undefended`.
    """
    rows = []
    for strength in strengths:
        begin = time.process_time()
        defended = defence.apply(looks, strength, seed)
        seconds = 1000 * (time.process_time() - begin) / len(looks)
        learnt = retrained(defence, strength) if retrained else None
        seen = {}
        if defence.kept:
            uses = _uses(
                looks,
                defence.kept(looks, strength, seed),
                defence,
                strength,
                embed,
                frames,
                seed,
                {},
            )
        else:
            uses = _uses(looks, defended, defence, strength, embed, frames, seed, seen)
        rows += _measure(
            defended,
            defence,
            strength,
            embed,
            learnt,
            EVIDENCE[defence.where],
            seed,
            uses,
            exact,
            seconds,
            seen,
        )
    return pd.DataFrame(rows)[COLUMNS]


def _uses(looks, defended, defence, strength, embed, frames, seed, seen):
    """Counting, speeds and classification, not yet as shares."""
    parts = _seen(Tracker("owner", embed), defended, seed, seen)
    uses = {"counting": np.nan, "speeds": np.nan, "classification": classification(*parts)}
    if defence is None or defence.where == "pixels":
        whole = {"sections": section_speeds(looks, looks)} if defence is None else {}
        return uses | (dict(frames(defence, strength)) if frames else {}) | whole
    return uses | {"counting": 1.0, "speeds": section_speeds(looks, defended)}


def _seen(tracker, defended, seed, seen):
    """The looks to learn from and to measure on, as a tracker sees them; `seen` keeps them, since
    several see the same.
    """
    way = (tracker.embed, tracker.purify is not None)
    if way not in seen:
        seen[way] = tracker.see(defended).split(seed=seed)
    return seen[way]


def _shares(uses, exact, defence):
    """Uses as shares of what they are without the defence, 1 at most, and the least of them."""
    full = dict(exact)
    if defence is not None and defence.where != "pixels":
        full |= {"counting": 1.0, "speeds": exact["sections"]}
    shares = {
        use: float(np.clip(uses[use] / full[use], 0, 1)) if full[use] > 0 else np.nan
        for use in USES
    }
    return shares | {"usefulness": float(np.nanmin(list(shares.values())))}


def _measure(
    defended, defence, strength, embed, retrained, evidence, seed, uses, exact, seconds, seen
):
    """The three rows of a defence at a strength."""
    about = {
        "defence": "none",
        "where": "",
        "strength": strength,
        "unit": "",
        "who": "",
        "guarantee": "",
    }
    if defence is not None:
        about |= {key: getattr(defence, key) for key in ("where", "unit", "guarantee")}
        about |= {"defence": defence.name, "who": ", ".join(defence.who)}
    about |= _shares(uses, exact, defence) | {
        "seconds": seconds,
        "evidence": evidence,
        "bits_by": BITS_BY,
    }
    rows = []
    for name, variants in trackers(defence, strength, embed, retrained).items():
        tracker, measured = _best(variants, defended, seed, seen)
        rows.append(
            about | {"tracker": name} | summary(tracker.link(measured, "clock" in evidence))
        )
    return rows


def _best(variants, defended, seed, seen):
    """The variant that is least surprised by vehicles it has put aside, and the looks to measure
    on, as it sees them.
    """
    fitted = []
    for tracker in variants:
        learn, measured = _seen(tracker, defended, seed, seen)
        fitted.append((tracker.fit(learn, seed), measured))
    return min(fitted, key=lambda pair: pair[0].surprise)


def summary(links: pd.DataFrame) -> dict[str, float]:
    """Bits and rank-1 with their intervals, of links from `cctview.attacks.linkage.Tracker.link`."""
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
