"""Which of the vehicles that are really there a detector found, and which enter the database.

Everything here needs the truth, so it works on simulated frames only; the caller hands it in.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import pandas as pd

from cctview.dataset import BOX, box_area, camera_of
from cctview.stats import bootstrap

_CLEAR_SIDE = 20  # px; a vehicle is clear if its longer side has more,
_CLEAR_SHARE = 0.8  # and at least this share of it is visible
_WIDTH = 352
_HEIGHT = 240
_ROUNDS = 200


class TrueTables(Protocol):
    """The tables of a simulation that are needed here; data/README.md tells their columns."""

    frames: pd.DataFrame
    sightings: pd.DataFrame
    parked: pd.DataFrame
    bystanders: pd.DataFrame
    vehicles: pd.DataFrame


def visible_share(sightings: pd.DataFrame) -> np.ndarray:
    """Share of each vehicle that is visible, (n,): not hidden by another, and inside the frame.

    Columns `full_x1` to `full_y2` (pixels) and `hidden` (share of what is inside the frame).
    """
    full = sightings[[f"full_{edge}" for edge in BOX]].to_numpy()
    x1, y1, x2, y2 = full.T
    wide = np.minimum(x2, _WIDTH) - np.maximum(x1, 0)
    high = np.minimum(y2, _HEIGHT) - np.maximum(y1, 0)
    inside = np.clip(wide, 0, None) * np.clip(high, 0, None)
    return (1 - sightings["hidden"].to_numpy()) * inside / box_area(full)


def is_clear(sightings: pd.DataFrame) -> np.ndarray:
    """Which vehicles a detector is asked for, (n,) bool: over 20 pixels long, 80 % visible."""
    return (_longer_side(sightings) > _CLEAR_SIDE) & (visible_share(sightings) >= _CLEAR_SHARE)


def own_frames(truth: TrueTables) -> pd.Series:
    """The frames that arrived and show a picture of their own, not the last one again."""
    return truth.frames.loc[truth.frames["status"] == "ok", "frame"]


def true_boxes(truth: TrueTables, frames: Collection[str] | None = None) -> pd.DataFrame:
    """The boxes of all vehicles; to be ignored are those that are not clear, parked, or beside the
    road, and people.

    In `frames`, by default all `own_frames`. Columns frame, x1, y1, x2, y2, ignore, vehicle
    (negative: parked or beside the road), as `cctview.detect.evaluate_detections` takes them.
    """
    own = own_frames(truth)
    own = own if frames is None else own[own.isin(frames)]
    moving = truth.sightings[truth.sightings["frame"].isin(own)]
    place = pd.DataFrame({"frame": own, "camera": own.map(camera_of)})
    columns = ["frame", *BOX, "ignore", "vehicle"]
    parts = [
        moving.assign(ignore=~is_clear(moving)),
        place.merge(truth.parked, on="camera").assign(ignore=True),
        truth.bystanders[truth.bystanders["frame"].isin(own)].assign(ignore=True),
    ]
    parts = [part[columns] for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True).astype({"ignore": bool})


def detected_vehicles(
    detections: pd.DataFrame, vehicles: pd.Series, truth: TrueTables
) -> pd.DataFrame:
    """Every moving vehicle in every frame, and how surely it was detected there.

    Parameters
    ----------
    detections : DataFrame
        Columns frame, percent.
    vehicles : Series of Int64
        The vehicle that each detection truly shows, missing for none.
    truth : TrueTables

    Returns
    -------
    DataFrame
        A row a vehicle in one of the `own_frames`: frame, camera, vehicle, kind, colour, size
        (longer side, pixels), distance (metres from the camera along the road), visible (share),
        clear (bool), percent (of its detection; NaN: none).
    """
    sightings = truth.sightings[truth.sightings["frame"].isin(own_frames(truth))]
    sightings = sightings.reset_index(drop=True)
    detected = detections[["frame", "percent"]].assign(vehicle=vehicles).dropna()
    known = truth.vehicles.set_index("vehicle")
    table = pd.DataFrame(
        {
            "frame": sightings["frame"],
            "camera": sightings["frame"].map(camera_of),
            "vehicle": sightings["vehicle"].astype(np.int64),
            "kind": sightings["vehicle"].map(known["kind"]),
            "colour": sightings["vehicle"].map(known["colour"]),
            "size": _longer_side(sightings),
            "distance": sightings["ahead"].abs(),
            "visible": visible_share(sightings),
            "clear": is_clear(sightings),
        }
    )
    detected = detected.astype({"vehicle": np.int64})
    return table.merge(detected, on=["frame", "vehicle"], how="left", validate="one_to_one")


def share_found(
    watched: pd.DataFrame, by, percent: float = 25, rounds: int = _ROUNDS
) -> pd.DataFrame:
    """Share of the vehicles in frames that was found, by group; intervals draw vehicles again.

    Parameters
    ----------
    watched : DataFrame
        From `detected_vehicles`, or some of its rows.
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
    is_ordered = isinstance(getattr(by, "dtype", None), pd.CategoricalDtype)
    present = rows["by"].unique()
    groups = (
        [group for group in by.cat.categories if group in present]
        if is_ordered
        else sorted(present)
    )
    counts = rows.pivot_table(
        index="vehicle", columns="by", values="found", aggfunc=["sum", "size"], fill_value=0
    )
    found = counts["sum"][groups].to_numpy(float)
    total = counts["size"][groups].to_numpy(float)
    table = _share_intervals(found, total, groups, rounds)
    return table.assign(vehicles=(total > 0).sum(axis=0))


