"""Counts by the truth, vehicle by vehicle, so that arms are compared on the same vehicles.

Each figure is a share. A tally holds its two sums for each vehicle: columns figure, vehicle, hits
and of.
"""

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from cctview.detect import is_clear
from cctview.link import SURE, TripFinder, fit_finder
from cctview.stats import split_vehicles
from cctview.track import Tracklets
from cctview.truth import Truth, label_tracklets, true_vehicles

FIRST = {"S": "733-681-N", "N": "731-679-N"}
"""The camera that the vehicles of each direction pass first."""
_HALVES = 2
_TRACK = ["frame", "vehicle"]


def clear_boxes(truth: Truth) -> pd.DataFrame:
    """Every box over 20 pixels, of which 80 % is visible: columns frame, camera and vehicle."""
    clear = truth.sightings.loc[is_clear(truth.sightings), _TRACK]
    return clear.merge(truth.frames.loc[truth.frames["status"] == "ok", ["frame", "camera"]])


def tally_film(
    detections: pd.DataFrame, tracklets: Tracklets, truth: Truth, frames: pd.Series
) -> pd.DataFrame:
    """All figures of an arm.

    Parameters
    ----------
    detections : DataFrame
        As from `studio.kinds.follow.look`.
    tracklets : Tracklets
        Of these.
    truth : Truth
        Of the fast film: who passed is the same in every arm.
    frames : Series of str
        The frames that this arm has.
    """
    shown = detections.assign(vehicle=true_vehicles(detections, truth))
    clear = clear_boxes(truth)
    passes = clear[["vehicle", "camera"]].drop_duplicates(ignore_index=True)
    labels = label_tracklets(tracklets, detections, truth)
    seen = clear[clear["frame"].isin(frames)]
    parts = [
        tally_detections(shown, seen),
        tally_tracks(shown, tracklets.of_detection, seen, passes),
        tally_links(find_links(tracklets, labels, passes), passes, _ways(truth)),
    ]
    return pd.concat(parts, ignore_index=True)


def _ways(truth: Truth) -> pd.Series:
    return truth.trips.set_index("vehicle")["direction"]


def _tally(figure: str, vehicle, hits, of=1) -> pd.DataFrame:
    rows = pd.DataFrame({"vehicle": np.asarray(vehicle, int), "hits": np.asarray(hits, float)})
    sums = rows.assign(of=np.asarray(of, float)).groupby("vehicle").sum()
    return sums.reset_index().assign(figure=figure)


def tally_detections(detections: pd.DataFrame, clear: pd.DataFrame) -> pd.DataFrame:
    """Of clear boxes those that are found, and of detections those that show a vehicle or a person.

    Parameters
    ----------
    detections : DataFrame
        Columns frame and vehicle (missing: it shows none).
    clear : DataFrame
        Columns frame and vehicle: what must be found.
    """
    shown = pd.MultiIndex.from_frame(detections.dropna(subset="vehicle")[_TRACK])
    found = pd.MultiIndex.from_frame(clear[_TRACK]).isin(shown)
    known = detections["vehicle"].notna().to_numpy()
    owner = _nobody(len(detections))
    owner[known] = detections.loc[known, "vehicle"]
    return pd.concat(
        [
            _tally("clear boxes found", clear["vehicle"], found),
            _tally("boxes that show something", owner, known),
        ]
    )


def tally_tracks(
    detections: pd.DataFrame, of_detection: pd.Series, clear: pd.DataFrame, passes: pd.DataFrame
) -> pd.DataFrame:
    """Of passes those with a good tracklet, and IDF1 over clear boxes (Ristani et al. 2016).

    A tracklet is good if most of its boxes show the vehicle, and it has most of the boxes in which
    the vehicle was found there.

    Parameters
    ----------
    detections : DataFrame
        Columns id, frame, camera, vehicle.
    of_detection : Series of int
        The tracklet of each, by its id.
    clear, passes : DataFrame
        Clear boxes (frame, camera, vehicle), and passes (vehicle, camera).
    """
    rows = detections.assign(track=detections["id"].map(of_detection))
    found = rows.dropna(subset=["vehicle", "track"])
    near = found.merge(clear[_TRACK], on=_TRACK)
    both = found.groupby(["vehicle", "camera", "track"]).size().rename("both").reset_index()
    of_pass = both.groupby(["vehicle", "camera"])["both"].transform("sum")
    of_track = both["track"].map(rows["track"].value_counts())
    good = both[(both["both"] > of_pass / 2) & (both["both"] > of_track / 2)]
    tracked = pd.MultiIndex.from_frame(passes).isin(pd.MultiIndex.from_frame(good[[*passes]]))
    return pd.concat(
        [
            _tally("passes with a good tracklet", passes["vehicle"], tracked),
            _idf1(near, rows["vehicle"].isna() & rows["track"].notna(), clear),
        ]
    )


