"""The game that lesson 00 opens with: follow a car by hand, then see what the system did.

A frame is taken because the system links many of its cars, since it is seldom sure enough to link
anybody. The other crops are those that it finds most alike, and its own picks are its links.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cctview.dataset import BOX, Dataset, box_area, encode_jpeg, street_of
from cctview.link import SURE, TripFinder, TripJudge
from cctview.show import Moment, called, data_address, encode_still, picture_html
from cctview.truth import Truth, true_vehicles

_FRAMES = 4
_LEAST_NEXT = 3
"""Cameras that a car must still come to after the frame, so that it can be followed."""
_LEAST_AREA = 500
"""Pixels of a box that can be clicked, or that stands beside the correct one; people could not
recognise a smaller car."""
_CROPS = 4


def be_the_operator(finder: TripFinder, judge: TripJudge, dataset: Dataset, truth: Truth) -> Moment:
    """The game: click a car, find it among four crops at each next camera, then turn over what the
    system did, and the truth.

    Parameters
    ----------
    finder : TripFinder
    judge : TripJudge
        Of this finder: it knows which crop is right.
    dataset : Dataset
        In which the finder finds.
    truth : Truth
        Which vehicle each detection shows: a tracklet can hold some of another vehicle.
    """
    data = operator_game(finder, judge, dataset, truth)
    first = data["frames"][0]
    boxes = [(*car["box"], "picked", "") for car in first["cars"]]
    shot = dataset.image(first["frame"]), f"{first['place']}, {first['time']}", boxes
    words = (
        f"The frame of {first['place']} at {first['time']}, with a box around each of {len(boxes)}"
        " cars. You choose one. At each camera that it comes to next you see four crops, and say"
        " which of them shows your car, or that none does. Then the system's picks are turned over,"
        " and at last the truth."
    )
    state: dict[str, Any] = {"frame": 0, "car": None, "picks": [], "turned": 0, "rounds": []}
    still = f"{picture_html(encode_still([shot]), words, size=(704, 480))}<p>{words}</p>"
    script = Path(__file__).with_suffix(".js")
    return Moment(script, "Be the operator: follow a car", words, data, state, still)


def operator_game(
    finder: TripFinder, judge: TripJudge, dataset: Dataset, truth: Truth
) -> dict[str, Any]:
    """Frames, the cars in them that can be followed, and at each next camera four crops.

    Returns
    -------
    dict
        ``further``: at how many further cameras a car must still be seen. ``frames``, for each its
        ``frame`` (id), ``place``, ``time``, ``picture`` (a data URI), ``width``, ``height`` and
        ``cars``. A car has its ``box``, its ``crop``, ``looks`` (what the system reads off it) and
        ``steps``: one for each camera that it comes to later, with ``place``, ``crops``
        (``picture``, ``looks``, ``after``: seconds), ``truth`` and ``system`` (which crop; -1 for
        none of them), and ``sure`` (of the system's best candidate).

    Raises
    ------
    ValueError
        If no car of the frames comes to enough further cameras.
    """
    detections = _detections(finder, judge, dataset, truth)
    cars = _cars(finder, judge, detections)
    if cars.empty:
        raise ValueError(
            f"no car here comes to {_LEAST_NEXT} further cameras while they record; take more"
            " minutes"
        )
    cars = cars.assign(links=_links(finder, judge, cars))
    counts = cars.groupby(["camera", "frame"], as_index=False)["links"].agg(["sum", "size"])
    counts = counts.sort_values(["sum", "size"], ascending=False, kind="stable")
    chosen = counts.drop_duplicates("camera").head(_FRAMES)["frame"]
    cars = cars[cars["frame"].isin(chosen)]
    shown = finder.shown.astype(object)
    largest = detections.drop_duplicates("tracklet")
    shown[largest["tracklet"]] = largest["id"]

    def picture(tracklet):
        return data_address(encode_jpeg(dataset.crop(shown[tracklet])))

    clear = set(largest.loc[largest["area"] >= _LEAST_AREA, "tracklet"])
    steps = _steps(finder, judge, picture, clear, cars)
    frames = []
    for name in chosen:
        image, rows = dataset.image(name), cars[cars["frame"] == name]
        height, width = image.shape[:2]
        frames.append(
            {
                "frame": name,
                "place": street_of(rows["camera"].iloc[0]),
                "time": f"{rows['time'].iloc[0]:%H:%M:%S}",
                "picture": data_address(dataset.jpeg(name)),
                "width": width,
                "height": height,
                "cars": [
                    {
                        "box": [int(row[side]) for side in BOX],
                        "crop": data_address(encode_jpeg(dataset.crop(row["id"]))),
                        "looks": looks(finder, row["tracklet"]),
                        "steps": steps[row["tracklet"]],
                    }
                    for _, row in rows.iterrows()
                ],
            }
        )
    return {"frames": frames, "further": _LEAST_NEXT}


def _detections(finder, judge, dataset, truth):
    """The detections that show the vehicle of their tracklet, the largest first, with `tracklet`,
    `vehicle`, `way` and `area`.
    """
    rows = dataset.detections.set_index("id", drop=False).loc[finder.tracklets.of_detection.index]
    rows = rows.assign(tracklet=finder.tracklets.of_detection.to_numpy(), area=box_area(rows))
    labels = judge.labels.iloc[rows["tracklet"]]
    rows = rows.assign(vehicle=labels["vehicle"].to_numpy(), way=labels["direction"].to_numpy())
    own = true_vehicles(rows, truth) == rows["vehicle"]
    return rows[own.fillna(False)].sort_values("area", ascending=False, kind="stable")


def _cars(finder, judge, rows):
    """The detections of cars that can be followed, with `next`: at how many further cameras, on a
    carriageway that these see. The largest come first, so that small ones lie on top.
    """
    rows = rows[rows["area"] >= _LEAST_AREA]
    seen = set(judge.carriageways())
    passes = judge.passes.reindex(rows["vehicle"])
    further = [
        (passes[camera].to_numpy() > rows["time"].to_numpy())
        & (rows["camera"] != camera).to_numpy()
        & np.array([(camera, way) in seen for way in rows["way"]])
        for camera in finder.cameras
    ]
    rows = rows.assign(next=np.sum(further, axis=0))
    return rows[rows["next"] >= _LEAST_NEXT].drop_duplicates(["frame", "vehicle"])


def _links(finder, judge, cars):
    """At how many of its further cameras the system links somebody to each of the cars."""
    links = np.zeros(len(cars), int)
    passes = judge.passes.reindex(cars["vehicle"])
    for camera in finder.cameras:
        found = _search(finder, cars, camera)[1]
        sure = {tracklet for tracklet, (posterior, _) in found.items() if posterior.max() >= SURE}
        links += cars["tracklet"].isin(sure).to_numpy() & (
            passes[camera].to_numpy() > cars["time"].to_numpy()
        )
    return links


def _steps(finder, judge, picture, clear, cars):
    """For each tracklet of the cars, what is asked at each further camera, in order of time."""
    seconds, steps = finder.tracklets.table["seconds"].to_numpy(float), {}
    seen = set(judge.carriageways())
    found = {camera: _search(finder, cars, camera) for camera in finder.cameras}
    for row in cars.itertuples():
        passed = judge.passes.loc[row.vehicle].sort_values()
        further = [
            camera
            for camera, time in passed.items()
            if pd.notna(time) and time > row.time and camera != row.camera
        ]
        steps[row.tracklet] = [
            _step(finder, judge, picture, clear, row.tracklet, camera, seconds, *found[camera])
            for camera in further
            if (camera, row.way) in seen
        ]
    return steps


def _search(finder, cars, camera):
    """What the system says of the cars at a camera: candidates (m,), and by tracklet how probable
    each is after all trips were decided together, and alone.
    """
    queries = cars.loc[cars["camera"] != camera, "tracklet"].to_numpy()
    rows, posterior = finder.search(queries, camera)
    alone = finder.weights(queries, camera)[2]
    return rows, dict(zip(queries, zip(posterior[:, :-1], alone, strict=True), strict=True))


def _step(finder, judge, picture, clear, tracklet, camera, seconds, rows, found):
    """The crops of one camera in order of time, which of them is right, and which was linked."""
    posterior, alone = found[tracklet]
    right, best = judge.same(tracklet, rows), int(posterior.argmax())
    order = np.argsort(-np.maximum(posterior, alone), kind="stable")
    shown = [best, *[k for k in order if right[k]][:1]]
    shown = list(dict.fromkeys(shown if not right[best] else [best]))
    others = [k for k in order if not right[k] and rows[k] in clear and k not in shown]
    shown = sorted([*shown, *others][:_CROPS], key=lambda k: seconds[rows[k]])
    true, linked = [k for k in shown if right[k]], posterior[best] >= SURE
    return {
        "place": street_of(camera),
        "crops": [
            {
                "picture": picture(rows[k]),
                "looks": looks(finder, rows[k]),
                "after": round(seconds[rows[k]] - seconds[tracklet]),
            }
            for k in shown
        ],
        "truth": shown.index(true[0]) if true else -1,
        "system": shown.index(best) if linked else -1,
        "sure": round(float(posterior[best]), 2),
    }


def looks(finder: TripFinder, tracklet: int) -> str:
    """What the system reads off a tracklet, such as "grey sedan"."""
    read = {name: str(table.iloc[tracklet].idxmax()) for name, table in finder.read.items()}
    return read["colour"] if "taxi" in read["colour"] else called(read["kind"], read["colour"])
