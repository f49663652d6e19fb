"""Meshes of vehicles: closed triangle surfaces made of lofts, boxes and balls.

Vehicle axes: x forward, y to the left, z up, metres; the origin is on the road under the vehicle's
middle. The shape is kept coarse; what is drawn on it (windows, lamps, grille, seams, marks) comes
from `studio.road.bodywork`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from studio.road.designs import Design
from studio.road.vehicles import Vehicle

# What a surface is made of. BODY takes its colour and material from the bodywork pictures, the
# others are uniform.
BODY, RUBBER, RIM, TRIM, CHROME, PAINT, SIGN, GLASS, TAIL, LAMP, LEATHER, SKIN = range(12)


@dataclass(frozen=True)
class Mesh:
    """Triangles of one vehicle.

    Attributes
    ----------
    points, normals : numpy.ndarray
        (n, 3) float64, metres; normals are of unit length and point outwards.
    parts : numpy.ndarray
        (n,) int64, one of the surface codes of this module.
    faces : numpy.ndarray
        (m, 3) int64, indices into `points`, anticlockwise from outside.
    """

    points: np.ndarray
    normals: np.ndarray
    parts: np.ndarray
    faces: np.ndarray


def curve(x: np.ndarray, knots: list[tuple[float, float]]) -> np.ndarray:
    """A smooth curve without overshoot through `knots` (any order; knots closer than 5 mm are
    merged).
    """
    knots = np.array(sorted(knots), float)
    knots = knots[np.concatenate([[True], np.diff(knots[:, 0]) > 0.005])]
    return PchipInterpolator(knots[:, 0], knots[:, 1])(np.clip(x, knots[0, 0], knots[-1, 0]))


@dataclass(frozen=True)
class Profile:
    """The curves that mesh and bodywork share, for one design. Lengths in metres, x forward."""

    shape: Design

    @property
    def cabin(self) -> tuple[float, float, float, float]:
        """x of the rear window's foot and top, of the windscreen's top and foot."""
        return tuple((share - 0.5) * self.shape.length for share in self.shape.cabin)

    @property
    def axles(self) -> tuple[float, float]:
        """x of the rear and front axle."""
        overhang = (self.shape.length - self.shape.wheelbase) * 0.54
        rear = -self.shape.length / 2 + overhang
        return rear, rear + self.shape.wheelbase

    @property
    def sill(self) -> float:
        """Height at which the cabin grows out of the body."""
        return self.shape.belt - 0.06

    def top(self, x: np.ndarray) -> np.ndarray:
        """Height of the lower body: boot, shoulder, bonnet, nose."""
        s, half = self.shape, self.shape.length / 2
        tail, _, _, cowl = self.cabin
        drop = 0.10 if s.nose > 0.85 else 0.16
        return curve(
            x,
            [
                (-half, s.deck * 0.86),
                (-half + 0.07, s.deck * 0.965),
                (-half + 0.22, s.deck),
                (max(tail, -half + 0.35), s.belt + 0.02),
                (cowl, s.belt),
                (cowl + 0.2, s.hood),
                (half - 0.55, (s.hood * 0.55 + s.nose * 0.45) + 0.03),
                (half - 0.13, s.nose),
                (half - 0.03, s.nose - drop),
                (half, s.nose - drop - 0.10),
            ],
        )

    def bottom(self, x: np.ndarray) -> np.ndarray:
        """Height of the lower body's underside."""
        half, low = self.shape.length / 2, self.shape.wheel * 0.58
        return curve(
            x,
            [
                (-half, low + 0.17),
                (-half + 0.15, low + 0.05),
                (-half + 0.6, low),
                (half - 0.6, low),
                (half - 0.1, low + 0.03),
                (half, low + 0.12),
            ],
        )

    def side(self, x: np.ndarray) -> np.ndarray:
        """Half width of the lower body, tapering to nose and tail."""
        half, wide, blunt = (
            self.shape.length / 2,
            self.shape.width / 2,
            min(1.0, self.shape.square / 7),
        )
        nose = 0.80 + 0.12 * blunt
        return curve(
            x,
            [
                (-half, wide * (0.86 + 0.08 * blunt)),
                (-half + 0.08, wide * 0.94),
                (-half + 0.5, wide * 0.985),
                (0, wide),
                (half - 0.6, wide * 0.985),
                (half - 0.2, wide * (nose + 0.07)),
                (half - 0.05, wide * (nose + 0.02)),
                (half, wide * (nose - 0.05)),
            ],
        )

    def roof(self, x: np.ndarray) -> np.ndarray:
        """Height of the cabin."""
        tail, back, front, cowl = self.cabin
        high, low, span = self.shape.height, self.sill, front - back
        return curve(
            x,
            [
                (tail, low + 0.02),
                (back, high - 0.06 - self.shape.arch),
                (back + 0.28 * span, high - 0.2 * self.shape.arch),
                (back + 0.50 * span, high),
                (back + 0.72 * span, high - 0.012 - 0.2 * self.shape.arch),
                (front, high - 0.055 - 0.6 * self.shape.arch),
                (cowl, low + 0.02),
            ],
        )

    def cabin_side(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Half width of the cabin at height z."""
        tail, _, _, cowl = self.cabin
        wide = self.shape.width / 2
        sill = curve(
            x, [(tail, wide * 0.90), ((tail + cowl) / 2, wide * 0.965), (cowl, wide * 0.88)]
        )
        rise = np.clip((z - self.sill) / (self.shape.height - self.sill), 0, 1)
        return sill * (1 - (1 - self.shape.tumble) * rise)


class Builder:
    """Collects closed solids into one mesh."""

    def __init__(self) -> None:
        self._points, self._parts, self._faces, self._count = [], [], [], 0

    def add(self, part: int, points: np.ndarray, faces: np.ndarray) -> None:
        """Append a solid of one surface code."""
        self._points.append(np.asarray(points, float))
        self._parts.append(np.full(len(points), part))
        self._faces.append(np.asarray(faces, np.int64) + self._count)
        self._count += len(points)

    def rings(self, part: int, rings: np.ndarray) -> None:
        """Skin a stack of closed rings, (stations, ring, 3), and close both ends with a fan."""
        stations, count = rings.shape[:2]
        index = np.arange(stations * count).reshape(stations, count)
        after = np.roll(index, -1, axis=1)
        a, b, c, d = index[:-1], index[1:], after[1:], after[:-1]
        skin = np.concatenate(
            [np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)]
        )
        first, last = stations * count, stations * count + 1
        fans = [
            np.stack([np.full(count, first), index[0], after[0]], -1),
            np.stack([np.full(count, last), after[-1], index[-1]], -1),
        ]
        points = np.concatenate([rings.reshape(-1, 3), [rings[0].mean(0)], [rings[-1].mean(0)]])
        faces = np.concatenate([skin, *fans])
        corners = points[faces]
        volume = (np.cross(corners[:, 0], corners[:, 1]) * corners[:, 2]).sum()
        self.add(part, points, faces if volume > 0 else faces[:, ::-1])

    def box(
        self, part: int, low: tuple[float, float, float], high: tuple[float, float, float]
    ) -> None:
        """An axis-aligned box with flat faces."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        for quad in (
            ((x0, y0, z0), (x0, y0, z1), (x0, y1, z1), (x0, y1, z0)),
            ((x1, y0, z0), (x1, y1, z0), (x1, y1, z1), (x1, y0, z1)),
            ((x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1)),
            ((x0, y1, z0), (x0, y1, z1), (x1, y1, z1), (x1, y1, z0)),
            ((x0, y0, z0), (x0, y1, z0), (x1, y1, z0), (x1, y0, z0)),
            ((x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)),
        ):
            self.add(part, np.array(quad), np.array([[0, 1, 2], [0, 2, 3]]))

    def ball(
        self,
        part: int,
        centre: tuple[float, float, float],
        radii: tuple[float, float, float],
        count: int = 8,
    ) -> None:
        """An ellipsoid."""
        polar = np.linspace(0.12, np.pi - 0.12, count)
        around = np.linspace(0, 2 * np.pi, 2 * count, endpoint=False)
        unit = np.stack(
            [
                np.outer(np.sin(polar), np.cos(around)),
                np.outer(np.sin(polar), np.sin(around)),
                np.outer(np.cos(polar), np.ones_like(around)),
            ],
            -1,
        )
        self.rings(part, unit * np.array(radii) + np.array(centre))

    def disc(
        self, part: int, x: float, z: float, radius: float, y0: float, y1: float, count: int = 18
    ) -> None:
        """A cylinder whose axis runs across the vehicle, with flat ends."""
        angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
        ring = np.stack(
            [x + radius * np.cos(angle), np.zeros(count), z + radius * np.sin(angle)], -1
        )
        offset = np.array([0.0, 1.0, 0.0])
        shoulder = (ring - [x, 0, z]) * 0.9 + [x, 0, z]
        self.rings(
            part,
            np.stack(
                [
                    shoulder + offset * y0,
                    ring + offset * (y0 * 0.9 + y1 * 0.1),
                    ring + offset * (y0 * 0.1 + y1 * 0.9),
                    shoulder + offset * y1,
                ]
            ),
        )

    def mesh(self) -> Mesh:
        """The finished mesh with smooth normals inside each solid."""
        points, faces = np.concatenate(self._points), np.concatenate(self._faces)
        corners = points[faces]
        flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals = np.zeros_like(points)
        for corner in range(3):
            np.add.at(normals, faces[:, corner], flat)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
        return Mesh(points, normals, np.concatenate(self._parts), faces)


