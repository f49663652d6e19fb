"""From light to JPEG: what a cheap traffic camera makes of a scene."""

from __future__ import annotations

import io
from datetime import datetime
from functools import cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.road.light import Weather
from studio.road.optics import HEIGHT, WIDTH
from studio.road.scenes import View

BAR = 18  # rows covered by the stamp's bar
_STEPS = np.arange(8193) / 8192
_ENCODED = np.where(
    _STEPS <= 0.0031308, 12.92 * _STEPS, 1.055 * _STEPS ** (1 / 2.4) - 0.055
).astype(np.float32)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans Mono as matplotlib ships it, the same on every machine."""
    return ImageFont.truetype(
        str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSansMono.ttf"), size
    )


def stamp_text(facing: str, time: datetime) -> str:
    """The line across the top of a frame.

    Examples
    --------
    >>> stamp_text("N", datetime(2031, 5, 5, 13, 36, 40))
    'Facing North 2031-05-05 01:36:40 PM SIMULATED'
    """
    direction = {"N": "North", "S": "South"}[facing]
    half, hour = ("PM" if time.hour >= 12 else "AM"), (time.hour % 12 or 12)
    return f"Facing {direction} {time:%Y-%m-%d} {hour:02d}:{time:%M:%S} {half} SIMULATED"


def drift(seconds: float, phase: float, strength: float) -> tuple[float, np.ndarray]:
    """Slow wandering of automatic exposure (factor) and white balance (three factors) at a time of
    day.
    """
    exposure = 1 + strength * (
        0.045 * np.sin(seconds / 97 + phase) + 0.025 * np.sin(seconds / 23 + 2 * phase)
    )
    balance = 1 + 0.010 * np.sin(
        seconds / np.array([131.0, 173.0, 149.0]) + phase * np.array([1.0, 2.0, 3.0])
    )
    return float(exposure), balance


def through_air(light: np.ndarray, depth: np.ndarray, weather: Weather) -> np.ndarray:
    """Add haze: `light` (h, w, 3) linear, `depth` inverse depth (0 is the sky, taken as 1.5 km)."""
    distance = np.minimum(1.0 / np.maximum(depth, 1 / 1500.0), 1500.0).astype(np.float32)
    clear = np.exp(-distance / np.float32(weather.haze))[..., None]
    return light * clear + np.float32(weather.horizon) * np.float32(0.8) * (1 - clear)


def develop(
    light: np.ndarray, camera: View, weather: Weather, exposure: float, balance: np.ndarray
) -> np.ndarray:
    """Linear light (h, w, 3) to sRGB 0-1 float32: exposure, bloom, soft shoulder, stray light,
    contrast, colour.
    """
    exposed = (
        light.astype(np.float32)
        * np.float32(exposure)
        * (np.float32(weather.balance) * np.float32(camera.balance) * balance.astype(np.float32))
    )
    exposed += 0.22 * cv2.GaussianBlur(np.clip(exposed - 1.3, 0, 6), (0, 0), exposed.shape[1] / 110)
    veil = camera.veil * weather.brightness**2
    low = np.clip(np.linspace(-1, 2, len(exposed), dtype=np.float32), 0, 1)[:, None, None]
    veil = np.float32(veil) * (camera.veil_top + (1 - np.float32(camera.veil_top)) * low)
    exposed = exposed * (1 - veil) + veil * np.float32(0.42)
    rolled = exposed / np.sqrt(np.sqrt(1 + (0.92 * exposed) ** 4))
    picture = _ENCODED[(np.clip(rolled, 0, 1) * 8192).astype(np.int32)]
    contrast = np.float32(camera.contrast * weather.contrast)
    picture = picture + contrast * (picture * picture * (3 - 2 * picture) - picture)
    grey = picture @ np.float32([0.299, 0.587, 0.114])
    return grey[..., None] + np.float32(camera.saturation) * (picture - grey[..., None])


def meter(light: np.ndarray, camera: View, weather: Weather) -> float:
    """The exposure that makes the empty scene as bright as this camera's picture should be."""
    small = cv2.resize(light, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)[BAR // 2 :]
    low, high, target = 0.02, 20.0, camera.brightness / 255 * weather.brightness
    for _ in range(24):
        middle = np.sqrt(low * high)
        mean = float(np.clip(develop(small, camera, weather, middle, np.ones(3)), 0, 1).mean())
        low, high = (middle, high) if mean < target else (low, middle)
    return float(np.sqrt(low * high))


def expose(
    picture: np.ndarray,
    camera: View,
    weather: Weather,
    rng: np.random.Generator,
    stamp: str,
    scale: int = 1,
) -> bytes:
    """sRGB picture (h, w, 3), any size, to the bytes of a stamped JPEG, `scale` times 352x240.

    Softness, sensor noise and edge enhancement come first, then a first coarse compression that
    stands for the camera's video stream, then the stamp and the JPEG proper (4:2:0).
    """
    size = WIDTH * scale, HEIGHT * scale
    soft = cv2.GaussianBlur(picture, (0, 0), camera.blur * picture.shape[1] / size[0])
    small = cv2.resize(soft, size, interpolation=cv2.INTER_AREA)
    strength = np.float32(camera.noise * weather.noise)
    colour = cv2.GaussianBlur(rng.normal(size=small.shape).astype(np.float32), (0, 0), 0.7)
    small = small + strength * (
        colour + 0.8 * rng.normal(size=small.shape[:2]).astype(np.float32)[..., None]
    )
    small = small + np.float32(camera.sharpness) * (
        small - cv2.GaussianBlur(small, (0, 0), camera.halo)
    )
    frame = Image.fromarray((np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8))
    stream = io.BytesIO()
    frame.save(stream, "JPEG", quality=76, subsampling=2)
    frame = Image.open(io.BytesIO(stream.getvalue())).convert("RGB")
    return _stamped(frame, stamp, camera, scale)


def _stamped(frame: Image.Image, stamp: str, camera: View, scale: int) -> bytes:
    """Write the stamp and compress."""
    pixels = np.array(frame)
    bar = pixels[: BAR * scale]
    bar[:] = (bar * (1 - camera.bar)).astype(np.uint8)
    frame = Image.fromarray(pixels)
    draw = ImageDraw.Draw(frame)
    edge = 1 if camera.bar < 0.5 else 0  # letters on the picture itself have a dark outline
    draw.text(
        (3 * scale, 2 * scale),
        stamp,
        (255, 255, 255),
        _font(12 * scale),
        stroke_width=edge * scale,
        stroke_fill=(20, 20, 20),
    )
    out = io.BytesIO()
    frame.save(out, "JPEG", quality=camera.quality, subsampling=2)
    return out.getvalue()
