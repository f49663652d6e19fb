"""The cameras without Python: two of the stored minutes play, and each click has a stored answer.

What the system says of each vehicle is computed when the piece is made, and so is the truth. The
piece is made for the site, for slides, and for ``notebooks/cameras.html``.
"""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from PIL import Image

from cctview.course.moments.operator import looks
from cctview.dataset import BOX, Dataset, place_of, street_of
from cctview.link import SURE, TripFinder, TripJudge
from cctview.show import Moment, data_address, encode_still, picture_html

MINUTES = 2, 4
"""Which minutes play: those before and after them are searched, too."""
_QUALITY = 30  # of frames as WebP: 6 kB each, a third of what the camera sent
_CELL = 72, 48  # pixels of a crop on the sheet
_COLUMNS = 50
_CANDIDATES = 3
_LEAST = 0.02  # less probable candidates are not shown


def watch_cameras(
    finder: TripFinder, judge: TripJudge, dataset: Dataset, minutes: tuple[int, int] = MINUTES
) -> Moment:
    """The cameras: they play, and a click on a vehicle shows where the system follows it.

    Parameters
    ----------
    finder : TripFinder
    judge : TripJudge
        Of this finder: it knows the truth.
    dataset : Dataset
        In which the finder finds.
    minutes : (int, int)
        Which minutes play, from the first one on, the end excluded.

    Raises
    ------
    ValueError
        If there is no frame in these minutes.
    """
    data = stored_cameras(finder, judge, dataset, minutes)
    camera, k = _most_linked(data)
    shown = data["cameras"][camera]
    own = dataset.frames[dataset.frames["camera"] == finder.cameras[camera]]
    frame = own["id"].iloc[int(np.searchsorted(own["time"], data.pop("begin"))) + k]
    words = (
        f"Frames of {len(data['cameras'])} cameras from {data['from']} to {data['to']}, which play,"
        " with a box round each vehicle. A click on a vehicle shows at which other cameras the"
        " system finds it, how sure it is, and its best candidates. Then the truth can be turned"
        f" over. The system searched from {data['first']} to {data['last']}."
    )
    boxes = [(*box[1:], "vehicle", "") for box in shown["boxes"][k] if box[0] >= 0]
    shot = dataset.image(frame), shown["name"], boxes
    still = f"{picture_html(encode_still([shot]), words, size=(704, 480))}<p>{words}</p>"
    state = {"camera": camera, "k": k, "picked": None, "truth": False, "speed": 0}
    script = Path(__file__).with_suffix(".js")
    return Moment(script, "The cameras: click a vehicle", words, data, state, still)


def stored_cameras(
    finder: TripFinder, judge: TripJudge, dataset: Dataset, minutes: tuple[int, int]
) -> dict[str, Any]:
    """All that the piece shows.

    Returns
    -------
    dict
        ``cameras``, in driving order, each with ``name``, ``facing``, ``times`` (seconds since the
        first frame that plays), ``frames`` (data URIs) and ``boxes``: for each frame
        ``[vehicle, x1, y1, x2, y2]``, where the vehicle is a tracklet, or -1 for what is in none.
        ``seen``: for each tracklet that is shown its camera, seconds, look, and place on the
        ``sheet`` of crops. ``trips``: for each tracklet that can be clicked what the system says at
        each other camera (``best``: tracklet, probability, whether it is right; ``linked``;
        ``why`` not) and the truth (``passed``: seconds, or null).
    """
    start = dataset.frames["time"].min().floor("min")
    begin, end = (start + pd.Timedelta(minutes=one) for one in minutes)
    frames = dataset.frames[(dataset.frames["time"] >= begin) & (dataset.frames["time"] < end)]
    if frames.empty:
        raise ValueError(f"there is no frame from {begin:%H:%M} to {end:%H:%M}; take other minutes")
    tracklet = finder.tracklets.of_detection
    rows = dataset.detections[dataset.detections["frame"].isin(frames["id"])]
    rows = rows.assign(tracklet=tracklet.reindex(rows["id"]).fillna(-1).astype(int).to_numpy())
    queries = np.unique(rows.loc[rows["tracklet"] >= 0, "tracklet"])
    offset = (begin - finder.midnight).total_seconds()
    trips = _trips(finder, judge, queries, offset)
    candidates = {one[0] for trip in trips.values() for at in trip for one in at["best"]}
    used = sorted(candidates | {int(one) for one in queries})
    seconds = finder.tracklets.table["seconds"].to_numpy(float) - offset
    cameras = [_camera(dataset, frames, rows, camera, begin) for camera in finder.cameras]
    place = {camera: n for n, camera in enumerate(finder.cameras)}
    at = finder.tracklets.table["camera"].map(place).to_numpy(int)
    seen = {
        str(one): [int(at[one]), round(float(seconds[one]), 1), looks(finder, one), n]
        for n, one in enumerate(used)
    }
    first, last = (
        (finder.midnight + pd.Timedelta(seconds=one)).round("min") for one in finder.span
    )
    return {
        "cameras": cameras,
        "seen": seen,
        "sheet": _sheet([dataset.crop(finder.shown[one]) for one in used]),
        "cell": _CELL,
        "columns": _COLUMNS,
        "trips": trips,
        "begin": begin,
        "midnight": offset,
        "from": f"{begin:%H:%M}",
        "to": f"{end:%H:%M}",
        "first": f"{first:%H:%M}",
        "last": f"{last:%H:%M}",
        "sure": SURE,
    }


