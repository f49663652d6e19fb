"""How often trips are right, by labels and true passes that the caller hands in."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cctview.dataset import POPULATION
from cctview.link.trips import SURE, TripFinder
from cctview.stats import identification_bits, wilson

_SEES = 0.2
"""A camera sees a carriageway if the tracker has such a share of the passes there. On the simulated
road it has 79 % or more at eleven, and 5 % at the twelfth, which a barrier hides.
"""


@dataclass(frozen=True)
class TripJudge:
    """Judges what a finder finds.

    Attributes
    ----------
    finder : TripFinder
    labels : DataFrame
        What each of its tracklets shows: `vehicle` (-1: none that drives), `direction`, `kind`,
        `colour`.
    passes : DataFrame
        When each vehicle drove past each camera while they recorded: index `vehicle`, a column a
        camera.
    """

    finder: TripFinder
    labels: pd.DataFrame
    passes: pd.DataFrame

    def same(self, tracklet: int, candidates: np.ndarray) -> np.ndarray:
        """Which candidates show the vehicle of a tracklet, (k,): none if it is none that drives."""
        vehicle = self.labels["vehicle"].to_numpy()
        return (vehicle[candidates] == vehicle[tracklet]) & (vehicle[tracklet] >= 0)

    def sighting_of(self, vehicle: int, camera: str) -> str:
        """Id of the detection that shows a vehicle best at a camera; a KeyError if none does."""
        table = self.finder.tracklets.table
        rows = table[(self.labels["vehicle"] == vehicle) & (table["camera"] == camera)]
        if rows.empty:
            raise KeyError(f"vehicle {vehicle} was not detected at {camera}; choose another")
        return str(self.finder.shown[rows["detections"].idxmax()])

    def vehicle_of(self, detection: str) -> int:
        """The vehicle that a detection shows; -1 for none that drives."""
        return int(self.labels["vehicle"].iloc[self.finder.tracklet_of(detection)])

    def true_trip(self, detection: str) -> pd.Series | None:
        """When a detection's vehicle really passed each camera; None if it is none that drives."""
        vehicle = self.vehicle_of(detection)
        return self.passes.loc[vehicle] if vehicle in self.passes.index else None

    def find(self, detection: str) -> pd.DataFrame:
        """As `TripFinder.find`, with `right`; that of the pick is right."""
        trip = self.finder.find(detection)
        rows = np.array([self.finder.tracklet_of(name) for name in trip["id"]], int)
        pick = self.finder.tracklet_of(detection)
        return trip.assign(right=self.same(pick, rows) | (rows == pick))

    def whole_trips(self, camera: str) -> np.ndarray:
        """Tracklets at a camera of the vehicles that passed all cameras while they recorded, one of
        each, (k,).
        """
        table = self.finder.tracklets.table.assign(vehicle=self.labels["vehicle"])
        whole = self.passes.index[self.passes[self.finder.cameras].notna().all(axis=1)]
        rows = table[(table["camera"] == camera) & table["vehicle"].isin(whole)]
        longest = rows.sort_values("detections", kind="stable").drop_duplicates(
            "vehicle", keep="last"
        )
        return longest.index.sort_values().to_numpy()

    def candidates(self, detection: str, camera: str, count: int = 5) -> pd.DataFrame:
        """As `TripFinder.candidates`, with `right`."""
        best = self.finder.candidates(detection, camera, count)
        rows = np.array([self.finder.tracklet_of(name) for name in best["id"]], int)
        return best.assign(right=self.same(self.finder.tracklet_of(detection), rows))

    def carriageways(self) -> list[tuple[str, str]]:
        """The cameras and directions where the tracker has at least a fifth of the passes.

        A camera that sees the other carriageway alone cannot find anybody on this one: that is no
        failure of a search.
        """
        ways = self.labels.loc[self.labels["vehicle"] >= 0, ["vehicle", "direction"]]
        direction = ways.drop_duplicates("vehicle").set_index("vehicle")["direction"]
        tracked = set(
            zip(self.finder.tracklets.table["camera"], self.labels["vehicle"], strict=True)
        )
        found = []
        for camera in self.finder.cameras:
            passed = direction.loc[direction.index.isin(self.passes[camera].dropna().index)]
            for way, vehicles in passed.groupby(passed):
                if np.mean([(camera, v) in tracked for v in vehicles.index]) >= _SEES:
                    found.append((camera, str(way)))
        return found

    def links(
        self,
        queries: ArrayLike,
        cameras: Iterable[str] | None = None,
        minutes: float | None = None,
    ) -> pd.DataFrame:
        """As `TripFinder.links`, with `vehicle` (looked for), `right` (the candidate is it),
        `passed` (it passed there while they recorded), `tracked` (and the tracker has the pass),
        `seen` (the camera sees that carriageway at all), `delivered` (bits).
        """
        vehicle, parts = self.labels["vehicle"].to_numpy(), []
        ways, seen = self.labels["direction"].to_numpy(), set(self.carriageways())
        for search in self.finder.searches(queries, cameras, minutes):
            wanted, posterior = vehicle[search.queries], search.posterior
            true_match = (wanted[:, None] == vehicle[search.rows]) & (wanted[:, None] >= 0)
            bits = identification_bits(posterior, true_match & (posterior[:, :-1] > 0), POPULATION)
            judged = search.links().assign(
                vehicle=wanted,
                right=true_match[np.arange(len(wanted)), search.best],
                passed=self.passes[search.camera].reindex(wanted).notna().to_numpy(),
                tracked=true_match.any(axis=1),
                seen=[(search.camera, way) in seen for way in ways[search.queries]],
                delivered=bits["delivered"],
            )
            parts.append(judged)
        return pd.concat(parts, ignore_index=True)


def verdicts(links: pd.DataFrame, sure: float = SURE) -> np.ndarray:
    """What became of each link (columns `probability`, `right`): "right", "wrong", "not linked"."""
    linked, right = links["probability"].to_numpy(float) >= sure, links["right"].to_numpy(bool)
    return np.where(linked, np.where(right, "right", "wrong"), "not linked")


def count_trips(links: pd.DataFrame, sure: float = SURE) -> pd.DataFrame:
    """Of how many vehicles the whole trip is right, and of how many a link is wrong.

    Parameters
    ----------
    links : DataFrame
        From `TripJudge.links`.
    sure : float

    Returns
    -------
    DataFrame
        Rows "could be" (tracked at every other camera that sees its carriageway: the ceiling),
        "whole" (right at all of these), "some" (right at least at one, and none wrong), "nothing"
        (not linked at all) and "wrong" (at least one link is wrong); columns `count`, `of`, `low`,
        `high` (shares, 95 % intervals by Wilson).
    """
    verdict = verdicts(links, sure)
    each = links.assign(
        right=(verdict == "right") | ~links["seen"],
        tracked=links["tracked"] | ~links["seen"],
        wrong=verdict == "wrong",
        nobody=verdict == "not linked",
    ).groupby("query")
    could, whole = each["tracked"].all(), each["right"].all()
    wrong, nothing = each["wrong"].any(), each["nobody"].all()
    whole &= ~wrong
    kinds = {
        "could be": could,
        "whole": whole,
        "some": ~(whole | wrong | nothing),
        "nothing": nothing,
        "wrong": wrong,
    }
    rows = [(int(kind.sum()), len(kind), *wilson(kind.sum(), len(kind))) for kind in kinds.values()]
    return pd.DataFrame(rows, index=list(kinds), columns=["count", "of", "low", "high"])
