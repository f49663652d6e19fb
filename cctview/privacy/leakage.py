"""What leaks: how far a vehicle is identified by what cameras see of it.

`measure_leakage` looks for every passage of a dataset before every other camera, by a joint model
(`cctview.link.joint`) fitted on other vehicles, and `leakage_meter` makes the course's meter of it,
for one vehicle or for a passage drawn at random. How bits are counted is told in `cctview.stats.bits`;
its functions can be had from here too. Unicity of habits is in `cctview.privacy.unicity`, search in
galleries of any size in `cctview.privacy.open_set`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.dataset.road import POPULATION
from cctview.link.joint import fit_joint, search
from cctview.privacy.meter import Bits, LeakageMeter, Step
from cctview.stats.bits import (
    figures_with_intervals,
)
from cctview.stats.resampling import split_vehicles

METER_ORDER = (
    "time and place",
    "type and colour",
    "travel time",
    "embedding",
    "repeated sightings",
)
"""The order in which the meter adds the sources."""
METER_STEPS = {
    "seen": METER_ORDER[:2],
    "narrowed by the clock": METER_ORDER[2:3],
    "linked": METER_ORDER[3:],
}
"""The meter's steps, and the sources of each."""
FOLDS = 4
SOME = 20  # searched vehicles, below which there is nothing to say of unseen minutes


@dataclass(frozen=True)
class Leakage:
    """Searches of every passage before every other camera.

    Attributes
    ----------
    searches : DataFrame
        One row a step and search, see `cctview.link.joint.search`: `claimed`, `delivered`, `beyond`,
        `mated`, `rank1`, `rank`, `largest`, `none`, `step`, `query`, `vehicle`, `minute`, `camera`.
    candidates : DataFrame
        Of the last step: `probability`, `true`, `vehicle`.
    population, gallery : int
        N, and how many vehicles were measured.
    """

    searches: pd.DataFrame
    candidates: pd.DataFrame
    population: int
    gallery: int

    @property
    def steps(self):
        """The steps' names, in their order."""
        return list(pd.unique(self.searches["step"]))

    def of(self, vehicle):
        """The searches for one vehicle only.

        Raises
        ------
        ValueError
            If none of its passages was found.
        """
        part = self.searches[self.searches["vehicle"] == vehicle]
        if part.empty:
            raise ValueError(
                f"vehicle {vehicle}: no passage of it was found by the pipeline; choose another"
            )
        return Leakage(
            part,
            self.candidates[self.candidates["vehicle"] == vehicle],
            self.population,
            self.gallery,
        )

    def reached(self, rounds=400):
        """Bits after each step: a DataFrame with a row for each step and figure, columns
        `estimate`, `low`, `high`.
        """
        parts = {step: self.searches[self.searches["step"] == step] for step in self.steps}
        tables = {step: figures_with_intervals(part, rounds=rounds) for step, part in parts.items()}
        return pd.concat(tables, names=["step", "figure"])

    def added(self, names=None, rounds=400):
        """What each step adds given those before; `names` maps a name to the steps that it sums up."""
        names = names or {step: (step,) for step in self.steps}
        wide = self._wide()
        before, tables = 0.0, {}
        for name, steps in names.items():
            after = wide.xs(steps[-1], axis=1, level="step")
            gain = (after[["claimed", "delivered", "beyond"]] - before).reset_index()
            tables[name] = figures_with_intervals(gain, ["claimed", "delivered", "beyond"], rounds)
            before = after[["claimed", "delivered", "beyond"]]
        return pd.concat(tables, names=["step", "figure"])

    def false_confidence(self, rounds=400):
        """Claimed minus delivered bits after each step: `estimate`, `low`, `high`. Calibrated
        means: the interval holds 0.
        """
        wide = self._wide()
        gaps = (wide["claimed"] - wide["delivered"]).reset_index()
        return figures_with_intervals(gaps, self.steps, rounds)

    def _wide(self):
        index, columns = (
            ["query", "camera", "vehicle", "minute"],
            [
                "claimed",
                "delivered",
                "beyond",
            ],
        )
        return self.searches.pivot(index=index, columns="step", values=columns).rename_axis(
            columns=[None, "step"]
        )


def measure_leakage(
    passages, population=POPULATION, order=METER_ORDER, folds=FOLDS, seed=0, only=None
):
    """Look for every passage before every other camera, with models fitted on other vehicles.

    Parameters
    ----------
    passages : Passages
        From `find_passages`.
    population : int
        N: of how many vehicles each is one before any camera.
    order : sequence of str
        The order in which sources are added, see `cctview.link.joint.SOURCES`.
    folds : int
        Into so many parts the vehicles are divided; each is judged by a model fitted on the others.
    seed : int
    only : sequence of int, optional
        Judge these parts only, to check stored results.

    Returns
    -------
    Leakage

    Raises
    ------
    ValueError
        If there are too few vehicles to fit on, or the population is smaller than the gallery.
    """
    from tqdm import tqdm

    part, gallery = split_vehicles(passages.table, folds, seed), _gallery(passages, population)
    searches, candidates = [], []
    for fold in tqdm(range(folds) if only is None else only, "fitting and searching", unit="fold"):
        learnt = np.flatnonzero(part != fold)
        model = fit_joint(passages.part(learnt), order, seed)
        queries = np.flatnonzero(part == fold)
        found = search(passages, model.apply(passages, learnt), queries, population, gallery)
        searches.append(found[0])
        candidates.append(found[1])
    return Leakage(
        pd.concat(searches, ignore_index=True),
        pd.concat(candidates, ignore_index=True),
        population,
        gallery,
    )


