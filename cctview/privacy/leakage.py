"""What leaks: how far a vehicle is identified by what cameras see of it.

`Leakage` holds searches for the vehicle of every tracklet at every other camera, by a joint model
(`cctview.link.joint`) fitted on other vehicles, and `leakage_meter` makes the course's meter of it,
for one vehicle or for a pass drawn at random. `cctview.stats.bits` says how bits are counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cctview.privacy.meter import Bits, LeakageMeter, Step
from cctview.stats import bootstrap, figures_with_intervals

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


@dataclass(frozen=True)
class Leakage:
    """Searches for the vehicle of every tracklet at every other camera.

    Attributes
    ----------
    searches : DataFrame
        One row a step and search, see `studio.studies.searches.judge_searches`.
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
        """The searches for one vehicle only; a ValueError if it has no tracklet."""
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
        """Bits after each step, a row a step and figure; columns `estimate`, `low`, `high`."""
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
        """Claimed minus delivered bits by step: estimate, low, high; calibrated if 0 is between."""
        wide = self._wide()
        gaps = (wide["claimed"] - wide["delivered"]).reset_index()
        return figures_with_intervals(gaps, self.steps, rounds)

    def _wide(self) -> pd.DataFrame:
        """One row a search, the bits of each step in columns (figure, step)."""
        index, values = ["query", "camera", "vehicle", "minute"], ["claimed", "delivered", "beyond"]
        wide = self.searches.pivot(index=index, columns="step", values=values)
        return wide.rename_axis(columns=[None, "step"])


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
