"""Who enters the database: the vehicles that are really there, which of them a detector found, and
whom it missed.

Everything here needs the truth, so it works on simulated frames only.
"""

import numpy as np
import pandas as pd

from cctview.dataset.boxes import BOX, area
from cctview.dataset.ids import camera_of
from cctview.stats.resampling import bootstrap
from cctview.truth.labels import true_vehicles

SIDE, VISIBLE = 20, 0.8
"""A vehicle is *clear* if its longer side has more pixels than the first, and at least this share of it is to be seen."""
SIZES = (0, 8, 12, 16, 20, 30, 50, 1000)
DISTANCES = (0, 20, 40, 60, 80, 100, 150, 1000)
WIDE, HIGH = 352, 240
ROUNDS = 200


def visible_share(sightings, width=WIDE, height=HIGH):
    """Which share of each vehicle is to be seen: not hidden by another, and inside the frame.

    Parameters
    ----------
    sightings : DataFrame
        Columns `full_x1`, `full_y1`, `full_x2`, `full_y2` (pixels) and `hidden` (share of what is
        inside the frame).
    width, height : int
        Of the frame, pixels.

    Returns
    -------
    ndarray, shape (n,)
    """
    full = sightings[[f"full_{edge}" for edge in BOX]].to_numpy()
    x1, y1, x2, y2 = full.T
    wide, high = (
        np.minimum(x2, width) - np.maximum(x1, 0),
        np.minimum(y2, height) - np.maximum(y1, 0),
    )
    inside = np.clip(wide, 0, None) * np.clip(high, 0, None)
    return (1 - sightings["hidden"].to_numpy()) * inside / area(full)


def is_clear(sightings):
    """Which vehicles are clear enough to be asked for, (n,) bool; see `SIDE` and `VISIBLE`."""
    return (longer_side(sightings) > SIDE) & (visible_share(sightings) >= VISIBLE)


def longer_side(boxes):
    """Pixels, (n,)."""
    return np.maximum(boxes["x2"] - boxes["x1"], boxes["y2"] - boxes["y1"]).to_numpy()


def own_frames(truth):
    """The frames that arrived and show a picture of their own, not the last one delivered again; a
    Series.
    """
    return truth.frames.loc[truth.frames["status"] == "ok", "frame"]


def true_boxes(truth, frames=None):
    """The boxes of all vehicles, with those to be ignored: what is not clear, and what is parked.

    Parameters
    ----------
    truth : cctview.truth.labels.Truth
    frames : list of str, optional
        These only; by default all that arrived and show a picture of their own.

    Returns
    -------
    DataFrame
        Columns frame, x1, y1, x2, y2, ignore, vehicle (negative: parked), as
        `cctview.detect.metrics.evaluate_detections` takes it.
    """
    own = own_frames(truth)
    own = own if frames is None else own[own.isin(frames)]
    moving = truth.sightings[truth.sightings["frame"].isin(own)]
    place = pd.DataFrame({"frame": own, "camera": own.map(camera_of)})
    columns = ["frame", *BOX, "ignore", "vehicle"]
    parts = [
        moving.assign(ignore=~is_clear(moving)),
        place.merge(truth.parked, on="camera").assign(ignore=True),
    ]
    return pd.concat([part[columns] for part in parts], ignore_index=True).astype({"ignore": bool})


def watch(detections, truth):
    """Every vehicle in every frame, and how surely it was found there.

    Parameters
    ----------
    detections : DataFrame
        Columns frame, camera, percent, x1, y1, x2, y2.
    truth : cctview.truth.labels.Truth

    Returns
    -------
    DataFrame
        A row a moving vehicle in a frame (those delivered twice count once): frame, camera,
        vehicle, kind, colour, size (longer side, pixels), distance (metres from the camera along
        the road), visible (share), clear (bool), percent (of the box that found it, at IoU 0.5;
        NaN: none did).
    """
    sightings = truth.sightings[truth.sightings["frame"].isin(own_frames(truth))].reset_index(
        drop=True
    )
    who = true_vehicles(detections, truth)
    found = pd.DataFrame(
        {"frame": detections["frame"], "vehicle": who, "percent": detections["percent"]}
    ).dropna()
    found = found.astype({"vehicle": np.int64})
    known = truth.vehicles.set_index("vehicle")
    table = pd.DataFrame(
        {
            "frame": sightings["frame"],
            "camera": sightings["frame"].map(camera_of),
            "vehicle": sightings["vehicle"].astype(np.int64),
            "kind": sightings["vehicle"].map(known["kind"]),
            "colour": sightings["vehicle"].map(known["colour"]),
            "size": longer_side(sightings),
            "distance": sightings["ahead"].abs(),
            "visible": visible_share(sightings),
            "clear": is_clear(sightings),
        }
    )
    return table.merge(found, on=["frame", "vehicle"], how="left", validate="one_to_one")


