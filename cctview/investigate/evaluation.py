"""How often a search, a dossier and a join are right, by labels that the caller hands in."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from cctview.dataset import POPULATION, street_of
from cctview.investigate.dossier import NAMED, Dossier, Name, build_dossier
from cctview.investigate.joins import fitting, posterior_of_join
from cctview.investigate.search import JOINT, SearchSettings, VehicleSearch
from cctview.link import TripJudge
from cctview.privacy import Bits, Interval, LeakageMeter, Step
from cctview.stats import bootstrap, identification_bits, wilson


@dataclass(frozen=True)
class JudgedDossier(Dossier):
    """A dossier, and what of it is right: its sightings have a column `right`.

    Attributes
    ----------
    vehicle : int
        The one that it is about.
    delivered : float
        Bits, the mean over its searches; NaN where there is no probability.
    """

    vehicle: int = -1
    delivered: float = np.nan

    @property
    def name_right(self) -> bool | None:
        """Whether a join named the right entry; None without a join."""
        return None if self.name is None else self.name.vehicle == self.vehicle

    def known(self) -> list[tuple[str, str]]:
        """What no operator has: what of it all is right, as pairs of words."""
        linked = self.sightings[self.sightings["id"] != self.picked]
        wrong = ", ".join(map(street_of, linked.loc[~linked["right"], "camera"]))
        links = f"{linked['right'].sum()} of {len(linked)} are right"
        known = [("links", links + (f"; wrong: {wrong}" if wrong else ""))]
        if np.isfinite(self.delivered):
            known.append(("bits", f"{self.delivered:.1f} are right of {self.claimed:.1f} claimed"))
        if self.name is not None:
            known.append(("the name", "right" if self.name_right else "wrong"))
        return known


@dataclass(frozen=True)
class Judge:
    """Tells right from wrong in what a search finds.

    Attributes
    ----------
    search : VehicleSearch
    trips : TripJudge
        Of the search's finder.
    """

    search: VehicleSearch
    trips: TripJudge

    @property
    def vehicles(self) -> np.ndarray:
        """The vehicle that each group shows, -1 for none that drives, (n,)."""
        return self.trips.labels["vehicle"].to_numpy()

    def right(self, detection: str, ids: pd.Series) -> np.ndarray:
        """Whether each of some detections shows the vehicle of another, (k,)."""
        vehicle = self.vehicles[self.search.group_of(detection)]
        groups = [self.search.group_of(name) for name in ids]
        return (self.vehicles[groups] == vehicle) & (vehicle >= 0)

    def candidates(self, detection: str, candidates: pd.DataFrame) -> pd.DataFrame:
        """Candidates with a column `right`."""
        return candidates.assign(right=self.right(detection, candidates["id"]))

    def dossier(
        self,
        detection: str,
        settings: SearchSettings,
        sure: float = 0.5,
        number: int = 1,
        links: pd.DataFrame | None = None,
    ) -> JudgedDossier:
        """The dossier that a click builds, as `build_dossier`, and what of it is right."""
        group, delivered = self.search.group_of(detection), np.nan
        if settings.ranking == JOINT:
            if links is None:
                links = self.trips.links(np.array([group]), minutes=settings.minutes)
            delivered = float(links["delivered"].mean())
        dossier = build_dossier(self.search, detection, settings, sure, number, links)
        rows = dossier.sightings
        right = (rows["id"] == dossier.picked) | self.right(detection, rows["id"])
        held = {field.name: getattr(dossier, field.name) for field in fields(dossier)}
        held |= {"sightings": rows.assign(right=right), "delivered": delivered}
        return JudgedDossier(**held, vehicle=int(self.vehicles[group]))

    def dossiers(self, groups: np.ndarray, settings: SearchSettings) -> list[JudgedDossier]:
        """The dossiers that clicks on many vehicles build by the joint model, group by group."""
        links = self.trips.links(groups, minutes=settings.minutes)
        of_query = dict(list(links.groupby("query")))
        shown = self.search.groups["shown"]
        return [
            self.dossier(shown.iloc[group], settings, links=of_query[group]) for group in groups
        ]

    def first_guesses(self, queries: np.ndarray, settings: SearchSettings) -> pd.DataFrame:
        """Whether the first candidate is right, for vehicles that are there to be found.

        Parameters
        ----------
        queries : array_like of int, shape (k,)
            Groups of a search with a finder.
        settings : SearchSettings

        Returns
        -------
        DataFrame
            One row a search: `query`, `camera`, `right`.
        """
        queries, vehicles = np.asarray(queries, int), self.vehicles
        if settings.ranking == JOINT:
            first = self.search.joint_model.links(queries, minutes=settings.minutes)
            first = first.rename(columns={"tracklet": "group"})[["query", "camera", "group"]]
        else:
            first = _first_by_distance(self.search, queries, settings)
        passed = set(zip(self.search.groups["camera"], vehicles, strict=True))
        wanted = vehicles[first["query"]]
        present = [pair in passed for pair in zip(first["camera"], wanted, strict=True)]
        group = first["group"].to_numpy(int)
        right = (group >= 0) & (vehicles[group] == wanted)
        return first.assign(right=right).loc[present, ["query", "camera", "right"]]


def _first_by_distance(search, queries, settings):
    """The nearest group past each other camera: `query`, `camera`, `group` (-1: none is left)."""
    camera = search.groups["camera"].to_numpy()
    distances = search.distances(list(search.groups["shown"].iloc[queries]), settings.ranking)
    rows = []
    for query, each in zip(queries, distances, strict=True):
        kept = np.where(search.allowed(query, settings), each, np.inf)
        for other in search.cameras:
            groups = np.flatnonzero(camera == other)
            nearest = groups[np.argmin(kept[groups])]
            if other != camera[query]:
                rows.append((query, other, nearest if np.isfinite(kept[nearest]) else -1))
    return pd.DataFrame(rows, columns=["query", "camera", "group"])


def share_of_first_guesses(guesses: pd.DataFrame, rounds: int = 300) -> pd.Series:
    """The share of first guesses (`Judge.first_guesses`) that are right: estimate, low, high.

    The 95 % interval draws whole vehicles again in each of the `rounds`.
    """
    each = guesses.groupby("query")["right"].agg(["sum", "count"]).to_numpy(float)
    drawn = bootstrap(
        lambda rows: each[rows, 0].sum() / each[rows, 1].sum(), np.arange(len(each)), rounds
    )
    return drawn.loc[0, ["estimate", "low", "high"]]


def describe_names(joined: dict[str, JudgedDossier]) -> pd.DataFrame:
    """What some joins found, as a table to read: a row each, by what was put beside the dossier."""
    rows = {}
    for words, dossier in joined.items():
        name = dossier.name or Name("nothing")
        rows[words] = {
            "entries that fit": name.fitting,
            "the first of them": name.holder or "nobody",
            "claimed": f"{100 * name.probability:.0f} %",
            "the truth": "right" if dossier.name_right else "wrong",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def measure_joins(
    dossiers: list[JudgedDossier],
    register: pd.DataFrame,
    fact: str,
    camera: str | None = None,
    seconds: float = 2.0,
) -> pd.DataFrame:
    """What a join makes of many dossiers.

    The other parameters are those of `cctview.investigate.joins.posterior_of_join`.

    Returns
    -------
    DataFrame
        One row a dossier: `fitting` entries, `probability` of the first, `named` (that is at least
        a half), `right` (the first is the correct one), `claimed` and `delivered` bits, of a city's
        vehicles.
    """
    entries = register["vehicle"].to_numpy()
    vehicles = np.array([dossier.vehicle for dossier in dossiers])
    posterior = np.stack(
        [posterior_of_join(dossier, register, fact, camera, seconds) for dossier in dossiers]
    )
    shares = posterior[:, :-1]
    true = (entries == vehicles[:, None]) & (shares > 0)
    bits = identification_bits(posterior, true, POPULATION)
    most, first = shares.max(axis=1), entries[shares.argmax(axis=1)]
    table = {"fitting": [fitting(row) for row in shares], "probability": most}
    table |= {"named": most >= NAMED, "right": (most > 0) & (first == vehicles)}
    return pd.DataFrame(table).join(bits[["claimed", "delivered"]])


def join_step(
    joins: pd.DataFrame,
    meter: LeakageMeter,
    name: str = "named by one outside fact",
    rounds: int = 400,
) -> Step:
    """The meter's step for a join: what it adds to the steps before.

    Parameters
    ----------
    joins : DataFrame
        From `measure_joins`, each about another vehicle.
    meter : cctview.privacy.meter.LeakageMeter
    name : str
    rounds : int
        Of the bootstrap over the dossiers.
    """
    values, count = joins["delivered"].to_numpy(), len(joins)
    drawn = bootstrap(lambda rows: values[rows].mean(), np.arange(count), rounds).loc[0]
    names = [step.name for step in meter.steps]
    meter = replace(meter, steps=meter.steps[: names.index(name)]) if name in names else meter
    before = meter.given().estimate
    right = Interval.around(joins["right"].mean(), *wilson(joins["right"].sum(), count))
    return Step(name, Bits.around(*(drawn - before)), right, f"{count} dossiers")
