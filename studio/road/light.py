"""The weather of a run: where the light comes from, and what the air and the road do to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Weather:
    """Light of one weather. Colours are linear light, 1 is a sunlit white wall or so.

    Attributes
    ----------
    sun, elevation : colour of the sunlight; its height above the horizon in degrees (None: as the
    camera says). zenith, horizon : colours of the sky. above, below : ambient light from the sky
    and from the ground. cloud : share of the sky with clouds, 0-1. lamps : vehicles drive with
    their lamps on, 0-1. wet : the road shines, 0-1. haze : metres after which two thirds of the
    contrast are gone. brightness : mean of the picture relative to the camera's own on a clear day.
    noise : sensor noise relative to a clear day. balance : tint of the white balance (red, green,
    blue). contrast : contrast of the picture relative to a clear day. shutter : seconds that the
    shutter stays open; sets the motion blur.
    """

    sun: tuple[float, float, float]
    zenith: tuple[float, float, float]
    horizon: tuple[float, float, float]
    above: tuple[float, float, float]
    below: tuple[float, float, float]
    elevation: float | None = None
    cloud: float = 0.3
    lamps: float = 0.0
    wet: float = 0.0
    haze: float = 2600.0
    brightness: float = 1.0
    noise: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    shutter: float = 1 / 300


WEATHERS: dict[str, Weather] = {
    "clear": Weather(
        (2.9, 2.78, 2.56),
        (0.21, 0.35, 0.62),
        (0.58, 0.69, 0.83),
        (0.50, 0.55, 0.62),
        (0.20, 0.19, 0.175),
    ),
    "overcast": Weather(
        (0.25, 0.25, 0.25),
        (0.80, 0.83, 0.87),
        (0.90, 0.91, 0.92),
        (0.98, 1.0, 1.03),
        (0.22, 0.22, 0.21),
        cloud=0.6,
        haze=1500.0,
        brightness=0.95,
        balance=(0.985, 1.0, 1.02),
        contrast=0.85,
        shutter=1 / 160,
    ),
    "dusk": Weather(
        (0.35, 0.19, 0.09),
        (0.10, 0.13, 0.24),
        (0.62, 0.42, 0.30),
        (0.24, 0.25, 0.33),
        (0.07, 0.065, 0.06),
        elevation=7.0,
        lamps=1.0,
        haze=1800.0,
        brightness=0.62,
        noise=2.3,
        balance=(1.04, 0.99, 0.97),
        contrast=0.9,
        shutter=1 / 60,
    ),
    "rain": Weather(
        (0.0, 0.0, 0.0),
        (0.50, 0.54, 0.58),
        (0.62, 0.65, 0.68),
        (0.62, 0.66, 0.70),
        (0.16, 0.165, 0.17),
        cloud=0.5,
        lamps=0.7,
        wet=1.0,
        haze=420.0,
        brightness=0.82,
        noise=1.5,
        balance=(0.97, 1.0, 1.04),
        contrast=0.72,
        shutter=1 / 100,
    ),
}


def sun_direction(weather: Weather, elevation: float, azimuth: float) -> np.ndarray:
    """Unit vector towards the sun; degrees, azimuth clockwise from the road's direction at the
    camera.
    """
    up, around = (
        np.radians(weather.elevation if weather.elevation is not None else elevation),
        np.radians(azimuth),
    )
    return np.array([np.cos(up) * np.sin(around), np.cos(up) * np.cos(around), np.sin(up)])


def light_table(weather: Weather, sun: np.ndarray) -> np.ndarray:
    """The rows that `studio.road.raster` reads: sun, sunlight, zenith, horizon, skyline, ground,
    above, below, extras.
    """
    above, below = np.array(weather.above), np.array(weather.below)
    skyline, ground = (
        0.16 * above + 0.02 * np.array(weather.sun),
        0.75 * below + 0.012 * np.array(weather.sun),
    )
    return np.array(
        [
            sun,
            weather.sun,
            weather.zenith,
            weather.horizon,
            skyline,
            ground,
            above,
            below,
            (weather.cloud, weather.lamps, weather.wet),
        ],
        float,
    )
