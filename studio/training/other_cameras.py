"""Six cameras that the course does not have: minutes at other places, seen in another way.

The second network and the vehicles of `data/` share the six cameras of the drive. A
network that shares none of them must see the road by others. These stand at other kilometres, most
of them right of the road or above its median, before a bare road; vehicles, weather and sensor are
those of the simulation.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time
from pathlib import Path

from studio.build import Settings
from studio.road import places
from studio.road.expressway import CAMERAS, Camera
from studio.road.flats import Painting
from studio.road.optics import Lens, Road
from studio.road.scenery import JERSEY, Set
from studio.road.scenes import EDGE, MEDIAN, VIEWS, View, lane_lateral
from studio.training import training_crops

_KILOMETRES = (0.05, 1.95, 3.15, 4.1, 5.05, 5.95)
"""None of them is a camera's place of the course, and no ramp lies within their view."""
_NAMES = ("901-001-S", "902-002-N", "903-003-N", "904-004-N", "905-005-S", "906-006-N")
_VIEWS = (
    View(
        Road(0.0004, 0.0009),
        Lens(12.5, 7.5, -0.30, 0.20, 0.01, 380.0, -0.05),
        sun=(50, 100),
        brightness=122,
        contrast=0.3,
        saturation=0.95,
        phase=0.2,
    ),
    View(
        Road(-0.0012, -0.002),
        Lens(0.0, 9.5, 0.03, 0.22, 0.0, 330.0, -0.06),
        sun=(48, -120),
        brightness=108,
        veil=0.05,
        balance=(1.06, 1.0, 0.94),
        bar=0.0,
        phase=0.5,
    ),
    View(
        Road(0.0016, 0.0004),
        Lens(15.0, 5.5, -0.36, 0.12, -0.02, 430.0, -0.04),
        sun=(66, 30),
        brightness=135,
        saturation=0.7,
        sharpness=0.6,
        blur=0.5,
        phase=0.8,
    ),
    View(
        Road(-0.0006, 0.0015),
        Lens(-11.0, 8.5, 0.24, 0.22, 0.03, 440.0, -0.05),
        sun=(40, -60),
        brightness=100,
        contrast=0.5,
        noise=0.008,
        quality=60,
        phase=1.0,
    ),
    View(
        Road(0.0, 0.0),
        Lens(10.0, 10.0, -0.17, 0.17, 0.0, 560.0, -0.03),
        sun=(58, 140),
        brightness=140,
        veil=0.12,
        contrast=0.15,
        balance=(0.95, 1.0, 1.03),
        bar=0.5,
        phase=1.3,
    ),
    View(
        Road(0.0008, -0.001),
        Lens(2.0, 6.5, -0.02, 0.14, 0.02, 300.0, -0.07),
        sun=(62, -20),
        brightness=118,
        contrast=0.4,
        saturation=1.1,
        sharpness=1.2,
        phase=1.5,
    ),
)
_RECORDINGS = (
    (2001, time(7, 50), "clear", 0.5),
    (2002, time(9, 40), "overcast", 0.25),
    (2003, time(12, 10), "clear", 0.75),
    (2004, time(15, 20), "clear", 0.25),
)
"""Seed, start, weather and individuality. Seeds from 2001: no vehicle of the course, nor of the
other training minutes.
"""
_MINUTES = 3


def load(work: Path) -> training_crops.LabelledCrops:
    """The crops of these cameras' minutes, as `studio.training.training_crops.load` has them.

    Frames that are missing in `work` are rendered first.
    """
    with _on_the_road():
        recordings = tuple(
            Settings(_MINUTES, _NAMES, weather, start, seed, individuality)
            for seed, start, weather, individuality in _RECORDINGS
        )
        return training_crops.load(work / "other-cameras", recordings=recordings)


@contextmanager
def _on_the_road() -> Iterator[None]:
    """The cameras stand on the simulated road for a while."""
    registries = (CAMERAS, VIEWS, places._BUILDERS)
    for name, km, view in zip(_NAMES, _KILOMETRES, _VIEWS, strict=True):
        CAMERAS[name] = Camera(name, name, km, name[-1])
        VIEWS[name] = view
        places._BUILDERS[name] = _bare_road
    try:
        yield
    finally:
        for registry in registries:
            for name in _NAMES:
                del registry[name]


def _bare_road(stage: Set, view: Painting) -> None:
    """Asphalt, lines, a barrier in the middle, rails, and a plain."""
    stage.ground(-0.6)
    stage.strip("asphalt", -20, places.FAR, (-EDGE - 0.8, 0.0), (EDGE + 0.8, 0.0), 2.0)
    stage.strip("grass", -20, places.FAR, (EDGE + 0.8, -0.02), (60.0, -0.4), 4.0)
    stage.extrude("concrete", -20, places.FAR, JERSEY)
    for hand in (-1, 1):
        stage.line("yellow", hand * (MEDIAN - 0.18), -20, places.FAR, 0.15)
        stage.line("white", hand * EDGE, -20, places.FAR, 0.15)
        stage.guard_rail(hand * (EDGE + 0.9), -20, places.FAR)
        for lane in (0.5, 1.5):
            stage.dashes(hand * lane_lateral(lane), 0.0, 300.0, 5.0)
