"""The rasteriser's inner loops, compiled by numba.

Everything runs in one thread and without ``fastmath``, so that two processes give the same bytes.
Screen points are rows of (column, row, inverse depth); inverse depth 0 means behind the lens. Depth
buffers hold inverse depth, so larger is nearer and 0 is infinitely far.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from studio.road import bodywork, meshes

# sRGB byte to linear light.
LINEAR = np.array(
    [
        (b / 255 / 12.92 if b / 255 <= 0.04045 else ((b / 255 + 0.055) / 1.055) ** 2.4)
        for b in range(256)
    ]
)
_UNIFORM = np.zeros(
    (12, 7)
)  # red, green, blue (linear), gloss, metal, glass, glow of the plain surface codes
_UNIFORM[meshes.RUBBER] = (0.012, 0.012, 0.012, 0.05, 0, 0, 0)
_UNIFORM[meshes.RIM] = (0.17, 0.175, 0.18, 0.4, 0.5, 0, 0)
_UNIFORM[meshes.TRIM] = (0.010, 0.010, 0.011, 0.25, 0, 0, 0)
_UNIFORM[meshes.CHROME] = (0.36, 0.37, 0.38, 0.6, 0.8, 0, 0)
_UNIFORM[meshes.SIGN] = (0.72, 0.70, 0.55, 0.4, 0, 0, 0.06)
_UNIFORM[meshes.GLASS] = (0.010, 0.012, 0.013, 1.0, 0, 1.0, 0)
_UNIFORM[meshes.TAIL] = (0.16, 0.004, 0.005, 0.6, 0, 0, 0.02)
_UNIFORM[meshes.LAMP] = (0.60, 0.62, 0.64, 1.0, 0.3, 0, 0.8)
_UNIFORM[meshes.LEATHER] = (0.014, 0.014, 0.016, 0.15, 0, 0, 0)
_UNIFORM[meshes.SKIN] = (0.30, 0.20, 0.15, 0.0, 0, 0, 0)
UNIFORM = _UNIFORM
SCALE = float(bodywork.SCALE)
BODY, PAINTED = meshes.BODY, meshes.PAINT


class Model(NamedTuple):
    """What the rasteriser needs of one vehicle.

    `mesh` is (n, 6): points and normals in vehicle axes; `paint` is the plain body paint as a
    surface; `size` holds half the length and half the width.
    """

    mesh: np.ndarray
    parts: np.ndarray
    faces: np.ndarray
    skin: np.ndarray
    materials: np.ndarray
    paint: np.ndarray
    size: np.ndarray


class Sun(NamedTuple):
    """`frame` (3, 4) turns world points to shadow-map coordinates; the shadow maps of the vehicles
    and of all that stands still.
    """

    frame: np.ndarray
    shadow: np.ndarray
    still_shadow: np.ndarray


@numba.njit(cache=True)
def _corners(a, b, c, width, height):
    """Places of a triangle's corners, twice its area, and the pixels that may lie in it: first and
    last column and row. There are none (last before first) where it has no area.
    """
    x0, y0, x1, y1, x2, y2 = a[0], a[1], b[0], b[1], c[0], c[1]
    left = max(0.0, np.ceil(min(x0, x1, x2) - 0.5))
    right = min(width - 1.0, np.floor(max(x0, x1, x2) - 0.5))
    top = max(0.0, np.ceil(min(y0, y1, y2) - 0.5))
    bottom = min(height - 1.0, np.floor(max(y0, y1, y2) - 0.5))
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if left > right or top > bottom or abs(area) < 1e-12:
        left, top, right, bottom = 0.0, 0.0, -1.0, -1.0
    return x0, y0, x1, y1, x2, y2, area, int(left), int(top), int(right), int(bottom)


@numba.njit(cache=True)
def _shares(x0, y0, x1, y1, x2, y2, area, x, y):
    """Barycentric weights of the second and third corner at a pixel's middle."""
    w1 = ((x + 0.5 - x0) * (y2 - y0) - (x2 - x0) * (y + 0.5 - y0)) / area
    w2 = ((x1 - x0) * (y + 0.5 - y0) - (x + 0.5 - x0) * (y1 - y0)) / area
    return w1, w2


