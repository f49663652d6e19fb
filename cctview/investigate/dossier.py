"""The dossier that one click builds.

It is anonymous: it has a number, places, times, what is read off the crops, and how sure all that
is. A dossier about real vehicles is personal data. It exists in memory only, and `save_dossier`
refuses it.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from itertools import count
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset import DetectionId, place_of, street_of, write_new
from cctview.investigate.search import JOINT, SearchSettings, VehicleSearch
from cctview.link import ATTRIBUTES

MEMORY_ONLY = (
    "These frames are your own, and may show real people's cars. A dossier on one of them is"
    " personal data, so it is kept in memory only: it cannot be saved, and it is gone when this"
    " page is closed."
)
DIRECTIONS = {"S": "southbound", "N": "northbound"}
_NAME = re.compile(r"\w[\w .()-]*\.json")
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
        south = float(finder.model.travel_times.headings(search.groups.iloc[[group]])[0, 0])
        values["direction"] = DIRECTIONS["S" if south >= 0.5 else "N"], max(south, 1 - south)
    places = [place_of(camera) for camera in sightings["camera"]]
    if len(sightings) > 1 and all(places):
        km = places[-1].km - places[0].km
        seconds = sightings["after"].iloc[-1] - sightings["after"].iloc[0]
        if seconds > 0 and km:
            values.setdefault("direction", (DIRECTIONS["S" if km > 0 else "N"], np.nan))
    return values, chances


def save_dossier(dossier: Dossier, path: str | PathLike) -> Path:
    """Write a dossier as JSON, in one step, into a file that is not there yet; returns its path.

    Raises a ValueError if it is about frames of one's own, perhaps real people's vehicles, and a
    FileExistsError if something has that name.
    """
    if dossier.own:
        raise ValueError(MEMORY_ONLY)
    path = Path(path)
    try:
        write_new(path, _as_json(dossier))
    except FileExistsError:
        raise FileExistsError(
            f"{path} exists, and is left as it is; give another name, such as"
            f" {free_name(path.parent)}"
        ) from None
    return path


def _as_json(dossier):
    rows = dossier.sightings.assign(time=dossier.sightings["time"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    content = {
        "note": "SIMULATED: no vehicle, no driver, no trip in this file is real",
        "number": dossier.number,
        "picked": dossier.picked,
        "lines": dict(dossier.lines()),
        "sightings": json.loads(rows.to_json(orient="records")),
    }
    return json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"


def check_name(name: str) -> str:
    """The name of a file for a dossier; a ValueError if it is none, or leads to another folder."""
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name for a dossier: give letters, digits and a .json at the end, and"
            " no folder."
        )
    return name


def free_name(folder: Path) -> str:
    """A name that no file of the folder has: "dossier-1.json", or the next number."""
    return next(
        name for name in (f"dossier-{k}.json" for k in count(1)) if not (folder / name).exists()
    )


class Drawer:
    """Where dossiers are kept, and deleted from, with the files that were written of them.

    Attributes
    ----------
    dossiers : dict of int to Dossier
    files : dict of Path to (int, bytes)
        Each file that was written: of which dossier, and the digest of what was written.

    Examples
    --------
    >>> drawer = Drawer()
    >>> drawer.delete(7)
    'There is no dossier number 7.'
    """

    def __init__(self) -> None:
        self.dossiers: dict[int, Dossier] = {}
        self.files: dict[Path, tuple[int, bytes]] = {}
        self._last = 0

    def next_number(self) -> int:
        """A number that no dossier has had."""
        self._last += 1
        return self._last

    def keep(self, dossier: Dossier) -> None:
        """Put a dossier in, in the place of one with its number."""
        self.dossiers[dossier.number] = dossier

    def save(self, number: int, path: str | PathLike) -> Path:
        """Write one to a new file; returns its path. See `save_dossier`."""
        written = save_dossier(self.dossiers[number], path)
        self.files[written] = number, _digest(written)
        return written

    def delete(self, number: int) -> str:
        """Delete a dossier and each file written of it; says what is gone, and what is not."""
        files = [path for path, (of, _) in self.files.items() if of == number]
        if self.dossiers.pop(number, None) is None and not files:
            return f"There is no dossier number {number}."
        return self._empty(f"Dossier {number}", files)

    def delete_all(self) -> str:
        """Delete all dossiers and all files written of them; says what is gone, and what is not."""
        if not self.dossiers and not self.files:
            return "There is no dossier to delete."
        numbers = [str(number) for number in self.dossiers]
        self.dossiers.clear()
        return self._empty(f"Dossier {', '.join(numbers)}" if numbers else "", list(self.files))

    def _empty(self, what, files):
        """Delete files; `what` is gone already. A file that somebody changed is theirs now."""
        gone, remains = [], []
        for path in files:
            try:
                if _digest(path) == self.files[path][1]:
                    path.unlink()
                    gone.append(path)
                    del self.files[path]
                else:
                    remains.append(f"{path} was changed since, and is still there.")
                    del self.files[path]
            except FileNotFoundError:
                remains.append(f"{path} was moved or deleted already.")
                del self.files[path]
            except OSError as error:
                remains.append(f"{path} could not be deleted ({error.strerror}).")
        said = f"{what} deleted. " if what else ""
        if gone:
            files = f"{len(gone)} file{'s' if len(gone) > 1 else ''}"
            said += f"{files} deleted: {', '.join(path.name for path in gone)}. "
        said += "The frames and the vectors are still here: the same click builds it again."
        return " ".join([said, *remains])


def _digest(path):
    return hashlib.sha256(path.read_bytes()).digest()
