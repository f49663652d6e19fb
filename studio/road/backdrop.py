"""Lights what stands still, once per camera and weather: every frame starts from it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from studio.road import places
from studio.road.flats import FINE, cloud_noise
from studio.road.light import Weather, light_table, sun_direction
from studio.road.optics import HEIGHT, WIDTH, Lens
from studio.road.raster import interpolate, rasterise, rasterise_shadow, sunlit_points
from studio.road.scenery import SURFACE_NAMES, SURFACES
from studio.road.scenes import VIEWS, View, lane_lateral

SHADOW_CELLS, SHADOW_SPAN = 1536, 150.0  # cells across the shadow map, metres across it
DRY_SHINE = 0.35  # how much a dry road mirrors the sky at a glancing angle, of what a wet one does
ROAD_SURFACES = ("asphalt", "pale road", "ramp")


@dataclass(frozen=True)
class Backdrop:
    """A camera's empty view. Pictures are (240 fine, 352 fine[, 3]), linear light.

    Attributes
    ----------
    ambient, sunlight : numpy.ndarray
        float32; what the sky and the sun add.
    depth : numpy.ndarray
        float64 inverse depth, 0 for the sky.
    points : numpy.ndarray
        float32 world coordinates, metres.
    near : numpy.ndarray
        bool; on or near the road, where vehicles can cast a shadow.
    shadow : numpy.ndarray
        float64 shadow map of what stands still.
    sun_frame : numpy.ndarray
        (3, 4): world coordinates to the shadow map's column, row and height towards the sun.
    light : numpy.ndarray
        The table that `studio.road.raster.environment` reads.
    """

    ambient: np.ndarray
    sunlight: np.ndarray
    depth: np.ndarray
    points: np.ndarray
    near: np.ndarray
    shadow: np.ndarray
    sun_frame: np.ndarray
    light: np.ndarray


def linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB 0-1 to linear light."""
    srgb = np.asarray(srgb, float)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def sun_axes(camera: View, sun: np.ndarray) -> np.ndarray:
    """The (3, 4) transform from world coordinates to the shadow map."""
    across = np.cross(sun, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    along = np.cross(sun, across)
    centre, scale = camera.road.point(52.0, -2.0), SHADOW_CELLS / SHADOW_SPAN
    rows = np.stack([across * scale, along * scale, sun])
    return np.concatenate(
        [rows, (np.array([SHADOW_CELLS / 2, SHADOW_CELLS / 2, 0.0]) - rows @ centre)[:, None]], 1
    )


def subdivide(
    lens: Lens,
    corners: np.ndarray,
    coordinates: np.ndarray,
    surfaces: np.ndarray,
    fine: int,
    longest: float = 12.0,
) -> tuple[np.ndarray, ...]:
    """Split triangles until they are short on the screen (`longest` pixels of the ideal frame), so
    that the lens can bend them and none crosses the lens.

    Takes and returns corners (n, 3, 3), texture coordinates (n, 3, 2) and surfaces (n,); what
    cannot be seen is dropped.
    """
    done = []
    for remaining in range(8, -1, -1):
        screen = lens.project(corners.reshape(-1, 3), fine).reshape(-1, 3, 3)
        behind = screen[..., 2] <= 0
        edges = np.linalg.norm(screen[:, [1, 2, 0], :2] - screen[:, :, :2], axis=2).max(1)
        margin = 100 * fine
        outside = (
            (screen[..., 0] < -margin).all(1)
            | (screen[..., 0] > WIDTH * fine + margin).all(1)
            | (screen[..., 1] < -margin).all(1)
            | (screen[..., 1] > HEIGHT * fine + margin).all(1)
        )
        drop = behind.all(1) | (outside & ~behind.any(1))
        split = ~drop & ((edges > longest * fine) | behind.any(1)) & (remaining > 0)
        keep = ~drop & ~split & ~behind.any(1)
        done.append((corners[keep], coordinates[keep], surfaces[keep]))
        corners, coordinates, surfaces = corners[split], coordinates[split], surfaces[split]
        if not len(corners):
            break
        corners, coordinates = (_quarter(a) for a in (corners, coordinates))
        surfaces = np.tile(surfaces, 4)
    return tuple(np.concatenate(column) for column in zip(*done))


def _quarter(triangles: np.ndarray) -> np.ndarray:
    """Each triangle into four, at the middles of its edges."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    return np.concatenate(
        [np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    )


def road_texture(seed: int, length: int = 460, width: int = 60, scale: int = 8) -> np.ndarray:
    """How worn a road is: a factor on its colour, (width x scale, length x scale) float32, `scale`
    pixels per metre.

    Row 0 is lateral ``-width / 2``, column 0 is 30 m behind the camera. Wheel tracks, oil, patches,
    seams, cracks.
    """
    rng = np.random.default_rng([37, seed])
    rows, columns = width * scale, length * scale
    wear = (
        1
        + 0.035 * cloud_noise(rng, rows, columns, (3, 12, 48))
        + 0.025 * rng.normal(size=(rows, columns)).astype(np.float32)
    )
    lateral = (np.arange(rows) + 0.5) / scale - width / 2
    fade = 0.6 + 0.4 * np.clip(cloud_noise(rng, 1 * scale, columns, (2,))[:1], -1, 2)
    for hand in (-1, 1):
        for lane in range(3):
            middle = hand * lane_lateral(lane)
            tracks = sum(
                np.exp(-(((lateral - middle - offset) / 0.36) ** 2)) for offset in (-0.8, 0.8)
            )
            wear -= 0.05 * (tracks[:, None] * fade) + 0.07 * (
                np.exp(-(((lateral - middle) / 0.4) ** 2))[:, None] * fade
            )
    for _ in range(60):
        x, y = rng.integers(0, columns - 200), rng.integers(0, rows - 40)
        wear[y : y + rng.integers(8, 40), x : x + rng.integers(16, 160)] *= rng.uniform(0.86, 1.08)
    for _ in range(120):
        x, y = int(rng.integers(0, columns)), int(rng.integers(0, rows))
        cv2.ellipse(
            wear,
            (x, y),
            (int(rng.integers(2, 9)), int(rng.integers(1, 4))),
            0,
            0,
            360,
            float(rng.uniform(0.55, 0.85)),
            -1,
        )
    for _ in range(45):
        steps = np.cumsum(rng.integers([4, -5], [26, 6], (int(rng.integers(6, 26)), 2)), 0)
        steps = steps + np.array([rng.integers(0, columns), rng.integers(0, rows)])
        cv2.polylines(
            wear, [steps.astype(np.int32)], False, float(rng.uniform(0.74, 0.88)), 1, cv2.LINE_AA
        )
    for hand in (-1, 1):
        for line in (1, 2):
            y = int((hand * (lane_lateral(line) - 1.5) + width / 2) * scale)
            ys = y + np.round(2 * np.sin(np.arange(columns // 40) * 0.7 + rng.uniform(0, 6)))
            cv2.polylines(
                wear,
                [np.stack([np.arange(len(ys)) * 40, ys], 1).astype(np.int32)],
                False,
                0.84,
                1,
                cv2.LINE_AA,
            )
    for x in np.arange(0, columns, int(rng.integers(110, 220))):
        wear[:, x : x + 1] *= 0.80
    return np.clip(wear, 0.3, 1.4)


def _albedo(
    camera_seed: int,
    surfaces: np.ndarray,
    points: np.ndarray,
    coordinates: np.ndarray,
    distance: np.ndarray,
    focal: float,
) -> np.ndarray:
    """(`focal` in pixels of the canvas.) Linear colour (n, 3) of every static pixel."""
    grain = cloud_noise(np.random.default_rng([41, camera_seed]), 512, 512, (8, 32, 128, 256), 0.85)
    colours = np.empty((len(points), 3))
    for index in np.unique(surfaces):
        name, here = SURFACE_NAMES[index], surfaces == index
        base, strength, size = SURFACES[name]
        q = (points[here] / size * 32).astype(int)
        noise = grain[(q[:, 0] + q[:, 2] * 3) % 512, (q[:, 1] + q[:, 2] * 2) % 512]
        seen = np.clip(size * focal / distance[here] / 3.0, 0.25, 1)
        colours[here] = (
            linear(base) * np.exp(1.3 * strength * seen * np.clip(noise, -2.2, 2.2))[:, None]
        )
        if name in ROAD_SURFACES:
            colours[here] *= (
                _worn(camera_seed, coordinates[here], distance[here], focal)[:, None] ** 1.6
            )
        if name in ("grey wall", "pale wall", "dark concrete", "old concrete"):
            streak = grain[(coordinates[here][:, 0] * 25).astype(int) % 512, 7]
            colours[here] *= (1 + 0.10 * np.clip(streak, -2, 2))[:, None]
    return colours


def _worn(seed: int, coordinates: np.ndarray, distance: np.ndarray, focal: float) -> np.ndarray:
    """The road texture at the given (ahead, lateral), blurred to the size of a pixel there."""
    texture, scale = road_texture(seed), 8
    column = np.clip((coordinates[:, 0] + 30) * scale, 0, texture.shape[1] - 1).astype(int)
    row = np.clip((coordinates[:, 1] + 30) * scale, 0, texture.shape[0] - 1).astype(int)
    level = np.clip(np.log2(np.maximum(distance / focal * scale * 3, 1)), 0, 4).astype(int)
    out = np.empty(len(row))
    for k in range(5):
        here = level == k
        blurred = texture if k == 0 else cv2.GaussianBlur(texture, (0, 0), 2.0**k * 0.5)
        out[here] = blurred[row[here], column[here]]
    return out


def _sky(camera: View, light: np.ndarray, seed: int, fine: int) -> np.ndarray:
    """The sky behind everything, linear."""
    rays = camera.lens.rays(fine)
    up = np.clip(rays[..., 2:], 0, 1) ** 0.55
    clouds = np.clip(
        cloud_noise(np.random.default_rng([43, seed]), HEIGHT * fine, WIDTH * fine, (3, 8, 24))
        - 0.2,
        0,
        1,
    )[..., None]
    clear = light[2] * up + light[3] * (1 - up)
    return clear * (1 - light[8, 0] * clouds) + light[8, 0] * clouds * light[3] * 1.12


def build(camera_id: str, weather: Weather, fine: int = FINE) -> Backdrop:
    """Put up a camera's set, look at it through the lens, and light it; `fine` pixels of the canvas
    per pixel of the ideal frame.
    """
    camera, seed = VIEWS[camera_id], list(VIEWS).index(camera_id)
    stage, view = places.build(camera_id, fine)
    sun = sun_direction(weather, *camera.sun)
    light, frame = light_table(weather, sun), sun_axes(camera, sun)
    whole = stage.triangles()
    shadow = np.full((SHADOW_CELLS, SHADOW_CELLS), -1e9)
    cast = whole[0].reshape(-1, 3) @ frame[:, :3].T + frame[:, 3]
    rasterise_shadow(cast, np.arange(len(cast)).reshape(-1, 3), shadow)

    corners, coordinates, surfaces = subdivide(camera.lens, *whole, fine)
    screen = camera.lens.project(corners.reshape(-1, 3), fine)
    faces = np.arange(len(screen)).reshape(-1, 3)
    shape = (HEIGHT * fine, WIDTH * fine)
    depth, ids, triangles = np.zeros(shape), np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    rasterise(screen, faces, depth, ids, triangles, np.zeros(shape, np.int32), 1)
    built = (ids > 0) & (depth > view.near)
    rows, columns = np.nonzero(built)
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-12
    values = np.empty((len(rows), 5))
    interpolate(
        screen,
        faces,
        triangles,
        rows,
        columns,
        np.concatenate([corners.reshape(-1, 3), coordinates.reshape(-1, 2)], 1),
        values,
    )
    hit = triangles[rows, columns]
    places_seen, normals = values[:, :3], flat[hit]

    ambient, sunlight = (
        _sky(camera, light, seed, fine).astype(np.float32),
        np.zeros((*shape, 3), np.float32),
    )
    towards = places_seen - camera.lens.position
    distance = np.linalg.norm(towards, axis=1)
    normals = np.where(((normals * towards).sum(1) > 0)[:, None], -normals, normals)
    colours = _albedo(
        seed, surfaces[hit], places_seen, values[:, 3:], distance, camera.lens.focal * fine
    )
    wet = weather.wet * np.isin(
        surfaces[hit],
        [SURFACE_NAMES.index(s) for s in (*ROAD_SURFACES, "old concrete", "concrete")],
    )
    colours *= (1 - 0.45 * wet)[:, None]
    lit = sunlit_points(shadow, frame, places_seen + normals * 0.05, 0.18)
    sky_share = 0.5 + 0.5 * normals[:, 2:]
    glancing = 1 + (towards * normals).sum(1) / distance
    smooth = np.isin(surfaces[hit], [SURFACE_NAMES.index(s) for s in ROAD_SURFACES])
    mirror = np.maximum(wet, DRY_SHINE * smooth) * np.clip(0.02 + 0.6 * glancing**4, 0, 0.5)
    crease = _crease(depth, built, 2.5 * fine)[rows, columns][:, None]
    ambient[rows, columns] = (
        colours
        * (sky_share * light[6] + (1 - sky_share) * light[7])
        * crease
        * (0.65 + 0.35 * lit[:, None])
        + mirror[:, None] * light[3]
    )
    sunlight[rows, columns] = (
        colours * light[1] / np.pi * (np.clip(normals @ sun, 0, 1) * lit)[:, None]
    )

    painted = (view.near > 0) & ~built
    ambient[painted] = linear(view.colours[painted]) * (0.62 * light[6] + 0.19 * light[1])
    points = np.full((*shape, 3), 1e6, np.float32)
    points[rows, columns] = places_seen
    near = np.zeros(shape, bool)
    near[rows, columns] = (np.abs(places_seen[:, 2]) < 1.0) & (distance < 260)
    return Backdrop(
        ambient,
        sunlight,
        np.maximum(np.where(built, depth, 0), view.near),
        points,
        near,
        shadow,
        frame,
        light,
    )


def _crease(depth: np.ndarray, built: np.ndarray, reach: float) -> np.ndarray:
    """Darkening where a near thing stands before a far one or meets the ground: a cheap ambient
    occlusion, 0.5-1.
    """
    logarithm = np.log(1 / np.maximum(depth, 1e-4)).astype(np.float32)
    logarithm[~built] = logarithm[built].mean() if built.any() else 0
    step = logarithm - cv2.GaussianBlur(logarithm, (0, 0), reach)
    return np.clip(1 - 2.0 * np.clip(step, 0, 0.25), 0.5, 1)
