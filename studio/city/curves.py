"""The whole city: windows of the joint engine, the table of outcomes, the curves, the tornado.

Every part is kept in the working folder under a name that tells its settings and the code and
tables that it was made from, so a second call continues, and a changed one begins anew.
"""

import hashlib
import pickle
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from tqdm import tqdm

from cctview.dataset import write_bytes
from studio.city.cameras import SITES, Kind, kinds
from studio.city.engine import commonness, run_window
from studio.city.leaks import REPEATS, SHOWN, Followed, figures, record_followed, summary, variants
from studio.city.looks import Looks, measured_noticed, read_gallery, validated_looks
from studio.city.network import Record, open_network
from studio.city.outcomes import Outcomes, check_outcomes, fit_outcomes
from studio.city.people import ROLES
from studio.city.sources import ASSUMED
from studio.city.town import Town, build_town
from studio.closure import code_fingerprint

COUNTS = (2, 4, 6, 16, 40, 100, 176, 400, 1000)
FEWER = (4, 16, 100, 400)
"""Of them, those that are placed in other ways too."""
SEEDS = (0, 1, 2)
WINDOWS = tuple(
    (count, day, hour)
    for k, hour in enumerate((6, 9, 12, 14, 17, 20, 21, 22))
    for count, day in ((1000, 7 * (k % 3) + k % 5), (400, 7 * (k % 3) + (k + 2) % 5))
)
"""Cameras, day and hour in which the engine runs."""
_FOLLOWED = 32  # drivers of a window
_SAMPLE = {"commuter": 300, "taxi": 50, "delivery": 50, "occasional": 200}


@dataclass(frozen=True)
class Settings:
    """What the city is made with.

    Attributes
    ----------
    drivers : int
    traffic : float
        Vehicles a day past an average place.
    seeds : tuple of int
    counts : tuple of int
        Cameras.
    windows : tuple of (int, int, int)
        See `WINDOWS`.
    followed : int
        Drivers whom the engine follows in a window.
    shape : (int, int)
        Avenues and streets.
    """

    drivers: int = int(ASSUMED["drivers"].value)
    traffic: float = ASSUMED["traffic"].value
    seeds: tuple[int, ...] = SEEDS
    counts: tuple[int, ...] = COUNTS
    windows: tuple[tuple[int, int, int], ...] = WINDOWS
    followed: int = _FOLLOWED
    shape: tuple[int, int] = (14, 160)


class Workshop:
    """Keeps the parts that were made, and in `seconds` what CPU time each took."""

    def __init__(self, work: Path, data: Path, settings: Settings) -> None:
        self.folder, self.data, self.settings = work / "city", data, settings
        self.seconds: dict[str, float] = {}
        code = code_fingerprint("studio.city.engine", "studio.city.leaks")
        made_from = [data / "results" / "finder.npz", data / "truth" / "trips.parquet"]
        self._stamp = hashlib.sha256(b"".join(path.read_bytes() for path in made_from))
        of_all = replace(settings, seeds=(), counts=())  # these two are in the names of the parts
        self._stamp.update(f"{code} {of_all}".encode())

    def kept(self, name: str, make: Callable[[], Any]) -> Any:
        """A part, made if it is not there."""
        stamp = self._stamp.copy()
        stamp.update(name.encode())
        plain = re.sub(r"[^\w.]+", "-", name)  # as Windows wants it
        path = self.folder / f"{plain}-{stamp.hexdigest()[:12]}.pickle"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            began = time.process_time()
            value = make()
            write_bytes(path, pickle.dumps((value, time.process_time() - began)))
        value, self.seconds[name] = pickle.loads(path.read_bytes())  # our own, by what made it
        return value

    @cache  # noqa: B019
    def looks(self) -> tuple[Looks, pd.DataFrame]:
        """The measured appearance, and its check."""

        def make():
            gallery, judge, appearance = read_gallery(self.data)
            looks, check = validated_looks(gallery, appearance)
            return replace(looks, noticed=measured_noticed(judge)), check

        return self.kept("looks", make)

    def kinds(self) -> dict[str, Kind]:
        return kinds(self.looks()[0].noticed)

    def town(self, seed: int = 0, **changed: float) -> Town:
        """A town; not kept, for it is made faster than it is read."""
        given = {"traffic": self.settings.traffic, "shape": self.settings.shape} | changed
        return build_town(self.settings.drivers, seed, **given)

    def engine(self, jobs: int = 1) -> pd.DataFrame:
        """The joint engine's legs in all windows."""
        tasks = [
            (name, *window)
            for name in self.kinds() if not self.kinds()[name].plates
            for window in self.settings.windows
        ]  # fmt: skip
        town = cache(self.town)

        def part(name, count, day, hour):
            return self.kept(
                f"window {name} {count} {day} {hour}",
                lambda: run_window(
                    town(0),
                    self.looks()[0],
                    self.kinds()[name],
                    "busiest",
                    count,
                    day,
                    hour,
                    self.settings.followed,
                ),
            )

        made = Parallel(jobs)(delayed(part)(*task) for task in tqdm(tasks, "windows of the engine"))
        return pd.concat(made, ignore_index=True)

    def outcomes(self) -> tuple[dict[str, Outcomes], pd.DataFrame]:
        """The tables by kind, fitted in every other window; and their check in the rest."""

        def make():
            legs, tables, checks = self.engine(), {}, []
            hours = sorted({window[2] for window in self.settings.windows})
            for name, rows in legs.groupby("kind"):
                held = rows["hour"].isin(hours[1::2])
                fitted = fit_outcomes(rows[~held])
                checks.append(check_outcomes(fitted, rows[held]).assign(kind=name))
                tables[name] = fit_outcomes(rows)
            return tables, pd.concat(checks, ignore_index=True)

        return self.kept("outcomes", make)