def share_entered(
    watched: pd.DataFrame, percent: float = 25, rounds: int = _ROUNDS
) -> pd.DataFrame:
    """Share that enters the database: of vehicles in frames, of passes, of vehicles.

    Rows "in a frame", "in a pass", "at any camera"; columns as in `share_found`, without vehicles.
    """
    found = (watched["percent"] >= percent).rename("found")
    passes = found.groupby([watched["vehicle"], watched["camera"]]).any()
    frames = found.groupby(watched["vehicle"])
    passes = passes.groupby("vehicle")
    names = ["in a frame", "in a pass", "at any camera"]
    entered = pd.concat([frames.sum(), passes.sum(), passes.any()], axis=1).to_numpy(float)
    total = pd.concat([frames.size(), passes.size()], axis=1).assign(vehicles=1).to_numpy(float)
    return _share_intervals(entered, total, names, rounds)


def passes_found(
    watched: pd.DataFrame, by: str, percent: float = 25, rounds: int = _ROUNDS
) -> pd.DataFrame:
    """Share of the passes with a detection at least, by a column that does not change in a pass.

    Such as "kind", "colour", "camera"; else as `share_found`.
    """
    passes = watched.groupby(["vehicle", "camera"], as_index=False).agg(
        percent=("percent", "max"), by=(by, "first")
    )
    return share_found(passes, passes["by"], percent, rounds)


def in_bands(values, edges: Sequence[float], unit: str = "") -> pd.Series:
    """Numbers sorted into bands with names such as "20–30 pixels", as an ordered categorical."""
    names = [f"{low:g}–{high:g}" for low, high in pairwise(edges[:-1])] + [f"over {edges[-2]:g}"]
    names = [f"{name} {unit}".strip() for name in names]
    return pd.cut(pd.Series(np.asarray(values, float)), list(edges), labels=names)


def _share_intervals(
    found: np.ndarray, total: np.ndarray, names: list[str], rounds: int
) -> pd.DataFrame:
    """Shares found, from counts by vehicle and group, with intervals that draw vehicles again."""

    def shares(drawn):
        sums = total[drawn].sum(axis=0)
        empty = np.full(len(names), np.nan)
        return pd.Series(
            np.divide(found[drawn].sum(axis=0), sums, out=empty, where=sums > 0), names
        )

    table = bootstrap(shares, np.arange(len(found)), rounds)
    return table.assign(sightings=total.sum(axis=0).astype(int))


def _longer_side(boxes: pd.DataFrame) -> np.ndarray:
    return np.maximum(boxes["x2"] - boxes["x1"], boxes["y2"] - boxes["y1"]).to_numpy()
