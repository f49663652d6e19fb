"""Builds what stands still near a camera, in three dimensions: road, lines, barriers, walls, poles,
signs.

A `Set` collects textured triangles. Places are given in road coordinates (ahead, lateral, height;
metres), so that a barrier follows the bend by itself. What is far away is painted: see
`studio.road.flats`.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from studio.road.optics import Road

# Base colour (sRGB 0-1), strength and size in metres of the grain.
SURFACES: dict[str, tuple[tuple[float, float, float], float, float]] = {
    "asphalt": ((0.42, 0.42, 0.42), 0.0, 1.0),
    "ramp": ((0.42, 0.42, 0.41), 0.04, 0.7),
    "pale road": ((0.49, 0.49, 0.48), 0.03, 0.8),
    "concrete": ((0.54, 0.52, 0.47), 0.12, 0.8),
    "old concrete": ((0.40, 0.385, 0.36), 0.22, 0.9),
    "dark concrete": ((0.23, 0.23, 0.22), 0.2, 0.8),
    "grey wall": ((0.40, 0.41, 0.42), 0.16, 1.6),
    "pale wall": ((0.66, 0.67, 0.66), 0.12, 1.2),
    "white wall": ((0.80, 0.80, 0.78), 0.06, 2.0),
    "rust": ((0.47, 0.34, 0.23), 0.20, 0.5),
    "white": ((0.80, 0.80, 0.78), 0.22, 0.35),
    "yellow": ((0.76, 0.58, 0.20), 0.2, 0.4),
    "orange": ((0.74, 0.52, 0.28), 0.2, 0.4),
    "sidewalk": ((0.47, 0.46, 0.44), 0.08, 0.6),
    "steel": ((0.58, 0.59, 0.59), 0.05, 1.0),
    "dark steel": ((0.16, 0.17, 0.17), 0.1, 0.5),
    "black": ((0.05, 0.05, 0.05), 0.1, 0.5),
    "grass": ((0.33, 0.35, 0.20), 0.3, 0.5),
    "soil": ((0.36, 0.33, 0.26), 0.3, 0.5),
    "thicket": ((0.19, 0.26, 0.08), 0.55, 1.4),
    "green sign": ((0.04, 0.38, 0.26), 0.03, 1.0),
    "blue sign": ((0.10, 0.25, 0.60), 0.03, 1.0),
    "orange plastic": ((0.82, 0.30, 0.12), 0.1, 0.4),
    "tunnel": ((0.13, 0.13, 0.13), 0.2, 1.0),
    "slab": ((0.36, 0.37, 0.38), 0.08, 2.0),
    "green paint": ((0.30, 0.42, 0.36), 0.15, 0.7),
    "shirt": ((0.62, 0.60, 0.58), 0.0, 1.0),
    "coat": ((0.10, 0.10, 0.11), 0.0, 1.0),
    "yellow sign": ((0.85, 0.72, 0.10), 0.03, 1.0),
    "paving": ((0.62, 0.61, 0.58), 0.08, 0.6),
}
SURFACE_NAMES = list(SURFACES)
JERSEY = (
    (-0.32, 0.0),
    (-0.30, 0.10),
    (-0.15, 0.36),
    (-0.09, 0.86),
    (0.09, 0.86),
    (0.15, 0.36),
    (0.30, 0.10),
    (0.32, 0.0),
)


class Set:
    """Triangles of one camera's surroundings.

    Parameters
    ----------
    road : Road
        The bend that everything follows.
    seed : int
        For whatever is scattered at random.
    """

    def __init__(self, road: Road, seed: int) -> None:
        self.road, self.rng = road, np.random.default_rng([23, seed])
        self._corners, self._coordinates, self._surfaces = [], [], []

    def add(
        self,
        surface: str,
        points: np.ndarray,
        faces: np.ndarray,
        coordinates: np.ndarray | None = None,
    ) -> None:
        """Append triangles; `coordinates` (n, 2) are texture coordinates in metres."""
        faces = np.asarray(faces)
        if coordinates is None:
            coordinates = np.zeros((len(points), 2))
        self._corners.append(np.asarray(points, float)[faces])
        self._coordinates.append(np.asarray(coordinates, float)[faces])
        self._surfaces.append(np.full(len(faces), SURFACE_NAMES.index(surface)))

    def triangles(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Corners (n, 3, 3), texture coordinates (n, 3, 2) and surface indices (n,)."""
        return (
            np.concatenate(self._corners),
            np.concatenate(self._coordinates),
            np.concatenate(self._surfaces),
        )

    def strip(
        self,
        surface: str,
        start: float,
        end: float,
        first: tuple[float, float],
        second: tuple[float, float],
        step: float = 3.0,
    ) -> None:
        """A ribbon along the road between two lines, each (lateral, height)."""
        ahead = np.linspace(start, end, max(2, int((end - start) / step) + 1))
        points = np.concatenate([self.road.point(ahead, *first), self.road.point(ahead, *second)])
        count = len(ahead)
        i = np.arange(count - 1)
        faces = np.concatenate(
            [np.stack([i, i + count, i + count + 1], 1), np.stack([i, i + count + 1, i + 1], 1)]
        )
        lateral = np.repeat([first[0], second[0]], count)
        self.add(surface, points, faces, np.stack([np.tile(ahead, 2), lateral], 1))

    def extrude(
        self,
        surface: str,
        start: float,
        end: float,
        outline,
        lateral: float = 0.0,
        step: float = 3.0,
    ) -> None:
        """A cross-section, ((lateral, height), ...), drawn out along the road."""
        for (d0, z0), (d1, z1) in itertools.pairwise(outline):
            self.strip(surface, start, end, (lateral + d0, z0), (lateral + d1, z1), step)

    def patch(self, surface: str, outline, height: float = 0.012) -> None:
        """A flat polygon on the road, ((ahead, lateral), ...), convex."""
        points = self.road.point(*np.array(outline, float).T, height)
        self.add(surface, points, [(0, i, i + 1) for i in range(1, len(points) - 1)])

    def box(
        self,
        surface: str,
        ahead: float,
        lateral: float,
        low: float,
        high: float,
        along: float,
        across: float,
        turn: float = 0.0,
    ) -> None:
        """An upright box standing on the road's heading, turned by `turn` radians more."""
        centre, heading = self.road.point(ahead, lateral), float(self.road.heading(ahead)) + turn
        forward, right = (
            np.array([np.sin(heading), np.cos(heading), 0]),
            np.array([np.cos(heading), -np.sin(heading), 0]),
        )
        points = np.array(
            [
                centre + forward * along * f / 2 + right * across * r / 2 + [0, 0, z]
                for f in (-1, 1)
                for r in (-1, 1)
                for z in (low, high)
            ]
        )
        for quad in (
            (0, 1, 3, 2),
            (4, 6, 7, 5),
            (0, 4, 5, 1),
            (2, 3, 7, 6),
            (1, 5, 7, 3),
            (0, 2, 6, 4),
        ):
            corners = points[list(quad)]
            size = np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[3] - corners[0])
            self.add(
                surface, corners, [(0, 1, 2), (0, 2, 3)], [(0, 0), (size[0], 0), size, (0, size[1])]
            )

    def bar(self, surface: str, start: np.ndarray, end: np.ndarray, thickness: float) -> None:
        """A square bar between two world points."""
        start, end = np.asarray(start, float), np.asarray(end, float)
        axis = (end - start) / np.linalg.norm(end - start)
        side = np.cross(axis, [0.3, 0.1, 1.0])
        side /= np.linalg.norm(side)
        other = np.cross(axis, side)
        ring = [
            (side * a + other * b) * thickness / 2 for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ]
        points = np.array([start + r for r in ring] + [end + r for r in ring])
        for i in range(4):
            j = (i + 1) % 4
            self.add(surface, points[[i, j, j + 4, i + 4]], [(0, 1, 2), (0, 2, 3)])

    def ground(self, height: float, surface: str = "soil") -> None:
        """A plain on the left of the road."""
        for start, end in ((-10, 30), (30, 110), (110, 400), (400, 1300)):
            for left, right in ((-35, 0), (-120, -35), (-500, -120)):
                corners = np.array(
                    [
                        (left, start, height),
                        (right, start, height),
                        (right, end, height),
                        (left, end, height),
                    ],
                    float,
                )
                self.add(surface, corners, [(0, 1, 2), (0, 2, 3)], corners[:, ::-1][:, 1:])

    # --- furniture of a road

    def dashes(
        self,
        lateral: float,
        start: float,
        end: float,
        phase: float,
        length: float = 3.05,
        cycle: float = 12.19,
        width: float = 0.13,
        surface: str = "white",
    ) -> None:
        """A broken line; `phase` is where one of its dashes has its middle."""
        first = phase - cycle * np.floor((phase - start) / cycle)
        for ahead in np.arange(first, end, cycle):
            self.strip(
                surface,
                ahead - length / 2,
                ahead + length / 2,
                (lateral - width / 2, 0.012),
                (lateral + width / 2, 0.012),
                1.5,
            )

    def line(
        self, surface: str, lateral: float, start: float, end: float, width: float = 0.13
    ) -> None:
        """A full line."""
        self.strip(surface, start, end, (lateral - width / 2, 0.012), (lateral + width / 2, 0.012))

    def guard_rail(self, lateral: float, start: float, end: float) -> None:
        """A steel rail on posts, with a second one behind."""
        for offset in (-0.25, 0.25):
            self.extrude(
                "steel",
                start,
                end,
                ((offset, 0.52), (offset + 0.04, 0.66), (offset, 0.80)),
                lateral,
            )
            self.strip("dark steel", start, end, (lateral + offset, 0.30), (lateral + offset, 0.52))
        for ahead in np.arange(start, min(end, 110.0), 3.8):
            self.box("dark steel", ahead, lateral, 0.0, 0.72, 0.15, 0.40)

    def lamp_post(
        self,
        ahead: float,
        lateral: float,
        high: float = 9.5,
        reach: float = 2.6,
        arms: tuple[int, ...] = (-1, 1),
        low: float = 0.0,
        rise: float = 0.9,
        thickness: float = 0.2,
    ) -> None:
        """A pole with curved arms over the carriageways."""
        self.bar(
            "steel",
            self.road.point(ahead, lateral, low),
            self.road.point(ahead, lateral, high),
            thickness,
        )
        for hand in arms:
            points = [
                self.road.point(
                    ahead, lateral + hand * reach * share, high + rise * np.sqrt(share) - 0.15
                )
                for share in (0.0, 0.3, 0.65, 1.0)
            ]
            for a, b in itertools.pairwise(points):
                self.bar("steel", a, b, thickness * 0.55)
            self.box(
                "steel",
                ahead,
                lateral + hand * (reach + 0.35),
                high + rise - 0.22,
                high + rise - 0.08,
                0.28,
                0.8,
            )

    def sign(
        self,
        surface: str,
        ahead: float,
        lateral: float,
        low: float,
        width: float,
        height: float,
        post: bool = True,
        text: bool = True,
    ) -> None:
        """A board facing the camera, on a post, with smears of writing."""
        self.box(surface, ahead, lateral, low, low + height, 0.06, width)
        if post:
            self.bar(
                "steel",
                self.road.point(ahead, lateral),
                self.road.point(ahead, lateral, low + height),
                0.12,
            )
        for row in range(2 if text else 0):
            middle, share = low + height * (0.68 - 0.40 * row), self.rng.uniform(0.45, 0.8)
            self.box(
                "white",
                ahead - 0.06,
                lateral + self.rng.uniform(-0.08, 0.08) * width,
                middle - height * 0.1,
                middle + height * 0.1,
                0.02,
                width * share,
            )

    def lettering(
        self,
        text: str,
        ahead: float,
        lateral: float,
        length: float,
        width: float,
        turned: bool = True,
    ) -> None:
        """Words painted on the lane, read by traffic that comes towards the camera (`turned`) or
        goes away.
        """
        path = TextPath(
            (0, 0), text, size=1, prop=FontProperties(family="DejaVu Sans", weight="bold")
        )
        outlines = path.to_polygons()
        everything = np.concatenate(outlines)
        low, span = everything.min(0), np.ptp(everything, axis=0)
        pixels = 24
        canvas = np.zeros((int(length * pixels / 3), int(width * pixels)), np.uint8)
        scaled = [
            np.round((o - low) / span * [canvas.shape[1] - 1, canvas.shape[0] - 1]).astype(np.int32)
            for o in outlines
        ]
        cv2.fillPoly(canvas, scaled, 1)
        hand = -1 if turned else 1
        for row, column in zip(*np.nonzero(canvas)):
            d0, d1 = (lateral + hand * ((column + e) / pixels - width / 2) for e in (0, 1))
            s0, s1 = (ahead + hand * ((row + e) / canvas.shape[0] - 0.5) * length for e in (0, 1))
            self.patch("white", ((s0, d0), (s0, d1), (s1, d1), (s1, d0)))

    def arrow(self, ahead: float, lateral: float, length: float = 3.6, turned: bool = True) -> None:
        """A straight arrow painted on the lane."""
        hand = -1 if turned else 1
        tail, neck, tip = (
            ahead - hand * length / 2,
            ahead + hand * length * 0.12,
            ahead + hand * length / 2,
        )
        self.patch(
            "white",
            (
                (tail, lateral - 0.13),
                (tail, lateral + 0.13),
                (neck, lateral + 0.13),
                (neck, lateral - 0.13),
            ),
        )
        self.patch("white", ((neck, lateral - 0.48), (neck, lateral + 0.48), (tip, lateral)))

    def barrel(self, ahead: float, lateral: float) -> None:
        """An orange traffic drum with white bands."""
        for i, surface in enumerate(
            ("orange plastic", "white", "orange plastic", "white", "orange plastic")
        ):
            self.box(surface, ahead, lateral, 0.2 * i, 0.2 * (i + 1), 0.5, 0.5)

    def fence(
        self,
        lateral: float,
        start: float,
        end: float,
        low: float,
        high: float,
        step: float = 2.0,
        surface: str = "dark steel",
        bars: int = 3,
        reach: float = 70.0,
    ) -> None:
        """Rails on posts."""
        for z in np.linspace(low + 0.15, high, bars):
            self.strip(surface, start, end, (lateral, z - 0.035), (lateral, z + 0.035))
        for ahead in np.arange(start, min(end, reach), step):
            self.bar(
                surface,
                self.road.point(ahead, lateral, low),
                self.road.point(ahead, lateral, high),
                0.07,
            )