def followed_of(town: Town, looks: Looks, seed: int) -> Followed:
    """A sample of drivers, with more taxis and deliveries than there are; and everybody's looks."""
    rng = np.random.default_rng((seed, 8))
    role = town.drivers.role
    chosen = [
        rng.permutation(np.flatnonzero(role == ROLES.index(name)))[:count]
        for name, count in _SAMPLE.items()
    ]
    like = rng.integers(len(looks.vehicles), size=len(role))
    return Followed(np.sort(np.concatenate(chosen)), commonness(looks)[like], looks.about[like])


def state(
    shop: Workshop,
    town: Town,
    how: str,
    count: int,
    repeats: float = REPEATS,
    blind: float = 1.0,
    keeps: float = 0.0,
    varied: bool = False,
) -> pd.DataFrame:
    """All figures of a network, for each kind of camera and, if `varied`, for each of `VARIANTS`:
    columns `kind`, `cameras`, `coverage`, `road`, `days`, `drivers`, `figure`, `estimate`.
    """
    looks, tables = shop.looks()[0], shop.outcomes()[0]
    network = open_network(town, how, count)
    followed = followed_of(town, looks, town.seed)
    shares = {name: float((town.drivers.role == k).mean()) for k, name in enumerate(ROLES)}
    parts, records = [], dict[tuple[str, float], Record]()
    for variant, seen, kept in variants(network) if varied else [("", network, keeps)]:
        for name, kind in shop.kinds().items():
            if variant and kind.plates and kept:
                continue  # plates join days already
            kind = replace(kind, noticed=min(1.0, blind * kind.noticed))
            if (name, seen.clock) not in records:
                made = record_followed(seen, kind, tables.get(name), followed)
                records[name, seen.clock] = made
            each = figures(seen, kind, records[name, seen.clock], followed, repeats, kept)
            table = summary(each, shares).assign(kind=_label(name, how, variant))
            if variant:  # as much as the figure shows
                table = table[(table["drivers"] == "everyone") & table["figure"].isin(SHOWN)]
            parts.append(table)
    table = pd.concat(parts, ignore_index=True)
    return table.assign(cameras=count, coverage=network.coverage, road=network.road)


def _label(kind: str, how: str, variant: str = "") -> str:
    """How a kind is called in the table."""
    return ", ".join(filter(None, (kind, "" if how == SITES[0] else how, variant)))


def measure_networks(shop: Workshop) -> pd.DataFrame:
    """All networks of all seeds: the table of `state`, with `seed`."""
    counts = shop.settings.counts
    tasks = [
        (seed, how, count)
        for seed in shop.settings.seeds
        for how in SITES
        for count in counts
        if how == SITES[0] or count in FEWER
    ]
    town = lru_cache(maxsize=1)(shop.town)
    parts = [_kept_state(shop, town, *task) for task in tqdm(tasks, "networks")]
    return pd.concat(parts, ignore_index=True)


def _kept_state(shop: Workshop, town: Callable[[int], Town], seed: int, how: str, count: int):
    def make() -> pd.DataFrame:
        return state(shop, town(seed), how, count, varied=how == SITES[0]).assign(seed=seed)

    return shop.kept(f"state {seed} {how} {count}", make)


def over_seeds(table: pd.DataFrame) -> pd.DataFrame:
    """The mean over seeds, and the least and the most of them: `kind`, `cameras`, `coverage`,
    `days`, `drivers`, `figure`, `estimate`, `low`, `high`. Groups of drivers are kept for a week.
    """
    road = table.drop_duplicates(["kind", "cameras", "days", "seed"])
    road = road.assign(drivers="everyone", figure="road covered", estimate=road["road"])
    table = pd.concat([table, road], ignore_index=True)
    table = table[(table["drivers"] == "everyone") | (table["days"] == 7)]
    by = ["kind", "cameras", "days", "drivers", "figure"]
    grouped = table.groupby(by, sort=False)
    made = grouped["estimate"].agg(["mean", "min", "max"])
    made.columns = ["estimate", "low", "high"]
    made["coverage"] = grouped["coverage"].mean()
    columns = [
        "kind",
        "cameras",
        "coverage",
        "days",
        "drivers",
        "figure",
        "estimate",
        "low",
        "high",
    ]
    return made.dropna(subset="estimate").reset_index()[columns]