@numba.njit(cache=True)
def rasterise(screen, faces, depth, ids, triangles, own, number):
    """Draw one object into the depth, id and triangle buffers.

    Returns how many pixels of the frame it covers by itself, whatever stands before it (`own`
    remembers, per pixel, the last object that covered it).
    """
    height, width = depth.shape
    covered = 0
    for t in range(faces.shape[0]):
        a, b, c = faces[t, 0], faces[t, 1], faces[t, 2]
        if screen[a, 2] <= 0 or screen[b, 2] <= 0 or screen[c, 2] <= 0:
            continue
        x0, y0, x1, y1, x2, y2, area, left, top, right, bottom = _corners(
            screen[a], screen[b], screen[c], width, height
        )
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                w1, w2 = _shares(x0, y0, x1, y1, x2, y2, area, x, y)
                if w1 < 0 or w2 < 0 or w1 + w2 > 1:
                    continue
                if own[y, x] != number:
                    own[y, x] = number
                    covered += 1
                near = screen[a, 2] * (1 - w1 - w2) + screen[b, 2] * w1 + screen[c, 2] * w2
                if near > depth[y, x]:
                    depth[y, x] = near
                    ids[y, x] = number
                    triangles[y, x] = t
    return covered


@numba.njit(cache=True)
def rasterise_shadow(points, faces, shadow):
    """Draw an object into a shadow map; points are (column, row, height towards the sun)."""
    height, width = shadow.shape
    for t in range(faces.shape[0]):
        a, b, c = faces[t, 0], faces[t, 1], faces[t, 2]
        x0, y0, x1, y1, x2, y2, area, left, top, right, bottom = _corners(
            points[a], points[b], points[c], width, height
        )
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                w1, w2 = _shares(x0, y0, x1, y1, x2, y2, area, x, y)
                if w1 < 0 or w2 < 0 or w1 + w2 > 1:
                    continue
                z = points[a, 2] * (1 - w1 - w2) + points[b, 2] * w1 + points[c, 2] * w2
                if z > shadow[y, x]:
                    shadow[y, x] = z


@numba.njit(cache=True)
def sunlit(shadow, column, row, towards_sun, bias):
    """Share of the sun that reaches a point, by 3x3 samples of a shadow map; 1 outside it."""
    x, y = int(column), int(row)
    if x < 1 or y < 1 or x >= shadow.shape[1] - 1 or y >= shadow.shape[0] - 1:
        return 1.0
    seen = 0
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            if shadow[y + dy, x + dx] <= towards_sun + bias:
                seen += 1
    return seen / 9.0


@numba.njit(cache=True)
def sunlit_points(shadow, sun_frame, points, bias):
    """`sunlit` for many world points (n, 3)."""
    out = np.empty(points.shape[0])
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        column = sun_frame[0, 0] * x + sun_frame[0, 1] * y + sun_frame[0, 2] * z + sun_frame[0, 3]
        row = sun_frame[1, 0] * x + sun_frame[1, 1] * y + sun_frame[1, 2] * z + sun_frame[1, 3]
        towards = sun_frame[2, 0] * x + sun_frame[2, 1] * y + sun_frame[2, 2] * z + sun_frame[2, 3]
        out[i] = sunlit(shadow, column, row, towards, bias)
    return out


@numba.njit(cache=True)
def weights(screen, faces, triangle, x, y, out):
    """Perspective-correct weights of a triangle's corners at a pixel's middle, into out[0:3]."""
    a, b, c = faces[triangle, 0], faces[triangle, 1], faces[triangle, 2]
    x0, y0, x1, y1, x2, y2 = (
        screen[a, 0],
        screen[a, 1],
        screen[b, 0],
        screen[b, 1],
        screen[c, 0],
        screen[c, 1],
    )
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    w1, w2 = _shares(x0, y0, x1, y1, x2, y2, area, x, y)
    out[0], out[1], out[2] = screen[a, 2] * (1 - w1 - w2), screen[b, 2] * w1, screen[c, 2] * w2
    total = out[0] + out[1] + out[2]
    out[0] /= total
    out[1] /= total
    out[2] /= total


@numba.njit(cache=True)
def interpolate(screen, faces, triangles, rows, columns, attributes, out):
    """Attributes (n, k) of the triangles seen at the given pixels, into out (pixels, k)."""
    w = np.zeros(3)
    for i in range(rows.shape[0]):
        t = triangles[rows[i], columns[i]]
        weights(screen, faces, t, columns[i], rows[i], w)
        for k in range(attributes.shape[1]):
            out[i, k] = (
                w[0] * attributes[faces[t, 0], k]
                + w[1] * attributes[faces[t, 1], k]
                + w[2] * attributes[faces[t, 2], k]
            )


