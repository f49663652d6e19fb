"""The dossier that one click builds.

It is anonymous: it has a number, places, times, what is read off the crops, and how sure all that
is. A dossier about real vehicles is personal data. It exists in memory only, and `save_dossier`
refuses it.
"""

import json
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import DetectionId, place_of, street_of, write_bytes
from cctview.investigate.search import JOINT, SearchSettings, VehicleSearch
from cctview.link import ATTRIBUTES

MEMORY_ONLY = (
    "These frames are your own, and may show real people's cars. A dossier on one of them is"
    " personal data, so it is kept in memory only: it cannot be saved, and it is gone when this"
    " page is closed."
)
DIRECTIONS = {"S": "southbound", "N": "northbound"}
NAMED = 0.5
"""An entry names a dossier if it is more probably than not the one."""


@dataclass(frozen=True)
class Name:
    """What a join found.

    Attributes
    ----------
    fact : str
        One of `cctview.investigate.joins.FACTS`.
    holder : str or None
        Whom the register names; None if no entry fits.
    vehicle : int or None
        The number of that entry's vehicle.
    fitting : int
        How many entries fit.
    probability : float
        What the join claims: that of the first of them.
    """

    fact: str
    holder: str | None = None
    vehicle: int | None = None
    fitting: int = 0
    probability: float = 0.0

    def __str__(self) -> str:
        if not self.fitting:
            return f"{self.fact}: nobody in the register fits"
        others = f", first of {self.fitting} that fit" if self.fitting > 1 else ", nobody else fits"
        return f"{self.fact}: {self.holder}, {100 * self.probability:.0f} %{others}"


@dataclass(frozen=True)
class Dossier:
    """What is held on one vehicle.

    Attributes
    ----------
    number : int
        The only name it has.
    picked : str
        Id of the detection that was clicked.
    sightings : DataFrame
        The pick and what was linked to it: columns `camera`, `time`, `after` (s), `id`,
        `probability`.
    read_off : dict of str to (str, float)
        What was read off the crops and the trip, and how sure that is (0 to 1; NaN if nothing
        says).
    claimed : float
        Bits, the mean over its searches; NaN where there is no probability.
    own : bool
        Whether it is about frames of one's own, perhaps real people's vehicles.
    chances : dict of str to Series
        For type ("kind") and colour, how probable each value is.
    name : Name or None
    """

    number: int
    picked: str
    sightings: pd.DataFrame
    read_off: dict[str, tuple[str, float]]
    claimed: float = np.nan
    own: bool = False
    chances: dict[str, pd.Series] = field(default_factory=dict, repr=False)
    name: Name | None = None

    def lines(self) -> list[tuple[str, str]]:
        """The dossier as pairs of words: what, and what is held."""
        first, last, count = self.sightings.iloc[0], self.sightings.iloc[-1], len(self.sightings)
        who = f"vehicle {self.number}, no name"
        if self.name and self.name.probability >= NAMED:
            who = f"vehicle {self.number} = {self.name.holder}?"
        where = f"{street_of(first['camera'])}, {first['time']:%H:%M:%S}"
        if count > 1:
            where += f" to {street_of(last['camera'])}, {last['time']:%H:%M:%S}"
        lines = [("who", who), ("where and when", where)]
        lines.append(("cameras", f"{count}, linked by one click"))
        for what, (value, probability) in self.read_off.items():
            sure = f" ({100 * probability:.0f} %)" if np.isfinite(probability) else ""
            lines.append((what, value + sure))
        sure = "nothing says: a distance is no probability"
        if np.isfinite(self.claimed):
            sure = f"claims {self.claimed:.1f} bits a search"
        lines.append(("how sure", sure))
        if self.name:
            lines.append(("the join", str(self.name)))
        return lines