def share_found(watched, by, percent=25, rounds=ROUNDS):
    """Which share of the sightings was found, group by group, with 95 % intervals by drawing
    vehicles again.

    Parameters
    ----------
    watched : DataFrame
        From `watch`, or some of its rows.
    by : Series or array_like
        The group of each row; rows of none (missing) are left out.
    percent : float
        Boxes below do not count.
    rounds : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        By group: estimate, low, high (shares), sightings, vehicles.
    """
    rows = pd.DataFrame({"by": np.asarray(by, object), "vehicle": watched["vehicle"].to_numpy()})
    rows["found"] = (watched["percent"] >= percent).to_numpy()
    rows = rows.dropna(subset="by")
    order = (
        by.cat.categories
        if isinstance(getattr(by, "dtype", None), pd.CategoricalDtype)
        else sorted(rows["by"].unique())
    )
    order = [group for group in order if (rows["by"] == group).any()]
    counts = rows.pivot_table(
        index="vehicle", columns="by", values="found", aggfunc=["sum", "size"], fill_value=0
    )
    found, all_ = (counts[kind][order].to_numpy(float) for kind in ("sum", "size"))

    def shares(drawn):
        total = all_[drawn].sum(axis=0)
        return pd.Series(
            np.divide(
                found[drawn].sum(axis=0), total, out=np.full(len(order), np.nan), where=total > 0
            ),
            order,
        )

    table = bootstrap(shares, np.arange(len(found)), rounds)
    return table.assign(sightings=all_.sum(axis=0).astype(int), vehicles=(all_ > 0).sum(axis=0))


def entered(watched, percent=25, rounds=ROUNDS):
    """Which share is found: of the sightings, of the passes before a camera, of the vehicles;
    intervals by vehicles.

    Returns
    -------
    DataFrame
        Rows "in a frame", "in a pass", "at any camera"; columns as in `share_found`, without
        vehicles.
    """
    found = (watched["percent"] >= percent).rename("found")
    passes = found.groupby([watched["vehicle"], watched["camera"]]).any()
    per_vehicle = pd.DataFrame(
        {
            "in a frame": found.groupby(watched["vehicle"]).sum(),
            "frames": found.groupby(watched["vehicle"]).size(),
            "in a pass": passes.groupby("vehicle").sum(),
            "passes": passes.groupby("vehicle").size(),
            "at any camera": passes.groupby("vehicle").any(),
        }
    ).astype(float)
    per_vehicle["vehicles"] = 1.0
    names, of = ["in a frame", "in a pass", "at any camera"], ["frames", "passes", "vehicles"]
    found, all_ = per_vehicle[names].to_numpy(), per_vehicle[of].to_numpy()

    def shares(drawn):
        return pd.Series(found[drawn].sum(axis=0) / all_[drawn].sum(axis=0), names)

    table = bootstrap(shares, np.arange(len(found)), rounds)
    return table.assign(sightings=all_.sum(axis=0).astype(int))


def passes_found(watched, by, percent=25, rounds=ROUNDS):
    """Which share of the passes before a camera was found at least once, by a property of the
    vehicle; see `share_found`.

    Parameters
    ----------
    watched : DataFrame
    by : str
        A column that does not change during a pass: "kind", "colour", "camera".
    percent : float
    rounds : int
    """
    passes = watched.groupby(["vehicle", "camera"], as_index=False).agg(
        percent=("percent", "max"), by=(by, "first")
    )
    return share_found(passes, passes["by"], percent, rounds)


def in_bands(values, edges, unit=""):
    """Numbers sorted into bands with names such as "20–30 pixels", as an ordered categorical
    Series.
    """
    names = [f"{low:g}–{high:g}" for low, high in zip(edges, edges[1:-1])] + [f"over {edges[-2]:g}"]
    names = [f"{name} {unit}".strip() for name in names]
    return pd.cut(pd.Series(np.asarray(values, float)), list(edges), labels=names)
