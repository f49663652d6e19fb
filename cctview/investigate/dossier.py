"""The dossier that one click builds, and the one join that puts a name on it.

A dossier is anonymous: it has a number, places, times, what is read off the pictures, and how sure
all that is. An outside fact, such as a plate read once, may fit one entry of a register, and then
it has a name. The register here is invented: its holders are roles, made up for the vehicles of the
simulated road.

A dossier about real vehicles is personal data. It exists in memory only, and `save` refuses it.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.dataset.road import POPULATION, place_of, street_of
from cctview.dataset.storage import write_bytes
from cctview.investigate.search import JOINT
from cctview.privacy.meter import Bits, Step
from cctview.stats.bits import identification_bits
from cctview.stats.resampling import bootstrap
from cctview.track.tracklets import ATTRIBUTES

MEMORY_ONLY = (
    "These frames are your own, and may show real people's cars. A dossier on one of them is"
    " personal data, so it is kept in memory only: it cannot be saved, and it is gone when this"
    " page is closed."
)
WAY = {"S": "southbound", "N": "northbound"}
FACTS = ("a permit", "a garage", "a plate read once")
"""The outside facts, from the vaguest to the sharpest."""
NAMED = 0.5
"""An entry names a dossier if it is more probably than not the one."""
KNOWN, LEAST = 0.98, 1e-6
"""How probably whoever is sought is in the register at all, and the least weight of entries that is taken for a fit."""


@dataclass(frozen=True)
class Name:
    """What a join found.

    Attributes
    ----------
    fact : str
        One of `FACTS`.
    holder : str or None
        Whom the register names; None if no entry fits.
    fitting : int
        How many entries fit.
    probability : float
        What the join claims: that of the first of them.
    right : bool or None
        By the truth; None without.
    """

    fact: str
    holder: str | None
    fitting: int
    probability: float
    right: bool | None


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
        The pick and what was linked to it: columns `camera`, `time`, `after` (s), `probability`,
        `id`, `right`.
    read_off : dict of str to (str, float)
        What was read off the pictures and the trip, and how sure that is (0 to 1; NaN if nothing
        says).
    claimed, delivered : float
        Bits, the mean over its searches; NaN where there is no probability, or no truth.
    own : bool
        Whether it is about frames without a truth, perhaps real people's vehicles.
    chances : dict of str to Series
        For type ("kind") and colour, how probable each value is.
    name : Name or None
    """

    number: int
    picked: str
    sightings: pd.DataFrame
    read_off: dict
    claimed: float = np.nan
    delivered: float = np.nan
    own: bool = False
    chances: dict = field(default_factory=dict, repr=False)
    name: Name | None = None

    def lines(self):
        """The dossier as pairs of words: what, and what is held."""
        first, last, count = self.sightings.iloc[0], self.sightings.iloc[-1], len(self.sightings)
        who = f"vehicle {self.number}, no name"
        if self.name and self.name.probability >= NAMED:
            who = f"vehicle {self.number} = {self.name.holder}?"
        where = f"{street_of(first['camera'])}, {first['time']:%H:%M:%S}"
        if count > 1:
            where += f" to {street_of(last['camera'])}, {last['time']:%H:%M:%S}"
        lines = [
            ("who", who),
            ("where and when", where),
            ("cameras", f"{count}, linked by one click"),
        ]
        lines += [
            (what, value + _sure(probability))
            for what, (value, probability) in self.read_off.items()
        ]
        if np.isfinite(self.claimed):
            lines.append(("how sure", f"claims {self.claimed:.1f} bits a search"))
            if np.isfinite(self.delivered):
                lines.append(
                    ("the truth", f"delivers {self.delivered:.1f} bits; no operator has this line")
                )
        else:
            lines.append(("how sure", "nothing says: a distance is no probability"))
        if self.name:
            lines.append(("the join", _told(self.name)))
        return lines