def build_dossier(
    search: VehicleSearch,
    detection: str,
    settings: SearchSettings,
    sure: float = 0.5,
    number: int = 1,
    links: pd.DataFrame | None = None,
) -> Dossier:
    """The dossier that a click on a detection builds.

    Parameters
    ----------
    search : VehicleSearch
    detection : str
    settings : SearchSettings
    sure : float
        A first candidate is linked if it is at least so probable, or, ranked by distance, at most
        so far away.
    number : int
    links : DataFrame, optional
        The first candidates of this search by the joint model, where they are known already.
    """
    group, claimed = search.group_of(detection), np.nan
    pick = search.groups.iloc[group]
    if settings.ranking == JOINT:
        if links is None:
            links = search.joint_model.links(np.array([group]), minutes=settings.minutes)
        claimed = float(links["claimed"].mean())
        kept = links[links["probability"] >= sure]
        chosen = search.groups.iloc[kept["tracklet"].to_numpy(int)]
        linked = pd.DataFrame(
            {
                "camera": chosen["camera"].to_numpy(),
                "after": chosen["seconds"].to_numpy(float) - pick["seconds"],
                "id": chosen["shown"].to_numpy(),
                "probability": kept["probability"].to_numpy(),
            }
        )
    else:
        linked = search.candidates(detection, settings, count=1)
        linked = linked[linked["distance"] <= sure]
    columns = ["camera", "time", "after", "id", "probability"]
    certain = 1.0 if settings.ranking == JOINT else np.nan
    first = dict(zip(columns, (pick["camera"], None, 0.0, str(detection), certain), strict=True))
    sightings = pd.DataFrame([first, *linked.reindex(columns=columns).to_dict("records")])
    seconds = pick["seconds"] + sightings["after"].astype(float)
    sightings["time"] = search.midnight + pd.to_timedelta(seconds, unit="s")
    sightings = sightings.sort_values("time", kind="stable").reset_index(drop=True)
    values, chances = _read_off(search, detection, sightings)
    return Dossier(number, str(detection), sightings, values, claimed, search.own, chances)


def _read_off(search, detection, sightings):
    """Type, colour and direction with confidence (or NaN); probabilities of types and colours."""
    values, chances, group = {}, {}, search.group_of(detection)
    if search.own:
        name = DetectionId.parse(str(detection))
        values["type"] = name.type, name.percent / 100
    else:
        finder = search.joint_model
        for attribute, words in zip(ATTRIBUTES, ("type", "colour"), strict=True):
            chances[attribute] = finder.read[attribute].iloc[group]
            values[words] = str(chances[attribute].idxmax()), float(chances[attribute].max())
        times = finder.travel_times[finder.half[group]]
        south = float(times.headings(search.groups.iloc[[group]])[0, 0])
        values["direction"] = DIRECTIONS["S" if south >= 0.5 else "N"], max(south, 1 - south)
    places = [place_of(camera) for camera in sightings["camera"]]
    if len(sightings) > 1 and all(places):
        km = places[-1].km - places[0].km
        seconds = sightings["after"].iloc[-1] - sightings["after"].iloc[0]
        if seconds > 0 and km:
            values.setdefault("direction", (DIRECTIONS["S" if km > 0 else "N"], np.nan))
    return values, chances


def save_dossier(dossier: Dossier, path: str | PathLike) -> Path:
    """Write a dossier as JSON, in one step, where the person says.

    Raises a ValueError if it is about frames of one's own, perhaps real people's vehicles.
    """
    if dossier.own:
        raise ValueError(MEMORY_ONLY)
    rows = dossier.sightings.assign(time=dossier.sightings["time"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    content = {
        "note": "SIMULATED: no vehicle, no driver, no trip in this file is real",
        "number": dossier.number,
        "picked": dossier.picked,
        "lines": dict(dossier.lines()),
        "sightings": json.loads(rows.to_json(orient="records")),
    }
    path = Path(path).expanduser()
    if path.is_dir():
        raise ValueError(
            f"{path} is a folder; give the name of a file, such as {path / 'dossier.json'}"
        )
    write_bytes(path, json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")
    return path


class Drawer:
    """Where dossiers are kept, and deleted from, with the files that were written of them.

    Examples
    --------
    >>> drawer = Drawer()
    >>> drawer.delete(7)
    'There is no dossier number 7.'
    """

    def __init__(self) -> None:
        self.dossiers: dict[int, Dossier] = {}
        self.files: dict[int, set[Path]] = {}
        self._last = 0

    def next_number(self) -> int:
        """A number that no dossier has had."""
        self._last += 1
        return self._last

    def keep(self, dossier: Dossier) -> None:
        """Put a dossier in, in the place of one with its number."""
        self.dossiers[dossier.number] = dossier

    def save(self, number: int, path: str | PathLike) -> Path:
        """Write one to a file; returns its path. See `save_dossier`."""
        written = save_dossier(self.dossiers[number], path)
        self.files.setdefault(number, set()).add(written)
        return written

    def delete(self, number: int) -> str:
        """Delete a dossier and each file written of it; says what is gone, and what is not."""
        if self.dossiers.pop(number, None) is None:
            return f"There is no dossier number {number}."
        gone = self.files.pop(number, set())
        for path in gone:
            path.unlink(missing_ok=True)
        files = f" and {len(gone)} file{'s' if len(gone) > 1 else ''}" if gone else ""
        return (
            f"Dossier {number}{files} deleted. The frames and the vectors are still here: the same"
            " click builds it again."
        )
