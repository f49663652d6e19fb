"""What defences are worth: defence × strength × attacker, in bits left, rank-1, uses kept.

Three attackers of growing knowledge, and one that only has another network (design of the study:
Radiya-Dixit et al. 2022, "Data poisoning won't save you from facial recognition"):

- *off the shelf*: one crop per pass, the extractor as it is, cosine.
- *retrained*: has learned from other vehicles' crops, defended in the same way.
- *adaptive*: knows the defence. It takes the mean over all crops of a pass, removes what all of a
  camera share, undoes what can be undone (`studio.studies.purify`), and is retrained as well.
- *another network*: has pictures, and embeds them by a network that no defence was made for
  (`studio.training.third`); otherwise it goes about it as the adaptive one does.

All learn on the vehicles of one half and are measured on those of the other. Those are drawn again,
as queries and as candidates, and divided into two halves (`studio.studies.resampling`).
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from cctview.attacks import LabelledCrops, LinkageAttack, fit_map
from cctview.attacks.linkage import Searches, known_at_both
from cctview.defences import DEFENCES, TRACKERS, Defence
from cctview.defences.study import EVIDENCE, USES, WITH_CLOCK
from studio.studies.purify import PURIFIERS
from studio.studies.resampling import PARTS, Draws, drawn_links
from studio.studies.usefulness import travel_times, types

Embed = Callable[[list[np.ndarray]], np.ndarray]

BITS_BY = "softmax"
"""How the bits come about: by a softmax with a fitted temperature (`cctview.attacks.linkage`), not
by the joint model of the meter."""
COLUMNS = [
    *("defence", "where", "strength", "unit", "who", "guarantee", "tracker", "evidence", "bits_by"),
    *("bits", "bits_low", "bits_high", "rank1", "rank1_low", "rank1_high"),
    *("clock_bits", "clock_bits_low", "clock_bits_high", "searches", "gallery"),
    *(f"{use}{end}" for use in USES for end in ("", "_low", "_high")),
    "seconds",
]
KEYS = ["defence", "strength", "evidence", "measure", "part"]
"""Columns of the draws: `measure` is a tracker, a tracker "with the clock", or a use; the last
column holds its value in each draw, the first being no draw but the estimate.
"""
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
            raise ValueError(
                "the crops have images and no vectors, and nothing embeds them: give DefenceStudy"
                " (studio/studies/defence_study.py) embed=, or let the defence keep the vectors"
            )
        crops = self.purify(crops) if self.purify else crops
        return replace(crops, vectors=self.embed(crops.images))

    def _fit_vectors(self, known: LabelledCrops) -> None:
        vectors = super()._vectors(known)
        if self.metric and vectors.std() > 0:
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
        if self._discriminants is None:
            return vectors
        return self._discriminants.transform(vectors)

    def _mapped(self, vectors: np.ndarray, cameras: tuple[str, str]) -> np.ndarray:
        return vectors @ self._maps[cameras] if cameras in self._maps else vectors


@dataclass(frozen=True)
class Measured:
    """What was measured of some defences.

    Attributes
    ----------
    table : DataFrame
        Columns `COLUMNS`, a row for each defence, strength and attacker.
    draws : DataFrame
        Columns `KEYS` and values, a row for each of `PARTS`.
    """

    table: pd.DataFrame
    draws: pd.DataFrame

    @classmethod
    def joined(cls, parts: Iterable["Measured"]) -> "Measured":
        """Several, one below the other."""
        parts = list(parts)
        tables = [part.table for part in parts], [part.draws for part in parts]
        return cls(*(pd.concat(each, ignore_index=True) for each in tables))


@dataclass(frozen=True)
class _Case:
    """What a defence (None: no defence) at a strength leaves; a retrained extractor and another
    network, if any.
    """

    crops: LabelledCrops
    defence: Defence | None = None
    strength: float = 0.0
    retrained: Embed | None = None
    another: Embed | None = None
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
        others = [{}, *WAYS] if self.another else []
        another = [StudiedAttack(embed=self.another, **way) for way in others]
        variants = [StudiedAttack(embed=embed)], retrained, adaptive, another
        return {name: some for name, some in zip(TRACKERS, variants, strict=True) if some}

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
        ``frames(defence, strength, draws)`` gives counting and speeds on defended frames
        (`studio.studies.usefulness.RoadUse.measure`), with None for no defence. Without it these
        are NaN for defences of pixels.
    another : callable, optional
        ``another(images)`` gives the vectors of another network.
    vehicles : tuple of int, optional
        All that the frames show; those of the crops alone if it is empty.
    seed : int
    """

    crops: LabelledCrops
    embed: Embed | None = None
    retrained: Callable[[Defence | None, float], Embed | None] | None = None
    frames: Callable[[Defence | None, float, Draws], dict[str, np.ndarray]] | None = None
    another: Embed | None = None
    vehicles: tuple[int, ...] = ()
    seed: int = 0

    @cached_property
    def draws(self) -> Draws:
        """The same for all that is measured."""
        return Draws.make({*self.vehicles, *self.crops.table.vehicle})

    def measure(
        self,
        defences: Iterable[Defence] | None = None,
        strengths: dict[str, Iterable[float]] | None = None,
        progress: bool = False,
    ) -> Measured:
        """Measure defences (by default all) at their strengths, or by name at others.

        The first rows, "none", are those without a defence, for each evidence (`EVIDENCE`). All
        have 95 % intervals, by drawing vehicles again on both sides; `clock_bits` are those of the
        same attacker if it uses the times too; uses are shares of what they are without a defence;
        seconds are of a processor, to defend 1,000 crops.
        """
        defences = list(DEFENCES.values() if defences is None else defences)
        kinds = [kind for kind in EVIDENCE if kind in {defence.where for defence in defences}]
        parts = [self.undefended(kinds)]
        for defence in tqdm(defences, desc="defences", disable=not progress):
            wanted = (strengths or {}).get(defence.name, defence.strengths)
            parts.append(self.defended(defence, wanted))
        return Measured.joined(parts)

    def undefended(self, kinds: Iterable[str] = tuple(EVIDENCE)) -> Measured:
        """What defences are compared with: the rows "none" for their `kinds` ("pixels", …)."""
        plain = _Case(self.crops)
        parts = []
        for kind in kinds:
            case = plain
            pictures = kind == "pixels" and self.crops.windows
            retrained = self.retrained(None, 0.0) if self.retrained and pictures else None
            if pictures and (retrained or self.another):
                empty = np.zeros((len(self.crops), 0), np.float32)
                case = _Case(
                    replace(self.crops, vectors=empty), retrained=retrained, another=self.another
                )
            whole = {use: np.ones(self.draws.weights.shape[1:]) for use in USES}
            parts.append(self._measured(case, EVIDENCE[kind], whole, 0.0))
        return Measured.joined(parts)

    def defended(self, defence: Defence, strengths: Iterable[float]) -> Measured:
        """What is measured of one defence; a ValueError if it does not give back all crops in their
        order.
        """
        parts = []
        for strength in strengths:
            begin = time.process_time()
            crops = defence.apply(self.crops, strength, self.seed)
            if not np.array_equal(crops.table.passing, self.crops.table.passing):
                raise ValueError(
                    f"the defence {defence.name!r} at {strength:g} gives {len(crops):,} crops for"
                    f" {len(self.crops):,}, or others: let its `apply` in"
                    " cctview/defences/catalogue.py return all of them in their order, and say with"
                    " `kept` for how long passes are stored"
                )
            seconds = 1000 * (time.process_time() - begin) / len(self.crops)
            retrained = self.retrained(defence, strength) if self.retrained else None
            another = self.another if defence.where == "pixels" else None
            case = of_owner = _Case(crops, defence, strength, retrained, another)
            if defence.with_key:
                of_owner = _Case(
                    defence.with_key(self.crops, strength, self.seed), defence, strength
                )
            evidence = EVIDENCE[defence.where]
            parts.append(self._measured(case, evidence, self._shares(of_owner), seconds))
        return Measured.joined(parts)

    def _shares(self, case: _Case) -> dict[str, np.ndarray]:
        """The uses as shares of what they are without a defence, 1 at most, in each draw. A defence
        of pixels leaves the times alone, the others leave the frames alone.
        """
        whole = np.ones(self.draws.weights.shape[1:])
        pixels = case.defence is not None and case.defence.where == "pixels"
        read = self._frames(case) if pixels else self._travel_times(case.crops)
        read |= {
            "types": types(*case.parts(StudiedAttack(embed=self.embed), self.seed), self.draws)
        }
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                use: np.clip(read[use] / self._exact[use], 0, 1) if use in read else whole
                for use in USES
            }

    @cached_property
    def _exact(self) -> dict[str, np.ndarray]:
        """The uses without a defence, in each draw."""
        case = _Case(self.crops)
        uses = {"types": types(*case.parts(StudiedAttack(), self.seed), self.draws)}
        return self._frames(case) | self._travel_times(self.crops) | uses

    def _frames(self, case: _Case) -> dict[str, np.ndarray]:
        unknown = np.full(self.draws.weights.shape[1:], np.nan)
        if self.frames is None:
            return {"counting": unknown, "speeds": unknown}
        return self.frames(case.defence, case.strength, self.draws)

    def _travel_times(self, crops: LabelledCrops) -> dict[str, np.ndarray]:
        return {"travel times": travel_times(self.crops, crops, self.draws)}

    def _measured(self, case, evidence, shares, seconds):
        """The rows of a case, one per attacker: of its variants the one that is least surprised by
        vehicles it has put aside.
        """
        uses = {"seconds": seconds}
        for use, share in shares.items():
            uses |= interval_of(use, share)
        rows, draws = [], dict(shares)
        for name, variants in case.attacks(self.embed).items():
            fitted = []
            for attack in variants:
                learn, query = case.parts(attack, self.seed)
                fitted.append((attack.fit(learn, self.seed), query))
            attack, query = min(fitted, key=lambda pair: pair[0].surprise)
            row, bits = self._links(attack, query, "clock" in evidence)
            rows.append({**case.about(), **uses, "tracker": name, "evidence": evidence} | row)
            draws |= {name: bits["bits"], f"{name}{WITH_CLOCK}": bits["clock_bits"]}
        about = {"defence": rows[0]["defence"], "strength": case.strength, "evidence": evidence}
        drawn = [
            about | {"measure": measure, "part": part, "values": values[k]}
            for measure, values in draws.items()
            for k, part in enumerate(PARTS)
        ]
        return Measured(pd.DataFrame(rows)[COLUMNS], pd.DataFrame(drawn)[[*KEYS, "values"]])

    def _links(self, attack, query, clock):
        """The columns of an attack's links, and its bits in each draw, by the evidence that it has
        and with the clock.
        """
        row, bits = link_row(attack.searches(query, clock), self.draws)
        clock_bits = drawn_links(attack.searches(query, clock=True), self.draws)
        row |= interval_of("clock_bits", clock_bits)
        return row, {"bits": bits, "clock_bits": clock_bits}


def interval_of(name: str, values: np.ndarray) -> dict[str, float]:
    """The estimate and its 95 % interval as columns of one row, from draws (3, 1 + rounds)."""
    whole = values[PARTS.index("all")]
    low, high = (
        np.nanpercentile(whole[1:], [2.5, 97.5]) if np.isfinite(whole).any() else [np.nan] * 2
    )
    return {name: whole[0], f"{name}_low": low, f"{name}_high": high}


def link_row(searches: Iterable[Searches], draws: Draws) -> tuple[dict[str, float], np.ndarray]:
    """Bits and rank-1 of searches as columns of one row, and their bits by draw, (3, 1 + rounds).

    For the 95 % intervals vehicles are drawn again on both sides: as those that are looked for, and
    as the candidates (`studio.studies.resampling`).
    """
    searches = list(searches)
    bits = drawn_links(searches, draws)
    row = interval_of("bits", bits)
    row |= interval_of("rank1", drawn_links(searches, draws, rank=True))
    sizes = [len(part.candidates) for part in searches for _ in part.true]
    return row | {"searches": len(sizes), "gallery": np.mean(sizes)}, bits