@numba.njit(cache=True)
def environment(x, y, z, light, out):
    """Light from direction (x, y, z): sky above, a ragged dark skyline, grey road below; into
    out[0:3].

    Rows of `light`: 0 to the sun, 1 sunlight, 2 zenith, 3 horizon, 4 skyline, 5 ground, 6 ambient
    from above, 7 ambient from below, 8 (cloud cover, lamps, wetness).
    """
    up = max(0.0, min(1.0, z)) ** 0.55
    angle = np.arctan2(x, y)
    skyline = 0.16 + 0.10 * np.sin(3 * angle + 1.3) + 0.05 * np.sin(11 * angle)
    cloud = light[8, 0] * max(
        0.0, np.sin(4.1 * angle + 5.0 * z) * np.sin(9.0 * z + 2.0 * angle + 0.7)
    )
    building = max(0.0, min(1.0, (skyline - z) / 0.06))
    ground = max(0.0, min(1.0, -z / 0.08))
    for k in range(3):
        sky = (light[2, k] * up + light[3, k] * (1 - up)) * (1 - cloud) + cloud * light[3, k] * 1.1
        out[k] = (sky * (1 - building) + light[4, k] * building) * (1 - ground) + light[
            5, k
        ] * ground


@numba.njit(cache=True)
def sample_skin(skin, materials, linear, px, py, pz, nx, ny, nz, size, footprint, out):
    """Colour and material at a point of a vehicle's skin, averaged over a square of `footprint`
    texels.

    `size` holds half the length and half the width. Into out: linear red, green, blue, gloss,
    metal, glass, glow.
    """
    rows, columns = skin.shape[1], skin.shape[2]
    if nz > abs(nx) * 0.95 and nz > abs(ny) * 1.1:
        view, u, v = 4, px + size[0], py + size[1]
    elif abs(nx) > abs(ny):
        view, u, v = (2 if nx > 0 else 3), py + size[1], pz
    else:
        view, u, v = (0 if ny > 0 else 1), px + size[0], pz
    taps = int(min(6.0, max(1.0, np.ceil(footprint))))
    for k in range(7):
        out[k] = 0.0
    for j in range(taps):
        for i in range(taps):
            column = int(u * 40.0 + ((i + 0.5) / taps - 0.5) * footprint)
            row = int(v * 40.0 + ((j + 0.5) / taps - 0.5) * footprint)
            column, row = min(columns - 1, max(0, column)), min(rows - 1, max(0, row))
            for k in range(3):
                out[k] += linear[skin[view, row, column, k]]
            for k in range(4):
                out[3 + k] += materials[skin[view, row, column, 3], k]
    for k in range(7):
        out[k] /= taps * taps


@numba.njit(cache=True)
def shade_point(surface, point, normal, view, lit, shadow_share, light, mirror, out):
    """Light leaving a vehicle's surface towards the camera, into out[0:3].

    `surface` is what `sample_skin` gives, `normal` faces the camera, `view` points from the camera
    to `point`, `lit` is the share of the sun, `shadow_share` the share of the sky (both 0-1);
    `mirror` is scratch space of 3.
    """
    facing = -(view[0] * normal[0] + view[1] * normal[1] + view[2] * normal[2])
    rx, ry, rz = (
        view[0] + 2 * facing * normal[0],
        view[1] + 2 * facing * normal[1],
        view[2] + 2 * facing * normal[2],
    )
    environment(rx, ry, rz, light, mirror)
    sun = (
        max(0.0, normal[0] * light[0, 0] + normal[1] * light[0, 1] + normal[2] * light[0, 2]) * lit
    )
    highlight = max(0.0, rx * light[0, 0] + ry * light[0, 1] + rz * light[0, 2])
    glint = (min(6.0, 5.0 * highlight**180) + 0.16 * highlight**24) * lit
    edge = (1 - max(0.0, min(1.0, facing))) ** 5
    gloss, metal, glass, glow = surface[3], surface[4], surface[5], surface[6]
    open_sky = min(1.0, 0.45 + 0.55 * point[2] / 0.8) * shadow_share
    low = min(1.0, 0.25 + 0.75 * point[2] / 0.6)
    for k in range(3):
        ambient = (
            (0.5 + 0.5 * normal[2]) * light[6, k]
            + (0.5 - 0.5 * normal[2]) * (light[7, k] + 0.06 * light[1, k])
        ) * open_sky
        diffuse = surface[k] * (ambient + light[1, k] * sun / np.pi)
        shine = gloss * ((0.07 + 0.93 * edge) * mirror[k] * low + glint * light[1, k] * 0.30)
        metallic = surface[k] * (mirror[k] * 0.9 + 0.15 * light[6, k])
        paint = diffuse * (1 - 0.5 * metal) + 0.5 * metal * metallic + shine
        inside = surface[k] * (0.30 * light[6, k] + 0.22 * light[1, k] * lit * max(0.0, normal[2]))
        window = (
            inside
            + (0.04 + 0.11 * gloss + 0.75 * (1 - max(0.0, min(1.0, facing))) ** 4) * mirror[k] * 0.7
            + glint * light[1, k] * 0.10 * gloss
        )
        out[k] = paint * (1 - glass) + window * glass + surface[k] * glow


