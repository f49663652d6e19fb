"""Your week: how many drivers of a town were at the few places and times that are known of one.

The town is the course's model of habits (`data/habits`), its first week. The passes travel packed,
and the browser asks the questions.
"""

import base64
import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from cctview.dataset import street_of
from cctview.privacy import Sightings, read_trips
from cctview.show import Moment, picture_html

_PEOPLE = {
    "the night nurse": "a nurse on night shifts",
    "": "a commuter, drawn at random",
    "the school run": "a parent who takes children to school",
    "the courier": "a courier",
}
_POINTS = 4
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_DOT, _RING = (0, 114, 178), (213, 94, 0)  # the palette's blue and vermilion


def your_week(trips: pd.DataFrame, drivers: pd.DataFrame) -> Moment:
    """A crowd of dots that go out question by question.

    Parameters
    ----------
    trips, drivers : DataFrame
        Six weeks of simulated habits, from `read_habits`.
    """
    sightings = read_trips(trips)
    week, traces = sightings.first_days(7), pd.factorize(trips["vehicle"])[1]
    rng = np.random.default_rng(0)
    dots = rng.permutation(len(drivers))  # or the busiest would come first
    people = []
    for name, said in _PEOPLE.items():
        chosen = drivers["name"] == name if name else drivers["role"] == "commuter"
        for vehicle in rng.permutation(drivers.loc[chosen, "vehicle"]):
            trace = int(traces.get_loc(vehicle))
            points = _known(week, trace, rng)
            if len(points) == _POINTS:
                people.append({"name": said, "dot": int(dots[trace]), "points": points})
                break
    packed = _pack(week, dots)
    data = {
        "vehicles": len(drivers),
        "places": [street_of(camera) for camera in week.cameras],
        "count": len(week.trace),
        "passes": base64.b64encode(packed).decode(),
        "people": people,
    }
    return Moment(
        Path(__file__).with_suffix(".js"),
        "Your week: ask where and when a driver was, and watch the crowd shrink",
        f"{len(drivers):,} dots are the drivers of an invented town. Each question about four"
        " passes of one driver puts out the dots of all drivers to whom it does not apply.",
        data,
        {"who": 0, "asked": 0, "clock": 2, "place": 0},
        _still(data),
    )


def _still(data: dict[str, Any]) -> str:
    """The crowd before the first question, and what is known of the first driver."""
    side = int(np.ceil(np.sqrt(data["vehicles"] * 2)))
    grid = np.zeros((-(-data["vehicles"] // side), side), bool)
    grid.flat[: data["vehicles"]] = True
    dots = np.kron(grid, np.pad(np.ones((4, 4), bool), 1))
    image = np.where(dots[..., None], _DOT, 255).astype(np.uint8)
    y, x = divmod(data["people"][0]["dot"], side)
    image[6 * y : 6 * y + 6, 6 * x : 6 * x + 6] = _RING
    file = io.BytesIO()
    Image.fromarray(image).quantize(3).save(file, "PNG", optimize=True)
    known = "".join(
        f"<li>{data['places'][point['place']]}, {_DAYS[point['minute'] // 1440]}"
        f" {point['minute'] % 1440 // 60:02d}:{point['minute'] % 60:02d}</li>"
        for point in data["people"][0]["points"]
    )
    words = f"{data['vehicles']:,} dots, one for each driver of the town; one is of another colour."
    return (
        f"<p>Four passes of one driver are known. How many of {data['vehicles']:,} drivers fit?</p>"
        f"<ol>{known}</ol>{picture_html(file.getvalue(), words, 'png')}"
    )


def _known(week: Sightings, trace: int, rng: np.random.Generator) -> list[dict[str, int]]:
    """Four passes of a trace, each on another day, as camera number and minute of the week."""
    rows = rng.permutation(np.flatnonzero(week.trace == trace))
    rows = rows[np.unique(week.seconds[rows] // 86400, return_index=True)[1]]
    rows = np.sort(rng.permutation(rows)[:_POINTS])
    rows = rows[np.argsort(week.seconds[rows])]
    return [{"place": int(week.place[k]), "minute": int(week.seconds[k] // 60)} for k in rows]


def _pack(week: Sightings, dots: np.ndarray) -> bytes:
    """All passes in few bytes: how many each dot has, the minutes between them, and the cameras."""
    dot, minute = dots[week.trace], week.seconds // 60
    order = np.lexsort((week.place, minute, dot))
    first = np.diff(dot[order], prepend=-1) > 0
    between = np.where(first, minute[order], np.diff(minute[order], prepend=0))
    parts = (
        np.bincount(dot, minlength=len(dots)).astype("<u2"),
        between.astype("<u2"),
        week.place[order].astype("u1"),
    )
    return gzip.compress(b"".join(part.tobytes() for part in parts), mtime=0)
