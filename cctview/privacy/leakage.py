"""What leaks: how far a vehicle is identified by what cameras see of it.

`measure_leakage` looks for every tracklet of a dataset at every other camera, by a joint model
(`cctview.link.joint`) fitted on other vehicles, and `leakage_meter` makes the course's meter of it,
for one vehicle or for a pass drawn at random. `cctview.stats.bits` says how bits are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.dataset.road import POPULATION
from cctview.link.evaluation import judge_searches
from cctview.link.joint import fit_joint
from cctview.privacy.meter import Bits, LeakageMeter, Step
from cctview.stats import bootstrap, figures_with_intervals, split_vehicles
from cctview.track.tracklets import Tracklets

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
_FOLDS = 4
_SOME = 20  # searched vehicles, below which there is nothing to say of unseen minutes


@dataclass(frozen=True)
class Leakage:
    """Searches for the vehicle of every tracklet at every other camera.

    Attributes
    ----------
    searches : DataFrame
        One row a step and search, see `cctview.link.evaluation.judge_searches`.
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
    def steps(self) -> list[str]:
        """The steps' names, in their order."""
        return list(pd.unique(self.searches["step"]))

    def of(self, vehicle: int) -> "Leakage":
        """The searches for one vehicle only.

        Raises
        ------
        ValueError
            If it has no tracklet.
        """
        part = self.searches[self.searches["vehicle"] == vehicle]
        if part.empty:
            raise ValueError(
                f"vehicle {vehicle}: the pipeline made no tracklet of it; choose another"
            )
        return Leakage(
            part,
            self.candidates[self.candidates["vehicle"] == vehicle],
            self.population,
            self.gallery,
        )

    def reached(self, rounds: int = 400) -> pd.DataFrame:
        """Bits after each step: a DataFrame with a row for each step and figure, columns
        `estimate`, `low`, `high`.
        """
        parts = {step: self.searches[self.searches["step"] == step] for step in self.steps}
        tables = {step: figures_with_intervals(part, rounds=rounds) for step, part in parts.items()}
        return pd.concat(tables, names=["step", "figure"])

    def added(
        self, names: Mapping[str, Sequence[str]] | None = None, rounds: int = 400
    ) -> pd.DataFrame:
        """What each step adds given those before; `names` maps a name to the steps that it sums."""
        names = names or {step: (step,) for step in self.steps}
        columns = ["claimed", "delivered", "beyond"]
        wide, tables = self._wide(), {}
        before: pd.DataFrame | float = 0.0
        for name, steps in names.items():
            after = wide.xs(steps[-1], axis=1, level="step")[columns]
            gain = (after - before).reset_index()
            tables[name] = figures_with_intervals(gain, columns, rounds)
            before = after
        return pd.concat(tables, names=["step", "figure"])

    def false_confidence(self, rounds: int = 400) -> pd.DataFrame:
        """Claimed minus delivered bits after each step: `estimate`, `low`, `high`; an interval that
        holds 0 means calibrated.
        """
        wide = self._wide()
        gaps = (wide["claimed"] - wide["delivered"]).reset_index()
        return figures_with_intervals(gaps, self.steps, rounds)

    def _wide(self) -> pd.DataFrame:
        """One row a search, the bits of each step in columns (figure, step)."""
        index, values = ["query", "camera", "vehicle", "minute"], ["claimed", "delivered", "beyond"]
        wide = self.searches.pivot(index=index, columns="step", values=values)
        return wide.rename_axis(columns=[None, "step"])


def measure_leakage(
    tracklets: Tracklets,
    labels: pd.DataFrame,
    population: int = POPULATION,
    order: Sequence[str] = METER_ORDER,
    folds: int = _FOLDS,
    seed: int = 0,
    only: Sequence[int] | None = None,
) -> Leakage:
    """Look for every tracklet at every other camera, with models fitted on other vehicles.

    Parameters
    ----------
    tracklets : Tracklets
    labels : DataFrame
        What each shows, row by row: `vehicle`, `direction`, `kind`, `colour`.
    population : int
        N: of how many vehicles each is one before any camera.
    order : sequence of str
        The order in which sources are added, see `cctview.link.joint.SOURCES`.
    folds : int
        Into so many parts the vehicles are divided; each is judged by a model fitted on the others.
    seed : int
    only : sequence of int, optional
        Judge these parts only, to check stored results.

    Raises
    ------
    ValueError
        If there are too few vehicles to fit on, or the population is smaller than the gallery.
    """
    from tqdm import tqdm

    part = split_vehicles(labels, folds, seed)
    gallery = _gallery(tracklets, labels, population)
    searches, candidates = [], []
    for fold in tqdm(range(folds) if only is None else only, "fitting and searching", unit="fold"):
        fitted = np.flatnonzero(part != fold)
        model = fit_joint(tracklets.part(fitted), _rows(labels, fitted), order, seed)
        ratios, queries = model.apply(tracklets, fitted), np.flatnonzero(part == fold)
        judged = judge_searches(tracklets, labels, ratios, queries, population, gallery)
        searches.append(judged[0])
        candidates.append(judged[1])
    return Leakage(
        pd.concat(searches, ignore_index=True),
        pd.concat(candidates, ignore_index=True),
        population,
        gallery,
    )