@numba.njit(cache=True)
def shade_vehicle(box, number, ids, triangles, screen, model, pose, eye, texel, sun, light, image):
    """Colour every visible pixel of one vehicle.

    `model` is a `Model` and `sun` a `Sun`; `pose` (3, 4) turns vehicle axes to the world; `texel`
    is the size of a pixel in skin texels at one metre; `image` (h, w, 3) receives linear light.
    """
    w, place, facing, point, normal, view = (
        np.zeros(3),
        np.zeros(3),
        np.zeros(3),
        np.zeros(3),
        np.zeros(3),
        np.zeros(3),
    )
    surface, mirror, colour, sun_point = np.zeros(7), np.zeros(3), np.zeros(3), np.zeros(3)
    for y in range(box[1], box[3]):
        for x in range(box[0], box[2]):
            if ids[y, x] != number:
                continue
            t = triangles[y, x]
            weights(screen, model.faces, t, x, y, w)
            a, b, c = model.faces[t, 0], model.faces[t, 1], model.faces[t, 2]
            for k in range(3):
                place[k] = (
                    w[0] * model.mesh[a, k] + w[1] * model.mesh[b, k] + w[2] * model.mesh[c, k]
                )
                facing[k] = (
                    w[0] * model.mesh[a, 3 + k]
                    + w[1] * model.mesh[b, 3 + k]
                    + w[2] * model.mesh[c, 3 + k]
                )
            for k in range(3):
                point[k] = (
                    pose[k, 0] * place[0]
                    + pose[k, 1] * place[1]
                    + pose[k, 2] * place[2]
                    + pose[k, 3]
                )
                normal[k] = pose[k, 0] * facing[0] + pose[k, 1] * facing[1] + pose[k, 2] * facing[2]
                view[k] = point[k] - eye[k]
            distance = np.sqrt(view[0] ** 2 + view[1] ** 2 + view[2] ** 2)
            length = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2) + 1e-12
            towards = 0.0
            for k in range(3):
                view[k] /= distance
                normal[k] /= length
                towards += view[k] * normal[k]
            if towards > 0:
                for k in range(3):
                    normal[k] = -normal[k]
            part = model.parts[a]
            if part == BODY:
                sample_skin(
                    model.skin,
                    model.materials,
                    LINEAR,
                    place[0],
                    place[1],
                    place[2],
                    facing[0],
                    facing[1],
                    facing[2],
                    model.size,
                    texel * distance,
                    surface,
                )
            else:
                for k in range(7):
                    surface[k] = model.paint[k] if part == PAINTED else UNIFORM[part, k]
            for k in range(3):
                sun_point[k] = (
                    sun.frame[k, 0] * (point[0] + 0.04 * normal[0])
                    + sun.frame[k, 1] * (point[1] + 0.04 * normal[1])
                    + sun.frame[k, 2] * (point[2] + 0.04 * normal[2])
                    + sun.frame[k, 3]
                )
            still = sunlit(sun.still_shadow, sun_point[0], sun_point[1], sun_point[2], 0.25)
            lit = sunlit(sun.shadow, sun_point[0], sun_point[1], sun_point[2], 0.08) * still
            shade_point(
                surface, point, normal, view, lit, 0.72 + 0.28 * still, light, mirror, colour
            )
            for k in range(3):
                image[y, x, k] = colour[k]


