"""The frames of the experiment, in parts of one camera and one minute; a part that is there is not
made again.

A part holds the slow film's frames, or those between them, so that the fast film has the very
frames of the slow one, and more.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from cctview.truth import Truth
from studio.assemble import read_parts
from studio.build import FRAME_PARTS, Painter, Settings, Workshop, renderer_for
from studio.kinds.arms import EVERY, LATER
from studio.road import truth
from studio.road.shots import Shot, watch

PARTS = ("slow", "between")


@dataclass(frozen=True)
class Reel:
    """One camera's frames of one minute.

    Attributes
    ----------
    workshop : Workshop
    camera : str
    minute : int
        From the beginning of the recording.
    slow : bool
        The slow film's frames, or those between them.
    """

    workshop: Workshop
    camera: str
    minute: int
    slow: bool

    def path(self, kind: str) -> Path:
        """Where a part lies: `kind` is frames, sightings or bystanders."""
        path: Path = self.workshop.part(kind, self.camera, self.minute)
        return path

    def frames(self) -> pd.DataFrame:
        """Columns frame, camera, time, status, picture and jpeg."""
        table = read_parts([self.path("frames")], FRAME_PARTS).to_pandas()
        return table.astype({"frame": str, "camera": str, "status": str})

    def shots(self) -> list[Shot]:
        """What is to be seen on them."""
        scene = replace(self.workshop.settings, scale=1, detail="middle")
        taken = _shots(scene)[self.camera, self.minute]
        return [shot for shot in taken if (shot.index % EVERY == 0) == self.slow]


def film(
    work: Path,
    settings: Settings,
    fast: bool = False,
    make_renderer: Callable[[str, str], Any] | None = None,
) -> list[Reel]:
    """Render what is missing; returns the parts.

    Parameters
    ----------
    work : Path
    settings : Settings
        Each of the cameras records so many minutes.
    fast : bool
        With the frames between those of the slow film.
    make_renderer : callable, optional
        As for `studio.build.render`.
    """
    reels = [
        Reel(Workshop(work / "kinds" / part, settings), camera, minute, part == PARTS[0])
        for part in PARTS[: 1 + fast]
        for camera in settings.cameras
        for minute in minutes_of(camera, settings.minutes)
    ]
    missing = [reel for reel in reels if not reel.path("frames").exists()]
    if missing:
        _render(missing, settings, make_renderer)
    return reels


def minutes_of(camera: str, minutes: int) -> range:
    """The minutes that a camera records.

    >>> minutes_of("731-679-N", 3)
    range(4, 7)
    """
    begin = LATER.get(camera, 0)
    return range(begin, begin + minutes)


def _render(reels, settings, make_renderer):
    shots = [reel.shots() for reel in reels]
    words = f"{352 * settings.scale} × {240 * settings.scale}, {settings.detail} detail"
    with tqdm(total=sum(map(len, shots)), desc=words, unit="frame", mininterval=5) as bar:
        for camera in dict.fromkeys(reel.camera for reel in reels):
            renderer = renderer_for(make_renderer, camera, settings)
            for reel, taken in zip(reels, shots, strict=True):
                if reel.camera != camera:
                    continue
                painter = Painter(camera, reel.workshop, lambda *_: renderer)  # noqa: B023
                for shot in taken:
                    painter.add(shot, reel.minute)
                    bar.update()
                painter.flush()


@functools.cache
def _shots(settings: Settings) -> dict[tuple[str, int], list[Shot]]:
    """All frames that are due, by camera and minute."""
    traffic = settings.traffic()
    begin, last = traffic.now, max(minutes_of(c, settings.minutes)[-1] for c in settings.cameras)
    shots: dict[tuple[str, int], list[Shot]] = {}
    for shot in watch(traffic, last + 1, settings.cameras, settings.seed, settings.cadence):
        minute = int((truth.seconds_since_midnight(shot.time) - begin) // 60)
        shots.setdefault((shot.camera, minute), []).append(shot)
    return shots


def read_film(reels: list[Reel]) -> Truth:
    """What the frames really show. `trips` say which way vehicles drive, and no more; nothing is
    said of their type and colour.
    """
    frames = pd.concat([reel.frames().drop(columns="jpeg") for reel in reels], ignore_index=True)
    names = {"frame": str, "type": str}
    sightings, beside = (
        read_parts([reel.path(kind) for reel in reels], schema).to_pandas().astype(names)
        for kind, schema in (("sightings", truth.SIGHTINGS), ("bystanders", truth.BYSTANDERS))
    )
    parked = read_parts(
        sorted({reel.workshop.parked(reel.camera) for reel in reels if reel.slow}), truth.PARKED
    )
    ways = sightings.astype({"direction": str}).drop_duplicates("vehicle")
    return Truth(
        frames,
        sightings.astype({"direction": str}),
        parked.to_pandas().astype({"camera": str}),
        ways[["vehicle"]].assign(kind="", colour="").reset_index(drop=True),
        ways[["vehicle", "direction"]].reset_index(drop=True),
        beside,
    )