def measure_unseen_minutes(
    tracklets: Tracklets,
    labels: pd.DataFrame,
    population: int = POPULATION,
    order: Sequence[str] = METER_ORDER,
    folds: int = _FOLDS,
    seed: int = 0,
) -> Leakage:
    """Fit on the first half of the minutes and search in the second, for vehicles that were not
    fitted on.

    One part in `folds` of the vehicles is looked for; the others' tracklets in the first half are
    fitted on.

    Raises
    ------
    ValueError
        If either half holds too few vehicles.
    """
    minute, part = tracklets.table["minute"], split_vehicles(labels, folds, seed)
    late = (minute > (minute.min() + minute.max()) // 2).to_numpy()
    fitted = np.flatnonzero((part > 0) & ~late)
    model = fit_joint(tracklets.part(fitted), _rows(labels, fitted), order, seed)
    unseen = tracklets.part(np.flatnonzero(late))
    shown, queries = _rows(labels, np.flatnonzero(late)), np.flatnonzero(part[late] == 0)
    if shown["vehicle"].iloc[queries].nunique() < _SOME:
        raise ValueError(
            f"fewer than {_SOME} vehicles to look for in the second half of the minutes; take more"
            " minutes"
        )
    gallery = _gallery(tracklets, labels, population)
    judged = judge_searches(unseen, shown, model.apply(unseen), queries, population, gallery)
    return Leakage(*judged, population, gallery)


def _rows(labels: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    return labels.iloc[rows].reset_index(drop=True)


def _gallery(tracklets: Tracklets, labels: pd.DataFrame, population: int) -> int:
    """How many vehicles the tracklets show; those of no vehicle count as one each."""
    vehicle = labels["vehicle"]
    gallery = int(vehicle[vehicle >= 0].nunique() + (vehicle < 0).sum())
    if population < gallery:
        raise ValueError(
            f"a population of {population:,} is smaller than the gallery, {gallery:,} vehicles"
        )
    return max(gallery, int(tracklets.table.groupby("camera").size().max()) + 1)


def leakage_meter(
    leakage: Leakage, vehicle: int | None = None, name: str | None = None, rounds: int = 400
) -> LeakageMeter:
    """The meter after *seen*, *narrowed by the clock* and *linked*.

    Parameters
    ----------
    leakage : Leakage
        With `METER_ORDER`.
    vehicle : int, optional
        The vehicle that it is about; by default that of a pass drawn at random.
    name : str, optional
        What to call the target.
    rounds : int
        Of the bootstrap.

    Returns
    -------
    LeakageMeter
        The interval of one vehicle is over its own passes alone.
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


def your_car(
    trips: pd.DataFrame, drivers: pd.DataFrame, kind: str, colour: str, hour: int
) -> pd.Series:
    """How many vehicles of this type and colour are on the road in this hour of a weekday.

    Parameters
    ----------
    trips, drivers : DataFrame
        Six weeks of simulated habits: ``data/habits/trips.parquet`` and ``drivers.parquet``.
    kind, colour : str
        Such as "sedan" and "blue".
    hour : int
        0 to 23.

    Returns
    -------
    Series
        `everyone`: distinct vehicles in that hour of a weekday, on average; `of_kind`: those of
        this type; `alike`: those of this type and colour; `low` and `high`: their 95 % interval
        over days; `bits`: log2(everyone / alike), what type and colour give away, NaN if none is
        alike.

    Raises
    ------
    ValueError
        If the hour is none, or no such vehicle is in the table; names those that are.
    """
    if not 0 <= hour <= 23:
        raise ValueError(f"expected an hour from 0 to 23, but got {hour}")
    for column, value in (("kind", kind), ("colour", colour)):
        names = set(drivers[column].astype(str))
        if value not in names:
            raise ValueError(f"no {column} {value!r}; there are {', '.join(sorted(names))}")
    entered = trips["entered"]
    weekdays = entered.dt.normalize()[entered.dt.day_of_week < 5].unique()
    driven = trips[(entered.dt.day_of_week < 5) & (entered.dt.hour == hour)]
    days = driven["entered"].dt.normalize()

    def each_day(vehicles: pd.Series) -> np.ndarray:
        """Distinct vehicles among these, on each weekday."""
        rows = driven["vehicle"].isin(vehicles)
        counts = driven[rows].groupby(days[rows])["vehicle"].nunique()
        return counts.reindex(weekdays, fill_value=0).to_numpy(float)

    of_kind = drivers["kind"].astype(str) == kind
    of_colour = drivers["colour"].astype(str) == colour
    everyone = each_day(driven["vehicle"]).mean()
    alike = each_day(drivers.loc[of_kind & of_colour, "vehicle"])
    interval = bootstrap(lambda rows: alike[rows].mean(), np.arange(len(alike)), 400).loc[0]
    return pd.Series(
        {
            "everyone": everyone,
            "of_kind": each_day(drivers.loc[of_kind, "vehicle"]).mean(),
            "alike": alike.mean(),
            "low": interval["low"],
            "high": interval["high"],
            "bits": np.log2(everyone / alike.mean()) if alike.any() else np.nan,
        }
    )