def _idf1(near: pd.DataFrame, false: pd.Series, clear: pd.DataFrame) -> pd.DataFrame:
    """Twice the boxes on which a track and its vehicle agree, by true and tracked boxes: those that
    show a clear vehicle (`near`), or nothing (`false`). A vehicle has a trajectory a camera.
    """
    true, named = (of["vehicle"].astype(str) + " " + of["camera"] for of in (clear, near))
    cells = pd.crosstab(near["track"], named)
    tracks, ways = linear_sum_assignment(cells.to_numpy(), maximize=True)
    agreed = pd.Series(cells.to_numpy()[tracks, ways], cells.columns[ways])
    vehicles = clear["vehicle"].to_numpy()
    hits = true.map(2.0 * agreed / true.value_counts()).fillna(0)
    parts = [
        pd.DataFrame({"vehicle": vehicles, "hits": hits, "of": 1}),
        pd.DataFrame({"vehicle": near["vehicle"].astype(int), "hits": 0.0, "of": 1}),
        pd.DataFrame({"vehicle": _nobody(false.sum()), "hits": 0.0, "of": 1}),
    ]
    every = pd.concat(parts)
    return _tally("IDF1 of clear boxes", every["vehicle"], every["hits"], every["of"])


def _nobody(count: int) -> np.ndarray:
    """Owners of boxes that show nothing: each is drawn by itself."""
    return -1_000_000 - np.arange(count)


def find_links(tracklets: Tracklets, labels: pd.DataFrame, passes: pd.DataFrame) -> pd.DataFrame:
    """The links that are claimed: either half of the vehicles is looked for by a model that was
    fitted on the other half.

    Returns
    -------
    DataFrame
        Columns vehicle, first, camera (looked for at), found (the vehicle of the best candidate),
        claimed; one query each vehicle and camera, the tracklet with most boxes.
    """
    vehicle, camera = labels["vehicle"].to_numpy(), tracklets.table["camera"].to_numpy()
    # by who passed, so that every arm has the same halves; others are in none
    every = split_vehicles(passes, _HALVES)
    half = labels["vehicle"].map(dict(zip(passes["vehicle"], every, strict=True)))
    about = tracklets.table.assign(vehicle=vehicle, half=half)
    asked = about.dropna(subset="half").sort_values("detections", kind="stable")
    asked = asked.drop_duplicates(["vehicle", "camera"], keep="last").sort_index()
    parts = []
    for part in range(_HALVES):
        others = labels.assign(vehicle=np.where(half == part, -1, vehicle))
        model = fit_finder(tracklets, others)
        finder = TripFinder(tracklets, pd.Timestamp(0), np.array([]), model)
        parts.append(finder.links(asked.index[asked["half"] == part]))
    links = pd.concat(parts, ignore_index=True)
    queries = links["query"].to_numpy(int)
    return pd.DataFrame(
        {
            "vehicle": vehicle[queries],
            "first": camera[queries],
            "camera": links["camera"],
            "found": vehicle[links["tracklet"].to_numpy(int)],
            "claimed": links["probability"].to_numpy(float) >= SURE,
        }
    )


def tally_links(links: pd.DataFrame, passes: pd.DataFrame, ways: pd.Series) -> pd.DataFrame:
    """Of vehicles that could be found at another camera those that are linked rightly, wrongly, and
    not; of the links those that are right; and whole trips, of vehicles that pass all cameras.

    Parameters
    ----------
    links : DataFrame
        As from `find_links`; a pass without a tracklet has none, and is missed.
    passes : DataFrame
        Columns vehicle and camera.
    ways : Series of str
        "S" or "N", by vehicle.
    """
    links = links.assign(right=links["found"] == links["vehicle"])
    could = passes.rename(columns={"camera": "first"}).merge(passes, on="vehicle")
    could = could[could["first"] != could["camera"]]
    asked = could.merge(links, how="left", on=["vehicle", "first", "camera"])
    claimed = asked["claimed"].eq(True).to_numpy()
    right, wrong = (claimed & asked["right"].eq(of).to_numpy() for of in (True, False))
    vehicle = asked["vehicle"].to_numpy()
    made = links[links["claimed"]]
    trips = asked.assign(right=right, wrong=wrong)
    number = passes.groupby("vehicle")["camera"].nunique()
    trips = trips[trips["vehicle"].isin(number.index[number == passes["camera"].nunique()])]
    trips = trips[trips["first"] == trips["vehicle"].map(ways).map(FIRST)].groupby("vehicle")
    whole, mixed = trips["right"].all(), trips["wrong"].any()
    return pd.concat(
        [
            _tally("links right", vehicle, right),
            _tally("links wrong", vehicle, wrong),
            _tally("links missed", vehicle, ~claimed),
            _tally("links made that are right", made["vehicle"].to_numpy(), made["right"]),
            _tally("whole trips right", whole.index, whole.to_numpy()),
            _tally("trips with a wrong link", mixed.index, mixed.to_numpy()),
        ]
    )
