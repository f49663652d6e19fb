"""The drive's six cameras as a small city: the same passes, drawn tracklets, the same engine.

What the city draws (which passes are noticed, and what they look like) takes the place of what the
detector, the network and the tracker made of the frames; the passes' times, the lanes and the
engine stay. If
the city's model is right, trips are found as often. Before it was computed, a difference of at most
.05 in each share was stated as what a model may have.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from cctview.course import open_finder
from cctview.dataset import open_dataset
from cctview.link import SURE, TripFinder, TripJudge
from cctview.link.calibration import fit_calibration
from cctview.track import Tracklets
from cctview.truth import read_truth
from studio.city.engine import plain
from studio.city.looks import Looks
from studio.studies.linking import jointly, judge

STATED = 0.05
_DRAWS = 3
_TOLD = 1e-3  # the least weight of candidates that calibration looks at
_ALIKE = "of these, same kind and colour"
SHARES = ("linked and right", "linked to another", "not linked", "first candidate right")


def drawn_drive(real: TripJudge, looks: Looks, seed: int) -> TripJudge:
    """The drive with tracklets drawn as the city draws them."""
    rng, table = np.random.default_rng((seed, 9)), real.finder.tracklets.table
    labels = real.labels
    ways = labels.drop_duplicates("vehicle").set_index("vehicle")["direction"]
    rows = [
        (camera, vehicle, ways[vehicle], (time - real.finder.midnight).total_seconds())
        for camera, way in real.carriageways()
        for vehicle, time in real.passes[camera].dropna().items()
        if ways.get(vehicle) == way
    ]
    made = pd.DataFrame(rows, columns=["camera", "vehicle", "direction", "seconds"])
    made = made[rng.random(len(made)) < looks.noticed]
    strays = table[(labels["vehicle"] < 0).to_numpy()]
    strays = strays.assign(vehicle=-1, direction=rng.choice(["S", "N"], len(strays)))
    made = pd.concat([made, strays[made.columns]], ignore_index=True)
    vehicles = np.where(made["vehicle"] >= 0, made["vehicle"], -2 - np.arange(len(made)))
    _, codes = np.unique(vehicles, return_inverse=True)
    like, sides = looks.draw(codes.max() + 1, rng)
    number = pd.Series(np.arange(len(looks.views)), looks.views.index)
    about = pd.MultiIndex.from_arrays([made["camera"], made["direction"]])
    views = number.reindex(about).fillna(0).to_numpy(int)
    places = looks.shoot(sides[codes], views, rng).astype(np.float32)
    # lane and time are what the tracker measured; where it has no tracklet, anybody's lane, and the
    # true time with the usual difference of that view
    known = table.assign(vehicle=labels["vehicle"]).drop_duplicates(["camera", "vehicle"])
    known = known.set_index(["camera", "vehicle"])[["lane", "seconds"]]
    own = known.reindex(pd.MultiIndex.from_arrays([made["camera"], made["vehicle"]]))
    own = own.reset_index(drop=True).where((made["vehicle"] >= 0).reset_index(drop=True))
    late = (own["seconds"] - made["seconds"]).groupby([made["camera"], made["direction"]])
    usual = made["seconds"] + late.transform("median").fillna(0.0)
    made["seconds"] = own["seconds"].fillna(usual)
    made["lane"] = own["lane"].fillna(pd.Series(rng.choice(table["lane"], len(made))))
    model = real.finder.model
    model = replace(model, appearance=plain(model.appearance))
    tracklets = Tracklets(made.assign(detections=3, minute=0), places)
    finder = TripFinder(tracklets, real.finder.midnight, np.array([]), model)
    words = np.array([value.split(" ", 1) for value in looks.about[like[codes]]])
    drawn = made[["vehicle", "direction"]].assign(colour=words[:, 0], kind=words[:, 1])
    return TripJudge(finder, drawn, real.passes)


def _calibrated(trips: TripJudge, other: TripJudge) -> TripJudge:
    """A drawn drive whose links are calibrated on another one, as the road's own are on other
    minutes: a calibration makes up for what the engine does not know of its passes, and of drawn
    passes it knows more.
    """
    vehicle, parts = other.labels["vehicle"].to_numpy(), []
    camera = other.finder.tracklets.table["camera"].to_numpy()
    for second in other.finder.cameras:
        queries = np.flatnonzero((vehicle >= 0) & (camera != second))
        told = other.finder.told(queries, second, _TOLD)
        right = vehicle[told["query"]] == vehicle[told["candidate"]]
        parts.append(told.assign(right=right))
    model = trips.finder.model.calibrated(fit_calibration(pd.concat(parts)))
    return replace(trips, finder=replace(trips.finder, model=model))


def _shares(trips: TripJudge) -> pd.Series:
    """Of the links of all vehicles that passed all cameras, searched from either end."""
    ends = (trips.finder.cameras[0], trips.finder.cameras[-1])
    queries = [trips.whole_trips(end) for end in ends]
    way = trips.labels["direction"].to_numpy()
    chosen = np.concatenate([at[way[at] == name] for at, name in zip(queries, "SN", strict=True)])
    links = judge(jointly(trips.finder), trips, chosen)
    seen = set(trips.carriageways())
    links = links[
        [
            (camera, way[query]) in seen
            for camera, query in zip(links["camera"], links["query"], strict=True)
        ]
    ]
    linked = links["probability"] >= SURE
    wrong = links[linked & ~links["right"]]
    known = trips.labels[trips.labels["vehicle"] >= 0].drop_duplicates("vehicle")
    about = known.set_index("vehicle")[["kind", "colour"]]
    one, two = (about.reindex(wrong[name]).to_numpy() for name in ("vehicle", "found"))
    values = (
        (linked & links["right"]).mean(),
        (linked & ~links["right"]).mean(),
        (~linked).mean(),
        links["right"].mean(),
    )
    alike = pd.Series({_ALIKE: (one == two).all(axis=1).mean() if len(wrong) else 0.0})
    return pd.concat([pd.Series(values, SHARES), alike])


def compare(data: Path, looks: Looks) -> pd.DataFrame:
    """Shares on the simulated drive and in the small city: `figure`, `drive`, `city`, `low`, `high`
    (the least and the most of three draws), `stated`, `holds`; and how many wrong links blame a
    vehicle of the same kind and colour, of which nothing was stated.
    """
    truth = read_truth(data)
    _, real = open_finder(open_dataset(data), truth, data / "results")
    draws = [drawn_drive(real, looks, seed) for seed in range(_DRAWS)]
    each = [
        _shares(_calibrated(one, other))
        for one, other in zip(draws, draws[1:] + draws[:1], strict=True)
    ]
    drawn = pd.concat(each, axis=1)
    table = pd.DataFrame(
        {
            "drive": _shares(real),
            "city": drawn.mean(axis=1),
            "low": drawn.min(axis=1),
            "high": drawn.max(axis=1),
        }
    )
    table["stated"] = [STATED] * len(SHARES) + [np.nan]
    off = (table["drive"] - table["city"]).abs()
    table["holds"] = [bool(one <= STATED) for one in off[: len(SHARES)]] + [np.nan]
    return table.rename_axis("figure").reset_index()