def measure_unseen_minutes(passages, population=POPULATION, order=METER_ORDER, folds=FOLDS, seed=0):
    """Fit on the first half of the minutes and search in the second, for vehicles that were not
    fitted on.

    One part in `folds` of the vehicles is looked for; the others' passages in the first half are
    what is fitted on.

    Returns
    -------
    Leakage

    Raises
    ------
    ValueError
        If either half holds too few vehicles.
    """
    table, part = passages.table, split_vehicles(passages.table, folds, seed)
    late = (table["minute"] > (table["minute"].min() + table["minute"].max()) // 2).to_numpy()
    model = fit_joint(passages.part(np.flatnonzero((part > 0) & ~late)), order, seed)
    unseen = passages.part(np.flatnonzero(late))
    queries = np.flatnonzero(part[late] == 0)
    if unseen.table["vehicle"].iloc[queries].nunique() < SOME:
        raise ValueError(
            f"fewer than {SOME} vehicles to look for in the second half of the minutes; take more"
            " minutes"
        )
    searches, candidates = search(
        unseen, model.apply(unseen), queries, population, _gallery(passages, population)
    )
    return Leakage(searches, candidates, population, _gallery(passages, population))


def _gallery(passages, population):
    """How many vehicles the passages show, those that are no vehicle's counting as one each."""
    vehicle = passages.table["vehicle"]
    gallery = int(vehicle[vehicle >= 0].nunique() + (vehicle < 0).sum())
    if population < gallery:
        raise ValueError(
            f"a population of {population:,} is smaller than the gallery, {gallery:,} vehicles"
        )
    return max(gallery, int(passages.table.groupby("camera").size().max()) + 1)


def leakage_meter(leakage, vehicle=None, name=None, rounds=400):
    """The meter after *seen*, *narrowed by the clock* and *linked*.

    Parameters
    ----------
    leakage : Leakage
        With `METER_ORDER`.
    vehicle : int, optional
        Whom it is about; by default a passage drawn at random.
    name : str, optional
        What to call the target.
    rounds : int
        Of the bootstrap.

    Returns
    -------
    LeakageMeter
        The interval of one vehicle is over its passages alone.
    """
    part = leakage if vehicle is None else leakage.of(vehicle)
    added, reached = part.added(METER_STEPS, rounds), part.reached(rounds)
    steps = []
    for step, sources in METER_STEPS.items():
        claimed, delivered = (
            Bits.around(*added.loc[(step, kind)]) for kind in ("claimed", "delivered")
        )
        beyond = float(
            np.clip(added.loc[(step, "beyond"), "estimate"], 0, max(claimed.estimate, 0))
        )
        odds = reached.loc[(sources[-1], "rank1"), "estimate"]
        note = f"{' and '.join(sources)}; {len(part.searches) // len(part.steps)} searches"
        steps.append(
            Step(step, claimed, delivered, beyond, None if np.isnan(odds) else float(odds), note)
        )
    target = name or ("a passage drawn at random" if vehicle is None else f"vehicle {vehicle}")
    return LeakageMeter(target, leakage.population, tuple(steps), world="twin")


def your_car(trips, drivers, kind, colour, hour):
    """How many other vehicles of this type and colour are on the road in this hour of a weekday: a
    two-minute opener.

    Parameters
    ----------
    trips, drivers : DataFrame
        Six weeks of habits: ``data/habits/trips.parquet`` and ``drivers.parquet``. In this model
        world.
    kind, colour : str
        Such as "sedan" and "blue".
    hour : int
        0 to 23.

    Returns
    -------
    Series
        `everyone`: distinct vehicles in that hour of a weekday, in the mean; `of_kind`: those of
        this type; `alike`: those of this type and colour; `low` and `high`: their 95 % interval
        over days; `bits`: log2(everyone / alike), what type and colour give away, NaN if nobody is
        alike.

    Raises
    ------
    ValueError
        If the hour is none, or no such vehicle is in the table; names those that are.
    """
    from cctview.stats.resampling import bootstrap

    if not 0 <= hour <= 23:
        raise ValueError(f"expected an hour from 0 to 23, but got {hour}")
    for column, value in (("kind", kind), ("colour", colour)):
        if value not in set(drivers[column].astype(str)):
            raise ValueError(
                f"no {column} {value!r}; there are"
                f" {', '.join(sorted(set(drivers[column].astype(str))))}"
            )
    entered = trips["entered"]
    weekdays = entered.dt.normalize()[entered.dt.day_of_week < 5].unique()
    here = trips.loc[
        (entered.dt.day_of_week < 5) & (entered.dt.hour == hour), ["vehicle", "entered"]
    ]
    days = here["entered"].dt.normalize()

    def each_day(chosen):
        """Distinct vehicles among these drivers, on each weekday."""
        rows = here["vehicle"].isin(drivers.loc[chosen, "vehicle"])
        return (
            here[rows]
            .groupby(days[rows])["vehicle"]
            .nunique()
            .reindex(weekdays, fill_value=0)
            .to_numpy(float)
        )

    everyone = here.groupby(days)["vehicle"].nunique().reindex(weekdays, fill_value=0)
    of_kind = drivers["kind"].astype(str) == kind
    own = each_day(of_kind & (drivers["colour"].astype(str) == colour))
    interval = bootstrap(lambda rows: own[rows].mean(), np.arange(len(own)), 400).loc[0]
    bits = np.log2(everyone.mean() / own.mean()) if own.any() else np.nan
    low, high = interval[["low", "high"]]
    found = {"everyone": everyone.mean(), "of_kind": each_day(of_kind).mean(), "alike": own.mean()}
    return pd.Series({**found, "low": low, "high": high, "bits": bits})