def _stations(*pieces: tuple[float, float, int]) -> np.ndarray:
    """Sorted, distinct x positions: `count` of them over each (start, end, count)."""
    return np.unique(np.concatenate([np.linspace(*piece) for piece in pieces]).round(4))


def _rounded(end: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """Copies of an end ring shrunk towards its middle, so that the flat end is meshed finely."""
    middle = end.mean(0)
    return np.stack([middle + (end - middle) * share for share in shares])


def _lower_body(build: Builder, profile: Profile) -> None:
    shape, half = profile.shape, profile.shape.length / 2
    xs = _stations((-half, -half + 0.3, 7), (-half + 0.3, half - 0.6, 22), (half - 0.6, half, 14))
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    power = 2 / shape.square
    across = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    upward = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power
    top, bottom, side = profile.top(xs), profile.bottom(xs), profile.side(xs)
    bulge = np.where(upward > 0, 1 - 0.05 * upward**2, 1 - 0.07 * upward**2)
    rings = np.stack(
        [
            np.repeat(xs[:, None], 32, 1),
            side[:, None] * (across * bulge)[None],
            (top + bottom)[:, None] / 2 + (top - bottom)[:, None] / 2 * upward[None],
        ],
        -1,
    )
    ends = (0.3, 0.6, 0.85)
    build.rings(
        BODY, np.concatenate([_rounded(rings[0], ends), rings, _rounded(rings[-1], ends[::-1])])
    )


def _cabin(build: Builder, profile: Profile) -> None:
    tail, back, front, cowl = profile.cabin
    xs = _stations((tail, back, 7), (back, front, 12), (front, cowl, 9))
    angle = np.linspace(0, np.pi, 26)
    power = 2 / profile.shape.square
    across = np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power
    upward = np.abs(np.sin(angle)) ** power
    rise = np.maximum(profile.roof(xs) - profile.sill, 0.01)
    z = profile.sill + rise[:, None] * upward[None]
    y = profile.cabin_side(xs[:, None], z) * across[None]
    rings = np.stack([np.repeat(xs[:, None], 26, 1), y, z], -1)
    build.rings(
        BODY, np.concatenate([_rounded(rings[0], (0.5,)), rings, _rounded(rings[-1], (0.5,))])
    )


def _wheels(build: Builder, vehicle: Vehicle, profile: Profile) -> None:
    shape = vehicle.shape
    rim = {"alloy": RIM, "steel": RIM, "dark": TRIM, "chrome": CHROME}[vehicle.marks.wheels]
    share = {"alloy": 0.70, "steel": 0.52, "dark": 0.70, "chrome": 0.74}[vehicle.marks.wheels]
    for x in profile.axles:
        for hand in (-1, 1):
            outer = hand * (shape.width / 2 + 0.005)
            build.disc(RUBBER, x, shape.wheel, shape.wheel, outer - hand * 0.24, outer)
            build.disc(
                rim,
                x,
                shape.wheel,
                shape.wheel * share,
                outer - hand * 0.05,
                outer + hand * 0.012,
                12,
            )


def _roof_load(build: Builder, vehicle: Vehicle, profile: Profile) -> None:
    """Rack, ladder, roof box, taxi sign."""
    _, back, front, _ = profile.cabin
    high, half = vehicle.height, vehicle.width / 2 * profile.shape.tumble
    middle = (back + front) / 2
    roof = vehicle.marks.roof
    if roof in ("rack", "ladder"):
        for hand in (-1, 1):
            y = hand * half * 0.86
            build.box(
                CHROME if vehicle.marks.chrome else TRIM,
                (back + 0.15, y - 0.03, high - 0.05),
                (front - 0.10, y + 0.03, high + 0.06),
            )
        for x in (back + 0.45, front - 0.40):
            build.box(
                TRIM, (x - 0.035, -half * 0.9, high + 0.05), (x + 0.035, half * 0.9, high + 0.10)
            )
    if roof == "ladder":
        length = min(1.7, (front - back) / 2 + 0.5)
        for y in (-0.28, 0.22):
            build.box(
                CHROME,
                (middle - length, y - 0.04, high + 0.11),
                (middle + length, y + 0.04, high + 0.20),
            )
        for x in np.arange(middle - length + 0.15, middle + length, 0.32):
            build.box(CHROME, (x - 0.025, -0.28, high + 0.13), (x + 0.025, 0.22, high + 0.18))
    if roof == "box":
        part = (TRIM, CHROME, SIGN)[vehicle.marks.accent % 3]
        build.box(part, (middle - 0.95, -0.48, high + 0.04), (middle + 0.75, 0.48, high + 0.36))
    if vehicle.kind in ("taxi", "green taxi", "taxi van"):
        build.box(SIGN, (middle + 0.05, -0.36, high - 0.02), (middle + 0.23, 0.36, high + 0.20))


def _mirrors(build: Builder, profile: Profile, part: int) -> None:
    wide = profile.shape.width / 2
    x, z = profile.cabin[3] - 0.085 * profile.shape.length, profile.shape.belt + 0.07
    for hand in (-1, 1):
        build.ball(part, (x, hand * (wide + 0.075), z), (0.085, 0.11, 0.085), 5)


def _pickup_bed(build: Builder, profile: Profile) -> None:
    """Walls standing round the load bed."""
    tail, half, wide = profile.cabin[0], profile.shape.length / 2, profile.shape.width / 2
    low, high = profile.shape.belt - 0.1, profile.shape.deck + 0.06
    for hand in (-1, 1):
        y0, y1 = sorted((hand * wide * 0.80, hand * wide * 0.93))
        build.box(PAINT, (-half + 0.10, y0, low), (tail + 0.1, y1, high))
    build.box(PAINT, (-half + 0.06, -wide * 0.9, low), (-half + 0.16, wide * 0.9, high))


def _motorcycle(vehicle: Vehicle) -> Mesh:
    """Two wheels, tank, seat and a rider."""
    build, shape = Builder(), vehicle.shape
    reach = shape.wheelbase / 2
    for x in (-reach, reach):
        build.disc(RUBBER, x, shape.wheel, shape.wheel, -0.07, 0.07)
        build.disc(RIM, x, shape.wheel, shape.wheel * 0.6, -0.075, 0.075, 10)
    build.ball(PAINT, (0.18, 0, shape.hood - 0.08), (0.42, 0.17, 0.19))
    build.ball(TRIM, (-0.02, 0, 0.48), (0.44, 0.18, 0.22))
    build.ball(LEATHER, (-0.45, 0, shape.deck + 0.02), (0.42, 0.16, 0.09))
    build.ball(LEATHER, (-0.20, 0, shape.height * 0.69), (0.22, 0.25, 0.36))
    build.ball(PAINT, (-0.07, 0, shape.height - 0.16), (0.15, 0.14, 0.16))
    for hand in (-1, 1):
        build.ball(LEATHER, (0.14, hand * 0.28, shape.height * 0.68), (0.34, 0.075, 0.09), 6)
        build.ball(LEATHER, (0.02, hand * 0.21, 0.72), (0.32, 0.09, 0.13), 6)
        build.box(CHROME, (-reach - 0.1, hand * 0.17 - 0.04, 0.33), (0.1, hand * 0.17 + 0.04, 0.41))
    build.box(TRIM, (0.48, -shape.width / 2, 1.00), (0.54, shape.width / 2, 1.05))
    build.ball(LAMP, (reach * 0.95, 0, 0.86), (0.07, 0.11, 0.10), 6)
    build.box(TAIL, (-shape.length / 2, -0.09, 0.74), (-shape.length / 2 + 0.1, 0.09, 0.82))
    return build.mesh()


def _person(vehicle: Vehicle) -> Mesh:
    """Somebody on foot, in mid-step."""
    build, tall = Builder(), vehicle.shape.height
    for hand in (-1, 1):
        build.ball(LEATHER, (0.18 * hand, 0.09 * hand, 0.25 * tall), (0.098, 0.09, 0.25 * tall), 6)
        build.ball(PAINT, (-0.08 * hand, 0.21 * hand, 0.64 * tall), (0.08, 0.06, 0.17 * tall), 6)
    build.ball(PAINT, (0.0, 0.0, 0.66 * tall), (0.15, 0.20, 0.19 * tall))
    build.ball(SKIN, (0.02, 0.0, 0.92 * tall), (0.10, 0.09, 0.08 * tall), 6)
    return build.mesh()


_OTHERS = {"motorcycle": _motorcycle, "person": _person}  # bodies that nothing is painted on


def build_mesh(vehicle: Vehicle) -> Mesh:
    """The mesh of one vehicle, with the marks that stand out from its surface.

    Returns
    -------
    Mesh
        Every solid in it is closed. Its extent is the vehicle's length, width (mirrors and wheels
        apart) and height (roof load apart).
    """
    if vehicle.shape.body in _OTHERS:
        return _OTHERS[vehicle.shape.body](vehicle)
    build, profile = Builder(), Profile(vehicle.shape)
    _lower_body(build, profile)
    _cabin(build, profile)
    if vehicle.shape.body == "pickup":
        _pickup_bed(build, profile)
    _wheels(build, vehicle, profile)
    _mirrors(build, profile, PAINT)
    _roof_load(build, vehicle, profile)
    return build.mesh()