def build_dossier(desk, detection, search, sure=0.5, number=1, links=None):
    """The dossier that a click on a detection builds.

    Parameters
    ----------
    desk : cctview.investigate.search.Desk
    detection : str
    search : cctview.investigate.search.Search
    sure : float
        A first candidate is linked if it is at least so probable, or, ranked by distance, at most
        so far away.
    number : int
    links : DataFrame, optional
        The first candidates of this search by the joint model, where they are known already.

    Returns
    -------
    Dossier
    """
    group = desk.group_of(detection)
    pick, begin = desk.groups.iloc[group], desk.dataset.frames["time"].min().normalize()
    claimed, delivered = np.nan, np.nan
    if search.ranking == JOINT:
        links = desk.finder.links([group], minutes=search.minutes) if links is None else links
        claimed, delivered = links[["claimed", "delivered"]].mean()
        linked = links[links["probability"] >= sure]
        there = desk.groups.iloc[linked["passage"].to_numpy(int)]
        found = pd.DataFrame(
            {"camera": there["camera"].to_numpy(), "seconds": there["seconds"].to_numpy(float)}
        )
        found = found.assign(
            id=there["shown"].to_numpy(), probability=linked["probability"].to_numpy()
        )
        found = found.assign(
            right=linked["right"].to_numpy(bool).astype(object),
            after=found["seconds"] - pick["seconds"],
        )
    else:
        best = desk.candidates(detection, search, count=1)
        found = best[(best["distance"] <= sure).to_numpy(bool)]
    found = found.assign(
        time=begin + pd.to_timedelta(pick["seconds"] + found["after"].astype(float), unit="s")
    )
    own = {
        "camera": pick["camera"],
        "time": begin + pd.to_timedelta(pick["seconds"], unit="s"),
        "after": 0.0,
    }
    own |= {"id": str(detection)}
    own |= {
        "probability": 1.0 if search.ranking == JOINT else np.nan,
        "right": None if desk.own else True,
    }
    sightings = pd.DataFrame([own, *found[list(own)].to_dict("records")])
    sightings = sightings.sort_values("time", kind="stable").reset_index(drop=True)
    told, chances = read_off(desk, detection, sightings)
    bits = {"claimed": float(claimed), "delivered": float(delivered)}
    return Dossier(number, str(detection), sightings, told, own=desk.own, chances=chances, **bits)


def build_dossiers(desk, groups, search, sure=0.5):
    """The dossiers that clicks on many vehicles build, by the joint model: a list, in the order of
    the groups.
    """
    found = dict(list(desk.finder.links(groups, minutes=search.minutes).groupby("query")))
    return [
        build_dossier(desk, desk.groups["shown"].iloc[group], search, sure, links=found[group])
        for group in groups
    ]


def dossiers_of(desk, vehicle, search, sure=0.5):
    """The dossiers that clicks on one vehicle build, one at each camera that saw it, by the truth."""
    table = desk.finder.passages.table
    cameras = [
        camera
        for camera in desk.cameras
        if ((table["vehicle"] == vehicle) & (table["camera"] == camera)).any()
    ]
    clicks = [desk.group_of(desk.finder.sighting_of(vehicle, camera)) for camera in cameras]
    return build_dossiers(desk, clicks, search, sure)


def read_off(desk, detection, sightings):
    """What a picture and a trip tell beside the place: type, colour, direction, each with how sure
    that is (or NaN).

    Returns
    -------
    told : dict of str to (str, float)
    chances : dict of str to Series
        How probable each type ("kind") and colour is; empty where nothing says.
    """
    told, chances, group = {}, {}, desk.group_of(detection)
    if desk.own:
        kind, percent = str(detection).split("--")[5:7]
        told["type"] = kind, float(percent) / 100
    else:
        for attribute, words in zip(ATTRIBUTES, ("type", "colour"), strict=True):
            chances[attribute] = of = desk.finder.read[attribute].iloc[group]
            told[words] = str(of.idxmax()), float(of.max())
        south = float(
            desk.finder.motions[desk.finder.half[group]].headings(desk.groups.iloc[[group]])[0, 0]
        )
        told["direction"] = WAY["S" if south >= 0.5 else "N"], max(south, 1 - south)
    places = [place_of(camera) for camera in sightings["camera"]]
    if len(sightings) > 1 and all(places):
        km, seconds = (
            places[-1].km - places[0].km,
            sightings["after"].iloc[-1] - sightings["after"].iloc[0],
        )
        if seconds > 0 and km:
            told.setdefault("direction", (WAY["S" if km > 0 else "N"], np.nan))
    return told, chances