def _most_linked(data):
    """The camera and the frame on whose vehicles the system has most to say."""
    links = {name: sum(at["linked"] for at in trip) for name, trip in data["trips"].items()}
    said = {
        (n, k): sum(links.get(str(box[0]), 0) for box in boxes)
        for n, camera in enumerate(data["cameras"])
        for k, boxes in enumerate(camera["boxes"])
    }
    return max(said, key=said.__getitem__)


def _camera(dataset, frames, rows, camera, begin):
    """One camera's frames of these minutes."""
    own, boxes = frames[frames["camera"] == camera], rows.groupby("frame")
    place = place_of(camera)
    return {
        "name": street_of(camera),
        "facing": place.facing if place else None,
        "times": (own["time"] - begin).dt.total_seconds().astype(int).tolist(),
        "frames": [_webp(dataset.image(name)) for name in own["id"]],
        "boxes": [
            boxes.get_group(name)[["tracklet", *BOX]].astype(int).to_numpy().tolist()
            if name in boxes.groups
            else []
            for name in own["id"]
        ],
    }


def _trips(finder, judge, queries, offset):
    """For each query at each other camera what the system says, and the truth."""
    vehicle = judge.labels["vehicle"].to_numpy()
    passes = judge.passes.reindex(vehicle[queries])
    trips: dict[str, list[dict[str, Any]]] = {str(query): [] for query in queries}
    place = {query: n for n, query in enumerate(queries)}
    for search in finder.searches(queries):
        passed = (passes[search.camera] - finder.midnight).dt.total_seconds().to_numpy() - offset
        for query, posterior in zip(search.queries, search.posterior, strict=True):
            order = np.argsort(-posterior[:-1], kind="stable")[:_CANDIDATES]
            order = [order[0], *(n for n in order[1:] if posterior[n] >= _LEAST)]
            right = judge.same(int(query), search.rows[order])
            linked, time = bool(posterior[order[0]] >= SURE), passed[place[query]]
            at = {
                "camera": finder.cameras.index(search.camera),
                "best": [
                    [int(search.rows[n]), round(float(posterior[n]), 2), int(good)]
                    for n, good in zip(order, right, strict=True)
                ],
                "linked": linked,
                "why": "" if linked else finder.why_not(int(query), search.camera),
                "passed": None if np.isnan(time) else round(float(time), 1),
            }
            trips[str(query)].append(at)
    return trips


def _webp(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "WEBP", quality=_QUALITY, method=4)
    return data_address(buffer.getvalue(), "webp")


def _sheet(crops):
    """One picture of all crops, each as large as its cell allows, in its middle."""
    width, height = _CELL
    sheet = np.full((-(-len(crops) // _COLUMNS) * height, _COLUMNS * width, 3), 40, np.uint8)
    for number, crop in enumerate(crops):
        scale = min(width / crop.shape[1], height / crop.shape[0])
        size = [max(1, round(side * scale)) for side in (crop.shape[1], crop.shape[0])]
        row, column = divmod(number, _COLUMNS)
        top, left = row * height + (height - size[1]) // 2, column * width + (width - size[0]) // 2
        small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
        sheet[top : top + size[1], left : left + size[0]] = small
    return _webp(sheet)
