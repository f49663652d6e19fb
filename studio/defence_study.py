"""What a defence is worth: defence × strength × attack, in bits left, rank-1, usefulness and seconds."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.attacks.crops import LabelledCrops
from cctview.attacks.linkage import LinkageAttack
from cctview.defences.catalogue import DEFENCES, Defence
from cctview.defences.results import EVIDENCE, USES, summary
from studio.purify import PURIFIERS
from studio.usefulness import classification, section_speeds

BITS_BY = "softmax"
"""How the bits come about: by a softmax with a fitted temperature (`cctview.attacks.linkage`), not by the joint model of the meter."""

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
) -> dict[str, list[LinkageAttack]]:
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
    dict of str to list of LinkageAttack
        By the names in `TRACKERS`.
    """
    name = defence.name if defence else ""
    learnt = [LinkageAttack("retrained", retrained or embed, metric=True)] + (
        [LinkageAttack("retrained", retrained)] if retrained else []
    )
    ways = [
        (False, True),
        (True, False),
        (True, True),
    ]  # mean over a passage's pictures or not, linear discriminants or not
    extractors = [embed, retrained] if retrained else [embed]
    adaptive = [
        LinkageAttack("adaptive", extractor, *way) for extractor in extractors for way in ways
    ]
    if name in PURIFIERS:
        purify = lambda looks: PURIFIERS[name](looks, strength)
        adaptive += [LinkageAttack("adaptive", embed, *way, purify=purify) for way in ways]
    if name == "key":
        adaptive.append(LinkageAttack("adaptive", embed, average=True, align=True))
    return {
        "off the shelf": [LinkageAttack("off the shelf", embed)],
        "retrained": learnt,
        "adaptive": adaptive,
    }


def study(
    looks: LabelledCrops,
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
    looks : LabelledCrops
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
    looks: LabelledCrops,
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
    looks: LabelledCrops,
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
    parts = _seen(LinkageAttack("owner", embed), defended, seed, seen)
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