@numba.njit(cache=True)
def shade_ground(ids, points, near, ambient, sunlight, shadow, sun_frame, footprints, boxes, image):
    """Static pixels: pre-lit ambient and sun, dimmed by the shadows of vehicles and under them.

    `near` marks pixels on or near the road; rows of `footprints` are centre x, y, heading x, y,
    half length, half width; `boxes` says where on the screen each can darken the ground.
    """
    height, width = ids.shape
    open_sky = np.ones((height, width), np.float32)
    for v in range(footprints.shape[0]):
        for y in range(boxes[v, 1], boxes[v, 3]):
            for x in range(boxes[v, 0], boxes[v, 2]):
                if ids[y, x] != 0 or not near[y, x]:
                    continue
                dx, dy = points[y, x, 0] - footprints[v, 0], points[y, x, 1] - footprints[v, 1]
                along = abs(dx * footprints[v, 2] + dy * footprints[v, 3]) - footprints[v, 4]
                across = abs(-dx * footprints[v, 3] + dy * footprints[v, 2]) - footprints[v, 5]
                gap = np.sqrt(max(along, 0.0) ** 2 + max(across, 0.0) ** 2) + min(
                    max(along, across), 0.0
                )
                if gap < 0.9:
                    open_sky[y, x] *= 1 - 0.85 * min(1.0, 1 - gap / 0.9) ** 1.7
    for y in range(height):
        for x in range(width):
            if ids[y, x] != 0:
                continue
            lit = 1.0
            if near[y, x]:
                px, py, pz = points[y, x, 0], points[y, x, 1], points[y, x, 2]
                column = (
                    sun_frame[0, 0] * px
                    + sun_frame[0, 1] * py
                    + sun_frame[0, 2] * pz
                    + sun_frame[0, 3]
                )
                row = (
                    sun_frame[1, 0] * px
                    + sun_frame[1, 1] * py
                    + sun_frame[1, 2] * pz
                    + sun_frame[1, 3]
                )
                towards = (
                    sun_frame[2, 0] * px
                    + sun_frame[2, 1] * py
                    + sun_frame[2, 2] * pz
                    + sun_frame[2, 3]
                )
                lit = sunlit(shadow, column, row, towards, 0.03)
            for k in range(3):
                image[y, x, k] = ambient[y, x, k] * open_sky[y, x] + sunlight[y, x, k] * lit


@numba.njit(cache=True)
def smear(image, source, ids, number, box, dx, dy, taps):
    """Motion blur: smear one vehicle along (dx, dy) pixels, over what stands still around it."""
    height, width = ids.shape
    for y in range(max(0, box[1]), min(height, box[3])):
        for x in range(max(0, box[0]), min(width, box[2])):
            mine = ids[y, x] == number
            red, green, blue = 0.0, 0.0, 0.0
            touched = mine
            for tap in range(taps):
                share = (tap + 0.5) / taps - 0.5
                u, v = int(np.floor(x + 0.5 + dx * share)), int(np.floor(y + 0.5 + dy * share))
                u, v = min(width - 1, max(0, u)), min(height - 1, max(0, v))
                theirs = ids[v, u] == number
                touched = touched or theirs
                if not theirs and not mine:
                    u, v = x, y
                red += source[v, u, 0]
                green += source[v, u, 1]
                blue += source[v, u, 2]
            if touched and (mine or ids[y, x] == 0):
                image[y, x, 0], image[y, x, 1], image[y, x, 2] = (
                    red / taps,
                    green / taps,
                    blue / taps,
                )


@numba.njit(cache=True)
def visible_boxes(ids, count):
    """Extent of each id 1..count: rows of left, top, right, bottom (exclusive), pixels; zeros where
    unseen.
    """
    height, width = ids.shape
    boxes = np.zeros((count + 1, 5), np.int64)
    boxes[:, 0], boxes[:, 1] = width, height
    for y in range(height):
        for x in range(width):
            i = ids[y, x]
            if i > 0:
                boxes[i, 0], boxes[i, 1] = min(boxes[i, 0], x), min(boxes[i, 1], y)
                boxes[i, 2], boxes[i, 3] = max(boxes[i, 2], x + 1), max(boxes[i, 3], y + 1)
                boxes[i, 4] += 1
    return boxes