def save_dossier(dossier, path):
    """Write a dossier as JSON, in one step, where the person says.

    Raises
    ------
    ValueError
        If it is about frames without a truth, perhaps real people's vehicles: says why that is not
        saved.
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

    def __init__(self):
        self.dossiers, self.files, self._last = {}, {}, 0

    def next_number(self):
        """A number that no dossier has had."""
        self._last += 1
        return self._last

    def keep(self, dossier):
        """Put a dossier in, in the place of one with its number."""
        self.dossiers[dossier.number] = dossier

    def save(self, number, path):
        """Write one to a file; returns its path. See `save_dossier`."""
        written = save_dossier(self.dossiers[number], path)
        self.files.setdefault(number, set()).add(written)
        return written

    def delete(self, number):
        """Delete a dossier, and each file that was written of it; says what is gone, and what is
        not.
        """
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


def posterior_of_join(dossier, register, fact, camera=None, seconds=2.0):
    """How probably each entry of a register is the one that a dossier is about, and that none is.

    Each entry weighs as much as its type and colour fit what was read off; entries whose time does
    not fit weigh nothing.

    Parameters
    ----------
    dossier : Dossier
    register : DataFrame
        From `make_register`.
    fact : str
        "a permit" lists type and colour; "a garage" also the time at which a vehicle came in; "a
        plate read once" also when it passed one camera, and which way.
    camera : str, optional
        Where the plates were read; by default where the vehicle was picked.
    seconds : float
        How far the clocks may be apart.

    Returns
    -------
    ndarray, shape (n + 1,)
        The last is "none of these": all of it if the dossier has no sighting to compare, or nothing
        fits.

    Raises
    ------
    ValueError
        If there is no such fact.
    """
    if fact not in FACTS:
        raise ValueError(f"no outside fact {fact!r}; choose from {', '.join(FACTS)}")
    weights = np.prod(
        [register[a].map(of).fillna(0.0).to_numpy(float) for a, of in dossier.chances.items()],
        axis=0,
    )
    seen, reach = dossier.sightings, KNOWN
    if fact == FACTS[1]:
        last = seen.iloc[-1]
        usual = (register["garage"] - register[last["camera"]]).dt.total_seconds()
        low, high = usual[usual > 0].quantile([0.05, 0.95])
        own = (register["garage"] - last["time"]).dt.total_seconds()
        weights, reach = (
            weights * ((own >= low - seconds) & (own <= high + seconds)),
            reach * last["probability"],
        )
    if fact == FACTS[2]:
        there = (
            seen[seen["id"] == dossier.picked] if camera is None else seen[seen["camera"] == camera]
        )
        if there.empty:
            return np.append(np.zeros(len(register)), 1.0)
        apart = (register[there["camera"].iloc[0]] - there["time"].iloc[0]).dt.total_seconds().abs()
        way = register["direction"].map(WAY) == dossier.read_off["direction"][0]
        weights, reach = weights * ((apart <= seconds) & way), reach * there["probability"].iloc[0]
    weights = np.asarray(weights, float)
    total = weights.sum()
    return (
        np.append(weights * (reach / total), 1.0 - reach)
        if total > LEAST
        else np.append(np.zeros(len(register)), 1.0)
    )


def join(dossier, register, fact, camera=None, seconds=2.0, vehicle=None):
    """Put an outside fact beside a dossier.

    Parameters
    ----------
    dossier, register, fact, camera, seconds
        As for `posterior_of_join`.
    vehicle : int, optional
        Whom the click was on, by the truth.

    Returns
    -------
    Dossier
        The same with its `name`: the most probable entry.

    Raises
    ------
    ValueError
        If the dossier is about frames of one's own: the register is invented, and would name a real
        car wrongly.
    """
    if dossier.own:
        raise ValueError(
            "the register is invented, for the simulated road: it knows nobody on frames of"
            " your own"
        )
    shares = posterior_of_join(dossier, register, fact, camera, seconds)[:-1]
    if not shares.any():
        return replace(dossier, name=Name(fact, None, 0, 0.0, None if vehicle is None else False))
    count = fitting(shares)
    first = int(shares.argmax())
    right = None if vehicle is None else bool(register["vehicle"].iloc[first] == vehicle)
    return replace(
        dossier, name=Name(fact, register["holder"].iloc[first], count, float(shares[first]), right)
    )


def describe_names(joined):
    """What some joins found, as a table to read.

    Parameters
    ----------
    joined : dict of str to Dossier
        By what was put beside the dossier.
    """
    names = [of.name for of in joined.values()]
    columns = {
        "entries that fit": [name.fitting for name in names],
        "the first of them": [name.holder or "nobody" for name in names],
        "claimed": [f"{100 * name.probability:.0f} %" for name in names],
        "the truth": ["right" if name.right else "wrong" for name in names],
    }
    return pd.DataFrame(columns, index=list(joined))


def fitting(shares):
    """How many entries are worth a look: at least a tenth as probable as the first."""
    return int((shares >= max(shares.max() / 10, 1e-12)).sum())


def measure_joins(dossiers, vehicles, register, fact, camera=None, seconds=2.0):
    """What a join makes of many dossiers.

    Parameters
    ----------
    dossiers : sequence of Dossier
    vehicles : sequence of int
        Whom each is about, by the truth.
    register, fact, camera, seconds
        As for `posterior_of_join`.

    Returns
    -------
    DataFrame
        One row a dossier: `fitting` entries, `probability` of the first, `named` (that is at least
        a half), `right` (the first is the one), `claimed` and `delivered` bits, of a city's
        vehicles.
    """
    entries, vehicles = register["vehicle"].to_numpy(), np.asarray(vehicles)
    posterior = np.stack(
        [posterior_of_join(dossier, register, fact, camera, seconds) for dossier in dossiers]
    )
    shares = posterior[:, :-1]
    bits = identification_bits(posterior, (entries == vehicles[:, None]) & (shares > 0), POPULATION)
    most, first = shares.max(axis=1), entries[shares.argmax(axis=1)]
    named = {"fitting": [fitting(of) for of in shares], "probability": most, "named": most >= NAMED}
    return pd.DataFrame(named | {"right": (most > 0) & (first == vehicles)}).join(
        bits[["claimed", "delivered"]]
    )


def join_step(joins, meter, name="named by one outside fact", rounds=400):
    """The meter's step for a join: what it adds to the steps before.

    Parameters
    ----------
    joins : DataFrame
        From `measure_joins`, of the meter's target.
    meter : cctview.privacy.meter.LeakageMeter
    name : str
    rounds : int
        Of the bootstrap over the dossiers.

    Returns
    -------
    Step
    """
    values, bits = joins[["claimed", "delivered"]].to_numpy(), {}
    drawn = bootstrap(
        lambda rows: pd.Series(values[rows].mean(axis=0), ["claimed", "delivered"]),
        np.arange(len(values)),
        rounds,
    )
    names = [step.name for step in meter.steps]
    meter = replace(meter, steps=meter.steps[: names.index(name)]) if name in names else meter
    for kind, before in (("claimed", meter.claimed()), ("delivered", meter.delivered())):
        estimate, low, high = drawn.loc[kind, ["estimate", "low", "high"]] - before.estimate
        bits[kind] = Bits.around(estimate, low, high)
    return Step(
        name,
        bits["claimed"],
        bits["delivered"],
        odds=float(joins["right"].mean()),
        note=f"{len(joins)} dossiers",
    )


def _sure(probability):
    return f" ({100 * probability:.0f} %)" if np.isfinite(probability) else ""


def _told(name):
    if not name.fitting:
        return f"{name.fact}: nobody in the register fits"
    others = f", first of {name.fitting} that fit" if name.fitting > 1 else ", nobody else fits"
    return f"{name.fact}: {name.holder}, {100 * name.probability:.0f} %{others}"
