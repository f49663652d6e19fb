"""The truth as Parquet: what every frame shows, and every trip.

Six tables (`VEHICLES`, `TRIPS`, `FRAMES`, `SIGHTINGS`, `BYSTANDERS`, `PARKED`), described column by
column in `data/README.md`. Times are the simulated city's wall clock, to the millisecond; boxes are
pixels x1, y1, x2, y2 in the picture as delivered, lens distortion included.
"""

import io
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cctview.dataset import write_bytes
from studio.road.cast import CAST
from studio.road.expressway import CAMERAS

TIME = pa.timestamp("ms")
NAME = pa.dictionary(pa.int32(), pa.string())

VEHICLES = pa.schema(
    [
        ("vehicle", pa.int32()),
        ("name", pa.string()),
        ("kind", NAME),
        ("type", NAME),
        ("design", pa.int32()),
        ("colour", NAME),
        ("length", pa.float32()),
        ("width", pa.float32()),
        ("height", pa.float32()),
        ("marks", pa.string()),
    ]
)

TRIPS = pa.schema(
    [
        ("vehicle", pa.int32()),
        ("direction", NAME),
        ("entry", NAME),
        ("entered", TIME),
        ("exit", NAME),
        ("left", TIME),
        *[(camera, TIME) for camera in CAMERAS],
    ]
)

FRAMES = pa.schema(
    [
        ("frame", pa.string()),
        ("camera", NAME),
        ("time", TIME),
        ("status", NAME),
        ("picture", pa.string()),
    ]
)

BOX = ("x1", "y1", "x2", "y2")
MEASURED = (*BOX, *(f"full_{side}" for side in BOX), "hidden", "pixels")

SIGHTINGS = pa.schema(
    [
        ("frame", NAME),
        ("vehicle", pa.int32()),
        ("type", NAME),
        *[(name, pa.float32()) for name in MEASURED],
        ("direction", NAME),
        ("lane", pa.int8()),
        ("speed", pa.float32()),
        ("km", pa.float32()),
        ("ahead", pa.float32()),
        ("lateral", pa.float32()),
    ]
)

BYSTANDERS = pa.schema(
    [
        ("frame", NAME),
        ("vehicle", pa.int32()),
        ("type", NAME),
        *[(name, pa.float32()) for name in MEASURED],
    ]
)

PARKED = pa.schema(
    [("camera", NAME), ("vehicle", pa.int32()), *[(name, pa.float32()) for name in MEASURED]]
)


def moment(day, seconds):
    """The `datetime` at `seconds` since midnight of `day`, to the millisecond; None for None.

    Examples
    --------
    >>> from datetime import date
    >>> moment(date(2031, 5, 5), 31200.1)
    datetime.datetime(2031, 5, 5, 8, 40, 0, 100000)
    """
    if seconds is None:
        return None
    return datetime(day.year, day.month, day.day) + timedelta(milliseconds=round(1000 * seconds))


def seconds_since_midnight(time):
    """The seconds of a `datetime` since its day began.

    Examples
    --------
    >>> seconds_since_midnight(datetime(2031, 5, 5, 8, 40, 0, 100_000))
    31200.1
    """
    return time.hour * 3600 + time.minute * 60 + time.second + time.microsecond / 1e6


def vehicle_row(vehicle):
    """A row of `VEHICLES` for a `studio.road.vehicles.Vehicle`."""
    return {
        "vehicle": vehicle.id,
        "name": next((role.name for role in CAST if role.id == vehicle.id), None),
        "kind": vehicle.kind,
        "type": vehicle.detector_class,
        "design": vehicle.design,
        "colour": vehicle.colour,
        "length": vehicle.length,
        "width": vehicle.width,
        "height": vehicle.height,
        "marks": json.dumps(asdict(vehicle.marks), sort_keys=True),
    }


def trip_row(trip, day):
    """A row of `TRIPS` for a `studio.road.traffic.Trip`: cameras that it did not pass are None."""
    return {
        "vehicle": trip.vehicle.id,
        "direction": trip.direction,
        "entry": trip.entry,
        "entered": moment(day, trip.entered),
        "exit": trip.exit,
        "left": moment(day, trip.left),
        **{camera: moment(day, trip.passed.get(camera)) for camera in CAMERAS},
    }


def sighting_rows(frame_id, boxes, passings):
    """Rows of `SIGHTINGS` for one picture.

    Parameters
    ----------
    frame_id : str
    boxes : ndarray of dtype studio.road.render.BOX
        What the renderer measured, one row a vehicle with at least one visible pixel.
    passings : sequence of studio.road.traffic.Passing
        Where the vehicles were.

    Raises
    ------
    KeyError
        If the picture holds a vehicle that was not before the camera.
    """
    where = {passing.vehicle.id: passing for passing in passings}
    rows = []
    for box in boxes:
        passing = where[int(box["vehicle"])]
        rows.append(
            {
                "frame": frame_id,
                "vehicle": passing.vehicle.id,
                "type": passing.vehicle.detector_class,
                **{name: float(box[name]) for name in MEASURED},
                "direction": passing.direction,
                "lane": passing.lane,
                "speed": passing.speed,
                "km": passing.km,
                "ahead": passing.ahead,
                "lateral": passing.lateral,
            }
        )
    return rows


def bystander_rows(frame_id, boxes, bystanders):
    """Rows of `BYSTANDERS` for one picture: people, and vehicles on the service roads (boxes as in
    `sighting_rows`).
    """
    kinds = {other.vehicle.id: other.vehicle.detector_class for other in bystanders}
    return [
        {
            "frame": frame_id,
            "vehicle": int(box["vehicle"]),
            "type": kinds[int(box["vehicle"])],
            **{name: float(box[name]) for name in MEASURED},
        }
        for box in boxes
    ]


def parked_rows(camera, boxes):
    """Rows of `PARKED` for the vehicles that stand in a camera's view all the time (boxes as in
    `sighting_rows`).
    """
    return [
        {
            "camera": camera,
            "vehicle": int(box["vehicle"]),
            **{name: float(box[name]) for name in MEASURED},
        }
        for box in boxes
    ]


def table(rows, schema):
    """An Arrow table of `rows` (a list of dicts) in the given schema; no rows: an empty table."""
    return pa.Table.from_pylist(rows, schema=schema)


def encode(data):
    """A table as the bytes of a Parquet file (zstd); the same table gives the same bytes."""
    buffer = io.BytesIO()
    pq.write_table(
        data,
        buffer,
        compression="zstd",
        compression_level=9,
        use_dictionary=_repetitive(data.schema),
    )
    return buffer.getvalue()


def write(data, path):
    """Write a table as Parquet; what is at `path` is replaced in one step."""
    write_bytes(Path(path), encode(data))


def _repetitive(schema):
    """The columns worth a dictionary: names; numbers and times are stored as they are."""
    return [
        field.name
        for field in schema
        if pa.types.is_dictionary(field.type) or pa.types.is_string(field.type)
    ]
