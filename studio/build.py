"""Renders what the simulated cameras record; an interrupted build continues where it stopped.

The work is cut into parts, one camera and one minute each. A part is written under a temporary name
and moved into place, so it is there as a whole or not at all, and a part that is there is not made
again. Parts lie in a folder named after everything that decides their content: the settings, and
the code of this module and of all that it imports (`studio.closure`); for detections also the
weights. `studio.process` detects, `studio.assemble` packs.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import time
from pathlib import Path

import pyarrow as pa
from tqdm import tqdm

from studio.closure import code_fingerprint
from studio.road import truth
from studio.road.expressway import CAMERAS
from studio.road.shots import CADENCE, due, watch
from studio.road.traffic import DATE, Traffic

FRAME_PARTS = pa.schema([*truth.FRAMES, ("jpeg", pa.binary())])


@dataclass(frozen=True)
class Settings:
    """What to build.

    Attributes
    ----------
    minutes : int
        How long the cameras record.
    cameras : tuple of str
        Which of them.
    weather : str
        The look: ``clear``, ``overcast``, ``dusk`` or ``rain``.
    start : datetime.time
        When recording begins.
    seed : int
    individuality, demand : float
        See `studio.road.traffic.Traffic`.
    mood : float
        How differently a vehicle comes out from camera to camera (`studio.road.render.Renderer`).
    scale : int
        The frames are 352 scale × 240 scale pixels.
    cadence : float
        Seconds between two frames of a camera.
    detail : str
        What vehicles show at close range: ``low``, ``middle`` or ``high``.
    """

    minutes: int = 12
    cameras: tuple[str, ...] = tuple(CAMERAS)
    weather: str = "clear"
    start: time = time(8, 40)
    seed: int = 0
    individuality: float = 0.25
    demand: float = 1.0
    mood: float = 0.08
    scale: int = 1
    cadence: float = CADENCE
    detail: str = "middle"

    def __post_init__(self):
        unknown = [camera for camera in self.cameras if camera not in CAMERAS]
        if unknown:
            raise ValueError(f"unknown camera {unknown[0]!r}: choose from {', '.join(CAMERAS)}")
        if self.minutes < 1 or self.minutes != int(self.minutes):
            raise ValueError(f"minutes must be a whole number from 1, not {self.minutes}")

    def fingerprint(self):
        """A name for everything that decides what a minute of a camera looks like."""
        decisive = {
            key: str(value)
            for key, value in asdict(self).items()
            if key not in ("minutes", "cameras")
        }
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode())
        digest.update(code_fingerprint("studio.build").encode())
        return digest.hexdigest()[:12]

    def traffic(self):
        """The traffic at the beginning of the recording."""
        return Traffic(self.seed, self.start, self.individuality, self.demand)

    def first_minute(self):
        """The beginning of the recording in minutes since midnight."""
        return 60 * self.start.hour + self.start.minute


class Workshop:
    """The folder where the parts of one build lie.

    Parameters
    ----------
    folder : path
        Parent of all builds; this one's folder carries its fingerprint.
    settings : Settings
    """

    def __init__(self, folder, settings):
        self.settings = settings
        self.folder = Path(folder) / settings.fingerprint()

    def part(self, kind, camera, minute):
        """Path of a part: `kind` is frames, sightings, bystanders or a folder of detections;
        `minute` counts from 0.
        """
        hours, minutes = divmod(self.settings.first_minute() + minute, 60)
        return self.folder / kind / camera / f"{hours:02d}.{minutes:02d}.parquet"

    def parts(self, kind, camera):
        """Paths of all parts of a camera, in order; they need not exist."""
        return [self.part(kind, camera, minute) for minute in range(self.settings.minutes)]

    def trips(self):
        """Paths of the tables of vehicles and trips."""
        name = f"{self.settings.minutes}-minutes.parquet"
        return self.folder / "vehicles" / name, self.folder / "trips" / name

    def parked(self, camera):
        """Path of the table of parked vehicles of a camera."""
        return self.folder / "parked" / f"{camera}.parquet"


def render(workshop, make_renderer=None, quiet=False):
    """Make the parts `frames` and `sightings` that are missing, and the tables of vehicles and
    trips.

    Parameters
    ----------
    workshop : Workshop
    make_renderer : callable, optional
        Called with camera id and weather, once a camera; `studio.road.render.Renderer` by default.
    quiet : bool
        Show no progress bar.
    """
    settings = workshop.settings
    missing = {
        (camera, minute)
        for camera in settings.cameras
        for minute in range(settings.minutes)
        if not workshop.part("frames", camera, minute).exists()
    }
    if not missing and all(path.exists() for path in workshop.trips()):
        return
    traffic = settings.traffic()
    begin = traffic.now
    painters = {}
    ledger = Ledger(traffic)
    shots = watch(traffic, settings.minutes, settings.cameras, settings.seed, settings.cadence)
    total = sum(
        1
        for camera in settings.cameras
        for _ in due(camera, begin, begin + 60 * settings.minutes, settings.cadence)
    )
    for shot in tqdm(shots, "frames", total, unit="frame", disable=quiet):
        minute = int((truth.seconds_since_midnight(shot.time) - begin) // 60)
        ledger.collect()
        if (shot.camera, minute) in missing:
            if shot.camera not in painters:
                painters[shot.camera] = Painter(shot.camera, workshop, make_renderer)
            painters[shot.camera].add(shot, minute)
    for painter in painters.values():
        painter.flush()
    ledger.close(*workshop.trips())


def renderer_for(make_renderer, camera, settings):
    """A renderer for a camera, by `make_renderer` or, if that is None, ours."""
    if make_renderer is not None:
        return make_renderer(camera, settings.weather)
    from studio.road.render import Renderer

    return Renderer(camera, settings.weather, settings.scale, settings.detail, settings.mood)


class Painter:
    """Renders the shots of one camera and writes them minute by minute."""

    def __init__(self, camera, workshop, make_renderer):
        self._camera, self._workshop = camera, workshop
        self._renderer = renderer_for(make_renderer, camera, workshop.settings)
        truth.write(
            truth.table(truth.parked_rows(camera, self._renderer.parked), truth.PARKED),
            workshop.parked(camera),
        )
        self._minute = None
        self._frames, self._sightings, self._beside = [], [], []
        self._last = (None, None)

    def add(self, shot, minute):
        """Render a shot; the minute before is written when a new one begins."""
        if minute != self._minute:
            self.flush()
            self._minute = minute
        row = {
            "frame": shot.frame,
            "camera": shot.camera,
            "time": shot.time,
            "status": shot.status,
            "picture": None,
            "jpeg": None,
        }
        if shot.picture is not None:
            frame = self._render(shot.picture)
            row |= {"picture": shot.picture.frame, "jpeg": frame.jpeg}
            known = frame.boxes["vehicle"] >= 0
            self._sightings += truth.sighting_rows(
                shot.frame, frame.boxes[known], shot.picture.passings
            )
            self._beside += truth.bystander_rows(
                shot.frame, frame.boxes[~known], shot.picture.beside
            )
        self._frames.append(row)

    def _render(self, picture):
        if self._last[0] != picture.index:
            self._last = picture.index, paint(self._renderer, picture, self._workshop.settings.seed)
        return self._last[1]

    def flush(self):
        """Write the minute at hand; the frames come last, since their file says that the part is
        complete.
        """
        if self._minute is not None:
            path = self._workshop.part("sightings", self._camera, self._minute)
            truth.write(truth.table(self._sightings, truth.SIGHTINGS), path)
            path = self._workshop.part("bystanders", self._camera, self._minute)
            truth.write(truth.table(self._beside, truth.BYSTANDERS), path)
            path = self._workshop.part("frames", self._camera, self._minute)
            truth.write(truth.table(self._frames, FRAME_PARTS), path)
        self._frames, self._sightings, self._beside, self._minute = [], [], [], None


def paint(renderer, picture, seed):
    """Render one `studio.road.shots.Picture`; returns the renderer's frame (`.jpeg`, `.boxes`)."""
    return renderer.frame(placements_of(picture), picture.time, picture.index, seed)