def bends(table: pd.DataFrame, figure: str = "trips put together, right") -> pd.DataFrame:
    """Where a week's curve reaches half of what the most cameras give, by kind: `kind`, `at most`
    (the figure there), `cameras` and `coverage` (at half, between the cameras that were measured).
    """
    rows = table[(table["days"] == 7) & (table["drivers"] == "everyone")]
    rows = rows[(rows["figure"] == figure) & ~rows["kind"].str.contains(",")]
    found = []
    for kind, curve in rows.groupby("kind", sort=False):
        curve = curve.sort_values("cameras")
        rising = np.maximum.accumulate(curve["estimate"].to_numpy())
        half = rising[-1] / 2
        cameras, coverage = (
            np.interp(half, rising, curve[name]) for name in ("cameras", "coverage")
        )
        found.append((kind, rising[-1], round(cameras), coverage))
    return pd.DataFrame(found, columns=["kind", "at most", "cameras", "coverage"])


_CHANGES: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("traffic: half, double", {"traffic": 0.5}, {"traffic": 2.0}),
    ("passes noticed: 20 % fewer, 10 % more", {"blind": 0.8}, {"blind": 1.1}),
    ("where cameras stand: at random, in a cordon", {"how": "random"}, {"how": "cordon"}),
    ("proof of a repeated trip: stricter, looser", {"repeats": 0.1}, {"repeats": 2.0}),
    ("appearance over days: half kept, all kept", {"keeps": 0.5}, {"keeps": 1.0}),
    ("commuters' hours: half as regular, twice", {"regularity": 0.5}, {"regularity": 2.0}),
    ("length of trips: half, double", {"far": 0.5}, {"far": 2.0}),
)


def most_moved(table: pd.DataFrame, figure: str = "trips put together, right") -> str:
    """Which assumption moves a figure most, by kind, in a sentence; `table` as from `tornado`."""
    rows = table[table["figure"] == figure]
    ends = rows[["less", "base", "more"]]
    rows = rows.assign(swing=ends.max(axis=1) - ends.min(axis=1))
    words = []
    for kind, some in rows.groupby("kind", sort=False):
        top = some.loc[some["swing"].idxmax()]
        moved = f"{top['less']:.3g} and {top['more']:.3g} instead of {top['base']:.3g}"
        what = top["assumption"].partition(":")[0]
        words.append(f"{what} moves that of {kind} most ({moved})")
    return f"The share of trips put together rightly: {'; '.join(words)}."


def compare_variants(table: pd.DataFrame, count: int, wanted: tuple[str, ...]) -> pd.DataFrame:
    """Of a week and so many cameras on the busiest roads: each kind as it is, and in its variants
    whose names contain one of the words; a column a figure.
    """
    rows = table[(table["cameras"] == count) & (table["days"] == 7)]
    rows = rows[(rows["drivers"] == "everyone") & rows["figure"].isin(SHOWN)]
    variant = rows["kind"].str.partition(", ")[2]
    rows = rows[(variant == "") | variant.str.contains("|".join(wanted))]
    return rows.pivot_table("estimate", "kind", "figure", sort=False).reset_index()


def tornado(shop: Workshop, count: int = 100) -> pd.DataFrame:
    """What another assumption would have given: `assumption`, `kind`, `figure`, `less`, `base`,
    `more`; a network of so many cameras, a week kept.
    """
    wanted = ["trips put together, right", "home found", "trips reconstructed"]

    base_town = lru_cache(maxsize=1)(shop.town)  # a town takes a quarter of a gigabyte

    def one(how="busiest", traffic=1.0, repeats=REPEATS, blind=1.0, keeps=0.0, **town) -> pd.Series:
        if (traffic, repeats, blind, keeps, town) == (1.0, REPEATS, 1.0, 0.0, {}):
            made = _kept_state(shop, base_town, 0, how, count)
            made = made[made["kind"].isin([_label(kind, how) for kind in shop.kinds()])]
        else:
            built = base_town(0, **town)
            built = replace(built, traffic=traffic * shop.settings.traffic)
            made = state(shop, built, how, count, repeats, blind, keeps)
        made = made[(made["days"] == 7) & (made["drivers"] == "everyone")]
        made = made.assign(kind=made["kind"].str.split(",").str[0])
        return made[made["figure"].isin(wanted)].set_index(["kind", "figure"])["estimate"]

    base, parts = shop.kept("tornado base", one), []
    for name, less, more in tqdm(_CHANGES, "assumptions"):
        ends = [
            shop.kept(f"tornado {name} {k}", lambda change=change: one(**change))
            for k, change in enumerate((less, more))
        ]
        table = pd.DataFrame({"less": ends[0], "base": base, "more": ends[1]}).reset_index()
        parts.append(table.assign(assumption=name))
    columns = ["assumption", "kind", "figure", "less", "base", "more"]
    return pd.concat(parts, ignore_index=True)[columns]
