"""What defences are worth: defence × strength × attacker, in bits left, rank-1, usefulness and
seconds.

Three attackers of growing knowledge (design of the study: Radiya-Dixit et al. 2022, "Data poisoning
won't save you from facial recognition"):

- *off the shelf*: one crop per pass, the extractor as it is, cosine.
- *retrained*: has learned from other vehicles' crops, defended in the same way.
- *adaptive*: knows the defence. It takes the mean over all crops of a pass, removes what all of a
  camera share, undoes what can be undone (`studio.studies.purify`), and is retrained as well.

All learn on the vehicles of one half and are measured on those of the other.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.attacks import LabelledCrops, LinkageAttack, fit_map
from cctview.attacks.linkage import known_at_both
from cctview.defences import DEFENCES, TRACKERS, Defence
from cctview.defences.study import EVIDENCE, USES
from cctview.stats import bootstrap
from studio.studies.purify import PURIFIERS
from studio.studies.usefulness import classification, section_speeds

_ROUNDS = 400

Embed = Callable[[list[np.ndarray]], np.ndarray]

BITS_BY = "softmax"
"""How the bits come about: by a softmax with a fitted temperature (`cctview.attacks.linkage`), not
by the joint model of the meter."""
COLUMNS = [
    *("defence", "where", "strength", "unit", "who", "guarantee", "tracker", "evidence", "bits_by"),
    *("bits", "bits_low", "bits_high", "rank1", "rank1_low", "rank1_high", "searches", "gallery"),
    *USES,
    *("usefulness", "seconds"),
]
WAYS = [
    {"average": False, "metric": True},
    {"average": True, "metric": False},
    {"average": True, "metric": True},
]


@dataclass
class StudiedAttack(LinkageAttack):
    """A linkage attack that embeds changed images, and learns more of the vectors.

    Parameters
    ----------
    embed : callable
        ``embed(images)`` gives vectors; used when a defence of pixels has changed the images.
    metric : bool
        Whether to fit, on the vehicles to learn from, which directions tell vehicles apart (linear
        discriminants).
    align : bool
        Whether to fit how the vectors of two cameras correspond, on vehicles known at both.
    purify : callable, optional
        ``purify(crops)`` undoes what it can of a defence before images are embedded.
    """

    embed: Embed | None = None
    metric: bool = False
    align: bool = False
    purify: Callable[[LabelledCrops], LabelledCrops] | None = None
    _discriminants: Any = field(default=None, repr=False)
    _maps: dict = field(default_factory=dict, repr=False)

    def see(self, crops: LabelledCrops) -> LabelledCrops:
        """The crops with vectors: purified and embedded where a defence has changed the images."""
        if crops.vectors.shape[1]:
            return crops
        if self.embed is None:
            raise ValueError("changed images must be embedded anew; give the attack embed=")
        crops = self.purify(crops) if self.purify else crops
        return replace(crops, vectors=self.embed(crops.images))

    def _fit_vectors(self, known: LabelledCrops) -> None:
        vectors = super()._vectors(known)
        if self.metric:
            from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

            model = LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.5)
            self._discriminants = model.fit(vectors, known.table.vehicle)
        if self.align:
            rows = known.table[["vehicle", "camera"]].assign(row=np.arange(len(known)))
            self._maps = {
                cameras: fit_map(vectors[both.row_x], vectors[both.row_y])
                for cameras, both in known_at_both(rows)
            }

    def _vectors(self, known: LabelledCrops) -> np.ndarray:
        vectors = super()._vectors(known)
        return self._discriminants.transform(vectors) if self.metric else vectors

    def _mapped(self, vectors: np.ndarray, cameras: tuple[str, str]) -> np.ndarray:
        return vectors @ self._maps[cameras] if cameras in self._maps else vectors


@dataclass(frozen=True)
class _Case:
    """What a defence (None: no defence) at a strength leaves; a retrained extractor, if any."""

    crops: LabelledCrops
    defence: Defence | None = None
    strength: float = 0.0
    retrained: Embed | None = None
    _seen: dict = field(default_factory=dict)

    def parts(self, attack: StudiedAttack, seed: int) -> tuple[LabelledCrops, LabelledCrops]:
        """The crops to learn from and to measure on, as an attack sees them; several share them."""
        way = (attack.embed, attack.purify is not None)
        if way not in self._seen:
            self._seen[way] = attack.see(self.crops).split(seed=seed)
        return self._seen[way]

    def attacks(self, embed: Embed | None) -> dict[str, list[StudiedAttack]]:
        """By the names in `TRACKERS` the variants; the one is taken that is surest of examples."""
        retrained = [StudiedAttack(embed=self.retrained or embed, metric=True)]
        retrained += [StudiedAttack(embed=self.retrained)] if self.retrained else []
        extractors = [embed, self.retrained] if self.retrained else [embed]
        adaptive = [StudiedAttack(embed=one, **way) for one in extractors for way in WAYS]
        if self.defence and self.defence.name in PURIFIERS:
            undo = PURIFIERS[self.defence.name]
            adaptive += [
                StudiedAttack(embed=embed, purify=lambda crops: undo(crops, self.strength), **way)
                for way in WAYS
            ]
        if self.defence and self.defence.with_key:
            adaptive.append(StudiedAttack(embed=embed, average=True, align=True))
        variants = [StudiedAttack(embed=embed)], retrained, adaptive
        return dict(zip(TRACKERS, variants, strict=True))

    def about(self) -> dict[str, Any]:
        """The columns that say which defence this is."""
        empty = {"defence": "none", "where": "", "unit": "", "who": "", "guarantee": ""}
        about = {**empty, "strength": self.strength, "bits_by": BITS_BY}
        if self.defence:
            about |= {key: getattr(self.defence, key) for key in ("where", "unit", "guarantee")}
            about |= {"defence": self.defence.name, "who": ", ".join(self.defence.who)}
        return about


@dataclass(frozen=True)
class DefenceStudy:
    """What defences are measured on, and with.

    Attributes
    ----------
    crops : LabelledCrops
        With vectors; for defences of pixels with images too.
    embed : callable, optional
        ``embed(images)`` gives vectors like those of `crops`; needed for defences of pixels.
    retrained : callable, optional
        ``retrained(defence, strength)`` gives the embedding of a retrained extractor, or None if
        there is none; with None for no defence, since retraining alone may help.
    frames : callable, optional
        ``frames(defence, strength)`` gives counting and speeds on defended frames
        (`studio.studies.usefulness.RoadUse.measure`), with None for no defence. Without it these
        are NaN for defences of pixels.
    seed : int
    """

    crops: LabelledCrops
    embed: Embed | None = None
    retrained: Callable[[Defence | None, float], Embed | None] | None = None
    frames: Callable[[Defence | None, float], pd.Series] | None = None
    seed: int = 0

    def table(
        self,
        defences: Iterable[Defence] | None = None,
        strengths: dict[str, Iterable[float]] | None = None,
        progress: bool = False,
    ) -> pd.DataFrame:
        """Measure defences (by default all) at their strengths, or by name at others.

        Returns
        -------
        DataFrame
            Columns `COLUMNS`, three rows per defence and strength. The first rows, "none", are
            those without a defence, for each evidence (`EVIDENCE`). Bits and rank-1 have 95 %
            intervals, by resampling vehicles; uses are shares of what they are without a defence,
            usefulness the least of them; seconds are of a processor, to defend 1,000 crops.
        """
        defences = list(DEFENCES.values() if defences is None else defences)
        kinds = [kind for kind in EVIDENCE if kind in {defence.where for defence in defences}]
        exact, rows = self.undefended(kinds)
        tables = [rows]
        for defence in tqdm(defences, desc="defences", disable=not progress):
            wanted = (strengths or {}).get(defence.name, defence.strengths)
            tables.append(self.defended(defence, wanted, exact))
        return pd.concat(tables, ignore_index=True)

    def undefended(self, kinds: Iterable[str] = tuple(EVIDENCE)) -> tuple[dict, pd.DataFrame]:
        """What `defended` compares with: the uses as they are, and the rows "none" for the `kinds`
        of defences ("pixels", …).
        """
        plain = _Case(self.crops)
        exact = self._uses(plain)
        rows = []
        for kind in kinds:
            case = plain
            retrained = self.retrained(None, 0.0) if self.retrained and kind == "pixels" else None
            if retrained:
                empty = np.zeros((len(self.crops), 0), np.float32)
                case = _Case(replace(self.crops, vectors=empty), retrained=retrained)
            shares = _shares(exact, exact, None)
            rows += self._rows(case, EVIDENCE[kind], {**shares, "seconds": 0.0})
        return exact, pd.DataFrame(rows)[COLUMNS]

    def defended(
        self, defence: Defence, strengths: Iterable[float], exact: dict[str, float]
    ) -> pd.DataFrame:
        """The rows of one defence; `exact` is from `undefended`."""
        rows = []
        for strength in strengths:
            begin = time.process_time()
            crops = defence.apply(self.crops, strength, self.seed)
            seconds = 1000 * (time.process_time() - begin) / len(self.crops)
            retrained = self.retrained(defence, strength) if self.retrained else None
            case = of_owner = _Case(crops, defence, strength, retrained)
            if defence.with_key:
                of_owner = _Case(
                    defence.with_key(self.crops, strength, self.seed), defence, strength
                )
            shares = _shares(self._uses(of_owner), exact, defence)
            rows += self._rows(case, EVIDENCE[defence.where], {**shares, "seconds": seconds})
        return pd.DataFrame(rows)[COLUMNS]

    def _uses(self, case):
        """Counting, speeds and classification, not yet as shares."""
        parts = case.parts(StudiedAttack(embed=self.embed), self.seed)
        uses = {"counting": np.nan, "speeds": np.nan, "classification": classification(*parts)}
        if case.defence and case.defence.where != "pixels":
            return uses | {"counting": 1.0, "speeds": section_speeds(self.crops, case.crops)}
        if self.frames:
            uses |= dict(self.frames(case.defence, case.strength))
        if case.defence is None:
            uses["sections"] = section_speeds(self.crops, self.crops)
        return uses

    def _rows(self, case, evidence, measured):
        """The rows of a case, one per attacker: of its variants the one that is least surprised by
        vehicles it has put aside.
        """
        rows = []
        for name, variants in case.attacks(self.embed).items():
            fitted = []
            for attack in variants:
                learn, query = case.parts(attack, self.seed)
                fitted.append((attack.fit(learn, self.seed), query))
            attack, query = min(fitted, key=lambda pair: pair[0].surprise)
            links = attack.attack(query, clock="clock" in evidence)
            about = {**case.about(), **measured, "tracker": name, "evidence": evidence}
            rows.append(about | link_row(links))
        return rows


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


def link_row(links: pd.DataFrame) -> dict[str, float]:
    """Bits and rank-1 of an attack's links as columns of one row, with intervals by resampling
    vehicles.
    """
    values = links[["bits", "first"]].to_numpy(float)
    figures = bootstrap(lambda rows: values[rows].mean(axis=0), links.vehicle, _ROUNDS)
    row = {}
    for name, figure in figures.set_axis(["bits", "rank1"]).iterrows():
        row |= {name: figure.estimate, f"{name}_low": figure.low, f"{name}_high": figure.high}
    return row | {"searches": len(links), "gallery": links.gallery.mean()}