def placements_of(picture):
    """Where the renderer should place what a picture shows."""
    from studio.road.render import Placement

    moving = [Placement(p.vehicle, p.ahead, p.lateral, p.speed, p.yaw) for p in picture.passings]
    return moving + [
        Placement(p.vehicle, p.ahead, p.lateral, p.speed, p.yaw, p.height) for p in picture.beside
    ]


class Ledger:
    """Keeps the trips of all vehicles that were on the road during the recording, and follows them
    to their end.
    """

    def __init__(self, traffic):
        traffic.take_finished()
        self._traffic = traffic
        self._trips = []

    def collect(self):
        """Take over the trips that have ended."""
        self._trips += self._traffic.take_finished()

    def close(self, vehicles_path, trips_path):
        """Let the traffic run on until everyone recorded has left, then write both tables."""
        self.collect()
        waited_for = {trip.vehicle.id for trip in self._traffic.under_way()}
        while waited_for:
            self._traffic.advance(self._traffic.now + 10)
            ended = [
                trip for trip in self._traffic.take_finished() if trip.vehicle.id in waited_for
            ]
            self._trips += ended
            waited_for -= {trip.vehicle.id for trip in ended}
        trips = sorted(self._trips, key=lambda trip: (trip.entered, trip.vehicle.id))
        vehicles = sorted((trip.vehicle for trip in trips), key=lambda vehicle: vehicle.id)
        truth.write(
            truth.table([truth.vehicle_row(vehicle) for vehicle in vehicles], truth.VEHICLES),
            vehicles_path,
        )
        truth.write(
            truth.table([truth.trip_row(trip, DATE) for trip in trips], truth.TRIPS), trips_path
        )
